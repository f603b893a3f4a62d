"""Why the plan that stands no longer answers this moment."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import epoch, planning_window
from chocolate_factory.services.choose_model import serving_model, serving_versions
from chocolate_factory.services.pose_problem import SERIES_OF
from chocolate_factory.services.read_plans import plan_body
from chocolate_factory.services.read_production import reported_since

Row = dict[str, Any]
FIRST = "first plan"
REPORTED = "production log"
ORDER = "factory file changed"
PUBLISHED = "prices published"
FORECAST = "new forecast"
WINDOW = "window moved on"
URGENT = {REPORTED, ORDER}
"""Reasons for which somebody waits for the plan."""


def reasons_to_plan(ports: Ports, days: int) -> list[str]:
    """All that speaks for a new plan of so many days, most pressing first; nothing: the plan stands."""
    body = plan_body(ports.store, None)
    if body is None:
        return [FIRST]
    answer = body["answer"]
    window = planning_window(ports.clock(), days, ports.factory.site.timezone)
    looks = {
        REPORTED: reported_since(ports.store, datetime.fromisoformat(answer["issued_at"])),
        ORDER: body["factory"] != file_digest(ports.factory_text),
        PUBLISHED: published_since(ports, body["known_until"]),
        FORECAST: learnt_since(ports, body),
        WINDOW: datetime.fromisoformat(answer["window"]["end"]) < window.end,
    }
    return [reason for reason, found in looks.items() if found]


def file_digest(text: str) -> str:
    """By what a factory file is known."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def published_since(ports: Ports, known_until: str | None) -> bool:
    """Whether prices are stored beyond those that a plan knew."""
    series = SERIES_OF.get(ports.factory.contract.kind)
    span = ports.store.span(series) if series else None
    return bool(span and known_until and epoch(span.end) > epoch(datetime.fromisoformat(known_until)))


def learnt_since(ports: Ports, body: Row) -> bool:
    """Whether other weights than a plan's serve now; never for one that needed none or tells of none."""
    if "weights" not in body or not body["answer"]["price_origin"]["forecast"]:
        return False
    return bool(body["weights"] != weights_now(ports))


def weights_now(ports: Ports) -> Row | None:
    """Model and version that forecast the price of the contract; None where the contract fixes it."""
    series = SERIES_OF.get(ports.factory.contract.kind)
    if series is None:
        return None
    model = serving_model(ports, series)
    versions = serving_versions(ports.registry, series, model, ports.clock())
    return {"model": model, "version": versions[0].number if versions else None}
