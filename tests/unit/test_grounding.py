"""What counts as said by a fact: numbers with units and rounding, days, times, periods and names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.facts import DOCUMENT, NAME, SENTENCE, Fact, Language, Value
from chocolate_factory.domain.grounding import Ground, ungrounded

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
MADRID = "Europe/Madrid"


def fact(key: str, value: Value, unit: str = "", words: tuple[str, str] | None = None) -> Fact:
    return Fact(f"t.{key}", value, unit, NOW, MADRID, key, key, "", words)


FACTS = (
    fact("price", 0.15249, "EUR/kWh"),
    fact("market", -2.0, "EUR/MWh"),
    fact("cost", 1356.447, "EUR"),
    fact("less", -31.2, "%"),
    fact("energy", 8220.0, "kWh"),
    fact("hours", 2.5, "h"),
    fact("batches", 42, ""),
    fact("start", datetime(2026, 3, 11, 10, 0, tzinfo=UTC)),
    fact("twice", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    fact("day", date(2026, 3, 14)),
    fact("today", date(2026, 3, 10)),
    fact("machine", "moulding line", NAME),
    fact("batch", "standard-2026-03-12-1", NAME),
    fact("period", "P2", NAME),
    fact("alert", "81.0 kW at 14:45", SENTENCE, ("81,0 kW a las 14:45", "81.0 kW at 14:45")),
    fact("peak", "Tue 10/03 at 08:15", SENTENCE),
)
GROUND = Ground(FACTS, ("moulding line", "line", "mixer", "standard"), MADRID)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "Se paga 0,1525 EUR/kWh."),
        ("es", "Son 15,25 céntimos por kWh, o 152,5 €/MWh."),
        ("en", "That is 0.1525 EUR/kWh, 15.2 cents per kWh."),
        ("en", "The market is at -2 EUR/MWh."),
        ("es", "El mercado está a −2,00 EUR/MWh"),
        ("es", "Cuesta 1.356,45 € y lleva 42 lotes"),
        ("en", "It costs €1,356.45 for 42 batches"),
        ("en", "31 % less, 8.22 MWh in 2.5 h, 150 minutes"),
        ("es", "un 31,2 % menos, 8.220 kWh"),
        ("en", "Wednesday 11 March at 11:00, that is 11 am"),
        ("es", "el 11 de marzo a las 11:00, el 14/03, el 2026-03-14"),
        ("en", "at 02:30 CEST on 25 October 2026"),
        ("es", "standard-2026-03-12-1 en moulding line, en P2"),
        ("en", "1. first\n2. second"),
        ("en", "81 kW is planned"),
        ("es", "81,0 kW a las 14:45"),
        ("es", "Son **0,1525 EUR/kWh**, unos 15,25 céntimos/kWh."),
        ("en", "The market is at minus 2 EUR/MWh, that is 2 EUR/MWh below zero."),
        ("es", "El mercado está a − 2,00 EUR/MWh, entre -2 y 152,5 EUR/MWh"),
        ("en", "Wednesday, 11 March 2026 at 11:00 CET, or 10:00 UTC"),
        ("en", "2026-03-11T11:00:00+01:00 is 2026-03-11T10:00:00Z"),
        ("es", "mañana a las 11:00, miércoles 11 de marzo; el sábado 14 de marzo no"),
        ("es", "el 25 de octubre a las 02:30 hora de verano"),
        ("es", "cuesta 1,4 mil EUR, mil trescientos cincuenta y seis euros"),
        ("en", "forty-two batches, at least 42 batches, 8 220 kWh"),
        ("es", "No conozco el precio de Francia."),
        ("en", "81.0 kW, that is 0.081 MW"),
        ("en", "today at 08:15, on Tuesday at 08:15 and on 10/03 at 08:15"),
    ],
)
def test_what_facts_say_is_grounded(language: Language, text: str) -> None:
    assert ungrounded(text, GROUND, language) == []


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [
        ("es", "Se paga 0,16 EUR/kWh", "0,16"),
        ("en", "0.2 EUR/kWh or so", "0.2"),
        ("en", "152.5 EUR/kWh", "152.5"),
        ("en", "The market is at 2 EUR/MWh", "2"),
        ("es", "1,356 EUR", "1,356"),
        ("en", "1356.45 kWh", "1356.45"),
        ("en", "42 EUR", "42"),
        ("en", "31 EUR less", "31"),
        ("en", "forty euros", "forty"),
        ("es", "tres lotes", "tres"),
        ("en", "43 batches", "43"),
        ("en", "on 11 March at 12:00", "11 March at 12:00"),
        ("en", "on 14 March at 11:00", "14 March at 11:00"),
        ("es", "el 12 de marzo", "12 de marzo"),
        ("en", "at 02:30 CET on 25 October 2026", "02:30 CET"),
        ("es", "a las 23:00", "23:00"),
        ("en", "at 3 pm", "3 pm"),
        ("en", "in P3", "P3"),
        ("en", "on the mixer", "mixer"),
        ("en", "half of it, or twice as much", "twice"),
        ("es", "cuesta la mitad", "mitad"),
        ("es", "el lote standard-2026-03-12-2", "standard"),
        ("en", "0.1525 EUR/kW", "0.1525"),
        ("en", "1356.45 EUR a day", "1356.45"),
        ("en", "31.2 percentage points", "31.2"),
        ("es", "menos 0,1525 EUR/kWh", "0,1525"),
        ("en", "42 million EUR", "42"),
        ("es", "42 días", "42"),
        ("en", "between 42 and 152.5 EUR/MWh", "42"),
        ("es", "veintidós euros", "veintidós"),
        ("en", "two hundred euros", "two hundred"),
        ("es", "cero coma quince", "cero coma quince"),
        ("en", "It is XIV EUR", "XIV"),
        ("es", "Son ٤٢ EUR", "٤"),
        ("es", "8\u200b220 kWh", "\u200b"),
        ("en", ".77 EUR/kWh", ".77"),
        ("en", "EUR0.77", "EUR0.77"),
        ("es", "a las ocho", "a las ocho"),
        ("en", "half past seven", "half"),
        ("en", "Sunday 11 March", "11 March"),
        ("es", "el lunes", "lunes"),
        ("en", "on Sunday at 11:00", "11:00"),
        ("es", "mañana a las 14:00", "14:00"),
        ("en", "11:00 UTC", "11:00 UTC"),
        ("en", "2026-03-11T11:00:00+05:00", "2026-03-11"),
        ("es", "11:00 hora de verano", "11:00"),
        ("es", "en el periodo 3", "periodo 3"),
        ("en", "on 28-03-2027", "28-03-2027"),
        ("en", "In France it is 0.1525 EUR/kWh", "France"),
        ("en", "see https://example.org", "https:"),
        ("en", "85. Thanks", "85"),
        ("en", "81 MW is planned", "81"),
        ("en", "81 kWh is planned", "81"),
        ("en", "14:45 UTC", "14:45 UTC"),
        ("en", "Tomorrow at 14:45", "14:45"),
        ("en", "Tomorrow at 08:15", "08:15"),
        ("en", "on Wednesday at 08:15", "08:15"),
        ("es", "Hoy a las 14:45", "14:45"),
        ("es", "el miércoles a las 14:45", "14:45"),
    ],
)
def test_what_no_fact_says_is_not(language: Language, text: str, wrong: str) -> None:
    assert wrong in " | ".join(ungrounded(text, GROUND, language))


PASSAGE = """Set the oven first: 200 °C. A search stops at a gap of 0.5 %
by default, on 3 March 2026 as ever. So the plan in force costs 210.50 EUR at 14:30."""
PAPER = Ground(
    (
        *FACTS,
        replace(fact("manual.md#gap", PASSAGE, SENTENCE), origin=DOCUMENT),
        replace(fact("manual.md#gap.figure1", 210.5, "EUR"), origin=DOCUMENT),
        replace(fact("manual.md#gap.figure2", date(2026, 3, 3)), origin=DOCUMENT),
        replace(fact("manual.md#gap.source", "Manual [manual.md#gap]", NAME), origin=DOCUMENT),
        replace(fact("other.md#gap-2", "Nothing is 7 kW here.", SENTENCE), origin=DOCUMENT),
    ),
    (),
    MADRID,
)


@pytest.mark.parametrize(
    "text",
    [
        "The example costs 210.50 EUR [manual.md#gap].",
        "It stops at 0.5 % and not at 7 kW [manual.md#gap, other.md#gap-2].",
        "On 3 March 2026 it stopped [t.manual.md#gap].",
        "A search stops at a gap of 0.5 % by default, on 3 March 2026 as ever.",
        PASSAGE,
        "From Manual [manual.md#gap]:",
    ],
)
def test_a_document_counts_where_it_is_named_or_quoted(text: str) -> None:
    assert ungrounded(text, PAPER, "en") == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("The plan in force costs 210.50 EUR.", "210.50"),
        ("the plan in force costs 210.50 EUR at 14:30.", "210.50"),
        ("It stops at 0.5 %.", "0.5"),
        ("It was so on 3 March 2026.", "3 March"),
        ("It is so at 14:30.", "14:30"),
        ("The plan costs 210.50 EUR [other.md#gap-2].", "210.50"),
        ("The plan costs 210.50 EUR [manual.md].", "210.50"),
        ("The plan costs 210.50 EUR [manual.md#gap-2].", "210.50"),
        ("The plan costs 210.50 kWh [manual.md#gap].", "210.50"),
        ("It is 12 kW [manual.md#gap, 12].", "12"),
    ],
)
def test_what_only_a_document_says_is_not_how_things_stand(text: str, wrong: str) -> None:
    assert wrong in " | ".join(ungrounded(text, PAPER, "en"))


@given(st.floats(-900, 900), st.sampled_from(["EUR/kWh", "EUR/MWh", "EUR", "kWh", "kW", "%", "°C"]))
def test_every_fact_as_it_is_written_is_grounded(value: float, unit: str) -> None:
    one = fact("x", value, unit)
    for language in ("es", "en"):
        assert ungrounded(one.written(language), Ground((one,), (), MADRID), language) == []


@pytest.mark.parametrize(
    ("value", "unit"), [(0.0456, "EUR"), (-0.0656, "EUR"), (0.0456, "kW"), (0.004, "EUR")]
)
def test_a_small_amount_is_told_as_its_unit_is_and_no_coarser(value: float, unit: str) -> None:
    one = fact("x", value, unit)
    ground = Ground((one,), (), MADRID)
    assert ungrounded(one.written("en"), ground, "en") == []
    told = f"{value:.{0 if unit == 'kW' else 1}f} {unit}"
    assert ungrounded(told, ground, "en") == [told.partition(" ")[0]]


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)))
def test_every_moment_as_it_is_written_is_grounded(at: datetime) -> None:
    one = fact("x", at.replace(tzinfo=UTC, second=0, microsecond=0))
    for language in ("es", "en"):
        assert ungrounded(one.written(language), Ground((one,), (), MADRID), language) == []
