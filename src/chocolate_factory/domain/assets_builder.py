"""Battery and array of a factory on the slots of a window, from what is known of sun and prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.assets import Assets
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.pv import pv_kw
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, epoch, hours_over


@dataclass(frozen=True, eq=False)
class AssetFacts:
    """What is known about a window for its assets.

    `radiation` are hourly means on a horizontal plane in W/m² of the hours over the window, NaN where nothing
    is known; `estimated` counts those that are climate normals. `spot_eur_mwh` (T,) is what surplus is paid
    by, None where it is not known. `start_kwh` is in the battery, None where no plan tells.
    """

    radiation: FloatArray
    estimated: int = 0
    spot_eur_mwh: FloatArray | None = None
    start_kwh: float | None = None

    @property
    def missing(self) -> int:
        """Hours without radiation."""
        return int(np.isnan(self.radiation).sum())


def assets_of(factory: Factory, window: Window, facts: AssetFacts) -> Assets | None:
    """The assets of a window, None for a factory without; radiation that is not known gives no power."""
    if factory.battery is None and factory.pv is None:
        return None
    slots = window.slot_count(PLAN_MINUTES)
    power, paid, site = np.zeros(slots), np.zeros(slots), factory.site
    if factory.pv is not None:
        hours = hours_over(window)
        offset = (epoch(window.start) - epoch(hours.start)) // (60 * PLAN_MINUTES)
        place = (site.latitude, site.longitude)
        whole = pv_kw(facts.radiation, epoch(hours.start), place, factory.pv)
        power = np.nan_to_num(whole[offset : offset + slots], nan=0.0)
    sells = factory.pv is not None and factory.pv.surplus_paid and facts.spot_eur_mwh is not None
    if sells and facts.spot_eur_mwh is not None:
        paid = np.maximum(np.nan_to_num(facts.spot_eur_mwh, nan=0.0), 0.0) / 1000
    reserve = factory.battery.reserve_kwh if factory.battery else 0.0
    start = reserve if facts.start_kwh is None else facts.start_kwh
    if factory.battery is not None:
        start = min(start, factory.battery.capacity_kwh)
    return Assets(power, paid, factory.battery, start if factory.battery else 0.0, bool(sells))
