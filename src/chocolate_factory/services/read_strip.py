"""The price curve under the plan: published slots, then the stored forecast to show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, Origin
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, local_date, local_midnight, moment
from chocolate_factory.domain.splice import splice
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.services.forecast_prices import stored_forecast
from chocolate_factory.services.pose_problem import series_shown
from chocolate_factory.services.rate_prices import level_bounds, levels, stack_over

Row = dict[str, Any]

MARKET_DECIMALS, PAID_DECIMALS = 3, 6
"""Of what is computed, EUR/MWh and EUR/kWh: less than a thousandth of a cent per kWh is noise."""


def price_strip(ports: Ports, now: datetime, end: datetime | None) -> Row:
    """Prices from local midnight of today to `end` (at least two days); slots that nobody knows are left out.

    The band is passed through the same price stack as the price. A published price is as it was stored;
    what is computed is rounded to `MARKET_DECIMALS` and `PAID_DECIMALS`.
    """
    zone = ports.factory.site.timezone
    series = series_shown(ports.factory)
    first = local_midnight(local_date(now, zone), zone)
    window = Window(first, max(end or first, first + timedelta(days=2)))
    forecast = stored_forecast(ports.store, series, now, serving_model(ports, series))
    shown = splice(ports.store.read(series, window, now), forecast, window)
    known = ~np.isnan(shown.price)
    starts = shown.start[known]
    stack, low, high = (
        stack_over(ports, starts, series, column[known]) for column in (shown.price, shown.p10, shown.p90)
    )
    slot = timedelta(minutes=PLAN_MINUTES)
    bounds = level_bounds(ports, series, now - (now - first) % slot)
    computed = shown.origin[known] == str(Origin.FORECAST)
    columns: dict[str, list[Any]] = {
        "start": [moment(start) for start in starts],
        "origin": [str(origin) for origin in shown.origin[known]],
        **{
            name: rounded_where(computed, column[known])
            for name, column in (("price_eur_mwh", shown.price), ("p10", shown.p10), ("p90", shown.p90))
        },
        "all_in_eur_kwh": stack.all_in_eur_kwh.round(PAID_DECIMALS).tolist(),
        "all_in_p10_eur_kwh": low.all_in_eur_kwh.round(PAID_DECIMALS).tolist(),
        "all_in_p90_eur_kwh": high.all_in_eur_kwh.round(PAID_DECIMALS).tolist(),
        "period": [f"P{period}" for period in stack.periods],
        "level": [None] * len(starts) if bounds is None else levels(stack.all_in_eur_kwh, bounds),
    }
    points = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    model = forecast.model if forecast else ""
    return {"series": series, "model": model, "resolution_min": PLAN_MINUTES, "points": points}


def rounded_where(computed: NDArray[np.bool_], price_eur_mwh: FloatArray) -> list[float]:
    """Prices, those that were computed rounded."""
    found: list[float] = np.where(computed, price_eur_mwh.round(MARKET_DECIMALS), price_eur_mwh).tolist()
    return found


def price_now(strip: Row | None, now: datetime) -> Row:
    """Price and level of the slot that `now` is in."""
    slot = timedelta(minutes=PLAN_MINUTES)
    here = (
        next((p for p in strip["points"] if p["start"] <= now < p["start"] + slot), None) if strip else None
    )
    return {
        "price_now_eur_kwh": here["all_in_eur_kwh"] if here else None,
        "level_now": here["level"] if here else None,
    }
