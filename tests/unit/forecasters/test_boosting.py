"""The learnt model: inputs without future, blocks that matter, patterns that copies miss."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.series import Series
from chocolate_factory.infrastructure.forecasters import FORECASTERS, boosting, features
from chocolate_factory.infrastructure.forecasters.days import DayTable, day_table
from chocolate_factory.infrastructure.forecasters.features import DayInputs, day_inputs, examples
from chocolate_factory.infrastructure.forecasters.linear import fit_linear
from tests.unit.forecasters.samples import at_gate, days_after, fit, history

TODAY = date(2026, 3, 10)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def known() -> Series:
    return history("pvpc", TODAY - timedelta(days=170), 172)


@pytest.fixture(scope="module")
def whole(known: Series) -> Forecast:
    """The week after tomorrow, as it is served."""
    return fit(FORECASTERS["boosting"](), known, at_gate("pvpc", TODAY)).predict(days_after(TODAY, 2, 8))


@pytest.fixture(scope="module")
def table(known: Series) -> DayTable:
    return day_table(known, LATER, 1)


@settings(max_examples=25, deadline=None)
@given(row=st.integers(45, 171), lead=st.integers(1, 15))
def test_inputs_know_nothing_after_their_origin(row: int, lead: int) -> None:
    series = history("pvpc", TODAY - timedelta(days=170), 172)
    whole = day_table(series, LATER, 1)
    changed = whole.known.copy()
    changed[row - lead + 1 :] = -999.0
    other = replace(whole, known=changed)
    inputs = day_inputs(whole, row, row - lead).matrix()
    assert np.isfinite(inputs).all()
    assert np.array_equal(inputs, day_inputs(other, row, row - lead).matrix())
    changed = whole.known.copy()
    changed[row - lead] += 10.0
    assert not np.array_equal(inputs, day_inputs(replace(whole, known=changed), row, row - lead).matrix())


def test_learning_and_forecasting_use_the_same_inputs(table: DayTable) -> None:
    seen = examples(table, 3)
    row = int(seen.rows[-1])
    assert row == table.last
    assert np.array_equal(seen.inputs[-1], day_inputs(table, row, row - 3).matrix())
    assert np.array_equal(seen.truth[-1], table.known[row])


@pytest.mark.parametrize("block", ["hourly", "level", "calendar"])
def test_a_block_of_inputs_set_to_zero_changes_the_forecast(
    block: str, known: Series, whole: Forecast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def zeroed(table: DayTable, row: int, origin: int) -> DayInputs:
        inputs = day_inputs(table, row, origin)
        return replace(inputs, **{block: np.zeros_like(getattr(inputs, block))})

    monkeypatch.setattr(features, "day_inputs", zeroed)
    monkeypatch.setattr(boosting, "day_inputs", zeroed)
    less = fit(FORECASTERS["boosting"](), known, at_gate("pvpc", TODAY)).predict(days_after(TODAY, 2, 8))
    assert (np.abs(less.price - whole.price) > 0.01).mean() > 0.9


def test_trees_and_ridge_both_speak(known: Series, whole: Forecast) -> None:
    table = day_table(known, at_gate("pvpc", TODAY), 1)
    models, errors = boosting.learn(table)
    row = table.last + 1
    inputs = day_inputs(table, row, table.last).matrix()[None]
    linear = models.linear[0].price(inputs)[0]
    assert np.array_equal(models.price(table, row), whole.price[:24])
    assert np.abs(linear - whole.price[:24]).max() > 0.05
    assert np.isnan(errors[:, :28]).all()
    assert np.isfinite(errors[0, 60:]).any(axis=1).all()


def test_ridge_finds_a_linear_rule() -> None:
    random = np.random.default_rng(2)
    inputs = random.normal(size=(400, 24, 7))
    slope = random.normal(size=(24, 7))
    truth = inputs[:, :, 5] + np.einsum("nhf,hf->nh", inputs, slope) + 3
    truth[::9, 4] = np.nan
    model = fit_linear(inputs, truth, np.ones(400))
    fresh = random.normal(size=(5, 24, 7))
    expected = fresh[:, :, 5] + np.einsum("nhf,hf->nh", fresh, slope) + 3
    assert np.abs(model.price(fresh) - expected).mean() < 0.15


def test_a_pattern_that_can_be_learnt_is_learnt_better_than_by_copying() -> None:
    """A wave of five days: two past levels tell the next, while yesterday and last week mislead."""
    series = history("pvpc", TODAY - timedelta(days=170), 182, noise=1)
    day = (series.start - series.start[0]) // 86_400
    series = replace(series, value=60 + (series.value - 60) / 10 + 20 * np.cos(2 * np.pi * day / 5))
    window = days_after(TODAY, 2, 7)
    truth = series.within(window).value
    error = {
        name: np.abs(
            fit(FORECASTERS[name](), series, at_gate("pvpc", TODAY)).predict(window).price - truth
        ).mean()
        for name in ("boosting", "naive-kind", "naive-week")
    }
    assert error["boosting"] < 0.4 * min(error["naive-kind"], error["naive-week"])


def test_too_few_days_make_it_a_labelled_copy(known: Series) -> None:
    short = known.take(known.start >= known.start[-1] - 100 * 86_400)
    window = days_after(TODAY, 2, 8)
    forecast = fit(FORECASTERS["boosting"](), short, at_gate("pvpc", TODAY)).predict(window)
    copy = fit(FORECASTERS["naive-kind"](), short, at_gate("pvpc", TODAY)).predict(window)
    assert np.array_equal(forecast.price, copy.price)
    assert forecast.model == "naive-kind (boosting needs 150 days, 101 are known)"
