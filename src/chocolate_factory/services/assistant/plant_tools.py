"""Tools on what the plan draws and batches cost, and on the people and goods of the plant."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil
from statistics import fmean
from typing import Any

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.facts import NAME, Fact
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, day_window, epoch
from chocolate_factory.domain.staffing import is_holiday, staffed_spans
from chocolate_factory.domain.tariff.calendar import power_periods
from chocolate_factory.domain.tariff.excess import contracted_at
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.plan_tools import body_in_force
from chocolate_factory.services.assistant.price_days import span_of, windows_within
from chocolate_factory.services.assistant.price_tools import SLOT, today_of
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.read_production import stock_rows

Row = dict[str, Any]
Said = tuple[str, str]
WEEK, MOST_LENGTHS = 7, 3
NO_METER: Said = ("Es lo previsto en el plan, no un contador.", "That is what the plan says, not a meter.")


def plan_load(ports: Ports, asked: Asked, told: Told) -> None:
    """The power that the plan draws: now, at its highest (of a day), beside what is contracted there."""
    answer, now = body_in_force(ports)["answer"], ports.clock()
    load = [(moment_of(row["start"]), float(row["kw"])) for row in answer["load_kw"]]
    here = [kw for start, kw in load if start <= now < start + SLOT]
    if here and asked.day in {None, today_of(ports)}:
        kw = told.fact("now_kw", here[0], "kW", ("potencia de ahora", "power now"))
        told.say("Ahora la planta gasta {kw}.", "The plant now draws {kw}.", kw=kw)
    window = span_of(ports, asked) if asked.day or asked.since else None
    ahead = [
        (s, kw) for s, kw in load if s + SLOT > now and (window is None or window.start <= s < window.end)
    ]
    if not ahead:
        told.lack(
            "El plan vigente no dice nada de ese tiempo.", "The plan in force says nothing of that time."
        )
        return
    energy = told.fact(
        "energy", sum(kw for _, kw in ahead) / 4, "kWh", ("energía prevista", "planned energy")
    )
    until = told.fact("until", ahead[-1][0] + SLOT, "", ("fin", "end"))
    since = told.fact("since", ahead[0][0], "", ("inicio", "start"))
    told.say(
        "Del {since} al {until} el plan gasta {energy}.", "From {since} to {until} the plan takes {energy}.",
        since=since, until=until, energy=energy,
    )  # fmt: skip
    tell_peak(ports, told, ahead)
    paid = told.fact(
        "excess", answer["cost_parts"]["excess_power"], "EUR", ("exceso de potencia", "excess power")
    )
    told.say(
        "En todo el plan, el exceso de potencia cuesta {paid}.",
        "Excess power costs {paid} in the whole plan.",
        paid=paid,
    )  # fmt: skip
    told.say(*NO_METER)


def tell_peak(ports: Ports, told: Told, load: list[tuple[Any, float]]) -> None:
    """The highest power of some slots, kW, with its time, its period and what is contracted there."""
    contract, starts = ports.factory.contract, np.array([epoch(start) for start, _ in load], np.int64)
    top = max(range(len(load)), key=lambda place: load[place][1])
    limits = contracted_at(contract, starts)
    over = sum(kw > limit for (_, kw), limit in zip(load, limits.tolist(), strict=True)) * PLAN_MINUTES / 60
    told.say(
        "El pico es de {peak}, el {at}, en {period}, con {limit} contratados.",
        "The peak is {peak}, {at}, in {period}, with {limit} contracted.",
        peak=told.fact("peak_kw", load[top][1], "kW", ("pico", "peak")),
        at=told.fact("peak_at", load[top][0], "", ("hora del pico", "time of the peak")),
        period=told.fact("peak_period", f"P{power_periods(contract.access_tariff, starts)[top]}", NAME,
                         ("periodo del pico", "period of the peak")),
        limit=told.fact("contracted_kw", float(limits[top]), "kW",
                        ("potencia contratada", "contracted power")),
    )  # fmt: skip
    hours = told.fact("over_hours", over, "h", ("horas por encima", "hours above"))
    told.say("Por encima de lo contratado: {hours}.", "Above what is contracted: {hours}.", hours=hours)


def plan_carbon(ports: Ports, asked: Asked, told: Told) -> None:
    """The carbon dioxide of the plan in force, where the intensity of the grid is known."""
    carbon = body_in_force(ports)["answer"].get("co2")
    if carbon is None:
        told.lack(
            "El plan vigente no cuenta emisiones: no hay guardados datos de las de la red.",
            "The plan in force does not count emissions: those of the grid are not stored.",
        )
        return
    told.say(
        "El plan vigente emite {kg} de dióxido de carbono; sin planificar serían {base}.",
        "The plan in force emits {kg} of carbon dioxide; unplanned it would be {base}.",
        kg=told.fact("carbon", carbon["kg"], "kg", ("CO2 del plan", "CO2 of the plan")),
        base=told.fact("baseline_carbon", carbon["baseline_kg"], "kg", ("CO2 de referencia", "baseline CO2")),
    )


def batch_costs(ports: Ports, asked: Asked, told: Told) -> None:
    """What a batch and a kilogram of each product cost in the plan: energy of their runs, on average."""
    runs: dict[str, dict[str, list[Row]]] = {}
    for run in body_in_force(ports)["answer"]["runs"]:
        if asked.product.casefold() in {"", run["product"].casefold()}:
            runs.setdefault(run["product"], {}).setdefault(run["batch"], []).append(run)
    if not runs:
        told.lack("El plan vigente no tiene lotes así.", "The plan in force has no such batches.")
        return
    for number, (product, batches) in enumerate(sorted(runs.items()), 1):
        tell_batch_cost(ports, told, f"product{number}", product, list(batches.values()))
    told.say(
        "Cuenta la energía de sus pasos en el plan, sin materias primas, personal ni servicios auxiliares.",
        "Counted is the energy of their runs in the plan, without material, staff or auxiliary loads.",
    )


def tell_batch_cost(ports: Ports, told: Told, key: str, product: str, batches: list[list[Row]]) -> None:
    """Means of the batches of a product, EUR and kWh, of a batch and of a kilogram."""
    size = ports.factory.product(product).batch_kg
    cost, energy = (fmean(sum(run[k] for run in b) for b in batches) for k in ("cost_eur", "energy_kwh"))
    facts: dict[str, Fact | str] = {
        "product": told.fact(key, product, NAME, ("producto", "product")),
        "count": told.fact(f"{key}_batches", len(batches), "", ("lotes", "batches")),
        "kg": told.fact(f"{key}_kg", size, "kg", ("tamaño del lote", "batch size")),
        "cost": told.fact(f"{key}_cost", cost, "EUR", ("coste medio de un lote", "mean cost of a batch")),
        "energy": told.fact(f"{key}_energy", energy, "kWh", ("energía de un lote", "energy of a batch")),
        "one": told.fact(f"{key}_one", 1.0, "kg", ("un kilo", "a kilogram")),
        "each": told.fact(f"{key}_kg_cost", cost / size, "EUR", ("coste de un kilo", "cost of a kilogram")),
    }
    told.say(
        "{product}, lote de {kg}: {cost} y {energy} de media de {count} lotes del plan; {one} sale a {each}.",
        "{product}, batch of {kg}: {cost} and {energy} on average of {count} batches in the plan; "
        "{one} comes to {each}.",
        **facts,
    )


def machine_windows(ports: Ports, asked: Asked, told: Told) -> None:
    """When energy for a machine is cheapest and dearest: of a day or a week ahead, for each of its lengths.

    Without hours the lengths are those of its steps. Energy is that of one unit at its full power.
    """
    machine = next(
        (one for one in ports.factory.machines if one.name.casefold() == asked.machine.casefold()), None
    )
    if machine is None:
        raise UsageError(f"There is no machine {asked.machine!r}.", "Give one of the plant.")
    steps = [s for product in ports.factory.products for s in product.steps if s.machine == machine.name]
    lengths = [asked.hours] if asked.hours else sorted({s.minutes / 60 for s in steps})[:MOST_LENGTHS]
    now = ports.clock()
    window = span_of(ports, asked) if asked.day or asked.since else Window(now, now + timedelta(days=WEEK))
    name = told.fact("machine", machine.name, NAME, ("máquina", "machine"))
    power = told.fact("power", machine.power_kw, "kW", ("potencia de una unidad", "power of a unit"))
    told.say("Máquina {name}, {power} por unidad.", "Machine {name}, {power} each.", name=name, power=power)
    for number, hours in enumerate(lengths, 1):
        rows = windows_within(ports, window, ceil(hours * 60 / PLAN_MINUTES))
        length = told.fact(f"length{number}", hours, "h", ("duración", "length"))
        if rows is None:
            told.lack("Para {hours} no hay tiempo con precios conocidos por delante.",
                      "For {hours} there is no time ahead with known prices.", hours=length)  # fmt: skip
            continue
        for kind, es, en in (("best", "lo más barato", "cheapest"), ("worst", "lo más caro", "dearest")):
            tell_machine_window(told, f"{kind}{number}", (length, machine.power_kw), rows[kind][0], (es, en))
    told.say(
        "Es a plena potencia y por precio: si la máquina está libre lo dice el plan.",
        "That is at full power and by price: the plan says whether the machine is free.",
    )


def tell_machine_window(told: Told, key: str, run: tuple[Fact, float], row: Row, said: Said) -> None:
    """A window as facts: start, end, and what a run of a length and power, kW, costs in it."""
    energy = float(str(run[0].value)) * run[1]
    facts = {
        "hours": run[0],
        "start": told.fact(
            f"{key}_start", moment_of(row["start"]), "", (f"{said[0]}: inicio", f"{said[1]}: start")
        ),
        "end": told.fact(f"{key}_end", moment_of(row["end"]), "", (f"{said[0]}: fin", f"{said[1]}: end")),
        "energy": told.fact(f"{key}_energy", energy, "kWh", ("energía", "energy")),
        "cost": told.fact(
            f"{key}_cost", energy * row["price_eur_kwh"], "EUR", (f"{said[0]}: coste", f"{said[1]}: cost")
        ),
    }
    sure = (", en parte previsión", ", a forecast in part") if row["shares"]["forecast"] else ("", "")
    told.say(
        f"{{hours}}, {said[0]}: del {{start}} al {{end}}, {{energy}}, {{cost}}{sure[0]}.",
        f"{{hours}}, {said[1]}: from {{start}} to {{end}}, {{energy}}, {{cost}}{sure[1]}.",
        **facts,
    )


def shifts(ports: Ports, asked: Asked, told: Told) -> None:
    """When a day is staffed and whether it is a holiday at the site; without a day those of a week."""
    first = asked.day or today_of(ports)
    if asked.day and not is_holiday(ports.factory.site, first):
        day = told.fact("day", first, "", ("día", "day"))
        told.say("El {day} no es festivo.", "{day} is no holiday.", day=day)
    for number in range(1 if asked.day else WEEK):
        shifts_of_day(ports, first + timedelta(days=number), told, f"day{number + 1}")
    told.say("De las personas de un turno no se guarda nada.", "Nothing is kept of the people of a shift.")


def shifts_of_day(ports: Ports, day: date, told: Told, key: str) -> None:
    """The staffed spans of a day, or that it has none."""
    factory, zone = ports.factory, ports.factory.site.timezone
    when = told.fact(key, day, "", ("día", "day"))
    spans = staffed_spans(factory, day_window(day, zone))
    if not spans:
        es, en = ("", "")
        if is_holiday(factory.site, day):
            es, en = ", es festivo", ", it is a holiday"
        told.say(f"El {{day}} no hay turno{es}.", f"On {{day}} there is no shift{en}.", day=when)
    for number, span in enumerate(spans, 1):
        start = told.fact(f"{key}_start{number}", span.start, "", ("inicio", "start"))
        end = told.fact(f"{key}_end{number}", span.end, "", ("fin", "end"))
        told.say("Hay turno del {start} al {end}.", "There is a shift from {start} to {end}.",
                 start=start, end=end)  # fmt: skip


def stock(ports: Ports, asked: Asked, told: Told) -> None:
    """Finished goods in stock by the production log; of material nothing is kept."""
    for number, row in enumerate(stock_rows(ports), 1):
        if asked.product.casefold() not in {"", row["product"].casefold()}:
            continue
        product = told.fact(f"product{number}", row["product"], NAME, ("producto", "product"))
        if row["kg"] is None:
            told.lack(
                "De {product} no se sabe cuánto hay: nadie ha apuntado un recuento.",
                "How much there is of {product} is not known: nobody has entered a count.",
                product=product,
            )
            continue
        told.say(
            "De {product} terminado hay {kg}.", "Of finished {product} there are {kg}.", product=product,
            kg=told.fact(f"product{number}_kg", row["kg"], "kg", ("existencias", "stock")),
        )  # fmt: skip
    told.say("De materias primas no se guarda nada.", "Nothing is kept of raw material.")
