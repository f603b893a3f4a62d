"""What only the SQLite store has: its file, its schema, its failures and its backups."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest

from chocolate_factory.core.errors import ChocolateError, Misconfigured, StoreFailed, UsageError
from chocolate_factory.domain.ports import Record
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.stores import sqlite_file
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore

EVER = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
AT = datetime(2026, 1, 1, tzinfo=UTC)


def rows(n: int, value: float = 1.0) -> Series:
    return Series(
        "spot",
        900 * np.arange(n, dtype=np.int64) + 1_700_000_100,
        np.full(n, 15, np.int64),
        np.full(n, value),
        np.full(n, 1_600_000_000, np.int64),
        np.full(n, "published"),
        np.full(n, "test"),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder with ?, # and ñ" / "store.sqlite"


@pytest.fixture
def store(path: Path) -> SqliteStore:
    return SqliteStore(path)


def raw(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, isolation_level=None))


def test_the_file_is_what_the_decision_says(store: SqliteStore, path: Path) -> None:
    with raw(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(sqlite_file.STEPS),)
        strict = connection.execute("SELECT name, strict, wr FROM pragma_table_list WHERE type = 'table'")
        tables = {name: (bool(s), bool(w)) for name, s, w in strict if not name.startswith("sqlite_")}
        plain, clustered = (True, False), (True, True)
        assert tables == {"word": plain, "record": plain, "revision": clustered, "stamp": clustered}
    with sqlite_file.transaction(path, "DEFERRED", 1) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_texts_are_kept_once(store: SqliteStore, path: Path) -> None:
    store.write(rows(500))
    store.write(rows(500, 2.0))
    with raw(path) as connection:
        assert sorted(connection.execute("SELECT text FROM word")) == [("published",), ("spot",), ("test",)]


def test_nothing_stays_open_or_behind_after_a_call(store: SqliteStore, path: Path) -> None:
    store.write(rows(10))
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_many_may_make_the_same_store_at_once(tmp_path: Path) -> None:
    for turn in range(10):
        target, start = tmp_path / f"{turn}.sqlite", threading.Barrier(6)

        def make(target: Path = target, start: threading.Barrier = start) -> int:
            start.wait()
            return SqliteStore(target).write(rows(5))

        with ThreadPoolExecutor(6) as pool:
            changed = [pool.submit(make) for _ in range(6)]
        assert sum(future.result() for future in changed) == 5


def test_who_comes_while_another_makes_the_store_waits(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="locked"):
            SqliteStore(path, busy_seconds=0.05)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(SqliteStore, path)
            time.sleep(0.2)
            assert not waiting.done()
            other.execute("ROLLBACK")
            assert waiting.result().write(rows(2)) == 2


def test_a_newer_schema_is_refused_and_left_alone(store: SqliteStore, path: Path) -> None:
    store.write(rows(3))
    newer = len(sqlite_file.STEPS) + 1
    with raw(path) as connection:
        connection.execute(f"PRAGMA user_version = {newer}")
    before = path.read_bytes()
    with pytest.raises(Misconfigured, match=f"version {newer}") as caught:
        SqliteStore(path)
    assert not isinstance(caught.value, StoreFailed)
    assert path.read_bytes() == before


def test_an_older_schema_is_brought_up_with_its_data(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(rows(3))
    step = ("CREATE TABLE extra (x INTEGER) STRICT", "INSERT INTO extra SELECT start FROM revision")
    monkeypatch.setattr(sqlite_file, "STEPS", (*sqlite_file.STEPS, step))
    assert len(SqliteStore(path).read("spot", EVER)) == 3
    with raw(path) as connection:
        assert connection.execute("SELECT count(*) FROM extra").fetchone() == (3,)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(sqlite_file.STEPS),)


def test_a_step_that_fails_leaves_the_file_as_it_was(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(rows(3))
    known = sqlite_file.STEPS
    monkeypatch.setattr(sqlite_file, "STEPS", (*known, ("CREATE TABLE extra (x INTEGER) STRICT", "NOT SQL")))
    with pytest.raises(sqlite3.OperationalError, match="syntax"):
        SqliteStore(path)
    monkeypatch.setattr(sqlite_file, "STEPS", known)
    assert len(SqliteStore(path).read("spot", EVER)) == 3
    with raw(path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone() == (
            0,
        )


def test_a_file_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "browser.sqlite"
    with raw(path) as connection:
        connection.execute("CREATE TABLE history (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(Misconfigured, match="another program"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("buy cocoa\n" * 500)
    with pytest.raises(StoreFailed, match="damaged or not an SQLite file") as caught:
        SqliteStore(path)
    assert str(path) in caught.value.message
    assert path.read_text() == "buy cocoa\n" * 500


def test_an_old_library_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(Misconfigured, match="too old"):
        SqliteStore(path)
    assert not path.exists()


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="cannot be opened"):
        SqliteStore(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed, match="cannot be used"):
        SqliteStore(tmp_path / "file" / "store.sqlite")


def test_a_store_that_vanished_is_not_taken_for_an_empty_one(store: SqliteStore, path: Path) -> None:
    path.unlink()
    with pytest.raises(StoreFailed, match="cannot be opened"):
        store.read("spot", EVER)
    assert not path.exists()


def test_a_writer_waits_its_turn_and_says_so_when_it_does_not_come(store: SqliteStore, path: Path) -> None:
    impatient = SqliteStore(path, busy_seconds=0.05)
    impatient.write(rows(2))
    with raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="locked") as caught:
            impatient.write(rows(4))
        assert len(impatient.read("spot", EVER)) == 2, "readers do not wait"
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(store.write, rows(4))
            time.sleep(0.2)
            assert not waiting.done()
            other.execute("ROLLBACK")
            assert waiting.result() == 2
    assert (caught.value.status, caught.value.exit_code) == (503, 6)


def test_a_full_disk_and_a_read_only_file_are_named(store: SqliteStore, path: Path) -> None:
    with (
        raw(path) as connection,
        pytest.raises(StoreFailed, match="disk is full"),
        sqlite_file.failures_of("x"),
    ):
        connection.execute("PRAGMA max_page_count = 8")
        for n in range(100):
            connection.execute("INSERT INTO word (text) VALUES (?)", (f"{n}" * 500,))
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection,
        pytest.raises(StoreFailed, match="cannot be opened or written"),
        sqlite_file.failures_of("x"),
    ):
        connection.execute("INSERT INTO word (text) VALUES ('a')")


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_sqlite_store import EVER, rows
from chocolate_factory.core.errors import StoreFailed
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[2]))
store.write(rows(100))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    store.write(rows(35_000, 2.0))
except StoreFailed as failure:
    print(failure.message)
print(len(store.read("spot", EVER)))
"""


def test_a_write_that_the_disk_refuses_half_way_leaves_nothing(path: Path) -> None:
    """The operating system refuses a file above 200 kB, as a quota does."""
    command = [sys.executable, "-c", LIMITED, str(Path(__file__).parent), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    message, stored = done.stdout.splitlines()
    assert str(path) in message
    assert stored == "100"
    store = SqliteStore(path)
    assert set(store.read("spot", EVER).value) == {1.0}
    assert store.write(rows(35_000, 2.0)) == 35_000


def test_damage_is_reported(store: SqliteStore, path: Path) -> None:
    store.write(rows(20_000))
    with path.open("r+b") as file:
        file.seek(4096 * 4)
        file.write(Random(1).randbytes(4096 * 60))
    with pytest.raises(StoreFailed, match="damaged"):
        store.read("spot", EVER)


def test_a_mistake_in_the_program_is_not_called_a_failure_of_the_store(
    store: SqliteStore, path: Path
) -> None:
    with pytest.raises(sqlite3.OperationalError), sqlite_file.transaction(path, "DEFERRED", 1) as connection:
        connection.execute("SELECT * FROM nowhere")
    with pytest.raises(sqlite3.IntegrityError), sqlite_file.transaction(path, "IMMEDIATE", 1) as connection:
        connection.execute("INSERT INTO word (text) VALUES (NULL)")


def test_a_write_that_breaks_off_leaves_nothing(store: SqliteStore, path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), sqlite_file.transaction(path, "IMMEDIATE", 1) as connection:
        connection.execute("INSERT INTO word (text) VALUES ('half')")
        raise KeyboardInterrupt
    with raw(path) as connection:
        assert connection.execute("SELECT count(*) FROM word").fetchone() == (0,)


def test_a_backup_made_while_writing_is_whole_and_restores(store: SqliteStore, path: Path) -> None:
    pieces = [rows(2000).take(piece) for piece in np.array_split(np.arange(2000), 40)]
    store.save(Record("plan", "p", AT, {"cost": 2.5}))
    copies = [path.with_name(f"backup-{n}.sqlite") for n in range(3)]
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: [store.write(piece) for piece in pieces])
        for copy in copies:
            store.backup(copy)
        writing.result()
    last = path.with_name("last.sqlite")
    store.backup(last)
    for copy in (*copies, last):
        with raw(copy) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        restored = SqliteStore(copy)
        assert restored.find("plan") == store.find("plan")
        assert len(restored.read("spot", EVER)) % 50 == 0, "a write is in the copy as a whole or not at all"
    assert list(SqliteStore(last).revisions("spot", EVER)) == list(rows(2000))
    assert SqliteStore(last).write(rows(2001)) == 1
    assert {file.name for file in path.parent.iterdir()} == {path.name, last.name, *(c.name for c in copies)}


def test_a_backup_replaces_nothing_and_leaves_nothing_when_it_fails(store: SqliteStore, path: Path) -> None:
    kept = path.with_name("kept")
    kept.write_text("precious")
    with pytest.raises(UsageError, match="kept"):
        store.backup(kept)
    assert kept.read_text() == "precious"
    with pytest.raises(StoreFailed, match="backup"):
        store.backup(path.parent / "no such folder" / "copy")
    path.write_bytes(b"not a database at all" * 300)
    with pytest.raises(ChocolateError, match="damaged"):
        store.backup(path.with_name("copy"))
    assert {file.name for file in path.parent.iterdir()} == {path.name, kept.name}
