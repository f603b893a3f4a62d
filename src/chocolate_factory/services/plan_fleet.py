"""Many plants planned in one call, each by itself: one plant's failure is a row of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog

from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.make_plan import PlanRequest, make_plan

Row = dict[str, Any]
Report = Callable[[Row], None]
OWN_KINDS = ("plan", "factory", "production", "hindsight", "forecast")
"""Kinds of records that belong to one plant; models, comparisons and the like are common to all."""

MONEY = ("cost_eur", "baseline_eur", "saving_eur")
INSIDE = ChocolateError("The planning failed inside.", "The log has the details; this is a bug.")
"""What is told of a plant whose failure nobody expected."""

BUGS = (RuntimeError, ValueError, TypeError, ArithmeticError, LookupError)
"""What a planning that was refused by the checker, or a bug, ends with."""

FIGURES = ("plan", *MONEY, "saving_percent", "mip_gap", "solve_seconds", "late")
log = structlog.get_logger()


def planned_row(name: str, ports: Callable[[], Ports], request: PlanRequest) -> Row:
    """One plant planned and stored: its figures in EUR, or its error.

    A failure that nobody expected is logged in full and ends this plant alone, not the whole fleet.
    """
    blank: Row = {"plant": name, "site": None, "sample": False, **dict.fromkeys(FIGURES), "error": None}
    try:
        there = ports()
        blank |= {"site": there.factory.site.name, "sample": there.sample}
        return blank | figures(make_plan(there, request))
    except ChocolateError as error:
        return blank | failed(error)
    except BUGS:
        log.exception("planning failed inside", plant=name)
        return blank | failed(INSIDE)


def failed(error: ChocolateError) -> Row:
    """What the row of a plant tells of its failure."""
    return {"error": {**error.problem(), "exit_code": error.exit_code}}


def figures(answer: Row) -> Row:
    """What a table of plants tells of a plan."""
    return {
        "plan": answer["id"],
        "cost_eur": answer["cost_eur"],
        "baseline_eur": answer["baseline"]["cost_eur"],
        "saving_eur": answer["saving"]["eur"],
        "saving_percent": answer["saving"]["percent"],
        "mip_gap": answer["mip_gap"],
        "solve_seconds": answer["solve_seconds"],
        "late": sum(row["batches"] for row in answer["late"]),
    }


def plan_fleet(names: Sequence[str], rows: Iterable[Row], report: Report) -> Row:
    """All plants in order of their names, with the sums of those that were planned."""
    found: dict[str, Row] = {}
    for row in rows:
        found[row["plant"]] = row
        report(row)
    plants = [found[name] for name in names]
    done = [row for row in plants if row["error"] is None]
    total = {key: sum(row[key] for row in done) for key in MONEY}
    return {"plants": plants, "planned": len(done), "failed": len(plants) - len(done), "total": total}


def worst_exit(fleet: Row) -> int:
    """The exit code of the worst plant: 0 where all were planned, else the highest code of their errors."""
    return max((row["error"]["exit_code"] for row in fleet["plants"] if row["error"]), default=0)
