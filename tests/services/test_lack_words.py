"""What a tool says where it cannot answer: the cause itself, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import ChocolateError, DataMissing, UsageError
from chocolate_factory.domain.facts import LANGUAGES
from chocolate_factory.domain.grounding import Ground, ungrounded
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import CLI
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.assistant.lack_words import LACKS, NOTHING, WRONG, lack_words
from chocolate_factory.services.assistant.tools import call_tool
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from tests.conftest import ROOT
from tests.services.bills import plan, tell
from tests.services.ledgers import local
from tests.worlds import empty_ports, sample_ports, tiny

HOUR = timedelta(hours=1)
FEBRUARY = Window(local("2026-02-01T00:00"), local("2026-03-01T00:00"))


def empty(folder: Path) -> Ports:
    return empty_ports(folder, tiny())


def planned(folder: Path) -> Ports:
    ports = sample_ports(folder)
    make_plan(ports, PlanRequest(days=2))
    return ports


def plan_over(folder: Path) -> Ports:
    """The plan has come to its end, and no other was made."""
    ports = planned(folder)
    return replace(ports, clock=lambda: local("2026-03-14T12:00"))


def plan_without_plant(folder: Path) -> Ports:
    ports = planned(folder)
    ports.store.forget("factory", local("2030-01-01T00:00"))
    return ports


def load_and_price_apart(folder: Path) -> Ports:
    """A plan of the first half of each day, prices of the second."""
    ports = empty(folder)
    for day in range(28):
        noon = FEBRUARY.start + timedelta(days=day, hours=12)
        plan(ports, Window(noon - 12 * HOUR, noon), 5.0)
        starts = Window(noon, noon + 12 * HOUR).starts(60)
        tell(ports, "spot", starts, np.full(len(starts), 50.0))
    return ports


Case = tuple[Callable[[Path], Ports], str, dict[str, Any]]
CASES: dict[str, Case] = {
    "no_plan": (empty, "plan_summary", {}),
    "no_plan, of a why": (empty, "why_batch", {"batch": "loaf-2026-03-11-1"}),
    "no_plan, of a what-if": (empty, "what_if", {"changes": ["price=+10%"]}),
    "no_batch": (planned, "why_batch", {"batch": "nothing"}),
    "no_batch_ahead": (plan_over, "why_batch", {}),
    "plan_outdated": (plan_without_plant, "what_if", {"changes": ["price=+10%"]}),
    "no_month_load": (sample_ports, "bill", {"month": "2026-02"}),
    "no_month_prices": (empty, "bill", {"month": "2026-02"}),
    "no_whole_day": (load_and_price_apart, "bill", {"month": "2026-02"}),
    "month_to_come": (sample_ports, "bill", {"month": "2026-04"}),
    "before_tariffs": (sample_ports, "bill", {"month": "2020-01"}),
    "no_forecast": (sample_ports, "price_forecast", {}),
    "no_prices_ahead": (empty, "windows", {}),
    "no_climate": (sample_ports, "climate", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_cause_is_said(tmp_path: Path, case: str) -> None:
    made, tool, given = CASES[case]
    told = call_tool(made(tmp_path), tool, given, CLI)
    assert told.missing
    assert told.sentences[0] == LACKS[case.partition(",")[0]]
    assert len(told.sentences) == (2 if case == "no_batch" else 1), "which batches there are is told too"


def test_each_cause_has_its_words() -> None:
    code = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    assert set(re.findall(r'cause="(\w+)"', code)) == set(LACKS) == {one.partition(",")[0] for one in CASES}
    assert len(set(LACKS.values())) == len(LACKS)


@pytest.mark.parametrize("said", [*LACKS.values(), WRONG, NOTHING])
def test_no_figure_is_said_of_what_is_missing(said: tuple[str, str]) -> None:
    for sentence, language in zip(said, LANGUAGES, strict=True):
        assert ungrounded(sentence, Ground((), (), "Europe/Madrid"), language) == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DataMissing("No prices."), NOTHING),
        (UsageError("A wrong day."), WRONG),
        (UsageError("No day of it has ended.", cause="month_to_come"), LACKS["month_to_come"]),
        (DataMissing("Something new.", cause="of_tomorrow"), NOTHING),
    ],
)
def test_a_cause_without_words_is_told_by_its_kind(error: ChocolateError, said: tuple[str, str]) -> None:
    assert lack_words(error) == said
