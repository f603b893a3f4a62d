"""Questions on the page, answered by the real application over the sample world. About 5 s."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi.responses import StreamingResponse
from playwright.sync_api import expect

from chocolate_factory.main import create_app
from chocolate_factory.tasks.keep_fresh import sync_prices
from chocolate_factory.tasks.runner import run_job
from tests.dashboard.conftest import Open
from tests.dashboard.site import PHONE, REFUSED, Serving, Site, axe_faults, text_of
from tests.worlds import sample_world

DONE: dict[str, Any] = {
    **{"language": "en", "answered_by": "rules", "outcome": "answered", "reason": "no_key", "notice": ""},
    **{"cost_eur": 0.0, "sample": False, "as_of": "2026-03-10T20:00:00Z", "conversation": "c1"},
    "remembered": 0,
}


def test_a_question_is_answered_with_its_sources(show: Open, tmp_path: Path) -> None:
    world = sample_world(tmp_path)
    assert run_job("prices", lambda w: sync_prices(w, 20), world)
    with Serving(create_app(world)) as serving:
        page = show(serving.url, hash="ask", clock=False, quiet=True, size=PHONE)
        page.locator("[data-test=question]").fill("¿Cuándo es más barata la luz mañana?")
        page.locator("[data-test=send]").click()
        expect(page.locator("[data-test=chat-origin]")).to_contain_text("respondido por reglas")
        told = text_of(page, "chat-answer")
        assert "EUR/kWh" in told
        assert "sobre datos de muestra" in told
        page.locator("[data-test=chat-facts] summary").click()
        assert "windows.best_price" in text_of(page, "chat-facts")
        assert axe_faults(page) == []
        page.locator("[data-test=question]").fill("¿Quién ganó la liga?")
        page.keyboard.press("Enter")
        expect(page.locator("[data-test=chat-origin]")).to_have_count(2)
        # Leans on the question before the last, which the server still knows.
        page.locator("[data-test=question]").fill("¿Qué precio hay hoy?")
        page.keyboard.press("Enter")
        expect(page.locator("[data-test=chat-origin]")).to_have_count(3)
        page.locator("[data-test=question]").fill("¿y ayer?")
        page.keyboard.press("Enter")
        expect(page.locator("[data-test=chat-answer]").nth(3)).to_contain_text("lunes 9 de marzo")
        page.locator("[data-test=new-conversation]").click()
        expect(page.locator("[data-test=chat-answer]")).to_have_count(0)
        expect(page.locator("[data-test=question]")).to_be_focused()
        page.locator("[data-test=question]").fill("¿y ayer?")
        page.keyboard.press("Enter")
        expect(page.locator("[data-test=chat-answer]")).to_contain_text("No sé responder")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_refusal_is_told_and_starters_ask(show: Open, site: Site) -> None:
    page = show(hash="ask", locale="en-GB", quiet=True)
    page.locator("[data-test=starter]").first.click()
    expect(page.get_by_role("alert")).to_contain_text("2 batches cannot be made.")
    assert site.orders[0][0] == "chat"
    assert site.orders[0][2] == {
        **{"question": "Do I run now or wait?", "language": "en", "conversation": ""}
    }
    expect(page.locator("[data-test=question]")).to_be_enabled()
    site.posts["chat"] = (429, {**REFUSED, "status": 429, "detail": "4 answers are under way already."})
    page.locator("[data-test=question]").fill("Any alerts?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").nth(1)).to_contain_text("too many questions at once")


def test_the_next_question_need_not_wait_for_the_line_to_close(show: Open, site: Site) -> None:
    site.posts["chat"] = lambda: StreamingResponse(left_open(), media_type="text/event-stream")
    page = show(hash="ask", locale="en-GB", clock=False)
    for nth in range(3):
        page.locator("[data-test=question]").fill(f"Any alerts? {nth}")
        page.keyboard.press("Enter")
        expect(page.locator("[data-test=chat-origin]")).to_have_count(nth + 1)
    assert [body["conversation"] for _, _, body in site.orders] == ["", "c1", "c1"]
    expect(page.locator("[data-test=stop]")).to_have_count(0)


async def left_open() -> AsyncIterator[str]:
    """An answer whose line stays open after its last event."""
    yield f"event: text\ndata: {json.dumps({'text': 'None.'})}\n\n"
    yield f"event: done\ndata: {json.dumps(DONE)}\n\n"
    await asyncio.sleep(60)


def test_who_may_not_ask_is_told_so(show: Open, site: Site) -> None:
    site.answers["me"] = {"name": "anyone", "role": "viewer", "how": "anyone", "can": ["read"]}
    page = show(hash="ask")
    expect(page.locator("[data-test=ask-forbidden]")).to_be_visible()
    assert page.locator("[data-test=question]").count() == 0
