"""Which runs of the standing plan stay as planned since they start soon, and which of them no longer can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.plan import Climate, Run, Schedule, Violation, Wanted
from chocolate_factory.domain.production import Done, Planned
from chocolate_factory.domain.rules import RULES
from chocolate_factory.domain.rules_case import Case
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import Window
from chocolate_factory.domain.standing import Frozen, Standing

PLACING = ("window", "order", "wait", "machine: count", "attendance", "climate", "power")
"""Rules of the checker that a run can break by where it stands, whatever else is planned."""


def soon(
    planned: Mapping[str, Planned],
    done: Iterable[Done],
    span: tuple[datetime, datetime],
    dues: Mapping[str, datetime],
) -> tuple[Frozen, ...]:
    """The planned runs that start in `span` and have not begun, batch by batch, by the start of the first.

    `done` are the batches that began. Steps that are held follow on what has begun: one that was to begin
    before and did not frees those after it.
    """
    began = {batch.name: batch for batch in done}
    found = []
    for name, batch in planned.items():
        past = began.get(name)
        if past is not None and past.failed_at is not None:
            continue
        runs: list[Run] = []
        step = len(past.runs) if past is not None else 0
        while step in batch.runs and span[0] <= batch.runs[step].start < span[1]:
            runs.append(batch.runs[step])
            step += 1
        if runs:
            found.append(Frozen(name, batch.product, tuple(runs), dues.get(name)))
    return tuple(sorted(found, key=lambda batch: (batch.runs[0].start, batch.batch)))


def dues_of(
    standing: Standing,
    given: tuple[Mapping[int, int], Mapping[int, int]],
    planned: Mapping[str, Planned],
) -> dict[str, datetime]:
    """The due time that each batch of a plan was made for, by name.

    `given` are the batches of each want that were assumed in stock and left for later. Rests of batches
    answer their own wants; of the others the earliest finish answers the earliest due time, as in
    `assembly.matched`.
    """
    own = len(standing.wanted) - len(standing.tails)
    pairs = zip(standing.tails, standing.wanted[own:], strict=True)
    found = {tail.batch: want.due for tail, want in pairs}
    wants = [
        replace(want, batches=want.batches - sum(book.get(place, 0) for book in given))
        for place, want in enumerate(standing.wanted[:own])
    ]
    begun = {run.batch for run in standing.begun}
    for product in sorted({want.product for want in wants}):
        batches = [b for b in planned.values() if b.product == product and b.name not in {*found, *begun}]
        batches.sort(key=lambda b: (max(run.end for run in b.runs.values()), b.name))
        ordered = sorted((w for w in wants if w.product == product), key=_rank)
        dues = [want.due for want in ordered for _ in range(want.batches)]
        found.update(zip((b.name for b in batches), dues, strict=False))
    return found


def _rank(want: Wanted) -> tuple[datetime, bool, int]:
    return want.due, not want.hard, want.entry


def frozen_again(standing: Standing) -> tuple[Frozen, ...]:
    """What of a standing is held, as it can be held in another one."""
    own = standing.wanted[len(standing.wanted) - len(standing.tails) :]
    return tuple(
        Frozen(tail.batch, tail.product, tail.held, want.due)
        for tail, want in zip(standing.tails, own, strict=True)
        if tail.held
    )


def misplaced(
    factory: Factory,
    window: Window,
    runs: tuple[Sequence[Run], Sequence[Run]],
    site: tuple[Climate, FloatArray | None],
) -> list[Violation]:
    """Broken rules of runs by where they stand: what has begun is a fact, the others are planned.

    `runs` are those that had begun and those to come; `site` is the climate and the power limit of the
    window's slots (T,).
    """
    begun, planned = runs
    case = Case(factory, Schedule(window, tuple(planned), (), {}, {}, {}, begun=tuple(begun)), *site)
    return [found for name in PLACING for found in RULES[name](case)]


def still_held(
    factory: Factory, window: Window, standing: Standing, site: tuple[Climate, FloatArray | None]
) -> tuple[Standing, dict[str, str]]:
    """The standing less the held runs that break a rule, and why, by batch.

    The one named by the checker goes; where it names none that is held, the last to start.
    """
    released: dict[str, str] = {}
    while True:
        held = [run for tail in standing.tails for run in tail.held]
        broken = misplaced(factory, window, (standing.begun, held), site) if held else []
        if not broken:
            return standing, released
        names = {run.batch for run in held}
        first = next((v for v in broken if v.batch in names), broken[0])
        name = first.batch if first.batch in names else max(held, key=lambda run: run.start).batch
        released[name] = first.message
        tails = (replace(t, held=()) if t.batch == name else t for t in standing.tails)
        standing = replace(standing, tails=tuple(tails))
