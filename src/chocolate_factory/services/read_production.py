"""Where the plant stands: from the production log and, where it says nothing, from the plans before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from chocolate_factory.domain.carried import carried_before
from chocolate_factory.domain.demand import anticipated, batches_due, intervals, wanted
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.plan import SETUP, Run, Wanted
from chocolate_factory.domain.ports import Ports, Record, Store
from chocolate_factory.domain.production import (
    Done,
    Kind,
    Planned,
    Report,
    carried_out,
    report_of,
    standing_reports,
    with_outages,
)
from chocolate_factory.domain.slots import Window, local_date, local_iso, local_midnight, next_slot
from chocolate_factory.domain.standing import Books, Frozen, Standing, counts_among, keep_books, standing
from chocolate_factory.services.standing_record import standing_of

Row = dict[str, Any]
Body = Mapping[str, Any]
LOG = "production"
MOST_PLANS, MOST_REPORTS = 60, 100_000
OWED_FOR = timedelta(days=7)
NO_LOG = "No production log yet: the plant is taken as idle and without known stock when the window starts."


@dataclass(frozen=True)
class Past:
    """What led to a moment: batches that began, the reports in force, the plans that followed each other.

    `newest` is the plan that stands: the last of `plans`, or a later one from that very moment on.
    """

    done: tuple[Done, ...]
    planned: Mapping[str, Planned]
    reports: tuple[Report, ...]
    plans: tuple[Body, ...]
    given_up: frozenset[str]
    newest: Body | None = None


def read_reports(store: Store, now: datetime | None = None) -> list[Report]:
    """All reports said until `now`, those taken back and the taking back too, in the order they were said."""
    found = (report_of(record.body) for record in store.find(LOG, limit=MOST_REPORTS))
    return sorted((r for r in found if now is None or r.at <= now), key=lambda r: (r.at, r.id))


def reported_since(store: Store, at: datetime) -> bool:
    """Whether anything was reported after a moment."""
    return any(record.at > at for record in store.find(LOG, limit=1))


def read_past(ports: Ports, until: datetime) -> Past:
    """What began before `until` (a slot's start at or after now), as known now."""
    reports = tuple(standing_reports(read_reports(ports.store, ports.clock())))
    records = ports.store.find("plan", limit=MOST_PLANS)
    plans = tuple(plans_before(records, until))
    batches: dict[str, Planned] = {}
    given_up: set[str] = set()
    chain = [*plans, *plan_from(records, until, ports.clock())]
    for body in chain:
        start = window_start(body)
        batches = {name: b for name, b in batches.items() if any(r.start < start for r in b.runs.values())}
        for run in runs_told(ports.factory, body):
            known = batches.get(run.batch, Planned(run.batch, run.product, {}))
            batches[run.batch] = replace(known, runs={**known.runs, run.step: run})
        kept = standing_of(body)
        given_up |= set(kept.given_up) if kept and start < until else set()
    found = (carried_out(ports.factory, batch, reports, until) for batch in batches.values())
    done = tuple(d for d in found if d is not None and d.name not in given_up)
    return Past(done, batches, reports, plans, frozenset(given_up), chain[-1] if chain else None)


def plans_before(records: Sequence[Record], until: datetime) -> list[Body]:
    """Bodies of the plans that led to `until`, oldest first, each in force until the next one's window.

    `records` are newest first, as stores give them.

    The chain goes back until a moment that no plan covers. Plans whose window starts at `until` or later are
    left out: they say what should come, not what was.
    """
    newest: dict[datetime, Body] = {}
    for record in records:
        body: Any = record.body
        start = window_start(body)
        if start < until and "production" in body:
            newest.setdefault(start, body)
    chain: list[Body] = []
    reached = until
    for start, body in sorted(newest.items(), reverse=True):
        if datetime.fromisoformat(body["answer"]["window"]["end"]) < reached:
            break
        chain.append(body)
        reached = start
    return chain[::-1]


def plan_from(records: Sequence[Record], start: datetime, now: datetime) -> list[Body]:
    """The newest plan from just that start on, if there is one: its batches can be reported on already."""
    bodies: Iterator[Any] = (record.body for record in records)
    bodies = (body for body in bodies if datetime.fromisoformat(body["answer"]["issued_at"]) <= now)
    return list(islice((body for body in bodies if window_start(body) == start), 1))


def window_start(body: Body) -> datetime:
    """The start of a stored plan's window."""
    return datetime.fromisoformat(body["answer"]["window"]["start"]).astimezone(UTC)


def runs_told(factory: Factory, body: Body) -> list[Run]:
    """The runs of a stored plan, those begun before it included, less batches whose recipe has changed.

    A plan's runs are the last steps of their batch.
    """
    kept = standing_of(body)
    batches: dict[str, list[Row]] = {}
    for row in body["answer"]["runs"]:
        batches.setdefault(row["batch"], []).append(row)
    recipes = {product.name: product.steps for product in factory.products}
    found = [run for run in (kept.begun if kept else ()) if run.product in recipes]
    for name, rows in batches.items():
        rows.sort(key=lambda row: datetime.fromisoformat(row["start"]))
        steps = recipes.get(rows[0]["product"], ())[-len(rows) :]
        steps = tuple(step.in_mode(row.get("mode", "")) for step, row in zip(steps, rows, strict=False))
        told = [(row["process"], row["machine"], row.get("mode", "")) for row in rows]
        if told != [(step.process, step.machine, step.mode) for step in steps]:
            continue
        first = len(recipes[rows[0]["product"]]) - len(rows)
        for number, (row, step) in enumerate(zip(rows, steps, strict=True), first):
            start, end = (datetime.fromisoformat(row[key]).astimezone(UTC) for key in ("start", "end"))
            place = (row["process"], row["machine"], row["unit"])
            run = Run(name, row["product"], *place, start, end, step.power_kw, number)
            found.append(replace(run, profile_kw=step.profile_kw, mode=step.mode))
    return found


def stand(
    ports: Ports,
    past: Past,
    window: Window,
    lost: frozenset[str] = frozenset(),
    frozen: Sequence[Frozen] = (),
) -> Standing:
    """Where the plant stands at the window's start, batches named in `lost` given up, `frozen` runs held."""
    wants = wanted(ports.factory, window)
    done = [batch for batch in past.done if batch.name not in lost]
    books = books_at(ports.factory, past, window.start, done)
    books = replace(books, owed=tuple(w for w in books.owed if w.due > window.start - OWED_FOR))
    counted = {count.product for count in counts_among(past.reports)}
    known = [
        replace(want, may_be_stock=want.may_be_stock and not past.plans and want.product not in counted)
        for want in wants
    ]
    earlier = made_before(ports.factory, known, window)
    found = standing((known, earlier), books, done, (window.start, window.end), frozen)
    used = past.given_up | {b.name for b in past.done} | {r.batch for r in past.reports if r.batch}
    used |= {batch.batch for batch in frozen}
    start = window.start
    kept = [Run(name, "", "", "", 0, start, start, 0.0, 0) for name in sorted(used)]
    kept += [
        Run("", "", "", report.machine, report.unit, report.moment, report.until, 0.0, 0)
        for report in past.reports
        if report.unit is not None and report.until is not None and report.kind is Kind.OUTAGE
    ]
    made = made_today(ports.factory, done, window.start)
    found = replace(found, kept=tuple(kept), given_up=tuple(sorted(lost)), made=made)
    return replace(found, carried=carried_before(ports.factory, past.done, setups_told(past), start))


def setups_told(past: Past) -> list[Run]:
    """The setups of the plans that followed each other, each until the next one took over."""
    ends = [window_start(body) for body in past.plans[1:]]
    found = []
    for place, body in enumerate(past.plans):
        for row in body["answer"].get("setups", ()):
            start, end = (datetime.fromisoformat(row[key]).astimezone(UTC) for key in ("start", "end"))
            if place == len(ends) or start < ends[place]:
                power_kw = row["energy_kwh"] / ((end - start) / timedelta(hours=1))
                unit = (SETUP, row["machine"], row["unit"])
                found.append(Run("", row["product"], *unit, start, end, power_kw, -1))
    return found


def made_today(factory: Factory, done: Sequence[Done], start: datetime) -> Mapping[str, int]:
    """Batches by product that were finished before a window's start on its local day, midnight excluded."""
    zone = factory.site.timezone
    midnight = local_midnight(local_date(start, zone), zone)
    ended = (d for d in done if d.complete and d.failed_at is None and midnight < d.end <= start)
    return Counter(batch.product for batch in ended)


def made_before(factory: Factory, wants: Sequence[Wanted], window: Window) -> list[Wanted]:
    """For work that is anticipated, what of its interval belonged into the time before the window."""
    found = []
    for want in wants:
        entry = factory.demands[want.entry]
        for interval in () if want.hard else intervals(factory.site, entry, window):
            if interval.due == want.due and interval.start and interval.start < window.start:
                before = Window(interval.start, window.start)
                share = anticipated(factory, batches_due(factory, entry, interval), interval, before)
                found += [replace(want, batches=share)] if share else []
    return found


def books_at(factory: Factory, past: Past, until: datetime, done: Sequence[Done]) -> Books:
    """Finished goods and what is owed at `until`."""
    counts = counts_among(past.reports)
    if not past.plans:
        return counted_books(factory, counts, until)
    first = window_start(past.plans[0])
    dues: list[Wanted] = []
    ends = [*(window_start(body) for body in past.plans[1:]), until]
    for body, end in zip(past.plans, ends, strict=True):
        kept = standing_of(body)
        start = window_start(body)
        dues += [w for w in kept.raw if w.hard and start < w.due <= end] if kept else []
    finished = [batch for batch in done if batch.complete and batch.failed_at is None and batch.end > first]
    issued = datetime.fromisoformat(past.plans[0]["answer"]["issued_at"])
    later = [
        replace(count, moment=max(count.moment, first))
        for count in counts
        if count.moment > first or count.at > issued
    ]
    books = opening(past.plans[0])
    known = {product.name: 0 for product in factory.products} | dict(books.finished)
    return keep_books(factory, replace(books, finished=known), (finished, dues, later), until)


def opening(body: Body) -> Books:
    """The books with which a stored plan began: what it knew of, and what it assumed."""
    kept = standing_of(body)
    if kept is None:
        return Books({})
    finished, start = dict(kept.supply), window_start(body)
    raw = [want for want in kept.raw if want.due <= start]
    for place, count in body["stock"].items():
        product = kept.wanted[int(place)].product
        finished[product] = finished.get(product, 0) + int(count)
    return Books(finished, tuple(raw))


def counted_books(factory: Factory, counts: Sequence[Report], until: datetime) -> Books:
    """What was counted less what was due since, where no plan says what was made since."""
    told = [count for count in counts if count.moment <= until]
    if not told:
        return Books({})
    first = min(count.moment for count in told)
    since = wanted(factory, Window(next_slot(first), max(next_slot(first), until)))
    dues = [want for want in since if want.hard and want.product in {count.product for count in told}]
    return Books(keep_books(factory, Books({}), ((), dues, told), until).finished)


def in_order(ports: Ports, past: Past) -> Factory:
    """The factory with the machines that are out of order away."""
    return with_outages(ports.factory, past.reports)


def told_of(ports: Ports, past: Past, found: Standing, start: datetime) -> list[str]:
    """The sentences to show where something was not reported, or cannot be as it was planned."""
    counts = counts_among(past.reports)
    if not past.plans and not past.reports:
        return [NO_LOG]
    zone, told = ports.factory.site.timezone, []
    began = {run.batch for run in found.begun}
    silent = sum(said is False for d in past.done if d.name in began for said in d.reported)
    if silent:
        told.append(f"{silent} runs of batches under way were not reported and are taken as planned.")
    if past.plans and not counts:
        told.append("Finished goods were not counted: they follow from the plans before and the log.")
    told += [f"Batch {name} cannot go on within its rules and is made anew." for name in found.given_up]
    owed = (want for want in found.raw if want.due <= start)
    told += [f"{w.batches} of {w.product} due {local_iso(w.due, zone)} are still owed." for w in owed]
    return told


def log_rows(ports: Ports, limit: int = 100) -> list[Row]:
    """Reports, newest first; `undone` tells those taken back."""
    reports = read_reports(ports.store)
    undone = {report.undoes for report in reports if report.kind is Kind.UNDONE}
    return [{**vars(r), "kind": str(r.kind), "undone": r.id in undone} for r in reversed(reports)][:limit]


def stock_rows(ports: Ports) -> list[Row]:
    """Finished goods of each product now: whole batches, and the last count behind them."""
    now = ports.clock()
    past = read_past(ports, next_slot(now))
    books = books_at(ports.factory, past, now, past.done)
    last = {count.product: count for count in counts_among(past.reports)}
    rows = []
    for product in ports.factory.products:
        count = last.get(product.name)
        known = product.name in books.finished
        batches = books.finished.get(product.name)
        rows.append(
            {
                "product": product.name,
                "batches": batches,
                "kg": batches * product.batch_kg if batches is not None and known else None,
                "counted_kg": count.kg if count else None,
                "counted_at": count.moment if count else None,
            }
        )
    return rows


def under_way(ports: Ports) -> list[Row]:
    """Batches that have begun and are not finished now, run by run."""
    now = ports.clock()
    rows = []
    for batch in read_past(ports, next_slot(now)).done:
        if batch.failed_at is None and (not batch.complete or batch.end > now):
            for run, said in zip(batch.runs, batch.reported, strict=True):
                rows.append(run_row(run, said))
    return sorted(rows, key=lambda row: (row["start"], row["batch"]))


def run_row(run: Run, reported: bool) -> Row:
    """A run that has begun, for people and programs."""
    keys = ("batch", "product", "process", "machine", "unit", "start", "end")
    return {**{key: getattr(run, key) for key in keys}, "reported": reported}
