"""A report of weeks of plans as text: rows for any table, remarks, and a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chocolate_factory.services.backtest_plans_report import RULES, SPREAD
from chocolate_factory.services.backtest_text import grid, percent, text

Row = dict[str, Any]

WHOLE = 51
"""Weeks of a year whose ends lie inside it."""

ARMS = (
    *("arm", "cost EUR", "energy", "excess power", "whole months", "highest slot"),
    *("tonnes", "MWh", "MWh of runs", "late", "violations"),
)
MODELS = ("model", "saved EUR", "of baseline", "captured", "captured at least", "p")
BY_RULE = ("model", "saved EUR", "of baseline", "captured")
SPREADS = ("model", "over weeks", *SPREAD)
SOLVER = ("planner", "plannings", "median gap", "greatest gap", "median s", "greatest s", "plan kept")
FIGURES = {"saving_eur": "saved EUR", "saving_share": "of baseline", "captured_share": "captured"}


def plans_heading(body: Row) -> str:
    """What the figures are of."""
    if not body["weeks"]:
        other = "the arms did not do the same work" if body["unequal_weeks"] else "none was asked"
        return f"No week could be planned and paid: {next(iter(body['left_out'].values()), other)}."
    return (
        f"{body['plant']}: {body['weeks']} weeks, {body['first_week'][:10]} to {body['last_week'][:10]}, "
        f"planned anew each day at {body['gate']} on {body['series']} prices as they were known"
    )


def arm_rows(body: Row) -> list[list[str]]:
    """A row an arm in the order of ARMS, EUR over all weeks."""
    return [
        [
            row["arm"],
            text(row["cost_eur"]["weeks"]),
            text(row["energy_eur"]),
            text(row["excess_eur"]["weeks"]),
            text(row["cost_eur"]["months"]),
            text(row["cost_eur"]["highest"]),
            text(row["tonnes"], 1),
            text(row["site_kwh"] / 1000, 3),
            text(row["work_kwh"] / 1000, 3),
            str(row["late"] + row["left"]),
            str(row["violations"]),
        ]
        for row in body["arms"]
    ]


def saved_rows(body: Row) -> list[list[str]]:
    """A row a model in the order of MODELS."""
    return [
        [*saved_cells(row, "weeks"), percent(row["captured_at_least"], 1), text(row["dm_p"], 3)]
        for row in body["models"]
    ]


def saved_cells(row: Row, rule: str) -> list[str]:
    """A model's saving by a rule, in the order of BY_RULE."""
    told = row[rule]
    shares = (percent(told[name], 1) for name in ("saving_share", "captured_share"))
    return [row["model"], text(told["saving_eur"]), *shares]


def spread_rows(body: Row, rule: str = "weeks") -> list[list[str]]:
    """Rows in the order of SPREADS: what the weeks of a model were like."""
    return [
        [row["model"], head, *(shown(row[rule]["over_weeks"][key], key, name) for name in SPREAD)]
        for row in body["models"]
        for key, head in FIGURES.items()
    ]


def shown(told: Row, key: str, name: str) -> str:
    """One figure as text, shares as percent."""
    return text(told[name]) if key == "saving_eur" else percent(told[name], 1)


def solver_rows(body: Row) -> list[list[str]]:
    """A row a model, and hindsight, in the order of SOLVER."""
    told = [(row["model"], row["solver"]) for row in body["models"]]
    return [
        [
            name,
            str(row["plannings"]),
            percent(row["gap"]["median"], 2),
            percent(row["gap"]["max"], 2),
            text(row["seconds"]["median"], 1),
            text(row["seconds"]["max"], 1),
            str(row["kept"]),
        ]
        for name, row in [*told, ("hindsight", body["hindsight_solver"])]
    ]


def plans_remarks(body: Row) -> Iterator[str]:
    """What a reader of the figures must know."""
    if body["weeks"] < WHOLE:
        yield f"{body['weeks']} weeks; a year has {WHOLE} or 52."
    for day, reason in body["left_out"].items():
        yield f"The week of {day} is left out for all arms: {reason}"
    if body["unequal_weeks"]:
        days = body["unequal_weeks"]
        yield f"{len(days)} weeks are left out, the arms did not do the same work in them: {', '.join(days)}."
    for row in body["arms"]:
        if row["violations"]:
            yield f"{row['arm']} broke {row['violations']} rules, e.g. {row['violations_told'][0]}"
        if row["late"] or row["left"]:
            yield f"{row['arm']}: {row['late']} batches late, {row['left']} not made."
    hours = body["weather_hours"]
    yield (
        f"Weather as known at the first gate of each week, the same for all arms: {hours['forecast']:g} h "
        f"forecast, {hours['normals']:g} h climate normals, {hours['none']:g} h unknown (no limits and no "
        f"cooling there)."
    )
    yield from body["assumptions"]


def week_rows(body: Row) -> list[list[str]]:
    """A row a week: its first day, batches, what each arm paid and the gap of hindsight."""
    return [
        [
            week["start"][:10],
            str(week["batches"]),
            *(text(value) for value in week["cost_eur"].values()),
            percent(week["hindsight_gap"], 2),
        ]
        for week in body["by_week"]
    ]


def plans_markdown(body: Row) -> str:
    """The report as a page of Markdown."""
    lines = ["# Weeks of plans", ""]
    if body["sample"]:
        lines += ["SAMPLE DATA: made up by this program, no real price behind any number.", ""]
    if body["command"]:
        lines += ["```console", f"$ {body['command']}", "```", ""]
    lines += [f"{plans_heading(body)}.", ""]
    lines += [
        f"Code {body['code']}, forecasts by {body['forecast_code']}, learnt every {body['learn_every']} days "
        f"on at most {body['history_days']} days; {body['seconds']:g} s a planning, "
        f"{body['hindsight_seconds']:g} s for hindsight; made {body['at']}. Money is EUR with electricity "
        "tax, without VAT and fixed terms.",
        "",
        *(f"- {remark}" for remark in plans_remarks(body)),
    ]
    if body["weeks"]:
        lines += ["", *tables(body)]
    return "\n".join(lines) + "\n"


def tables(body: Row) -> Iterator[str]:
    """The tables of a page."""
    yield from ("## Arms", "")
    yield f"Cost is energy and excess power: {RULES['weeks']}. Whole months: {RULES['months']}."
    yield f"Highest slot: {RULES['highest']}. Late counts what was not made too."
    yield ""
    yield from grid(ARMS, arm_rows(body))
    yield from ("", "## Saving", "")
    yield (
        "Captured is the share of what hindsight saves, “at least” of what no plan can exceed (the proven "
        "bound). p is of the Diebold–Mariano test of weekly costs against naive-kind, small says better."
    )
    yield ""
    yield from grid(MODELS, saved_rows(body))
    for rule, title in (("months", "Whole months"), ("highest", "Highest slot")):
        yield from ("", f"{title}:", "")
        yield from grid(BY_RULE, [saved_cells(row, rule) for row in body["models"]])
    yield from ("", "## Over weeks", "")
    yield from grid(SPREADS, spread_rows(body))
    yield from ("", "Highest slot:", "")
    yield from grid(SPREADS, spread_rows(body, "highest"))
    yield from ("", "## Planner", "")
    yield from grid(SOLVER, solver_rows(body))
    yield from ("", "<details><summary>Every week</summary>", "")
    arms = [row["arm"] for row in body["arms"]]
    yield from grid(("week of", "batches", *arms, "gap of hindsight"), week_rows(body))
    yield from ("", "</details>")
