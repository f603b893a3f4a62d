"""Documents cut into passages: pieces of one section each, under the path of its headings and an id."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from chocolate_factory.domain.claims import plain

LONGEST = 1200
"""Most characters of a passage."""

HEADING = re.compile(r"(#{1,6}) +(.+?)\s*#*$")
FENCE = re.compile(r"\s*(```|~~~)")
ITEM = re.compile(r"(?:[-*+]|\d+[.)]) ")
SENTENCE_END = re.compile(r"(?<=[.:;!?]) ")


@dataclass(frozen=True)
class Passage:
    """A piece of a document as it stands there; a piece of a table has the table's head again.

    `id` is the document's name and the section, numbered from the second piece of a section on; `path` are
    the headings above it, the document's title first.
    """

    id: str
    path: tuple[str, ...]
    text: str

    @property
    def title(self) -> str:
        """The headings in one line."""
        return " > ".join(self.path)


def cut(name: str, text: str) -> list[Passage]:
    """The passages of a Markdown document, in order; every line but headings and comments is in one."""
    seen: Counter[str] = Counter()
    found = []
    for path, lines in sections(text):
        section = f"{name}#{slug(path[-1]) if path else 'top'}"
        for piece in pieces(lines):
            seen[section] += 1
            number = f"-{seen[section]}" if seen[section] > 1 else ""
            found.append(Passage(section + number, path or (name,), piece))
    return found


def slug(heading: str) -> str:
    """A heading as part of an id: letters and digits, joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", plain(heading)).strip("-") or "section"


def sections(text: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """The lines under each heading, with the headings above them; headings in code are code."""
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    code = False
    for line in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).splitlines():
        code ^= bool(FENCE.match(line))
        heading = None if code else HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        yield tuple(title for _, title in path), lines
        level, lines = len(heading.group(1)), []
        path = [(depth, title) for depth, title in path if depth < level]
        path.append((level, re.sub(r"[`*]", "", heading.group(2))))
    yield tuple(title for _, title in path), lines


def pieces(lines: list[str]) -> Iterator[str]:
    """Paragraphs, items and tables put together to pieces that are not too long."""
    piece, listed = "", False
    for block in blocks(lines):
        joint = "\n" if listed and ITEM.match(block[0]) else "\n\n"
        listed = ITEM.match(block[0]) is not None
        for part in parts(block):
            if piece and len(piece) + len(joint) + len(part) > LONGEST:
                yield piece
                piece = ""
            piece, joint = (f"{piece}{joint}{part}" if piece else part), "\n"
    if piece:
        yield piece


def blocks(lines: list[str]) -> Iterator[list[str]]:
    """Lines that belong together: a paragraph, an item with what hangs on it, a table, code."""
    block: list[str] = []
    code = False
    for line in lines:
        fence = FENCE.match(line) is not None
        if not code and block and (not line.strip() or ITEM.match(line)):
            yield block
            block = []
        if line.strip() or code:
            block.append(line)
        code ^= fence
    if block:
        yield block


def parts(block: list[str]) -> Iterator[str]:
    """A block, cut between lines or else sentences where it is too long; rows of a table keep its head."""
    table = len(block) > 2 and block[0].startswith("|") and set(block[1]) <= set("|-: ")
    head = block[:2] if table else []
    part = list(head)
    for line in block[len(head) :]:
        for bit in bits(line, LONGEST - sum(map(len, head)) - len(head)):
            if len(part) > len(head) and sum(map(len, part)) + len(part) + len(bit) > LONGEST:
                yield "\n".join(part)
                part = list(head)
            part.append(bit)
    yield "\n".join(part)


def bits(line: str, longest: int) -> Iterator[str]:
    """A line, cut after sentences, else words, else anywhere, where it is too long."""
    longest = max(longest, LONGEST // 4)
    while len(line) > longest:
        ends = [hit.start() for hit in SENTENCE_END.finditer(line, 0, longest)]
        at = ends[-1] if ends else line.rfind(" ", 1, longest)
        at = at if at > 0 else longest
        yield line[:at].rstrip()
        line = line[at:].lstrip()
    yield line
