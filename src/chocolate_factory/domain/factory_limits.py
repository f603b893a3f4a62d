"""Limits of the factory file on kilograms: what may wait before a step, what is finished in a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chocolate_factory.domain.factory_section import Section, nearest

STORAGE_KEYS = ("name", "before", "max_kg", "product")
STORAGE_REQUIRED = ("name", "before", "max_kg")
OUTPUT_KEYS = ("product", "min_kg", "max_kg", "per")
LIMIT_KG = (0.0, 100_000_000.0)

Recipes = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class StorageLimit:
    """Room for batches that wait for the process `before`, of one product or (None) of all, in kg."""

    name: str
    before: str
    max_kg: float
    product: str | None = None


@dataclass(frozen=True)
class OutputLimit:
    """Kilograms finished in a local day, of one product or (None) of all; None: no such limit.

    The least counts on days that are staffed and lie wholly inside the window.
    """

    product: str | None
    min_kg: float | None
    max_kg: float | None


def read_storage(row: Section, recipes: Recipes) -> StorageLimit:
    """A `[[storage]]`; `recipes` are the processes of each product, in order."""
    row.expect(STORAGE_KEYS, STORAGE_REQUIRED)
    product = read_name(row, recipes)
    waiting = {p for name, steps in recipes.items() if product in {None, name} for p in steps[1:]}
    before = row.text("before")
    if before and waiting and before not in waiting:
        row.wrong(
            "before", f"a process after the first: {', '.join(sorted(waiting))}{nearest(before, [*waiting])}"
        )
    return StorageLimit(row.text("name"), before, row.number("max_kg", LIMIT_KG, 0.0), product)


def read_output(row: Section, recipes: Recipes) -> OutputLimit:
    """An `[[output]]`."""
    row.expect(OUTPUT_KEYS, ())
    row.choice("per", ("day",), "day")
    least, most = (row.number(key, LIMIT_KG, None) for key in ("min_kg", "max_kg"))
    if "min_kg" not in row.data and "max_kg" not in row.data:
        row.say(f"{row.path} limits nothing; give min_kg, max_kg or both.")
    if least is not None and most is not None and least > most:
        row.say(f"{row.path}.min_kg is {least:g} and max_kg {most:g}; the least cannot be above the most.")
    return OutputLimit(read_name(row, recipes), least, most)


def read_name(row: Section, recipes: Recipes) -> str | None:
    """The product a limit is for, None for all."""
    if "product" not in row.data:
        return None
    name = row.text("product")
    if name and name not in recipes:
        row.wrong("product", f"the name of a product: {', '.join(recipes)}{nearest(name, list(recipes))}")
    return name
