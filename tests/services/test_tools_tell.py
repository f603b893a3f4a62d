"""Savings, bills, climate, scores and jobs as told: each figure counted here again, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from chocolate_factory.core.errors import Unreachable
from chocolate_factory.domain.jobs import Every
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import CLI
from chocolate_factory.domain.series import FloatArray, Origin, Point, from_points, on_grid
from chocolate_factory.domain.slots import Window
from chocolate_factory.domain.tariff.invoice import month_window
from chocolate_factory.infrastructure.file_locks import FileLocks
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.tools import call_tool
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.import_siar import import_siar
from chocolate_factory.services.make_bill import BillRequest, make_bill
from chocolate_factory.services.score_forecasts import score_forecasts
from chocolate_factory.tasks.runner import Job, Scheduler
from tests.services import papers
from tests.services.bills import plan, site, tell
from tests.services.ledgers import at, local, press, settle
from tests.services.questions import make_ports
from tests.services.test_analyse_climate import GAP, days_between, siar_file, warmth
from tests.services.test_ledger import FRIDGE, MORNINGS, P2, P3, P6, TAX, plan_week
from tests.services.test_score_forecasts import LONG_AFTER, TODAY, issue_days
from tests.unit.forecasters.samples import history
from tests.worlds import INDEXED, NOW, empty_ports, sample_ports, tiny

MADRID = ZoneInfo("Europe/Madrid")
MARCH = date(2026, 3, 1)
DAY = timedelta(days=1)
Told = tuple[list[str], list[str]]


def es(value: float, places: int) -> str:
    """A number as Spanish writes it."""
    return en(value, places).translate(str.maketrans(",.", ".,"))


def en(value: float, places: int) -> str:
    """A number as English writes it."""
    return f"{value:,.{places}f}"


def told(ports: Ports, tool: str, **given: Any) -> Told:
    """The sentences of a tool."""
    made = call_tool(ports, tool, given, CLI)
    return made.spoken("es"), made.spoken("en")


def test_a_saving_is_that_of_the_week_by_hand(tmp_path: Path) -> None:
    """The bricks of a week in a row from Monday 06:00, against 06:00 daily and on Wednesday 08:00."""
    ports = press(tmp_path)
    plan_week(ports, [*MORNINGS[:2], "2026-03-11T08:00", *MORNINGS[3:]])
    settle(ports)
    ordered = (FRIDGE + 10 * (0.12 + 0.12 + 0.15 + 0.17 + 0.17) + P6 + P3 + P2) * TAX
    saving = (10 * 0.10 + P2) * TAX
    best = (10 * 0.13 + P3 + P2) * TAX
    eur, share, part = saving, 100 * saving / ordered, 100 * saving / best
    assert told(ports, "savings") == (
        [
            f"Ahorro en 1 semana cerrada desde el martes 13 de enero: {es(eur, 2)} EUR "
            f"({es(share, 1)} %), {es(part, 1)} % de lo posible."
        ],
        [
            f"Saving in 1 settled week since Tuesday 13 January: {en(eur, 2)} EUR "
            f"({en(share, 1)} %), {en(part, 1)} % of what was possible."
        ],
    )


def test_a_share_says_how_much_of_it_is_proven(tmp_path: Path) -> None:
    """A hindsight that may be a twentieth above the best."""
    ports = press(tmp_path)
    plan_week(ports, [*MORNINGS[:2], "2026-03-11T08:00", *MORNINGS[3:]])
    settle(ports)
    [kept] = ports.store.find("ledger")
    ports.store.save(replace(kept, body={**kept.body, "hindsight_gap": 0.05}))
    arms: Any = kept.body["arms"]
    base, done, best = (arms[name]["eur"] for name in ("baseline", "executed", "hindsight"))
    least = 100 * (base - done) / (base - 0.95 * best)
    ([spanish], [english]) = told(ports, "savings")
    assert spanish.endswith(f" % de lo posible (al menos {es(least, 1)} %, probado).")
    assert english.endswith(f" % of what was possible (at least {en(least, 1)} %, proven).")


def test_savings_add_up_closed_and_provisional_weeks_apart(tmp_path: Path) -> None:
    """Two closed weeks, and one that lacks the price of an hour of its Sunday."""
    ports = at(press(tmp_path, INDEXED), "2026-03-21T12:00")
    starts = Window(local("2026-02-20T00:00"), local("2026-03-21T00:00")).starts(60)
    priced = starts[starts != int(local("2026-03-15T12:00").timestamp())]
    tell(ports, "spot", priced, np.full(len(priced), 50.0))
    for monday in (date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)):
        hours = (6, 6, 6 + monday.day % 4, 6, 6)
        span = (f"{monday - 3 * DAY}T22:00", f"{monday + 4 * DAY}T22:00")
        plan_week(ports, [f"{monday + n * DAY}T{hour:02}:00" for n, hour in enumerate(hours)], span)
    settle(ports, back=25)
    kept: list[Any] = [record.body for record in ports.store.find("ledger")]
    eur: dict[str, list[list[float]]] = {"closed": [], "provisional": []}
    for body in kept:
        arms = [body["arms"][name] for name in ("baseline", "executed", "hindsight")]
        eur[body["status"]].append([arm["eur"] if arm else 0.0 for arm in arms])
    assert [len(weeks) for weeks in eur.values()] == [2, 1]
    base, done, best = np.sum(eur["closed"], axis=0)
    saved, part = base - done, 100 * (base - done) / (base - best)
    share = 100 * saved / base
    (other,) = eur["provisional"]
    more = other[0] - other[1]
    percent = 100 * more / other[0]
    assert saved > 0 and more > 0 and abs(saved - more) > 0.01
    assert told(ports, "savings") == (
        [
            f"Ahorro en 2 semanas cerradas desde el martes 20 de enero: {es(saved, 2)} EUR "
            f"({es(share, 1)} %), {es(part, 1)} % de lo posible.",
            f"Ahorro en 1 semana provisional desde el martes 20 de enero: {es(more, 2)} EUR "
            f"({es(percent, 1)} %).",
        ],
        [
            f"Saving in 2 settled weeks since Tuesday 20 January: {en(saved, 2)} EUR "
            f"({en(share, 1)} %), {en(part, 1)} % of what was possible.",
            f"Saving in 1 provisional week since Tuesday 20 January: {en(more, 2)} EUR ({en(percent, 1)} %).",
        ],
    )


LOAD = ("La carga sale de los planes, no de un contador.", "The load comes from plans, not from a meter.")


def test_a_closed_bill_is_the_invoice(tmp_path: Path) -> None:
    """The hour that March lacks is not billed."""
    ports = site(tmp_path)
    plan(ports, month_window(MARCH), 5.0)
    total = make_bill(ports, BillRequest(MARCH))["total_eur"]
    kwh = 5.0 * (31 * 24 - 1)
    assert told(ports, "bill", month="2026-03") == (
        [
            "Factura de marzo de 2026, 31 días del domingo 1 de marzo al martes 31 de marzo: "
            f"{es(total, 2)} EUR con IVA, {es(kwh, 1)} kWh.",
            LOAD[0],
        ],
        [
            "Bill of March 2026, 31 days from Sunday 1 March to Tuesday 31 March: "
            f"{en(total, 2)} EUR with VAT, {en(kwh, 1)} kWh.",
            LOAD[1],
        ],
    )


def test_a_bill_of_a_part_of_the_month_says_what_is_missing(tmp_path: Path) -> None:
    ports = site(tmp_path, now="2026-03-10T21:00:00+01:00")
    month = month_window(MARCH)
    plan(ports, Window(month.start + 2 * DAY, month.start + 20 * DAY), 5.0)
    total = make_bill(ports, BillRequest(MARCH))["total_eur"]
    kwh = 5.0 * 7 * 24
    assert told(ports, "bill", month="2026-03") == (
        [
            "Factura de marzo de 2026, 7 días del domingo 1 de marzo al lunes 9 de marzo: "
            f"{es(total, 2)} EUR con IVA, {es(kwh, 1)} kWh.",
            "Faltan 2 días, que no cuentan.",
            "El mes aún no ha acabado.",
            LOAD[0],
        ],
        [
            "Bill of March 2026, 7 days from Sunday 1 March to Monday 9 March: "
            f"{en(total, 2)} EUR with VAT, {en(kwh, 1)} kWh.",
            "2 days are missing and do not count.",
            "The month has not ended.",
            LOAD[1],
        ],
    )


def test_the_climate_of_a_month_is_that_of_its_days(tmp_path: Path) -> None:
    ports = papers.world(tmp_path)
    import_siar([siar_file(tmp_path)], ports.store, papers.NOW)
    first, last = date(2004, 11, 20), date(2026, 3, 6)
    known = [
        warmth(day) + (3 if day.year >= 2018 else 0)
        for day in days_between(first, last)
        if day.month == 5 and not GAP[0] <= day <= GAP[1] and day.year != 2018
    ]
    t = np.array(known)
    spanish = ["Clima de la estación SIAR, del sábado 20 de noviembre de 2004 al viernes 6 de marzo."]
    english = ["Climate of the SIAR station, from Saturday 20 November 2004 to Friday 6 March."]
    for one, other, values, unit in (
        ("temperatura media", "mean temperature", t, "°C"),
        ("temperatura máxima", "highest temperature", t + 8, "°C"),
        ("temperatura mínima", "lowest temperature", t - 7, "°C"),
        ("humedad media", "mean humidity", 70 - t, "%"),
    ):
        low, middle, high = np.percentile(np.round(values, 2), (5, 50, 95))
        spanish.append(
            f"En mayo, {one}: {es(middle, 1)} {unit} de mediana, casi siempre de {es(low, 1)} {unit} a "
            f"{es(high, 1)} {unit}."
        )
        english.append(
            f"In May, {other}: {en(middle, 1)} {unit} median, mostly from {en(low, 1)} {unit} to "
            f"{en(high, 1)} {unit}."
        )
    assert told(ports, "climate", month="2026-05") == (spanish, english)


def test_scores_are_those_of_the_forecasts_against_their_prices(tmp_path: Path) -> None:
    """Every hour that a forecast told of counts alike."""
    ports = empty_ports(tmp_path, tiny(), LONG_AFTER)
    ports.store.write(history("spot", TODAY - 70 * DAY, 120))
    issue_days(ports, TODAY, 4, "naive-kind")
    issue_days(ports, TODAY + 5 * DAY, 3, "naive-week")
    score_forecasts(ports)
    spanish, english = ["spot lo prevé el modelo naive-kind."], ["spot is forecast by the model naive-kind."]
    for model in ("naive-kind", "naive-week"):
        bodies: list[Any] = [record.body for record in ports.store.find("forecast", limit=50)]
        own = [hours_of(ports, body) for body in bodies if body["model"] == model]
        price, low, high, truth = np.concatenate(own, axis=1)
        mae, count = float(np.abs(price - truth).mean()), len(truth)
        inside = 100 * float(np.mean((truth >= low) & (truth <= high)))
        assert (mae > 0, count) == (True, 24 * 6 * len(own))
        spanish.append(
            f"{model}: error medio {es(mae, 2)} EUR/MWh en {es(count, 0)} h; {es(inside, 1)} % dentro de la "
            "banda."
        )
        english.append(
            f"{model}: mean error {en(mae, 2)} EUR/MWh over {en(count, 0)} h; {en(inside, 1)} % inside the "
            "band."
        )
    assert told(ports, "model_scores", series="spot") == (spanish, english)


def hours_of(ports: Ports, body: Any) -> FloatArray:
    """By hour: the price that a stored forecast told, its band, and the price that came."""
    own = [point for point in body["points"] if point["origin"] == "forecast"]
    begin = datetime.fromisoformat(own[0]["start"]).astimezone(UTC)
    window = Window(begin, begin + timedelta(minutes=15 * len(own)))
    told = [
        np.array([point[key] for point in own]).reshape(-1, 4).mean(axis=1)
        for key in ("price_eur_mwh", "p10", "p90")
    ]
    return np.stack([*told, on_grid(ports.store.read("spot", window), window, 60)])


def test_jobs_are_told_as_they_ran(tmp_path: Path) -> None:
    now = [NOW]
    ports = replace(empty_ports(tmp_path, tiny()), clock=lambda: now[0])
    begun: dict[str, datetime] = {}

    def work(name: str, fails: bool) -> Any:
        def done(_: World) -> None:
            begun[name] = now[0]
            if fails:
                raise Unreachable("no connection", source="omie")

        return done

    names = {"backup": False, "sync": True, "weather": False}
    made = [Job(name, work(name, fails), Every(20 + 5 * len(name)), 60.0) for name, fails in names.items()]
    scheduler = Scheduler(
        World(ports, lambda: ports, offline=True), tuple(made), FileLocks(tmp_path / "locks")
    )
    while now[0] < NOW + timedelta(hours=2):
        scheduler.turn()
        now[0] += timedelta(minutes=1)
    clock = {name: f"{at.astimezone(MADRID):%H:%M}" for name, at in begun.items()}
    assert len(set(clock.values())) == 3
    ends = {"sync": ("falló", "failed"), "backup": ("bien", "ok"), "weather": ("bien", "ok")}
    assert told(ports, "jobs") == (
        [
            "3 trabajos anotados, 1 con su última ejecución fallida.",
            *(f"{n}: {ends[n][0]}, empezó el martes 10 de marzo a las {clock[n]}." for n in ends),
        ],
        [
            "3 jobs recorded, 1 of which failed last time.",
            *(f"{n}: {ends[n][1]}, started Tuesday 10 March at {clock[n]}." for n in ends),
        ],
    )


def hour_of(ports: Ports, key: str, start: datetime, value: float) -> None:
    """An hour of the site's weather, known since before."""
    origin = Origin.FORECAST if key.endswith("_forecast") else Origin.MEASURED
    ports.store.write(from_points(key, [Point(start, 60, value, start - DAY, origin, "aemet")]))


def test_rain_and_wind_are_told_as_stored_and_else_said_to_be_missing(tmp_path: Path) -> None:
    """Two rainy hours and one of wind tomorrow; only wind was measured today, and no humidity is known."""
    ports, tomorrow = empty_ports(tmp_path, tiny()), datetime(2026, 3, 11, 9, tzinfo=UTC)
    for hours, mm in ((0, 0.4), (1, 1.3), (15, 9.0)):
        hour_of(ports, "rain_forecast", tomorrow + timedelta(hours=hours), mm)
    hour_of(ports, "wind_speed_forecast", tomorrow, 5.5)
    hour_of(ports, "wind_speed", NOW - timedelta(hours=2), 3.0)
    day = {"day": "2026-03-11"}
    assert told(ports, "weather", **day, quantity="rain") == (
        ["Lluvia prevista para lo que queda del miércoles 11 de marzo: 1,7 mm."],
        ["Rain forecast for what is left of Wednesday 11 March: 1.7 mm."],
    )
    assert told(ports, "weather", **day, quantity="wind_speed") == (
        ["Previsto para lo que queda del miércoles 11 de marzo, viento: entre 5,5 m/s y 5,5 m/s."],
        ["Forecast for what is left of Wednesday 11 March, wind: between 5.5 m/s and 5.5 m/s."],
    )
    assert told(ports, "weather", **day, quantity="humidity")[0] == [
        "No hay previsión de humedad guardada para el miércoles 11 de marzo."
    ]
    assert told(ports, "weather", quantity="rain")[1] == [
        "No measured or forecast rain is stored for Tuesday 10 March."
    ]
    assert told(ports, "weather", quantity="wind_speed")[1] == [
        "Wind: 3.0 m/s, measured Tuesday 10 March at 19:00.",
        "No forecast of wind is stored for Tuesday 10 March.",
    ]


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("day_prices", {"day": "2026-03-10", "last": "2026-03-09"}),
        ("day_prices", {"day": "2025-03-10", "last": "2026-03-11"}),
        ("day_prices", {"day": "2026-03-09", "last": "2026-03-10", "since": "08:00"}),
        ("compare_prices", {"day": "2026-03-10", "than": "2026-03-10"}),
        ("compare_prices", {"day": "2026-03-10", "than": "2026-03-09", "at": "08:00"}),
        ("compare_prices", {"day": "2026-03-10", "at": "08:00"}),
        ("machine_windows", {"machine": "conche"}),
        ("windows", {"day": "2026-03-10", "last": "2026-03-09"}),
    ],
)
def test_what_is_no_span_is_said_to_be_none(tmp_path: Path, tool: str, given: dict[str, str]) -> None:
    made = call_tool(sample_ports(tmp_path), tool, given, CLI)
    assert made.missing
    assert made.spoken("en")[-1] == "That cannot be asked like this: ask it in another way."


def test_a_day_that_is_not_known_in_full_is_not_compared(tmp_path: Path) -> None:
    made = call_tool(
        sample_ports(tmp_path), "compare_prices", {"day": "2026-03-10", "than": "2031-03-09"}, CLI
    )
    assert made.missing
    assert "difference" not in made.facts


def test_what_a_tariff_does_not_have_is_said(tmp_path: Path) -> None:
    """In March no hour of 3.0TD is in P1, and six periods have no names; those of 2.0TD are numbers."""
    ports = sample_ports(tmp_path)
    assert call_tool(ports, "period_prices", {"period": "P1"}, CLI).missing
    made = call_tool(ports, "period_prices", {"period": "peak"}, CLI)
    assert {"p2_mean", "p3_mean", "p6_mean"} <= set(made.facts)
    assert "only have numbers" in " ".join(made.spoken("en"))
    assert "only have numbers" in " ".join(
        call_tool(ports, "tariff_periods", Asked(period="valley"), CLI).spoken("en")
    )
    small = call_tool(sample_ports(tmp_path / "pvpc", "pvpc"), "period_prices", {"period": "valley"}, CLI)
    assert {"p3_mean"} == {key for key in small.facts if key.endswith("_mean")}


def test_an_hour_that_a_day_has_not_once_is_not_compared(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path)
    for day in ("2025-10-26", "2026-03-29"):
        made = call_tool(ports, "compare_prices", {"day": day, "at": "02:30", "than_at": "05:00"}, CLI)
        assert made.missing
        assert "difference" not in made.facts


def test_a_plan_says_where_it_ends(tmp_path: Path) -> None:
    """The plan of the morning says nothing of the night before, and of a week how far it reaches."""
    ports = make_ports(tmp_path)
    before = call_tool(ports, "plan_runs", {"day": "2026-03-28", "since": "00:00", "until": "08:00"}, CLI)
    assert before.missing
    assert "count" not in before.facts
    week = call_tool(ports, "plan_runs", {"day": "2026-03-30", "last": "2026-05-10"}, CLI)
    assert not week.missing
    assert "plan_end" in week.facts
    assert call_tool(ports, "orders", {"day": "2026-08-30"}, CLI).missing


def test_hours_that_are_gone_have_no_window(tmp_path: Path) -> None:
    """At 21:00 nothing before noon is to come; of 18:00 to 06:00 only what is left counts."""
    ports = sample_ports(tmp_path)
    given = {"day": "2026-03-10", "hours": 1, "since": "00:00", "until": "12:00"}
    assert call_tool(ports, "windows", given, CLI).missing
    made = call_tool(ports, "windows", {**given, "since": "18:00", "until": "06:00"}, CLI)
    assert NOW <= made.facts["best_start"].value <= NOW + timedelta(hours=8)
