"""Lists by the page, times in a zone, and the world as it was known: the same words at every list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.series import Origin, Point, from_points
from chocolate_factory.domain.slots import day_window
from chocolate_factory.infrastructure.stores import STORES, StorePlace
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.page_records import PageQuery, page_records
from tests.api.planned import MARK, planned_ports
from tests.worlds import NOW, empty_ports, tiny

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    ports = planned_ports(tmp_path_factory.mktemp("paging"))
    world = World(ports, lambda: ports, offline=True)
    with TestClient(create_app(world), client=("127.0.0.1", 50000)) as made:
        yield made


def walk(client: TestClient, path: str, name: str, **asked: Any) -> list[dict[str, Any]]:
    """All rows of a list, a page at a time."""
    rows: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        answer = client.get(path, params={**asked, **more})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        rows += body[name]
        if body["next"] is None:
            return rows
        assert len(body[name]) == asked["limit"]
        more = {"next": body["next"]}


@pytest.mark.parametrize(("path", "name"), [("/api/v1/plans", "plans"), ("/api/v1/forecasts", "forecasts")])
def test_pages_tell_every_row_once(client: TestClient, path: str, name: str) -> None:
    whole = walk(client, path, name, limit=200)
    assert len(whole) >= 2
    assert walk(client, path, name, limit=1) == whole
    moments = [datetime.fromisoformat(row["issued_at"]) for row in whole]
    assert moments == sorted(moments, reverse=True)
    newest, oldest = moments[0].isoformat(), moments[-1].isoformat()
    assert walk(client, path, name, limit=200, end=newest) == [
        row for row, at in zip(whole, moments, strict=True) if at < moments[0]
    ]
    assert walk(client, path, name, limit=200, start=newest)[0] == whole[0]
    assert walk(client, path, name, limit=200, as_of=oldest)[0]["issued_at"] == whole[-1]["issued_at"]
    assert walk(client, path, name, limit=200, as_of=(moments[-1] - HOUR).isoformat()) == []


def test_the_newest_as_of_a_moment(client: TestClient) -> None:
    then = (NOW - HOUR / 2).isoformat()
    for path in ("/api/v1/plans/latest", "/api/v1/forecasts/latest"):
        issued = [
            datetime.fromisoformat(client.get(path, params=asked).json()["issued_at"])
            for asked in ({}, {"as_of": then}, {"as_of": NOW.isoformat()})
        ]
        assert issued == [NOW, NOW - HOUR, NOW]
        nothing = client.get(path, params={"as_of": "2026-01-01T00:00:00Z"})
        assert nothing.status_code == (404 if "plans" in path else 409)


def test_the_log_by_the_page_and_as_it_was(tmp_path: Path) -> None:
    ports = planned_ports(tmp_path)
    moments = [NOW + n * HOUR for n in range(4)]
    clock = {"now": moments[0]}
    ports = replace(ports, clock=lambda: clock["now"])
    world = World(ports, lambda: ports, offline=True)
    with TestClient(create_app(world), client=("127.0.0.1", 50000)) as client:
        for n, moment in enumerate(moments[:3]):
            clock["now"] = moment
            body = {"product": "loaf", "kg": 50.0 * n}
            assert client.post("/api/v1/production/stock", json=body, headers=MARK).status_code == 201
        first = client.get("/api/v1/production/log", params={"limit": 1}).json()["log"][0]
        clock["now"] = moments[3]
        undone = {"report": first["id"]}
        assert client.post("/api/v1/production/log/undo", json=undone, headers=MARK).status_code == 201
        whole = walk(client, "/api/v1/production/log", "log", limit=100)
        assert walk(client, "/api/v1/production/log", "log", limit=1) == whole
        assert [row["kind"] for row in whole] == ["undone", "stock", "stock", "stock"]
        assert whole[1]["undone"] is True
        then = walk(client, "/api/v1/production/log", "log", limit=3, as_of=moments[2].isoformat())
        assert [(row["kg"], row["undone"]) for row in then] == [(100.0, False), (50.0, False), (0.0, False)]


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=14),
    st.integers(1, 5),
    st.one_of(st.none(), st.integers(0, 7)),
    st.one_of(st.none(), st.integers(0, 7)),
)
@settings(max_examples=25)
def test_pages_are_the_sorted_rows_whatever_their_moments(
    paging_store: Store, moments: list[int], limit: int, first: int | None, last: int | None
) -> None:
    """Many of one moment, bounds anywhere, any size of page; half of the rows are of no interest."""
    kind = f"kind {next(COUNTER)}"
    for n, at in enumerate(moments):
        paging_store.save(Record(kind, f"r.{n}", NOW + at * HOUR, {"even": n % 2 == 0}))
    start = None if first is None else NOW + first * HOUR
    end = None if last is None else NOW + last * HOUR
    expected = sorted(
        (
            (NOW + at * HOUR, f"r.{n}")
            for n, at in enumerate(moments)
            if n % 2 == 0
            and (start is None or NOW + at * HOUR >= start)
            and (end is None or NOW + at * HOUR < end)
        ),
        reverse=True,
    )
    told: list[tuple[datetime, str]] = []
    more: str | None = None
    while True:
        query = PageQuery(start, end, None, limit, more)
        page = page_records(paging_store, kind, query, NOW + 99 * HOUR, lambda r: bool(r.body["even"]))
        told += [(record.at, record.id) for record in page.records]
        assert len(page.records) <= limit
        more = page.next
        if more is None:
            break
    assert told == expected


COUNTER = iter(range(10**6))


@pytest.fixture(scope="module")
def paging_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return STORES["sqlite"](StorePlace(tmp_path_factory.mktemp("pages")))


@pytest.mark.parametrize("text", ["", "x", "12", "-1.a", "1e5.a", "\u0661.a", "9" * 18 + ".a", ".a"])
def test_what_continues_nothing_is_refused(paging_store: Store, text: str) -> None:
    with pytest.raises(UsageError, match="continues no list"):
        page_records(paging_store, "plan", PageQuery(next=text), NOW)


def test_times_are_told_in_the_zone(client: TestClient) -> None:
    for path, name in (
        ("/api/v1/prices", "points"),
        ("/api/v1/forecasts/latest", "points"),
        ("/api/v1/forecasts", "forecasts"),
    ):
        site, utc, tokyo = (
            client.get(path, params={"tz": tz} if tz else {}).json()[name]
            for tz in (None, "UTC", "Asia/Tokyo")
        )
        starts = [row[0]["start"] for row in (site, utc, tokyo)]
        assert [text[-6:] for text in (starts[0], starts[2])] == ["+01:00", "+09:00"]
        assert starts[1].endswith("Z")
        assert len({datetime.fromisoformat(text) for text in starts}) == 1


@pytest.mark.parametrize("tz", ["Mars/Olympus", "Europe", "../UTC", "", "/etc/passwd", "Europe/Madrid\u0000"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/prices",
        "/api/v1/prices/latest",
        "/api/v1/prices/stats",
        "/api/v1/forecasts",
        "/api/v1/forecasts/latest",
    ],
)
def test_a_wrong_zone_is_a_problem(client: TestClient, path: str, tz: str) -> None:
    answer = client.get(path, params={"tz": tz})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert "IANA" in answer.json()["hint"]


def test_prices_by_small_pages_are_the_same_slots(client: TestClient) -> None:
    query = {"start": "2026-03-08T22:00:00+01:00", "end": "2026-03-09T03:00:00+01:00"}
    whole = client.get("/api/v1/prices", params=query).json()["points"]
    told, start = [], query["start"]
    while start is not None:
        body = client.get("/api/v1/prices", params={**query, "start": start, "limit": 7}).json()
        told += body["points"]
        start = body["next_start"]
    assert told == whole
    assert len(whole) == 20


def test_the_two_hours_from_two_of_an_autumn_sunday_differ_by_their_offset(tmp_path: Path) -> None:
    day = day_window(date(2025, 10, 26), "Europe/Madrid")
    ports = empty_ports(tmp_path, tiny(), datetime(2025, 10, 27, 12, tzinfo=UTC))
    starts = [day.start + n * HOUR for n in range(25)]
    known = day.start - timedelta(hours=11)
    points = [Point(at, 60, float(n), known, Origin.PUBLISHED, "test") for n, at in enumerate(starts)]
    ports.store.write(from_points("pvpc", points))
    with TestClient(create_app(World(ports, lambda: ports, offline=True)), client=("127.0.0.1", 1)) as client:
        asked = {"series": "pvpc", "start": "2025-10-26T00:00:00+02:00"}
        told = [row["start"] for row in client.get("/api/v1/prices", params=asked).json()["points"]]
        assert told[2:4] == ["2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"]
        stats = client.get("/api/v1/prices/stats", params=asked).json()
        [first, second] = stats["days"]
        assert (first["day"], first["hours"], first["missing_hours"]) == ("2025-10-26", 25, 0)
        assert (second["hours"], second["missing_hours"], second["mean"]) == (0, 24, None)
        assert first["max_at"] == "2025-10-26T23:00:00+01:00"


def test_figures_are_those_of_the_stored_slots(tmp_path: Path) -> None:
    """Hours beside quarters, a hole, negative prices: every quarter-hour weighs the same."""
    ports = empty_ports(tmp_path, tiny())
    start = datetime(2026, 3, 9, 23, tzinfo=UTC)
    known = start - timedelta(hours=11)
    rows = [
        (start, 60, -2.0),
        (start + HOUR, 15, 6.0),
        (start + HOUR * 1.25, 15, 10.0),
        (start + 3 * HOUR, 60, 4.0),
    ]
    ports.store.write(
        from_points("spot", [Point(at, m, v, known, Origin.PUBLISHED, "test") for at, m, v in rows])
    )
    late = Point(start + 4 * HOUR, 60, 999.0, NOW + HOUR, Origin.PUBLISHED, "test")
    ports.store.write(from_points("spot", [late]))
    with TestClient(create_app(World(ports, lambda: ports, offline=True)), client=("127.0.0.1", 1)) as client:
        window = {"start": start.isoformat(), "end": (start + 5 * HOUR).isoformat()}
        body = client.get("/api/v1/prices/stats", params=window).json()
        quarters = np.array([-2.0] * 4 + [6.0, 10.0] + [4.0] * 4)
        told = body["all"]
        assert (told["hours"], told["missing_hours"], told["negative_hours"]) == (2.5, 2.5, 1)
        assert (told["min"], told["max"]) == (-2, 10)
        assert told["max_at"] == "2026-03-10T01:15:00+01:00"
        assert told["mean"] == pytest.approx(quarters.mean(), abs=1e-5)
        assert [told[f"p{q}"] for q in (25, 50, 75)] == pytest.approx(
            np.quantile(quarters, [0.25, 0.5, 0.75])
        )
        assert sum(row["hours"] for row in body["periods"]) == 2.5
        assert {row["period"] for row in body["periods"]} == {"P6"}
        early = client.get("/api/v1/prices/stats", params={**window, "as_of": "2026-03-01T00:00:00Z"}).json()
        assert (early["all"]["hours"], early["all"]["mean"]) == (0, None)
        far = client.get("/api/v1/prices/stats", params={"start": "1990-01-01T00:00:00Z"})
        assert far.status_code == 400
        asked = {"as_of": (start + HOUR * 1.3).isoformat()}
        latest = client.get("/api/v1/prices/latest", params=asked).json()
        assert (latest["current"]["price_eur_mwh"], latest["newest"]["price_eur_mwh"]) == (10, 4)
        hole = client.get("/api/v1/prices/latest", params={"as_of": (start + 2.5 * HOUR).isoformat()}).json()
        assert hole["current"] is None
        assert client.get("/api/v1/prices/latest", params={"series": "gas"}).status_code == 409


DAYS = (date(2025, 10, 26), date(2026, 3, 29), date(2026, 2, 10))
PRICES = st.floats(-60, 300).map(lambda value: round(value, 2))


@given(st.sampled_from(DAYS), st.dictionaries(st.integers(0, 24), PRICES, min_size=1))
@settings(max_examples=15)
def test_the_numbers_of_any_day_are_those_of_the_store(day: date, told: dict[int, float]) -> None:
    """Days of 23, 24 and 25 hours, negative prices, holes: every way to read gives the stored numbers."""
    window = day_window(day, "Europe/Madrid")
    slots = {at: told[n] for n in sorted(told) if (at := window.start + n * HOUR) < window.end}
    known = window.start - timedelta(hours=4)
    points = [Point(at, 60, value, known, Origin.PUBLISHED, "test") for at, value in slots.items()]
    with TemporaryDirectory() as name:
        ports = empty_ports(Path(name), tiny(), datetime(2026, 4, 1, tzinfo=UTC))
        ports.store.write(from_points("pvpc", points))
        with TestClient(create_app(World(ports, lambda: ports, offline=True))) as client:
            asked = {"series": "pvpc", "start": window.start.isoformat(), "end": window.end.isoformat()}
            read, stats = (client.get(f"/api/v1/prices{part}", params=asked) for part in ("", "/stats"))
    if not slots:
        assert (read.status_code, stats.status_code) == (409, 409)
        return
    rows = {datetime.fromisoformat(row["start"]): row["price_eur_mwh"] for row in read.json()["points"]}
    assert rows == slots
    body, values = stats.json(), list(slots.values())
    whole, hours = body["all"], window.seconds / 3600
    assert (whole["hours"], whole["missing_hours"]) == (len(slots), hours - len(slots))
    assert whole["negative_hours"] == sum(value < 0 for value in values)
    assert (whole["min"], whole["max"]) == (min(values), max(values))
    assert whole["mean"] == pytest.approx(np.mean(values), abs=1e-5)
    assert slots[datetime.fromisoformat(whole["min_at"])] == whole["min"]
    assert [row["hours"] for row in body["days"]] == [len(slots)]
    assert sum(row["hours"] for row in body["periods"]) == len(slots)
