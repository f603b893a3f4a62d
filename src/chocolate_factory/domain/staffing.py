"""When the site is staffed: shifts by local wall time, none on a holiday of the site."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays
import numpy as np

from chocolate_factory.domain.factory import WEEKDAYS, Factory, Shift, Site
from chocolate_factory.domain.problem import BoolArray
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, days_of, epoch, local_midnight, local_moment


@lru_cache(maxsize=512)
def holidays_of(code: str, year: int) -> frozenset[date]:
    """Days without shifts of a year by a country-subdivision code such as "ES-AN"; "" has none.

    The calendars are those of the `holidays` library (public holidays, moved ones on the day they are
    kept). A code it does not know raises NotImplementedError; the factory file is checked for that.
    """
    if not code:
        return frozenset()
    country, _, subdivision = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def is_holiday(site: Site, day: date) -> bool:
    """True on a local day without shifts by the site's holiday calendar."""
    return day in holidays_of(site.holidays, day.year)


def wall_moment(day: date, clock: time | None, zone: str) -> datetime:
    """UTC moment of a local wall time, None standing for 24:00.

    A wall time that does not exist moves forward by the gap; of a repeated one the first is meant.
    """
    if clock is None:
        return local_midnight(day + timedelta(days=1), zone)
    return local_moment(day, clock, zone)


def shift_span(shift: Shift, day: date, zone: str) -> Window | None:
    """The UTC span of the shift that starts on a local day; None when a clock change leaves nothing."""
    overnight = shift.end is not None and shift.end <= shift.start
    start = wall_moment(day, shift.start, zone)
    end = wall_moment(day + timedelta(days=1) if overnight else day, shift.end, zone)
    return Window(start, end) if start < end else None


def staffed_spans(factory: Factory, window: Window, *, keep_holidays: bool = True) -> tuple[Window, ...]:
    """The staffed spans inside a window, merged and in order.

    A shift belongs to the local day on which it starts, also where it runs past midnight. With
    `keep_holidays` false the calendar is read as if there were no holidays.
    """
    zone = factory.site.timezone
    days = days_of(window, zone)
    spans = []
    for day in [days[0] - timedelta(days=1), *days] if days else []:
        if keep_holidays and is_holiday(factory.site, day):
            continue
        for shift in factory.shifts:
            span = shift_span(shift, day, zone) if WEEKDAYS[day.weekday()] in shift.days else None
            part = span.clip(window) if span else None
            if part:
                spans.append(part)
    return merged(spans)


def merged(spans: list[Window]) -> tuple[Window, ...]:
    """Overlapping and touching spans joined, in order."""
    joined: list[Window] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def staffed_seconds(factory: Factory, window: Window, *, keep_holidays: bool = True) -> int:
    """Staffed time inside a window, in seconds."""
    spans = staffed_spans(factory, window, keep_holidays=keep_holidays)
    return sum(span.seconds for span in spans)


def staffed(factory: Factory, window: Window) -> BoolArray:
    """Which 15-minute slots of a window lie wholly in a shift, shape (T,)."""
    starts = window.starts(PLAN_MINUTES)
    mask = np.zeros(len(starts), np.bool_)
    for span in staffed_spans(factory, window):
        mask |= (starts >= epoch(span.start)) & (starts + 60 * PLAN_MINUTES <= epoch(span.end))
    return mask
