"""Load SIAR's daily files of the site's two stations, measured there since 2000."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.series import FloatArray, Origin, Series
from chocolate_factory.domain.series_info import DAY_MINUTES
from chocolate_factory.domain.siar_file import VARIABLES, SiarRows, parse_siar
from chocolate_factory.domain.slots import IntArray, epoch, moment

SOURCE = "siar"
KNOWN_AFTER = timedelta(days=2)
"""Assumed time from the start of a day until SIAR publishes it: the night after the day that follows."""
DAY_SECONDS = 60 * DAY_MINUTES
MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class MissingRun:
    """Days without a row, from the first to the last, both included."""

    first: date
    last: date
    days: int


@dataclass(frozen=True)
class StationReport:
    """What the files hold of a station: the days of the rows taken, and those missing in between."""

    first: date
    last: date
    days: int
    missing: tuple[MissingRun, ...]
    without_temperature: int


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not stored."""

    file: str
    line: int
    station: str
    day: date
    reason: str


@dataclass(frozen=True)
class SiarReport:
    """What an import did: files and rows read, days told twice alike, and values changed in the store."""

    files: int
    rows: int
    repeated: int
    stations: dict[str, StationReport]
    refused: tuple[RefusedRow, ...]
    changed: int

    def to_json(self) -> dict[str, object]:
        """The report with days as ISO text."""
        told = asdict(self)
        told["stations"] = {
            name: {
                **told["stations"][name],
                "first": station.first.isoformat(),
                "last": station.last.isoformat(),
                "missing_days": sum(run.days for run in station.missing),
                "missing": [
                    {"from": run.first.isoformat(), "to": run.last.isoformat(), "days": run.days}
                    for run in station.missing
                ],
            }
            for name, station in self.stations.items()
        }
        told["refused"] = [{**asdict(row), "day": row.day.isoformat()} for row in self.refused]
        return told


@dataclass(frozen=True)
class _Place:
    """A row of one of the files."""

    file: SiarRows
    row: int

    def __str__(self) -> str:
        return f"{self.file.name} line {self.file.line[self.row]}"


def import_siar(paths: Sequence[Path], store: Store, now: datetime) -> SiarReport:
    """Store the days of SIAR files as measured daily values, series `siar_STATION_VARIABLE`.

    A day counts as known two days after it began (assumed), or now. Empty cells are left out; a row with an
    impossible value is refused and reported, the others are stored. All files are read before anything is
    written: one that is not SIAR's, is cut or contradicts another raises `UsageError` with file and line.
    """
    files = [parse_siar(_bytes(path), str(path)) for path in paths]
    places, repeated = _merged(files)
    refused = _refused(files, places, now)
    told = {(row.station, row.day) for row in refused}
    changed = 0
    stations = {}
    for station in sorted({station for station, _ in places}):
        start = [s for name, s in places if name == station and (name, _day(s)) not in told]
        if not start:
            continue
        rows = np.array(sorted(start), np.int64)
        values = np.array([_values(places[station, int(s)]) for s in rows])
        stations[station] = _station(rows, values)
        changed += sum(store.write(series) for series in _series(station, rows, values, now))
    count = sum(len(file.line) for file in files)
    return SiarReport(len(files), count, repeated, stations, tuple(refused), changed)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is too large for a SIAR file.", f"Split it below {MAX_BYTES} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", "Check the path and the file."
        ) from None


def _merged(files: Sequence[SiarRows]) -> tuple[dict[tuple[str, int], _Place], int]:
    """Where each day of a station stands first, and how many rows say the same again."""
    places: dict[tuple[str, int], _Place] = {}
    repeated = 0
    for file in files:
        for row, key in enumerate(zip(file.station, file.start.tolist(), strict=True)):
            place, first = _Place(file, row), places.setdefault(key, _Place(file, row))
            if place == first:
                continue
            if not np.array_equal(_values(place), _values(first), equal_nan=True):
                what = f"{place}: {key[0]} on {_day(key[1])} is told differently in {first}"
                raise UsageError(f"{what}; nothing was stored.", "Keep the line that is right.")
            repeated += 1
    return places, repeated


def _refused(
    files: Sequence[SiarRows], places: dict[tuple[str, int], _Place], now: datetime
) -> list[RefusedRow]:
    rows = []
    for file in files:
        for row, reason in sorted(file.faults(now).items()):
            station, start = file.station[row], int(file.start[row])
            if places[station, start] == _Place(file, row):
                rows.append(RefusedRow(file.name, int(file.line[row]), station, _day(start), reason))
    return rows


def _station(start: IntArray, values: FloatArray) -> StationReport:
    gaps = np.flatnonzero(np.diff(start) > DAY_SECONDS)
    missing = [
        MissingRun(_day(a + DAY_SECONDS), _day(b - DAY_SECONDS), int(b - a) // DAY_SECONDS - 1)
        for a, b in zip(start[gaps], start[gaps + 1], strict=True)
    ]
    empty = int(np.isnan(values[:, VARIABLES.index("temperature_mean")]).sum())
    return StationReport(_day(start[0]), _day(start[-1]), len(start), tuple(missing), empty)


def _series(station: str, start: IntArray, values: FloatArray, now: datetime) -> list[Series]:
    known = np.minimum(start + int(KNOWN_AFTER.total_seconds()), epoch(now))
    made = []
    for column, variable in enumerate(VARIABLES):
        told = ~np.isnan(values[:, column])
        count = int(told.sum())
        texts = np.full(count, str(Origin.MEASURED)), np.full(count, SOURCE)
        minutes = np.full(count, DAY_MINUTES, np.int64)
        key = f"siar_{station}_{variable}"
        made.append(Series(key, start[told], minutes, values[told, column], known[told], *texts))
    return made


def _values(place: _Place) -> FloatArray:
    row: FloatArray = place.file.values[place.row]
    return row


def _day(start: int) -> date:
    return moment(start).date()
