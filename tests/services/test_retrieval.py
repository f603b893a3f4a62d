"""Documents answer what is asked: recall on 60 questions, vectors that are kept, and what may be said."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from chocolate_factory.cli.serving import warming_up
from chocolate_factory.domain.facts import DOCUMENT, LANGUAGES
from chocolate_factory.domain.grounding import Ground, ungrounded
from chocolate_factory.domain.passages import LONGEST, Passage
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.ranking import Scores, fused
from chocolate_factory.domain.roles import CLI
from chocolate_factory.domain.talk import Reply, Request, ToolCall, Usage
from chocolate_factory.infrastructure.encoders.sentences import SentenceEncoder, read, write
from chocolate_factory.services.ask_question import Desk, Question, ask_question, names_of
from chocolate_factory.services.assistant import documents
from chocolate_factory.services.assistant.document_tools import TOOL, quoted
from chocolate_factory.services.assistant.documents import index_now, index_of, nearness, search
from chocolate_factory.services.assistant.stems import wanted_of
from chocolate_factory.services.assistant.tools import call_tool
from chocolate_factory.services.assistant.understand import understand
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.read_documents import Document, list_documents
from tests.services import questions
from tests.services.document_questions import QUESTIONS, DocumentQuestion
from tests.worlds import empty_ports

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path(tempfile.gettempdir()) / "choco-test-vectors"
"""Vectors by the digest of their texts: of documents that have not changed since, those of the last run."""

OUTSIDE = (
    *("What is the capital of Peru?", "¿Quién ganó la liga?", "How do I cook rice?", "What is a mortgage?"),
    *("¿Cómo se hace una tortilla?", "¿Qué es un agujero negro?", "Who is the president?", "Write a poem"),
    *("How can I get a loan?", "¿Cómo puedo aprender a tocar la guitarra?", "How do I train a dog?"),
)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    """The reference plant over an empty store, with the real documents and the real encoder."""
    factory = (ROOT / "factory.toml").read_text(encoding="utf-8")
    return replace(empty_ports(tmp_path_factory.mktemp("papers"), factory), encoder=SentenceEncoder(KEPT))


def fits(answer: str, passage: Passage) -> bool:
    """Whether a passage is in the section of an answer and has its words."""
    section, _, words = answer.partition("::")
    place = {passage.id, re.sub(r"-\d+$", "", passage.id), passage.id.partition("#")[0]}
    return section in place and flat(words) in flat(passage.text)


def flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def recall(
    scores: Callable[[str], Scores], passages: tuple[Passage, ...], asked: list[DocumentQuestion]
) -> float:
    """The share of questions with an answer among the five best passages."""
    found = 0
    for one in asked:
        best = np.argsort(-scores(one.text), kind="stable")[:5]
        found += any(fits(answer, passages[i]) for answer in one.answers for i in best)
    return found / len(asked)


def test_the_set_is_whole_and_its_answers_are_there(ports: Ports) -> None:
    passages = index_now(ports).passages
    assert [sum(one.language == language for one in QUESTIONS) for language in LANGUAGES] == [30, 30]
    assert sum(one.held_out for one in QUESTIONS) == 20
    assert max(len(passage.text) for passage in passages) <= LONGEST
    for one in QUESTIONS:
        there = [answer for answer in one.answers if any(fits(answer, passage) for passage in passages)]
        assert there, f"no passage is an answer to {one.text!r} any more: {one.answers}"


def test_nine_of_ten_questions_find_their_passage_among_five(
    ports: Ports, capsys: pytest.CaptureFixture[str]
) -> None:
    index = index_now(ports)

    @cache
    def by_words(text: str) -> Scores:
        return index.words.scores(wanted_of(text))

    @cache
    def by_meaning(text: str) -> Scores:
        near = nearness(index, ports.encoder, text)
        assert near is not None
        return near

    ways: dict[str, Callable[[str], Scores]] = {
        "words": by_words,
        "meaning": by_meaning,
        "fused": lambda text: fused(by_meaning(text), by_words(text)),
    }
    parts = {
        "tuned on": [one for one in QUESTIONS if not one.held_out],
        "held out": [one for one in QUESTIONS if one.held_out],
        "Spanish": [one for one in QUESTIONS if one.language == "es"],
        "English": [one for one in QUESTIONS if one.language == "en"],
        "all": list(QUESTIONS),
    }
    with capsys.disabled():
        print(
            f"\nrecall@5 of {len(index.passages)} passages\n{'':9}" + "".join(f"{part:>9}" for part in parts)
        )
        table = {}
        for way, scores in ways.items():
            table[way] = {part: recall(scores, index.passages, asked) for part, asked in parts.items()}
            print(f"{way:9}" + "".join(f"{value:9.3f}" for value in table[way].values()))
    assert table["fused"]["all"] >= 0.9
    assert table["fused"]["held out"] >= 0.8
    assert [found.passage.id for found in search(ports, "¿Cómo hago una copia de seguridad?", 5)] == [
        index.passages[i].id
        for i in np.argsort(-ways["fused"]("¿Cómo hago una copia de seguridad?"), kind="stable")[:5]
    ]


def test_every_passage_can_be_quoted_and_no_other_figure(ports: Ports) -> None:
    names = (*names_of(ports).machines, *names_of(ports).products)
    told = call_tool(
        ports, TOOL, {"query": "Why these numbers: at which proven gap does a search stop?"}, CLI
    )
    assert len([fact for fact in told.facts.values() if fact.unit == "sentence"]) == 5
    assert {fact.origin for fact in told.facts.values()} == {DOCUMENT}
    assert all(fact.id.startswith(f"{TOOL}.") for fact in told.facts.values())
    ground = Ground(tuple(told.facts.values()), names, told.zone)
    text = next(fact.written("en") for fact in told.facts.values() if "TARGET_GAP" in str(fact.value))
    for language in LANGUAGES:
        assert ungrounded(text, ground, language) == []
    source = next(fact.id for fact in told.facts.values() if "TARGET_GAP" in str(fact.value))
    source = source.partition(".")[2]
    assert ungrounded(f"A search stops at a proven gap of 0.5 % [{source}].", ground, "en") == []
    assert ungrounded(f"Acaba con un margen probado del 0,5 % [{source}].", ground, "es") == []
    for lie in (
        "A search stops at a gap of 0.5 %.",
        "The gap of the plan in force is 0.5 % [plans.md].",
        f"A search stops at a gap of 0.7 % [{source}].",
        f"It saves 47 EUR [{source}].",
        f"It was so on 3 March 2026 [{source}].",
        "It stops at 0.5 % [access.md#roles].",
    ):
        assert ungrounded(lie, ground, "en"), lie


def test_every_passage_as_an_answer_by_rules_passes_the_check(ports: Ports) -> None:
    """Quoting is what rules do: whatever a passage holds, its own facts carry it."""
    for one in QUESTIONS[::4]:
        told = quoted(ports, one.text)
        if told is None:
            continue
        ground = Ground(tuple(told.facts.values()), names_of(ports).machines, told.zone)
        for language in LANGUAGES:
            assert [part for part in told.spoken(language) if ungrounded(part, ground, language)] == []


def answered(ports: Ports, text: str) -> tuple[list[str], str, str]:
    """Tools, outcome and text of an answer by rules."""
    events = list(ask_question(ports, ports.store, Desk(), Question(text, "test", plain=True)))
    said = "".join(event.data["text"] for event in events if event.kind == "text")
    return [e.data["name"] for e in events if e.kind == "tool"], events[-1].data["outcome"], said


class Scripted:
    """A language model that looks into documents, then says what it was told to."""

    name = "scripted"

    def __init__(self, text: str) -> None:
        self.text, self.seen = text, ""

    def reply(self, request: Request) -> Iterator[str | Reply]:
        answers = request.turns[-1].answers
        self.seen += "".join(answer.text for answer in answers)
        call = ToolCall(
            "1", TOOL, {"query": "at which proven gap does a search stop, and why these numbers?"}
        )
        if answers:
            yield self.text
        yield Reply(
            self.text if answers else "", () if answers else (call,), Usage(1, 1, 0, 0, 0.0), "end_turn"
        )


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("A search stops at a proven gap of 0.5 % [{source}].", "answered"),
        ("The gap of the plan in force is 0.5 %.", "withheld"),
        ("The gap of the plan in force is 0.5 % [plans.md#overview].", "withheld"),
        ("It keeps the plan for 2 EUR.", "withheld"),
        ("It stops at 0.8 % [{source}].", "withheld"),
    ],
)
def test_a_model_may_quote_a_document_and_nothing_else(ports: Ports, text: str, outcome: str) -> None:
    passages = index_now(ports).passages
    source = next(one.id for one in passages if "everybody on the floor has to take in" in one.text)
    model = Scripted(text.format(source=source))
    asked = Question("What gap do plans have?", "test")
    events = list(ask_question(ports, ports.store, Desk(assistant=lambda: model), asked))
    assert events[-1].data["outcome"] == outcome
    assert "<data>" in model.seen
    assert model.seen.count("some tenths of a percent") == 1, "each passage is sent once"
    assert any("plans.md#a-plan-that-stands" in fact["id"] for fact in events[-2].data["facts"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("¿Cómo hago una copia de seguridad?", "operations.md#back-up-and-restore"),
        ("¿Qué es una ranura?", "slot · tramo"),
        ("¿Qué es una franja horaria?", "slot · tramo"),
        ("What is a hole?", "hole · hueco: due slots that are not stored"),
        ("¿Qué significa parte capturada?", "captured share"),
        ("How do I get alerts on Telegram?", "CHOCO_TELEGRAM__TOKEN"),
        ("¿Cómo creo un token para un agente?", "choco token add"),
        ("¿Dónde se guardan los secretos?", "secrets.md#secrets"),
    ],
)
def test_rules_show_a_passage_as_it_stands_with_its_place(ports: Ports, text: str, said: str) -> None:
    tools, outcome, shown = answered(ports, text)
    assert (tools, outcome) == ([TOOL], "answered")
    assert said in shown
    assert "**" not in shown, "marks for the eye of a reader of Markdown"
    passages = index_now(ports).passages
    assert any(passage.id in shown for passage in passages)


@pytest.mark.parametrize("text", OUTSIDE)
def test_rules_do_not_know_what_no_document_tells(ports: Ports, text: str) -> None:
    tools, outcome, _ = answered(ports, text)
    assert (tools, outcome) == ([], "unknown")


def test_how_things_stand_is_never_asked_of_a_document(ports: Ports) -> None:
    """All questions that tools are judged by: documents take none, also where rules know no answer."""
    for case in questions.CASES:
        found = understand(case.text, names_of(ports), questions.TODAY)
        if found.query:
            assert case.outcome == "unknown", case.text
            assert quoted(ports, found.query) is None, case.text


def folder_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three documents in a folder of their own, searched instead of the real ones."""
    folder = tmp_path / "papers"
    folder.mkdir()
    for name, text in (
        (
            "boiler.md",
            "# Boiler\n\nThe boiler is descaled with vinegar every second winter by the caretaker.",
        ),
        ("garden.md", "# Garden\n\nRoses are watered at dawn from the well behind the shed, never at noon."),
        ("parking.md", "# Parking\n\nGuests leave their cars on the gravel beside the gate, keys inside."),
    ):
        (folder / name).write_text(text)
    found = tuple(Document(path.name, path.stem, path) for path in sorted(folder.iterdir()))
    monkeypatch.setattr(documents, "list_documents", lambda: found)
    return folder


def test_a_document_that_changes_is_looked_at_anew(
    ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kept = folder_of(tmp_path, monkeypatch), tmp_path / "vectors"
    encoder = SentenceEncoder(kept)
    encoder._model = real_model(ports)
    here = replace(ports, encoder=encoder)
    first = search(here, "Where do visitors park?", 1)[0]
    assert first.passage.id == "parking.md#parking"
    before = {path.name for path in kept.iterdir()}

    (folder / "parking.md").write_text(
        "# Parking\n\nGuests leave their cars in the barn, doors locked, since the fire."
    )
    again = search(here, "Where do visitors park?", 1)[0]
    assert again.passage.text == "Guests leave their cars in the barn, doors locked, since the fire."
    assert len({path.name for path in kept.iterdir()} - before) == 1, "only what changed is worked out"

    damaged = next(iter(before))
    (kept / damaged).write_bytes(b"\x93NUMPY")
    index_of.cache_clear()
    assert search(here, "Where do visitors park?", 1)[0].passage.id == "parking.md#parking"


def test_weights_are_let_go_of_when_nobody_asks(ports: Ports, tmp_path: Path) -> None:
    encoder = SentenceEncoder(tmp_path, idle_s=0.05)
    encoder._model = real_model(ports)
    assert encoder.encode(["a question"]).shape == (1, 512)
    deadline = time.monotonic() + 20
    while encoder._model is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert encoder._model is None


def real_model(ports: Ports) -> object:
    """The weights that the module's encoder has loaded: reading them twice would take a second."""
    assert isinstance(ports.encoder, SentenceEncoder)
    ports.encoder.encode(["x"])
    return ports.encoder._model


def test_without_the_encoder_words_find_and_say_so(ports: Ports) -> None:
    bare = replace(ports, encoder=None)
    told = call_tool(bare, TOOL, {"query": "contracted power excess charge"}, CLI)
    assert told.facts
    assert "by words alone" in told.spoken("en")[-1]
    assert search(bare, "xyzzy plugh", 5) == []
    assert answered(bare, "What is a mortgage?")[:2] == ([], "unknown")


def test_two_processes_may_write_the_same_vectors(tmp_path: Path) -> None:
    """Whoever reads meanwhile gets whole vectors or none."""
    path = tmp_path / "same.npy"
    code = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from chocolate_factory.infrastructure.encoders.sentences import write\n"
        "for turn in range(30): write(Path(sys.argv[1]), np.full((40, 512), 1.0, np.float16))\n"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(path)])
    while other.poll() is None:
        write(path, np.full((40, 512), 1.0, np.float16))
        kept = read(path, 40)
        assert kept is not None
        assert kept.min() == 1.0
    assert other.returncode == 0
    assert [one.name for one in tmp_path.iterdir()] == ["same.npy"]


def test_threads_may_write_the_same_vectors(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        same = [
            pool.submit(write, tmp_path / "same.npy", np.full((400, 512), 1.0, np.float16)) for _ in range(80)
        ]
        assert [one.exception() for one in same if one.exception()] == []
    assert [one.name for one in tmp_path.iterdir()] == ["same.npy"]


class Counting:
    """An encoder that takes its time and counts how often each list of texts is asked for."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, ...]] = Counter()

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        return np.ones((len(texts), 4), np.float32)

    def encode_kept(self, texts: Sequence[str]) -> NDArray[Any]:
        self.asked[tuple(texts)] += 1
        time.sleep(0.02)
        return self.encode(texts)


def test_first_questions_at_once_look_through_the_documents_once(
    ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(tmp_path, monkeypatch)
    encoder = Counting()
    here = replace(ports, encoder=encoder)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: search(here, "Where do visitors park?", 1), range(4)))
    assert all(found)
    assert set(encoder.asked.values()) == {1}


def test_a_server_looks_through_the_documents_before_it_is_asked(
    ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(tmp_path, monkeypatch)
    encoder = Counting()
    here = replace(ports, encoder=encoder)
    timers = warming_up(World(here, lambda: here), Desk())
    assert all(timer.daemon for timer in timers)
    for timer in timers:
        timer.function(*timer.args)
    made = encoder.asked.copy()
    assert made
    assert search(here, "Where do visitors park?", 1)
    assert encoder.asked == made


def test_the_documents_are_packed_with_the_program() -> None:
    """What a checkout has in docs, an installed package has below its own folder."""
    names = {one.name for one in list_documents()}
    assert {"plans.md", "decisions/0001-store.md", "glossary.md", "README.md"} <= names
    packed = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '"docs" = "chocolate_factory/docs"' in packed
