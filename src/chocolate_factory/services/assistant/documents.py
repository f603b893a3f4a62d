"""Passages of the documents, the factory file and its rules that fit a question by words and by meaning."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.passages import Passage, blocks, cut
from chocolate_factory.domain.ports import Encoder, Ports
from chocolate_factory.domain.ranking import Scores, WordIndex, fused, highest
from chocolate_factory.services.assistant.stems import names_beside, wanted_of, words_of
from chocolate_factory.services.read_documents import list_documents
from chocolate_factory.services.tell_rules import rules_text

LEFT_OUT = frozenset({"scoreboard.md"})
"""Documents that are figures by the hundred and answer nothing that is asked in words."""

GLOSSARY = "glossary.md"
RULES, FACTORY = "business-rules.md", "factory.toml"
LEAST, SHORT, LONGEST = 50, 200, 400
"""Characters: what is shorter than the first tells nothing, lines are put together up to the second, and a
text for the encoder is cut at the third."""

ENTRY = re.compile(r"- \*\*(.+?)\*\* · \*\*(.+?)\*\*: ")
"""The begin of an entry of the glossary: a term in English and in Spanish, synonyms with commas."""

EXAMPLE = re.compile(r"^.*\bchoco ask \".*$", re.MULTILINE)
"""A line that shows how to ask something: it has the words of a question and not its answer."""

MAKING = Lock()
"""Held by who looks for the index, so that it is made once for all who ask first."""

Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Found:
    """A passage; how near its nearest part is to the question in meaning, None without an encoder.

    `share` is how much of what the question asks for stands in the passage, by the rarity of its words, 0 to
    1.
    """

    passage: Passage
    nearness: float | None
    share: float


@dataclass(frozen=True, eq=False)
class Index:
    """Passages, their words, and the vectors of their parts with the passage that each is of."""

    passages: tuple[Passage, ...]
    words: WordIndex
    owners: NDArray[np.int64]
    vectors: NDArray[Any] | None


def index_now(ports: Ports) -> Index:
    """The index of the documents as they are now; who comes while it is made waits for it."""
    texts = texts_of(ports)
    with MAKING:
        return index_of(texts, cast("Hashable", ports.encoder))


def search(ports: Ports, question: str, most: int, index: Index | None = None) -> list[Found]:
    """The passages that fit a question best, at most `most`; none where nothing fits at all.

    `index` is that of now, where it is at hand.
    """
    index = index or index_now(ports)
    wanted = wanted_of(question)
    by_words = index.words.scores(wanted)
    near = nearness(index, ports.encoder, question)
    if not by_words.any() and (near is None or not wanted):
        return []
    total = by_words if near is None else fused(near, by_words)
    order = np.argsort(-total, kind="stable")[:most]
    asked = words_of(question)
    return [
        Found(index.passages[i], None if near is None else float(near[i]), share_of(index, asked, int(i)))
        for i in order
        if near is not None or by_words[i] > 0
    ]


def defined(index: Index, question: str) -> Passage | None:
    """The entry of the glossary whose term is all that a question names, but for "price"; else None."""
    asked, price = set(words_of(question)), set(words_of("price precio"))
    for one in index.passages:
        for line in one.text.splitlines() if asked and one.id.startswith(GLOSSARY) else ():
            entry = ENTRY.match(line)
            terms = re.split(r", | \(", f"{entry[1]}, {entry[2]}") if entry else []
            terms += [f"P{number}" for term in terms if term == "P1–P6" for number in range(1, 7)]
            if any(asked in ((named := set(words_of(term))), named - price) for term in terms):
                return Passage(one.id, one.path, line.removeprefix("- "))
    return None


def nearness(index: Index, encoder: Encoder | None, question: str) -> Scores | None:
    """How near the nearest part of each passage is to a question; None without an encoder."""
    if encoder is None or index.vectors is None:
        return None
    return highest(index.vectors @ encoder.encode([question])[0], index.owners, len(index.passages))


def share_of(index: Index, asked: list[str], number: int) -> float:
    """Which share of the words asked for a passage has, as they are or as they are called otherwise."""
    weights = {word: index.words.idf(word) for word in asked}
    has = {
        word
        for word in weights
        if any(index.words.has(other, number) for other in (word, *names_beside().get(word, ())))
    }
    return sum(weights[word] for word in has) / max(sum(weights.values()), 1e-9)


def texts_of(ports: Ports) -> Texts:
    """Name and text of all that is searched, as it is now: documents, and what this site's file says."""
    there = (one for one in list_documents() if one.path.is_file())
    found = {one.name: one.path.read_text(encoding="utf-8") for one in there}
    if found:
        # Those of this site, in place of the document about the reference plant.
        found[RULES] = rules_text(ports.factory, ports.replanning)
        found[FACTORY] = ports.factory_text
    return tuple(sorted((name, text) for name, text in found.items() if name not in LEFT_OUT))


@lru_cache(maxsize=2)
def index_of(texts: Texts, encoder: Any) -> Index:
    """The index of texts with an `Encoder` or None, made when they are first asked for after a change."""
    documents = [[one for one in cut_text(*text) if len(one.text) >= LEAST] for text in texts]
    passages = tuple(passage for document in documents for passage in document)
    words = WordIndex([2 * words_of(one.title) + words_of(EXAMPLE.sub("", one.text)) for one in passages])
    if encoder is None or not passages:
        return Index(passages, words, np.empty(0, np.int64), None)
    vectors, owners, first = [], [], 0
    for document in documents:
        parts = [(first + number, part) for number, one in enumerate(document) for part in parts_of(one)]
        if parts:
            vectors.append(encoder.encode_kept([part for _, part in parts]))
        owners += [owner for owner, _ in parts]
        first += len(document)
    return Index(passages, words, np.array(owners, np.int64), np.concatenate(vectors))


def cut_text(name: str, text: str) -> list[Passage]:
    """The passages of a document, or of the factory file."""
    return list(tables_of(tomllib.loads(text))) if name == FACTORY else cut(name, text)


def tables_of(tables: Mapping[str, Any]) -> Iterator[Passage]:
    """The factory file's tables, a passage each with its keys and values in lines."""
    for key, value in tables.items():
        rows = value if isinstance(value, list) else [value]
        for number, row in enumerate(rows, 1):
            lines = list(lines_of(row)) if isinstance(row, dict) else [str(row)]
            name = row.get("name") if isinstance(row, dict) else None
            path = ("Factory file", key, *([str(name)] if name else []))
            yield Passage(f"{FACTORY}#{key}{f'-{number}' if number > 1 else ''}", path, "\n".join(lines))


def lines_of(row: Mapping[str, Any]) -> Iterator[str]:
    """Keys and values of a table, those of tables inside it in a line each."""
    for key, value in row.items():
        inner = value if isinstance(value, list) else [value]
        if inner and all(isinstance(one, dict) for one in inner):
            yield from (f"{key}: {'; '.join(lines_of(one))}" for one in inner)
        else:
            yield f"{key}: {', '.join(map(str, inner))}"


def parts_of(passage: Passage) -> Iterator[str]:
    """What the encoder is given of a passage: its headings with some lines of it, again and again."""
    head, part = clean(passage.title), ""
    for line in plain_lines(EXAMPLE.sub("", passage.text)):
        if part and len(part) + len(line) >= SHORT:
            yield f"{head}: {part}"
            part = ""
        part = f"{part} {line}".strip()[:LONGEST]
    yield f"{head}: {part}"


def plain_lines(text: str) -> Iterable[str]:
    """Paragraphs, items and rows of a passage without marks."""
    for block in blocks(text.split("\n")):
        table = len(block) > 2 and block[0].startswith("|")
        yield from (clean(one) for one in (block[2:] if table else [" ".join(block)]))


def clean(text: str) -> str:
    """A text without the marks of Markdown and the targets of links."""
    return re.sub(r"\s+", " ", re.sub(r"\]\([^)]*\)|[`*|\[\]#]|-{3,}", " ", text)).strip()
