"""Pose the planning problem of this moment: window, demand, prices, weather, tariff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import ContractKind, Factory
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.plan import Climate, Wanted
from chocolate_factory.domain.plan_answer import PlanFacts
from chocolate_factory.domain.ports import Ports, Store
from chocolate_factory.domain.problem import Problem
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.series import on_grid
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, hours_over, planning_window
from chocolate_factory.domain.tariff.excess import excess_groups, power_cap_kw
from chocolate_factory.domain.tariff.stack import Market, PriceStack, price_stack
from chocolate_factory.services.forecast_prices import ForecastRequest, forecast_prices

MAX_DAYS = 14
SERIES_OF = {ContractKind.INDEXED: "spot", ContractKind.PVPC: "pvpc"}
NO_LOG = "No production log yet: the plant is taken as idle and without known stock when the window starts."
NO_METER = "Excess power earlier in the month is not known and taken as none."


@dataclass(frozen=True)
class Case:
    """A posed problem and all that explains it."""

    now: datetime
    wanted: tuple[Wanted, ...]
    climate: Climate
    stack: PriceStack
    problem: Problem
    known_until: datetime | None
    facts: PlanFacts


def pose_problem(ports: Ports, days: int, *, allow_late: bool) -> Case:
    """The problem as it is known at `ports.clock()`; DataMissing where prices are missing."""
    if not 1 <= days <= MAX_DAYS:
        raise UsageError(f"--days {days} is out of range.", f"Plan 1 to {MAX_DAYS} days.")
    now, factory = ports.clock(), ports.factory
    window = planning_window(now, days, factory.site.timezone)
    forecast = market_forecast(ports, window)
    stack = stack_of(factory, window, forecast)
    climate = read_climate(ports.store, window, now)
    wants = wanted(factory, window)
    inputs = ProblemInputs(
        factory=factory,
        window=window,
        price_eur_kwh=stack.all_in_eur_kwh,
        excess=excess_groups(factory.contract, window, PLAN_MINUTES, {}),
        climate=climate,
        wanted=wants,
        power_cap_kw=power_cap_kw(factory.contract, window.starts(PLAN_MINUTES)),
        allow_late=allow_late,
    )
    facts = PlanFacts(factory, now, ports.sample, forecast, stack, assumptions(factory, stack, climate))
    known_until = forecast.known_until if forecast else None
    return Case(now, wants, climate, stack, build_problem(inputs), known_until, facts)


def market_forecast(ports: Ports, window: Window) -> Forecast | None:
    """Market prices of the window, published slots first; None where the contract fixes the price."""
    series = SERIES_OF.get(ports.factory.contract.kind)
    if series is None:
        return None
    forecaster = ports.forecasters[ports.forecaster]()
    return forecast_prices(
        ForecastRequest(series, window, PLAN_MINUTES), ports.store, forecaster, ports.clock()
    )


def stack_of(factory: Factory, window: Window, forecast: Forecast | None) -> PriceStack:
    """What the site pays in each slot of the window."""
    market = Market()
    if forecast is not None:
        market = Market(**{forecast.series: forecast.price})
    return price_stack(factory.contract, window.starts(PLAN_MINUTES), PLAN_MINUTES, market)


def read_climate(store: Store, window: Window, now: datetime) -> Climate:
    """Forecast outdoor temperature and humidity of each slot, NaN where none reaches."""
    columns = [
        on_grid(store.read(key, hours_over(window), now), window, PLAN_MINUTES)
        for key in ("temperature_forecast", "humidity_forecast")
    ]
    unknown = int(np.sum(np.isnan(columns[0]) | np.isnan(columns[1])))
    return Climate(tuple(columns[0].tolist()), tuple(columns[1].tolist()), unknown)


def assumptions(factory: Factory, stack: PriceStack, climate: Climate) -> list[str]:
    """Every sentence that stands where a fact is missing."""
    told = [*factory.assumptions, *stack.assumptions, NO_LOG]
    if factory.contract.access_tariff != "2.0TD":
        told.append(NO_METER)
    if climate.assumed:
        hours = climate.assumed * PLAN_MINUTES / 60
        told.append(
            f"No weather forecast for {hours:g} h of the window: no climate limits and no cooling there."
        )
    return list(dict.fromkeys(told))
