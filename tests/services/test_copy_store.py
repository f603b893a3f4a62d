"""A copy holds what the source holds, also after an interruption, and says so only when it is true."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import StoreFailed, UsageError
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.series import Origin, Point, Series, from_points
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.infrastructure.stores.influx import InfluxStore
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.copy_store import checksum, copy_serving, copy_store
from tests.influx_server import InfluxServer

EVER = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
SLOT = datetime(2024, 12, 31, 22, tzinfo=UTC)
KNOWN = datetime(2024, 12, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

Make = Callable[[], Store]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Empty SQLite stores."""
    numbers = iter(range(100))
    return lambda: SqliteStore(tmp_path / f"{next(numbers)}.sqlite")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled store, only to be copied."""
    path = tmp_path_factory.mktemp("filled") / "store.sqlite"
    fill(SqliteStore(path))
    assert list(path.parent.iterdir()) == [path], "a log is left behind"
    return path


@pytest.fixture
def source(filled: Path, tmp_path: Path) -> Store:
    """A store of its own with two series of four calendar years."""
    return SqliteStore(Path(shutil.copy(filled, tmp_path / "source.sqlite")))


def years(key: str, value: float) -> Series:
    """A slot in three hours, which is enough for four chunks of thousands of rows."""
    first, last = epoch(datetime(2023, 10, 1, tzinfo=UTC)), epoch(datetime(2026, 2, 1, tzinfo=UTC))
    start = np.arange(first, last, 3 * 3600)
    n = len(start)
    columns = (np.full(n, 60, np.int64), value + np.arange(n) % 131 / 7, start - 86400)
    return Series(key, start.astype(np.int64), *columns, np.full(n, "published"), np.full(n, "omie"))


def fill(store: Store) -> None:
    """Two series of four calendar years, revisions of a slot, and records of two kinds."""
    for key, value in (("spot", 60.0), ("pvpc", 110.0)):
        store.write(years(key, value))
    points = [
        Point(SLOT + n * HOUR, 60, value, KNOWN + late * HOUR, Origin.ESTIMATED, 'é "quoted"')
        for n, value, late in ((0, 1.0, 0), (0, -0.0, 50), (0, 1.0, 60), (1, 3.5, 0), (2, 1e-7, 0))
    ]
    store.write(from_points("steam", points))
    for n in range(30):
        store.save(Record("plan", f"p{n}", KNOWN + n * HOUR, {"n": n, "rows": list(range(n * 50))}))
    store.save(Record("sync", "spot", KNOWN + timedelta(microseconds=7), {"days": {}}))


def everything(store: Store) -> dict[str, object]:
    keys = store.keys()
    found: dict[str, object] = {key: checksum(store.revisions(key, EVER)) for key in keys}
    for kind in store.kinds():
        found[f"records {kind}"] = store.find(kind, limit=1000)
    return found


class Breaking:
    """A store that is gone after so many writes."""

    def __init__(self, store: Store, writes: int) -> None:
        self.store, self.left = store, writes

    def __getattr__(self, name: str) -> object:
        if name in {"load", "save"}:
            self.left -= 1
            if self.left < 0:
                raise StoreFailed("the plug was pulled")
        return getattr(self.store, name)


def test_a_copy_is_equal_and_the_second_copies_nothing(make: Make, source: Store) -> None:
    target = make()
    steps: list[tuple[int, int, str]] = []
    first = copy_store(source, target, lambda *step: steps.append(step))
    assert everything(target) == everything(source)
    assert [(part.name, part.rows, part.copied, part.skipped) for part in first.series] == [
        ("pvpc", 6832, 6832, 0), ("spot", 6832, 6832, 0), ("steam", 5, 5, 0),
    ]  # fmt: skip
    assert [(part.name, part.rows, part.copied) for part in first.records] == [
        ("plan", 30, 30),
        ("sync", 1, 1),
    ]
    assert steps[0] == (0, 12, "pvpc 2023")
    assert [done for done, _, _ in steps] == list(range(13))
    again = copy_store(source, target)
    for before, after in zip(first.series + first.records, again.series + again.records, strict=True):
        assert (after.copied, after.skipped, after.checksum) == (0, after.chunks, before.checksum)
    assert json.loads(json.dumps(again.to_json()))["series"][0]["checksum"] == first.series[0].checksum


def test_nothing_copied_is_nothing(make: Make) -> None:
    assert copy_store(make(), make()).to_json() == {"series": [], "records": []}


def test_to_influx_and_back_everything_is_as_it_was(
    make: Make, source: Store, influx_server: InfluxServer
) -> None:
    """Costs about two seconds."""
    back = make()
    between = InfluxStore(influx_server.url, influx_server.fresh())
    there = copy_store(source, between)
    again = copy_store(between, back)
    assert there.to_json() == again.to_json()
    assert everything(source) == everything(between) == everything(back)
    for store in (between, back):
        known = [store.read("steam", EVER, KNOWN + n * HOUR).value[0] for n in (0, 49, 50, 60)]
        assert known == [1.0, 1.0, 0.0, 1.0]
        assert store.write(years("spot", 60.0)) == 0


def test_a_database_is_emptied_and_filled_again(influx_server: InfluxServer) -> None:
    database = influx_server.fresh()
    store, seen = (InfluxStore(influx_server.url, database, influx_server.token) for _ in range(2))
    store.keys()
    store.clear()
    far = replace(years("spot", 1.0), start=years("spot", 1.0).start + 200 * 366 * 86_400)
    for turn in range(2):
        assert store.write(years("spot", turn)) == 6832
        store.write(replace(far, available_at=far.start))
        store.save(
            Record("plan", "p", KNOWN, {"turn": turn, "noise": random.Random(1).randbytes(90_000).hex()})
        )
        assert [record.body["turn"] for record in seen.find("plan")] == [turn]
        assert seen.revisions("spot", EVER).value[0] == turn
        store.clear()
        assert (seen.keys(), seen.kinds(), seen.stamps(), seen.count("spot")) == ([], [], {}, 0)


@pytest.mark.parametrize(
    ("kind", "writes"), [("sqlite", 0), ("sqlite", 1), ("sqlite", 9), ("influx", 5), ("influx", 20)]
)
def test_an_interrupted_copy_is_completed(
    make: Make, source: Store, request: pytest.FixtureRequest, kind: str, writes: int
) -> None:
    target = make()
    if kind == "influx":
        server = request.getfixturevalue("influx_server")
        target = InfluxStore(server.url, server.fresh())
    with pytest.raises(StoreFailed, match="plug"):
        copy_store(source, Breaking(target, writes))  # type: ignore[arg-type]
    report = copy_store(source, target)
    assert sum(part.skipped for part in report.series) == min(writes, 10)
    assert everything(target) == everything(source)


def test_half_a_chunk_is_completed(make: Make, source: Store) -> None:
    target = make()
    rows = source.revisions("spot", EVER)
    target.load(rows.take(slice(0, 6_700, 3)))
    report = copy_store(source, target)
    assert next(part.copied for part in report.series if part.name == "spot") == len(rows) - 2234
    assert everything(target) == everything(source)


def test_what_was_told_anew_since_is_copied_anew(make: Make, source: Store) -> None:
    target = make()
    copy_store(source, target)
    rows = years("spot", 60.0).take(slice(0, 1))
    source.write(replace(rows, value=rows.value + 1))
    source.write(replace(rows, available_at=rows.available_at + 999))
    source.save(Record("plan", "p3", KNOWN, {"n": "other"}))
    copy_store(source, target)
    assert everything(target) == everything(source)


def test_a_store_with_something_else_in_it_is_refused(make: Make, source: Store) -> None:
    rows = years("spot", 60.0)
    far = replace(rows, start=rows.start + 10 * 366 * 86400)
    others: list[Callable[[Store], object]] = [
        lambda store: store.write(replace(rows, key="gas")),
        lambda store: store.save(Record("settlement", "x", KNOWN, {})),
        lambda store: store.write(replace(rows.take(slice(0, 1)), available_at=rows.available_at[:1] + 5)),
        lambda store: store.write(far.take(slice(0, 1))),
        lambda store: store.save(Record("plan", "other", KNOWN, {})),
    ]
    for other in others:
        target = make()
        other(target)
        before = everything(target)
        with pytest.raises(UsageError, match=r"the source does not have") as refused:
            copy_store(source, target)
        assert "empty store" in refused.value.hint
        assert len(before) == 1
        assert before.keys() <= everything(target).keys()


class Busy:
    """A store where somebody writes once while its records are read."""

    def __init__(self, store: Store, change: Callable[[Store], object]) -> None:
        self.store, self.change = store, change

    def each(self, kind: str) -> Iterator[Record]:
        for record in self.store.each(kind):
            yield record
            change, self.change = self.change, lambda store: None
            change(self.store)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


@pytest.mark.parametrize("number", [0, 15, 29])
def test_what_changes_during_a_copy_is_no_error_of_it(make: Make, source: Store, number: int) -> None:
    def change(store: Store) -> None:
        store.save(Record("plan", f"p{number}", KNOWN, {"n": "changed"}))
        store.save(Record("plan", "p30", KNOWN, {"n": "new"}))
        store.write(replace(years("gas", 20.0), key="gas"))

    before = everything(source)
    busy: Store = Busy(SqliteStore(Path(shutil.copy(source.path, f"{source.path}.2"))), change)  # type: ignore[attr-defined,assignment]
    target = make()
    copy_store(busy, target)
    assert {record.id for record in before["records plan"]} <= {r.id for r in target.find("plan")}  # type: ignore[attr-defined]
    busy, target = Busy(source, change), make()  # type: ignore[assignment]
    copy_serving(busy, target)
    assert everything(target) == everything(source) != before


def test_what_is_forgotten_during_a_copy_is_no_error_of_it(make: Make, source: Store) -> None:
    target = make()
    busy: Store = Busy(source, lambda store: store.forget("plan", KNOWN + 7 * HOUR))  # type: ignore[assignment]
    copy_serving(busy, target)
    assert len(source.find("plan")) == 23
    assert target.find("plan")[:23] == source.find("plan")


class Forgetful:
    """A store that says it stored, and did not."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def load(self, series: Series) -> int:
        return self.store.load(series.take(slice(1, None)))

    def save(self, record: Record) -> None:
        self.store.save(replace(record, body={}))

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


def test_what_reads_back_different_is_not_called_copied(make: Make, source: Store) -> None:
    with pytest.raises(StoreFailed, match=r"pvpc 2023: .*not what was copied"):
        copy_store(source, Forgetful(make()))  # type: ignore[arg-type]
    only_records = make()
    only_records.save(Record("plan", "x", KNOWN, {"n": 1}))
    with pytest.raises(StoreFailed, match=r"records of kind plan: .*not what was copied"):
        copy_store(only_records, Forgetful(make()))  # type: ignore[arg-type]
