"""Finished origins on disk: whole or not there, whoever writes and whoever was killed while writing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from chocolate_factory.domain.backtest import USUAL, Origin, Told
from chocolate_factory.infrastructure.origin_files import OriginFiles

ORIGIN = Origin(USUAL["spot"], date(2026, 3, 10), "naive-kind")
TOLD = Told(ORIGIN, "naive-kind", np.arange(3), np.full(3, 50.0), {0.5: np.full(3, 51.0)}, 0.0, 0.1)


def names(folder: Path) -> list[str]:
    """Files, but the lock that writers wait at."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


def test_what_a_killed_writer_left_is_written_over(tmp_path: Path) -> None:
    files = OriginFiles(tmp_path)
    files.put(TOLD, "a")
    whole = next(tmp_path.rglob("*.npz"))
    whole.rename(whole.with_name(f".{whole.name}.tmp"))
    assert files.get(ORIGIN, "a") is None
    files.put(TOLD, "a")
    assert names(tmp_path) == [whole.name]
    found = files.get(ORIGIN, "a")
    assert found is not None
    assert found.price.tolist() == TOLD.price.tolist()
    assert files.get(ORIGIN, "b") is None


def test_writers_of_the_same_origin_wait_for_each_other(tmp_path: Path) -> None:
    files = OriginFiles(tmp_path)

    def write(value: float) -> None:
        for _ in range(20):
            files.put(replace(TOLD, price=np.full(3, value)), "a")
            found = files.get(ORIGIN, "a")
            assert found is not None
            assert len(set(found.price.tolist())) == 1

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(4)))
    assert len(names(tmp_path)) == 1
