"""Figures for monitoring, from what is stored: data, jobs, plan, alerts, models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chocolate_factory.domain.jobs import Outcome
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.keep_jobs import last_run
from chocolate_factory.services.read_health import read_health
from chocolate_factory.services.reasons_to_plan import newest_body
from chocolate_factory.services.record_alerts import KIND as ALERT


@dataclass(frozen=True)
class Metric:
    """A figure at this moment: name with its unit, what it means, and values by labels."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    values: tuple[tuple[tuple[str, ...], float], ...]


def read_metrics(world: World) -> Iterator[Metric]:
    """All figures; what is not known has no value."""
    ports = world.ports()
    yield one("choco_sample", "1 while the made-up sample world is shown", float(ports.sample))
    yield one("choco_busy", "1 while a job or a solve goes on", float(world.activity is not None))
    yield from of_jobs(world)
    yield from of_data(world)
    body = newest_body(ports.store, ports.clock())
    if body is not None:
        yield from of_plan(body["answer"], ports.clock())
    severities: Counter[str] = Counter(
        str(record.body["severity"]) for record in ports.store.find(ALERT) if record.body["closed_at"] is None
    )
    rows = tuple(((name,), float(severities.get(name, 0))) for name in ("info", "warning", "critical"))
    yield Metric("choco_alerts_open", "alerts open now", ("severity",), rows)


def one(name: str, meaning: str, value: float) -> Metric:
    """A figure without labels."""
    return Metric(name, meaning, (), (((), value),))


def of_jobs(world: World) -> Iterator[Metric]:
    """When jobs last ran, how long it took, failures in a row."""
    states = {job.name: last_run(world.real.store, job.name) for job in world.jobs}
    known = {name: state for name, state in states.items() if state is not None}

    def rows(pick: Any) -> tuple[tuple[tuple[str, ...], float], ...]:
        found = ((name, pick(state)) for name, state in known.items())
        return tuple(((name,), float(value)) for name, value in found if value is not None)

    yield Metric(
        "choco_job_last_run_timestamp_seconds",
        "when a job last started",
        ("job",),
        rows(lambda state: state.started.timestamp()),
    )
    yield Metric(
        "choco_job_duration_seconds", "how long it took", ("job",), rows(lambda state: state.seconds)
    )
    yield Metric("choco_job_failures", "failures in a row", ("job",), rows(lambda state: state.failures))
    yield Metric(
        "choco_job_ok",
        "1 when the last run went well",
        ("job",),
        rows(lambda state: None if state.outcome is Outcome.RUNNING else state.outcome is Outcome.OK),
    )


def of_data(world: World) -> Iterator[Metric]:
    """How fresh every series is."""
    rows = read_health(world.ports())["series"]
    states = tuple(((row["series"], row["state"]), 1.0) for row in rows)
    yield Metric("choco_series_state", "1 for the state that a series is in", ("series", "state"), states)
    newest = tuple(((row["series"],), row["newest"].timestamp()) for row in rows if row.get("newest"))
    yield Metric(
        "choco_series_newest_timestamp_seconds", "start of the newest stored slot", ("series",), newest
    )


def of_plan(answer: Any, now: datetime) -> Iterator[Metric]:
    """The plan that stands."""
    yield one(
        "choco_plan_age_seconds", "since it was made", (now - moment_of(answer["issued_at"])).total_seconds()
    )
    yield one("choco_plan_gap_ratio", "how far from the proven minimum at most", answer["mip_gap"])
    yield one("choco_plan_cost_eur", "what it costs", answer["cost_eur"])
    yield one(
        "choco_plan_saving_eur", "beside the same batches as ordered, expected", answer["saving"]["eur"]
    )
    yield one("choco_plan_late_batches", "batches that are late", float(len(answer["late"])))
