"""Boosted trees: grown, as text, and back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chocolate_factory.domain.series import FloatArray

if TYPE_CHECKING:
    import lightgbm


def grow(
    inputs: FloatArray,
    target: FloatArray,
    weight: FloatArray | None,
    parameters: Mapping[str, Any],
    rounds: int,
) -> lightgbm.Booster:
    """Trees for targets (n,) of inputs (n, columns); ValueError where LightGBM cannot grow any."""
    import lightgbm  # half a second that a copy of last week does not need

    data = lightgbm.Dataset(inputs, target, weight=weight)
    try:
        return lightgbm.train(dict(parameters), data, rounds)
    except lightgbm.basic.LightGBMError as error:
        raise ValueError(f"LightGBM: {error}") from error


@lru_cache(maxsize=8)
def booster(text: str) -> lightgbm.Booster:
    """Trees of the text that LightGBM wrote of them."""
    import lightgbm

    return lightgbm.Booster(model_str=text)
