"""Saving, bill, report, forecast quality and models in a real browser, each in its phases.

About 20 s, and 30 s in the slow tier.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import Open
from tests.dashboard.money_samples import (
    bill,
    deviations,
    figures,
    ledger,
    models,
    report,
    scores,
    week,
)
from tests.dashboard.site import DESKTOP, PHONE, Site, axe_faults, phase, plain, table
from tests.dashboard.site import text_of as said
from tests.dashboard.whole import settle, unroll

CLOSED = figures(220.0, 190.0, 180.0)
UNDER_WAY = figures(80.0, 75.0, None)
BROKEN = (500, {"title": "Broken", "detail": "A fault.", "hint": "Wait."})
WEEKS = (
    week(2, told=figures(200.0, 205.5, 150.0), revised=1),
    week(1, told=CLOSED),
    week(0, "provisional", UNDER_WAY),
)


def near(page: Page, card: str) -> Any:
    """The card, scrolled to: what is far down is put in when it comes near."""
    unroll(page)
    return page.locator(f"[data-card={card}]")


def test_settled_and_provisional_savings_are_told_apart(show: Open, site: Site) -> None:
    site.answers["insights/savings"] = ledger(*WEEKS)
    page = show()
    card = near(page, "ledger")
    assert said(page, "settled-saving") == "24,50 €"
    told = plain(card.inner_text())
    assert "2 semanas liquidadas" in told
    assert "5,00 € más, provisional: aún puede cambiar" in told
    assert said(page, "captured") == "27 % del ahorro posible"
    assert card.locator("[data-state=closed]").count() == 1
    assert card.locator("[data-state=under_way]").count() == 1
    assert plain(card.locator("[data-arm=baseline]").inner_text()) == (
        "Según llegan los pedidos 420,00 € 12,50 € de ellos por exceso de potencia"
    )
    rows = table(page, "ledger")
    assert [row[1] for row in rows] == ["liquidada", "liquidada", "provisional, en curso"]
    assert [plain(row[6]) for row in rows] == ["-5,50 €", "30,00 €", "5,00 €"]
    assert "29,50 € en total" in plain(page.locator("[data-summary=ledger-chart]").inner_text())
    link = card.locator("[data-test=ledger-csv]").get_attribute("href") or ""
    assert link.startswith("/api/v1/insights/savings.csv?start=2026-02-28T23")


def test_a_week_has_its_arms_days_and_corrections(show: Open, site: Site) -> None:
    site.answers["insights/savings"] = ledger(*WEEKS)
    page = show(locale="en-GB")
    card = near(page, "ledger")
    card.get_by_role("button", name="Week").click()
    assert said(page, "settled-saving") == "€30.00"
    assert said(page, "captured") == "75% of the possible saving"
    assert "at most 3.1% above the best" in card.inner_text()
    page.locator("[data-test=ledger-week]").select_option(index=2)
    assert said(page, "settled-saving") == "-€5.50"
    assert [row[:2] for row in table(page, "ledger-days")] == [["27 Feb", "settled"]]
    row = {"at": "2026-03-05T10:00:00+01:00", "day": "2026-02-27", "why": "prices", "changed": {}}
    changed = {**row, "changed": {"baseline": (198.0, 200.0)}}
    old = WEEKS[0].model_copy(update={"revisions": None}).model_dump() | {"revisions": [changed]}
    site.answers["insights/savings"] = ledger(*WEEKS).model_dump() | {"weeks": [old]}
    card.locator("[data-test=revisions] summary").click()
    expect(card).to_contain_text("As orders come in: €198.00 → €200.00")


def test_what_cannot_be_compared_has_no_bars_and_says_why(show: Open, site: Site) -> None:
    other = {**UNDER_WAY, "same_work": False, "saving_eur": None, "saving_percent": None}
    site.answers["insights/savings"] = ledger(week(1, "incomplete"), week(0, "provisional", other))
    page = show(size=PHONE)
    card = near(page, "ledger")
    told = plain(card.inner_text())
    assert "Este mes aún no ha acabado ninguna semana liquidada." in told
    assert "1 semana está incompleta: hubo horas sin plan." in told
    assert "La próxima semana se liquida el sábado, 14 de marzo, 14:00." in told
    assert card.locator("[data-arm]").count() == 0
    card.get_by_role("button", name="Semana").click()
    assert said(page, "no-saving") == "No se compara: no se hizo el mismo trabajo en todas las variantes."
    page.locator("[data-test=ledger-week]").select_option(index=1)
    assert said(page, "no-saving") == "30,5 h sin plan en vigor: no se compara nada."


def test_before_the_first_week_it_says_when_that_will_be(show: Open, site: Site) -> None:
    site.answers |= {"insights/savings": ledger(), "reports/weekly": report("missing")}
    page = show(size=PHONE)
    near(page, "ledger")
    assert phase(page, "ledger") == "empty"
    expect(page.locator("[data-test=next-settled]")).to_contain_text("sábado, 21 de marzo, 14:00")
    site.answers["insights/savings"] = ledger(*WEEKS)
    site.tell("savings")
    expect(page.locator("[data-card=ledger]")).to_have_attribute("data-phase", "ready")


@pytest.mark.soak
@pytest.mark.parametrize(
    ("size", "locale", "word"), [(PHONE, "es-ES", "Reintentar"), (DESKTOP, "en-GB", "Try again")]
)
def test_every_card_fails_alone_comes_back_and_grows_late(
    show: Open, site: Site, size: Any, locale: str, word: str
) -> None:
    routes = {"quality": "insights/deviations", "models": "models"}
    site.answers |= dict.fromkeys(routes.values(), BROKEN)
    page = show(quiet=True, hash="data/forecast", size=size, locale=locale)
    good = {"quality": deviations(), "models": models()}
    for name, route in routes.items():
        card = page.locator(f"[data-card={name}]")
        expect(card).to_have_attribute("data-phase", "failed")
        assert ("A fault. Wait." if locale == "en-GB" else "A fault.") in card.inner_text()
        site.answers[route] = good[name]
        card.get_by_role("button", name=word).click()
        expect(card).to_have_attribute("data-phase", "ready")
        site.answers[route] = BROKEN
    site.tell("models")
    for name in routes:
        expect(page.locator(f"[data-card={name}]")).to_have_attribute("data-phase", "late")
    assert said(page, "speaker") == "boosting"


@pytest.mark.soak
@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "es-ES"), (PHONE, "en-GB")])
def test_money_fails_alone_comes_back_and_grows_late(show: Open, site: Site, size: Any, locale: str) -> None:
    site.answers |= {"bills": BROKEN, "reports/weekly": BROKEN}
    page = show(quiet=True, hash="data/money", size=size, locale=locale)
    for name, route, good in (("bill", "bills", bill()), ("report", "reports/weekly", report())):
        card = page.locator(f"[data-card={name}]")
        expect(card).to_have_attribute("data-phase", "failed")
        site.answers[route] = good
        card.locator("[role=alert] button").click()
        expect(card).to_have_attribute("data-phase", "ready")
        site.answers[route] = BROKEN
    site.tell("savings", "prices")
    for name in ("bill", "report"):
        expect(page.locator(f"[data-card={name}]")).to_have_attribute("data-phase", "late")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_bill_names_every_line_its_certainty_and_what_is_missing(show: Open, site: Site) -> None:
    site.answers |= {"bills": bill(), "reports/weekly": report()}
    page = show(hash="data/money")
    card = page.locator("[data-card=bill]")
    expect(card).to_have_attribute("data-phase", "ready")
    assert said(page, "bill-total") == "1136,20 €"
    assert card.locator("[data-state=so_far]").count() == 1
    assert said(page, "missing-days").endswith("1 mar – 2 mar.")
    assert plain(card.locator("[data-group=power]").inner_text()) == (
        "Potencia 4,62 € Potencia contratada P6 4,62 € 130 kW × 1,442287 €/kW·año × 9/365 fuente secundaria"
    )
    assert "sin confirmar" in card.locator("[data-group=energy]").inner_text()
    assert [row[2] for row in table(page, "bill")] == ["BOE-A-2025-26348"] * 3
    assert "Reactive energy is not known." in card.inner_text()
    site.answers["bills"] = (
        409,
        {"title": "t", "status": 409, "detail": "No plan.", "hint": "", "type": "x"},
    )
    with page.expect_response("**/bills?month=2026-01"):
        page.locator("[data-test=bill-month]").select_option("2026-01")
    expect(card).to_have_attribute("data-phase", "empty")
    assert "No hay factura de enero de 2026" in card.inner_text()


def test_a_report_of_a_chosen_week_opens_in_either_language(show: Open, site: Site) -> None:
    site.answers |= {"bills": bill(), "reports/weekly": report()}
    page = show(hash="data/money", locale="en-GB")
    card = page.locator("[data-card=report]")
    expect(card).to_have_attribute("data-phase", "ready")
    assert (said(page, "report-cost"), said(page, "report-saving")) == ("€190.00", "€30.00")
    site.answers["reports/weekly"] = report("missing", 2)
    with page.expect_response("**/reports/weekly?week=2026-W09&lang=en"):
        page.locator("[data-test=report-week]").select_option("2026-W09")
    expect(card.locator("[data-state=missing]")).to_have_text("not settled")
    assert said(page, "report-saving") == "no data"
    links = card.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    asked = [f"lang={lang}&format={form}" for lang in ("en", "es") for form in ("html", "pdf")]
    assert links == [f"/api/v1/reports/weekly?week=2026-W09&{one}" for one in asked]


def test_an_admin_puts_another_version_in_charge_and_goes_back(show: Open, site: Site) -> None:
    kept = models().model_dump(mode="json")
    versions = kept["series"][0]["models"][0]["versions"]
    versions.append({**versions[0], "version": 2})
    site.answers |= {
        "models": kept,
        "me": {"name": "eva", "role": "admin", "how": "local", "can": ["promote"]},
    }
    site.posts |= {"models/spot/promote": kept, "models/spot/rollback": kept}
    page = show(hash="data/forecast")
    card = page.locator("[data-card=models]")
    card.get_by_text("Versiones guardadas").click()
    buttons = card.locator("tbody button")
    assert buttons.evaluate_all("all => all.map(b => b.getAttribute('aria-label'))") == [
        "Poner al mando boosting, versión 2"
    ], "the newest serves already, a damaged one cannot"
    buttons.click()
    page.locator("[data-test=confirm]").click()
    expect(page.locator("[data-test=chosen]")).to_have_text(
        "Mercado diario: boosting, versión 2, está al mando."
    )
    page.locator("[data-test=back-spot]").click()
    page.locator("[data-test=confirm]").click()
    expect(page.locator("[data-test=chosen]")).to_have_text(
        "Mercado diario: sirve de nuevo el modelo anterior."
    )
    assert site.orders == [
        ("models/spot/promote", "choco", {"model": "boosting", "version": 2}),
        ("models/spot/rollback", "choco", None),
    ]


def test_what_is_chosen_does_not_serve_where_the_settings_name_a_model(show: Open, site: Site) -> None:
    kept = models().model_dump(mode="json")
    one = kept["series"][0]
    one["champion"] |= {"model": "lear"}
    kept |= {"pinned": "boosting", "series": [one, {**one, "series": "pvpc"}]}
    site.answers |= {
        "models": kept,
        "me": {"name": "eva", "role": "admin", "how": "local", "can": ["promote"]},
    }
    site.posts |= {"models/spot/promote": kept}
    page = show(hash="data/forecast", locale="en-GB")
    card = page.locator("[data-card=models]")
    note = 'The settings name boosting: what is chosen here will serve once they say "auto" again.'
    expect(card.locator("[data-test=pinned]")).to_have_text([note])
    heading = card.locator("[data-models=spot] h3")
    expect(heading).to_have_text("Day-ahead market: boosting fixed by the settings")
    card.get_by_text("Kept versions").first.click()
    card.locator("[data-test=serve-spot-boosting-4]").click()
    expect(page.locator("dialog")).to_contain_text(note)
    page.locator("[data-test=confirm]").click()
    expect(page.locator("[data-test=chosen]")).to_have_text("Day-ahead market: boosting version 4 is chosen.")


def test_forecasts_are_judged_by_what_came(show: Open, site: Site) -> None:
    site.answers |= {"insights/deviations": deviations(), "models": models(), "forecasts/scores": scores()}
    page = show(hash="data/forecast")
    card = page.locator("[data-card=quality]")
    expect(card).to_have_attribute("data-phase", "ready")
    expect(card.locator("canvas")).to_be_visible()
    assert said(page, "mae") == "10,00 €/MWh"
    assert said(page, "coverage") == "75 %"
    told = plain(card.inner_text())
    assert "un 38 % menos que la copia" in told
    assert "elegido a mano; versión 4; aprendió dom 8 19:00 (hace 2 d)" in told
    rows = table(page, "quality")
    assert (len(rows), rows[0]) == (165, ["mié 4 00:00", "60,00", "50,00", "45,00 – 55,00", "76,00", "fuera"])
    leads = page.locator("[data-test=leads] tbody tr")
    assert [plain(text) for text in leads.all_inner_texts()] == [
        "1 día Previsión 10,0 Copia 16,0 75 % 88 %",
        "7 días aún pocos días (3)",
    ]
    table_rows = page.locator("[data-models=spot] table").first.locator("tbody tr")
    expect(table_rows).to_have_count(3)
    assert [plain(text) for text in table_rows.all_inner_texts()] == [
        "lear aspirante 11,9",
        "boosting al mando 12,0",
        "naive-kind vara de medir 19,5",
    ]
    with page.expect_response("**/insights/deviations?days=14"):
        card.get_by_role("button", name="14 días").click()


@pytest.mark.parametrize(("days", "expected"), [(3, "little"), (0, "none")])
def test_too_few_days_give_no_figures(show: Open, site: Site, days: int, expected: str) -> None:
    site.answers["insights/deviations"] = deviations(days)
    page = show(hash="data/forecast", size=PHONE, locale="en-GB")
    card = page.locator("[data-card=quality]")
    expect(card).to_have_attribute("data-phase", "empty" if expected == "none" else "ready")
    told = "No past hour has both" if expected == "none" else "There are 3 of the 7 days"
    assert told in card.inner_text()
    assert page.locator("[data-test=mae]").count() == 0


def test_missing_prices_are_late_not_made_up(show: Open, site: Site) -> None:
    site.answers["insights/deviations"] = deviations(priced=False)
    page = show(hash="data/forecast")
    card = page.locator("[data-card=quality]")
    expect(card).to_have_attribute("data-phase", "late")
    assert "Faltan los precios de 2 horas." in card.inner_text()
    assert table(page, "quality")[-1][1] == "–"


@pytest.mark.soak
@pytest.mark.parametrize(
    ("section", "cards"), [("forecast", ("quality", "models")), ("money", ("bill", "report"))]
)
def test_cards_say_that_they_load_and_that_there_is_nothing(
    show: Open, site: Site, section: str, cards: tuple[str, str]
) -> None:
    page = show(hash="data", size=PHONE)
    expect(page.locator("[data-section=health]")).to_be_visible()
    for path in ("insights/deviations", "models", "bills", "reports/weekly"):
        page.route(f"**/api/v1/{path}*", lambda route: None)
    page.evaluate(f"location.hash = 'data/{section}'")
    for name in cards:
        expect(page.locator(f"[data-card={name}]")).to_have_attribute("data-phase", "loading")
    # What is asked just now goes on too, as does what waits.
    page.unroute_all()
    for name in cards:
        expect(page.locator(f"[data-card={name}]")).to_have_attribute("data-phase", "empty")


@pytest.mark.soak
@pytest.mark.parametrize("dark", [False, True])
def test_nobody_is_kept_out(show: Open, site: Site, dark: bool) -> None:
    site.answers |= {
        "insights/savings": ledger(*WEEKS),
        "insights/deviations": deviations(),
        "models": models(),
        "forecasts/scores": scores(),
        "bills": bill(),
        "reports/weekly": report(),
    }
    page = show(size=PHONE, dark=dark)
    near(page, "ledger")
    table(page, "ledger")
    assert axe_faults(page) == []
    for section, card in (("forecast", "quality"), ("money", "bill")):
        page.evaluate(f"location.hash = 'data/{section}'")
        expect(page.locator(f"[data-card={card}]")).to_have_attribute("data-phase", "ready")
        settle(page)
        for summary in page.locator("[data-card] details:not([data-table=quality]) > summary").all():
            summary.click()
        assert axe_faults(page) == []
