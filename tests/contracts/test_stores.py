"""What every store keeps: knowledge with its time, holes, records, and all of it among several writers."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import ChocolateError, UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.series import Origin, Point, Series, empty, from_points
from chocolate_factory.domain.series_info import MARKET_ZONE, Hole
from chocolate_factory.domain.slots import Window, day_window, epoch, moment
from chocolate_factory.infrastructure.stores import STORES, StorePlace
from tests.influx_server import GivenServer, InfluxServer

SPRING, AUTUMN, PLAIN = date(2026, 3, 29), date(2025, 10, 26), date(2026, 1, 14)
LONG_AFTER = datetime(2027, 1, 1, tzinfo=UTC)
EVER = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
T0 = datetime(2026, 1, 13, 12, tzinfo=UTC)
S0 = datetime(2026, 1, 14, tzinfo=UTC)

ROOT = Path(__file__).resolve().parents[2]

Open = Callable[[], Store]


class Fresh:
    """New places of one kind of store, as many as are asked for."""

    def __init__(self, name: str, folder: Path, server: InfluxServer | GivenServer | None) -> None:
        self.name, self.folder, self.server = name, folder, server
        self._numbers = itertools.count()

    def place(self) -> StorePlace:
        """A place nobody has used."""
        folder = self.folder / f"state {next(self._numbers)}"
        if self.server is None:
            return StorePlace(folder)
        return StorePlace(folder, self.server.url, self.server.fresh(), self.server.token)

    def store(self) -> Store:
        """A store nobody has used."""
        return STORES[self.name](self.place())


@pytest.fixture(scope="module", params=sorted(STORES))
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Every registered store in turn."""
    server = request.getfixturevalue("influx_server") if request.param == "influx" else None
    return Fresh(request.param, tmp_path_factory.mktemp(request.param), server)


@pytest.fixture
def reopen(fresh: Fresh) -> Open:
    """Opens the same place again at every call."""
    place = fresh.place()
    return lambda: STORES[fresh.name](place)


@pytest.fixture
def store(reopen: Open) -> Store:
    return reopen()


def hours(n: int) -> timedelta:
    return timedelta(hours=n)


def point(slot: int, known: int, value: float, minutes: int = 60, origin: Origin = Origin.PUBLISHED) -> Point:
    """Hour `slot` after S0, known `known` hours after T0."""
    return Point(S0 + hours(slot), minutes, value, T0 + hours(known), origin, "test")


def series_of(*points: Point, key: str = "spot") -> Series:
    return from_points(key, points)


def told(series: Series) -> list[tuple[int, float]]:
    return [(round((row.start - S0) / hours(1)), row.value) for row in series]


def day_series(day: date, key: str = "spot", skip: Iterable[int] = ()) -> Series:
    """A whole local day at the resolution of its market, without the slots in `skip`."""
    info = CATALOG[key]
    length = info.minutes(day)
    left_out = set(skip)
    return series_of(
        *(
            Point(moment(start), length, 50.0 + n, info.due(day), Origin.PUBLISHED, "test")
            for n, start in enumerate(day_window(day, MARKET_ZONE).starts(length))
            if n not in left_out
        ),
        key=key,
    )


# --- series ---


def test_what_is_written_is_read_in_every_column(store: Store) -> None:
    rows = [
        Point(S0, 60, 12.5, T0, Origin.PUBLISHED, "omie"),
        Point(S0 + hours(1), 15, -0.125, T0 + timedelta(seconds=1), Origin.ESTIMATED, "Red Eléctrica"),
        Point(S0 + hours(2), 60, 1e-9 + 0.1, T0, Origin.SAMPLE, "x" * 60),
    ]
    assert store.write(from_points("pvpc", rows)) == 3
    assert list(store.read("pvpc", EVER)) == rows
    assert list(store.revisions("pvpc", EVER)) == rows


def test_the_columns_have_the_types_of_the_contract(store: Store) -> None:
    store.write(series_of(point(0, 0, 1.0)))
    found = store.read("spot", EVER)
    assert [found.start.dtype, found.minutes.dtype, found.available_at.dtype] == [np.int64] * 3
    assert found.value.dtype == np.float64
    assert found.origin.dtype.kind == found.source.dtype.kind == "U"


def test_an_empty_store_answers(store: Store) -> None:
    for key in ("spot", "never heard of"):
        assert len(store.read(key, EVER)) == len(store.revisions(key, EVER)) == 0
        assert len(store.read(key, EVER, T0)) == 0
        assert store.span(key) is None
    assert store.read("spot", EVER).key == "spot"
    assert store.find("plan") == []
    assert store.write(empty("spot")) == 0


def test_a_key_outside_the_catalogue_is_kept_but_has_no_holes(store: Store) -> None:
    store.write(series_of(point(0, 0, 1.0), key="steam"))
    assert told(store.read("steam", EVER)) == [(0, 1.0)]
    with pytest.raises(UsageError, match="steam"):
        store.holes("steam", EVER, LONG_AFTER)


def test_series_do_not_mix(store: Store) -> None:
    store.write(series_of(point(0, 0, 1.0), key="spot"))
    store.write(series_of(point(0, 0, 2.0), key="pvpc"))
    assert told(store.read("spot", EVER)) == [(0, 1.0)]
    assert told(store.read("pvpc", EVER)) == [(0, 2.0)]


def test_a_window_is_half_open_and_counts_starts(store: Store) -> None:
    store.write(series_of(*(point(n, 0, float(n)) for n in range(5))))
    window = Window(S0 + hours(1), S0 + hours(3))
    assert told(store.read("spot", window)) == [(1, 1.0), (2, 2.0)]
    assert told(store.revisions("spot", window)) == [(1, 1.0), (2, 2.0)]
    inside = Window(S0 + timedelta(minutes=30), S0 + hours(1))
    assert len(store.read("spot", inside)) == 0
    assert len(store.read("spot", Window(S0, S0))) == 0


def test_the_same_knowledge_again_changes_nothing(store: Store) -> None:
    rows = series_of(*(point(n, 0, float(n)) for n in range(24)))
    assert store.write(rows) == 24
    assert store.write(rows) == 0
    later = series_of(*(point(n, 5, float(n)) for n in range(24)))
    assert store.write(later) == 0
    assert list(store.revisions("spot", EVER)) == list(rows)


def test_the_same_value_from_elsewhere_changes_nothing(store: Store) -> None:
    store.write(series_of(Point(S0, 60, 5.0, T0, Origin.PUBLISHED, "omie")))
    assert store.write(series_of(Point(S0, 60, 5.0, T0, Origin.ESTIMATED, "ree"))) == 0
    assert [row.source for row in store.revisions("spot", EVER)] == ["omie"]


def test_a_correction_is_new_knowledge(store: Store) -> None:
    store.write(series_of(point(0, 0, 10.0), point(1, 0, 11.0)))
    assert store.write(series_of(point(0, 48, 10.0), point(1, 48, 12.0))) == 1
    assert told(store.revisions("spot", EVER)) == [(0, 10.0), (1, 11.0), (1, 12.0)]
    assert told(store.read("spot", EVER)) == [(0, 10.0), (1, 12.0)]
    assert told(store.read("spot", EVER, T0 + hours(47))) == [(0, 10.0), (1, 11.0)]
    assert told(store.read("spot", EVER, T0 + hours(48))) == [(0, 10.0), (1, 12.0)]
    assert told(store.read("spot", EVER, T0 - timedelta(seconds=1))) == []


def test_another_length_is_a_correction_too(store: Store) -> None:
    store.write(series_of(point(0, 0, 10.0, minutes=60)))
    assert store.write(series_of(point(0, 1, 10.0, minutes=15))) == 1
    assert [row.minutes for row in store.revisions("spot", EVER)] == [60, 15]


def test_the_same_moment_told_differently_replaces(store: Store) -> None:
    store.write(series_of(point(0, 0, 10.0)))
    changed = Point(S0, 15, 11.0, T0, Origin.MEASURED, "other")
    assert store.write(series_of(changed)) == 1
    assert list(store.revisions("spot", EVER)) == [changed]


def test_one_call_that_tells_a_moment_twice_keeps_the_last(store: Store) -> None:
    rows = series_of(point(0, 0, 10.0), point(0, 0, 11.0), point(0, 0, 11.0))
    assert store.write(rows) == 1
    assert told(store.revisions("spot", EVER)) == [(0, 11.0)]
    assert store.write(rows) == 0


def test_older_knowledge_may_come_later(store: Store) -> None:
    store.write(series_of(point(0, 0, 10.0), point(0, 9, 12.0)))
    assert store.write(series_of(point(0, 4, 11.0))) == 1
    assert store.write(series_of(point(0, 8, 12.0))) == 1, "known earlier than was thought"
    assert store.write(series_of(point(0, 5, 11.0))) == 0
    assert told(store.revisions("spot", EVER)) == [(0, 10.0), (0, 11.0), (0, 12.0), (0, 12.0)]
    assert [told(store.read("spot", EVER, T0 + hours(n)))[0][1] for n in (0, 3, 4, 7, 8, 9)] == [
        10.0, 10.0, 11.0, 11.0, 12.0, 12.0,
    ]  # fmt: skip


def test_a_value_that_returns_is_knowledge(store: Store) -> None:
    rows = series_of(point(0, 0, 10.0), point(0, 1, 11.0), point(0, 2, 10.0))
    assert store.write(rows) == 3
    assert store.write(rows) == 0
    assert told(store.read("spot", EVER)) == [(0, 10.0)]


def test_span_goes_from_the_first_start_to_the_last_end(store: Store) -> None:
    store.write(series_of(point(7, 0, 1.0), point(2, 0, 1.0)))
    assert store.span("spot") == Window(S0 + hours(2), S0 + hours(8))
    store.write(series_of(point(7, 1, 1.0, minutes=15)))
    assert store.span("spot") == Window(S0 + hours(2), S0 + hours(7) + timedelta(minutes=15))


def test_count_is_of_all_revisions(store: Store) -> None:
    assert store.count("spot") == 0
    store.write(series_of(point(7, 0, 1.0), point(2, 0, 1.0)))
    store.write(series_of(point(7, 1, 1.5), point(7, 2, 1.5)))
    assert store.count("spot") == len(store.revisions("spot", EVER)) == 3
    assert store.count("pvpc") == 0


def test_any_text_may_be_a_key_an_origin_is_kept_and_a_source_too(store: Store) -> None:
    texts = ["a, b=c d", "\"quoted\" 'twice'", "back\\slash\\", "one\ntwo", "ñ € 日本 \U0001f36b", "%41", ""]
    for text in texts:
        rows = [Point(S0, 60, 1.0, T0, Origin.PUBLISHED, text)]
        assert store.write(from_points(text, rows)) == 1
        assert list(store.read(text, EVER)) == rows
    assert store.keys() == sorted(texts)


@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60))
def test_any_number_comes_back_to_the_last_bit(fresh: Fresh, values: list[float]) -> None:
    store = fresh.store()
    rows = series_of(*(point(n, 0, value) for n, value in enumerate(values)))
    assert store.write(rows) == len(values)
    assert store.read("spot", EVER).value.tolist() == values
    assert store.write(rows) == 0


def test_windows_may_be_wider_than_time(store: Store) -> None:
    store.write(series_of(point(0, 0, 1.0)))
    wide = Window(datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
    assert told(store.read("spot", wide)) == [(0, 1.0)]
    assert len(store.read("spot", Window(wide.start, S0))) == 0
    assert len(store.read("spot", Window(S0 + hours(1), wide.end))) == 0


def test_forecasts_are_known_long_before_and_imports_long_after(store: Store) -> None:
    rows = [
        Point(S0, 60, 1.0, S0 - timedelta(days=365), Origin.FORECAST, "x"),
        Point(S0, 60, 2.0, S0, Origin.FORECAST, "x"),
        Point(S0, 60, 3.0, S0 + timedelta(days=30 * 365), Origin.MEASURED, "x"),
    ]
    assert store.write(from_points("spot", rows)) == 3
    assert list(store.revisions("spot", EVER)) == rows


def test_many_rows_go_in_and_out(store: Store) -> None:
    """Costs about two seconds: more rows than any piece in which they travel."""
    n = 45_000
    start = epoch(S0) + 900 * np.arange(n, dtype=np.int64)
    ints = (np.full(n, 15, np.int64), np.arange(n) / 7, start - 86400)
    rows = Series("spot", start, *ints, np.full(n, "published"), np.full(n, "test"))
    assert store.write(rows) == n
    found = store.revisions("spot", EVER)
    for column in ("start", "minutes", "value", "available_at", "origin", "source"):
        assert np.array_equal(getattr(found, column), getattr(rows, column)), column


# --- copies ---


def test_load_keeps_rows_as_they_are(store: Store) -> None:
    rows = series_of(point(0, 0, 10.0), point(0, 5, 10.0), point(0, 9, 10.0), point(1, 0, 3.0))
    assert store.load(rows) == 4
    assert list(store.revisions("spot", EVER)) == list(rows)
    assert store.load(rows) == 0
    assert store.load(empty("spot")) == 0


def test_load_replaces_what_differs_in_any_column(store: Store) -> None:
    first = Point(S0, 60, 5.0, T0, Origin.PUBLISHED, "omie")
    others = [
        Point(S0, 15, 5.0, T0, Origin.PUBLISHED, "omie"),
        Point(S0, 60, 6.0, T0, Origin.PUBLISHED, "omie"),
        Point(S0, 60, 5.0, T0, Origin.ESTIMATED, "omie"),
        Point(S0, 60, 5.0, T0, Origin.PUBLISHED, "ree"),
    ]
    for other in others:
        store.load(from_points("spot", [first]))
        assert store.load(from_points("spot", [other])) == 1
        assert list(store.revisions("spot", EVER)) == [other]


def test_keys_and_kinds_are_what_is_there(store: Store) -> None:
    assert store.keys() == store.kinds() == []
    store.write(series_of(point(0, 0, 1.0), key="spot"))
    store.write(series_of(point(0, 0, 1.0), key="pvpc"))
    store.save(Record("plan", "omie", T0, {}))
    store.save(Record("forecast", "spot", T0, {"long": "x" * 200_000}))
    assert store.keys() == ["pvpc", "spot"]
    assert store.kinds() == ["forecast", "plan"]


# --- against a model ---

Row = tuple[int, int, int, float, str, str]
rows_of_one_series = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 4),
        st.sampled_from([15, 60]),
        st.sampled_from([-3.5, 0.0, 41.25]),
        st.sampled_from(["published", "estimated"]),
        st.sampled_from(["omie", "ree"]),
    ),
    max_size=8,
)
batches = st.lists(st.tuples(st.sampled_from(["spot", "pvpc"]), rows_of_one_series), max_size=6)


def as_series(key: str, rows: Iterable[Row]) -> Series:
    return series_of(
        *(
            Point(S0 + hours(s), length, value, T0 + hours(k), Origin(origin), source)
            for s, k, length, value, origin, source in rows
        ),
        key=key,
    )


class Model:
    """The contract of `write` and `read` in the plainest words."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], dict[int, Row]] = {}

    def write(self, key: str, rows: Iterable[Row]) -> int:
        changed = 0
        last = {(row[0], row[1]): row for row in rows}
        for slot, known in sorted(last):
            revisions = self.rows.setdefault((key, slot), {})
            before = self.newest(key, slot, known)
            row = last[slot, known]
            if before is None or before[2:4] != row[2:4]:
                revisions[known] = row
                changed += 1
        return changed

    def newest(self, key: str, slot: int, known: int) -> Row | None:
        seen = [k for k in self.rows.get((key, slot), {}) if k <= known]
        return self.rows[key, slot][max(seen)] if seen else None

    def read(self, key: str, known: int = 99) -> list[Row]:
        found = (self.newest(key, slot, known) for slot in range(4))
        return [row for row in found if row is not None]

    def revisions(self, key: str) -> list[Row]:
        return [row for slot in range(4) for _, row in sorted(self.rows.get((key, slot), {}).items())]


def points_of(key: str, rows: Iterable[Row]) -> list[Point]:
    return list(as_series(key, rows))


@settings(max_examples=60, deadline=None)
@given(written=batches)
def test_any_writes_in_any_order_are_what_the_model_says(
    fresh: Fresh, written: list[tuple[str, list[Row]]]
) -> None:
    store, model = fresh.store(), Model()
    for key, rows in written:
        assert store.write(as_series(key, rows)) == model.write(key, rows)
        assert store.write(as_series(key, rows)) == 0
    for key in ("spot", "pvpc"):
        assert list(store.read(key, EVER)) == points_of(key, model.read(key))
        assert list(store.revisions(key, EVER)) == points_of(key, model.revisions(key))
        for known in range(5):
            found = store.read(key, EVER, T0 + hours(known))
            assert list(found) == points_of(key, model.read(key, known))


@settings(max_examples=40, deadline=None)
@given(
    slots=st.dictionaries(st.integers(0, 3), st.permutations(range(5)), min_size=1),
    order=st.randoms(use_true_random=False),
)
def test_distinct_knowledge_reads_the_same_however_it_arrived(
    fresh: Fresh, slots: dict[int, list[int]], order: random.Random
) -> None:
    rows: list[Row] = [
        (slot, known, 60, float(value), "published", "omie")
        for slot, values in slots.items()
        for known, value in enumerate(values)
    ]
    expected = points_of("spot", sorted(rows))
    order.shuffle(rows)
    store = fresh.store()
    while rows:
        cut = order.randint(1, len(rows))
        store.write(as_series("spot", rows[:cut]))
        rows = rows[cut:]
    assert list(store.revisions("spot", EVER)) == expected


# --- holes ---


def spans(holes: list[Hole]) -> list[tuple[datetime, datetime, int]]:
    return [(hole.start, hole.end, hole.missing) for hole in holes]


@pytest.mark.parametrize(("day", "slots"), [(SPRING, 92), (PLAIN, 96), (AUTUMN, 100)])
def test_a_missing_day_is_one_hole_of_its_true_length(store: Store, day: date, slots: int) -> None:
    window = day_window(day, MARKET_ZONE)
    due = CATALOG["spot"].due(day)
    assert store.holes("spot", window, due) == [Hole("spot", window.start, window.end, slots, due)]
    assert store.holes("spot", window, due - timedelta(seconds=1)) == []
    assert store.write(day_series(day)) == slots
    assert store.holes("spot", window, LONG_AFTER) == []
    assert store.span("spot") == window
    assert len(store.read("spot", window)) == slots


@pytest.mark.parametrize("day", [SPRING, PLAIN, AUTUMN])
def test_holes_are_exactly_what_was_left_out(store: Store, day: date) -> None:
    window = day_window(day, MARKET_ZONE)
    store.write(day_series(day, skip=(0, 8, 9, 10, 11, 40)))
    starts = [moment(second) for second in window.starts(15)]
    quarter = timedelta(minutes=15)
    assert spans(store.holes("spot", window, LONG_AFTER)) == [
        (starts[0], starts[1], 1),
        (starts[8], starts[11] + quarter, 4),
        (starts[40], starts[41], 1),
    ]
    part = Window(starts[9], starts[40])
    assert spans(store.holes("spot", part, LONG_AFTER)) == [(starts[9], starts[12], 3)]


def test_a_hole_goes_on_over_midnight_and_is_due_since_its_first_slot(store: Store) -> None:
    first, last = AUTUMN - timedelta(days=1), AUTUMN + timedelta(days=1)
    window = Window(day_window(first, MARKET_ZONE).start, day_window(last, MARKET_ZONE).end)
    holes = store.holes("pvpc", window, LONG_AFTER)
    assert holes == [Hole("pvpc", window.start, window.end, 73, CATALOG["pvpc"].due(first))]
    store.write(day_series(AUTUMN, "pvpc"))
    assert [hole.missing for hole in store.holes("pvpc", window, LONG_AFTER)] == [24, 24]


def test_a_hole_splits_where_the_market_changed_its_resolution(store: Store) -> None:
    before, after = date(2025, 9, 30), date(2025, 10, 1)
    window = Window(day_window(before, MARKET_ZONE).start, day_window(after, MARKET_ZONE).end)
    change = day_window(after, MARKET_ZONE).start
    assert spans(store.holes("spot", window, LONG_AFTER)) == [
        (window.start, change, 24),
        (change, window.end, 96),
    ]


def test_a_slot_of_another_length_than_its_day_has_is_a_hole(store: Store) -> None:
    day = day_window(date(2026, 3, 10), MARKET_ZONE)
    store.write(series_of(*(Point(moment(s), 15, 1.0, T0, Origin.PUBLISHED, "omie") for s in day.starts(15))))
    hour = Point(day.start + hours(5), 60, 1.0, T0, Origin.PUBLISHED, "file")
    store.write(series_of(hour))
    told = (hour.start, hour.start + timedelta(minutes=15), 1)
    assert spans(store.holes("spot", day, LONG_AFTER)) == [told]
    store.write(series_of(replace(hour, minutes=15, available_at=T0 + hours(1))))
    assert store.holes("spot", day, LONG_AFTER) == [], "what was known before does not matter"
    store.write(series_of(replace(hour, available_at=T0 + hours(2))))
    assert spans(store.holes("spot", day, LONG_AFTER)) == [told]


def test_a_series_without_a_publication_rule_has_no_holes(store: Store) -> None:
    assert store.holes("temperature_forecast", EVER, LONG_AFTER) == []


@settings(max_examples=25, deadline=None)
@given(
    day=st.sampled_from([date(2025, 9, 29), AUTUMN - timedelta(days=1), SPRING - timedelta(days=1)]),
    kept=st.sets(st.integers(0, 287)),
    edges=st.tuples(st.integers(-8, 80), st.integers(0, 80)),
)
def test_holes_and_stored_slots_are_the_expected_grid(
    fresh: Fresh, day: date, kept: set[int], edges: tuple[int, int]
) -> None:
    whole = Window(day_window(day, MARKET_ZONE).start, day_window(day + timedelta(days=2), MARKET_ZONE).end)
    start = whole.start + hours(edges[0])
    window = Window(start, start + hours(edges[1]))
    info = CATALOG["spot"]
    now = info.due(day + timedelta(days=2))
    expected = info.expected(window, now)
    all_slots = info.expected(whole, now)
    stored = {int(all_slots[n]) for n in kept if n < len(all_slots)}
    store = fresh.store()
    store.write(published("spot", list(stored), [1.0] * len(stored), "test"))
    holes = store.holes("spot", window, now)
    found: list[int] = []
    for hole in holes:
        length = (hole.end - hole.start) // hole.missing
        assert length in (timedelta(minutes=15), hours(1))
        found += [epoch(hole.start + n * length) for n in range(hole.missing)]
    assert sorted(found) == found
    assert set(found) == {int(s) for s in expected} - stored
    for before, after in pairwise(holes):
        lengths = [(hole.end - hole.start) // hole.missing for hole in (before, after)]
        assert before.end < after.start or (before.end == after.start and lengths[0] != lengths[1])


# --- records ---


def test_records_come_back_newest_first(store: Store) -> None:
    records = [Record("plan", f"p{n}", T0 + timedelta(microseconds=n), {"n": n}) for n in range(5)]
    for record in (records[2], records[0], records[4], records[1], records[3]):
        store.save(record)
    assert store.find("plan") == records[::-1]
    assert store.find("plan", limit=2) == [records[4], records[3]]
    assert store.find("plan", limit=0) == []
    assert store.find("plan", id="p1") == [records[1]]
    assert store.find("plan", id="p1", limit=0) == []
    assert store.find("plan", id="none") == store.find("forecast") == []
    third = records[2].at
    assert store.find("plan", until=third) == records[2::-1]
    assert store.find("plan", until=third - timedelta(microseconds=1), limit=1) == [records[1]]
    assert store.find("plan", until=T0 - hours(1)) == store.find("plan", id="p3", until=third) == []
    assert store.find("plan", id="p2", until=third) == [records[2]]


def test_the_same_kind_and_id_replaces_and_kinds_do_not_mix(store: Store) -> None:
    store.save(Record("plan", "a", T0, {"v": 1}))
    store.save(Record("job", "a", T0, {"v": 2}))
    store.save(Record("plan", "a", T0 + hours(1), {"v": 3}))
    assert store.find("plan") == [Record("plan", "a", T0 + hours(1), {"v": 3})]
    assert store.find("job") == [Record("job", "a", T0, {"v": 2})]


def test_records_of_one_moment_have_a_fixed_order(store: Store) -> None:
    for name in ("b", "c", "a"):
        store.save(Record("plan", name, T0, {}))
    assert [record.id for record in store.find("plan")] == ["c", "b", "a"]


def test_long_bodies_may_become_longer_and_shorter(store: Store) -> None:
    letters = random.Random(1)
    for size in (10, 400_000, 90_000, 300_000, 0):
        body = {"noise": "".join(letters.choices("abcdefghijklmnopqrstuvwxyz\u00f1", k=size)), "size": size}
        store.save(Record("plan", "p", T0, body))
        assert store.find("plan") == [Record("plan", "p", T0, body)]


def test_any_text_may_be_a_kind_or_an_id(store: Store) -> None:
    texts = ["a, b=c d", "\"quoted\" 'twice'", "back\\slash\\", "one\ntwo", "ñ € 日本 \U0001f36b", "%41", ""]
    for text in texts:
        store.save(Record(text, text, T0, {"text": text}))
        store.save(Record("plan", text, T0, {"text": text}))
    for text in texts:
        assert store.find(text) == store.find(text, id=text) == [Record(text, text, T0, {"text": text})]
    assert [record.id for record in store.find("plan")] == sorted(texts, reverse=True)
    assert [record.id for record in store.each("plan")] == sorted(texts)


def test_a_change_has_a_stamp_of_its_own_that_every_process_sees(reopen: Open) -> None:
    """Only what changed gets another stamp: the series or the kind of record, nothing beside it."""
    store, seen = reopen(), reopen()
    assert seen.stamps() == {}
    assert store.write(series_of(point(0, 0, 5.0))) == 1
    assert store.load(series_of(point(0, 0, 5.0), key="pvpc, a=b")) == 1
    store.save(Record("plan", "a", T0, {"v": 1}))
    stamps = [seen.stamps()]
    assert sorted(stamps[0]) == ["record/plan", "series/pvpc, a=b", "series/spot"]
    changes: list[tuple[str, Callable[[], object]]] = [
        ("series/spot", lambda: store.write(series_of(point(0, 1, 6.0)))),
        ("series/spot", lambda: store.load(series_of(point(0, 1, 7.0)))),
        ("series/pvpc, a=b", lambda: store.write(series_of(point(1, 0, 5.0), key="pvpc, a=b"))),
        ("record/plan", lambda: store.save(Record("plan", "a", T0, {"v": 2}))),
        ("record/plan", lambda: store.save(Record("plan", "a", T0 + hours(1), {"v": 2}))),
        ("record/job", lambda: store.save(Record("job", "a", T0, {"v": 2}))),
    ]
    for name, change in changes:
        change()
        stamps.append(seen.stamps())
        assert {key for key, stamp in stamps[-1].items() if stamps[-2].get(key) != stamp} == {name}
    assert store.write(series_of(point(0, 1, 7.0))) == store.write(empty("spot")) == 0
    assert seen.stamps() == stamps[-1]


def test_what_is_forgotten_is_gone_for_every_reader(reopen: Open) -> None:
    """Records of one kind before a moment, long bodies too; what is saved again is there again."""
    store, seen = reopen(), reopen()
    noise = random.Random(7).randbytes(150_000).hex()
    for n in range(4):
        store.save(Record("audit", f"a, {n}", T0 + hours(n), {"n": n, "noise": noise if n == 1 else ""}))
    store.save(Record("plan", "p", T0 - hours(9), {}))
    before = seen.stamps()
    assert store.forget("audit", T0 + hours(2)) == 2
    assert [record.body["n"] for record in seen.find("audit")] == [3, 2]
    assert seen.find("audit", id="a, 1") == seen.find("audit", id="a, 0") == []
    changed = {name for name, stamp in seen.stamps().items() if before[name] != stamp}
    assert changed == {"record/audit"}
    assert (seen.kinds(), store.forget("audit", T0 + hours(2))) == (["audit", "plan"], 0)
    assert store.forget("audit", T0 + hours(9)) == 2
    assert (seen.kinds(), seen.find("audit"), store.forget("never", LONG_AFTER)) == (["plan"], [], 0)
    store.save(Record("audit", "a, 1", T0, {"n": 7}))
    assert [record.body["n"] for record in seen.find("audit")] == [7]


def test_many_records_are_found(store: Store) -> None:
    records = [Record("plan", f"p{n}", T0 + timedelta(seconds=n), {"n": n}) for n in range(50)]
    for record in records:
        store.save(record)
    assert store.find("plan", limit=45) == records[:4:-1]
    assert store.find("plan") == records[::-1]
    assert list(store.each("plan")) == sorted(records, key=lambda record: record.id)
    assert list(store.each("job")) == []


def test_records_that_change_while_all_are_read_come_whole(store: Store) -> None:
    """One is replaced by a longer one, one is forgotten, one is new: none comes in part, none twice."""
    noise = random.Random(3).randbytes(150_000).hex()
    bodies = [{"n": n, "noise": noise[:n]} for n in range(50)]
    for n, body in enumerate(bodies):
        store.save(Record("plan", f"p{n:02d}", T0 + hours(n), body))
    found: dict[str, object] = {}
    for record in store.each("plan"):
        if not found:
            store.save(Record("plan", "p30", T0 + hours(30), {"n": 30, "noise": noise}))
            store.save(Record("plan", "p99", T0 + hours(99), {"n": 99}))
            store.forget("plan", T0 + hours(1))
        assert record.id not in found
        found[record.id] = record.body
    assert found.pop("p30") == {"n": 30, "noise": noise}
    found.pop("p99", None)
    assert found == {f"p{n:02d}": body for n, body in enumerate(bodies) if n != 30}


@settings(max_examples=30, deadline=None)
@given(
    body=st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=4,
    ),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
def test_any_json_body_and_moment_come_back_as_they_were(
    fresh: Fresh, body: dict[str, object], at: datetime
) -> None:
    store = fresh.store()
    store.save(Record("plan", "x", at, body))
    assert store.find("plan") == [Record("plan", "x", at, body)]


def test_what_is_not_json_or_has_no_zone_is_not_stored(store: Store) -> None:
    for body in ({"x": float("nan")}, {"x": T0}):
        with pytest.raises((TypeError, ValueError)):
            store.save(Record("plan", "x", T0, body))
    with pytest.raises(ValueError, match="naive"):
        store.save(Record("plan", "x", T0.replace(tzinfo=None), {}))
    with pytest.raises(ChocolateError):
        store.find("plan", limit=-1)
    assert store.find("plan") == []


# --- over time and among others ---


def test_everything_is_there_after_reopening(reopen: Open) -> None:
    first = reopen()
    first.write(day_series(SPRING))
    first.save(Record("plan", "p", T0, {"cost": 1.5}))
    again = reopen()
    assert list(again.read("spot", EVER)) == list(first.read("spot", EVER)) == list(day_series(SPRING))
    assert again.find("plan") == [Record("plan", "p", T0, {"cost": 1.5})]
    assert again.write(day_series(SPRING)) == 0


def quarter_year() -> Series:
    starts = epoch(S0) + 900 * np.arange(9000, dtype=np.int64)
    return series_of(
        *(Point(moment(s), 15, float(n % 97), T0, Origin.PUBLISHED, "test") for n, s in enumerate(starts))
    )


def write_in_pieces(store: Store, seed: int) -> int:
    """The same rows in an order of its own, piece by piece; returns the rows this writer changed."""
    rows, order = quarter_year(), random.Random(seed)
    pieces = [rows.take(piece) for piece in np.array_split(np.arange(len(rows)), 45)]
    order.shuffle(pieces)
    return sum(store.write(piece) for piece in pieces)


def test_two_processes_writing_the_same_rows_do_no_harm(fresh: Fresh) -> None:
    """Costs about three seconds: both start from nothing, so they also make the store at the same time."""
    place = fresh.place()
    text = json.dumps({"folder": str(place.folder), "url": place.url, "database": place.database})
    command = [sys.executable, "-m", "tests.contracts.test_stores", fresh.name, text]
    writers = [
        subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True, cwd=ROOT) for n in range(2)
    ]
    changed = [int(writer.communicate(timeout=600)[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sum(changed) == 9000 if fresh.name == "sqlite" else sum(changed) >= 9000
    assert list(STORES[fresh.name](place).revisions("spot", EVER)) == list(quarter_year())


def test_threads_share_one_store(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        changed = list(pool.map(lambda seed: write_in_pieces(store, seed), range(3)))
    assert sum(changed) == 9000
    assert len(store.read("spot", EVER)) == 9000


def test_a_reader_sees_all_of_a_write_or_nothing(fresh: Fresh) -> None:
    """In InfluxDB a write comes in pieces (decision 7), but never a slot that was not written."""
    store, whole = fresh.store(), quarter_year()
    expected = list(whole)
    seen: set[int] = set()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(store.write, whole)
        while not writing.done():
            found = store.read("spot", EVER)
            assert set(found.start.tolist()) <= set(whole.start.tolist())
            seen.add(len(found))
        assert writing.result() == len(whole)
    assert seen <= ({0, len(whole)} if fresh.name == "sqlite" else set(range(len(whole) + 1)))
    assert list(store.read("spot", EVER)) == expected


if __name__ == "__main__":
    given_place = json.loads(sys.argv[2])
    opened = STORES[sys.argv[1]](StorePlace(**{**given_place, "folder": Path(given_place["folder"])}))
    print(write_in_pieces(opened, int(sys.argv[3])))
