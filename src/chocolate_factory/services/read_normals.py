"""Climate normals of the site, from the stored days of SIAR's two stations."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np

from chocolate_factory.domain.catalog import SIAR_STATIONS, SIAR_VARIABLES
from chocolate_factory.domain.normals import DAYS, QUANTITIES, Normals, build_normals
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.series import Origin
from chocolate_factory.domain.slots import Window

FIRST = datetime(1990, 1, 1, tzinfo=UTC)


def read_normals(store: Store, now: datetime) -> Normals | None:
    """Normals from what was known at `now`, None when no day of SIAR was; nothing of it is stored."""
    window = Window(FIRST, max(FIRST, now.astimezone(UTC)))
    history = {
        quantity: [store.read(f"siar_{station}_{quantity}", window, now) for station in SIAR_STATIONS]
        for quantity in QUANTITIES
    }
    if not any(len(part) for parts in history.values() for part in parts):
        return None
    return build_normals(history)


def normal_rows(normals: Normals) -> dict[str, object]:
    """Normals for an API: units, and for each of 366 days its values, to three decimals, and years.

    A quantity without a normal is left out of the day's values and years.
    """
    leap = date(2000, 1, 1)
    days = []
    for row in range(DAYS):
        known = [name for name, values in normals.values.items() if np.isfinite(values[row])]
        days.append(
            {
                "day": row + 1,
                "date": f"{leap + timedelta(days=row):%m-%d}",
                "values": {name: round(float(normals.values[name][row]), 3) for name in known},
                "years": {name: int(normals.years[name][row]) for name in known},
            }
        )
    units = {name: SIAR_VARIABLES[name][0] for name in normals.values}
    return {"origin": str(Origin.ESTIMATED), "units": units, "days": days}
