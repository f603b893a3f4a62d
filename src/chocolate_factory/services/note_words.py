"""What a plan, a question or a bill assumes or leaves out, in Spanish, by the form of the English sentence.

Stored plans keep these sentences in English, as does every answer; what a person wrote in the factory file
stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

NOTES: tuple[tuple[str, str], ...] = (
    # the shipped plants
    (
        "Reference plant: assumed values of a plausible mid-size plant, not measurements.",
        "Planta de referencia: valores supuestos de una planta mediana verosímil, no medidos.",
    ),
    (
        "Example: assumed values of a plausible {plant}, not measurements.",
        "Ejemplo: valores supuestos de una planta verosímil, no medidos.",
    ),
    # the factory file
    (
        "site.holidays is not given: no holiday without shifts.",
        "site.holidays no está en el archivo: ningún festivo quita turnos.",
    ),
    (
        "The site lies in {place} (site.latitude, site.longitude), where other tariff periods or taxes"
        " hold; those of the peninsula are used.",
        "La planta está en {place} (site.latitude, site.longitude), con otros periodos o impuestos; se"
        " usan los de la península.",
    ),
    (
        "site.timezone is {zone}: tariff periods and taxes are those of the peninsula, by the clock of"
        " {clock}.",
        "site.timezone es {zone}: los periodos y los impuestos son los de la península, con la hora de"
        " {clock}.",
    ),
    (
        "{key} is not given: no retail margin.",
        "{key} no está en el archivo: sin margen de la comercializadora.",
    ),
    (
        "{key} is not given: 1.5 % of the market part.",
        "{key} no está en el archivo: 1,5 % de la parte de mercado.",
    ),
    (
        "{key} is not given: the margin is charged outside the losses.",
        "{key} no está en el archivo: el margen no se multiplica por las pérdidas.",
    ),
    ("{key} is not given: no guarantees of origin.", "{key} no está en el archivo: sin garantías de origen."),
    (
        "{key} is not given: industrial use for the minimum of the electricity tax.",
        "{key} no está en el archivo: uso industrial para el mínimo del impuesto eléctrico.",
    ),
    (
        "{key} is not given: the prices include tolls and charges.",
        "{key} no está en el archivo: los precios incluyen peajes y cargos.",
    ),
    (
        "{key} is not given: {share} of what is charged comes back.",
        "{key} no está en el archivo: vuelve {share} de lo que se carga.",
    ),
    ("{key} is not given: {degrees} degrees.", "{key} no está en el archivo: {degrees} grados."),
    ("{key} is not given: {degrees}, south.", "{key} no está en el archivo: {degrees}, sur."),
    ("{key} is not given: {percent} %.", "{key} no está en el archivo: {percent} %."),
    (
        "contract.access_tariff: 3.0TD is for more than 15 kW in a period; taken as written.",
        "contract.access_tariff: 3.0TD es para más de 15 kW en un periodo; se toma como está escrita.",
    ),
    # the tariff
    (
        "{table} of {year} after {day}: no value known here; the last known one ({source}) is assumed.",
        "{table} de {year} después del {day}: no se conoce su valor; se supone el último conocido"
        " ({source}).",
    ),
    (
        "The electricity tax is planned as a percentage; its minimum per MWh, which can bind at the"
        " reduced rate of 0.5 %, is applied on the invoice only.",
        "El impuesto eléctrico se planifica como porcentaje; su mínimo por MWh, que puede contar con el"
        " tipo reducido del 0,5 %, solo se aplica en la factura.",
    ),
    (
        "The electricity tax from 2026-11-01 on depends on conditions not known here (RDL 25/2026: 0.5 or"
        " 5.11269632 %); the general rate of 5.11269632 % is assumed.",
        "El impuesto eléctrico desde el 2026-11-01 depende de condiciones que aquí no se conocen (RDL"
        " 25/2026: 0,5 o 5,11269632 %); se supone el tipo general del 5,11269632 %.",
    ),
    (
        "The VAT up to 10 kW from 2026-11-01 on depends on conditions not known here (RDL 25/2026: 10 or"
        " 21 %); 21 % is assumed.",
        "El IVA hasta 10 kW desde el 2026-11-01 depende de condiciones que aquí no se conocen (RDL"
        " 25/2026: 10 o 21 %); se supone el 21 %.",
    ),
    (
        "Standard loss coefficients (Circular CNMC 3/2020 art. 11) are used; settlement mostly uses the"
        " operator's hourly ones.",
        "Se usan los coeficientes de pérdidas estándar (Circular CNMC 3/2020 art. 11); la liquidación"
        " suele usar los horarios del operador.",
    ),
    (
        "The contribution to the National Efficiency Fund is assumed to be inside the retailer's margin;"
        " set contract.efficiency_fund_eur_mwh if the bill shows it (one retailer's to mid-2026: 2.437"
        " EUR/MWh).",
        "La aportación al Fondo Nacional de Eficiencia se supone dentro del margen de la comercializadora;"
        " si la factura la muestra, va en contract.efficiency_fund_eur_mwh (una comercializadora, hasta"
        " mediados de 2026: 2,437 EUR/MWh).",
    ),
    (
        "The gas-cap compensation of 2022-06-15 to 2023-02-26 is not part of the indexed formula: real"
        " bills of those months were higher.",
        "La compensación del tope del gas (del 2022-06-15 al 2023-02-26) no está en la fórmula indexada:"
        " las facturas reales de esos meses fueron más altas.",
    ),
    (
        "Adjustment services of {year} are not in the contract: {price} EUR/MWh at busbar is assumed (mean"
        " of the PVPC of {years}, deviations included).",
        "Los servicios de ajuste de {year} no están en el contrato: se suponen {price} EUR/MWh en barras"
        " (media del PVPC de {years}, desvíos incluidos).",
    ),
    (
        "Adjustment services of {year} are not in the contract: {price} EUR/MWh at busbar is assumed (mean"
        " of the PVPC from 12 February 2022, deviations included).",
        "Los servicios de ajuste de {year} no están en el contrato: se suponen {price} EUR/MWh en barras"
        " (media del PVPC desde el 12 de febrero de 2022, desvíos incluidos).",
    ),
    (
        "Adjustment services of {year} are not in the contract: {price} EUR/MWh at busbar is assumed (mean"
        " of the PVPC to 22 April 2026, deviations included).",
        "Los servicios de ajuste de {year} no están en el contrato: se suponen {price} EUR/MWh en barras"
        " (media del PVPC hasta el 22 de abril de 2026, desvíos incluidos).",
    ),
    (
        "System and market operator fees are not in the contract: {price} EUR/MWh at busbar is assumed"
        " ({least}-{most} in published PVPC components).",
        "La retribución de los operadores del sistema y del mercado no está en el contrato: se suponen"
        " {price} EUR/MWh en barras (de {least} a {most} en los componentes publicados del PVPC).",
    ),
    (
        "The meter is assumed single-phase (0.81 EUR a month; three-phase 1.36):"
        " contract.equipment_rental_eur_day replaces it.",
        "El contador se supone monofásico (0,81 EUR al mes; trifásico, 1,36): lo sustituye"
        " contract.equipment_rental_eur_day.",
    ),
    (
        "The social-bonus financing of {year} ({price} EUR a year) and its dates are not confirmed.",
        "La financiación del bono social de {year} ({price} EUR al año) y sus fechas no están confirmadas.",
    ),
    (
        "The social-bonus financing of {year} is not known for all days; it is left out.",
        "La financiación del bono social de {year} no se conoce para todos los días; se deja fuera.",
    ),
    (
        "contract.equipment_rental_eur_day is not set; the equipment rental is left out.",
        "contract.equipment_rental_eur_day no está en el archivo; el alquiler del equipo se deja fuera.",
    ),
    (
        "The excess-power price of 2021 comes from the CNMC's answers on Circular 3/2020 and was not"
        " checked against the final resolution.",
        "El precio del exceso de potencia de 2021 viene de las respuestas de la CNMC sobre la Circular"
        " 3/2020 y no se ha contrastado con la resolución final.",
    ),
    (
        "The price of excess power is contract.excess_eur_kw: no published one is known for the month.",
        "El precio del exceso de potencia es contract.excess_eur_kw: no se conoce uno publicado para el mes.",
    ),
    (
        "Leap year: yearly prices are billed /366 by the day, common practice that no source confirms.",
        "Año bisiesto: los precios anuales se facturan por día entre 366, práctica común que ninguna"
        " fuente confirma.",
    ),
    (
        "The maximeter's excess is counted for the days of this bill, on a whole month's bill for all its"
        " days.",
        "El exceso del maxímetro se cuenta por los días de esta factura; en la de un mes entero, por todos.",
    ),
    (
        "The load is hourly: excess power within the hour is not seen by the invoice.",
        "El consumo es horario: la factura no ve los excesos de potencia dentro de la hora.",
    ),
    (
        "The {tax} changes from {before} to {after} % inside the billing period; the rate of its last day"
        " is applied to all of it (some bills split by days of consumption).",
        "El {tax} cambia del {before} al {after} % dentro del periodo; se aplica a todo el tipo del último"
        " día (algunas facturas reparten por días de consumo).",
    ),
    # the load of a bill
    (
        "The load is what the plans in force said, not what a meter measured; each plan counts until the"
        " next took over, which goes on with the runs that had begun.",
        "El consumo es el que decían los planes vigentes, no el de un contador; cada plan cuenta hasta que"
        " lo releva el siguiente, que sigue con las operaciones ya empezadas.",
    ),
    (
        "{count} of {all} plans were made under another contract; the present one is billed.",
        "{count} de {all} planes se hicieron con otro contrato; se factura con el actual.",
    ),
    (
        "The load is hourly: what it drew within an hour is taken as even.",
        "El consumo es horario: dentro de cada hora se toma como constante.",
    ),
    (
        "Reactive energy is not known: it needs a load file with a column kvarh; it is left out.",
        "La energía reactiva no se conoce: hace falta un archivo de consumo con la columna kvarh; se deja"
        " fuera.",
    ),
    # the plan
    (
        "No weather forecast for {hours} h of the window: climate normals are taken there.",
        "Sin previsión del tiempo para {hours} h del plan: ahí se toma el clima habitual.",
    ),
    (
        "No weather forecast for {hours} h of the window: no climate limits and no cooling there.",
        "Sin previsión del tiempo para {hours} h del plan: ahí no hay límites de clima ni refrigeración.",
    ),
    (
        "Excess power earlier in the month is not known and taken as none.",
        "El exceso de potencia de antes en el mes no se conoce y se toma como ninguno.",
    ),
    (
        "Excess power earlier in the month is that of the plans in force and the log, not of a meter.",
        "El exceso de potencia de antes en el mes es el de los planes vigentes y el registro, no el de un"
        " contador.",
    ),
    (
        "For {hours} h of the month so far no plan was in force: no excess power is taken there.",
        "En {hours} h de lo que va de mes no había plan vigente: ahí se toma que no hubo exceso.",
    ),
    (
        "No production log yet: the plant is taken as idle and without known stock when the window starts.",
        "Aún no hay registro de producción: la planta se toma como parada y sin existencias conocidas al"
        " empezar.",
    ),
    (
        "{count} runs of batches under way were not reported and are taken as planned.",
        "{count} operaciones de lotes en marcha no se han comunicado y se toman como planificadas.",
    ),
    (
        "Finished goods were not counted: they follow from the plans before and the log.",
        "El producto acabado no se ha contado: sale de los planes anteriores y del registro.",
    ),
    (
        "Batch {batch} cannot go on within its rules and is made anew.",
        "El lote {batch} no puede seguir sin romper sus reglas y se hace de nuevo.",
    ),
    ("{count} of {product} due {due} are still owed.", "Aún se deben {count} de {product} para {due}."),
    (
        "{machine}: what the unit carried before is not known; no setup is needed at first.",
        "{machine}: no se sabe qué llevó antes; al principio no necesita cambio.",
    ),
    (
        "{machine}: what {count} of {all} units carried before is not known; no setup is needed at first.",
        "{machine}: de {count} de {all} unidades no se sabe qué llevaron antes; al principio no necesitan"
        " cambio.",
    ),
    (
        "No plan before tells what is in the battery: its reserve of {kwh} kWh is taken.",
        "Ningún plan anterior dice qué hay en la batería: se toma su reserva de {kwh} kWh.",
    ),
    (
        "No forecast of radiation for {hours} h of the window: climate normals stand there.",
        "Sin previsión de radiación para {hours} h del plan: ahí se toma el clima habitual.",
    ),
    (
        "Radiation is not known for {hours} h of the window: the array counts as nothing there.",
        "La radiación no se conoce en {hours} h del plan: ahí las placas no cuentan.",
    ),
    (
        "The spot price cannot be forecast: surplus of the array is taken as unpaid.",
        "No se puede prever el precio de mercado: el excedente de las placas se toma como no pagado.",
    ),
    (
        "The carbon intensity of {hours} h of the window is estimated: the newest of the same hour of the"
        " same kind of day.",
        "El CO2 de {hours} h del plan es estimado: el último conocido de la misma hora del mismo tipo de"
        " día.",
    ),
    (
        "demand[{place}] ({kg} kg of {product}) was due {due}, before the plan begins: it is not planned."
        " Give it a later due time if it is still to be made.",
        "demand[{place}] ({kg} kg de {product}) era para {due}, antes de que empiece el plan: no se"
        " planifica. Si aún hay que hacerlo, dale una hora límite posterior.",
    ),
    (
        "No demand falls into the window: there is nothing to make.",
        "Ningún pedido cae dentro del plan: no hay nada que hacer.",
    ),
    (
        "Risk is not weighed: the contract fixes the price.",
        "El riesgo no se pesa: el contrato fija el precio.",
    ),
    (
        "Risk is not weighed: {series}: errors of {count} past forecasts are known; paths need at least"
        " {least}.",
        "El riesgo no se pesa: de {series} se conocen los errores de {count} previsiones y hacen falta al"
        " menos {least}.",
    ),
    # what-if
    (
        "Batch {batch} is under way, and the changed plant cannot finish it: it is given up and made anew.",
        "El lote {batch} está en marcha y la planta cambiada no puede acabarlo: se abandona y se hace de"
        " nuevo.",
    ),
    (
        "A new battery is taken to charge and discharge in {hours} h: {kw} kW each.",
        "Una batería nueva se supone que carga y descarga en {hours} h: {kw} kW cada cosa.",
    ),
)

TABLES = {
    "energy toll": "peaje de energía",
    "energy charge": "cargo de energía",
    "power toll": "peaje de potencia",
    "power charge": "cargo de potencia",
    "capacity payment": "pago por capacidad",
    "adjustment services": "servicios de ajuste",
    "excess price of metering types 1-3 (tepp13)": "precio del exceso, medida tipos 1-3 (tepp13)",
    "excess price of metering types 4-5 (tepp45)": "precio del exceso, medida tipos 4-5 (tepp45)",
}
"""Tables that end and stand on, by their name without the access tariff."""

NAMES = {
    "the Canary Islands": "las islas Canarias",
    "the Balearic Islands": "las islas Baleares",
    "electricity tax": "impuesto eléctrico",
    "VAT": "IVA",
}
NUMBERS = {
    "hours",
    "kwh",
    "kw",
    "kg",
    "price",
    "least",
    "most",
    "before",
    "after",
    "share",
    "degrees",
    "percent",
}


def spanish_notes(notes: Iterable[str]) -> list[str | None]:
    """Each sentence in Spanish; None for one that is not the program's own."""
    return [spanish_note(note) for note in notes]


@lru_cache(maxsize=1024)
def spanish_note(note: str) -> str | None:
    """The Spanish of a sentence; None where it has no form in `NOTES`."""
    for form, spanish in forms():
        if found := form.fullmatch(note):
            return spanish.format_map({name: told(name, text) for name, text in found.groupdict().items()})
    return None


@lru_cache(maxsize=1)
def forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """`NOTES` with a pattern for each English form."""
    made = []
    for english, spanish in NOTES:
        parts = re.split(r"\{(\w+)\}", english)
        pattern = "".join(
            f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
        )
        made.append((re.compile(pattern), spanish))
    return tuple(made)


def told(name: str, text: str) -> str:
    """What stands in a place of a form, as Spanish writes it."""
    if name in NUMBERS:
        return text.replace(".", ",")
    if name == "table":
        return table_name(text)
    return text[:16].replace("T", " ") if name == "due" else NAMES.get(text, text)


def table_name(text: str) -> str:
    """A table's name, first letter large; its access tariff stays behind it."""
    for name, spanish in TABLES.items():
        if text.startswith(name):
            text = spanish + text.removeprefix(name)
    return text[:1].upper() + text[1:]
