"""The recipes of a factory file: products, steps, their modes and draws, and setups between products."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import prod

import numpy as np

from chocolate_factory.domain.factory import Attendance, Mode, Product, SetupRule, Step
from chocolate_factory.domain.factory_section import Section, nearest, read_number
from chocolate_factory.domain.slots import PLAN_MINUTES

PRODUCT_KEYS = ("name", "batch_kg", "step")
STEP_KEYS = (
    "process",
    "machine",
    "minutes",
    "attended",
    "wait_max_minutes",
    "power_kw",
    "profile",
    "mode",
    "max_outdoor_c",
    "max_outdoor_rh",
)
STEP_REQUIRED = ("process", "machine", "minutes")
MODE_KEYS = ("name", "minutes", "power_kw", "profile")
MODE_REQUIRED = ("name", "minutes")
SETUP_KEYS = ("machine", "minutes", "power_kw", "from", "to", "attended")
SETUP_REQUIRED = ("machine", "minutes")
POWER_KW = (0.0, 100_000.0)
MASS_KG = (0.001, 10_000_000.0)
LONGEST_STEP = 14 * 24 * 60
OUTDOOR_C = (-50.0, 60.0)
MOST_PARTS = 12
MOST_WAYS = 24

Profile = tuple[tuple[int, float], ...]


def read_product(row: Section, powers: Mapping[str, float]) -> Product:
    """A product with its recipe; `powers` are the draws of the machines by name, in kW."""
    row.expect(PRODUCT_KEYS, PRODUCT_KEYS)
    steps = row.rows("step", "process")
    recipe = tuple(_step(step, powers, first=index == 0) for index, step in enumerate(steps))
    if (ways := prod(len(step.ways) for step in recipe)) > MOST_WAYS:
        row.say(
            f"{row.path} can be made in {ways} ways, the modes of its steps multiplied; allowed: up to"
            f" {MOST_WAYS}."
        )
    return Product(row.text("name"), row.number("batch_kg", MASS_KG, 1.0), recipe)


def _step(row: Section, powers: Mapping[str, float], first: bool) -> Step:
    with_modes = "mode" in row.data
    row.expect(STEP_KEYS, tuple(key for key in STEP_REQUIRED if not with_modes or key != "minutes"))
    machine = row.text("machine")
    if machine and machine not in powers:
        row.wrong("machine", f"the name of a machine: {', '.join(powers)}{nearest(machine, list(powers))}")
    wait = row.whole("wait_max_minutes", (0, LONGEST_STEP), 0)
    if first and "wait_max_minutes" in row.data:
        row.say(
            f"{row.at('wait_max_minutes')} limits the wait after the step before, and the first has none."
        )
    usual_kw = powers.get(machine, 0.0)
    modes = _modes(row, usual_kw) if with_modes else ()
    usual = modes[0] if modes else Mode("", *read_draw(row, usual_kw))
    return Step(
        row.text("process"),
        machine,
        usual.minutes,
        usual.power_kw,
        Attendance(row.choice("attended", tuple(Attendance), "throughout")),
        wait if "wait_max_minutes" in row.data else None,
        row.number("max_outdoor_c", OUTDOOR_C, None),
        row.number("max_outdoor_rh", (0.0, 100.0), None),
        usual.profile,
        modes,
    )


def _modes(row: Section, usual_kw: float) -> tuple[Mode, ...]:
    """The ways to run a step, the normal one first."""
    for key in ("minutes", "power_kw", "profile"):
        if key in row.data:
            row.say(f"{row.at(key)} is that of each mode; a step with modes has none of its own.")
    rows = row.rows("mode", "name")
    if not rows:
        row.wrong("mode", "at least one [[product.step.mode]]")
    found: list[Mode] = []
    for mode in rows:
        mode.expect(MODE_KEYS, MODE_REQUIRED)
        name = mode.text("name")
        if name in {other.name for other in found}:
            mode.say(f"{mode.path} is there more than once; names must be unique within a step.")
        found.append(Mode(name, *read_draw(mode, usual_kw)))
    return tuple(found)


def read_draw(row: Section, usual_kw: float) -> tuple[int, float, Profile]:
    """How long a step lasts in minutes, its mean draw in kW over whole slots, and its profile if it has one.

    `usual_kw` is the draw where the row says none.
    """
    minutes = row.whole("minutes", (1, LONGEST_STEP), 1)
    power_kw = row.number("power_kw", POWER_KW, usual_kw)
    if "profile" not in row.data:
        return minutes, power_kw, ()
    if "power_kw" in row.data:
        row.say(f"{row.path} has power_kw and profile; say the draw once.")
    profile = _profile(row)
    if profile and "minutes" in row.data and (total := sum(span for span, _ in profile)) != minutes:
        row.say(f"{row.at('profile')} adds up to {total} minutes; allowed: the {minutes} of the step.")
    return minutes, _mean_kw(profile) if profile else power_kw, profile


def _profile(row: Section) -> Profile:
    """The parts of a profile in order; () with a fault noted."""
    raw = row.data["profile"]
    parts = raw if isinstance(raw, list) else []
    pairs = [part if isinstance(part, list) and len(part) == 2 else [None, None] for part in parts]
    spans = [span for span, _ in pairs if isinstance(span, int) and not isinstance(span, bool)]
    draws = [kw for _, value in pairs if (kw := read_number(value, POWER_KW)) is not None]
    sound = len(spans) == len(draws) == len(parts) and all(1 <= span <= LONGEST_STEP for span in spans)
    if not sound or not 1 <= len(parts) <= MOST_PARTS:
        form = f"1 to {MOST_PARTS} parts [minutes, kW] in order, such as [[60, 20.0], [240, 12.0]]"
        row.wrong("profile", form)
        return ()
    return tuple(zip(spans, draws, strict=True))


def _mean_kw(profile: Profile) -> float:
    """Mean over the whole slots of a profile; what rounds it up to slots draws like its end."""
    minutes = sum(span for span, _ in profile)
    spans = [*(span for span, _ in profile), -minutes % PLAN_MINUTES]
    draws = [*(kw for _, kw in profile), profile[-1][1]]
    return float(np.average(draws, weights=spans))


def read_setup(row: Section, machines: Collection[str], products: Collection[str]) -> SetupRule:
    """A setup; `machines` and `products` are the names that the file has."""
    row.expect(SETUP_KEYS, SETUP_REQUIRED)
    places = []
    for key, known in (("machine", machines), ("from", products), ("to", products)):
        name = row.text(key) if key in row.data or key == "machine" else ""
        if name and name not in known:
            row.wrong(
                key, f"the name of a {'machine' if key == 'machine' else 'product'}: {', '.join(known)}"
            )
        places.append(name)
    machine, before, after = places
    if before and before == after:
        row.say(f"{row.path} is between {before} and itself; a unit needs no setup to go on with a product.")
    return SetupRule(
        machine,
        row.whole("minutes", (0, LONGEST_STEP), 0),
        row.number("power_kw", POWER_KW, 0.0),
        before,
        after,
        Attendance(row.choice("attended", tuple(Attendance), "throughout")),
    )
