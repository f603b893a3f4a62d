"""Every question, answered by rules and by Claude against a stand-in: right outcome, tool and facts.

What Claude says is made here from the facts that the test computes. The run leaves a report of all questions
in `CHOCO_ARTEFACTS`, by default `tests/artefacts`: questions.md and questions.json.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chocolate_factory.domain.facts import MONTHS, WEEKDAYS, Language
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.publication import published
from chocolate_factory.domain.series import Origin
from chocolate_factory.domain.slots import day_window, epoch
from chocolate_factory.infrastructure.assistants.claude import Claude, ClaudePlace
from chocolate_factory.services.ask_question import Desk, Event, Question, ask_question
from tests.conftest import ROOT, Upstream
from tests.services.questions import CASES, LONG, MADRID, NOW, SUNDAY, TODAY, Case, Value, at, make_ports
from tests.services.untraceable import untraceable

KEPT = Path(os.environ.get("CHOCO_ARTEFACTS", ROOT / "tests" / "artefacts"))
MODEL = "claude-haiku-4-5"
USAGE = {"input_tokens": 1000, "output_tokens": 100}
COST_EUR = (1000 * 1.0 + 100 * 5.0) / 1e6
EXTRA = ("current_price", "data_health")
IDS = [case.text for case in CASES]
Row = dict[str, Any]

SAID: dict[str, tuple[str, int, str, str]] = {
    "price": ("EUR/kWh", 4, "Se paga {}", "You pay {}"),
    "market": ("EUR/MWh", 2, "En el mercado: {}", "On the market: {}"),
    "hours": ("h", 2, "Duración: {}", "Length: {}"),
    "money": ("EUR", 2, "Son {}", "That is {}"),
    "energy": ("kWh", 1, "Energía: {}", "Energy: {}"),
    "power": ("kW", 1, "Potencia: {}", "Power: {}"),
    "kg": ("kg", 0, "Cantidad: {}", "Amount: {}"),
    "count": ("", 0, "El recuento es {}", "The count is {}"),
}
KINDS = {
    **{"mean": "price", "lowest": "price", "highest": "price", "cost": "money", "saving": "money"},
    **{"days": "count", "batches": "count", "p1": "power"},
    **{"difference": "price"},
}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    return make_ports(tmp_path_factory.mktemp("questions"))


@pytest.fixture(scope="module")
def claude(upstream_server: Upstream) -> Desk:
    made = Claude(ClaudePlace(f"{upstream_server.url}/anthropic", "a-key", MODEL))
    return Desk(assistant=lambda: made)


@pytest.fixture(scope="module")
def report() -> Iterator[dict[str, Row]]:
    rows: dict[str, Row] = {case.text: {} for case in CASES}
    yield rows
    if all({"rules", "claude"} <= set(row) for row in rows.values()):
        write_report(rows)


def test_there_are_enough_in_both_languages() -> None:
    assert len({case.text for case in CASES}) == len(CASES) >= 120
    assert min(sum(case.language == language for case in CASES) for language in ("es", "en")) >= 50


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_rules(ports: Ports, report: dict[str, Row], case: Case) -> None:
    begun = time.perf_counter()
    events = list(ask_question(ports, ports.store, Desk(), Question(case.text, "test")))
    row = report[case.text]["rules"] = row_of(events, time.perf_counter() - begun)
    check(ports, case, events, row)
    assert (row["tools"], row["outcome"]) == ([case.tool] if case.tool else [], case.outcome), row["text"]
    report[case.text]["rules"]["verdict"] = "ok"


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=IDS)
def test_claude(
    ports: Ports, upstream_server: Upstream, claude: Desk, report: dict[str, Row], number: int, case: Case
) -> None:
    said, tools = honest(ports, case), [case.tool] if case.tool else []
    script: list[Row] = [{"text": said, "usage": USAGE}]
    if case.tool:
        calls = [uses(case.tool, case.given)]
        if number % 7 == 0:
            calls += [uses(name, {}) for name in EXTRA if name != case.tool]
            tools += [name for name in EXTRA if name != case.tool]
        script.insert(0, {"content": calls, "usage": USAGE})
        if number % 5 == 0:
            script.insert(0, {"content": [uses(case.tool, {"path": "/etc/passwd"})], "usage": USAGE})
    upstream_server.control("anthropic", method="DELETE")
    upstream_server.control("anthropic", {"responses": script})
    begun = time.perf_counter()
    events = list(ask_question(ports, ports.store, claude, Question(case.text, "test")))
    row = report[case.text]["claude"] = row_of(events, time.perf_counter() - begun)
    check(ports, case, events, row)
    assert (row["by"], row["notice"]) == (MODEL, "")
    assert row["text"] == said
    assert row["tools"] == tools
    assert row["outcome"] == ("missing" if case.outcome == "missing" else "answered")
    assert row["cost_eur"] == pytest.approx(len(script) * COST_EUR)
    report[case.text]["claude"]["verdict"] = "ok"


def check(ports: Ports, case: Case, events: list[Event], row: Row) -> None:
    """The language, the facts that the store says, and no figure without one."""
    assert row["language"] == case.language
    assert row["text"]
    by_name = {fact["id"].rpartition(".")[2]: fact["value"] for fact in reversed(row["facts"])}
    for name, expected in case.facts:
        want = expected(ports)
        if isinstance(want, datetime):
            assert datetime.fromisoformat(by_name[name]) == want, name
        elif isinstance(want, date | str):
            assert by_name[name] == str(want), name
        else:
            assert by_name[name] == pytest.approx(float(want), abs=1e-6), name
    assert row["untraceable"] == []


def row_of(events: list[Event], seconds: float) -> Row:
    """What an answer was, as the report has it."""
    done, facts = events[-1].data, events[-2].data["facts"]
    text = "".join(event.data["text"] for event in events if event.kind == "text").strip()
    return {
        "text": text,
        "language": done["language"],
        "outcome": done["outcome"],
        "by": done["answered_by"],
        "notice": done["notice"],
        "tools": [event.data["name"] for event in events if event.kind == "tool"],
        "facts": [{key: fact[key] for key in ("id", "value", "unit")} for fact in facts],
        "untraceable": untraceable(text, facts, done["language"]),
        "cost_eur": done["cost_eur"],
        "ms": round(1000 * seconds, 1),
        "verdict": "failed",
    }


def uses(name: str, given: Any) -> Row:
    """A call of a tool, as the model asks for it."""
    return {"type": "tool_use", "name": name, "input": dict(given)}


def honest(ports: Ports, case: Case) -> str:
    """What a truthful model says: sentences of the facts as the store has them."""
    spanish = case.language == "es"
    told = [sentence(name, expected(ports), case.language) for name, expected in case.facts]
    if case.outcome == "missing":
        told.insert(0, "Faltan datos para eso." if spanish else "Data for that are missing.")
    if not case.tool:
        told.append("Eso no lo sé: solo conozco esta planta." if spanish else "I only know of this plant.")
    return " ".join(told or ["Es lo que hay." if spanish else "That is all there is."])


def sentence(name: str, value: Value, language: Language) -> str:
    """A fact in words of the test's own."""
    spanish = language == "es"
    if isinstance(value, datetime | date):
        return f"{'Es el' if spanish else 'That is'} {moment_words(value, language)}."
    if isinstance(value, str):
        return f"{'Es' if spanish else 'It is'} {value}."
    kind = next((KINDS.get(part, part) for part in name.split("_")[::-1] if part in {*KINDS, *SAID}), "count")
    if name.startswith(("market", "now_market")):
        kind = "market"
    unit, places, es, en = SAID[kind]
    text = f"{float(value) + 0.0:,.{places}f}"
    if spanish:
        text = text.translate(str.maketrans(",.", ".,"))
    return (es if spanish else en).format(f"{text} {unit}".strip()) + "."


def moment_words(value: date, language: Language) -> str:
    """A day, and a time where there is one, as people write them at the site."""
    local = value.astimezone(ZoneInfo(MADRID)) if isinstance(value, datetime) else None
    day = local.date() if local else value
    weekday, month = WEEKDAYS[language][day.weekday()], MONTHS[language][day.month - 1]
    text = f"{weekday} {day.day} de {month} de {day.year}" if language == "es" else ""
    text = text or f"{weekday}, {day.day} {month} {day.year}"
    if local is None:
        return text
    zone = f" {local.tzname()}" if day == LONG and local.hour == 2 else ""
    return f"{text} {'a las' if language == 'es' else 'at'} {local:%H:%M}{zone}"


def write_report(rows: dict[str, Row]) -> None:
    """The report for people and for programs."""
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = [
        {
            "question": case.text,
            "language": case.language,
            "expected": {
                "outcome": case.outcome,
                "tool": case.tool,
                "facts": [name for name, _ in case.facts],
            },
            **rows[case.text],
        }
        for case in CASES
    ]
    sums = {
        "questions": len(kept),
        "as_expected": {who: sum(row[who]["verdict"] == "ok" for row in kept) for who in ("rules", "claude")},
        "untraceable": sum(len(row[who]["untraceable"]) for row in kept for who in ("rules", "claude")),
        "cost_eur": round(sum(row["claude"]["cost_eur"] for row in kept), 6),
    }
    text = json.dumps({"totals": sums, "questions": kept}, ensure_ascii=False, indent=1, default=str)
    (KEPT / "questions.json").write_text(text + "\n", encoding="utf-8")
    (KEPT / "questions.md").write_text("\n".join(table(kept, sums)) + "\n", encoding="utf-8")


def table(kept: list[Row], sums: Row) -> list[str]:
    """The lines of the report as Markdown."""
    right = sums["as_expected"]
    lines = [
        "# Questions",
        "",
        f"{sums['questions']} questions; as expected: {right['rules']} by rules, {right['claude']} by Claude "
        f"(scripted); untraceable figures: {sums['untraceable']}; cost {sums['cost_eur']} EUR.",
        "",
        "| question | | expected | rules | Claude | facts | EUR | ms | verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in kept:
        rules, claude, want = row["rules"], row["claude"], row["expected"]
        cells = [
            row["question"].replace("|", "/"),
            row["language"],
            f"{want['outcome']} {want['tool']}".strip(),
            f"{rules['outcome']} {' '.join(rules['tools'])}".strip(),
            f"{claude['outcome']} {' '.join(claude['tools'])}".strip(),
            f"{len(rules['facts'])} / {len(claude['facts'])}",
            f"{claude['cost_eur']:.4f}",
            f"{rules['ms']:.0f} / {claude['ms']:.0f}",
            "ok" if rules["verdict"] == claude["verdict"] == "ok" else "FAILED",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def test_two_questions_are_answered_in_turn(ports: Ports) -> None:
    """Each half from facts with ids of their own; what the second leaves unsaid is that of the first."""
    text = "¿Cuánto cuesta la luz hoy a las 17:00 y a las 18:00?"
    events = list(ask_question(ports, ports.store, Desk(), Question(text, "test")))
    facts = {fact["id"]: fact["value"] for fact in events[-2].data["facts"]}
    assert facts["price_at.slot_price"] == pytest.approx(at(ports, TODAY, 17))
    assert facts["price_at-2.slot_price"] == pytest.approx(at(ports, TODAY, 18))
    row = row_of(events, 0.0)
    assert (row["tools"], row["outcome"], row["untraceable"]) == (["price_at"] * 2, "answered", [])
    text = "price today and the bill of February"
    row = row_of(list(ask_question(ports, ports.store, Desk(), Question(text, "test"))), 0.0)
    assert (row["tools"], row["outcome"]) == (["day_prices", "bill"], "missing")


def test_tomorrow_is_told_as_a_forecast(ports: Ports) -> None:
    for text, word in (("¿Precio de mañana?", "no están publicados"), ("price tomorrow", "not published")):
        events = list(ask_question(ports, ports.store, Desk(), Question(text, "test")))
        assert word in "".join(event.data["text"] for event in events if event.kind == "text")


def test_what_was_not_known_is_not_told(ports: Ports) -> None:
    """A price that is published after the moment of the question changes no answer."""

    def answer() -> list[Any]:
        events = list(ask_question(ports, ports.store, Desk(), Question("precio de mañana", "test")))
        return [event.data for event in events[:-1]]

    before, starts = answer(), day_window(SUNDAY, MADRID).starts(15).tolist()
    ports.store.write(published("spot", starts, [999.0] * len(starts), "file", Origin.PUBLISHED))
    assert answer() == before
    assert starts[0] > epoch(NOW)
