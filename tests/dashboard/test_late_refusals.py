"""Orders that are refused, before and after their dialog is closed, in a real browser. About 8 s."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard import data_samples
from tests.dashboard.conftest import Open
from tests.dashboard.page_samples import ready
from tests.dashboard.site import PHONE, REFUSED, Site, axe_faults, tab
from tests.dashboard.site import text_of as said
from tests.dashboard.whole import settle

FORBIDDEN = "No cabe: ningún plan cumple todas las reglas."
LEAVE: dict[str, Callable[[Page], None]] = {
    "closed by key": lambda page: None,
    "another tab": lambda page: tab(page, "data"),
}


def ordered(page: Page, button: str, path: str) -> list[Route]:
    """Order something whose answer takes its time, and close the dialog meanwhile."""
    found: list[Route] = []
    page.route(f"**/api/v1/{path}", lambda route: found.append(route))
    page.locator(f"[data-test={button}]").click()
    with page.expect_request(f"**/api/v1/{path}"):
        page.locator("[data-test=confirm]").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    return found


@pytest.mark.parametrize("how", LEAVE)
def test_a_refusal_finds_the_reader_after_the_dialog_was_closed(show: Open, how: str) -> None:
    page = show(quiet=True, size=PHONE)
    waiting = ordered(page, "plan-again", "plans")
    expect(page.locator("[data-test=plan-again]")).to_have_text("Calculando…")
    expect(page.locator("[data-test=plan-again]")).to_be_focused()
    LEAVE[how](page)
    waiting[0].fulfill(status=422, json=REFUSED)
    note = page.locator("[data-test=unseen]")
    expect(note.get_by_role("alert")).to_contain_text(FORBIDDEN)
    expect(note.locator("h2")).to_have_text("Planificar de nuevo")
    expect(note).to_be_in_viewport(ratio=1)
    settle(page)
    assert axe_faults(page) == []
    note.get_by_role("button", name="Cerrar").click()
    expect(note).to_have_count(0)


def test_an_order_without_an_answer_is_told_too(show: Open, site: Site) -> None:
    site.answers |= data_samples.answers()
    page = show(quiet=True, hash="data/health")
    ordered(page, "heal", "holes/heal")[0].abort()
    expect(page.locator("[data-test=unseen]")).to_contain_text(
        "El servidor no responde; no se sabe si llegó."
    )
    page.unroute("**/api/v1/holes/heal")
    page.locator("[data-test=heal]").click()
    expect(page.locator("[data-test=unseen]")).to_have_count(0)


def test_a_refusal_in_the_dialog_speaks_the_language_of_the_page(show: Open) -> None:
    page = show(quiet=True)
    page.locator("[data-test=plan-again]").click()
    page.locator("[data-test=confirm]").click()
    remedy = "Pide menos, añade un turno o una máquina, o admite retrasos."
    assert said(page, "problem") == f"{FORBIDDEN} {remedy} 2 batches cannot be made."
    expect(page.locator("[data-test=problem] [lang=en]")).to_contain_text("2 batches")
    expect(page.locator("[data-test=unseen]")).to_have_count(0)


def test_who_may_not_plan_is_not_asked_to_try_again(show: Open, site: Site) -> None:
    site.answer = ready().model_copy(update={"state": "failed", "plan": None, "advice": None})
    site.answers["me"] = {"name": "ana", "role": "viewer", "how": "tailscale", "can": ["read"]}
    page = show()
    expect(page.locator("[data-test=plan-failed]")).to_be_visible()
    expect(page.locator("[data-test=plan-again]")).to_have_count(0)


def test_a_page_that_cannot_be_read_says_so_in_its_language(show: Open, site: Site) -> None:
    site.answers["dashboard"] = (500, {**REFUSED, "type": "about:blank", "status": 500})
    notice = show(quiet=True).locator("[data-test=failed]")
    expect(notice.locator("strong")).to_have_text("El servidor ha fallado.")
    expect(notice).to_contain_text("Vuelve a intentarlo")
    expect(notice.locator("[lang=en]")).to_have_text("2 batches cannot be made.")
