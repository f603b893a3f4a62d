"""Alerts on the plant and its plan: heat, excess power, a plan that is missing, late or changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import ChocolateError, Infeasible, OutOfTime
from chocolate_factory.domain.alerts import Alert, AlertKind, Fact, Severity
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import (
    PLAN_MINUTES,
    Window,
    day_window,
    epoch,
    local_date,
    local_iso,
    moment,
)
from chocolate_factory.domain.tariff.calendar import power_periods
from chocolate_factory.domain.tariff.excess import contracted_at
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.reasons_to_plan import newest_body

Row = dict[str, Any]
HEAT_DAYS = 3
CHANGED_FOR = timedelta(hours=6)
"""How long a changed plan is news."""

LEAST_OVER_KW = 0.01
NOTABLE_SHARE = 0.05
"""Of the contracted power: up to this an excess is only good to know, the plan has weighed it."""

PLAN = "plan"


def plant_alerts(ports: Ports, troubles: Mapping[str, ChocolateError]) -> Iterator[Alert]:
    """Alerts on weather limits and on the newest plan issued by now; `troubles` are failures by job."""
    now = ports.clock().astimezone(UTC)
    yield from heat(ports, now)
    failed = troubles.get(PLAN)
    if isinstance(failed, Infeasible):
        yield infeasible(failed)
    body = newest_body(ports.store, now)
    end = moment_of(body["answer"]["window"]["end"]) if body else None
    if body is None or end is None or end <= now:
        yield Alert(AlertKind.PLAN_MISSING, Severity.CRITICAL, PLAN, since=end)
        return
    yield from excess_power(ports, body["answer"], now)
    yield from late(body["answer"])
    yield from changed(body["answer"], now)


def heat(ports: Ports, now: datetime) -> Iterator[Alert]:
    """Days whose forecast goes above the lowest outdoor temperature limit of a process step."""
    steps = [step for product in ports.factory.products for step in product.steps]
    limits = {step.process: step.max_outdoor_c for step in steps if step.max_outdoor_c is not None}
    if not limits:
        return
    limit, zone = min(limits.values()), ports.factory.site.timezone
    for offset in range(HEAT_DAYS):
        window = day_window(local_date(now, zone) + timedelta(days=offset), zone)
        told = ports.store.read("temperature_forecast", window, now)
        hot = told.take(told.value > limit)
        if not len(hot) or moment(int((hot.start + 60 * hot.minutes).max())) <= now:
            continue
        top = int(np.argmax(hot.value))
        facts: dict[str, Fact] = {
            "limit_c": float(limit),
            "max_c": float(hot.value[top]),
            "max_at": local_iso(moment(hot.start[top]), zone),
            "hours": float(hot.minutes.sum()) / 60,
            "processes": sorted(name for name, at in limits.items() if hot.value[top] > at),
        }
        since, until = moment(hot.start[0]), moment(int((hot.start + 60 * hot.minutes).max()))
        yield Alert(AlertKind.HEAT, Severity.WARNING, iso_day(window, zone), since, until, facts)


def iso_day(window: Window, zone: str) -> str:
    """The local day that a window begins with."""
    return local_date(window.start, zone).isoformat()


def infeasible(failed: Infeasible) -> Alert:
    """That no plan was found, and between which rules it is said to fail."""
    rules = {str(rule) for row in failed.conflicts for rule in as_list(row.get("rules"))}
    products = {str(row["product"]) for row in failed.conflicts if "product" in row}
    facts: dict[str, Fact] = {
        "proven": not isinstance(failed, OutOfTime),
        "conflicts": len(failed.conflicts),
        "products": sorted(products),
        "rules": sorted(rules),
    }
    return Alert(AlertKind.PLAN_INFEASIBLE, Severity.CRITICAL, PLAN, facts=facts)


def as_list(value: object) -> list[object]:
    """A list from JSON, or nothing."""
    return value if isinstance(value, list) else []


def excess_power(ports: Ports, answer: Row, now: datetime) -> Iterator[Alert]:
    """Days on which the load still to come is planned above the power contracted in its period."""
    contract, zone = ports.factory.contract, ports.factory.site.timezone
    load = [(epoch(moment_of(row["start"])), float(row["kw"])) for row in answer["load_kw"]]
    ahead = [(start, kw) for start, kw in load if start + 60 * PLAN_MINUTES > now.timestamp()]
    if not ahead:
        return
    start, kw = np.array([at for at, _ in ahead], np.int64), np.array([kw for _, kw in ahead])
    periods = power_periods(contract.access_tariff, start)
    limit = contracted_at(contract, start)
    over = kw - limit
    days: dict[date, list[int]] = {}
    for place in np.flatnonzero(over > LEAST_OVER_KW).tolist():
        days.setdefault(local_date(moment(start[place]), zone), []).append(place)
    for day, places in days.items():
        top = max(places, key=lambda place: float(over[place]))
        facts: dict[str, Fact] = {
            "max_kw": float(kw[top]),
            "contracted_kw": float(limit[top]),
            "over_kw": float(over[top]),
            "period": f"P{int(periods[top])}",
            "max_at": local_iso(moment(start[top]), zone),
            "hours": len(places) * PLAN_MINUTES / 60,
            "plan_excess_eur": float(answer["cost_parts"]["excess_power"]),
        }
        since, until = moment(start[places[0]]), moment(int(start[places[-1]]) + 60 * PLAN_MINUTES)
        severe = Severity.WARNING if over[top] > NOTABLE_SHARE * limit[top] else Severity.INFO
        yield Alert(AlertKind.EXCESS_POWER, severe, str(day), since, until, facts)


def late(answer: Row) -> Iterator[Alert]:
    """That the plan makes something after it is due, or not at all though it is due."""
    rows = answer["late"]
    if rows:
        facts: dict[str, Fact] = {
            "plan": str(answer["id"]),
            "batches": sum(int(row["batches"]) for row in rows),
            "first_due_at": str(min((row["due"] for row in rows), key=moment_of)),
            "products": sorted({str(row["product"]) for row in rows}),
        }
        since = moment_of(answer["issued_at"])
        yield Alert(AlertKind.PLAN_LATE, Severity.WARNING, PLAN, since, None, facts)


def changed(answer: Row, now: datetime) -> Iterator[Alert]:
    """That a new plan took over lately and moved, added or dropped runs of the one before."""
    told, moves = answer.get("replaced"), answer.get("changes")
    issued = moment_of(answer["issued_at"])
    if not told or not moves or now >= issued + CHANGED_FOR:
        return
    if not any(moves[key] for key in ("moved", "added", "dropped")):
        return
    difference = told["difference_eur"]
    facts: dict[str, Fact] = {
        "plan": str(answer["id"]),
        "before": str(told["plan"]),
        "moved": int(moves["moved"]),
        "added": int(moves["added"]),
        "dropped": int(moves["dropped"]),
        "cheaper_eur": None if difference is None else -float(difference),
        "saving_eur": float(answer["saving"]["eur"]),
        "issued_at": str(answer["issued_at"]),
    }
    yield Alert(AlertKind.PLAN_CHANGED, Severity.INFO, str(answer["id"]), issued, issued + CHANGED_FOR, facts)
