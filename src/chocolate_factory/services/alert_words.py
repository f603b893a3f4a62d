"""Alerts in one sentence, in English and Spanish; names of series, sources and processes stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from chocolate_factory.domain.alerts import AlertKind
from chocolate_factory.services.export_words import LANGUAGES, Words, amount, local_clock, local_day
from chocolate_factory.services.give_advice import moment_of

NOT_KNOWN = "–"
DIGITS = {
    "_eur_kwh": 4,
    "_eur_mwh": 2,
    "_eur": 2,
    "_kw": 1,
    "_c": 1,
    "_percent": 0,
    "hours": 2,
    "_slots": 0,
    "_minutes": 0,
}
"""Decimals by the end of a fact's name; of hours only those that there are."""

ALERT_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "price_spike": "{day}: up to {max_eur_kwh} EUR/kWh at {max_at}, {hours} h above {bound_eur_kwh} "
        "EUR/kWh, the bound by the last 30 days ({published_share} of it published).",
        "negative_price": "{day}: market price below zero for {hours} h, down to {min_eur_mwh} EUR/MWh at"
        " {min_at} ({published_share} of it published).",
        "cheap_window": "{day}, {opens_at} to {ends_at}: {hours} h at {mean_eur_kwh} EUR/kWh, "
        "{below_mean_percent} % below the day's mean ({published_share} of it published).",
        "heat": "{day}: {max_c} °C forecast at {max_at}, {hours} h above the limit of {limit_c} °C "
        "({processes}).",
        "excess_power": "{day}: {max_kw} kW planned at {max_at}, {over_kw} kW above the {contracted_kw} "
        "kW contracted in {period}.",
        "late_data": "{subject} {state}: known until {known_until}, {missing_slots} slots missing.",
        "late_data.old": "{subject} {state}: the newest issue is {age_minutes} minutes old.",
        "late_data.nothing": "{subject} {state}: nothing is known of it.",
        "source_failing": "{subject} has been failing for {hours} h: {reason}",
        "plan_changed": "New plan: {moved} runs moved, {added} added, {dropped} dropped; {cheaper_eur} "
        "EUR cheaper than the plan before.",
        "plan_changed.forced": "New plan: {moved} runs moved, {added} added, {dropped} dropped; the plan "
        "before no longer fitted.",
        "plan_missing": "No plan is in force since {since}.",
        "plan_missing.never": "No plan has been made yet.",
        "plan_infeasible": "No plan keeps all rules: {conflicts} conflicts ({rules}).",
        "plan_infeasible.time": "No plan was found in time; none was proven impossible.",
        "plan_late": "{batches} batches late or not made though due, the first due {first_due_at} "
        "({products}).",
        "model_worse": "Forecasts of {subject} by {model} got worse: mean error {recent_mae_eur_mwh} "
        "EUR/MWh over 14 days, {former_mae_eur_mwh} before; last 28 days {month_mae_eur_mwh}, copying a "
        "like day {month_kind_mae_eur_mwh}.",
        "sample": LANGUAGES["en"]["sample"],
        "late": "is late",
        "failing": "is late and its source fails",
        "missing": "has never come",
    },
    "es": {
        "price_spike": "{day}: hasta {max_eur_kwh} EUR/kWh a las {max_at}, {hours} h por encima de "
        "{bound_eur_kwh} EUR/kWh, el límite según los últimos 30 días ({published_share} publicado).",
        "negative_price": "{day}: precio de mercado bajo cero durante {hours} h, hasta {min_eur_mwh} "
        "EUR/MWh a las {min_at} ({published_share} publicado).",
        "cheap_window": "{day}, de {opens_at} a {ends_at}: {hours} h a {mean_eur_kwh} EUR/kWh, un "
        "{below_mean_percent} % menos que la media del día ({published_share} publicado).",
        "heat": "{day}: {max_c} °C previstos a las {max_at}, {hours} h por encima del límite de {limit_c}"
        " °C ({processes}).",
        "excess_power": "{day}: {max_kw} kW planificados a las {max_at}, {over_kw} kW por encima de los "
        "{contracted_kw} kW contratados en {period}.",
        "late_data": "{subject} {state}: se conoce hasta {known_until}, faltan {missing_slots} valores.",
        "late_data.old": "{subject} {state}: la última emisión tiene {age_minutes} minutos.",
        "late_data.nothing": "{subject} {state}: no se conoce ningún valor.",
        "source_failing": "{subject} falla desde hace {hours} h: {reason}",
        "plan_changed": "Plan nuevo: {moved} operaciones movidas, {added} añadidas, {dropped} quitadas; "
        "{cheaper_eur} EUR más barato que el anterior.",
        "plan_changed.forced": "Plan nuevo: {moved} operaciones movidas, {added} añadidas, {dropped} "
        "quitadas; el anterior ya no cabía.",
        "plan_missing": "No hay ningún plan en vigor desde {since}.",
        "plan_missing.never": "Todavía no se ha hecho ningún plan.",
        "plan_infeasible": "Ningún plan cumple todas las reglas: {conflicts} conflictos ({rules}).",
        "plan_infeasible.time": "No se encontró ningún plan a tiempo; no se demostró que sea imposible.",
        "plan_late": "{batches} lotes con retraso o sin hacer, el primero para el {first_due_at} "
        "({products}).",
        "model_worse": "Las previsiones de {subject} con {model} han empeorado: error medio de "
        "{recent_mae_eur_mwh} EUR/MWh en 14 días, antes {former_mae_eur_mwh}; últimos 28 días "
        "{month_mae_eur_mwh}, copiando un día parecido {month_kind_mae_eur_mwh}.",
        "sample": LANGUAGES["es"]["sample"],
        "late": "llega con retraso",
        "failing": "llega con retraso y su fuente falla",
        "missing": "no ha llegado nunca",
    },
}


def alert_text(row: Mapping[str, Any], language: str, zone: str) -> str:
    """One sentence on an alert as JSON, with numbers and times as people of the site read them."""
    told, words = ALERT_WORDS[language], LANGUAGES[language]
    facts: Mapping[str, Any] = row["facts"]
    day = day_text(str(row["subject"]), words, zone)
    values = {name: shown(name, value, words, zone) for name, value in facts.items()}
    if day is not None:
        clocks = {name: value for name, value in facts.items() if name.endswith("_at")}
        values |= {name: local_clock(moment_of(value), zone) for name, value in clocks.items()}
    values |= {"subject": str(row["subject"]), "day": day or ""}
    values["since"] = shown("since_at", row["since"], words, zone)
    if row["kind"] == AlertKind.LATE_DATA:
        values["state"] = told[str(facts["state"])]
    return told[variant(row)].format_map(values)


def variant(row: Mapping[str, Any]) -> str:
    """Which sentence of its kind fits."""
    kind, facts = str(row["kind"]), row["facts"]
    late = "nothing" if not facts.get("known_until") else "" if facts["missing_slots"] else "old"
    others = {
        AlertKind.LATE_DATA: (bool(late), late),
        AlertKind.PLAN_CHANGED: (facts.get("cheaper_eur") is None, "forced"),
        AlertKind.PLAN_MISSING: (row["since"] is None, "never"),
        AlertKind.PLAN_INFEASIBLE: (not facts.get("proven", True), "time"),
    }
    chosen, name = others.get(AlertKind(kind), (False, ""))
    return f"{kind}.{name}" if chosen else kind


def shown(name: str, value: Any, words: Words, zone: str) -> str:
    """A fact as text: moments as local day and time, shares as percent, numbers with their usual decimals."""
    if value is None:
        return NOT_KNOWN
    if name.endswith(("_at", "_until")):
        at = moment_of(str(value))
        return f"{local_day(at, zone, words)} {local_clock(at, zone)}"
    if name.endswith("_share"):
        return f"{100 * float(value):.0f} %"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value) or NOT_KNOWN
    if isinstance(value, bool | str) or not isinstance(value, int | float):
        return str(value)
    digits = next((digits for end, digits in DIGITS.items() if name.endswith(end)), 0)
    if name == "hours":
        return amount(float(value), words, digits).rstrip("0").rstrip(",.")
    return amount(float(value), words, digits)


def day_text(subject: str, words: Words, zone: str) -> str | None:
    """The day an alert is about, None where its subject is no day."""
    try:
        day = date.fromisoformat(subject)
    except ValueError:
        return None
    return local_day(datetime.combine(day, time(12), ZoneInfo(zone)), zone, words)
