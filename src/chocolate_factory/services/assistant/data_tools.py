"""Tools on data and machinery of the system: health, holes, model scores, alerts, jobs, weather, climate."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from chocolate_factory.domain.facts import MONTHS, NAME, SENTENCE, Fact
from chocolate_factory.domain.jobs import Outcome, state_of
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import local_date
from chocolate_factory.domain.told import Told
from chocolate_factory.services.alert_words import alert_text
from chocolate_factory.services.analyse_climate import analyse_climate
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.price_tools import today_of
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.services.find_holes import find_holes
from chocolate_factory.services.keep_jobs import KIND as JOB
from chocolate_factory.services.live_record import LiveQuery, live_record
from chocolate_factory.services.pose_problem import series_shown
from chocolate_factory.services.read_alerts import AlertsQuery, read_alerts
from chocolate_factory.services.read_health import read_health
from chocolate_factory.services.read_weather import read_current, read_weather_forecast

Row = dict[str, Any]
SHOWN = 8
HOLE_DAYS = 30
STATES = {
    "ok": ("al día", "fresh"),
    "late": ("con retraso", "late"),
    "failing": ("fallando", "failing"),
    "missing": ("sin datos", "missing"),
    "off": ("sin usar", "off"),
}
OUTCOMES = {
    Outcome.RUNNING: ("en marcha", "running"),
    **{one: ("bien", "ok") for one in Outcome if str(one) == "ok"},
}
QUANTITIES = {
    "temperature": ("temperatura", "temperature"),
    "humidity": ("humedad", "humidity"),
    "pressure": ("presión", "pressure"),
    "wind_speed": ("viento", "wind"),
    "rain": ("lluvia", "rain"),
}
CLIMATE = {
    "temperature_mean": ("temperatura media", "mean temperature"),
    "temperature_max": ("temperatura máxima", "highest temperature"),
    "temperature_min": ("temperatura mínima", "lowest temperature"),
    "humidity_mean": ("humedad media", "mean humidity"),
}


def data_health(ports: Ports, asked: Asked, told: Told) -> None:
    """How many series are in each state, and those that are late, failing or missing with their age."""
    body = read_health(ports)
    facts = {
        state: told.fact(f"state_{state}", body["states"][state], "", (f"series {es}", f"series {en}"))
        for state, (es, en) in STATES.items()
    }
    told.say(
        "Series de datos: {ok} al día, {late} con retraso, {failing} fallando, {missing} sin datos.",
        "Data series: {ok} fresh, {late} late, {failing} failing, {missing} missing.",
        **facts,
    )
    bad = [row for row in body["series"] if row["state"] in {"late", "failing", "missing"}]
    for number, row in enumerate(bad[:SHOWN], 1):
        series = told.fact(f"series{number}", row["series"], NAME, ("serie", "series"))
        state = told.fact(
            f"series{number}_state", row["state"], NAME, ("estado", "state"), STATES[row["state"]]
        )
        told.say("{series}: {state}.", "{series}: {state}.", series=series, state=state)
    for number, row in enumerate([row for row in body["series"] if row["series"] in {"spot", "pvpc"}], 1):
        if row["updated_at"] is not None:
            series = told.fact(f"price{number}", row["series"], NAME, ("serie", "series"))
            at = told.fact(f"price{number}_updated", row["updated_at"], "", ("último dato", "last value"))
            told.say(
                "{series}: últimos datos del {at}.", "{series}: last data of {at}.", series=series, at=at
            )


def holes(ports: Ports, asked: Asked, told: Told) -> None:
    """Due slots that are missing in the last days: how many, of which series, from when to when."""
    days = asked.days or HOLE_DAYS
    rows = find_holes(ports, days)
    span = told.fact("days", days, "", ("días mirados", "days looked at"))
    count = told.fact("count", len(rows), "", ("huecos", "holes"))
    slots = told.fact(
        "slots", sum(row["missing"] for row in rows), "", ("valores que faltan", "values missing")
    )
    if not rows:
        told.say("No hay huecos en los últimos {days} días.", "No holes in the last {days} days.", days=span)
        return
    told.say(
        "Hay {count} huecos en los últimos {days} días ({slots} valores).",
        "There are {count} holes in the last {days} days ({slots} values).",
        count=count, days=span, slots=slots,
    )  # fmt: skip
    for number, row in enumerate(rows[:SHOWN], 1):
        told.say(
            "{series}: faltan {missing} valores, del {start} al {end}.",
            "{series}: {missing} values missing, from {start} to {end}.",
            series=told.fact(f"hole{number}_series", row["series"], NAME, ("serie", "series")),
            missing=told.fact(f"hole{number}_missing", row["missing"], "", ("valores", "values")),
            start=told.fact(f"hole{number}_start", row["start"], "", ("inicio", "start")),
            end=told.fact(f"hole{number}_end", row["end"], "", ("fin", "end")),
        )


def model_scores(ports: Ports, asked: Asked, told: Told) -> None:
    """The model that serves, and errors and band coverage of its forecasts on the prices that came true."""
    series = asked.series or series_shown(ports.factory)
    name = told.fact("series", series, NAME, ("serie", "series"))
    model = told.fact("model", serving_model(ports, series), NAME, ("modelo", "model"))
    told.say(
        "{series} lo prevé el modelo {model}.",
        "{series} is forecast by the model {model}.",
        series=name,
        model=model,
    )
    records = live_record(ports, LiveQuery(series, asked.days or 90))["records"]
    scored = [record for record in records if record["overall"]["mae"] is not None]
    if not scored:
        told.lack(
            "Aún no hay previsiones suyas comparadas con precios reales.",
            "None of its forecasts has been compared with real prices yet.",
        )
    for number, record in enumerate(scored[:SHOWN], 1):
        tell_score(told, f"score{number}", record)


def tell_score(told: Told, key: str, record: Row) -> None:
    """Error and coverage of one model."""
    overall = record["overall"]
    facts: dict[str, Fact | str] = {
        "model": told.fact(f"{key}_model", record["model"], NAME, ("modelo", "model")),
        "mae": told.fact(f"{key}_mae", overall["mae"], "EUR/MWh", ("error medio", "mean error")),
        "hours": told.fact(f"{key}_hours", overall["hours"], "h", ("horas comparadas", "hours compared")),
    }
    es, en = "{model}: error medio {mae} en {hours}", "{model}: mean error {mae} over {hours}"
    if overall["coverage_80"] is not None:
        facts["band"] = told.fact(
            f"{key}_band", 100 * overall["coverage_80"], "%", ("aciertos de la banda", "band coverage")
        )
        es, en = es + "; {band} dentro de la banda", en + "; {band} inside the band"
    told.say(es + ".", en + ".", **facts)


def alerts(ports: Ports, asked: Asked, told: Told) -> None:
    """What somebody should look at now, most pressing first."""
    rows, zone = read_alerts(ports, AlertsQuery(0))["alerts"], ports.factory.site.timezone
    count = told.fact("count", len(rows), "", ("alertas", "alerts"))
    if not rows:
        told.say("No hay ninguna alerta.", "There is no alert.")
        return
    told.say("Alertas activas: {count}.", "Active alerts: {count}.", count=count)
    for number, row in enumerate(rows[:SHOWN], 1):
        said = (alert_text(row, "es", zone), alert_text(row, "en", zone))
        text = told.fact(f"alert{number}", said[1], SENTENCE, ("alerta", "alert"), said)
        told.say("{text}", "{text}", text=text)


def jobs(ports: Ports, asked: Asked, told: Told) -> None:
    """Last run of each job: how it ended, and when it is due again."""
    states = {
        record.id: state_of(record.body)
        for record in ports.store.find(JOB)
        if record.at <= ports.clock()
    }  # fmt: skip
    if not states:
        told.lack("Aún no se ha anotado ningún trabajo.", "No job has been recorded yet.")
        return
    failed = {name for name, state in states.items() if state.failures}
    told.say(
        "{count} trabajos anotados, {failed} con su última ejecución fallida.",
        "{count} jobs recorded, {failed} of which failed last time.",
        count=told.fact("count", len(states), "", ("trabajos", "jobs")),
        failed=told.fact("failed", len(failed), "", ("trabajos fallidos", "failed jobs")),
    )
    ordered = sorted(states.items(), key=lambda pair: (pair[0] not in failed, pair[0]))
    for number, (name, state) in enumerate(ordered[:15], 1):
        words = ("falló", "failed") if state.failures else OUTCOMES.get(state.outcome, ("bien", "ok"))
        told.say(
            "{job}: {outcome}, empezó el {start}.", "{job}: {outcome}, started {start}.",
            job=told.fact(f"job{number}", name, NAME, ("trabajo", "job")),
            outcome=told.fact(f"job{number}_outcome", str(state.outcome), NAME, ("resultado", "outcome"),
                              words),
            start=told.fact(f"job{number}_started", state.started, "", ("empezó", "started")),
        )  # fmt: skip


def weather(ports: Ports, asked: Asked, told: Told) -> None:
    """Newest observed values, and the temperature that is forecast for a day (today by default)."""
    values = read_current(ports)["values"]
    for name, (es, en) in QUANTITIES.items():
        if name in values and (asked.day or today_of(ports)) == today_of(ports):
            row = values[name]
            value = told.fact(name, row["value"], row["unit"], (es, en))
            at = told.fact(f"{name}_at", row["start"], "", (f"{es}: hora", f"{en}: hour"))
            told.say(
                es.capitalize() + ": {value}, medido el {at}.", en.capitalize() + ": {value}, measured {at}.",
                value=value, at=at,
            )  # fmt: skip
    tell_ahead(ports, asked.day or today_of(ports), told)


def tell_ahead(ports: Ports, day: date, told: Told) -> None:
    """What is forecast for the hours of a day that are still to come."""
    told.fact("day", day, "", ("día", "day"))
    hours = read_weather_forecast(ports)["hours"]
    zone = ports.factory.site.timezone
    ahead = [
        hour["values"]["temperature"]["value"]
        for hour in hours
        if local_date(hour["start"], zone) == day and "temperature" in hour["values"]
    ]
    if ahead:
        told.say(
            "Previsto para lo que queda del {day}: entre {low} y {high}.",
            "Forecast for what is left of {day}: between {low} and {high}.",
            day=told.facts["day"],
            low=told.fact("forecast_low", min(ahead), "°C", ("mínima prevista", "forecast low")),
            high=told.fact("forecast_high", max(ahead), "°C", ("máxima prevista", "forecast high")),
        )
    rain = [
        hour["values"]["rain"]["value"]
        for hour in hours
        if local_date(hour["start"], zone) == day and "rain" in hour["values"]
    ]
    if rain:
        told.say(
            "Lluvia prevista: {rain}.", "Rain forecast: {rain}.",
            rain=told.fact("forecast_rain", sum(rain), "mm", ("lluvia prevista", "rain forecast")),
        )  # fmt: skip
    if not ahead and (len(told.facts) == 1 or day != today_of(ports)):
        told.lack(
            "No hay datos del tiempo para el {day}.", "There is no weather for {day}.", day=told.facts["day"]
        )


def climate(ports: Ports, asked: Asked, told: Told) -> None:
    """What a month is like at the site by decades of daily weather: median and the middle 80 %."""
    body = analyse_climate(ports)
    month = asked.month or asked.day or today_of(ports)
    first, last = body["record"]["first"], body["record"]["last"]
    told.say(
        "Clima de la estación SIAR, del {first} al {last}.",
        "Climate of the SIAR station, from {first} to {last}.",
        first=told.fact("first", as_day(first), "", ("primer día", "first day")),
        last=told.fact("last", as_day(last), "", ("último día", "last day")),
    )
    names = (MONTHS["es"][month.month - 1], MONTHS["en"][month.month - 1])
    named = told.fact("month", month.month, "", ("mes", "month"), names)
    groups: dict[str, Row] = defaultdict(dict)
    for row in body["months"]:
        if row["month"] == month.month:
            groups[row["quantity"]] = row
    for quantity, said in CLIMATE.items():
        row = groups.get(quantity, {})
        if "p50" in row:
            tell_month(told, quantity, row, (said, named))


def as_day(value: date | str) -> date:
    """A day, also of its ISO text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def tell_month(told: Told, quantity: str, row: Row, named: tuple[tuple[str, str], Fact]) -> None:
    """Median and spread of a quantity in a month."""
    (es, en), month = named
    spread = [name for name in ("p10", "p90") if name in row]
    facts = {
        "median": told.fact(
            f"{quantity}_median", row["p50"], row["unit"], (f"{es}: mediana", f"{en}: median")
        )
    }
    for name in spread:
        facts[name] = told.fact(
            f"{quantity}_{name}", row[name], row["unit"], (f"{es}: {name}", f"{en}: {name}")
        )
    text = (f"En {{month}}, {es}: {{median}} de mediana", f"In {{month}}, {en}: {{median}} median")
    if len(spread) == 2:
        text = (text[0] + ", de {p10} a {p90}", text[1] + ", from {p10} to {p90}")
    told.say(text[0] + ".", text[1] + ".", month=month, **facts)
