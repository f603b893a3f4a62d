"""From forecasts of days to a forecast of slots: the one way out of every forecaster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.forecast import LEVELS, Forecast, PastErrors, ordered
from chocolate_factory.domain.series import FloatArray, Origin
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import IntArray, Window, days_of, epoch, hours_over, local_midnight
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.infrastructure.forecasters.bands import Band
from chocolate_factory.infrastructure.forecasters.days import (
    DAY_AHEAD,
    LEADS,
    DayTable,
    check_reach,
    lead_class,
)
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
    ahead: int = -1
    """Row of the day right after the last known one if its drivers are known: it has a band of its own."""

    def predict(self, window: Window) -> Forecast:
        """Every slot of the window in the market's resolution of its last day, origin "forecast".

        The window is widened to whole slots. An hour that comes twice has one price; the one that does not
        exist is not there. Raises DataMissing where the window reaches too far from the known days.
        """
        minutes = self._minutes(window)
        starts = hours_over(window).starts(minutes)
        starts = starts[(starts + 60 * minutes > epoch(window.start)) & (starts < epoch(window.end))]
        slots = local_slots(starts)
        rows, place = np.unique(slots.day - self.table.first, return_inverse=True)
        told = [self.of_day(row) for row in rows.tolist()]
        prices = np.array([day.price for day in told])
        places = np.array([self._place(row) for row in rows.tolist()], np.int64)
        price = prices[place, slots.hour]
        offsets = self.band.offsets[:, places[place], slots.hour]
        if minutes < 60:
            steps = self._steps(rows, prices)[place, slots.hour]
            quarter = starts // 900 % 4
            price = price + self.shape.deviation(steps, quarter)
            offsets = self.shape.widened(offsets, slots.hour, quarter)
        past = self.band.past(rows - self.table.last, places)
        notes = sorted({day.note for day in told if day.note})
        return Forecast(
            series=self.table.series,
            model=f"{self.name} ({'; '.join(notes)})" if notes else self.name,
            issued_at=self.issued_at,
            known_until=local_midnight(self.table.day(self.table.last + 1), MARKET_ZONE),
            minutes=minutes,
            start=starts,
            origin=np.full(len(starts), str(Origin.FORECAST)),
            price=price,
            levels=LEVELS,
            quantiles=ordered(price + offsets, price),
            past=PastErrors(past.ago, past.errors[:, place, slots.hour]),
        )

    def _place(self, row: int) -> int:
        """Place of a row's day in PLACES."""
        return DAY_AHEAD if row == self.ahead else lead_class(self.table.origin(row)[1])

    def _minutes(self, window: Window) -> int:
        """Resolution for a window, after checking that it can be forecast."""
        if window.start == window.end:
            raise ValueError("nothing to forecast in an empty window")
        check_reach(self.table, window.end)
        days = days_of(window, MARKET_ZONE)
        if self.table.row(days[0]) < 1:
            raise DataMissing(
                f"{self.table.series}: {days[0]} is not after {self.table.day(0)}, the first known day, "
                "and cannot be forecast."
            )
        return CATALOG[self.table.series].minutes(days[-1])

    def _steps(self, rows: IntArray, prices: FloatArray) -> FloatArray:
        """Step from the hour before and to the hour after, (days, 24, 2), the same for any window."""
        before = np.array([self._edge(row - 1, 23) for row in rows.tolist()])
        after = np.array([self._edge(row + 1, 0) for row in rows.tolist()])
        line = np.column_stack([before, prices, after])
        jumps = np.nan_to_num(np.diff(line, axis=1), nan=0.0)
        return np.stack([jumps[:, :-1], jumps[:, 1:]], axis=2)

    def _edge(self, row: int, hour: int) -> float:
        """Known or forecast price of an hour of a neighbouring day; NaN beyond the reach."""
        if row <= self.table.last:
            return float(self.table.filled[row, hour])
        return float(self.of_day(row).price[hour]) if row - self.table.last <= LEADS[-1] else np.nan
