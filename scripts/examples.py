"""Write the examples of the OpenAPI document: shortened answers of a small made-up plant.

In the project folder: `python -m scripts.examples`, then `make fix`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi.testclient import TestClient
from tests.api.planned import MARK, planned_world

from chocolate_factory.api.openapi import EXAMPLES
from chocolate_factory.main import create_app

ROWS = 2
READS = (
    "/health",
    "/ready",
    "/version",
    "/api/v1/me",
    "/api/v1/dashboard",
    "/api/v1/prices",
    "/api/v1/prices/latest",
    "/api/v1/prices/stats",
    "/api/v1/forecasts",
    "/api/v1/forecasts/latest",
    "/api/v1/models",
    "/api/v1/weather/current",
    "/api/v1/weather/forecast",
    "/api/v1/data",
    "/api/v1/plans",
    "/api/v1/plans/latest",
    "/api/v1/plans/{before}/diff/{after}",
    "/api/v1/plans/latest/runs/{batch}/why",
    "/api/v1/production/log",
    "/api/v1/production/stock",
    "/api/v1/insights/windows",
    "/api/v1/insights/alerts",
)
ORDERS = {"/api/v1/production/stock": {"product": "loaf", "kg": 150}}


def shortened(body: Any) -> Any:
    """The same with at most two rows in every list."""
    if isinstance(body, list):
        return [shortened(row) for row in body[:ROWS]]
    if isinstance(body, dict):
        return {name: shortened(value) for name, value in body.items()}
    return body


def answers(folder: Path) -> dict[str, Any]:
    """Examples by operation."""
    world = planned_world(folder)
    store = world.ports().store
    after, before = store.find("plan", limit=2)
    answer: Any = after.body["answer"]
    names = {"plan_id": after.id, "before": before.id, "after": after.id, "batch": answer["runs"][0]["batch"]}
    found = {}
    with TestClient(create_app(world), client=("127.0.0.1", 50000)) as client:
        for path, order in ORDERS.items():
            told = client.post(path, json=order, headers=MARK)
            told.raise_for_status()
            found[f"POST {path}"] = shortened(told.json())
        for path in READS:
            told = client.get(path.format(**names))
            told.raise_for_status()
            found[f"GET {path}"] = shortened(told.json())
    # The lines of a bill fill pages; docs/bills.md tells of them.
    for plan in (found["GET /api/v1/plans/latest"], found["GET /api/v1/dashboard"]["plan"]):
        plan["bill"] = {
            name: told for name, told in plan["bill"].items() if not isinstance(told, dict | list)
        }
    return found


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        made = answers(Path(name))
    text = json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    EXAMPLES.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{EXAMPLES.name}: {len(made)} answers, {len(text)} characters\n")
