"""Figures for Prometheus: its own parser reads them, and they tell what the API tells."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from pathlib import Path

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from chocolate_factory.domain.jobs import Every
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.tasks.keep_fresh import plan_when_needed
from chocolate_factory.tasks.runner import Job, Scheduler
from tests.conftest import ROOT
from tests.worlds import sample_ports


def test_figures_are_readable_and_true(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path)
    world = World(ports, lambda: ports, offline=True)
    plan_when_needed(world)
    client = TestClient(create_app(world), client=("127.0.0.1", 50000))
    plan = client.get("/api/v1/plans/latest").json()
    client.get("/api/v1/plans/nothing-like-it")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["choco_sample",] == 1
    assert found["choco_plan_cost_eur",] == plan["cost_eur"]
    assert found["choco_plan_gap_ratio",] == plan["mip_gap"]
    assert found["choco_series_state", "spot", "ok"] == 1
    assert found["choco_http_requests_total", "/api/v1/plans/latest", "200"] == 1
    assert found["choco_http_requests_total", "/api/v1/plans/{plan_id}", "404"] == 1
    assert found["choco_http_seconds_count", "/api/v1/plans/latest"] == 1


def test_the_grafana_dashboard_asks_for_figures_that_exist(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path)
    world = World(ports, lambda: ports, offline=True)
    plan_when_needed(world)
    Scheduler(world, (Job("count", lambda _: None, Every(60), 60.0),), lambda _: nullcontext(True)).turn()
    client = TestClient(create_app(world), client=("127.0.0.1", 50000))
    client.get("/version")
    text = client.get("/metrics").text
    dashboard = json.loads((ROOT / "docker" / "grafana" / "chocolate-factory.json").read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for name in re.findall(r"choco_\w+", panel["targets"][0]["expr"])
    }
    assert len(asked) >= 10
    assert [name for name in asked if f"\n{name}" not in text] == []
