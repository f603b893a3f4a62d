"""What is known of the jobs: their last run, and when they run next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chocolate_factory.domain.jobs import JobInfo, JobState, Outcome, state_json, state_of
from chocolate_factory.domain.ports import Ports, Record, Store
from chocolate_factory.domain.slots import local_iso

KIND = "job"


def last_run(store: Store, name: str) -> JobState | None:
    """The last run of a job."""
    record = next(iter(store.find(KIND, id=name, limit=1)), None)
    return state_of(record.body) if record else None


def last_runs(store: Store) -> dict[str, JobState]:
    """The last run of every job that ran, by its name."""
    return {record.id: state_of(record.body) for record in store.find(KIND)}


def keep_run(store: Store, name: str, state: JobState) -> None:
    """Store the last run of a job."""
    store.save(Record(KIND, name, state.ended or state.started, state_json(state)))


def read_jobs(ports: Ports, jobs: Sequence[JobInfo]) -> list[dict[str, Any]]:
    """One row a job, in the order in which they run; one that never ran has no times but is due now."""
    zone = ports.factory.site.timezone
    known = last_runs(ports.store)
    rows = []
    for job in jobs:
        state = known.get(job.name)
        rows.append(
            {
                "name": job.name,
                "cadence": job.cadence.said,
                "timeout_s": job.timeout_s,
                "outcome": str(state.outcome) if state else None,
                "started": local_iso(state.started, zone) if state else None,
                "ended": local_iso(state.ended, zone) if state and state.ended else None,
                "seconds": state.seconds if state else None,
                "next_at": local_iso(state.next_at, zone)
                if state and state.outcome is not Outcome.RUNNING
                else None,
                "kind": state.kind if state else "",
                "reason": state.reason if state else "",
                "hint": state.hint if state else "",
                "runs": state.runs if state else 0,
                "failures": state.failures if state else 0,
            }
        )
    return rows
