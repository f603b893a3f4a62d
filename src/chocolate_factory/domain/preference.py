"""Which source is asked first for which series, and whose corrections count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

FEW_DAYS = 35


@dataclass(frozen=True)
class Preference:
    """The order of sources of one price series.

    `few` holds for up to `FEW_DAYS` missing days, `many` for more: a provider of ranges answers a month
    at once where daily files would take a month of requests. `recheck` names the source whose later
    values are corrections, `first_published` the one that always gives the value as first published.
    Nothing is asked before `earliest`, where the series begins.
    """

    few: tuple[str, ...]
    many: tuple[str, ...]
    recheck: str
    earliest: date
    first_published: str | None = None


PREFERENCES: dict[str, Preference] = {
    "spot": Preference(("omie", "ree"), ("ree", "omie"), "omie", date(2014, 1, 1)),
    # 2.0TD, and with it today's PVPC, began on 2021-06-01 (CNMC, Circular 3/2020).
    "pvpc": Preference(
        ("esios_archive", "ree"), ("ree", "esios_archive"), "ree", date(2021, 6, 1), "esios_archive"
    ),
}


def order(key: str, days_missing: int, offering: Iterable[str], first_published: bool = False) -> list[str]:
    """Names of the sources that offer a series, the one to ask first in front.

    `offering` are all that do; those without a known place come last, by their given order.
    `first_published` puts the source of first published values in front, whatever it costs in requests.
    """
    offering = list(offering)
    known = PREFERENCES[key]
    ranked = known.few if days_missing <= FEW_DAYS or first_published else known.many
    return [name for name in ranked if name in offering] + [n for n in offering if n not in ranked]
