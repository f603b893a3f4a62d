"""A plan as an Excel workbook: plan, a sheet a machine, prices and load, cost lines."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chocolate_factory.domain.slots import PLAN_MINUTES, local_iso, moment
from chocolate_factory.services.export_cost import cost_rows
from chocolate_factory.services.export_table import RISKY
from chocolate_factory.services.export_view import PlanView, RunView
from chocolate_factory.services.note_words import spanish_note

Cell = str | float | int | datetime | None
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
LONGEST_TITLE = 31
WIDEST = 60


def workbook(view: PlanView) -> bytes:
    """The workbook; times are Excel dates in local and in UTC, figures unrounded values without formulas."""
    from openpyxl import Workbook  # half a second to load, for those who ask for it only

    made = Workbook()
    made.remove(made.active)
    words, used = view.words, list[str]()

    def sheet(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        used.append(sheet_title(name, used))
        _fill(made.create_sheet(used[-1]), head, rows)

    sheet(words["plan"], ("", ""), summary(view))
    head = run_head(view)
    for machine in view.factory.machines:
        own = [run for run in view.runs if run.machine == machine.name]
        if view.choice.machine in {None, machine.name}:
            sheet(machine.name, head, (run_cells(run, view) for run in own))
    sheet(words["prices_and_load"], slot_head(view), slot_rows(view))
    columns = (words["line"], words["quantity"], "", words["rate"], "", f"{words['plan']} EUR")
    sheet(words["bill"], (*columns, f"{words['baseline']} EUR"), cost_rows(view))
    made.properties.title = f"Chocolate Factory {view.answer['id']}"
    made.properties.creator = "Chocolate Factory"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def sheet_title(name: str, used: Sequence[str]) -> str:
    """A title Excel takes: 31 characters at most, none of `[]:*?/\\'`, unlike all others in any case."""
    base = " ".join(name.translate(FORBIDDEN).split()) or "-"
    taken = {title.casefold() for title in used} | {"history"}
    title, number = base[:LONGEST_TITLE].strip(), 1
    while title.casefold() in taken:
        number += 1
        title = f"{base[: LONGEST_TITLE - len(str(number)) - 1].strip()} {number}"
    return title


def summary(view: PlanView) -> list[tuple[Cell, ...]]:
    """What the plan is and what it stands on."""
    answer, words = view.answer, view.words
    rows: list[tuple[Cell, ...]] = [(words["sample"],)] if answer["sample"] else []
    rows += [
        (words["plan"], answer["id"]),
        (words["site"], answer["site"]),
        (words["issued"], answer["issued_at"]),
        (words["window"], answer["window"]["start"], answer["window"]["end"]),
        (words["contract"], answer["contract"]),
        (words["model"], answer["model"]),
        (words["prices"], view.price_origin),
        (f"{words['cost']} EUR", answer["cost_eur"]),
        (f"{words['energy']} kWh", answer["energy_kwh"]),
        (f"{words['baseline']} EUR", answer["baseline"]["cost_eur"]),
        (f"{words['saving']} EUR", answer["saving"]["eur"]),
        (f"{words['gap']} %", 100 * answer["mip_gap"]),
    ]
    if view.chosen:
        rows.append((words["only"], view.chosen))
    rows += [
        (words[word], f"{row['batches']} {words['batches']} {row['product']} {words['due']} {row['due']}")
        for word, key in (("stock", "assumed_stock"), ("left", "left_for_later"), ("late", "late"))
        for row in answer[key]
    ]
    spanish = words["language"] == "es"
    return rows + [
        (words["assumed"], (spanish_note(sentence) if spanish else None) or sentence)
        for sentence in answer["assumptions"]
    ]


def run_head(view: PlanView) -> tuple[str, ...]:
    """Column names of a machine's sheet."""
    keys = ("unit", "start", "end", "offset", "batch", "product", "process")
    words = view.words
    figures = (f"{words['energy']} kWh", f"{words['cost']} EUR")
    return (*(words[key] for key in keys), *figures, words["start_utc"], words["end_utc"], words["why"])


def run_cells(run: RunView, view: PlanView) -> tuple[Cell, ...]:
    """A run as cells; the offset tells hours apart that the clocks tell twice."""
    local = [_wall(at, view.zone) for at in (run.start, run.end)]
    offset = local_iso(run.start, view.zone)[-6:]
    names = (run.batch, run.product, run.task)
    utc = (_wall(run.start, "UTC"), _wall(run.end, "UTC"))
    return (run.unit, *local, offset, *names, run.energy_kwh, run.cost_eur, *utc, run.why)


def slot_head(view: PlanView) -> tuple[str, ...]:
    """Column names of the slots' sheet."""
    words = view.words
    keys = (words["start"], words["offset"], words["start_utc"])
    return (*keys, f"{words['load']} kW", words["price"], words["market"])


def slot_rows(view: PlanView) -> Iterable[tuple[Cell, ...]]:
    """A row a slot; no market price where the contract fixes it."""
    for index, start in enumerate(view.window.starts(PLAN_MINUTES)):
        at = moment(int(start))
        times = (_wall(at, view.zone), local_iso(at, view.zone)[-6:], _wall(at, "UTC"))
        market = None if view.market_eur_mwh is None else float(view.market_eur_mwh[index])
        yield (*times, float(view.load_kw[index]), float(view.price_eur_kwh[index]), market)


def _wall(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _fill(sheet: Any, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    widths: dict[int, int] = {}
    headed = any(head)
    for number, row in enumerate([head, *rows] if headed else rows, 1):
        for column, value in enumerate(row, 1):
            if value is None:
                continue
            cell = sheet.cell(number, column)
            _put(cell, value)
            if headed and number == 1:
                cell.font = Font(bold=True)
            if headed or column == 1:
                widths[column] = max(widths.get(column, 8), _length(value))
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = min(width + 2, WIDEST)
    if headed:
        sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _length(value: str | float | datetime) -> int:
    if isinstance(value, datetime):
        return len("yyyy-mm-dd hh:mm")
    return len(value) if isinstance(value, str) else len(f"{value:.6g}")


def _put(cell: Any, value: Cell) -> None:
    """A value as itself: text stays text, also where it begins like a formula or an error."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(RISKY)
    elif isinstance(value, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, float):
        cell.number_format = "#,##0.00##"
