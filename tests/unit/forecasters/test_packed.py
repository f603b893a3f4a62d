"""What was learnt as flat arrays: nothing is lost, nothing but numbers is taken."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from chocolate_factory.infrastructure.forecasters.packed import pack, unpack


@dataclass(frozen=True, eq=False)
class Leaf:
    """One of each thing that can be packed."""

    weights: NDArray[np.float64]
    counts: NDArray[np.int64]
    limits: tuple[float, float]
    base: int
    spread: float
    text: str


@dataclass(frozen=True, eq=False)
class Branch:
    """Leaves of leads, as many as there are."""

    first: Leaf
    leads: tuple[tuple[Leaf, ...], ...]
    note: str


@dataclass(frozen=True)
class Listed:
    """A list is none of them."""

    leads: list[int]


numbers = st.floats(-1e12, 1e12) | st.sampled_from([np.nan, np.inf, -np.inf])
grids = st.tuples(st.integers(0, 3), st.integers(0, 4))


@st.composite
def leaves(draw: st.DrawFn) -> Leaf:
    shape = draw(grids)
    size = shape[0] * shape[1]
    return Leaf(
        np.array(draw(st.lists(numbers, min_size=size, max_size=size))).reshape(shape),
        np.array(draw(st.lists(st.integers(-(2**60), 2**60), max_size=4)), np.int64),
        (draw(numbers), draw(numbers)),
        draw(st.integers(-(2**62), 2**62)),
        draw(numbers),
        draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=12)),
    )


branches = st.builds(
    Branch,
    leaves(),
    st.lists(st.lists(leaves(), max_size=2).map(tuple), max_size=2).map(tuple),
    st.text("aé…"),
)


def same(one: Any, other: Any) -> bool:
    """Equal in kind and in every number."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Leaf | Branch):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    return bool(one == other or (one != one and other != other))


@settings(max_examples=60, deadline=None)
@given(made=branches)
def test_what_is_packed_comes_back(made: Branch) -> None:
    arrays = pack(made, "models")
    assert all(array.dtype.kind in "fiu" for array in arrays.values())
    assert all(name.startswith("models/") for name in arrays)
    assert same(unpack(Branch, arrays, "models"), made)
    assert same(unpack(Branch, pack(made)), made)


def test_parts_of_two_stand_side_by_side() -> None:
    leaf = Leaf(np.eye(2), np.arange(3), (0.5, 1.0), 5, 2.0, "trees")
    both = pack(leaf, "models") | pack(("ahead", 3), "ahead")
    assert set(both) == {f"models/{field.name}" for field in fields(Leaf) if field.name != "limits"} | {
        *(f"models/limits/{part}" for part in ("length", "0", "1")),
        *(f"ahead/{part}" for part in ("length", "0", "1")),
    }
    assert same(unpack(Leaf, both, "models"), leaf)
    assert unpack(tuple[str, int], both, "ahead") == ("ahead", 3)


@pytest.mark.parametrize("learnt", [Listed([1, 2]), {"a": 1}, None, (1.0, object()), b"trees"])
def test_code_and_objects_are_refused(learnt: object) -> None:
    with pytest.raises(TypeError, match="cannot be packed"):
        pack(learnt, "models")


@pytest.mark.parametrize("lost", ["models/weights", "models/text", "models/limits/length", "models/limits/1"])
def test_a_lost_part_is_named(lost: str) -> None:
    arrays = pack(Leaf(np.eye(2), np.arange(3), (0.5, 1.0), 5, 2.0, "trees"), "models")
    del arrays[lost]
    with pytest.raises(KeyError, match=lost):
        unpack(Leaf, arrays, "models")
