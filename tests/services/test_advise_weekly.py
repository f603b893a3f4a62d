"""Hourly advice that serving learns by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.infrastructure.advisers import ADVISERS, forest
from chocolate_factory.infrastructure.advisers.forest import SETTINGS
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.forecast_prices import KIND as FORECAST
from chocolate_factory.services.forecast_prices import forecast_json
from chocolate_factory.services.judge_advice import KIND
from chocolate_factory.tasks.keep_fresh import learn_hours
from tests.advice_world import MODEL, NOW, advice_ports, forecasts
from tests.services.test_advice import as_forecast

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def small_forest() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SETTINGS, "n_estimators", 4)
        patch.setattr(forest, "MOST_ROWS", 1000)
        yield


def look(ports: Ports, after: timedelta = timedelta(0)) -> dict[str, object]:
    """What the job noted when it looked so long after NOW."""
    later = replace(ports, clock=lambda: NOW + after, forecaster=MODEL)
    learn_hours(World(later, lambda: later, offline=True), ADVISERS["forest"])
    return dict(ports.store.find("sync", id="advice", limit=1)[0].body)


def test_too_few_stored_forecasts_are_said(tmp_path: Path) -> None:
    ports = advice_ports(tmp_path)
    noted = look(ports)
    assert noted["learnt"] is False
    assert "0 days" in str(noted["why"])
    assert look(ports, DAY)["learnt"] is False


def test_learnt_from_stored_forecasts_once_a_week(tmp_path: Path) -> None:
    ports = advice_ports(tmp_path)
    for one in forecasts(ports, 72, wrong=45):
        body = forecast_json(as_forecast(one, MODEL))
        ports.store.save(Record(FORECAST, f"spot/{MODEL}/{one.at}", one.at, body))
    assert look(ports)["learnt"] is True
    first = ports.store.find(KIND)[0]
    assert first.id == f"spot/{MODEL}"
    assert look(ports, 2 * DAY)["learnt"] is False
    assert ports.store.find(KIND)[0].at == first.at
    assert look(ports, 7 * DAY)["learnt"] is True
    assert ports.store.find(KIND)[0].at == NOW + 7 * DAY
