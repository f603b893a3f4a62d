"""The weekly report as blocks of figures and tables in a language; page and print only set them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from chocolate_factory.services.export_words import LANGUAGES, Words, amount, local_clock, local_day
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.report_words import REPORT_WORDS

Row = dict[str, Any]
ARMS = ("baseline", "plan", "executed", "hindsight")
NOT_KNOWN, MOST_ALERTS = "–", 20


@dataclass(frozen=True)
class ReportTable:
    """Head and rows of text; columns from `numbers` on hold numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 1


@dataclass(frozen=True)
class Block:
    """A part of the report: heading, figures as (name, value), notes, and a table."""

    heading: str
    figures: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    table: ReportTable | None = None


@dataclass(frozen=True)
class BarPair:
    """The cost of a day as ordered and as run, EUR."""

    day: str
    baseline_eur: float
    executed_eur: float


@dataclass(frozen=True)
class ReportLayout:
    """The report set in words; `sample` is empty for a real one, `bars` where nothing is settled."""

    language: str
    title: str
    lines: tuple[str, ...]
    sample: str
    blocks: tuple[Block, ...]
    bars: tuple[BarPair, ...]
    chart: str
    keys: tuple[str, str]
    page: str


@dataclass(frozen=True, eq=False)
class _Told:
    """A report with the words and formats of its language."""

    report: Row
    told: dict[str, str]
    words: Words
    zone: str

    def eur(self, value: float | None, digits: int = 2) -> str:
        return NOT_KNOWN if value is None else f"{amount(value, self.words, digits)} EUR"

    def number(self, value: float | None, unit: str, digits: int = 2) -> str:
        return NOT_KNOWN if value is None else f"{amount(value, self.words, digits)} {unit}"

    def share(self, value: float | None) -> str:
        return NOT_KNOWN if value is None else f"{amount(100 * value, self.words, 0)} %"

    def when(self, text: str) -> str:
        at = moment_of(text)
        return f"{local_day(at, self.zone, self.words)} {local_clock(at, self.zone)}"

    def day(self, text: str) -> str:
        noon = datetime.combine(date.fromisoformat(text), time(12), ZoneInfo(self.zone))
        return local_day(noon, self.zone, self.words)


def report_layout(report: Row) -> ReportLayout:
    """The report of `report_week` in its language."""
    language = str(report["language"])
    words = LANGUAGES[language]
    on = _Told(report, REPORT_WORDS[language], words, str(report["timezone"]))
    told, row = on.told, report["settled"]
    start, end = (on.when(report["window"][key]) for key in ("start", "end"))
    lines = [
        f"{report['site']}. {told['from_to'].format(start=start, end=end, zone=on.zone)}",
        *state_lines(on, row),
        f"{told['made'].format(at=on.when(report['made_at']))}. {told['basis']}",
    ]
    settled = (money(on, row), work(on, row), days(on, row)) if row else ()
    return ReportLayout(
        language=language,
        title=told["title"].format(week=report["week"]),
        lines=tuple(lines),
        sample=words["sample"] if report["sample"] else "",
        blocks=(*settled, hours(on), forecasts(on), alerts(on), data(on)),
        bars=tuple(bars(on, row)) if row else (),
        chart=told["chart"],
        keys=(told["baseline"], told["executed"]),
        page=told["page"],
    )


def state_lines(on: _Told, row: Row | None) -> list[str]:
    """How final the figures are, and what is not told and why."""
    told = on.told
    hours_without = amount(row["hours_without_plan"], on.words, 1) if row else ""
    lines = [told[on.report["state"]].format(hours=hours_without)]
    if row and row["same_work"] is False:
        lines.append(told["not_alike"])
    if row and row["same_work"] and row["captured_share"] is None and row["status"] == "closed":
        lines.append(told["no_hindsight"])
    if row and row["revised"]:
        lines.append(told["revised"].format(count=row["revised"]))
    return lines


def money(on: _Told, row: Row) -> Block:
    """What the week saved, and what each way to run it cost."""
    told, arms, each = on.told, row["arms"], on.report["paid_eur_kwh"]
    percent = row["saving_percent"]
    saving = on.eur(row["saving_eur"]) + (
        f" ({amount(percent, on.words, 1)} %)" if percent is not None else ""
    )
    rows = [
        (
            told[name],
            on.eur(arm["eur"]),
            on.eur(arm["energy_eur"]),
            on.eur(arm["excess_eur"]),
            on.number(arm["kwh"], "kWh", 0),
            on.number(each[name], "EUR/kWh", 4),
            str(arm["batches"]),
        )
        for name in ARMS
        if (arm := arms[name])
    ]
    names = ("arm", "cost", "energy_eur", "excess_eur", "energy", "paid", "batches")
    figures = [(told["saving"], saving), (told["captured"], on.share(row["captured_share"]))]
    if arms["executed"]:
        figures.append((told["cost"], on.eur(arms["executed"]["eur"])))
        figures.append((told["paid"], on.number(each["executed"], "EUR/kWh", 4)))
    figures.append((told["mean_price"], on.number(on.report["prices"]["mean_eur_kwh"], "EUR/kWh", 4)))
    table = ReportTable(tuple(told[name] for name in names), tuple(rows))
    return Block(told["money"], tuple(figures), table=table if rows else None)


def work(on: _Told, row: Row) -> Block:
    """What was made, and how much of it was reported."""
    told = on.told
    made = ", ".join(f"{count} {product}" for product, count in row["products"].items())
    figures = [(told["products"], made or NOT_KNOWN)]
    figures += [
        (told[key], str(row[key])) for key in ("runs_reported", "runs_as_planned", "batches_lost", "plans")
    ]
    return Block(told["work"], tuple(figures))


def days(on: _Told, row: Row) -> Block:
    """The days of the week as the ledger has them."""
    told = on.told
    rows = []
    for day in row["days"]:
        arms = [day["arms"][name] for name in ARMS]
        did = arms[2]
        cells = [on.eur(arm["eur"] if arm else None) for arm in arms]
        made = (on.number(did["kwh"], "kWh", 0), str(did["batches"])) if did else (NOT_KNOWN, NOT_KNOWN)
        rows.append((on.day(day["day"]), told[day["status"]], *cells, on.eur(day["saving_eur"]), *made))
    head = ("day", "state", *ARMS, "saving", "energy", "batches")
    return Block(told["days"], table=ReportTable(tuple(told[name] for name in head), tuple(rows), numbers=2))


def bars(on: _Told, row: Row) -> list[BarPair]:
    """The settled days, to draw."""
    return [
        BarPair(on.day(day["day"]), day["arms"]["baseline"]["eur"], day["arms"]["executed"]["eur"])
        for day in row["days"]
        if day["arms"]["baseline"] and day["arms"]["executed"]
    ]


def hours(on: _Told) -> Block:
    """The cheapest and dearest hours of the week."""
    told, prices = on.told, on.report["prices"]
    rows = tuple(
        (
            told[name],
            f"{on.when(hour['start'])} - {local_clock(moment_of(hour['end']), on.zone)}",
            on.number(hour["price_eur_kwh"], "EUR/kWh", 4),
        )
        for name in ("cheapest", "dearest")
        for hour in prices[name]
    )
    head = (told["what"], told["hours"], told["paid"])
    return Block(told["hours"], table=ReportTable(head, rows, numbers=2) if rows else None)


def forecasts(on: _Told) -> Block:
    """How good the forecasts of the week's days were, made before their auctions."""
    told, found = on.told, on.report["accuracy"]
    if found is None:
        return Block(told["forecast"], notes=(told["by_contract"],))
    if found["mae"] is None:
        return Block(told["forecast"], notes=(told["too_few"],))
    figures = (
        (told["mae"], on.number(found["mae"], "EUR/MWh")),
        (told["bias"], on.number(found["bias"], "EUR/MWh")),
        (told["naive"], on.number(found["mae_naive"], "EUR/MWh")),
        (told["coverage"], on.share(found["coverage_80"])),
        (told["hours_judged"], str(found["hours"])),
    )
    return Block(told["forecast"], figures)


def alerts(on: _Told) -> Block:
    """The alerts that were open in the week, oldest first."""
    told, found = on.told, on.report["alerts"]
    if not found:
        return Block(told["alerts"], notes=(told["no_alerts"],))
    rows = tuple(
        (
            on.when(one["opened_at"]),
            on.when(one["closed_at"]) if one["closed_at"] else told["still_open"],
            one["text"],
        )
        for one in found[:MOST_ALERTS]
    )
    more = len(found) - len(rows)
    notes = (told["more"].format(count=more),) if more else ()
    head = tuple(told[name] for name in ("since", "until", "what"))
    return Block(told["alerts"], notes=notes, table=ReportTable(head, rows, numbers=len(head)))


def data(on: _Told) -> Block:
    """Values of the price series that were due, and those that are missing."""
    told = on.told
    figures = tuple(
        (row["series"], f"{row['slots_due']} {told['due']}, {row['slots_missing']} {told['lacking']}")
        for row in on.report["data"]
    )
    return Block(told["data"], figures)
