"""LEAR: a LASSO that is one, inputs without future, errors of unseen days, prices that stay sane."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.infrastructure.forecasters import FORECASTERS, lear
from chocolate_factory.infrastructure.forecasters.days import DayTable, day_table
from chocolate_factory.infrastructure.forecasters.lasso import lasso
from tests.unit.forecasters.samples import at_gate, days_after, fit, history

TODAY = date(2026, 3, 10)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
BLOCKS = {
    "origin day": slice(0, 24),
    "same weekday": slice(24, 48),
    "same kind": slice(48, 72),
    "week": slice(72, 96),
    "level": slice(96, 101),
    "calendar": slice(101, 112),
}


@pytest.fixture(scope="module")
def known() -> Series:
    return history("pvpc", TODAY - timedelta(days=170), 172)


@pytest.fixture(scope="module")
def table(known: Series) -> DayTable:
    return day_table(known, LATER, 1)


def problem(examples: int, inputs: int, seed: int = 3) -> tuple[FloatArray, FloatArray]:
    random = np.random.default_rng(seed)
    told = random.normal(size=(examples, inputs)) @ random.normal(size=(inputs, inputs))
    told = (told - told.mean(axis=0)) / told.std(axis=0)
    truth = told[:, :3] @ random.normal(size=(3, 5)) + random.normal(size=(examples, 5))
    return told.T @ told / examples, told.T @ (truth - truth.mean(axis=0)) / examples


def test_lasso_of_independent_inputs_is_the_soft_threshold() -> None:
    moment = np.random.default_rng(0).normal(size=(2, 6, 4))
    penalty = np.array([0.3, 0.8])
    found = lasso(np.stack([np.eye(6)] * 2), moment, penalty)
    limit = penalty[:, None, None]
    expected = np.sign(moment) * np.maximum(np.abs(moment) - limit, 0)
    assert np.abs(found - expected).max() < 1e-4
    assert np.array_equal(found == 0, expected == 0)


@pytest.mark.parametrize(("examples", "inputs"), [(300, 20), (40, 60)])
def test_lasso_meets_the_conditions_of_a_minimum(
    examples: int, inputs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chocolate_factory.infrastructure.forecasters.lasso.ROUNDS", 3000)
    gram, moment = problem(examples, inputs)
    weights = lasso(gram[None], moment[None], np.array([0.1]))[0]
    slope = moment - gram @ weights
    assert np.abs(slope).max() < 0.1 + 1e-4
    assert np.abs(slope[weights != 0] - 0.1 * np.sign(weights[weights != 0])).max() < 1e-4
    assert 0 < (weights != 0).mean() < 0.8


@pytest.mark.parametrize(("examples", "inputs"), [(300, 20), (84, 112)])
def test_lasso_is_nearly_there_in_its_rounds(examples: int, inputs: int) -> None:
    gram, moment = problem(examples, inputs)

    def objective(weights: FloatArray) -> float:
        square = 0.5 * np.einsum("ik,ij,jk->", weights, gram, weights)
        return float(square - (moment * weights).sum() + 0.1 * np.abs(weights).sum())

    found = objective(lasso(gram[None], moment[None], np.array([0.1]))[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chocolate_factory.infrastructure.forecasters.lasso.ROUNDS", 3000)
        best = objective(lasso(gram[None], moment[None], np.array([0.1]))[0])
    assert best <= found < best * (1 - 0.02) < 0


@settings(max_examples=50, deadline=None)
@given(price=st.lists(st.floats(-500, 5000), min_size=2, max_size=40))
def test_the_transform_comes_back(price: list[float]) -> None:
    told = np.array(price)
    scale = lear.scale_of(np.append(told, np.nan))
    assert scale.spread > 0
    assert scale.back(scale.forth(told)) == pytest.approx(told, abs=1e-6)


def test_the_transform_is_of_median_and_deviation() -> None:
    noise = np.random.default_rng(0).normal(70, 20, size=100_000)
    scale = lear.scale_of(np.append(noise, [9e9, np.nan]))
    assert scale.middle == pytest.approx(70, abs=0.5)
    assert scale.spread == pytest.approx(20, abs=0.5)


@settings(max_examples=25, deadline=None)
@given(row=st.integers(45, 171), lead=st.integers(1, 15))
def test_inputs_know_nothing_after_their_origin(row: int, lead: int) -> None:
    whole = day_table(history("pvpc", TODAY - timedelta(days=170), 172), LATER, 1)
    days = lear.days_at(whole, np.array([row]), lead)
    inputs = lear.inputs_of(whole.filled, days)
    changed = whole.filled.copy()
    changed[row - lead + 1 :] = -999.0
    assert inputs.shape == (1, 112)
    assert np.isfinite(inputs).all()
    assert np.array_equal(inputs, lear.inputs_of(changed, days))
    changed[row - lead] += 10.0
    assert not np.array_equal(inputs, lear.inputs_of(changed, days))


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_inputs_set_to_zero_changes_the_forecast(
    block: str, table: DayTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lear, "LEADS", (1,))
    rows = [table.last + 1]
    whole = np.array([lear.learn(table)[0].price(table, row) for row in rows])
    inputs_of = lear.inputs_of

    def zeroed(value: FloatArray, days: lear.Days) -> FloatArray:
        inputs = inputs_of(value, days)
        inputs[:, BLOCKS[block]] = 0.0
        return inputs

    monkeypatch.setattr(lear, "inputs_of", zeroed)
    less = np.array([lear.learn(table)[0].price(table, row) for row in rows])
    assert (np.abs(less - whole) > 0.01).mean() > 0.5


@pytest.mark.parametrize("lead", [1, 7])
@pytest.mark.parametrize("size", lear.WINDOWS)
def test_windows_for_errors_have_not_seen_the_day(table: DayTable, lead: int, size: int) -> None:
    days = lear.usable(table, lead)
    held = np.arange(90, 97)
    window = lear.window_before(days, lead, held, size)
    first, last = days.rows[held[0]], days.rows[held[-1]]
    before, after = window.rows[window.rows < first], window.rows[window.rows > last]
    assert len(before) + len(after) == len(window.rows) <= size
    assert len(before) == min(size, 91 - lead)
    assert before.max() == first - lead
    assert (after > last + lear.GAP_DAYS).all()
    assert (len(after) > 0) == (size > len(before))


def test_errors_are_of_days_with_enough_before_them(table: DayTable) -> None:
    _, errors = lear.learn_lead(table, 3)
    rows = lear.usable(table, 3).rows
    assert np.isnan(errors[: rows[lear.FIRST_DAYS]]).all()
    assert np.isfinite(errors[rows[lear.FIRST_DAYS] :]).all()
    assert 3 < np.nanmean(np.abs(errors)) < 20


def test_unknown_hours_do_not_count(table: DayTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known hours keep their prices; holed ones come near a fit on the days that know them."""
    lost = np.random.default_rng(4).random(table.known.shape) < 0.3
    lost[:, :12] = False
    holed = replace(table, known=np.where(lost, np.nan, table.known))
    holed.__dict__["filled"] = table.filled
    days, target = lear.usable(holed, 1), lear.days_at(table, np.array([table.last + 1]), 1)
    scale = lear.scale_of(table.known)
    monkeypatch.setattr(lear, "scale_of", lambda _: scale)

    def told(one: DayTable, some: lear.Days) -> FloatArray:
        return lear.calibrate(one, [some])[0].price(one, target)[0]

    whole, left_out = told(table, days), told(holed, days)
    alone = [told(table, days.take(np.flatnonzero(~lost[days.rows, hour])))[hour] for hour in range(24)]
    moment = lear._moment
    monkeypatch.setattr(lear, "_moment", lambda inputs, target, _: moment(inputs, target, None))
    averaged = told(holed, days)
    assert left_out[:12] == pytest.approx(whole[:12], abs=1e-9)
    assert np.abs(left_out - alone)[12:].mean() < 0.8 * np.abs(averaged - alone)[12:].mean()


def test_a_price_never_seen_before_does_not_explode(known: Series) -> None:
    flat = replace(
        known, value=np.where(known.start < known.start[-1] - 86_400, 50 + known.value / 1e3, 3000.0)
    )
    window = days_after(TODAY, 2, 8)
    told = fit(FORECASTERS["lear"](), flat, at_gate("pvpc", TODAY)).predict(window)
    assert np.isfinite(told.price).all()
    assert np.abs(told.price).max() < 3 * 3000


def test_a_pattern_that_can_be_learnt_is_learnt_better_than_by_copying() -> None:
    """A wave of five days: earlier levels tell the next, while yesterday and last week mislead."""
    series = history("pvpc", TODAY - timedelta(days=170), 182, noise=1)
    day = (series.start - series.start[0]) // 86_400
    series = replace(series, value=60 + (series.value - 60) / 10 + 20 * np.cos(2 * np.pi * day / 5))
    window = days_after(TODAY, 2, 7)
    truth = series.within(window).value
    error = {
        name: np.abs(
            fit(FORECASTERS[name](), series, at_gate("pvpc", TODAY)).predict(window).price - truth
        ).mean()
        for name in ("lear", "naive-kind", "naive-week")
    }
    assert error["lear"] < 0.4 * min(error["naive-kind"], error["naive-week"])


@pytest.mark.parametrize("name", ["lear", "boosting"])
def test_a_hole_near_the_start_of_history_is_a_labelled_copy(known: Series, name: str) -> None:
    hole = days_after(TODAY, -150, -150)
    kept = known.take((known.start < hole.start.timestamp()) | (known.start >= hole.end.timestamp()))
    told = fit(FORECASTERS[name](), kept, at_gate("pvpc", TODAY)).predict(hole)
    assert np.isfinite(told.price).all()
    assert told.model == f"{name} (copied where too little history precedes)"


def test_too_few_days_make_it_a_labelled_copy(known: Series) -> None:
    short = known.take(known.start >= known.start[-1] - 100 * 86_400)
    window = days_after(TODAY, 2, 8)
    forecast = fit(FORECASTERS["lear"](), short, at_gate("pvpc", TODAY)).predict(window)
    copy = fit(FORECASTERS["naive-kind"](), short, at_gate("pvpc", TODAY)).predict(window)
    assert np.array_equal(forecast.price, copy.price)
    assert forecast.model == "naive-kind (lear needs 150 days, 101 are known)"
