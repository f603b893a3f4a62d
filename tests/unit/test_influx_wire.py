"""What only the InfluxDB store has: its wire, its limits, its refusals, and its server's end."""

from __future__ import annotations

import base64
import json
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.core.errors import ChocolateError, Misconfigured, StoreFailed, UsageError
from chocolate_factory.domain.ports import Record
from chocolate_factory.domain.series import Origin, Point, Series, empty, from_points
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.stores import influx_wire
from chocolate_factory.infrastructure.stores.influx import InfluxStore
from chocolate_factory.infrastructure.stores.influx_records import PART, assembled, record_lines
from chocolate_factory.infrastructure.stores.influx_wire import Found, InfluxWire, string, tag, tag_text
from tests.conftest import need
from tests.influx_server import InfluxServer, executable

EVER = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
S0 = datetime(2026, 1, 14, tzinfo=UTC)
SECRET, PASSWORD = "t0ken-which-is-secret", "hush hush"


def rows(n: int, value: float = 1.0) -> Series:
    known = S0 - timedelta(hours=11)
    return from_points(
        "spot",
        (Point(S0 + timedelta(minutes=15 * k), 15, value, known, Origin.PUBLISHED, "x") for k in range(n)),
    )


Reply = tuple[int, str]


class Scripted:
    """A server that answers as told, in turn, and remembers what it was asked."""

    def __init__(self, answer: Callable[[str, dict[str, str]], Reply]) -> None:
        self.asked: list[tuple[str, str, dict[str, str], dict[str, str]]] = []
        outer = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                params = dict(urllib.parse.parse_qsl(query))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked.append((self.command, path, params, dict(self.headers)))
                status, body = answer(path, params)
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


Script = Callable[[Callable[[str, dict[str, str]], Reply]], Scripted]


@pytest.fixture
def script() -> Iterator[Script]:
    made: list[Scripted] = []

    def start(answer: Callable[[str, dict[str, str]], Reply]) -> Scripted:
        made.append(Scripted(answer))
        return made[-1]

    yield start
    for one in made:
        one.server.shutdown()
        one.server.server_close()


def failing(status: int, body: str) -> Callable[[str, dict[str, str]], Reply]:
    """Reading finds nothing, writing fails."""
    return lambda path, params: (status, body) if path == "/write" else (200, '{"results":[{}]}')


def refused(store: InfluxStore, *, by: type[ChocolateError]) -> ChocolateError:
    """The error of a write, which is of exactly this class and tells no secret."""
    with pytest.raises(by) as caught:
        store.write(rows(3))
    assert type(caught.value) is by
    for text in (caught.value.message, caught.value.hint):
        assert SECRET not in text
        assert PASSWORD not in text
    return caught.value


# --- the words ---


@given(st.text())
def test_a_tag_is_one_plain_word_and_comes_back(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    word = tag(text)
    assert tag_text(word) == text
    assert word
    assert not set(word) & set(" ,='\"\\\n\r\t")


def test_names_of_the_catalogue_are_their_own_tags() -> None:
    assert tag("siar_j09_rain") == "siar_j09_rain"
    assert tag("2026-03-10T21:00:00+01:00/plan-1.2") == "2026-03-10T21:00:00+01:00/plan-1.2"


def test_strings_escape_what_ends_them() -> None:
    assert string('a "b" \\ c') == '"a \\"b\\" \\\\ c"'


def test_a_point_says_slot_and_knowledge_in_its_time(influx_server: InfluxServer) -> None:
    store = InfluxStore(influx_server.url, database := influx_server.fresh())
    store.write(rows(1, 2.5))
    query = urllib.parse.urlencode({"db": database, "epoch": "ns", "q": 'SELECT * FROM "slot" GROUP BY *'})
    with urllib.request.urlopen(f"{influx_server.url}/query?{query}") as answer:
        (series,) = json.load(answer)["results"][0]["series"]
    offset = 366 * 86_400 - 11 * 3600
    assert series["tags"] == {"key": "spot"}
    assert series["columns"] == ["time", "minutes", "origin", "source", "value"]
    assert series["values"] == [[int(S0.timestamp()) * 10**9 + offset, 15, "published", "x", 2.5]]


# --- records ---


def found_in(lines: list[str]) -> list[Found]:
    """Points of one record as the server gives them back."""
    made = []
    for line in lines:
        _, fields, time = line.split(" ")
        at, parts, body = (part.partition("=")[2] for part in fields.split(","))
        made.append([int(time), "p", int(at[:-1]), int(parts[:-1]), body[1:-1]])
    return [Found({}, ("time", "id", "at", "parts", "body"), made)]


def test_long_bodies_travel_in_parts_and_half_of_two_is_noticed() -> None:
    noise = np.random.default_rng(1).integers(0, 2**60, 20_000).tolist()
    one, other = (Record("plan", "p", S0, {"noise": noise[n:]}) for n in (0, 1))
    lines = record_lines(one)
    assert len(lines) > 2
    assert all(len(line) < PART + 200 for line in lines)
    assert assembled("plan", found_in(lines)) == [one]
    assert assembled("plan", found_in(lines[:-1])) is None
    assert assembled("plan", found_in(lines[1:])) is None
    assert assembled("plan", found_in([lines[0], *record_lines(other)[1:]])) is None
    short = Record("plan", "p", S0, {})
    assert assembled("plan", found_in([*record_lines(short), *lines[1:]])) == [short]


def test_a_record_met_while_it_is_written_is_read_again(script: Script) -> None:
    record = Record("plan", "p", S0, {"n": 1})
    whole = found_in(record_lines(record))[0]
    bodies = [[*whole.rows[0][:4], None], [*whole.rows[0][:2], None, None, whole.rows[0][4]], whole.rows[0]]
    left = iter(bodies)

    def answer(path: str, params: dict[str, str]) -> Reply:
        series = {"name": "record", "columns": whole.columns, "values": [next(left)]}
        return 200, json.dumps({"results": [{"series": [series]}]})

    assert InfluxStore(script(answer).url, "d").find("plan", id="p") == [record]


def test_a_point_met_while_it_is_written_is_not_there_yet(script: Script) -> None:
    at = int(S0.timestamp()) * 10**9 + 366 * 86_400
    values = [[at, 15, 1.5, "published", "x"], [at + 900 * 10**9, None, 1.5, "published", None]]
    series = {"name": "slot", "columns": ["time", "minutes", "value", "origin", "source"], "values": values}
    server = script(lambda path, params: (200, json.dumps({"results": [{"series": [series]}]})))
    found = InfluxStore(server.url, "d").read("spot", EVER)
    assert list(found) == [Point(S0, 15, 1.5, S0, Origin.PUBLISHED, "x")]


def test_a_record_that_stays_damaged_is_told(script: Script) -> None:
    damaged = {"name": "record", "columns": ["time", "id", "at", "parts", "body"]}
    values = [[0, "p", 5, 1, "bm90IHpsaWI="]]
    body = json.dumps({"results": [{"series": [{**damaged, "values": values}]}]})
    with pytest.raises(StoreFailed, match="damaged"):
        InfluxStore(script(lambda path, params: (200, body)).url, "d").find("plan", id="p")


# --- limits ---


@pytest.mark.parametrize("away", [timedelta(days=-367), timedelta(days=31 * 366)])
def test_knowledge_too_far_from_its_slot_is_refused_before_anything_is_stored(
    influx_server: InfluxServer, away: timedelta
) -> None:
    store = InfluxStore(influx_server.url, influx_server.fresh())
    wrong = from_points("spot", [*rows(2), Point(S0, 15, 9.0, S0 + away, Origin.FORECAST, "x")])
    for call in (store.write, store.load):
        with pytest.raises(UsageError, match=r"spot: InfluxDB cannot hold a value of 2026-01-14T00:00:00"):
            call(wrong)
    assert store.keys() == []


def test_nothing_to_store_asks_nothing() -> None:
    store = InfluxStore("http://127.0.0.1:9", "d")
    assert store.write(empty("spot")) == store.load(empty("spot")) == 0


def test_an_answer_in_any_number_of_pieces_is_the_same(
    influx_server: InfluxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = InfluxStore(influx_server.url, influx_server.fresh())
    monkeypatch.setattr(influx_wire, "BATCH_LINES", 7)
    monkeypatch.setattr(influx_wire, "CHUNK_ROWS", 9)
    assert store.write(rows(100)) == 100
    assert list(store.revisions("spot", EVER)) == list(rows(100))


def test_an_answer_that_was_cut_short_is_no_answer(script: Script) -> None:
    series = {"name": "slot", "columns": ["time", "minutes"], "values": [[0, 15]], "partial": True}
    body = json.dumps({"results": [{"series": [series], "partial": True}]})
    with pytest.raises(StoreFailed, match="cut its answer short"):
        InfluxStore(script(lambda path, params: (200, body)).url, "d").span("spot")


# --- refusals and failures ---


def test_a_server_that_is_not_there_is_told() -> None:
    store = InfluxStore(f"http://somebody:{urllib.parse.quote(PASSWORD)}@127.0.0.1:9", "d", SECRET)
    error = refused(store, by=StoreFailed)
    assert "127.0.0.1:9 cannot be reached" in error.message
    assert "CHOCO_INFLUX__URL" in error.hint


def test_a_server_that_hangs_is_told(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(influx_wire, "TIMEOUT", influx_wire.httpx.Timeout(0.2))

    def hang(path: str, params: dict[str, str]) -> Reply:
        release.wait(10)
        return 204, ""

    server = script(hang)
    assert "took too long" in refused(InfluxStore(server.url, "d"), by=StoreFailed).message
    release.set()


@pytest.mark.parametrize("status", [401, 403])
def test_refused_rights_name_their_settings(script: Script, status: int) -> None:
    body = json.dumps({"code": "unauthorized", "message": f"not with {SECRET}"})
    server = script(lambda path, params: (status, body))
    error = refused(InfluxStore(server.url, "d", SECRET), by=Misconfigured)
    assert "CHOCO_INFLUX__TOKEN" in error.hint
    assert "CHOCO_INFLUX__USER" in error.hint
    assert server.asked[0][3]["Authorization"] == f"Token {SECRET}"


def test_user_and_password_go_as_basic_authorization(script: Script) -> None:
    server = script(lambda path, params: (200, '{"results":[{}]}'))
    InfluxStore(server.url, "d", None, "me", PASSWORD).keys()
    expected = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    assert server.asked[0][3]["Authorization"] == f"Basic {expected}"


@pytest.mark.parametrize(
    ("status", "body", "by", "text"),
    [
        (500, '{"error":"write /data/1.wal: no space left on device"}', StoreFailed, "no space left"),
        (503, "<html>busy</html>", StoreFailed, "failed (503)"),
        (400, '{"error":"partial write: field type conflict dropped=1"}', StoreFailed, "partial write"),
        (422, '{"error":"partial write: points beyond retention policy dropped=9"}', Misconfigured, "drops"),
        (413, '{"code":"request too large","message":"too big"}', StoreFailed, "too big"),
        (200, "<html>welcome</html>", Misconfigured, "not InfluxDB"),
        (302, "", Misconfigured, "not InfluxDB"),
        (404, '{"detail":"Not Found"}', Misconfigured, "not InfluxDB"),
    ],
)
def test_a_write_that_fails_is_told(
    script: Script, status: int, body: str, by: type[ChocolateError], text: str
) -> None:
    error = refused(InfluxStore(script(failing(status, body)).url, "d"), by=by)
    assert text in error.message


@pytest.mark.parametrize("body", ["", "[]", "{}", "nonsense", "<html></html>", '"text"', "\xff"])
def test_an_answer_that_is_none_is_told(script: Script, body: str) -> None:
    server = script(lambda path, params: (200, body))
    with pytest.raises(Misconfigured, match="not InfluxDB"):
        InfluxStore(server.url, "d").read("spot", EVER)


@pytest.mark.parametrize("url", ["http://host:port", "http://host:99999", "http://", "host", ""])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(Misconfigured, match="CHOCO_INFLUX__URL"):
        InfluxWire(url, "d", None, None, None)


@pytest.mark.parametrize(
    ("missing", "creating"),
    [
        # As documented: InfluxDB 2.7 without a mapping; a user of 1.x without the right; 3.
        (
            (404, '{"code":"not found","message":"bucket \\"d\\" not found"}'),
            (200, "not implemented: CREATE"),
        ),
        ((200, "database not found: d"), (403, "error authorizing query: requires admin privilege")),
        ((404, '{"error":"database not found: \\"d\\""}'), (400, "unsupported statement")),
    ],
)
def test_a_database_that_cannot_be_made_is_told(script: Script, missing: Reply, creating: Reply) -> None:
    def answer(path: str, params: dict[str, str]) -> Reply:
        status, said = creating if "CREATE" in params.get("q", "") else missing
        in_results = status == 200 and not said.startswith("{")
        return status, json.dumps({"results": [{"error": said}]}) if in_results else said

    error = refused(InfluxStore(script(answer).url, "d", SECRET), by=Misconfigured)
    assert "no database 'd'" in error.message
    assert "bucket of that name" in error.hint


def test_a_path_in_the_address_is_kept(script: Script) -> None:
    server = script(lambda path, params: (200, '{"results":[{}]}'))
    assert InfluxStore(f"{server.url}/influx/", "d").keys() == []
    assert server.asked[0][1] == "/influx/query"


# --- the real server ---


def test_a_database_that_went_away_is_made_again(influx_server: InfluxServer) -> None:
    store = InfluxStore(influx_server.url, database := influx_server.fresh())
    store.write(rows(5))
    drop = urllib.parse.urlencode({"q": f'DROP DATABASE "{database}"'})
    urllib.request.urlopen(f"{influx_server.url}/query?{drop}", data=b"").close()
    assert len(store.read("spot", EVER)) == 0
    assert store.write(rows(5)) == 5


def test_what_was_acknowledged_survives_the_end_of_the_server(tmp_path: Path) -> None:
    """Costs about a second."""
    need(executable() is not None, "InfluxDB (apt-get install influxdb)")
    server = InfluxServer(tmp_path / "influx")
    try:
        store = InfluxStore(server.url, "d")
        assert store.write(rows(3000)) == 3000
        store.save(Record("plan", "p", S0, {"n": 1}))
        server.stop()
        assert "cannot be reached" in refused(store, by=StoreFailed).message
        server.start()
        assert list(store.revisions("spot", EVER)) == list(rows(3000))
        assert store.find("plan") == [Record("plan", "p", S0, {"n": 1})]
        assert store.write(rows(3001)) == 1
    finally:
        server.stop()


def test_rights_are_asked_for_and_given(tmp_path: Path) -> None:
    need(executable() is not None, "InfluxDB (apt-get install influxdb)")
    server = InfluxServer(tmp_path / "influx", auth=True)
    try:
        admin = f"CREATE USER me WITH PASSWORD '{PASSWORD}' WITH ALL PRIVILEGES"
        query = urllib.parse.urlencode({"q": admin})
        urllib.request.urlopen(f"{server.url}/query?{query}", data=b"").close()
        for user, password in ((None, None), ("me", "wrong"), ("nobody", PASSWORD)):
            error = refused(InfluxStore(server.url, "d", None, user, password), by=Misconfigured)
            assert "refuses access (401)" in error.message
        assert InfluxStore(server.url, "d", None, "me", PASSWORD).write(rows(3)) == 3
    finally:
        server.stop()
