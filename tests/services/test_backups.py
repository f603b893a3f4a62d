"""Backups: consistent while others write, restored to the same reads, from the first schema too."""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import json
import random
import shutil
import sqlite3
import tarfile
import threading
import tracemalloc
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs

from chocolate_factory.cli.archives import back_up, restore, stored_anything
from chocolate_factory.core.config import Settings
from chocolate_factory.core.errors import ChocolateError, StoreFailed, UsageError
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.retention import Keep, kept
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window, epoch, local_date
from chocolate_factory.infrastructure.backup_files import made, pack, unpack
from chocolate_factory.infrastructure.stores.influx import InfluxStore
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.infrastructure.stores.sqlite_file import STEPS
from chocolate_factory.services.keep_backups import keep_backups
from tests.influx_server import InfluxServer
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
    restored = restore(fresh, archive.path, NOW)
    assert restored.backup.made_at == NOW
    assert read_all(SqliteStore(fresh.state / "store.sqlite")) == read_all(ports.store)
    assert (fresh.state / "models" / "spot" / "champion.json").read_text() == "{}"
    assert sorted(path.name for path in fresh.state.iterdir()) == ["models", "store.sqlite"]


def planted(state: Path) -> dict[str, str]:
    """Files that have nothing to do in a state, and may be in that of a checkout."""
    files = {
        "secrets/tailscale_authkey": "tskey",
        "node/app/live": "1",
        "dev/.env": "KEY=1",
        "notes.txt": "x",
    }
    for name, text in files.items():
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).write_text(text)
    return files


def mount(patch: pytest.MonkeyPatch, state: Path) -> None:
    """The state is a mount: it can be written, not moved, and nothing leaves it without being copied."""
    real = Path.replace

    def replace(self: Path, to: Path) -> Path:
        if self == state or self.is_relative_to(state) != Path(to).is_relative_to(state):
            raise OSError(16, "Device or resource busy")
        return real(self, to)

    patch.setattr(Path, "replace", replace)


def test_what_is_not_kept_is_not_archived_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are archives that are made within the state, which may be a mount."""
    settings = settings_of(tmp_path / "var")
    state, store = settings.state, SqliteStore(tmp_path / "var" / "store.sqlite")
    store.save(Record("plan", "one", NOW, {}))
    plant = SqliteStore(state / "fleet" / "north" / "store.sqlite")
    (state / "models").mkdir()
    (state / "models" / "champion.json").write_text("{}")
    (state / "models" / ".champion.json").write_text("half")
    others = planted(state)
    with closing(sqlite3.connect(plant.path)) as open_one:
        open_one.execute("SELECT 1 FROM record").fetchall()
        plant.save(Record("log", "batch", NOW, {}))
        assert plant.path.with_name("store.sqlite-wal").stat().st_size, "the batch is only in the log"
        for folder in (state / "mine", state / "models" / "mine", state):
            with capture_logs() as told:
                archive = back_up(settings, store, NOW, folder)
            ((*names,),) = [line["names"] for line in told]
            assert [name for name in names if name != "mine"] == ["dev", "node", "notes.txt", "secrets"]
            assert ("mine" in names) == (folder != state / "mine")
            assert archive.path.stat().st_mode & 0o777 == 0o600
            with tarfile.open(archive.path) as opened:
                held = set(opened.getnames()) - {"manifest.json"}
            assert held == {"store.sqlite", "fleet/north/store.sqlite", "models/champion.json"}

    store.save(Record("plan", "two", NOW, {}))
    plant.save(Record("log", "more", NOW, {}))
    mount(monkeypatch, state)
    (tmp_path / "junk.tar.gz").write_bytes(b"junk")
    with pytest.raises(UsageError, match="not a backup"):
        restore(settings, tmp_path / "junk.tar.gz", NOW, replace=True)
    assert len(store.find("plan")) == 2
    done = restore(settings, archive.path, NOW, replace=True)
    assert [record.id for record in store.find("plan")] == ["one"]
    assert [record.id for record in plant.find("log")] == ["batch"]
    assert {name: (state / name).read_text() for name in others} == others
    assert archive.path.is_file()
    assert done.aside
    assert sorted(path.name for path in done.aside.iterdir()) == ["fleet", "models", "store.sqlite"]
    assert len(SqliteStore(done.aside / "store.sqlite").find("plan")) == 2


def test_of_an_older_archive_only_what_is_kept_is_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs before this one put all that was in the state into it."""
    settings = settings_of(tmp_path / "var")
    store = SqliteStore(tmp_path / "var" / "store.sqlite")
    files = {"store.sqlite": store.path.read_bytes(), "secrets/tailscale_authkey": b"old", "models/a": b"a"}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    manifest = {"made_at": NOW.isoformat(), "version": "0.0.1", "files": sums}
    with tarfile.open(tmp_path / "old.tar.gz", "w:gz") as archive:
        for name, data in {**files, "manifest.json": json.dumps(manifest).encode()}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    others = planted(settings.state)
    store.save(Record("plan", "new", NOW, {}))
    with monkeypatch.context() as full, pytest.raises(StoreFailed, match="No space left"):
        full_disk(full, settings.state)
        restore(settings, tmp_path / "old.tar.gz", NOW, replace=True)
    assert store.find("plan"), "the file that was there already is taken out again"
    assert not [path for path in settings.state.iterdir() if path.name.startswith((".", "before-"))]
    done = restore(settings, tmp_path / "old.tar.gz", NOW, replace=True)
    assert not store.find("plan")
    assert done.backup.files == 2
    assert (settings.state / "models" / "a").read_text() == "a"
    assert {name: (settings.state / name).read_text() for name in others} == others


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
            with closing(sqlite3.connect(store.path, 60, isolation_level=None)) as own:
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
        restore(fresh, archive.path, NOW)
        found = SqliteStore(fresh.state / "store.sqlite")
        left, right = ([record.body for record in found.find(kind)] for kind in ("left", "right"))
        assert left == right


def told_by_the_first_program(path: Path) -> object:
    """What `read_all` reads, from a file of schema version 1 as it is."""
    rows: dict[str, list[list[object]]] = {}
    records: dict[str, list[Record]] = {}
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA user_version").fetchone()[0] == 1
        words = dict(file.execute("SELECT id, text FROM word"))
        asked = "SELECT series, start, value, available_at, origin, source FROM revision ORDER BY 1, 2, 4"
        for series, start, value, known, origin, source in file.execute(asked):
            columns = rows.setdefault(words[series], [[], [], [], [], []])
            for column, one in zip(columns, (start, value, known, words[origin], words[source]), strict=True):
                column.append(one)
        for kind, name, at, body in file.execute("SELECT kind, id, at, body FROM record ORDER BY kind, id"):
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
            records.setdefault(kind, []).append(Record(kind, name, moment, json.loads(body)))
    return rows, records


class Far:
    """A store that is no file here."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


def test_a_backup_of_much_takes_little_memory(tmp_path: Path) -> None:
    """10 MB of records; 20 of them, 2 MB, are in memory at once, as text and as what the text says."""
    settings, store = settings_of(tmp_path / "var"), SqliteStore(tmp_path / "var" / "store.sqlite")
    noise = random.Random(1).randbytes(50_000).hex()
    for n in range(100):
        store.save(Record("plan", f"p{n}", NOW, {"n": n, "noise": noise}))
    tracemalloc.start()
    try:
        archive = back_up(settings, Far(store), NOW, tmp_path / "safe")  # type: ignore[arg-type]
        restore(settings_of(tmp_path / "new"), archive.path, NOW)
        assert tracemalloc.get_traced_memory()[1] < 7e6
    finally:
        tracemalloc.stop()


def test_a_backup_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    """`store_version_1.sql` is a store as the first program left it."""
    settings = settings_of(tmp_path / "old")
    old = tmp_path / "old" / "store.sqlite"
    with closing(sqlite3.connect(old)) as first:
        first.executescript(Path(__file__).with_name("store_version_1.sql").read_text(encoding="utf-8"))
    expected = told_by_the_first_program(old)

    def untouched(path: Path) -> None:
        path.write_bytes(old.read_bytes())

    facts = {"made_at": NOW.isoformat(), "version": "0.0.1"}
    packed = pack(settings.state, untouched, tmp_path / "safe", facts)
    fresh = settings_of(tmp_path / "new")
    restore(fresh, packed.path, NOW)
    found = SqliteStore(fresh.state / "store.sqlite")
    assert read_all(found) == expected
    assert len(found.keys()) == 4
    assert [record.id for record in found.find("plan")] == ["20260308T2200Z", "20260307T2200Z"]
    found.save(Record("plan", "new", NOW, {}))
    assert "record/plan" in found.stamps()
    with closing(sqlite3.connect(found.path)) as file:
        assert file.execute("PRAGMA user_version").fetchone()[0] == len(STEPS)


def database_of(folder: Path, server: InfluxServer) -> tuple[Settings, InfluxStore]:
    """A state whose store is in an empty database."""
    settings = settings_of(folder)
    settings.store = "influx"
    settings.influx.url, settings.influx.database = server.url, server.fresh()
    settings.influx.token = SecretStr(server.token) if server.token else None
    (folder / "models").mkdir()
    (folder / "models" / "spot.json").write_text(folder.name)
    return settings, InfluxStore(server.url, settings.influx.database, server.token)


def hours(first: int, many: int, value: float) -> Series:
    """Hourly prices from an hour after NOW, known at NOW."""
    start = epoch(NOW) + 3600 * np.arange(first, first + many, dtype=np.int64)
    columns = (np.full(many, 60), np.full(many, value), np.full(many, epoch(NOW)))
    return Series("spot", start, *columns, np.full(many, "published"), np.full(many, "omie"))


def files_in(folder: Path) -> dict[str, str]:
    """The text of the files in a folder, without locks, archives and what was put aside in it."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".gz", ".lock"}]
    found = [path for path in found if not path.relative_to(folder).parts[0].startswith("before-")]
    return {str(path.relative_to(folder)): path.read_text() for path in found}


def test_a_database_is_restored_over_newer_rows_and_back(tmp_path: Path, influx_server: InfluxServer) -> None:
    settings, store = database_of(tmp_path / "var", influx_server)
    store.write(hours(0, 30, 50.0))
    noise = random.Random(1).randbytes(100_000).hex()
    for n in range(45):
        store.save(Record("plan", f"p{n}", NOW + timedelta(hours=n), {"n": n, "noise": noise[: n**3]}))
    archive = back_up(settings, store, NOW, tmp_path / "safe")
    wanted = read_all(store)
    fresh, other = database_of(tmp_path / "new", influx_server)
    shutil.rmtree(fresh.state / "models")
    assert restore(fresh, archive.path, NOW).aside is None
    assert (read_all(other), files_in(fresh.state)) == (wanted, {"models/spot.json": "var"})

    store.write(hours(20, 30, 70.0))
    store.save(Record("plan", "p0", NOW + timedelta(hours=99), {"n": "newer"}))
    store.save(Record("job", "prices", NOW, {}))
    (settings.state / "models" / "spot.json").write_text("newer")
    newer = read_all(store)
    with pytest.raises(UsageError, match="is not empty"):
        restore(settings, archive.path, NOW)
    assert (read_all(store), files_in(settings.state)) == (newer, {"models/spot.json": "newer"})
    done = restore(settings, archive.path, NOW, replace=True)
    assert (read_all(store), files_in(settings.state)) == (wanted, {"models/spot.json": "var"})
    assert done.aside
    assert done.undo
    assert done.undo.is_relative_to(done.aside)
    assert files_in(done.aside) == {"models/spot.json": "newer"}
    restore(settings, done.undo, NOW + timedelta(minutes=1), replace=True)
    assert (read_all(store), files_in(settings.state)) == (newer, {"models/spot.json": "newer"})


def full_disk(patch: pytest.MonkeyPatch, state: Path) -> None:
    """The first file cannot be put into the state; what comes after can."""
    real, calls = Path.replace, itertools.count()

    def replace(self: Path, to: Path) -> Path:
        if Path(to).parent == state and self.name == "models" and next(calls) == 0:
            raise OSError(28, "No space left on device")
        return real(self, to)

    patch.setattr(Path, "replace", replace)


def stop_load(patch: pytest.MonkeyPatch) -> None:
    """The first series that is loaded is lost with the connection; what comes after arrives."""
    real, calls = InfluxStore.load, itertools.count()

    def load(self: InfluxStore, series: Series) -> int:
        if next(calls) == 1:
            raise StoreFailed("the plug was pulled")
        return real(self, series)

    patch.setattr(InfluxStore, "load", load)


@pytest.mark.parametrize(
    "fault", ["damaged archive", "a value it cannot hold", "cut off", "something in the way", "full"]
)
def test_a_restore_that_fails_leaves_all_as_it_was(
    tmp_path: Path, influx_server: InfluxServer, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    settings, store = database_of(tmp_path / "var", influx_server)
    store.write(hours(0, 30, 50.0))
    store.save(Record("plan", "now", NOW, {}))
    before, files = read_all(store), files_in(settings.state)
    source = SqliteStore(tmp_path / "source.sqlite")
    source.write(hours(0, 9, 60.0))
    source.write(replace(hours(0, 9, 60.0), key="zinc"))
    if fault == "a value it cannot hold":
        early = hours(0, 1, 3.0)
        source.write(replace(early, key="zinc", available_at=early.start - 400 * 86_400))
    (tmp_path / "other" / "models").mkdir(parents=True)
    (tmp_path / "other" / "models" / "spot.json").write_text("other")
    archive = back_up(settings_of(tmp_path / "other"), source, NOW, tmp_path / "safe").path
    if fault == "damaged archive":
        archive.write_bytes(archive.read_bytes()[:-300])
    if fault == "cut off":
        stop_load(monkeypatch)
    if fault == "full":
        full_disk(monkeypatch, settings.state)
    aside = settings.state / f"before-{NOW:%Y%m%dT%H%M%S}"
    if fault == "something in the way":
        aside.mkdir()
        (aside / "x").write_text("of an earlier restore")
    with pytest.raises(ChocolateError) as failed:
        restore(settings, archive, NOW, replace=True)
    assert (read_all(store), files_in(settings.state)) == (before, files)
    undo = [str(path) for path in settings.state.rglob("*.tar.gz")]
    untouched = fault in {"damaged archive", "something in the way"}
    assert [path in failed.value.hint for path in undo] == [True] * (not untouched)
    assert [path.name for path in settings.state.glob("before-*/*") if path.suffix != ".gz"] == (
        ["x"] if fault == "something in the way" else []
    )


def test_a_backup_while_a_database_is_written_to(tmp_path: Path, influx_server: InfluxServer) -> None:
    """Records are replaced and come anew, and prices: each archive has them whole, and all that was there."""
    settings, store = database_of(tmp_path / "var", influx_server)
    noise = random.Random(1).randbytes(50_000).hex()
    store.write(hours(0, 500, 50.0))
    for n in range(5):
        store.save(Record("plan", f"p{n}", NOW + timedelta(hours=n), {"n": 0, "noise": f"0{noise}"}))
    stop, begun = threading.Event(), threading.Event()

    def write() -> None:
        own = InfluxStore(influx_server.url, settings.influx.database, influx_server.token)
        turn = 0
        while not stop.is_set():
            turn += 1
            own.save(Record("plan", f"p{turn % 8}", NOW, {"n": turn, "noise": f"{turn}{noise}"}))
            own.save(Record("job", "prices", NOW, {"n": turn}))
            own.write(hours(500 + 24 * (turn % 80), 24, float(turn)))
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(120)
        archives = [back_up(settings, store, NOW + timedelta(seconds=n), tmp_path / "safe") for n in range(2)]
    finally:
        stop.set()
        writer.join()
    for n, archive in enumerate(archives):
        fresh, found = database_of(tmp_path / f"new{n}", influx_server)
        shutil.rmtree(fresh.state / "models")
        restore(fresh, archive.path, NOW)
        plans = {record.id: record.body for record in found.find("plan")}
        assert plans.keys() >= {f"p{n}" for n in range(5)}
        assert all(body["noise"] == f"{body['n']}{noise}" for body in plans.values())
        assert found.read("spot", ALL).value[:500].tolist() == [50.0] * 500


def test_a_full_folder_is_refused_and_a_damaged_archive_found(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "var")
    store = SqliteStore(tmp_path / "var" / "store.sqlite")
    store.save(Record("plan", "one", NOW, {"noise": random.Random(1).randbytes(50_000).hex()}))
    archive = back_up(settings, store, NOW, tmp_path / "safe").path
    with pytest.raises(UsageError, match="is not empty"):
        unpack(archive, settings.state)
    whole = archive.read_bytes()
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(whole[:-200])
    with pytest.raises((StoreFailed, UsageError)):
        unpack(cut, tmp_path / "a")
    for at in range(5000, len(whole) - 5000, 5000):
        cut.write_bytes(whole[:at] + b"\xff" * 50 + whole[at + 50 :])
        with pytest.raises((StoreFailed, UsageError)):
            unpack(cut, tmp_path / f"a{at}")
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
