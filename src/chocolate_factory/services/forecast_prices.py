"""Prices of a window as known now: published slots first, the forecast with its band after them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Forecaster, Record, Store
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

NO_MODEL = "published prices"


@dataclass(frozen=True)
class ForecastRequest:
    """Which prices, on which grid, and how many days back a model learns from."""

    series: str
    window: Window
    minutes: int = PLAN_MINUTES
    history_days: int = HISTORY_DAYS


def forecast_prices(
    request: ForecastRequest, store: Store, forecaster: Forecaster, now: datetime
) -> Forecast:
    """Every slot of the window, stored as a record of kind "forecast".

    The model learns only from what the store knew at `now`, and is not asked when all slots are published
    (then the model is "published prices"). Raises DataMissing where history is too short to forecast from.
    """
    known = _history(request, store, now)
    published = known.within(hours_over(request.window))
    missing = np.isnan(on_grid(published, request.window, request.minutes))
    predicted = None
    if missing.any():
        if len(known) == 0:
            raise DataMissing(
                f"No {request.series} prices are stored of the last {request.history_days} days."
            )
        first = moment(request.window.starts(request.minutes)[missing][0])
        predicted = forecaster.fit(known, now).predict(Window(first, request.window.end))
    result = replace(splice(published, predicted, request.window, request.minutes), issued_at=now)
    if predicted is None:
        result = replace(result, model=NO_MODEL)
    _save(store, result)
    return result


def _history(request: ForecastRequest, store: Store, now: datetime) -> Series:
    """All that was known at `now`, the prices of tomorrow included, newest revision of each slot."""
    reach = Window(
        min(now - timedelta(days=request.history_days), request.window.start),
        max(now + PUBLISHED_AHEAD, request.window.end),
    )
    return store.read(request.series, hours_over(reach), now)


def _save(store: Store, forecast: Forecast) -> None:
    stamp = local_iso(forecast.issued_at, "UTC")
    name = f"{forecast.series}/{forecast.model}/{stamp}"
    store.save(Record(KIND, name, forecast.issued_at, forecast_json(forecast)))


def forecast_json(forecast: Forecast) -> dict[str, Any]:
    """The forecast as `choco forecast --json` prints it: EUR/MWh, ISO 8601 times with market offset.

    Slots that nobody knows are left out.
    """
    columns = (forecast.start, forecast.origin, forecast.price, forecast.p10, forecast.p50, forecast.p90)
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
                "p10": round(float(p10), 4),
                "p50": round(float(p50), 4),
                "p90": round(float(p90), 4),
            }
            for start, origin, price, p10, p50, p90 in zip(*columns, strict=True)
            if np.isfinite(price)
        ],
    }


def stored_forecast(store: Store, series: str) -> Forecast | None:
    """The newest stored forecast of a series, or None."""
    body = _newest(store, series)
    return None if body is None else _from_json(body)


def latest_forecast(store: Store, series: str) -> dict[str, Any]:
    """The newest stored forecast of a series as JSON; DataMissing when there is none."""
    body = _newest(store, series)
    if body is None:
        raise DataMissing(
            f"No forecast of {series} is stored.", f"Run `choco forecast --series {series}` or `choco plan`."
        )
    return body


def _newest(store: Store, series: str) -> dict[str, Any] | None:
    for limit in LOOKS:
        found = store.find(KIND, limit=limit)
        for record in found:
            if record.body["series"] == series:
                return dict(record.body)
        if len(found) < limit:
            return None
    return None


def _from_json(body: Mapping[str, object]) -> Forecast:
    """Inverse of `forecast_json`."""
    points = cast("list[dict[str, Any]]", body["points"])
    start = np.array([epoch(datetime.fromisoformat(point["start"])) for point in points], np.int64)
    origin = np.array([point["origin"] for point in points], np.str_)
    minutes = int(cast("int", body["resolution_min"]))
    issued_at = moment(epoch(datetime.fromisoformat(str(body["issued_at"]))))
    spoken = start[origin != KIND]
    price, p10, p50, p90 = (
        np.array([point[name] for point in points], np.float64)
        for name in ("price_eur_mwh", "p10", "p50", "p90")
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
        p10=p10,
        p50=p50,
        p90=p90,
    )
