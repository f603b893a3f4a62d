"""The stored forecasts, newest first, each in a line."""

from __future__ import annotations

from typing import Any

from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.services.forecast_prices import KIND
from chocolate_factory.services.page_records import PageQuery, page_records

Row = dict[str, Any]


def list_forecasts(ports: Ports, series: str | None, query: PageQuery) -> Row:
    """A page of the forecasts of a series, or of all, by the moment of issue, and the cursor of the next."""
    now = ports.clock()
    page = page_records(ports.store, KIND, query, now, None if series is None else of_series(series))
    return {
        "sample": ports.sample,
        "as_of": min(query.as_of or now, now),
        "forecasts": [summary_of(record) for record in page.records],
        "next": page.next,
    }


def of_series(series: str) -> Any:
    """Whether a record is a forecast of a series."""
    return lambda record: record.body["series"] == series


def summary_of(record: Record) -> Row:
    """A forecast in a line: who made it when, over which slots, and how many of them were published then."""
    body: Any = record.body
    points = body["points"]
    published = sum(point["origin"] != KIND for point in points)
    return {
        "id": record.id,
        "series": body["series"],
        "model": body["model"],
        "issued_at": body["issued_at"],
        "resolution_min": body["resolution_min"],
        "start": points[0]["start"] if points else None,
        "last_start": points[-1]["start"] if points else None,
        "published": published,
        "forecast": len(points) - published,
    }
