"""Carbon dioxide of the energy a plan takes from the grid, and its weight beside money."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from chocolate_factory.domain.day_kinds import DayKind, day_kind
from chocolate_factory.domain.factory_section import Section
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray, moment

GRAMS_PER_TONNE = 1e6
EUR_PER_TONNE = (0.0, 100_000.0)


@dataclass(frozen=True, eq=False)
class Carbon:
    """Intensity of each slot in g CO2 per kWh, shape (T,), and its weight; `estimated` counts slots."""

    g_kwh: FloatArray
    eur_per_tonne: float
    estimated: int = 0

    @property
    def weight_eur_kwh(self) -> FloatArray:
        """What a kWh of each slot weighs beside its price."""
        return self.g_kwh * self.eur_per_tonne / GRAMS_PER_TONNE

    def kg(self, load_kw: FloatArray, minutes: int) -> float:
        """Carbon dioxide of a load (T,)."""
        return float(load_kw @ self.g_kwh) * minutes / 60 / 1000


def read_carbon(top: Section) -> float | None:
    """The weight of `[co2]` in EUR per tonne, None without the table."""
    if "co2" not in top.data:
        return None
    return top.one("co2", ("eur_per_tonne",), ("eur_per_tonne",)).number("eur_per_tonne", EUR_PER_TONNE, 0.0)


def extended(starts: IntArray, value: FloatArray, wanted: IntArray, zone: str) -> tuple[FloatArray, int]:
    """Values of hours wanted, and how many of them are estimated; NaN where nothing can stand.

    An hour without a value takes the newest one of the same local hour of the same kind of day (working day,
    Saturday, day of rest). `starts`, sorted, and `wanted` are UTC epoch seconds.
    """
    known = dict(zip(starts.tolist(), value.tolist(), strict=True))
    usual = dict(zip(_kinds(starts, zone), value.tolist(), strict=True))
    found, estimated = np.full(len(wanted), np.nan), 0
    for place, (start, kind) in enumerate(zip(wanted.tolist(), _kinds(wanted, zone), strict=True)):
        if start in known:
            found[place] = known[start]
        elif kind in usual:
            found[place] = usual[kind]
            estimated += 1
    return found, estimated


def _kinds(starts: IntArray, zone: str) -> list[tuple[DayKind, int]]:
    """Kind of day and local hour of each slot."""
    local = [moment(at).astimezone(ZoneInfo(zone)) for at in starts.tolist()]
    return [(day_kind(at.date()), at.hour) for at in local]
