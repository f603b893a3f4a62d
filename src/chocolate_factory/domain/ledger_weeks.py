"""Settled weeks: from one last due time of the week to the next, as the factory file repeats them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from itertools import pairwise

from chocolate_factory.domain.factory import WEEKDAYS, DemandEntry, Factory
from chocolate_factory.domain.slots import (
    Window,
    days_between,
    days_of,
    local_date,
    local_midnight,
    next_slot,
)
from chocolate_factory.domain.staffing import wall_moment

NINE_DAYS = timedelta(days=9)
Closing = tuple[int, bool, time]


def closing(factory: Factory) -> Closing:
    """Weekday (0: Monday) and wall time of the week's last due time; the flag and no time stand for 24:00.

    Working days end with Friday. Without any repeated demand weeks end on Sunday at 24:00.
    """
    return max((_of(entry) for entry in factory.demands if entry.every != "once"), default=(6, True, time()))


def _of(entry: DemandEntry) -> Closing:
    day = 4 if entry.every == "weekday" else WEEKDAYS.index(entry.every)
    return day, entry.due is None, entry.due or time()


def week_at(factory: Factory, at: datetime) -> Window:
    """The settled week that holds a moment, on whole quarter-hours; 167 to 169 hours of UTC."""
    weekday, midnight, clock = closing(factory)
    zone = factory.site.timezone
    days = days_between(local_date(at - NINE_DAYS, zone), local_date(at + NINE_DAYS, zone))
    edges = (wall_moment(d, None if midnight else clock, zone) for d in days if d.weekday() == weekday)
    return next(
        Window(start, end) for start, end in pairwise(next_slot(edge) for edge in edges) if start <= at < end
    )


def weeks_over(factory: Factory, window: Window, closed: Collection[Window] = ()) -> list[Window]:
    """The settled weeks of a window that begins with one of them, in order.

    `closed` weeks stay, also where the factory file cut them otherwise when they were closed; the time
    between them and the weeks of the present file is a shorter week.
    """
    weeks: list[Window] = []
    at = window.start
    while at < window.end:
        kept = next((week for week in closed if at in week), None)
        following = (week.start for week in closed if week.start > at)
        weeks.append(kept or Window(at, min([week_at(factory, at).end, *following])))
        at = weeks[-1].end
    return weeks


def name_of(week: Window) -> str:
    """The moment in UTC at which a week starts, e.g. "20260307T1300Z": no two weeks share it."""
    return f"{week.start:%Y%m%dT%H%MZ}"


def day_parts(week: Window, zone: str) -> list[tuple[str, Window]]:
    """The local days of a week, the first and the last as far as they are inside, each with its date."""
    found = []
    for day in days_of(week, zone):
        whole = Window(local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone))
        part = whole.clip(week)
        if part is not None:
            found.append((day.isoformat(), part))
    return found
