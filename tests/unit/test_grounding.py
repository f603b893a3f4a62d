"""What counts as said by a fact: numbers with units and rounding, days, times, periods and names."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.facts import NAME, SENTENCE, Fact, Language, Value
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
    fact("machine", "moulding line", NAME),
    fact("batch", "standard-2026-03-12-1", NAME),
    fact("period", "P2", NAME),
    fact("alert", "81.0 kW at 14:45", SENTENCE, ("81,0 kW a las 14:45", "81.0 kW at 14:45")),
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
    ],
)
def test_what_no_fact_says_is_not(language: Language, text: str, wrong: str) -> None:
    assert wrong in " | ".join(ungrounded(text, GROUND, language))


@given(st.floats(-900, 900), st.sampled_from(["EUR/kWh", "EUR/MWh", "EUR", "kWh", "kW", "%", "°C"]))
def test_every_fact_as_it_is_written_is_grounded(value: float, unit: str) -> None:
    one = fact("x", value, unit)
    for language in ("es", "en"):
        written = one.written(language)
        # A value that its decimals show as nothing, or hardly, is not told by them.
        if abs(value) > 20 * 10.0 ** -len(written.split()[0].replace(",", ".").partition(".")[2]):
            assert ungrounded(written, Ground((one,), (), MADRID), language) == []


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)))
def test_every_moment_as_it_is_written_is_grounded(at: datetime) -> None:
    one = fact("x", at.replace(tzinfo=UTC, second=0, microsecond=0))
    for language in ("es", "en"):
        assert ungrounded(one.written(language), Ground((one,), (), MADRID), language) == []
