"""Whether forecasts have got worse: against their own past, and against copying a day of the same kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from chocolate_factory.domain import scores
from chocolate_factory.domain.scores import BoolArray
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray

State = Literal["ok", "watch", "drift", "too little"]

RECENT, FORMER, MONTH = 14, 90, 28
"""Days of the recent past, of the past that it is compared with, and of the comparison of models."""

ENOUGH = {RECENT: 10, FORMER: 28, MONTH: 20}
"""Days with a loss that each of these spans needs."""

FRESH = 7
"""Days after which the newest loss tells nothing of now."""

ALARM, NOTICE = 0.01, 0.05
"""Levels of the test against the own past; a comparison with naive-kind uses NOTICE."""

SHARED_LEADS = 6
"""Forecasts of D+2 to D+7: losses of days up to five apart come of common forecasts."""

LEAST_LOSS = 0.01
"""EUR/MWh; smaller losses count as this in logarithms."""

HIGHEST_MEMORY = 0.9


@dataclass(frozen=True, eq=False)
class DailyLosses:
    """Mean absolute errors by day of delivery, EUR/MWh, each array of shape (n,), days ascending.

    `day` are ordinals; `kind` are the errors of naive-kind on the same hours, NaN where there are none.
    """

    day: IntArray
    own: FloatArray
    kind: FloatArray


@dataclass(frozen=True)
class Verdict:
    """A state, why, and the figures behind it: EUR/MWh, p-values, NaN where there are too few days.

    `past_p` is small where recent errors are larger than former ones by more than chance, `relative_p` where
    they are so as a share of naive-kind's, `kind_p` where naive-kind was better over MONTH days.
    """

    state: State
    text: str
    recent_mae: float = float("nan")
    former_mae: float = float("nan")
    past_p: float = float("nan")
    relative_p: float = float("nan")
    month_mae: float = float("nan")
    month_kind_mae: float = float("nan")
    kind_p: float = float("nan")


def judge_drift(losses: DailyLosses, today: int) -> Verdict:
    """State of a model's forecasts; all spans end on the newest day with a loss.

    drift: errors of the last RECENT days exceed those of the FORMER days before at the level ALARM, and as a
    share of naive-kind's at NOTICE; or naive-kind was better over MONTH days at NOTICE. watch: errors exceed
    at NOTICE without that, or naive-kind was better at all. Each test needs ENOUGH days; where there are
    enough for none, or nothing is newer than FRESH days, the state is "too little".
    """
    if len(losses.day) == 0:
        return Verdict("too little", "No forecast has met its prices yet.")
    last = int(losses.day[-1])
    if today - last > FRESH:
        return Verdict("too little", f"The last forecast that met its prices was {today - last} days ago.")
    age = last - losses.day
    recent, former = age < RECENT, (age >= RECENT) & (age < RECENT + FORMER)
    found = Verdict("ok", "")
    told = recent.sum() >= ENOUGH[RECENT] and former.sum() >= ENOUGH[FORMER]
    if told:
        found = _against_past(losses, recent, former)
    month = (age < MONTH) & np.isfinite(losses.kind)
    compared = month.sum() >= ENOUGH[MONTH] and not np.array_equal(losses.own[month], losses.kind[month])
    if not told and not compared:
        return Verdict("too little", f"Too few days: {len(losses.day)} have errors of D+2 to D+7.")
    return _against_kind(losses, month, found) if compared else found


def _against_past(losses: DailyLosses, recent: BoolArray, former: BoolArray) -> Verdict:
    share = np.log(_bounded(losses.own)) - np.log(_bounded(losses.kind))
    past_p = risen_p(losses.day, np.log(_bounded(losses.own)), recent, former)
    relative_p = risen_p(losses.day, share, recent, former)
    now, then = scores.mean(losses.own[recent]), scores.mean(losses.own[former])
    state: State = "ok"
    text = f"MAE {now:.1f} in the last {RECENT} days, {then:.1f} in the {FORMER} before"
    if now > then and past_p < NOTICE:
        alone = relative_p < NOTICE
        state = "drift" if alone and past_p < ALARM else "watch"
        text += ", more than naive-kind's rose" if alone else ", and naive-kind's rose as well"
        if np.isnan(relative_p):
            text = text.removesuffix(", and naive-kind's rose as well")
    return Verdict(state, text + ".", now, then, past_p, relative_p)


def _against_kind(losses: DailyLosses, month: BoolArray, found: Verdict) -> Verdict:
    own, kind = losses.own[month], losses.kind[month]
    better_p = scores.diebold_mariano(kind, own, SHARED_LEADS)
    now, reference = scores.mean(own), scores.mean(kind)
    state, text = found.state, found.text
    if now > reference:
        state = "drift" if better_p < NOTICE or state == "drift" else "watch"
        text = f"{text} Over {MONTH} days naive-kind was better: {reference:.1f} against {now:.1f}.".strip()
    return Verdict(
        state,
        text or f"MAE {now:.1f} over {MONTH} days, {reference:.1f} of naive-kind.",
        found.recent_mae,
        found.former_mae,
        found.past_p,
        found.relative_p,
        now,
        reference,
        better_p,
    )


def risen_p(day: IntArray, value: FloatArray, recent: BoolArray, former: BoolArray) -> float:
    """One-sided p-value that the mean of `value` is no higher on recent days than on former ones.

    Student's t of the difference of both means. Variance and memory from one day to the next are those of
    the former days, so that a change in the recent ones cannot hide itself: an AR(1) whose coefficient is
    corrected for few days (Marriott and Pope 1954, Biometrika 41, 390), with the exact variance of its mean.
    NaN where values are not known, too few, or always the same.
    """
    then, now = value[former], value[recent]
    if not (np.isfinite(then).all() and np.isfinite(now).all()) or len(then) < 3 or len(now) < 2:
        return float("nan")
    centred = then - then.mean()
    variance = float(centred @ centred) / (len(then) - 1)
    if variance < scores.NO_SPREAD:
        return float("nan")
    next_day = np.diff(day[former]) == 1
    products = (centred[1:] * centred[:-1])[next_day]
    memory = float(products.mean()) / variance if len(products) else 0.0
    memory = min(max(memory + (1 + 3 * memory) / len(then), 0.0), HIGHEST_MEMORY)
    spread = variance / (1 - _variance_of_mean(memory, len(then)))
    error = np.sqrt(spread * (_variance_of_mean(memory, len(then)) + _variance_of_mean(memory, len(now))))
    from scipy.special import stdtr  # a third of a second that only a judgement needs

    return float(stdtr(len(now) - 1, -(now.mean() - then.mean()) / error))


def _variance_of_mean(memory: float, count: int) -> float:
    """Variance of the mean of `count` steps of an AR(1) with variance 1."""
    lags = np.arange(1, count)
    return float(1 + 2 * np.sum((1 - lags / count) * memory**lags)) / count


def _bounded(loss: FloatArray) -> FloatArray:
    return np.maximum(loss, LEAST_LOSS)
