"""Prophet on the calendar: levels and courses by kind of day, by the wall clock; numbers that can be kept."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing, Misconfigured
from chocolate_factory.domain.day_kinds import DayKind, day_kind
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Known, Learnt
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import day_window
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.infrastructure.forecasters import prophet
from chocolate_factory.infrastructure.forecasters.days import LEADS, PLACES, DayTable, day_table
from tests.unit.forecasters.samples import at_gate, days_after, history

TODAY = date(2026, 3, 26)
"""Thursday before the clocks go forward; the week after ends with Good Friday."""

KEY = "pvpc"
GATE = at_gate(KEY, TODAY)
LEVEL = {DayKind.WORKING: 80.0, DayKind.SATURDAY: 55.0, DayKind.REST: 30.0}

needs_package = pytest.mark.skipif(
    not prophet.installed() and os.environ.get("CI") != "true", reason="the package prophet is not installed"
)


def rhythm(first: date, days: int) -> Series:
    """The same two waves every day, the level by kind of day, hardly any noise."""
    random = np.random.default_rng(1)
    starts: list[int] = []
    values: list[float] = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        grid = day_window(day, MARKET_ZONE).starts(60)
        phase = 2 * np.pi * local_slots(grid).hour / 24
        starts += grid.tolist()
        told = LEVEL[day_kind(day)] + 20 * np.sin(phase) + 9 * np.cos(2 * phase)
        values += (told + random.normal(0, 0.5, len(grid))).tolist()
    return published(KEY, starts, values, "invented")


@pytest.fixture
def few_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prophet, "FITS", 3)


@pytest.fixture(scope="module")
def noisy() -> Known:
    return Known(history(KEY, TODAY - timedelta(days=160), 162))


def told(known: Known, first: int, last: int, at: datetime = GATE) -> Forecast:
    model = prophet.ProphetModel()
    return model.ready(model.learn(known, at), known, at).predict(days_after(TODAY, first, last))


def of_day(forecast: Forecast, day: date) -> FloatArray:
    return forecast.price[local_slots(forecast.start).day == day.toordinal()]


@needs_package
@pytest.mark.usefixtures("few_fits")
def test_levels_and_courses_by_kind_of_day_and_by_the_wall_clock() -> None:
    forecast = told(Known(rhythm(TODAY - timedelta(days=160), 162)), 2, 11)
    hours = local_slots(forecast.start)
    phase = 2 * np.pi * hours.hour / 24
    kinds = np.array([LEVEL[day_kind(date.fromordinal(day))] for day in hours.day.tolist()])
    expected = kinds + 20 * np.sin(phase) + 9 * np.cos(2 * phase)
    assert len(of_day(forecast, date(2026, 3, 29))) == 23
    assert np.abs(forecast.price - expected).max() < 1.0


@needs_package
@pytest.mark.usefixtures("few_fits")
def test_a_holiday_is_told_as_a_sunday(noisy: Known) -> None:
    forecast = told(noisy, 2, 11)
    good_friday, sunday, friday = date(2026, 4, 3), date(2026, 4, 5), date(2026, 3, 27)
    assert of_day(forecast, good_friday) == pytest.approx(of_day(forecast, sunday))
    assert day_kind(friday) != day_kind(good_friday)
    assert np.abs(of_day(forecast, good_friday) - of_day(forecast, date(2026, 3, 30))).mean() > 10


@needs_package
@pytest.mark.usefixtures("few_fits")
def test_what_is_learnt_is_numbers_and_comes_back_the_same(noisy: Known) -> None:
    model = prophet.ProphetModel()
    learnt, again = model.learn(noisy, GATE), model.learn(noisy, GATE)
    file = io.BytesIO()
    np.savez(file, **learnt.arrays)
    file.seek(0)
    with np.load(file, allow_pickle=False) as kept:
        loaded = replace(again, arrays=dict(kept), facts=json.loads(json.dumps(learnt.facts)))
    assert learnt.arrays["model"].nbytes < 50_000
    assert learnt.facts["inputs"] == ["calendar"]
    assert (learnt.facts["last_day"], learnt.facts["days"]) == ("2026-03-27", prophet.LEARN_DAYS)
    window = days_after(TODAY, 2, 8)
    one, other = (model.ready(each, noisy, GATE).predict(window) for each in (again, loaded))
    assert np.array_equal(one.price, other.price)
    assert np.array_equal(one.quantiles, other.quantiles)
    assert one.model == "prophet"


@needs_package
@pytest.mark.usefixtures("few_fits")
def test_weights_of_days_ago_serve_on_what_is_known_now(noisy: Known) -> None:
    model = prophet.ProphetModel()
    before = GATE - timedelta(days=4)
    learnt = model.learn(noisy, before)
    window = days_after(TODAY, 2, 7)
    now, then = (model.ready(learnt, noisy, at).predict(window) for at in (GATE, before))
    assert np.array_equal(now.price, then.price)
    assert now.known_until - then.known_until == timedelta(days=4)
    assert (now.p90 > now.p10).all()


@needs_package
@pytest.mark.usefixtures("few_fits")
def test_a_hole_before_the_days_learnt_from_is_a_labelled_copy(noisy: Known) -> None:
    hole = days_after(TODAY, -60, -60)
    start = noisy.prices.start
    outside = (start < hole.start.timestamp()) | (start >= hole.end.timestamp())
    forecast = told(Known(noisy.prices.take(outside)), -60, -60)
    assert np.isfinite(forecast.price).all()
    assert forecast.model == f"prophet ({prophet.OUTSIDE})"


@needs_package
@pytest.mark.usefixtures("few_fits")
def test_a_flat_series_is_forecast_flat(noisy: Known) -> None:
    flat = replace(noisy.prices, value=np.full(len(noisy.prices), 42.0))
    assert told(Known(flat), 2, 8).price == pytest.approx(42.0)


def test_errors_are_of_fits_at_least_as_old_as_the_lead(
    noisy: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(model: int, table: DayTable, rows: np.ndarray) -> FloatArray:
        return table.known[rows] - model

    monkeypatch.setattr(prophet, "fit", lambda table, last: last)
    monkeypatch.setattr(prophet, "prices", cut_off)
    table = day_table(noisy.prices, GATE, 1)
    errors = prophet.unseen_errors(table)
    for place, lead in enumerate(LEADS):
        rows = np.flatnonzero(np.isfinite(errors[place]).any(axis=1))
        age = rows[:, None] - errors[place, rows]
        assert rows[-1] == table.last
        assert lead - 1e-6 <= np.nanmin(age) <= np.nanmax(age) <= lead + prophet.STEP_DAYS - 1 + 1e-6


def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    prophet.package.cache_clear()
    monkeypatch.setattr(prophet, "find_spec", lambda name: None)


def test_without_the_package_it_says_what_to_install(noisy: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    no_package(monkeypatch)
    assert not prophet.installed()
    model = prophet.ProphetModel()
    with pytest.raises(Misconfigured, match="not installed") as learning:
        model.learn(noisy, GATE)
    assert "'.[prophet]'" in learning.value.hint
    arrays = {"errors": np.zeros((len(PLACES), 30, 24)), "model": np.zeros(1, np.uint8)}
    learnt = Learnt("prophet", KEY, GATE, arrays, {"last_day": TODAY.isoformat(), "notes": []})
    with pytest.raises(Misconfigured, match="not installed"):
        model.ready(learnt, noisy, GATE)


@needs_package
def test_too_few_days_make_it_a_labelled_copy(noisy: Known) -> None:
    short = Known(noisy.prices.take(noisy.prices.start >= noisy.prices.start[-1] - 100 * 86_400))
    forecast = told(short, 2, 8)
    assert forecast.model == "naive-kind (prophet needs 150 days, 101 are known)"
    last_week = short.prices.within(days_after(TODAY, -5, 1))
    assert set(of_day(forecast, date(2026, 3, 31))) <= set(last_week.value)
    with pytest.raises(DataMissing, match="0 days"):
        told(Known(short.prices.take(slice(0, 0))), 2, 8)


@needs_package
def test_no_optimum_makes_it_a_labelled_copy(noisy: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(table: DayTable, last: int) -> None:
        raise RuntimeError("line search failed")

    monkeypatch.setattr(prophet, "fit", lost)
    assert told(noisy, 2, 8).model == "naive-kind (prophet found no optimum)"
