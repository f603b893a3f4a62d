"""Prices of a window as known now: published slots first, the forecast with its band after them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Forecaster, Known, Learnt, Record, Store
from chocolate_factory.domain.series import Series, on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, epoch, hours_over, local_iso, moment
from chocolate_factory.domain.splice import splice

KIND = "forecast"
HISTORY_DAYS = 730
PUBLISHED_AHEAD = timedelta(days=3)
"""Longer than any market publishes ahead: all that is known by `now` lies before `now` plus this."""

LOOKS = (2, 20, 200, 2000)
"""How many newest records are read at a time to find one of a series: the newest is nearly always first."""

QUANTILES = {"p05": 0.05, "p10": 0.1, "p50": 0.5, "p90": 0.9, "p95": 0.95}
"""Quantiles that the JSON has; records of earlier versions lack the outer two."""

NO_MODEL = "published prices"

WEEK = timedelta(days=7, hours=-2)
"""How long after its issue the last slot of a forecast of a week starts at least, be it in spring."""

FRESH = timedelta(hours=36)
"""Age up to which a stored forecast is advised from, and one of a week comes before a newer one of less."""


@dataclass(frozen=True)
class ForecastRequest:
    """Which prices, on which grid, and how many days back a model learns from."""

    series: str
    window: Window
    minutes: int = PLAN_MINUTES
    history_days: int = HISTORY_DAYS


Weights = Callable[[str, str, datetime], Learnt | None]
"""What a model has learnt for a series, as it may be used at a moment; None to learn afresh."""

Reader = Callable[[str, Window], Series]
"""All knowledge of the slots of a series in a window, as `Store.revisions`."""


def nothing_learnt(model: str, series: str, now: datetime) -> None:
    """`Weights` that keep none: every forecast learns afresh."""


def forecast_prices(
    request: ForecastRequest,
    store: Store,
    forecaster: Forecaster,
    now: datetime,
    weights: Weights = nothing_learnt,
) -> Forecast:
    """Every slot of the window, stored as a record of kind "forecast". See `make_forecast`."""
    result = make_forecast(request, store.revisions, forecaster, now, weights)
    _save(store, result)
    return result


def make_forecast(
    request: ForecastRequest,
    read: Reader,
    forecaster: Forecaster,
    now: datetime,
    weights: Weights = nothing_learnt,
) -> Forecast:
    """Read history, take or learn weights, predict and splice: what is served and what is judged.

    The model learns only from what was known at `now`, and is not asked when all slots are published (then
    the model is "published prices"). Raises DataMissing where history is too short to forecast from.
    """
    known = history_then(request, read, now)
    published = known.within(hours_over(request.window))
    missing = np.isnan(on_grid(published, request.window, request.minutes))
    predicted = None
    if missing.any():
        if len(known) == 0:
            raise DataMissing(
                f"No {request.series} prices are stored of the last {request.history_days} days."
            )
        first = moment(request.window.starts(request.minutes)[missing][0])
        seen = Known(known, beside_then(request, read, forecaster, now))
        learnt = weights(forecaster.name, request.series, now) or forecaster.learn(seen, now)
        predicted = forecaster.ready(learnt, seen, now).predict(Window(first, request.window.end))
    result = replace(splice(published, predicted, request.window, request.minutes), issued_at=now)
    return result if predicted else replace(result, model=NO_MODEL)


def history_then(request: ForecastRequest, read: Reader, now: datetime) -> Series:
    """All that was known at `now`, the prices of tomorrow included, newest revision of each slot."""
    return read(request.series, reach_of(request, now)).known_at(now).latest_revision()


def beside_then(
    request: ForecastRequest, read: Reader, forecaster: Forecaster, now: datetime
) -> dict[str, Series]:
    """The series that a forecaster wants beside the price: every revision that was known at `now`."""
    keys = [key for key in forecaster.beside if key != request.series]
    return {key: read(key, reach_of(request, now)).known_at(now) for key in keys}


def reach_of(request: ForecastRequest, now: datetime) -> Window:
    """Slots that a forecast may look at: history, and as far ahead as anything is published."""
    return hours_over(
        Window(
            min(now - timedelta(days=request.history_days), request.window.start),
            max(now + PUBLISHED_AHEAD, request.window.end),
        )
    )


def _save(store: Store, forecast: Forecast) -> None:
    stamp = local_iso(forecast.issued_at, "UTC")
    name = f"{forecast.series}/{forecast.model}/{stamp}"
    store.save(Record(KIND, name, forecast.issued_at, forecast_json(forecast)))


def forecast_json(forecast: Forecast) -> dict[str, Any]:
    """The forecast as `choco forecast --json` prints it: EUR/MWh, ISO 8601 times with market offset.

    Slots that nobody knows are left out, and so are quantiles that the forecast does not tell.
    """
    named = {name: forecast.quantile(level) for name, level in QUANTILES.items() if forecast.has(level)}
    return {
        "series": forecast.series,
        "issued_at": local_iso(forecast.issued_at, MARKET_ZONE),
        "model": forecast.model,
        "resolution_min": forecast.minutes,
        "points": [
            {
                "start": local_iso(moment(start), MARKET_ZONE),
                "origin": str(origin),
                "price_eur_mwh": round(float(price), 4),
                **{name: round(float(column[slot]), 4) for name, column in named.items()},
            }
            for slot, (start, origin, price) in enumerate(
                zip(forecast.start, forecast.origin, forecast.price, strict=True)
            )
            if np.isfinite(price)
        ],
    }


def stored_forecast(
    store: Store, series: str, by: datetime | None = None, model: str = ""
) -> Forecast | None:
    """The stored forecast of a series (issued by a moment, where one is given) to show, or None.

    That is the newest, but one of the FRESH before it that tells a week comes first, best by `model`: a try
    with another model, or a plan of one day, hides nothing.
    """
    body = _chosen(store, series, by, model)
    return None if body is None else _from_json(body)


def latest_forecast(store: Store, series: str, by: datetime | None = None, model: str = "") -> dict[str, Any]:
    """The same as `stored_forecast` as JSON; raises DataMissing when there is none."""
    body = _chosen(store, series, by, model)
    if body is None:
        then = "" if by is None else f" that was issued by {by.isoformat()}"
        raise DataMissing(
            f"No forecast of {series}{then} is stored.",
            f"Run `choco forecast --series {series}` or `choco plan`.",
            cause="no_forecast",
        )
    return body


def _chosen(store: Store, series: str, by: datetime | None, model: str) -> dict[str, Any] | None:
    """The body of the record that tells most of a week and of `model`; of equal ones the newest."""
    recent: list[Record] = []
    for limit in LOOKS:
        found = store.find(KIND, limit=limit, until=by)
        mine = [record for record in found if record.body["series"] == series]
        recent = [record for record in mine if record.at >= mine[0].at - FRESH]
        if any(_worth(record, model) == 2 for record in recent):
            break
        if len(found) < limit or len(recent) < len(mine):
            break
    return dict(max(recent, key=lambda record: _worth(record, model)).body) if recent else None


def _worth(record: Record, model: str) -> int:
    """0 for a forecast of less than a week, 2 for a week by `model`, as its label names it, else 1."""
    points: Any = record.body["points"]
    if not points or datetime.fromisoformat(points[-1]["start"]) - record.at < WEEK:
        return 0
    return 2 if not model or model in re.split(r"[^\w-]+", str(record.body["model"])) else 1


def _from_json(body: Mapping[str, object]) -> Forecast:
    """The forecast that `forecast_json` wrote, with the quantiles that are there and without past errors."""
    points = cast("list[dict[str, Any]]", body["points"])
    start = np.array([epoch(datetime.fromisoformat(point["start"])) for point in points], np.int64)
    origin = np.array([point["origin"] for point in points], np.str_)
    minutes = int(cast("int", body["resolution_min"]))
    issued_at = moment(epoch(datetime.fromisoformat(str(body["issued_at"]))))
    spoken = start[origin != KIND]
    told = [name for name in QUANTILES if not points or name in points[0]]
    price, *quantiles = (
        np.array([point[name] for point in points], np.float64) for name in ("price_eur_mwh", *told)
    )
    return Forecast(
        series=str(body["series"]),
        model=str(body["model"]),
        issued_at=issued_at,
        known_until=moment(spoken.max() + 60 * minutes) if len(spoken) else issued_at,
        minutes=minutes,
        start=start,
        origin=origin,
        price=price,
        levels=tuple(QUANTILES[name] for name in told),
        quantiles=np.array(quantiles),
    )
