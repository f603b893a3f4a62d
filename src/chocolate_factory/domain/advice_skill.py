"""How good hourly advice was: what its best hours really cost, beside the plain rule and hindsight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chocolate_factory.domain import scores
from chocolate_factory.domain.advice import BEST, DAYS, Case, Grade, cheapness, grades, ranks
from chocolate_factory.domain.advice_inputs import week_before
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray

RULE, FOREST, COPY = "rule", "forest", "last week"
"""Rank of the hour by the forecast itself; the trees; the same hour one week before."""

P_BETTER = 0.05
"""Chance up to which the trees count as better than the rule."""

MIN_JUDGED = 28
"""Fewer past windows than this, which overlap, decide nothing."""


@dataclass(frozen=True, eq=False)
class Said:
    """Score (n,) and grade (n,) of each hour of an outlook."""

    score: FloatArray
    grade: IntArray


@dataclass(frozen=True)
class Choice:
    """Who gives the scores and who the grades, and the p-values that say so (NaN: too little to tell)."""

    score: str
    grade: str
    score_p: float
    grade_p: float


def by_rule(case: Case) -> Said:
    """The advice that the forecast gives by itself: its own ranks, and plans on its prices."""
    return Said(cheapness(case.outlook.cost), grades(case.outlook.cost))


def by_copy(case: Case) -> Said:
    """The advice of last week's prices."""
    cost = week_before(case.outlook)
    return Said(cheapness(cost), grades(cost))


def best_hours_cost(case: Case, score: FloatArray) -> float:
    """Mean real cost of the BEST share of hours by score, the earlier of equal ones, EUR/kWh."""
    count = max(1, round(BEST * len(score)))
    chosen = np.argsort(-score, kind="stable")[:count]
    return float(case.real[chosen].mean())


def rank_correlation(case: Case, score: FloatArray) -> float:
    """Spearman's, of the hours with a score: 1 where dearer hours always score lower; NaN where all equal."""
    known = np.isfinite(score)
    told, real = ranks(score[known]) - 0.5, 0.5 - ranks(case.real[known])
    size = float(np.sqrt((told @ told) * (real @ real)))
    return float(told @ real) / size if size > 0 else float("nan")


def figures(cases: Sequence[Case], said: Sequence[Said]) -> dict[str, Any]:
    """What a method was worth, means over the cases: EUR/kWh, shares 0 to 1.

    `captured` is the part of what perfect hindsight saves against all hours that the best hours caught, of
    sums over the cases; `confusion` counts hours, rows what the hindsight plans did, columns the advice.
    """
    cost = np.array([best_hours_cost(c, s.score) for c, s in zip(cases, said, strict=True)])
    ideal = np.array([best_hours_cost(case, -case.real) for case in cases])
    plain = np.array([case.real.mean() for case in cases])
    confusion = np.zeros((len(Grade), len(Grade)), np.int64)
    for case, one in zip(cases, said, strict=True):
        np.add.at(confusion, (grades(case.real), one.grade), 1)
    possible = float((plain - ideal).sum())
    correlation = np.array([rank_correlation(c, s.score) for c, s in zip(cases, said, strict=True)])
    return {
        "best_hours_eur_kwh": float(cost.mean()),
        "captured": float((plain - cost).sum()) / possible if possible > 0 else float("nan"),
        "rank_correlation": scores.mean(correlation[np.isfinite(correlation)]),
        "accuracy": float(np.trace(confusion) / max(1, confusion.sum())),
        "confusion": confusion.tolist(),
    }


def choose(cases: Sequence[Case], said: Mapping[str, Sequence[Said]]) -> Choice:
    """The trees only where they beat the rule by more than chance, scores and grades each for themselves.

    One-sided Diebold-Mariano tests over the cases, whose windows overlap: of the mean real cost of the best
    hours, and of the share of hours with a wrong grade.
    """
    days = np.array([case.outlook.at.timestamp() / 86_400 for case in cases])
    apart = float(np.median(np.diff(days))) if len(days) > 1 else 1.0
    overlap = max(1, -(-(DAYS + 1) // max(1, round(apart))))
    losses: dict[str, tuple[FloatArray, FloatArray]] = {}
    for name in (RULE, FOREST):
        pairs = list(zip(cases, said[name], strict=True))
        cost = np.array([best_hours_cost(case, one.score) for case, one in pairs])
        wrong = np.array([np.mean(grades(case.real) != one.grade) for case, one in pairs])
        losses[name] = cost, wrong
    score_p, grade_p = (
        scores.diebold_mariano(own, other, overlap) if len(own) >= MIN_JUDGED else float("nan")
        for own, other in zip(losses[FOREST], losses[RULE], strict=True)
    )
    return Choice(
        FOREST if score_p < P_BETTER else RULE, FOREST if grade_p < P_BETTER else RULE, score_p, grade_p
    )


def hindsight_figures(cases: Sequence[Case]) -> dict[str, float]:
    """Mean real cost over the cases of the cheapest BEST share of hours, and of all hours, EUR/kWh."""
    return {
        "cheapest_hours_eur_kwh": scores.mean(np.array([best_hours_cost(c, -c.real) for c in cases])),
        "all_hours_eur_kwh": scores.mean(np.array([c.real.mean() for c in cases])),
    }
