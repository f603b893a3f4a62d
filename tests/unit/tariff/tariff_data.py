"""Real series of the shared folder on the slots of a window, for the tests of this folder."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray


def epochs(stamps: list[str]) -> IntArray:
    """ISO stamps ending in Z as epoch seconds."""
    return np.array([stamp.rstrip("Z") for stamp in stamps], "datetime64[s]").astype(np.int64)


def column(path: Path, name: str) -> tuple[IntArray, FloatArray]:
    """Slot starts and values of one column; empty cells are NaN."""
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    values = np.array([float(row[name]) if row[name] else np.nan for row in rows])
    return epochs([row["datetime_utc"] for row in rows]), values


def at(series: tuple[IntArray, FloatArray], starts: IntArray) -> FloatArray:
    """Values at slot starts, all of which must be there."""
    index = np.searchsorted(series[0], starts)
    assert np.array_equal(series[0][index], starts)
    return series[1][index]


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a plain CSV."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
