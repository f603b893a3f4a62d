"""Battery and photovoltaics behind the meter: what they may do in a window, and what a plan does with them.

What the site draws from the grid in a slot is its load, plus what charges the battery, less what the battery
and the array give; it is never below 0. The array's power is used, sold or left. Arrays have one value a slot
(T,); powers are means over the slot in kW.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from chocolate_factory.domain.factory_assets import Battery
from chocolate_factory.domain.series import FloatArray


@dataclass(frozen=True, eq=False)
class Assets:
    """What is there: `pv_kw` (T,) the array can give, `sell_eur_kwh` (T,) is paid for what is sold of it.

    `start_kwh` is in the battery when the window starts, and no less at its end. `may_sell`: surplus may be
    fed into the grid.
    """

    pv_kw: FloatArray
    sell_eur_kwh: FloatArray
    battery: Battery | None = None
    start_kwh: float = 0.0
    may_sell: bool = False

    @property
    def one_way(self) -> float:
        """Share kept at each of charging and discharging: the root of the round trip."""
        return sqrt(self.battery.efficiency) if self.battery else 1.0


@dataclass(frozen=True, eq=False)
class Dispatch:
    """What the assets do in each slot (T,); `stored_kwh` is in the battery when the slot ends."""

    charge_kw: FloatArray
    discharge_kw: FloatArray
    pv_used_kw: FloatArray
    sold_kw: FloatArray
    stored_kwh: FloatArray

    @property
    def net_kw(self) -> FloatArray:
        """What the assets add to the load of each slot as the grid sees it."""
        return self.charge_kw - self.discharge_kw - self.pv_used_kw


def as_it_comes(assets: Assets, load_kw: FloatArray) -> Dispatch:
    """The array's power used where there is load for it, the rest sold where that is paid; no battery."""
    used = np.minimum(load_kw, assets.pv_kw)
    paid = (assets.sell_eur_kwh > 0) & assets.may_sell
    still = np.zeros(len(load_kw))
    sold = np.where(paid, assets.pv_kw - used, 0.0)
    return Dispatch(still, still, used, sold, np.full(len(load_kw), assets.start_kwh))


def stored_after(assets: Assets, charge_kw: FloatArray, discharge_kw: FloatArray, minutes: int) -> FloatArray:
    """Energy in the battery at the end of each slot, kWh."""
    hours, kept = minutes / 60, assets.one_way
    moved = (charge_kw * kept - discharge_kw / kept) * hours
    return assets.start_kwh + np.asarray(np.cumsum(moved), np.float64)


def tidy(assets: Assets, dispatch: Dispatch, minutes: int) -> Dispatch:
    """The dispatch of a solver without its rounding: nothing negative, the stored energy recounted."""
    names = ("charge_kw", "discharge_kw", "pv_used_kw", "sold_kw")
    values = {name: np.where(getattr(dispatch, name) < 1e-7, 0.0, getattr(dispatch, name)) for name in names}
    clean = replace(dispatch, **values)
    return replace(clean, stored_kwh=stored_after(assets, clean.charge_kw, clean.discharge_kw, minutes))


def surplus_eur(assets: Assets, dispatch: Dispatch, minutes: int) -> float:
    """What is paid for the power sold."""
    return float(dispatch.sold_kw @ assets.sell_eur_kwh) * minutes / 60


def wear_eur(assets: Assets, dispatch: Dispatch, minutes: int) -> float:
    """What the battery's wear costs."""
    rate = assets.battery.wear_eur_kwh if assets.battery else 0.0
    return rate * float(dispatch.discharge_kw.sum()) * minutes / 60
