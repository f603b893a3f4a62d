"""The jobs that keep prices and plan fresh while serving."""

from __future__ import annotations

from datetime import timedelta

from chocolate_factory.core.errors import ChocolateError, Unreachable
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import epoch, local_date, planning_window
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.pose_problem import SERIES_OF
from chocolate_factory.services.read_plans import plan_body
from chocolate_factory.services.sync_series import SyncRequest, sync

PLAN_DAYS = 7
FIRST_PLAN_S = 8.0


def sync_prices(world: World, history_days: int, reread_days: int = SyncRequest.reread_days) -> None:
    """Fetch what is missing and due; enter the sample world only if nothing real is stored or to be had."""
    failure: ChocolateError | None = None
    if not world.offline:
        failure = sync_ports(world.real, history_days, reread_days)
    ports = world.settle()
    if ports.sample:
        sync_ports(ports, history_days, reread_days)
    world.note("sources", failure)


def sync_ports(ports: Ports, history_days: int, reread_days: int) -> ChocolateError | None:
    """Sync one world; returns what failed, in one error."""
    today = local_date(ports.clock(), ports.factory.site.timezone)
    first, last = today - timedelta(days=history_days), today + timedelta(days=1)
    request = SyncRequest(first, last, tuple(CATALOG), reread_days=reread_days)
    report = sync(request, ports.store, ports.sources, ports.clock())
    if not report.failures:
        return None
    return Unreachable("; ".join(f"{f.source} ({f.series}): {f.reason}" for f in report.failures[:4]))


def plan_when_needed(world: World) -> None:
    """Plan again when there is none, when prices were published since, or when the window has moved on.

    The very first plan is a quick one, so that there is something to look at; the full search follows.
    """
    ports = world.ports()
    if not ports.store.find("plan", limit=1):
        quick = min(FIRST_PLAN_S, ports.plan_seconds)
        make_plan(ports, PlanRequest(days=PLAN_DAYS, allow_late=True, time_limit_s=quick))
        make_plan(ports, PlanRequest(days=PLAN_DAYS, allow_late=True))
    elif stale(ports):
        make_plan(ports, PlanRequest(days=PLAN_DAYS, allow_late=True))


def stale(ports: Ports) -> bool:
    """Whether the newest plan no longer answers this moment."""
    body = plan_body(ports.store, None)
    if body is None:
        return True
    window = planning_window(ports.clock(), PLAN_DAYS, ports.factory.site.timezone)
    if moment_of(body["answer"]["window"]["end"]) < window.end:
        return True
    series = SERIES_OF.get(ports.factory.contract.kind)
    span = ports.store.span(series) if series else None
    known = body["known_until"]
    return bool(span and known and epoch(span.end) > epoch(moment_of(known)))
