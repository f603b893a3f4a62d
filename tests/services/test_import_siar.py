"""SIAR's daily files: what is loaded, which rows are refused, and which files are refused whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import CATALOG, SIAR_VARIABLES
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.siar_file import HEADER
from chocolate_factory.domain.slots import Window, epoch, moment
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.import_siar import import_siar

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
ALL = Window(datetime(1990, 1, 1, tzinfo=UTC), NOW)
HEAD = ";".join(HEADER)
CELLS = (
    *("7,08", "13,1", "14:28", "1,5", "24:00", "78,9", "95,2", "07:10", "47,1", "15:02", "1,17"),
    *("149,5", "3,64", "00:00", "168", "7,42", "0", "0", "1,01"),
)


def row(day: date, station: str = "23;9", **cells: str) -> str:
    told = dict(zip(SIAR_VARIABLES, CELLS, strict=True)) | cells
    front = f"{station};{day:%d/%m/%Y};{day.year};{day.timetuple().tm_yday}"
    return ";".join((front, *told.values()))


DAYS = [date(2016, 2, number) for number in (27, 28, 29)]
ROWS = [row(day) for day in DAYS]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite")


def text_of(*rows: str, head: str = HEAD) -> str:
    return "".join(f"{line}\r\n" for line in (head, *rows))


def file(folder: Path, data: str | bytes, name: str = "siar.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode("utf-16-le") if isinstance(data, str) else data)
    return path


def commas(text: str) -> str:
    """Another spreadsheet's form: commas between columns, decimals in quotes."""
    lines = [
        ",".join(f'"{c}"' if "," in c else c for c in line.split(";")) for line in text.split("\r\n")[:-1]
    ]
    return "".join(f"{line}\n" for line in lines)


def test_a_file_is_loaded(store: Store, tmp_path: Path) -> None:
    report = import_siar([file(tmp_path, text_of(*ROWS))], store, NOW)
    assert (report.files, report.rows, report.repeated, report.refused) == (1, 3, 0, ())
    assert report.changed == 3 * len(SIAR_VARIABLES)
    for variable, cell in zip(SIAR_VARIABLES, CELLS, strict=True):
        series = store.read(f"siar_j09_{variable}", ALL)
        assert list(series.value) == [float(cell.replace(",", ".").replace(":", ""))] * 3
    assert [moment(at).date() for at in series.start] == DAYS
    assert np.all(series.start % 86400 == 0)
    assert np.all(series.available_at == series.start + 2 * 86400)
    assert (set(series.minutes), set(series.origin), set(series.source)) == ({1440}, {"measured"}, {"siar"})
    assert import_siar([file(tmp_path, text_of(*ROWS))], store, NOW).changed == 0


def test_series_are_in_the_catalogue(store: Store, tmp_path: Path) -> None:
    import_siar([file(tmp_path, text_of(*ROWS, row(date(2019, 1, 1), "23;17")))], store, NOW)
    assert set(store.keys()) == {key for key in CATALOG if key.startswith("siar_")}


@pytest.mark.parametrize(
    "recoded",
    [
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-8"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace("\r", "").encode(),
        lambda text: commas(text).encode(),
        lambda text: text.replace(",", ".").encode(),
        lambda text: text.replace(",", ".").replace(";", ",").encode(),
        lambda text: text.replace("Mínima", "Mi\u0301nima").encode(),
        lambda text: text.replace("24:00", "2400").replace("07:10", "710").encode(),
        lambda text: (text + "\r\n").encode("utf-16-le"),
    ],
)
def test_other_forms_say_the_same(store: Store, tmp_path: Path, recoded: Callable[[str], bytes]) -> None:
    import_siar([file(tmp_path, text_of(*ROWS))], store, NOW)
    report = import_siar([file(tmp_path, recoded(text_of(*ROWS)))], store, NOW)
    assert (report.rows, report.changed, report.refused) == (3, 0, ())


def test_empty_cells_are_left_out(store: Store, tmp_path: Path) -> None:
    empty = dict.fromkeys(SIAR_VARIABLES, "")
    report = import_siar(
        [file(tmp_path, text_of(row(DAYS[0], **empty), row(DAYS[1], rain=""), ROWS[2]))], store, NOW
    )
    assert report.stations["j09"].without_temperature == 1
    assert len(store.read("siar_j09_rain", ALL)) == 1
    assert len(store.read("siar_j09_wind_speed", ALL)) == 2


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"temperature_max": "61"}, "temperature_max: 61 °C is outside -40 to 60"),
        ({"humidity_min": "-1"}, "humidity_min: -1 % is outside 0 to 101"),
        ({"radiation": "742"}, "radiation: 742 MJ/m2 is outside 0 to 45"),
        ({"temperature_max_at": "24:01"}, "temperature_max_at: 2401 is no time of day"),
        ({"humidity_max_at": "09:75"}, "humidity_max_at: 0975 is no time of day"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(
    store: Store, tmp_path: Path, cells: dict[str, str], reason: str
) -> None:
    path = file(tmp_path, text_of(ROWS[0], row(DAYS[1], **cells), ROWS[2]))
    report = import_siar([path], store, NOW)
    (refused,) = report.refused
    assert (refused.file, refused.line, refused.day) == (str(path), 3, DAYS[1])
    assert refused.reason == reason
    assert len(store.read("siar_j09_rain", ALL)) == 2
    assert report.to_json()["refused"] == [
        {"file": str(path), "line": 3, "station": "j09", "day": "2016-02-28", "reason": reason}
    ]


def test_a_day_is_known_at_the_latest_now_and_stored_once_over(store: Store, tmp_path: Path) -> None:
    days = [date(2026, 3, number) for number in (9, 10, 11)]
    report = import_siar([file(tmp_path, text_of(*(row(day) for day in days)))], store, NOW)
    assert [(bad.day.day, bad.reason) for bad in report.refused] == [
        (10, "the day is not over"),
        (11, "the day is not over"),
    ]
    assert list(store.read("siar_j09_rain", ALL, NOW).available_at) == [epoch(NOW)]


def test_days_told_twice(store: Store, tmp_path: Path) -> None:
    one = file(tmp_path, text_of(*ROWS))
    two = file(tmp_path, text_of(ROWS[1], row(date(2016, 3, 2))), "two.csv")
    report = import_siar([one, two, one], store, NOW)
    assert (report.rows, report.repeated, report.stations["j09"].days) == (8, 4, 4)
    other = file(tmp_path, text_of(row(DAYS[1], rain="2")), "other.csv")
    with pytest.raises(UsageError, match=r"other\.csv line 2: j09 on 2016-02-28 .*siar\.csv line 3;"):
        import_siar([one, other], store, NOW)
    with pytest.raises(UsageError, match=r"line 4: .* line 2"):
        import_siar([file(tmp_path, text_of(*ROWS[:2], row(DAYS[0], wind_speed="")))], store, NOW)


def test_missing_days_are_told_as_runs(store: Store, tmp_path: Path) -> None:
    days = [date(2016, 12, 30), date(2017, 1, 2), date(2017, 1, 3), date(2017, 1, 5)]
    report = import_siar([file(tmp_path, text_of(*(row(day) for day in reversed(days))))], store, NOW)
    told = report.to_json()["stations"]
    assert told == {
        "j09": {
            "first": "2016-12-30",
            "last": "2017-01-05",
            "days": 4,
            "missing": [
                {"from": "2016-12-31", "to": "2017-01-01", "days": 2},
                {"from": "2017-01-04", "to": "2017-01-04", "days": 1},
            ],
            "missing_days": 3,
            "without_temperature": 0,
        }
    }


WHOLE = text_of(*ROWS)
RAW = WHOLE.encode("utf-16-le")


@pytest.mark.parametrize(
    ("data", "line", "what"),
    [
        (RAW[:-100], 4, "cut"),
        (RAW[:-101], 4, "cut"),
        (RAW[:-4], 4, "cut"),
        (RAW[:-2], 4, "cut"),
        (RAW[:-1], 4, "cut"),
        (RAW[:301], 1, "cut"),
        (RAW[: len(HEAD) * 2 + 4], 2, "no row"),
        (WHOLE[:-40].encode(), 4, "cut"),
        (b"", 1, "empty"),
        (b"\r\n\r\n", 1, "empty"),
        (WHOLE.encode("iso-8859-15"), 1, "neither"),
        (RAW[:1002] + b"\x00\xd8" + RAW[1004:], 3, "neither"),
        (text_of(*ROWS, head=HEAD.replace("Temp Media (ºC)", "Temp Media (F)")), 1, "header"),
        (text_of(*ROWS, head=HEAD.replace("PePMon;EtPMon", "EtPMon;PePMon")), 1, "header"),
        (text_of(*ROWS, head=HEAD + ";X"), 1, "header"),
        (text_of(*ROWS, head=HEAD.replace(";", "\t")), 1, "header"),
        (text_of(ROWS[0], row(DAYS[1], "14;2")), 3, r"station 14/2 is not one of this site \(23/9, 23/17\)"),
        (text_of(row(DAYS[0], "23;x")), 2, "station 23/x"),
        (text_of(ROWS[0], ROWS[1] + ";1"), 3, "25 columns"),
        (text_of(ROWS[0], ROWS[1].rpartition(";")[0]), 3, "23 columns"),
        (text_of(*ROWS).replace(";", ",").encode(), 2, r"3\d columns"),
        (text_of(row(DAYS[0], rain="0.5"), ROWS[1]), 2, "mixed"),
        (text_of(ROWS[0], row(DAYS[1], rain="1.234")), 3, "mixed"),
        (text_of(row(DAYS[0], rain="1.234,5")), 2, "mixed"),
        (text_of(ROWS[0], row(DAYS[1], rain="n/d")), 3, "'n/d' is not a number"),
        (text_of(row(DAYS[0], rain="1e2")), 2, "not a number"),
        (text_of(row(DAYS[0], temperature_max_at="14:5")), 2, "not a time of day"),
        (text_of(ROWS[0], ROWS[1].replace("28/02/2016", "02/28/2016")), 3, "not a day"),
        (text_of(ROWS[0].replace("27/02/2016", "2016-02-27")), 2, "not a day"),
        (text_of(row(date(2016, 4, 3)).replace("03/04", "04/03")), 2, "04/03/2016 is not day 94 of 2016"),
        (text_of(ROWS[0], ROWS[1].replace("78,9", '"78,9')), 4, "not CSV"),
    ],
)
def test_a_file_that_is_refused_whole(
    store: Store, tmp_path: Path, data: str | bytes, line: int, what: str
) -> None:
    good = file(tmp_path, text_of(row(date(2015, 1, 1))), "good.csv")
    bad = file(tmp_path, data, "bad.csv")
    with pytest.raises(UsageError, match=rf"bad\.csv line {line}: .*{what}.*; nothing was stored\."):
        import_siar([good, bad], store, NOW)
    assert store.keys() == []


def test_a_file_that_is_not_there(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.csv cannot be read"):
        import_siar([tmp_path / "none.csv"], store, NOW)


def test_the_real_files(store: Store, shared: Path) -> None:
    paths = sorted((shared / "data" / "siar").glob("*.csv"))
    report = import_siar(paths, store, NOW)
    assert (report.files, report.rows, report.repeated, report.refused) == (27, 8963, 0, ())
    assert report.changed == 169_526
    j09, j17 = report.stations["j09"], report.stations["j17"]
    assert (j09.first, j09.last, j09.days) == (date(2000, 8, 24), date(2017, 12, 31), 6290)
    assert (j17.first, j17.last, j17.days) == (date(2018, 6, 13), date(2025, 10, 30), 2673)
    missing: dict[int, int] = {}
    for run in (*j09.missing, *j17.missing):
        assert run.first.year == run.last.year
        missing[run.first.year] = missing.get(run.first.year, 0) + run.days
    assert missing == {2001: 1, 2005: 11, 2006: 4, 2007: 4, 2011: 29, 2021: 5, 2022: 5, 2025: 14}
    assert (j17.missing[-1].first, j17.missing[-1].last) == (date(2025, 9, 17), date(2025, 9, 30))
    assert (j09.without_temperature, j17.without_temperature) == (2, 31)
    told = store.read("siar_j17_temperature_mean", ALL)
    assert len(told) == 2673 - 31
    hours = store.read("siar_j09_temperature_min_at", ALL).value
    assert (hours.min(), hours.max()) == (0, 2400)
    assert import_siar(paths, store, NOW).changed == 0
