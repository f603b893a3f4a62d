"""Hourly advice over a real store: learnt from what was known then, judged by what came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.advice import Forest, cheapness, grades
from chocolate_factory.domain.advice_inputs import BLOCKS, INPUTS, inputs
from chocolate_factory.domain.backtest import Origin, Told, Track
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.series import Series, concat, empty
from chocolate_factory.domain.slots import epoch
from chocolate_factory.infrastructure.advisers import ADVISERS, forest
from chocolate_factory.infrastructure.advisers.forest import SETTINGS
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.advise_hours import advise_from_stored, advise_hours
from chocolate_factory.services.forecast_prices import KIND as FORECAST
from chocolate_factory.services.forecast_prices import forecast_json
from chocolate_factory.services.judge_advice import KIND, Wish, learn_advice, lesson, walk_forward
from chocolate_factory.services.past_advice import (
    HourlyForecast,
    advice_window,
    of_records,
    of_told,
    one_a_day,
    outlook_of,
    past_cases,
)
from tests.advice_world import MODEL, NOW, TODAY, advice_ports, forecasts
from tests.unit.forecasters.samples import GATE, at_gate

WISH = Wish("spot", MODEL)
GROW = ADVISERS["forest"]
HOURS = 24 * 8 - 14


@pytest.fixture(scope="module", autouse=True)
def small_forest() -> Iterator[None]:
    """Fewer trees: what is tested here does not depend on their number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SETTINGS, "n_estimators", 12)
        patch.setattr(forest, "MOST_ROWS", 2500)
        yield


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    """Read by all; nothing is written to its store."""
    return advice_ports(tmp_path_factory.mktemp("advice"))


@pytest.fixture(scope="module")
def told(ports: Ports) -> list[HourlyForecast]:
    return forecasts(ports, 102, wrong=45)


@pytest.fixture(scope="module")
def learnt(
    tmp_path_factory: pytest.TempPathFactory, told: list[HourlyForecast]
) -> tuple[Ports, dict[str, Any]]:
    own = advice_ports(tmp_path_factory.mktemp("learnt"))
    return own, learn_advice(own, WISH, told, GROW)


@pytest.fixture
def kept(learnt: tuple[Ports, dict[str, Any]]) -> Iterator[Ports]:
    """The world that has learnt, with its record put back afterwards."""
    own = learnt[0]
    record = own.store.find(KIND)[0]
    yield own
    own.store.save(record)


def as_forecast(told: HourlyForecast, model: str = MODEL) -> Forecast:
    """As a model would have told it."""
    return Forecast(
        series="spot",
        model=model,
        issued_at=told.at,
        known_until=told.at,
        minutes=60,
        start=told.start,
        origin=np.full(len(told.start), "forecast"),
        price=told.price,
        levels=(0.1, 0.5, 0.9),
        quantiles=np.array([told.low, told.price, told.high]),
    )


def test_trees_that_know_better_are_shown_with_their_skill(kept: Ports, told: list[HourlyForecast]) -> None:
    answer = advise_hours(kept, as_forecast(told[-1]))
    assert (answer["score_by"], answer["grade_by"]) == ("forest", "forest")
    assert "significantly better scores and grades" in answer["why"]
    skill = answer["skill"]
    assert skill["score_p"] < 0.05
    rule, trees = skill["methods"]["rule"], skill["methods"]["forest"]
    assert trees["captured"] > rule["captured"] + 0.02
    assert trees["accuracy"] > rule["accuracy"] + 0.05
    assert skill["cheapest_hours_eur_kwh"] < trees["best_hours_eur_kwh"] < skill["all_hours_eur_kwh"]
    assert skill["to_come"] == 6
    assert len(answer["hours"]) == HOURS
    late = [
        hour for hour in answer["hours"] if hour["start"][11:13] in {"23", "00"} and not hour["published"]
    ]
    assert np.mean([hour["score"] - hour["rule_score"] for hour in late]) > 10, "what the forecast gets wrong"
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_the_rule_stays_where_it_cannot_be_beaten(ports: Ports, tmp_path: Path) -> None:
    own = replace(ports, store=SqliteStore(tmp_path / "own.sqlite"))
    own.store.load(ports.store.revisions("spot", ports.store.span("spot")))  # type: ignore[arg-type]
    right = forecasts(ports, 102, wrong=0)
    learn_advice(own, WISH, right, GROW)
    answer = advise_hours(own, as_forecast(right[-1]))
    assert (answer["score_by"], answer["grade_by"]) == ("rule", "rule")
    assert "were not significantly better" in answer["why"]
    assert all(hour["score"] == hour["rule_score"] for hour in answer["hours"])
    outlook = outlook_of(own, "spot", right[-1])
    assert [hour["score"] for hour in answer["hours"]] == np.round(cheapness(outlook.cost), 1).tolist()


def test_too_few_past_days_are_refused_and_the_rule_says_so(
    ports: Ports, told: list[HourlyForecast], tmp_path: Path
) -> None:
    with pytest.raises(DataMissing, match="59 days of spot forecasts by naive-kind have come true"):
        learn_advice(ports, WISH, told[-65:], GROW)
    answer = advise_hours(ports, as_forecast(told[-1]))
    assert (answer["score_by"], answer["skill"]) == ("rule", None)
    assert "Nothing was learnt" in answer["why"]
    assert ports.store.find(KIND) == []


def test_the_trees_know_nothing_that_was_not_known(ports: Ports, told: list[HourlyForecast]) -> None:
    past = past_cases(ports, "spot", told, NOW)
    lessons = [lesson(one) for one in past.cases]
    seen: list[int] = []

    def grow(table: Any, score: Any, grade: Any) -> Forest:
        seen.append(len(table))
        return GROW(table[:200], score[:200], grade[:200])

    tested, said = walk_forward(lessons, grow)
    first = tested[0].outlook.at
    before = [one for one in lessons if one.case.known_from <= first]
    assert seen[0] == sum(len(one.table) for one in before)
    assert max(one.case.outlook.at for one in before) <= first - timedelta(days=6)
    assert len(before) == 60
    assert {len(own) for own in said.values()} == {len(tested)}


def test_the_future_does_not_reach_the_inputs(
    ports: Ports, told: list[HourlyForecast], tmp_path: Path
) -> None:
    one = told[50]
    whole = ports.store.revisions("spot", ports.store.span("spot"))  # type: ignore[arg-type]
    later = whole.available_at > epoch(one.at)
    other = SqliteStore(tmp_path / "other.sqlite")
    changed = whole.take(later)
    other.write(concat([whole.take(~later), replace(changed, value=500 - changed.value)]))
    outlooks = [outlook_of(replace(ports, store=store), "spot", one) for store in (ports.store, other)]
    first, second = (inputs(outlook) for outlook in outlooks)
    assert np.array_equal(first, second)
    real = [
        past_cases(replace(ports, store=s), "spot", [one], NOW).cases[0].real for s in (ports.store, other)
    ]
    assert not np.allclose(cheapness(real[0]), cheapness(real[1])), "targets are what happened"
    assert not np.array_equal(grades(real[0]), grades(real[1]))


@pytest.mark.parametrize("block", list(BLOCKS))
def test_every_block_of_inputs_counts(
    learnt: tuple[Ports, dict[str, Any]], told: list[HourlyForecast], block: str
) -> None:
    past = past_cases(learnt[0], "spot", told[30:60], NOW)
    lessons = [lesson(one) for one in past.cases]
    table, score, grade = (
        np.concatenate([getattr(x, name) for x in lessons]) for name in ("table", "score", "grade")
    )
    grown = GROW(table, score, grade)
    zeroed = table * ~np.isin(INPUTS, BLOCKS[block])
    assert not np.allclose(grown.score.tell(table), grown.score.tell(zeroed))
    assert not np.allclose(grown.grade.tell(table), grown.grade.tell(zeroed))


def saved(ports: Ports, **changes: Any) -> None:
    """The record of what was learnt, changed."""
    record = ports.store.find(KIND)[0]
    ports.store.save(replace(record, body={**record.body, **changes}))


def test_what_no_longer_fits_is_not_used(kept: Ports, told: list[HourlyForecast]) -> None:
    forecast = as_forecast(told[-1])
    packed = kept.store.find(KIND)[0].body["forest"]
    for changes, why in (
        ({"inputs": ["rank"]}, "another version"),
        ({"contract": "other"}, "contract has changed"),
        ({"forest": {**packed, "score": {**packed["score"], "sha256": ""}}}, "damaged"),  # type: ignore[dict-item]
    ):
        record = kept.store.find(KIND)[0]
        saved(kept, **changes)
        answer = advise_hours(kept, forecast)
        assert answer["score_by"] == "rule" and why in answer["why"]
        kept.store.save(record)
    late = replace(kept, clock=lambda: NOW + timedelta(days=50))
    assert "older than 45 days" in advise_hours(late, as_forecast(moved(told[-1], 50)))["why"]
    early = replace(kept, clock=lambda: NOW - timedelta(days=1))
    assert "Nothing was learnt" in advise_hours(early, as_forecast(told[-2]))["why"], (
        "learnt after that moment"
    )
    other = advise_hours(kept, as_forecast(told[-1], "naive-week (a remark)"))
    assert "by naive-week yet" in other["why"]


def moved(told: HourlyForecast, days: int) -> HourlyForecast:
    return replace(told, at=told.at + timedelta(days=days), start=told.start + 86_400 * days)


def test_stored_forecasts_are_learnt_from(ports: Ports, told: list[HourlyForecast], tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "own.sqlite")
    for one, model in ((told[3], MODEL), (told[4], "boosting"), (told[5], f"{MODEL} (a remark)")):
        body = forecast_json(as_forecast(one, model))
        store.save(Record(FORECAST, f"spot/{model}/{one.at}", one.at, body))
    found = of_records(store, "spot", MODEL, NOW)
    assert sorted(one.at for one in found) == [told[3].at, told[5].at]
    assert np.allclose(found[-1].low, np.round(told[3].low, 4))
    assert of_records(store, "pvpc", MODEL, NOW) == []
    assert [x is y for x, y in zip(one_a_day(found[-1:], told[3:5]), [found[-1], told[4]], strict=True)] == [
        True
    ] * 2


def test_origins_of_a_test_are_learnt_from() -> None:
    track = Track("spot", GATE["spot"])

    def said(model: str, label: str, refused: str = "") -> Told:
        start, price = np.array([epoch(NOW)]), np.array([5.0])
        return Told(Origin(track, TODAY, model), label, start, price, {0.1: price - 1}, 0, 0, refused)

    found = of_told(
        [
            said(MODEL, MODEL),
            said("boosting", "boosting"),
            said(MODEL, "", "short"),
            said(MODEL, "other (x)"),
        ],
        MODEL,
    )
    assert len(found) == 1
    assert (found[0].low.tolist(), found[0].high.tolist()) == ([4.0], [5.0]), "no band told: the price"


def test_a_fixed_contract_needs_no_forecast(tmp_path: Path) -> None:
    fixed = advice_ports(tmp_path, kind="fixed")
    answer = advise_hours(fixed, None)
    assert (answer["series"], answer["score_by"], answer["grade_by"]) == (None, "tariff", "tariff")
    assert len(answer["hours"]) == HOURS
    assert advise_from_stored(fixed) == answer
    best = max(answer["hours"], key=lambda hour: hour["score"])
    assert best["price_eur_kwh"] == min(hour["price_eur_kwh"] for hour in answer["hours"])


def test_the_rule_follows_the_tariff_of_a_pvpc_home(tmp_path: Path) -> None:
    own = advice_ports(tmp_path, at_gate("pvpc", TODAY), kind="pvpc")
    told = forecasts(own, 1, wrong=0)[0]
    answer = advise_hours(own, replace(as_forecast(told), series="pvpc"))
    assert answer["series"] == "pvpc"
    assert {hour["grade"] for hour in answer["hours"]} == {"Optimal", "Moderate", "Reduced", "Halt"}


def test_holes_and_short_history_are_said(kept: Ports, told: list[HourlyForecast], tmp_path: Path) -> None:
    whole = kept.store.revisions("spot", kept.store.span("spot"))  # type: ignore[arg-type]
    day = epoch(NOW) - 5 * 86_400
    for number, rows in enumerate(
        (whole.start >= epoch(NOW) - 5 * 86_400, (whole.start < day) | (whole.start >= day + 86_400 * 2))
    ):
        store = SqliteStore(tmp_path / f"{number}.sqlite")
        store.write(whole.take(rows))
        store.save(kept.store.find(KIND)[0])
        answer = advise_hours(replace(kept, store=store), as_forecast(told[-1]))
        assert answer["score_by"] == "rule" and "holes" in answer["why"]
        past = past_cases(replace(kept, store=store), "spot", told[-12:-8], NOW)
        assert past.cases == [] and past.holed + past.to_come == 4
    nothing = replace(kept, store=SqliteStore(tmp_path / "none.sqlite"))
    beyond = replace(told[-1], start=told[-1].start + 40 * 86_400)
    with pytest.raises(DataMissing, match="No price"):
        advise_hours(nothing, as_forecast(beyond))


def test_an_unknown_hour_of_the_week_is_left_out(kept: Ports, told: list[HourlyForecast]) -> None:
    keep = np.ones(len(told[-1].start), bool)
    keep[30] = False
    one = told[-1]
    holed = replace(one, **{name: getattr(one, name)[keep] for name in ("start", "price", "low", "high")})
    answer = advise_hours(kept, as_forecast(holed))
    assert len(answer["hours"]) == HOURS - 1
    assert "holes" in answer["why"]


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-27T13:30:00+01:00", 177), ("2025-10-22T13:30:00+02:00", 179)]
)
def test_weeks_with_a_change_of_clocks(ports: Ports, day: str, hours: int) -> None:
    at = datetime.fromisoformat(day)
    window = advice_window(at)
    assert window.slot_count(60) == hours
    start = window.starts(60)
    told = HourlyForecast(
        at, MODEL, start, 50.0 + np.arange(hours), 40.0 + np.arange(hours), 60.0 + np.arange(hours)
    )
    outlook = outlook_of(replace(ports, store=_store_of(ports, at)), "spot", told)
    assert len(outlook.start) == hours
    assert np.isfinite(outlook.cost).all()


def _store_of(ports: Ports, at: datetime) -> Any:
    class Only:
        def read(self, key: str, window: Any, as_of: datetime) -> Series:
            assert as_of == at
            return empty(key)

    return Only()


def test_a_flat_week_and_an_absurd_one(kept: Ports, told: list[HourlyForecast]) -> None:
    flat = np.full(len(told[-1].start), 40.0)
    for price in (flat, flat * 0 - 400, flat * 100):
        answer = advise_hours(kept, as_forecast(replace(told[-1], price=price, low=price, high=price)))
        assert all(0 <= hour["score"] <= 100 for hour in answer["hours"])


def test_advice_from_the_stored_forecast(kept: Ports, told: list[HourlyForecast], tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="No forecast of spot of the last 36 hours"):
        advise_from_stored(replace(kept, store=SqliteStore(tmp_path / "none.sqlite")))
    own = replace(kept, store=SqliteStore(tmp_path / "own.sqlite"))
    own.store.load(kept.store.revisions("spot", kept.store.span("spot")))  # type: ignore[arg-type]
    own.store.save(kept.store.find(KIND)[0])
    one = told[-1]
    own.store.save(Record(FORECAST, "spot/x", one.at, forecast_json(as_forecast(one))))
    answer = advise_from_stored(own)
    assert answer["score_by"] == "forest"
    late = replace(own, clock=lambda: NOW + timedelta(hours=12))
    after = advise_from_stored(late)
    assert len(after["hours"]) == len(answer["hours"]) - 12, "the last day of the week is not told yet"
    assert after["window"]["end"] == answer["window"]["end"]
    with pytest.raises(DataMissing):
        advise_from_stored(replace(own, clock=lambda: NOW + timedelta(hours=37)))
