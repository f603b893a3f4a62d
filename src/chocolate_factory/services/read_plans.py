"""Stored plans."""

from __future__ import annotations

from typing import Any, cast

from chocolate_factory.core.errors import NotFound
from chocolate_factory.domain.ports import Store

SUMMARY = ("id", "sample", "issued_at", "window", "cost_eur", "baseline", "saving", "mip_gap")
LIVING = ("because", "kept", "replaced", "changes")
"""What plans of earlier versions do not say."""


def plan_body(store: Store, plan_id: str | None) -> dict[str, Any] | None:
    """The stored record of a plan (answer and what settling needs), the newest without an id."""
    found = store.find("plan", id=plan_id, limit=1)
    return cast("dict[str, Any]", dict(found[0].body)) if found else None


def read_plan(store: Store, plan_id: str | None) -> dict[str, Any]:
    """The answer of a stored plan; NotFound when there is none."""
    body = plan_body(store, plan_id)
    if body is None:
        what = "No plan is stored yet." if plan_id is None else f"No plan has the id {plan_id}."
        raise NotFound(what, "Make one with `choco plan`.")
    return cast("dict[str, Any]", body["answer"])


def list_plans(store: Store, limit: int) -> list[dict[str, Any]]:
    """Summaries, newest first."""
    answers = [cast("dict[str, Any]", record.body["answer"]) for record in store.find("plan", limit=limit)]
    return [
        {key: answer[key] for key in SUMMARY} | {key: answer.get(key) for key in LIVING} for answer in answers
    ]
