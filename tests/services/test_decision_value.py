"""What a forecast is worth to a load that may wait: known at the gate, paid as it came true."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import numpy as np
import pytest

from chocolate_factory.domain.movable_load import (
    HOURS,
    RUNS,
    View,
    carried_out,
    cheapest,
    cost_eur,
    shifts,
    week_hours,
)
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import epoch, local_moment
from chocolate_factory.services.backtest_forecasts import Backtest
from chocolate_factory.services.backtest_report import About, Span, report
from chocolate_factory.services.decision_value import (
    BASELINE,
    HINDSIGHT,
    Decided,
    add_decisions,
    decide,
    decision_row,
)
from tests.services.replays import (
    EARLY,
    MODELS,
    NOW,
    PVPC,
    SPOT,
    Shelf,
    corrected,
    kind_of,
    price_at,
    replay,
)

MONDAY = date(2026, 3, 2)
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 14)
ALL = {**MODELS, "oracle": price_at}


def decided(test: Backtest, series: Series | None = None) -> Decided:
    """Of the first track; `series` are all revisions, by default the truth."""
    track = test.request.tracks[0]
    shelf: Any = Shelf(test.truth if series is None else {track.series: series})
    return decide(test, shelf)[track]


def row_of(found: Any, model: str) -> Any:
    return next(row for row in found["models"] if row["model"] == model)


@pytest.mark.parametrize("track", [SPOT, PVPC])
def test_who_knows_the_future_saves_all_of_it(track: Any) -> None:
    found = decision_row(decided(replay(FIRST, LAST, (track,), ALL)))
    assert (found["weeks"], found["first_week"], found["last_week"]) == (2, "2026-03-02", "2026-03-09")
    assert row_of(found, "oracle")["captured_share"] == 1
    assert row_of(found, "oracle")["plan_eur"] == found["hindsight_eur"]
    assert row_of(found, "naive-kind")["captured_share"] < 1
    assert found["hindsight_eur"] < found["baseline_eur"]


def test_a_week_is_that_of_a_plain_calculation() -> None:
    week = decided(replay(FIRST, LAST)).weeks[0]
    hours = week_hours(MONDAY)
    real = price_at(hours)
    views = []
    for gate in range(7):
        price = real.copy()
        price[24 * (gate + 1) :] = 60.0
        views.append(View(max(0, 24 * (gate - 1) + 14), price))
    assert week.arms["naive-kind"] == carried_out(views)
    assert week.arms[BASELINE] == shifts(MONDAY)
    assert week.arms[HINDSIGHT] == cheapest(real, RUNS)
    assert week.cost(BASELINE) == pytest.approx(cost_eur(real, shifts(MONDAY)))


def test_every_arm_does_the_same_work_and_breaks_no_rule() -> None:
    test = replay(date(2026, 3, 15), date(2026, 4, 11), (SPOT,), ALL)
    result = decided(test)
    assert [len(week.truth) for week in result.weeks] == [168, 167, 168, 168]
    for week in result.weeks:
        for arm in week.arms:
            assert week.energy(arm) == HOURS
            assert week.broken(arm) == 0
    found = decision_row(result)
    assert set(found["energy_kwh"].values()) == {4 * HOURS}
    assert [row["violations"] for row in found["models"]] == [0, 0, 0]


def test_the_plan_uses_what_was_known_and_pays_what_came() -> None:
    test = replay(FIRST, LAST)
    series = test.truth["spot"]
    begin = int(np.searchsorted(series.start, week_hours(MONDAY)[0]))
    rows = slice(begin + 60, begin + 80)
    at = local_moment(MONDAY + timedelta(days=3), time(12), MARKET_ZONE)
    later = corrected(series, rows, 900.0, at)
    paid = replace(test, truth={"spot": later.latest_revision()})
    before, after = decided(test).weeks[0], decided(paid, later).weeks[0]
    assert after.arms["naive-week"] == before.arms["naive-week"]
    assert after.cost("naive-week") > before.cost("naive-week")
    assert after.arms[HINDSIGHT] != before.arms[HINDSIGHT]


def test_hours_that_were_neither_published_nor_forecast_leave_the_week_out() -> None:
    test = replay(FIRST, LAST, models={**MODELS, "dull": kind_of})
    series = test.truth["spot"]
    hours = week_hours(MONDAY)
    late = (series.start >= hours[24]) & (series.start < hours[48])
    at = epoch(local_moment(MONDAY, time(18), MARKET_ZONE))
    slow = replace(series, available_at=np.where(late, at, series.available_at))
    result = decided(test, slow)
    assert "told nothing of some hours on 2026-03-02" in result.left_out[MONDAY]
    assert len(result.weeks) == 1


def test_what_cannot_be_planned_by_all_is_left_out_and_said() -> None:
    whole = replay(date(2026, 2, 25), date(2026, 3, 25))
    result = decided(whole)
    assert [week.monday for week in result.weeks] == [MONDAY + timedelta(weeks=n) for n in range(3)]
    assert result.left_out == dict.fromkeys(
        (MONDAY - timedelta(weeks=1), MONDAY + timedelta(weeks=3)),
        "not all days that plan it are days of origin",
    )
    silent = decided(replay(date(2026, 2, 25), date(2026, 3, 25), refuses=[date(2026, 3, 10)]))
    assert silent.left_out[date(2026, 3, 9)] == "naive-week: too little is known"
    holed = replace(whole, truth={"spot": whole.truth["spot"].take(whole.truth["spot"].start % 86_400 != 0)})
    nothing = decision_row(decided(holed, whole.truth["spot"]))
    assert (nothing["weeks"], nothing["weeks_left_out"]) == (0, 5)
    assert nothing["baseline_eur"] == 0
    assert nothing["models"][0]["captured_share"] is None
    assert nothing["models"][0]["week_share"] == {"p10": None, "median": None, "p90": None}


def test_a_week_belongs_to_a_window_that_has_all_its_days() -> None:
    whole = decided(replay(date(2026, 2, 22), date(2026, 3, 21)))
    assert len(whole.weeks) == 4
    part = whole.planned_within(date(2026, 2, 28), date(2026, 3, 14))
    alone = decided(replay(date(2026, 2, 28), date(2026, 3, 14)))
    assert [week.monday for week in part.weeks] == [week.monday for week in alone.weeks]
    assert part.left_out == alone.left_out
    assert decision_row(part) == decision_row(alone)


def test_only_usual_gates_are_planned_and_the_report_has_them() -> None:
    test = replay(FIRST, LAST, (EARLY, SPOT, PVPC))
    shelf: Any = Shelf(test.truth)
    assert list(decide(test, shelf)) == [SPOT, PVPC]
    plain = report(test, NOW, False, About((Span("one", FIRST, date(2026, 3, 7)),)))
    body = add_decisions(plain, decide(test, shelf))
    assert ["decision" in track for track in body["tracks"]] == [False, True, True]
    for track in body["tracks"][1:]:
        assert track["decision"]["weeks"] == len(track["decision"]["by_week"]) == 2
        assert track["windows"][0]["decision"]["weeks"] == 1
        totals = {
            model["model"]: sum(week["plan_eur"][model["model"]] for week in track["decision"]["by_week"])
            for model in track["decision"]["models"]
        }
        for model in track["decision"]["models"]:
            assert model["plan_eur"] == pytest.approx(totals[model["model"]], rel=1e-4)
    assert "decision" not in plain["tracks"][1]


def test_the_distribution_over_weeks() -> None:
    result = decided(replay(date(2026, 1, 4), date(2026, 3, 14)))
    found = row_of(decision_row(result), "naive-week")
    shares = [
        (w.cost(BASELINE) - w.cost("naive-week")) / (w.cost(BASELINE) - w.cost(HINDSIGHT))
        for w in result.weeks
    ]
    assert len(shares) == 10
    assert found["week_share"]["median"] == pytest.approx(np.median(shares), rel=1e-5)
    assert found["week_share"]["p10"] <= found["week_share"]["median"] <= found["week_share"]["p90"]
    assert 0 <= found["dm_p"] <= 1
