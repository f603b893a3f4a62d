"""A browser for each file, for its driver keeps an event loop running; one site for all of a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from chocolate_factory.dashboard import STATIC
from tests.conftest import need
from tests.dashboard.site import AXE, DESKTOP, Serving, Site

SHELL = Path("/usr/bin/chromium-headless-shell")
"""The same engine without the browser around it, which takes twice the work for each page that is opened."""

CHROMIUM = SHELL if SHELL.exists() else Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Open = Callable[..., Page]
PATIENCE_MS = 30_000
"""A loaded machine may take this long over a page that it makes for the first time."""

expect.set_options(timeout=PATIENCE_MS)
USUAL = ("status of 404", "status of 409", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_NETWORK_CHANGED")
"""What the browser notes of an answer that says that there is nothing yet, of a server that ends, and of an
interface of the machine that comes or goes, as those of containers do: all its requests are cut off then."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need(CHROMIUM.exists(), str(CHROMIUM))
    need((STATIC / "index.html").is_file(), "the built page (make setup)")
    need(AXE.is_file(), "axe-core (make setup)")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield made
        made.close()


@pytest.fixture(scope="session")
def serving() -> Iterator[tuple[Serving, Site]]:
    site = Site()
    with Serving(site.app) as made:
        yield made, site


@pytest.fixture
def site(serving: tuple[Serving, Site]) -> Site:
    serving[1].reset()
    return serving[1]


@pytest.fixture
def show(browser: Browser, serving: tuple[Serving, Site], site: Site) -> Iterator[Open]:
    """Open the page far from Spain; at the end nothing may have gone wrong or left the machine.

    `quiet` where a test expects faults; without `clock` the browser's own clock runs on; `hash` is the tab.
    """
    faults: list[str] = []
    contexts = []

    def note(text: str, *, quiet: bool) -> None:
        if not quiet and not any(part in text for part in USUAL):
            faults.append(text)

    def opened(
        url: str = serving[0].url,
        *,
        locale: str = "es-ES",
        size: Any = DESKTOP,
        quiet: bool = False,
        hash: str = "",  # noqa: A002
        clock: bool = True,
        dark: bool = False,
    ) -> Page:
        context = browser.new_context(
            locale=locale,
            timezone_id="America/New_York",
            viewport=size,
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: note(said.text, quiet=quiet or said.type not in {"error", "warning"}))
        page.on("pageerror", lambda error: note(str(error), quiet=False))
        page.on("request", lambda asked: note(asked.url, quiet=asked.url.startswith((url, "data:"))))
        if clock:
            page.clock.install()
        page.goto(f"{url}/dashboard{'#' + hash if hash else ''}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
