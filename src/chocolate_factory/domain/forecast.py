"""A price forecast with its band; published slots are spliced in and say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chocolate_factory.domain.series import FloatArray, TextArray
from chocolate_factory.domain.slots import IntArray


@dataclass(frozen=True, eq=False)
class Forecast:
    """Columns of shape (n,), one row a slot of `minutes`, sorted and without gaps; prices EUR/MWh.

    `origin` is "published" or "sample" where the market has spoken (then p10 = p50 = p90 = price) and
    "forecast" elsewhere; `price` is the point forecast. `known_until` is the end of the last published slot.
    """

    series: str
    model: str
    issued_at: datetime
    known_until: datetime
    minutes: int
    start: IntArray
    origin: TextArray
    price: FloatArray
    p10: FloatArray
    p50: FloatArray
    p90: FloatArray
