"""The Plan tab in a real browser: marks, why and why not, what-ifs, the production log, history, exports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from chocolate_factory.api.schemas.plans import PlanAnswer
from chocolate_factory.main import create_app
from chocolate_factory.services.read_plans import read_plan
from chocolate_factory.services.read_production import read_reports
from chocolate_factory.tasks.keep_fresh import plan_when_needed, sync_prices
from chocolate_factory.tasks.runner import run_job
from tests.dashboard import plan_samples as samples
from tests.dashboard.conftest import Open
from tests.dashboard.site import PHONE, REFUSED, Serving, Site, axe_faults, inked, plain, table
from tests.dashboard.site import text_of as said
from tests.worlds import sample_world


@pytest.fixture
def plan(site: Site) -> PlanAnswer:
    """The site with everything that the tab reads; its plan."""
    site.answers = samples.answers()
    assert site.answer.plan
    return site.answer.plan


def test_the_plan_says_why_it_is_so_and_what_needs_a_look(show: Open, plan: PlanAnswer) -> None:
    page = show(hash="plan")
    assert said(page, "made") == "Calculado hoy a las 20:57; llega hasta mié 18 00:00."
    assert said(page, "because") == "precios publicados, previsión nueva"
    told = "Sustituido: el nuevo ahorra 15,06 €. 12 operaciones siguen igual, 1 se mueve, 1 es nueva."
    assert said(page, "before") == told
    assert "entre 700 y 1000 €" in said(page, "risk")
    month = "ya cuenta P2 12,5 kW, según los planes en vigor; sin dato de 217 h"
    assert said(page, "month") == month
    attention = said(page, "attention")
    for text in ["1 lote de prémium con retraso, para jue 12 21:00", "premium-3", "5 lotes de estándar"]:
        assert text in attention
    assert said(page, "battery") == "Batería carga 20 kWh, da 15 kWh, desgaste 0,75 €"
    assert said(page, "co2") == "CO₂ 410 kg; sin optimizar, 450 kg; intensidad estimada en el 75 % del tiempo"
    page.get_by_role("button", name="English").click()
    assert said(page, "because") == "prices published, new forecast"
    assert "1 batch of premium late" in said(page, "attention")


def test_runs_are_marked_by_shape_and_word(show: Open, plan: PlanAnswer) -> None:
    page = show(hash="plan")
    legend = page.locator("section[aria-labelledby=plan-title] .legend")
    for word in ["en marcha", "fijado", "movido", "preparación", "Fuera de servicio"]:
        expect(legend).to_contain_text(word)
    expect(legend).not_to_contain_text("sin comunicar")
    rows = table(page, "plan")
    assert len(rows) == len(plan.runs) + len(plan.begun)
    states = {(cells[0], cells[2]): plain(cells[7]) for cells in rows}
    assert states["standard-0", "conchado"] == "en marcha, comunicado"
    assert states["standard-1", "mezcla"] == "fijado: empieza pronto"
    assert states["standard-2", "mezcla"] == "movido 1 h más tarde"
    assert states["standard-2", "conchado"] == "–"
    inked(page, "plan", ["--product-1", "--product-2", "--danger"])
    load = table(page, "load")
    assert [plain(load[0][k]) for k in (4, 5, 6)] == ["3 kW", "10 kW", "0 kWh"]
    assert plain(load[20][5]) == "-7,5 kW"
    inked(page, "load", ["--battery", "--solar"])


def test_why_opens_from_the_table_by_keyboard_and_gives_the_focus_back(
    show: Open, plan: PlanAnswer, site: Site
) -> None:
    page = show(hash="plan")
    table(page, "plan")
    link = page.locator("[data-table=plan] a", has_text="standard-1").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-sheet=why] h2")).to_be_focused()
    assert page.evaluate("location.hash") == "#plan/standard-1"
    assert said(page, "rank") == "0,196 €/kWh de media: puesto 224 de 348 huecos con personal y clima."
    blocked = said(page, "blocked")
    assert blocked == "hora de entrega del lote: 201 máquina ocupada por otros lotes: 22"
    moves = said(page, "moves")
    assert "Una hora antes mié 11 05:00 no se puede: no hay personal (turnos y festivos)" in moves
    assert "Una hora después mié 11 07:00 3,20 € más; mueve también conchado" in moves
    page.locator("[data-step=conche]").click()
    assert "el hueco más barato" in said(page, "rank")
    page.keyboard.press("Escape")
    expect(page.locator("[data-sheet=why]")).to_have_count(0)
    expect(link).to_be_focused()
    assert page.evaluate("location.hash") == "#plan"


def test_another_hour_is_asked_in_the_time_of_the_site(show: Open, plan: PlanAnswer, site: Site) -> None:
    site.posts[samples.WHY] = samples.at_another_hour(plan, allowed=True)
    page = show(hash="plan/standard-1")
    field = page.locator("[data-test=why-not] input[type=datetime-local]")
    assert field.input_value() == "2026-03-11T07:00"
    field.fill("2026-03-11T08:00")
    page.locator("[data-test=why-not] button.main").click()
    answer = said(page, "why-not-answer")
    assert "A mié 11 08:00 el plan cuesta 7,00 € más; al menos 4,00 € más, demostrado." in answer
    assert "Se mueven 3 lotes." in answer
    assert site.orders == [(samples.WHY, "choco", {"at": "2026-03-11T07:00:00.000Z", "step": "1"})]
    site.posts[samples.WHY] = samples.at_another_hour(plan, allowed=False)
    page.locator("[data-test=why-not] button.main").click()
    expect(page.locator("[data-test=why-not-answer]")).to_contain_text("no se puede")
    assert "hora de entrega del lote" in said(page, "why-not-answer")
    field.fill("2026-03-29T02:30")
    expect(page.locator("[data-test=why-not]")).to_contain_text("Esa hora no existe")
    expect(page.locator("[data-test=why-not] button.main")).to_be_disabled()


def test_what_ifs_stand_side_by_side(show: Open, plan: PlanAnswer, site: Site) -> None:
    page = show(hash="plan", quiet=True)
    site.posts["plans/what-if"] = samples.what_if(plan, "price=+10%", 75.71)
    page.locator("[data-preset='price=+10%']").click()
    told = plain(page.locator("[data-answer='price=+10%'] [data-test=verdict]").inner_text())
    assert told == "75,71 € más. Demostrado: entre 67,71 € y 83,71 € más."
    site.posts["plans/what-if"] = samples.what_if(plan, "shift:sat,sun=06:00-14:00", -20.0)
    page.locator("[data-test=what-if-own] summary").click()
    page.locator("[data-test=edit-0-kind]").select_option("shift")
    for day in ("sáb", "dom"):
        page.get_by_role("checkbox", name=day).check()
    page.get_by_label("Desde", exact=True).fill("06:00")
    page.get_by_label("Hasta", exact=True).fill("14:00")
    page.locator("[data-test=what-if-ask]").click()
    expect(page.locator("[data-answer]")).to_have_count(2)
    total = plain(page.locator("[data-line=total]").inner_text())
    assert total == "Total 922,50 € 902,50 € −20,00 € 998,21 € +75,71 €"
    asked = [body["changes"] for _, _, body in site.orders]
    assert asked == [["price=+10%"], ["shift:sat,sun=06:00-14:00"]]
    conflict = {"product": "standard", "batches": 2, "due": "2026-03-11T22:00:00+01:00", "rules": ["machine"]}
    body: dict[str, Any] = {
        "type": "urn:chocolate-factory:Infeasible",
        "title": "No feasible plan",
        "status": 422,
        "detail": "No plan.",
        "hint": "",
        "conflicts": [conflict],
    }
    site.posts["plans/what-if"] = (422, body)
    page.locator("[data-preset='demand=+20%']").click()
    expect(page.locator("[data-test=problem]")).to_contain_text("2 lotes de estándar para mié 11 22:00")
    assert "ningún plan cumple todas las reglas" in said(page, "problem")


def test_a_what_if_can_be_given_up(show: Open, plan: PlanAnswer) -> None:
    page = show(hash="plan")
    page.route("**/api/v1/plans/what-if", lambda route: None)
    page.locator("[data-preset='price=-10%']").click()
    expect(page.locator("[data-test=what-if-busy] progress")).to_be_visible()
    page.locator("[data-test=what-if-cancel]").click()
    expect(page.locator("[data-card=what-if]")).to_contain_text("Cancelado.")
    expect(page.locator("[data-preset='price=-10%']")).to_be_enabled()


def test_reports_need_a_confirmation_and_can_be_taken_back(show: Open, plan: PlanAnswer, site: Site) -> None:
    page = show(hash="plan", quiet=True)
    row = page.locator("[data-test=under-way] [data-batch=standard-0]")
    assert "Conchado en Concha 3, hasta mié 11 00:00" in plain(row.inner_text())
    assert "comunicado" in row.inner_text()
    row.get_by_role("button", name="Ha terminado").click()
    assert said(page, "subject") == "Conchado · standard-0"
    assert site.orders == []
    site.posts["production/log/finish"] = []
    page.locator("[data-test=report-confirm]").click()
    expect(page.locator("[data-test=noted]")).to_have_text("Anotado.")
    body = {"batch": "standard-0", "step": "conche", "at": None, "note": ""}
    assert site.orders.pop() == ("production/log/finish", "choco", body)
    page.locator("[data-test=outage]").click()
    page.locator("[data-test=outage-machine]").select_option("conche")
    site.posts["production/log/fail"] = (400, {"type": "urn:chocolate-factory:UsageError", "status": 400})
    page.locator("[data-test=report-confirm]").click()
    expect(page.locator("[data-sheet=report] [data-test=problem]")).to_contain_text("No es posible así.")
    sent = site.orders.pop()[2]
    assert (sent["machine"], sent["until"], sent["units"]) == ("conche", "2026-03-11T00:00:00.000Z", 1)
    page.keyboard.press("Escape")
    entries = page.locator("[data-test=log] li")
    told = [plain(text) for text in entries.all_inner_texts()]
    assert told[0].startswith("mar 10 20:00 Concha 1 averiada hasta mié 11 03:00: correa")
    assert "anulado" in told[1]
    assert entries.nth(1).get_by_role("button").count() == 0
    entries.nth(0).get_by_role("button", name="Anular").click()
    site.posts["production/log/undo"] = []
    page.locator("[data-test=report-confirm]").click()
    expect(page.locator("[data-sheet=report]")).to_have_count(0)
    assert site.orders.pop()[2] == {"report": "outage", "reason": ""}


def test_stock_is_shown_as_known_or_missing_and_counted(show: Open, plan: PlanAnswer, site: Site) -> None:
    page = show(hash="plan")
    expect(page.locator("[data-test=stock] [data-product]")).to_have_count(2)
    stock = plain(page.locator("[data-test=stock]").inner_text())
    assert (
        stock
        == "estándar 3 lotes, 300 kg contado mar 10 20:00: 310 kg prémium sin dato sin contar; sale del plan"
    )
    page.locator("[data-test=count]").click()
    page.locator("[data-test=stock-kg]").fill("250")
    site.posts["production/stock"] = []
    page.locator("[data-test=report-confirm]").click()
    expect(page.locator("[data-sheet=report]")).to_have_count(0)
    assert site.orders.pop()[2] == {"product": "standard", "kg": 250, "at": None, "note": ""}


def test_news_of_production_are_read_at_once(show: Open, plan: PlanAnswer, site: Site) -> None:
    page = show(hash="plan", clock=False)
    expect(page.locator("[data-test=log] li")).to_have_count(2)
    fresh = site.answers["production/log"]
    site.answers["production/log"] = {**fresh, "log": fresh["log"][:1]}
    site.tell("production")
    expect(page.locator("[data-test=log] li")).to_have_count(1)


def test_past_plans_and_their_difference_in_words(show: Open, plan: PlanAnswer, site: Site) -> None:
    page = show(hash="plan", locale="en-GB")
    rows = page.locator("[data-test=plans] tbody tr")
    expect(rows).to_have_count(2)
    newest = plain(rows.nth(0).inner_text())
    assert newest.startswith("Tue 10 20:57 prices published, new forecast replaced the new one €15.06 less")
    page.locator("[data-test=compare] summary").click()
    told = said(page, "diff")
    assert "12 runs stay, 1 moves, 1 is new." in told
    assert "The whole plan costs €15.06 less." in told
    assert "Mixing of standard-2: from Thu 12 05:00 to Thu 12 06:00, 1 h later" in told
    assert "Mixing of standard-3: new, Fri 13 06:00" in told


def test_exports_follow_machine_and_language(show: Open, plan: PlanAnswer) -> None:
    page = show(hash="plan")
    page.locator("[data-test=exports] summary").click()
    page.locator("[data-test=exports] select").select_option("conche")
    links = {
        name: page.locator(f"[data-export={name}]").get_attribute("href")
        for name in ("xlsx", "pdf", "csv", "html")
    }
    for name, link in links.items():
        assert link == f"/api/v1/plans/{plan.id}/exports/{name}?machine=conche&lang=es"
    feed = page.locator("[data-export=ics]").input_value()
    assert feed.endswith("/api/v1/plans/latest/exports/ics?machine=conche&lang=es")


def test_who_may_only_read_sees_no_buttons(show: Open, plan: PlanAnswer, site: Site) -> None:
    site.answers["me"] = {"name": "anyone", "role": "viewer", "how": "anyone", "can": ["read"]}
    page = show(hash="plan/standard-1")
    expect(page.locator("[data-test=rank]")).to_be_visible()
    expect(page.locator("[data-card=what-if]")).to_have_count(0)
    for name in ("plan-again", "exports", "count", "outage", "why-not"):
        expect(page.locator(f"[data-test={name}]")).to_have_count(0)
    expect(page.locator("[data-card=production]")).to_contain_text("Solo lectura")
    assert page.locator("[data-card=production] button").count() == 0


def test_cards_say_when_there_is_nothing_or_no_answer(show: Open, site: Site) -> None:
    site.answers["dashboard"] = site.answer.model_copy(update={"plan": None})
    site.answers["plans"] = (500, {"title": "Internal error", "status": 500, "detail": "Inside.", "hint": ""})
    page = show(hash="plan", quiet=True)
    expect(page.locator("[data-test=no-plan]")).to_be_visible()
    expect(page.locator("[data-card=history]")).to_have_attribute("data-phase", "failed")
    expect(page.locator("[data-card=production]")).to_have_attribute("data-phase", "empty")
    site.answers = samples.answers()
    page.locator("[data-card=history]").get_by_role("button").click()
    expect(page.locator("[data-test=plans] tbody tr")).to_have_count(2)


def test_the_history_goes_back_page_by_page(show: Open, plan: PlanAnswer, site: Site) -> None:
    first = {**site.answers["plans"], "next": "there"}
    rows = [{**row, "id": f"{row['id']}-older"} for row in first["plans"]]
    site.answers["plans"] = first
    page = show(hash="plan", quiet=True)
    listed = page.locator("[data-test=plans] tbody tr")
    expect(listed).to_have_count(2)
    more = page.locator("[data-test=older-plans]")
    site.answers["plans"] = (500, REFUSED)
    more.click()
    expect(page.locator("[data-card=history] [data-test=problem]")).to_be_visible()
    expect(listed).to_have_count(2)
    site.answers["plans"] = {**first, "plans": rows, "next": None}
    more.click()
    expect(listed).to_have_count(4)
    expect(page.locator("[data-card=history]")).to_contain_text(
        "Se muestran los 4: no hay planes anteriores."
    )
    expect(more).to_have_count(0)
    expect(page.locator("[data-card=history] [data-test=problem]")).to_have_count(0)


@pytest.mark.soak
def test_figures_are_those_of_the_store_and_reports_reach_it(show: Open, tmp_path: Path) -> None:
    world = sample_world(tmp_path)
    assert run_job("sync", lambda w: sync_prices(w, 60), world)
    assert run_job("plan", plan_when_needed, world)
    with Serving(create_app(world)) as serving:
        page = show(serving.url, hash="plan", quiet=True, locale="en-GB")
        stored = read_plan(world.ports().store, None)
        rows = table(page, "plan")
        told = [(cells[0], cells[5], cells[6]) for cells in rows]
        assert told == [
            (run["batch"], kwh(run["energy_kwh"]), f"€{run['cost_eur']:.2f}".replace("€-", "-€"))
            for run in stored["runs"]
        ]
        batch = str(stored["runs"][0]["batch"])
        page.locator("[data-table=plan] a", has_text=batch).first.click()
        expect(page.locator("[data-test=rank]")).to_be_visible()
        page.keyboard.press("Escape")
        page.locator(f"[data-test=next-starts] [data-batch='{batch}'] button").click()
        page.locator("[data-test=report-confirm]").click()
        expect(page.locator("[data-test=log] li")).to_have_count(1)
        assert [report.batch for report in read_reports(world.ports().store)] == [batch]


def kwh(value: float) -> str:
    """Energy as the page writes it."""
    return f"{value:.1f}\u00a0kWh" if value < 100 and value % 1 else f"{value:.0f}\u00a0kWh"


@pytest.mark.soak
def test_axe_finds_nothing_and_the_phone_fits(show: Open, plan: PlanAnswer, site: Site) -> None:
    site.posts["plans/what-if"] = samples.what_if(plan, "price=+10%", 75.71)
    page = show(hash="plan", size=PHONE)
    page.locator("[data-preset='price=+10%']").click()
    page.locator("[data-answer]").wait_for()
    table(page, "plan")
    for name in ("exports", "compare", "what-if-own"):
        page.locator(f"[data-test={name}] summary").click()
    page.locator("[data-test=diff]").wait_for()
    assert axe_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert axe_faults(page) == []
    page.locator("[data-table=plan] a", has_text="standard-1").first.click()
    page.locator("[data-test=rank]").wait_for()
    assert axe_faults(page) == []
    page.keyboard.press("Escape")
    page.locator("[data-test=outage]").click()
    assert axe_faults(page) == []
