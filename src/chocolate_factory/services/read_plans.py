"""Stored plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from chocolate_factory.core.errors import NotFound
from chocolate_factory.domain.ports import Ports, Record, Store
from chocolate_factory.services.page_records import Page, PageQuery, page_records

SAME_SECOND = timedelta(seconds=1)
SUMMARY = ("id", "sample", "issued_at", "window", "cost_eur", "baseline", "saving", "mip_gap")
LIVING = ("because", "kept", "replaced", "changes")
"""What plans of earlier versions do not say."""


def plan_body(store: Store, plan_id: str | None) -> dict[str, Any] | None:
    """The stored record of a plan (answer and what settling needs), the newest without an id."""
    found = store.find("plan", id=plan_id, limit=1)
    return cast("dict[str, Any]", dict(found[0].body)) if found else None


def read_plan(store: Store, plan_id: str | None, as_of: datetime | None = None) -> dict[str, Any]:
    """The answer of a stored plan, without an id the newest as of a moment; NotFound when there is none."""
    if plan_id is None and as_of is not None:
        page = plans_then(store, PageQuery(as_of=as_of, limit=1), as_of)
        body: dict[str, Any] | None = dict(page.records[0].body) if page.records else None
    else:
        body = plan_body(store, plan_id)
    if body is None:
        what = "No plan is stored yet." if plan_id is None else f"No plan has the id {plan_id}."
        raise NotFound(what, "Make one with `choco plan`.")
    return cast("dict[str, Any]", body["answer"])


def plans_then(store: Store, query: PageQuery, now: datetime) -> Page:
    """A page of the plans issued by `as_of` or `now`, whichever is earlier, newest first.

    Plans of the same second are stored a little after one another, so that one more second is looked at.
    """
    then = min(now, query.as_of or now)
    later = replace(query, as_of=then + SAME_SECOND)
    return page_records(store, "plan", later, now + SAME_SECOND, lambda record: issued_at(record) <= then)


def issued_at(record: Record) -> datetime:
    """When a stored plan was issued."""
    answer = cast("dict[str, Any]", record.body["answer"])
    return datetime.fromisoformat(answer["issued_at"])


def list_plans(store: Store, limit: int) -> list[dict[str, Any]]:
    """Summaries, newest first."""
    return [summary_of(record) for record in store.find("plan", limit=limit)]


def page_plans(ports: Ports, query: PageQuery) -> dict[str, Any]:
    """Summaries of a page of plans, newest first, and the cursor of the next page."""
    now = ports.clock()
    page = plans_then(ports.store, query, now)
    return {
        "sample": ports.sample,
        "as_of": min(query.as_of or now, now),
        "plans": [summary_of(record) for record in page.records],
        "next": page.next,
    }


def summary_of(record: Record) -> dict[str, Any]:
    """A stored plan in a line."""
    answer = cast("dict[str, Any]", record.body["answer"])
    return {key: answer[key] for key in SUMMARY} | {key: answer.get(key) for key in LIVING}
