"""What is said where a tool cannot answer: why, in Spanish and English, by the cause that an error names."""

from __future__ import annotations

from chocolate_factory.core.errors import ChocolateError, UsageError

Said = tuple[str, str]
LACKS: dict[str, Said] = {
    "no_plan": (
        "Aún no hay ningún plan guardado: se hace en la página o con choco plan.",
        "No plan is stored yet: the page makes one, and so does choco plan.",
    ),
    "no_batch": (
        "El plan vigente no tiene ningún lote con ese nombre.",
        "The plan in force has no batch of that name.",
    ),
    "no_batch_ahead": (
        "Al plan vigente no le queda ningún lote por hacer: hace falta un plan nuevo.",
        "The plan in force has no batch left to make: a new plan is needed.",
    ),
    "plan_outdated": (
        "El plan vigente no se puede volver a calcular con lo que hay guardado: hace falta un plan nuevo.",
        "The plan in force cannot be worked out again from what is stored: a new plan is needed.",
    ),
    "no_month_load": (
        "Ningún plan guardado cubre ese mes, así que no se sabe cuánta energía se gastó. Precios sí hay.",
        "No stored plan covers that month, so it is not known how much energy was used. Prices are there.",
    ),
    "no_month_prices": (
        "No hay precios guardados de ese mes.",
        "No prices of that month are stored.",
    ),
    "no_whole_day": (
        "De ningún día de ese mes se conocen enteros el consumo y los precios.",
        "Of no day of that month are both load and prices known in full.",
    ),
    "month_to_come": (
        "De ese mes no ha acabado todavía ningún día: aún no hay nada que facturar.",
        "No day of that month has ended yet: there is nothing to bill.",
    ),
    "before_tariffs": (
        "Ese mes es anterior a las tarifas actuales, así que no se puede facturar con ellas.",
        "That month is before the present tariffs, so it cannot be billed by them.",
    ),
    "no_forecast": (
        "No hay guardada ninguna previsión de esos precios: la hacen choco forecast y cada plan.",
        "No forecast of those prices is stored: choco forecast makes one, and so does every plan.",
    ),
    "no_prices_ahead": (
        "De los próximos días no hay precios, ni publicados ni previstos.",
        "There are no prices of the coming days, neither published nor forecast.",
    ),
    "no_climate": (
        "No hay historia del clima guardada: se carga con choco import siar.",
        "No climate history is stored: choco import siar loads it.",
    ),
}
WRONG: Said = (
    "Eso no se puede preguntar así: pregúntalo de otra manera.",
    "That cannot be asked like this: ask it in another way.",
)
NOTHING: Said = ("No hay datos para responder a eso.", "There are no data to answer that.")


def lack_words(error: ChocolateError) -> Said:
    """What is said of an error."""
    return LACKS.get(error.cause) or (WRONG if isinstance(error, UsageError) else NOTHING)
