"""What the market prices under a bill are: series, origins, sources, and what was corrected."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, local_date, moment
from chocolate_factory.services.pose_problem import SERIES_OF

Row = dict[str, Any]


def price_facts(ports: Ports, window: Window) -> Row | None:
    """Slots of the contract's price series in a window as known now; None where the contract fixes the price.

    `known_at` is the newest knowledge among them; `corrected` lists per local day the slots whose value is
    not the first one told, with the mean change in EUR/MWh.
    """
    key = SERIES_OF.get(ports.factory.contract.kind)
    if key is None:
        return None
    told = ports.store.revisions(key, window).known_at(ports.clock())
    newest = told.latest_revision()
    known_at = moment(newest.available_at.max()) if len(newest) else None
    return {
        "series": key,
        "slots": len(newest),
        "origins": dict(Counter(str(kind) for kind in newest.origin)),
        "sources": sorted({str(name) for name in newest.source}),
        "known_at": known_at,
        "corrected": _corrected(told, newest),
    }


def _corrected(told: Series, newest: Series) -> list[Row]:
    """A row a local day on which the newest value of a slot is not its first one."""
    order = np.lexsort((told.available_at, told.start))
    starts, values = told.start[order], told.value[order]
    first = values[np.append(True, starts[1:] != starts[:-1])] if len(starts) else values
    change = newest.value - first
    days: dict[str, list[float]] = {}
    for start, by in zip(newest.start[change != 0], change[change != 0], strict=True):
        days.setdefault(local_date(moment(start), MARKET_ZONE).isoformat(), []).append(float(by))
    return [
        {"day": day, "slots": len(changes), "mean_change_eur_mwh": sum(changes) / len(changes)}
        for day, changes in days.items()
    ]
