"""The savings ledger: each week settled on realised prices, day by day, and again when they change.

Four arms make the same batches from the same start: as ordered (blind to prices), as the plans in force said,
as it was carried out, and the optimum that the prices allowed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from chocolate_factory.domain.ledger_money import Charged, Pricing, charged_after
from chocolate_factory.domain.ledger_revisions import revised
from chocolate_factory.domain.ledger_weeks import name_of, week_at, weeks_over
from chocolate_factory.domain.ledger_work import WeekWork, week_work
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.production import Kind, standing_reports
from chocolate_factory.domain.slots import Window, local_date, local_midnight
from chocolate_factory.services.pose_week import Week
from chocolate_factory.services.read_in_force import Chain, read_in_force
from chocolate_factory.services.read_production import read_reports
from chocolate_factory.services.run_week import Arms, run_week
from chocolate_factory.services.settle_plans import published, realised_stack
from chocolate_factory.services.tell_week import ARMS, tell_week

Row = dict[str, Any]
LEDGER, MOST_WEEKS = "ledger", 10_000
Before = Mapping[str, Charged]
NOTHING: Before = {name: {} for name in ARMS}


@dataclass(frozen=True)
class LedgerRequest:
    """Weeks that touch `window` (UTC); `hindsight_s` seconds of solving for each closed one, 0 for none."""

    window: Window
    hindsight_s: float = 20.0


def settle_weeks(ports: Ports, request: LedgerRequest) -> int:
    """Settle and keep the weeks asked for; returns how many rows were new or changed.

    Weeks from the one in which the month began are settled with them: excess power counts by the month. A
    week whose plans, log and prices have not changed stays as it is kept; one without any plan has no row.
    """
    zone, now = ports.factory.site.timezone, ports.clock().astimezone(UTC)
    end = min(request.window.end, now)
    if request.window.start >= end:
        return 0
    month = local_date(week_at(ports.factory, request.window.start).start, zone).replace(day=1)
    begin = week_at(ports.factory, local_midnight(month, zone)).start
    kept = kept_rows(ports)
    weeks = weeks_over(ports.factory, Window(begin, end), [w for w in kept if kept[w]["status"] == "closed"])
    chain = read_in_force(ports, weeks[0].start)
    changed = 0
    before = next((charged_of(kept[week]) for week in kept if week.end == weeks[0].start), NOTHING)
    for window in weeks:
        if not any(one.span.clip(Window(window.start, min(window.end, now))) for one in chain.told):
            before = NOTHING
            continue
        week, old = read_week(ports, chain, window), kept.get(window)
        row = settle_week(ports, (chain, week, before), old, request.hindsight_s)
        changed += row is not old
        before = charged_of(row)
    return changed


def kept_rows(ports: Ports) -> dict[Window, Row]:
    """The rows of the ledger by their weeks."""
    bodies: list[Row] = [dict(record.body) for record in ports.store.find(LEDGER, limit=MOST_WEEKS)]
    return {window_of(body): body for body in bodies}


def window_of(row: Row) -> Window:
    """The week of a ledger row, UTC."""
    told = (datetime.fromisoformat(row["window"][key]).astimezone(UTC) for key in ("start", "end"))
    return Window(*told)


def settle_week(ports: Ports, asked: tuple[Chain, Week, Before], old: Row | None, seconds: float) -> Row:
    """The ledger row of a week: the old one where nothing changed, else a new one, stored with revisions."""
    chain, week, before = asked
    now = ports.clock().astimezone(UTC)
    closed = now >= week.work.window.end and bool(week.known.all())
    work = work_digest(week.work)
    digest = digest_of(week, work, before, now)
    tried = old is not None and (old["hindsight_gap"] is not None or old.get("tried_s", 0.0) >= seconds)
    done = not closed or seconds <= 0 or tried
    if old is not None and old["digest"] == digest and (done or old["status"] == "incomplete"):
        return old
    arms = run_week(ports, week, before["hindsight"], seconds if closed else 0.0)
    row = {
        "id": old["id"] if old is not None else name_of(week.work.window),
        "digest": digest,
        "work": work,
        "settled_at": now.isoformat(),
        **tell_week(week, arms, before, chain, now),
        "charged": charged(week, arms, before),
        "tried_s": arms.tried_s,
    }
    row = revised(old, row, now)
    ports.store.save(Record(LEDGER, row["id"], now, row))
    return row


def charged(week: Week, arms: Arms, before: Before) -> Row | None:
    """What each arm's months had been charged for when the week ended, None for one without its baseline.

    Hindsight goes on from what was carried out where it was not computed.
    """
    if "baseline" not in arms.ran:
        return None
    loads = {name: arms.ran.get(name, arms.ran["executed"]).load_kw for name in ARMS}
    return {name: charged_after(week.pricing, load, before[name]) for name, load in loads.items()}


def charged_of(row: Row) -> Before:
    """What each arm's months had been charged for after a week; nothing where that is not known."""
    return row["charged"] or NOTHING


def read_week(ports: Ports, chain: Chain, window: Window) -> Week:
    """Work, factory and prices of a week as known now."""
    first = next(one for one in chain.told if one.span.clip(window))
    reports = tuple(standing_reports(read_reports(ports.store, ports.clock())))
    price = published(ports, first.factory, window)
    known = np.isfinite(price)
    stack = realised_stack(first.factory, window, np.where(known, price, 0.0))
    work = week_work(chain.told, reports, window, first.factory)
    pricing = Pricing(first.factory.contract, window, stack)
    return Week(work, first.factory, pricing, chain.bodies[first.plan], reports, known)


def work_digest(work: WeekWork) -> str:
    """A digest of what was planned and carried out."""
    told = [np.round(column, 6).tobytes() for column in (work.base_kw, work.planned_kw, work.executed_kw)]
    told.append(repr((work.batches, work.planned)).encode())
    return hashlib.sha256(b"|".join(told)).hexdigest()[:16]


def digest_of(week: Week, work: str, before: Before, now: datetime) -> str:
    """A digest of all that a settlement depends on.

    Work, prices, factory file, counts and outages, the month so far, and the days that have ended.
    """
    end = week.work.window.end
    today = local_date(min(now, end), week.factory.site.timezone)
    said = [r for r in week.reports if r.moment < end and r.kind in (Kind.OUTAGE, Kind.STOCK)]
    told = [week.pricing.stack.all_in_eur_kwh.tobytes(), week.known.tobytes(), work.encode()]
    told.append(repr((week.body["factory"], said, dict(before), today, now >= end)).encode())
    return hashlib.sha256(b"|".join(told)).hexdigest()[:16]
