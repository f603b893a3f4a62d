"""Whatever stands in the factory file, nothing but `Misconfigured` comes out of the parser."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.capacity import machine_use
from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.slots import Window

REFERENCE = (Path(__file__).resolve().parents[2] / "factory.toml").read_text("utf-8")
WEEK = Window(datetime(2026, 3, 27, 20, tzinfo=UTC), datetime(2026, 4, 3, 22, tzinfo=UTC))
LINES = REFERENCE.splitlines()
VALUES = st.sampled_from(
    [
        *(
            "",
            "nan",
            "-inf",
            "true",
            "[]",
            "[[]]",
            "{}",
            "1e400",
            "0x" + "f" * 400,
            "[1, [2]]",
            "{a = 1}",
            "-0",
        ),
        *('""', '"24:00"', '"x\\u0000"', '"2026-03-29T02:30"', '[["9999-12-31T23:59", "9999-12-31T24:00"]]'),
        *(
            "1979-05-27T07:32:00Z",
            "1979-05-27",
            "07:32:00",
            '[["2026-01-01T00:00", "2026-01-02T00:00", true]]',
        ),
    ]
)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The reference file with some lines dropped, doubled, moved or given another value."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 6))):
        index = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["drop", "double", "value", "value", "value", "swap", "text", "key"]))
        key, equals, _ = lines[index].partition("=")
        if kind == "drop":
            del lines[index]
        elif kind == "double":
            lines.insert(index, lines[index])
        elif kind == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[index], lines[other] = lines[other], lines[index]
        elif kind == "value" and equals:
            lines[index] = f"{key}= {draw(VALUES)}"
        elif kind == "key" and equals:
            lines[index] = f"{draw(st.text('abckw_.', max_size=6))} = 1"
        else:
            lines[index] = draw(st.text(max_size=12))
    return "\n".join(lines)


@settings(max_examples=250, deadline=None)
@given(mutations())
def test_a_mutated_file_can_be_planned_or_is_refused_with_a_sentence(text: str) -> None:
    try:
        factory = parse_factory(text)
    except Misconfigured as error:
        assert error.message.startswith("factory.toml")
        assert error.message.endswith((".", "?"))
    else:
        assert factory.machines
        assert all(want.batches > 0 for want in wanted(factory, WEEK))
        assert len(machine_use(factory, date(2026, 3, 23))) == len(factory.machines)
        assert all(math.isfinite(machine.power_kw) for machine in factory.machines)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Misconfigured):
        parse_factory(text)
