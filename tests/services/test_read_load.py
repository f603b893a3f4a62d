"""Readings of a meter: what is taken, and what is said about a wrong line."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.read_load import read_load

NOW = datetime(2026, 4, 10, 12, tzinfo=UTC)
HEAD = "datetime_utc,kwh\n"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_quarters_hours_and_reactive(tmp_path: Path) -> None:
    text = HEAD + "2025-12-10T09:15:00Z,2.5\n2025-12-10T09:00:00+00:00,1\n\n2025-12-10T10:00Z,3\n"
    load = read_load(written(tmp_path / "a.csv", text), NOW)
    window = Window(datetime(2025, 12, 10, 9, tzinfo=UTC), datetime(2025, 12, 10, 11, tzinfo=UTC))
    assert (load.minutes, load.source, load.kvarh, load.notes) == (15, "a.csv", None, ())
    wanted = [4.0, 10.0, np.nan, np.nan, 12.0, np.nan, np.nan, np.nan]
    assert load.power_kw(window) == pytest.approx(wanted, nan_ok=True)
    hourly = "datetime_utc,kwh,kvarh\n2025-12-10T09:00:00Z,5,1\n2025-12-10T10:00:00Z,7,2\n"
    with gzip.open(tmp_path / "b.csv.gz", "wt") as file:
        file.write(hourly)
    load = read_load(tmp_path / "b.csv.gz", NOW)
    reactive = load.reactive_kvarh(window)
    assert load.minutes == 60
    assert load.power_kw(window).tolist() == [5.0, 7.0]
    assert reactive is not None
    assert reactive.tolist() == [1.0, 2.0]
    assert load.notes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: the header is another one"),
        ("fecha;kwh\n", "line 1: the header is another one"),
        (HEAD, "holds no load"),
        (HEAD + "2025-12-10T09:00:00Z\n", "line 2: 1 columns instead of 2"),
        (HEAD + "2025-12-10T09:00:00Z,1,2\n", "line 2: 3 columns instead of 2"),
        (HEAD + "10/12/2025 09:00,1\n", "line 2: '10/12/2025 09:00' is not a time"),
        (HEAD + "2025-12-10T09:00:00,1\n", "without zone"),
        (HEAD + "2025-12-10T10:00:00+01:00,1\n", "not in UTC"),
        (HEAD + "2025-12-10T09:07:00Z,1\n", "not the start of a quarter hour"),
        (HEAD + "1925-12-10T09:00:00Z,1\n", "of this market's time"),
        (HEAD + '2025-12-10T09:00:00Z,"1,5"\n', "'1,5' is not a reading"),
        (HEAD + "2025-12-10T09:00:00Z,\n", "'' is not a reading"),
        (HEAD + "2025-12-10T09:00:00Z,nan\n", "'nan' is not a reading"),
        (HEAD + "2025-12-10T09:00:00Z,-1\n", "-1 is outside 0"),
        (HEAD + "2025-12-10T09:00:00Z,1e9\n", "outside 0"),
        (HEAD + 2 * "2025-12-10T09:00:00Z,1\n", "line 3: 2025-12-10T09:00Z is in line 2 too"),
        (HEAD + "2026-04-10T11:30:00Z,1\n2026-04-10T12:00:00Z,1\n", "line 3: .* has not ended yet"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_load(written(tmp_path / "wrong.csv", text), NOW)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_load(tmp_path / "none.csv", NOW)
