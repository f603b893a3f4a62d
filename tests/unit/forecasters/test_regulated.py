"""Tomorrow's PVPC from its spot price: tolls and charges of the law, and a rest that is learnt."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Known
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import day_slots
from chocolate_factory.domain.tariff.tables import lookup
from chocolate_factory.domain.tariff.tables_access import ENERGY_CHARGES, ENERGY_TOLLS
from chocolate_factory.infrastructure.forecasters import FORECASTERS, boosting, regulated
from chocolate_factory.infrastructure.forecasters.days import seen_table
from tests.unit.forecasters.markets import beside_with, market, of_days
from tests.unit.forecasters.samples import at_gate, days_after, fit

TODAY = date(2026, 3, 3)
WITHOUT = "boosting (tomorrow without its spot price)"


@pytest.fixture(scope="module")
def world() -> Known:
    return market("pvpc", TODAY - timedelta(days=155), 165)


def after_auction(today: date) -> datetime:
    """Spot of tomorrow is known then, its PVPC not."""
    return at_gate("spot", today)


def tomorrow(known: Known, today: date = TODAY) -> Forecast:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosting, "TREES", 20)
        ready = fit(FORECASTERS["boosting"](), known.prices, after_auction(today), known.beside)
    return ready.predict(days_after(today, 1, 7))


def error(forecast: Forecast, known: Known, today: date = TODAY) -> float:
    window = days_after(today, 1, 1)
    truth = known.prices.within(window).value
    return float(np.abs(forecast.price[: len(truth)] - truth).mean())


def test_with_its_spot_price_it_is_nearly_computed(world: Known) -> None:
    spot = world.beside["spot"]
    day = TODAY + timedelta(days=1)
    unknown = beside_with(world, spot=spot.take(~of_days(spot, day, day)))
    computed, forecast = tomorrow(world), tomorrow(unknown)
    assert (computed.model, forecast.model) == ("boosting", WITHOUT)
    assert error(computed, world) < 3
    assert error(computed, world) < 0.2 * error(forecast, world)
    widths = [float((one.p90[:24] - one.p10[:24]).mean()) for one in (computed, forecast)]
    assert widths[0] < 0.2 * widths[1]
    for one in (computed, forecast):
        assert len(one.start) == 7 * 24
        assert np.isfinite(one.quantiles).all()


def test_without_any_spot_price_it_says_so(world: Known) -> None:
    assert tomorrow(Known(world.prices)).model == WITHOUT
    evening = at_gate("pvpc", TODAY)
    later = fit(FORECASTERS["boosting"](), world.prices, evening).predict(days_after(TODAY, 2, 8))
    assert later.model == "boosting", "tomorrow is published then"


def test_days_after_tomorrow_do_not_use_the_spot_price(world: Known) -> None:
    day = TODAY + timedelta(days=2)
    known = Known(world.prices, {"spot": world.beside["spot"]})
    first = tomorrow(known).price[24:]
    spot = world.beside["spot"]
    assert np.array_equal(
        first, tomorrow(beside_with(known, spot=spot.take(~of_days(spot, day, day)))).price[24:]
    )


@pytest.mark.parametrize("changed", [date(2026, 3, 29), date(2025, 10, 26)], ids=["23 hours", "25 hours"])
def test_days_with_a_clock_change(changed: date) -> None:
    """Learnt from, and told."""
    for today in (changed - timedelta(days=1), changed + timedelta(days=20)):
        known = market("pvpc", today - timedelta(days=155), 160)
        forecast = tomorrow(known, today)
        hours = day_slots(today + timedelta(days=1), MARKET_ZONE, 60)
        assert forecast.model == "boosting"
        assert hours == len(known.prices.within(days_after(today, 1, 1)))
        assert set(np.diff(forecast.start)) == {3600}
        assert error(forecast, known, today) < 3


def test_tolls_and_charges_are_the_law_s() -> None:
    thursday, sunday = date(2026, 3, 5), date(2026, 3, 8)
    value, period = regulated.tolls_and_charges(thursday.toordinal(), 4)
    assert period[0].tolist() == [3] * 8 + [2] * 2 + [1] * 4 + [2] * 4 + [1] * 4 + [2] * 2
    assert set(period[3]) == {3}
    tables = [table["2.0TD"] for table in (ENERGY_TOLLS, ENERGY_CHARGES)]
    for day, row in ((thursday, 0), (sunday, 3)):
        sums = sum(np.array(lookup(table, day).values) for table in tables)
        assert value[row] == pytest.approx(sums[period[row] - 1])


@pytest.mark.parametrize(("day", "hour"), [(date(2026, 3, 29), 2), (date(2025, 10, 26), 2)])
def test_tolls_and_charges_have_24_wall_hours_on_any_day(day: date, hour: int) -> None:
    value, period = regulated.tolls_and_charges(day.toordinal() - 1, 3)
    assert np.isfinite(value).all()
    assert value[1, hour] == value[1, hour - 1]
    assert (period >= 1).all()


def test_too_few_days_with_spot_prices_teach_nothing(world: Known) -> None:
    spot = world.beside["spot"]
    few = spot.take(of_days(spot, TODAY - timedelta(days=regulated.ENOUGH_DAYS), TODAY + timedelta(days=9)))
    known = Known(world.prices, {"spot": few})
    model, errors = regulated.learn(seen_table(known, after_auction(TODAY), 1))
    assert model is None
    assert np.isnan(errors).all()
    assert tomorrow(known).model == f"{WITHOUT[:-1]}: too few past days)"


def test_only_the_newest_year_is_learnt_from(world: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regulated, "LEARN_DAYS", 60)
    table = seen_table(world, after_auction(TODAY), 1)
    model, errors = regulated.learn(table)
    assert model is not None
    told = np.isfinite(errors).all(axis=1)
    assert told[-60:].all()
    assert not told[:-60].any()
