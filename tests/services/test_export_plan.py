"""Exports read back with other programs' readers: what is exported is the plan."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from openpyxl import load_workbook
from pypdf import PdfReader

from chocolate_factory.core.errors import NotFound, UsageError
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.services.export_plan import (
    FORMATS,
    ExportRequest,
    check_export,
    export_plan,
    write_export,
)
from chocolate_factory.services.export_view import Choice
from chocolate_factory.services.export_words import LANGUAGES, local_clock
from chocolate_factory.services.export_workbook import sheet_title
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.note_words import spanish_notes
from tests.worlds import empty_ports, sample_ports, tiny

ZONE = "Europe/Madrid"
Told = tuple[str, str, str, str, int, datetime, datetime, float, float]
NIGHT = """
[[shift]]
days = ["tue"]
start = "22:00"
end = "06:00"
"""
LONG_DAY = datetime(2026, 10, 24, 20, tzinfo=UTC)


@pytest.fixture(scope="module", params=["indexed", "fixed"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ports, Any]:
    ports = sample_ports(tmp_path_factory.mktemp("world"), request.param)
    return ports, make_plan(ports, PlanRequest(days=3))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def told(answer: Any) -> list[Told]:
    return sorted(
        (r["batch"], r["product"], r["process"], r["machine"], r["unit"], utc(r["start"]), utc(r["end"]),
         r["energy_kwh"], r["cost_eur"])
        for r in answer["runs"]
    )  # fmt: skip


def from_ics(content: bytes) -> list[Told]:
    names = ("batch", "product", "process", "machine")
    return sorted(
        (*(str(event[f"x-choco-{name}"]) for name in names), int(str(event["x-choco-unit"])),
         event["dtstart"].dt, event["dtend"].dt,
         float(event["x-choco-energy-kwh"]), float(event["x-choco-cost-eur"]))
        for event in Calendar.from_ical(content).walk("VEVENT")
    )  # fmt: skip


def from_csv(content: bytes) -> list[Told]:
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert all(utc(row[f"{end}_local"]) == utc(row[f"{end}_utc"]) for row in rows for end in ("start", "end"))
    return sorted(
        (*(row[name].removeprefix("'") for name in ("batch", "product", "process", "machine")),
         int(row["unit"]), utc(row["start_utc"]), utc(row["end_utc"]),
         float(row["energy_kwh"]), float(row["cost_eur"]))
        for row in rows
    )  # fmt: skip


def from_xlsx(content: bytes, machines: list[str]) -> list[Told]:
    book = load_workbook(io.BytesIO(content))
    found = []
    for machine, name in zip(machines, book.sheetnames[1 : 1 + len(machines)], strict=True):
        for row in book[name].iter_rows(min_row=2, values_only=True):
            unit, local, _, offset, batch, product, process, kwh, eur, start, end, _ = row
            start, end = start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)
            assert utc(f"{local:%Y-%m-%dT%H:%M}{offset}") == start
            found.append((batch, product, process, machine, unit, start, end, kwh, eur))
    return sorted(found)


def same(found: list[Told], answer: Any) -> bool:
    """Equal but for the last of the 16 figures that a workbook keeps of a number."""
    runs = told(answer)
    figures = [figure for run in runs for figure in run[7:]]
    return [run[:7] for run in found] == [run[:7] for run in runs] and [
        figure for run in found for figure in run[7:]
    ] == pytest.approx(figures, rel=1e-14, abs=0)


def machines_of(ports: Ports) -> list[str]:
    return [machine.name for machine in ports.factory.machines]


def test_what_is_exported_is_the_plan(made: tuple[Ports, Any]) -> None:
    ports, answer = made
    for language in LANGUAGES:
        choice = Choice(answer["id"], language=language)
        content = {name: export_plan(ports, ExportRequest(name, choice)).content for name in FORMATS}
        assert from_ics(content["ics"]) == told(answer)
        assert from_csv(content["csv"]) == told(answer)
        assert same(from_xlsx(content["xlsx"], machines_of(ports)), answer)
        batches = Counter(run["batch"] for run in answer["runs"])
        listed = re.findall(r"<p>\d\d:\d\d-\d\d:\d\d ([^<]+)</p>", content["html"].decode())
        assert Counter(listed) == batches
        printed = PdfReader(io.BytesIO(content["pdf"]))
        assert len(printed.pages) == 1
        lines = re.findall(r"^\d\d:\d\d-\d\d:\d\d (\S+)$", printed.pages[0].extract_text(), re.MULTILINE)
        assert Counter(lines) == batches


def test_cost_lines_sum_to_the_cost_of_both_arms(made: tuple[Ports, Any]) -> None:
    ports, answer = made
    book = load_workbook(io.BytesIO(export_plan(ports, ExportRequest("xlsx")).content))
    rows = list(book[book.sheetnames[-1]].iter_rows(min_row=2, values_only=True))
    total = next(number for number, row in enumerate(rows) if row[0] == LANGUAGES["en"]["total"])
    for column, cost in ((5, answer["cost_eur"]), (6, answer["baseline"]["cost_eur"])):
        assert sum(row[column] or 0 for row in rows[:total]) == pytest.approx(cost)
        assert rows[total][column] == pytest.approx(cost)
    for _, quantity, unit, price, rate, eur, _ in rows[:total]:
        factor = {"EUR/MWh": 1 / 1000, "%": 1 / 100, "EUR/kW": 1}[rate]
        assert unit in {"kWh", "EUR", "kW"}
        assert quantity * (price or 0) * factor == pytest.approx(eur)


def test_slots_price_the_runs(made: tuple[Ports, Any]) -> None:
    ports, answer = made
    book = load_workbook(io.BytesIO(export_plan(ports, ExportRequest("xlsx")).content))
    rows = list(book["Prices and load"].iter_rows(min_row=2, values_only=True))
    assert [row[3] for row in rows] == [point["kw"] for point in answer["load_kw"]]
    price = {row[2].replace(tzinfo=UTC): row[4] for row in rows}
    for run in answer["runs"]:
        start, end = utc(run["start"]), utc(run["end"])
        slots = int((end - start) / timedelta(minutes=15))
        mean = sum(price[start + timedelta(minutes=15 * n)] for n in range(slots)) / slots
        assert run["energy_kwh"] * mean == pytest.approx(run["cost_eur"])


def test_a_machine_and_a_shift(made: tuple[Ports, Any]) -> None:
    ports, answer = made
    ovens = from_csv(export_plan(ports, ExportRequest("csv", Choice(machine="oven"))).content)
    assert ovens == [run for run in told(answer) if run[3] == "oven"]
    book = load_workbook(
        io.BytesIO(export_plan(ports, ExportRequest("xlsx", Choice(machine="oven"))).content)
    )
    assert "mixer" not in book.sheetnames
    first = from_csv(export_plan(ports, ExportRequest("csv", Choice(shift=1))).content)
    assert first == told(answer), "every step of this plant begins or ends with staff"
    for choice in (Choice(machine="stove"), Choice(shift=2), Choice(shift=0), Choice(language="fr")):
        with pytest.raises(UsageError):
            export_plan(ports, ExportRequest("csv", choice))
    with pytest.raises(UsageError, match="docx"):
        export_plan(ports, ExportRequest("docx"))
    with pytest.raises(NotFound):
        export_plan(ports, ExportRequest("csv", Choice("never")))
    with pytest.raises(NotFound):
        export_plan(empty_ports(Path(ports.store.path).parent / "no", tiny()), ExportRequest("csv"))


def test_a_later_plan_moves_the_events(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path)
    feeds = []
    for minutes in (0, 60):
        at = ports.clock() + timedelta(minutes=minutes)
        make_plan(replace(ports, clock=lambda at=at: at), PlanRequest(days=3))
        feeds.append(Calendar.from_ical(export_plan(ports, ExportRequest("ics")).content).walk("VEVENT"))
    before, after = ({str(event["uid"]): event for event in feed} for feed in feeds)
    assert len(before) == len(feeds[0])
    names = [{uid: (str(e["x-choco-batch"]), str(e["x-choco-process"])) for uid, e in feed.items()}
             for feed in (before, after)]  # fmt: skip
    common = set(names[0].values()) & set(names[1].values())
    assert common
    assert {names[0][uid] for uid in set(before) & set(after)} == common
    for uid in set(before) & set(after):
        assert int(before[uid]["sequence"]) < int(after[uid]["sequence"]) < 2**31
        assert before[uid]["last-modified"].dt < after[uid]["last-modified"].dt
    assert "SAMPLE" in str(feeds[0][0]["summary"])


def test_calendar_is_well_formed(made: tuple[Ports, Any]) -> None:
    ports, answer = made
    content = export_plan(ports, ExportRequest("ics", Choice(language="es"))).content
    lines = content.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT15M" in lines
    assert b"X-PUBLISHED-TTL:PT15M" in lines
    starts = [line for line in lines if line.startswith((b"DTSTART", b"DTEND", b"DTSTAMP", b"LAST-MODIFIED"))]
    assert all(re.fullmatch(rb"[A-Z-]+:\d{8}T\d{6}Z", line) for line in starts)
    assert len(starts) == 4 * len(answer["runs"]) + 1


def by_hand(ports: Ports, names: tuple[str, str, str], start: datetime, kwh: list[float]) -> Any:
    """A plan of one machine's runs, back to back from `start`, put over the plan that is stored."""
    batch, product, process = names
    record = ports.store.find("plan", limit=1)[0]
    body: Any = dict(record.body)
    runs = []
    for number, energy in enumerate(kwh):
        ends = [start + timedelta(minutes=15 * (number + n)) for n in (0, 1)]
        runs.append({
            "batch": f"{batch}-{number}", "product": product, "process": process, "machine": "mixer",
            "unit": 1,
            "start": ends[0].isoformat(), "end": ends[1].isoformat(), "energy_kwh": energy,
            "cost_eur": -energy / 7, "why": "=1+1",
        })  # fmt: skip
    answer = {**body["answer"], "id": "by-hand", "runs": runs}
    body |= {"answer": answer}
    ports.store.save(Record("plan", "by-hand", record.at, body))
    return answer


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    ports = empty_ports(tmp_path_factory.mktemp("odd"), tiny("fixed"), LONG_DAY)
    make_plan(ports, PlanRequest(days=3))
    return ports


NAMES = st.text(
    st.characters(blacklist_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Cf", "Co")), min_size=1, max_size=40
).map(str.strip).filter(lambda text: text and text.isprintable() and not text.startswith("'"))  # fmt: skip


@settings(max_examples=20, deadline=None, phases=[Phase.generate])
@given(
    NAMES | st.sampled_from(["=cmd|' /C calc'!A0", "+1", "-2", "@sum", "#N/A", "a,b;c\\n", '<b>"&']),
    NAMES,
    st.integers(0, 200),
    st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=4),
)
def test_any_names_any_figures(odd: Ports, batch: str, process: str, slot: int, kwh: list[float]) -> None:
    start = datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(minutes=15 * slot)
    answer = by_hand(odd, (batch, "loaf", process), start, kwh)
    content = {
        name: export_plan(odd, ExportRequest(name, Choice("by-hand"))).content
        for name in ("ics", "csv", "xlsx")
    }
    assert from_ics(content["ics"]) == told(answer)
    assert from_csv(content["csv"]) == told(answer)
    assert same(from_xlsx(content["xlsx"], machines_of(odd)), answer)


def test_names_do_nothing(odd: Ports) -> None:
    by_hand(odd, ("=cmd|' /C calc'!A0", "loaf", "<script>alert(1)</script>"), LONG_DAY, [1.0])
    choice = Choice("by-hand")
    text = export_plan(odd, ExportRequest("csv", choice)).content.decode("utf-8-sig")
    assert ",'=cmd|' /C calc'!A0-0," in text
    assert ",'=1+1," in text
    book = load_workbook(io.BytesIO(export_plan(odd, ExportRequest("xlsx", choice)).content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    risky = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith("=")]
    assert len(risky) == 2
    assert all(cell.quotePrefix for cell in risky)
    page = export_plan(odd, ExportRequest("html", choice)).content.decode()
    assert "<script" not in page
    assert " style=" not in page
    assert "=cmd|' /C calc'!A0-0" in unescape(page)


def test_the_hour_that_comes_twice(odd: Ports) -> None:
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    answer = by_hand(odd, ("long", "loaf", "mix"), start, [1.0] * 6)
    choice = Choice("by-hand", language="es")
    events = sorted(from_ics(export_plan(odd, ExportRequest("ics", choice)).content), key=lambda run: run[5])
    assert all(one[6] == two[5] for one, two in pairwise(events))
    page = export_plan(odd, ExportRequest("html", choice)).content.decode()
    clocks = re.findall(r"<p>(.+?)-(?=\d\d:)", page)
    assert clocks == ["02:30 CEST", "02:45 CEST", "02:00 CET", "02:15 CET", "02:30 CET", "02:45 CET"]
    assert same(from_xlsx(export_plan(odd, ExportRequest("xlsx", choice)).content, machines_of(odd)), answer)
    assert local_clock(datetime(2026, 10, 25, 2, tzinfo=UTC), ZONE) == "03:00"
    book = load_workbook(io.BytesIO(export_plan(odd, ExportRequest("xlsx", choice)).content))
    days = Counter(row[0].date() for row in book["Precios y carga"].iter_rows(min_row=2, values_only=True))
    assert days[datetime(2026, 10, 25).date()] == 100


def test_a_night_shift_keeps_its_day_and_its_holidays(tmp_path: Path) -> None:
    text = tiny("fixed") + NIGHT
    ports = replace(empty_ports(tmp_path, text), factory=parse_factory(text), factory_text=text)
    make_plan(ports, PlanRequest(days=3))
    evening = datetime(2026, 3, 10, 20, tzinfo=UTC)
    answer = by_hand(ports, ("n", "loaf", "mix"), evening, [1.0] * 48)
    own = from_csv(export_plan(ports, ExportRequest("csv", Choice("by-hand", shift=2))).content)
    inside = [
        run for run in told(answer) if utc("2026-03-10T22:00+01:00") <= run[5] < utc("2026-03-11T06:00+01:00")
    ]
    assert own == sorted(inside)
    assert len(own) == 32
    calendar = Calendar.from_ical(
        export_plan(ports, ExportRequest("ics", Choice("by-hand", shift=2))).content
    )
    assert "shift 2 (Tue 22:00-06:00)" in str(calendar["name"])
    by_hand(ports, ("h", "loaf", "mix"), datetime(2026, 12, 8, 6, tzinfo=UTC), [1.0] * 60)
    holiday = from_csv(export_plan(ports, ExportRequest("csv", Choice("by-hand", shift=1))).content)
    assert holiday == []


def test_more_runs_than_a_page_holds(odd: Ports) -> None:
    answer = by_hand(odd, ("many", "loaf", "mix"), LONG_DAY, [1.0] * 280)
    printed = PdfReader(io.BytesIO(export_plan(odd, ExportRequest("pdf", Choice("by-hand"))).content))
    assert len(printed.pages) > 1
    text = "\n".join(page.extract_text() for page in printed.pages)
    lines = re.findall(r"^\d\d:\d\d.* (many-\d+)$", text, re.MULTILINE)
    assert Counter(lines) == Counter(run["batch"] for run in answer["runs"])
    assert f"Page 2/{len(printed.pages)}" in text
    assert text.count("mixer 1") >= len(printed.pages)


def test_nothing_to_do(odd: Ports) -> None:
    by_hand(odd, ("none", "loaf", "mix"), LONG_DAY, [])
    for name in FORMATS:
        made = export_plan(odd, ExportRequest(name, Choice("by-hand")))
        assert made.content
        assert made.runs == 0


def test_sheet_titles() -> None:
    used: list[str] = []
    for name in ("a/b", "A:B", "history", "x" * 40, "x" * 50, "'", "[]"):
        used.append(sheet_title(name, used))
    assert used == ["a b", "A B 2", "history 2", "x" * 31, "x" * 29 + " 2", "-", "- 2"]


def test_files_are_whole_or_not_there(made: tuple[Ports, Any], tmp_path: Path) -> None:
    ports, _ = made
    request = ExportRequest("csv")
    path = tmp_path / "week.csv"
    path.write_text("old")
    assert write_export(ports, request, path).content == path.read_bytes()
    assert list(tmp_path.iterdir()) == [path]
    for wrong in (tmp_path, tmp_path / "no" / "week.csv"):
        with pytest.raises(UsageError, match="cannot be written"):
            check_export(ports.factory, request, wrong)
        with pytest.raises(UsageError, match="cannot be written"):
            write_export(ports, request, wrong)
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "target.csv")
    write_export(ports, request, link)
    assert link.is_symlink()
    assert (tmp_path / "target.csv").read_bytes() == path.read_bytes()


def test_both_languages_say_everything() -> None:
    assert LANGUAGES["en"].keys() == LANGUAGES["es"].keys()
    assert all(words["days"].count(" ") == 6 for words in LANGUAGES.values())


def test_a_spanish_workbook_says_in_spanish_what_is_assumed(made: tuple[Ports, Any]) -> None:
    ports, answer = made
    choice = Choice(language="es")
    book = load_workbook(io.BytesIO(export_plan(ports, ExportRequest("xlsx", choice)).content))
    rows = book[book.sheetnames[0]].iter_rows(values_only=True)
    assert answer["assumptions"]
    assert [row[1] for row in rows if row[0] == "Supuesto"] == spanish_notes(answer["assumptions"])
