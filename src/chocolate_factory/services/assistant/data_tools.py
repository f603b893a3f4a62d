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
    """Newest observed values, and what is forecast for a day (today by default); or of one quantity only."""
    values, day = read_current(ports)["values"], asked.day or today_of(ports)
    for name, (es, en) in QUANTITIES.items():
        if name in values and day == today_of(ports) and asked.quantity in {"", name}:
            row = values[name]
            value = told.fact(name, row["value"], row["unit"], (es, en))
            at = told.fact(f"{name}_at", row["start"], "", (f"{es}: hora", f"{en}: hour"))
            told.say(
                es.capitalize() + ": {value}, medido el {at}.", en.capitalize() + ": {value}, measured {at}.",
                value=value, at=at,
            )  # fmt: skip
    observed = bool(told.facts)
    if tell_ahead(ports, asked.quantity, told, day) or (observed and not asked.quantity):
        return
    es, en = QUANTITIES.get(asked.quantity, ("", ""))
    said = (f"No hay previsión de {es} guardada", f"No forecast of {en} is stored")
    if not observed and day == today_of(ports):
        said = (f"No hay medida ni previsión de {es}", f"No measured or forecast {en} is stored")
    if not asked.quantity:
        said = ("No hay datos del tiempo", "There is no weather")
    add = told.say if observed else told.lack
    add(said[0] + " para el {day}.", said[1] + " for {day}.", day=told.facts["day"])


def tell_ahead(ports: Ports, only: str, told: Told, day: date) -> bool:
    """What is forecast for the hours of a day that are still to come; whether there is any."""
    told.fact("day", day, "", ("día", "day"))
    body, zone = read_weather_forecast(ports), ports.factory.site.timezone
    ahead: dict[str, list[float]] = defaultdict(list)
    for hour in body["hours"]:
        if local_date(hour["start"], zone) == day:
            for name, row in hour["values"].items():
                ahead[name].append(row["value"])
    shown = [name for name in QUANTITIES if ahead[name] and only in {"", name}]
    for name in shown:
        tell_forecast(told, name, ahead[name], body["units"][name])
    return bool(shown)


def tell_forecast(told: Told, name: str, values: list[float], unit: str) -> None:
    """What is forecast of a quantity: from where to where it goes, or the sum of the rain."""
    (es, en), day = QUANTITIES[name], told.facts["day"]
    if name == "rain":
        rain = told.fact("forecast_rain", sum(values), unit, ("lluvia prevista", "rain forecast"))
        told.say(
            "Lluvia prevista para lo que queda del {day}: {rain}.",
            "Rain forecast for what is left of {day}: {rain}.",
            day=day, rain=rain,
        )  # fmt: skip
        return
    key = "forecast" if name == "temperature" else f"forecast_{name}"
    heads = ("", "") if name == "temperature" else (f", {es}", f", {en}")
    low = told.fact(f"{key}_low", min(values), unit, (f"{es}: mínimo previsto", f"{en}: forecast low"))
    high = told.fact(f"{key}_high", max(values), unit, (f"{es}: máximo previsto", f"{en}: forecast high"))
    told.say(
        f"Previsto para lo que queda del {{day}}{heads[0]}: entre {{low}} y {{high}}.",
        f"Forecast for what is left of {{day}}{heads[1]}: between {{low}} and {{high}}.",
        day=day, low=low, high=high,
    )  # fmt: skip


def climate(ports: Ports, asked: Asked, told: Told) -> None:
    """What a month is like at the site by decades of daily weather: median and the middle 90 %."""
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
    """Median of a quantity in a month, and from where to where nine days of ten lie."""
    (es, en), month = named
    facts = {
        part: told.fact(f"{quantity}_{part}", row[key], row["unit"], (f"{es}: {said[0]}", f"{en}: {said[1]}"))
        for part, key, said in (
            ("median", "p50", ("mediana", "median")),
            ("low", "p5", ("lado bajo", "low end")),
            ("high", "p95", ("lado alto", "high end")),
        )
    }
    told.say(
        f"En {{month}}, {es}: {{median}} de mediana, casi siempre de {{low}} a {{high}}.",
        f"In {{month}}, {en}: {{median}} median, mostly from {{low}} to {{high}}.",
        month=month,
        **facts,
    )
