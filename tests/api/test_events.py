"""The stream of changes over a real server: what is told, when, to how many, and how it ends."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.api import events
from chocolate_factory.core.errors import DataMissing, StoreFailed
from chocolate_factory.domain.ports import Record
from chocolate_factory.domain.series import Origin, Point, from_points
from chocolate_factory.main import Server, create_app, server_of
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.read_changes import OF_RECORDS, TOPICS, differing, read_changes
from chocolate_factory.services.reasons_to_plan import note_search
from tests.worlds import NOW, empty_ports, tiny

WITHIN = 2.0
"""Seconds in which a change must have been told, and open streams be ended."""
BUSY = 4.0
"""Seconds more for a machine that has other things to do; a time-out would take longer still."""


class Stream:
    """One open stream; `next()` waits for the next event or comment."""

    def __init__(self, port: int, last_id: str | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {"Accept-Encoding": "gzip", **({"Last-Event-ID": last_id} if last_id else {})}
        self.connection.request("GET", "/api/v1/events", headers=headers)
        self.answer = self.connection.getresponse()

    def next(self) -> dict[str, str]:
        """The fields of the next block; a comment has the field "". Empty at the end of the stream."""
        found: dict[str, str] = {}
        while (line := self.answer.readline().decode().rstrip("\n")) != "":
            name, _, value = line.partition(": ")
            found[name] = value
        return found

    def topics(self) -> list[str]:
        """Topics of the next event that is not a comment."""
        while "data" not in (block := self.next()):
            assert block, "the stream ended"
        assert block["event"] == "changed"
        told: dict[str, Any] = json.loads(block["data"])
        return list(told["topics"])

    def close(self) -> None:
        # The answer holds the socket open after its connection is closed.
        self.answer.close()
        self.connection.close()


@contextmanager
def served(world: World) -> Iterator[tuple[int, Server, threading.Thread]]:
    """A real server in a thread: its port, itself, and the thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = server_of(create_app(world), "127.0.0.1", 0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], server, thread
        finally:
            server.should_exit = True
            thread.join(10)


def nobody_listens(server: Server) -> None:
    """Wait until the server knows that all readers are gone: then it looks no more."""
    changes = server.config.app.state.changes  # type: ignore[union-attr]
    deadline = time.monotonic() + 60
    while changes._readers and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (changes._readers, changes._watch) == (set(), None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    ports = empty_ports(tmp_path / "store", tiny())
    return World(ports, lambda: ports, offline=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_S", 0.05)
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.2)


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from chocolate_factory.domain.ports import Record
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
SqliteStore(Path(sys.argv[1])).save(Record("plan", "p", datetime(2026, 3, 1, tzinfo=UTC), {"n": 1}))
"""


def test_a_change_is_told_whoever_made_it(world: World, tmp_path: Path) -> None:
    """Another process writes a plan: told within two seconds, and nothing else is."""
    with served(world) as (port, _, _):
        stream = Stream(port)
        assert stream.answer.status == 200
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.answer.headers["cache-control"] == "no-store"
        assert stream.answer.headers["content-encoding"] is None
        hello = stream.next()
        assert hello["retry"] == "3000" and hello["id"]
        assert stream.next() == {"": "still here"}, "a heartbeat while nothing changes"
        path = tmp_path / "store" / "store.sqlite"
        subprocess.run([sys.executable, "-c", WRITER, str(path)], check=True)
        start = time.monotonic()
        assert stream.topics() == ["plan"]
        assert time.monotonic() - start < WITHIN + BUSY
        stream.close()


def test_each_kind_of_change_has_its_topics(world: World) -> None:
    ports = world.ports()
    point = Point(NOW, 60, 50.0, NOW, Origin.PUBLISHED, "test")
    with served(world) as (port, _, _):
        stream = Stream(port)
        stream.next()
        ports.store.write(from_points("spot", [point]))
        assert stream.topics() == ["prices", "data"]
        ports.store.save(Record("production", "r", NOW, {}))
        assert stream.topics() == ["production"]
        ports.store.save(Record("ledger", "w", NOW, {}))
        assert stream.topics() == ["savings"]
        world.note("sync", DataMissing("nothing there"))
        assert stream.topics() == ["activity"]
        with world.working("plan"):
            assert stream.topics() == ["activity"]
        assert stream.topics() == ["activity"]
        stream.close()


def test_who_comes_back_is_told_only_if_something_changed(world: World) -> None:
    with served(world) as (port, server, _):
        stream = Stream(port)
        name = stream.next()["id"]
        stream.close()
        again = Stream(port, name)
        assert again.next()["id"] == name
        assert again.next() == {"": "still here"}
        again.close()
        nobody_listens(server)
        world.ports().store.save(Record("plan", "p", NOW, {"n": 2}))
        late = Stream(port, name)
        assert late.topics() == list(TOPICS)
        late.close()
        foreign = Stream(port, "of another installation \u00f1")
        assert foreign.topics() == list(TOPICS)
        foreign.close()


def test_the_server_stops_at_once_with_open_streams(world: World) -> None:
    with served(world) as (port, server, thread):
        streams = [Stream(port) for _ in range(3)]
        for stream in streams:
            stream.next()
        start = time.monotonic()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
        assert time.monotonic() - start < WITHIN + BUSY
        for stream in streams:
            while stream.next():
                pass
            stream.close()


def test_there_is_a_limit_and_who_leaves_makes_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_READERS", 2)
    with served(world) as (port, server, _):
        streams = [Stream(port) for _ in range(3)]
        refused = streams.pop()
        assert refused.answer.status == 503
        assert refused.answer.headers["content-type"] == "application/problem+json"
        assert refused.answer.headers["retry-after"]
        assert json.loads(refused.answer.read())["hint"]
        for stream in [refused, *streams]:
            stream.close()
        nobody_listens(server)
        stream = Stream(port)
        assert stream.answer.status == 200
        stream.close()


def test_a_store_that_fails_for_a_while_ends_no_stream(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    real = read_changes

    def shaky(of: World) -> dict[str, str]:
        nonlocal looks
        looks += 1
        if looks in {2, 3}:
            raise StoreFailed("the disk is away")
        return real(of)

    monkeypatch.setattr("chocolate_factory.main.read_changes", shaky)
    with served(world) as (port, _, _):
        stream = Stream(port)
        stream.next()
        world.ports().store.save(Record("plan", "p", NOW, {"n": 2}))
        assert stream.topics() == ["plan"]
        assert looks > 3
        stream.close()


def test_one_look_serves_all_readers(world: World) -> None:
    """Ten readers cost one look a turn, and each is told once of many changes."""
    looks = 0

    def look() -> dict[str, str]:
        nonlocal looks
        looks += 1
        return {"plan": str(min(looks // 2, 3))}

    async def listen() -> list[list[str]]:
        changes = events.Changes(look, lambda: lambda: NOW)
        readers = [await changes.join() for _ in range(10)]
        async with asyncio.timeout(60):
            while looks < 8:
                await asyncio.sleep(0.02)
        told = [reader.take() for reader in readers]
        for reader in readers:
            changes.leave(reader)
        return told

    assert asyncio.run(listen()) == [["plan"]] * 10
    assert looks < 10, "ten readers cost no more looks than one"


def test_marks_are_the_same_in_another_process_and_differ_by_topic(world: World, tmp_path: Path) -> None:
    other = empty_ports(tmp_path / "store", tiny())
    seen = World(other, lambda: other, offline=True)
    assert read_changes(world) == read_changes(seen)
    before = read_changes(world)
    other.store.save(Record("comparison", "spot", NOW, {"n": 1}))
    assert differing(before, read_changes(world)) == ["models"]
    assert differing(read_changes(seen), read_changes(world)) == []
    before = read_changes(world)
    note_search(other.store, NOW, done=False)
    assert differing(before, read_changes(world)) == [], "no page shows how far the first search is"


def test_every_kind_of_record_has_its_topics_or_is_known_to_have_none() -> None:
    """A new kind must be put into the table, or the page would not hear of it."""
    source = Path(read_changes.__code__.co_filename).parents[1]
    written = re.compile(
        r'Record\(\s*"([^"]+)"|^(?:KIND|RECORD|LOG|LEDGER|HINDSIGHT|TOLD)\b[^=\n]*= "([^"]+)"', re.M
    )
    texts = [
        path.read_text(encoding="utf-8")
        for folder in ("services", "tasks")
        for path in (source / folder).glob("*.py")
    ]
    kinds = {a or b for text in texts for a, b in written.findall(text)}
    assert {"plan", "forecast", "production", "ledger", "alert", "job", "sync"} <= kinds
    assert kinds - OF_RECORDS.keys() == set()
    assert {topic for topics in OF_RECORDS.values() for topic in topics} <= set(TOPICS)
