"""OMIE: the day-ahead auction's own files, `marginalpdbc_YYYYMMDD.N`, one market day each.

Quirks: ISO-8859-1 text, rows `year;month;day;period;Portugal;Spain;`, last line `*`. Revision 1 comes first;
2 and 3 are corrections, and now and then revision 1 is taken away. A file that is not there is the site's
own page, or nothing, with status 200; any other page is no answer. Prices: OMIE, www.omie.es.
"""

from __future__ import annotations

import math
from datetime import date, datetime

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.publication import ever, published
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_window, days_of, local_date
from chocolate_factory.infrastructure.http import Answer, Polite

NO_FILE_MARKS = ("file-access-list", "| omie</title>")
USUAL_REVISIONS, MOST_REVISIONS = 3, 9


class Omie:
    """Spot prices of Spain from OMIE's files. See `Source`."""

    name = "omie"
    series: tuple[str, ...] = ("spot",)
    max_days = 1

    def __init__(self, client: Polite) -> None:
        self._client = client

    def reaches(self, key: str, now: datetime) -> Window:
        """All history. See `Source`."""
        return ever(key, now)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Quarter-hour prices (hourly before 2025-10-01) of the window's days, EUR/MWh. See `Source`."""
        starts: list[int] = []
        values: list[float] = []
        for day in days_of(window, MARKET_ZONE):
            if CATALOG[key].due(day) > now:
                continue
            grid = day_window(day, MARKET_ZONE).starts(CATALOG[key].minutes(day))
            for period, price in self._day(day, local_date(now, MARKET_ZONE)):
                if not 1 <= period <= len(grid):
                    raise self._changed(day, f"period {period} of a day of {len(grid)}")
                starts.append(int(grid[period - 1]))
                values.append(price)
        return published(key, starts, values, self.name)

    def _day(self, day: date, today: date) -> list[tuple[int, float]]:
        """Rows of the newest revision, however old the day: a former one would undo what it corrected.

        A day that has not begun has revision 1 or nothing; asking for more in vain would be one page each.
        """
        newest: list[tuple[int, float]] = []
        for revision in range(1, MOST_REVISIONS + 1):
            text = self._file(day, revision)
            if text is not None:
                newest = self._rows(text, day)
            elif newest or day > today or revision >= USUAL_REVISIONS:
                break
        return newest

    def _file(self, day: date, revision: int) -> str | None:
        """The file's text, or None when it is not there."""
        params = {"parents": "marginalpdbc", "filename": f"marginalpdbc_{day:%Y%m%d}.{revision}"}
        answer = self._client.get("/es/file-download", params)
        return None if _is_no_file(answer) else answer.text("iso-8859-1")

    def _rows(self, text: str, day: date) -> list[tuple[int, float]]:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if not lines or lines[0] != "MARGINALPDBC;":
            raise self._changed(day, "no MARGINALPDBC header")
        if lines[-1] != "*":
            raise self._changed(day, "the closing line is missing")
        rows = [self._row(line, day) for line in lines[1:-1]]
        return [(period, price) for period, price in rows if price is not None]

    def _row(self, line: str, day: date) -> tuple[int, float | None]:
        """(period, price of Spain or None for an empty cell)."""
        cells = [cell.strip() for cell in line.split(";")]
        try:
            told = date(int(cells[0]), int(cells[1]), int(cells[2]))
            period, price = int(cells[3]), float(cells[5]) if cells[5] else None
        except (ValueError, IndexError, OverflowError):
            raise self._changed(day, f"a row that cannot be read ({line[:60]!r})") from None
        if told != day:
            raise self._changed(day, f"its rows are of {told}")
        if price is not None and not math.isfinite(price):
            raise self._changed(day, "a price that is not a number")
        return period, price

    def _changed(self, day: date, what: str) -> Changed:
        return Changed(f"file of {day}: {what}", source=self.name)


def _is_no_file(answer: Answer) -> bool:
    if not answer.body.strip():
        return True
    head = answer.body[:65536].decode("iso-8859-1").lower()
    return head.lstrip().startswith("<") and any(mark in head for mark in NO_FILE_MARKS)
