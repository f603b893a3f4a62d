"""The factory file: what it reads, every fault it names, and that nothing but `Misconfigured` comes out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.factory import Attendance, ContractKind, Machine, Outage
from chocolate_factory.domain.factory_contract import CONTRACT_KEYS
from chocolate_factory.domain.factory_file import KEYS, REQUIRED, TABLES, parse_factory

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "factory.toml").read_text("utf-8")
DOCS = (ROOT / "docs" / "factory.md").read_text("utf-8")

SMALL = """
[site]
name = "Small"
timezone = "Europe/Madrid"
latitude = 40
longitude = -3.5
[contract]
kind = "indexed"
access_tariff = "3.0TD"
contracted_power_kw = [20, 20, 20, 20, 20, 30]
[[shift]]
days = ["mon", "tue"]
start = "06:00"
end = "14:00"
[[machine]]
name = "oven"
power_kw = 10
[[product]]
name = "bread"
batch_kg = 10
[[product.step]]
process = "bake"
machine = "oven"
minutes = 60
[[auxiliary]]
name = "light"
power_kw = 1
[[demand]]
product = "bread"
kg = 20
every = "tue"
due = "14:00"
"""


def changed(old: str, new: str, text: str = SMALL) -> str:
    """The text with one place changed; the place must be there."""
    assert old in text
    return text.replace(old, new, 1)


def faults(text: str) -> str:
    """The message with which a text is refused."""
    with pytest.raises(Misconfigured) as caught:
        parse_factory(text, "plant.toml")
    return caught.value.message


# ---- what is read


def test_reference_plant() -> None:
    factory = parse_factory(REFERENCE)
    assert [(m.name, m.count, m.power_kw) for m in factory.machines] == [
        ("mixer", 1, 11.0),
        ("refiner", 1, 30.0),
        ("conche", 3, 15.0),
        ("temperer", 1, 9.0),
        ("moulding line", 1, 22.0),
    ]
    for product, conche in zip(factory.products, (300, 600), strict=True):
        assert product.batch_kg == 100
        assert [step.minutes for step in product.steps] == [30, 60, conche, 45, 30]
        assert [step.wait_max_minutes for step in product.steps] == [None, 120, 240, 480, 15]
        assert [step.power_kw for step in product.steps] == [11, 30, 15, 9, 22]
        limits = [(step.max_outdoor_c, step.max_outdoor_rh) for step in product.steps]
        assert limits == [(None, None)] * 3 + [(34, 90)] * 2
        ends, throughout = Attendance.ENDS, Attendance.THROUGHOUT
        attended = [step.attended for step in product.steps]
        assert attended == [throughout, throughout, ends, throughout, throughout]
    assert factory.contract.contracted_power_kw == (80, 80, 80, 80, 80, 130)
    assert factory.contract.retail_margin_eur_mwh == 5
    assert [(d.product, d.kg, d.every, d.due) for d in factory.demands] == [
        ("standard", 500, "weekday", time(22)),
        ("premium", 1000, "sat", time(14)),
    ]
    assert [(a.name, a.power_kw, a.staffed_only, a.kw_per_degree_above) for a in factory.auxiliaries] == [
        ("chiller", 5, False, (18, 0.35)),
        ("ventilation", 4, False, (22, 0.5)),
        ("lighting", 2, True, None),
        ("compressed air", 3, True, None),
    ]
    assert factory.site.holidays == "ES-AN"
    assert "assumed values" in factory.assumptions[0]


def test_defaults_of_a_small_file() -> None:
    factory = parse_factory(SMALL)
    step = factory.product("bread").steps[0]
    assert factory.machine("oven") == Machine("oven", 1, 10.0)
    assert (step.attended, step.wait_max_minutes, step.power_kw) == (Attendance.THROUGHOUT, None, 10.0)
    assert factory.auxiliaries[0].staffed_only is False
    assert factory.contract.municipal_fee == 0.015
    assert factory.contract.losses_percent is None
    assert factory.demands[0].fixed is False


def test_silent_contract_terms_are_assumptions_and_given_ones_are_not() -> None:
    silent = parse_factory(SMALL).assumptions
    for key in ("retail_margin_eur_mwh", "municipal_fee", "guarantees_eur_mwh", "industrial"):
        assert any(f"contract.{key} is not given" in sentence for sentence in silent)
    assert any("site.holidays" in sentence for sentence in silent)
    given_fee = parse_factory(changed("[[shift]]", "municipal_fee = 0.015\n[[shift]]")).assumptions
    assert not any("municipal_fee" in sentence for sentence in given_fee)


@pytest.mark.parametrize(
    ("zone", "place", "said"),
    [
        ("Europe/Madrid", (36.01, -5.61), []),
        ("Europe/Madrid", (42.32, 3.32), []),
        ("Europe/Madrid", (39.57, 2.65), ["Balearic"]),
        ("Europe/Madrid", (35.29, -2.94), ["Melilla"]),
        ("Africa/Ceuta", (35.89, -5.31), ["Ceuta", "site.timezone is Africa/Ceuta"]),
        ("Atlantic/Canary", (28.12, -15.43), ["Canary", "site.timezone is Atlantic/Canary"]),
        ("Atlantic/Canary", (40, -3.5), ["site.timezone is Atlantic/Canary"]),
    ],
)
def test_a_site_that_is_not_on_the_peninsula_says_whose_tariff_it_has(
    zone: str, place: tuple[float, float], said: list[str]
) -> None:
    text = changed("Europe/Madrid", zone).replace("latitude = 40", f"latitude = {place[0]}")
    told = parse_factory(text.replace("longitude = -3.5", f"longitude = {place[1]}")).assumptions
    found = [sentence for sentence in told if "peninsula" in sentence]
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


def test_every_contract_key_is_read() -> None:
    extra = """energy_includes_tolls = false
    adjustment_services_eur_mwh = 20
    operator_fees_eur_mwh = 0.3
    losses = [1, 2, 3, 4, 5, 6]
    efficiency_fund_eur_mwh = 2.4
    municipal_fee = 0
    margin_inside_losses = true
    guarantees_eur_mwh = 0.5
    equipment_rental_eur_day = 0.14
    industrial = false
    retail_margin_eur_mwh = 4
    excess_eur_kw = [6, 5, 4, 3, 2, 1]
    energy_eur_mwh = [200, 180, 160, 140, 120, 100]
    [[shift]]"""
    text = changed('"indexed"', '"fixed"', changed("[[shift]]", extra))
    contract = parse_factory(text).contract
    assert contract.kind is ContractKind.FIXED
    assert contract.energy_eur_mwh == (200, 180, 160, 140, 120, 100)
    assert (contract.energy_includes_tolls, contract.margin_inside_losses, contract.industrial) == (
        False,
        True,
        False,
    )
    assert contract.losses_percent == (1, 2, 3, 4, 5, 6)
    assert contract.excess_eur_kw == (6, 5, 4, 3, 2, 1)
    figures = (contract.adjustment_services_eur_mwh, contract.operator_fees_eur_mwh)
    assert figures == (20, 0.3)
    assert (contract.efficiency_fund_eur_mwh, contract.guarantees_eur_mwh) == (2.4, 0.5)
    assert (contract.municipal_fee, contract.equipment_rental_eur_day) == (0, 0.14)
    assert contract.retail_margin_eur_mwh == 4
    assert 'losses = "standard"' not in text
    assert (
        parse_factory(changed("[[shift]]", 'losses = "standard"\n[[shift]]')).contract.losses_percent is None
    )


def test_unavailable_spans_are_local_and_default_to_all_units() -> None:
    spans = '[["2026-03-28T22:00", "2026-03-29T06:00"], ["2026-07-01T00:00", "2026-07-01T24:00", 1]]'
    oven = parse_factory(
        changed("power_kw = 10", f"count = 4\npower_kw = 10\nunavailable = {spans}")
    ).machines[0]
    night = Outage(datetime(2026, 3, 28, 21, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC), 4)
    day = Outage(datetime(2026, 6, 30, 22, tzinfo=UTC), datetime(2026, 7, 1, 22, tzinfo=UTC), 1)
    assert oven.unavailable == (night, day)


def test_midnight_once_and_toml_times() -> None:
    text = changed('every = "tue"\ndue = "14:00"', 'every = "once"\ndue = "2026-03-05T24:00"')
    entry = parse_factory(changed('end = "14:00"', 'end = "24:00"', text))
    assert entry.shifts[0].end is None
    assert (entry.demands[0].due_date, entry.demands[0].due) == (date(2026, 3, 5), None)
    native = changed('due = "14:00"', "due = 2026-03-05T18:30:00", changed('every = "tue"', 'every = "once"'))
    assert parse_factory(native).demands[0].due == time(18, 30)
    assert parse_factory(changed('start = "06:00"', "start = 06:15:00")).shifts[0].start == time(6, 15)


def test_two_period_contracts() -> None:
    two = changed("[20, 20, 20, 20, 20, 30]", "[14, 12.5]", changed("3.0TD", "2.0TD"))
    assert parse_factory(two).contract.contracted_power_kw == (14, 12.5)
    fixed = changed(
        '"indexed"', '"fixed"', changed("[[shift]]", "energy_eur_mwh = [3, 2, 1]\n[[shift]]", two)
    )
    assert parse_factory(fixed).contract.energy_eur_mwh == (3, 2, 1)


# ---- every fault is named


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("power_kw = 10", "power = 10", ['machine "oven".power is not a known key', '"power_kw"', "missing"]),
        ("[[auxiliary]]", "[[auxillary]]", ["auxillary is not a known key", '"auxiliary"']),
        ("power_kw = 10", "power_kw = 10\ncount = 0", ['machine "oven".count is 0', "from 1 to 1000"]),
        ("power_kw = 10", "power_kw = 10\ncount = true", ['machine "oven".count is true', "whole number"]),
        ("power_kw = 10", "power_kw = nan", ['machine "oven".power_kw is nan', "from 0"]),
        ("power_kw = 10", "power_kw = inf", ['machine "oven".power_kw is inf']),
        ("power_kw = 10", "power_kw = true", ['machine "oven".power_kw is true']),
        ("power_kw = 10", 'power_kw = "10"', ['machine "oven".power_kw is "10"', "a number"]),
        ("power_kw = 10", "power_kw = -1", ['machine "oven".power_kw is -1']),
        ("minutes = 60", "minutes = 60.5", ['product "bread".step "bake".minutes is 60.5']),
        ("minutes = 60", "", ['product "bread".step "bake".minutes is missing', "from 1 to 20160"]),
        ("minutes = 60", "minutes = 60\nwait_max_minutes = 5", ["wait_max_minutes", "the first has none"]),
        ('machine = "oven"', 'machine = "ovne"', ['machine is "ovne"', 'did you mean "oven"?']),
        ('product = "bread"', 'product = "cake"', ['demand[1].product is "cake"', "bread"]),
        ('name = "bread"', 'name = ""', ["product[1].name", "1 to 80"]),
        ('name = "bread"', "name = 7", ["product[1].name is 7"]),
        ("batch_kg = 10", "batch_kg = 0", ['product "bread".batch_kg is 0']),
        ("kg = 20", "kg = -1", ["demand[1].kg is -1"]),
        ("kg = 20", "kg = 1000000", ["demand[1].kg is 1000000", "at most 1000 batches"]),
        ('due = "14:00"', 'due = "14.00"', ['demand[1].due is "14.00"', "HH:MM"]),
        ('due = "14:00"', 'due = "24:30"', ['demand[1].due is "24:30"']),
        ('every = "tue"', 'every = "tuesday"', ['demand[1].every is "tuesday"', "weekday, mon"]),
        ('every = "tue"', 'every = "once"', ["demand[1].due", "YYYY-MM-DDTHH:MM"]),
        ('every = "tue"\ndue = "14:00"', 'every = "once"\ndue = "2026-02-29T10:00"', ["demand[1].due"]),
        ('every = "tue"\ndue = "14:00"', 'every = "once"\ndue = "1026-02-28T10:00"', ["2000 to 2100"]),
        ('start = "06:00"', 'start = "24:00"', ['shift[1].start is "24:00"']),
        ('start = "06:00"', 'start = "06:00:30"', ["shift[1].start"]),
        ('["mon", "tue"]', '["mon", "tu"]', ["shift[1].days", "mon, tue, wed"]),
        ('["mon", "tue"]', "[]", ["shift[1].days"]),
        ("Europe/Madrid", "Europe/Madird", ["site.timezone", 'did you mean "Europe/Madrid"?']),
        ("Europe/Madrid", "../../etc/passwd", ["site.timezone", "IANA"]),
        ("latitude = 40", "latitude = 91", ["site.latitude is 91", "-90 to 90"]),
        ("latitude = 40", 'latitude = 40\nholidays = "ES-XX"', ['site.holidays is "ES-XX"']),
        ("latitude = 40", 'latitude = 40\nholidays = "HolidayBase"', ["site.holidays"]),
        ("latitude = 40", "latitude = 40\nholidays = 3", ["site.holidays is 3"]),
        ('"indexed"', '"index"', ['contract.kind is "index"', "indexed, pvpc, fixed"]),
        ('"3.0TD"', '"3.1TD"', ['contract.access_tariff is "3.1TD"', "2.0TD, 3.0TD, 6.1TD"]),
        ("20, 30]", "20, 10]", ["contract.contracted_power_kw", "P1 ≤ P2"]),
        (
            "[20, 20, 20, 20, 20, 30]",
            "[20, 20]",
            ["contract.contracted_power_kw is a list of 2", "6 numbers"],
        ),
        ("[[shift]]", "energy_eur_mwh = [1,2,3,4,5,6]\n[[shift]]", ["contract.energy_eur_mwh", '"indexed"']),
        ('"indexed"', '"fixed"', ["contract.energy_eur_mwh is missing", "P1 to P6"]),
        ('"indexed"', '"pvpc"', ['contract.access_tariff is "3.0TD"', "10 kW", "RD 216/2014"]),
        ("[[shift]]", "municipal_fee = 1.5\n[[shift]]", ["contract.municipal_fee is 1.5", "0 to 0.2"]),
        ("[[shift]]", 'losses = "none"\n[[shift]]', ["contract.losses", '"standard"']),
        ("[[shift]]", "losses = [1,2]\n[[shift]]", ["contract.losses", "6 numbers"]),
        ("[[shift]]", "industrial = 1\n[[shift]]", ["contract.industrial is 1", "true or false"]),
        ("[[auxiliary]]", "[auxiliary]", ["auxiliary is not a list of tables", "[[auxiliary]]"]),
        ("[site]", "[[site]]", ["site is not a table", "[site]"]),
        (
            "power_kw = 1\n",
            'power_kw = 1\nwhen = "day"\n',
            ['auxiliary "light".when is "day"', "always, staffed"],
        ),
        ("power_kw = 1\n", "power_kw = 1\nkw_per_degree_above = [70, 1]\n", ["kw_per_degree_above"]),
        (
            "power_kw = 10",
            "power_kw = 10\nunavailable = [[1]]",
            ['machine "oven".unavailable[1]', "local time"],
        ),
        (
            "power_kw = 10",
            'power_kw = 10\nunavailable = [["2026-03-02T06:00", "2026-03-02T06:00"]]',
            ['machine "oven".unavailable[1] ends before'],
        ),
        (
            "power_kw = 10",
            'power_kw = 10\nunavailable = [["2026-03-02T06:00", "2026-03-02T07:00", 2]]',
            ['machine "oven".unavailable[1]', "1 to 1"],
        ),
        (
            "power_kw = 10",
            "power_kw = 10\nunavailable = [[2026-03-02T06:00:00Z, 2026-03-02T07:00:00Z]]",
            ['machine "oven".unavailable[1]', "local time"],
        ),
        ("minutes = 60", "minutes = 495", ['product "bread".step "bake"', "8 h", "495"]),
        ("minutes = 60", 'minutes = 960\nattended = "ends"', ["start and end in a shift"]),
    ],
)
def test_fault(old: str, new: str, parts: list[str]) -> None:
    message = faults(changed(old, new))
    assert message.startswith("plant.toml")
    for part in parts:
        assert part in message


def test_small_supplies() -> None:
    small = changed("[20, 20, 20, 20, 20, 30]", "[9.2, 12]", changed("3.0TD", "2.0TD"))
    pvpc = changed('"indexed"', '"pvpc"', small)
    assert "at most 10 kW each" in faults(pvpc)
    assert "at most 15 kW each" in faults(changed("12]", "15.1]", small))
    assert "no meaning on 2.0TD" in faults(
        changed("[[shift]]", "excess_eur_kw = [1,1,1,1,1,1]\n[[shift]]", small)
    )
    message = faults(changed("power_kw = 10", "power_kw = 11.5", small))
    assert 'product "bread".step "bake" draws 11.5 kW beside 1 kW' in message
    assert "at most 12 kW" in message
    assert "auxiliary loads that always run draw 9.5 kW" in faults(
        changed("power_kw = 1\n", "power_kw = 9.5\n", small)
    )
    assert parse_factory(changed("power_kw = 10", "power_kw = 11", small)).contract.contracted_power_kw == (
        9.2,
        12,
    )


def test_attendance_on_shifts_across_midnight_and_the_week() -> None:
    night = changed('end = "14:00"', 'end = "06:00"', changed("minutes = 60", "minutes = 2880"))
    parse_factory(night)
    assert "the longest staffed time is 48 h" in faults(changed("minutes = 2880", "minutes = 2895", night))
    around = changed('["mon", "tue"]', '["sun", "mon"]', changed('end = "14:00"', 'end = "06:00"'))
    parse_factory(changed("minutes = 60", "minutes = 2880", around))
    always = changed('["mon", "tue"]', '["mon","tue","wed","thu","fri","sat","sun"]', night)
    parse_factory(changed("minutes = 2880", "minutes = 20160", always))
    bare = changed('[[shift]]\ndays = ["mon", "tue"]\nstart = "06:00"\nend = "14:00"\n', "")
    assert "staffed time is 0 h" in faults(bare)
    parse_factory(changed("minutes = 60", 'minutes = 60\nattended = "none"', bare))


def test_names_are_unique() -> None:
    again = changed("[[product]]", '[[machine]]\nname = "oven"\npower_kw = 3\n[[product]]')
    assert 'machine "oven" is there 2 times' in faults(again)


def test_all_faults_come_at_once_in_file_order() -> None:
    text = REFERENCE
    for old, new in (
        ("count = 3", "cuont = 3"),
        ('"indexed"', '"indxed"'),
        ("ES-AN", "ES-ANN"),
        ('"sat"\n', '"sta"\n'),
    ):
        text = changed(old, new, text)
    lines = faults(text).splitlines()
    assert lines[0] == "plant.toml has 4 faults:"
    for line, part in zip(
        lines[1:], ("site.holidays", "contract.kind", "cuont", "demand[2].every"), strict=True
    ):
        assert part in line


def test_wrong_kind_or_tariff_gives_one_fault_only() -> None:
    assert "\n" not in faults(changed('"3.0TD"', '"3.1TD"'))
    assert "\n" not in faults(
        changed('"indexed"', '"indx"', changed("[[shift]]", "energy_eur_mwh = [1]\n[[shift]]"))
    )


def test_not_toml() -> None:
    assert "(at line 3, column 6)" in faults("[site]\nname = 1\nzone 2\n")
    assert "line 2" in faults("a = 1\nb = ")
    assert "nested too deeply" in faults("a = " + "[" * 20_000)
    assert "not valid TOML" in faults("a = " + "9" * 5000)
    assert parse_factory("\ufeff" + SMALL).site.name == "Small"


def test_endless_numbers_and_keys_are_quoted_short() -> None:
    message = faults(changed("power_kw = 10", "power_kw = 0x" + "f" * 6000))
    assert "more than 30 digits" in message
    assert len(faults(changed("power_kw = 10", f'power_kw = 10\n"{"x" * 5000}" = 1'))) < 300


def test_every_key_is_documented() -> None:
    for key in {key for keys in (*KEYS.values(), CONTRACT_KEYS, TABLES) for key in keys}:
        assert f"`{key}`" in DOCS or f"[{key}]" in DOCS, key
    assert all(set(REQUIRED[table]) <= set(KEYS[table]) for table in KEYS)
