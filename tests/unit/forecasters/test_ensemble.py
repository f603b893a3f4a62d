"""The fixed mixture: the mean of its parts, with the band of its own errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pytest

from chocolate_factory.domain.series import Series
from chocolate_factory.infrastructure.forecasters import FORECASTERS, boosting, ensemble, lear
from chocolate_factory.infrastructure.forecasters.bands import band_of
from chocolate_factory.infrastructure.forecasters.days import DAY_AHEAD, HOURS, day_table
from tests.unit.forecasters.samples import at_gate, days_after, fit, history

TODAY = date(2026, 3, 10)
GATE = at_gate("pvpc", TODAY)


@pytest.fixture(scope="module", autouse=True)
def few_trees() -> Iterator[None]:
    """What is tested here does not depend on their number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosting, "TREES", 20)
        yield


@pytest.fixture(scope="module")
def known() -> Series:
    return history("pvpc", TODAY - timedelta(days=170), 172)


def test_it_is_the_mean_of_its_parts_with_the_band_of_its_own_errors(known: Series) -> None:
    window = days_after(TODAY, 2, 8)
    mixed = fit(FORECASTERS["mix"](), known, GATE).predict(window)
    parts = {name: fit(FORECASTERS[name](), known, GATE).predict(window) for name in ("boosting", "lear")}
    share = ensemble.BOOSTING
    expected = share * parts["boosting"].price + (1 - share) * parts["lear"].price
    assert 0 < share < 1
    assert mixed.price == pytest.approx(expected, abs=1e-9)
    assert np.abs(parts["boosting"].price - parts["lear"].price).mean() > 0.5
    table = day_table(known, GATE, 1)
    errors = ensemble.mean_of(boosting.learn(table)[1], lear.learn(table)[1])
    assert len(errors) == DAY_AHEAD
    band = band_of(table, np.concatenate([errors, np.full((1, table.last + 1, HOURS), np.nan)]))
    assert mixed.p90[:24] - mixed.price[:24] == pytest.approx(band.high[0], abs=1e-4)
    assert mixed.p10[:24] - mixed.price[:24] == pytest.approx(band.low[0], abs=1e-4)


def test_an_error_of_the_mixture_needs_both() -> None:
    mixed = ensemble.mean_of(np.array([4.0, np.nan, 2.0]), np.array([2.0, 1.0, np.nan]))
    assert mixed[0] == pytest.approx(4 * ensemble.BOOSTING + 2 * (1 - ensemble.BOOSTING))
    assert np.isnan(mixed[1:]).all()


def test_a_hole_near_the_start_of_history_is_a_labelled_copy(known: Series) -> None:
    hole = days_after(TODAY, -150, -150)
    kept = known.take((known.start < hole.start.timestamp()) | (known.start >= hole.end.timestamp()))
    told = fit(FORECASTERS["mix"](), kept, GATE).predict(hole)
    assert np.isfinite(told.price).all()
    assert told.model == "mix (copied where too little history precedes)"


def test_too_few_days_make_it_a_labelled_copy(known: Series) -> None:
    short = known.take(known.start >= known.start[-1] - 100 * 86_400)
    window = days_after(TODAY, 2, 8)
    forecast = fit(FORECASTERS["mix"](), short, GATE).predict(window)
    copy = fit(FORECASTERS["naive-kind"](), short, GATE).predict(window)
    assert np.array_equal(forecast.price, copy.price)
    assert forecast.model == "naive-kind (mix needs 150 days, 101 are known)"
