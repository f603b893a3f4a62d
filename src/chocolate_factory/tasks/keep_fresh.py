"""The jobs that keep prices and plan fresh while serving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta

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
from chocolate_factory.domain.slots import Window, local_date
from chocolate_factory.services.backtest_forecasts import Bench
from chocolate_factory.services.choose_model import champion, serving_model, serving_versions
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.compare_models import CompareRequest, compare, newest_comparison
from chocolate_factory.services.first_values import repair_first_values
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.heal_holes import HealRequest, heal
from chocolate_factory.services.judge_advice import KIND as ADVICE_KIND
from chocolate_factory.services.judge_advice import Wish, learn_advice
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.pose_problem import SERIES_OF
from chocolate_factory.services.reasons_to_plan import FIRST, URGENT, reasons_to_plan
from chocolate_factory.services.score_forecasts import score_forecasts
from chocolate_factory.services.settle_weeks import LedgerRequest, settle_weeks
from chocolate_factory.services.sync_series import SyncRequest, sync
from chocolate_factory.services.train_models import TrainRequest, train

PLAN_DAYS = 7
FIRST_PLAN_S = 8.0
HEAL, FIRST_VALUES, SCORES, DAILY = "heal", "first_values", "scores", timedelta(hours=24)
ADVICE, WEEKLY = "advice", timedelta(days=7)
SETTLE, SETTLE_BACK, HINDSIGHT_S = "settle", timedelta(days=40), 20.0
TRAIN, TRY_AGAIN, COMPARE_SECONDS = "train", timedelta(hours=1), 30.0
log = structlog.get_logger()


def sync_prices(world: World, history_days: int, reread_days: int = SyncRequest.reread_days) -> None:
    """Fetch what a plan needs; enter the sample world only if nothing real is stored or to be had."""
    failure: ChocolateError | None = None
    if not world.offline:
        failure = sync_ports(world.real, ESSENTIAL, history_days, reread_days)
    ports = world.settle()
    if ports.sample:
        sync_ports(ports, ESSENTIAL, history_days, reread_days)
    world.note("sources", failure)


def sync_rest(world: World, history_days: int, reread_days: int = SyncRequest.reread_days) -> None:
    """Fetch all other series, after the plan: figures of the system, observed weather, other places."""
    if not world.offline:
        rest = tuple(key for key in CATALOG if key not in ESSENTIAL)
        world.note("other sources", sync_ports(world.real, rest, history_days, reread_days))


def heal_daily(world: World) -> None:
    """Once a day close holes in all that is stored, and ask for first values that are not known.

    What is recent the syncs close already.
    """
    ports = world.real
    if world.offline:
        return
    if not done_today(ports, HEAL):
        report = heal(ports, HealRequest())
        body = {"found": report.found, "closed": report.closed}
        ports.store.save(Record("sync", HEAL, ports.clock(), body))
    if not done_today(ports, FIRST_VALUES):
        repair_some(ports)


def repair_some(ports: Ports) -> None:
    """Ask for first values of some days of PVPC that were loaded after their corrections.

    Raises `Unreachable`, for the next look to try again, when nothing could be had of the source.
    """
    now, repair = ports.clock(), repair_first_values(ports, "pvpc")
    if repair.failures and not repair.known:
        first = repair.failures[0]
        raise Unreachable(first.reason, source=first.source)
    body = {"asked": len(repair.asked), "known": len(repair.known)}
    ports.store.save(Record("sync", FIRST_VALUES, now, body))


def score_daily(world: World) -> None:
    """Score stored forecasts once a day, and whenever prices of more days are known."""
    ports = world.ports()
    spans = {key: ports.store.span(key) for key in PRICE_SERIES}
    ends = {key: span.end.isoformat() for key, span in spans.items() if span}
    last = next(iter(ports.store.find("sync", id=SCORES, limit=1)), None)
    if done_today(ports, SCORES) and last and last.body["prices_until"] == ends:
        return
    done = score_forecasts(ports)
    body = {"new": done.new, "written": done.written, "final": done.final, "prices_until": ends}
    ports.store.save(Record("sync", SCORES, ports.clock(), body))


def train_daily(world: World, bench_of: Callable[..., Bench]) -> None:
    """Once a day let every model learn; at later looks compare them, a minute of replay each."""
    ports = world.ports()
    series = tuple(key for key in PRICE_SERIES if ports.store.span(key))
    if series and training_due(ports, series):
        train_all(ports, series)
    elif series:
        compare_some(ports, series, bench_of(sample=ports.sample))


def training_due(ports: Ports, series: tuple[str, ...]) -> bool:
    """Not done for a day; or a champion has nothing that can serve and the last try was an hour ago."""
    if not done_today(ports, TRAIN):
        return True
    now, last = ports.clock(), ports.store.find("sync", id=TRAIN, limit=1)[0].at
    return now - last >= TRY_AGAIN and any(
        not serving_versions(ports.registry, key, serving_model(ports, key), now) for key in series
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


def compare_some(ports: Ports, series: tuple[str, ...], bench: Bench) -> None:
    """Compare the models of each series that were not compared to the end within a day."""
    now = ports.clock()
    failed = {tuple(one) for one in ports.store.find("sync", id=TRAIN, limit=1)[0].body["failed"]}  # type: ignore[attr-defined]
    for key in series:
        last = newest_comparison(ports, key, now)
        fresh = last is not None and last["complete"] and now - moment_of(last["at"]) < DAILY
        able = [
            model
            for model in ports.forecasters
            if (key, model) not in failed and serving_versions(ports.registry, key, model, now)
        ]
        if not fresh and champion(ports, key).model in able:
            compare(CompareRequest(key, tuple(able), COMPARE_SECONDS), ports, bench, lambda *_: None)


def advise_weekly(world: World, learn: Learn) -> None:
    """Once a week learn hourly advice from the forecasts that were stored and have come true.

    Under the days that this needs the advice stays the plain rule, and the next day looks again.
    """
    ports = world.ports()
    series = SERIES_OF.get(ports.factory.contract.kind)
    if series is None or done_today(ports, ADVICE):
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


def settle_daily(world: World) -> None:
    """Settle the weeks of the last days, once a day and when prices of more days are known.

    Publishers correct for some weeks; hindsight of a week is solved once, and again when it is corrected.
    """
    ports = world.ports()
    series = SERIES_OF.get(ports.factory.contract.kind)
    span = ports.store.span(series) if series else None
    now = ports.clock()
    known = {
        "prices_until": span.end.isoformat() if span else None,
        "day": local_date(now, ports.factory.site.timezone).isoformat(),
    }
    last = next(iter(ports.store.find("sync", id=SETTLE, limit=1)), None)
    if last and {key: last.body.get(key) for key in known} == known:
        return
    end = now.astimezone(UTC)
    changed = settle_weeks(ports, LedgerRequest(Window(end - SETTLE_BACK, end), HINDSIGHT_S))
    ports.store.save(Record("sync", SETTLE, now, {**known, "changed": changed}))


def done_today(ports: Ports, job: str) -> bool:
    """Whether a daily job was done less than a day ago; a moment in the future does not count."""
    last = next(iter(ports.store.find("sync", id=job, limit=1)), None)
    return last is not None and timedelta(0) <= ports.clock() - last.at < DAILY


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
    if why == [FIRST]:
        quick = min(FIRST_PLAN_S, ports.plan_seconds)
        make_plan(ports, replace(request, time_limit_s=quick))
        make_plan(ports, replace(request, fresh=True))
    elif why:
        full = replace(request, time_limit_s=ports.plan_seconds)
        try:
            make_plan(ports, request if URGENT & set(why) else full)
        except OutOfTime:
            if not URGENT & set(why):
                raise
            make_plan(ports, full)


def reread_factory(world: World) -> None:
    """Go on with the factory file as it is now; an unsound one is noted, and the one before stays."""
    try:
        world.reread()
    except Misconfigured as error:
        world.note("factory", error)
        log.warning("factory file not taken", reason=error.message, hint=error.hint)
    else:
        world.note("factory", None)
