"""Tools on the plant and its money: what it is, what was saved, what a month's bill is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.facts import MONTHS, NAME, Fact
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window, local_midnight
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.price_tools import today_of
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.make_bill import BillRequest, make_bill
from chocolate_factory.services.read_ledger import read_ledger

Row = dict[str, Any]
WEEK_STATUS = {
    "closed": ("cerrada", "settled"),
    "provisional": ("provisional", "provisional"),
    "incomplete": ("incompleta", "incomplete"),
}
SAVING_DAYS = 60
KINDS = {"indexed": ("indexado", "indexed"), "pvpc": ("PVPC", "PVPC"), "fixed": ("precio fijo", "fixed")}


def time_now(ports: Ports, asked: Asked, told: Told) -> None:
    """The day and the time at the site."""
    now = told.fact("now", ports.clock(), "", ("ahora", "now"))
    told.say("En la planta es el {now}.", "At the plant it is {now}.", now=now)


def factory_facts(ports: Ports, asked: Asked, told: Told) -> None:
    """The plant: site, contract, machines with count and power, products with their batches and steps."""
    factory = ports.factory
    kind = str(factory.contract.kind)
    told.say(
        "Planta {site}: contrato {kind} {tariff}.", "Plant {site}: contract {kind} {tariff}.",
        site=told.fact("site", factory.site.name, NAME, ("planta", "plant")),
        kind=told.fact("contract", kind, NAME, ("contrato", "contract"), KINDS[kind]),
        tariff=told.fact("tariff", factory.contract.access_tariff, NAME, ("tarifa", "tariff")),
    )  # fmt: skip
    power = {}
    for n, kw in enumerate(factory.contract.contracted_power_kw, 1):
        power[f"p{n}"] = told.fact(f"period{n}", f"P{n}", NAME, ("periodo", "period"))
        said = (f"potencia contratada P{n}", f"contracted power P{n}")
        power[f"kw{n}"] = told.fact(f"contracted_p{n}", kw, "kW", said)
    pairs = ", ".join(f"{{p{n}}} {{kw{n}}}" for n in range(1, len(power) // 2 + 1))
    told.say(f"Potencia contratada: {pairs}.", f"Contracted power: {pairs}.", **power)
    if not (asked.machine or asked.product):
        tell_extras(factory, told)
    for number, machine in enumerate(factory.machines, 1):
        if asked.machine.casefold() not in {"", machine.name.casefold()}:
            continue
        told.say(
            "Máquina {name}, de {power}; unidades: {count}.", "Machine {name}, {power} each; units: {count}.",
            name=told.fact(f"machine{number}", machine.name, NAME, ("máquina", "machine")),
            count=told.fact(f"machine{number}_count", machine.count, "", ("unidades", "units")),
            power=told.fact(f"machine{number}_power", machine.power_kw, "kW", ("potencia", "power")),
        )  # fmt: skip
    tell_products(factory, asked, told)


def tell_extras(factory: Factory, told: Told) -> None:
    """The retailer's margin, and battery and photovoltaic array, or that there are none."""
    margin = told.fact(
        "margin",
        factory.contract.retail_margin_eur_mwh,
        "EUR/MWh",
        ("margen del comercializador", "retail margin"),
    )
    told.say("Margen del comercializador: {margin}.", "Retail margin: {margin}.", margin=margin)
    if factory.battery is None:
        told.say("No tiene batería.", "It has no battery.")
    else:
        size = told.fact("battery", factory.battery.capacity_kwh, "kWh", ("batería", "battery"))
        told.say("Batería: {size}.", "Battery: {size}.", size=size)
    if factory.pv is None:
        told.say(
            "No tiene placas solares, y no vende energía.", "It has no solar panels, and sells no energy."
        )
        return
    power = told.fact("pv_peak", factory.pv.kwp, "kW", ("placas solares", "solar panels"))
    es, en = ("se paga", "is paid") if factory.pv.surplus_paid else ("no se paga", "is not paid")
    told.say(
        f"Placas solares: {{power}}; lo que sobra {es}.",
        f"Solar panels: {{power}}; surplus {en}.",
        power=power,
    )


def tell_products(factory: Factory, asked: Asked, told: Told) -> None:
    """The products, or the one asked for."""
    for number, product in enumerate(factory.products, 1):
        if asked.product.casefold() in {"", product.name.casefold()}:
            told.say(
                "Producto {name}: lotes de {kg}, {minutes} de proceso.",
                "Product {name}: batches of {kg}, {minutes} of processing.",
                name=told.fact(f"product{number}", product.name, NAME, ("producto", "product")),
                kg=told.fact(f"product{number}_kg", product.batch_kg, "kg", ("lote", "batch")),
                minutes=told.fact(
                    f"product{number}_minutes", sum(step.minutes for step in product.steps), "min",
                    ("duración de los pasos", "length of the steps"),
                ),
            )  # fmt: skip


def savings(ports: Ports, asked: Asked, told: Told) -> None:
    """What planning has saved by the ledger, settled and provisional apart, over a month or some days."""
    zone, today = ports.factory.site.timezone, today_of(ports)
    if asked.day:
        tell_weeks(ports, asked.day, asked.last, told)
        return
    if asked.month:
        first = asked.month
        last = min((first + timedelta(days=32)).replace(day=1), today + timedelta(days=1))
    else:
        first, last = today - timedelta(days=asked.days or SAVING_DAYS), today + timedelta(days=1)
    since = told.fact("since", first, "", ("desde", "since"))
    if last <= first:
        told.lack("Ese mes aún no ha empezado.", "That month has not begun.")
        return
    body = read_ledger(ports, Window(local_midnight(first, zone), local_midnight(last, zone)))
    known = False
    for status, one, more, en in (
        ("closed", "semana cerrada", "semanas cerradas", "settled week"),
        ("provisional", "semana provisional", "semanas provisionales", "provisional week"),
    ):
        total = body["total"][status]
        if total["saving_eur"] is not None:
            known = True
            single = total["weeks"] == 1
            tell_saving(told, status, total, (one if single else more, en if single else f"{en}s"))
    if not known:
        told.lack(
            "No hay ninguna semana liquidada desde el {since}: el ahorro aún no se conoce.",
            "No week since {since} is settled: the saving is not known yet.",
            since=since,
        )


def tell_weeks(ports: Ports, first: date, last: date | None, told: Told) -> None:
    """What the settled weeks that touch some days cost and saved, each from when to when it goes."""
    until = last or first
    if until < first or until - first > timedelta(days=SAVING_DAYS):
        raise UsageError("That is no span of days.", "Give up to 60 days.")
    zone = ports.factory.site.timezone
    window = Window(local_midnight(first, zone), local_midnight(until + timedelta(days=1), zone))
    if last in {None, first}:
        told.say(
            "Lo gastado y lo ahorrado se saben por semanas, no por días.",
            "What is spent and saved is known by weeks, not by days.",
        )
    weeks = [row for row in read_ledger(ports, window)["weeks"] if row["arms"]["executed"]]
    for number, row in enumerate(weeks, 1):
        tell_week(told, f"week{number}", row)
    if not weeks:
        told.lack("De ese tiempo no hay ninguna semana liquidada.", "Of that time no week is settled.")
    told.say(
        "La factura, con IVA y términos fijos, se sabe por meses.",
        "The bill, with VAT and fixed terms, is known by months.",
    )


def tell_week(told: Told, key: str, row: Row) -> None:
    """The sentence of a week of the ledger: what its settled days cost, what was saved if that is known."""
    es, en = WEEK_STATUS[row["status"]]
    facts: dict[str, Fact | str] = {
        "start": told.fact(f"{key}_start", moment_of(row["window"]["start"]), "", ("inicio", "start")),
        "end": told.fact(f"{key}_end", moment_of(row["window"]["end"]), "", ("fin", "end")),
        "cost": told.fact(f"{key}_cost", row["arms"]["executed"]["eur"], "EUR", ("coste", "cost")),
    }
    spanish, english = "no se conoce", "not known"
    if row["saving_eur"] is not None:
        facts["saving"] = told.fact(f"{key}_saving", row["saving_eur"], "EUR", ("ahorro", "saving"))
        spanish = english = "{saving}"
    told.say(
        f"Semana {es} del {{start}} al {{end}}: costó {{cost}} sin IVA ni términos fijos; ahorro: {spanish}.",
        f"The {en} week from {{start}} to {{end}} cost {{cost}} without VAT and fixed terms; "
        f"saving: {english}.",
        **facts,
    )


def tell_saving(told: Told, key: str, total: Row, said: tuple[str, str]) -> None:
    """Facts and the sentence of the weeks of one status."""
    facts: dict[str, Fact | str] = {
        "since": told.facts["since"],
        "weeks": told.fact(f"{key}_weeks", total["weeks"], "", said),
        "eur": told.fact(f"{key}_saving", total["saving_eur"], "EUR", ("ahorro", "saving")),
    }
    es = f"Ahorro en {{weeks}} {said[0]} desde el {{since}}: {{eur}}"
    en = f"Saving in {{weeks}} {said[1]} since {{since}}: {{eur}}"
    if total["saving_percent"] is not None:
        facts["share"] = told.fact(
            f"{key}_percent", total["saving_percent"], "%", ("ahorro en porcentaje", "saving in percent")
        )
        es, en = es + " ({share})", en + " ({share})"
    if total["captured_share"] is not None:
        facts["captured"] = told.fact(
            f"{key}_captured", 100 * total["captured_share"], "%", ("parte capturada", "captured share")
        )
        es, en = es + ", {captured} de lo posible", en + ", {captured} of what was possible"
    least = total["captured_at_least"]
    if least is not None and round(1000 * least) < round(1000 * total["captured_share"]):
        facts["least"] = told.fact(
            f"{key}_captured_least", 100 * least, "%", ("parte capturada probada", "captured share, proven")
        )
        es, en = es + " (al menos {least}, probado)", en + " (at least {least}, proven)"
    told.say(es + ".", en + ".", **facts)


def bill(ports: Ports, asked: Asked, told: Told) -> None:
    """The bill of a month (by default the one before) from planned load and published prices."""
    month = asked.month or (today_of(ports).replace(day=1) - timedelta(days=1)).replace(day=1)
    body = make_bill(ports, BillRequest(month))
    names = (
        f"{MONTHS['es'][month.month - 1]} de {month.year}",
        f"{MONTHS['en'][month.month - 1]} {month.year}",
    )
    facts = {
        "month": told.fact("month", month, "", ("mes", "month"), names),
        "first": told.fact("first", date.fromisoformat(body["from"]), "", ("desde", "from")),
        "last": told.fact("last", date.fromisoformat(body["to"]), "", ("hasta", "to")),
        "days": told.fact("days", body["days"], "", ("días facturados", "days billed")),
        "total": told.fact("total", body["total_eur"], "EUR", ("total con IVA", "total with VAT")),
        "energy": told.fact("energy", body["energy_kwh"], "kWh", ("energía", "energy")),
    }
    told.say(
        "Factura de {month}, {days} días del {first} al {last}: {total} con IVA, {energy}.",
        "Bill of {month}, {days} days from {first} to {last}: {total} with VAT, {energy}.",
        **facts,
    )
    if body["missing_days"]:
        missing = told.fact("missing_days", len(body["missing_days"]), "", ("días sin datos", "days missing"))
        told.lack(
            "Faltan {days} días, que no cuentan.", "{days} days are missing and do not count.", days=missing
        )
    if body["status"] == "so_far":
        told.say("El mes aún no ha acabado.", "The month has not ended.")
    told.say(
        "La carga sale de los planes, no de un contador.",
        "The load comes from plans, not from a meter.",
    )
