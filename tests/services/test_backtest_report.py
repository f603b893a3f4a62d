"""The scoreboard: groups of lead days, windows within a run, and the page for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from chocolate_factory.services.backtest_forecasts import Backtest
from chocolate_factory.services.backtest_report import About, Span, report
from chocolate_factory.services.backtest_text import FIGURES, lead_heads, markdown, remarks
from chocolate_factory.services.decision_value import add_decisions, decide
from tests.services.replays import EARLY, NOW, PVPC, SPOT, Shelf, price_at, replay

FIRST, LAST = date(2026, 1, 30), date(2026, 3, 15)
A = Span("A", date(2026, 2, 10), date(2026, 3, 1))


def body_of(test: Backtest, *windows: Span) -> Any:
    return report(test, NOW, False, About(windows, "choco backtest --from 2026-01-30"))


@pytest.fixture(scope="module")
def body() -> Any:
    """Three tracks, one window, decisions."""
    test = replay(FIRST, LAST, (EARLY, SPOT, PVPC))
    return add_decisions(body_of(test, A), decide(test, Shelf(test.truth)))  # type: ignore[arg-type]


def test_a_window_has_the_figures_of_a_test_of_its_days_alone() -> None:
    whole = body_of(replay(FIRST, LAST), A)["tracks"][0]
    alone = body_of(replay(A.first, A.last))["tracks"][0]
    window = whole["windows"][0]
    assert (window["name"], window["first"], window["last"]) == ("A", "2026-02-10", "2026-03-01")
    for key in ("origins", "hours", "truth_from", "truth_to", "dearest_from_eur_mwh"):
        assert window[key] == alone[key]
    kept = ("model", "overall", "all_leads", "leads", "quarters")
    assert window["models"] == [{key: row[key] for key in kept} for row in alone["models"]]
    assert window["origins"] < whole["origins"]


def test_groups_of_lead_days_are_those_of_a_plain_calculation() -> None:
    test = replay(FIRST, LAST, (EARLY,))
    row = next(r for r in body_of(test)["tracks"][0]["models"] if r["model"] == "naive-kind")
    assert [one["lead"] for one in row["leads"]] == [1, 2, 3, 4, 5, 6, 7]
    by_lead: dict[int, list[float]] = {}
    for one in test.told:
        if one.origin.model == "naive-kind":
            for place, error in enumerate(np.abs(one.price - price_at(one.start)).tolist()):
                by_lead.setdefault(place // 24 + 1, []).append(error)
    for one in row["leads"]:
        assert one["mae"] == pytest.approx(np.mean(by_lead[one["lead"]]), rel=1e-5)
    every = [error for errors in by_lead.values() for error in errors]
    later = [error for lead, errors in by_lead.items() if lead > 1 for error in errors]
    assert row["all_leads"]["mae"] == pytest.approx(np.mean(every), rel=1e-5)
    assert row["overall"]["mae"] == pytest.approx(np.mean(later), rel=1e-5)
    assert (row["all_leads"]["hours"], row["overall"]["hours"]) == (len(every), len(later))


def test_the_report_has_every_figure_of_the_protocol(body: Any) -> None:
    assert json.loads(json.dumps(body, allow_nan=False)) == body
    wanted = {"mae", "rmse", "rmae_week", "rmae_kind", "pinball", "coverage_80", "width_80", "coverage_90"}
    wanted |= {"width_90", "dm_p", "mae_not_above_zero", "hours_not_above_zero", "mae_dearest"}
    for track in body["tracks"]:
        assert {"origins", "origins_refused", "history_from", "truth_from", "truth_to"} <= set(track)
        for part in (track, *track["windows"]):
            for row in part["models"]:
                for one in (row["overall"], row["all_leads"], *row["leads"], *row["quarters"]):
                    assert wanted <= set(one)
        for row in track["models"]:
            assert (row["fit_seconds"], row["predict_seconds"]) == (0.5, 0.25)
    assert body["command"] == "choco backtest --from 2026-01-30"


def test_a_window_without_origins_is_empty_not_wrong() -> None:
    days = [date(2026, 2, 1), date(2026, 2, 2)]
    test = replay(FIRST, LAST, refuses=days)
    track = body_of(test, Span("lost", days[0], days[1]))["tracks"][0]
    window = track["windows"][0]
    assert track["origins_refused"] == 2
    assert (window["origins"], window["hours"], window["truth_from"]) == (0, 0, None)
    assert window["models"][0]["overall"]["mae"] is None
    assert json.dumps(window, allow_nan=False)
    assert "### lost" in markdown({**body_of(test, Span("lost", *days)), "tracks": [track]})


def tables(page: str) -> Iterator[list[str]]:
    """The lines of each table."""
    lines: list[str] = []
    for line in page.splitlines():
        if line.startswith("|"):
            lines.append(line)
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def test_the_page_is_for_people(body: Any) -> None:
    page = markdown(body)
    assert "$ choco backtest --from 2026-01-30\n" in page
    assert "code 1;" in page
    assert "Prices to learn from: since 2026-01-20; judged on 2026-01-31 to 2026-03-22" in page
    sections = [line for line in page.splitlines() if line.startswith("#")]
    assert sections == [
        "# Backtest",
        *["## spot at 11:30", "### All origins", "### A"],
        *["## spot at 13:30", "### All origins", "### A"],
        *["## pvpc at 20:30", "### All origins", "### A"],
    ]
    for table in tables(page):
        assert len({line.count("|") for line in table}) == 1
        assert all(set(rule) <= set("|-:") for rule in table[1:2])
    heads = [table[0] for table in tables(page)]
    assert heads.count(f"| model | {' | '.join(FIGURES)} |") == 6
    assert sum("captured" in head for head in heads) == 4
    assert "D+2 to D+7" in lead_heads(body["tracks"][0])
    assert page.count("<details>") == page.count("</details>") == 6


def test_remarks_say_what_is_missing(body: Any) -> None:
    found = "\n".join(remarks(body))
    assert "spot at 13:30: 45 origins; a headline figure needs 365." in found
    assert "spot at 13:30: 2 weeks not planned; the first because of: not all days" in found
    assert "spot at 11:30: 2 weeks" not in found
    short = replay(FIRST, LAST)
    silent = [replace(one, start=one.start[1:], price=one.price[1:], quantiles={}) for one in short.told[:1]]
    cut = replace(short, told=[*silent, *short.told[1:]])
    assert "1 hours left out, some model told nothing of them" in "\n".join(remarks(body_of(cut)))
