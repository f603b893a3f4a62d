"""The weekly report as one printable HTML page: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from chocolate_factory.services.report_layout import Block, ReportLayout, ReportTable

WIDTH, HEIGHT, FOOT = 700, 120, 16
BASELINE, EXECUTED = "#b9a795", "#7a4a21"
STYLE = """
@page { size: A4 portrait; margin: 12mm }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 186mm;
  font: 10pt/1.35 "Segoe UI", "Noto Sans", "Liberation Sans", Arial, sans-serif;
  color: #241a14; background: #fff; -webkit-print-color-adjust: exact; print-color-adjust: exact }
h1 { font-size: 16pt; margin: 0 0 1mm }
h2 { font-size: 11pt; margin: 5mm 0 1mm; border-bottom: 0.3mm solid #75675b; break-after: avoid }
p { margin: 0 0 1mm }
.sample { color: #8c1d12; font-weight: 700 }
dl { display: flex; flex-wrap: wrap; gap: 1mm 7mm; margin: 1mm 0 }
dt { font-size: 8pt; color: #5c5047 }
dd { margin: 0; font-weight: 600 }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: 8.5pt; margin: 1mm 0 }
th, td { text-align: left; padding: 0.6mm 1.5mm 0.6mm 0; border-bottom: 0.2mm solid #d8ccc0;
  vertical-align: top }
th { font-weight: 600; color: #5c5047 }
td:first-child { white-space: nowrap }
.n { text-align: right; white-space: nowrap }
tr { break-inside: avoid }
svg { display: block; width: 100%; height: auto; margin: 2mm 0 }
svg text { fill: #241a14; font-size: 10px }
.key { display: flex; gap: 5mm; font-size: 8pt }
.key svg { width: 3mm; display: inline; margin: 0 1mm 0 0; vertical-align: -0.4mm }
@media screen { body { padding: 6mm } }
"""
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def report_page(made: ReportLayout) -> bytes:
    """The page, UTF-8, for A4; `POLICY` is the content security policy that allows its style."""
    title = escape(made.title)
    parts = [
        f'<!doctype html><html lang="{made.language}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title}</title><style>{STYLE}</style></head><body><main>",
        f"<h1>{title}</h1>",
        f'<p class="sample">{escape(made.sample)}</p>' if made.sample else "",
        *(f"<p>{escape(line)}</p>" for line in made.lines),
        chart(made) if made.bars else "",
        *(block(one) for one in made.blocks),
        "</main></body></html>\n",
    ]
    return "".join(parts).encode()


def chart(made: ReportLayout) -> str:
    """Two bars a day, from zero; the same numbers are in the table of days."""
    values = [value for bar in made.bars for value in (bar.baseline_eur, bar.executed_eur)]
    top, low = max(0.0, *values), min(0.0, *values)
    span = (top - low) or 1.0
    step, room = WIDTH / len(made.bars), HEIGHT - FOOT

    def bar(left: float, value: float, colour: str) -> str:
        y, high = room * (top - max(value, 0.0)) / span, room * abs(value) / span
        return (
            f'<rect x="{left:.1f}" y="{y:.1f}" width="{step / 3:.1f}" height="{high:.1f}" fill="{colour}"/>'
        )

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(made.chart)}">']
    for place, pair in enumerate(made.bars):
        left = step * place + step / 8
        parts += [bar(left, pair.baseline_eur, BASELINE), bar(left + step / 3, pair.executed_eur, EXECUTED)]
        parts.append(f'<text x="{left:.1f}" y="{HEIGHT - 4}">{escape(pair.day)}</text>')
    zero = room * top / span
    parts.append(f'<line x1="0" x2="{WIDTH}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="#75675b"/></svg>')
    mark = '<svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" fill="{}"/></svg>'
    told = zip((BASELINE, EXECUTED), made.keys, strict=True)
    cells = "".join(f"<span>{mark.format(colour)}{escape(name)}</span>" for colour, name in told)
    return f'{"".join(parts)}<div class="key">{cells}</div>'


def block(one: Block) -> str:
    """Heading, figures, table and notes."""
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in one.figures
    )
    return "".join(
        [
            f"<section><h2>{escape(one.heading)}</h2>",
            f"<dl>{cells}</dl>" if cells else "",
            table(one.table, one.heading) if one.table else "",
            *(f"<p>{escape(note)}</p>" for note in one.notes),
            "</section>",
        ]
    )


def table(one: ReportTable, name: str) -> str:
    """A table with its head; numbers stand on the right. Where it is too wide it moves by keys as well."""

    def cell(tag: str, place: int, text: str) -> str:
        mark = ' class="n"' if place >= one.numbers else ""
        return f"<{tag}{mark}>{escape(text)}</{tag}>"

    head = "".join(cell("th", place, text) for place, text in enumerate(one.head))
    rows = "".join(
        f"<tr>{''.join(cell('td', place, text) for place, text in enumerate(row))}</tr>" for row in one.rows
    )
    frame = f'<div class="wide" tabindex="0" role="region" aria-label="{escape(name)}">'
    return f"{frame}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
