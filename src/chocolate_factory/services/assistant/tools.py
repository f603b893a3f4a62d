"""The registry of tools, and calling one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chocolate_factory.core.errors import ChocolateError, NotAllowed, UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.roles import LEAST, Act, Caller
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant import (
    compare_tools,
    data_tools,
    document_tools,
    network_tools,
    period_tools,
    plan_tools,
    plant_tools,
    price_days,
    price_tools,
    site_tools,
)
from chocolate_factory.services.assistant.asked import Asked, Tool, asked_from
from chocolate_factory.services.assistant.lack_words import lack_words
from chocolate_factory.services.assistant.what_if_tools import what_if_tool

LISTED = (
    Tool("time_now", "Day and time at the site.", "Día y hora en la planta.", (), site_tools.time_now),
    Tool("current_price", "Price the site pays now and from the next hour on.",
         "Precio de ahora y de la próxima hora.", (), price_tools.current_price),
    Tool("price_at", "Price at a wall time of a day.",
         "Precio a una hora de un día.", ("day", "at"), price_tools.price_at),
    Tool("day_prices", "Prices of a local day, of hours of it or of days up to `last`: mean, cheapest, "
         "dearest, negative hours, what is missing.",
         "Precios de un día, de unas horas suyas o de varios días: media, mínimo, máximo, horas negativas, "
         "huecos.",
         ("day", "since", "until", "last"), price_days.day_prices),
    Tool("compare_prices", "Which is dearer by how much: a day, hours of it or days (`day`, `since`, "
         "`until`, `last`) against others (`than`, `than_since`, `than_until`, `than_last`), or two times "
         "of a day (`at`, `than_at`).",
         "Qué es más caro y cuánto: días o partes de un día contra otros, o dos horas de un día.",
         ("day", "since", "until", "last", "at", "than", "than_since", "than_until", "than_last", "than_at"),
         compare_tools.compare_prices),
    Tool("period_prices", "Mean price paid in each tariff period of a day, hours of it, or days to `last`.",
         "Precio medio en cada periodo tarifario de un día o de varios.",
         ("day", "since", "until", "last", "period"), period_tools.period_prices),
    Tool("price_forecast", "Forecast of market prices by day with its band.",
         "Previsión de precios de mercado por día, con banda.",
         ("series", "day"), price_tools.price_forecast),
    Tool("windows", "Cheapest and dearest window of some hours ahead: of a day, hours of it, or some days.",
         "Mejor y peor ventana de unas horas, de un día, una parte suya o varios días.",
         ("hours", "day", "since", "until", "last", "rank"), price_days.windows),
    Tool("machine_windows", "Cheapest and dearest time ahead to run a machine, with energy and cost; without "
         "hours for the lengths of its steps.",
         "Cuándo sale más barata y más cara una máquina, con su energía y su coste.",
         ("machine", "hours", "day", "since", "until", "last"), plant_tools.machine_windows),
    Tool("tariff_periods", "Tariff periods (P1 to P6) of a day by the hour; today until when it lasts.",
         "Periodos tarifarios (P1 a P6) de un día; hoy, también hasta cuándo dura el de ahora.",
         ("day",), price_tools.tariff_periods),
    Tool("advice_now", "Run now or wait, what runs, what comes next; with `than` what the rest of today "
         "costs beside that day, with a machine only what runs on it.",
         "Producir ahora o esperar, y qué viene después; lo que queda de hoy frente a otro día.",
         ("than", "machine"), plan_tools.advice_now),
    Tool("plan_summary", "The plan in force: cost, energy, saving, batches.",
         "El plan vigente: coste, energía, ahorro, lotes.", (), plan_tools.plan_summary),
    Tool("plan_runs", "Runs of the plan by day, hours of it, days up to `last`, machine, product or batch, "
         "with energy, cost and what is finished; or only the first or last batch.",
         "Pasos del plan por día, parte del día, máquina, producto o lote, su energía, su coste y lo que se "
         "acaba; o el primer o el último lote.",
         ("day", "since", "until", "last", "machine", "product", "batch", "which"), plan_tools.plan_runs),
    Tool("plan_load", "Power that the plan draws now and at its highest, beside what is contracted; excess.",
         "Potencia del plan ahora y en su pico, frente a la contratada; excesos.",
         ("day", "since", "until", "last"), plant_tools.plan_load),
    Tool("plan_carbon", "CO2 of the plan in force.", "CO2 del plan vigente.", (), plant_tools.plan_carbon),
    Tool("batch_costs", "Energy and its cost of a batch and of a kilogram of each product, by the plan.",
         "Energía y su coste por lote y por kilo de cada producto, según el plan.",
         ("product",), plant_tools.batch_costs),
    Tool("why_batch", "Why a batch runs when it does; without a name the next one.",
         "Por qué un lote va a esa hora; sin nombre, el próximo.", ("batch",), plan_tools.why_batch),
    Tool("what_if", "What the plan in force would cost with something changed; solved again, stored nowhere.",
         "Qué costaría el plan vigente si algo cambiara.", ("changes",), what_if_tool, Act.WHAT_IF),
    Tool("orders", "What is to be delivered in the coming week, on a day, or on days up to `last`.",
         "Qué hay que entregar esta semana, un día o varios.", ("day", "last", "product"), plan_tools.orders),
    Tool("stock", "Finished goods in stock, as far as counted or reported.",
         "Existencias de producto terminado.", ("product",), plant_tools.stock),
    Tool("shifts", "Shifts of a day or the coming week, holidays of the site.",
         "Turnos de un día o de la semana, y festivos.", ("day",), plant_tools.shifts),
    Tool("savings", "What planning has saved, settled and provisional; with a day, or days up to `last`, "
         "what each week of them cost and saved.",
         "Cuánto se ha ahorrado, liquidado y provisional; de unos días, lo que costó y ahorró cada semana.",
         ("month", "days", "day", "last"), site_tools.savings),
    Tool("bill", "Electricity bill of a month.",
         "Factura de un mes.", ("month",), site_tools.bill),
    Tool("factory_facts", "The plant: machines, power, products, contract.",
         "La planta: máquinas, potencia, productos, contrato.",
         ("machine", "product"), site_tools.factory_facts),
    Tool("weather", "Weather at the site now and the forecast of a day: temperature, rain, wind, humidity.",
         "Tiempo en la planta ahora y previsto: temperatura, lluvia, viento, humedad.",
         ("day", "quantity"), data_tools.weather),
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
    Tool("search_documents", "Passages of the documents: what words and figures mean, how things are done or "
         "computed, rules and settings, why it is built so. Never for live figures.",
         "Pasajes de los documentos: qué significa algo, cómo se hace o se calcula, reglas y ajustes.",
         ("query",), document_tools.search_documents),
    Tool("network_nodes", "Machines of the private network (Tailscale), which are online, last seen.",
         "Máquinas de la red privada (Tailscale), en línea o vistas por última vez.",
         (), network_tools.network_nodes, Act.READ_NODES),
    Tool("network_connections", "Who is connected: machines with traffic to this one, of whom, by what path.",
         "Quién está conectado: máquinas con tráfico con esta, de quién, por dónde.",
         (), network_tools.network_connections, Act.READ_NODES),
    Tool("network_whois", "Whose an IP address of the private network is.",
         "De quién es una dirección IP de la red privada.",
         ("address",), network_tools.network_whois, Act.READ_NODES),
    Tool("certificates", "Certificates of this machine in the private network, and when they end.",
         "Certificados de esta máquina en la red privada y cuándo caducan.",
         (), network_tools.certificates, Act.READ_NODES),
)  # fmt: skip
TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in LISTED}
"""Every tool by its name; all of them only read."""

PRIVATE = frozenset(tool.name for tool in LISTED if tool.act is Act.READ_NODES)
"""Tools that tell of people and their machines: no language model is told of them or by them."""


def offered(ports: Ports, caller: Caller) -> tuple[Tool, ...]:
    """The tools that a caller may use here; those on the private network where this machine has one."""
    there = ports.network is not None and ports.network.is_there()
    return tuple(
        tool for tool in LISTED if caller.may(LEAST[tool.act]) and (there or tool.name not in PRIVATE)
    )


def call_tool(ports: Ports, name: str, given: Mapping[str, Any] | Asked, caller: Caller) -> Told:
    """What a tool tells a caller; where data is missing it says what and why instead of raising.

    Raises UsageError for an unknown tool or an argument that it cannot take, NotAllowed for a caller whose
    role the tool does not take; a store that fails is an error.
    """
    tool = TOOLS.get(name)
    if tool is None:
        raise UsageError(f"There is no tool {name[:40]!r}.", f"Tools: {', '.join(TOOLS)}.")
    if not caller.may(LEAST[tool.act]):
        raise NotAllowed(f"{name} takes the role {LEAST[tool.act]}.")
    asked = given if isinstance(given, Asked) else asked_from(tool, given)
    told = Told(name, ports.clock(), ports.factory.site.timezone, ports.sample)
    try:
        tool.run(ports, asked, told)
    except ChocolateError as error:
        if error.status not in {400, 404, 409}:
            raise
        told.lack(*lack_words(error))
    return told
