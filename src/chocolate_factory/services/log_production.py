"""Reports to the production log: checked against the plan and the reports before, then kept for good."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from chocolate_factory.core.errors import NotFound, UsageError
from chocolate_factory.domain.factory import Machine, Product
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.production import Done, Kind, Planned, Report, carried_out, report_json
from chocolate_factory.domain.slots import local_iso, next_slot
from chocolate_factory.services.read_production import LOG, Past, read_past, read_reports, window_start

Row = dict[str, Any]
LONGEST_TEXT = 300
MOST_KG = 1e7
OLDEST_COUNT = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """What somebody reports; empty where it does not apply. `at` is when it happened, by default now.

    `step` is a process of the recipe or its number from 1; without one the next step to start, or the one
    that runs. `product` and `kg` are a count of finished stock.
    """

    kind: Kind
    by: str
    batch: str = ""
    step: str = ""
    machine: str = ""
    unit: int | None = None
    units: int = 1
    at: datetime | None = None
    until: datetime | None = None
    product: str = ""
    kg: float | None = None
    undoes: str = ""
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Desk:
    """What a report is checked against: the past as known now, and the site's way to write moments."""

    ports: Ports
    past: Past
    now: datetime

    def told(self, at: datetime) -> str:
        """A moment in the site's time."""
        return local_iso(at, self.ports.factory.site.timezone)

    def batch(self, name: str) -> tuple[Planned, Product]:
        """A batch of the plans and its recipe; NotFound with near names."""
        known = self.past.planned
        if name not in known:
            near = get_close_matches(name, known, 3, 0.5) or sorted(known)[:3]
            hint = f"The plan has {', '.join(near)}." if near else "Make a plan first with `choco plan`."
            raise NotFound(f"No plan in force has a batch {name[:80]!r}.", f"{hint} See `choco log`.")
        found = known[name]
        return found, self.ports.factory.product(found.product)

    def begun(self, name: str) -> Done | None:
        """What of a batch has begun by now."""
        return next((done for done in self.past.done if done.name == name), None)

    def machine(self, name: str) -> Machine:
        """A machine of the factory; UsageError with the names there are."""
        names = [machine.name for machine in self.ports.factory.machines]
        if name not in names:
            raise UsageError(f"There is no machine {name[:80]!r}.", f"Use one of {', '.join(names)}.")
        return self.ports.factory.machine(name)


def log_production(ports: Ports, entry: Entry) -> list[Row]:
    """Check and keep a report; returns what is stored.

    A lost batch with a machine and `until` makes two: the machine it was on is out of order besides.
    Raises NotFound for an unknown batch or report, UsageError for what cannot be: a time to come, an end
    before its start, more runs than machines, a step whose turn has not come. Reports at the same moment are
    checked one after the other.
    """
    with ports.alone(LOG):
        return _logged(ports, entry)


def _logged(ports: Ports, entry: Entry) -> list[Row]:
    now = ports.clock()
    desk = Desk(ports, read_past(ports, next_slot(now)), now)
    moment = (entry.at or now).astimezone(UTC)
    if moment > now:
        raise UsageError(
            f"{desk.told(moment)} has not come yet: it is {desk.told(now)}.", "Report what has happened."
        )
    for text in (entry.reason, entry.note):
        if len(text) > LONGEST_TEXT:
            raise UsageError(f"A text of {len(text)} characters is too long.", f"Use {LONGEST_TEXT}.")
    made = [CHECKS[entry.kind](desk, entry, moment)]
    if entry.kind is Kind.FAILED and entry.machine:
        made.append(broken_under(desk, entry, moment))
    reason, note = entry.reason.strip(), entry.note.strip()
    return [keep(desk, replace(report, reason=reason, note=note)) for report in made]


def broken_under(desk: Desk, entry: Entry, moment: datetime) -> Report:
    """The outage of the machine that a lost batch was on."""
    lost = next((done for done in desk.past.done if done.name == entry.batch), None)
    runs = [r for r in lost.runs if r.machine == entry.machine and r.end > moment] if lost else []
    others = tuple(done for done in desk.past.done if done.name != entry.batch)
    unit = entry.unit or (runs[-1].unit if runs else None)
    outage = replace(entry, kind=Kind.OUTAGE, batch="", unit=unit)
    return check_outage(replace(desk, past=replace(desk.past, done=others)), outage, moment)


def keep(desk: Desk, report: Report) -> Row:
    """Store a report under an id that says its place in the log."""
    number = len(read_reports(desk.ports.store)) + 1
    digest = hashlib.sha256(repr(report).encode()).hexdigest()[:4]
    named = replace(report, id=f"r{number:05d}-{digest}")
    desk.ports.store.save(Record(LOG, named.id, desk.now, report_json(named)))
    return {**vars(named), "kind": str(named.kind), "undone": False}


def drawn(desk: Desk, entry: Entry, moment: datetime) -> Report:
    """The report that an entry makes, without what belongs to its kind."""
    return Report("", desk.now, entry.kind, moment, entry.by, batch=entry.batch)


def check_start(desk: Desk, entry: Entry, moment: datetime) -> Report:
    """A step may start after the one before has, on a machine that has a unit for it."""
    planned, product = desk.batch(entry.batch)
    done = desk.begun(entry.batch)
    refuse_lost(desk, done)
    said = done.reported if done else ()
    usual = next((n for n, known in enumerate(said) if not known), len(said))
    number = step_number(product, entry.step, min(usual, len(product.steps) - 1))
    if number < len(said) and said[number] and done:
        raise UsageError(
            f"{product.steps[number].process} of {entry.batch} is reported to have started at "
            f"{desk.told(done.runs[number].start)}.",
            "Take that report back first with `choco log undo`.",
        )
    before = done.runs[number - 1] if done and 0 < number <= len(done.runs) else None
    if number and before is None:
        text = f"{product.steps[number - 1].process} of {entry.batch} has not begun."
        raise UsageError(text, "Report the steps in order.")
    if before is not None and moment <= before.start:
        raise UsageError(
            f"{before.process} of {entry.batch} started at {desk.told(before.start)}, not before this step.",
            "Correct one of the two times.",
        )
    step = product.steps[number]
    machine = desk.machine(entry.machine or step.machine)
    if machine.name != step.machine:
        raise UsageError(f"{step.process} runs on {step.machine}, not on {machine.name}.")
    unit = free_unit(desk, machine, (planned, number), (entry.unit, moment))
    return replace(drawn(desk, entry, moment), step=number, machine=machine.name, unit=unit)


def check_finish(desk: Desk, entry: Entry, moment: datetime) -> Report:
    """A run that has begun ends after its start."""
    _, product = desk.batch(entry.batch)
    done = desk.begun(entry.batch)
    refuse_lost(desk, done)
    if done is None:
        raise UsageError(f"{entry.batch} has not begun.", "Report its start first.")
    number = step_number(product, entry.step, len(done.runs) - 1)
    if number >= len(done.runs):
        raise UsageError(
            f"{product.steps[number].process} of {entry.batch} has not begun.", "Report its start first."
        )
    run = done.runs[number]
    if moment <= run.start:
        raise UsageError(
            f"{run.process} of {entry.batch} started at {desk.told(run.start)}, not before "
            f"{desk.told(moment)}.",
            "Correct one of the two times.",
        )
    if number + 1 < len(done.runs) and done.reported[number + 1] and moment > done.runs[number + 1].start:
        text = f"{done.runs[number + 1].process} of {entry.batch} is reported to have started before."
        raise UsageError(text, "Correct one of the two times.")
    twice = any(
        r.kind is Kind.FINISHED and (r.batch, r.step) == (entry.batch, number) for r in desk.past.reports
    )
    if twice:
        raise UsageError(
            f"The end of {run.process} of {entry.batch} is reported already.",
            "Take that report back first with `choco log undo`.",
        )
    return replace(drawn(desk, entry, moment), step=number, machine=run.machine, unit=run.unit)


def check_fail(desk: Desk, entry: Entry, moment: datetime) -> Report:
    """A batch that is not finished may be lost; it is made anew where it is still wanted."""
    planned, _ = desk.batch(entry.batch)
    done = desk.begun(entry.batch)
    refuse_lost(desk, done)
    if done is None or done.runs[0].start >= moment:
        raise UsageError(
            f"{entry.batch} had not begun at {desk.told(moment)}.", "Only what has begun can be lost."
        )
    if done.complete and done.end <= moment:
        raise UsageError(
            f"{entry.batch} was finished at {desk.told(done.end)}.",
            "Count the stock instead: `choco stock PRODUCT KG`.",
        )
    return replace(drawn(desk, entry, moment), product=planned.product)


def check_outage(desk: Desk, entry: Entry, moment: datetime) -> Report:
    """Units of a machine are away from `at` until `until`; what runs on them must be reported first."""
    machine = desk.machine(entry.machine)
    if entry.until is None or entry.until <= moment:
        raise UsageError("An outage needs an end after its start.", "Give --until 2026-03-11T06:00.")
    if not 1 <= entry.units <= machine.count:
        raise UsageError(
            f"{machine.name} has {machine.count} units, not {entry.units}.", "Give the number that is away."
        )
    if entry.unit is not None and not 1 <= entry.unit <= machine.count:
        raise UsageError(f"{machine.name} has no unit {entry.unit}.", f"Use 1 to {machine.count}.")
    busy = runs_on(desk, machine.name, desk.now)
    left = machine.count - entry.units - away(desk, machine.name, desk.now)
    if entry.unit is not None:
        busy = [run for run in busy if run.unit == entry.unit]
        left = 0
    if len(busy) > max(0, left) and entry.until > desk.now:
        names = ", ".join(sorted(run.batch for run in busy))
        raise UsageError(
            f"{len(busy)} batches are on {machine.name} ({names}), {max(0, left)} units are left for them.",
            "Say which one is lost with `choco log fail BATCH`, or finished, then report the machine.",
        )
    made = replace(drawn(desk, entry, moment), machine=machine.name, unit=entry.unit)
    return replace(made, units=entry.units, until=entry.until.astimezone(UTC))


def check_stock(desk: Desk, entry: Entry, moment: datetime) -> Report:
    """Finished goods of a product, counted in kilograms."""
    names = [product.name for product in desk.ports.factory.products]
    if entry.product not in names:
        raise UsageError(f"There is no product {entry.product[:80]!r}.", f"Use one of {', '.join(names)}.")
    if entry.kg is None or not 0 <= entry.kg <= MOST_KG:
        raise UsageError("A count is a number of kilograms from 0 on.", "E.g. `choco stock standard 300`.")
    if desk.past.plans and moment < window_start(desk.past.plans[0]) - OLDEST_COUNT:
        raise UsageError(
            f"A count of {desk.told(moment)} is older than the plans that are followed.", "Count again now."
        )
    return replace(drawn(desk, entry, moment), product=entry.product, kg=float(entry.kg))


def check_undo(desk: Desk, entry: Entry, moment: datetime) -> Report:
    """A report that stands can be taken back."""
    if entry.undoes not in {report.id for report in desk.past.reports}:
        raise NotFound(f"No report {entry.undoes[:80]!r} stands in the log.", "`choco log` lists them.")
    return replace(drawn(desk, entry, moment), undoes=entry.undoes)


CHECKS: dict[Kind, Callable[[Desk, Entry, datetime], Report]] = {
    Kind.STARTED: check_start,
    Kind.FINISHED: check_finish,
    Kind.FAILED: check_fail,
    Kind.OUTAGE: check_outage,
    Kind.STOCK: check_stock,
    Kind.UNDONE: check_undo,
}


def refuse_lost(desk: Desk, done: Done | None) -> None:
    """Nothing more happens to a batch that is lost."""
    if done is not None and done.failed_at is not None:
        raise UsageError(
            f"{done.name} is reported lost at {desk.told(done.failed_at)}.",
            "Take that report back first with `choco log undo`.",
        )


def step_number(product: Product, asked: str, usual: int) -> int:
    """The step asked for, counted from 0."""
    names = [step.process for step in product.steps]
    if not asked:
        return usual
    if asked.isdecimal() and 1 <= int(asked) <= len(names):
        return int(asked) - 1
    if names.count(asked) == 1:
        return names.index(asked)
    raise UsageError(
        f"{asked[:80]!r} is not one step of {product.name}.",
        f"Use one of {', '.join(names)}, or its number from 1 to {len(names)}.",
    )


def runs_on(desk: Desk, machine: str, at: datetime, *, reported: bool = False) -> list[Run]:
    """Runs on a machine at a moment; `reported`: only those whose start was."""
    return [
        run
        for done in desk.past.done
        for run, said in zip(done.runs, done.reported, strict=True)
        if run.machine == machine and run.start <= at < run.end and (said or not reported)
    ]


def away(desk: Desk, machine: str, at: datetime) -> int:
    """Units out of order at a moment, by the factory file and the log."""
    planned = sum(o.units for o in desk.ports.factory.machine(machine).unavailable if o.start <= at < o.end)
    told = (r for r in desk.past.reports if r.kind is Kind.OUTAGE and r.machine == machine)
    return planned + sum(r.units for r in told if r.until is not None and r.moment <= at < r.until)


def free_unit(
    desk: Desk, machine: Machine, run: tuple[Planned, int], asked: tuple[int | None, datetime]
) -> int:
    """The unit for a run that starts: the one asked for, the planned one, or a free one.

    Only runs whose start was reported stand in the way: what is merely taken as planned may be otherwise.
    """
    (planned, number), (unit, moment) = run, asked
    if unit is not None and not 1 <= unit <= machine.count:
        raise UsageError(f"{machine.name} has no unit {unit}.", f"Use 1 to {machine.count}.")
    others = [r for r in runs_on(desk, machine.name, moment, reported=True) if r.batch != planned.name]
    taken = {r.unit: r.batch for r in others}
    there = machine.count - away(desk, machine.name, moment)
    if len(others) >= there or unit in taken:
        names = ", ".join(sorted(r.batch for r in others)) or "an outage"
        raise UsageError(
            f"{machine.name} has {there} units at {desk.told(moment)}, taken by {names}.",
            "Report the end of what is on it first, with `choco log finish`, or another --unit.",
        )
    usual = planned.runs[number].unit if number in planned.runs else 1
    wishes: list[int] = [unit or usual, *range(1, machine.count + 1)]
    return next(wish for wish in wishes if wish not in taken)


def batch_rows(ports: Ports) -> list[Row]:
    """Batches that can be reported on: those begun and those of the newest plan, with their next step."""
    now = ports.clock()
    past = read_past(ports, next_slot(now))
    rows = []
    for planned in past.planned.values():
        done = carried_out(ports.factory, planned, past.reports, next_slot(now))
        begun = len(done.runs) if done else 0
        lost = done is not None and done.failed_at is not None
        steps = ports.factory.product(planned.product).steps
        rows.append(
            {
                "batch": planned.name,
                "product": planned.product,
                "begun": begun,
                "steps": len(steps),
                "lost": lost or planned.name in past.given_up,
            }
        )
    return rows
