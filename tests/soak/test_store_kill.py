"""`kill -9` of writers at random moments: what was acknowledged is there, once and whole.

Costs about two minutes on two busy cores.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.ports import Record
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore

pytestmark = pytest.mark.soak

EVER = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
AT = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = 1_700_000_100
ROWS = 96
ROUNDS = 10


def batch(key: str, turn: int) -> Series:
    """Quarter-hours of day number `turn`; every value says which batch it belongs to."""
    return Series(
        key,
        FIRST + 900 * (turn * ROWS + np.arange(ROWS, dtype=np.int64)),
        np.full(ROWS, 15, np.int64),
        np.full(ROWS, float(turn)),
        np.full(ROWS, FIRST - 86400, np.int64),
        np.full(ROWS, "published"),
        np.full(ROWS, "test"),
    )


def write_for_ever(path: Path, acknowledged: Path, own: str, turn: int) -> None:
    """Write own batches, batches shared with every writer, and records; note each once its call returned."""
    store = SqliteStore(path)
    with acknowledged.open("a", encoding="utf-8") as note:
        while True:
            for key in (own, "shared"):
                store.write(batch(key, turn))
                note.write(json.dumps([key, turn]) + "\n")
                note.flush()
            store.save(Record("job", f"{own}-{turn}", AT, {"turn": turn, "text": "x" * 3000}))
            note.write(json.dumps(["record", f"{own}-{turn}"]) + "\n")
            note.flush()
            turn += 1


def noted(acknowledged: list[Path]) -> set[tuple[str, int | str]]:
    """What was acknowledged; a line that the kill cut off was never completed."""
    lines = [line for file in acknowledged if file.exists() for line in file.read_text().split("\n")[:-1]]
    return {(key, what) for key, what in map(json.loads, lines)}


def turns_stored(store: SqliteStore, key: str) -> set[int]:
    """The batches that are there; fails when one is torn or a slot is there twice."""
    found = store.revisions(key, EVER)
    assert len(np.unique(found.start)) == len(found), f"{key}: a slot twice"
    turns, counts = np.unique(found.value.astype(np.int64), return_counts=True)
    assert set(counts.tolist()) <= {ROWS}, f"{key}: a torn batch"
    assert np.array_equal(found.value, (found.start - FIRST) // (900 * ROWS)), f"{key}: a wrong value"
    return set(turns.tolist())


def check(path: Path, acknowledged: list[Path], keys: list[str]) -> int:
    """Reopen and compare with the notes; returns how many acknowledged facts were found."""
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    store = SqliteStore(path)
    there: set[tuple[str, int | str]] = {(key, turn) for key in keys for turn in turns_stored(store, key)}
    there |= {("record", record.id) for record in store.find("job", limit=10**9)}
    lost = noted(acknowledged) - there
    assert not lost, f"acknowledged and lost: {sorted(map(str, lost))[:5]}"
    return len(noted(acknowledged))


def run_and_kill(path: Path, acknowledged: dict[str, Path], turn: int, chance: random.Random) -> None:
    """Start one writer a key and kill each at a moment of its own, while the others go on."""
    writers = [
        subprocess.Popen([sys.executable, __file__, str(path), str(file), key, str(turn)])
        for key, file in acknowledged.items()
    ]
    try:
        deadline = time.monotonic() + 300
        while not all(file.exists() and file.stat().st_size for file in acknowledged.values()):
            assert time.monotonic() < deadline, "a writer did not start"
            time.sleep(0.01)
        for writer in chance.sample(writers, len(writers)):
            time.sleep(chance.uniform(0.0, 0.5))
            assert writer.poll() is None, "a writer stopped by itself"
            writer.kill()
    finally:
        for writer in writers:
            writer.kill()
            writer.wait(30)


@pytest.mark.parametrize("count", [2, 4])
def test_kill_loses_nothing_that_was_acknowledged(tmp_path: Path, count: int) -> None:
    """Two writers at once, and twice that load; the same file goes through every round."""
    path = tmp_path / "store.sqlite"
    own = [f"writer {n}" for n in range(count)]
    acknowledged: list[Path] = []
    for turn in range(ROUNDS):
        files = {key: tmp_path / f"acknowledged by {key} in {turn}" for key in own}
        acknowledged += files.values()
        run_and_kill(path, files, 1000 * turn, random.Random(1000 * count + turn))
        facts = check(path, acknowledged, [*own, "shared"])
    assert facts > 10 * ROUNDS * count, "the writers hardly wrote; the test proves nothing"


if __name__ == "__main__":
    write_for_ever(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
