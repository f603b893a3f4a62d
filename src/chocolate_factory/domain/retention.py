"""Which of many dated copies are kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from chocolate_factory.domain.slots import local_date


@dataclass(frozen=True)
class Keep:
    """How many days, ISO weeks and months are remembered by one copy each."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


def kept(moments: Iterable[datetime], keep: Keep, zone: str) -> set[datetime]:
    """The copies to keep: the newest of each of the last days, weeks and months that have one."""
    newest_first = sorted(set(moments), reverse=True)
    wanted: set[datetime] = set()
    spans: tuple[tuple[int, Callable[[date], Hashable]], ...] = (
        (keep.daily, lambda day: day),
        (keep.weekly, lambda day: day.isocalendar()[:2]),
        (keep.monthly, lambda day: (day.year, day.month)),
    )
    for count, span_of in spans:
        newest: dict[Hashable, datetime] = {}
        for at in newest_first:
            newest.setdefault(span_of(local_date(at, zone)), at)
        wanted.update(list(newest.values())[:count])
    return wanted
