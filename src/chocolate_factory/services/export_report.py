"""The weekly report as a file: page or print."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chocolate_factory import __version__
from chocolate_factory.core.errors import UsageError
from chocolate_factory.services.report_layout import ReportLayout, report_layout
from chocolate_factory.services.report_page import POLICY, report_page
from chocolate_factory.services.report_print import report_pdf

Row = dict[str, Any]


@dataclass(frozen=True)
class ReportFormat:
    """How a report is written: the function, the media type, and the policy it needs where it is shown."""

    write: Callable[[ReportLayout], bytes]
    media_type: str
    policy: str | None = None


REPORT_FORMATS = {
    "html": ReportFormat(report_page, "text/html; charset=utf-8", POLICY),
    "pdf": ReportFormat(report_pdf, "application/pdf"),
}


@dataclass(frozen=True)
class ReportFile:
    """A written report; `tag` changes with what it says but for the moment it was made, and with its form."""

    name: str
    media_type: str
    policy: str | None
    tag: str
    content: bytes


def export_report(report: Row, form: str) -> ReportFile:
    """The report of `report_week` in a form of REPORT_FORMATS. Raises UsageError for another one."""
    if form not in REPORT_FORMATS:
        raise UsageError(f"format {form!r}: not known.", f"Use one of {', '.join(REPORT_FORMATS)}.")
    made = REPORT_FORMATS[form]
    content = made.write(report_layout(report))
    said = {key: value for key, value in report.items() if key != "made_at"}
    tag = hashlib.sha256(repr((said, form, __version__)).encode()).hexdigest()[:24]
    name = f"week-{report['week']}-{report['language']}.{form}"
    return ReportFile(name, made.media_type, made.policy, tag, content)


def write_report(report: Row, path: Path) -> ReportFile:
    """The report in a file of the form that its name ends in, whole or not at all.

    Raises UsageError for another ending, and where the file cannot be written.
    """
    made = export_report(report, path.suffix.removeprefix("."))
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(made.content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "Choose another path.") from None
    return made
