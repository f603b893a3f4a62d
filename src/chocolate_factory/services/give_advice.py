"""Run now or wait: what a stored plan says at a moment."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from chocolate_factory.domain.slots import local_date

Row = dict[str, Any]
SHOWN = ("batch", "process", "machine", "unit", "start", "end")


def give_advice(body: Row, now: datetime, zone: str) -> Row:
    """Runs in progress, the next one, when that changes, and what today's batches save.

    `body` is a stored plan record. Runs that had begun when the plan was made may be in progress too. The
    saving of a batch is the energy cost of its runs as ordered less that in the plan; today's batches are
    those whose last run ends on the local day of `now`.
    """
    begun, runs = ([timed(run) for run in body["answer"].get(key, ())] for key in ("begun", "runs"))
    running = [run for run in (*begun, *runs) if run["begin"] <= now < run["stop"]]
    later = sorted((run for run in runs if run["begin"] > now), key=lambda run: (run["begin"], run["batch"]))
    changes = [run["stop"] for run in running] + [run["begin"] for run in later[:1]]
    return {
        "action": "run" if running else "wait" if later else "done",
        "running": [shown(run) for run in running],
        "next": shown(later[0]) if later else None,
        "switch_at": min(changes) if changes else None,
        "saving_today_eur": saving_on(body, runs, local_date(now, zone), zone),
    }


def timed(run: Row) -> Row:
    """A stored run with its moments."""
    return {**run, "begin": moment_of(run["start"]), "stop": moment_of(run["end"])}


def moment_of(text: str) -> datetime:
    """A moment from a stored answer, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def shown(run: Row) -> Row:
    """The fields the page needs."""
    return {key: run[key] for key in SHOWN}


def saving_on(body: Row, runs: list[Row], day: Any, zone: str) -> float | None:
    """Saving of the batches that finish on a local day, EUR; None when none does."""
    cost: Counter[str] = Counter()
    last: dict[str, datetime] = {}
    for run in runs:
        cost[run["batch"]] += run["cost_eur"]
        last[run["batch"]] = max(last.get(run["batch"], run["stop"]), run["stop"])
    today = [batch for batch, stop in last.items() if local_date(stop, zone) == day]
    if not today:
        return None
    as_ordered: dict[str, float] = body["baseline_batches"]
    return float(sum(as_ordered[batch] - cost[batch] for batch in today))
