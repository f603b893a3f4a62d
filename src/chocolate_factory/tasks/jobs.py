"""The job table: what runs unattended, in the order in which due jobs run.

A new job is a function of the world and a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from chocolate_factory.domain.advice import Learn
from chocolate_factory.domain.jobs import Daily, Every
from chocolate_factory.domain.series_info import Kind
from chocolate_factory.services.backtest_forecasts import Bench
from chocolate_factory.services.send_alerts import Telling
from chocolate_factory.tasks import keep_fresh
from chocolate_factory.tasks.runner import Job, Work

MINUTES = 60.0


@dataclass(frozen=True)
class Upkeep:
    """What the jobs need beyond the world: days of history and read again, minutes between looks, doers."""

    history_days: int
    reread_days: int
    every_minutes: int
    bench_of: Callable[..., Bench]
    learn: Learn
    back_up: Work
    telling: Telling


def job_table(upkeep: Upkeep) -> tuple[Job, ...]:
    """All jobs."""
    return (*fresh(upkeep), *drivers(upkeep), *nightly(upkeep))


def fresh(upkeep: Upkeep) -> tuple[Job, ...]:
    """What the page and the plant wait for."""
    look = Every(upkeep.every_minutes)
    prices = partial(keep_fresh.sync_prices, history_days=upkeep.history_days, reread_days=upkeep.reread_days)
    tell = partial(keep_fresh.tell_alerts, telling=upkeep.telling)
    return (
        Job("prices", prices, look, 30 * MINUTES, keep_fresh.prices_due),
        Job("plan", keep_fresh.plan_when_needed, look, 15 * MINUTES, keep_fresh.plan_wanted),
        Job("alerts", tell, Every(5), 2 * MINUTES),
    )


def drivers(upkeep: Upkeep) -> tuple[Job, ...]:
    """What forecasts learn from, after what the plan needs."""
    look = Every(upkeep.every_minutes)

    def fetch(*kinds: Kind) -> Work:
        wanted = frozenset(kinds)
        days, again = upkeep.history_days, upkeep.reread_days
        return partial(keep_fresh.sync_kinds, kinds=wanted, history_days=days, reread_days=again)

    return (
        Job("drivers", fetch(Kind.PRICE, Kind.SYSTEM), look, 60 * MINUTES),
        Job("weather_forecast", fetch(Kind.FORECAST), look, 60 * MINUTES),
        Job("weather_observed", fetch(Kind.OBSERVED, Kind.CLIMATE), look, 60 * MINUTES),
    )


def nightly(upkeep: Upkeep) -> tuple[Job, ...]:
    """What is reckoned, healed, learnt and kept once a day, and what of it when prices came."""
    compare = partial(keep_fresh.compare_some, bench_of=upkeep.bench_of)
    advise = partial(keep_fresh.learn_hours, learn=upkeep.learn)
    scored, settled, forecast = (
        keep_fresh.prices_came(job) for job in (keep_fresh.SCORES, keep_fresh.SETTLE, keep_fresh.FORECAST)
    )
    return (
        Job("score", keep_fresh.score_stored, Daily(6, 30), 20 * MINUTES, scored),
        Job("settle", keep_fresh.settle_recent, Daily(6), 30 * MINUTES, settled),
        Job("backup", upkeep.back_up, Daily(2, 15), 30 * MINUTES),
        Job("heal", keep_fresh.heal_all, Daily(3, 30), 60 * MINUTES),
        Job("first_values", keep_fresh.repair_some, Daily(3, 50), 30 * MINUTES),
        Job(
            "train",
            keep_fresh.train_models,
            Daily(4, 30),
            30 * MINUTES,
            keep_fresh.nothing_serves,
            apart=True,
        ),
        Job("forecast", keep_fresh.forecast_known, Daily(13, 40), 5 * MINUTES, forecast),
        Job("compare", compare, Daily(5), 20 * MINUTES, keep_fresh.comparison_open, apart=True),
        Job("advice", advise, Daily(5, 30), 30 * MINUTES, apart=True),
    )
