"""The built page in a real browser: what it says, in both languages, zones, states and sizes. About 15 s."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from chocolate_factory.main import create_app
from chocolate_factory.tasks.keep_fresh import plan_when_needed, sync_prices
from chocolate_factory.tasks.runner import run_job
from tests.dashboard.conftest import Open
from tests.dashboard.page_samples import BEFORE_LONG_DAY, preparing, ready
from tests.dashboard.site import DESKTOP, PHONE, Serving, Site, inked, plain, tab, table
from tests.dashboard.site import text_of as said
from tests.worlds import sample_world


def test_answer_first_in_spanish_then_in_english_for_good(show: Open) -> None:
    page = show()
    assert said(page, "answer") == "Espera: lo siguiente empieza mañana a las 06:00 (mezcla)"
    expect(page.locator("[data-test=saving]")).to_be_visible()
    body = plain(page.locator("main").inner_text())
    for text in ["0,142 €/kWh", "barato", "18,40 €", "154,70 €", "15,5 %", "1,2 %", "Horas"]:
        assert text in body or text in plain(page.locator("header").inner_text())
    assert "aún sin liquidar" in said(page, "expected")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert said(page, "answer") == "Wait: the next run starts tomorrow at 06:00 (mixing)"
    expect(page.locator("main")).to_contain_text("€154.70")
    page.reload()
    assert said(page, "gap").startswith("At most 1.2% above the proven minimum.")


def test_english_browser_gets_english_and_running_batches(show: Open, site: Site) -> None:
    site.answer = ready(first_in_hours=-2.0)
    page = show(locale="en-GB")
    assert said(page, "answer") == "Now: conching running until tomorrow at 00:30"
    assert said(page, "next").lower() == "next: mixing tomorrow at 19:00"


def test_plan_is_drawn_and_told_run_by_run(show: Open, site: Site) -> None:
    page = show()
    tab(page, "plan")
    assert site.answer.plan
    rows = table(page, "plan")
    assert len(rows) == len(site.answer.plan.runs)
    assert rows[0][:5] == ["standard-1", "estándar", "mezcla", "Mezcladora 1", "mié 11 06:00–06:30"]
    inked(page, "plan", ["--product-1", "--product-2"], 200)
    load = table(page, "load")
    assert len(load) == len(site.answer.plan.load_kw)
    assert any(cells[3] != "–" for cells in load)


@pytest.mark.parametrize("sample", [True, False])
def test_sample_banner(show: Open, site: Site, sample: bool) -> None:
    site.answer = ready(sample=sample)
    page = show()
    expect(page.locator("[data-test=answer]")).to_be_visible()
    assert page.locator("[data-test=sample]").count() == int(sample)
    if sample:
        assert "DATOS DE MUESTRA" in said(page, "sample")


def test_both_hours_of_the_long_day_are_told_apart(show: Open, site: Site) -> None:
    site.answer = ready(BEFORE_LONG_DAY)
    page = show()
    times = [cells[0] for cells in table(page, "price")]
    sunday = [text for text in times if text.startswith("dom 26")]
    assert len(sunday) == len(set(sunday)) == 100
    assert sunday.index("dom 26 02:30 CET") - sunday.index("dom 26 02:30 CEST") == 4
    assert "dom 26 01:45" in sunday
    assert "dom 26 03:00" in sunday


def test_phone_fits_and_begins_with_two_days(show: Open) -> None:
    page = show(size=PHONE)
    expect(page.get_by_role("button", name="48 h")).to_have_attribute("aria-pressed", "true")
    table(page, "price")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tab(page, "plan")
    table(page, "plan")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    wide = show()
    expect(wide.get_by_role("button", name="Semana")).to_have_attribute("aria-pressed", "true")


def test_preparing_turns_into_the_plan_by_itself(show: Open, site: Site) -> None:
    site.answer = preparing()
    page = show()
    assert "Calculando el plan" in said(page, "preparing")
    assert page.locator("canvas").count() == 0
    site.answer = ready()
    page.clock.run_for(3100)
    expect(page.locator("[data-test=answer]")).to_be_visible()
    expect(page.locator("canvas")).to_have_count(1)
    tab(page, "plan")
    expect(page.locator("canvas")).to_have_count(3)


def test_a_failed_plan_says_so_and_can_be_tried_again(show: Open, site: Site) -> None:
    site.answer = ready().model_copy(update={"state": "failed", "plan": None, "advice": None})
    page = show()
    assert "No se pudo preparar el plan" in said(page, "plan-failed")
    assert "Comprueba la conexión a internet" in said(page, "troubles")
    expect(page.locator("[data-test=plan-again]")).to_be_enabled()
    expect(page.locator("canvas")).to_have_count(1)


def test_network_down_keeps_the_old_data_and_says_how_old(show: Open) -> None:
    page = show(quiet=True)
    expect(page.locator("[data-test=answer]")).to_be_visible()
    page.route("**/api/v1/dashboard", lambda route: route.abort())
    page.clock.run_for(61_000)
    assert "de las 21:00 (hace 1 min)" in said(page, "failed")
    expect(page.locator("[data-test=answer]")).to_be_visible()
    page.unroute("**/api/v1/dashboard")
    page.locator("[data-test=failed]").get_by_role("button", name="Reintentar").click()
    expect(page.locator("[data-test=failed]")).to_have_count(0)


def test_a_hidden_tab_does_not_ask(show: Open, site: Site) -> None:
    page = show()
    expect(page.locator("[data-test=answer]")).to_be_visible()
    hide = "flag => { Object.defineProperty(document, 'hidden', {configurable: true, get: () => flag}); \
        document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(hide, True)
    before = site.reads.count("dashboard")
    page.clock.run_for(600_000)
    assert site.reads.count("dashboard") == before
    with page.expect_response("**/api/v1/dashboard"):
        page.evaluate(hide, False)
    assert site.reads.count("dashboard") > before


def test_a_new_plan_needs_two_taps_and_a_refusal_is_told(show: Open, site: Site) -> None:
    page = show(quiet=True)
    page.locator("[data-test=plan-again]").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert site.orders == []
    page.locator("[data-test=confirm]").click()
    assert "2 batches cannot be made." in said(page, "problem")
    assert site.orders == [("plans", "choco", {"days": 7, "allow_late": False, "fresh": False})]


def test_late_data_and_troubles_say_what_to_do(show: Open) -> None:
    page = show()
    assert "PVPC" in said(page, "late")
    troubles = said(page, "troubles")
    assert "No se llega a una fuente de datos." in troubles
    assert "Comprueba la conexión a internet; se vuelve a pedir solo. esios: no answer." in troubles
    expect(page.locator("[data-test=troubles] [lang=en]")).to_have_text("esios: no answer.")
    page.get_by_role("button", name="English").click()
    assert "esios: no answer. Check the network." in said(page, "troubles")


def test_real_application(show: Open, tmp_path: Path) -> None:
    world = sample_world(tmp_path)
    assert run_job("sync", lambda w: sync_prices(w, 60), world)
    assert run_job("plan", plan_when_needed, world)
    with Serving(create_app(world)) as serving:
        page = show(serving.url, quiet=True)
        assert "DATOS DE MUESTRA" in said(page, "sample")
        assert said(page, "answer").startswith(("Ahora: ", "Espera: "))
        tab(page, "plan")
        assert len(table(page, "plan")) > 0


@pytest.mark.parametrize("size", [DESKTOP, {"width": 800, "height": 900}, PHONE])
@pytest.mark.parametrize("locale", ["es-ES", "en-GB"])
def test_no_tab_moves_away_when_the_data_come(show: Open, size: dict[str, int], locale: str) -> None:
    page = show(quiet=True, size=size, locale=locale)
    held: list[Route] = []
    page.route("**/api/v1/dashboard", lambda route: held.append(route))
    page.reload()
    tabs = [page.locator(f"[data-tab={name}]") for name in ("today", "plan", "data", "ask")]
    tabs[-1].wait_for()
    before = [tab.bounding_box() for tab in tabs]
    page.unroute_all()
    page.locator("[data-test=answer]").wait_for()
    assert [tab.bounding_box() for tab in tabs] == before


def test_a_part_that_is_cut_off_is_asked_for_again(show: Open) -> None:
    page = show(quiet=True)
    asked: list[str] = []

    def cut_off_once(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/assets/AskView-*.js", cut_off_once)
    tab(page, "ask")
    expect(page.locator("[data-test=question]")).to_be_visible()
    assert len(asked) == 2


def test_a_part_that_is_not_there_is_told_and_can_be_asked_for(show: Open) -> None:
    page = show(quiet=True)
    page.route("**/assets/AskView-*.js", lambda route: route.abort())
    tab(page, "ask")
    failed = page.get_by_role("alert")
    expect(failed).to_contain_text("Esta parte de la página no se pudo cargar.")
    page.unroute("**/assets/AskView-*.js")
    failed.get_by_role("button", name="Reintentar").click()
    expect(page.locator("[data-test=question]")).to_be_visible()
