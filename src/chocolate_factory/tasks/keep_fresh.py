"""What the jobs do that keep data, models and plan fresh while serving; `jobs.py` says when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from chocolate_factory.core.errors import (
    ChocolateError,
    DataMissing,
    Misconfigured,
    ModelRefused,
    OutOfTime,
    Unreachable,
)
from chocolate_factory.domain.advice import Learn
from chocolate_factory.domain.catalog import CATALOG, ESSENTIAL, PRICE_SERIES
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.series_info import MARKET_ZONE, Kind
from chocolate_factory.domain.slots import Window, day_window, local_date, planning_window
from chocolate_factory.services.backtest_forecasts import Bench
from chocolate_factory.services.choose_model import champion, serving_model, serving_versions, weights_of
from chocolate_factory.services.choose_world import World, can_plan
from chocolate_factory.services.compare_models import CompareRequest, compare, newest_comparison
from chocolate_factory.services.first_values import repair_first_values
from chocolate_factory.services.forecast_prices import ForecastRequest, forecast_prices
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.heal_holes import HealRequest, heal
from chocolate_factory.services.judge_advice import KIND as ADVICE_KIND
from chocolate_factory.services.judge_advice import Wish, learn_advice
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.pose_problem import SERIES_OF
from chocolate_factory.services.reasons_to_plan import (
    FIRST,
    URGENT,
    newest_body,
    note_search,
    reasons_to_plan,
)
from chocolate_factory.services.record_alerts import record_alerts
from chocolate_factory.services.score_forecasts import score_forecasts
from chocolate_factory.services.send_alerts import Telling, send_alerts
from chocolate_factory.services.settle_weeks import LedgerRequest, settle_weeks
from chocolate_factory.services.sync_series import SyncRequest, sync
from chocolate_factory.services.train_models import TrainRequest, train

PLAN_DAYS = 7
FIRST_PLAN_S = 8.0
FORECAST, HEAL, FIRST_VALUES, SCORES, DAILY = (
    "forecast",
    "heal",
    "first_values",
    "scores",
    timedelta(hours=24),
)
ADVICE, WEEKLY = "advice", timedelta(days=7)
SETTLE, SETTLE_BACK, HINDSIGHT_S = "settle", timedelta(days=40), 20.0
TRAIN, TRY_AGAIN, COMPARE_SECONDS = "train", timedelta(hours=1), 30.0
LATE_LOOK = timedelta(minutes=5)
log = structlog.get_logger()


def sync_prices(world: World, history_days: int, reread_days: int = SyncRequest.reread_days) -> None:
    """Fetch what a plan needs; enter the sample world only if nothing real is stored or to be had.

    Raises `Unreachable` with what failed, after the world is settled.
    """
    failure: ChocolateError | None = None
    if not world.offline:
        failure = sync_ports(world.real, ESSENTIAL, history_days, reread_days)
    ports = world.settle()
    if ports.sample:
        sync_ports(ports, ESSENTIAL, history_days, reread_days)
    if failure is not None:
        raise failure


def sync_kinds(
    world: World, kinds: frozenset[Kind], history_days: int, reread_days: int = SyncRequest.reread_days
) -> None:
    """Fetch the series of some kinds that a plan does not wait for.

    Raises `Unreachable` with what failed.
    """
    if world.offline:
        return
    keys = tuple(key for key, info in CATALOG.items() if info.kind in kinds and key not in ESSENTIAL)
    failure = sync_ports(world.real, keys, history_days, reread_days)
    if failure is not None:
        raise failure


def prices_due(world: World, last: datetime) -> bool:
    """Whether prices should be looked for before their time: there are none at all, or a due day is missing.

    While it is late, every five minutes.
    """
    if not can_plan(world.ports()):
        return True
    ports = world.real
    now = ports.clock()
    if world.offline or now - last < LATE_LOOK:
        return False
    series = SERIES_OF.get(ports.factory.contract.kind)
    tomorrow = day_window(local_date(now, MARKET_ZONE) + timedelta(days=1), MARKET_ZONE)
    return series is not None and bool(ports.store.holes(series, tomorrow, now))


def tell_alerts(world: World, telling: Telling) -> None:
    """Keep the history of alerts, and tell of what opened, rose or is over; nothing of the sample is told."""
    record_alerts(world)
    ports = world.ports()
    if not ports.sample:
        send_alerts(ports, telling)


def heal_all(world: World) -> None:
    """Close holes in all that is stored; what is recent the syncs close already."""
    ports = world.real
    if world.offline:
        return
    report = heal(ports, HealRequest())
    body = {"found": report.found, "closed": report.closed}
    ports.store.save(Record("sync", HEAL, ports.clock(), body))


def repair_some(world: World) -> None:
    """Ask for first values of some days of PVPC that were loaded after their corrections.

    Raises `Unreachable`, for the next look to try again, when nothing could be had of the source.
    """
    ports = world.real
    if world.offline:
        return
    now, repair = ports.clock(), repair_first_values(ports, "pvpc")
    if repair.failures and not repair.known:
        first = repair.failures[0]
        raise Unreachable(first.reason, source=first.source)
    body = {"asked": len(repair.asked), "known": len(repair.known)}
    ports.store.save(Record("sync", FIRST_VALUES, now, body))


def forecast_known(world: World) -> None:
    """Keep a forecast of the coming week of every stored price series, to be scored when it came true."""
    ports = world.ports()
    now, weights = ports.clock(), weights_of(ports.registry)
    window = planning_window(now, PLAN_DAYS, ports.factory.site.timezone)
    for key in PRICE_SERIES:
        if ports.store.span(key):
            forecaster = ports.forecasters[serving_model(ports, key)]()
            forecast_prices(ForecastRequest(key, window), ports.store, forecaster, now, weights)
    ports.store.save(Record("sync", FORECAST, now, {"prices_until": prices_until(ports)}))


def score_stored(world: World) -> None:
    """Score stored forecasts on the prices that are known."""
    ports = world.ports()
    done = score_forecasts(ports)
    body = {
        "new": done.new,
        "written": done.written,
        "final": done.final,
        "prices_until": prices_until(ports),
    }
    ports.store.save(Record("sync", SCORES, ports.clock(), body))


def prices_until(ports: Ports) -> dict[str, str]:
    """Until when prices are stored, by series."""
    spans = {key: ports.store.span(key) for key in PRICE_SERIES}
    return {key: span.end.isoformat() for key, span in spans.items() if span}


def prices_came(job: str) -> Callable[[World, datetime], bool]:
    """Whether prices of more days are known than when a job last noted it."""

    def came(world: World, _: datetime) -> bool:
        ports = world.ports()
        last = next(iter(ports.store.find("sync", id=job, limit=1)), None)
        return last is not None and last.body["prices_until"] != prices_until(ports)

    return came


def train_models(world: World) -> None:
    """Let every model learn from every price series that is stored."""
    ports = world.ports()
    series = tuple(key for key in PRICE_SERIES if ports.store.span(key))
    if series:
        train_all(ports, series)


def nothing_serves(world: World, last: datetime) -> bool:
    """Whether a champion has nothing that can serve and the last try was an hour ago."""
    ports = world.ports()
    now = ports.clock()
    return now - last >= TRY_AGAIN and any(
        not serving_versions(ports.registry, key, serving_model(ports, key), now)
        for key in PRICE_SERIES
        if ports.store.span(key)
    )


def train_all(ports: Ports, series: tuple[str, ...]) -> None:
    """All models on all series. Raises `ModelRefused` where a champion failed; it serves on."""
    done = train(TrainRequest(series, tuple(ports.forecasters)), ports, lambda *_: None)
    failed = [one for one in done if one.failure]
    for one in failed:
        log.warning(
            "training failed", model=one.model, series=one.series, reason=one.failure, details=one.details
        )
    body = {"kept": len(done) - len(failed), "failed": [[one.series, one.model] for one in failed]}
    ports.store.save(Record("sync", TRAIN, ports.clock(), body))
    for one in failed:
        if one.champion and not one.short:
            raise ModelRefused(one.failure, one.hint)


def compare_some(world: World, bench_of: Callable[..., Bench]) -> None:
    """Compare the models of series not compared to the end within a day, some replay of each at a time."""
    ports = world.ports()
    bench = bench_of(sample=ports.sample)
    for key, able in to_compare(ports):
        compare(CompareRequest(key, able, COMPARE_SECONDS), ports, bench, lambda *_: None)


def comparison_open(world: World, _: datetime) -> bool:
    """Whether a comparison is to be begun or goes on."""
    return bool(to_compare(world.ports()))


def to_compare(ports: Ports) -> list[tuple[str, tuple[str, ...]]]:
    """(series, models that can be replayed) of the comparisons that are not complete within a day."""
    now = ports.clock()
    trained = next(iter(ports.store.find("sync", id=TRAIN, limit=1)), None)
    if trained is None:
        return []
    failed = {tuple(one) for one in trained.body["failed"]}  # type: ignore[attr-defined]
    found = []
    for key in PRICE_SERIES:
        last = newest_comparison(ports, key, now)
        fresh = last is not None and last["complete"] and now - moment_of(last["at"]) < DAILY
        able = tuple(
            model
            for model in ports.forecasters
            if (key, model) not in failed and serving_versions(ports.registry, key, model, now)
        )
        if not fresh and champion(ports, key).model in able:
            found.append((key, able))
    return found


def learn_hours(world: World, learn: Learn) -> None:
    """Once a week learn hourly advice from the forecasts that were stored and have come true.

    Under the days that this needs the advice stays the plain rule, and the next day looks again.
    """
    ports = world.ports()
    series = SERIES_OF.get(ports.factory.contract.kind)
    if series is None:
        return
    now, name = ports.clock(), serving_model(ports, series)
    last = next(iter(ports.store.find(ADVICE_KIND, id=f"{series}/{name}", limit=1)), None)
    body = {"series": series, "model": name, "learnt": False}
    if last is None or not timedelta(0) <= now - last.at < WEEKLY:
        try:
            learn_advice(ports, Wish(series, name), (), learn)
            body["learnt"] = True
        except DataMissing as error:
            body["why"] = error.message
    ports.store.save(Record("sync", ADVICE, now, body))


def settle_recent(world: World) -> None:
    """Settle the weeks of the last days, once a day and when prices of more days are known.

    Publishers correct for some weeks; hindsight of a week is solved once, and again when it is corrected.
    """
    ports = world.ports()
    now = ports.clock().astimezone(UTC)
    changed = settle_weeks(ports, LedgerRequest(Window(now - SETTLE_BACK, now), HINDSIGHT_S))
    body = {"prices_until": prices_until(ports), "changed": changed}
    ports.store.save(Record("sync", SETTLE, now, body))


def sync_ports(
    ports: Ports, keys: tuple[str, ...], history_days: int, reread_days: int
) -> ChocolateError | None:
    """Sync one world; returns what failed, in one error."""
    today = local_date(ports.clock(), ports.factory.site.timezone)
    first, last = today - timedelta(days=history_days), today + timedelta(days=1)
    request = SyncRequest(first, last, keys, reread_days=reread_days)
    report = sync(request, ports.store, ports.sources, ports.clock())
    if not report.failures:
        return None
    return Unreachable("; ".join(f"{f.source} ({f.series}): {f.reason}" for f in report.failures[:4]))


def plan_wanted(world: World, _: datetime) -> bool:
    """Whether something speaks for a new plan."""
    return bool(reasons_to_plan(world.ports(), PLAN_DAYS))


def plan_when_needed(world: World) -> None:
    """Plan where no plan stands, and anew for each of the reasons that `reasons_to_plan` finds.

    The factory file is read again first; while it is unsound the one before stays in force. The very first
    plan is a quick one, so that there is something to look at; the full search follows. Where somebody waits
    for the plan, after a report or a changed order, the search is short; else, and where a short one finds
    nothing, it has its full time.
    """
    reread_factory(world)
    ports = world.ports()
    why = reasons_to_plan(ports, PLAN_DAYS)
    request = PlanRequest(days=PLAN_DAYS, allow_late=True, because=", ".join(why))
    if FIRST in why:
        plan_first(ports, request)
    elif why:
        full = replace(request, time_limit_s=ports.plan_seconds)
        try:
            make_plan(ports, request if URGENT & set(why) else full)
        except OutOfTime:
            if not URGENT & set(why):
                raise
            make_plan(ports, full)


def plan_first(ports: Ports, request: PlanRequest) -> None:
    """A quick plan and the full search after it, or only that where a process ended in between."""
    store, anew = ports.store, newest_body(ports.store, ports.clock()) is None
    if anew:
        note_search(store, ports.clock(), done=False)
        make_plan(ports, replace(request, time_limit_s=min(FIRST_PLAN_S, ports.plan_seconds)))
    make_plan(ports, replace(request, time_limit_s=ports.plan_seconds, fresh=anew))
    note_search(store, ports.clock(), done=True)


def reread_factory(world: World) -> None:
    """Go on with the factory file as it is now; an unsound one is noted, and the one before stays."""
    try:
        world.reread()
    except Misconfigured as error:
        world.note("factory", error)
        log.warning("factory file not taken", reason=error.message, hint=error.hint)
    else:
        world.note("factory", None)
