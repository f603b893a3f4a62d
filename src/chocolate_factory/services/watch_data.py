"""Alerts on what a plan stands on: late data, sources that fail, a model that got worse, the sample."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from chocolate_factory.domain.alerts import Alert, AlertKind, Fact, Severity
from chocolate_factory.domain.catalog import CATALOG, ESSENTIAL, RENEWED
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import Kind
from chocolate_factory.domain.slots import Window, local_iso
from chocolate_factory.services.backtest_report import number
from chocolate_factory.services.check_data import LOOK_BACK, check_data
from chocolate_factory.services.pose_problem import SERIES_OF
from chocolate_factory.services.source_states import failing_of, read_states
from chocolate_factory.services.tell_deviations import drift_now

Row = dict[str, Any]
PATIENCE = timedelta(minutes=30)
"""How long a source may fail before it is worth an alert: most faults pass by the next round."""

SHORT_OF_PRICES = timedelta(hours=3)
WORSE = {"watch": Severity.INFO, "drift": Severity.WARNING}


def data_alerts(ports: Ports) -> Iterator[Alert]:
    """Alerts on series, sources and models, and that the made-up world is shown."""
    now = ports.clock().astimezone(UTC)
    if ports.sample:
        yield Alert(AlertKind.SAMPLE, Severity.WARNING, "world")
    for row in check_data(ports, ESSENTIAL):
        if row["state"] not in {"ok", "off"}:
            yield late_data(ports, row, now)
    for state in failing_of(read_states(ports.store), ports.sources, now):
        if now - state.since >= PATIENCE:
            facts: dict[str, Fact] = {
                "hours": round((now - state.since).total_seconds() / 3600, 2),
                "asked_at": local_iso(state.at, ports.factory.site.timezone),
                "reason": state.reason,
            }
            since = state.since.astimezone(UTC)
            yield Alert(AlertKind.SOURCE_FAILING, Severity.WARNING, state.name, since, None, facts)
    yield from model_worse(ports)


def late_data(ports: Ports, row: Row, now: datetime) -> Alert:
    """A series that a plan needs and that is late, failing or missing.

    Critical for the contract's own price when what is known of it ends within three hours; of little weight
    for the other price series.
    """
    key, until = str(row["series"]), row["until"]
    own = SERIES_OF.get(ports.factory.contract.kind)
    severe = Severity.WARNING
    if key == own and (until is None or until - now < SHORT_OF_PRICES):
        severe = Severity.CRITICAL
    elif CATALOG[key].kind is Kind.PRICE and key != own:
        severe = Severity.INFO
    facts: dict[str, Fact] = {
        "state": str(row["state"]),
        "known_until": local_iso(until, ports.factory.site.timezone) if until else None,
        "age_minutes": row["age_minutes"],
        "missing_slots": int(row["holes"]),
    }
    return Alert(AlertKind.LATE_DATA, severe, key, late_since(ports, row, now), None, facts)


def late_since(ports: Ports, row: Row, now: datetime) -> datetime | None:
    """When the first missing value was due, a forecast should have been renewed; None for what never came."""
    if CATALOG[row["series"]].rule is None:
        return row["updated_at"] + RENEWED if row["updated_at"] else None
    if row["until"] is None:
        return None
    holes = ports.store.holes(row["series"], Window(now - LOOK_BACK, now + timedelta(days=2)), now)
    return min((hole.due for hole in holes), default=None)


def model_worse(ports: Ports) -> Iterator[Alert]:
    """That the forecasts of the contract's price have got worse, or are no better than a copy."""
    series = SERIES_OF.get(ports.factory.contract.kind)
    found = drift_now(ports, series) if series else None
    if series is None or found is None or found[1].state not in WORSE:
        return
    model, verdict = found
    names = ("recent_mae", "former_mae", "month_mae", "month_kind_mae")
    facts: dict[str, Fact] = {"model": model, "state": verdict.state}
    facts |= {f"{name}_eur_mwh": number(getattr(verdict, name)) for name in names}
    yield Alert(AlertKind.MODEL_WORSE, WORSE[verdict.state], series, None, None, facts)
