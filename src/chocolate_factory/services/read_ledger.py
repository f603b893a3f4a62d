"""The savings ledger as it is kept: weeks with their days, totals, revisions, and as a table for programs."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ledger_money import ArmShare
from chocolate_factory.domain.movable_load import captured_share
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.settle_weeks import LEDGER, MOST_WEEKS
from chocolate_factory.services.tell_week import ARMS, Shares, figures, summed

Row = dict[str, Any]
STATUSES = ("closed", "provisional", "incomplete")
WEEK_KEYS = (
    "id", "window", "status", "hours_without_plan", "arms", "same_work", "saving_eur", "saving_percent",
    "captured_share", "hindsight_gap", "plans", "factory", "plans_under_other_factories", "products",
    "runs_reported", "runs_as_planned", "batches_lost", "batches_as_they_were", "assets_left_out",
    "settled_at",
)  # fmt: skip
DAY_KEYS = (
    "day", "start", "end", "status", "arms", "same_work", "saving_eur", "saving_percent", "captured_share",
)  # fmt: skip
SHARE_KEYS = tuple(field.name for field in fields(ArmShare))
CSV_KEYS = ("week", "week_status", "day", "start", "end", "status")


def read_ledger(ports: Ports, window: Window, *, revisions: bool = False) -> Row:
    """Weeks that touch a window, oldest first, with their days; revisions of their days only when asked for.

    Totals are over the settled days of closed and of provisional weeks, apart; incomplete weeks and those
    whose arms did different work are in none.
    """
    kept: list[Row] = [dict(record.body) for record in ports.store.find(LEDGER, limit=MOST_WEEKS)]
    rows = sorted((row for row in kept if touches(row, window)), key=lambda row: str(row["window"]["start"]))
    weeks = []
    for row in rows:
        week = {key: row[key] for key in WEEK_KEYS}
        week["days"] = [{key: day[key] for key in DAY_KEYS} for day in row["days"]]
        week["captured_at_least"] = captured_at_least([week])
        week["revised"] = len(row["revisions"])
        weeks.append(week | ({"revisions": row["revisions"]} if revisions else {}))
    totals = {status: total([w for w in weeks if w["status"] == status]) for status in STATUSES[:2]}
    return {"sample": ports.sample, "currency": "EUR", "weeks": weeks, "total": totals}


def touches(row: Row, window: Window) -> bool:
    """Whether a week has a part in a window."""
    start, end = (datetime.fromisoformat(row["window"][key]).astimezone(UTC) for key in ("start", "end"))
    return start < window.end and window.start < end


def total(weeks: list[Row]) -> Row:
    """Sums over the weeks whose arms did the same work, with how many these are and how many are left out."""
    alike = [week for week in weeks if week["same_work"]]
    return {
        "weeks": len(alike),
        "weeks_left_out": len(weeks) - len(alike),
        **figures(summed([shares_of(week) for week in alike])),
        "captured_at_least": captured_at_least(alike),
    }


def captured_at_least(weeks: list[Row]) -> float | None:
    """The share captured if hindsight could reach its proven bound, None where it is not known."""
    arms = [week["arms"] for week in weeks]
    if not weeks or not all(week["same_work"] and week["hindsight_gap"] is not None for week in weeks):
        return None
    base, did, best = (sum(arm[key]["eur"] for arm in arms) for key in ("baseline", "executed", "hindsight"))
    less = sum(week["hindsight_gap"] * abs(week["arms"]["hindsight"]["eur"]) for week in weeks)
    return captured_share(base, did, best - less)


def shares_of(row: Row) -> Shares:
    """The arms of a row."""
    return {name: ArmShare(**arm) if arm else None for name, arm in row["arms"].items()}


def ledger_csv(ledger: Row) -> str:
    """One line a day (two for the day on which weeks meet): they add up to weeks and totals, unrounded.

    Money in EUR; a value that is not there is empty.
    """
    out = io.StringIO()
    columns = [f"{arm}_{key}" for arm in ARMS for key in SHARE_KEYS]
    told = csv.writer(out, lineterminator="\n")
    told.writerow([*CSV_KEYS, *columns, "same_work", "saving_eur", "captured_share", "sample"])
    for week in ledger["weeks"]:
        for day in week["days"]:
            arms = [day["arms"][arm] or {} for arm in ARMS]
            cells = [arm.get(key, "") for arm in arms for key in SHARE_KEYS]
            shown = ("same_work", "saving_eur", "captured_share")
            rest = ["" if day[key] is None else day[key] for key in shown]
            told.writerow(
                [
                    week["id"],
                    week["status"],
                    *(day[key] for key in CSV_KEYS[2:]),
                    *cells,
                    *rest,
                    ledger["sample"],
                ]
            )
    return out.getvalue()


def write_csv(path: Path, text: str) -> int:
    """Write a table to a file, whole or not at all; returns its rows.

    Raises UsageError where the file cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "Name another file.") from None
    return text.count("\n") - 1
