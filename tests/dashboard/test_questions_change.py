"""What a card, a dialog and an address show after the reader chose something else. About 10 s."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard import plan_samples
from tests.dashboard.conftest import Open
from tests.dashboard.money_samples import bill, report
from tests.dashboard.site import Site

CHOICES = {
    "bill": ("bills", "bill-month", "[data-test=bill-total]"),
    "report": ("reports/weekly", "report-week", "[data-report=html]"),
}


def held(page: Page, pattern: str) -> list[Route]:
    """Requests that get no answer until a test gives one."""
    found: list[Route] = []
    page.route(pattern, lambda route: found.append(route))
    return found


@pytest.mark.parametrize("name", CHOICES)
def test_a_card_never_shows_what_was_asked_before(show: Open, site: Site, name: str) -> None:
    path, choice, figure = CHOICES[name]
    site.answers |= {"bills": bill(), "reports/weekly": report()}
    page = show(hash="data/money", quiet=True)
    card, shown = page.locator(f"[data-card={name}]"), page.locator(figure)
    expect(card).to_have_attribute("data-phase", "ready")
    waiting = held(page, f"**/api/v1/{path}?*")
    with page.expect_request(f"**/api/v1/{path}?*"):
        page.get_by_role("button", name="English").click()
    expect(shown).to_be_visible()
    before = card.bounding_box()
    with page.expect_request(f"**/api/v1/{path}?*"):
        page.locator(f"[data-test={choice}]").select_option(index=2)
    expect(card).to_have_attribute("data-phase", "loading")
    expect(shown).to_have_count(0)
    after = card.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] == pytest.approx(before["height"], abs=1), "what is below does not jump"
    for route in waiting:
        route.abort()
    expect(card).to_have_attribute("data-phase", "failed")
    expect(shown).to_have_count(0)
    page.unroute(f"**/api/v1/{path}?*")
    card.get_by_role("button", name="Try again").click()
    expect(shown).to_be_visible()


def test_a_dialog_forgets_what_it_no_longer_asks(show: Open, site: Site) -> None:
    site.answers = plan_samples.answers()
    page = show(hash="plan")
    page.locator("[data-test=outage]").click()
    sheet = page.locator("[data-sheet=report]")
    machine = page.locator("[data-test=outage-machine]")
    machine.select_option("conche")
    sheet.locator("input[type=number]").fill("2")
    machine.select_option("mixer")
    expect(sheet.locator("input[type=number]")).to_have_count(0)
    site.posts["production/log/fail"] = []
    page.locator("[data-test=report-confirm]").click()
    expect(sheet).to_have_count(0)
    sent = site.orders.pop()[2]
    assert (sent["machine"], sent["unit"], sent["units"]) == ("mixer", None, 1)


def test_an_address_that_cannot_be_decoded_still_opens_its_tab(show: Open, site: Site) -> None:
    site.answers = plan_samples.answers()
    page = show(hash="plan/50%")
    expect(page.locator("[data-tab=plan]")).to_have_attribute("aria-current", "page")
    expect(page.locator("[data-sheet=why]")).to_contain_text("50%")


@pytest.mark.parametrize(("place", "part"), [("data/money", "BillCard"), ("data/forecast", "ModelsCard")])
def test_a_part_still_to_be_fetched_is_told_from_a_page_at_rest(show: Open, place: str, part: str) -> None:
    page = show(hash="data/health")
    expect(page.locator(".framed")).to_have_count(1)
    waiting = held(page, f"**/assets/{part}-*.js")
    with page.expect_request(f"**/assets/{part}-*.js"):
        page.evaluate("place => { location.hash = place }", place)
    expect(page.locator("[data-awaited=part]")).to_have_count(1)
    expect(page.locator("[data-awaited=part]")).to_be_hidden()
    waiting[0].continue_()
    expect(page.locator("[data-awaited=part]")).to_have_count(0)
    expect(page.locator(".framed")).to_have_count(2)


def test_alerts_that_come_late_leave_the_focus_where_it_is(show: Open, site: Site) -> None:
    page = show(clock=False, quiet=True)
    expect(page.locator("[data-test=answer]")).to_be_visible()
    waiting = held(page, "**/api/v1/insights/alerts?*")
    page.reload()
    length = page.locator("[data-test=length]")
    length.focus()
    expect(page.locator("[data-awaited]")).to_have_count(1)
    assert page.locator("[data-awaited]").get_attribute("data-awaited") == "alerts"
    waiting[0].fulfill(status=500, json={"status": 500})
    expect(page.locator("[data-card=alerts]")).to_be_visible()
    expect(page.locator("[data-awaited]")).to_have_count(0)
    expect(length).to_be_focused()
