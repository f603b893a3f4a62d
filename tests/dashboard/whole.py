"""Checks of a page as a whole, whatever is on it: room, keyboard, policy, how it comes to rest."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.dashboard.site import axe_faults

PAGES = ("today", "plan", "data/health", "data/climate", "data/forecast", "data/money", "data/system")
MOST_TABS = 400
LISTEN = """
window.__refused = [];
document.addEventListener("securitypolicyviolation", event =>
    window.__refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
window.__shift = 0;
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
WIDER = """() => {
    const room = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll("main *, header *")].filter(one => {
        if (one.closest(".hidden-text") || one.getBoundingClientRect().right <= room + 1) return false;
        for (let up = one.parentElement; up; up = up.parentElement)
            if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(up).overflowX)) return false;
        return true;
    });
    return document.documentElement.scrollWidth <= room ? [] :
        [`${document.documentElement.scrollWidth} > ${room}`,
         ...wide.slice(0, 5).map(one => one.tagName + "." + one.className)];
}"""
WANTED = """() => [...document.querySelectorAll(
    "a[href], button, select, input, textarea, summary, [tabindex='0']")].filter(one =>
        !one.disabled && one.tabIndex >= 0 && one.checkVisibility() &&
        !(one.type === "radio" && !one.checked))"""
CONTROLS = f"() => {{ window.__reached = new Set(); return ({WANTED})().length }}"
LEFT = f"""() => ({WANTED})().filter(one => !window.__reached.has(one)).map(
    one => one.outerHTML.slice(0, 120))"""
HERE = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const again = window.__reached.has(one);
    window.__reached.add(one);
    const style = getComputedStyle(one);
    const seen = parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none";
    const box = one.getBoundingClientRect();
    const points = [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]].map(([x, y]) =>
        document.elementFromPoint(box.left + box.width * x, box.top + box.height * y));
    const open = points.some(hit => hit && (one.contains(hit) || hit.contains(one) || one.labels?.length));
    const said = (one.innerText || one.ariaLabel || "").slice(0, 40);
    const {left, top, width, height} = box;
    const where = [left, top, width, height].map(Math.round).join(" ");
    return {again, seen, open, where, name: `${one.tagName} ${one.dataset.test ?? ""} ${said}`};
}"""
SPACED = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""


def settle(page: Page) -> None:
    """Until nothing on the page is under way any more."""
    main = page.locator("main")
    expect(main.locator("> *").first).to_be_visible()
    expect(page.locator("[data-phase=loading], [data-awaited], [data-test=loading]")).to_have_count(0)


def unroll(page: Page) -> None:
    """Until all of the page is there: what is far down is fetched when it comes near."""
    settle(page)
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("[data-far]")).to_have_count(0)
    settle(page)


def go(page: Page, place: str) -> None:
    """Another tab or part of one, by its address."""
    page.evaluate("place => { location.hash = place }", place)
    part = place.partition("/")[2]
    if part:
        expect(page.locator(f"[data-section={part}]")).to_have_attribute("aria-current", "true")
    else:
        expect(page.locator(f"[data-tab={place}]")).to_have_attribute("aria-current", "page")
    unroll(page)


def listen(page: Page) -> dict[str, str]:
    """Load the page anew while refusals of its policy are noted; its headers."""
    page.add_init_script(LISTEN)
    answer = page.reload()
    assert answer is not None
    settle(page)
    return answer.all_headers()


def faults(page: Page, place: str) -> list[str]:
    """What keeps anyone out of a part of the page, or makes it wider than its window."""
    go(page, place)
    found = [f"{place}: {fault}" for fault in axe_faults(page)]
    found += [f"{place}: too wide: {what}" for what in page.evaluate(WIDER)]
    return found + [f"{place}: refused {what}" for what in page.evaluate("window.__refused ?? []")]


def walk(page: Page) -> list[str]:
    """Go through the page by the Tab key alone; controls not reached, not marked or covered when reached."""
    unroll(page)
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0) }")
    count = page.evaluate(CONTROLS)
    found: list[str] = []
    last = "the start"
    assert count > 3
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        here: Any = page.evaluate(HERE)
        if here is None or here["again"]:
            break
        last = here["name"]
        found += [f"no focus to be seen: {here['name']}"] if not here["seen"] else []
        found += [f"covered: {here['name']} at {here['where']}"] if not here["open"] else []
    return found + [f"not reached after {last}: {what}" for what in page.evaluate(LEFT)]
