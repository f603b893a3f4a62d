"""Answers that a reader has already: tags, 304, packed and plain, HEAD, and the files of the page."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.api.conditional import Conditional, finish, has_it, takes
from chocolate_factory.api.kept import LastAnswer
from chocolate_factory.api.pages import Pages
from chocolate_factory.domain.ports import Record
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from tests.api.planned import planned_world
from tests.worlds import NOW

PACKED, PLAIN = {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}
READS = [
    "/api/v1/dashboard",
    "/api/v1/prices",
    "/api/v1/plans",
    "/api/v1/plans/latest",
    "/api/v1/forecasts/latest",
    "/api/v1/production/log",
    "/api/v1/plans/latest/exports/ics",
    "/ready",
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return planned_world(tmp_path_factory.mktemp("api"))


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world), client=("127.0.0.1", 50000)) as made:
        yield made


@pytest.mark.parametrize("path", READS)
def test_who_has_it_is_told_so(client: TestClient, path: str) -> None:
    """A tag for each form; the 304 carries tag and rules but no body, and no other tag gets one."""
    seen = {}
    for form in (PACKED, PLAIN):
        full = client.get(path, headers=form)
        assert full.status_code == 200
        tag = seen[form["Accept-Encoding"]] = full.headers["etag"]
        assert re.fullmatch(r'"[\w-]+"', tag), "a strong tag"
        assert full.headers["cache-control"] == "no-cache"
        vary = {name.strip() for name in full.headers["vary"].split(",")}
        assert vary == {"Accept-Encoding", *(["Accept-Language"] if path.startswith("/api") else [])}
        for had in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = client.get(path, headers={**form, "If-None-Match": had})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert {"vary", "cache-control", "content-security-policy"} <= set(again.headers)
            assert not {"content-type", "content-encoding"} & set(again.headers)
        assert client.get(path, headers={**form, "If-None-Match": '"other"'}).content == full.content
    packed = client.get(path, headers=PACKED).headers.get("content-encoding") == "gzip"
    assert (seen["gzip"] != seen["identity"]) == packed, "each form has a tag of its own"


def test_files_that_are_never_twice_the_same_to_the_byte_have_a_weak_tag(client: TestClient) -> None:
    """A workbook holds the moment at which it was written."""
    path = "/api/v1/plans/latest/exports/xlsx"
    tag = client.get(path, headers=PACKED).headers["etag"]
    assert tag.startswith('W/"')
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", [*READS, "/", "/api/v1/events", "/api/v1/plans/none", "/nowhere"])
@pytest.mark.parametrize("form", [PACKED, PLAIN], ids=["packed", "plain"])
def test_head_is_get_without_a_body(client: TestClient, path: str, form: dict[str, str]) -> None:
    form = {**form, "X-Request-Id": "the-same-of-both"}
    head = client.head(path, headers=form)
    assert head.content == b""
    if path == "/api/v1/events":
        assert (head.status_code, head.headers["content-type"].partition(";")[0]) == (
            200,
            "text/event-stream",
        )
        return
    full = client.get(path, headers=form)
    assert head.status_code == full.status_code
    assert dict(head.headers) == dict(full.headers)


def test_large_answers_are_packed_and_small_ones_are_not(client: TestClient) -> None:
    for path, large in (("/api/v1/dashboard", True), ("/version", False)):
        with client.stream("GET", path, headers=PACKED) as answer:
            raw = b"".join(answer.iter_raw())
        assert (answer.headers.get("content-encoding") == "gzip") == large
        assert int(answer.headers["content-length"]) == len(raw)
        assert (gzip.decompress(raw) if large else raw) == client.get(path, headers=PLAIN).content


def test_the_dashboard_is_made_again_when_anything_is_stored(client: TestClient, world: World) -> None:
    """Kept bytes are never older than the store, whoever wrote there, nor than what goes on."""
    store = world.ports().store

    def tag() -> str:
        return str(client.get("/api/v1/dashboard").headers["etag"])

    first = tag()
    assert tag() == first
    [plan] = store.find("plan", limit=1)
    answer = {**plan.body["answer"], "cost_eur": 1.25}  # type: ignore[dict-item]
    store.save(Record("plan", plan.id, plan.at, {**plan.body, "answer": answer}))
    assert client.get("/api/v1/dashboard").json()["plan"]["cost_eur"] == 1.25
    store.save(plan)
    assert tag() == first
    with world.working("sync"):
        assert client.get("/api/v1/dashboard").json()["activity"] == "sync"
    assert tag() == first


def test_errors_are_not_kept(client: TestClient) -> None:
    answer = client.get("/api/v1/plans/none", headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert "etag" not in answer.headers


def test_the_files_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "secret.txt").write_text("no")
    script, page = tmp_path / "assets" / "app-1a.js", tmp_path / "index.html"
    script.write_text("let x;\n" * 1000)
    pages, app = Pages(tmp_path), FastAPI()
    app.add_middleware(Conditional)
    app.add_api_route("/assets/{name}", lambda name: pages.asset(name))
    app.add_api_route("/", lambda: pages.index() or Response(status_code=503))
    app.openapi_url = None
    with TestClient(app) as client:
        assert client.get("/").status_code == 503
        page.write_text("<p>one</p>")
        first = client.get("/")
        assert (first.text, first.headers["cache-control"]) == ("<p>one</p>", "no-cache")
        page.write_text("<p>another</p>")
        assert client.get("/", headers={"If-None-Match": first.headers["etag"]}).text == "<p>another</p>"
        asset = client.get("/assets/app-1a.js", headers=PACKED)
        assert asset.headers["content-type"].startswith("text/javascript")
        assert "immutable" in asset.headers["cache-control"]
        assert (asset.headers["content-encoding"], asset.text) == ("gzip", script.read_text())
        had = {**PACKED, "If-None-Match": asset.headers["etag"]}
        assert client.get("/assets/app-1a.js", headers=had).status_code == 304
        (tmp_path / "assets" / "app-2b.js").write_text("let y;\n" * 1000)
        (tmp_path / "assets" / "app-2b.js.br").write_bytes(b"packed by the build")
        better = {"Accept-Encoding": "gzip, br"}
        with client.stream("GET", "/assets/app-2b.js", headers=better) as sent:
            assert (sent.headers["content-encoding"], sent.headers["vary"]) == ("br", "Accept-Encoding")
            assert b"".join(sent.iter_raw()) == b"packed by the build"
            had = {**better, "If-None-Match": sent.headers["etag"]}
        assert client.get("/assets/app-2b.js", headers=had).status_code == 304
        assert client.get("/assets/app-2b.js", headers={**had, **PACKED}).status_code == 200, "another form"
        for wrong in (
            "app-2b.js.br",
            "none.js",
            "..%2Fsecret.txt",
            "%2e%2e%2fsecret.txt",
            ".",
            "%00",
            "a%2Fb",
        ):
            assert client.get(f"/assets/{wrong}").status_code in {404, 503}, wrong


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("br, GZIP ; q=0.5", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*;q=0", False),
        ("gzip;q=soon", False),
        ("xgzip", False),
    ],
)
def test_who_takes_gzip(accepted: str, taken: bool) -> None:
    assert takes("gzip", accepted) is taken


@given(st.binary(max_size=4000))
def test_equal_bodies_have_equal_tags_and_the_packed_one_is_the_same_body(body: bytes) -> None:
    made = finish(body)
    assert made == finish(body)
    assert made.tag != finish(body + b"x").tag
    assert made.packed is None or (gzip.decompress(made.packed) == body and len(made.packed) < len(body))


def test_only_a_whole_tag_counts() -> None:
    assert has_it('"ab"', '"ab"')
    assert not has_it('"abc"', '"ab"')
    assert not has_it("ab", '"ab"')
    assert not has_it("", '"ab"')


def test_an_answer_is_kept_for_less_than_a_second_of_the_clock_and_while_nothing_changes() -> None:
    kept, made = LastAnswer(), iter(range(100))

    def ask(of: object, seconds: float) -> int:
        now = NOW + timedelta(seconds=seconds)
        return int(kept.answer(of, now, lambda: str(next(made)).encode()).plain)  # type: ignore[arg-type]

    assert [ask("a", 0), ask("a", 0), ask("a", 0.999)] == [0, 0, 0]
    assert ask("a", 1) == 1, "the clock went on"
    assert ask("a", 0.5) == 2, "the clock was set back"
    assert [ask("b", 0.5), ask("b", 0.6), ask("a", 0.6)] == [3, 3, 4], "something changed"


def test_readers_who_come_together_wait_for_one_making() -> None:
    kept, made = LastAnswer(), []

    def make() -> bytes:
        made.append(1)
        time.sleep(0.05)
        return b"{}"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: kept.answer("a", NOW, make).tag, range(8)))
    assert (len(made), len(set(told))) == (1, 1)
