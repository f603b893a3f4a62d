"""A month of virtual time: the product's jobs against the stand-in providers with faults every day, a clock
change and three downtimes, each followed by a new process. Some minutes.

What is expected is reckoned here, from the plan of the troubles, the calendar and the files of prices.
"""

from __future__ import annotations

import csv
import gzip
import multiprocessing
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.domain.jobs import Outcome
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.backup_files import made, unpack
from chocolate_factory.infrastructure.sources import SOURCES
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.keep_jobs import last_run
from chocolate_factory.services.record_alerts import KIND as ALERT
from tests.conftest import Upstream
from tests.contracts.source_world import PATHS
from tests.soak.killed_plant import SECRET, Delivery, Ear
from tests.soak.month_plant import LATE, REFUSED, STEP, Seen, Stretch, Trouble, live
from tests.soak.month_troubles import (
    BEGIN,
    DAY,
    DOWN,
    END,
    HOUR,
    LASTING,
    MADRID,
    OUTAGES,
    WAIT_S,
    local,
    passing,
)
from tests.worlds import STORE, tiny

pytestmark = pytest.mark.soak

QUIET = (time(22), time(6))
PER_HOUR = 4

PLANNED_BY = time(16)
PLANNED_LATER = {
    date(2026, 3, 12): local("03-12 23:00"),
    date(2026, 3, 17): local("03-17 18:00"),
    date(2026, 3, 21): local("03-22 07:00"),
    date(2026, 3, 24): local("03-24 20:00"),
}
"""By when a plan stands on the prices of the next day, and on days on which they could not be had before."""

NIGHTLY = {"backup": time(2, 15), "heal": time(3, 30), "train": time(4, 30), "advice": time(5, 30)}
LATE_ON = [date(2026, 3, 17), date(2026, 3, 22), date(2026, 3, 24)]
"""All were away; the first answers after a downtime were spoilt; nothing was published."""

LIKE_THE_DAY_BEFORE = "closer to the former forecast of the day before"
"""Refused as stale, rightly or not: of two days that are alike nobody can tell."""

SOON = timedelta(hours=5)
"""By when a source was asked again after its trouble."""

KEPT = {*(date(2026, 4, day) for day in range(2, 9)), date(2026, 3, 31), date(2026, 3, 29), date(2026, 3, 22)}
"""Seven days; the Sundays of the four weeks, the last of which is not over; the last days of two months."""


@dataclass(frozen=True)
class Month:
    """What is there when the month is over."""

    state: Path
    troubles: tuple[Trouble, ...]
    lives: list[Seen]
    heard: list[Delivery]
    log: str
    prices: Path

    @property
    def store(self) -> SqliteStore:
        return SqliteStore(self.state / STORE)

    @property
    def plans(self) -> list[dict[str, Any]]:
        return [dict(one.body) for one in self.store.find("plan", limit=10_000)]

    @property
    def turns(self) -> list[datetime]:
        return [at for seen in self.lives for at in seen.turns]

    @property
    def hits(self) -> list[tuple[datetime, str, str]]:
        return [hit for seen in self.lives for hit in seen.hits]

    @property
    def incidents(self) -> list[dict[str, Any]]:
        """Stored incidents, oldest first, with the id of their record."""
        rows = [{"record": one.id, **one.body} for one in self.store.find(ALERT, limit=10_000)]
        return sorted(rows, key=lambda row: row["opened_at"])


def environment(folder: Path, upstream: Upstream, ear: Ear) -> dict[str, str]:
    """The settings of the product."""
    (folder / "factory.toml").write_text(tiny(), encoding="utf-8")
    own = {
        "STATE": folder / "state",
        "FACTORY": folder / "factory.toml",
        "SYNC__HISTORY_DAYS": 31,
        "SYNC__EVERY_MINUTES": 90,
        "PLAN__TIME_LIMIT_S": 2,
        "PLAN__REPLAN_SECONDS": 2,
        "ALERTS__LEAST": "info",
        "ALERTS__LANGUAGE": "en",
        "ALERTS__QUIET_FROM": f"{QUIET[0]:%H:%M}",
        "ALERTS__QUIET_TO": f"{QUIET[1]:%H:%M}",
        "ALERTS__PER_HOUR": PER_HOUR,
        "WEBHOOK__URL": ear.url,
        "WEBHOOK__SECRET": SECRET,
    }
    return upstream.settings() | {f"CHOCO_{name}": str(value) for name, value in own.items()}


@pytest.fixture(scope="module")
def month(
    tmp_path_factory: pytest.TempPathFactory, upstream_server: Upstream, shared: Path
) -> Iterator[Month]:
    folder, ear = tmp_path_factory.mktemp("month"), Ear()
    upstream = upstream_server.at(BEGIN.isoformat())
    troubles = (*LASTING, *passing(random.Random(20260308)))
    settings = environment(folder, upstream, ear)
    lives: list[Seen] = []
    since = BEGIN - STEP
    for begin, end in zip([BEGIN, *(up for _, up in DOWN)], [*(down for down, _ in DOWN), END], strict=True):
        stretch = Stretch(settings, upstream.url, str(folder), since, begin, end, troubles)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            lives.append(process.submit(live, stretch).result())
        since = lives[-1].turns[-1]
    assert upstream.control("faults")["active"] == []
    log, prices = folder / "log", shared / "data" / "prices"
    yield Month(folder / "state", troubles, lives, ear.heard, log.read_text(encoding="utf-8"), prices)
    ear.server.shutdown()
    ear.server.server_close()


def test_every_trouble_was_really_met(month: Month) -> None:
    planned, met = Counter[str](), Counter(kind for _, _, kind in month.hits)
    for one in month.troubles:
        planned[one.kind] += one.count
    lasting = {one.kind for one in LASTING}
    assert {kind: met[kind] for kind in planned if kind not in lasting} == {
        kind: count for kind, count in planned.items() if kind not in lasting
    }
    for one in LASTING:
        if one.end and one.kind not in {REFUSED, LATE}:
            hits = [at for at, name, kind in month.hits if kind == one.kind and one.provider in {name, "*"}]
            assert sum(one.begin <= at < one.end for at in hits) >= 2, one
    days = {at.astimezone(MADRID).date() for at, _, _ in month.hits}
    assert len(days) >= (END - BEGIN).days - 4, "days without a fault"
    waits = sum((seen.waits for seen in month.lives), Counter[float]())
    asked = sum(one.kind == "http_429" and one.end is None for one in month.troubles)
    assert waits == {WAIT_S: asked}, "Retry-After was not kept to"


def test_no_publication_is_missed_and_none_is_wrong(month: Month) -> None:
    span = Window(BEGIN, END)
    for key in ("spot", "pvpc"):
        assert month.store.holes(key, span, END) == [], f"a publication of {key} was missed"
    rows = month.store.read("spot", Window(BEGIN - 5 * DAY, END))
    stored = dict(zip(rows.start.tolist(), rows.value.tolist(), strict=True))
    truth = {at: price for at, price in auction(month).items() if at in stored}
    assert len(truth) > 34 * 96
    assert {at: stored[at] for at in truth} == truth, "another price than the published one is stored"


def auction(month: Month) -> dict[int, float]:
    """Prices as the market operator published them, EUR/MWh, by the start of the quarter.

    Of a day without its file there are means of the hours, which count from the start of each.
    """
    quarters, hours = (
        {
            int(moment(row["datetime_utc"]).timestamp()): float(row["price_eur_mwh"])
            for row in table(month.prices / name)
            if row["datetime_utc"] >= "2026-03-01"
        }
        for name in ("omie_dayahead.csv.gz", "omie_dayahead_hourly.csv.gz")
    )
    return {**hours, **quarters}


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a packed file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_plan_is_in_force_every_hour(month: Month) -> None:
    """Of downtimes too: the last plan before one reaches beyond it."""
    plans = [(moment(body["answer"]["issued_at"]), body) for body in month.plans]
    hours = [BEGIN + HOUR * count for count in range(1, round((END - BEGIN) / HOUR) + 1)]
    assert len(hours) == 31 * 24 - 1
    assert [at for at in hours if not any(issued <= at and covers(body, at) for issued, body in plans)] == []
    ends = {moment(body["answer"]["window"]["end"]).astimezone(MADRID).time() for body in month.plans}
    assert ends == {time(0)}, "a plan ends within a day"
    learnt = sum("new forecast" in body["answer"]["because"] for body in month.plans)
    assert learnt >= 28, "what was learnt at night made no plan"
    for day in range(1, (END - BEGIN).days):
        today = (BEGIN.astimezone(MADRID) + DAY * day).date()
        at = PLANNED_LATER.get(today, datetime.combine(today, PLANNED_BY, MADRID))
        known = max(moment(body["known_until"]) for issued, body in plans if issued <= at)
        assert known >= datetime.combine(today + 2 * DAY, time(0), MADRID), (
            f"{at}: prices known until {known}"
        )


def covers(body: Mapping[str, Any], at: datetime) -> bool:
    window = body["answer"]["window"]
    return moment(window["start"]) <= at < moment(window["end"])


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_each_night_has_its_jobs_and_a_downtime_is_caught_up_once(month: Month) -> None:
    for name, at in NIGHTLY.items():
        nights = [datetime.combine((BEGIN + DAY * day).date(), at, MADRID) for day in range(1, 32)]
        missed = [sum(down <= night < up for night in nights) for down, up in DOWN]
        caught = [max(0, count - 1) for count in missed]
        state = last_run(month.store, name)
        assert state is not None
        assert state.runs == 1 + len(nights) - sum(caught), name
        first = [seen.runs_first[name] - seen.runs_before.get(name, 0) for seen in month.lives]
        assert first == [1, *(min(1, count) for count in missed)], name
    for name in ("prices", "plan", "alerts", "drivers", "weather_forecast", "weather_observed"):
        assert [seen.runs_first[name] - seen.runs_before.get(name, 0) for seen in month.lives] == [1] * 4, (
            name
        )
    for name in (*NIGHTLY, "prices", "plan", "alerts", "settle", "score", "forecast", "compare"):
        state = last_run(month.store, name)
        assert state is not None
        assert state.outcome is Outcome.OK, name
        assert END - state.started < timedelta(hours=26), name
    assert [line for line in month.log.splitlines() if '"level": "error"' in line] == []


def test_the_documented_backups_are_left_and_open(month: Month, tmp_path: Path) -> None:
    archives = made(month.state / "backups")
    assert {at.astimezone(MADRID).date() for at in archives} == KEPT
    assert len(archives) == len(KEPT)
    newest = max(archives)
    unpack(archives[newest], tmp_path / "state")
    then, now = SqliteStore(tmp_path / "state" / STORE), month.store
    span = Window(BEGIN, newest)
    for key in ("spot", "temperature"):
        assert then.read(key, span).value.tolist() == now.read(key, span, newest).value.tolist()
    before = [one.id for one in now.find("plan", limit=10_000) if one.at < newest]
    assert [one.id for one in then.find("plan", limit=10_000)] == before
    assert any((tmp_path / "state" / "models").rglob("*"))


def test_a_lasting_trouble_is_one_incident_of_each_source(month: Month) -> None:
    failing = [row for row in month.incidents if row["kind"] == "source_failing"]
    for trouble, sources in OUTAGES:
        for source in sources:
            found = [row for row in failing if row["subject"] == source and overlaps(row, trouble)]
            assert len(found) == 1, (trouble, found)
            assert begins_and_ends_with(found[0], trouble), (trouble, found)
    refused = [row["facts"]["reason"] for row in failing if "no connection" in row["facts"]["reason"]]
    assert refused, "nobody was refused"
    for row in failing:
        opened, provider = moment(row["opened_at"]), PATHS[SOURCES[row["subject"]].provider]
        before = [(at, at) for at, name, _ in month.hits if name == provider]
        before += [(one.begin, one.end) for one in LASTING if one.end and one.provider in {provider, "*"}]
        if LIKE_THE_DAY_BEFORE not in row["facts"]["reason"]:
            assert any(begin <= opened <= end + 3 * STEP for begin, end in before), f"no trouble: {row}"


def test_other_incidents_are_those_of_the_market(month: Month) -> None:
    """The auction was late, and some days had prices below zero; a plan was always there."""
    late = [moment(row["opened_at"]) for row in month.incidents if row["alert"] == "late_data:spot"]
    assert [at.astimezone(MADRID).date() for at in late] == LATE_ON
    due = [at.astimezone(MADRID).time() for at in late if at not in {up for _, up in DOWN}]
    assert len(due) == 2
    assert all(time(13, 30) <= at <= time(15, 5) for at in due)
    days = {datetime.fromtimestamp(at, MADRID).date() for at, price in auction(month).items() if price < 0}
    told = Counter(row["subject"] for row in month.incidents if row["kind"] == "negative_price")
    expected = {day.isoformat() for day in days if BEGIN.date() <= day <= END.date()}
    assert {day: told[day] for day in expected} == dict.fromkeys(expected, 1)
    by_forecast = told.keys() - expected
    assert [
        row["subject"]
        for row in month.incidents
        if row["subject"] in by_forecast
        and row["kind"] == "negative_price"
        and row["facts"]["published_share"] == 1
    ] == [], "told of as published"
    wrong = {"plan_missing", "plan_infeasible", "plan_late", "sample", "excess_power"}
    assert wrong & {row["kind"] for row in month.incidents} == set()


def overlaps(row: Mapping[str, Any], trouble: Trouble) -> bool:
    assert trouble.end
    return moment(row["opened_at"]) < trouble.end and (
        row["closed_at"] is None or moment(row["closed_at"]) > trouble.begin
    )


def begins_and_ends_with(row: Mapping[str, Any], trouble: Trouble) -> bool:
    """Whether an incident opened within a trouble, after half an hour, and was over soon after it."""
    assert trouble.end
    over = max([trouble.end, *(up for down, up in DOWN if down - SOON <= trouble.end <= up)])
    opened, closed = moment(row["opened_at"]), moment(row["closed_at"])
    return trouble.begin + HOUR / 2 <= opened < trouble.end <= closed <= over + SOON


def is_quiet(at: datetime) -> bool:
    clock = at.astimezone(MADRID).time()
    return clock >= QUIET[0] or clock < QUIET[1]


def test_each_incident_is_told_once_and_that_it_is_over(month: Month) -> None:
    heard = [one.body for one in month.heard]
    assert all(one.signed for one in month.heard)
    assert [name for name, count in Counter(one.id for one in month.heard).items() if count > 1] == []
    opened, closed = Counter[tuple[str, datetime]](), {}
    for row in month.incidents:
        begins, ends = reckoned(row, month.turns)
        if begins:
            opened[row["kind"], begins] += 1
            closed[row["record"]] = ends
    told = Counter((body["kind"], moment(body["at"])) for body in heard if is_opening(body))
    assert told == {key: min(count, PER_HOUR) for key, count in opened.items()}
    rest = {(body["kind"], moment(body["at"])): number(body["text"]) for body in heard if is_rest(body)}
    assert rest == {key: count - PER_HOUR for key, count in opened.items() if count > PER_HOUR}
    assert rest, "nothing was ever more than an hour may tell"
    known = {record_of(body) for body in heard if is_opening(body)}
    assert known <= closed.keys(), "told of what is no incident"
    over = {record_of(body): moment(body["at"]) for body in heard if body["event"] == "closed"}
    assert over == {name: at for name, at in closed.items() if at and name in known}
    raised = Counter(record_of(body) for body in heard if body["event"] == "raised")
    grown = {
        row["record"] for row in month.incidents if row["record"] in raised and row["severity"] != "info"
    }
    assert raised == dict.fromkeys(grown, 1)


def reckoned(row: Mapping[str, Any], turns: Iterable[datetime]) -> tuple[datetime | None, datetime | None]:
    """When it is to be told that an incident opened, and that it is over, by the quiet hours."""
    begin, end = moment(row["opened_at"]), moment(row["closed_at"]) if row["closed_at"] else None
    able = [at for at in turns if at >= begin and (row["severity"] == "critical" or not is_quiet(at))]
    opened = next((at for at in able if end is None or at < end), None)
    closed = next((at for at in able if end is not None and at >= end), None)
    return opened, closed if opened else None


def is_rest(body: Mapping[str, Any]) -> bool:
    """Whether a message tells only how many more there are."""
    return str(body["id"]).startswith("more:")


def is_opening(body: Mapping[str, Any]) -> bool:
    return body["event"] == "opened" and not is_rest(body)


def record_of(body: Mapping[str, Any]) -> str:
    return str(body["id"]).split("#")[0]


def number(text: str) -> int:
    """How many more a message tells of."""
    found = re.search(r"\d+", text)
    assert found
    return int(found[0])
