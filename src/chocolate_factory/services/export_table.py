"""A plan as CSV for programs: one line a run, RFC 4180 with comma and decimal point."""

from __future__ import annotations

import csv
import io

from chocolate_factory.domain.slots import local_iso
from chocolate_factory.services.export_view import PlanView

COLUMNS = (
    "plan", "batch", "product", "process", "machine", "unit", "start_local", "end_local", "start_utc",
    "end_utc", "energy_kwh", "cost_eur", "why", "sample",
)  # fmt: skip
RISKY = ("=", "+", "-", "@", "\t", "\r")


def table(view: PlanView) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets keep accents; figures unrounded.

    The modes of runs are a last column, in plans that have some.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    modes = any(run.mode for run in view.runs)
    writer.writerow([*COLUMNS, "mode"] if modes else COLUMNS)
    for run in view.runs:
        names = (view.answer["id"], run.batch, run.product, run.process, run.machine)
        times = [
            *(local_iso(at, view.zone) for at in (run.start, run.end)),
            *(f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (run.start, run.end)),
        ]
        figures = (repr(run.energy_kwh), repr(run.cost_eur))
        sample = "true" if view.answer["sample"] else "false"
        row = [*map(inert, names), run.unit, *times, *figures, inert(run.why), sample]
        writer.writerow([*row, inert(run.mode)] if modes else row)
    return text.getvalue().encode("utf-8-sig")


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before the signs that begin one."""
    return f"'{text}" if text.startswith(RISKY) else text
