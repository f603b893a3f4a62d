"""Gas price files: what is loaded, and what is refused with file, line, cause and remedy."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.slots import Window, epoch, local_midnight, moment
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.import_gas import import_gas

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
ALL = Window(datetime(2010, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
HEAD = "delivery_date,price_eur_mwh"
ROWS = ("2025-03-29,40.5", "2025-03-30,41", "2025-03-31,-0.5", "2025-10-26,30")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite")


def file(folder: Path, *lines: str, name: str = "gas.csv") -> Path:
    path = folder / name
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["gas.csv", "gas.csv.gz"])
def test_days_are_local_days_known_the_evening_before(store: Store, tmp_path: Path, name: str) -> None:
    path = file(tmp_path, HEAD, *reversed(ROWS), name=name)
    report = import_gas([path], store, NOW)
    assert (report["rows"], report["changed"]) == (4, 4)
    assert (report["first"], report["last"]) == ("2025-03-29", "2025-10-26")
    series = store.read("gas", ALL)
    assert list(series.value) == [40.5, 41, -0.5, 30]
    assert list(series.minutes) == [1440, 1380, 1440, 1500]
    assert moment(series.start[1]) == local_midnight(date(2025, 3, 30), "Europe/Madrid")
    assert moment(series.available_at[1]) == datetime(2025, 3, 29, 19, tzinfo=UTC)
    assert moment(series.available_at[3]) == datetime(2025, 10, 25, 18, tzinfo=UTC)
    assert (set(series.origin), set(series.source)) == ({"published"}, {f"file {name}"})
    assert import_gas([path], store, NOW)["changed"] == 0


def test_a_price_that_differs_is_a_correction(store: Store, tmp_path: Path) -> None:
    import_gas([file(tmp_path, HEAD, *ROWS)], store, NOW)
    other = file(tmp_path, HEAD, "2025-03-29,40.5", "2025-03-30,47", name="other.csv")
    report = import_gas([other], store, NOW)
    assert (report["changed"], report["corrected"]) == (1, 1)
    assert list(store.read("gas", ALL).value) == [40.5, 47, -0.5, 30]
    assert list(store.read("gas", ALL, datetime(2025, 3, 30, tzinfo=UTC)).value) == [40.5, 41]
    assert store.read("gas", ALL).source[1] == "file other.csv, correction time assumed"
    assert import_gas([other], store, NOW)["changed"] == 0


def test_columns_by_name_and_the_definition_in_the_source(store: Store, tmp_path: Path) -> None:
    one = file(tmp_path, "series,x,price_eur_mwh,delivery_date", "a,9,40,2025-01-01", ",,41,2025-01-04")
    two = file(tmp_path, HEAD, "2025-01-02,42", name="two.csv")
    report = import_gas([one, two], store, NOW)
    assert report["missing_days"] == ["2025-01-03"]
    assert report["definitions"] == {"a": 1}
    assert list(store.read("gas", ALL).source) == ["file gas.csv, a", "file two.csv", "file gas.csv"]


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        (("day,price", "2025-01-01,40"), 1, "header"),
        ((HEAD + ",price_eur_mwh", "2025-01-01,40,40"), 1, "header"),
        ((HEAD, "2025-01-01"), 2, "1 columns instead of 2"),
        ((HEAD, "2025-01-01,40", "2025-01-02,"), 3, "'' is not a price"),
        ((HEAD, '2025-01-01,"40,5"'), 2, "'40,5' is not a price"),
        ((HEAD, "2025-01-01,nan"), 2, "not a price"),
        ((HEAD, "01/02/2025,40"), 2, "'01/02/2025' is not a day"),
        ((HEAD, "1925-01-01,40"), 2, "not a day"),
        ((HEAD, "2025-01-01,40500"), 2, "40500 is outside -50 to 500 EUR/MWh"),
        ((HEAD, "2025-01-01,40", "2025-01-02,41", "2025-01-01,40"), 4, "is in .* line 2 too"),
        ((HEAD, "2026-03-11,40", "2026-03-12,40"), 3, "2026-03-12 is not published yet"),
        ((HEAD, '2025-01-01,"40'), 2, "not CSV"),
    ],
)
def test_a_wrong_line_stores_nothing(
    store: Store, tmp_path: Path, lines: tuple[str, ...], line: int, what: str
) -> None:
    good = file(tmp_path, HEAD, "2024-05-01,30", name="good.csv")
    bad = file(tmp_path, *lines, name="bad.csv")
    with pytest.raises(UsageError, match=rf"bad\.csv line {line}: .*{what}"):
        import_gas([good, bad], store, NOW)
    assert store.keys() == []


def test_files_that_cannot_be_read(store: Store, tmp_path: Path) -> None:
    broken = tmp_path / "gas.csv.gz"
    broken.write_bytes(gzip.compress(f"{HEAD}\n".encode() * 50)[:30])
    latin = tmp_path / "latin.csv"
    latin.write_bytes(f"{HEAD},año\n".encode("iso-8859-1"))
    for path, what in (
        (broken, "cannot be read"),
        (latin, "line 1: .*UTF-8"),
        (tmp_path / "no.csv", "no.csv"),
    ):
        with pytest.raises(UsageError, match=what):
            import_gas([path], store, NOW)
    with pytest.raises(UsageError, match="hold no gas prices"):
        import_gas([file(tmp_path, HEAD)], store, NOW)


def test_the_real_file(store: Store, shared: Path) -> None:
    report = import_gas([shared / "data" / "drivers" / "gas_mibgas_daily.csv.gz"], store, NOW)
    assert (report["rows"], report["changed"]) == (3684, 3684)
    assert (report["first"], report["last"]) == ("2015-12-17", "2026-02-11")
    assert report["missing_days"][-3:] == ["2017-04-17", "2017-05-29", "2019-07-29"]
    assert report["definitions"] == {
        "mibgas_last_price_index_day_ahead": 407,
        "mibgas_pvb_d1_reference": 3277,
    }
    series = store.read("gas", ALL, datetime(2024, 12, 31, 18, 59, tzinfo=UTC))
    assert moment(series.start[-1]) == local_midnight(date(2024, 12, 31), "Europe/Madrid")
    assert series.source[-1] == "file gas_mibgas_daily.csv.gz, mibgas_pvb_d1_reference"
    assert int(series.available_at[-1]) == epoch(datetime(2024, 12, 30, 19, tzinfo=UTC))
