"""When a price could be known: stamps for what a source says, and for what it says differently later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.series import FloatArray, Origin, Series, concat, empty
from chocolate_factory.domain.series_info import MARKET_ZONE, Kind, SeriesInfo
from chocolate_factory.domain.slots import (
    IntArray,
    Window,
    day_window,
    epoch,
    local_date,
    local_midnight,
    moment,
)

TOLERANCE = 0.005 + 1e-9
ASSUMED = "correction time assumed"
READ_LATE = "read after corrections"


@dataclass(frozen=True)
class Reading:
    """Who told values and when: the name, the moment, and what that source's values are.

    `first_published`: always the value as first published. `may_be_corrected`: after the correction
    moment its values may be corrected ones, and another source would know the first. `checked_at`: the
    last time that stored days were compared with the publisher's, `checked_from` the first day of it.
    """

    now: datetime
    first_published: bool = False
    may_be_corrected: bool = False
    checked_at: datetime | None = None
    checked_from: date | None = None


def ever(key: str, now: datetime) -> Window:
    """From the first day of a series to the day after tomorrow, for sources that have all its history."""
    info = CATALOG[key]
    return Window(local_midnight(info.earliest, info.zone), moment(epoch(now)) + timedelta(days=3))


def published(
    key: str, starts: Sequence[int], values: Sequence[float], source: str, origin: Origin = Origin.PUBLISHED
) -> Series:
    """Values of slots (epoch seconds, any order), each known since it was due.

    Slot lengths are the series' on that day. Duplicates stay, for the validation to see.
    """
    if not starts:
        return empty(key)
    info = CATALOG[key]
    start = np.array(starts, np.int64)
    sorting = np.argsort(start, kind="stable")
    start = start[sorting]
    minutes, due = np.zeros(len(start), np.int64), np.zeros(len(start), np.int64)
    for day, rows in by_day(start, info.zone):
        minutes[rows], due[rows] = info.minutes(day), info.due_at(start[rows], day)
    names = np.full(len(start), str(origin)), np.full(len(start), source)
    return Series(key, start, minutes, np.array(values, np.float64)[sorting], due, *names)


def by_day(start: IntArray, zone: str = MARKET_ZONE) -> Iterator[tuple[date, slice]]:
    """Local days of sorted slot starts, with the rows of each."""
    row = 0
    while row < len(start):
        day = local_date(moment(start[row]), zone)
        end = int(np.searchsorted(start, epoch(day_window(day, zone).end)))
        yield day, slice(row, end)
        row = end


def revise(told: Series, known: Series, reading: Reading) -> Series:
    """What to write of validated prices, given all revisions that are stored of their slots.

    Slots without a value get the told one, known since it was due. A value that differs from the stored
    one by more than rounding (half a cent a MWh) is a correction: known since `now` when seen live, since
    noon two days after its day when found in history, and then labelled in its source. An hourly mean
    repeated in four quarters never corrects real quarters, and real quarters replace it. Figures of the
    system are corrected only by the source they came from: two providers round and scope differently.
    """
    parts = []
    zone = CATALOG[told.key].zone
    for day, rows in by_day(told.start, zone):
        told_day = told.take(rows)
        known_day = known.within(day_window(day, zone))
        parts.append((_first if reading.first_published else _later)(day, told_day, known_day, reading))
    found = [part for part in parts if len(part)]
    return concat(found) if found else empty(told.key)


def _later(day: date, told: Series, known: Series, reading: Reading) -> Series:
    """Rows of a source whose values may be newer than the stored ones."""
    info = CATALOG[told.key]
    latest = known.latest_revision()
    old, old_at = _aligned(told, latest)
    new = np.isnan(old)
    differs = ~new & (np.abs(told.value - old) > TOLERANCE)
    at = np.where(new, told.available_at, old_at)
    source = told.source
    if info.kind is Kind.SYSTEM:
        differs &= _same_source(told, latest)
    if _is_hourly(told) and not _is_hourly(latest):
        differs &= False
    elif differs.any() and not (_is_hourly(latest) and not _is_hourly(told)):
        stamp, assumed = _correction_stamp(info, day, int(old_at[differs].max()), reading)
        at = np.where(differs, stamp, at)
        if assumed:
            source = _labelled(source, differs, ASSUMED)
    if reading.may_be_corrected and reading.now >= info.correction_seen(day):
        source = _labelled(source, new, READ_LATE)
    return Series(told.key, told.start, told.minutes, told.value, at, told.origin, source).take(new | differs)


def _first(day: date, told: Series, known: Series, reading: Reading) -> Series:
    """Rows of first published values; a stored one that differs becomes the later correction it was."""
    info = CATALOG[told.key]
    due = info.due(day)
    at_due = known.known_at(due).latest_revision()
    old, _ = _aligned(told, at_due)
    differs = ~np.isnan(old) & (np.abs(told.value - old) > TOLERANCE)
    write = told.take(np.isnan(old) | differs)
    once = ~np.isin(at_due.start, known.start[known.available_at > epoch(due)])
    moved = at_due.take(np.isin(at_due.start, told.start[differs]) & once)
    seen = info.correction_seen(day)
    if len(moved) == 0 or reading.now < seen:
        return write
    plain = np.array([str(name).partition(",")[0] for name in moved.source])
    later = Series(
        moved.key,
        moved.start,
        moved.minutes,
        moved.value,
        np.full(len(moved), epoch(seen)),
        moved.origin,
        _labelled(plain, np.ones(len(moved), bool), ASSUMED),
    )
    return concat([write, later])


def _correction_stamp(info: SeriesInfo, day: date, known_at: int, reading: Reading) -> tuple[int, bool]:
    """(when a correction could be known, whether that is assumed)."""
    seen = info.correction_seen(day)
    compared_since = (
        reading.checked_at is not None
        and reading.checked_from is not None
        and reading.checked_at >= seen
        and reading.checked_from <= day
    )
    if reading.now < seen or known_at >= epoch(seen) or compared_since:
        return epoch(reading.now), False
    return epoch(seen), True


def _aligned(told: Series, stored: Series) -> tuple[FloatArray, IntArray]:
    """Value and time of knowledge stored for each told slot of the same length, NaN and 0 without one."""
    value, at = np.full(len(told), np.nan), np.zeros(len(told), np.int64)
    if len(stored) == 0:
        return value, at
    index = np.minimum(np.searchsorted(stored.start, told.start), len(stored) - 1)
    same = (stored.start[index] == told.start) & (stored.minutes[index] == told.minutes)
    value[same], at[same] = stored.value[index][same], stored.available_at[index][same]
    return value, at


def _same_source(told: Series, stored: Series) -> NDArray[np.bool_]:
    """Whether the stored row of each told slot came from the same source."""
    names = {int(at): source_name(text) for at, text in zip(stored.start, stored.source, strict=True)}
    return np.array(
        [names.get(int(at)) == source_name(text) for at, text in zip(told.start, told.source, strict=True)]
    )


def _is_hourly(series: Series) -> bool:
    """Whether quarters only repeat one value an hour, on a whole day of quarters."""
    if len(series) < 92 or len(series) % 4 or np.any(series.minutes != 15):
        return False
    hours = series.value.reshape(-1, 4)
    return bool(np.all(np.ptp(hours, axis=1) <= TOLERANCE))


def _labelled(source: NDArray[np.str_], rows: NDArray[np.bool_], label: str) -> NDArray[np.str_]:
    return np.array(
        [f"{name}, {label}" if row else str(name) for name, row in zip(source, rows, strict=True)]
    )


def source_name(text: str) -> str:
    """The adapter in a stored source text: the part before the first comma."""
    return str(text).partition(",")[0]
