"""Every card that reads a route, while it loads, when nothing is there and when it fails. About 8 s."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import PATIENCE_MS, Open
from tests.dashboard.site import NOT_THERE, PHONE, Site

CARDS: dict[str, set[str]] = {
    "today": {"windows", "ledger"},
    "plan": {"history", "production"},
    "data/health": {"health"},
    "data/climate": {"week", "climate", "weather", "seasons", "correlations", "beyond"},
    "data/forecast": {"quality", "models"},
    "data/money": {"bill", "report"},
    "data/system": {"jobs", "nodes", "audit"},
}
WORDED = {"nodes", "bill", "report", "ledger", "quality"}
"""Say what is missing in words of their own."""
ADMIN = {
    "name": "local",
    "role": "admin",
    "how": "local",
    "can": ["read", "run_jobs", "read_nodes", "read_audit"],
}
BROKEN = {**NOT_THERE, "type": "about:blank", "title": "Internal error", "status": 500, "detail": "It broke."}
CASES: dict[str, tuple[Any, str]] = {
    "failed": ((500, BROKEN), "No se pudo leer."),
    "empty": ((409, NOT_THERE), "Nothing is stored yet."),
    "loading": (None, "Cargando…"),
}


def framed(page: Page, place: str, phase: str) -> dict[str, tuple[str, str]]:
    """(phase, text) of the cards of a place, when all are there and have come to a phase, or after 30 s."""
    page.evaluate("place => { window.location.hash = place; }", place)
    found: dict[str, tuple[str, str]] = {}
    for _ in range(PATIENCE_MS // 100):
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        told = page.evaluate(
            "() => Object.fromEntries([...document.querySelectorAll('main .framed')]"
            ".map(card => [card.dataset.card, [card.dataset.phase, card.textContent]]))"
        )
        found = {name: (told[name][0], told[name][1]) for name in CARDS[place] & told.keys()}
        if found.keys() == CARDS[place] and {now for now, _ in found.values()} == {phase}:
            break
        page.wait_for_timeout(100)
    return found


@pytest.mark.parametrize("phase", CASES)
def test_every_card_says_where_it_stands(show: Open, site: Site, phase: str) -> None:
    answer, words = CASES[phase]
    site.otherwise = answer or site.otherwise
    site.answers["me"] = ADMIN
    page = show(quiet=True, size=PHONE, clock=False)
    expect(page.locator("[data-test=answer]")).to_be_visible()
    places = list(CARDS)
    if answer is None:
        page.route("**/api/v1/**", lambda route: None)
        places.remove("today")
    for place in places:
        seen = framed(page, place, phase)
        assert {name: now for name, (now, _) in seen.items()} == dict.fromkeys(CARDS[place], phase)
        for name, (_, text) in seen.items():
            assert name in WORDED or words in text, name


def test_a_card_that_failed_can_be_read_again(show: Open, site: Site) -> None:
    site.otherwise = (500, BROKEN)
    page = show(quiet=True, hash="data/system", clock=False)
    card = page.locator("[data-card=jobs]")
    expect(card).to_have_attribute("data-phase", "failed")
    site.answers["jobs"] = {"sample": False, "running": None, "jobs": []}
    card.get_by_role("button", name="Reintentar").click()
    expect(card).to_have_attribute("data-phase", "empty")
