"""From factory, prices and climate to the planning problem in slots."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product as combinations

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.assets import Assets
from chocolate_factory.domain.factory import Attendance, Factory, Machine, SetupRule, Step
from chocolate_factory.domain.limits_builder import limits_of
from chocolate_factory.domain.plan import Climate, Wanted
from chocolate_factory.domain.problem import BoolArray, ExcessGroup, Lot, Problem, ProblemProduct, ProblemStep
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.setups import Changeover, Setup
from chocolate_factory.domain.slots import PLAN_MINUTES, IntArray, Window, epoch, local_iso, moment
from chocolate_factory.domain.staffing import staffed

SLOT_SECONDS = 60 * PLAN_MINUTES


@dataclass(frozen=True, eq=False)
class ProblemInputs:
    """All that a plan depends on; arrays and climate have one value a 15-minute slot of the window (T).

    `price_eur_kwh` is all-in with electricity tax and without VAT, `power_cap_kw` the hard limit on the
    site's load (2.0TD) or None, `wanted` the batches, `excess` the groups of slots charged for excess power.
    """

    factory: Factory
    window: Window
    price_eur_kwh: FloatArray
    excess: tuple[ExcessGroup, ...]
    climate: Climate
    wanted: tuple[Wanted, ...]
    power_cap_kw: FloatArray | None = None
    allow_late: bool = False
    assets: Assets | None = None


def build_problem(inputs: ProblemInputs) -> Problem:
    """The problem of a window: rules 1 to 5 as allowed starts and units, loads and lots as arrays.

    Raises `DataMissing` for a slot without a price, `ValueError` for a window off the quarter-hour grid or
    columns of another length.
    """
    _check(inputs)
    factory, window = inputs.factory, inputs.window
    present = staffed(factory, window)
    names = tuple(machine.name for machine in factory.machines)
    return Problem(
        window=window,
        minutes=PLAN_MINUTES,
        price_eur_kwh=np.asarray(inputs.price_eur_kwh, np.float64),
        auxiliary_kw=auxiliary_kw(factory, window, inputs.climate),
        machines=names,
        machine_units=np.array([units_available(m, window) for m in factory.machines], np.int64),
        products=_products(factory, names, present, inputs.climate),
        lots=tuple(_lot(want, factory, window) for want in inputs.wanted),
        excess=inputs.excess,
        power_cap_kw=inputs.power_cap_kw,
        allow_late=inputs.allow_late,
        limits=limits_of(factory, window),
        assets=inputs.assets,
        setups=changeovers(factory, window, present),
    )


def _check(inputs: ProblemInputs) -> None:
    """Every column has the length of the window, and every price is there."""
    if epoch(inputs.window.start) % SLOT_SECONDS or inputs.window.seconds % SLOT_SECONDS:
        raise ValueError(f"the window is not on the quarter-hour grid: {inputs.window}")
    slots = inputs.window.slot_count(PLAN_MINUTES)
    climate, cap = inputs.climate, inputs.power_cap_kw
    lengths = {len(inputs.price_eur_kwh), len(climate.temperature_c), len(climate.humidity_rh)}
    lengths |= {len(cap)} if cap is not None else set()
    if lengths != {slots}:
        raise ValueError(f"columns of {sorted(lengths)} values for {slots} slots")
    missing = np.flatnonzero(~np.isfinite(inputs.price_eur_kwh))
    if len(missing):
        first = moment(int(inputs.window.starts(PLAN_MINUTES)[missing[0]]))
        raise DataMissing(
            f"{len(missing)} slots of the plan have no price, the first at {first.isoformat()}."
        )


def auxiliary_kw(factory: Factory, window: Window, climate: Climate) -> FloatArray:
    """Load beside the runs in kW, shape (T,).

    "staffed" loads draw power in slots wholly inside a shift. A load with `kw_per_degree_above` draws more
    above its threshold while it is on; where the temperature is unknown only its base power counts.
    """
    total = np.zeros(window.slot_count(PLAN_MINUTES))
    present = staffed(factory, window)
    temperature = np.asarray(climate.temperature_c, np.float64)
    for load in factory.auxiliaries:
        power = np.full(len(total), load.power_kw)
        if load.kw_per_degree_above:
            threshold, slope = load.kw_per_degree_above
            power += np.nan_to_num(slope * np.maximum(0.0, temperature - threshold), nan=0.0)
        total += np.where(present, power, 0.0) if load.staffed_only else power
    return total


def units_available(machine: Machine, window: Window) -> IntArray:
    """Units of a machine in each slot, shape (T,); an outage counts in every slot that it touches."""
    starts = window.starts(PLAN_MINUTES)
    units = np.full(len(starts), machine.count, np.int64)
    for outage in machine.unavailable:
        units[(starts < epoch(outage.end)) & (starts + SLOT_SECONDS > epoch(outage.start))] -= outage.units
    return np.maximum(units, 0)


def whole_slots(minutes: int) -> int:
    """Minutes rounded up to slots."""
    return -(-minutes // PLAN_MINUTES)


def unattended_starts(attended: Attendance, duration: int, present: BoolArray) -> BoolArray:
    """Starts, shape (T,), of whole runs inside the window that break the rule of attendance."""
    if attended is Attendance.THROUGHOUT:
        return _touches(~present, duration)
    blocked = np.zeros(len(present), np.bool_)
    inside = max(0, len(present) - duration + 1)
    if attended is Attendance.ENDS:
        blocked[:inside] = ~(present[:inside] & present[duration - 1 : duration - 1 + inside])
    return blocked


def climate_starts(step: Step, duration: int, climate: Climate) -> BoolArray:
    """Starts, shape (T,), of whole runs inside the window that meet a slot outside the step's limits."""
    temperature = np.asarray(climate.temperature_c, np.float64)
    bad = np.zeros(len(temperature), np.bool_)
    if step.max_outdoor_c is not None:
        bad |= temperature > step.max_outdoor_c
    if step.max_outdoor_rh is not None:
        bad |= np.asarray(climate.humidity_rh, np.float64) > step.max_outdoor_rh
    return _touches(bad, duration)


def inside_starts(duration: int, slots: int) -> BoolArray:
    """Starts, shape (T,), of runs that end inside the window."""
    return np.arange(slots) + duration <= slots


def _touches(bad: BoolArray, duration: int) -> BoolArray:
    """Starts of whole runs inside the window that touch a bad slot, shape (T,)."""
    sums = np.concatenate([[0], np.cumsum(bad)])
    result = np.zeros(len(bad), np.bool_)
    inside = max(0, len(bad) - duration + 1)
    result[:inside] = sums[duration : duration + inside] > sums[:inside]
    return result


def _products(
    factory: Factory, machines: tuple[str, ...], present: BoolArray, climate: Climate
) -> tuple[ProblemProduct, ...]:
    """The recipes in the file's order, each in its normal modes; all their other ways come after them."""
    normal, others = [], []
    for place, product in enumerate(factory.products):
        steps = [
            [_step(way, machines.index(step.machine), present, climate) for way in step.ways]
            for step in product.steps
        ]
        first, *more = (ProblemProduct(product.name, product.batch_kg, ways) for ways in combinations(*steps))
        normal.append(first)
        others += [replace(way, variant_of=place) for way in more]
    return (*normal, *others)


def _step(step: Step, machine: int, present: BoolArray, climate: Climate) -> ProblemStep:
    duration = whole_slots(step.minutes)
    attendance = unattended_starts(step.attended, duration, present)
    weather = climate_starts(step, duration, climate)
    return ProblemStep(
        process=step.process,
        machine=machine,
        duration=duration,
        power_kw=step.power_kw,
        wait_max=None if step.wait_max_minutes is None else whole_slots(step.wait_max_minutes),
        allowed=inside_starts(duration, len(present)) & ~attendance & ~weather,
        blocked_by={"attendance": attendance, "climate": weather},
        profile_kw=step.profile_kw,
        mode=step.mode,
    )


def changeovers(factory: Factory, window: Window, present: BoolArray) -> tuple[Changeover, ...]:
    """Per machine type with setups its rules, for units that carried nothing before the window."""
    found = []
    for place, machine in enumerate(factory.machines):
        rules = tuple(_setup(r, window, present) for r in factory.setups if r.machine == machine.name)
        if any(rule.duration for rule in rules):
            found.append(Changeover(place, machine.count, rules))
    return tuple(found)


def _setup(rule: SetupRule, window: Window, present: BoolArray) -> Setup:
    duration = whole_slots(rule.minutes)
    allowed = inside_starts(duration, window.slot_count(PLAN_MINUTES))
    if duration:
        allowed &= ~unattended_starts(rule.attended, duration, present)
    return Setup(rule.before, rule.after, duration, rule.power_kw, allowed)


def _lot(want: Wanted, factory: Factory, window: Window) -> Lot:
    """A want on the grid: its last step ends at or before the start of slot `due`, clipped to 0…T."""
    slot = int((want.due - window.start).total_seconds() // SLOT_SECONDS)
    return Lot(
        product=next(i for i, product in enumerate(factory.products) if product.name == want.product),
        batches=want.batches,
        due=min(max(slot, 0), window.slot_count(PLAN_MINUTES)),
        hard=want.hard,
        entry=want.entry,
        due_text=local_iso(want.due, factory.site.timezone),
        may_be_stock=want.may_be_stock,
    )
