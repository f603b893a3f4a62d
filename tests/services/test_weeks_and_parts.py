"""What weeks cost, parts of days beside others, what runs what is left, as it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.domain.roles import CLI
from chocolate_factory.services.assistant.document_tools import quoted
from chocolate_factory.services.assistant.plan_tools import body_in_force
from chocolate_factory.services.assistant.tools import call_tool
from tests.services.ledgers import at, local, press, run, settle, tell_plan
from tests.services.questions import make_ports
from tests.services.test_ledger import MORNINGS, P2, TAX, plan_week
from tests.services.test_tools_tell import DAY, MADRID, en, es, told
from tests.worlds import sample_ports


def test_a_week_tells_what_it_cost_and_saved(tmp_path: Path) -> None:
    """The week by hand from Friday 6 March at 22:00 to the next; its days are none of their own."""
    ports = press(tmp_path)
    plan_week(ports, [*MORNINGS[:2], "2026-03-11T08:00", *MORNINGS[3:]])
    settle(ports)
    saving = (10 * 0.10 + P2) * TAX
    [kept] = ports.store.find("ledger")
    arms: Any = kept.body["arms"]
    cost = arms["executed"]["eur"]
    assert cost == pytest.approx(arms["baseline"]["eur"] - saving)
    span = ("viernes 6 de marzo a las 22:00", "viernes 13 de marzo a las 22:00")
    week = (
        f"Semana cerrada del {span[0]} al {span[1]}: costó {es(cost, 2)} EUR sin IVA ni términos fijos; "
        f"ahorro: {es(saving, 2)} EUR."
    )
    bill = "La factura, con IVA y términos fijos, se sabe por meses."
    assert told(ports, "savings", day="2026-03-09", last="2026-03-13")[0] == [week, bill]
    by_weeks = "Lo gastado y lo ahorrado se saben por semanas, no por días."
    assert told(ports, "savings", day="2026-03-10")[0] == [by_weeks, week, bill]
    english = told(ports, "savings", day="2026-03-10")[1][1]
    assert f"cost {en(cost, 2)} EUR without VAT and fixed terms; saving: {en(saving, 2)} EUR" in english
    assert call_tool(ports, "savings", {"day": "2026-03-14"}, CLI).missing
    assert call_tool(ports, "savings", {"day": "2026-01-01", "last": "2026-03-14"}, CLI).missing


def test_a_week_whose_saving_is_not_known_says_so(tmp_path: Path) -> None:
    ports = press(tmp_path)
    plan_week(ports, MORNINGS)
    settle(ports)
    [kept] = ports.store.find("ledger")
    ports.store.save(replace(kept, body={**kept.body, "saving_eur": None}))
    spanish, english = told(ports, "savings", day="2026-03-10")
    assert spanish[1].endswith("ahorro: no se conoce.")
    assert english[1].endswith("saving: not known.")


def test_parts_of_days_are_compared_by_their_own_means(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path)
    night = {"day": "2026-03-10", "since": "22:00", "until": "06:00"}
    morning = {"day": "2026-03-11", "since": "06:00", "until": "14:00"}
    means = [call_tool(ports, "day_prices", one, CLI).facts["mean"].value for one in (night, morning)]
    both = night | {"than" if key == "day" else f"than_{key}": value for key, value in morning.items()}
    facts = call_tool(ports, "compare_prices", both, CLI).facts
    assert [facts["day_mean"].value, facts["than_mean"].value] == means
    assert facts["than_end"].value == local("2026-03-11T14:00")
    assert facts["difference"].value == pytest.approx(abs(float(str(means[0])) - float(str(means[1]))))


def test_what_is_left_of_today_is_told_beside_another_day(tmp_path: Path) -> None:
    """It is 10:05, and the next quarter-hour is the first that is left."""
    ports = make_ports(tmp_path)
    today, tomorrow = (ports.clock().astimezone(MADRID).date() + n * DAY for n in range(2))
    made = call_tool(ports, "advice_now", {"than": tomorrow.isoformat()}, CLI)
    rest = {"day": today.isoformat(), "since": "10:15", "until": "00:00"}
    assert made.facts["rest_mean"].value == call_tool(ports, "day_prices", rest, CLI).facts["mean"].value
    assert made.facts["rest_start"].value == ports.clock() + timedelta(minutes=10)
    whole = call_tool(ports, "day_prices", {"day": tomorrow.isoformat()}, CLI)
    assert made.facts["than_mean"].value == whole.facts["mean"].value
    assert call_tool(ports, "advice_now", {"than": today.isoformat()}, CLI).missing


def test_the_dearest_is_told_first_where_it_is_asked(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path)
    given = {"day": "2026-03-11", "hours": 1}
    first, second = told(ports, "windows", **given)[1]
    assert told(ports, "windows", **given, rank="dearest")[1] == [second, first]
    assert first.startswith("The best window")
    assert told(ports, "windows", day="2026-03-10", hours=1)[1][0] == "Only what is still to come counts."


def test_a_batch_that_is_not_there_is_told_beside_those_that_are(tmp_path: Path) -> None:
    ports = make_ports(tmp_path)
    there = {run["batch"] for run in body_in_force(ports)["answer"]["runs"]}
    for tool in ("why_batch", "plan_runs"):
        made = call_tool(ports, tool, {"batch": "negro-1"}, CLI)
        assert made.missing
        named = {fact.value for key, fact in made.facts.items() if key.startswith("batch")}
        assert named and named <= there


def test_what_runs_on_a_machine_and_what_is_left_are_those_of_the_plan(tmp_path: Path) -> None:
    """At 09:30 of Tuesday one brick is under way, the one of Monday is done and three are to come."""
    ports = at(press(tmp_path), "2026-03-10T09:30")
    spans = [(f"brick-{n}", f"2026-03-{8 + n:02}T09:00") for n in range(1, 6)]
    runs = [run(name, start) for name, start in spans]
    tell_plan(ports, ("2026-03-09T00:00", "2026-03-14T00:00"), runs[1:], runs[:1])
    [kept] = ports.store.find("plan")
    answer: Any = kept.body["answer"]
    rows = [{**row, "energy_kwh": 10.0, "cost_eur": 1.0} for row in answer["runs"]]
    advised = {name: 1.0 for name, _ in spans}
    ports.store.save(
        replace(kept, body={**kept.body, "answer": {**answer, "runs": rows}, "baseline_batches": advised})
    )
    week = call_tool(ports, "plan_runs", {"day": "2026-03-09", "last": "2026-03-13"}, CLI)
    assert [week.facts[key].value for key in ("finished", "left")] == [4, 4]
    assert told(ports, "advice_now", machine="press")[1] == [
        "Running by the plan: press of brick-2 on press, Tuesday 10 March from 09:00 to 10:00."
    ]
    later = at(ports, "2026-03-10T12:00")
    assert told(later, "advice_now", machine="press")[1] == ["By the plan nothing runs on press now."]
    left = call_tool(later, "plan_runs", {"day": "2026-03-09", "last": "2026-03-13"}, CLI).facts["left"]
    assert left.value == 3


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("¿Qué es el PVPC?", "PVPC"),
        ("what is P1", "tariff period, P1"),
        ("que es el spot", "spot price"),
        ("que es el margen", ""),
        ("what is OMIE", ""),
    ],
)
def test_a_word_alone_has_its_entry_of_the_glossary_or_no_passage(
    tmp_path: Path, question: str, entry: str
) -> None:
    found = quoted(sample_ports(tmp_path), question)
    if entry:
        assert found is not None
        assert found.spoken("en")[1].startswith(entry)
    else:
        assert found is None
