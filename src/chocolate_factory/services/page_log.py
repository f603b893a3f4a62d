"""The production log a page at a time, as it was known at a moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.production import Kind, report_of
from chocolate_factory.services.log_production import batch_rows
from chocolate_factory.services.page_records import PageQuery, page_records
from chocolate_factory.services.read_production import LOG, read_reports, under_way

Row = dict[str, Any]


def page_log(ports: Ports, query: PageQuery) -> Row:
    """Reports by when they were said, newest first, with what was under way then; `undone` as known then."""
    now = ports.clock()
    then = min(query.as_of or now, now)
    page = page_records(ports.store, LOG, query, now)
    undone = {r.undoes for r in read_reports(ports.store, then) if r.kind is Kind.UNDONE}
    reports = [report_of(record.body) for record in page.records]
    at_that_time = replace(ports, clock=lambda: then)
    return {
        "sample": ports.sample,
        "as_of": then,
        "log": [{**vars(r), "kind": str(r.kind), "undone": r.id in undone} for r in reports],
        "next": page.next,
        "under_way": under_way(at_that_time),
        "batches": batch_rows(at_that_time),
    }
