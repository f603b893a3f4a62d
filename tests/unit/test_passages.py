"""Documents are cut without loss, and words are counted as the formula says."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.passages import LONGEST, cut
from chocolate_factory.domain.ranking import K1, RANKS, B, WordIndex, fused
from chocolate_factory.services.assistant.stems import BESIDE, NAMED, wanted_of, words_of

WORDS = st.text("abc é.|`", min_size=1, max_size=40)
LINES = st.one_of(
    WORDS,
    WORDS.map(lambda text: f"# {text}"),
    WORDS.map(lambda text: f"## {text}"),
    WORDS.map(lambda text: f"- {text}"),
    WORDS.map(lambda text: f"| {text} | {text} |"),
    st.sampled_from(["", "|---|---|", "```", "    code"]),
    st.integers(1, 3000).map(lambda count: "word " * (count // 5)),
    st.integers(1, 3000).map(lambda count: "x" * count),
)


def letters(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(st.lists(LINES, max_size=30))
def test_nothing_is_lost_or_too_long_and_ids_are_unique(lines: list[str]) -> None:
    passages = cut("some.md", "\n".join(lines))
    assert len({one.id for one in passages}) == len(passages)
    assert all(one.id.startswith("some.md#") and one.path for one in passages)
    assert all(len(one.text) <= LONGEST + 200 for one in passages)
    told = letters("".join(one.text for one in passages))
    for mark in "xw":
        assert told.count(mark) >= sum(letters(line).count(mark) for line in lines if line[:1] == mark)


def test_a_passage_has_its_headings_and_a_table_its_head() -> None:
    rows = "\n".join(f"| `key{n}` | {'meaning ' * 12}|" for n in range(30))
    table_text = f"| key | meaning |\n|---|---|\n{rows}"
    text = f"# The file\n\nIntro.\n\n## `[site]`\n\n{table_text}\n\n```\n# no heading\n```\n"
    intro, *table = cut("file.md", text)
    assert (intro.id, intro.path, intro.text) == ("file.md#the-file", ("The file",), "Intro.")
    numbered = ["file.md#site", *(f"file.md#site-{n}" for n in range(2, len(table) + 1))]
    assert [one.id for one in table] == numbered
    assert {one.title for one in table} == {"The file > [site]"}
    assert all(one.text.startswith("| key | meaning |\n|---|---|\n| `key") for one in table)
    assert table[-1].text.endswith("```\n# no heading\n```")


def test_scores_are_those_of_the_formula() -> None:
    index = WordIndex([["price", "price", "slot"], ["slot"], ["plan", "run", "slot", "hole"]])
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    length = 1 - B + B * 3 / (8 / 3)
    assert index.scores({"price": 2.0}) == pytest.approx([2 * idf * 2 * (K1 + 1) / (2 + K1 * length), 0, 0])
    assert index.idf("slot") < index.idf("price") < index.idf("never")
    assert (index.has("slot", 1), index.has("plan", 1), index.has("never", 0)) == (True, False, False)


def test_orders_are_fused_by_rank_and_not_by_size() -> None:
    index = WordIndex([["a"], ["b"]])
    one, other = 1000 * index.scores({"a": 1.0}), index.scores({"b": 1.0})
    assert fused(one, other) == pytest.approx([1 / RANKS + 1 / (RANKS + 1)] * 2)


@pytest.mark.parametrize(
    ("text", "same"),
    [("previsión", "previsiones"), ("plans", "planning"), ("Máquinas", "maquina"), ("forecasts", "FORECAST")],
)
def test_forms_of_a_word_are_one_in_both_languages(text: str, same: str) -> None:
    assert set(words_of(text)) & set(words_of(same))


def test_a_spanish_word_asks_for_what_documents_call_it() -> None:
    wanted = wanted_of("¿Cuál es el ahorro?")
    assert {wanted[stem] for stem in words_of("ahorro")} == {NAMED}
    assert {wanted[stem] for stem in words_of("saving")} == {BESIDE}
    assert wanted_of("the") == {}
