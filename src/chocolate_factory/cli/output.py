"""What commands share: options, dates, JSON and tables."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window, local_date, local_iso, local_midnight

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="First local day, YYYY-MM-DD.")
]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last local day, YYYY-MM-DD.")]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", min=1, max=256, help="Processes. Default: one a core.")
]
DaskOption = Annotated[
    str | None, typer.Option("--dask", metavar="ADDRESS", help="Scheduler of a Dask cluster instead.")
]


class Tongue(StrEnum):
    """Languages of the product's sentences."""

    EN = "en"
    ES = "es"


LANG = typer.Option("--lang", help="Language of the sentences.")
LangOption = Annotated[Tongue, LANG]

console = Console(highlight=False)
notes = Console(stderr=True, highlight=False)
SAMPLE_NOTE = "SAMPLE DATA: made up by this program, no real price behind any number."
EARLIEST = date(2014, 1, 1)


def parse_day(text: str | None, option: str) -> date | None:
    """A local day, or None when the option was not given."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option}: {text!r} is not a date.", "Write it as YYYY-MM-DD, e.g. 2026-03-10."
        ) from None
    if day < EARLIEST or day.year > 2100:
        raise UsageError(f"{option}: {day} is out of range.", f"Days from {EARLIEST} on can be asked.")
    return day


def parse_days(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """Both ends, in order."""
    begin, end = parse_day(first, "--from"), parse_day(last, "--to")
    if begin and end and end < begin:
        raise UsageError(f"--to {end} is before --from {begin}.", "Give the earlier day first.")
    return begin, end


def parse_moment(text: str, zone: str) -> datetime:
    """A moment in ISO 8601; without an offset it is the site's wall time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a moment.", "Write it as 2026-03-10T18:15.") from None
    if not 1990 <= at.year <= 2100:
        raise UsageError(f"{text!r} is out of range.", "Years 1990 to 2100 can be asked.")
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))


def window_of(ports: Ports, first: date | None, last: date | None, back: int) -> Window:
    """The UTC window of local days; default from `back` days ago to tomorrow."""
    zone = ports.factory.site.timezone
    today = local_date(ports.clock(), zone)
    begin = first or today - timedelta(days=back)
    end = last or max(begin, today + timedelta(days=1))
    return Window(local_midnight(begin, zone), local_midnight(end + timedelta(days=1), zone))


def emit(data: Any, zone: str) -> None:
    """JSON on stdout; moments with the site's offset, no NaN."""

    def plain(value: Any) -> Any:
        if isinstance(value, datetime):
            return local_iso(value, zone)
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return value

    typer.echo(json.dumps(plain(data), ensure_ascii=False, allow_nan=False))


def warn_sample(ports: Ports) -> None:
    """Label made-up data before anything else is shown."""
    if ports.sample:
        notes.print(f"[bold yellow]{SAMPLE_NOTE}[/]")


class Cells(Table):
    """A table whose cells are shown as they are: brackets in a name or a path are no markup."""

    def add_row(self, *cells: Any, **given: Any) -> None:
        """A row; texts are literal."""
        super().add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells), **given)


def table(title: str, *columns: str) -> Table:
    """A plain table; columns that begin with `>` are right-aligned, those with `~` may break their lines."""
    made = Cells(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in columns:
        if name.startswith(">"):
            made.add_column(name[1:], justify="right", no_wrap=True, min_width=7)
        elif name.startswith("~"):
            made.add_column(name[1:], overflow="fold", min_width=12)
        else:
            made.add_column(name, no_wrap=True)
    return made


def clock(at: datetime | str, zone: str) -> str:
    """Local day and time, e.g. `Tue 10 Mar 21:00`."""
    return _local(at, zone).strftime("%a %d %b %H:%M")


def dated(at: datetime | str, zone: str) -> str:
    """The same of any year, e.g. `Tue 10 Mar 2026 21:00`."""
    return _local(at, zone).strftime("%a %d %b %Y %H:%M")


def _local(at: datetime | str, zone: str) -> datetime:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return datetime.fromisoformat(local_iso(moment, zone))
