"""Canaries: each check here catches a leak or a dead input that is planted, and finds none in the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.ports import Known, Learnt
from chocolate_factory.domain.series import FloatArray, Series, concat
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import epoch, local_moment
from chocolate_factory.infrastructure.forecasters import (
    FORECASTERS,
    boosting,
    days,
    features,
    lear,
    regulated,
    supply,
)
from chocolate_factory.infrastructure.forecasters.days import DayTable, seen_table
from chocolate_factory.infrastructure.forecasters.features import DayInputs
from chocolate_factory.infrastructure.forecasters.linear import Linear
from tests.unit.forecasters.markets import beside_with, early, market, moved, of_days
from tests.unit.forecasters.samples import at_gate, days_after, fit, same_past

TODAY = date(2026, 3, 3)
TOMORROW = TODAY + timedelta(days=1)
DAYS = 155
WEEK = days_after(TODAY, 1, 7)

Inputs = Callable[[DayTable, int], FloatArray]
"""What a model sees of the day in a row of a table."""


@pytest.fixture(scope="module", autouse=True)
def small_models() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supply, "TREES", 30)
        patch.setattr(supply, "FOLDS", 2)
        patch.setattr(boosting, "TREES", 20)
        yield


@pytest.fixture(scope="module")
def spot() -> Known:
    return market("spot", TODAY - timedelta(days=DAYS), DAYS + 10)


@pytest.fixture(scope="module")
def spot_table(spot: Known) -> DayTable:
    return seen_table(spot, early(TODAY), 1)


@pytest.fixture(scope="module")
def pvpc_table() -> DayTable:
    return seen_table(market("pvpc", TODAY - timedelta(days=DAYS), DAYS + 10), at_gate("spot", TODAY), 1)


# (a) The future in an input.

LEAD = 3
RIDGE = Linear(np.zeros((24, 29)), np.ones((24, 29)), np.full((24, 29), 0.1), np.zeros(24), 5)


def of_ridge(table: DayTable, row: int) -> FloatArray:
    return features.day_inputs(table, row, row - LEAD).matrix()


def of_trees(table: DayTable, row: int) -> FloatArray:
    inputs = boosting.day_inputs(table, row, row - LEAD).matrix()[None]
    return boosting.tree_inputs(inputs, RIDGE.price(inputs), LEAD)


def of_lear(table: DayTable, row: int) -> FloatArray:
    return lear.inputs_of(table.filled, lear.days_at(table, np.array([row]), LEAD))


def of_supply(table: DayTable, row: int) -> FloatArray:
    drivers = supply.drivers_of(table)
    assert drivers is not None
    return supply.inputs_of(table, drivers, row)


def of_regulated(table: DayTable, row: int) -> FloatArray:
    parts = regulated.parts_of(table)
    assert parts is not None
    return regulated.inputs_of(table, parts, row)


@dataclass(frozen=True)
class Case:
    """Inputs, the table they are of, their lead days, and what a leak would be planted in."""

    inputs: Inputs
    table: str
    lead: int
    planted_in: tuple[Any, str]


CASES = {
    "ridge": Case(of_ridge, "spot_table", LEAD, (features, "day_inputs")),
    "trees": Case(of_trees, "spot_table", LEAD, (boosting, "day_inputs")),
    "lear": Case(of_lear, "spot_table", LEAD, (lear, "inputs_of")),
    "supply": Case(of_supply, "spot_table", 1, (supply, "inputs_of")),
    "supply's prices": Case(of_supply, "spot_table", 1, (supply, "day_inputs")),
    "supply's curve": Case(of_supply, "spot_table", 1, (supply, "curve_price")),
    "regulated": Case(of_regulated, "pvpc_table", 1, (regulated, "inputs_of")),
}
each_case = pytest.mark.parametrize("name", CASES)


def knows_the_future(case: Case, table: DayTable, row: int) -> bool:
    """Whether prices after the origin, or what stands beside them after the day itself, move its inputs."""
    known = table.known.copy()
    known[row - case.lead + 1 :] = -999.0
    beside = {key: told.copy() for key, told in table.beside.items()}
    for told in beside.values():
        told[row + 1 :] = 12_345.0
    here = case.inputs(table, row)
    assert np.isfinite(here).all()
    return not np.array_equal(here, case.inputs(replace(table, known=known, beside=beside), row))


def planted(real: Callable[..., Any]) -> Callable[..., Any]:
    """The same inputs, but one column holds the true price of the day itself."""

    def leaking(*given: Any) -> Any:
        found = real(*given)
        if isinstance(given[0], DayTable):
            table, row = given[0], given[1] if isinstance(found, DayInputs) else given[2]
            truth = table.known[row]
        else:
            truth = given[0][given[1].rows, 12]
        if isinstance(found, DayInputs):
            return replace(found, hourly=np.column_stack([truth, found.hourly[:, 1:]]))
        return truth if found.ndim == 1 else np.column_stack([truth, found[:, 1:]])

    return leaking


@each_case
@settings(max_examples=8, deadline=None)
@given(row=st.integers(50, DAYS - 2))
def test_no_input_holds_the_future(name: str, row: int, request: pytest.FixtureRequest) -> None:
    case = CASES[name]
    table: DayTable = request.getfixturevalue(case.table)
    assert not knows_the_future(case, table, row)
    late = replace(case, lead=case.lead + 1)
    assert knows_the_future(late, table, row), "prices of the origin day itself are seen"


@each_case
def test_an_input_that_holds_the_future_is_caught(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    table: DayTable = request.getfixturevalue(case.table)
    where, what = case.planted_in
    monkeypatch.setattr(where, what, planted(getattr(where, what)))
    assert knows_the_future(case, table, 100)


def drivers_after_the_day(table: DayTable, row: int) -> FloatArray:
    """A leak beside the prices: the wind of the day after."""
    drivers = supply.drivers_of(table)
    assert drivers is not None
    return np.column_stack([supply.inputs_of(table, drivers, row), drivers.wind[row + 1]])


def test_a_driver_of_later_days_is_caught(spot_table: DayTable) -> None:
    assert knows_the_future(Case(drivers_after_the_day, "", 1, (None, "")), spot_table, 100)


def forecast_moves(name: str, known: Known, at: datetime) -> bool:
    """Whether anything that became known after `at` moves a forecast of `at`."""
    late = {key: _changed(series, at) for key, series in known.beside.items()}
    told = [
        fit(FORECASTERS[name](), one.prices, at, one.beside).predict(WEEK)
        for one in (known, Known(_changed(known.prices, at), late))
    ]
    return _differ(*told)


def _changed(series: Series, at: datetime) -> Series:
    later = series.take(series.available_at > epoch(at))
    return concat([series.known_at(at), replace(later, value=later.value * 0.5 + 200)])


def _differ(one: Any, other: Any) -> bool:
    columns = ("start", "price", "quantiles")
    same = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in columns)
    return not (same and same_past(one, other)) or one.model != other.model


@pytest.mark.parametrize("name", ["boosting", "naive-kind"])
def test_what_is_known_later_moves_no_forecast(name: str, spot: Known) -> None:
    assert not forecast_moves(name, spot, early(TODAY))


def test_a_forecast_from_later_knowledge_is_caught(spot: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    known_at = Series.known_at
    at = early(TODAY)

    def peeking(series: Series, as_of: datetime) -> Series:
        return known_at(series, as_of + timedelta(minutes=100))

    assert not forecast_moves("naive-week", spot, at)
    with monkeypatch.context() as patch:
        patch.setattr(days.Series, "known_at", peeking)
        told = fit(FORECASTERS["naive-week"](), spot.prices, at).predict(WEEK)
    honest = fit(FORECASTERS["naive-week"](), spot.prices, at).predict(WEEK)
    assert _differ(told, honest), "tomorrow's prices are out at 13:00"


# (b) A driver before its publication.


@pytest.fixture(scope="module")
def learnt(spot: Known) -> Learnt:
    return FORECASTERS["boosting"]().learn(spot, early(TODAY))


def is_used(learnt: Learnt, known: Known, wind: Series, at: datetime) -> bool:
    """Whether this wind, instead of one without tomorrow, moves a forecast of `at`."""
    none = wind.take(~of_days(wind, TOMORROW, TOMORROW))
    told = [
        FORECASTERS["boosting"]().ready(learnt, beside_with(known, wind_forecast=one), at).predict(WEEK)
        for one in (wind, none)
    ]
    return _differ(*told)


def at_time(hour: int, minute: int) -> datetime:
    return local_moment(TODAY, time(hour, minute), MARKET_ZONE)


@pytest.mark.parametrize(
    ("published", "gate", "used"),
    [
        (time(10), at_time(11, 30), True),
        (time(11, 45), at_time(11, 30), False),
        (time(11, 45), at_time(11, 50), True),
        (time(12), at_time(12, 45), True),
        (time(12, 30), at_time(12, 45), False),
        (time(18), at_time(12, 45), False),
    ],
)
def test_a_driver_counts_from_its_publication_and_not_after_the_auction(
    spot: Known, learnt: Learnt, published: time, gate: datetime, used: bool
) -> None:
    wind = moved(spot.beside["wind_forecast"], published, TOMORROW)
    assert is_used(learnt, spot, wind, gate) == used


def test_a_driver_before_its_publication_is_caught(
    spot: Known, learnt: Learnt, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_at = Series.known_at

    def early_wind(series: Series, as_of: datetime) -> Series:
        return series if series.key == "wind_forecast" else known_at(series, as_of)

    monkeypatch.setattr(days.Series, "known_at", early_wind)
    wind = moved(spot.beside["wind_forecast"], time(11, 45), TOMORROW)
    assert is_used(learnt, spot, wind, at_time(11, 30))


def test_a_driver_from_after_the_auction_is_caught(
    spot: Known, learnt: Learnt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "AUCTION", 0)
    wind = moved(spot.beside["wind_forecast"], time(12, 30), TOMORROW)
    assert is_used(learnt, spot, wind, at_time(12, 45))


def test_nothing_is_learnt_from_drivers_published_after_the_auction(spot: Known) -> None:
    wind = spot.beside["wind_forecast"]
    for at, there in ((time(11, 59), True), (time(12, 1), False)):
        known = beside_with(spot, wind_forecast=moved(wind, at))
        model, _ = supply.learn(seen_table(known, at_time(20, 30), 1))
        assert (model is not None) == there


# (c) A block of inputs that nothing depends on.


@dataclass(frozen=True)
class Block:
    """Where a block of inputs comes from, and what gives it as zeros."""

    learn: str
    where: Any
    what: str
    zeroed: Callable[[Any], Any]


def _zero(name: str) -> Callable[[Any], Any]:
    return lambda found: replace(found, **{name: np.zeros_like(getattr(found, name))})


BLOCKS = {
    **{
        f"supply: {name}": Block("supply", supply, "day_inputs", _zero(name))
        for name in ("hourly", "level", "calendar")
    },
    "supply: curve": Block("supply", supply, "curve_price", np.zeros_like),
    **{
        f"supply: {name}": Block("supply", supply, "drivers_of", _zero(name))
        for name in ("demand", "wind", "sun")
    },
    **{
        f"regulated: {name}": Block("regulated", regulated, "inputs_of", _zero(name))
        for name in ("spot", "rest")
    },
}
LEARN: dict[str, Callable[[DayTable], Any]] = {"supply": supply.learn, "regulated": regulated.learn}


def tomorrow(learn: str, table: DayTable) -> FloatArray:
    """The price of the day after the last known one by a model learnt afresh."""
    model, _ = LEARN[learn](table)
    price: FloatArray = model.price(table, table.last + 1)
    assert np.isfinite(price).all()
    return price


def without(block: Block) -> Callable[..., Any]:
    """What gives the block, giving it as zeros: what comes out, or where parts go in, those."""
    real = getattr(block.where, block.what)

    def zeroed(*given: Any) -> Any:
        if block.what == "inputs_of":
            table, parts, row = given
            return real(table, block.zeroed(parts), row)
        return block.zeroed(real(*given))

    return zeroed


def is_dead(block: Block, table: DayTable) -> bool:
    """Whether the forecast stays, in most hours, when the block is zero in learning and in forecasting."""
    whole = tomorrow(block.learn, table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block.where, block.what, without(block))
        less = tomorrow(block.learn, table)
    return bool((np.abs(less - whole) > 0.01).mean() < 0.5)


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_of_inputs_moves_the_forecast(name: str, request: pytest.FixtureRequest) -> None:
    block = BLOCKS[name]
    table: DayTable = request.getfixturevalue("spot_table" if block.learn == "supply" else "pvpc_table")
    assert not is_dead(block, table)


def _without_sun(table: DayTable) -> Any:
    return BLOCKS["supply: sun"].zeroed(_drivers_of(table))


_drivers_of, _supply_inputs, _regulated_inputs = supply.drivers_of, supply.inputs_of, regulated.inputs_of


def _flat_curve(table: DayTable, drivers: supply.Drivers, row: int) -> FloatArray:
    inputs = _supply_inputs(table, drivers, row)
    inputs[:, 29] = 1.0
    return inputs


def _without_rest(table: DayTable, parts: regulated.Parts, row: int) -> FloatArray:
    return _regulated_inputs(table, replace(parts, rest=np.ones_like(parts.rest)), row)


@pytest.mark.parametrize(
    ("name", "where", "what", "dead"),
    [
        ("supply: sun", supply, "drivers_of", _without_sun),
        ("supply: curve", supply, "inputs_of", _flat_curve),
        ("regulated: rest", regulated, "inputs_of", _without_rest),
    ],
)
def test_a_dead_block_is_caught(
    name: str,
    where: Any,
    what: str,
    dead: Any,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    block = BLOCKS[name]
    table: DayTable = request.getfixturevalue("spot_table" if block.learn == "supply" else "pvpc_table")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, what, dead)
        assert is_dead(block, table)


# (d) An error of a day that was learnt from.


@pytest.mark.parametrize(("name", "fitting"), [("supply", "fit"), ("regulated", "_fit")])
def test_errors_are_of_days_that_no_fit_has_seen(
    name: str, fitting: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = {"supply": supply, "regulated": regulated}[name]
    table: DayTable = request.getfixturevalue("spot_table" if name == "supply" else "pvpc_table")
    real, seen = getattr(where, fitting), []

    def noting(rows: FloatArray, *given: Any) -> Any:
        seen.append(rows)
        return real(rows, *given)

    monkeypatch.setattr(where, fitting, noting)
    _, errors = LEARN[name](table)
    *folds, whole = seen
    assert np.array_equal(np.flatnonzero(np.isfinite(errors).any(axis=1)), whole)
    assert len(folds) == where.FOLDS
    for number, rows in enumerate(folds):
        held = whole[np.arange(len(whole)) * len(folds) // len(whole) == number]
        assert np.abs(held[:, None] - rows).min() == where.GAP_DAYS + 1
