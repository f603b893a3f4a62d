"""What is wanted in a window: batches by due time, from the demand entries of the factory file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil

from chocolate_factory.domain.factory import WEEKDAYS, DemandEntry, Factory, Site
from chocolate_factory.domain.plan import Wanted
from chocolate_factory.domain.slots import Window, days_between, local_date, local_iso
from chocolate_factory.domain.staffing import is_holiday, staffed_seconds, wall_moment

REACH = timedelta(days=31)


@dataclass(frozen=True)
class Interval:
    """The time in which an entry's batches are to be made: `start` exclusive, `due` inclusive, UTC.

    `start` is the previous due time of the entry; None for "once", which has none.
    """

    start: datetime | None
    due: datetime


def wanted(factory: Factory, window: Window) -> tuple[Wanted, ...]:
    """Batches wanted in a window, by due time and then file order; entries without a batch are left out.

    Hard: due after the window's start and at or before its end. Soft: the next due time after the window,
    with the share of its batches that equals the share of its interval's staffed time inside the window,
    rounded down; `due` is that later due time. `may_be_stock` marks hard wants whose previous due time is
    strictly before the window's start; "once" has no previous due time and is never assumed as stock.
    """
    found = []
    for index, entry in enumerate(factory.demands):
        for interval in intervals(factory.site, entry, window):
            hard = interval.due <= window.end
            batches = batches_due(factory, entry, interval)
            if not hard:
                batches = anticipated(factory, batches, interval, window)
            stock = hard and interval.start is not None and interval.start < window.start
            if batches:
                found.append(Wanted(entry.product, batches, interval.due, hard, index, stock))
    return tuple(sorted(found, key=lambda want: (want.due, want.entry)))


def unplanned(factory: Factory, window: Window) -> Iterator[str]:
    """A sentence for each order whose due time is over, and one where nothing is wanted at all."""
    for place, entry in enumerate(factory.demands, 1):
        if entry.due_date is None:
            continue
        due = wall_moment(entry.due_date, entry.due, factory.site.timezone)
        if due <= window.start:
            text = local_iso(due, factory.site.timezone)[:16].replace("T", " ")
            yield (
                f"demand[{place}] ({entry.kg:g} kg of {entry.product}) was due {text}, before the plan "
                "begins: it is not planned. Give it a later due time if it is still to be made."
            )
    if not wanted(factory, window):
        yield "No demand falls into the window: there is nothing to make."


def intervals(site: Site, entry: DemandEntry, window: Window) -> Iterator[Interval]:
    """The intervals of an entry due inside the window, and the first one due after it."""
    zone = site.timezone
    if entry.due_date is not None:
        due = wall_moment(entry.due_date, entry.due, zone)
        if due > window.start:
            yield Interval(None, due)
        return
    first, last = local_date(window.start - REACH, zone), local_date(window.end + REACH, zone)
    dues = [
        wall_moment(day, entry.due, zone) for day in days_between(first, last) if _falls(site, entry, day)
    ]
    for previous, due in pairwise(dues):
        if due > window.start:
            yield Interval(previous, due)
        if due > window.end:
            return


def _falls(site: Site, entry: DemandEntry, day: date) -> bool:
    if entry.every == "weekday":
        return day.weekday() < 5 and not is_holiday(site, day)
    return WEEKDAYS[day.weekday()] == entry.every


def batches_due(factory: Factory, entry: DemandEntry, interval: Interval) -> int:
    """Batches of one interval: ceil(kg ÷ batch_kg), for an entry due on one day of the week scaled down.

    Scale: staffed time of the interval ÷ the same without holidays, rounded down to whole batches, unless
    the entry is `fixed`. Kilograms are taken as the decimal numbers written in the file.
    """
    batch_kg = factory.product(entry.product).batch_kg
    full = ceil(Fraction(str(entry.kg)) / Fraction(str(batch_kg)))
    if entry.fixed or entry.every not in WEEKDAYS or interval.start is None:
        return full
    span = Window(interval.start, interval.due)
    usual = staffed_seconds(factory, span, keep_holidays=False)
    return full * staffed_seconds(factory, span) // usual if usual else full


def anticipated(factory: Factory, batches: int, interval: Interval, window: Window) -> int:
    """The part of a later interval's batches that belongs into this window, rounded down.

    An order due once counts from the window's start, as the time left for it. An interval without any
    staffed time is shared by elapsed time.
    """
    start = interval.start or window.start
    inside = Window(start, interval.due).clip(window)
    if inside is None:
        return 0
    whole = Window(start, interval.due)
    total = staffed_seconds(factory, whole)
    if not total:
        return batches * inside.seconds // whole.seconds
    return batches * staffed_seconds(factory, inside) // total
