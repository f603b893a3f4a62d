"""Hourly advice over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from chocolate_factory.domain.advice import Forest
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray, local_iso
from chocolate_factory.domain.trees import Trees
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.judge_advice import Wish, learn_advice
from chocolate_factory.services.past_advice import advice_window
from chocolate_factory.services.pose_problem import market_forecast
from tests.advice_world import MODEL, NOW, TODAY, advice_ports, forecasts

PATH = "/api/v1/insights/advice"


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    return advice_ports(tmp_path)


@pytest.fixture
def client(ports: Ports) -> Iterator[TestClient]:
    with TestClient(create_app(World(ports, lambda: ports, offline=True))) as made:
        yield made


def stump(table: FloatArray, score: FloatArray, grade: IntArray) -> Forest:
    """Trees of one leaf: the mean."""
    none, zero = np.zeros(1, np.int64), np.zeros(1)
    share = np.bincount(grade, minlength=4)[None, :] / len(grade)
    return Forest(
        Trees(none, none, none, none, zero, np.array([[score.mean()]])),
        Trees(none, none, none, none, zero, share),
    )


def test_without_a_forecast_it_says_what_to_do(client: TestClient) -> None:
    answer = client.get(PATH)
    assert answer.status_code == 409
    assert "choco score" in answer.json()["hint"]


def test_the_rule_with_the_skill_of_the_trees(client: TestClient, ports: Ports) -> None:
    learn_advice(ports, Wish("spot", MODEL), forecasts(ports, 75, wrong=1), stump)
    market_forecast(ports, advice_window(NOW))
    body = client.get(PATH).json()
    assert (body["series"], body["model"], body["score_by"], body["grade_by"]) == (
        "spot",
        MODEL,
        "rule",
        "rule",
    )
    assert body["at"] == local_iso(NOW, "Europe/Madrid")
    assert body["learnt_at"] == body["at"] and body["learnt_days"] == 69
    assert set(body["skill"]["methods"]) == {"rule", "forest", "last week"}
    assert body["skill"]["methods"]["forest"]["captured"] < body["skill"]["methods"]["rule"]["captured"]
    hours = body["hours"]
    assert hours[0]["start"] == f"{TODAY}T14:00:00+01:00" and hours[0]["published"] is True
    assert hours[-1]["start"] == f"{TODAY + timedelta(days=7)}T23:00:00+01:00" and not hours[-1]["published"]
    assert {hour["score"] for hour in hours} >= {0, 100}


def test_a_fixed_contract_has_advice_at_once(tmp_path: Path) -> None:
    fixed = advice_ports(tmp_path / "fixed", kind="fixed")
    with TestClient(create_app(World(fixed, lambda: fixed, offline=True))) as client:
        body = client.get(PATH).json()
    assert (body["series"], body["score_by"], body["skill"]) == (None, "tariff", None)
