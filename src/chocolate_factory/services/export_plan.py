"""A stored plan as a file: calendar, table, workbook, page or print."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from pathlib import Path

from chocolate_factory import __version__
from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.export_calendar import calendar
from chocolate_factory.services.export_page import POLICY, page
from chocolate_factory.services.export_print import pdf
from chocolate_factory.services.export_table import table
from chocolate_factory.services.export_view import Choice, PlanView, check_choice, plan_view
from chocolate_factory.services.export_workbook import workbook

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Format:
    """How a plan is written: the function, the media type, and whether a browser shows it."""

    write: Callable[[PlanView], bytes]
    media_type: str
    shown: bool = False


FORMATS: dict[str, Format] = {
    "ics": Format(calendar, "text/calendar; charset=utf-8", shown=True),
    "csv": Format(table, "text/csv; charset=utf-8; header=present"),
    "xlsx": Format(workbook, SHEET),
    "html": Format(page, "text/html; charset=utf-8", shown=True),
    "pdf": Format(pdf, "application/pdf", shown=True),
}


@dataclass(frozen=True)
class ExportRequest:
    """A format of `FORMATS`, and which runs."""

    format: str
    choice: Choice = field(default_factory=Choice)


@dataclass(frozen=True)
class Export:
    """A written plan. `tag` changes with the plan and with what was asked of it, and only then."""

    name: str
    media_type: str
    shown: bool
    tag: str
    content: bytes
    runs: int


def export_plan(ports: Ports, request: ExportRequest) -> Export:
    """The stored plan in a format.

    Raises UsageError for an unknown format, machine, shift or language, NotFound without such a plan.
    """
    check_format(request.format)
    view = plan_view(ports, request.choice)
    made = FORMATS[request.format]
    name = f"plan-{view.answer['id']}.{request.format}"
    tag = _tag(view, request)
    return Export(name, made.media_type, made.shown, tag, made.write(view), len(view.runs))


def write_export(ports: Ports, request: ExportRequest, path: Path) -> Export:
    """The stored plan in a file, whole or not at all; an older file is replaced.

    Raises as `export_plan`, and UsageError where the file cannot be written.
    """
    made = export_plan(ports, request)
    try:
        _replace(path, made.content)
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from None
    return made


def check_export(factory: Factory, request: ExportRequest, path: Path) -> None:
    """UsageError for what would be refused once the plan is made, so that nobody waits for it."""
    check_format(request.format)
    check_choice(factory, request.choice)
    if path.is_dir():
        raise _unwritable(path, "it is a folder")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise _unwritable(path, "its folder is not there or may not be written")


def check_format(name: str) -> None:
    """UsageError for a format there is not."""
    if name not in FORMATS:
        raise UsageError(f"export format {name!r}: not known.", f"Use one of {', '.join(FORMATS)}.")


def policy_of(name: str) -> str | None:
    """The content security policy that a format needs where it is shown; None: the usual one."""
    return POLICY if name == "html" else None


def _tag(view: PlanView, request: ExportRequest) -> str:
    asked = (view.answer["id"], request.format, *astuple(request.choice)[1:], __version__)
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:24]


def _replace(path: Path, content: bytes) -> None:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.write_bytes(content)  # a link, pipe or device must stay what it is
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _unwritable(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} cannot be written: {why}.", "Choose another path.")
