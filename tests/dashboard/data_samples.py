"""Invented answers for the data tab, in the API's own schemas."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from chocolate_factory.api.schemas.access import AuditEntry, AuditPage, Me
from chocolate_factory.api.schemas.data import DataHealth, Healing, SeriesData, SeriesLabel
from chocolate_factory.api.schemas.health import SourceHealth, Version
from chocolate_factory.api.schemas.jobs import JobRow, JobsAnswer
from chocolate_factory.api.schemas.nodes import NodeRow, Nodes
from chocolate_factory.api.schemas.prices import Healed, HealedSeries, HoleRow, SourceFailure
from chocolate_factory.api.schemas.weather import (
    CurrentWeather,
    ForecastValue,
    Reading,
    WeatherForecast,
    WeatherHour,
)
from chocolate_factory.domain.roles import LEAST, Act, Role
from tests.dashboard.climate_samples import beyond, climate, correlations, seasons
from tests.dashboard.page_samples import TUESDAY, ZONE

HOUR = timedelta(hours=1)


def series(key: str, place: str | None = None, **more: Any) -> SeriesData:
    """A series that is well."""
    fields: dict[str, Any] = {
        "series": key,
        "state": "ok",
        "until": TUESDAY + 27 * HOUR,
        "updated_at": TUESDAY - 7 * HOUR,
        "age_minutes": 420,
        "holes": 0,
        "note": "",
        "remedy": "",
        "label": SeriesLabel(quantity=key, place=place),
        "kind": "price",
        "unit": "EUR/MWh",
        "first": TUESDAY - timedelta(days=700),
        "newest": TUESDAY + 26 * HOUR,
        "rows": 30123,
        "source": "ree",
        "origin": "published",
        "due_next": TUESDAY + 16 * HOUR,
        "healing": None,
    }
    return SeriesData(**{**fields, **more})


def health(*rows: SeriesData) -> DataHealth:
    """Prices of which one is late, wind elsewhere that never came, and a figure that nobody set up."""
    nothing: dict[str, Any] = {
        "until": None,
        "updated_at": None,
        "age_minutes": None,
        "rows": 0,
        "source": None,
    }
    nothing |= {"first": None, "newest": None, "origin": None, "due_next": None}
    all_rows = rows or (
        series("spot"),
        series("pvpc", state="late", holes=24, note="24 slots missing", remedy="Run `choco sync`; more."),
        series(
            "burgos_wind_speed",
            label=SeriesLabel(quantity="wind_speed", place="burgos"),
            kind="observed",
            state="failing",
            note="open_meteo failing since 2026-03-10 18:00 UTC: answered 500",
            remedy="It is asked again at every sync.",
        ),
        series(
            "demand_forecast",
            kind="system",
            state="off",
            remedy="Set CHOCO_ESIOS__TOKEN to have it.",
            **nothing,
        ),
    )
    return DataHealth(
        now=TUESDAY,
        sample=False,
        timezone=ZONE,
        status="degraded",
        states={"ok": 1, "off": 1, "late": 1, "failing": 1, "missing": 0},
        series=list(all_rows),
        failing=[
            SourceHealth(
                source="open_meteo",
                since=TUESDAY - 2 * HOUR,
                asked_at=TUESDAY,
                reason="answered 500",
            )
        ],
        healing=Healing(at=TUESDAY - 17 * HOUR, found=30, closed=6),
    )


def holes(count: int = 5) -> list[HoleRow]:
    """Holes of a PVPC day, the last one grave."""
    rows = []
    for k in range(count):
        start = TUESDAY - timedelta(days=3 + k)
        rows.append(
            HoleRow(
                series="pvpc",
                source="esios",
                start=start,
                end=start + HOUR * (24 if k == count - 1 else 1),
                missing=24 if k == count - 1 else 1,
                due=start,
                severity="critical" if k == count - 1 else "minor",
                reason="out of reach of ree",
                again=TUESDAY + 6 * HOUR if k == 0 else None,
            )
        )
    return rows


HEALED = Healed(
    at=TUESDAY,
    found=28,
    closed=4,
    series=[HealedSeries(series="pvpc", found=28, closed=4)],
    left=holes(1),
    failures=[
        SourceFailure(
            source="esios",
            series="pvpc",
            error="Unreachable",
            reason="no answer in time",
            first_day=date(2026, 3, 7),
            last_day=date(2026, 3, 7),
        )
    ],
)


def forecast(hours: int = 80) -> WeatherForecast:
    """Hours from now on; 36 °C on Thursday."""

    def value(number: float) -> ForecastValue:
        return ForecastValue(value=number, source="open_meteo", origin="forecast", issued_at=TUESDAY)

    rows = []
    for k in range(hours):
        start = TUESDAY + k * HOUR
        hot = start.date() == date(2026, 3, 12) and start.hour == 15
        values = {"temperature": value(36.0 if hot else 12.0 + k % 5), "humidity": value(60.0 + k % 20)}
        rows.append(WeatherHour(start=start, values=values))
    return WeatherForecast(
        as_of=TUESDAY, sample=False, units={"temperature": "°C", "humidity": "%"}, hours=rows
    )


def current() -> CurrentWeather:
    """A reading of an hour ago."""
    reading = Reading(
        value=13.4,
        unit="°C",
        start=TUESDAY - HOUR,
        origin="measured",
        source="aemet",
        available_at=TUESDAY,
    )
    return CurrentWeather(now=TUESDAY, sample=False, values={"temperature": reading})


def job(name: str, outcome: Any, **more: Any) -> JobRow:
    """A job whose last run took 12 seconds."""
    fields: dict[str, Any] = {
        "name": name,
        "cadence": "daily at 04:30",
        "timeout_s": 900.0,
        "outcome": outcome,
        "started": TUESDAY - HOUR,
        "ended": TUESDAY - HOUR + timedelta(seconds=12),
        "seconds": 12.0,
        "next_at": TUESDAY + 8 * HOUR,
        "kind": "",
        "reason": "",
        "hint": "",
        "runs": 3,
        "failures": 0,
    }
    return JobRow(**{**fields, **more})


def jobs() -> JobsAnswer:
    """One well, one failed twice, one under way, one that never ran."""
    never = {"started": None, "ended": None, "seconds": None, "next_at": None, "runs": 0}
    rows = [
        job("prices", "ok", cadence="every 15 min"),
        job(
            "backup",
            "failed",
            kind="StoreFailed",
            reason="No room on the disk.",
            hint="Free some.",
            failures=2,
        ),
        job("compare", "running", ended=None, seconds=None, next_at=None),
        job("advice", None, **never),
    ]
    return JobsAnswer(sample=False, running="compare", jobs=rows)


def nodes(state: Any = "running") -> Nodes:
    """Two machines, one of them away; or none where the daemon is not there."""
    machines = [
        NodeRow(name="plant", os="linux", online=True, last_seen=None, roles=["prod"], here=True),
        NodeRow(
            name="laptop",
            os="windows",
            online=False,
            last_seen=datetime.fromisoformat("2026-01-02T10:00:00+01:00"),
            roles=[],
            here=False,
        ),
    ]
    running = state == "running"
    return Nodes(
        now=TUESDAY,
        state=state,
        network="plant.example" if running else None,
        nodes=machines if running else [],
        reason="The daemon said no." if state == "failing" else None,
        remedy="" if running else "Look at the daemon.",
    )


def me(role: Role = Role.ADMIN) -> Me:
    """Who reads, with what the role allows."""
    return Me(
        name="ana",
        role=role,
        how="token",
        can=[act for act in Act if role.rank >= LEAST[act].rank],
    )


def audit() -> AuditPage:
    """A change and a refusal."""
    entry = AuditEntry(
        id="1",
        at=TUESDAY,
        who="ana",
        role=Role.ADMIN,
        how="token",
        action="heal",
        path="/api/v1/holes/heal",
        outcome="done",
    )
    refused = entry.model_copy(update={"id": "2", "who": "luis", "outcome": "refused", "action": "plan"})
    return AuditPage(entries=[entry, refused], next=None)


def answers() -> dict[str, Any]:
    """All of the data tab's answers but those of forecasts and money, by path."""
    return {
        "data": health(),
        "holes": holes(),
        "analysis/climate": climate(),
        "analysis/seasons": seasons(),
        "analysis/correlations": correlations(),
        "analysis/thresholds": beyond(),
        "weather/forecast": forecast(),
        "weather/current": current(),
        "jobs": jobs(),
        "nodes": nodes(),
        "audit": audit(),
        "me": me(),
        "version": Version(name="chocolate-factory", version="0.1.0"),
    }
