"""What of the standing plan is to stay: the runs that start within the freeze window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from chocolate_factory.domain.freezing import dues_of, soon
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.production import Planned
from chocolate_factory.domain.slots import Window
from chocolate_factory.domain.standing import Frozen
from chocolate_factory.services.read_production import Past
from chocolate_factory.services.standing_record import standing_of

NO_LONGER_WANTED = "It is not wanted any more."
NO_PLACE = "The rest of it finds no place within the rules behind what is kept."
IN_THE_WAY = "What is due cannot be made in time beside it."


def freeze_runs(past: Past, window: Window, now: datetime, minutes: int) -> tuple[Frozen, ...]:
    """Runs of the standing plan that start from the window's start until `minutes` after now."""
    standing = standing_of(past.newest) if past.newest else None
    until = now + timedelta(minutes=minutes)
    if past.newest is None or standing is None or until <= window.start:
        return ()
    named = {row["batch"] for row in past.newest["answer"]["runs"]}
    planned = {name: batch for name, batch in past.planned.items() if name in named}
    body = past.newest
    stock, left = ({int(k): int(n) for k, n in body[key].items()} for key in ("stock", "left"))
    return soon(planned, past.done, (window.start, until), dues_of(standing, (stock, left), planned))


def runs_to_come(past: Past) -> dict[str, Sequence[Run]]:
    """The runs of the standing plan that have not begun, by batch; without a standing plan none."""
    if past.newest is None:
        return {}
    began = {batch.name: batch for batch in past.done}
    found: dict[str, Sequence[Run]] = {}
    for name in dict.fromkeys(row["batch"] for row in past.newest["answer"]["runs"]):
        batch = past.planned.get(name, Planned(name, "", {}))
        done = began.get(name)
        first = len(done.runs) if done is not None else 0
        runs = [run for step, run in sorted(batch.runs.items()) if step >= first]
        if runs and not (done is not None and done.failed_at is not None):
            found[name] = runs
    return found
