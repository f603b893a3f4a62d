"""Tomorrow's spot price from the system's forecasts: learnt where they are there, done without where not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Known, Learnt
from chocolate_factory.domain.series import FloatArray, empty
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import local_moment
from chocolate_factory.infrastructure.forecasters import FORECASTERS, boosting, supply
from chocolate_factory.infrastructure.forecasters.bands import movement
from chocolate_factory.infrastructure.forecasters.days import DAY_AHEAD, LEADS, DayTable, seen_table
from chocolate_factory.infrastructure.forecasters.fitted import FittedDays
from chocolate_factory.infrastructure.forecasters.naive import copied, days_of_kind
from chocolate_factory.infrastructure.forecasters.packed import unpack
from tests.unit.forecasters.markets import DRIVERS, beside_with, early, market, of_days
from tests.unit.forecasters.samples import at_gate, days_after, fit

TODAY = date(2026, 3, 3)
TOMORROW = TODAY + timedelta(days=1)
TRIALS = 14
WITHOUT = "boosting (tomorrow without the system's forecasts)"
LEARNT, JUDGED = (TODAY + timedelta(days=days) for days in (0, TRIALS))


@pytest.fixture(scope="module", autouse=True)
def few_trees() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supply, "TREES", 60)
        patch.setattr(boosting, "TREES", 30)
        yield


@pytest.fixture(scope="module")
def world() -> Known:
    """Days before today and, known later, after it."""
    return market("spot", TODAY - timedelta(days=155), 155 + TRIALS + 2)


@pytest.fixture(scope="module")
def learnt(world: Known) -> Learnt:
    return FORECASTERS["boosting"]().learn(world, early(TODAY))


def told(learnt: Learnt, known: Known, at: datetime) -> Forecast:
    """The week from tomorrow."""
    return FORECASTERS["boosting"]().ready(learnt, known, at).predict(days_after(TODAY, 1, 7))


def of_tomorrow(forecast: Forecast) -> FloatArray:
    return forecast.price[:96]


def mean_errors(table: DayTable, first: int, price: Callable[[DayTable, int], FloatArray]) -> float:
    """MAE of the day after each last known day from row `first` on."""
    errors = [
        np.abs(price(table.until(last), last + 1) - table.known[last + 1])
        for last in range(first, table.last)
    ]
    return float(np.nanmean(errors))


def test_a_price_of_net_load_is_learnt_from_its_drivers(world: Known) -> None:
    table = seen_table(world, early(JUDGED), 1)
    first = table.last - TRIALS
    driven, errors = supply.learn(table.until(first))
    plain, _ = boosting.learn(table.until(first))
    assert driven is not None
    mae = mean_errors(table, first, driven.price)
    naive = mean_errors(table, first, lambda then, row: copied(then, row, row - 1, days_of_kind).price)
    assert mae < 0.3 * mean_errors(table, first, plain.price)
    assert mae < 0.3 * naive
    unseen = float(np.nanmean(np.abs(errors)))
    assert 0.5 * mae < unseen < 2 * mae, "errors of folds are of the size of those to come"


def test_the_whole_model_before_the_auction(world: Known, learnt: Learnt) -> None:
    driven = told(learnt, world, early(TODAY))
    plain = fit(FORECASTERS["boosting"](), world.prices, early(TODAY)).predict(days_after(TODAY, 1, 7))
    truth = world.prices.within(days_after(TODAY, 1, 1)).value
    assert (driven.model, plain.model) == ("boosting", WITHOUT)
    assert np.abs(of_tomorrow(driven) - truth).mean() < 0.4 * np.abs(of_tomorrow(plain) - truth).mean()
    width = [one.p90[:96] - one.p10[:96] for one in (driven, plain)]
    assert width[0].mean() < 0.5 * width[1].mean()
    inside = (truth >= driven.p05[:96]) & (truth <= driven.p95[:96])
    assert inside.mean() > 0.6
    assert driven.price[96:] == pytest.approx(plain.price[96:], abs=3), "later days have no drivers"
    assert learnt.facts["inputs"] == ["prices", "calendar", *DRIVERS]
    mae = learnt.facts["unseen_mae_by_lead"]
    assert isinstance(mae, dict)
    assert mae["day ahead"] < 0.4 * mae["D+1"]


@pytest.mark.parametrize("key", DRIVERS)
def test_a_driver_that_lacks_for_tomorrow_is_said(world: Known, learnt: Learnt, key: str) -> None:
    series = world.beside[key]
    lost = beside_with(world, **{key: series.take(~of_days(series, TOMORROW, TOMORROW))})
    forecast = told(learnt, lost, early(TODAY))
    assert forecast.model == WITHOUT
    assert len(forecast.start) == 7 * 96
    assert np.isfinite(forecast.quantiles).all()
    none = told(learnt, Known(world.prices), early(TODAY))
    empties = told(learnt, Known(world.prices, {one: empty(one) for one in DRIVERS}), early(TODAY))
    for other in (none, empties):
        assert other.model == WITHOUT
        assert np.array_equal(other.price, forecast.price)


def test_drivers_that_are_not_due_are_not_missed(world: Known, learnt: Learnt) -> None:
    nine = local_moment(TODAY, datetime(2026, 1, 1, 9).time(), MARKET_ZONE)
    before, after = (told(learnt, world, at) for at in (nine, early(TODAY)))
    assert (before.model, after.model) == ("boosting", "boosting")
    assert np.abs(of_tomorrow(before) - of_tomorrow(after)).mean() > 1


def test_a_known_tomorrow_needs_no_drivers(world: Known, learnt: Learnt) -> None:
    gate = at_gate("spot", TODAY)
    week = days_after(TODAY, 2, 8)
    model = FORECASTERS["boosting"]()
    with_drivers = model.ready(learnt, world, gate).predict(week)
    without = model.ready(learnt, Known(world.prices), gate).predict(week)
    assert (with_drivers.model, without.model) == ("boosting", "boosting")
    assert np.array_equal(with_drivers.price, without.price)


def test_too_few_days_with_drivers_teach_nothing(world: Known) -> None:
    recent = {
        key: series.take(of_days(series, TODAY - timedelta(days=supply.ENOUGH_DAYS + 5), TOMORROW))
        for key, series in world.beside.items()
    }
    table = seen_table(Known(world.prices, recent), early(TODAY), 1)
    model, errors = supply.learn(table)
    assert model is None
    assert np.isnan(errors).all()
    forecast = fit(FORECASTERS["boosting"](), world.prices, early(TODAY), recent).predict(
        days_after(TODAY, 1, 7)
    )
    assert forecast.model == f"{WITHOUT[:-1]}: too few past days)"
    assert np.isfinite(forecast.price).all()


@pytest.mark.parametrize(("lost", "used"), [(supply.MENDED, True), (supply.MENDED + 1, False)])
def test_a_day_with_more_than_a_few_holes_is_not_used(world: Known, lost: int, used: bool) -> None:
    day = TODAY - timedelta(days=20)
    wind = world.beside["wind_forecast"]
    hole = np.flatnonzero(of_days(wind, day, day))[6 : 6 + lost]
    holed = beside_with(world, wind_forecast=wind.take(np.setdiff1d(np.arange(len(wind)), hole)))
    table = seen_table(holed, early(TODAY), 1)
    row = table.row(day)
    found = supply.drivers_of(table)
    assert found is not None
    assert found.usable[row] == used
    assert np.array_equal(found.wind[row], found.wind[row - 1]) != used, (
        "for later days it is as the day before"
    )
    model, errors = supply.learn(table)
    assert model is not None
    assert np.isfinite(errors[row]).all() == used
    assert np.isfinite(errors[[row - 1, row + 1]]).all(), "one lost day costs no other"


def test_holes_are_bridged_by_a_straight_line() -> None:
    days = np.tile(np.arange(24.0), (3, 1))
    days[0, [0, 5, 23]] = np.nan
    days[1, :4] = np.nan
    bridged = supply.mended(days)
    assert bridged[0].tolist() == [1.0, *range(1, 23), 22.0]
    assert np.isnan(bridged[1]).all()
    assert np.array_equal(bridged[2], days[2])
    assert np.isnan(days[0, 5]), "what was given stays as it was"


def test_the_curve_reads_prices_off_near_days_at_the_same_load() -> None:
    days = 40
    load = np.random.default_rng(1).uniform(5_000, 25_000, size=(days + 1, 24))
    table = seen_table(market("spot", TODAY - timedelta(days=days), days), early(TODAY), 1)
    table = replace(table, last=days - 1, known=load[:days] / 200)

    def price(of: DayTable, net: FloatArray) -> FloatArray:
        nothing = np.zeros_like(net)
        return supply.curve_price(of, supply.Drivers(net, nothing, nothing, np.ones(len(net), bool)), days)

    found = price(table, load)
    assert found == pytest.approx(load[days] / 200, abs=12)
    far = load.copy()
    far[days] = 90_000
    assert np.isnan(price(table, far)).all()
    newer = replace(table, known=np.where(np.arange(days)[:, None] < days - 7, 0.0, 50.0) + 0 * load[:days])
    assert price(newer, load).mean() > 25, "newer days count more"


def test_days_since_the_learning_have_errors_of_the_weights_that_served(world: Known) -> None:
    """Of every lead that reaches them, each told from what was known so many days before."""
    model = FORECASTERS["boosting"]()
    old = model.learn(world, early(TODAY - timedelta(days=5)))
    ready = model.ready(old, world, early(TODAY))
    assert isinstance(ready, FittedDays)
    table = ready.table
    driven = unpack(supply.Supply, old.arrays, "ahead")
    plain = unpack(boosting.Models, old.arrays, "models")
    scale = np.repeat(np.sqrt(movement(table)), 4, axis=1)
    for row in range(table.last - 4, table.last + 1):
        ahead = table.known[row] - driven.price(table.until(row - 1), row)
        assert ready.band.relative[DAY_AHEAD, row] * scale[row - 1] == pytest.approx(ahead)
        for place, lead in enumerate(LEADS):
            usual = table.known[row] - plain.price(table.until(row - lead), row)
            assert ready.band.relative[place, row] * scale[row - lead] == pytest.approx(usual)
    assert np.isfinite(ready.band.relative[0, 60:]).all(), "none is lost between old and new"
