"""The scoreboard of a walk-forward test: one JSON document, and the same as a table of plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, reduce
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain import scores
from chocolate_factory.domain.backtest import Told, Track
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.scores import BoolArray
from chocolate_factory.domain.series import FloatArray, Series, TextArray, on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import IntArray, Window, local_date, local_iso, moment
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.services.backtest_forecasts import HOUR, Backtest

Row = dict[str, Any]
KIND = "backtest"
OVERALL = (2, 7)
"""Lead days that the overall figure covers: those that no auction has priced at any gate after noon."""

HEADLINE = 365
"""Days of origin from which a figure may be a headline."""

WEEK, OF_KIND = "naive-week", "naive-kind"
BANDS = {"80": (0.1, 0.9), "90": (0.05, 0.95)}
LEVEL_DIGITS = 6


@dataclass(frozen=True)
class Span:
    """Days of origin, both ends included, that are judged by themselves as well; called `name`."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class About:
    """What a report tells beside the whole test: windows of it, and the command that makes it again."""

    windows: tuple[Span, ...] = ()
    command: str | None = None


NOTHING_MORE = About()


@dataclass(frozen=True, eq=False)
class Scored:
    """Hours (n,) of a track that every model told and whose truth is known, by origin and time.

    `origin` ordinal of the day of origin; `lead` days from it to the hour's day; `price` and `quantiles`
    by model, EUR/MWh; `untrue` counts hours without a known truth, `untold` those that some model left out.
    """

    origin: IntArray
    lead: IntArray
    start: IntArray
    truth: FloatArray
    price: Mapping[str, FloatArray]
    quantiles: Mapping[str, Mapping[float, FloatArray]]
    untrue: int
    untold: int

    @cached_property
    def dear(self) -> BoolArray:
        """The hours at or above the price of the dearest DEAR of all hours, each counted once."""
        return self.truth >= self.dear_from

    @cached_property
    def dear_from(self) -> float:
        """The price from which an hour is among the dearest, each hour counted once."""
        once = np.unique(self.start, return_index=True)[1]
        return scores.dearest_from(self.truth[once])

    def within(self, span: Span) -> Scored:
        """The hours told on the days of a span; what counts as dear is asked of them alone."""
        rows = (self.origin >= span.first.toordinal()) & (self.origin <= span.last.toordinal())
        return replace(
            self,
            origin=self.origin[rows],
            lead=self.lead[rows],
            start=self.start[rows],
            truth=self.truth[rows],
            price={model: price[rows] for model, price in self.price.items()},
            quantiles={
                model: {level: told[rows] for level, told in levels.items()}
                for model, levels in self.quantiles.items()
            },
        )


def report(test: Backtest, now: datetime, sample: bool, about: About = NOTHING_MORE) -> Row:
    """All figures as JSON: EUR/MWh, shares 0 to 1, seconds, ISO 8601 times; null where there is nothing.

    Each track has the figures of all origins and, under `windows`, those of the origins of each window.
    Raises DataMissing where no hour of a track can be scored.
    """
    request = test.request
    return {
        "id": f"{now:%Y%m%dT%H%M%S}-{'-'.join(track.name for track in request.tracks)}",
        "at": local_iso(now, MARKET_ZONE),
        "sample": sample,
        "code": test.code,
        "command": about.command,
        "first": str(request.first),
        "last": str(request.last),
        "every": request.every,
        "history_days": request.history_days,
        "learn_every": request.learn_every,
        "truth": "newest knowledge in the store, corrections included",
        "overall_leads": list(range(OVERALL[0], OVERALL[1] + 1)),
        "compared_with": OF_KIND,
        "tracks": [track_row(test, track, about.windows) for track in request.tracks],
    }


def save(store: Store, body: Row) -> None:
    """Store a report as a record of kind "backtest"."""
    store.save(Record(KIND, str(body["id"]), datetime.fromisoformat(str(body["at"])), body))


def track_row(test: Backtest, track: Track, windows: Sequence[Span]) -> Row:
    """The figures of a track, of all its origins and of those of each window."""
    by_day: dict[date, dict[str, Told]] = {}
    for told in test.told:
        if told.origin.track == track:
            by_day.setdefault(told.origin.day, {})[told.origin.model] = told
    refused = {day: first_refusal(told) for day, told in by_day.items()}
    whole = {day: told for day, told in by_day.items() if not refused[day]}
    if not whole:
        reason = next((text for text in refused.values() if text), "no day of origin was asked for.")
        raise DataMissing(f"Nothing can be judged of {track.name}: {reason}")
    truth = test.truth[track.series]
    scored = score_hours(whole, truth, test.request.judged)
    if len(scored.start) == 0:
        raise DataMissing(f"Nothing can be judged of {track.name}: no price of the forecast hours is known.")
    every = test.request.every
    return {
        "series": track.series,
        "gate": f"{track.gate:%H:%M}",
        "unit": "EUR/MWh",
        "origins": len(whole),
        "origins_refused": len(by_day) - len(whole),
        "refused_because": next((text for text in refused.values() if text), None),
        "hours": len(scored.start),
        "hours_without_truth": scored.untrue,
        "hours_without_forecast": scored.untold,
        "truth_from": day_of(int(scored.start.min())),
        "truth_to": day_of(int(scored.start.max())),
        "history_from": day_of(int(truth.start[0])),
        "dearest_from_eur_mwh": number(scored.dear_from),
        "models": [
            {**told_row(scored, model, [told[model] for told in whole.values()]), **scores_of}
            for model, scores_of in model_rows(scored, every).items()
        ],
        "windows": [window_row(scored, span, every) for span in windows],
    }


def window_row(scored: Scored, span: Span, every: int) -> Row:
    """The figures of the origins of a window."""
    inside = scored.within(span)
    any_hour = len(inside.start) > 0
    return {
        "name": span.name,
        "first": str(span.first),
        "last": str(span.last),
        "origins": len(np.unique(inside.origin)),
        "hours": len(inside.start),
        "truth_from": day_of(int(inside.start.min())) if any_hour else None,
        "truth_to": day_of(int(inside.start.max())) if any_hour else None,
        "dearest_from_eur_mwh": number(inside.dear_from),
        "models": [{"model": model, **row} for model, row in model_rows(inside, every).items()],
    }


def first_refusal(told: Mapping[str, Told]) -> str:
    """Why some model told nothing at an origin, or nothing."""
    return next((f"{name}: {one.refused}" for name, one in told.items() if one.refused), "")


def day_of(start: int) -> str:
    """Local day of a slot."""
    return str(local_date(moment(start), MARKET_ZONE))


def score_hours(whole: Mapping[date, Mapping[str, Told]], truth: Series, models: Sequence[str]) -> Scored:
    """The common hours of all models with a truth, joined over all origins."""
    parts: list[tuple[int, IntArray, FloatArray]] = []
    columns: dict[str, list[FloatArray]] = {model: [] for model in models}
    levels = common_levels(whole, models)
    untrue = untold = 0
    for day in sorted(whole):
        told = whole[day]
        common = reduce(np.intersect1d, (told[model].start for model in models))
        untold += len(reduce(np.union1d, (told[model].start for model in models))) - len(common)
        real = truth_of(truth, common)
        known = np.isfinite(real)
        untrue += int(np.sum(~known))
        parts.append((day.toordinal(), common[known], real[known]))
        for model in models:
            one = told[model]
            rows = np.searchsorted(one.start, common[known])
            every = [one.price, *(one.quantiles[level] for level in levels[model])]
            columns[model].append(np.array([column[rows] for column in every]))
    start = np.concatenate([part[1] for part in parts])
    origin = np.concatenate([np.full(len(part[1]), part[0], np.int64) for part in parts])
    joined = {model: np.concatenate(found, axis=1) for model, found in columns.items()}
    return Scored(
        origin=origin,
        lead=local_slots(start).day - origin,
        start=start,
        truth=np.concatenate([part[2] for part in parts]),
        price={model: table[0] for model, table in joined.items()},
        quantiles={model: dict(zip(levels[model], joined[model][1:], strict=True)) for model in models},
        untrue=untrue,
        untold=untold,
    )


def common_levels(
    whole: Mapping[date, Mapping[str, Told]], models: Sequence[str]
) -> dict[str, tuple[float, ...]]:
    """By model the quantile levels told at all origins, sorted."""
    return {
        model: tuple(sorted(set.intersection(*(set(told[model].quantiles) for told in whole.values()))))
        for model in models
    }


def truth_of(truth: Series, starts: IntArray) -> FloatArray:
    """Hourly mean of the truth at hour starts, NaN where a part is not known."""
    if len(starts) == 0:
        return np.zeros(0)
    window = Window(moment(int(starts[0])), moment(int(starts[-1]) + 60 * HOUR))
    hourly = on_grid(truth.within(window), window, HOUR)
    found: FloatArray = hourly[(starts - starts[0]) // (60 * HOUR)]
    return found


def told_row(scored: Scored, model: str, told: Sequence[Told]) -> Row:
    """How a model answered, and how long it took."""
    otherwise = [one.label for one in told if one.label != model]
    learnings = [one.fit_seconds for one in told if one.fit_seconds]
    return {
        "model": model,
        "told_otherwise": len(otherwise),
        "told_otherwise_as": otherwise[0] if otherwise else None,
        "levels": [round(level, LEVEL_DIGITS) for level in scored.quantiles[model]],
        "fit_seconds": number(float(np.median(learnings or [0.0]))),
        "predict_seconds": number(float(np.median([one.predict_seconds for one in told]))),
    }


def model_rows(scored: Scored, every: int) -> dict[str, Row]:
    """By model the figures over OVERALL and over all lead days, by lead day and by quarter of delivery."""
    overall = (scored.lead >= OVERALL[0]) & (scored.lead <= OVERALL[1])
    leads = [int(lead) for lead in np.unique(scored.lead)]
    quarters = quarters_of(scored.start)
    named = np.unique(quarters).tolist()
    found = {}
    for model in scored.price:
        reach = steps(OVERALL[1], every)
        found[model] = {
            "overall": figures(scored, model, overall, reach),
            "all_leads": figures(scored, model, scored.lead > 0, steps(max(leads, default=1), every)),
            "leads": [
                {"lead": lead, **figures(scored, model, scored.lead == lead, steps(lead, every))}
                for lead in leads
            ],
            "quarters": [
                {"quarter": name, **figures(scored, model, overall & (quarters == name), reach)}
                for name in named
            ],
        }
    return found


def quarters_of(starts: IntArray) -> TextArray:
    """Quarter of the year of hours' local days, e.g. `2026Q1`."""
    known, place = np.unique(local_slots(starts).day, return_inverse=True)
    days = [date.fromordinal(day) for day in known.tolist()]
    return np.array([f"{day.year}Q{(day.month + 2) // 3}" for day in days], np.str_)[place]


def steps(lead: int, every: int) -> int:
    """Origins that a forecast of so many days reaches over."""
    return -(-lead // every)


def figures(scored: Scored, model: str, rows: BoolArray, horizon: int) -> Row:
    """Scores of a model on some of the hours."""
    truth, price = scored.truth[rows], scored.price[model][rows]
    low, dear = truth <= 0, scored.dear[rows]
    quantiles = {level: told[rows] for level, told in scored.quantiles[model].items()}
    found: dict[str, float] = {
        "mae": scores.mean_absolute_error(truth, price),
        "rmse": scores.root_mean_square_error(truth, price),
        "rmae_week": scores.relative_mae(truth, price, scored.price[WEEK][rows]),
        "rmae_kind": scores.relative_mae(truth, price, scored.price[OF_KIND][rows]),
        "dm_p": better_p(scored, model, rows, horizon),
        "pinball": scores.pinball(truth, scores.at_levels(quantiles, scores.NINE)),
        "mae_not_above_zero": scores.mean_absolute_error(truth[low], price[low]),
        "mae_dearest": scores.mean_absolute_error(truth[dear], price[dear]),
    }
    for name, (bottom, top) in BANDS.items():
        if bottom in quantiles and top in quantiles:
            band = quantiles[bottom], quantiles[top]
            found[f"coverage_{name}"] = scores.band_coverage(truth, *band)
            found[f"width_{name}"] = scores.band_width(*band)
    counts = {
        "hours": int(rows.sum()),
        "hours_not_above_zero": int(low.sum()),
        "hours_dearest": int(dear.sum()),
    }
    return counts | {name: number(value) for name, value in found.items()}


def better_p(scored: Scored, model: str, rows: BoolArray, horizon: int) -> float:
    """p-value that the model is no better than naive-kind, on the mean absolute error of each origin."""
    if model == OF_KIND:
        return float("nan")
    place = np.unique(scored.origin[rows], return_inverse=True)[1]
    count = np.bincount(place)
    own, reference = (
        np.bincount(place, np.abs(scored.truth[rows] - scored.price[name][rows])) / np.maximum(count, 1)
        for name in (model, OF_KIND)
    )
    return scores.diebold_mariano(own, reference, horizon)


def number(value: float) -> float | None:
    """Six digits of a figure, None where there is none."""
    return float(f"{value:.6g}") if np.isfinite(value) else None
