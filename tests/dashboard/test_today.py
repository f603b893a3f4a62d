"""The first tab in a real browser: answer, alerts, prices, runs, week, windows. About 20 s."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chocolate_factory.api.schemas.alerts import AlertRow, AlertsAnswer
from chocolate_factory.api.schemas.dashboard import PriceSlot
from chocolate_factory.api.schemas.windows import OriginShares, PriceWindow, WindowsAnswer
from tests.dashboard.conftest import Open
from tests.dashboard.page_samples import BEFORE_LONG_DAY, TUESDAY, ready
from tests.dashboard.site import PHONE, Site, axe_faults, plain, tab, table
from tests.dashboard.site import text_of as said

HEAT = "[data-test=heat]"


def alert(kind: Any, severity: Any, subject: str, **facts: Any) -> AlertRow:
    return AlertRow(
        id=f"{kind}:{subject}",
        kind=kind,
        severity=severity,
        subject=subject,
        since=TUESDAY,
        until=TUESDAY + timedelta(hours=2),
        facts=facts,
        opened_at=None,
        closed_at=None,
        text="What the server says.",
    )


def alerts(*rows: AlertRow) -> AlertsAnswer:
    return AlertsAnswer(sample=False, as_of=TUESDAY, alerts=list(rows), history=[])


SPIKE = alert(
    "price_spike",
    "critical",
    "2026-03-11",
    hours=2.75,
    max_eur_kwh=0.394,
    max_at="2026-03-11T20:15:00+01:00",
    bound_eur_kwh=0.279,
    median_eur_kwh=0.09,
    published_share=1.0,
)
LATE = alert(
    "late_data",
    "warning",
    "pvpc",
    state="late",
    known_until="2026-03-10T23:00:00+01:00",
    age_minutes=70,
    missing_slots=4,
)


def window(hours: float, begin: float, price: float, percent: float, forecast: float) -> PriceWindow:
    start = TUESDAY + timedelta(hours=begin)
    return PriceWindow(
        start=start,
        end=start + timedelta(hours=hours),
        local_day=start.date(),
        rank=1,
        ties=0,
        price_eur_kwh=price,
        low_eur_kwh=price - 0.01 if forecast else None,
        high_eur_kwh=price + 0.02 if forecast else None,
        market_eur_mwh=50.0,
        difference_percent=percent,
        shares=OriginShares(published=1 - forecast, forecast=forecast, sample=0, contract=0),
    )


def windows(hours: float = 10.0) -> WindowsAnswer:
    best, worst = window(hours, 36, 0.0664, -58.1, 1.0), window(hours, 3, 0.2446, 54.0, 0.0)
    overall = {"start": TUESDAY, "end": TUESDAY + timedelta(days=6), "slots": 600, "slots_known": 600}
    day = {"day": TUESDAY.date(), "start": TUESDAY - timedelta(hours=21), "slots": 96, "slots_known": 96}
    longest = {"product": "premium", "process": "conche", "minutes": 600} if hours == 10.0 else None
    return WindowsAnswer.model_validate(
        {
            "sample": False,
            "as_of": TUESDAY,
            "timezone": "Europe/Madrid",
            "series": "spot",
            "model": "naive",
            "resolution_min": 15,
            "hours": hours,
            "longest_step": longest,
            "days": [
                {**day, "end": TUESDAY, "mean_eur_kwh": 0.2, "day_rank": 1, "best": [best], "worst": []}
            ],
            "overall": {**overall, "mean_eur_kwh": 0.159, "best": [best], "worst": [worst]},
        }
    )


def heat(page: Page) -> list[list[str]]:
    """The week's table as text, row by row, its heads included."""
    page.locator(HEAT).wait_for()
    rows: list[list[str]] = page.locator(HEAT).evaluate(
        "table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )
    return rows


def hour_mean(points: list[PriceSlot], hour: int) -> float:
    """Mean all-in price of an hour counted from the first slot, from quarter-hours."""
    prices = [point.all_in_eur_kwh or 0.0 for point in points[4 * hour : 4 * hour + 4]]
    return sum(prices) / len(prices)


def test_the_answer_says_when_it_changes_and_whether_the_saving_is_settled(show: Open, site: Site) -> None:
    site.answer = ready(first_in_hours=-2.0)
    assert site.answer.advice
    at = TUESDAY + timedelta(hours=3, minutes=30)
    advice = site.answer.advice.model_copy(update={"switch_at": at})
    site.answer = site.answer.model_copy(update={"advice": advice})
    page = show()
    assert said(page, "answer") == "Ahora: conchado en marcha hasta mañana a las 00:30"
    assert "en 3 h 30 min mié 11 00:30" in said(page, "change")
    assert said(page, "saving-today") == "Ahorro de hoy 18,40 € esperado"
    day = {"status": "settled", "saving_eur": 12.5}
    week = {"days": [{**day, "day": "2026-03-10"}, {**day, "day": "2026-03-09", "saving_eur": 7.25}]}
    site.answers["insights/savings"] = {"weeks": [week]}
    site.tell("savings")
    expect(page.locator("[data-test=saving-today]")).to_contain_text("liquidado")
    assert said(page, "saving-today") == "Ahorro de hoy 12,50 € liquidado · ayer 7,25 €, liquidado"


def test_a_day_without_a_finished_batch_has_no_saving(show: Open, site: Site) -> None:
    assert site.answer.advice
    advice = site.answer.advice.model_copy(update={"saving_today_eur": None})
    site.answer = site.answer.model_copy(update={"advice": advice})
    assert said(show(), "saving-today") == "Ahorro de hoy hoy no acaba ningún lote"


@pytest.mark.parametrize(("can", "buttons"), [(["read"], 0), (["read", "plan"], 1)])
def test_only_who_may_plan_is_offered_to(show: Open, site: Site, can: list[str], buttons: int) -> None:
    site.answers["me"] = {"name": "ana", "role": "viewer", "how": "tailscale", "can": can}
    page = show()
    expect(page.locator("[data-test=answer]")).to_be_visible()
    expect(page.locator("[data-test=plan-again]")).to_have_count(buttons)


def test_critical_alerts_are_open_and_the_others_one_key_away(show: Open, site: Site) -> None:
    site.answers["insights/alerts"] = alerts(SPIKE, LATE)
    page = show()
    spike = page.locator("[data-alert='price_spike:2026-03-11']")
    expect(spike).to_be_visible()
    told = plain(spike.inner_text())
    assert told.startswith("Precio disparado mañana crítico Hasta 0,394 €/kWh (20:15); 2,75 h por encima de")
    assert told.endswith("hasta 23:00")
    late = page.locator("[data-alert='late_data:pvpc']")
    expect(late).not_to_be_visible()
    page.locator("[data-card=alerts] summary").focus()
    page.keyboard.press("Enter")
    expect(late).to_contain_text("Se conocen hasta mar 10 23:00; 4 huecos.")
    page.get_by_role("button", name="English").click()
    expect(spike).to_contain_text("Price spike tomorrow")
    site.answers["insights/alerts"] = alerts()
    site.tell("alerts")
    expect(page.locator("[data-card=alerts]")).to_have_count(0)


def test_runs_now_and_next_lead_to_the_plan(show: Open, site: Site) -> None:
    site.answer = ready(first_in_hours=-2.0)
    assert site.answer.plan
    running = site.answer.plan.runs[1]
    fields = {"batch", "product", "process", "machine", "unit", "start", "end"}
    told = {**running.model_dump(include=fields), "unit": 3, "reported": True}
    page = show()
    first = page.locator("[data-test=run]").first
    assert plain(first.inner_text()) == (
        "19:30–00:30 Conchado estándar Concha 1 en marcha quedan 3 h 30 min · según el plan"
    )
    site.answers["production/log"] = {"log": [], "under_way": [told], "batches": []}
    site.tell("production")
    expect(first).to_contain_text("Concha 3")
    expect(first).to_contain_text("comunicado")
    first.locator("a").click()
    page.wait_for_url(f"**/dashboard#plan/{running.batch}")


def test_the_week_has_a_cell_for_each_hour_with_the_strip_s_numbers(show: Open, site: Site) -> None:
    assert site.answer.prices
    points = site.answer.prices.points
    page = show()
    rows = heat(page)
    assert rows[0][1:] == [f"{hour:02d}" for hour in range(24)]
    assert [row[0] for row in rows[1:4]] == ["mar 10", "mié 11", "jue 12"]
    for hour in (0, 30, 80):
        cell = rows[1 + hour // 24][1 + hour % 24]
        assert cell.startswith(f"{hour_mean(points, hour):.3f}".replace(".", ",")), (hour, cell)
    assert rows[1][1].endswith("publicado, ya pasó")
    assert rows[3][1].endswith("previsión")
    assert page.locator(f"{HEAT} td.forecast").count() == 6 * 24
    assert page.locator(f"{HEAT} td.now").count() == 1
    page.locator("[data-card=heat]").get_by_role("button", name="Mercado").click()
    assert heat(page)[1][22].startswith(f"{sum(p.price_eur_mwh for p in points[84:88]) / 4:.0f}")


@pytest.mark.soak
def test_the_week_of_the_long_day_on_a_phone(show: Open, site: Site) -> None:
    site.answer = ready(BEFORE_LONG_DAY)
    assert site.answer.prices
    kept = [p for k, p in enumerate(site.answer.prices.points) if not 130 <= k < 134]
    strip = site.answer.prices.model_copy(update={"points": kept})
    site.answer = site.answer.model_copy(update={"prices": strip})
    page = show(size=PHONE)
    rows = heat(page)
    assert [row[0] for row in rows[1:6]] == ["00", "01", "02", "02 2.ª", "03"]
    assert rows[4][1] == "esta hora no existe ese día"
    assert rows[4][2].startswith("0,")
    assert page.locator(f"{HEAT} td.missing").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_advice_is_read_when_wanted_and_says_who_scores(show: Open, site: Site) -> None:
    page = show()
    card = page.locator("[data-card=heat]")
    heat(page)
    assert "insights/advice" not in site.reads
    card.get_by_role("button", name="Consejo").click()
    expect(card).to_have_attribute("data-phase", "empty")
    hour = {"start": TUESDAY + timedelta(hours=1), "score": 82.2, "grade": "Optimal", "published": True}
    site.answers["insights/advice"] = {"score_by": "rule", "hours": [hour]}
    site.tell("models")
    expect(card).to_contain_text("Puntúa el pronóstico por sí solo.")
    assert heat(page)[1][23].startswith("82, óptima, publicado")


def test_windows_of_the_longest_step_or_of_a_chosen_length(show: Open, site: Site) -> None:
    site.answers["insights/windows"] = windows()
    page = show()
    best, worst = (page.locator(f"[data-windows={kind}]") for kind in ("best", "worst"))
    expect(best).to_contain_text("jue 12 09:00–19:00")
    assert "0,066 €/kWh previsión, banda del 80 %: 0,056 – 0,086 −58 %" in plain(best.inner_text())
    assert plain(worst.inner_text()).startswith("Evita mié 11 00:00–10:00 0,245 €/kWh publicado +54 %")
    assert "conchado (prémium)" in page.locator("[data-card=windows]").inner_text()
    site.answers["insights/windows"] = windows(2.0)
    with page.expect_response("**/insights/windows?hours=2&count=3"):
        page.locator("[data-test=length]").select_option("2")
    expect(best).to_contain_text("jue 12 09:00–11:00")


def test_a_card_that_fails_says_so_alone_and_tries_again(show: Open, site: Site) -> None:
    site.answers["insights/windows"] = (500, {"title": "Broken", "detail": "A fault.", "hint": "Wait."})
    page = show(quiet=True)
    card = page.locator("[data-card=windows]")
    expect(card).to_contain_text("Vuelve a intentarlo; si sigue así, avisa")
    expect(card).to_have_attribute("data-phase", "failed")
    expect(page.locator("[data-card=heat]")).to_have_attribute("data-phase", "ready")
    site.answers["insights/windows"] = windows()
    card.get_by_role("button", name="Reintentar").click()
    expect(card).to_have_attribute("data-phase", "ready")


def test_the_chart_comes_after_the_answer_and_moves_nothing(show: Open, site: Site) -> None:
    page = show(quiet=True)
    page.route("**/assets/ChartBox-*.js", lambda route: route.abort())
    page.reload()
    place = page.locator("[data-awaited=price]")
    runs = page.locator("[data-card=runs]")
    expect(place).to_be_attached()
    expect(runs).to_be_attached()
    below = "document.querySelector('[data-card=runs]').offsetTop"
    before = page.evaluate(below)
    assert len(table(page, "price")) == len(site.answer.prices.points if site.answer.prices else [])
    page.locator("[data-table=price] summary").click()
    page.unroute("**/assets/ChartBox-*.js")
    page.reload()
    expect(page.locator("[data-card=price] canvas")).to_be_visible()
    expect(runs).to_be_attached()
    assert page.evaluate(below) == before


@pytest.mark.soak
def test_nothing_keeps_anyone_out(show: Open, site: Site) -> None:
    site.answers |= {"insights/alerts": alerts(SPIKE, LATE), "insights/windows": windows()}
    page = show(size=PHONE, dark=True)
    page.locator(HEAT).wait_for()
    page.locator("[data-card=alerts] summary").click()
    page.locator("[data-test=by-day] summary").click()
    assert axe_faults(page) == []
    tab(page, "plan")
    tab(page, "today")
    expect(page.locator("[data-test=answer]")).to_be_visible()
