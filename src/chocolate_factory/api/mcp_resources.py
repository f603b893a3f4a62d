"""Resources for clients of the Model Context Protocol: what is read whole, by address."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mcp import MCPError
from mcp import types as protocol

from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.services.forecast_prices import latest_forecast
from chocolate_factory.services.live_record import LiveQuery, live_record
from chocolate_factory.services.pose_problem import series_shown
from chocolate_factory.services.read_documents import list_documents
from chocolate_factory.services.read_plans import read_plan
from chocolate_factory.services.read_prices import PriceQuery, read_prices
from chocolate_factory.services.tell_rules import rules_text

NOT_THERE = -32002
"""The protocol's code for a resource that is not there."""

PAGE = 20
JSON, TOML, MARKDOWN = "application/json", "application/toml", "text/markdown"
DOCS = "choco://docs/"


@dataclass(frozen=True)
class Whole:
    """Something that is read whole: what it is, its kind, and how its text is made."""

    title: str
    mime: str
    text: Callable[[Ports], str]


def as_json(told: Callable[[Ports], Any]) -> Callable[[Ports], str]:
    """The text of what is told as JSON."""
    return lambda ports: json.dumps(told(ports), ensure_ascii=False, default=plain)


def forecast_shown(ports: Ports) -> dict[str, Any]:
    """The stored forecast of the series that the contract follows."""
    series = series_shown(ports.factory)
    return latest_forecast(ports.store, series, ports.clock(), serving_model(ports, series))


RESOURCES: Mapping[str, Whole] = {
    "choco://plan": Whole(
        "The newest plan.", JSON, as_json(lambda ports: read_plan(ports.store, None, ports.clock()))
    ),
    "choco://prices": Whole(
        "Market prices of today and what is published after it.",
        JSON,
        as_json(lambda ports: read_prices(ports, PriceQuery(series_shown(ports.factory)))),
    ),
    "choco://forecast": Whole(
        "The newest price forecast with its band.",
        JSON,
        as_json(forecast_shown),
    ),
    "choco://scores": Whole(
        "How good forecasts were.", JSON, as_json(lambda ports: live_record(ports, LiveQuery()))
    ),
    "choco://factory": Whole(
        "The factory file: machines, products, shifts, contract, demand.",
        TOML,
        lambda ports: ports.factory_text,
    ),
    "choco://rules": Whole(
        "The rules of production of this plant in words, in English and Spanish.",
        MARKDOWN,
        lambda ports: rules_text(ports.factory, ports.replanning),
    ),
}
"""What there is besides documents, by address."""


def everything() -> dict[str, protocol.Resource]:
    """All resources by their address, documents last."""
    found = {
        uri: protocol.Resource(
            uri=uri, name=uri.partition("://")[2], description=one.title, mime_type=one.mime
        )
        for uri, one in RESOURCES.items()
    }
    for one in list_documents():
        uri = DOCS + one.name
        found[uri] = protocol.Resource(uri=uri, name=one.name, title=one.title, mime_type=MARKDOWN)
    return found


def page_of(cursor: str | None) -> protocol.ListResourcesResult:
    """A page of the resources; the cursor is the address that a page begins after.

    Raises MCPError for a cursor that no page gave.
    """
    all_of = everything()
    addresses = list(all_of)
    if cursor is not None and cursor not in all_of:
        raise MCPError(protocol.INVALID_PARAMS, "The cursor is none of this server.")
    first = 0 if cursor is None else addresses.index(cursor) + 1
    shown = addresses[first : first + PAGE]
    more = first + PAGE < len(addresses)
    return protocol.ListResourcesResult(
        resources=[all_of[uri] for uri in shown], next_cursor=shown[-1] if more else None
    )


def templates() -> list[protocol.ResourceTemplate]:
    """The form of the documents' addresses."""
    return [
        protocol.ResourceTemplate(
            name="docs",
            title="Documents of the project",
            uri_template=DOCS + "{+name}",
            description="A document by its name as the list of resources has it.",
            mime_type=MARKDOWN,
        )
    ]


def read_whole(ports: Ports, uri: str) -> protocol.TextResourceContents:
    """A resource; an address is looked up and never followed. Raises MCPError where nothing is there."""
    if uri in RESOURCES:
        one = RESOURCES[uri]
        try:
            return protocol.TextResourceContents(uri=uri, mime_type=one.mime, text=one.text(ports))
        except ChocolateError as error:
            raise MCPError(NOT_THERE, f"{error.message} {error.hint}") from None
    kept = {DOCS + one.name: one.path for one in list_documents()}
    if uri not in kept:
        raise MCPError(NOT_THERE, f"There is no resource {uri[:80]!r}.")
    text = kept[uri].read_text(encoding="utf-8")
    return protocol.TextResourceContents(uri=uri, mime_type=MARKDOWN, text=text)


def plain(value: Any) -> Any:
    """What JSON has no form for."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
