"""Tomorrow's PVPC once its spot price is known: tolls and charges computed, only the rest is forecast.

RD 216/2014 arts. 7-12: the price is access tolls and charges of the period, plus losses on spot price,
futures basket, adjustment services and fees. The basket's part is linear in the day's mean spot price within
a month, the rest changes slowly; a ridge by hour with short memory learns both from the newest weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from chocolate_factory.domain.day_kinds import DayKind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import IntArray, Window, local_midnight
from chocolate_factory.domain.tariff.calendar import energy_periods, local_slots
from chocolate_factory.domain.tariff.tables import by_slot
from chocolate_factory.domain.tariff.tables_access import ENERGY_CHARGES, ENERGY_TOLLS
from chocolate_factory.infrastructure.forecasters.days import HOURS, DayTable
from chocolate_factory.infrastructure.forecasters.features import LOOK_BACK
from chocolate_factory.infrastructure.forecasters.linear import FOLDS, GAP_DAYS, Linear, fit_linear
from chocolate_factory.infrastructure.forecasters.supply import mended

TARIFF = "2.0TD"
LOSSES = 1.17
"""About what one EUR/MWh of spot price adds at the meter; what it misses is learnt."""

PENALTY, HALF_LIFE_DAYS, LEARN_DAYS, ENOUGH_DAYS = 0.02, 40.0, 365, 45
MEAN_OF_FIVE = 4
"""Column of the rest's mean of five days, from which the ridge deviates."""


def tolls_and_charges(first: int, days: int) -> tuple[FloatArray, IntArray]:
    """EUR/MWh and period (days, 24) of local days from an ordinal on; a skipped hour is as the one before."""
    window = Window(
        local_midnight(date.fromordinal(first), MARKET_ZONE),
        local_midnight(date.fromordinal(first + days), MARKET_ZONE),
    )
    starts = window.starts(60)
    slots, periods = local_slots(starts), energy_periods(TARIFF, starts)
    value = np.full((days, HOURS), np.nan)
    period = np.zeros((days, HOURS), np.int64)
    sums = [by_slot(table[TARIFF], slots.day, periods)[0] for table in (ENERGY_TOLLS, ENERGY_CHARGES)]
    value[slots.day - first, slots.hour] = sums[0] + sums[1]
    period[slots.day - first, slots.hour] = periods
    for row, hour in np.argwhere(np.isnan(value)).tolist():
        value[row, hour], period[row, hour] = value[row, hour - 1], period[row, hour - 1]
    return value, period


@dataclass(frozen=True, eq=False)
class Parts:
    """By rows of a table (days, 24): tolls and charges, their period, spot price, and what is left of PVPC.

    `rest` is PVPC less tolls, charges and LOSSES · spot, EUR/MWh, with holes as the table fills them.
    """

    access: FloatArray
    period: IntArray
    spot: FloatArray
    rest: FloatArray


def parts_of(table: DayTable) -> Parts | None:
    """Parts of all days up to the one after the last known; None without spot prices."""
    if "spot" not in table.beside:
        return None
    days = table.last + 2
    spot = mended(table.beside["spot"][:days])
    access, period = tolls_and_charges(table.first, days)
    return Parts(access, period, spot, table.filled[: days - 1] - (access + LOSSES * spot)[: days - 1])


def inputs_of(table: DayTable, parts: Parts, row: int) -> FloatArray:
    """Inputs (24, columns) of a day: its spot price, the rest of earlier days, periods and kinds of day."""
    if row <= LOOK_BACK:
        return np.full((HOURS, 1), np.nan)
    spot, rest = parts.spot, parts.rest
    kind = table.previous(row, row - 1)
    past = [rest[row - 1], rest[row - 2], rest[row - 7], rest[kind]]
    means = [rest[row - 5 : row].mean(axis=0), rest[row - 28 : row].mean(axis=0)]
    hourly = [
        spot[row], spot[row] - spot[row - 1], *past[:2], means[0], *past[2:], means[1],
        parts.period[row] == 1, parts.period[row] == 2,
    ]  # fmt: skip
    mean = spot.mean(axis=1)
    kinds, before = table.kinds[row], table.kinds[row - 1]
    daily = [
        mean[row], mean[row] - mean[row - 1], mean[row] - mean[row - 7 : row].mean(),
        past[0].mean(), past[1].mean(), means[0].mean(), means[1].mean(),
        spot[row].min(), spot[row].max(), spot[row].std(),
        kinds == DayKind.SATURDAY, kinds == DayKind.REST, before == DayKind.SATURDAY, before == DayKind.REST,
    ]  # fmt: skip
    return np.column_stack([*hourly, np.tile(np.array(daily, np.float64), (HOURS, 1))])


@dataclass(frozen=True, eq=False)
class Regulated:
    """A ridge for the rest of tomorrow's PVPC."""

    linear: Linear

    def price(self, table: DayTable, row: int) -> FloatArray:
        """Prices (24,) of the day in a row of the table, NaN where its spot price or a day before lacks."""
        parts = parts_of(table) if row == table.last + 1 else None
        if parts is None:
            return np.full(HOURS, np.nan)
        inputs = inputs_of(table, parts, row)
        price: FloatArray = parts.access[row] + LOSSES * parts.spot[row] + self.linear.price(inputs[None])[0]
        return price


def learn(table: DayTable) -> tuple[Regulated | None, FloatArray]:
    """Model, and errors (days, 24) of models that did not see the day; None under ENOUGH_DAYS such days."""
    errors = np.full((table.last + 1, HOURS), np.nan)
    parts = parts_of(table)
    if parts is None:
        return None, errors
    rows = np.arange(max(LOOK_BACK + 1, table.last + 1 - LEARN_DAYS), table.last + 1)
    inputs = np.array([inputs_of(table, parts, row) for row in rows.tolist()]).reshape(len(rows), HOURS, -1)
    usable = np.isfinite(inputs).all(axis=(1, 2))
    rows, inputs = rows[usable], inputs[usable]
    if len(rows) < ENOUGH_DAYS:
        return None, errors
    truth = table.known[rows] - (parts.access + LOSSES * parts.spot)[rows]
    fold = np.arange(len(rows)) * FOLDS // len(rows)
    for number in range(FOLDS):
        held = fold == number
        seen = (rows < rows[held][0] - GAP_DAYS) | (rows > rows[held][-1] + GAP_DAYS)
        # Its own memory: what is held out counts days from its own middle.
        model = _fit(rows[seen], inputs[seen], truth[seen], int(np.median(rows[held])))
        errors[rows[held]] = truth[held] - model.price(inputs[held])
    return Regulated(_fit(rows, inputs, truth, table.last)), errors


def _fit(rows: IntArray, inputs: FloatArray, truth: FloatArray, now: int) -> Linear:
    weight = 0.5 ** (np.abs(now - rows) / HALF_LIFE_DAYS)
    return fit_linear(inputs, truth, weight, PENALTY, MEAN_OF_FIVE)
