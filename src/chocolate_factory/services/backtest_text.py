"""A walk-forward report as text: rows for any table, remarks, and a page of Markdown.

A part is all origins of a track, or those of one of its windows: both have `models`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chocolate_factory.services.backtest_report import HEADLINE, OVERALL

Row = dict[str, Any]

FIGURES = {
    "MAE": ("mae", 2),
    "RMSE": ("rmse", 1),
    "/week": ("rmae_week", 2),
    "/kind": ("rmae_kind", 2),
    "p": ("dm_p", 3),
    "pinball": ("pinball", 2),
    "in 80 %": ("coverage_80", 0),
    "width 80": ("width_80", 0),
    "in 90 %": ("coverage_90", 0),
    "width 90": ("width_90", 0),
    "≤ 0": ("mae_not_above_zero", 1),
    "dearest": ("mae_dearest", 1),
}
"""Head of a column: name in the report and digits."""

SECONDS = ("fit s", "predict s")
DECIDED = ("model", "saved EUR", "of baseline", "captured", "p", "median week", "P10", "P90", "violations")
GROUP = f"D+{OVERALL[0]} to D+{OVERALL[1]}"
ALL = "all"


def overall_rows(part: Row, heads: Sequence[str] = tuple(FIGURES)) -> list[list[str]]:
    """A row a model, best MAE first: its name and figures of GROUP in the order of `heads`."""
    return [[row["model"], *cells(row["overall"], heads)] for row in best_first(part)]


def best_first(part: Row) -> list[Row]:
    """The models of a part by their overall MAE, those without one last."""
    return sorted(
        part["models"], key=lambda row: (row["overall"]["mae"] is None, row["overall"]["mae"] or 0.0)
    )


def cells(told: Row, heads: Sequence[str]) -> list[str]:
    """Figures as text, shares of hours as percent."""
    return [shown(told, *FIGURES[head]) for head in heads]


def shown(told: Row, key: str, digits: int = 2) -> str:
    """One figure as text."""
    value = told.get(key)
    return percent(value, digits) if key.startswith("coverage") else text(value, digits)


def leads_of(part: Row) -> list[int]:
    """Lead days that were scored."""
    return [one["lead"] for one in part["models"][0]["leads"]] if part["models"] else []


def lead_heads(part: Row) -> list[str]:
    """Heads of the figures of `lead_rows`: each lead day, then GROUP and all."""
    return [*(f"D+{lead}" for lead in leads_of(part)), GROUP, ALL]


def lead_rows(part: Row, key: str, digits: int = 2) -> list[list[str]]:
    """A row a model, best first: its name and a figure in the order of `lead_heads`; shares as percent."""
    return [[row["model"], *(shown(one, key, digits) for one in groups_of(row))] for row in best_first(part)]


def groups_of(row: Row) -> list[Row]:
    """A model's figures in the order of `lead_heads`."""
    return [*row["leads"], row["overall"], row["all_leads"]]


def quarters_of(part: Row) -> list[str]:
    """Quarters of delivery that were scored."""
    return [one["quarter"] for one in part["models"][0]["quarters"]] if part["models"] else []


def quarter_rows(part: Row, key: str, digits: int = 1) -> list[list[str]]:
    """A row a model, best first: its name and a figure of GROUP for each quarter of delivery."""
    return [[row["model"], *(shown(one, key, digits) for one in row["quarters"])] for row in best_first(part)]


def decision_heading(decision: Row) -> str:
    """What the figures of decisions are of."""
    if not decision["weeks"]:
        return f"No week could be planned and paid: {decision['left_out_because']}"
    return (
        f"{decision['load']}, {decision['weeks']} weeks of {decision['first_week']} to "
        f"{decision['last_week']} (Mondays), {decision['energy_kwh']['baseline']} kWh in every arm: baseline "
        f"{text(decision['baseline_eur'])} EUR, hindsight {text(decision['hindsight_eur'])} EUR"
    )


def decision_rows(decision: Row) -> list[list[str]]:
    """A row a model in the order of DECIDED, the largest saving first."""
    found = sorted(decision["models"], key=lambda row: -(row["saving_eur"] or 0.0))
    return [
        [
            row["model"],
            text(row["saving_eur"]),
            percent(row["saving_share"], 1),
            percent(row["captured_share"], 1),
            text(row["dm_p"], 3),
            *(percent(row["week_share"][name]) for name in ("median", "p10", "p90")),
            str(row["violations"]),
        ]
        for row in found
    ]


def name_of(track: Row) -> str:
    """E.g. `spot at 13:30`."""
    return f"{track['series']} at {track['gate']}"


def heading(track: Row) -> str:
    """What the figures of a track are of."""
    return f"{name_of(track)}, {GROUP}, EUR/MWh: {extent(track)}"


def window_heading(track: Row, window: Row) -> str:
    """What the figures of a window of a track are of."""
    return f"{window['name']}: {name_of(track)}, {GROUP}, EUR/MWh: {window_extent(window)}"


def extent(part: Row) -> str:
    """How many origins and hours there are, of which days."""
    if not part["models"]:
        return "no origin"
    hours = part["models"][0]["overall"]["hours"]
    return (
        f"{part['origins']} origins, {hours} hourly forecasts of {part['truth_from']} to {part['truth_to']}"
    )


def window_extent(window: Row) -> str:
    """How many of a window's days are origins, and what they tell of."""
    return f"days of origin {window['first']} to {window['last']}, {extent(window)}"


def remarks(body: Row) -> list[str]:
    """What a reader of the figures must know: too few origins, refusals, other models than asked for."""
    found: list[str] = []
    for track in body["tracks"]:
        found += [f"{name_of(track)}: {remark}" for remark in track_remarks(track)]
    return found


def track_remarks(track: Row) -> Iterator[str]:
    """The remarks on a track."""
    if track["origins"] < HEADLINE:
        yield f"{track['origins']} origins; a headline figure needs {HEADLINE}."
    if track["origins_refused"]:
        yield (
            f"{track['origins_refused']} origins left out for all models; the first because of "
            f"{track['refused_because']}"
        )
    if track["hours_without_truth"]:
        yield f"{track['hours_without_truth']} hours left out, their price is not known."
    if track["hours_without_forecast"]:
        yield f"{track['hours_without_forecast']} hours left out, some model told nothing of them."
    for row in track["models"]:
        if row["told_otherwise"]:
            yield (
                f"{row['model']} answered {row['told_otherwise']} times as “{row['told_otherwise_as']}” "
                f"or the like."
            )
    decision = track.get("decision")
    if decision and decision["weeks_left_out"]:
        yield (
            f"{decision['weeks_left_out']} weeks not planned; the first because of: "
            f"{decision['left_out_because']}."
        )


def markdown(body: Row) -> str:
    """The report as a page of Markdown."""
    lines = ["# Backtest", ""]
    if body["sample"]:
        lines += ["SAMPLE DATA: made up by this program, no real price behind any number.", ""]
    if body["command"]:
        lines += ["```console", f"$ {body['command']}", "```", ""]
    lines += [
        f"Days of origin {body['first']} to {body['last']}, every {body['every']} day(s); at most "
        f"{body['history_days']} days of history; code {body['code']}; made {body['at']}. "
        f"Truth: {body['truth']}.",
        "",
        "“≤ 0” and “dearest” are the MAE in hours of such prices; p is of the Diebold–Mariano test against "
        f"{body['compared_with']}, small says better; the share of hours in a band should be its name.",
    ]
    if remarks(body):
        lines += ["", *(f"- {remark}" for remark in remarks(body))]
    for track in body["tracks"]:
        lines += ["", *track_page(track)]
    return "\n".join(lines) + "\n"


def track_page(track: Row) -> Iterator[str]:
    """A track's section: all origins, then each window."""
    yield f"## {name_of(track)}"
    yield ""
    yield (
        f"{track['origins']} origins, {track['origins_refused']} refused. Prices to learn from: since "
        f"{track['history_from']}; judged on {track['truth_from']} to {track['truth_to']}. Dearest: from "
        f"{text(track['dearest_from_eur_mwh'])} EUR/MWh."
    )
    yield ""
    timed = [
        [row["model"], text(row["fit_seconds"], 3), text(row["predict_seconds"], 3)]
        for row in track["models"]
    ]
    yield from grid(("median seconds", *SECONDS), timed)
    yield from part_page("All origins", extent(track), track)
    for window in track["windows"]:
        yield from part_page(f"{window['name']}", window_extent(window), window)


def part_page(title: str, what: str, part: Row) -> Iterator[str]:
    """The tables of a part; every figure of every lead day is folded away."""
    yield from ("", f"### {title}", "", f"{GROUP}, EUR/MWh, {what}:")
    if not part["models"] or not leads_of(part):
        return
    yield ""
    yield from grid(("model", *FIGURES), overall_rows(part))
    for name, key, digits in (
        ("MAE", "mae", 2),
        ("80 % band holds", "coverage_80", 1),
        ("90 % band holds", "coverage_90", 1),
        ("p", "dm_p", 3),
    ):
        yield from ("", f"{name} by lead day:", "")
        yield from grid(("model", *lead_heads(part)), lead_rows(part, key, digits))
    yield from ("", f"80 % band holds by quarter of delivery, {GROUP}:", "")
    yield from grid(("model", *quarters_of(part)), quarter_rows(part, "coverage_80"))
    if "decision" in part:
        yield from ("", f"{decision_heading(part['decision'])}.", "")
        if part["decision"]["weeks"]:
            yield from grid(DECIDED, decision_rows(part["decision"]))
    yield from ("", "<details><summary>Every figure by lead day</summary>", "")
    yield from grid(("lead", "model", *FIGURES), every_row(part))
    yield from ("", "</details>")


def every_row(part: Row) -> list[list[str]]:
    """A row for each lead day and model with all figures, GROUP and all lead days last."""
    heads = tuple(FIGURES)
    return [
        [group, row["model"], *cells(groups_of(row)[place], heads)]
        for place, group in enumerate(lead_heads(part))
        for row in best_first(part)
    ]


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; the first column is text, the others are figures."""
    rule = "|" + "|".join(["---", *["---:"] * (len(head) - 1)]) + "|"
    return [f"| {' | '.join(head)} |", rule, *(f"| {' | '.join(row)} |" for row in rows)]


def text(value: float | None, digits: int = 2) -> str:
    """A figure, or nothing where there is none."""
    return "" if value is None else f"{value:.{digits}f}"


def percent(value: float | None, digits: int = 0) -> str:
    """A share as percent."""
    return "" if value is None else f"{100 * value:.{digits}f} %"
