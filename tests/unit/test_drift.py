"""Drift: what raises an alarm, what only a notice, and how often chance alone does."""

from __future__ import annotations

import numpy as np
import pytest

from chocolate_factory.domain.drift import DailyLosses, judge_drift, risen_p
from chocolate_factory.domain.series import FloatArray

TODAY = 739_000


def wandering(count: int, seed: int, memory: float = 0.5, spread: float = 0.35) -> FloatArray:
    """Daily errors around 20 whose logarithm is an AR(1)."""
    random = np.random.default_rng(seed)
    level, found = 0.0, []
    for _ in range(count):
        level = memory * level + np.sqrt(1 - memory**2) * random.normal()
        found.append(20 * np.exp(spread * level))
    return np.array(found)


def losses(own: FloatArray, kind: FloatArray) -> DailyLosses:
    """Losses of days up to today."""
    return DailyLosses(TODAY - np.arange(len(own))[::-1], own, kind)


def pair(seed: int) -> tuple[FloatArray, FloatArray]:
    """Errors of a model and of naive-kind, which is 15 % worse and has the same hard days."""
    common = wandering(104, seed)
    random = np.random.default_rng(seed + 1000)
    own, kind = (common * np.exp(0.15 * random.normal(size=104)) for _ in range(2))
    return own, 1.15 * kind


def test_steady_errors_are_ok() -> None:
    told = judge_drift(losses(*pair(1)), TODAY)
    assert told.state == "ok"
    assert told.recent_mae > 0
    assert told.month_kind_mae > told.month_mae


def test_a_model_that_breaks_is_an_alarm() -> None:
    own, kind = pair(1)
    own[-14:] *= 2
    told = judge_drift(losses(own, kind), TODAY)
    assert told.state == "drift"
    assert told.past_p < 0.01
    assert told.relative_p < 0.01
    assert "naive-kind was better" in told.text


def test_hard_weeks_for_all_are_only_a_notice() -> None:
    own, kind = pair(1)
    own[-14:] *= 2.5
    kind[-14:] *= 2.5
    told = judge_drift(losses(own, kind), TODAY)
    assert (told.state, told.relative_p > 0.05) == ("watch", True)
    assert "naive-kind's rose as well" in told.text


def test_worse_than_naive_kind() -> None:
    own, kind = pair(1)
    told = judge_drift(losses(own, kind / 1.6), TODAY)
    assert told.state == "drift"
    assert told.kind_p < 0.05
    near = judge_drift(losses(own, kind / kind[-28:].mean() * own[-28:].mean() * 0.99), TODAY)
    assert near.state == "watch"


def test_naive_kind_is_not_compared_with_itself() -> None:
    own, _ = pair(1)
    own[-14:] *= 3
    told = judge_drift(losses(own, own.copy()), TODAY)
    assert told.state == "watch"
    assert np.isnan(told.kind_p)
    assert np.isnan(judge_drift(losses(own, np.full(104, np.nan)), TODAY).relative_p)


@pytest.mark.parametrize("count", [0, 1, 19])
def test_too_little(count: int) -> None:
    own, kind = pair(1)
    assert judge_drift(losses(own[:count], kind[:count]), TODAY).state == "too little"


def test_old_losses_say_nothing_of_now() -> None:
    told = judge_drift(losses(*pair(1)), TODAY + 8)
    assert (told.state, told.text) == (
        "too little",
        "The last forecast that met its prices was 8 days ago.",
    )


def test_a_month_is_enough_for_the_comparison_with_naive_kind() -> None:
    own, kind = pair(1)
    told = judge_drift(losses(own[-28:], kind[-28:]), TODAY)
    assert told.state == "ok"
    assert np.isnan(told.past_p)
    assert "of naive-kind" in told.text


def test_constant_and_perfect_errors_do_not_break_it() -> None:
    flat = judge_drift(losses(np.full(104, 5.0), np.full(104, 6.0)), TODAY)
    assert (flat.state, np.isnan(flat.past_p)) == ("ok", True)
    assert judge_drift(losses(np.zeros(104), np.zeros(104)), TODAY).state == "ok"


def test_days_may_be_missing() -> None:
    own, kind = pair(1)
    own[-14:] *= 2
    kept = np.arange(104) % 5 != 0
    told = losses(own, kind)
    assert judge_drift(DailyLosses(told.day[kept], own[kept], kind[kept]), TODAY).state == "drift"


@pytest.mark.parametrize(("memory", "most"), [(0.0, 0.02), (0.6, 0.03)])
def test_chance_alone_is_rarely_significant(memory: float, most: float) -> None:
    day = np.arange(104)
    recent = day >= 90
    found = np.array(
        [risen_p(day, np.log(wandering(104, seed, memory)), recent, ~recent) for seed in range(600)]
    )
    assert np.mean(found < 0.01) <= most
    assert np.mean(found < 0.05) <= 0.05 + most


def test_false_alarms_and_detection() -> None:
    calm = [judge_drift(losses(*pair(seed)), TODAY).state for seed in range(150)]
    assert calm.count("drift") <= 3
    found = []
    for seed in range(150):
        own, kind = pair(seed)
        own[-14:] *= 1.6
        found.append(judge_drift(losses(own, kind), TODAY).state)
    assert found.count("drift") >= 90
    assert found.count("ok") <= 5
