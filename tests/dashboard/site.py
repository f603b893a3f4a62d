"""The page behind its real guard, over invented answers of the API that a test can change."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response, StreamingResponse
from playwright.sync_api import Page

from chocolate_factory.api.guard import Guard
from chocolate_factory.api.schemas.dashboard import Dashboard
from chocolate_factory.main import add_page
from tests.dashboard.page_samples import ready

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 780}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NOT_THERE = {
    "type": "urn:chocolate-factory:DataMissing",
    "title": "Data missing",
    "status": 409,
    "detail": "Nothing is stored yet.",
    "hint": "Wait for the first sync.",
}
REFUSED = {
    "type": "urn:chocolate-factory:Infeasible",
    "title": "No feasible plan",
    "status": 422,
    "detail": "2 batches cannot be made.",
    "hint": "Allow it.",
}


class Site:
    """Answers of `/api/v1/…` by path without the query; what is not given is as `otherwise`: missing.

    A value is a body, (status, body) for problems, or makes a response. POSTs are kept in `orders` as
    (path, mark, body) and answered by `posts`, else refused. `tell` sends news to every open page, and to
    one whose stream is not open yet once it is.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.posts: dict[str, Any] = {}
        self.orders: list[tuple[str, str | None, Any]] = []
        self.reads: list[str] = []
        self.app = FastAPI()
        self.app.add_api_route("/api/v1/events", self.events, methods=["GET"])
        self.app.add_api_route("/api/v1/{path:path}", self.read, methods=["GET"])
        self.app.add_api_route("/api/v1/{path:path}", self.order, methods=["POST"])
        self.app.add_api_route("/version", lambda: self.read("version"), methods=["GET"])
        add_page(self.app)
        self.app.add_middleware(Guard)
        self.reset()

    def reset(self) -> None:
        """A ready plan and nothing else."""
        self.answers = {"dashboard": ready()}
        self.posts, self.orders, self.reads = {}, [], []
        self._news: list[list[str]] = []
        self.otherwise: Any = (409, NOT_THERE)

    @property
    def answer(self) -> Dashboard:
        """The consolidated answer."""
        found = self.answers["dashboard"]
        assert isinstance(found, Dashboard)
        return found

    @answer.setter
    def answer(self, made: Dashboard) -> None:
        self.answers["dashboard"] = made

    def tell(self, *topics: str) -> None:
        """Send news."""
        self._news.append(list(topics))

    async def events(self, request: Request) -> Response:
        """The stream of all news since the reset: what was told before it was open must not be lost."""

        async def lines() -> AsyncIterator[str]:
            told = 0
            yield "retry: 500\n\n"
            while not await request.is_disconnected():
                for topics in self._news[told:]:
                    told += 1
                    said = json.dumps({"topics": topics, "at": "2026-03-10T20:00:00Z"})
                    yield f"event: changed\ndata: {said}\n\n"
                await asyncio.sleep(0.05)

        return StreamingResponse(lines(), media_type="text/event-stream")

    def read(self, path: str) -> Response:
        """The answer of a path."""
        self.reads.append(path)
        return said(self.answers.get(path, self.otherwise))

    async def order(self, path: str, request: Request) -> Response:
        """What a POST is answered."""
        sent = await request.body()
        body = json.loads(sent) if sent else None
        self.orders.append((path, request.headers.get("x-requested-with"), body))
        return said(self.posts.get(path, (422, REFUSED)))


def said(answer: Any) -> Response:
    """A body, (status, problem), or what makes a response."""
    if callable(answer):
        made = answer()
        assert isinstance(made, Response)
        return made
    status, body = answer if isinstance(answer, tuple) else (200, answer)
    kind = "application/json" if status < 400 else "application/problem+json"
    return JSONResponse(jsonable_encoder(body), status, media_type=kind)


class Serving:
    """An app on a loopback port, in a thread."""

    def __init__(self, app: FastAPI) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_config=None, ws="none", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Serving:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()


def text_of(page: Page, name: str) -> str:
    """Text of an element marked `data-test`, with plain spaces."""
    return plain(page.locator(f"[data-test={name}]").inner_text())


def plain(text: str) -> str:
    """With single plain spaces."""
    return " ".join(text.split())


def table(page: Page, name: str) -> list[list[str]]:
    """Rows of a chart's table, opened by keyboard."""
    details = page.locator(f"[data-table={name}]")
    details.locator("summary").press("Enter")
    details.locator("tbody tr").first.wait_for()
    rows: list[list[str]] = details.locator("tbody").evaluate(
        "body => [...body.rows].map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )
    return rows


INKED = """([chart, names, least]) => {
    const canvas = document.querySelector(`section[aria-labelledby=${chart}-title] canvas`);
    if (!canvas?.width) return false;
    const style = getComputedStyle(document.documentElement);
    const wanted = names.map(name => parseInt(style.getPropertyValue(name).trim().slice(1), 16));
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const pen = copy.getContext("2d", {willReadFrequently: true});
    pen.drawImage(canvas, 0, 0);
    const {data} = pen.getImageData(0, 0, copy.width, copy.height);
    const counts = wanted.map(() => 0);
    for (let i = 0; i < data.length; i += 4) {
        const at = wanted.indexOf(data[i] * 65536 + data[i + 1] * 256 + data[i + 2]);
        if (at >= 0) counts[at] += 1;
    }
    return counts.every(count => count > least);
}"""


def inked(page: Page, chart: str, colours: list[str], least: int = 10) -> None:
    """Wait until a chart has more than so many pixels of each of these colours of the style sheet."""
    page.wait_for_function(INKED, arg=[chart, colours, least])


def tab(page: Page, name: str) -> None:
    """Go to a tab by its link."""
    page.locator(f"[data-tab={name}]").click()


def phase(page: Page, card: str) -> str:
    """The phase of a card: loading, ready, late, empty or failed."""
    return page.locator(f"[data-card={card}]").get_attribute("data-phase") or ""


def axe_faults(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA on the page as it is, as 'rule: selector'."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", WCAG)
    return [f"{rule['id']}: {node['target']}" for rule in found["violations"] for node in rule["nodes"]]
