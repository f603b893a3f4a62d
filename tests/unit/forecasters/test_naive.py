"""The copies against their definition, told slot by slot."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.day_kinds import DayKind, day_kind
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import moment
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from tests.unit.forecasters.samples import at_gate, days_after, fit, history

ZONE = ZoneInfo(MARKET_ZONE)


def known_hours(series: Series) -> dict[tuple[date, int], float]:
    """Mean of the values of each local wall hour that is whole."""
    found: dict[tuple[date, int], list[float]] = {}
    for start, minutes, value in zip(series.start, series.minutes, series.value, strict=True):
        local = moment(start).astimezone(ZONE)
        found.setdefault((local.date(), local.hour), []).extend([value] * (int(minutes) // 15))
    return {key: float(np.mean(values)) for key, values in found.items() if len(values) % 4 == 0}


def brute_force(series: Series, target: datetime, same_kind: bool, last: date) -> float:
    """Walk back day by day from the last known day until a fitting day knows the hour."""
    local = target.astimezone(ZONE)
    known = known_hours(series)
    day = last
    while day > last - timedelta(days=200):
        fits = (
            day_kind(day) == day_kind(local.date()) if same_kind else day.weekday() == local.date().weekday()
        )
        if fits and (day, local.hour) in known:
            return known[day, local.hour]
        day -= timedelta(days=1)
    raise AssertionError("nothing to copy")


@settings(max_examples=6, deadline=None)
@given(
    today=st.dates(date(2025, 3, 1), date(2026, 7, 1)),
    lost=st.sets(st.integers(0, 50), max_size=12),
    key=st.sampled_from(["spot", "pvpc"]),
    name=st.sampled_from(["naive-week", "naive-kind"]),
)
def test_copies_are_exactly_the_definition(today: date, lost: set[int], key: str, name: str) -> None:
    full = history(key, today - timedelta(days=60), 62)
    day = (full.start - full.start[0]) // 86_400
    kept = full.take(~np.isin(day, list(lost)))
    forecast = fit(FORECASTERS[name](), kept, at_gate(key, today)).predict(days_after(today, 2, 9))
    assert forecast.model == name
    last = today + timedelta(days=1)
    hours: dict[int, list[float]] = {}
    for start, price in zip(forecast.start, forecast.price, strict=True):
        hours.setdefault(int(start) // 3600, []).append(float(price))
    for hour in list(hours)[::7]:
        expected = brute_force(kept, moment(hour * 3600), name == "naive-kind", last)
        assert np.mean(hours[hour]) == pytest.approx(expected)


def test_the_hour_that_comes_twice_and_the_missing_one() -> None:
    autumn = date(2025, 10, 26)
    series = history("pvpc", date(2025, 9, 1), 80)
    known = known_hours(series)
    before = fit(FORECASTERS["naive-week"](), series, at_gate("pvpc", autumn - timedelta(days=3)))
    twice = before.predict(days_after(autumn, 0, 0))
    assert twice.price[2] == twice.price[3] == known[autumn - timedelta(days=7), 2]
    after = fit(FORECASTERS["naive-week"](), series, at_gate("pvpc", autumn + timedelta(days=2)))
    assert after.predict(days_after(autumn, 7, 7)).price[2] == pytest.approx(known[autumn, 2])

    spring = date(2026, 3, 29)
    series = history("pvpc", date(2026, 2, 1), 70)
    ready = fit(FORECASTERS["naive-week"](), series, at_gate("pvpc", spring + timedelta(days=3)))
    told = ready.predict(days_after(spring, 7, 7)).price
    known = known_hours(series)
    assert told[1] == known[spring, 1]
    assert told[2] == known[spring - timedelta(days=7), 2]


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 3, 10), DayKind.WORKING),
        (date(2026, 3, 14), DayKind.SATURDAY),
        (date(2026, 3, 15), DayKind.REST),
        (date(2026, 1, 6), DayKind.REST),
        (date(2026, 8, 15), DayKind.REST),
        (date(2026, 4, 3), DayKind.REST),
        (date(2026, 4, 2), DayKind.WORKING),
        (date(2026, 4, 6), DayKind.WORKING),
        (date(2025, 2, 28), DayKind.WORKING),
    ],
)
def test_kinds_of_day(day: date, kind: DayKind) -> None:
    assert day_kind(day) == kind


def test_good_friday_in_every_year() -> None:
    """Between 20 March and 23 April, always a Friday, once a year."""
    for year in range(2021, 2041):
        fridays = [
            day
            for offset in range(40)
            if (day := date(year, 3, 18) + timedelta(days=offset)).weekday() == 4
            and day_kind(day) == DayKind.REST
        ]
        assert len(fridays) == 1
