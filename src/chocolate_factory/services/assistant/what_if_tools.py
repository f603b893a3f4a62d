"""The tool that solves the plan in force again with something changed, on a copy, and stores nothing."""

from __future__ import annotations

import re
import threading
from typing import Any

from chocolate_factory.core.errors import Infeasible, UsageError
from chocolate_factory.domain.facts import NAME, SENTENCE, Fact
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.plan_tools import body_in_force
from chocolate_factory.services.what_if import ARM_SECONDS, Wish, what_if

Row = dict[str, Any]
SECONDS = ARM_SECONDS
"""Of solving for each side, as on the page; the whole takes less than twice that on the reference plant."""

WAIT_S = 8.0
SOLVING = threading.Lock()
"""One comparison at a time in a process: each takes a core."""

SHOWN = 5
AMOUNT = re.compile(r"([+-]?)(\d+(?:\.\d+)?)(%?)")
ASK = (
    "Puedo calcular otro precio de la luz (%), más o menos demanda, una máquina más o menos, otra potencia "
    "contratada, otra tarifa de acceso, turnos con sus horas, una batería o placas solares.",
    "I can work out another price of electricity (%), more or less demand, a machine more or less, other "
    "contracted power, another access tariff, shifts with their hours, a battery or solar panels.",
)
WORDS = {
    "price": ("precio de la energía", "price of energy"),
    "tariff": ("tarifa de acceso", "access tariff"),
    "power": ("potencia contratada", "contracted power"),
    "excess": ("precio del exceso de potencia", "price of excess power"),
    "shift": ("turno", "shift"),
    "machine": ("máquina", "machine"),
    "demand": ("demanda", "demand"),
    "battery": ("batería", "battery"),
    "pv": ("placas solares", "solar panels"),
}
PARTS = {"capacity_kwh": ("capacidad", "capacity"), "kwp": ("potencia", "power")}
UNITS = {"power": "kW", "demand": "kg", "capacity_kwh": "kWh", "kwp": "kW"}


def what_if_tool(ports: Ports, asked: Asked, told: Told) -> None:
    """Cost, late batches and proven bounds of the plan in force, solved again, beside a changed plant's."""
    if not asked.changes:
        told.lack(f"No he entendido qué cambia. {ASK[0]}", f"I did not understand what changes. {ASK[1]}")
        return
    if not SOLVING.acquire(timeout=WAIT_S):
        told.lack(
            "Hay otra comparación en marcha; pregunta de nuevo en un momento.",
            "Another comparison is under way; ask again in a moment.",
        )
        return
    try:
        body = what_if(ports, Wish(asked.changes, seconds=SECONDS))
    except UsageError:
        told.lack(
            f"La planta no admite ese cambio, o no se puede pedir así. {ASK[0]}",
            f"The plant does not allow that change, or it cannot be asked like that. {ASK[1]}",
        )
        return
    except Infeasible:
        told.lack(
            "No se ha encontrado ningún plan con ese cambio en el tiempo que hay para buscarlo.",
            "No plan with that change was found in the time there is for the search.",
        )
        return
    finally:
        SOLVING.release()
    tell_changes(told, asked.changes)
    tell_costs(told, body)
    tell_batches(told, body)
    tell_certainty(told, body)
    known = body_in_force(ports)["answer"].get("assumptions", [])
    new = [note for note in body["assumptions"] if note not in known]
    for place, note in enumerate(new[:SHOWN], 1):
        told.fact(f"assumption{place}", note, SENTENCE, ("supuesto", "assumption"))


def tell_changes(told: Told, changes: tuple[str, ...]) -> None:
    """What is changed: each change in words, and its amount as a number."""
    facts = []
    for place, change in enumerate(changes, 1):
        key, _, value = change.partition("=")
        name, _, part = key.replace(".", ":", 1).partition(":")
        hit = AMOUNT.fullmatch(value)
        unit = ("%" if hit[3] else UNITS.get(part, UNITS.get(name, ""))) if hit else ""
        shown = f"{value.removesuffix('%')} {unit}".rstrip()
        marked = (shown.replace(".", ",") if hit else shown, shown)
        tails = PARTS.get(part, (part, part))
        said = [" ".join(filter(None, (WORDS[name][n], tails[n], marked[n]))) for n in (0, 1)]
        facts.append(told.fact(f"change{place}", change, NAME, ("cambio", "change"), (said[0], said[1])))
        if name in {"machine", "demand"} and part:
            told.fact(f"change{place}_name", part, NAME, ("de qué", "of what"))
        if hit:
            amount = float(f"{hit[1]}{hit[2]}")
            told.fact(f"change{place}_amount", amount, unit, ("cambio en cifras", "change as a number"))
    named = {f"c{place}": fact for place, fact in enumerate(facts)}
    braces = "; ".join(f"{{{name}}}" for name in named)
    told.say(f"Con este cambio: {braces}.", f"With this change: {braces}.", **named)


def tell_costs(told: Told, body: Row) -> None:
    """What the stored plan says, cost of both sides and the difference, fixed terms where they change."""
    here, there, gap = body["present"], body["what_if"], body["difference"]
    told.fact("energy_difference", gap["energy_kwh"], "kWh", ("diferencia de energía", "energy difference"))
    told.say(
        "El plan vigente dice {stored}. Resuelto de nuevo con los mismos límites cuesta {present}, y con el "
        "cambio {changed}: una diferencia de {difference}.",
        "The plan in force says {stored}. Solved again within the same limits it costs {present}, with the "
        "change {changed}: a difference of {difference}.",
        stored=told.fact(
            "plan_cost", body["plan_cost_eur"], "EUR", ("coste del plan vigente", "cost of the plan in force")
        ),
        present=told.fact(
            "present_cost", here["cost_eur"], "EUR", ("coste resuelto de nuevo", "cost solved again")
        ),
        changed=told.fact(
            "changed_cost", there["cost_eur"], "EUR", ("coste con el cambio", "cost with the change")
        ),
        difference=told.fact("difference", gap["cost_eur"], "EUR", ("diferencia", "difference")),
    )
    if abs(gap["fixed_eur"]) >= 0.005:
        told.say(
            "Los términos fijos de esos días cambian en {fixed}; en total, {total}.",
            "Fixed terms of those days change by {fixed}; in all, {total}.",
            fixed=told.fact("fixed_difference", gap["fixed_eur"], "EUR", ("términos fijos", "fixed terms")),
            total=told.fact("total_difference", gap["total_eur"], "EUR", ("diferencia total", "in all")),
        )


def tell_batches(told: Told, body: Row) -> None:
    """Batches made, late and left out on both sides, and how many runs move."""
    sides = (("present", body["present"]), ("changed", body["what_if"]))
    facts: dict[str, Fact] = {}
    for key, row in sides:
        es, en = ("sin el cambio", "unchanged") if key == "present" else ("con el cambio", "changed")
        late, left = (sum(lot["batches"] for lot in row[name]) for name in ("late", "left_for_later"))
        facts[f"{key}_batches"] = told.fact(
            f"{key}_batches", row["batches"], "", (f"lotes {es}", f"batches {en}")
        )
        facts[f"{key}_late"] = told.fact(f"{key}_late", late, "", (f"retrasos {es}", f"late {en}"))
        facts[f"{key}_left"] = told.fact(f"{key}_left", left, "", (f"sin hacer {es}", f"left out {en}"))
    facts["moved"] = told.fact("moved", body["runs"]["moved"], "", ("pasos que se mueven", "runs that move"))
    told.say(
        "Lotes: {changed_batches} en vez de {present_batches}; tarde: {changed_late} en vez de "
        "{present_late}; pasos que cambian de hora: {moved}.",
        "Batches: {changed_batches} instead of {present_batches}; late: {changed_late} instead of "
        "{present_late}; runs that move: {moved}.",
        **facts,
    )
    if not body["same_batches"]:
        told.say(
            "No se hacen los mismos lotes, así que los costes no se comparan entre iguales.",
            "The batches are not the same, so the costs do not compare like with like.",
        )


def tell_certainty(told: Told, body: Row) -> None:
    """Between which amounts the true difference is proven to lie."""
    gap = body["difference"]
    told.say(
        "Está demostrado que la diferencia verdadera va de {least} a {most}.",
        "The true difference is proven to lie from {least} to {most}.",
        least=told.fact("least", gap["least_eur"], "EUR", ("diferencia, al menos", "difference, at least")),
        most=told.fact("most", gap["most_eur"], "EUR", ("diferencia, a lo sumo", "difference, at most")),
    )
    if gap["within_gap"]:
        told.say(
            "Puede no haber diferencia: cae dentro de lo no demostrado.",
            "There may be no difference: it is within what is not proven.",
        )
