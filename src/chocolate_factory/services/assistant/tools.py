"""The registry of tools, and calling one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chocolate_factory.core.errors import ChocolateError, UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant import data_tools, plan_tools, price_tools, site_tools
from chocolate_factory.services.assistant.asked import Asked, Tool, asked_from

LISTED = (
    Tool("current_price", "Price the site pays now and from the next hour on.",
         "Precio de ahora y de la próxima hora.", (), price_tools.current_price),
    Tool("price_at", "Price at a wall time of a day.",
         "Precio a una hora de un día.", ("day", "at"), price_tools.price_at),
    Tool("day_prices", "Prices of a local day: mean, cheapest, dearest, negative hours, what is missing.",
         "Precios de un día: media, mínimo, máximo, horas negativas, huecos.",
         ("day",), price_tools.day_prices),
    Tool("price_forecast", "Forecast of market prices by day with its band.",
         "Previsión de precios de mercado por día, con banda.",
         ("series", "day"), price_tools.price_forecast),
    Tool("windows", "Cheapest and dearest window of some hours ahead.",
         "Mejor y peor ventana de unas horas.", ("hours", "day"), price_tools.windows),
    Tool("tariff_periods", "Tariff periods (P1 to P6) of a day by the hour.",
         "Periodos tarifarios (P1 a P6) de un día.", ("day",), price_tools.tariff_periods),
    Tool("advice_now", "Run now or wait, what runs, what comes next.",
         "Producir ahora o esperar, y qué viene después.", (), plan_tools.advice_now),
    Tool("plan_summary", "The plan in force: cost, energy, saving, batches.",
         "El plan vigente: coste, energía, ahorro, lotes.", (), plan_tools.plan_summary),
    Tool("plan_runs", "Runs of the plan by day, machine, product or batch.",
         "Pasos del plan por día, máquina, producto o lote.",
         ("day", "machine", "product", "batch"), plan_tools.plan_runs),
    Tool("why_batch", "Why a batch runs when it does; without a name the next one.",
         "Por qué un lote va a esa hora; sin nombre, el próximo.", ("batch",), plan_tools.why_batch),
    Tool("orders", "What is to be delivered in the coming week.",
         "Qué hay que entregar esta semana.", ("day", "product"), plan_tools.orders),
    Tool("savings", "What planning has saved, settled and provisional.",
         "Cuánto se ha ahorrado, liquidado y provisional.", ("month", "days"), site_tools.savings),
    Tool("bill", "Electricity bill of a month.",
         "Factura de un mes.", ("month",), site_tools.bill),
    Tool("factory_facts", "The plant: machines, power, products, contract.",
         "La planta: máquinas, potencia, productos, contrato.",
         ("machine", "product"), site_tools.factory_facts),
    Tool("weather", "Weather at the site now and the temperature forecast of a day.",
         "Tiempo en la planta ahora y temperatura prevista.", ("day",), data_tools.weather),
    Tool("climate", "What a month is like at the site, from decades of daily records.",
         "Cómo es un mes en la planta, por décadas de registros.", ("month",), data_tools.climate),
    Tool("data_health", "Whether data are fresh, late, failing or missing.",
         "Si los datos están al día, tarde, fallando o faltan.", (), data_tools.data_health),
    Tool("holes", "Missing data of the last days.",
         "Huecos en los datos de los últimos días.", ("days",), data_tools.holes),
    Tool("model_scores", "How good the price forecasts have been, and which model serves.",
         "Cuánto aciertan las previsiones y qué modelo sirve.", ("series", "days"), data_tools.model_scores),
    Tool("alerts", "What somebody should look at now.",
         "Qué hay que mirar ahora.", (), data_tools.alerts),
    Tool("jobs", "Scheduled jobs and how their last runs ended.",
         "Trabajos programados y cómo acabaron.", (), data_tools.jobs),
)  # fmt: skip
TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in LISTED}
"""Every tool by its name; all of them only read."""


def call_tool(ports: Ports, name: str, given: Mapping[str, Any] | Asked) -> Told:
    """What a tool tells; where data is missing it says so instead of raising.

    Raises UsageError for an unknown tool or an argument that it cannot take; a store that fails is an error.
    """
    tool = TOOLS.get(name)
    if tool is None:
        raise UsageError(f"There is no tool {name[:40]!r}.", f"Tools: {', '.join(TOOLS)}.")
    asked = given if isinstance(given, Asked) else asked_from(tool, given)
    told = Told(name, ports.clock(), ports.factory.site.timezone, ports.sample)
    try:
        tool.run(ports, asked, told)
    except ChocolateError as error:
        if error.status not in {400, 404, 409}:
            raise
        told.lack("No hay datos para responder a eso.", "There are no data to answer that.")
    return told
