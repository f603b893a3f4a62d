"""Which source is asked first for which series, and whose corrections count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chocolate_factory.domain.catalog import CATALOG

FEW_DAYS = 35


@dataclass(frozen=True)
class Preference:
    """The order of sources of one series; sources without a place in it come last.

    `few` holds for up to `FEW_DAYS` missing days, `many` for more: a provider of ranges answers a month
    at once where daily files would take a month of requests. Later values of the sources of `recheck` are
    corrections, those of the first that tells a day; `first_published` always gives the first values.
    """

    few: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    recheck: tuple[str, ...] = ()
    first_published: str | None = None


PREFERENCES: dict[str, Preference] = {
    "spot": Preference(("omie", "esios", "ree"), ("esios", "ree", "omie"), ("omie",)),
    "pvpc": Preference(
        ("esios", "esios_archive", "ree"),
        ("esios", "ree", "esios_archive"),
        ("esios", "ree"),
        "esios_archive",
    ),
    "demand": Preference(("esios", "ree_system"), ("esios", "ree_system"), ("esios", "ree_system")),
}
ANY = Preference()

FORECAST_ORDER = ("aemet_forecast", "open_meteo", "openweathermap_forecast")


def order(key: str, days_missing: int, offering: Iterable[str], first_published: bool = False) -> list[str]:
    """Names of the sources that offer a series, the one to ask first in front.

    `offering` are all that do; those without a known place come last, by their given order.
    `first_published` puts the source of first published values in front, whatever it costs in requests.
    """
    offering = list(offering)
    known = PREFERENCES.get(key, ANY)
    ranked = known.few if days_missing <= FEW_DAYS or first_published else known.many
    if first_published and known.first_published:
        ranked = (known.first_published, *ranked)
    return list(dict.fromkeys(n for n in (*ranked, *offering) if n in offering))


def wants_first(key: str, days: Sequence[date], now: datetime) -> bool:
    """Whether missing days are best told by the source of first published values: few, and all corrected.

    After the correction moment the others tell only the corrected values.
    """
    if PREFERENCES.get(key, ANY).first_published is None or not 0 < len(days) <= FEW_DAYS:
        return False
    return all(CATALOG[key].correction_seen(day) <= now for day in days)


def rechecking(key: str, offering: Iterable[str]) -> list[str]:
    """The sources that stored days are compared with: the next one where the former does not tell a day."""
    offering = list(offering)
    return [name for name in PREFERENCES.get(key, ANY).recheck or offering if name in offering]
