"""Checks of setups: each change of product on a unit has its own, and each setup is one of the file's."""

from __future__ import annotations

from collections.abc import Iterator

from chocolate_factory.domain.factory import Attendance, SetupRule
from chocolate_factory.domain.plan import Run, Violation
from chocolate_factory.domain.rules_case import QUARTER, Case, Placed, whole_slots

TOLERANCE_KW = 1e-6


def setup(case: Case) -> Iterator[Violation]:
    """A unit that carried another product before a run has its setup directly before that run.

    What a unit carried before the window counts where it is known. Setups that nothing needs may be there.
    """
    machines = {rule.machine for rule in case.factory.setups}
    for machine in sorted(machines):
        units = {placed.run.unit for placed in case.placed if placed.run.machine == machine}
        for unit in sorted(units):
            yield from _changes(case, machine, unit)
    for placed in case.setups:
        yield from _unlike_rule(case, placed)


def _changes(case: Case, machine: str, unit: int) -> Iterator[Violation]:
    earlier = [*case.schedule.carried, *case.schedule.begun]
    before = [run for run in earlier if (run.machine, run.unit) == (machine, unit)]
    last = max(before, key=lambda run: (run.start, run.end), default=None)
    own = [p for p in case.placed if (p.run.machine, p.run.unit) == (machine, unit)]
    for placed in sorted(own, key=lambda p: p.run.start):
        rule = _rule(case, machine, last.product, placed.run.product) if last is not None else None
        if last is not None and rule is not None and not _has(case, placed.run, rule):
            what = f"follows {last.product} on its unit without the setup of {rule.minutes} min just before"
            yield case.broken("setup", placed, what)
        last = placed.run


def _rule(case: Case, machine: str, before: str, after: str) -> SetupRule | None:
    """The first rule that fits a change of product, None where nothing is needed."""
    for rule in case.factory.setups:
        fits = rule.before in {"", before} and rule.after in {"", after}
        if rule.machine == machine and fits and before != after:
            return rule if rule.minutes else None
    return None


def _has(case: Case, run: Run, rule: SetupRule) -> bool:
    """Whether a setup as the rule says ends just when a run starts."""
    return any(
        (made.run.machine, made.run.unit, made.run.product) == (run.machine, run.unit, run.product)
        and made.run.end == run.start
        and _is_like(made.run, rule)
        for made in case.setups
    )


def _is_like(run: Run, rule: SetupRule) -> bool:
    lasts = run.end - run.start == whole_slots(rule.minutes) * QUARTER
    return lasts and abs(run.power_kw - rule.power_kw) <= TOLERANCE_KW and not run.profile_kw


def _unlike_rule(case: Case, placed: Placed) -> Iterator[Violation]:
    run = placed.run
    known = [r for r in case.factory.setups if r.machine == run.machine and r.after in {"", run.product}]
    like = [rule for rule in known if _is_like(run, rule)]
    if not like:
        yield case.broken("setup", placed, "is no setup that the machine has")
    elif not any(_attended(case, placed, rule.attended) for rule in like):
        yield case.broken("setup", placed, f"is outside the shifts (attended: {like[0].attended})")


def _attended(case: Case, placed: Placed, attended: Attendance) -> bool:
    slots = [*range(placed.first, placed.stop)]
    if attended is Attendance.ENDS:
        slots = [slots[0], slots[-1]]
    return attended is Attendance.NONE or all(case.staffed(slot) for slot in slots)
