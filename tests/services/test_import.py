"""Price files: what is loaded, and what is refused with file, line, cause and remedy."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.series import on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import day_window, epoch, moment
from chocolate_factory.infrastructure.sources.sample import SampleSource
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.import_prices import import_prices

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
DAY = date(2026, 3, 9)
HEAD = "datetime_utc,price_eur_mwh"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite")


def lines(key: str = "spot", day: date = DAY) -> list[str]:
    series = SampleSource().fetch(key, day_window(day, MARKET_ZONE), NOW)
    return [
        f"{moment(at):%Y-%m-%dT%H:%M:%SZ},{value}"
        for at, value in zip(series.start, series.value, strict=True)
    ]


def file(folder: Path, rows: list[str], name: str = "prices.csv") -> Path:
    path = folder / name
    data = "\n".join(rows).encode() + b"\n"
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["prices.csv", "prices.csv.gz"])
def test_a_file_is_loaded_and_known_since_it_was_due(store: Store, tmp_path: Path, name: str) -> None:
    path = file(tmp_path, [HEAD, *lines()], name)
    report = import_prices([path], "spot", store, NOW)
    assert (report["rows"], report["changed"], report["incomplete_days"]) == (96, 96, [])
    rows = store.read("spot", day_window(DAY, MARKET_ZONE))
    assert set(rows.available_at) == {epoch(CATALOG["spot"].due(DAY))}
    assert set(rows.source) == {f"file {name}"}
    assert set(rows.origin) == {"published"}
    assert store.holes("spot", day_window(DAY, MARKET_ZONE), NOW) == []
    assert import_prices([path], "spot", store, NOW)["changed"] == 0


def test_lines_may_come_in_any_order_from_several_files(store: Store, tmp_path: Path) -> None:
    rows = lines()
    paths = [
        file(tmp_path, ["\ufeff" + HEAD, *rows[50:][::-1], ""], "b.csv"),
        file(tmp_path, [HEAD, *rows[:50]], "a.csv"),
    ]
    assert import_prices(paths, "spot", store, NOW)["rows"] == 96


def test_slots_have_the_length_of_their_day(store: Store, tmp_path: Path) -> None:
    rows = [*lines(day=date(2025, 9, 30)), *lines(day=date(2025, 10, 1))]
    import_prices([file(tmp_path, [HEAD, *rows])], "spot", store, NOW)
    assert set(store.read("spot", day_window(date(2025, 9, 30), MARKET_ZONE)).minutes) == {60}
    assert set(store.read("spot", day_window(date(2025, 10, 1), MARKET_ZONE)).minutes) == {15}


@pytest.mark.parametrize("hour", [0, 11, 23])
def test_an_hour_told_once_is_no_quarter(store: Store, tmp_path: Path, hour: int) -> None:
    quarters, alone = lines(), 4 * hour
    told = quarters[: alone + 1] + quarters[alone + 4 :]
    with pytest.raises(UsageError, match=f"line {alone + 2}: spot has a price for each quarter .* on {DAY}"):
        import_prices([file(tmp_path, [HEAD, *told])], "spot", store, NOW)
    assert store.span("spot") is None


def test_hourly_prices_on_a_day_of_quarters_touch_nothing(store: Store, tmp_path: Path) -> None:
    window = day_window(DAY, MARKET_ZONE)
    store.write(SampleSource().fetch("spot", window, NOW))
    hours = [line for line in lines() if ":00:00Z" in line]
    with pytest.raises(UsageError, match=r"line 2: .* not one for the hour") as caught:
        import_prices([file(tmp_path, [HEAD, *hours])], "spot", store, NOW)
    assert "choco sync" in caught.value.hint
    assert set(store.revisions("spot", window).minutes) == {15}


def test_incomplete_days_are_stored_and_told(store: Store, tmp_path: Path) -> None:
    report = import_prices([file(tmp_path, [HEAD, *lines("pvpc")[:20]])], "pvpc", store, NOW)
    assert report["incomplete_days"] == [{"day": "2026-03-09", "slots": 20, "of": 24}]
    assert report["changed"] == 20


@pytest.mark.parametrize("day", [date(2025, 3, 30), date(2025, 10, 26)])
def test_clock_change_days(store: Store, tmp_path: Path, day: date) -> None:
    report = import_prices([file(tmp_path, [HEAD, *lines(day=day)])], "spot", store, NOW)
    assert report["incomplete_days"] == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("2026-03-09T05:00:00,50", "without zone"),
        ("2026-03-09T05:00:00+01:00,50", "not in UTC"),
        ("2026-03-09 25:00Z,50", "not a time"),
        ("09/03/2026 05:00,50", "not a time"),
        ("2026-03-09T05:07:00Z,50", "quarter hour"),
        ("2026-03-09T05:00:30Z,50", "quarter hour"),
        ("0001-01-01T00:00:00Z,50", "market's time"),
        ("2026-03-09T05:00:00Z,", "not a price"),
        ("2026-03-09T05:00:00Z,cheap", "not a price"),
        ("2026-03-09T05:00:00Z,nan", "not a price"),
        ("2026-03-09T05:00:00Z,inf", "not a price"),
        ('2026-03-09T05:00:00Z,"50,5"', "not a price"),
        ("2026-03-09T05:00:00Z,50,5", "3 columns"),
        ("2026-03-09T05:00:00Z", "1 columns"),
        ("2026-03-09T05:00:00Z,50000", "outside"),
        ("2026-03-12T05:00:00Z,50", "not published yet"),
        ('2026-03-09T05:00:00Z,"50', "CSV"),
    ],
)
def test_one_wrong_line_and_nothing_is_stored(store: Store, tmp_path: Path, line: str, what: str) -> None:
    rows = [row for row in lines("pvpc") if "T05:" not in row]
    path = file(tmp_path, [HEAD, *rows[:3], line, *rows[3:]])
    good = file(tmp_path, [HEAD, *lines("pvpc", date(2026, 3, 8))], "good.csv")
    with pytest.raises(UsageError, match=what) as caught:
        import_prices([good, path], "pvpc", store, NOW)
    assert f"{path} line" in caught.value.message
    assert "nothing was stored" in caught.value.message
    assert caught.value.hint != UsageError.default_hint
    assert store.span("pvpc") is None


def test_the_line_is_named(store: Store, tmp_path: Path) -> None:
    rows = lines("pvpc")
    path = file(tmp_path, [HEAD, rows[0], "", rows[1], rows[2].replace("Z", "")])
    with pytest.raises(UsageError, match=r"prices\.csv line 5: "):
        import_prices([path], "pvpc", store, NOW)


def test_a_slot_twice_names_both_lines(store: Store, tmp_path: Path) -> None:
    one = file(tmp_path, [HEAD, *lines("pvpc")], "one.csv")
    two = file(tmp_path, [HEAD, lines("pvpc")[7]], "two.csv")
    with pytest.raises(UsageError, match=r"two\.csv line 2: .*one\.csv line 9 too"):
        import_prices([one, two], "pvpc", store, NOW)


@pytest.mark.parametrize("key", ["pvpc", "spot"])
def test_quarters_where_the_market_has_hours(store: Store, tmp_path: Path, key: str) -> None:
    day = date(2025, 9, 1)
    rows = [f"2025-09-01T{h:02}:{m:02}:00Z,{50 + h}" for h in range(5) for m in (0, 15, 30, 45)]
    with pytest.raises(UsageError, match=f"line 3: {key} has hourly prices on {day}"):
        import_prices([file(tmp_path, [HEAD, *rows])], key, store, NOW)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "header"),
        (b"time,price\n", "header"),
        (HEAD.encode() + b"\n", "no prices"),
        (HEAD.encode() + b"\n2026-03-09T05:00:00Z,\xff\xfe\n", "UTF-8"),
        ("datetime_utc,price_eur_mwh\n".encode("utf-16"), "UTF-8"),
    ],
)
def test_files_that_are_none(store: Store, tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=what):
        import_prices([path], "spot", store, NOW)


def test_files_that_cannot_be_read(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        import_prices([tmp_path / "none.csv"], "spot", store, NOW)
    packed = gzip.compress("\n".join([HEAD, *lines()]).encode())
    for name, data in (("plain.csv.gz", b"not gzip"), ("cut.csv.gz", packed[:-30])):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(UsageError, match="cannot be read"):
            import_prices([path], "spot", store, NOW)
    with pytest.raises(UsageError, match="not a price series"):
        import_prices([tmp_path / "none.csv"], "temperature_forecast", store, NOW)


def test_a_price_that_differs_is_a_correction_and_replaces_nothing(store: Store, tmp_path: Path) -> None:
    window = day_window(DAY, MARKET_ZONE)
    told = SampleSource().fetch("spot", window, NOW)
    old = day_window(date(2026, 3, 1), MARKET_ZONE)
    store.write(told)
    store.write(SampleSource().fetch("spot", old, NOW))
    rows = [*lines(day=date(2026, 3, 1)), *lines()]
    rows[5], rows[96 + 7] = rows[5].split(",")[0] + ",-7", rows[96 + 7].split(",")[0] + ",-8"
    path = file(tmp_path, [HEAD, *rows])
    report = import_prices([path], "spot", store, NOW)
    assert (report["rows"], report["changed"], report["corrected"]) == (192, 2, 2)
    assert np.array_equal(store.read("spot", window, CATALOG["spot"].due(DAY)).value, told.value)
    changed = store.read("spot", window).take(slice(7, 8))
    assert [(row.value, row.source, row.available_at) for row in changed] == [(-8, "file prices.csv", NOW)]
    found = store.read("spot", old).take(slice(5, 6))
    assert [(row.value, row.source) for row in found] == [(-7, "file prices.csv, correction time assumed")]
    assert import_prices([path], "spot", store, NOW)["changed"] == 0


def test_an_hour_among_stored_quarters_is_mended_by_an_import(store: Store, tmp_path: Path) -> None:
    window = day_window(DAY, MARKET_ZONE)
    told = SampleSource().fetch("spot", window, NOW)
    store.write(replace(told, minutes=np.where(told.start % 3600 == 0, 60, 15)))
    assert sum(hole.missing for hole in store.holes("spot", window, NOW)) == 24
    import_prices([file(tmp_path, [HEAD, *lines()])], "spot", store, NOW)
    assert store.holes("spot", window, NOW) == []
    assert np.isfinite(on_grid(store.read("spot", window), window, 15)).all()
