"""The factory file: TOML text in, a checked `Factory` out, or one error that lists every fault."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, time
from functools import lru_cache
from zoneinfo import available_timezones

from holidays.utils import list_supported_countries

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.carbon import read_carbon
from chocolate_factory.domain.factory import (
    WEEKDAYS,
    Auxiliary,
    DemandEntry,
    Factory,
    Machine,
    Outage,
    Shift,
    Site,
)
from chocolate_factory.domain.factory_assets import asset_assumptions, read_battery, read_pv
from chocolate_factory.domain.factory_checks import attendance_faults, power_faults
from chocolate_factory.domain.factory_contract import (
    CONTRACT_KEYS,
    CONTRACT_REQUIRED,
    contract_assumptions,
    read_contract,
)
from chocolate_factory.domain.factory_limits import read_output, read_storage
from chocolate_factory.domain.factory_recipe import (
    MASS_KG,
    MODE_KEYS,
    MODE_REQUIRED,
    OUTDOOR_C,
    POWER_KW,
    PRODUCT_KEYS,
    SETUP_KEYS,
    SETUP_REQUIRED,
    STEP_KEYS,
    STEP_REQUIRED,
    read_product,
    read_setup,
)
from chocolate_factory.domain.factory_section import Faults, Section, nearest, quoted, read_moment
from chocolate_factory.domain.staffing import holidays_of, wall_moment
from chocolate_factory.domain.tariff.calendar import not_peninsular

TABLES = (
    "site", "contract", "shift", "machine", "product", "auxiliary", "demand", "storage", "output", "setup",
    "battery", "pv", "co2",
)  # fmt: skip
KEYS: dict[str, tuple[str, ...]] = {
    "site": ("name", "timezone", "latitude", "longitude", "holidays", "note"),
    "shift": ("days", "start", "end"),
    "machine": ("name", "count", "power_kw", "unavailable"),
    "product": PRODUCT_KEYS,
    "step": STEP_KEYS,
    "mode": MODE_KEYS,
    "setup": SETUP_KEYS,
    "auxiliary": ("name", "power_kw", "when", "kw_per_degree_above"),
    "demand": ("product", "kg", "every", "due", "fixed"),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "site": ("name", "timezone", "latitude", "longitude"),
    "shift": KEYS["shift"],
    "machine": ("name", "power_kw"),
    "product": PRODUCT_KEYS,
    "step": STEP_REQUIRED,
    "mode": MODE_REQUIRED,
    "setup": SETUP_REQUIRED,
    "auxiliary": ("name", "power_kw"),
    "demand": ("product", "kg", "every", "due"),
}
PROBE_YEAR = 2026
MOST_UNITS = 1000
MOST_BATCHES = 1000


def parse_factory(text: str, name: str = "factory.toml") -> Factory:
    """The factory that a TOML text describes; `name` is how errors call the file.

    Raises `Misconfigured` with every fault of the file in one message, one sentence a line: where, what
    is wrong, what is allowed. A text that is not TOML gives the line instead.
    """
    try:
        data = tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise Misconfigured(f"{name} is not valid TOML: its values are nested too deeply.") from None
    except ValueError as error:
        where = "" if "line" in str(error) else f" (line {text.count(chr(10)) + 1})"
        raise Misconfigured(f"{name} is not valid TOML: {error}{where}.") from None
    return read_factory(data, name)


def read_factory(data: Mapping[str, object], name: str = "factory.toml") -> Factory:
    """The factory of an already parsed file; raises like `parse_factory`."""
    faults = Faults()
    top = Section("", "", data, faults)
    top.expect(TABLES, ("site", "contract", "machine", "product"))
    place = top.one("site", KEYS["site"], REQUIRED["site"])
    supply = top.one("contract", CONTRACT_KEYS, CONTRACT_REQUIRED)
    site, contract = _site(place), read_contract(supply)
    shifts = tuple(_shift(row) for row in top.rows("shift"))
    machines = tuple(_machine(row, site.timezone) for row in _named(top, "machine"))
    powers = {machine.name: machine.power_kw for machine in machines}
    products = tuple(read_product(row, powers) for row in _named(top, "product"))
    auxiliaries = tuple(_auxiliary(row) for row in _named(top, "auxiliary"))
    batch_kg = {product.name: product.batch_kg for product in products}
    demands = tuple(_demand(row, batch_kg) for row in top.rows("demand"))
    recipes = {product.name: [step.process for step in product.steps] for product in products}
    factory = Factory(
        site,
        contract,
        shifts,
        machines,
        products,
        auxiliaries,
        demands,
        storages=tuple(read_storage(row, recipes) for row in _named(top, "storage")),
        outputs=tuple(read_output(row, recipes) for row in top.rows("output")),
        battery=read_battery(top),
        pv=read_pv(top),
        co2_eur_per_tonne=read_carbon(top),
        setups=tuple(read_setup(row, list(powers), list(recipes)) for row in top.rows("setup")),
    )
    _check(factory, faults)
    _raise(faults, name)
    beyond = not_peninsular(site.timezone, site.latitude, site.longitude)
    told = (*_notes(place), *beyond, *contract_assumptions(supply, contract), *asset_assumptions(top))
    return replace(factory, assumptions=told)


def _raise(faults: Faults, name: str) -> None:
    """All faults as one error; nothing when there is none."""
    sentences = list(dict.fromkeys(sentence for _, sentence in faults.found))
    if len(sentences) == 1:
        raise Misconfigured(f"{name}: {sentences[0]}")
    if sentences:
        raise Misconfigured(f"{name} has {len(sentences)} faults:\n" + "\n".join(f"- {s}" for s in sentences))


def _check(factory: Factory, faults: Faults) -> None:
    """Rules over several tables, each only where its tables could be read."""
    rules: tuple[tuple[tuple[str, ...], Callable[[Factory], Iterator[str]]], ...] = (
        (("shift", "machine", "product", "setup"), attendance_faults),
        (("contract", "machine", "product", "auxiliary"), power_faults),
    )
    for tables, rule in rules:
        if not faults.touch(*tables):
            for sentence in rule(factory):
                faults.add("", sentence)


def _named(top: Section, key: str) -> list[Section]:
    """The rows of a table whose names must be unique."""
    rows = top.rows(key, "name")
    names = [row.data.get("name") for row in rows]
    for name in {name for name in names if isinstance(name, str) and names.count(name) > 1}:
        top.faults.add(key, f"{key} {quoted(name)} is there {names.count(name)} times; names must be unique.")
    return rows


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _holiday_code_known(code: str) -> bool:
    """True for "" and the codes of the holiday library, which answers to other names than countries too."""
    if not re.fullmatch(r"([A-Z]{2}(-.+)?)?", code):
        return False
    try:
        holidays_of(code, PROBE_YEAR)
    except NotImplementedError:
        return False
    return True


def _nearest_code(code: str) -> str:
    """The hint for an unknown holiday code; the whole list is loaded only for this."""
    countries = list_supported_countries(include_aliases=False)
    country = code[:2].upper()
    return nearest(code, [*countries, *(f"{country}-{part}" for part in countries.get(country, []))])


def _site(section: Section) -> Site:
    zone, code = section.text("timezone"), section.data.get("holidays", "")
    if zone and zone not in _zones():
        section.wrong("timezone", f"an IANA zone such as Europe/Madrid{nearest(zone, sorted(_zones()))}")
        zone = ""
    if not isinstance(code, str) or not _holiday_code_known(code):
        hint = _nearest_code(code) if isinstance(code, str) else ""
        section.wrong("holidays", f'a country-subdivision code such as ES-AN, or ""{hint}')
        code = ""
    return Site(
        section.text("name"),
        zone or "UTC",
        section.number("latitude", (-90.0, 90.0), 0.0),
        section.number("longitude", (-180.0, 180.0), 0.0),
        code,
    )


def _notes(section: Section) -> tuple[str, ...]:
    """The file's own remark on its values, and what an absent holiday calendar means."""
    note = section.text("note")
    silent = () if "holidays" in section.data else ("site.holidays is not given: no holiday without shifts.",)
    return (*((note,) if note else ()), *silent)


def _shift(row: Section) -> Shift:
    row.expect(KEYS["shift"], REQUIRED["shift"])
    days = row.data.get("days")
    if not isinstance(days, list) or not days or not all(isinstance(d, str) and d in WEEKDAYS for d in days):
        row.wrong("days", f"a list of {', '.join(WEEKDAYS)}")
        days = []
    start = row.clock("start", end=False)
    return Shift(frozenset(days), start or time(), row.clock("end", end=True))


def _machine(row: Section, zone: str) -> Machine:
    row.expect(KEYS["machine"], REQUIRED["machine"])
    count = row.whole("count", (1, MOST_UNITS), 1)
    spans = row.data.get("unavailable", [])
    if not isinstance(spans, list):
        row.wrong("unavailable", "a list of [from, to] or [from, to, units]")
        spans = []
    away = [_outage(row, f"unavailable[{n}]", span, (zone, count)) for n, span in enumerate(spans, 1)]
    return Machine(row.text("name"), count, row.number("power_kw", POWER_KW, 0.0), tuple(filter(None, away)))


def _outage(row: Section, key: str, span: object, site: tuple[str, int]) -> Outage | None:
    """One span of `unavailable`; `site` is (zone, units of the machine). None with a fault noted."""
    zone, count = site
    parts = list(span) if isinstance(span, list) else []
    units = parts[2] if len(parts) == 3 else count
    start, end = (read_moment(part) for part in parts[:2]) if len(parts) in (2, 3) else (None, None)
    sound = isinstance(units, int) and not isinstance(units, bool) and 1 <= units <= count
    if start is None or end is None or not sound:
        form = '["YYYY-MM-DDTHH:MM", "YYYY-MM-DDTHH:MM"] in local time'
        row.say(
            f"{row.path}.{key} cannot be read; allowed: {form}, and as third the units away, 1 to {count}."
        )
        return None
    outage = Outage(wall_moment(*start, zone), wall_moment(*end, zone), units)
    if outage.start >= outage.end:
        row.say(f"{row.path}.{key} ends before it starts; allowed: from before to.")
        return None
    return outage


def _auxiliary(row: Section) -> Auxiliary:
    row.expect(KEYS["auxiliary"], REQUIRED["auxiliary"])
    pair = row.numbers("kw_per_degree_above", 2, (-50.0, 10_000.0))
    if pair and (pair[0] > OUTDOOR_C[1] or pair[1] < 0):
        row.wrong("kw_per_degree_above", "[threshold in °C from -50 to 60, kW per °C of 0 or more]")
    when = row.choice("when", ("always", "staffed"), "always")
    load = (pair[0], pair[1]) if pair else None
    return Auxiliary(row.text("name"), row.number("power_kw", POWER_KW, 0.0), when == "staffed", load)


def _demand(row: Section, batch_kg: Mapping[str, float]) -> DemandEntry:
    row.expect(KEYS["demand"], REQUIRED["demand"])
    product = row.text("product")
    if product and product not in batch_kg:
        row.wrong(
            "product", f"the name of a product: {', '.join(batch_kg)}{nearest(product, list(batch_kg))}"
        )
    every = row.choice("every", ("weekday", *WEEKDAYS, "once"), "weekday")
    kg, fixed = row.number("kg", (0.0, MASS_KG[1]), 0.0), row.flag("fixed", False)
    if kg > MOST_BATCHES * batch_kg.get(product, kg):
        row.wrong("kg", f"at most {MOST_BATCHES} batches at one due time")
    if every != "once":
        return DemandEntry(product, kg, every, row.clock("due", end=True), None, fixed)
    moment = read_moment(row.data.get("due"))
    if moment is None:
        row.wrong("due", 'a local "YYYY-MM-DDTHH:MM" of the years 2000 to 2100, because every is "once"')
    day, clock = moment or (date(2000, 1, 1), time())
    return DemandEntry(product, kg, every, clock, day, fixed)
