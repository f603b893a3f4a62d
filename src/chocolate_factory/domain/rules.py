"""The independent checker of a plan: every broken rule of the plant, named.

It shares no code with the planner, the baseline or the building of their problem (see `rules_case`). A rule
is one function that looks at a `Case` and yields what is wrong; `RULES` is the table of contents. The rules
are 1 to 6 of "What a feasible plan is".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise

import numpy as np

from chocolate_factory.domain.factory import Attendance, Factory
from chocolate_factory.domain.plan import Climate, Run, Schedule, Violation, Wanted
from chocolate_factory.domain.rules_assets import battery, grid_kw, pv
from chocolate_factory.domain.rules_case import QUARTER, Case, Placed, step_draws, whole_slots
from chocolate_factory.domain.rules_limits import output, storage
from chocolate_factory.domain.rules_setups import setup
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray

Broken = Iterator[Violation]
TOLERANCE_KW = 1e-6


def violations(
    factory: Factory, schedule: Schedule, climate: Climate, power_cap_kw: FloatArray | None = None
) -> list[Violation]:
    """Every broken rule of a schedule; an empty list means that the plan is feasible.

    `climate` has one value for each of the T slots of the schedule's window, NaN where nothing is known (no
    violation). `power_cap_kw` (T,) is the highest site load allowed in each slot (2.0TD), None without one.
    ValueError when their lengths differ from T.
    """
    case = Case(factory, schedule, climate, power_cap_kw)
    planned = (*schedule.runs, *schedule.setups)
    undated = [run for run in planned if run.start.tzinfo is None or run.end.tzinfo is None]
    if undated:
        return [_undated(run) for run in undated]
    return [found for rule in RULES.values() for found in rule(case)]


def window(case: Case) -> Broken:
    """Rule 1: every run starts and ends inside the window, on its grid of 15 minutes, and lasts."""
    span = case.schedule.window
    for placed in (*case.placed, *case.setups):
        run = placed.run
        if run.start < span.start or run.end > span.end:
            yield case.broken("window", placed, f"leaves the window that ends {case.local(span.end)}")
        if (run.start - span.start) % QUARTER or (run.end - span.start) % QUARTER:
            yield case.broken("window", placed, "does not keep to slots of 15 minutes")
        if run.end <= run.start:
            yield case.broken("window", placed, f"ends at {case.local(run.end)}, not after its start")
    for placed in case.begun:
        if placed.run.start > span.start:
            yield case.broken("window", placed, "is said to have begun, and begins within the window")


def recipe(case: Case) -> Broken:
    """Rule 2: a batch has exactly the steps of its product, each as the recipe says."""
    for name, runs in case.batches.items():
        product = case.products.get(runs[0].run.product)
        if product is None:
            yield case.broken("recipe", runs[0], f"is for an unknown product {runs[0].run.product}")
            continue
        if len({placed.run.product for placed in runs}) > 1:
            yield case.broken("recipe", runs[0], "belongs to a batch that mixes products")
        numbers = [placed.run.step for placed in runs]
        for number, step in enumerate(product.steps):
            if numbers.count(number) != 1:
                what = f"has {numbers.count(number)} runs of {step.process} on {step.machine}, not one"
                text = f"Batch {name}, begun {case.local(runs[0].run.start)}, {what}."
                yield Violation("recipe", text, name, runs[0].run.start)
        for placed in (found for found in runs if not found.begun):
            for what in _unlike_recipe(placed):
                yield case.broken("recipe", placed, what)


def order(case: Case) -> Broken:
    """Rule 2: a step starts at or after the end of the one before."""
    for before, after in _neighbours(case):
        if after.run.start < before.run.end:
            yield case.broken(
                "order", after, f"starts before {before.run.process} ends {case.local(before.run.end)}"
            )


def wait(case: Case) -> Broken:
    """Rule 2: a step starts within its longest wait, rounded up to slots, after the one before."""
    for before, after in _neighbours(case):
        longest = after.step.wait_max_minutes if after.step else None
        if longest is not None and after.run.start - before.run.end > whole_slots(longest) * QUARTER:
            waited = int((after.run.start - before.run.end).total_seconds() // 60)
            yield case.broken(
                "wait", after, f"starts {waited} min after {before.run.process}, at most {longest} allowed"
            )


def machine_unit(case: Case) -> Broken:
    """Rule 3: a unit exists and carries one batch at a time."""
    units: dict[tuple[str, int], list[Placed]] = defaultdict(list)
    for placed in (*case.begun, *case.placed, *case.setups):
        units[placed.run.machine, placed.run.unit].append(placed)
    counts = {machine.name: machine.count for machine in case.factory.machines}
    for (machine, unit), carried in units.items():
        if not all(placed.begun for placed in carried) and not 1 <= unit <= counts.get(machine, 0):
            yield case.broken("machine", carried[0], f"is on unit {unit} of {counts.get(machine, 0)}")
        carried.sort(key=lambda placed: (placed.run.start, placed.run.end))
        busy = carried[0]
        for placed in carried[1:]:
            if placed.run.start < busy.run.end and not placed.begun:
                yield case.broken("machine", placed, f"finds the unit busy with {_what(busy.run)}")
            busy = max(busy, placed, key=lambda p: p.run.end)


def machine_count(case: Case) -> Broken:
    """Rule 3: in every slot at most `count` less the unavailable units run; what had begun may go on."""
    for machine in case.factory.machines:
        running = case.concurrent(machine.name)
        available = np.maximum(case.available(machine.name), case.concurrent(machine.name, begun=True))
        for slot in _spells(running > available):
            planned = (p for p in (*case.placed, *case.setups) if p.run.machine == machine.name)
            on = [p for p in planned if p.first <= slot < p.stop]
            what = f"is one of {running[slot]} runs, {available[slot]} of {machine.count} units are available"
            yield case.broken("machine", max(on, key=lambda p: p.run.start), what, case.at(slot))


def attendance(case: Case) -> Broken:
    """Rule 4: staff is there throughout, or in the first and the last slot, as the step asks."""
    for placed in case.placed:
        if placed.step is None or placed.step.attended is Attendance.NONE:
            continue
        slots: tuple[int, ...] | range = range(placed.first, placed.stop)
        if placed.step.attended is Attendance.ENDS:
            slots = (placed.first, placed.stop - 1)
        alone = next((slot for slot in slots if not case.staffed(slot)), None)
        if alone is not None:
            what = f"is outside the shifts (attended: {placed.step.attended})"
            yield case.broken("attendance", placed, what, case.at(alone))


def climate(case: Case) -> Broken:
    """Rule 5: outdoor temperature and humidity keep the step's limits in every slot where they are known."""
    for placed in case.placed:
        if placed.step is None:
            continue
        for values, limit, unit in (
            (case.climate.temperature_c, placed.step.max_outdoor_c, "°C"),
            (case.climate.humidity_rh, placed.step.max_outdoor_rh, "% humidity"),
        ):
            inside = range(max(0, placed.first), min(case.slots, placed.stop))
            above = next((slot for slot in inside if limit is not None and values[slot] > limit), None)
            if above is not None:
                what = f"meets {values[above]:g} {unit} outdoors, at most {limit:g} allowed"
                yield case.broken("climate", placed, what, case.at(above))


def power(case: Case) -> Broken:
    """Rule 6: where the contracted power is a cut-off, the load of every slot stays at or below it."""
    if case.power_cap_kw is None:
        return
    load = grid_kw(case)
    for slot in _spells(load > case.power_cap_kw + TOLERANCE_KW):
        on = [p for p in case.placed if p.first <= slot < p.stop]
        what = f"the site draws {load[slot]:.2f} kW, at most {case.power_cap_kw[slot]:.2f} kW allowed"
        if on:
            last = max(on, key=lambda p: p.run.start)
            yield case.broken("power", last, f"is on while {what}", case.at(slot))
        else:
            text = f"At {case.local(case.at(slot))} no run is on, and {what}."
            yield Violation("power", text, at=case.at(slot))


def due(case: Case) -> Broken:
    """Rule 1: enough batches are finished at every due time, with stock, left and late ones counted.

    Batches of a product are interchangeable, so finished and wanted are compared as running totals. What is
    said to be late must be: a batch is not late while enough are finished at its due time.
    """
    for product in sorted({want.product for want in case.schedule.wanted}):
        ends = _finished(case, product)
        for index, want in enumerate(case.schedule.wanted):
            if want.product != product:
                continue
            done = sum(end <= want.due for end in ends)
            asked, accepted = _asked_by(case.schedule, product, want.due)
            where = f"of {product} by {case.local(want.due)}"
            if done < asked - accepted and _first_of_due(case.schedule.wanted, index):
                text = (
                    f"{asked - accepted} batches {where} are wanted beside stock and late ones, not {done}."
                )
                yield Violation("due", text, at=want.due)
            if case.schedule.late.get(index, 0) > 0 and done >= asked:
                text = f"Batches {where} are said to be late, but all {asked} are finished in time."
                yield Violation("due", text, at=want.due)


def batch(case: Case) -> Broken:
    """Rule 1: as many batches are made as are wanted less stock and left ones, which are booked right."""
    schedule = case.schedule
    yield from _misbooked(case)
    names: dict[str, set[str]] = defaultdict(set)
    for run in schedule.runs:
        names[run.product].add(run.batch)
    for product in sorted({*names, *(want.product for want in schedule.wanted)}):
        asked = _asked_by(schedule, product, None)[0]
        if len(names[product]) != asked:
            starts = (run.start for run in schedule.runs if run.product == product)
            last = max(starts, default=schedule.window.start)
            what = f"but {asked} are wanted beside stock and left ones"
            text = f"{len(names[product])} batches of {product} are begun by {case.local(last)}, {what}."
            yield Violation("batch", text, at=last)


RULES: dict[str, Callable[[Case], Broken]] = {
    "window": window,
    "recipe": recipe,
    "order": order,
    "wait": wait,
    "machine: units": machine_unit,
    "machine: count": machine_count,
    "attendance": attendance,
    "climate": climate,
    "power": power,
    "due": due,
    "batch": batch,
    "battery": battery,
    "pv": pv,
    "storage": storage,
    "output": output,
    "setup": setup,
}


def _what(run: Run) -> str:
    return f"batch {run.batch}" if run.batch else f"a setup for {run.product}"


def _undated(run: Run) -> Violation:
    text = f"Batch {run.batch}: {run.process} on {run.machine} {run.unit} at {run.start} has no time zone."
    return Violation("window", text, run.batch)


def _unlike_recipe(placed: Placed) -> Iterator[str]:
    run, step = placed.run, placed.step
    if step is None:
        yield f"is step {run.step}, which the recipe of {run.product} does not have"
        return
    if run.mode != step.mode or (step.modes and not run.mode):
        modes = ", ".join(mode.name for mode in step.modes) or "no modes"
        yield f"is in mode {run.mode!r}, and the step has {modes}"
        return
    if run.process != step.process:
        yield f"should be {step.process} in step {run.step}"
    if run.machine != step.machine:
        yield f"should be on {step.machine}"
    if run.end - run.start != whole_slots(step.minutes) * QUARTER:
        yield f"lasts {(run.end - run.start).total_seconds() / 60:g} min, not {step.minutes} in whole slots"
    yield from _unlike_draw(run, step_draws(step))


def _unlike_draw(run: Run, asked: list[float]) -> Iterator[str]:
    mean = sum(asked) / len(asked)
    if not abs(run.power_kw - mean) <= TOLERANCE_KW:
        yield f"draws {run.power_kw:g} kW, not {mean:g}"
    drawn = run.profile_kw or (mean,) * len(asked)
    if len(drawn) != len(asked):
        yield f"has draws for {len(drawn)} slots, not for {len(asked)}"
        return
    for number, (found, kw) in enumerate(zip(drawn, asked, strict=True), 1):
        if not abs(found - kw) <= TOLERANCE_KW:
            yield f"draws {found:g} kW in its slot {number}, not {kw:g}"
            return


def _neighbours(case: Case) -> Iterator[tuple[Placed, Placed]]:
    for runs in case.batches.values():
        for before, after in pairwise(runs):
            if not after.begun and after.step is not None and after.run.step == before.run.step + 1:
                yield before, after


def _spells(broken: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> IntArray:
    return np.flatnonzero(broken & ~np.concatenate(([False], broken[:-1])))


def _finished(case: Case, product: str) -> list[datetime]:
    last = len(case.products[product].steps) - 1 if product in case.products else -1
    ends = (
        [p.run.end for p in runs if p.run.product == product and p.run.step == last and not p.begun]
        for runs in case.batches.values()
    )
    return [max(found) for found in ends if found]


def _asked_by(schedule: Schedule, product: str, moment: datetime | None) -> tuple[int, int]:
    asked = accepted = 0
    for index, want in enumerate(schedule.wanted):
        if want.product == product and (moment is None or want.due <= moment):
            asked += want.batches - schedule.stock.get(index, 0) - schedule.left.get(index, 0)
            accepted += schedule.late.get(index, 0)
    return asked, accepted


def _first_of_due(wanted: tuple[Wanted, ...], index: int) -> bool:
    same = (
        want.product == wanted[index].product and want.due == wanted[index].due for want in wanted[:index]
    )
    return not any(same)


def _misbooked(case: Case) -> Broken:
    schedule = case.schedule
    books: tuple[tuple[str, dict[int, int], Callable[[Wanted], bool]], ...] = (
        ("assumed as stock", schedule.stock, lambda want: want.may_be_stock),
        ("left for later", schedule.left, lambda want: not want.hard or schedule.late_allowed),
        ("accepted as late", schedule.late, lambda want: want.hard),
    )
    for what, book, may in books:
        for index, count in book.items():
            if not 0 <= index < len(schedule.wanted):
                yield Violation(
                    "batch", f"{count} batches are {what} of a demand that does not exist ({index})."
                )
            elif count < 0 or (count > 0 and not may(schedule.wanted[index])):
                yield _misbooking(case, schedule.wanted[index], f"{count} batches cannot be {what}")
    for index, want in enumerate(schedule.wanted):
        total = sum(book.get(index, 0) for _, book, _ in books)
        if total > want.batches:
            yield _misbooking(case, want, f"{total} batches are stock, left or late of {want.batches}")


def _misbooking(case: Case, want: Wanted, what: str) -> Violation:
    return Violation("batch", f"{what}: {want.product} due {case.local(want.due)}.", at=want.due)
