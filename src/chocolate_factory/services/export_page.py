"""A plan as one printable HTML page: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from chocolate_factory.services.export_layout import MOST_COLUMNS, Day, Layout, facts, layout, notes
from chocolate_factory.services.export_view import PlanView
from chocolate_factory.services.export_words import amount, local_clock

LANE, STRIP, HEAD, LEFT, WIDTH = 18, 44, 14, 90, 1000
SMALL_FROM = 28
STYLE = """
@page { size: A4 landscape; margin: 8mm }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 281mm;
  font: 9pt/1.25 "Segoe UI", "Noto Sans", "Liberation Sans", Arial, sans-serif;
  color: #241a14; background: #fff; -webkit-print-color-adjust: exact; print-color-adjust: exact }
h1 { font-size: 13pt; margin: 0 0 1mm }
.sample { color: #8c1d12; font-weight: 700; margin: 0 0 1mm }
dl { display: flex; flex-wrap: wrap; gap: 1mm 6mm; margin: 0 0 2mm }
dt { font-size: 7pt; color: #5c5047 }
dd { margin: 0; font-weight: 600 }
svg { display: block; width: 100%; height: auto }
svg text { fill: #241a14; font-size: 9px }
.days { display: grid; grid-template-columns: repeat(auto-fit, minmax(31mm, 1fr)); gap: 2mm;
  margin-top: 2mm; font-size: 6pt }
.small { font-size: 5pt }
.days h2 { font-size: 1.15em; margin: 0; border-bottom: 0.3mm solid #75675b }
.days h3 { font-size: 1em; margin: 0.6mm 0 0 }
.days p { margin: 0; overflow-wrap: anywhere; break-inside: avoid }
.key { display: flex; flex-wrap: wrap; gap: 4mm; margin: 1mm 0; font-size: 7pt }
.key svg { width: 3mm; display: inline; vertical-align: -0.4mm }
.notes { margin: 2mm 0 0; padding-left: 4mm; font-size: 7pt }
@media screen { body { padding: 8mm } }
"""
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(view: PlanView) -> bytes:
    """The page, UTF-8, for A4 landscape; `POLICY` is the content security policy that allows its style."""
    made, words = layout(view), view.words
    title = escape(f"{words['plan']} {view.answer['id']}, {view.answer['site']}")
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts(view)
    )
    sample = f'<p class="sample">{escape(words["sample"])}</p>' if view.answer["sample"] else ""
    told = "".join(f"<li>{escape(note)}</li>" for note in notes(view))
    parts = [
        f'<!doctype html><html lang="{words["language"]}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title}</title><style>{STYLE}</style></head><body>",
        f"<h1>{title}</h1>{sample}<dl>{cells}</dl>",
        chart(view, made),
        key(made),
        days(view, made),
        f'<ul class="notes">{told}</ul>' if told else "",
        "</body></html>\n",
    ]
    return "".join(parts).encode()


def chart(view: PlanView, made: Layout) -> str:
    """Price over lanes of units, one bar a run."""
    span = WIDTH - LEFT
    bottom = HEAD + STRIP + LANE * len(made.lanes)
    name = escape(view.words["plan"])
    parts = [f'<svg viewBox="0 0 {WIDTH} {bottom + 2}" role="img" aria-label="{name}">']
    for left, width in made.staffed:
        x, wide, high = LEFT + span * left, span * width, bottom - HEAD - STRIP
        parts.append(
            f'<rect x="{x:.2f}" y="{HEAD + STRIP}" width="{wide:.2f}" height="{high}" fill="#f4efe8"/>'
        )
    for day in made.days:
        x = LEFT + span * day.left
        parts.append(
            f'<line x1="{x:.2f}" x2="{x:.2f}" y1="0" y2="{bottom}" stroke="#b3a497" stroke-width="0.6"/>'
        )
        if day.width * span > 40:
            parts.append(f'<text x="{x + 3:.2f}" y="10">{escape(day.label)}</text>')
    parts.append(_price(view, made, span))
    for number, lane in enumerate(made.lanes):
        y = HEAD + STRIP + LANE * number
        parts.append(f'<line x1="0" x2="{WIDTH}" y1="{y}" y2="{y}" stroke="#e8dfd6" stroke-width="0.6"/>')
        parts.append(f'<text x="0" y="{y + 12}">{escape(lane)}</text>')
    for bar in made.bars:
        x, y = LEFT + span * bar.left, HEAD + STRIP + LANE * bar.lane + 2
        times = "-".join(local_clock(at, view.zone) for at in (bar.run.start, bar.run.end))
        told = f"{bar.run.place} {times} {bar.run.batch}"
        parts.append(
            f'<rect x="{x:.2f}" y="{y}" width="{span * bar.width:.2f}" height="{LANE - 4}" '
            f'fill="{bar.colour}" stroke="#fff" stroke-width="0.5"><title>{escape(told)}'
            "</title></rect>"
        )
    return "".join([*parts, "</svg>"])


def _price(view: PlanView, made: Layout, span: float) -> str:
    """The all-in price as a step line, its lowest and highest named."""
    base, height, width = HEAD + STRIP - 4, STRIP - 8, span / len(made.step)
    points = []
    for left, level in made.step:
        x, y = LEFT + span * left, base - height * level
        points.append(f"{x:.2f},{y:.2f} {x + width:.2f},{y:.2f}")
    low, high = (amount(value, view.words, 3) for value in (made.lowest, made.highest))
    return (
        f'<text x="0" y="{HEAD + 10}">{high}</text><text x="40" y="{HEAD + 26}">EUR/kWh</text>'
        f'<text x="0" y="{base}">{low}</text>'
        f'<polyline points="{" ".join(points)}" fill="none" stroke="#1f5a9e" stroke-width="1"/>'
    )


def key(made: Layout) -> str:
    """Which colour is which product."""
    mark = '<svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" fill="{}"/></svg>'
    cells = (f"<span>{mark.format(colour)} {escape(name)}</span>" for name, colour in made.colours.items())
    return f'<div class="key">{"".join(cells)}</div>'


def days(view: PlanView, made: Layout) -> str:
    """The runs of each day, by unit."""
    told = [day for day in made.days if day.lines]
    if not told:
        return f"<p>{escape(view.words['none'])}</p>"
    rows = -(-len(told) // MOST_COLUMNS)
    small = " small" if rows * max(len(day.lines) for day in told) > SMALL_FROM else ""
    return f'<div class="days{small}">{"".join(map(_day, told))}</div>'


def _day(day: Day) -> str:
    lines = (f"<h3>{escape(text)}</h3>" if head else f"<p>{escape(text)}</p>" for text, head in day.lines)
    return f"<section><h2>{escape(day.label)}</h2>{''.join(lines)}</section>"
