"""A plan as PDF, A4 landscape: chart and the list of every day on one page where the list can be read there.

Where it cannot, the chart has the first page and the list the following ones.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from chocolate_factory.services.export_layout import MOST_COLUMNS, Day, Layout, facts, layout, notes
from chocolate_factory.services.export_view import PlanView
from chocolate_factory.services.export_words import Words, amount

WIDTH, HEIGHT, EDGE = 841.89, 595.28, 24.0
LEFT = 70.0
STRIP = 44.0
LARGEST, LEAST, STEP = 8.5, 4.5, 0.25
LEADING = 1.22
DARK, MUTED, GRID, SHADE = "#241a14", "#5c5047", "#d8ccc0", "#f4efe8"
PRICE, ALARM = "#1f5a9e", "#8c1d12"
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
Lines = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class _Block:
    """A row of day columns: the label and the lines of each."""

    columns: tuple[tuple[str, Lines], ...]

    @property
    def lines(self) -> int:
        return 1 + max(len(lines) for _, lines in self.columns)


def pdf(view: PlanView) -> bytes:
    """The PDF. Its letters are those of Western European languages; others are printed as `?`."""
    from reportlab.pdfgen.canvas import Canvas  # loaded for those who ask for it only

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), lang=view.words["language"])
    canvas.setTitle(f"{view.words['plan']} {view.answer['id']}")
    canvas.setAuthor("Chocolate Factory")
    made = layout(view)
    blocks = _blocks([day for day in made.days if day.lines])
    top = _head(canvas, view)
    lane = min(16.0, (top - EDGE - STRIP - 60) / max(1, len(made.lanes)))
    under = _chart(canvas, view, made, (top, lane))
    size = _fitting(blocks, under - EDGE)
    pages = [(size, blocks)] if size else [(LARGEST, []), *((LARGEST, page) for page in _paged(blocks))]
    for number, (letters, page) in enumerate(pages, 1):
        y = under if number == 1 else HEIGHT - EDGE
        _list(canvas, page, y, letters)
        if len(pages) > 1:
            told = f"{view.answer['id']}  {view.words['page']} {number}/{len(pages)}"
            _text(canvas, (EDGE, EDGE - 10), told, (PLAIN, 6, MUTED))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _blocks(days: list[Day]) -> list[_Block]:
    columns = [(day.label, day.lines) for day in days]
    return [_Block(tuple(columns[at : at + MOST_COLUMNS])) for at in range(0, len(columns), MOST_COLUMNS)]


def _fitting(blocks: list[_Block], room: float) -> float | None:
    """The largest size of letters at which all blocks fit into the room, None if they never do."""
    lines = sum(block.lines + 1 for block in blocks)
    size = LARGEST
    while size >= LEAST:
        if lines * size * LEADING <= room:
            return size
        size -= STEP
    return None


def _paged(blocks: list[_Block]) -> list[list[_Block]]:
    """Blocks cut into pages; a unit whose runs go on is named again."""
    most = int((HEIGHT - 2 * EDGE) / (LARGEST * LEADING)) - 2
    pages = []
    for block in blocks:
        cut = [(label, _cut(lines, most)) for label, lines in block.columns]
        for number in range(max(len(parts) for _, parts in cut)):
            own = tuple((label, parts[number]) for label, parts in cut if number < len(parts))
            pages.append([_Block(own)])
    return pages


def _cut(lines: Lines, most: int) -> list[Lines]:
    parts, part, head = list[Lines](), list[tuple[str, bool]](), ("", True)
    for line in lines:
        if len(part) >= most - line[1]:
            parts.append(tuple(part))
            part = [] if line[1] else [head]
        head = line if line[1] else head
        part.append(line)
    return [*parts, tuple(part)]


def _head(canvas: Any, view: PlanView) -> float:
    """Title, figures and notes; returns where the chart may begin."""
    words, y = view.words, HEIGHT - EDGE - 10
    _text(canvas, (EDGE, y), f"{words['plan']} {view.answer['id']}, {view.answer['site']}", (BOLD, 13, DARK))
    if view.answer["sample"]:
        y -= 12
        _text(canvas, (EDGE, y), words["sample"], (BOLD, 8, ALARM))
    y -= 13
    x, row = EDGE, 0.0
    for name, value in facts(view):
        wide = max(_width(name, PLAIN, 6.5), _width(value, BOLD, 8.5)) + 16
        if x + wide > WIDTH - EDGE and x > EDGE:
            x, row = EDGE, row + 22
        _text(canvas, (x, y - row), name, (PLAIN, 6.5, MUTED))
        _text(canvas, (x, y - row - 9.5), value, (BOLD, 8.5, DARK))
        x += wide
    y -= row + 20
    for note in notes(view):
        _text(canvas, (EDGE, y), note, (PLAIN, 6.5, DARK))
        y -= 8
    return y


def _chart(canvas: Any, view: PlanView, made: Layout, place: tuple[float, float]) -> float:
    """Price over lanes of units, one bar a run; returns where the list may begin."""
    top, lane = place
    span, lanes_top = WIDTH - 2 * EDGE - LEFT, top - 12 - STRIP
    bottom = lanes_top - lane * len(made.lanes)
    canvas.setLineWidth(0.4)
    canvas.setFillColor(SHADE)
    for left, width in made.staffed:
        canvas.rect(EDGE + LEFT + span * left, bottom, span * width, lanes_top - bottom, stroke=0, fill=1)
    for day in made.days:
        x = EDGE + LEFT + span * day.left
        canvas.setStrokeColor(GRID)
        canvas.line(x, top, x, bottom)
        if day.width * span > 34:
            _text(canvas, (x + 3, top - 8), day.label, (BOLD, 7, DARK))
    _price(canvas, view.words, made, (lanes_top + 4, span))
    for number, name in enumerate(made.lanes):
        y = lanes_top - lane * number
        canvas.setStrokeColor(GRID)
        canvas.line(EDGE, y, WIDTH - EDGE, y)
        _text(canvas, (EDGE, y - lane * 0.68), name, (PLAIN, min(7, lane * 0.6), DARK), LEFT - 4)
    canvas.setStrokeColor("#ffffff")
    for bar in made.bars:
        canvas.setFillColor(bar.colour)
        y = lanes_top - lane * (bar.lane + 0.9)
        canvas.rect(EDGE + LEFT + span * bar.left, y, span * bar.width, lane * 0.8, stroke=1, fill=1)
    x = EDGE
    for name, colour in made.colours.items():
        canvas.setFillColor(colour)
        canvas.rect(x, bottom - 10, 6, 6, stroke=0, fill=1)
        _text(canvas, (x + 9, bottom - 9.5), name, (PLAIN, 6.5, DARK))
        x += 24 + _width(name, PLAIN, 6.5)
    return bottom - 16


def _price(canvas: Any, words: Words, made: Layout, place: tuple[float, float]) -> None:
    base, span = place
    height, width = STRIP - 8, span / len(made.step)
    for value, y in ((made.highest, base + height - 5), (made.lowest, base)):
        _text(canvas, (EDGE, y), f"{amount(value, words, 3)} EUR/kWh", (PLAIN, 6, PRICE))
    path = canvas.beginPath()
    for number, (left, level) in enumerate(made.step):
        x, y = EDGE + LEFT + span * left, base + height * level
        (path.lineTo if number else path.moveTo)(x, y)
        path.lineTo(x + width, y)
    canvas.setStrokeColor(PRICE)
    canvas.drawPath(path)


def _list(canvas: Any, blocks: list[_Block], top: float, size: float) -> None:
    y, most = top, max((len(block.columns) for block in blocks), default=1)
    wide = (WIDTH - 2 * EDGE) / max(most, 5)
    for block in blocks:
        for number, (label, lines) in enumerate(block.columns):
            x, line = EDGE + wide * number, y - size
            _text(canvas, (x, line), label, (BOLD, size + 1, DARK), wide - 6)
            for text, heading in lines:
                line -= size * LEADING
                _text(canvas, (x, line), text, (BOLD if heading else PLAIN, size, DARK), wide - 6)
        y -= (block.lines + 1) * size * LEADING


def _text(
    canvas: Any,
    at: tuple[float, float],
    text: str,
    font: tuple[str, float, str],
    widest: float = WIDTH - 2 * EDGE,
) -> None:
    """Text in one line; letters shrink where it would be wider than `widest`."""
    name, size, colour = font
    told = _western(text)
    width = _width(told, name, size)
    canvas.setFont(name, size if width <= widest else size * widest / width)
    canvas.setFillColor(colour)
    canvas.drawString(*at, told)


def _width(text: str, font: str, size: float) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(_western(text), font, size))


def _western(text: str) -> str:
    return text.encode("cp1252", "replace").decode("cp1252")
