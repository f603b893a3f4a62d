"""The data tab in a real browser: health and healing, weather, climate, jobs, the system.

About 15 s, and 30 s in the slow tier.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from chocolate_factory.domain.roles import Role
from tests.dashboard import data_samples as samples
from tests.dashboard.conftest import Open
from tests.dashboard.site import DESKTOP, PHONE, Site, axe_faults, phase, plain, table
from tests.dashboard.site import text_of as said

BROKEN = (500, {"title": "Broken", "detail": "A fault.", "hint": "Wait."})
CARDS = {
    "health": {"health": "data"},
    "climate": {
        "weather": "weather/forecast",
        "week": "analysis/climate",
        "climate": "analysis/climate",
        "seasons": "analysis/seasons",
        "correlations": "analysis/correlations",
        "beyond": "analysis/thresholds",
    },
    "system": {"jobs": "jobs", "system": "version", "nodes": "nodes", "audit": "audit"},
}
TOPICS = ("data", "activity")


@pytest.fixture(autouse=True)
def told(site: Site) -> None:
    site.answers |= samples.answers()


def settled(page: Page, section: str) -> None:
    for card in CARDS[section]:
        expect(page.locator(f"[data-card={card}]")).not_to_have_attribute("data-phase", "loading")


def text(page: Page, card: str) -> str:
    return plain(page.locator(f"[data-card={card}]").inner_text())


def test_health_says_what_needs_attention_why_and_what_to_do(show: Open) -> None:
    page = show(hash="data", size=PHONE)
    settled(page, "health")
    expect(page.locator("[data-test=holes]")).to_have_attribute("data-phase", "ready")
    told = text(page, "health")
    assert "2 series necesitan atención, de 3 con fuente." in told
    assert said(page, "states") == "1 fuente con fallos 1 con retraso 1 al día 1 sin configurar"
    assert "Open-Meteo falla desde mar 10 19:00." in told
    pvpc = page.locator("[data-series=pvpc]")
    assert plain(pvpc.inner_text()) == (
        "PVPC hasta jue 12 00:00 · hace 7 h · faltan 24 valores · Red Eléctrica con retraso"
    )
    assert "se vuelve a pedir solo" in told
    assert "Última reparación hace 17 h: 6 de 30 valores recuperados." in told
    rows = table(page, "health")
    assert [row[0] for row in rows] == [
        "Viento, Burgos",
        "PVPC",
        "Mercado diario (spot)",
        "Demanda prevista",
    ]
    assert rows[2][1:4] == ["al día", "Red Eléctrica", "publicado"]
    assert rows[2][9] == "30.123"
    assert rows[3][5] == "–"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_healing_needs_two_taps_and_says_what_is_left(show: Open, site: Site) -> None:
    page = show(hash="data", quiet=True)
    part = page.locator("[data-test=holes]")
    expect(part.locator("li")).to_have_count(4)
    assert plain(part.locator("li").first.inner_text()) == (
        "PVPC 3 mar 2026 – 4 mar 2026 · 24 valores fuera del alcance de Red Eléctrica; "
        "se pide otra vez en la próxima carga grave"
    )
    part.get_by_role("button", name="Ver 1 más").click()
    expect(part.locator("li")).to_have_count(5)
    page.locator("[data-test=heal]").click()
    expect(page.get_by_role("dialog")).to_contain_text("No se inventa ni se interpola nada.")
    assert site.orders == []
    page.locator("[data-test=confirm]").click()
    assert "2 batches cannot be made." in said(page, "problem")
    site.posts["holes/heal"] = samples.HEALED
    page.locator("[data-test=confirm]").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert said(page, "healed") == (
        "4 de 28 valores recuperados. Queda 1 hueco. No pudo ESIOS: no responde a tiempo"
    )
    assert site.orders[-1] == ("holes/heal", "choco", {"series": [], "now": True})


def test_climate_tells_months_limits_week_and_trends(show: Open) -> None:
    page = show(hash="data/climate", locale="en-GB")
    settled(page, "climate")
    assert "5 years of SIAR: 1,630 measured days, from 1 Jan 2016 to 30 Oct 2025." in text(page, "climate")
    assert plain(page.locator("[data-summary=months]").inner_text()) == (
        "The middle day: 37.0 °C in July, 14.0 °C in January."
    )
    assert plain(page.locator("[data-summary=trend]").inner_text()) == (
        "Greatest temperature of the day: +0.79 °C a decade (+0.17 °C to +1.41 °C); it differs from zero."
    )
    months = table(page, "months")
    assert plain(months[0][3]) == "14.0 °C"
    assert months[11][1:] == ["–", "–", "–", "–", "–", "0"]
    trends = table(page, "trends")
    assert trends[0][3] == "clear"
    assert trends[1][3] == "does not differ from zero"
    assert trends[5][1:] == ["–", "–", "under ten years: not computed"]
    limit = page.locator("[data-limit=temperature_max]")
    assert "Most of them in 2016: 86 of 366 known days. It is the limit of tempering." in plain(
        limit.inner_text()
    )
    assert "From 2018 on another station measures" in limit.inner_text()
    assert "3 days are missing in 1 run;" in text(page, "climate")
    assert "Furthest from normal: Fri 13, greatest 7.7 °C below." in text(page, "week")
    days = table(page, "week")
    assert [plain(cell) for cell in days[0]] == [
        "Mon 9",
        "Greatest temperature of the day",
        "–",
        "19.2 °C",
        "–",
        "–",
        "no data",
    ]
    page.locator("[data-test=quantity]").select_option("humidity_max")
    expect(page.locator("[data-summary=months]")).to_contain_text("37.0\u00a0%")


def test_weather_marks_days_above_the_limits_of_the_plant(show: Open, site: Site) -> None:
    page = show(hash="data/climate", size=PHONE)
    settled(page, "climate")
    told = text(page, "weather")
    assert "de 12 °C a 36 °C. 1 día pasa de los límites de la planta (34 °C y 90 %)." in told
    expect(page.locator("[data-test=weather-now]")).to_contain_text("13,4")
    assert "13,4 °C mar 10 20:00, AEMET" in said(page, "weather-now")
    rows = page.locator("[data-test=weather-days] tbody tr")
    expect(rows).to_have_count(3)
    assert plain(rows.nth(1).inner_text()) == "jue 12 12 °C 36 °C ▲ calor 79 %"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    site.answers["analysis/climate"] = site.answers["weather/current"] = BROKEN
    site.answers["weather/current"] = samples.current().model_copy(update={"values": {}})
    again = show(hash="data/climate", quiet=True)
    settled(again, "climate")
    expect(again.locator("[data-test=weather-now]")).to_contain_text(
        "Sin observación de los últimos dos días."
    )
    assert "Los límites de la planta no se conocen aquí." in text(again, "weather")


def test_seasons_and_correlations_say_what_is_not_known(show: Open) -> None:
    page = show(hash="data/climate")
    settled(page, "climate")
    assert "Lo más bajo, mayo a las 13:00: 0 €/MWh." in text(page, "seasons")
    cells = page.locator("[data-test=seasons] tbody tr").nth(11).locator("td")
    assert plain(cells.first.inner_text()).endswith("sin dato")
    page.locator("[data-card=seasons]").get_by_role("button", name="Temperatura").click()
    assert "0,0 °C" not in text(page, "seasons")
    told = text(page, "correlations")
    assert "Relación media: cuando una sube, la otra baja. −0,45 (entre −0,54 y −0,36)" in told
    assert "No se ve relación. −0,05 (entre −0,18 y +0,09) 330 días, que valen por 210 sueltos." in told
    assert "El plan calcula la una con la otra: van juntas por fuerza." in told
    assert said(page, "not-computed") == (
        "Sin calcular Temperatura de cuatro ciudades y demanda (noviembre a marzo): no hay datos; "
        "falta Demanda."
    )
    assert len(table(page, "correlations")) == 3


def test_a_limit_of_ones_own_is_counted(show: Open) -> None:
    page = show(hash="data/climate", clock=False)
    settled(page, "climate")
    assert said(page, "beyond-answer") == "948,3 h en 159 de 761 días conocidos."
    assert "pudo ser más larga" in text(page, "beyond")
    with page.expect_request("**/thresholds?series=temperature&above=34"):
        page.locator("[data-test=beyond-series]").select_option("temperature")
    with page.expect_request("**/thresholds?series=temperature&above=30.5"):
        page.locator("[data-test=beyond-limit]").fill("30.5")
    rows = table(page, "beyond")
    assert [row[0] for row in rows] == ["2025", "mayo"]


def test_jobs_tell_last_and_next_run_and_run_after_two_taps(show: Open, site: Site) -> None:
    page = show(hash="data/system", size=PHONE)
    settled(page, "system")
    told = text(page, "jobs")
    assert "Con fallos: Copia de seguridad. Ahora: Comparar modelos." in told
    failed = plain(page.locator("[data-job=backup]").inner_text())
    assert "cada día a las 04:30; siguiente mié 11 05:00" in failed
    assert "falló, mar 10 20:00 (12 s) · 2 fallos seguidos Comprueba el disco, los permisos" in failed
    assert "no ha cambiado nada. No room on the disk." in failed
    assert "aún no ha corrido" in page.locator("[data-job=advice]").inner_text()
    expect(page.locator("[data-test=run-compare]")).to_be_disabled()
    site.posts["jobs/prices/run"] = (202, {"name": "prices", "asked": True})
    page.locator("[data-test=run-prices]").click()
    assert site.orders == []
    page.locator("[data-test=confirm]").click()
    expect(page.locator("[data-test=asked]")).to_have_text("Encargado: Precios y tiempo de la planta.")
    assert site.orders == [("jobs/prices/run", "choco", None)]
    assert table(page, "jobs")[0][:2] == ["Precios y tiempo de la planta", "cada 15 min"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_system_says_who_reads_and_a_viewer_sees_no_deeds(show: Open, site: Site) -> None:
    page = show(hash="data/system", locale="en-GB")
    settled(page, "system")
    expect(page.locator("[data-test=system]")).to_contain_text("90,369")
    assert "Version 0.1.0 Data real Stored 90,369 values in 3 series" in said(page, "system")
    assert "ana: administrator, with a key" in said(page, "system")
    assert "1 of 2 online, in plant.example." in text(page, "nodes")
    assert "offline, seen 2 Jan 2026" in plain(page.locator("[data-node=laptop]").inner_text())
    assert "luis plan" in text(page, "audit")
    site.answers["me"] = samples.me(Role.VIEWER)
    page.reload()
    expect(page.locator("[data-test=system]")).to_contain_text("viewer")
    settled_jobs = page.locator("[data-card=jobs] li")
    expect(settled_jobs).to_have_count(4)
    assert page.locator("[data-card=jobs] li button, [data-card=nodes], [data-card=audit]").count() == 0
    page.locator("[data-section=health]").click()
    expect(page.locator("[data-test=holes] li")).to_have_count(4)
    assert page.locator("[data-test=heal]").count() == 0


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("not_installed", "No hace falta"),
        ("needs_login", "inicia sesión"),
        ("failing", "The daemon said no."),
    ],
)
def test_a_network_that_is_not_there_is_a_state(show: Open, site: Site, state: str, words: str) -> None:
    site.answers["nodes"] = samples.nodes(state)
    page = show(hash="data/system")
    settled(page, "system")
    assert phase(page, "nodes") == "ready"
    assert words in text(page, "nodes")


@pytest.mark.soak
@pytest.mark.parametrize("section", CARDS)
def test_every_card_loads_fails_recovers_grows_old_and_may_be_empty(
    show: Open, site: Site, section: str
) -> None:
    paths = set(CARDS[section].values())
    whole = dict(site.answers)
    site.answers |= dict.fromkeys(paths, BROKEN)
    page = show(quiet=True)
    page.route("**/api/v1/**", lambda route: None)
    page.route("**/version", lambda route: None)
    page.evaluate(f"location.hash = 'data/{section}'")
    cards = [card for card in CARDS[section] if section != "system" or card in {"jobs", "system"}]
    for card in cards:
        expect(page.locator(f"[data-card={card}]")).to_have_attribute("data-phase", "loading")
    # What is asked just now goes on too, as does what waits.
    page.unroute_all()
    for card in CARDS[section]:
        expect(page.locator(f"[data-card={card}]")).to_have_attribute("data-phase", "failed")
        assert "Vuelve a intentarlo; si sigue así, avisa" in text(page, card)
        assert "A fault." in text(page, card)
    site.answers = whole
    for card in CARDS[section]:
        frame = page.locator(f"[data-card={card}]")
        if frame.get_attribute("data-phase") == "failed":
            frame.get_by_role("button", name="Reintentar").click()
        expect(frame).to_have_attribute("data-phase", "ready")
    site.answers = whole | dict.fromkeys(paths, BROKEN)
    site.tell(*TOPICS)
    for card in set(CARDS[section]) - {"system", "nodes"}:
        expect(page.locator(f"[data-card={card}]")).to_have_attribute("data-phase", "late")
    for path in paths:
        del site.answers[path]
    empty = show(hash=f"data/{section}")
    for card in CARDS[section]:
        expect(empty.locator(f"[data-card={card}]")).to_have_attribute("data-phase", "empty")


@pytest.mark.soak
@pytest.mark.parametrize("section", CARDS)
def test_axe_finds_nothing(show: Open, section: str) -> None:
    for dark, size in ((False, PHONE), (True, DESKTOP)):
        page = show(hash=f"data/{section}", dark=dark, size=size)
        settled(page, section)
        if size is PHONE:
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert axe_faults(page) == []
