"""Backups: consistent while others write, restored to the same reads, from the first schema too."""

from __future__ import annotations

import gzip
import sqlite3
import tarfile
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.core.config import Settings
from chocolate_factory.core.errors import StoreFailed, UsageError
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.retention import Keep, kept
from chocolate_factory.domain.slots import Window, local_date
from chocolate_factory.infrastructure.backup_files import made, pack, unpack
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.infrastructure.stores.sqlite_file import APPLICATION_ID, STEPS
from chocolate_factory.services.keep_backups import keep_backups
from chocolate_factory.wiring import back_up, restore, stored_anything
from tests.worlds import NOW, empty_ports, fill, tiny

MADRID = "Europe/Madrid"
ALL = Window(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


def settings_of(folder: Path) -> Settings:
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(state=folder, _env_file=None)  # type: ignore[call-arg]


def read_all(store: Store) -> object:
    """Everything a store holds, comparable."""
    keys = store.keys()
    series = {key: store.revisions(key, ALL) for key in keys}
    rows = {
        key: [list(column) for column in (s.start, s.value, s.available_at, s.origin, s.source)]
        for key, s in series.items()
    }
    return rows, {kind: sorted(store.find(kind), key=lambda r: r.id) for kind in store.kinds()}


def test_a_restored_backup_reads_the_same(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "var")
    ports = empty_ports(tmp_path / "var", tiny())
    fill(ports, 3)
    ports.store.save(Record("plan", "one", NOW, {"answer": {"id": "one"}}))
    (tmp_path / "var" / "models" / "spot").mkdir(parents=True)
    (tmp_path / "var" / "models" / "spot" / "champion.json").write_text("{}")
    (tmp_path / "var" / "locks").mkdir(exist_ok=True)
    (tmp_path / "var" / "locks" / "plan.lock").write_text("")
    archive = back_up(settings, ports.store, NOW, tmp_path / "safe")
    fresh = settings_of(tmp_path / "new")
    assert not stored_anything(fresh)
    restored = restore(fresh, archive.path)
    assert restored.made_at == NOW
    assert read_all(SqliteStore(fresh.state / "store.sqlite")) == read_all(ports.store)
    assert (fresh.state / "models" / "spot" / "champion.json").read_text() == "{}"
    assert sorted(path.name for path in fresh.state.iterdir()) == ["models", "store.sqlite"]


def test_a_backup_while_others_write_is_of_one_moment(tmp_path: Path) -> None:
    """A writer keeps two records equal in one go; every backup has them equal."""
    settings = settings_of(tmp_path / "var")
    store = SqliteStore(tmp_path / "var" / "store.sqlite")
    store.save(Record("count", "n", NOW, {"n": 0}))
    stop = threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            with closing(sqlite3.connect(store.path, isolation_level=None)) as own:
                own.execute("BEGIN IMMEDIATE")
                for kind in ("left", "right"):
                    own.execute(
                        "INSERT OR REPLACE INTO record VALUES (?, 'n', 0, ?)", (kind, f'{{"n": {n}}}')
                    )
                own.execute("COMMIT")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        archives = [back_up(settings, store, NOW + timedelta(seconds=n), tmp_path / "safe") for n in range(5)]
    finally:
        stop.set()
        writer.join()
    for n, archive in enumerate(archives):
        fresh = settings_of(tmp_path / f"new{n}")
        restore(fresh, archive.path)
        found = SqliteStore(fresh.state / "store.sqlite")
        left, right = ([record.body for record in found.find(kind)] for kind in ("left", "right"))
        assert left == right


def test_a_backup_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "old")
    with closing(sqlite3.connect(tmp_path / "old" / "store.sqlite")) as first:
        for statement in STEPS[0]:
            first.execute(statement)
        first.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        first.execute("PRAGMA user_version = 1")
        first.execute("INSERT INTO word VALUES (1, 'spot'), (2, 'published'), (3, 'omie')")
        first.execute("INSERT INTO revision VALUES (1, 1773000000, 1772900000, 60, 42.5, 2, 3)")
        first.execute("INSERT INTO record VALUES ('plan', 'one', 1772900000000000, '{\"answer\": {}}')")
        first.commit()

    def untouched(path: Path) -> None:
        path.write_bytes((tmp_path / "old" / "store.sqlite").read_bytes())

    facts = {"made_at": NOW.isoformat(), "version": "0.0.1"}
    packed = pack(settings.state, untouched, tmp_path / "safe", facts)
    fresh = settings_of(tmp_path / "new")
    restore(fresh, packed.path)
    found = SqliteStore(fresh.state / "store.sqlite")
    series = found.read("spot", ALL)
    assert (list(series.value), list(series.origin), list(series.source)) == (
        [42.5],
        ["published"],
        ["omie"],
    )
    assert [record.id for record in found.find("plan")] == ["one"]
    with closing(sqlite3.connect(found.path)) as file:
        assert file.execute("PRAGMA user_version").fetchone()[0] == len(STEPS)


def test_a_full_folder_is_refused_and_a_damaged_archive_found(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "var")
    store = SqliteStore(tmp_path / "var" / "store.sqlite")
    archive = back_up(settings, store, NOW, tmp_path / "safe").path
    with pytest.raises(UsageError, match="is not empty"):
        unpack(archive, settings.state)
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises((StoreFailed, UsageError)):
        unpack(cut, tmp_path / "a")
    other = tmp_path / "other.tar.gz"
    with tarfile.open(other, "w:gz"):
        pass
    with pytest.raises(UsageError, match="not a backup"):
        unpack(other, tmp_path / "b")
    plain = bytearray(gzip.decompress(archive.read_bytes()))
    at = plain.index(b"SQLite format 3") + 4000
    plain[at] ^= 1
    changed = tmp_path / "changed.tar.gz"
    changed.write_bytes(gzip.compress(bytes(plain)))
    with pytest.raises(StoreFailed, match="is damaged"):
        unpack(changed, tmp_path / "c")


@given(days=st.sets(st.integers(0, 800), min_size=1))
def test_the_newest_of_days_weeks_and_months_are_kept(days: set[int]) -> None:
    moments = {NOW - timedelta(days=day) for day in days}
    keep = Keep()
    found = kept(moments, keep, MADRID)
    assert max(moments) in found
    assert set(sorted(moments)[-keep.daily :]) <= found
    months = sorted({local_date(at, MADRID).replace(day=1) for at in moments})[-keep.monthly :]
    assert {local_date(at, MADRID).replace(day=1) for at in found} >= set(months)
    assert len(found) <= keep.daily + keep.weekly + keep.monthly
    assert kept(found, keep, MADRID) == found, "what was kept once stays"


def test_the_job_keeps_by_the_rule(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "var")
    ports = empty_ports(tmp_path / "var", tiny())
    folder = tmp_path / "safe"
    for day in range(40):
        at = replace(ports, clock=lambda day=day: NOW + timedelta(days=day))
        keep_backups(
            at, lambda now: back_up(settings, ports.store, now, folder).path, lambda: made(folder), Keep()
        )
    assert 7 + 2 <= len(made(folder)) <= 7 + 4 + 2
    (last,) = ports.store.find("backup")
    assert last.body["kept"] == len(made(folder))


def test_the_job_leaves_what_was_made_by_hand_today(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "var")
    ports = empty_ports(tmp_path / "var", tiny())
    by_hand = back_up(settings, ports.store, NOW - timedelta(hours=3), tmp_path / "safe").path
    folder = tmp_path / "safe"
    keep_backups(
        ports, lambda at: back_up(settings, ports.store, at, folder).path, lambda: made(folder), Keep()
    )
    assert by_hand.is_file()


def test_a_backup_cut_off_before_its_record_is_the_only_one_of_its_day(tmp_path: Path) -> None:
    """The process ends after the archive; the run that follows makes no second one, the next day's does."""
    settings = settings_of(tmp_path / "var")
    now = NOW
    ports = replace(empty_ports(tmp_path / "var", tiny()), clock=lambda: now)
    keep = Keep(7, 4, 12)

    def archives() -> dict[datetime, Path]:
        return made(tmp_path / "var" / "backups")

    def make(at: datetime) -> Path:
        return back_up(settings, ports.store, at).path

    def listed_once() -> dict[datetime, Path]:
        if archives():
            raise InterruptedError
        return {}

    with pytest.raises(InterruptedError):
        keep_backups(ports, make, listed_once, keep)
    assert list(archives()) == [NOW]
    now = NOW + timedelta(minutes=9)
    assert keep_backups(ports, make, archives, keep)["kept"] == 1
    assert list(archives()) == [NOW]
    now += timedelta(minutes=9)
    keep_backups(ports, make, archives, keep)
    assert len(archives()) == 2, "what is asked for after it is one more"
    now += timedelta(days=1)
    keep_backups(ports, make, archives, keep)
    assert max(archives()) == now


def test_what_a_killed_backup_left_is_swept_by_the_next(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path / "var", tiny())
    left = tmp_path / "var" / "backups" / ".making-abc"
    left.mkdir(parents=True)
    (left / "store.sqlite").write_bytes(b"half")
    archive = back_up(settings_of(tmp_path / "var"), ports.store, NOW)
    assert list(archive.path.parent.iterdir()) == [archive.path]
