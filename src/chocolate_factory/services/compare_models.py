"""Compare the champion of a series with the other models on the same past days, and replace it for cause."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain import scores
from chocolate_factory.domain.backtest import USUAL, Runner, Told
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.registry import Choice, Chooser
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, hours_over, local_date, local_iso, moment
from chocolate_factory.services.backtest_forecasts import (
    DAYS,
    NAIVE,
    Backtest,
    BacktestRequest,
    Bench,
    Progress,
    backtest,
)
from chocolate_factory.services.backtest_report import OVERALL, number, score_hours
from chocolate_factory.services.choose_model import champion, serving_versions
from chocolate_factory.services.forecast_prices import HISTORY_DAYS, PUBLISHED_AHEAD

KIND = "comparison"
ORIGINS = 56
"""Last days of origin that are compared: eight weeks."""

ENOUGH = 28
"""Common origins from which a champion may be replaced."""

LATEST = timedelta(days=28)
"""Without a price for so long nothing can be compared."""

LEARN_EVERY = 7
"""Days for which a replayed model keeps its weights."""

SURE = 0.05
"""A p-value below this says that a challenger is better by more than chance."""

M = TypeVar("M")
I = TypeVar("I")  # noqa: E741
R = TypeVar("R")


@dataclass(frozen=True)
class CompareRequest:
    """Which models are compared with the champion of a series; `seconds` bounds the work, None does not."""

    series: str
    models: tuple[str, ...]
    seconds: float | None = None
    history_days: int = HISTORY_DAYS


@dataclass(frozen=True)
class Hurried:
    """A runner that begins nothing new after some seconds, newest days first. See `Runner`."""

    runner: Runner
    seconds: float

    def __call__(self, work: Callable[[M, I], R], material: M, items: Sequence[I]) -> Iterator[R]:
        """What was done in time."""
        until = time.monotonic() + self.seconds
        for done in self.runner(work, material, items[::-1]):
            yield done
            if time.monotonic() >= until:
                return


@dataclass(frozen=True)
class Rival:
    """A challenger beside the champion on common days of origin: MAE of each, EUR/MWh, and what follows.

    `p` is one-sided: small says that the challenger is better by more than chance. NaN: nothing is known.
    """

    model: str
    origins: int
    mae: float
    champion_mae: float
    p: float
    naive: bool = field(default=False)

    @property
    def better(self) -> bool:
        """Better on enough common days by more than chance."""
        return self.origins >= ENOUGH and self.mae < self.champion_mae and self.p < SURE

    def to_json(self) -> dict[str, Any]:
        """Figures as JSON, null where nothing is known."""
        return {
            "model": self.model,
            "origins": self.origins,
            "mae_eur_mwh": number(self.mae),
            "champion_mae_eur_mwh": number(self.champion_mae),
            "p": number(self.p),
            "better": self.better,
            "naive": self.naive,
        }


def compare(request: CompareRequest, ports: Ports, bench: Bench, progress: Progress) -> dict[str, Any]:
    """Replay the last days of origin whose prices are known, and promote the best of the better ones.

    Days that were replayed before are not replayed again. A naive model is never promoted: its being better
    is an alarm, as it tells of faulty data or of a market that no model has learnt. After a choice by hand
    only later days of origin count. A model without a version that can serve is not promoted. Stored as a
    record of kind "comparison". Raises DataMissing where no price of the last days is known.
    """
    series, now = request.series, ports.clock()
    present = champion(ports, series)
    models = tuple(dict.fromkeys((present.model, *request.models, *NAIVE)))
    days = days_of_origin(ports, series, present)
    rivals: list[Rival] = []
    whole = True
    if days:
        hurried = bench if request.seconds is None else hurry(bench, request.seconds)
        track = USUAL[series]
        wish = BacktestRequest((track,), days[0], days[-1], models, 1, request.history_days, LEARN_EVERY)
        test = backtest(wish, ports, hurried, progress)
        whole = len(test.told) == len(days) * len(wish.judged)
        rivals = [rival(test, series, present.model, model) for model in models if model != present.model]
    promoted = promote_best(ports, present, rivals)
    body: dict[str, Any] = {
        "series": series,
        "at": local_iso(now, MARKET_ZONE),
        "champion": present.model,
        "first": str(days[0]) if days else None,
        "last": str(days[-1]) if days else None,
        "complete": whole,
        "rivals": [one.to_json() for one in rivals],
        "promoted": promoted.model if promoted else None,
        "alarm": alarm(present.model, rivals),
    }
    ports.store.save(Record(KIND, series, now, body))
    return body


def hurry(bench: Bench, seconds: float) -> Bench:
    """The bench with work that ends after about so many seconds."""
    return replace(bench, runner=Hurried(bench.runner, seconds))


def days_of_origin(ports: Ports, series: str, present: Choice) -> list[date]:
    """The last ORIGINS days whose whole forecast has come true; after a choice by hand only later ones."""
    now = ports.clock()
    newest = ports.store.read(series, hours_over(Window(now - LATEST, now + PUBLISHED_AHEAD)), now)
    if len(newest) == 0:
        raise DataMissing(f"No {series} prices of the last {LATEST.days} days are stored.")
    last = local_date(moment(int(newest.start[-1])), MARKET_ZONE) - timedelta(days=DAYS)
    days = [last - timedelta(days=back) for back in range(ORIGINS)][::-1]
    if present.chosen_by in {Chooser.HAND, Chooser.ROLLBACK}:
        chosen = local_date(present.since, MARKET_ZONE)
        days = [day for day in days if day >= chosen]
    return days


def rival(test: Backtest, series: str, present: str, model: str) -> Rival:
    """A challenger beside the champion, on days on which both spoke under their own names."""
    by_day: dict[date, dict[str, Told]] = {}
    for told in test.told:
        if spoke_itself(told):
            by_day.setdefault(told.origin.day, {})[told.origin.model] = told
    both = {day: told for day, told in by_day.items() if present in told and model in told}
    own, reference = daily_losses(both, test.truth[series], (model, present))
    enough = len(own) > 0
    return Rival(
        model=model,
        origins=len(own),
        mae=float(own.mean()) if enough else float("nan"),
        champion_mae=float(reference.mean()) if enough else float("nan"),
        p=scores.diebold_mariano(own, reference, OVERALL[1]),
        naive=model in NAIVE,
    )


def spoke_itself(told: Told) -> bool:
    """Whether a model answered as itself, not as a simpler one for want of history."""
    name = told.origin.model
    return not told.refused and (told.label == name or told.label.startswith(f"{name} ("))


def daily_losses(
    both: Mapping[date, Mapping[str, Told]], truth: Series, models: tuple[str, str]
) -> tuple[FloatArray, FloatArray]:
    """Mean absolute error of each of two models by day of origin (n,), overall leads, EUR/MWh."""
    if not both:
        return np.zeros(0), np.zeros(0)
    scored = score_hours(both, truth, models)
    overall = (scored.lead >= OVERALL[0]) & (scored.lead <= OVERALL[1])
    place = np.unique(scored.origin[overall], return_inverse=True)[1]
    count = np.maximum(np.bincount(place), 1)
    own, reference = (
        np.bincount(place, np.abs(scored.truth - scored.price[model])[overall]) / count for model in models
    )
    return own, reference


def promote_best(ports: Ports, present: Choice, rivals: Sequence[Rival]) -> Choice | None:
    """The choice of the best challenger that is better and can serve; None leaves the champion."""
    now, series = ports.clock(), present.series
    able = [
        one
        for one in rivals
        if one.better and not one.naive and serving_versions(ports.registry, series, one.model, now)
    ]
    if not able or champion(ports, series) != present:
        return None
    best = min(able, key=lambda one: one.mae - one.champion_mae)
    why = (
        f"MAE {best.mae:.2f} against {best.champion_mae:.2f} EUR/MWh of {present.model} on the same "
        f"{best.origins} days of origin (p = {best.p:.2g})"
    )
    choice = Choice(series, best.model, now, Chooser.SIGNIFICANCE, why)
    ports.registry.choose(choice)
    return choice


def alarm(present: str, rivals: Sequence[Rival]) -> str | None:
    """What is to be said when a naive model was better than the champion by more than chance."""
    worse = [one for one in rivals if one.naive and one.better and present not in NAIVE]
    if not worse:
        return None
    best = min(worse, key=lambda one: one.mae)
    return (
        f"{best.model} was better than {present}: MAE {best.mae:.2f} against {best.champion_mae:.2f} EUR/MWh "
        f"on {best.origins} days of origin (p = {best.p:.2g})."
    )


def newest_comparison(ports: Ports, series: str, now: datetime) -> dict[str, Any] | None:
    """The last comparison of a series, or None."""
    found = [one for one in ports.store.find(KIND, id=series, limit=1) if one.at <= now]
    return dict(found[0].body) if found else None
