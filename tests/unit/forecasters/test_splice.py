"""Published slots first, the forecast elsewhere, and a hole where nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.forecast import Forecast, PastErrors
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.slots import Window, epoch
from chocolate_factory.domain.splice import splice
from tests.unit.forecasters.samples import days_after, history

START = datetime(2026, 3, 10, 23, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(hours=6))
ISSUED = START - timedelta(hours=3)


def told(values: dict[int, float], minutes: int = 15, origin: str = "published") -> Series:
    """Slots by number after START."""
    start = np.array([epoch(START) + 60 * minutes * slot for slot in values], np.int64)
    n = len(start)
    return Series(
        "spot",
        start,
        np.full(n, minutes, np.int64),
        np.array(list(values.values()), np.float64),
        np.full(n, epoch(ISSUED) - 60, np.int64),
        np.full(n, origin),
        np.full(n, "test"),
    )


def predicted(window: Window = WINDOW, minutes: int = 15) -> Forecast:
    start = window.starts(minutes)
    price = 100.0 + np.arange(len(start))
    return Forecast(
        series="spot",
        model="some-model",
        issued_at=ISSUED,
        known_until=START,
        minutes=minutes,
        start=start,
        origin=np.full(len(start), "forecast"),
        price=price,
        levels=(0.1, 0.5, 0.9),
        quantiles=np.array([price - 10, price, price + 20]),
        past=PastErrors(np.array([9, 8, 7]), np.arange(3.0)[:, None] + np.arange(len(start))),
    )


@settings(max_examples=40, deadline=None)
@given(known=st.sets(st.integers(0, 23)), sample=st.booleans())
def test_each_slot_is_published_or_forecast(known: set[int], sample: bool) -> None:
    origin = "sample" if sample else "published"
    series = told({slot: float(slot) for slot in sorted(known)}, origin=origin)
    result = splice(series, predicted(), WINDOW)
    assert np.array_equal(result.start, WINDOW.starts(15))
    for slot in range(24):
        row = [float(column[slot]) for column in (result.price, result.p10, result.p50, result.p90)]
        if slot in known:
            assert (str(result.origin[slot]), row) == (origin, [slot] * 4)
        else:
            price = 100.0 + slot
            assert (str(result.origin[slot]), row) == ("forecast", [price, price - 10, price, price + 20])
    end = max(known) + 1 if known else 0
    assert result.known_until == START + timedelta(minutes=15 * end)
    assert (result.model, result.issued_at, result.minutes) == ("some-model", ISSUED, 15)


def test_hours_on_a_grid_of_quarters() -> None:
    result = splice(told({0: 5.0, 1: 6.0}, 60), predicted(minutes=60), WINDOW)
    assert (
        result.price.tolist() == [5.0] * 4 + [6.0] * 4 + [102.0] * 4 + [103.0] * 4 + [104.0] * 4 + [105.0] * 4
    )
    assert result.p10[8:12].tolist() == [92.0] * 4


def test_quarters_on_a_grid_of_hours() -> None:
    series = told(dict.fromkeys(range(4), 8.0) | {4: 1.0, 5: 2.0})
    result = splice(series, predicted(), WINDOW, 60)
    assert result.price.tolist() == [8.0, 105.5, 109.5, 113.5, 117.5, 121.5]
    assert result.origin.tolist() == ["published"] + ["forecast"] * 5


def test_a_window_that_starts_inside_an_hour() -> None:
    window = Window(START + timedelta(minutes=30), START + timedelta(hours=2))
    result = splice(told({0: 5.0}, 60), predicted(minutes=60), window)
    assert result.price.tolist() == [5.0, 5.0, 101.0, 101.0, 101.0, 101.0]


def test_what_nobody_knows_stays_a_hole() -> None:
    result = splice(told({0: 5.0}), None, WINDOW)
    assert result.origin.tolist() == ["published"] + [""] * 23
    assert np.isnan(result.price[1:]).all()
    assert (result.model, result.issued_at) == ("", ISSUED - timedelta(minutes=1))
    nothing = splice(empty("spot"), None, WINDOW)
    assert nothing.known_until == nothing.issued_at == START
    assert np.isnan(nothing.p90).all()


def test_an_old_forecast_gives_only_its_own_forecast_slots() -> None:
    """Prices that an earlier answer had as published are not its forecast."""
    part = predicted(Window(START, START + timedelta(hours=2)))
    mixed = replace(part, origin=np.array(["published"] * 4 + ["forecast"] * 4))
    result = splice(empty("spot"), mixed, WINDOW)
    assert result.origin.tolist() == [""] * 4 + ["forecast"] * 4 + [""] * 16


def test_quantiles_and_past_errors_follow_their_slots() -> None:
    result = splice(told({0: 5.0}, 60), predicted(minutes=60), WINDOW)
    assert result.levels == (0.1, 0.5, 0.9)
    assert result.past is not None
    assert result.past.errors[1].tolist() == np.repeat(1.0 + np.arange(6), 4).tolist()
    hourly = splice(told({0: 5.0}, 60), predicted(), WINDOW, 60)
    assert result.past.ago.tolist() == [9, 8, 7]
    assert hourly.past is not None
    assert hourly.past.errors[0].tolist() == [0, 4, 8, 12, 16, 20]
    wider = splice(told({0: 5.0}, 60), predicted(Window(START + timedelta(hours=2), WINDOW.end)), WINDOW)
    assert wider.past is not None
    assert wider.past.errors[0].tolist() == [0.0] * 8 + list(range(16))
    assert splice(told({0: 5.0}), None, WINDOW).past is None


def test_a_forecast_of_another_series_is_refused() -> None:
    with pytest.raises(ValueError, match="pvpc cannot continue spot"):
        splice(told({0: 1.0}), replace(predicted(), series="pvpc"), WINDOW)


@pytest.mark.parametrize(("day", "slots"), [(date(2026, 3, 29), 92), (date(2025, 10, 26), 100)])
def test_days_with_a_clock_change(day: date, slots: int) -> None:
    series = history("spot", day, 1)
    result = splice(series, None, days_after(day, 0, 0))
    assert len(result.start) == slots
    assert np.array_equal(result.price, series.value)
