"""The weekly report as PDF, A4: its blocks one under the other, on as many pages as they take."""

from __future__ import annotations

import io
from typing import Any

from chocolate_factory.services.report_layout import Block, ReportLayout, ReportTable

WIDTH, HEIGHT, EDGE = 595.28, 841.89, 34.0
ROOM = WIDTH - 2 * EDGE
DARK, MUTED, GRID, ALARM = "#241a14", "#5c5047", "#d8ccc0", "#8c1d12"
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
TEXT, SMALL, HEADING, TITLE = 9.0, 7.0, 11.0, 15.0
LEADING, PAD, FOOT = 1.35, 6.0, 14.0
WIDEST_CELL = 300.0


def report_pdf(made: ReportLayout) -> bytes:
    """The PDF. Its letters are those of Western European languages; others are printed as `?`."""
    from reportlab.pdfgen.canvas import Canvas  # loaded for those who ask for it only

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), lang=made.language)
    canvas.setTitle(made.title)
    canvas.setAuthor("Chocolate Factory")
    sheet = _Sheet(canvas, made)
    sheet.lines(made.title, (BOLD, TITLE, DARK))
    if made.sample:
        sheet.lines(made.sample, (BOLD, TEXT, ALARM))
    for line in made.lines:
        sheet.lines(line, (PLAIN, TEXT, DARK))
    for block in made.blocks:
        _block(sheet, block)
    sheet.end()
    canvas.save()
    return out.getvalue()


class _Sheet:
    """Where on which page the next line goes."""

    def __init__(self, canvas: Any, made: ReportLayout) -> None:
        self.canvas, self.made, self.y, self.page = canvas, made, HEIGHT - EDGE, 1

    def down(self, height: float) -> float:
        """Take so much of the page, of a new one where it does not fit; the line's foot."""
        if self.left < height:
            self.fresh()
        self.y -= height
        return self.y

    @property
    def left(self) -> float:
        """What is left of the page."""
        return self.y - EDGE - FOOT

    def fresh(self) -> None:
        """Go on with a new page."""
        self.end()
        self.page, self.y = self.page + 1, HEIGHT - EDGE

    def end(self) -> None:
        """Number the page and close it."""
        self.text((EDGE, EDGE), f"{self.made.title}, {self.made.page} {self.page}", (PLAIN, SMALL, MUTED))
        self.canvas.showPage()

    def text(self, at: tuple[float, float], text: str, font: tuple[str, float, str]) -> None:
        """One line of text."""
        self.canvas.setFont(font[0], font[1])
        self.canvas.setFillColor(font[2])
        self.canvas.drawString(*at, _western(text))

    def lines(self, text: str, font: tuple[str, float, str]) -> None:
        """Text over the width of the page, broken where it has to be."""
        for line in _broken(text, font, ROOM):
            self.text((EDGE, self.down(font[1] * LEADING)), line, font)

    def rule(self, y: float) -> None:
        """A thin line over the width of the page."""
        self.canvas.setStrokeColor(GRID)
        self.canvas.setLineWidth(0.4)
        self.canvas.line(EDGE, y, WIDTH - EDGE, y)


def _block(sheet: _Sheet, block: Block) -> None:
    sheet.down(PAD)
    if sheet.left < 5 * HEADING:
        sheet.fresh()
    y = sheet.down(HEADING * LEADING)
    sheet.text((EDGE, y), block.heading, (BOLD, HEADING, DARK))
    sheet.rule(y - 3)
    sheet.down(4)
    _figures(sheet, block.figures)
    if block.table is not None:
        _table(sheet, block.table)
    for note in block.notes:
        sheet.lines(note, (PLAIN, TEXT, DARK))


def _figures(sheet: _Sheet, figures: tuple[tuple[str, str], ...]) -> None:
    """Names over values, side by side as far as the page is wide."""
    x, y = WIDTH, 0.0
    for name, value in figures:
        wide = max(_wide(name, (PLAIN, SMALL, "")), _wide(value, (BOLD, TEXT, ""))) + 3 * PAD
        if x + wide > WIDTH - EDGE + 3 * PAD:
            x, y = EDGE, sheet.down((SMALL + TEXT) * LEADING + 2)
        sheet.text((x, y + TEXT * LEADING), name, (PLAIN, SMALL, MUTED))
        sheet.text((x, y), value, (BOLD, TEXT, DARK))
        x += wide


def _table(sheet: _Sheet, table: ReportTable) -> None:
    """Columns as wide as they need, all made smaller where the page is too narrow."""
    rows = (table.head, *table.rows)
    need = [
        min(WIDEST_CELL, max(_wide(row[at], (BOLD, SMALL + 1, "")) for row in rows)) + PAD
        for at in range(len(table.head))
    ]
    share = min(1.0, ROOM / sum(need))
    size, widths = (SMALL + 1) * max(share, 0.75), [wide * share for wide in need]
    sheet.down(PAD)
    for number, row in enumerate(rows):
        font = (BOLD if number == 0 else PLAIN, size, MUTED if number == 0 else DARK)
        cells = [_broken(text, font, wide - 3) for text, wide in zip(row, widths, strict=True)]
        high = max(len(lines) for lines in cells) * size * LEADING
        foot, x = sheet.down(high + 2), EDGE
        for at, (lines, wide) in enumerate(zip(cells, widths, strict=True)):
            for place, line in enumerate(lines):
                left = x + (wide - PAD / 2 - _wide(line, font) if at >= table.numbers else 0.0)
                sheet.text((left, foot + high - size * LEADING * (place + 1) + 3), line, font)
            x += wide
        sheet.rule(foot)


def _broken(text: str, font: tuple[str, float, str], room: float) -> list[str]:
    """Lines no wider than the room, broken between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _wide(longer, font) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _wide(text: str, font: tuple[str, float, str]) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(_western(text), font[0], font[1]))


def _western(text: str) -> str:
    return text.encode("cp1252", "replace").decode("cp1252")
