"""Every tab of the real application: open to all, in its room, by keyboard, under its policy.

About 15 s, and 20 s in the slow tier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page

from chocolate_factory.api.guard import POLICY
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from tests.bench.bench_page import BAR_KB, first_view_kb
from tests.bench.bench_page import PHONE as HAND
from tests.dashboard.conftest import Open
from tests.dashboard.site import DESKTOP, PHONE, Serving
from tests.dashboard.whole import PAGES, SPACED, WIDER, faults, go, listen, settle, walk
from tests.worlds import sample_ports


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real application over some weeks of prices and weather and a plan."""
    ports = replace(sample_ports(tmp_path_factory.mktemp("whole")), sample=False)
    make_plan(ports, PlanRequest(3, allow_late=True))
    with Serving(create_app(World(ports, lambda: ports, offline=True))) as serving:
        yield serving.url


@pytest.fixture
def phone(show: Open, url: str) -> Page:
    return show(url, size=PHONE, clock=False)


@pytest.mark.parametrize(
    ("locale", "size", "dark"),
    [pytest.param("es-ES", PHONE, False, marks=pytest.mark.soak), ("en-GB", DESKTOP, True)],
    ids=["phone", "desktop"],
)
def test_no_part_keeps_anyone_out_or_is_wider_than_its_window(
    show: Open, url: str, locale: str, size: object, dark: bool
) -> None:
    page = show(url, locale=locale, size=size, dark=dark, clock=False)
    headers = listen(page)
    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "\n".join(fault for place in PAGES for fault in faults(page, place)) == ""


@pytest.mark.soak
def test_the_tab_key_reaches_every_control_and_shows_where_it_is(phone: Page) -> None:
    found = []
    for place in PAGES:
        go(phone, place)
        found += [f"{place}: {fault}" for fault in walk(phone)]
    assert "\n".join(found) == ""


@pytest.mark.soak
def test_text_may_be_spaced_and_the_page_magnified(show: Open, url: str) -> None:
    """WCAG 2.2, 1.4.10 and 1.4.12: at 400 % of 1280 pixels, with more room between letters and lines."""
    page = show(url, size={"width": 320, "height": 256}, clock=False)
    settle(page)
    found = []
    for spaced in (False, True):
        if spaced:
            page.evaluate(SPACED)
        for place in PAGES:
            go(page, place)
            found += [f"{place}: {what}" for what in page.evaluate(WIDER)]
    assert "\n".join(found) == ""


def test_nothing_moves_for_who_wants_no_motion(browser: Browser, url: str) -> None:
    with browser.new_context(reduced_motion="reduce", viewport=HAND) as context:
        page = context.new_page()
        page.route("**/api/v1/insights/windows*", lambda route: None)
        page.goto(f"{url}/dashboard")
        page.locator("[data-card=windows][data-phase=loading]").wait_for()
        assert page.evaluate("document.getAnimations().length") == 0
    with browser.new_context(reduced_motion="no-preference", viewport=HAND) as context:
        page = context.new_page()
        page.route("**/api/v1/insights/windows*", lambda route: None)
        page.goto(f"{url}/dashboard")
        page.locator("[data-card=windows][data-phase=loading]").wait_for()
        assert page.evaluate("document.getAnimations().length") > 0


def test_the_first_view_is_light(browser: Browser, url: str) -> None:
    parts = first_view_kb(browser, url)
    assert sum(parts.values()) <= BAR_KB, parts
