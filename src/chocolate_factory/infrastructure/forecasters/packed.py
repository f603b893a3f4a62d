"""Dataclasses of numbers as flat named arrays and back: what a model has learnt, without code in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Arrays = dict[str, NDArray[Any]]


def pack(learnt: object, name: str = "") -> Arrays:
    """Every array, number and text inside, by its path, e.g. `leads/3/bias`.

    Takes dataclasses, tuples, arrays, numbers and text; a tuple also notes its length, text is its bytes.
    Raises TypeError for anything else.
    """
    if is_dataclass(learnt):
        parts: Arrays = {}
        for field in fields(learnt):
            parts |= pack(getattr(learnt, field.name), _under(name, field.name))
        return parts
    if isinstance(learnt, tuple):
        parts = {_under(name, "length"): np.array(len(learnt))}
        for place, one in enumerate(learnt):
            parts |= pack(one, _under(name, str(place)))
        return parts
    if isinstance(learnt, str):
        return {name: np.frombuffer(learnt.encode(), np.uint8)}
    if isinstance(learnt, (np.ndarray, int, float)):
        return {name: np.asarray(learnt)}
    raise TypeError(f"{name}: {type(learnt).__name__} cannot be packed")


def unpack(kind: type[T], arrays: Mapping[str, NDArray[Any]], name: str = "") -> T:
    """What `pack` took apart: a dataclass, tuple, array, number or text. Raises KeyError for a lost part."""
    found: Any
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        found = kind(
            **{
                field.name: unpack(hints[field.name], arrays, _under(name, field.name))
                for field in fields(kind)
            }
        )
    elif get_origin(kind) is tuple:
        inner = get_args(kind)
        count = int(arrays[_under(name, "length")])
        kinds = [inner[0]] * count if inner[-1] is Ellipsis else list(inner)
        found = tuple(unpack(one, arrays, _under(name, str(place))) for place, one in enumerate(kinds))
    elif kind is str:
        found = arrays[name].tobytes().decode()
    elif kind in (int, float):
        found = kind(arrays[name])  # type: ignore[call-arg]
    else:
        found = arrays[name]
    return found  # type: ignore[no-any-return]


def _under(name: str, part: str) -> str:
    return f"{name}/{part}" if name else part
