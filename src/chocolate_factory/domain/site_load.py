"""The energy a site drew, slot by slot, and where that is known from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray, Window, epoch


class LoadOrigin(StrEnum):
    """Measured by a meter, or what plans said the site would draw."""

    METERED = "metered"
    PLANNED = "planned"


@dataclass(frozen=True, eq=False)
class SiteLoad:
    """Load by slot: `starts` (n,) are UTC epoch seconds in order, each slot `minutes` long, `kwh` (n,).

    `kvarh` (n,) is reactive energy, None where nothing measured it. `source` names the file or the plans;
    `notes` are the sentences to show with whatever is computed from it.
    """

    origin: LoadOrigin
    source: str
    minutes: int
    starts: IntArray
    kwh: FloatArray
    kvarh: FloatArray | None = None
    notes: tuple[str, ...] = ()

    def power_kw(self, window: Window) -> FloatArray:
        """Mean power of each slot of a window, kW, shape (slots,); NaN where the load is not known."""
        return _spread(self.starts, self.kwh * (60 / self.minutes), window, self.minutes)

    def reactive_kvarh(self, window: Window) -> FloatArray | None:
        """Reactive energy of each slot of a window, kVArh, shape (slots,), or None."""
        return None if self.kvarh is None else _spread(self.starts, self.kvarh, window, self.minutes)


def _spread(starts: IntArray, values: FloatArray, window: Window, minutes: int) -> FloatArray:
    grid = np.full(window.slot_count(minutes), np.nan)
    index = (starts - epoch(window.start)) // (60 * minutes)
    inside = (index >= 0) & (index < len(grid))
    grid[index[inside]] = values[inside]
    return grid
