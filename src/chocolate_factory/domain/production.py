"""What the plant really did: reports, and the runs that follow from them and from the plan.

A report is never overwritten; an "undone" one takes an earlier one back. Where nothing was reported a run is
taken to have gone as planned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chocolate_factory.domain.factory import Factory, Outage, Product
from chocolate_factory.domain.plan import Run


class Kind(StrEnum):
    """What a report says."""

    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    OUTAGE = "outage"
    STOCK = "stock"
    UNDONE = "undone"


@dataclass(frozen=True)
class Report:
    """One line of the production log; what a kind does not need is empty.

    `moment` is when it happened, `at` when it was said, `by` through which door. `step` counts from 0. An
    outage takes `units` of `machine` from `moment` until `until`, the one numbered `unit` where it is known.
    `kg` is the finished stock of `product` counted at `moment`; `undoes` the id of the report taken back.
    """

    id: str
    at: datetime
    kind: Kind
    moment: datetime
    by: str
    batch: str = ""
    product: str = ""
    step: int | None = None
    machine: str = ""
    unit: int | None = None
    units: int = 0
    until: datetime | None = None
    kg: float | None = None
    undoes: str = ""
    reason: str = ""
    note: str = ""


MOMENTS = ("at", "moment", "until")


def report_json(report: Report) -> dict[str, Any]:
    """The report as a record's body."""
    body = {key: value for key, value in vars(report).items() if value not in ("", None)}
    return {key: value.isoformat() if key in MOMENTS else value for key, value in body.items()}


def report_of(body: Mapping[str, Any]) -> Report:
    """A report from its record's body."""
    moments = {key: datetime.fromisoformat(body[key]) for key in MOMENTS if key in body}
    return Report(**{**body, **moments, "kind": Kind(body["kind"])})


def standing_reports(reports: Iterable[Report]) -> list[Report]:
    """Reports that were not taken back, without the taking back, in the order they were said."""
    told = sorted(reports, key=lambda report: (report.at, report.id))
    undone = {report.undoes for report in told if report.kind is Kind.UNDONE}
    return [report for report in told if report.kind is not Kind.UNDONE and report.id not in undone]


@dataclass(frozen=True)
class Planned:
    """A batch as the plans said: its runs by step, as far as plans said any."""

    name: str
    product: str
    runs: Mapping[int, Run]


@dataclass(frozen=True)
class Done:
    """A batch that has begun: its runs in order of steps, and for each whether it was reported.

    A run that goes on ends when it is expected to. `complete`: every step has begun. `failed_at`: the batch
    is lost; its runs end there.
    """

    name: str
    product: str
    runs: tuple[Run, ...]
    reported: tuple[bool, ...]
    complete: bool
    failed_at: datetime | None = None

    @property
    def end(self) -> datetime:
        """When the last run that has begun ends."""
        return self.runs[-1].end


def carried_out(
    factory: Factory, batch: Planned, reports: Collection[Report], until: datetime
) -> Done | None:
    """What of a batch has begun before `until`; None where nothing has, and for a product that is not made.

    Reported times count first. A step without a report has begun when the plan starts it before `until` and
    not before the step ahead of it ends, or when a later step has.
    """
    product = next((found for found in factory.products if found.name == batch.product), None)
    if product is None:
        return None
    own = [report for report in reports if report.batch == batch.name]
    failed_at = min((report.moment for report in own if report.kind is Kind.FAILED), default=None)
    runs: list[Run] = []
    reported: list[bool] = []
    for number in range(len(product.steps)):
        found = _begun(product, batch, own, runs, until)
        if found is None or (failed_at is not None and found[0].start >= failed_at):
            break
        runs.append(found[0])
        reported.append(found[1])
        assert len(runs) == number + 1
    if not runs and failed_at is None:
        return None
    if failed_at is not None:
        runs = [replace(run, end=min(run.end, failed_at)) for run in runs]
    complete = len(runs) == len(product.steps)
    return Done(batch.name, batch.product, tuple(runs), tuple(reported), complete, failed_at)


def _begun(
    product: Product, batch: Planned, own: list[Report], runs: list[Run], until: datetime
) -> tuple[Run, bool] | None:
    """The next run and whether its start was reported, None where it has not begun."""
    number = len(runs)
    planned = batch.runs.get(number)
    step = product.steps[number].in_mode(planned.mode if planned else "")
    starts = {r.step: r for r in own if r.kind is Kind.STARTED and r.step is not None}
    ends = {r.step: r for r in own if r.kind is Kind.FINISHED and r.step is not None}
    ahead = runs[-1].end if runs else None
    said = starts.get(number)
    if said is not None:
        start, unit = said.moment, said.unit or (planned.unit if planned else 1)
    elif planned is not None and planned.start < until and (ahead is None or planned.start >= ahead):
        start, unit = planned.start, planned.unit
    elif planned is not None and any(later >= number for later in [*starts, *ends]):
        start, unit = ahead or planned.start, planned.unit
    else:
        return None
    end = start + timedelta(minutes=step.minutes)
    if planned is not None and said is None and planned.start == start:
        end = planned.end
    if number in ends:
        end = ends[number].moment
    elif number + 1 in starts:
        end = min(end, starts[number + 1].moment)
    place = (step.process, step.machine, unit)
    run = Run(batch.name, product.name, *place, start, end, step.power_kw, number, step.profile_kw, step.mode)
    return run, said is not None


def with_outages(factory: Factory, reports: Iterable[Report]) -> Factory:
    """The factory with the machines that are reported out of order away in that time."""
    extra: dict[str, list[Outage]] = {}
    for report in reports:
        if report.kind is Kind.OUTAGE and report.until is not None:
            outage = Outage(report.moment, report.until, report.units)
            extra.setdefault(report.machine, []).append(outage)
    machines = tuple(
        replace(machine, unavailable=(*machine.unavailable, *extra.get(machine.name, ())))
        for machine in factory.machines
    )
    return replace(factory, machines=machines)
