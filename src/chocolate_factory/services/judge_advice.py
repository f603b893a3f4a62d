"""Learn hourly advice from past forecasts, and judge it walk-forward beside the plain rule."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.advice import Case, Forest, Learn, cheapness, grades
from chocolate_factory.domain.advice_inputs import INPUTS, inputs
from chocolate_factory.domain.advice_skill import (
    COPY,
    FOREST,
    RULE,
    Choice,
    Said,
    by_copy,
    by_rule,
    choose,
    figures,
    hindsight_figures,
)
from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import IntArray, local_date, local_iso
from chocolate_factory.services.backtest_report import number
from chocolate_factory.services.past_advice import HourlyForecast, of_records, one_a_day, past_cases

Row = dict[str, Any]
KIND = "advice"

MIN_DAYS = 60
"""Days of forecasts that came true from which trees are grown at all."""

REFIT = timedelta(days=28)
"""Time between two fits of the walk-forward test."""

MORE = "`choco score --learn` replays past days and learns from them."


@dataclass(frozen=True)
class Wish:
    """Which price series, and whose forecasts are learnt from."""

    series: str
    model: str


def learn_advice(ports: Ports, wish: Wish, replayed: Sequence[HourlyForecast], learn: Learn) -> Row:
    """Judge, learn from all that came true by now, store as a record of kind "advice", and tell the skill.

    Stored forecasts of the model are used beside `replayed` ones. Raises DataMissing with fewer than MIN_DAYS
    days of them; then the advice stays the plain rule.
    """
    now = ports.clock()
    served = of_records(ports.store, wish.series, wish.model, now)
    past = past_cases(ports, wish.series, one_a_day(served, replayed), now)
    days = days_of_cases(past.cases)
    if days < MIN_DAYS:
        raise DataMissing(
            f"{days} days of {wish.series} forecasts by {wish.model} have come true without a hole; "
            f"hourly advice is learnt from {MIN_DAYS} at least.",
            MORE,
        )
    lessons = [lesson(case) for case in past.cases]
    tested, said = walk_forward(lessons, learn)
    skill = skill_row(tested, said) | {"to_come": past.to_come, "holed": past.holed}
    forest = fit(lessons, learn)
    body = {
        "series": wish.series,
        "model": wish.model,
        "learnt_at": local_iso(now, MARKET_ZONE),
        "learnt_days": days,
        "first": str(local_date(past.cases[0].outlook.at, MARKET_ZONE)),
        "last": str(local_date(past.cases[-1].outlook.at, MARKET_ZONE)),
        "inputs": list(INPUTS),
        "contract": contract_digest(ports.factory.contract),
        "skill": skill,
        "forest": {"score": forest.score.pack(), "grade": forest.grade.pack()},
    }
    ports.store.save(Record(KIND, f"{wish.series}/{wish.model}", now, body))
    return skill


def contract_digest(contract: Contract) -> str:
    """A short text that changes with the contract: scores are of what this site pays."""
    return hashlib.sha256(repr(contract).encode()).hexdigest()[:16]


def days_of_cases(cases: Sequence[Case]) -> int:
    """Local days with a case."""
    return len({local_date(case.outlook.at, MARKET_ZONE) for case in cases})


@dataclass(frozen=True, eq=False)
class Lesson:
    """A case as the trees see it: inputs (n, INPUTS) known then, score and grade (n,) of what happened."""

    case: Case
    table: FloatArray
    score: FloatArray
    grade: IntArray


def lesson(case: Case) -> Lesson:
    """The inputs and the targets of a case."""
    return Lesson(case, inputs(case.outlook), cheapness(case.real), grades(case.real))


def walk_forward(lessons: Sequence[Lesson], learn: Learn) -> tuple[list[Case], dict[str, list[Said]]]:
    """The cases that could be judged, and what each method said of them.

    At each the trees know only cases all of whose prices were known then; they are grown anew every REFIT.
    """
    tested: list[Case] = []
    said: dict[str, list[Said]] = {RULE: [], COPY: [], FOREST: []}
    forest: Forest | None = None
    grown: datetime | None = None
    for one in lessons:
        at = one.case.outlook.at
        if grown is None or at - grown >= REFIT:
            known = [former for former in lessons if former.case.known_from <= at]
            if days_of_cases([former.case for former in known]) >= MIN_DAYS:
                forest, grown = fit(known, learn), at
        if forest is None:
            continue
        tested.append(one.case)
        said[RULE].append(by_rule(one.case))
        said[COPY].append(by_copy(one.case))
        said[FOREST].append(by_forest(forest, one.table))
    return tested, said


def fit(lessons: Sequence[Lesson], learn: Learn) -> Forest:
    """Trees on all hours of the lessons."""
    return learn(
        np.concatenate([one.table for one in lessons]),
        np.concatenate([one.score for one in lessons]),
        np.concatenate([one.grade for one in lessons]),
    )


def by_forest(forest: Forest, table: FloatArray) -> Said:
    """What the trees say of rows (n, inputs): mean score, likeliest grade."""
    return Said(np.clip(forest.score.tell(table)[:, 0], 0, 100), np.argmax(forest.grade.tell(table), axis=1))


def skill_row(cases: Sequence[Case], said: dict[str, list[Said]]) -> Row:
    """Skill as JSON: EUR/kWh, shares 0 to 1, null where there is too little to tell."""
    if not cases:
        nothing = Choice(RULE, RULE, float("nan"), float("nan"))
        return {"days": 0, "first": None, "last": None, "methods": {}, **choice_row(nothing)}
    return {
        "days": days_of_cases(cases),
        "first": str(local_date(cases[0].outlook.at, MARKET_ZONE)),
        "last": str(local_date(cases[-1].outlook.at, MARKET_ZONE)),
        **{name: number(value) for name, value in hindsight_figures(cases).items()},
        "methods": {name: plain(figures(cases, own)) for name, own in said.items()},
        **choice_row(choose(cases, said)),
    }


def choice_row(choice: Choice) -> Row:
    """Who advises, as JSON."""
    return {
        "score_by": choice.score,
        "grade_by": choice.grade,
        "score_p": number(choice.score_p),
        "grade_p": number(choice.grade_p),
    }


def plain(row: Row) -> Row:
    """Figures without NaN, rounded."""
    return {name: number(value) if isinstance(value, float) else value for name, value in row.items()}
