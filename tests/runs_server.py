"""A small server of forecasts as issued: made-up weather in the documented form of Open-Meteo's archive.

The shared stand-in providers have none, and no real answer was at hand: only the form is the service's. As
its documentation says, it answers `/v1/forecast` with variables `NAME_previous_dayN`, one object a place.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

UNITS = {"temperature_2m": "°C", "wind_speed_10m": "m/s", "shortwave_radiation": "W/m²"}
KEPT_SINCE = datetime(2024, 1, 10, tzinfo=UTC)


@dataclass
class RunsServer:
    """What was asked, as queries, and where; `status` other than 200 is answered to everything."""

    url: str = ""
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """All places of a question."""
        first, last = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        begin = int(datetime.combine(first, time(), UTC).timestamp())
        at = begin + 3600 * np.arange(24 * ((last - first).days + 1))
        names = query["hourly"].split(",")
        where = zip(query["latitude"].split(","), query["longitude"].split(","), strict=True)
        return [self._place(float(lat), float(lon), at, names) for lat, lon in where]

    def _place(self, latitude: float, longitude: float, at: np.ndarray, names: list[str]) -> dict[str, Any]:
        columns = {name: cells(name, at, latitude) for name in names}
        units = {name: UNITS[name.partition("_previous_day")[0]] for name in names}
        silent = {name: "undefined" for name, row in columns.items() if all(cell is None for cell in row)}
        return {
            "latitude": latitude,
            "longitude": longitude,
            "utc_offset_seconds": 0,
            "timezone": "GMT",
            "hourly_units": {"time": "iso8601", **units, **silent},
            "hourly": {
                "time": [f"{datetime.fromtimestamp(int(second), UTC):%Y-%m-%dT%H:%M}" for second in at],
                **columns,
            },
        }


def cells(name: str, at: np.ndarray, latitude: float) -> list[float | None]:
    """Made-up weather; further ahead it is further off. Nothing of runs before the archive began."""
    variable, _, lead = name.partition("_previous_day")
    hours = at / 3600
    wave = np.sin(hours / 17.3 + latitude) + 0.6 * np.sin(hours / 5.1)
    wave = wave + 0.08 * int(lead) * np.sin(hours * 0.37 * int(lead) + latitude)
    if variable == "shortwave_radiation":
        value = np.clip(np.sin(2 * np.pi * (hours % 24 - 6) / 24), 0, None) * (600 + 120 * wave)
    else:
        value = {"temperature_2m": 16, "wind_speed_10m": 9}[variable] + 3 * wave
    known = at - 86400 * int(lead) >= KEPT_SINCE.timestamp()
    return [round(float(v), 1) if k else None for v, k in zip(value, known, strict=True)]


@contextmanager
def runs_server() -> Iterator[RunsServer]:
    """The server on loopback."""
    told = RunsServer()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            told.asked.append(query)
            status = told.status if parts.path == "/v1/forecast" else 404
            fault = {"error": True, "reason": "Not Found"}
            body = json.dumps(told.answer(query) if status == 200 else fault).encode()
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
