"""What every forecaster keeps: no look ahead, whole grids, ordered bands, weights that can be kept."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.forecast import LEVELS, Forecast
from chocolate_factory.domain.paths import price_paths
from chocolate_factory.domain.ports import Fitted, Known, Learnt
from chocolate_factory.domain.series import Series, concat
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_slots, epoch, local_midnight
from chocolate_factory.infrastructure.forecasters import FORECASTERS, boosting, lear, prophet, supply
from tests.unit.forecasters.markets import early, market
from tests.unit.forecasters.samples import at_gate, days_after, fit, history, same_past

ABSENT = pytest.mark.skipif(
    not prophet.installed() and os.environ.get("CI") != "true", reason="the package prophet is not installed"
)
NAMES = [pytest.param(name, marks=ABSENT if name == "prophet" else ()) for name in sorted(FORECASTERS)]
DAYS = 155
TODAY = date(2026, 3, 10)
FIRST = TODAY - timedelta(days=DAYS)
SERVED_TREES = boosting.TREES
COLUMNS = ("start", "origin", "price", "quantiles")

each_model = pytest.mark.parametrize("name", NAMES)
each_series = pytest.mark.parametrize("key", ["spot", "pvpc"])


@pytest.fixture(scope="module", autouse=True)
def small_models() -> Iterator[None]:
    """Fewer fits for errors and fewer trees than are served, for the time that they take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prophet, "FITS", 8)
        patch.setattr(lear, "WINDOWS", {84: 14, 126: 14, 728: 42})
        patch.setattr(boosting, "TREES", 12)
        patch.setattr(supply, "TREES", 12)
        patch.setattr(supply, "FOLDS", 2)
        yield


@lru_cache
def world(key: str, today: date = TODAY) -> Series:
    """Prices up to three weeks after `today`: more than may be known then."""
    return history(key, today - timedelta(days=DAYS), DAYS + 21)


@lru_cache
def weights_of(name: str, key: str, today: date) -> Learnt:
    """What a model learnt of the prices alone."""
    return FORECASTERS[name]().learn(Known(world(key, today)), at_gate(key, today))


@lru_cache
def fitted(name: str, key: str, today: date = TODAY) -> Fitted:
    return ready(name, world(key, today), today)


def ready(name: str, prices: Series, today: date = TODAY) -> Fitted:
    """Weights of the whole history on some of its prices."""
    key = prices.key
    return FORECASTERS[name]().ready(weights_of(name, key, today), Known(prices), at_gate(key, today))


@lru_cache
def driven(key: str) -> Known:
    """Prices and all that stands beside them, up to ten days after today."""
    return market(key, FIRST - timedelta(days=9), DAYS + 20)


def before_prices(key: str, day: date) -> datetime:
    """The gate at which tomorrow has what its price is made of, but not yet its price."""
    return early(day) if key == "spot" else at_gate("spot", day)


@lru_cache
def learnt(name: str, key: str, back: int = 0) -> Learnt:
    """Weights of some days ago, drivers and all."""
    return FORECASTERS[name]().learn(driven(key), before_prices(key, TODAY - timedelta(days=back)))


def week(name: str, weights: Learnt, known: Known) -> Forecast:
    """From tomorrow on, told today."""
    at = before_prices(known.prices.key, TODAY)
    return FORECASTERS[name]().ready(weights, known, at).predict(days_after(TODAY, 1, 7))


def newest_week(prices: Series) -> NDArray[np.bool_]:
    """Whether each row is of the week before today."""
    ago = days_after(TODAY, -7, -1)
    return (prices.start >= epoch(ago.start)) & (prices.start < epoch(ago.end))


def future_changed(known: Known, at: datetime) -> Known:
    """Other numbers for all that becomes known after a moment."""

    def other(series: Series) -> Series:
        late = series.take(series.available_at > epoch(at))
        return concat([series.known_at(at), replace(late, value=late.value * 0.5 - 100)])

    return Known(other(known.prices), {key: other(series) for key, series in known.beside.items()})


def same(one: Forecast, other: Forecast) -> bool:
    columns = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in COLUMNS)
    return columns and same_past(one, other)


def after(series: Series, key: str) -> Series:
    return series.take(series.available_at > epoch(at_gate(key, TODAY)))


def before(series: Series, key: str) -> Series:
    return series.known_at(at_gate(key, TODAY))


@each_model
def test_the_future_changes_nothing(name: str) -> None:
    """Neither other prices nor a part of them: they are not there."""
    key = "pvpc"
    late = after(world(key), key)
    some = np.random.default_rng(0).random(len(late)) < 0.5
    other = replace(late, value=late.value * 0.5 - 300).take(some)
    prices = concat([before(world(key), key), other])
    again = fit(FORECASTERS[name](), prices, at_gate(key, TODAY)).predict(days_after(TODAY, 2, 8))
    assert same(again, fitted(name, key).predict(days_after(TODAY, 2, 8)))


@each_model
@each_series
def test_the_future_beside_the_prices_changes_nothing(name: str, key: str) -> None:
    known = driven(key)
    other = future_changed(known, before_prices(key, TODAY))
    weights = FORECASTERS[name]().learn(other, before_prices(key, TODAY))
    for array, again in zip(learnt(name, key).arrays.values(), weights.arrays.values(), strict=True):
        assert np.array_equal(array, again, equal_nan=array.dtype.kind == "f")
    assert same(week(name, weights, other), week(name, learnt(name, key), known))


@each_model
@each_series
def test_what_is_learnt_is_numbers_and_plain_facts(name: str, key: str) -> None:
    found = learnt(name, key)
    assert (found.model, found.series) == (name, key)
    assert found.learnt_at == before_prices(key, TODAY)
    for array in found.arrays.values():
        assert isinstance(array, np.ndarray)
        assert array.dtype.kind in "fiub"
    assert json.loads(json.dumps(dict(found.facts), allow_nan=False)) == found.facts
    assert found.facts["last_day"] == TODAY.isoformat()


@each_model
@each_series
def test_what_is_learnt_can_be_kept_and_loaded(name: str, key: str) -> None:
    found = learnt(name, key)
    file = io.BytesIO()
    np.savez(file, **found.arrays)  # type: ignore[arg-type]
    with np.load(io.BytesIO(file.getvalue()), allow_pickle=False) as loaded:
        arrays = {part: loaded[part] for part in loaded.files}
    facts = json.loads(json.dumps(dict(found.facts)))
    again = Learnt(found.model, found.series, found.learnt_at, arrays, facts)
    told, kept = week(name, found, driven(key)), week(name, again, driven(key))
    assert told.model == kept.model == name
    assert same(told, kept)


@each_model
@each_series
def test_weights_of_last_week_serve_today(name: str, key: str) -> None:
    known, weights = driven(key), learnt(name, key, 8)
    told = week(name, weights, known)
    assert told.model == name
    assert told.issued_at == before_prices(key, TODAY)
    assert np.array_equal(told.start, days_after(TODAY, 1, 7).starts(CATALOG[key].minutes(TODAY)))
    assert np.isfinite(told.quantiles).all()
    assert same(told, week(name, weights, future_changed(known, before_prices(key, TODAY))))
    fresh = week(name, learnt(name, key), known)
    assert np.abs(told.price - fresh.price).mean() < 8
    newer = replace(known.prices, value=known.prices.value + np.where(newest_week(known.prices), 40, 0))
    assert not same(told, week(name, weights, replace(known, prices=newer))), "today's prices are looked at"


@each_model
def test_a_correction_counts_only_once_it_is_known(name: str) -> None:
    key = "pvpc"
    known = before(world(key), key)
    last = known.take(known.start >= known.start[-1] - 30 * 86_400)
    told = replace(last, value=last.value + 50)
    issued_at = at_gate(key, TODAY)
    window = days_after(TODAY, 2, 8)
    results = []
    for seen in (epoch(issued_at) + 1, epoch(issued_at)):
        corrected = replace(told, available_at=np.full(len(told), seen, np.int64))
        able = fit(FORECASTERS[name](), concat([known, corrected]), issued_at)
        results.append(able.predict(window))
    unaware = fitted(name, key).predict(window)
    assert same(results[0], unaware)
    assert np.mean(results[1].price - unaware.price) > 20


@each_model
@each_series
@pytest.mark.parametrize("changed", [date(2026, 3, 29), date(2025, 10, 26)], ids=["23 hours", "25 hours"])
def test_every_slot_of_days_with_a_clock_change(name: str, key: str, changed: date) -> None:
    today = changed - timedelta(days=3)
    forecast = fitted(name, key, today).predict(days_after(today, 2, 9))
    minutes = CATALOG[key].minutes(changed)
    assert forecast.minutes == minutes
    counts = [day_slots(today + timedelta(days=n), MARKET_ZONE, minutes) for n in range(2, 10)]
    assert len(forecast.start) == sum(counts)
    assert set(np.diff(forecast.start)) == {60 * minutes}
    assert counts[1] != counts[0]


@each_model
@each_series
def test_numbers_are_whole_and_ordered(name: str, key: str) -> None:
    forecast = fitted(name, key).predict(days_after(TODAY, 2, 15))
    assert forecast.levels == LEVELS
    assert forecast.quantiles.shape == (len(LEVELS), len(forecast.start))
    for column in (forecast.price, forecast.quantiles):
        assert np.isfinite(column).all()
    assert (np.diff(forecast.quantiles, axis=0) >= 0).all()
    assert np.array_equal(forecast.p50, forecast.price)
    assert (forecast.p95 > forecast.p05).all()
    assert set(forecast.origin) == {"forecast"}
    assert (forecast.series, forecast.model) == (key, name)
    assert forecast.issued_at == at_gate(key, TODAY)
    assert forecast.known_until == days_after(TODAY, 2, 2).start


@each_model
def test_a_slot_has_one_price_whatever_the_window(name: str) -> None:
    whole = fitted(name, "spot").predict(days_after(TODAY, 2, 8))
    start = days_after(TODAY, 4, 4).start + timedelta(minutes=45)
    part = fitted(name, "spot").predict(Window(start, start + timedelta(hours=30)))
    rows = np.searchsorted(whole.start, part.start)
    assert len(part.start) == 120
    assert np.array_equal(part.price, whole.price[rows])
    assert np.array_equal(part.quantiles, whole.quantiles[:, rows])


@each_model
@each_series
def test_paths_of_the_week_have_the_quantiles(name: str, key: str) -> None:
    forecast = fitted(name, key).predict(days_after(TODAY, 2, 8))
    assert forecast.past is not None
    paths = price_paths(forecast, 100)
    for level in (0.1, 0.5, 0.9):
        asked = forecast.quantile(level)
        assert ((paths <= asked + 1e-9).mean(axis=0) > level - 0.02).all()
        assert ((paths < asked - 1e-9).mean(axis=0) < level + 0.02).all()
    assert np.array_equal(paths, price_paths(forecast, 100))


@each_model
def test_an_hourly_market_widens_the_window_to_hours(name: str) -> None:
    start = days_after(TODAY, 2, 2).start + timedelta(minutes=45)
    part = fitted(name, "pvpc").predict(Window(start, start + timedelta(minutes=30)))
    assert part.start.tolist() == [epoch(start) - 2700, epoch(start) + 900]


@pytest.fixture
def zones() -> Iterator[list[str]]:
    yield ["Pacific/Auckland", "America/Los_Angeles"]
    time.tzset()


@each_model
def test_the_same_every_time_in_every_zone(
    name: str, zones: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = week(name, learnt(name, "spot"), driven("spot"))
    model, at = FORECASTERS[name](), before_prices("spot", TODAY)
    monkeypatch.setenv("TZ", zones[0])
    time.tzset()
    weights = model.learn(driven("spot"), at)
    for zone in zones:
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert same(first, week(name, weights, driven("spot")))
    monkeypatch.undo()


@each_model
def test_holes_of_history_are_lived_with(name: str) -> None:
    full = before(world("spot"), "spot")
    random = np.random.default_rng(5)
    lost = {int(day) for day in random.choice(DAYS - 40, 12, replace=False)}
    day = (full.start - full.start[0]) // 86_400
    kept = full.take(~np.isin(day, list(lost)) & (random.random(len(full)) > 0.02))
    window = days_after(TODAY, 2, 8)
    forecast = fit(FORECASTERS[name](), kept, at_gate("spot", TODAY)).predict(window)
    assert np.isfinite(forecast.price).all()
    whole = fitted(name, "spot").predict(window)
    assert np.abs(forecast.price - whole.price).mean() < 15


@each_model
def test_a_hole_among_known_days_is_forecast_from_the_days_before(name: str) -> None:
    full = before(world("pvpc"), "pvpc")
    hole = Window(days_after(TODAY, 0, 0).start + timedelta(hours=5), days_after(TODAY, 0, 0).end)
    gone = (full.start >= epoch(hole.start)) & (full.start < epoch(hole.end))
    forecast = ready(name, full.take(~gone)).predict(hole)
    assert len(forecast.start) == 19
    assert np.abs(forecast.price - full.value[gone]).mean() < 40


@each_model
def test_too_little_history_says_how_much_is_needed(name: str) -> None:
    short = before(world("spot"), "spot")
    two_days = short.take(short.start >= epoch(days_after(TODAY, 0, 0).start))
    with pytest.raises(DataMissing, match=r"spot: 2 days .* at least 3"):
        fit(FORECASTERS[name](), two_days, at_gate("spot", TODAY))
    with pytest.raises(DataMissing, match="0 days"):
        fit(FORECASTERS[name](), short.take(slice(0, 0)), at_gate("spot", TODAY))


@each_model
def test_few_days_give_a_labelled_copy(name: str) -> None:
    known = before(world("spot"), "spot")
    four_days = known.take(known.start >= epoch(days_after(TODAY, -2, -2).start))
    forecast = fit(FORECASTERS[name](), four_days, at_gate("spot", TODAY)).predict(days_after(TODAY, 2, 8))
    assert np.isfinite(forecast.p10).all()
    assert "last known day" in forecast.model
    assert forecast.model != name


@each_model
def test_no_forecast_beyond_its_reach_or_before_history(name: str) -> None:
    able = fitted(name, "pvpc")
    with pytest.raises(DataMissing, match="reach 15 days"):
        able.predict(days_after(TODAY, 2, 17))
    with pytest.raises(DataMissing, match="first known day"):
        able.predict(days_after(FIRST, 0, 0))
    start = local_midnight(TODAY, MARKET_ZONE)
    with pytest.raises(ValueError, match="empty window"):
        able.predict(Window(start, start))


@each_model
@pytest.mark.parametrize("seeds", [1, pytest.param(4, marks=pytest.mark.soak)])
def test_bands_hold_what_they_promise(name: str, seeds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise of single hours rules here, so that a few weeks are many nearly independent trials.

    Over other seeds the share inside one window varies by 0.033, the share below by 0.040: the limits are
    three standard errors of all windows, of which a seed has two, around 0.80 and 0.10.
    """
    monkeypatch.setattr(boosting, "TREES", SERVED_TREES)
    inside, below = [], []
    for seed in range(seeds):
        series = history("pvpc", FIRST - timedelta(days=40), DAYS + 56, seed, noise=40)
        for back in (0, 40):
            today = TODAY - timedelta(days=back)
            window = days_after(today, 2, 15)
            forecast = fit(FORECASTERS[name](), series, at_gate("pvpc", today)).predict(window)
            truth = series.within(window).value
            inside.append((truth >= forecast.p10) & (truth <= forecast.p90))
            below.append(truth < forecast.p10)
    errors = 3 / np.sqrt(2 * seeds)
    assert abs(np.concatenate(inside).mean() - 0.80) < 0.033 * errors
    assert abs(np.concatenate(below).mean() - 0.10) < 0.040 * errors
