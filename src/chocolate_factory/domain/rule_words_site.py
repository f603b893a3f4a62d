"""What is said of place, shifts, contract, loads, demand and energy assets: a plant's own numbers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from chocolate_factory.domain import facts
from chocolate_factory.domain.factory import WEEKDAYS, Contract, ContractKind, DemandEntry, Factory
from chocolate_factory.domain.factory_checks import ordinary_week
from chocolate_factory.domain.rule_text import (
    Sentence,
    clock,
    days_en,
    days_es,
    en,
    es,
    list_en,
    list_es,
    many,
)
from chocolate_factory.domain.slots import PLAN_MINUTES
from chocolate_factory.domain.tariff.excess import CUT_OFF_TARIFF

KINDS = {
    ContractKind.INDEXED: ("indexed to the spot price", "indexado al precio spot"),
    ContractKind.PVPC: ("the regulated price PVPC", "precio regulado PVPC"),
    ContractKind.FIXED: ("fixed prices by tariff period", "precios fijos por periodo tarifario"),
}
TERMS = (
    ("retail_margin_eur_mwh", "Retailer's margin", "Margen del comercializador", "EUR/MWh"),
    ("adjustment_services_eur_mwh", "Adjustment services", "Servicios de ajuste", "EUR/MWh"),
    ("operator_fees_eur_mwh", "Operators' fees", "Tasas de los operadores", "EUR/MWh"),
    ("efficiency_fund_eur_mwh", "Efficiency fund", "Fondo de eficiencia", "EUR/MWh"),
    ("municipal_fee", "Municipal fee (share)", "Tasa municipal (parte)", ""),
    ("guarantees_eur_mwh", "Guarantees of origin", "Garantías de origen", "EUR/MWh"),
)
"""Terms that only an indexed contract has."""


def place(factory: Factory) -> Iterator[Sentence]:
    """Where the plant is and whose holidays it keeps."""
    site = factory.site
    where = f"{site.name} ({en(site.latitude)}, {en(site.longitude)})"
    yield Sentence(
        f"{where}. All local times are those of {site.timezone}; plans count in slots of"
        f" {PLAN_MINUTES} minutes, and what is shorter is rounded up to whole slots.",
        f"{site.name} ({es(site.latitude)}; {es(site.longitude)}). Las horas locales son las de"
        f" {site.timezone}; los planes cuentan en tramos de {PLAN_MINUTES} minutos, y lo que no los llena"
        " se redondea hacia arriba.",
    )


def shifts(factory: Factory) -> Iterator[Sentence]:
    """When staff is there, and on which holidays it is not."""
    for shift in factory.shifts:
        later = shift.end is not None and shift.end <= shift.start
        yield Sentence(
            f"Staff is there on {days_en(shift.days)} from {clock(shift.start)} to {clock(shift.end)}"
            f"{' of the next day' if later else ''}.",
            f"Hay personal {days_es(shift.days)} de {clock(shift.start)} a {clock(shift.end)}"
            f"{' del día siguiente' if later else ''}.",
            ("attendance",),
        )
    hours = float(ordinary_week(factory.shifts).sum()) * PLAN_MINUTES / 60
    yield Sentence(
        f"A week without holidays has {en(hours)} staffed hours.",
        f"Una semana sin festivos tiene {es(hours)} horas con personal.",
        ("attendance",),
    )
    code = factory.site.holidays
    yield Sentence(
        f"A shift that starts on a holiday of {code} is not worked."
        if code
        else "No holidays are set: shifts are worked on all of their days.",
        f"Un turno que empieza en un festivo de {code} no se trabaja."
        if code
        else "No hay festivos fijados: los turnos se trabajan todos sus días.",
        ("attendance",),
    )


def contract(factory: Factory) -> Iterator[Sentence]:
    """Kind of contract, power contracted, and the terms that are this plant's own."""
    own = factory.contract
    yield Sentence(
        f"The contract is {own.access_tariff}, {KINDS[own.kind][0]}.",
        f"El contrato es {own.access_tariff}, {KINDS[own.kind][1]}.",
    )
    yield from _power(own)
    if own.energy_eur_mwh is not None:
        tolls = ("tolls and charges included", "peajes y cargos incluidos")
        if not own.energy_includes_tolls:
            tolls = ("tolls and charges on top", "peajes y cargos aparte")
        last = len(own.energy_eur_mwh)
        yield Sentence(
            f"Energy costs {list_en(own.energy_eur_mwh)} EUR/MWh in P1 to P{last}, {tolls[0]}.",
            f"La energía cuesta {list_es(own.energy_eur_mwh)} EUR/MWh de P1 a P{last}, {tolls[1]}.",
        )
    yield from _terms(own)


def _power(own: Contract) -> Iterator[Sentence]:
    kw = own.contracted_power_kw
    if own.access_tariff == CUT_OFF_TARIFF:
        yield Sentence(
            f"The meter cuts off above {en(kw[0])} kW in peak and flat hours (P1, P2) and above {en(kw[1])}"
            " kW in valley hours (P3): the load of no slot may be above that.",
            f"El contador corta por encima de {es(kw[0])} kW en punta y llano (P1, P2) y de {es(kw[1])} kW en"
            " valle (P3): la carga de ningún tramo puede superarlo.",
            ("power",),
        )
        return
    periods = range(1, len(kw) + 1)
    yield Sentence(
        "Contracted power: " + ", ".join(f"P{n} {en(kw[n - 1])} kW" for n in periods) + ".",
        "Potencia contratada: " + ", ".join(f"P{n} {es(kw[n - 1])} kW" for n in periods) + ".",
    )
    yield Sentence(
        "Load above the contracted power is allowed and costs money, by tariff period and calendar month, at"
        " the tariff's own rule; a plan pays what it adds to the month so far.",
        "Superar la potencia contratada está permitido y cuesta dinero, por periodo tarifario y mes natural,"
        " según la regla de la tarifa; un plan paga lo que añade al mes en curso.",
    )
    if own.excess_eur_kw is not None:
        yield Sentence(
            f"Where no published price of excess power is known, {list_en(own.excess_eur_kw)} EUR/kW in P1 to"
            " P6.",
            f"Donde no se conoce precio publicado del exceso, {list_es(own.excess_eur_kw)} EUR/kW de P1 a"
            " P6.",
        )


def _terms(own: Contract) -> Iterator[Sentence]:
    """Terms of the contract that the file gives; a silent one is told as such."""
    for name, words_en, words_es, unit in TERMS if own.kind is ContractKind.INDEXED else ():
        value: float | None = getattr(own, name)
        told_en = "not given; see the assumptions of the plan" if value is None else f"{en(value)} {unit}"
        told_es = "sin dato; véanse los supuestos del plan" if value is None else f"{es(value)} {unit}"
        yield Sentence(f"{words_en}: {told_en.strip()}.", f"{words_es}: {told_es.strip()}.")
    if own.kind is ContractKind.INDEXED and own.margin_inside_losses:
        yield Sentence("The margin is multiplied by the losses.", "El margen se multiplica por las pérdidas.")
    if own.losses_percent is not None:
        yield Sentence(
            f"Losses of the networks: {list_en(own.losses_percent)} % in P1 to P{len(own.losses_percent)}.",
            f"Pérdidas de la red: {list_es(own.losses_percent)} % de P1 a P{len(own.losses_percent)}.",
        )
    if own.equipment_rental_eur_day is not None:
        yield Sentence(
            f"Meter rental: {en(own.equipment_rental_eur_day)} EUR a day, on the invoice only.",
            f"Alquiler del contador: {es(own.equipment_rental_eur_day)} EUR al día, solo en la factura.",
        )


def loads(factory: Factory) -> Iterator[Sentence]:
    """Each load beside the runs."""
    for load in factory.auxiliaries:
        when = (
            ("while staff is there", "mientras hay personal") if load.staffed_only else ("always", "siempre")
        )
        more_en = more_es = ""
        if load.kw_per_degree_above is not None:
            above, kw = load.kw_per_degree_above
            more_en = f", and {en(kw)} kW more for each °C outdoors above {en(above)} °C"
            more_es = f", y {es(kw)} kW más por cada °C exterior por encima de {es(above)} °C"
        yield Sentence(
            f"Beside the runs, {load.name} draws {en(load.power_kw)} kW {when[0]}{more_en}.",
            f"Además de las operaciones, {load.name} consume {es(load.power_kw)} kW {when[1]}{more_es}.",
            ("power",),
        )


def demand(factory: Factory) -> Iterator[Sentence]:
    """Each entry of demand with its due time and its batches."""
    for entry in factory.demands:
        batch_kg = factory.product(entry.product).batch_kg
        count = ceil(Fraction(str(entry.kg)) / Fraction(str(batch_kg)))
        every_en, every_es = _when(entry)
        fewer = entry.every in WEEKDAYS and not entry.fixed
        less_en = (
            "; in weeks with holidays fewer, in proportion to staffed time, rounded down" if fewer else ""
        )
        less_es = "; en semanas con festivos menos, según el tiempo con personal, redondeando a la baja"
        size_en, size_es = f"{en(entry.kg)} kg", f"{es(entry.kg)} kg"
        yield Sentence(
            f"{entry.product}: {size_en} {every_en}, in {many(count, 'batch', 'batches')}{less_en}.",
            f"{entry.product}: {size_es} {every_es}, en {many(count, 'lote', 'lotes')}"
            f"{less_es if fewer else ''}.",
            ("due", "batch"),
        )
    if not factory.demands:
        yield Sentence("Nothing is asked for.", "No se pide nada.", ("due", "batch"))


def _when(entry: DemandEntry) -> tuple[str, str]:
    by = clock(entry.due)
    if entry.due_date is not None:
        return f"once, by {entry.due_date} {by}", f"una vez, para el {entry.due_date} a las {by}"
    if entry.every == "weekday":
        return (
            f"every Monday to Friday that is no holiday of the site, by {by}",
            f"de lunes a viernes que no sean festivos de la planta, para las {by}",
        )
    day = WEEKDAYS.index(entry.every)
    name_en, name_es = (facts.WEEKDAYS[language][day] for language in ("en", "es"))
    return f"every {name_en} by {by}", f"cada {name_es} para las {by}"


def assets(factory: Factory) -> Iterator[Sentence]:
    """Battery and array, or that there is none."""
    own, array = factory.battery, factory.pv
    if own is None:
        yield Sentence("This plant has no battery.", "Esta planta no tiene batería.", ("battery",))
    else:
        yield Sentence(
            f"The battery holds {en(own.capacity_kwh)} kWh, charges with up to {en(own.charge_kw)} kW, gives"
            f" up to {en(own.discharge_kw)} kW, keeps {en(own.reserve_kwh)} kWh in reserve, returns"
            f" {en(100 * own.efficiency)} % of what is charged, and wears by {en(own.wear_eur_kwh)} EUR for"
            " each kWh it gives.",
            f"La batería guarda {es(own.capacity_kwh)} kWh, carga con hasta {es(own.charge_kw)} kW, da hasta"
            f" {es(own.discharge_kw)} kW, deja {es(own.reserve_kwh)} kWh de reserva, devuelve el"
            f" {es(100 * own.efficiency)} % de lo cargado y se desgasta {es(own.wear_eur_kwh)} EUR por cada"
            " kWh que da.",
            ("battery",),
        )
    if array is None:
        yield Sentence(
            "This plant has no photovoltaic array.", "Esta planta no tiene placas fotovoltaicas.", ("pv",)
        )
        return
    paid = ("paid at the spot price", "se paga al precio spot")
    if not array.surplus_paid:
        paid = ("not fed into the grid", "no se vierte a la red")
    yield Sentence(
        f"The array has {en(array.kwp)} kWp, tilted by {en(array.tilt)}°, facing {en(array.azimuth)}° from"
        f" north over east, with losses of {en(array.losses_percent)} %; what is left over is {paid[0]}.",
        f"Las placas tienen {es(array.kwp)} kWp, con inclinación de {es(array.tilt)}° y orientación de"
        f" {es(array.azimuth)}° desde el norte por el este, con pérdidas del {es(array.losses_percent)} %; el"
        f" excedente {paid[1]}.",
        ("pv",),
    )
