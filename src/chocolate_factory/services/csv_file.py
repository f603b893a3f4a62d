"""Reading of CSV files that people hand in: rows with line numbers, and one way to say what is wrong."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.slots import epoch


def csv_rows(path: Path, example: str, max_lines: int) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells without spaces around them) of a file, plain or `.gz`; empty lines are left out.

    The header is line 1, and comes as an empty list when the file is empty. Raises `UsageError` naming file,
    line, cause and remedy; `example` is a line as it should look.
    """
    number = 1
    try:
        with _opened(path) as text:
            rows = csv.reader(text, strict=True)
            yield 1, [cell.strip() for cell in next(rows, [])]
            for row in rows:
                number = rows.line_num
                if number > max_lines:
                    raise wrong(path, number, "too many lines", f"Split it below {max_lines} lines.")
                if row:
                    yield number, [cell.strip() for cell in row]
    except UnicodeDecodeError:
        raise wrong(path, number, "this is not UTF-8 text", "Save it as UTF-8.") from None
    except csv.Error as error:
        raise wrong(path, number + 1, f"this is not CSV ({error})", f"A line looks like {example}.") from None
    except (OSError, EOFError, zlib.error) as error:
        text_of = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be read: {text_of}.", "Check the path and the file.") from None


def price_of(path: Path, number: int, text: str) -> float:
    """The price in a cell; raises `UsageError` for what is none."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        remedy = "Leave out lines without a price and write decimals with a point."
        raise wrong(path, number, f"{text[:20]!r} is not a price", remedy)
    return value


def wrong(path: Path, number: int, what: str, remedy: str) -> UsageError:
    """The error for a line; the caller stores nothing."""
    return UsageError(f"{path} line {number}: {what}; nothing was stored.", remedy)


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def slot_start(place: tuple[Path, int], text: str, example: str) -> int:
    """A slot's start in epoch seconds from the line at (path, number): UTC, on a quarter of an hour."""
    path, number = place
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise wrong(path, number, f"{text!r} is not a time", f"A line looks like {example}.") from None
    if at.utcoffset() != timedelta(0):
        what = "a time without zone" if at.tzinfo is None else "a time that is not in UTC"
        raise wrong(path, number, f"{text} is {what}", "Write UTC with a Z at the end.")
    if at.minute % 15 or at.second or at.microsecond:
        raise wrong(path, number, f"{text} is not the start of a quarter hour", "Name slots by their start.")
    if not 2000 <= at.year < 2100:
        raise wrong(path, number, f"{text} is not of this market's time", "Write years with four digits.")
    return epoch(at.astimezone(UTC))
