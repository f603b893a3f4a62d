"""Five price levels relative to what the site paid in the last 30 days."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, on_grid
from chocolate_factory.domain.slots import PLAN_MINUTES, IntArray, Window, hours_over
from chocolate_factory.domain.tariff.stack import Market, PriceStack, price_stack

LEVELS = ("very_low", "low", "normal", "high", "very_high")
CUTS = (0.2, 0.4, 0.6, 0.8)
LOOK_BACK = timedelta(days=30)


def stack_over(ports: Ports, starts: IntArray, series: str, price_eur_mwh: FloatArray) -> PriceStack:
    """What the site pays in slots with known market prices; `starts` are epoch seconds (n,)."""
    market = Market(**{series: price_eur_mwh})
    return price_stack(ports.factory.contract, starts, PLAN_MINUTES, market)


def level_bounds(ports: Ports, series: str, until: datetime) -> FloatArray | None:
    """The four bounds between the levels, EUR/kWh, from the published slots of the 30 days before `until`.

    None where fewer than a week of slots is known.
    """
    window = Window(until - LOOK_BACK, until)
    price = on_grid(ports.store.read(series, hours_over(window), ports.clock()), window, PLAN_MINUTES)
    known = ~np.isnan(price)
    if known.sum() < 7 * 96:
        return None
    paid = stack_over(ports, window.starts(PLAN_MINUTES)[known], series, price[known])
    return np.quantile(paid.all_in_eur_kwh, CUTS)


def levels(paid_eur_kwh: FloatArray, bounds: FloatArray) -> list[str]:
    """The level of each price."""
    return [LEVELS[rank] for rank in np.searchsorted(bounds, paid_eur_kwh, side="left")]
