"""How fresh every series is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.domain.catalog import CATALOG, SeriesInfo
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import Window

LOOK_BACK = timedelta(days=30)
FORECAST_OLD = timedelta(hours=9)


def check_data(ports: Ports) -> list[dict[str, Any]]:
    """One row a series: state, end of the last slot, time of the newest knowledge, its age, missing slots."""
    return [series_health(ports, info, ports.clock()) for info in CATALOG.values()]


def series_health(ports: Ports, info: SeriesInfo, now: datetime) -> dict[str, Any]:
    """`missing`: nothing stored; `late`: due slots of 30 days missing, or a weather forecast too old."""
    span = ports.store.span(info.key)
    row: dict[str, Any] = {
        "series": info.key,
        "until": None,
        "updated_at": None,
        "age_minutes": None,
        "holes": 0,
    }
    if span is None:
        return {**row, "state": "missing", "note": "nothing stored; run `choco sync`"}
    recent = ports.store.read(info.key, Window(max(span.start, now - LOOK_BACK), max(span.end, now)), now)
    latest = max((point.available_at for point in recent.take(slice(-200, None))), default=None)
    row |= {"until": span.end, "updated_at": latest}
    if latest is not None:
        row["age_minutes"] = max(0, int((now - latest).total_seconds() // 60))
    if info.rule is None:
        old = latest is None or now - latest > FORECAST_OLD
        return {**row, "state": "late" if old else "ok", "note": "forecast older than 9 h" if old else ""}
    holes = ports.store.holes(info.key, Window(now - LOOK_BACK, now + timedelta(days=2)), now)
    count = sum(hole.missing for hole in holes)
    note = f"{count} slots missing, the first due since {holes[0].due:%Y-%m-%d %H:%M} UTC" if holes else ""
    return {**row, "state": "late" if holes else "ok", "holes": count, "note": note}
