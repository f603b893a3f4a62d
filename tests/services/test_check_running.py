"""What `choco doctor` says of a plant that should run by itself: each fault is named, with the remedy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from chocolate_factory.core.config import Settings
from chocolate_factory.core.errors import Unreachable
from chocolate_factory.domain.jobs import Every, JobInfo, JobState, Outcome
from chocolate_factory.domain.notices import Notice, NoticeRules
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.infrastructure.assistants.claude import ClaudePlace
from chocolate_factory.infrastructure.assistants.key_check import check_key
from chocolate_factory.infrastructure.clock import clock_ahead
from chocolate_factory.infrastructure.file_locks import FileLocks
from chocolate_factory.services.check_running import Surroundings, check_running
from chocolate_factory.services.keep_jobs import keep_run
from chocolate_factory.services.send_alerts import Telling, send_test
from chocolate_factory.wiring import half_set, surroundings
from tests.conftest import Upstream
from tests.worlds import NOW, empty_ports, tiny

HOUR = timedelta(hours=1)
JOBS = (JobInfo("prices", Every(15), 600.0), JobInfo("plan", Every(15), 600.0))
WELL = Surroundings(
    serving=True,
    jobs=JOBS,
    backups=[NOW - 20 * HOUR, NOW - 200 * HOUR],
    free_bytes={"/data": 5 * 10**9},
    clock_asked=True,
    clock_ahead=timedelta(seconds=2),
    replayed=False,
    channels=(),
    half={},
    ask_assistant=None,
)


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    made = empty_ports(tmp_path, tiny())
    for job in JOBS:
        keep_run(made.store, job.name, JobState(NOW - HOUR / 6, Outcome.OK, NOW + HOUR / 12))
    return made


def faults(ports: Ports, around: Surroundings) -> dict[str, tuple[str, str]]:
    """(state, text) by topic of what is not well; each has a remedy."""
    found = [row for row in check_running(ports, around) if row.state != "ok"]
    assert all(row.fix for row in found)
    return {row.topic: (row.state, row.text) for row in found}


def test_all_is_well(ports: Ports) -> None:
    assert faults(ports, WELL) == {}
    topics = {row.topic for row in check_running(ports, WELL)}
    assert topics == {"clock", "disk", "server", "jobs", "backup", "alerts", "assistant"}


@pytest.mark.parametrize(
    ("change", "topic", "state", "said"),
    [
        ({"serving": False}, "server", "warning", "nothing is fetched"),
        ({"clock_ahead": timedelta(minutes=-3)}, "clock", "error", "180 s behind"),
        ({"clock_ahead": timedelta(minutes=3)}, "clock", "error", "180 s ahead of"),
        ({"clock_ahead": None}, "clock", "warning", "told no time"),
        ({"replayed": True}, "clock", "warning", "CHOCO_NOW"),
        ({"free_bytes": {"/data": 10**9}}, "disk", "warning", "1.0 GB free where /data is"),
        ({"free_bytes": {"/data": 10**8}}, "disk", "error", "0.1 GB"),
        ({"backups": [NOW - 49 * HOUR]}, "backup", "warning", "2026-03-08 19:00 UTC"),
        ({"channels": ["telegram"]}, "alerts telegram", "warning", "nothing has been told"),
        ({"half": {"CHOCO_X": "counts for nothing without CHOCO_Y"}}, "CHOCO_X", "warning", "CHOCO_Y"),
    ],
)
def test_a_fault_is_named(ports: Ports, change: dict[str, object], topic: str, state: str, said: str) -> None:
    found = faults(ports, replace(WELL, **change))  # type: ignore[arg-type]
    assert found.keys() == {topic}
    assert found[topic][0] == state
    assert said in found[topic][1]


def test_jobs_that_fail_hang_or_are_late(ports: Ports) -> None:
    failed = JobState(NOW - HOUR, Outcome.FAILED, NOW, reason="no answer", hint="Wait.", failures=3)
    keep_run(ports.store, "prices", failed)
    keep_run(ports.store, "plan", JobState(NOW - 3 * HOUR, Outcome.OK, NOW - 2 * HOUR))
    assert faults(ports, WELL) == {
        "job prices": ("warning", "failed 3 times in a row, last at 2026-03-10 19:00 UTC: no answer"),
        "job plan": ("warning", "was due at 2026-03-10 18:00 UTC, ran last at 2026-03-10 17:00 UTC"),
    }
    stopped = faults(ports, replace(WELL, serving=False))
    assert stopped.keys() == {"server", "job prices"}, "without a server nothing is late"
    keep_run(ports.store, "plan", JobState(NOW - 3 * HOUR, Outcome.RUNNING, NOW - 3 * HOUR))
    assert faults(ports, WELL)["job plan"] == ("warning", "under way since 2026-03-10 17:00 UTC")


def test_a_store_is_worth_a_backup_after_two_days(ports: Ports) -> None:
    without = replace(WELL, backups=[])
    assert faults(ports, without) == {}
    ports.store.save(Record("plan", "new", NOW - 47 * HOUR, {}))
    assert faults(ports, without) == {}
    for age in (96, 72):
        ports.store.save(Record("plan", f"old-{age}", NOW - age * HOUR, {}))
    said = "There is none, though there is a plan of 2026-03-07 20:00 UTC."
    assert faults(ports, without)["backup"] == ("warning", said)


class Channel:
    """Takes messages, or fails."""

    def __init__(self, fails: bool) -> None:
        self.name, self.fails = "webhook", fails

    def send(self, notice: Notice) -> None:
        """Take one."""
        if self.fails:
            raise Unreachable("no route", source=self.name)


def test_a_channel_is_believed_when_it_took_a_test(ports: Ports) -> None:
    around = replace(WELL, channels=["webhook"])
    rules = NoticeRules()
    send_test(ports, Telling([Channel(fails=True)], rules, "en"))
    assert faults(ports, around)["alerts webhook"][1] == "the last test failed: webhook: no route"
    send_test(ports, Telling([Channel(fails=False)], rules, "en"))
    assert faults(ports, around) == {}


def test_what_is_around_a_state_folder(tmp_path: Path) -> None:
    told = {"telegram": {"token": "1:x"}, "webhook": {"url": "http://127.0.0.1:9/"}, "now": NOW}
    settings = Settings.model_validate({"state": tmp_path, **told})
    with FileLocks(tmp_path / "locks")("serve", shared=True):
        assert surroundings(settings, JOBS).serving
    found = surroundings(settings, JOBS)
    assert (found.serving, found.replayed, found.clock_asked, found.clock_ahead) == (False, True, False, None)
    assert found.channels == ["webhook"], "a bot without a chat is none"
    assert found.half == {"CHOCO_TELEGRAM__TOKEN": "counts for nothing without CHOCO_TELEGRAM__CHAT"}
    assert [*found.free_bytes] == [str(tmp_path)]
    assert half_set(Settings.model_validate({"alerts": {"quiet_from": "22:00"}})).keys() == {
        "CHOCO_ALERTS__QUIET_FROM"
    }


class Dated(BaseHTTPRequestHandler):
    """Answers everything with an error and a date of an hour ago."""

    def do_HEAD(self) -> None:
        self.send_response_only(404)
        if self.path != "/silent":
            self.send_header("Date", format_datetime(datetime.now(UTC) - HOUR, usegmt=True))
        self.end_headers()


@pytest.fixture(scope="module")
def dated() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Dated) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_clock_is_compared_with_another(dated: str) -> None:
    ahead = clock_ahead(f"{dated}/x")
    assert ahead is not None
    assert abs(ahead - HOUR) < timedelta(seconds=30)
    assert clock_ahead(f"{dated}/silent") is None
    assert clock_ahead("http://127.0.0.1:1/") is None


@pytest.mark.parametrize(
    ("key", "model", "said"),
    [
        ("sk-fine", "claude-haiku-4-5", ""),
        ("invalid-one", "claude-haiku-4-5", "CHOCO_ANTHROPIC__API_KEY does not count"),
    ],
)
def test_a_key_that_is_refused_is_named(
    ports: Ports, upstream: Upstream, key: str, model: str, said: str
) -> None:
    place = ClaudePlace(f"{upstream.url}/anthropic", key, model)
    found = faults(ports, replace(WELL, ask_assistant=partial(check_key, place)))
    assert found.keys() == ({"assistant"} if said else set())
    assert said in str(found)
    assert key not in str(found)


def test_a_model_out_of_reach_is_a_warning(ports: Ports) -> None:
    place = ClaudePlace("http://127.0.0.1:1", "key", "model")
    state, text = faults(ports, replace(WELL, ask_assistant=partial(check_key, place)))["assistant"]
    assert (state, "connection" in text) == ("warning", True)
