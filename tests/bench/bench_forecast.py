"""What a forecast costs: fit on one and two years, predict a week, and the ratio to naive-kind in one run."""

from __future__ import annotations

import time
from datetime import date, timedelta

from chocolate_factory.infrastructure.forecasters import FORECASTERS
from tests.unit.forecasters.samples import at_gate, days_after, history

TODAY = date(2026, 3, 10)


def rows() -> list[tuple[str, float, str]]:
    """(name, value, unit) of each measurement on invented prices."""
    found: list[tuple[str, float, str]] = []
    for years in (1, 2):
        prices = history("spot", TODAY - timedelta(days=365 * years), 365 * years + 2)
        fits: dict[str, float] = {}
        for name, build in FORECASTERS.items():
            start = time.perf_counter()
            fitted = build().fit(prices, at_gate("spot", TODAY))
            middle = time.perf_counter()
            fitted.predict(days_after(TODAY, 2, 8))
            end = time.perf_counter()
            fits[name] = middle - start
            found += [
                (f"forecast: {name}, fit on {years} y", middle - start, "s"),
                (f"forecast: {name}, predict 168 h after {years} y", 1000 * (end - middle), "ms"),
            ]
        ratio = fits["boosting"] / fits["naive-kind"]
        found.append((f"forecast: boosting to naive-kind, fit on {years} y", ratio, "x"))
    return found
