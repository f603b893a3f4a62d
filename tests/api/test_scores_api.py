"""The live record over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import planning_window
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.forecast_prices import ForecastRequest, forecast_prices
from chocolate_factory.services.score_forecasts import score_forecasts
from tests.unit.forecasters.samples import at_gate, history
from tests.worlds import empty_ports, tiny

TODAY = date(2026, 3, 10)
PATH = "/api/v1/forecasts/scores"


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    now = at_gate("pvpc", TODAY + timedelta(days=4))
    made = replace(empty_ports(tmp_path, tiny(), now), sample=False)
    for key in ("spot", "pvpc"):
        made.store.write(history(key, TODAY - timedelta(days=60), 70))
    return made


@pytest.fixture
def client(ports: Ports) -> Iterator[TestClient]:
    with TestClient(create_app(World(ports, lambda: ports, offline=True))) as made:
        yield made


def test_nothing_is_scored_yet(client: TestClient) -> None:
    answer = client.get(PATH)
    assert answer.status_code == 200
    assert answer.json() == {
        "sample": False,
        "as_of": "2026-03-14T20:30:00+01:00",
        "first": "2025-12-16",
        "last": "2026-03-15",
        "unit": "EUR/MWh",
        "overall_leads": [2, 3, 4, 5, 6, 7],
        "compared_with": "naive-kind",
        "records": [],
    }


def test_the_record_of_both_series(client: TestClient, ports: Ports) -> None:
    for key in ("spot", "pvpc"):
        now = at_gate(key, TODAY)
        request = ForecastRequest(key, planning_window(now, 7, MARKET_ZONE))
        forecast_prices(request, ports.store, FORECASTERS["naive-week"](), now)
    score_forecasts(ports)
    body = client.get(PATH).json()
    assert [(one["series"], one["model"]) for one in body["records"]] == [
        ("pvpc", "naive-week"),
        ("spot", "naive-week"),
    ]
    for record in body["records"]:
        assert set(record) == {"series", "model", "remarked", "overall", "leads", "weeks", "drift"}
        assert (record["overall"]["forecasts"], record["overall"]["provisional"]) == (1, 1)
        assert (record["overall"]["hours"], record["overall"]["rmae_week"]) == (96, 1)
        assert [one["lead"] for one in record["leads"]] == [2, 3, 4, 5]
        assert 0 <= record["overall"]["coverage_80"] <= 1
        assert (record["drift"]["state"], record["drift"]["past_p"]) == ("too little", None)
    (spot,) = client.get(PATH, params={"series": "spot", "days": 1}).json()["records"]
    assert [one["lead"] for one in spot["leads"]] == [5], "one day of delivery: tomorrow"


@pytest.mark.parametrize("query", [{"series": "gas"}, {"days": 0}, {"days": 801}, {"window": 3}])
def test_wrong_questions(client: TestClient, query: dict[str, str]) -> None:
    answer = client.get(PATH, params=query)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:chocolate-factory:UsageError"
