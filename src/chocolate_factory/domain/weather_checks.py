"""One answer about the weather tells several quantities: they are trusted together or not at all.

A station or a server that is wrong is wrong in all it says, and some faults show in one quantity only: a
frozen temperature beside a rain of zero, a pressure of zero beside a temperature of zero. Thresholds are
readings of hourly weather of Linares and Andújar: twelve equal hours of temperature, pressure or wind do not
occur, and nine of ten values do not return to the tenth after a day. `CLOSER` was tried on 600
random nights of Linares with simulated errors of forecast (0.6 °C, growing by 0.25 °C a day): no good
forecast fell below it, five that were a day old rose above.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.publication import by_day, source_name
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.series_info import DAY_MINUTES, Kind
from chocolate_factory.domain.slots import day_window, epoch
from chocolate_factory.domain.validation import SAME, SAME_SHARE, out_of_bounds

REPEATED = "its values are those of the day before"
DAY_SECONDS = 86400
FROZEN_ROWS = 12
LEAST_REPEATED = 3
LEAST_SHIFTED, COMPARED_HOURS, CLOSER, SOFTENED = 12, 48, 0.78, 0.05
YOUNG_ISSUE = 36 * 3600


def weather_fault(answers: Mapping[str, Series], before: Mapping[str, Series]) -> str | None:
    """Why one source's answer (series by key) cannot be trusted, or None.

    `before` are stored rows of the same series from a day earlier on. Looked for: slots twice or off the
    grid, values out of bounds, quantities that never change, the day before again under new times.
    """
    told = {key: rows for key, rows in answers.items() if len(rows)}
    for rows in told.values():
        reason = _shape(rows) or out_of_bounds(rows) or _frozen(rows)
        if reason:
            return f"{rows.key}: {reason}"
    if _disordered(told):
        return "least, mean and greatest temperature of a day are not in that order"
    if _repeated(told, before):
        return REPEATED
    if any(CATALOG[key].kind is Kind.FORECAST for key in told) and _behind(told, before):
        return "it is closer to the former forecast of the day before than to that of the day itself"
    return None


def _shape(rows: Series) -> str | None:
    gaps = np.diff(rows.start)
    if np.any(gaps == 0):
        return f"{int(np.sum(gaps == 0))} slots are given twice"
    info = CATALOG[rows.key]
    if info.step == DAY_MINUTES:
        off = any(
            rows.start[span][0] != epoch(day_window(day, info.zone).start)
            for day, span in by_day(rows.start, info.zone)
        )
    else:
        off = bool(np.any(rows.start % 3600) or np.any(rows.minutes != info.step))
    return "its slots are not those of the series" if off else None


def _frozen(rows: Series) -> str | None:
    """Many equal values; rain, and radiation at night, may well be zero all along, and fog 100 % wet."""
    value = rows.value
    if len(rows) < FROZEN_ROWS or np.ptp(value) > 0:
        return None
    may_rest = "rain" in rows.key or ("radiation" in rows.key and len(rows) < 24)
    in_fog = "humidity" in rows.key and value[0] == 100
    if in_fog or (may_rest and value[0] == 0):
        return None
    return f"all {len(rows)} values are {value[0]:g}"


def _repeated(told: Mapping[str, Series], before: Mapping[str, Series]) -> bool:
    """Whether nearly all values are what the same source said of a day earlier; zeros tell nothing."""
    equal = compared = 0
    for key, rows in told.items():
        earlier = before.get(key)
        if earlier is None or len(earlier) == 0:
            continue
        names = {source_name(text) for text in np.unique(rows.source)}
        own = np.array([source_name(text) in names for text in earlier.source], bool)
        old = _at(earlier.take(own), rows.start - DAY_SECONDS)
        known = ~np.isnan(old) & (np.abs(rows.value) > SAME)
        compared += int(known.sum())
        equal += int(np.sum(np.abs(rows.value - old)[known] < SAME))
    return compared >= LEAST_REPEATED and equal >= SAME_SHARE * compared


def _disordered(told: Mapping[str, Series]) -> bool:
    """Whether a day's least, mean and greatest temperature do not ascend; no day has only one temperature."""
    rows = [told.get(f"climate_temperature_{name}") for name in ("min", "mean", "max")]
    if rows[0] is None or rows[2] is None:
        return False
    least, greatest = rows[0].value, _at(rows[2], rows[0].start)
    mean = _at(rows[1], rows[0].start) if rows[1] is not None else np.full(len(least), np.nan)
    return bool(np.any(greatest <= least) or np.any(mean < least) or np.any(mean > greatest))


def _behind(told: Mapping[str, Series], before: Mapping[str, Series]) -> bool:
    """Whether a forecast agrees better with the former one when that is moved on by a day.

    Successive forecasts of one hour differ by less than weather does from day to day. The mean over the
    quantities of log(distance when moved / distance as it is), of the first two days and of former hours
    issued shortly before, is held against log `CLOSER`; rain tells too little.
    """
    ratios = []
    for key, whole in told.items():
        if "rain" in key or key not in before:
            continue
        rows = whole.take(whole.start < whole.start[0] + COMPARED_HOURS * 3600)
        former = before[key].take(before[key].available_at >= rows.available_at[0] - YOUNG_ISSUE)
        same, moved = (_at(former, rows.start - shift) for shift in (0, DAY_SECONDS))
        both = ~np.isnan(same) & ~np.isnan(moved) & (np.abs(rows.value) > SAME)
        if int(both.sum()) >= LEAST_SHIFTED:
            direct, shifted = (float(np.mean(np.abs(rows.value - old)[both])) for old in (same, moved))
            ratios.append(np.log((shifted + SOFTENED) / (direct + SOFTENED)))
    return bool(ratios) and float(np.mean(ratios)) < np.log(CLOSER)


def _at(series: Series, starts: np.ndarray) -> FloatArray:
    """Values of the slots that start at the given epoch seconds, NaN where there is none."""
    found = np.full(len(starts), np.nan)
    if len(series) == 0:
        return found
    index = np.minimum(np.searchsorted(series.start, starts), len(series) - 1)
    hit = series.start[index] == starts
    found[hit] = series.value[index][hit]
    return found
