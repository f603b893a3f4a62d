"""The weekly report: its numbers are the ledger's, its week is the plant's, and it says what is not there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.alerts import Alert, AlertKind, Severity
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.export_report import export_report, write_report
from chocolate_factory.services.record_alerts import keep
from chocolate_factory.services.report_layout import report_layout
from chocolate_factory.services.report_week import ReportQuery, report_week
from chocolate_factory.services.report_words import REPORT_WORDS
from tests.services.ledgers import at, local, press, run, settle, tell_plan
from tests.unit.forecasters.samples import history
from tests.worlds import INDEXED

Row = dict[str, Any]
WEEK = "2026-W11"
DAYS = ("09", "10", "11", "12", "13")
HEAT = Alert(AlertKind.HEAT, Severity.WARNING, "2026-03-11", None, None, {
    "max_c": 35.0, "limit_c": 30.0, "hours": 2.0,
    "max_at": "2026-03-11T15:00:00+01:00", "processes": ["press"],
})  # fmt: skip


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    """The press, one settled week and the beginning of the next, an alert on Wednesday."""
    made = press(tmp_path_factory.mktemp("report"))
    hours = ("06", "06", "08", "06", "06")
    runs = [
        run(f"brick-2026-03-{day}-1", f"2026-03-{day}T{at}:00") for day, at in zip(DAYS, hours, strict=True)
    ]
    tell_plan(made, ("2026-03-06T22:00", "2026-03-17T00:00"), runs)
    settle(made)
    keep(at(made, "2026-03-11T09:00"), [HEAT])
    keep(at(made, "2026-03-11T18:00"), [])
    keep(at(made, "2026-03-11T18:30"), [])
    return made


@pytest.fixture(scope="module")
def ledger(ports: Ports) -> Row:
    return settle(ports)


def test_the_numbers_are_those_of_the_ledger(ports: Ports, ledger: Row) -> None:
    report = report_week(ports, ReportQuery(WEEK))
    (row,) = (one for one in ledger["weeks"] if one["window"]["end"].startswith("2026-03-13"))
    assert report["settled"] == row
    assert (report["state"], report["over"]) == ("closed", True)
    assert report["window"] == row["window"], "Friday 22:00 to Friday 22:00, as the plant's orders end"
    did = row["arms"]["executed"]
    assert report["paid_eur_kwh"]["executed"] == pytest.approx(did["eur"] / did["kwh"])
    days = [day["arms"]["executed"]["eur"] for day in report["settled"]["days"]]
    assert sum(days) == pytest.approx(did["eur"])


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_printed_is_what_the_ledger_says(ports: Ports, ledger: Row, language: str) -> None:
    report = report_week(ports, ReportQuery(WEEK, language))
    row, made = report["settled"], report_layout(report)
    text = export_report(report, "html").content.decode()
    comma = (lambda told: told.replace(".", ",")) if language == "es" else str
    for value in (row["saving_eur"], *(arm["eur"] for arm in row["arms"].values())):
        assert f"{comma(f'{value:.2f}')} EUR" in text
    assert f"{100 * row['captured_share']:.0f} %" in text
    for day in row["days"]:
        assert comma(f"{day['arms']['baseline']['eur']:.2f}") in text
    assert len(made.bars) == len(row["days"])
    assert "<script" not in text and "style=" not in text and "http" not in text
    assert f'<html lang="{language}">' in text
    assert "35.0" not in text if language == "es" else "35.0 °C" in text


def test_hours_are_the_cheapest_and_dearest(ports: Ports) -> None:
    prices = report_week(ports, ReportQuery(WEEK))["prices"]
    assert (prices["slots"], prices["slots_known"]) == (672, 672)
    for name, sign in (("cheapest", 1), ("dearest", -1)):
        told = [sign * one["price_eur_kwh"] for one in prices[name]]
        assert told == sorted(told) and len(told) == 3
    assert (
        prices["cheapest"][0]["price_eur_kwh"]
        < prices["mean_eur_kwh"]
        < prices["dearest"][0]["price_eur_kwh"]
    )


def test_alerts_of_the_week_and_of_no_other(ports: Ports) -> None:
    (told,) = report_week(ports, ReportQuery(WEEK))["alerts"]
    assert (told["id"], told["opened_at"], told["closed_at"]) == (
        "heat:2026-03-11",
        "2026-03-11T09:00:00+01:00",
        "2026-03-11T18:30:00+01:00",
    )
    later = at(ports, "2026-03-17T12:00")
    assert report_week(later, ReportQuery("2026-W12"))["alerts"] == []


def test_the_last_week_that_is_over_is_the_default(ports: Ports) -> None:
    assert report_week(ports, ReportQuery())["week"] == WEEK
    before = at(ports, "2026-03-13T21:59")
    assert report_week(before, ReportQuery())["week"] == "2026-W10"
    turn = at(ports, "2026-01-02T23:00")
    assert report_week(turn, ReportQuery())["week"] == "2026-W01", "the week of a year's first Thursday"


def test_weeks_that_are_open_or_missing_say_so(ports: Ports) -> None:
    later = at(ports, "2026-03-16T12:00")
    settle(later)
    report = report_week(later, ReportQuery("2026-W12", "es"))
    assert (report["state"], report["over"]) == ("provisional", False)
    assert REPORT_WORDS["es"]["provisional"] in report_layout(report).lines
    missing = report_week(ports, ReportQuery("2026-W08"))
    assert (missing["state"], missing["settled"], missing["paid_eur_kwh"]["plan"]) == ("missing", None, None)
    for form in ("html", "pdf"):
        assert export_report(missing, form).content
    assert "Nothing is settled for this week" in export_report(missing, "html").content.decode()
    with pytest.raises(UsageError, match="has not begun"):
        report_week(ports, ReportQuery("2026-W13"))


@pytest.mark.parametrize(
    "name", ["2026-W54", "2026-W00", "2026W11", "11", "1999-W01", "2025-W53", "9999-W01"]
)
def test_what_is_no_week(ports: Ports, name: str) -> None:
    with pytest.raises(UsageError, match="is not a week"):
        report_week(ports, ReportQuery(name))


def test_holes_and_too_few_forecasts_are_said(tmp_path: Path) -> None:
    ports = press(tmp_path, INDEXED)
    told = history("spot", date(2026, 3, 2), 12)
    ports.store.write(told.take(told.start != int(local("2026-03-10T05:00").timestamp())))
    report = report_week(ports, ReportQuery(WEEK))
    assert (report["prices"]["slots"], report["prices"]["slots_known"]) == (672, 671)
    data = {row["series"]: row for row in report["data"]}
    assert (data["spot"]["slots_due"], data["spot"]["slots_missing"]) == (672, 1)
    assert data["pvpc"]["slots_missing"] == data["pvpc"]["slots_due"] == 168
    assert (report["accuracy"]["days_told"], report["accuracy"]["mae"]) == (0, None)
    notes = [note for block in report_layout(report).blocks for note in block.notes]
    assert REPORT_WORDS["en"]["too_few"] in notes


def test_print_and_page_have_the_same_words(ports: Ports, tmp_path: Path) -> None:
    report = report_week(ports, ReportQuery(WEEK, "es"))
    made = export_report(report, "pdf")
    assert made.content.startswith(b"%PDF-") and made.name == "week-2026-W11-es.pdf"
    again = export_report({**report, "made_at": "2026-04-01T00:00:00+02:00"}, "pdf")
    assert again.tag == made.tag != export_report(report, "html").tag
    crowded = {**report, "alerts": report["alerts"] * 60}
    pages = export_report(crowded, "pdf").content.count(b"/Type /Page\n")
    assert export_report(report, "pdf").content.count(b"/Type /Page\n") <= 2 <= pages
    path = tmp_path / "week.html"
    assert write_report(report, path).content == path.read_bytes()
    for wrong in (tmp_path / "week.doc", tmp_path / "no" / "week.pdf"):
        with pytest.raises(UsageError):
            write_report(report, wrong)
    assert [one.name for one in tmp_path.iterdir()] == ["week.html"]


def test_every_word_is_there_in_both_languages() -> None:
    assert REPORT_WORDS["en"].keys() == REPORT_WORDS["es"].keys()
    for key, text in REPORT_WORDS["en"].items():
        fields = re.findall(r"{\w+}", text)
        assert sorted(re.findall(r"{\w+}", REPORT_WORDS["es"][key])) == sorted(fields)
