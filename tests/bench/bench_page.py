"""How heavy the first view is and how soon it answers, in a browser whose processor is four times slower.

Interactive: the answer is painted and the tab "Plan", tapped right then, has reacted on the screen.
"""

from __future__ import annotations

import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Request, ViewportSize, sync_playwright

from tests.bench.bench_api import BARE, serving, year_ports
from tests.dashboard.conftest import CHROMIUM

BAR_KB = 300.0
SLOWER, TIMES = 4, 5
PHONE = ViewportSize(width=390, height=844)
AT_REST = """() => document.querySelector("[data-card=heat]") &&
    !document.querySelector("[data-phase=loading], [data-awaited]")"""
WATCH = """
window.__seen = {shift: 0, longest: 0, blocked: 0};
const painted = then => requestAnimationFrame(() => setTimeout(() => then(performance.now())));
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__seen.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
new PerformanceObserver(list => {
    for (const {duration} of list.getEntries()) {
        window.__seen.longest = Math.max(window.__seen.longest, duration);
        window.__seen.blocked += duration - 50;
    }
}).observe({type: "longtask", buffered: true});
const watcher = new MutationObserver(() => {
    if (!document.querySelector("[data-test=answer]")) return;
    watcher.disconnect();
    painted(at => {
        window.__seen.answer = at;
        if (!window.__tap) return;
        document.querySelector("[data-tab=plan]").click();
        painted(done => {
            if (document.querySelector("[data-tab=plan]").ariaCurrent === "page") window.__seen.tapped = done;
        });
    });
});
watcher.observe(document, {childList: true, subtree: true});
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        yield made
        made.close()


def first_view_kb(browser: Browser, url: str) -> dict[str, float]:
    """Bytes on the wire until the first view is at rest, heads included, kB by what they are."""
    asked: list[Request] = []
    with browser.new_context(locale="es-ES", viewport=PHONE) as context:
        page = context.new_page()
        page.on("requestfinished", lambda request: asked.append(request))
        page.goto(f"{url}/dashboard")
        page.wait_for_function(AT_REST)
        page.wait_for_load_state()
        page.wait_for_timeout(300)
        found: Counter[str] = Counter()
        for request in asked:
            sizes = request.sizes()
            found[request.resource_type] += sizes["responseBodySize"] + sizes["responseHeadersSize"]
    return {kind: size / 1000 for kind, size in found.items()}


def slowed(browser: Browser, *, tap: bool) -> Page:
    """A page of a phone with a slow processor and nothing in its store."""
    context = browser.new_context(locale="es-ES", viewport=PHONE)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(f"window.__tap = {str(tap).lower()};{WATCH}")
    return page


def seen(browser: Browser, url: str, *, tap: bool) -> dict[str, Any]:
    """What one visit was like, milliseconds."""
    page = slowed(browser, tap=tap)
    page.goto(f"{url}/dashboard")
    if tap:
        page.wait_for_function("() => window.__seen.tapped")
    else:
        page.wait_for_function(AT_REST)
        page.wait_for_timeout(500)
    found: dict[str, Any] = page.evaluate("() => ({...window.__seen, rest: performance.now()})")
    page.context.close()
    return found


def bare(browser: Browser, url: str) -> float:
    """Milliseconds until a bare answer is loaded in the same browser."""
    page = slowed(browser, tap=False)
    page.goto(f"{url}{BARE}")
    page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    found: float = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    page.context.close()
    return found


def rows() -> list[tuple[str, float, str]]:
    """(name, value, unit) of each measurement."""
    with tempfile.TemporaryDirectory() as name:
        year_ports(Path(name))
        with serving(Path(name), "fixed") as port, chromium() as browser:
            url = f"http://127.0.0.1:{port}"
            parts = first_view_kb(browser, url)
            plain = statistics.median(bare(browser, url) for _ in range(TIMES))
            taps = [seen(browser, url, tap=True) for _ in range(TIMES)]
            rests = [seen(browser, url, tap=False) for _ in range(TIMES)]
    answer, ready = (statistics.median(one[key] for one in taps) for key in ("answer", "tapped"))
    return [
        (f"first view on the wire (bar {BAR_KB:.0f})", sum(parts.values()), "kB"),
        *((f"  of which {kind}", size, "kB") for kind, size in sorted(parts.items())),
        ("bare page loaded, processor 4 x slower, median", plain, "ms"),
        ("answer painted, median", answer, "ms"),
        ("interactive, median (bar 1500)", ready, "ms"),
        ("interactive, fastest", min(one["tapped"] for one in taps), "ms"),
        ("interactive, as a multiple of the bare page", ready / plain, "x"),
        ("longest task until all is at rest, median", statistics.median(o["longest"] for o in rests), "ms"),
        ("blocked until all is at rest, median", statistics.median(o["blocked"] for o in rests), "ms"),
        ("sum of layout shifts, largest (good: below 0.1)", max(o["shift"] for o in rests), ""),
    ]
