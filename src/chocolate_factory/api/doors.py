"""What each route is for, and with that which role it takes: the one place that says so.

A route that is not listed here takes an admin until it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fastapi.routing import iter_route_contexts
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, compile_path
from starlette.types import Scope

from chocolate_factory.domain.roles import LEAST, Act, Role

OPEN = frozenset({"/", "/dashboard", "/assets/{name}", "/health", "/ready", "/version"})
"""The page's own files, and what a supervisor asks for."""

V1 = "/api/v1"
DOORS: Mapping[str, Act] = {
    "GET /openapi.json": Act.READ,
    "GET /metrics": Act.READ,
    f"GET {V1}/me": Act.READ,
    f"GET {V1}/audit": Act.READ_AUDIT,
    f"GET {V1}/dashboard": Act.READ,
    f"GET {V1}/events": Act.READ,
    f"GET {V1}/prices": Act.READ,
    f"GET {V1}/holes": Act.READ,
    f"POST {V1}/holes/heal": Act.HEAL,
    f"GET {V1}/prices/latest": Act.READ,
    f"GET {V1}/prices/stats": Act.READ,
    f"GET {V1}/forecasts": Act.READ,
    f"GET {V1}/forecasts/latest": Act.READ,
    f"GET {V1}/forecasts/scores": Act.READ,
    f"GET {V1}/models": Act.READ,
    f"POST {V1}/models/{{series}}/promote": Act.PROMOTE,
    f"POST {V1}/models/{{series}}/rollback": Act.PROMOTE,
    f"GET {V1}/weather/current": Act.READ,
    f"GET {V1}/weather/forecast": Act.READ,
    f"GET {V1}/weather/climate": Act.READ,
    f"GET {V1}/data": Act.READ,
    f"GET {V1}/nodes": Act.READ_NODES,
    f"GET {V1}/analysis/climate": Act.READ,
    f"GET {V1}/analysis/seasons": Act.READ,
    f"GET {V1}/analysis/thresholds": Act.READ,
    f"GET {V1}/analysis/correlations": Act.READ,
    f"GET {V1}/plans": Act.READ,
    f"POST {V1}/plans": Act.PLAN,
    f"POST {V1}/plans/what-if": Act.WHAT_IF,
    f"GET {V1}/plans/latest": Act.READ,
    f"GET {V1}/plans/latest/exports/{{format}}": Act.EXPORT,
    f"GET {V1}/plans/latest/runs/{{batch:path}}/why": Act.READ,
    f"POST {V1}/plans/latest/runs/{{batch:path}}/why": Act.WHAT_IF,
    f"GET {V1}/plans/{{plan_id}}": Act.READ,
    f"GET {V1}/plans/{{plan_id}}/exports/{{format}}": Act.EXPORT,
    f"GET {V1}/plans/{{before}}/diff/{{after}}": Act.READ,
    f"GET {V1}/production/log": Act.READ,
    f"POST {V1}/production/log/start": Act.REPORT,
    f"POST {V1}/production/log/finish": Act.REPORT,
    f"POST {V1}/production/log/fail": Act.REPORT,
    f"POST {V1}/production/log/undo": Act.REPORT,
    f"GET {V1}/production/stock": Act.READ,
    f"POST {V1}/production/stock": Act.REPORT,
    f"GET {V1}/bills": Act.READ,
    f"GET {V1}/insights/advice": Act.READ,
    f"GET {V1}/insights/savings": Act.READ,
    f"GET {V1}/insights/savings.csv": Act.READ,
    f"POST {V1}/chat": Act.ASK,
    f"GET {V1}/jobs": Act.READ,
    f"POST {V1}/jobs/{{name}}/run": Act.RUN_JOBS,
    f"GET {V1}/insights/windows": Act.READ,
    f"GET {V1}/insights/deviations": Act.READ,
    f"GET {V1}/insights/alerts": Act.READ,
    f"GET {V1}/reports/weekly": Act.READ,
}
CALENDAR = re.compile(rf"{V1}/plans/[0-9A-Za-z-]{{1,64}}/exports/ics")
"""Calendars cannot send headers: on these paths alone a token may stand in the address."""


@dataclass(frozen=True)
class Door:
    """A route with what it is for; `role` is None where nobody need be known."""

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    role: Role | None
    action: str

    def fits(self, method: str, path: str) -> bool:
        """Whether a request comes to this route."""
        return method in self.methods and self.pattern.match(path) is not None


def listed(routes: Iterable[BaseRoute]) -> list[tuple[str, frozenset[str]]]:
    """Path and methods of every route of an app, HEAD left out; none for a mounted folder."""
    found = iter_route_contexts(list(routes))
    return [(route.path or "", frozenset(route.methods or ()) - {"HEAD"}) for route in found]


def doors(routes: Iterable[BaseRoute]) -> tuple[Door, ...]:
    """The routes of an app as doors, in their order."""
    return tuple(door for path, methods in listed(routes) for door in doors_of(path, methods))


def doors_of(path: str, methods: frozenset[str]) -> list[Door]:
    """A door for each method of a route."""
    if not methods:
        pattern = compile_path(f"{path}/{{path:path}}")[0]
        return [Door(path, pattern, frozenset({"GET"}), None if path in OPEN else Role.ADMIN, "read")]
    pattern, made = compile_path(path)[0], []
    for method in methods:
        act = DOORS.get(f"{method} {path}")
        role = None if method == "GET" and path in OPEN else Role.ADMIN if act is None else LEAST[act]
        made.append(Door(path, pattern, frozenset({method}), role, act or "unlisted"))
    return made


def door_of(made: Iterable[Door], scope: Scope) -> Door | None:
    """The door that a request comes to, the strictest where several fit; None where no route is."""
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    path = get_route_path(scope)
    fitting = [door for door in made if door.fits(method, path)]
    return max(fitting, key=lambda door: -1 if door.role is None else door.role.rank, default=None)
