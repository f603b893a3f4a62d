"""What the site pays per slot of some days: as published, as forecast, or as the contract says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, TextArray
from chocolate_factory.domain.slots import PLAN_MINUTES, IntArray, Window, hours_over
from chocolate_factory.domain.splice import UNKNOWN, splice
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.services.forecast_prices import stored_forecast
from chocolate_factory.services.pose_problem import SERIES_OF
from chocolate_factory.services.rate_prices import stack_over

BY_CONTRACT = "contract"


@dataclass(frozen=True, eq=False)
class PaidPrices:
    """Slots of PLAN_MINUTES of a window, arrays (T,): start (epoch seconds), origin, and prices.

    `market` EUR/MWh, `paid`, `low` and `high` (the 80 % band through the same tariff) EUR/kWh with tax, no
    VAT; NaN and the origin "" where nobody knows the price. The band of what is known is the price itself.
    `series` is None and the origin "contract" where the contract fixes the price.
    """

    series: str | None
    model: str
    window: Window
    start: IntArray
    origin: TextArray
    market: FloatArray
    paid: FloatArray
    low: FloatArray
    high: FloatArray


def paid_prices(ports: Ports, window: Window) -> PaidPrices:
    """Published slots first, then the forecast to show, both as known at `ports.clock()`."""
    series, starts = SERIES_OF.get(ports.factory.contract.kind), window.starts(PLAN_MINUTES)
    if series is None:
        nothing = np.zeros(len(starts))
        paid = stack_over(ports, starts, "spot", nothing).all_in_eur_kwh
        text = np.full(len(starts), BY_CONTRACT)
        return PaidPrices(None, "", window, starts, text, np.full(len(starts), np.nan), paid, paid, paid)
    forecast = stored_forecast(ports.store, series, ports.clock(), serving_model(ports, series))
    stored = ports.store.read(series, hours_over(window), ports.clock())
    told = splice(stored, forecast, window)
    known = told.origin != UNKNOWN
    paid, low, high = (on_site(ports, series, told, row, known) for row in (told.price, told.p10, told.p90))
    model = forecast.model if forecast else ""
    return PaidPrices(series, model, window, starts, told.origin, told.price, paid, low, high)


def on_site(
    ports: Ports, series: str, told: Forecast, price: FloatArray, known: NDArray[np.bool_]
) -> FloatArray:
    """A market price of the known slots through the tariff, NaN elsewhere."""
    result = np.full(len(price), np.nan)
    if known.any():
        result[known] = stack_over(ports, told.start[known], series, price[known]).all_in_eur_kwh
    return result
