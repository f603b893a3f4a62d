"""Forecast against outcome: which forecast counts, what stands beside it, and silence without history."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import day_window, local_moment, planning_window
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.services.forecast_prices import ForecastRequest, forecast_prices
from chocolate_factory.services.live_record import LiveQuery, live_record
from chocolate_factory.services.score_forecasts import naive_hours, score_forecasts
from chocolate_factory.services.tell_deviations import (
    DeviationsQuery,
    copy_of_kind,
    tell_deviations,
    told_before_auctions,
)
from tests.unit.forecasters.samples import history
from tests.worlds import empty_ports, tiny

Row = dict[str, Any]
DAY = timedelta(days=1)
FIRST, ISSUED, LAST = date(2026, 3, 18), 9, date(2026, 3, 31)
"""Forecasts of nine days, over the spring change, looked at when all their hours are known."""


def on(day: date, clock: str) -> datetime:
    return local_moment(day, time.fromisoformat(clock), MARKET_ZONE)


def issue(ports: Ports, now: datetime, model: str) -> None:
    request = ForecastRequest("spot", planning_window(now, 7, MARKET_ZONE))
    forecast_prices(request, ports.store, FORECASTERS[model](), now)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    """Each day one forecast at 11:30, before the auction closes, and another one after it at 12:00."""
    made = empty_ports(tmp_path_factory.mktemp("told"), tiny(), on(LAST, "18:00"))
    made.store.write(history("spot", FIRST - 40 * DAY, 60))
    for number in range(ISSUED):
        issue(made, on(FIRST + number * DAY, "11:30"), "naive-week")
        issue(made, on(FIRST + number * DAY, "12:00"), "naive-kind")
    return made


@pytest.fixture(scope="module")
def body(ports: Ports) -> Row:
    return tell_deviations(ports, DeviationsQuery(days=14))


def at(ports: Ports, now: datetime) -> Ports:
    return replace(ports, clock=lambda: now)


def test_the_newest_forecast_before_the_auction_counts(body: Row) -> None:
    issues = {row["day"]: row for row in body["issues"]}
    assert body["auction_closes"] == "12:00"
    assert issues["2026-03-19"]["issued_at"] == "2026-03-18T11:30:00+01:00", "not the one of 12:00"
    assert issues["2026-03-27"]["issued_at"] == "2026-03-26T11:30:00+01:00"
    assert issues["2026-03-28"]["model"] == "naive-kind", "later days from the last one of all"
    assert issues["2026-03-30"]["issued_at"] == "2026-03-26T12:00:00+01:00"
    assert "2026-03-18" not in issues, "nothing was told of it before its auction"


def test_hours_stand_beside_the_price_that_came_true(ports: Ports, body: Row) -> None:
    hours: dict[str, int] = defaultdict(int)
    for point in body["points"]:
        hours[point["start"][:10]] += 1
        assert point["p10"] <= point["p50"] <= point["p90"]
    assert (hours["2026-03-28"], hours["2026-03-29"]) == (24, 23), "the day of the change has 23 hours"
    assert hours["2026-03-31"] == 18, "hours that are over"
    first = next(point for point in body["points"] if point["start"].startswith("2026-03-20T07:00"))
    quarters = ports.store.read("spot", day_window(date(2026, 3, 20), MARKET_ZONE), ports.clock())
    assert first["price"] == pytest.approx(quarters.value[28:32].mean(), abs=1e-3)
    copy = ports.store.read("spot", day_window(date(2026, 3, 13), MARKET_ZONE), ports.clock())
    assert first["forecast"] == pytest.approx(copy.value[28:32].mean(), abs=1e-3), "naive-week"
    assert first["naive"] != first["forecast"]


def test_figures_are_those_of_the_points(body: Row) -> None:
    points = [point for point in body["points"] if point["price"] is not None]
    gaps = [point["forecast"] - point["price"] for point in points]
    told = body["overall"]
    assert (body["state"], told["hours"]) == ("ready", len(points))
    assert told["mae"] == pytest.approx(fmean(abs(gap) for gap in gaps), abs=1e-3)
    assert told["bias"] == pytest.approx(fmean(gaps), abs=1e-3)
    inside = fmean(point["p10"] <= point["price"] <= point["p90"] for point in points)
    assert told["coverage_80"] == pytest.approx(inside, abs=1e-6)
    assert told["mae_naive"] == pytest.approx(fmean(abs(p["naive"] - p["price"]) for p in points), abs=1e-3)


def test_the_copy_is_what_naive_kind_would_have_told(ports: Ports) -> None:
    days = [
        one for one in told_before_auctions(ports, "spot", (FIRST, LAST)) if one.day.day in {19, 21, 22, 29}
    ]
    assert len(days) == 4
    for one in days:
        asked = {"at": one.issued_at.isoformat(), "series": "spot"}
        model = np.array(naive_hours(ports, asked, "naive-kind", one.start), np.float64)
        np.testing.assert_allclose(one.told["naive"], model, atol=1e-3)


def test_a_copy_reaches_back_over_a_hole(ports: Ports) -> None:
    day = date(2026, 3, 26)
    start = day_window(day, MARKET_ZONE).starts(60)
    known = ports.store.read("spot", day_window(day - DAY, MARKET_ZONE), ports.clock())
    assert np.isfinite(copy_of_kind(known, day, start)).all()
    assert np.isnan(copy_of_kind(known.take(slice(4, None)), day, start)).sum() == 1


def test_errors_by_lead_day_are_those_of_the_scores(ports: Ports) -> None:
    """Last: it scores what the other tests read unscored."""
    before = tell_deviations(ports, DeviationsQuery(days=14))
    assert (before["leads_of"], before["leads"], before["drift"]) == (None, [], None)
    score_forecasts(ports)
    told = tell_deviations(ports, DeviationsQuery(days=14))
    assert (told["points"], told["issues"]) == (before["points"], before["issues"])
    assert told["leads_of"] == "naive-kind", "the model in charge"
    record = next(
        one for one in live_record(ports, LiveQuery("spot"))["records"] if one["model"] == "naive-kind"
    )
    scores = {one["lead"]: one for one in record["leads"]}
    assert [one["lead"] for one in told["leads"]] == [1, 2, 3, 4, 5, 6, 7]
    for one in told["leads"]:
        own = scores[one["lead"]]
        assert (one["forecasts"], one["hours"]) == (own["forecasts"], own["hours"])
        figures = ("mae", "bias", "rmae_kind", "coverage_80", "coverage_90")
        expected = [own[key] if one["forecasts"] >= 7 else None for key in figures]
        assert [one[key] for key in figures] == expected
    assert told["model"]["name"] == "naive-kind" and told["model"]["learnt_at"] is None


def test_little_and_nothing_are_said(ports: Ports, tmp_path: Path) -> None:
    early = tell_deviations(at(ports, on(FIRST + 2 * DAY, "18:00")), DeviationsQuery(days=14))
    assert (early["state"], early["days_told"]) == ("little", 2)
    assert early["overall"]["mae"] is None and early["overall"]["coverage_80"] is None
    assert {row["issued_at"][:10] for row in early["issues"]} == {"2026-03-18", "2026-03-19"}, (
        "none from later"
    )
    none = tell_deviations(empty_ports(tmp_path, tiny("fixed"), on(FIRST, "18:00")), DeviationsQuery())
    assert (none["state"], none["series"], none["points"], none["leads"]) == ("none", "spot", [], [])
    with pytest.raises(UsageError):
        tell_deviations(ports, DeviationsQuery("gas"))
    with pytest.raises(UsageError):
        tell_deviations(ports, DeviationsQuery(days=0))
