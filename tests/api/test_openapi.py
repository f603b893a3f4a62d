"""The whole OpenAPI document against the application: nothing fails inside, every answer is as it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chocolate_factory.api.openapi import TAGS
from chocolate_factory.domain.roles import DEVELOPMENT, Role
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from tests.api.planned import MARK, planned_ports

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "docs" / "openapi.json").read_text("utf-8"))
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
STREAMS = {"GET /api/v1/events"}
"""Never end; tests/api/test_events.py is about them."""
SOLVING = {"POST /api/v1/plans", "POST /api/v1/plans/what-if", "POST /api/v1/plans/latest/runs/{batch}/why"}
"""A right question costs a solve: in the quick tier they get wrong ones only."""
ASKED = sorted(OPERATIONS.keys() - STREAMS)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
QUICK, LONG = 6, 150


class Plant:
    """The application of a small plant, open to everybody, and names that it knows."""

    def __init__(self, folder: Path) -> None:
        ports = planned_ports(folder)
        rules = replace(DEVELOPMENT, anyone=Role.ADMIN, posts_per_minute=10**6)
        self.app = create_app(World(ports, lambda: ports), rules=rules)
        after, before = ports.store.find("plan", limit=2)
        answer: Any = after.body["answer"]
        batch = answer["runs"][0]["batch"]
        self.known = {
            "plan_id": after.id,
            "before": before.id,
            "after": after.id,
            "batch": batch,
            "name": "plan",
        }
        schema = schemathesis.openapi.from_asgi("/openapi.json", self.app, headers={"Host": "127.0.0.1"})
        self.operations = {found.label: found for found in (one.ok() for one in schema.get_all_operations())}


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    yield Plant(tmp_path_factory.mktemp("openapi"))


def ask(plant: Plant, label: str, mode: GenerationMode, count: int) -> None:
    """Generated questions to one operation, every other one about something that is there."""
    asked = 0

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=plant.operations[label].as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        nonlocal asked
        asked += 1
        named = plant.known.keys() & (case.path_parameters or {}).keys()
        if asked % 2 and mode is GenerationMode.POSITIVE:
            case.path_parameters.update({name: plant.known[name] for name in named})
            for name in plant.known.keys() & (case.body.keys() if isinstance(case.body, dict) else set()):
                case.body[name] = plant.known[name]
        answer = case.call(headers={**MARK, "Host": "127.0.0.1"})
        case.validate_response(answer, checks=CHECKS)
        if label.startswith("GET") and answer.status_code == 200:
            assert answer.headers["etag"] and answer.headers["cache-control"]

    run()


def takes_anything(label: str) -> bool:
    """Whether a question to an operation can be wrong by its schema: it has a part that not any text fits."""
    told = OPERATIONS[label]
    strict = [one for one in told.get("parameters", ()) if one["in"] != "path" or "pattern" in one["schema"]]
    return "requestBody" in told or bool(strict)


@pytest.mark.parametrize("label", [label for label in ASKED if label not in SOLVING])
def test_right_questions(plant: Plant, label: str) -> None:
    ask(plant, label, GenerationMode.POSITIVE, QUICK)


@pytest.mark.parametrize("label", [label for label in ASKED if takes_anything(label)])
def test_wrong_questions(plant: Plant, label: str) -> None:
    ask(plant, label, GenerationMode.NEGATIVE, QUICK)


@pytest.mark.soak
@pytest.mark.parametrize("label", ASKED)
def test_many_questions(plant: Plant, label: str) -> None:
    """Half a minute each of those that solve, with a second a solve; the rest some seconds."""
    ask(plant, label, GenerationMode.POSITIVE, 20 if label in SOLVING else LONG)
    if takes_anything(label):
        ask(plant, label, GenerationMode.NEGATIVE, LONG)


def test_every_operation_says_what_it_is_in_a_line() -> None:
    for label, told in OPERATIONS.items():
        assert re.fullmatch(r"[A-Z][^\n]{8,150}", told["summary"]), label
        assert not told["summary"].endswith("."), label
        assert set(told["tags"]) <= TAGS.keys(), label


def test_every_problem_is_problem_json_and_the_framework_s_own_are_gone() -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for label, told in OPERATIONS.items():
        for status, answer in told["responses"].items():
            if status == "default" or (int(status) >= 400 and label != "GET /ready"):
                assert answer["content"] == problem, f"{label} {status}"
        assert {"401", "403", "503", "default"} <= told["responses"].keys(), label
    assert not {"HTTPValidationError", "ValidationError"} & DOCUMENT["components"]["schemas"].keys()


EXAMPLES = {
    label: body["example"]
    for label, told in OPERATIONS.items()
    for answer in told["responses"].values()
    for body in answer.get("content", {}).values()
    if "example" in body
}


@pytest.mark.parametrize("label", sorted(EXAMPLES))
def test_every_example_is_an_answer(label: str) -> None:
    [told] = [
        OPERATIONS[label]["responses"][status]
        for status in ("200", "201")
        if status in OPERATIONS[label]["responses"]
    ]
    schema = told["content"]["application/json"]["schema"]
    whole = {**schema, "components": DOCUMENT["components"]}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    assert [str(error.message) for error in validator.iter_errors(EXAMPLES[label])] == []


def test_what_people_use_has_an_example() -> None:
    used = {
        "dashboard",
        "prices",
        "prices/latest",
        "prices/stats",
        "forecasts/latest",
        "plans",
        "plans/latest",
        "data",
    }
    used |= {"production/log", "production/stock", "insights/windows", "insights/alerts"}
    assert {f"GET /api/v1/{name}" for name in used} <= EXAMPLES.keys()
    assert EXAMPLES["GET /api/v1/dashboard"]["prices"]["points"], "an example shows something"
