"""Daily files of SIAR, the Spanish agroclimatic network, read strictly.

SIAR's own download is UTF-16 little-endian without byte-order mark, CRLF, `;`, decimal comma, days as
dd/mm/yyyy, one line a day in 24 columns. Files that went through a spreadsheet are read too where they leave
no doubt: UTF-8 or UTF-16 with a mark, `,` between columns, decimal points. Everything else is refused whole,
with its line. Days are UTC days; times of day are kept as told, as the number HHMM.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.catalog import SIAR_VARIABLES
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray

STATIONS = {(23, 9): "j09", (23, 17): "j17"}
"""SIAR's numbers of province and station -> the station's name in series keys."""
HEADER = (
    *("IdProvincia", "IdEstacion", "Fecha", "Año", "Dia", "Temp Media (ºC)", "Temp Max (ºC)"),
    *("Hora Temp Max", "Temp Mínima (ºC)", "Hora Temp Min", "Humedad Media (%)", "Humedad Max (%)"),
    *("Hora Hum Max", "Humedad Min (%)", "Hora Hum Mín", "Velviento (m/s)", "DirViento (º)"),
    *("VelVientoMax (m/s)", "Hora VelMax", "Dir viento Vel Max (º)", "Radiación (MJ/m2)"),
    *("Precipitación (mm)", "PePMon", "EtPMon"),
)
LEADING = 5
VARIABLES = tuple(SIAR_VARIABLES)
HOURS = np.array([unit == "HHMM" for unit, _, _ in SIAR_VARIABLES.values()])
LOW = np.array([low for _, low, _ in SIAR_VARIABLES.values()], np.float64)
HIGH = np.array([high for _, _, high in SIAR_VARIABLES.values()], np.float64)

MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
DAY = re.compile(r"(\d\d)/(\d\d)/(\d{4})")
NUMBER = re.compile(r"-?\d{1,6}([.,]\d{1,6})?")
CLOCK = re.compile(r"(\d{1,2}):(\d\d)|(\d{1,4})")
AGAIN = "Download the file again."


@dataclass(frozen=True, eq=False)
class SiarRows:
    """Rows of one file, shape (n,): line number, station name, start of the UTC day (epoch seconds).

    `values` has the shape (n, variables) in the order of `SIAR_VARIABLES` and its units, NaN for an empty
    cell.
    """

    name: str
    line: IntArray
    station: tuple[str, ...]
    start: IntArray
    values: FloatArray

    def faults(self, now: datetime) -> dict[int, str]:
        """Row -> why it cannot be true: a value beyond its bounds, no time of day, a day that is not over."""
        found: dict[int, str] = {}
        beyond = (self.values < LOW) | (self.values > HIGH)
        beyond |= HOURS & (self.values % 100 > 59)
        for row, column in zip(*np.nonzero(beyond), strict=True):
            name, value = VARIABLES[column], self.values[row, column]
            unit, low, high = SIAR_VARIABLES[name]
            reason = f"{name}: {value:g} {unit} is outside {low:g} to {high:g}"
            if HOURS[column]:
                reason = f"{name}: {value:04.0f} is no time of day"
            found.setdefault(int(row), reason)
        over = (now - timedelta(days=1)).timestamp()
        for row in np.flatnonzero(self.start > over):
            found[int(row)] = "the day is not over"
        return found


def parse_siar(data: bytes, name: str) -> SiarRows:
    """The rows of a file, values unchecked against bounds; `name` is for messages.

    Raises `UsageError` naming file and line: unknown text encoding, another header, a row without all
    columns, a file that ends within a line, a station that is not of the site, a day or number that is none.
    """
    table = [*_table(_decoded(data, name), name)]
    lines = [line for line, _ in table]
    columns: list[Sequence[str]] = [*zip(*(cells for _, cells in table), strict=True)]
    if not columns:
        raise _wrong(name, 2, "there is no row", AGAIN)
    station = tuple(_station(columns, row, name, line) for row, line in enumerate(lines))
    days: dict[tuple[str, ...], int] = {}
    start = []
    for line, told in zip(lines, zip(*columns[2:LEADING], strict=True), strict=True):
        if told not in days:
            days[told] = _day(told, name, line)
        start.append(days[told])
    _check_decimals(columns[LEADING:], name, lines)
    values = [
        _numbers(cells, is_hour, name, lines) for cells, is_hour in zip(columns[LEADING:], HOURS, strict=True)
    ]
    return SiarRows(name, np.array(lines, np.int64), station, np.array(start, np.int64), np.array(values).T)


def _decoded(data: bytes, name: str) -> str:
    """The text of a file that ends with a line end, so that no last cell is half a cell."""
    codec = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be" if data[:1] == b"\0" else "utf-8"
    body = data
    for mark, marked in MARKS:
        if data.startswith(mark):
            codec, body = marked, data[len(mark) :]
            break
    odd = codec != "utf-8" and len(body) % 2
    try:
        text = body[:-1].decode(codec) if odd else body.decode(codec)
    except UnicodeDecodeError as error:
        line = body[: error.start].decode(codec, "replace").count("\n") + 1
        raise _wrong(name, line, "this is neither UTF-16 nor UTF-8 text", "Save it as UTF-8.") from None
    last = text.count("\n") + 1
    if not text.strip():
        raise _wrong(name, 1, "the file is empty", AGAIN)
    if odd or not text.endswith("\n"):
        what = "half a character" if odd else "no line end"
        raise _wrong(name, last, f"the file is cut: {what} at its end", AGAIN)
    return text


def _table(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells of the rows; the header is checked."""
    head = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in head else ",", strict=True)
    try:
        told = [unicodedata.normalize("NFC", cell).strip() for cell in next(rows)]
        if [cell.casefold() for cell in told] != [column.casefold() for column in HEADER]:
            new = next((cell for cell in told if cell not in HEADER), "columns missing or in another order")
            raise _wrong(
                name, 1, f"the header is not SIAR's ({new[:40]!r})", "Use SIAR's daily file as it is."
            )
        for cells in rows:
            if cells and len(cells) != len(HEADER):
                what = f"{len(cells)} columns instead of {len(HEADER)}"
                raise _wrong(name, rows.line_num, what, f"{AGAIN} Decimal commas between commas need quotes.")
            if cells:
                yield rows.line_num, cells
    except csv.Error as error:
        raise _wrong(name, rows.line_num + 1, f"this is not CSV ({error})", AGAIN) from None


def _station(columns: list[Sequence[str]], row: int, name: str, line: int) -> str:
    province, number = (columns[n][row].strip() for n in (0, 1))
    if province.isdecimal() and number.isdecimal() and (int(province), int(number)) in STATIONS:
        return STATIONS[int(province), int(number)]
    ours = ", ".join(f"{a}/{b}" for a, b in STATIONS)
    what = f"station {province[:9]}/{number[:9]} is not one of this site ({ours})"
    raise _wrong(name, line, what, "Import files of these stations only.")


def _day(told: tuple[str, ...], name: str, line: int) -> int:
    """Start of the UTC day in epoch seconds; date, year and day of the year must agree."""
    text, year, number = (cell.strip() for cell in told)
    parts = DAY.fullmatch(text)
    try:
        day = date(*(int(parts[n]) for n in (3, 2, 1))) if parts else None
    except ValueError:
        day = None
    if day is None:
        raise _wrong(name, line, f"{text[:20]!r} is not a day as dd/mm/yyyy", "Write days as SIAR does.")
    if (year, number) != (str(day.year), str(day.timetuple().tm_yday)):
        what = f"{text} is not day {number[:9]} of {year[:9]}"
        raise _wrong(name, line, what, "Write days as dd/mm/yyyy; leave year and day as they are.")
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _check_decimals(columns: Sequence[Sequence[str]], name: str, lines: Sequence[int]) -> None:
    """One decimal sign a file: with both, 1.234 could be a thousand."""
    seen = ""
    marks = {cell: mark for column in columns for cell in set(column) for mark in ",." if mark in cell}
    if len(set(marks.values())) < 2:
        return
    for row, line in enumerate(lines):
        for column in columns:
            mark = marks.get(column[row], seen)
            if seen and mark != seen:
                raise _wrong(name, line, "decimal commas and points are mixed", "Use one of them.")
            seen = mark


def _numbers(cells: Sequence[str], is_hour: bool, name: str, lines: Sequence[int]) -> FloatArray:
    """Cells of a column as numbers, NaN where empty; times of day as HHMM."""
    known = {cell: (_clock if is_hour else _number)(cell.strip()) for cell in set(cells)}
    values = [known[cell] for cell in cells]
    if None in values:
        row = values.index(None)
        what = f"{cells[row][:20]!r} is not a {'time of day' if is_hour else 'number'}"
        raise _wrong(name, lines[row], what, "Leave a cell empty where nothing was measured.")
    return np.array(values, np.float64)


def _number(text: str) -> float | None:
    if not text:
        return float("nan")
    return float(text.replace(",", ".")) if NUMBER.fullmatch(text) else None


def _clock(text: str) -> float | None:
    if not text:
        return float("nan")
    parts = CLOCK.fullmatch(text)
    if parts is None:
        return None
    return float(parts[3] or f"{parts[1]}{parts[2]}")


def _wrong(name: str, line: int, what: str, remedy: str) -> UsageError:
    return UsageError(f"{name} line {line}: {what}; nothing was stored.", remedy)
