"""Pose the planning problem of this moment: window, demand, prices, weather, tariff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from chocolate_factory.core.errors import Infeasible, OutOfTime, UsageError
from chocolate_factory.domain.assets_builder import assets_of
from chocolate_factory.domain.demand import unplanned
from chocolate_factory.domain.factory import ContractKind, Factory
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.freezing import still_held
from chocolate_factory.domain.month_so_far import MonthSoFar
from chocolate_factory.domain.normals import hourly_normals
from chocolate_factory.domain.pinned import pin, rest_only, stranded
from chocolate_factory.domain.plan import Climate, Wanted
from chocolate_factory.domain.plan_answer import PlanFacts
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.problem import Problem
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.series import FloatArray, on_grid
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, epoch, hours_over, planning_window
from chocolate_factory.domain.standing import NOTHING_BEGUN, Frozen, Standing
from chocolate_factory.domain.tariff.excess import excess_groups, power_cap_kw
from chocolate_factory.domain.tariff.stack import Market, PriceStack, price_stack
from chocolate_factory.services.choose_model import serving_model, serving_versions, weights_of
from chocolate_factory.services.forecast_prices import ForecastRequest, forecast_prices
from chocolate_factory.services.freeze_runs import NO_LONGER_WANTED, NO_PLACE, freeze_runs
from chocolate_factory.services.month_so_far import month_so_far
from chocolate_factory.services.pose_assets import asset_facts, asset_notes
from chocolate_factory.services.pose_carbon import carbon_note, read_carbon_of
from chocolate_factory.services.read_normals import read_normals
from chocolate_factory.services.read_production import Past, in_order, read_past, stand, told_of

MAX_DAYS = 14
REST_SECONDS = 2.0
SERIES_OF = {ContractKind.INDEXED: "spot", ContractKind.PVPC: "pvpc"}
"""What a contract follows; one with fixed prices follows nothing."""


def series_shown(factory: Factory) -> str:
    """The price series that is shown where none is named: the contract's own, or else the market's."""
    return SERIES_OF.get(factory.contract.kind) or "spot"


@dataclass(frozen=True)
class Case:
    """A posed problem and all that explains it; `facts.factory` has the machines out of order away."""

    now: datetime
    wanted: tuple[Wanted, ...]
    climate: Climate
    stack: PriceStack
    problem: Problem
    known_until: datetime | None
    facts: PlanFacts
    standing: Standing = NOTHING_BEGUN
    posed: Posed | None = None
    weights: dict[str, object] | None = None


@dataclass(frozen=True, eq=False)
class Posed:
    """How a case came about: its inputs, what led to its moment, and why runs that were to stay may not.

    `released` tells by batch why what starts soon is not kept as the standing plan has it.
    """

    inputs: ProblemInputs
    past: Past
    released: Mapping[str, str]


def pose_problem(ports: Ports, days: int, *, allow_late: bool, freeze: bool = True) -> Case:
    """The problem as it is known at `ports.clock()`; DataMissing where prices are missing.

    With `freeze` the runs of the standing plan that start soon stay where they are.
    """
    if not 1 <= days <= MAX_DAYS:
        raise UsageError(f"--days {days} is out of range.", f"Plan 1 to {MAX_DAYS} days.")
    now, factory = ports.clock(), ports.factory
    window = planning_window(now, days, factory.site.timezone)
    weights = weights_now(ports)
    forecast = market_forecast(ports, window)
    stack = stack_of(factory, window, forecast)
    climate = read_climate(ports, window, now)
    past = read_past(ports, window.start)
    month = month_so_far(ports, window)
    carbon = read_carbon_of(ports, window)
    sun = asset_facts(ports, window, forecast, past.plans)
    inputs = ProblemInputs(
        factory=in_order(ports, past),
        window=window,
        price_eur_kwh=stack.all_in_eur_kwh + (carbon.weight_eur_kwh if carbon else 0.0),
        excess=excess_groups(factory.contract, window, PLAN_MINUTES, month.already_kw if month else {}),
        climate=climate,
        wanted=(),
        power_cap_kw=power_cap_kw(factory.contract, window.starts(PLAN_MINUTES)),
        allow_late=allow_late,
        assets=None if sun is None else assets_of(factory, window, sun),
    )
    minutes = ports.replanning.freeze_minutes if freeze else 0
    frozen = freeze_runs(past, window, now, minutes)
    problem, standing, released = pinned_problem(ports, past, inputs, frozen)
    told = [*assumptions(factory, stack, climate, month), *told_of(ports, past, standing, window.start)]
    told += [*asset_notes(ports, sun), *carbon_note(carbon), *unplanned(factory, window)]
    facts = PlanFacts(inputs.factory, now, ports.sample, forecast, stack, told, sun, carbon, month)
    known_until = forecast.known_until if forecast else None
    posed = Posed(inputs, past, released)
    return Case(now, standing.wanted, climate, stack, problem, known_until, facts, standing, posed, weights)


def released(ports: Ports, case: Case, why: str) -> Case:
    """The case with nothing held of what has not begun."""
    if case.posed is None:
        return case
    inputs, past = case.posed.inputs, case.posed.past
    problem, standing, _ = pinned_problem(ports, past, inputs, ())
    freed = {tail.batch: why for tail in case.standing.tails if tail.held}
    posed = replace(case.posed, released={**case.posed.released, **freed})
    return replace(case, problem=problem, standing=standing, wanted=standing.wanted, posed=posed)


def pinned_problem(
    ports: Ports, past: Past, inputs: ProblemInputs, frozen: Sequence[Frozen]
) -> tuple[Problem, Standing, dict[str, str]]:
    """The problem of what is still to be made, what has begun and what is frozen in its place.

    What is frozen and breaks a rule there, or keeps what has begun from going on, is released; the last
    result says why, by batch. A batch whose rest has no place within the rules is given up, and made anew
    where it is still wanted.
    """
    lost: frozenset[str] = frozenset()
    released: dict[str, str] = {}
    while True:
        kept = [batch for batch in frozen if batch.batch not in {*released, *lost}]
        found = stand(ports, past, inputs.window, lost, kept)
        tails = {tail.batch for tail in found.tails}
        why = {batch.batch: NO_LONGER_WANTED for batch in kept if batch.batch not in tails}
        site = (inputs.climate, load_cap(inputs))
        why |= still_held(inputs.factory, inputs.window, found, site)[1]
        if why:
            released |= why
            continue
        problem = pin(build_problem(replace(inputs, wanted=found.wanted)), found)
        batch = stranded(problem, found.tails)
        if batch is None or can_go_on(ports, rest_only(problem, found.tails)):
            return problem, found, released
        names = [tail.batch for tail in found.tails if tail.held]
        if names:
            released[batch if batch in names else names[-1]] = NO_PLACE
        else:
            lost |= {batch}


def load_cap(inputs: ProblemInputs) -> FloatArray | None:
    """The limit on what runs and auxiliary loads draw; none where battery or array give a part of it."""
    return inputs.power_cap_kw if inputs.assets is None else None


def can_go_on(ports: Ports, rest: Problem) -> bool:
    """Whether all that has begun has a place; what is under way is given up only where that is proven."""
    try:
        ports.planner.solve(rest, REST_SECONDS)
    except OutOfTime:
        return True
    except Infeasible:
        return False
    return True


def weights_now(ports: Ports) -> dict[str, object] | None:
    """Model and version that forecast the price of the contract; None where the contract fixes it."""
    series = SERIES_OF.get(ports.factory.contract.kind)
    if series is None:
        return None
    model = serving_model(ports, series)
    versions = serving_versions(ports.registry, series, model, ports.clock())
    return {"model": model, "version": versions[0].number if versions else None}


def market_forecast(ports: Ports, window: Window) -> Forecast | None:
    """Market prices of the window, published slots first; None where the contract fixes the price."""
    series = SERIES_OF.get(ports.factory.contract.kind)
    if series is None:
        return None
    forecaster = ports.forecasters[serving_model(ports, series)]()
    request = ForecastRequest(series, window, PLAN_MINUTES)
    return forecast_prices(request, ports.store, forecaster, ports.clock(), weights_of(ports.registry))


def stack_of(factory: Factory, window: Window, forecast: Forecast | None) -> PriceStack:
    """What the site pays in each slot of the window."""
    market = Market()
    if forecast is not None:
        market = Market(**{forecast.series: forecast.price})
    return price_stack(factory.contract, window.starts(PLAN_MINUTES), PLAN_MINUTES, market)


def read_climate(ports: Ports, window: Window, now: datetime) -> Climate:
    """Outdoor temperature and humidity of each slot as known at `now`.

    Forecast where one reaches, climate normals of the hour elsewhere (labelled by their count), NaN where the
    site has no climate history either.
    """
    columns = [
        on_grid(ports.store.read(key, hours_over(window), now), window, PLAN_MINUTES)
        for key in ("temperature_forecast", "humidity_forecast")
    ]
    dark = np.isnan(columns[0]) | np.isnan(columns[1])
    normals = read_normals(ports.store, now) if dark.any() else None
    if normals is None:
        return Climate(tuple(columns[0].tolist()), tuple(columns[1].tolist()), unknown=int(dark.sum()))
    site, hours = ports.factory.site, hours_over(window)
    offset = (epoch(window.start) - epoch(hours.start)) // (60 * PLAN_MINUTES)
    normal = [
        np.repeat(values, 60 // PLAN_MINUTES)[offset : offset + len(dark)]
        for values in hourly_normals(normals, site.latitude, site.longitude, hours)
    ]
    filled = [np.where(dark, normal[n], columns[n]) for n in range(2)]
    unknown = np.isnan(filled[0]) | np.isnan(filled[1])
    return Climate(
        tuple(filled[0].tolist()),
        tuple(filled[1].tolist()),
        estimated=int((dark & ~unknown).sum()),
        unknown=int(unknown.sum()),
    )


def assumptions(factory: Factory, stack: PriceStack, climate: Climate, month: MonthSoFar | None) -> list[str]:
    """Every sentence that stands where a fact is missing."""
    told = [*factory.assumptions, *stack.assumptions, *(month.notes if month else ())]
    if climate.estimated:
        hours = climate.estimated * PLAN_MINUTES / 60
        told.append(f"No weather forecast for {hours:g} h of the window: climate normals are taken there.")
    if climate.unknown:
        hours = climate.unknown * PLAN_MINUTES / 60
        told.append(
            f"No weather forecast for {hours:g} h of the window: no climate limits and no cooling there."
        )
    return list(dict.fromkeys(told))
