"""Carbon intensity of a window: what is known, and for the hours beyond the newest of the same kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.carbon import Carbon, extended
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, epoch, hours_over, local_iso, moment

KEY = "co2_intensity"
BACK = timedelta(days=60)
REMEDY = "Load one with `choco import co2 FILE`, or leave [co2] out of the factory file."
Body = Mapping[str, Any]


def read_carbon_of(ports: Ports, window: Window) -> Carbon | None:
    """The carbon of a window as known now, None where the factory gives it no weight.

    Hours beyond what is stored are estimated from the last 60 days. Raises DataMissing where nothing stands
    for an hour.
    """
    weight = ports.factory.co2_eur_per_tonne
    if weight is None:
        return None
    hours, zone = hours_over(window), ports.factory.site.timezone
    stored = ports.store.read(KEY, Window(hours.start - BACK, hours.end), ports.clock())
    value, estimated = extended(stored.start, stored.value, hours.starts(60), zone)
    dark = np.flatnonzero(np.isnan(value))
    if len(dark):
        first = local_iso(moment(int(hours.starts(60)[dark[0]])), zone)
        text = f"The carbon intensity of {len(dark)} hours of the plan is not known, the first at {first}."
        raise DataMissing(text, REMEDY)
    quarters = 60 // PLAN_MINUTES
    offset = (epoch(window.start) - epoch(hours.start)) // (60 * PLAN_MINUTES)
    slots = window.slot_count(PLAN_MINUTES)
    grams = np.repeat(value, quarters)[offset : offset + slots]
    return Carbon(grams, weight, min(slots, estimated * quarters))


def carbon_note(carbon: Carbon | None) -> list[str]:
    """What stands where the intensity is not known."""
    if carbon is None or not carbon.estimated:
        return []
    hours = carbon.estimated * PLAN_MINUTES / 60
    return [
        f"The carbon intensity of {hours:g} h of the window is estimated: the newest of the same hour of the"
        " same kind of day."
    ]


def carbon_of(factory: Factory, body: Body) -> Carbon | None:
    """The carbon that a stored plan was made on."""
    kept, weight = body.get("co2_g_kwh"), factory.co2_eur_per_tonne
    return None if kept is None or weight is None else Carbon(np.array(kept, np.float64), weight)
