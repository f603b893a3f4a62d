"""Alerts told once each: rules, quiet hours, bounds, recoveries; Telegram and a signed webhook for real."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.core.errors import SourceError, Unreachable
from chocolate_factory.domain.alerts import Alert, AlertKind, Severity
from chocolate_factory.domain.notices import Event, Notice, NoticeRules, is_quiet
from chocolate_factory.domain.ports import Ports
from chocolate_factory.infrastructure.alerts import AlertPlaces, build_channels
from chocolate_factory.infrastructure.alerts.webhook import signature
from chocolate_factory.infrastructure.http import Limits
from chocolate_factory.services.record_alerts import CALM, keep
from chocolate_factory.services.send_alerts import Telling, send_alerts, send_test
from tests.conftest import Upstream
from tests.worlds import NOW, empty_ports, tiny

HASTY = Limits(connect_s=5, read_s=5, total_s=10, wait_s=0.01, tries=2, per_second=1e6, burst=1000)
FACTS = {"hours": 3.0, "reason": "no connection"}


@dataclass
class Memo:
    """A channel that remembers, and may fail."""

    name: str = "memo"
    got: list[Notice] = field(default_factory=list)
    error: SourceError | None = None

    def send(self, notice: Notice) -> None:
        if self.error:
            raise self.error
        self.got.append(notice)


class Days:
    """A store whose alerts come and go, with one channel."""

    def __init__(self, folder: Path, rules: NoticeRules | None = None) -> None:
        self.now = NOW
        self.ports: Ports = replace(empty_ports(folder, tiny()), clock=lambda: self.now)
        self.memo = Memo()
        self.telling = Telling([self.memo], rules or NoticeRules(), "en")

    def look(self, *alerts: Alert, after: timedelta = timedelta(0)) -> list[tuple[Event, str]]:
        """What was told at a look so much later, of (event, subject)."""
        self.now += after
        keep(self.ports, list(alerts))
        before = len(self.memo.got)
        send_alerts(self.ports, self.telling)
        return [(one.event, str(one.row.get("subject", one.text))) for one in self.memo.got[before:]]


def failing(subject: str = "omie", severity: Severity = Severity.WARNING) -> Alert:
    return Alert(AlertKind.SOURCE_FAILING, severity, subject, NOW, None, FACTS)


def test_an_incident_is_told_once_when_it_rises_and_when_it_is_over(tmp_path: Path) -> None:
    days = Days(tmp_path)
    minute = timedelta(minutes=5)
    assert days.look(failing()) == [(Event.OPENED, "omie")]
    assert days.look(failing(), after=minute) == []
    critical = failing(severity=Severity.CRITICAL)
    assert days.look(critical, after=minute) == [(Event.RAISED, "omie")]
    assert days.look(failing(), after=minute) == [], "it was worse already"
    assert days.look(after=minute) == [], "not over yet: it may come and go"
    assert days.look(after=CALM) == [(Event.CLOSED, "omie")]
    assert days.look(after=minute) == []
    assert days.look(failing(), after=minute) == [(Event.OPENED, "omie")]


def test_what_is_below_the_least_severity_is_not_told(tmp_path: Path) -> None:
    days = Days(tmp_path)
    assert days.look(failing(severity=Severity.INFO)) == []
    assert days.look(after=timedelta(hours=1)) == []


def test_in_quiet_hours_only_what_is_critical_and_the_rest_afterwards_if_it_lasts(tmp_path: Path) -> None:
    rules = NoticeRules(quiet_from=time(20), quiet_to=time(7))
    days = Days(tmp_path, rules)
    assert days.look(failing("omie"), failing("ree")) == []
    both = [failing("omie"), failing("ree"), failing("esios", Severity.CRITICAL)]
    assert days.look(*both, after=timedelta(minutes=5)) == [(Event.OPENED, "esios")]
    assert days.look(failing("ree"), after=timedelta(minutes=30)) == []
    morning = days.look(failing("ree"), after=timedelta(hours=10))
    assert (Event.OPENED, "ree") in morning
    assert "omie" not in {subject for _, subject in morning}, "it was over by then"


def test_many_of_a_kind_are_summed_up(tmp_path: Path) -> None:
    days = Days(tmp_path, NoticeRules(per_hour=2))
    many = [failing(f"source{n}") for n in range(5)]
    told = days.look(*many)
    assert len(told) == 3
    assert told[-1][1] == "And 3 more of this kind (source_failing)."
    assert days.look(*many, after=timedelta(minutes=5)) == []
    assert days.look(*many, failing("late"), after=timedelta(hours=2)) == [(Event.OPENED, "late")]
    assert days.look(after=timedelta(minutes=5)) == []
    over = days.look(after=CALM)
    alone = [subject for _, subject in told[:2]]
    assert over == [(Event.CLOSED, subject) for subject in (*alone, "late")], "as they were told"


def test_a_channel_that_fails_holds_up_no_other_and_is_tried_again(tmp_path: Path) -> None:
    days = Days(tmp_path)
    broken = Memo("broken", error=Unreachable("no connection", source="broken"))
    days.telling = replace(days.telling, channels=[broken, days.memo])
    keep(days.ports, [failing()])
    with pytest.raises(Unreachable):
        send_alerts(days.ports, days.telling)
    assert [one.event for one in days.memo.got] == [Event.OPENED]
    broken.error = None
    days.now += timedelta(minutes=5)
    assert send_alerts(days.ports, days.telling) == {"broken": 1, "memo": 0}


@given(hour=st.integers(0, 23), minute=st.integers(0, 59), begin=st.integers(0, 23), end=st.integers(0, 23))
def test_quiet_hours_may_go_over_midnight(hour: int, minute: int, begin: int, end: int) -> None:
    at = datetime(2026, 1, 15, hour, minute, tzinfo=UTC)
    rules = NoticeRules(quiet_from=time(begin), quiet_to=time(end))
    inside = {(begin + offset) % 24 for offset in range((end - begin) % 24)}
    assert is_quiet(rules, at, "UTC") == (hour in inside)


def test_telegram_gets_plain_text_and_waits_when_asked_to(tmp_path: Path, upstream: Upstream) -> None:
    days = Days(tmp_path)
    places = AlertPlaces(telegram_url=f"{upstream.url}/telegram", telegram_token="1:abc", telegram_chat="42")
    log, telegram = build_channels(places, HASTY)
    days.telling = replace(days.telling, channels=[log, telegram], language="es")
    upstream.control("telegram", method="DELETE")
    upstream.control("faults", {"provider": "telegram", "kind": "http_429", "params": {"retry_after": 0}})
    keep(days.ports, [failing()])
    assert send_alerts(days.ports, days.telling) == {"log": 1, "telegram": 1}
    (sent,) = upstream.control("telegram")["messages"]
    assert str(sent["chat_id"]) == "42"
    assert "omie" in sent["text"]
    assert send_test(days.ports, days.telling) == {"log": "", "telegram": ""}
    wrong = build_channels(replace(places, telegram_token="invalid"), HASTY)
    told = send_test(days.ports, replace(days.telling, channels=wrong))
    assert told["telegram"]
    assert "invalid" not in told["telegram"], "no message repeats the token"


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    got: list[tuple[str, str, bytes]] = []  # noqa: RUF012
    asked: list[str] = []  # noqa: RUF012
    answer = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((self.headers["x-choco-signature"], self.headers["x-choco-delivery"], body))
        self.asked.append(self.path)
        self.send_response(self.answer)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.mark.parametrize("address", ["/workflows/9/?api-version=2016&sig=a%2Fb", "/hook", "", "/"])
@pytest.mark.parametrize("answer", [200, 201, 202, 204])
def test_a_webhook_is_asked_at_its_whole_address_and_may_answer_any_success(
    address: str, answer: int
) -> None:
    class Own(Receiver):
        got, asked = [], []

    Own.answer = answer
    with HTTPServer(("127.0.0.1", 0), Own) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        [_, hook] = build_channels(
            AlertPlaces(webhook_url=f"http://127.0.0.1:{server.server_port}{address}"), HASTY
        )
        at = datetime(2026, 3, 10, tzinfo=UTC)
        hook.send(Notice("test", Event.OPENED, "test", Severity.INFO, at, "text", {}))
        server.shutdown()
    assert Own.asked == [address or "/"]


def test_a_webhook_can_check_the_signature(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        places = AlertPlaces(
            webhook_url=f"http://127.0.0.1:{server.server_port}/hook", webhook_secret="s3cret"
        )
        days = Days(tmp_path)
        days.telling = replace(days.telling, channels=build_channels(places, HASTY)[1:])
        keep(days.ports, [failing()])
        send_alerts(days.ports, days.telling)
        server.shutdown()
    ((header, delivery, body),) = Receiver.got
    assert delivery == hashlib.sha256(json.loads(body)["id"].encode()).hexdigest()[:32]
    seconds, given = (part.split("=", 1)[1] for part in header.split(","))
    assert given == signature("s3cret", seconds, body)
    assert int(seconds) == int(NOW.timestamp())
    told = json.loads(body)
    assert (told["event"], told["kind"], told["alert"]["facts"]) == ("opened", "source_failing", FACTS)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Deadly(Memo):
    """A channel on which the process ends, once the message has arrived or before."""

    arrives: bool = True

    def send(self, notice: Notice) -> None:
        if self.arrives:
            self.got.append(notice)
        raise Killed


@pytest.mark.parametrize("arrives", [True, False])
def test_a_message_that_a_kill_fell_upon_comes_again_under_its_key(tmp_path: Path, arrives: bool) -> None:
    days = Days(tmp_path)
    days.telling = replace(days.telling, channels=[Deadly(arrives=arrives, got=days.memo.got)])
    with pytest.raises(Killed):
        days.look(failing())
    days.telling = replace(days.telling, channels=[days.memo])
    assert days.look(failing(), after=timedelta(minutes=5)) == [(Event.OPENED, "omie")]
    assert days.look(failing(), after=timedelta(minutes=5)) == []
    assert len({notice.key for notice in days.memo.got}) == 1
    assert len(days.memo.got) == 1 + arrives


def test_who_may_have_heard_of_it_hears_that_it_is_over_or_worse(tmp_path: Path) -> None:
    days = Days(tmp_path)
    days.telling = replace(days.telling, channels=[Deadly(got=days.memo.got)])
    with pytest.raises(Killed):
        days.look(failing("ree"), failing("omie"))
    days.telling = replace(days.telling, channels=[days.memo])
    worse = failing(days.memo.got[0].row["subject"], Severity.CRITICAL)  # type: ignore[arg-type]
    assert (Event.RAISED, worse.subject) in days.look(worse, after=timedelta(minutes=5))

    other = Days(tmp_path / "other")
    other.telling = replace(other.telling, channels=[Deadly(got=other.memo.got)])
    with pytest.raises(Killed):
        other.look(failing())
    keep(other.ports, [])
    other.now += CALM
    other.telling = replace(other.telling, channels=[other.memo])
    assert other.look() == [(Event.CLOSED, "omie")]
    assert other.look(after=timedelta(minutes=5)) == []


def test_every_message_has_a_key_of_its_own(tmp_path: Path) -> None:
    days = Days(tmp_path, NoticeRules(per_hour=1))
    for hour in range(3):
        days.look(*[failing(f"source{n} of {hour}") for n in range(3)], after=timedelta(hours=2))
        send_test(days.ports, days.telling)
    keys = [notice.key for notice in days.memo.got]
    assert len(set(keys)) == len(keys)
    assert sum(key.startswith("more:") for key in keys) == 3
