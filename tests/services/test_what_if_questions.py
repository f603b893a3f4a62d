"""What-if questions in words: which change they ask for, what is told of it, and that nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.facts import LANGUAGES, number_text
from chocolate_factory.domain.ports import Ports, Progress
from chocolate_factory.domain.problem import Problem, Solution, solution_cost_eur
from chocolate_factory.domain.roles import CLI
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from chocolate_factory.services.ask_question import Question, ask_question
from chocolate_factory.services.assistant import phrases, what_if_tools
from chocolate_factory.services.assistant.desk import Desk
from chocolate_factory.services.assistant.hearing import Names
from chocolate_factory.services.assistant.tools import call_tool
from chocolate_factory.services.assistant.understand import understand
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.what_if import Wish, what_if
from tests.worlds import sample_ports

NAMES = Names(("mixer", "oven", "moulding line"), ("loaf", "standard"), "Tiny plant")


@pytest.mark.parametrize(
    ("question", "changes"),
    [
        ("¿Y si la luz sube un 10 %?", "price=+10%"),
        ("¿Qué pasa si el precio baja un diez por ciento?", "price=-10%"),
        ("What if prices fall by 20%?", "price=-20%"),
        ("What would the plan cost if electricity were twice as expensive?", "price=+100%"),
        ("What if power were 20 percent cheaper?", "price=-20%"),
        ("¿Qué pasa si se rompe el oven?", "machine:oven=-1"),
        ("What happens if the moulding line fails?", "machine:moulding line=-1"),
        ("¿Cuánto costaría el plan si tuviera otro mixer?", "machine:mixer=+1"),
        ("What if we had two more ovens?", "machine:oven=+2"),
        ("What if we had five ovens?", "machine:oven=5"),
        ("¿Y si la demanda crece un 20 %?", "demand=+20%"),
        ("What if demand for loaf drops 15 percent?", "demand:loaf=-15%"),
        ("¿Y si se duplican los pedidos?", "demand=+100%"),
        ("¿Y si contratamos 10 kW más?", "power=+10"),
        ("¿Y si bajamos la potencia contratada a 40 kW?", "power=40"),
        ("What if contracted power were 100 kW?", "power=100"),
        ("¿Y si pasamos a la tarifa 6.1TD?", "tariff=6.1TD"),
        ("¿Y si ponemos una batería de 50 kWh?", "battery.capacity_kwh=50"),
        ("What if we had 30 kWp of solar panels?", "pv.kwp=30"),
        ("¿Y si no trabajamos el viernes?", "shift:fri=none"),
        ("What if there were a shift on Saturday from 6:00 to 14:00?", "shift:sat=06:00-14:00"),
        ("¿Y si añadimos un turno de 22:00 a 24:00?", "shift=22:00-24:00"),
        ("¿Y si el precio sube un 10 % y la demanda baja un 5 %?", "price=+10% demand=-5%"),
        ("¿Cuánto ahorraríamos con una batería de 100 kWh?", "battery.capacity_kwh=100"),
        ("¿Qué coste tendría el plan sin un oven?", "machine:oven=-1"),
        ("What if we lose two ovens and demand rises 10%?", "machine:oven=-2 demand=+10%"),
        ("¿Y si la luz sube un treinta y cinco por ciento?", "price=+35%"),
        ("What if prices rise by two hundred and five percent?", "price=+205%"),
        ("¿Y si la luz sube un 1,5 %?", "price=+1.5%"),
        ("¿Y si la demanda baja un 2,5 % y la luz sube un 3 %?", "demand=-2.5% price=+3%"),
        ("¿Y si contratamos 1.200 kW?", "power=1200"),
        ("What if we contracted 1,200 kW?", "power=1200"),
        ("¿Y si contratamos 10 kW menos en P1?", "power:P1=-10"),
        ("What if contracted power gets a 40 kW increase?", "power=+40"),
        ("What if we raise contracted power to 150 kW?", "power=150"),
        ("¿Y si la luz sube un uno por ciento?", "price=+1%"),
        ("¿Y si la luz sube un cien por cien?", "price=+100%"),
        ("¿Cuánto menos ahorraríamos si la luz sube un 10 %?", "price=+10%"),
        ("How much less would we save if prices rise 10%?", "price=+10%"),
        ("If prices fall 10%, how much more do we save?", "price=-10%"),
        ("¿Y si la luz fuera un 10 % menos cara?", "price=-10%"),
        ("¿Y si el precio cae a la mitad?", "price=-50%"),
        ("What if prices rise 10% and the mixer breaks?", "price=+10% machine:mixer=-1"),
        ("¿Y si hay 30 kWp de placas y la luz baja un cinco por ciento?", "pv.kwp=30 price=-5%"),
        ("¿Y si se rompen los dos ovens?", "machine:oven=-2"),
        ("What if one of the ovens breaks down?", "machine:oven=-1"),
        ("What if we had only one oven?", "machine:oven=1"),
        ("What if we add a 50 kWh battery?", "battery.capacity_kwh=+50"),
        ("¿Y si no tuviéramos placas solares?", "pv=none"),
        ("What if we work Saturdays from 6am to 2pm?", "shift:sat=06:00-14:00"),
        ("¿Y si no trabajamos el lunes y el martes?", "shift:mon,tue=none"),
        ("¿Cuánto ahorraríamos sin el oven y con la luz un 10 % más barata?", "machine:oven=-1 price=-10%"),
        (
            "¿Y si la luz sube un 10 %, baja la demanda un 5 % y se rompe el mixer?",
            "price=+10% demand=-5% machine:mixer=-1",
        ),
        ("¿Y si llueve mañana?", ""),
        ("What if prices change by 10%?", ""),
    ],
)
def test_which_change_is_asked_for(question: str, changes: str) -> None:
    found = understand(question, NAMES, date(2026, 3, 10))
    assert (found.kind, found.tool, " ".join(found.asked.changes)) == ("answer", "what_if", changes)


@pytest.mark.parametrize(
    "question",
    [
        "¿Y si contratamos 1,200 kW?",
        "What if prices rise 1.000%?",
        "¿Y si la luz no sube un 10 %?",
        "What if prices don’t rise 10%?",
        "¿Y si no se rompe el oven?",
        "¿Y si no cerramos el viernes?",
        "¿Y si no trabajamos de 22 a 24?",
        "¿Y si trabajamos de lunes a viernes de 6 a 14?",
        "What if we work on Saturday from 6 to 2pm?",
        "What if prices rise 10% and it rains?",
        "What if prices rise 10% and the mixers break?",
        "If prices rise 10%, what happens without the oven?",
        "How much do we save if prices rise 10% and it snows?",
        "How much would we save with a 50 kWh battery if prices rise 10%?",
        "¿Cuánto ahorraríamos si la luz sube entre un 10 y un 20 %?",
        "¿Y si la luz sube más de un 10 %?",
        "¿Y si la luz sube veinte y treinta por ciento?",
        "¿Y si la luz sube dos coma cinco por ciento?",
        "¿Y si la luz baja un 10 % menos?",
        "¿Y si el precio sube la mitad?",
        "¿Y si el impuesto eléctrico sube un 10 %?",
        "¿Y si sube un 10 % el precio de la potencia contratada?",
        "What if production costs rise 10%?",
        "What if loaf is 10% more expensive?",
        "What if contracted power falls from 60 to 40 kW?",
        "¿Y si bajamos la potencia contratada a un 80 %?",
        "¿Y si ponemos dos baterías de 50 kWh?",
        "¿Y si tuviéramos más ovens?",
        "¿Y si la luz sube un 10 % y la luz baja un 5 %?",
    ],
)
def test_what_is_not_understood_whole_is_told_so(question: str) -> None:
    """No change is read from a part of it, and no other tool answers in its place."""
    found = understand(question, NAMES, date(2026, 3, 10))
    assert (found.kind, found.tool, found.asked.changes) == ("answer", "what_if", ())


@pytest.mark.parametrize(
    "question",
    [
        "¿Y si la luz sube un 10 % mañana?",
        "What if the mixer is down for 3 hours?",
        "que pasa si pierdo la mixer dos dias",
        "what if the mixer breaks down this week",
    ],
)
def test_a_change_for_some_time_is_said_to_be_none(question: str) -> None:
    found = understand(question, NAMES, date(2026, 3, 10))
    assert (found.kind, found.tool, found.asked.changes) == ("unknown", "what_if", ())
    assert found.said == phrases.WHOLE_PLAN[found.language]


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("Dime si hay alertas", "alerts"),
        ("¿Sí o no hay huecos?", "holes"),
        ("¿Y si hay alertas?", "alerts"),
        ("Tell me if data are missing", "holes"),
        ("¿Sería mejor si espero?", "advice_now"),
        ("¿Cuánto costaría producir mañana?", "day_prices"),
        ("Dime si la luz sube un 10 % mañana", "compare_prices"),
        ("When is it cheapest if I run 3 hours in the oven?", "machine_windows"),
    ],
)
def test_other_questions_stay_what_they_are(question: str, tool: str) -> None:
    assert understand(question, NAMES, date(2026, 3, 10)).tool == tool


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    made = sample_ports(tmp_path_factory.mktemp("what-if-questions"))
    make_plan(made, PlanRequest(days=2))
    return made


def ask(ports: Ports, text: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    events = list(ask_question(ports, ports.store, Desk(), Question(text, "test")))
    facts = {fact["name"]: fact["value"] for fact in events[-2].data["facts"]}
    return "".join(e.data["text"] for e in events if e.kind == "text"), facts, events[-1].data


def test_the_figures_are_those_of_the_comparison(ports: Ports) -> None:
    before = ports.store.stamps()
    text, facts, done = ask(ports, "¿Y si la luz sube un 10 %?")
    row = what_if(ports, Wish(("price=+10%",), seconds=what_if_tools.SECONDS))
    assert done["outcome"] == "answered", text
    assert facts["present_cost"] == pytest.approx(row["present"]["cost_eur"], abs=1e-6)
    assert facts["changed_cost"] == pytest.approx(row["what_if"]["cost_eur"], abs=1e-6)
    assert facts["difference"] == pytest.approx(facts["changed_cost"] - facts["present_cost"], abs=1e-9)
    assert facts["least"] <= facts["difference"] + 1e-6 <= facts["most"] + 2e-6
    assert (facts["change1_amount"], facts["present_late"], facts["changed_late"]) == (10.0, 0, 0)
    assert "precio de la energía +10 %" in text
    changed = {key for key, stamp in ports.store.stamps().items() if before.get(key) != stamp}
    assert changed == {"record/question"}, "a what-if leaves nothing but the record of the question"


class Dearest:
    """A planner that takes the dearest hours."""

    def solve(self, problem: Problem, time_limit: float, progress: Progress | None = None) -> Solution:
        turned = replace(problem, price_eur_kwh=-problem.price_eur_kwh, excess=())
        found = HighsPlanner().solve(turned, time_limit)
        cost = solution_cost_eur(problem, found.jobs)
        return replace(found, cost_eur=cost, bound_eur=0.0)


def test_what_the_stored_plan_says_is_told_beside_what_is_solved_again(tmp_path: Path) -> None:
    made = sample_ports(tmp_path)
    stored = make_plan(replace(made, planner=Dearest()), PlanRequest(days=2))["cost_eur"]
    row = what_if(made, Wish(("price=+10%",), seconds=what_if_tools.SECONDS))
    again, more = row["present"]["cost_eur"], row["what_if"]["cost_eur"]
    assert again < stored - 0.1, "a plan that can be bettered"
    assert row["plan_cost_eur"] == stored
    spanish, facts, _ = ask(made, "¿Y si la luz sube un 10 %?")
    english, _, _ = ask(made, "What if prices rise 10%?")
    assert facts["plan_cost"] == stored
    assert facts["present_cost"] == pytest.approx(again, abs=1e-6)
    es, en = ([number_text(eur, "EUR", one) for eur in (stored, again, more)] for one in LANGUAGES)
    assert f"El plan vigente dice {es[0]}. Resuelto de nuevo" in spanish
    assert f"cuesta {es[1]}, y con el cambio {es[2]}:" in spanish
    assert f"The plan in force says {en[0]}. Solved again" in english
    assert f"it costs {en[1]}, with the change {en[2]}:" in english


def test_a_decimal_is_told_as_the_language_writes_it(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if_tools, "SECONDS", 0.2)
    text, facts, done = ask(ports, "¿Y si la luz sube un 2,75 %?")
    assert (done["outcome"], facts["change1_amount"]) == ("answered", 2.75)
    assert "precio de la energía +2,75 %" in text
    assert "price of energy +2.75 %" in ask(ports, "What if prices rise by 2.75%?")[0]


def test_a_machine_away_makes_batches_late(ports: Ports) -> None:
    text, facts, done = ask(ports, "What happens if the mixer breaks down?")
    assert done["outcome"] == "answered", text
    assert facts["changed_late"] > 0
    assert "do not compare like with like" in text
    assert facts["change1_name"] == "mixer"


def test_what_cannot_be_is_said(ports: Ports) -> None:
    text, facts, done = ask(ports, "¿Y si quitamos 3 mixer?")
    assert (done["outcome"], facts) == ("missing", {})
    assert "no admite ese cambio" in text
    text, _, done = ask(ports, "What if it rains?")
    assert (done["outcome"], "did not understand" in text) == ("missing", True)


@pytest.mark.parametrize(
    "changes",
    [
        "price=+10%",
        [],
        ["rm -rf"],
        ["price"],
        ["price=+1%"] * 9,
        [7],
        ["price=" + "1" * 200],
        [["price=+1%"]],
    ],
)
def test_wrong_changes_are_refused(ports: Ports, changes: Any) -> None:
    with pytest.raises(UsageError, match="what_if"):
        call_tool(ports, "what_if", {"changes": changes}, CLI)


@pytest.mark.parametrize("change", [" price = +10% ", "price =+10%", "machine : oven=-1"])
def test_spaces_of_a_change_do_no_harm(ports: Ports, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.setattr(what_if_tools, "SECONDS", 0.2)
    told = call_tool(ports, "what_if", {"changes": [change]}, CLI)
    assert [one.value for one in told.facts.values() if one.name == "change1"] == [change.replace(" ", "")]


def test_one_comparison_at_a_time(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if_tools, "WAIT_S", 0.01)
    with what_if_tools.SOLVING:
        text, facts, done = ask(ports, "¿Y si la luz sube un 10 %?")
    assert (done["outcome"], facts) == ("missing", {})
    assert "otra comparación en marcha" in text
