"""A walk-forward report as text: rows for any table, remarks, and a page of Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chocolate_factory.services.backtest_report import HEADLINE

Row = dict[str, Any]
OVERALL_HEAD = (
    "model",
    "MAE",
    "/week",
    "/kind",
    "RMSE",
    "pinball",
    "in band",
    "width",
    "≤ 0",
    "dearest",
    "p",
    "fit s",
)


def overall_rows(track: Row) -> list[list[str]]:
    """A row a model in the order of OVERALL_HEAD, best MAE first."""
    models = sorted(track["models"], key=lambda row: (row["overall"]["mae"] is None, row["overall"]["mae"]))
    rows = []
    for row in models:
        told = row["overall"]
        rows.append(
            [
                row["model"],
                text(told["mae"], 2),
                text(told["rmae_week"], 2),
                text(told["rmae_kind"], 2),
                text(told["rmse"], 1),
                text(told["pinball"], 2),
                percent(told.get("coverage_80")),
                text(told.get("width_80"), 0),
                text(told["mae_not_above_zero"], 1),
                text(told["mae_dearest"], 1),
                text(told["dm_p"], 3),
                text(row["fit_seconds"], 2),
            ]
        )
    return rows


def leads_of(track: Row) -> list[int]:
    """Lead days that were scored."""
    return [one["lead"] for one in track["models"][0]["leads"]]


def lead_rows(track: Row, key: str) -> list[list[str]]:
    """A row a model: its name and a figure for each lead day; shares as percent."""
    shown = percent if key.startswith("coverage") else text
    return [[row["model"], *(shown(one.get(key)) for one in row["leads"])] for row in track["models"]]


def heading(track: Row) -> str:
    """What the figures of a track are of."""
    hours = track["models"][0]["overall"]["hours"]
    return (
        f"{track['series']} at {track['gate']}, D+2 to D+7, EUR/MWh: {track['origins']} origins, "
        f"{hours} hourly forecasts of {track['truth_from']} to {track['truth_to']}"
    )


def remarks(body: Row) -> list[str]:
    """What a reader of the figures must know: too few origins, refusals, other models than asked for."""
    found = []
    for track in body["tracks"]:
        name = f"{track['series']} at {track['gate']}"
        if track["origins"] < HEADLINE:
            found.append(f"{name}: {track['origins']} origins; a headline figure needs {HEADLINE}.")
        if track["origins_refused"]:
            found.append(
                f"{name}: {track['origins_refused']} origins left out for all models; the first because of "
                f"{track['refused_because']}"
            )
        if track["hours_without_truth"]:
            found.append(f"{name}: {track['hours_without_truth']} hours left out, their price is not known.")
        found += [
            f"{name}: {row['model']} answered {row['told_otherwise']} times as "
            f"“{row['told_otherwise_as']}” or the like."
            for row in track["models"]
            if row["told_otherwise"]
        ]
    return found


def markdown(body: Row) -> str:
    """The report as a page of Markdown."""
    lines = [
        "# Backtest",
        "",
        f"Origins {body['first']} to {body['last']}, every {body['every']} day(s); history of "
        f"{body['history_days']} days; code {body['code']}; made {body['at']}. Truth: {body['truth']}.",
    ]
    if body["sample"]:
        lines += ["", "SAMPLE DATA: made up by this program, no real price behind any number."]
    for track in body["tracks"]:
        lines += ["", f"## {heading(track)}", "", *grid(OVERALL_HEAD, overall_rows(track))]
        head = ["", *(f"D+{lead}" for lead in leads_of(track))]
        for title, key in (("MAE", "mae"), ("80 % band holds", "coverage_80"), ("p", "dm_p")):
            lines += ["", f"{title} by lead day:", "", *grid(head, lead_rows(track, key))]
    if remarks(body):
        lines += ["", *(f"- {remark}" for remark in remarks(body))]
    return "\n".join(lines) + "\n"


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; the first column is text, the others are figures."""
    rule = "|" + "|".join(["---", *["---:"] * (len(head) - 1)]) + "|"
    return [f"| {' | '.join(head)} |", rule, *(f"| {' | '.join(row)} |" for row in rows)]


def text(value: float | None, digits: int = 2) -> str:
    """A figure, or nothing where there is none."""
    return "" if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """A share as percent."""
    return "" if value is None else f"{100 * value:.0f} %"
