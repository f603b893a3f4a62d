"""The use case over a real store: what was known then, spliced, stored and read again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.paths import price_paths
from chocolate_factory.domain.ports import Fitted, Known, Learnt, Record, Store
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import (
    Window,
    day_window,
    epoch,
    hours_over,
    local_midnight,
    planning_window,
)
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.forecast_prices import (
    ForecastRequest,
    forecast_json,
    forecast_prices,
    latest_forecast,
    make_forecast,
    stored_forecast,
)
from tests.unit.forecasters.markets import drivers, early
from tests.unit.forecasters.samples import at_gate, history

TODAY = date(2026, 3, 10)
NOW = at_gate("spot", TODAY)
WEEK = planning_window(NOW, 7, MARKET_ZONE)
NAIVE = FORECASTERS["naive-kind"]
NAMES = ("p05", "p10", "p50", "p90", "p95")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Sixty days of prices and ten that are not known yet."""
    store = SqliteStore(tmp_path / "store.sqlite")
    for key in ("spot", "pvpc"):
        store.write(history(key, TODAY - timedelta(days=60), 70))
    return store


class Refusing:
    """A forecaster that must not be asked."""

    name = "refusing"
    beside = ("wind_forecast",)

    def learn(self, known: Known, at: datetime) -> Learnt:
        raise AssertionError("asked")

    def ready(self, learnt: Learnt, known: Known, at: datetime) -> Fitted:
        raise AssertionError("asked")


@dataclass
class Listening:
    """Naive-kind that notes what it was given."""

    name: str = "listening"
    beside: tuple[str, ...] = ()
    learnt: list[Known] = field(default_factory=list)
    given: Series | None = None
    known: Known | None = None
    asked: Window | None = None
    weights: Learnt | None = None

    def learn(self, known: Known, at: datetime) -> Learnt:
        self.learnt.append(known)
        return NAIVE().learn(known, at)

    def ready(self, learnt: Learnt, known: Known, at: datetime) -> Fitted:
        self.given, self.known, self.weights = known.prices, known, learnt
        self.fitted = NAIVE().ready(learnt, known, at)
        return self

    def predict(self, window: Window) -> Forecast:
        self.asked = window
        return self.fitted.predict(window)


@pytest.mark.parametrize(("key", "known_days"), [("spot", 2), ("pvpc", 1)])
def test_published_first_then_forecast(store: Store, key: str, known_days: int) -> None:
    result = forecast_prices(ForecastRequest(key, WEEK), store, NAIVE(), NOW)
    end = local_midnight(TODAY + timedelta(days=known_days), MARKET_ZONE)
    spoken = result.start < epoch(end)
    assert np.array_equal(result.start, WEEK.starts(15))
    assert set(result.origin[spoken]) == {"published"}
    assert set(result.origin[~spoken]) == {"forecast"}
    truth = store.read(key, Window(hours_over(WEEK).start, end), NOW)
    step = 1 if key == "spot" else 4
    offset = (epoch(WEEK.start) - int(truth.start[0])) // 900
    assert np.array_equal(result.price[spoken], np.repeat(truth.value, step)[offset:])
    assert np.isfinite(result.price).all()
    assert (result.known_until, result.issued_at, result.model) == (end, NOW, "naive-kind")


def test_the_model_sees_what_was_known_and_is_asked_for_the_rest(store: Store) -> None:
    model = Listening()
    forecast_prices(ForecastRequest("spot", WEEK, history_days=20), store, model, NOW)
    assert model.given is not None
    assert model.given.available_at.max() <= epoch(NOW)
    assert model.given.start[0] == epoch(NOW) // 3600 * 3600 - 20 * 86_400
    tomorrow_end = local_midnight(TODAY + timedelta(days=2), MARKET_ZONE)
    assert model.given.start[-1] == epoch(tomorrow_end) - 900
    assert model.asked == Window(tomorrow_end, WEEK.end)


@pytest.mark.parametrize(("now", "newest"), [(early(TODAY), 1), (early(TODAY) - timedelta(hours=4), 0)])
def test_series_beside_the_price_are_read_as_known_now(store: Store, now: datetime, newest: int) -> None:
    for series in drivers(TODAY - timedelta(days=40), 45).values():
        store.write(series)
    model = Listening(beside=("wind_forecast", "solar_forecast", "spot"))
    forecast_prices(ForecastRequest("spot", WEEK, history_days=20), store, model, now)
    for known in (model.known, *model.learnt):
        assert known is not None
        assert set(known.beside) == {"wind_forecast", "solar_forecast"}, "not the price itself"
        for key, series in known.beside.items():
            assert series.key == key
            assert series.available_at.max() <= epoch(now)
            assert series.start[0] == epoch(now) // 3600 * 3600 - 20 * 86_400
            end = local_midnight(TODAY + timedelta(days=newest + 1), MARKET_ZONE)
            assert series.start[-1] == epoch(end) - 3600


def test_series_beside_the_price_come_with_their_earlier_revisions(store: Store) -> None:
    wind = drivers(TODAY - timedelta(days=40), 45)["wind_forecast"]
    ten_hours_later = replace(wind, value=wind.value + 1, available_at=wind.available_at + 36_000)
    day = day_window(TODAY - timedelta(days=9), MARKET_ZONE)
    store.write(wind)
    store.write(ten_hours_later.within(day))
    model = Listening(beside=("wind_forecast",))
    forecast_prices(ForecastRequest("spot", WEEK, history_days=20), store, model, NOW)
    assert model.known is not None
    told = model.known.beside["wind_forecast"].within(day)
    assert np.array_equal(told.value[0::2], wind.within(day).value)
    assert np.array_equal(told.value[1::2], wind.within(day).value + 1)


def test_a_series_that_is_not_stored_is_empty(store: Store) -> None:
    model = Listening(beside=("wind_forecast",))
    forecast_prices(ForecastRequest("spot", WEEK), store, model, NOW)
    assert model.known is not None
    assert len(model.known.beside["wind_forecast"]) == 0


def test_kept_weights_are_used_instead_of_learning(store: Store) -> None:
    model = Listening()
    prices = store.read("spot", Window(NOW - timedelta(days=40), NOW), NOW)
    kept = NAIVE().learn(Known(prices), NOW - timedelta(days=1))
    asked: list[tuple[str, str, datetime]] = []

    def weights(name: str, series: str, now: datetime) -> Learnt | None:
        asked.append((name, series, now))
        return kept if series == "spot" else None

    forecast_prices(ForecastRequest("spot", WEEK), store, model, NOW, weights)
    assert (model.learnt, model.weights) == ([], kept)
    late = at_gate("pvpc", TODAY)
    forecast_prices(ForecastRequest("pvpc", WEEK), store, model, late, weights)
    assert len(model.learnt) == 1
    assert asked == [("listening", "spot", NOW), ("listening", "pvpc", late)]


def test_a_short_window_still_learns_from_all_that_is_published(store: Store, tmp_path: Path) -> None:
    model = Listening()
    late = at_gate("pvpc", TODAY)
    hole = Window(late - timedelta(hours=30), late - timedelta(hours=29))
    holed = SqliteStore(tmp_path / "holed.sqlite")
    full = store.read("pvpc", Window(NOW - timedelta(days=70), NOW + timedelta(days=9)), None)
    holed.write(full.take((full.start < epoch(hole.start)) | (full.start >= epoch(hole.end))))
    window = Window(hole.start - timedelta(hours=1), hole.end + timedelta(hours=1))
    forecast_prices(ForecastRequest("pvpc", window), holed, model, late)
    assert model.given is not None
    assert model.given.start[-1] == epoch(local_midnight(TODAY + timedelta(days=2), MARKET_ZONE)) - 3600


def test_a_hole_among_published_slots_is_a_labelled_forecast(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite")
    full = history("pvpc", TODAY - timedelta(days=60), 62)
    lost = epoch(local_midnight(TODAY + timedelta(days=1), MARKET_ZONE)) + 5 * 3600
    store.write(full.take(full.start != lost))
    now = at_gate("pvpc", TODAY)
    window = planning_window(now, 1, MARKET_ZONE)
    result = forecast_prices(ForecastRequest("pvpc", window), store, NAIVE(), now)
    hole = (result.start >= lost) & (result.start < lost + 3600)
    assert hole.sum() == 4
    assert set(result.origin[hole]) == {"forecast"}
    assert set(result.origin[~hole]) == {"published"}
    assert (result.p10[hole] < result.p90[hole]).all()


def test_no_model_is_asked_when_all_is_published(store: Store) -> None:
    window = Window(NOW, NOW + timedelta(hours=12))
    result = forecast_prices(ForecastRequest("spot", window), store, Refusing(), NOW)
    assert result.model == "published prices"
    assert (result.quantiles == result.price).all()
    assert stored_forecast(store, "spot") is not None


def test_the_json_keeps_the_contract_and_comes_back(store: Store) -> None:
    result = forecast_prices(ForecastRequest("spot", WEEK), store, NAIVE(), NOW)
    body = forecast_json(result)
    assert list(body) == ["series", "issued_at", "model", "resolution_min", "points"]
    assert body["issued_at"] == "2026-03-10T13:30:00+01:00"
    assert body["points"][0]["start"] == "2026-03-10T13:30:00+01:00"
    assert list(body["points"][0]) == ["start", "origin", "price_eur_mwh", *NAMES]
    assert len(body["points"]) == len(result.start)
    assert latest_forecast(store, "spot") == body
    again = stored_forecast(store, "spot")
    assert again is not None
    for name in ("series", "model", "minutes", "issued_at", "known_until"):
        assert getattr(again, name) == getattr(result, name)
    assert np.array_equal(again.start, result.start)
    assert np.array_equal(again.origin, result.origin)
    for name in ("price", *NAMES):
        assert getattr(again, name) == pytest.approx(getattr(result, name), abs=5e-5)


def test_a_record_without_the_outer_quantiles_is_read(store: Store) -> None:
    forecast_prices(ForecastRequest("spot", WEEK), store, NAIVE(), NOW)
    body = latest_forecast(store, "spot")
    for point in body["points"]:
        del point["p05"], point["p95"]
    store.save(Record("forecast", "spot/older/1", NOW + timedelta(minutes=1), body))
    again = stored_forecast(store, "spot")
    assert again is not None
    assert again.levels == (0.1, 0.5, 0.9)
    assert forecast_json(again) == body


def test_paths_of_a_spliced_forecast(store: Store) -> None:
    result = forecast_prices(ForecastRequest("spot", WEEK), store, NAIVE(), NOW)
    paths = price_paths(result, 20)
    ahead = result.origin == "forecast"
    assert paths.shape == (20, len(result.start))
    assert np.isfinite(paths).all()
    assert (paths[:, ~ahead] == result.price[~ahead]).all()
    assert 0.6 < ((paths >= result.p10) & (paths <= result.p90))[:, ahead].mean() < 0.95


def test_slots_nobody_knows_are_left_out_of_the_json(store: Store) -> None:
    result = forecast_prices(ForecastRequest("spot", WEEK), store, NAIVE(), NOW)
    price = result.price.copy()
    price[3] = np.nan
    assert len(forecast_json(replace(result, price=price))["points"]) == len(price) - 1


def test_the_newest_of_a_series_is_found_behind_others(store: Store) -> None:
    window = Window(NOW, NOW + timedelta(hours=2))
    forecast_prices(ForecastRequest("spot", window), store, Refusing(), NOW)
    for minutes in range(1, 31):
        later = NOW + timedelta(minutes=minutes)
        forecast_prices(ForecastRequest("pvpc", window), store, Refusing(), later)
    found = stored_forecast(store, "spot")
    newest = stored_forecast(store, "pvpc")
    assert found is not None
    assert newest is not None
    assert (found.issued_at, newest.issued_at) == (NOW, NOW + timedelta(minutes=30))
    assert len(store.find("forecast")) == 31


@pytest.mark.parametrize(
    ("later", "model", "shown"),
    [
        ([("naive-kind", 7, 5)], "naive-kind", 5),
        ([("naive-kind", 1, 5)], "naive-kind", 0),
        ([("naive-week", 7, 5)], "naive-kind", 0),
        ([("naive-week", 7, 5)], "boosting", 5),
        ([("naive-week", 7, 5), ("naive-kind", 1, 9)], "boosting", 5),
        ([("naive-kind", 1, 35 * 60)], "naive-kind", 0),
        ([("naive-kind", 1, 37 * 60)], "naive-kind", 37 * 60),
    ],
)
def test_a_short_forecast_or_a_try_hides_no_week(
    store: Store, later: list[tuple[str, int, int]], model: str, shown: int
) -> None:
    """Forecasts by (model, days, minutes after the first, of a week): which of them is shown."""
    for name, days, minutes in [("naive-kind", 7, 0), *later]:
        at = NOW + timedelta(minutes=minutes)
        request = ForecastRequest("spot", planning_window(at, days, MARKET_ZONE))
        forecast_prices(request, store, FORECASTERS[name](), at)
    found = stored_forecast(store, "spot", model=model)
    assert found is not None
    assert found.issued_at == NOW + timedelta(minutes=shown)
    before = stored_forecast(store, "spot", NOW + timedelta(minutes=4), model)
    assert before is not None
    assert before.issued_at == NOW


def test_a_label_names_the_model_that_was_asked(store: Store) -> None:
    body = forecast_json(make_forecast(ForecastRequest("spot", WEEK), store.revisions, NAIVE(), NOW))
    for minute, label in enumerate(("naive-kind (boosting needs 150 days, 61 are known)", "naive-kind")):
        at = NOW + timedelta(minutes=minute)
        store.save(Record("forecast", f"spot/{minute}", at, {**body, "model": label}))
    assert latest_forecast(store, "spot", model="boosting")["model"].endswith("61 are known)")
    assert latest_forecast(store, "spot", model="naive-kind")["model"] == "naive-kind"


def test_nothing_stored_says_what_to_do(tmp_path: Path) -> None:
    bare = SqliteStore(tmp_path / "bare.sqlite")
    with pytest.raises(DataMissing, match="No spot prices"):
        forecast_prices(ForecastRequest("spot", WEEK), bare, NAIVE(), NOW)
    assert stored_forecast(bare, "spot") is None
    with pytest.raises(DataMissing, match="No forecast of spot"):
        latest_forecast(bare, "spot")


def test_a_later_world_does_not_change_an_old_answer(store: Store) -> None:
    before = forecast_prices(ForecastRequest("spot", WEEK), store, NAIVE(), NOW)
    day = Window(NOW - timedelta(days=7), NOW)
    old = store.read("spot", day, NOW)
    later = np.full(len(old), epoch(datetime(2026, 3, 12, 11, tzinfo=UTC)), np.int64)
    store.write(replace(old, value=old.value + 99, available_at=later))
    again = forecast_prices(ForecastRequest("spot", WEEK), store, NAIVE(), NOW)
    assert forecast_json(again) == forecast_json(before)
