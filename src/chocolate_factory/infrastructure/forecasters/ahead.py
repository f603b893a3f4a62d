"""The day right after the last known price, told from what is published of it before its own prices are."""

from __future__ import annotations

from chocolate_factory.infrastructure.forecasters import regulated, supply
from chocolate_factory.infrastructure.forecasters.learnt import DayAhead

AHEAD = {
    "spot": DayAhead(
        models=supply.Supply,
        learn=supply.learn,
        needs=supply.DRIVERS,
        lack="tomorrow without the system's forecasts",
    ),
    "pvpc": DayAhead(
        models=regulated.Regulated,
        learn=regulated.learn,
        needs=("spot",),
        lack="tomorrow without its spot price",
    ),
}
"""By price series."""
