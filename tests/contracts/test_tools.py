"""Every tool of the registry: facts with units, both languages, nothing said beyond them, nothing written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.facts import DECIMALS, LANGUAGES, NAME, SENTENCE
from chocolate_factory.domain.grounding import Ground, ungrounded
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import CLI, Act
from chocolate_factory.services.assistant.asked import FIELDS, Asked, asked_from
from chocolate_factory.services.assistant.tools import TOOLS, call_tool
from chocolate_factory.tasks.keep_fresh import plan_when_needed, sync_prices
from chocolate_factory.tasks.runner import run_job
from tests.worlds import empty_ports, sample_world, tiny

FILLED: dict[str, Any] = {
    **{"day": "2026-03-11", "at": "14:30", "hours": 2, "month": "2026-02", "days": 20},
    **{"batch": "loaf-2026-03-11-1", "machine": "oven", "product": "loaf", "series": "spot"},
    **{"since": "08:00", "until": "14:00", "last": "2026-03-12", "than": "2026-03-10"},
    **{"than_last": "2026-03-10", "than_at": "20:00", "period": "P2"},
    **{"than_since": "08:00", "than_until": "14:00", "rank": "dearest"},
    **{"which": "last", "quantity": "rain"},
    **{"query": "¿Qué es el ahorro?", "changes": ["price=+10%"], "address": "100.101.102.103"},
}
HOSTILE = [
    "'; DROP TABLE series; --",
    "x" * 500,
    10**30,
    -1,
    True,
    [1],
    {"a": 1},
    "9999-99-99",
    "\x00",
    1e308,
]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    world = sample_world(tmp_path_factory.mktemp("tools"))
    assert run_job("sync", lambda w: sync_prices(w, 60), world)
    assert run_job("plan", plan_when_needed, world)
    return world.ports()


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
def test_tells_facts_and_nothing_beyond(ports: Ports, name: str, filled: bool) -> None:
    tool, stamps = TOOLS[name], dict(ports.store.stamps())
    told = call_tool(ports, name, {key: FILLED[key] for key in tool.takes} if filled else {}, CLI)
    assert told.facts or told.missing
    assert told.sample is (tool.act is not Act.READ_NODES), "the network is real, whatever the prices are"
    names = (*(m.name for m in ports.factory.machines), *(p.name for p in ports.factory.products))
    ground = Ground(tuple(told.facts.values()), names, told.zone)
    for language in LANGUAGES:
        assert told.spoken(language)
        for sentence in told.spoken(language):
            assert ungrounded(sentence, ground, language) == [], sentence
    for fact in told.facts.values():
        assert fact.id.startswith(f"{name}.")
        assert fact.as_of == ports.clock()
        assert fact.unit in {*DECIMALS, NAME, SENTENCE}
        assert {fact.text(language) for language in LANGUAGES} != {""}
    json.dumps(told.to_json(), allow_nan=False)
    assert dict(ports.store.stamps()) == stamps


@pytest.mark.parametrize("name", TOOLS)
def test_says_that_data_are_missing_in_an_empty_store(tmp_path_factory: Any, name: str) -> None:
    bare = empty_ports(tmp_path_factory.mktemp("bare"), tiny())
    told = call_tool(bare, name, {}, CLI)
    if name not in {
        "factory_facts",
        "tariff_periods",
        "orders",
        "data_health",
        "alerts",
        "holes",
        "shifts",
        "time_now",
    }:
        assert told.missing
    assert told.spoken("es")


@pytest.mark.parametrize("name", TOOLS)
def test_refuses_what_it_cannot_take(ports: Ports, name: str) -> None:
    with pytest.raises(UsageError):
        call_tool(ports, name, {"path": "/etc/passwd"}, CLI)
    for field in TOOLS[name].takes:
        for value in HOSTILE:
            try:
                call_tool(ports, name, {field: value}, CLI)
            except UsageError:
                continue
            assert field in {"batch", "machine", "product", "query"}, (field, value)


def repr_of_type(value: Any) -> str:
    """A name of a case: whole numbers of thousands of digits have no text."""
    return value if isinstance(value, str) else type(value).__name__


@pytest.mark.parametrize(
    ("tool", "field", "value"),
    [
        *(("holes", "days", value) for value in (10**400, 10**5000, float("nan"), 7.5)),
        *(("windows", "hours", value) for value in (10**400, -(10**5000), float("inf"))),
        ("what_if", "changes", [10**5000]),
        *(("price_at", "at", value) for value in ("14:30+05:00", "T14", "1430", "14:30:15", "24:00")),
        *(("price_at", "day", value) for value in ("2026-W01-1", "20260311", "2026-3-11", "2026-02-30")),
    ],
    ids=repr_of_type,
)
def test_refuses_what_the_schema_of_a_field_does_not_allow(tool: str, field: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"^{tool}: {field} cannot be "):
        asked_from(TOOLS[tool], {field: value})


def test_schemas_name_every_field() -> None:
    assert set(FIELDS) == set(Asked.__dataclass_fields__)
    assert {field for tool in TOOLS.values() for field in tool.takes} == set(FIELDS)
    with pytest.raises(UsageError):
        call_tool(None, "rm", {}, CLI)  # type: ignore[arg-type]
