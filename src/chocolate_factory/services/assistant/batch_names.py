"""That a plan has no batch of a name, and which batches it has."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from chocolate_factory.domain.facts import NAME
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant.lack_words import LACKS

MOST = 6
"""Batches that are named."""


def tell_no_batch(told: Told, answer: dict[str, Any], name: str) -> bool:
    """Say that the plan has no such batch, and name those that it has, nearest first; False if it has it."""
    there = dict.fromkeys(run["batch"] for run in (*answer.get("begun", ()), *answer["runs"]))
    if name in there:
        return False
    near = get_close_matches(name, there, MOST, 0.5)
    names = [*near, *(one for one in there if one not in near)]
    facts = {
        f"batch{n}": told.fact(f"batch{n}", one, NAME, ("lote", "batch"))
        for n, one in enumerate(names[:MOST], 1)
    }
    told.lack(*LACKS["no_batch"])
    if facts:
        every = ", ".join(f"{{{key}}}" for key in facts)
        some = len(names) > MOST
        told.say(
            f"{'Algunos de los que tiene' if some else 'Los que tiene'}: {every}.",
            f"{'Some of those that it has' if some else 'Those that it has'}: {every}.",
            **facts,
        )
    return True
