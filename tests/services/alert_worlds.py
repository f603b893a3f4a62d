"""Plants with something to look at: prices told slot by slot, weather, plans written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.slots import (
    Window,
    day_window,
    epoch,
    local_date,
    local_iso,
    moment,
)
from tests.services.bills import tell
from tests.services.ledgers import ZONE
from tests.worlds import empty_ports, tiny

Row = dict[str, Any]
NOW = datetime.fromisoformat("2026-03-11T10:00:00+00:00")
LONG_AGO = "2025-12-01T00:00:00+00:00"
HOT = tiny().replace('attended = "ends"', 'attended = "ends"\n  max_outdoor_c = 30')


def plant(folder: Path, today: list[float] | None = None, text: str = "") -> Ports:
    """A month at 60 EUR/MWh up to tomorrow, but for the quarters of today that `today` tells."""
    ports = replace(empty_ports(folder, text or tiny(), NOW), sample=False, sources={})
    day = local_date(NOW, ZONE)
    first, last = (day_window(day + timedelta(days=days), ZONE) for days in (-31, 1))
    starts = Window(first.start, last.end).starts(15)
    prices = np.full(len(starts), 60.0)
    if today:
        prices[31 * 96 : 31 * 96 + len(today)] = today
    tell(ports, "spot", starts, prices, LONG_AGO)
    return ports


def at(ports: Ports, minutes: float) -> Ports:
    """The same plant some minutes later."""
    now = NOW + timedelta(minutes=minutes)
    return replace(ports, clock=lambda: now)


def weather(ports: Ports, degrees: list[float], day: int = 0) -> None:
    """The temperature forecast of the hours of a day from today on."""
    starts = day_window(local_date(NOW, ZONE) + timedelta(days=day), ZONE).starts(60)[: len(degrees)]
    tell(ports, "temperature_forecast", starts, np.array(degrees), (NOW - timedelta(hours=1)).isoformat())


def tell_answer(ports: Ports, minutes: float = 0, **changed: Any) -> Row:
    """Store a plan of two days issued some minutes from NOW, with what is different of it."""
    issued = NOW + timedelta(minutes=minutes)
    start = moment(-(-epoch(issued) // 900) * 900)
    window = Window(start, start + timedelta(days=2))
    answer = {
        "id": f"plan-{minutes:g}",
        "issued_at": local_iso(issued, ZONE),
        "window": {"start": local_iso(window.start, ZONE), "end": local_iso(window.end, ZONE)},
        "load_kw": [{"start": local_iso(moment(s), ZONE), "kw": 5.0} for s in window.starts(15)],
        "cost_parts": {"energy": 1.0, "excess_power": 0.0, "taxes": 0.0},
        "saving": {"eur": 4.0, "percent": 10.0},
        "late": [],
        **changed,
    }
    ports.store.save(Record("plan", str(answer["id"]), issued, {"answer": answer}))
    return answer
