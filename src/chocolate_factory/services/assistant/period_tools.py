"""The tool on what energy costs in each tariff period of some days."""

from __future__ import annotations

import numpy as np

from chocolate_factory.domain.facts import NAME, Fact
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.tariff.calendar import energy_periods
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.price_days import span_of, tell_sources, tell_span
from chocolate_factory.services.assistant.price_tools import numbered
from chocolate_factory.services.paid_prices import paid_prices


def period_prices(ports: Ports, asked: Asked, told: Told) -> None:
    """The mean price paid in each tariff period of a day or some days, or in the one asked for."""
    tariff, window = ports.factory.contract.access_tariff, span_of(ports, asked)
    prices = paid_prices(ports, window)
    (es, en), facts = tell_span(ports, asked, told, window)
    named = told.fact("tariff", tariff, NAME, ("tarifa", "tariff"))
    told.say(f"{es}, por periodos de la tarifa {{tariff}}:", f"{en}, by periods of the tariff {{tariff}}:",
             tariff=named, **facts)  # fmt: skip
    wanted = numbered(told, tariff, asked.period)
    periods, known = energy_periods(tariff, prices.start), np.isfinite(prices.paid)
    there = [f"P{one}" for one in np.unique(periods).tolist()]
    if wanted and wanted not in there:
        absent = told.fact("period", wanted, NAME, ("periodo", "period"))
        told.lack("En ese tiempo no hay {period}.", "There is no {period} in that time.", period=absent)
        return
    for name in [wanted] if wanted else there:
        tell_period(told, name, prices.paid[known & (periods == int(name[1:]))])
    tell_sources(told, prices, known, False)


def tell_period(told: Told, name: str, paid: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    """The mean of the known quarter-hours of a period, EUR/kWh, and how many hours they are."""
    key = name.lower()
    facts: dict[str, Fact | str] = {"period": told.fact(key, name, NAME, ("periodo", "period"))}
    if not len(paid):
        told.lack("{period}: sin precios.", "{period}: no prices.", **facts)
        return
    facts["mean"] = told.fact(f"{key}_mean", float(paid.mean()), "EUR/kWh", ("media pagada", "mean paid"))
    facts["hours"] = told.fact(f"{key}_hours", len(paid) / 4, "h", ("horas", "hours"))
    told.say("{period}: {mean} de media en {hours}.", "{period}: {mean} on average over {hours}.", **facts)
