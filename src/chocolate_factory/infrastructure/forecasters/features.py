"""What a model sees of a day to forecast: one function for learning and for forecasting.

All from the filled day table up to the origin row, and from the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.day_kinds import DayKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.infrastructure.forecasters.bands import YEAR
from chocolate_factory.infrastructure.forecasters.days import HOURS, DayTable

LOOK_BACK = 28
"""Days before the origin that must exist."""


@dataclass(frozen=True, eq=False)
class DayInputs:
    """Inputs of one day, EUR/MWh but for the calendar.

    `hourly` (24, 9): the hour's price on the origin day and the two before, in the same week day's last two
    occurrences, on the last day of the kind, in the mean of the last three of the kind, of 7 and of 28 days.
    `level` (12): daily means of seven of these, the origin day's price at 23, 20 and 13 o'clock, its lowest
    and its highest. `calendar` (8): kinds of the day and of the origin day, season, Monday, Friday.
    """

    hourly: FloatArray
    level: FloatArray
    calendar: FloatArray

    def matrix(self) -> FloatArray:
        """Shape (24, 29): one row an hour."""
        same = np.concatenate([self.level, self.calendar])
        return np.concatenate([self.hourly, np.tile(same, (HOURS, 1))], axis=1)


OF_KIND = 5
"""Column of the hour's price on the last day of the same kind: the level from which models deviate."""

WEEK_MEAN = 14
"""Column of the mean of the last seven days."""

CALENDAR = slice(21, 29)
COLUMNS = 29


def day_inputs(table: DayTable, row: int, origin: int) -> DayInputs:
    """Inputs for the day in `row`, using days up to `origin` only; NaN where history does not reach."""
    price = table.filled[: origin + 1]
    week = row - 7 * max(1, -(-(row - origin) // 7))
    kinds = [table.previous(row, origin)]
    for _ in range(2):
        kinds.append(table.previous(row, kinds[-1] - 1))
    hourly = np.full((HOURS, 9), np.nan)
    if origin >= LOOK_BACK and kinds[-1] >= 0:
        lags = (price[origin], price[origin - 1], price[origin - 2], price[week], price[week - 7])
        means = (price[kinds].mean(0), price[-7:].mean(0), price[-28:].mean(0))
        hourly = np.stack([*lags, price[kinds[0]], *means], axis=1)
    day = hourly.mean(axis=0)[[0, 1, 2, 3, OF_KIND, 7, 8]]
    newest = hourly[:, 0]
    level = np.array([*day, newest[23], newest[20], newest[13], newest.min(), newest.max()])
    return DayInputs(hourly, level, _calendar(table, row, origin))


def _calendar(table: DayTable, row: int, origin: int) -> FloatArray:
    angle = 2 * np.pi * table.day(row).timetuple().tm_yday / YEAR
    # plain numbers: numpy's take 15 microseconds to be compared with a member of an enumeration
    kind, before, weekday = int(table.kinds[row]), int(table.kinds[origin]), int(table.weekdays[row])
    flags = (
        kind == DayKind.SATURDAY, kind == DayKind.REST,
        before == DayKind.SATURDAY, before == DayKind.REST,
    )  # fmt: skip
    return np.array([*flags, np.sin(angle), np.cos(angle), weekday == 0, weekday == 4], np.float64)


@dataclass(frozen=True, eq=False)
class Examples:
    """Past days to learn one lead from: rows (n,), inputs (n, 24, COLUMNS), truth (n, 24) with NaN."""

    rows: IntArray
    inputs: FloatArray
    truth: FloatArray


def examples(table: DayTable, lead: int) -> Examples:
    """Every past day whose inputs at that lead are all there."""
    rows = np.arange(LOOK_BACK + lead, table.last + 1)
    inputs = np.array([day_inputs(table, row, row - lead).matrix() for row in rows.tolist()])
    inputs = inputs.reshape(-1, HOURS, COLUMNS)
    usable = np.isfinite(inputs).all(axis=(1, 2))
    return Examples(rows[usable], inputs[usable], table.known[rows[usable]])
