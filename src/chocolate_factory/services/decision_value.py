"""What forecasts are worth to a load that may wait: weeks planned on what was known, paid as it came true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

import numpy as np

from chocolate_factory.domain import scores
from chocolate_factory.domain.backtest import USUAL, Told, Track
from chocolate_factory.domain.movable_load import (
    RUN_HOURS,
    RUNS,
    Starts,
    View,
    captured,
    carried_out,
    cheapest,
    cost_eur,
    days_that_plan,
    energy_kwh,
    shifts,
    violations,
    week_hours,
    week_window,
    weeks_planned_on,
)
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.series import FloatArray, Series, on_grid
from chocolate_factory.domain.slots import Window, days_between, epoch, hours_over, next_slot
from chocolate_factory.services.backtest_forecasts import Backtest
from chocolate_factory.services.backtest_report import OF_KIND, first_refusal, number

Row = dict[str, Any]

HOUR = 60
BASELINE, HINDSIGHT = "baseline", "hindsight"


@dataclass(frozen=True, eq=False)
class Week:
    """A week's runs by arm: the baseline, hindsight, and each model by name. `truth` (hours of the week,)."""

    monday: date
    truth: FloatArray
    arms: Mapping[str, Starts]

    def cost(self, arm: str) -> float:
        """What an arm paid, EUR for 1 kW."""
        return cost_eur(self.truth, self.arms[arm])

    def energy(self, arm: str) -> int:
        """What an arm used, kWh for 1 kW."""
        return energy_kwh(self.arms[arm], len(self.truth))

    def broken(self, arm: str) -> int:
        """How many rules an arm broke."""
        return violations(self.arms[arm], len(self.truth))


@dataclass(frozen=True, eq=False)
class Decided:
    """Whole weeks of a track in order, and why the others are left out for all models, by their Monday."""

    models: tuple[str, ...]
    weeks: tuple[Week, ...]
    left_out: Mapping[date, str]

    def planned_within(self, first: date, last: date) -> Decided:
        """The weeks all of whose planning days are from `first` to `last`, and those that lost some."""
        days = set(days_between(first, last))
        return replace(
            self,
            weeks=tuple(week for week in self.weeks if days.issuperset(days_that_plan(week.monday))),
            left_out={
                **{
                    week.monday: "not all days that plan it are days of origin"
                    for week in self.weeks
                    if 0 < len(days.intersection(days_that_plan(week.monday))) < 7
                },
                **{
                    monday: reason
                    for monday, reason in self.left_out.items()
                    if days.intersection(days_that_plan(monday))
                },
            },
        )


def decide(test: Backtest, store: Store) -> dict[Track, Decided]:
    """Every week of every track at its usual gate, planned anew each day by each model.

    A week is planned at seven gates, from the Sunday before to Saturday, on the prices published then and
    the model's point forecast beyond; hours that have begun are past, a run that has started stays. A week
    that a model cannot plan, or whose prices are not all known, is left out for all.
    """
    return {
        track: decide_track(test, store, track) for track in test.request.tracks if track in USUAL.values()
    }


def decide_track(test: Backtest, store: Store, track: Track) -> Decided:
    """The weeks of one track."""
    by_day: dict[date, dict[str, Told]] = {}
    for told in test.told:
        if told.origin.track == track:
            by_day.setdefault(told.origin.day, {})[told.origin.model] = told
    models = test.request.judged
    mondays = weeks_planned_on(list(by_day))
    if not mondays:
        return Decided(models, (), {})
    reach = Window(week_window(mondays[0]).start, week_window(mondays[-1]).end)
    knowledge = store.revisions(track.series, hours_over(reach))
    weeks, left_out = [], {}
    for monday in mondays:
        found = plan_week(monday, by_day, models, (knowledge, test.truth[track.series]))
        if isinstance(found, str):
            left_out[monday] = found
        else:
            weeks.append(found)
    return Decided(models, tuple(weeks), left_out)


def plan_week(
    monday: date,
    by_day: Mapping[date, Mapping[str, Told]],
    models: Sequence[str],
    series: tuple[Series, Series],
) -> Week | str:
    """A week's arms, or why it is left out; `series` are all revisions and the truth."""
    days = days_that_plan(monday)
    if any(day not in by_day for day in days):
        return "not all days that plan it are days of origin"
    refused = next((reason for day in days if (reason := first_refusal(by_day[day]))), "")
    if refused:
        return refused
    knowledge, truth = series
    window = week_window(monday)
    real = on_grid(truth.within(window), window, HOUR)
    if np.isnan(real).any():
        return "a price of the week is not known"
    known = knowledge.within(window)
    views: dict[str, list[View]] = {model: [] for model in models}
    for day in days:
        at = by_day[day][models[0]].origin.issued_at
        published = on_grid(known.known_at(at).latest_revision(), window, HOUR)
        first = max(0, (epoch(next_slot(at, HOUR)) - epoch(window.start)) // 3600)
        for model in models:
            price = filled(published, by_day[day][model], monday)
            if np.isnan(price[first:]).any():
                return f"{model} told nothing of some hours on {day}"
            views[model].append(View(first, price))
    plans = {model: carried_out(views[model]) for model in models}
    return Week(monday, real, {BASELINE: shifts(monday), HINDSIGHT: cheapest(real, RUNS), **plans})


def filled(published: FloatArray, told: Told, monday: date) -> FloatArray:
    """Hourly prices of a week: what was published, and the forecast elsewhere; NaN where neither is."""
    place = (told.start - week_hours(monday)[0]) // 3600
    inside = (place >= 0) & (place < len(published))
    price = np.full(len(published), np.nan)
    price[place[inside]] = told.price[inside]
    return np.where(np.isnan(published), price, published)


def add_decisions(body: Row, decided: Mapping[Track, Decided]) -> Row:
    """A report with the value of decisions: `decision` in each usual track and in each of its windows."""
    tracks = []
    for row in body["tracks"]:
        found = decided.get(Track(row["series"], time.fromisoformat(row["gate"])))
        if found is None:
            tracks.append(row)
            continue
        windows = [
            {**one, "decision": decision_row(found.planned_within(*map(date.fromisoformat, ends_of(one))))}
            for one in row["windows"]
        ]
        whole = {**decision_row(found), "by_week": [week_row(found, week) for week in found.weeks]}
        tracks.append({**row, "windows": windows, "decision": whole})
    return {**body, "tracks": tracks}


def ends_of(row: Row) -> tuple[str, str]:
    """First and last day of a window."""
    return str(row["first"]), str(row["last"])


def decision_row(decided: Decided) -> Row:
    """The figures of all models over the weeks: EUR for 1 kW, shares; null where there is nothing."""
    weeks = decided.weeks
    return {
        "load": f"1 kW in {RUNS} runs of {RUN_HOURS} h a week",
        "weeks": len(weeks),
        "first_week": str(weeks[0].monday) if weeks else None,
        "last_week": str(weeks[-1].monday) if weeks else None,
        "weeks_left_out": len(decided.left_out),
        "left_out_because": next(iter(decided.left_out.values()), None),
        "baseline_eur": number(total(weeks, BASELINE)),
        "hindsight_eur": number(total(weeks, HINDSIGHT)),
        "energy_kwh": {
            arm: sum(week.energy(arm) for week in weeks) for arm in (BASELINE, HINDSIGHT, *decided.models)
        },
        "models": [model_row(weeks, model) for model in decided.models],
    }


def total(weeks: Sequence[Week], arm: str) -> float:
    """What an arm paid over all weeks, EUR."""
    return float(sum(week.cost(arm) for week in weeks))


def model_row(weeks: Sequence[Week], model: str) -> Row:
    """The figures of a model over the weeks; `dm_p` compares weekly costs with naive-kind's."""
    baseline, plan, best, kind = (
        np.array([week.cost(arm) for week in weeks]) for arm in (BASELINE, model, HINDSIGHT, OF_KIND)
    )
    saved = baseline - plan
    shares = np.array([captured(*costs) for costs in zip(baseline, plan, best, strict=True)])
    base = float(baseline.sum())
    different = bool(len(weeks)) and model != OF_KIND
    return {
        "model": model,
        "plan_eur": number(float(plan.sum())),
        "saving_eur": number(float(saved.sum())),
        "saving_share": number(float(saved.sum()) / base if base > 0 else float("nan")),
        "captured_share": number(captured(base, float(plan.sum()), float(best.sum()))),
        "dm_p": number(scores.diebold_mariano(plan, kind, 1) if different else float("nan")),
        "violations": sum(week.broken(model) for week in weeks),
        "week_share": spread(shares[np.isfinite(shares)]),
        "week_saving_eur": spread(saved),
    }


def spread(values: FloatArray) -> Row:
    """Median, first and last tenth over weeks."""
    levels = {"p10": 0.1, "median": 0.5, "p90": 0.9}
    return {
        name: number(float(np.quantile(values, level))) if len(values) else None
        for name, level in levels.items()
    }


def week_row(decided: Decided, week: Week) -> Row:
    """What each arm paid in a week, EUR for 1 kW."""
    return {
        "monday": str(week.monday),
        "baseline_eur": number(week.cost(BASELINE)),
        "hindsight_eur": number(week.cost(HINDSIGHT)),
        "plan_eur": {model: number(week.cost(model)) for model in decided.models},
    }
