"""Boosted trees: grown, as text, and back."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from chocolate_factory.domain.series import FloatArray

if TYPE_CHECKING:
    import lightgbm

NOT_NEEDED = ("dask", "matplotlib", "pandas", "sklearn")
"""What LightGBM loads for its other faces where it is installed: more than a second, and 100 MB."""


@lru_cache(maxsize=1)
def light() -> ModuleType:
    """LightGBM without the packages that arrays of numbers do not need, loaded when first asked for."""
    hidden = [name for name in NOT_NEEDED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None stands for "not there"
    try:
        import lightgbm
    finally:
        for name in hidden:
            del sys.modules[name]
    return lightgbm


def grow(
    inputs: FloatArray,
    target: FloatArray,
    weight: FloatArray | None,
    parameters: Mapping[str, Any],
    rounds: int,
) -> lightgbm.Booster:
    """Trees for targets (n,) of inputs (n, columns); ValueError where LightGBM cannot grow any."""
    trees = light()
    data = trees.Dataset(inputs, target, weight=weight)
    try:
        return cast("lightgbm.Booster", trees.train(dict(parameters), data, rounds))
    except trees.basic.LightGBMError as error:
        raise ValueError(f"LightGBM: {error}") from error


@lru_cache(maxsize=8)
def booster(text: str) -> lightgbm.Booster:
    """Trees of the text that LightGBM wrote of them."""
    return cast("lightgbm.Booster", light().Booster(model_str=text))
