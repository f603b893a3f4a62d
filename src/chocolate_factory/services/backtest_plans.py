"""Weeks of the plant planned anew each day on forecasts as they were known, beside baseline and hindsight."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.backtest import USUAL, Runner, Told, Track
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.ledger_weeks import week_at
from chocolate_factory.domain.plan import Climate
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, Series, on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import (
    PLAN_MINUTES,
    Window,
    days_between,
    epoch,
    hours_over,
    local_date,
    local_midnight,
    local_moment,
    next_slot,
)
from chocolate_factory.services.backtest_forecasts import Backtest, Progress
from chocolate_factory.services.pose_problem import SERIES_OF, read_climate
from chocolate_factory.services.replan_week import (
    BASELINE,
    HINDSIGHT,
    Belief,
    Piece,
    Plant,
    carry_out,
)
from chocolate_factory.services.week_record import ArmWeek, arm_json, arm_of

Row = dict[str, Any]

HOUR = 3600


@dataclass(frozen=True)
class PlansRequest:
    """Weeks wholly from `first` to `last`, local days, planned by each of `models`.

    `seconds` are of each daily planning, `hindsight_s` of the optimum on the prices that came true.
    """

    first: date
    last: date
    models: tuple[str, ...]
    seconds: float = 2.0
    hindsight_s: float = 10.0


class KeptWeeks(Protocol):
    """Finished pieces of earlier runs."""

    def get(self, name: str, digest: str) -> list[Row] | None:
        """What is kept under a name, if it came of the same inputs, which `digest` stands for."""
        ...

    def put(self, name: str, digest: str, rows: list[Row]) -> None:
        """Keep it, instead of what there was under that name."""
        ...


@dataclass(frozen=True)
class PlansBench:
    """Who carries out the weeks, where finished ones are kept, and which version of the code this is."""

    runner: Runner
    kept: KeptWeeks
    code: str


@dataclass(frozen=True, eq=False)
class Week:
    """A week's arms by name; `truth` is the market price that came true in each slot, EUR/MWh, shape (T,)."""

    window: Window
    climate: Climate
    truth: FloatArray
    arms: Mapping[str, ArmWeek]


@dataclass(frozen=True, eq=False)
class PlannedWeeks:
    """Whole weeks in order; why the others are left out for all arms, by their first local day."""

    request: PlansRequest
    track: Track
    weeks: tuple[Week, ...]
    left_out: Mapping[date, str]
    code: str
    reused: int


def track_of(factory: Factory) -> Track:
    """The gate at which the plant's prices of tomorrow have just come; UsageError where there is none."""
    if factory.battery or factory.pv:
        raise UsageError(
            "A back-test of plans does not play a battery or an array.",
            "Take them out of a copy of the factory file.",
        )
    series = SERIES_OF.get(factory.contract.kind)
    if series is None:
        raise UsageError(
            "The contract fixes its prices: there is nothing to forecast.",
            "A back-test of plans needs a contract of kind indexed or pvpc.",
        )
    return USUAL[series]


def weeks_within(factory: Factory, first: date, last: date) -> list[Window]:
    """The plant's settled weeks with all their gates from first to last, local days.

    Raises UsageError where nothing is due every week.
    """
    if all(entry.due_date is not None for entry in factory.demands):
        raise UsageError("No demand of the factory file repeats every week.", "Add one with `every`.")
    zone, gate = factory.site.timezone, track_of(factory)
    weeks, week = [], week_at(factory, local_midnight(first, zone))
    while local_date(week.end, zone) <= last:
        if local_date(gates_of(week, gate)[0], MARKET_ZONE) >= first:
            weeks.append(week)
        week = week_at(factory, week.end)
    return weeks


def gates_of(week: Window, track: Track) -> list[datetime]:
    """When a week is planned: at the last gate before it begins, and at every gate inside."""
    first, last = (local_date(at, MARKET_ZONE) for at in (week.start, week.end))
    gates = [
        local_moment(day, track.gate, MARKET_ZONE) for day in days_between(first - timedelta(days=1), last)
    ]
    begun = [at for at in gates if at <= week.start]
    return [begun[-1], *(at for at in gates if week.start < at < week.end)]


def days_that_plan(weeks: Sequence[Window], track: Track) -> tuple[date, date]:
    """First and last day of origin of these weeks; UsageError where there is no week."""
    if not weeks:
        raise UsageError("No whole week of the plant lies within these days.", "Widen --from and --to.")
    return (
        local_date(gates_of(weeks[0], track)[0], MARKET_ZONE),
        local_date(gates_of(weeks[-1], track)[-1], MARKET_ZONE),
    )


def backtest_plans(
    request: PlansRequest, ports: Ports, test: Backtest, bench: PlansBench, progress: Progress
) -> PlannedWeeks:
    """Every week by every model, with finished pieces taken from `bench.kept`.

    What was refused is not kept: more time may find a plan.
    `test` has what the models told at the gates. A week that a model cannot plan, or whose prices are not all
    known, is left out for all.
    """
    factory = ports.factory
    track = track_of(factory)
    weeks = weeks_within(factory, request.first, request.last)
    found = {week: posed_week(week, ports, test, request) for week in weeks}
    pieces = [piece for one in found.values() if not isinstance(one, str) for piece in one[1]]
    plant = Plant(factory, track.series, ports.planner)
    digests = {piece: digest_of(piece, f"{bench.code} {ports.factory_text}") for piece in pieces}
    done: dict[Window, dict[str, ArmWeek]] = {week: {} for week in weeks}
    left = []
    for piece in pieces:
        kept = bench.kept.get(name_of(piece), digests[piece]) or []
        left += [] if kept else [piece]
        done[piece.window] |= {arm.arm: arm for arm in map(arm_of, kept)}
    finished = reused = len(pieces) - len(left)
    progress(finished, len(pieces), "plans")
    by_place = {(piece.window.start, piece.arm): piece for piece in left}
    for arms in bench.runner(carry_out, plant, left):
        piece = by_place[arms[0].start, arms[0].arm]
        if not any(arm.refused for arm in arms):
            bench.kept.put(name_of(piece), digests[piece], [arm_json(arm) for arm in arms])
        done[piece.window] |= {arm.arm: arm for arm in arms}
        finished += 1
        progress(finished, len(pieces), name_of(piece))
    return gathered(request, (found, done), track, (factory.site.timezone, bench.code, reused))


PosedWeek = tuple[Week, list[Piece]] | str


def gathered(
    request: PlansRequest,
    found: tuple[Mapping[Window, PosedWeek], Mapping[Window, Mapping[str, ArmWeek]]],
    track: Track,
    about: tuple[str, str, int],
) -> PlannedWeeks:
    """The weeks with their arms, and those that are left out."""
    zone, code, reused = about
    weeks, left_out = [], {}
    for window, posed in found[0].items():
        day = local_date(window.start, zone)
        if isinstance(posed, str):
            left_out[day] = posed
            continue
        arms = found[1][window]
        refused = next((f"{name}: {arm.refused}" for name, arm in arms.items() if arm.refused), "")
        if refused:
            left_out[day] = refused
        else:
            weeks.append(replace(posed[0], arms=arms))
    return PlannedWeeks(request, track, tuple(weeks), left_out, code, reused)


def posed_week(week: Window, ports: Ports, test: Backtest, request: PlansRequest) -> PosedWeek:
    """A week and its pieces, or why it is left out.

    Weather is what was known at the first gate, the same for all arms.
    """
    track = track_of(ports.factory)
    truth = on_grid(test.truth[track.series].within(hours_over(week)), week, PLAN_MINUTES)
    if np.isnan(truth).any():
        return "a price of the week is not known"
    gates = gates_of(week, track)
    climate = read_climate(ports, week, gates[0])
    known = ports.store.revisions(track.series, hours_over(week))
    told = {(one.origin.day, one.origin.model): one for one in test.told if one.origin.track == track}
    pieces = [Piece(HINDSIGHT, week, climate, (Belief(gates[0], week.start, truth),), request.hindsight_s)]
    for model in request.models:
        beliefs = []
        for at in gates:
            belief = believed(week, at, known, told.get((local_date(at, MARKET_ZONE), model)))
            if isinstance(belief, str):
                return f"{model}: {belief}"
            beliefs.append(belief)
        pieces.append(Piece(model, week, climate, tuple(beliefs), request.seconds))
    return Week(week, climate, truth, {}), pieces


def believed(week: Window, at: datetime, known: Series, told: Told | None) -> Belief | str:
    """Prices from a gate to the week's end: published ones then, the forecast elsewhere; or what lacks."""
    if told is None or told.refused:
        return told.refused if told else f"{local_date(at, MARKET_ZONE)} is not a day of origin"
    window = Window(max(week.start, next_slot(at)), week.end)
    published = on_grid(known.known_at(at).latest_revision().within(hours_over(window)), window, PLAN_MINUTES)
    hours = window.starts(PLAN_MINUTES) // HOUR * HOUR
    place = np.minimum(np.searchsorted(told.start, hours), len(told.start) - 1)
    forecast = np.where(told.start[place] == hours, told.price[place], np.nan)
    market = np.where(np.isnan(published), forecast, published)
    if np.isnan(market).any():
        return f"told nothing of some hours on {local_date(at, MARKET_ZONE)}"
    return Belief(at, window.start, market)


def name_of(piece: Piece) -> str:
    """What a piece is kept under, e.g. `20260307T1300-boosting`."""
    return f"{piece.window.start:%Y%m%dT%H%M}-{piece.arm}"


def digest_of(piece: Piece, of: str) -> str:
    """A digest of all that the arms of a piece depend on, `of` being code and factory file."""
    text = f"{of} {piece.arm} {piece.seconds} {epoch(piece.window.start)} {epoch(piece.window.end)}"
    found = hashlib.sha256(text.encode())
    for column in (piece.climate.temperature_c, piece.climate.humidity_rh):
        found.update(np.array(column, np.float64).tobytes())
    for belief in piece.beliefs:
        found.update(f"{epoch(belief.at)} {epoch(belief.start)}".encode() + belief.market.tobytes())
    return found.hexdigest()


def arms_of(planned: PlannedWeeks) -> tuple[str, ...]:
    """Every arm in the order of a table."""
    return (BASELINE, *planned.request.models, HINDSIGHT)
