"""Where things stand on the printed plan: lanes of units, days, bars, lists. Shared by page and print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chocolate_factory.domain.slots import Window, day_window, days_of
from chocolate_factory.domain.staffing import staffed_spans
from chocolate_factory.services.export_view import PlanView, RunView
from chocolate_factory.services.export_words import amount, local_clock, local_day

MOST_COLUMNS = 8
COLOURS = ("#c9803f", "#4f8f99", "#8d74c4", "#bf5f83", "#7a9a3c", "#c4a12f", "#5577bb", "#8a7060")


@dataclass(frozen=True)
class Bar:
    """A run in its lane: `left` and `width` are shares of the window."""

    lane: int
    left: float
    width: float
    colour: str
    run: RunView


@dataclass(frozen=True)
class Day:
    """A local day of the window: where it begins and how wide it is (shares), and what runs start on it.

    `lines` are (text, is a heading): a heading for each unit, under it its runs.
    """

    label: str
    left: float
    width: float
    lines: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Layout:
    """The printed plan.

    `staffed` are (left, width) in shares of the window, `step` (left, price as a share of its range) of each
    slot; `lowest` and `highest` are the ends of that range, EUR/kWh.
    """

    lanes: tuple[str, ...]
    staffed: tuple[tuple[float, float], ...]
    bars: tuple[Bar, ...]
    days: tuple[Day, ...]
    colours: dict[str, str]
    step: tuple[tuple[float, float], ...]
    lowest: float
    highest: float


def layout(view: PlanView) -> Layout:
    """Lanes are the units of the machines chosen, in the factory file's order."""
    machines = [m for m in view.factory.machines if view.choice.machine in {None, m.name}]
    lanes = [f"{m.name} {unit}" for m in machines for unit in range(1, m.count + 1)]
    products = [product.name for product in view.factory.products]
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(products)}
    bars = []
    for run in view.runs:
        left, width = share(view.window, run.start), share(view.window, run.end)
        bars.append(Bar(lanes.index(run.place), left, width - left, colours[run.product], run))
    price = view.price_eur_kwh
    lowest, highest = float(price.min()), float(price.max())
    spread = highest - lowest or 1.0
    slots = len(price)
    step = tuple((index / slots, (float(value) - lowest) / spread) for index, value in enumerate(price))
    shown = {run.product for run in view.runs}
    keyed = {name: colour for name, colour in colours.items() if name in shown}
    spans = staffed_spans(view.factory, view.window)
    staffed = tuple((share(view.window, span.start), span.seconds / view.window.seconds) for span in spans)
    return Layout(tuple(lanes), staffed, tuple(bars), day_columns(view, lanes), keyed, step, lowest, highest)


def share(window: Window, at: datetime) -> float:
    """How far into the window a moment is, 0 to 1."""
    return (at - window.start) / (window.end - window.start)


def day_columns(view: PlanView, lanes: list[str]) -> tuple[Day, ...]:
    """The local days of the window, of 23, 24 or 25 hours."""
    columns = []
    for day in days_of(view.window, view.zone):
        span = day_window(day, view.zone).clip(view.window)
        if span is None:
            continue
        left = share(view.window, span.start)
        own = [run for run in view.runs if run.start in span]
        label = local_day(span.start, view.zone, view.words)
        columns.append(Day(label, left, share(view.window, span.end) - left, day_lines(view, own, lanes)))
    return tuple(columns)


def day_lines(view: PlanView, runs: list[RunView], lanes: list[str]) -> tuple[tuple[str, bool], ...]:
    """The day's list: `06:00-06:30 standard-2026-03-11-1` under `mixer 1`."""
    lines: list[tuple[str, bool]] = []
    for lane in lanes:
        own = [run for run in runs if run.place == lane]
        if own:
            lines.append((lane, True))
        for run in own:
            times = (local_clock(at, view.zone) for at in (run.start, run.end))
            lines.append((f"{'-'.join(times)} {run.batch}", False))
    return tuple(lines)


def facts(view: PlanView) -> list[tuple[str, str]]:
    """The figures over the chart: (name, value)."""
    answer, words = view.answer, view.words
    ends = (
        f"{local_day(at, view.zone, words)} {local_clock(at, view.zone)}"
        for at in (view.window.start, view.window.end)
    )
    issued = f"{local_day(view.issued_at, view.zone, words)} {local_clock(view.issued_at, view.zone)}"
    saving = amount(answer["saving"]["eur"], words)
    percent = answer["saving"]["percent"]
    rows = [
        (words["window"], " - ".join(ends)),
        (words["issued"], issued),
        (words["cost"], f"{amount(answer['cost_eur'], words)} EUR"),
        (words["energy"], f"{amount(answer['energy_kwh'], words, 0)} kWh"),
        (words["baseline"], f"{amount(answer['baseline']['cost_eur'], words)} EUR"),
        (
            words["saving"],
            f"{saving} EUR" + (f" ({amount(percent, words, 1)} %)" if percent is not None else ""),
        ),
        (words["prices"], view.price_origin),
        (words["gap"], f"{amount(100 * answer['mip_gap'], words)} %"),
    ]
    if view.chosen:
        own = sum(run.energy_kwh for run in view.runs), sum(run.cost_eur for run in view.runs)
        told = f"{len(view.runs)}, {amount(own[0], words, 1)} kWh, {amount(own[1], words)} EUR"
        rows += [(words["only"], view.chosen), (words["runs"], told)]
    return rows


def notes(view: PlanView) -> list[str]:
    """What is in stock, left or late, one sentence each."""
    words = view.words
    told = []
    for word, key in (("stock", "assumed_stock"), ("left", "left_for_later"), ("late", "late")):
        for row in view.answer[key]:
            due = datetime.fromisoformat(row["due"])
            day = f"{local_day(due, view.zone, words)} {local_clock(due, view.zone)}"
            told.append(
                f"{words[word]}: {row['batches']} {words['batches']} {row['product']}, {words['due']} {day}"
            )
    return told
