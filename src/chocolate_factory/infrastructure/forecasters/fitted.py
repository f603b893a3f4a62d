"""From forecasts of days to a forecast of slots: the one way out of every forecaster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.catalog import CATALOG, MARKET_ZONE
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.series import FloatArray, Origin
from chocolate_factory.domain.slots import Window, days_of, hours_over, local_midnight
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.infrastructure.forecasters.bands import Band
from chocolate_factory.infrastructure.forecasters.days import DayTable, check_reach, lead_class
from chocolate_factory.infrastructure.forecasters.quarters import QuarterShape


@dataclass(frozen=True, eq=False)
class DayForecast:
    """24 hourly prices of a local day, EUR/MWh; `note` says what a model had to do without."""

    price: FloatArray
    note: str = ""


OfDay = Callable[[int], DayForecast]
"""The forecast of the day in a row of the table."""


@dataclass(frozen=True, eq=False)
class FittedDays:
    """A model of whole days, ready to speak in slots. See `Fitted`."""

    name: str
    issued_at: datetime
    table: DayTable
    band: Band
    shape: QuarterShape
    of_day: OfDay

    def predict(self, window: Window) -> Forecast:
        """Every slot of the window in the market's resolution of its last day, origin "forecast".

        The window is widened to whole slots. An hour that comes twice has one price; the one that does not
        exist is not there. Raises DataMissing where the window reaches too far from the known days.
        """
        if window.start == window.end:
            raise ValueError("nothing to forecast in an empty window")
        check_reach(self.table, window.end)
        days = days_of(window, MARKET_ZONE)
        minutes = CATALOG[self.table.series].minutes(days[-1])
        starts = hours_over(window).starts(minutes)
        starts = starts[
            (starts + 60 * minutes > window.start.timestamp()) & (starts < window.end.timestamp())
        ]
        slots = local_slots(starts)
        rows = {int(day): int(day) - self.table.first for day in np.unique(slots.day)}
        self._check_start(min(rows.values()))
        told = {day: self.of_day(row) for day, row in rows.items()}
        price = np.array([told[day].price[hour] for day, hour in zip(slots.day, slots.hour, strict=True)])
        leads = np.array([lead_class(self.table.origin(rows[int(day)])[1]) for day in slots.day], np.int64)
        low, high = self.band.low[leads, slots.hour], self.band.high[leads, slots.hour]
        if minutes == 15:
            quarter = starts // 900 % 4
            price = price + self.shape.deviation[slots.hour, quarter]
            spread = self.shape.spread[slots.hour, quarter]
            low, high = -np.hypot(low, spread), np.hypot(high, spread)
        notes = sorted({told[day].note for day in rows if told[day].note})
        return Forecast(
            series=self.table.series,
            model=f"{self.name} ({'; '.join(notes)})" if notes else self.name,
            issued_at=self.issued_at,
            known_until=local_midnight(self.table.day(self.table.last + 1), MARKET_ZONE),
            minutes=minutes,
            start=starts,
            origin=np.full(len(starts), str(Origin.FORECAST)),
            price=price,
            p10=price + low,
            p50=price,
            p90=price + high,
        )

    def _check_start(self, row: int) -> None:
        if row < 1:
            raise DataMissing(
                f"{self.table.series}: {self.table.day(row)} lies before the first known day, "
                f"{self.table.day(0)}; it cannot be forecast."
            )
