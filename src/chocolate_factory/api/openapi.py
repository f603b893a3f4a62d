"""The OpenAPI document as it is: one-line summaries, problems as problem JSON, examples of answers."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI

Json = dict[str, Any]
PROBLEM: Json = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
PROBLEM_REF = "#/components/schemas/Problem"
FRAMEWORK = ("HTTPValidationError", "ValidationError")
EXAMPLES = Path(__file__).with_name("examples.json")

MEANING = {
    "304": "The reader has it: `If-None-Match` names this answer.",
    "400": "A wrong question, in a way that its schema does not tell.",
    "401": "Nobody is known to ask.",
    "403": "The role of who asks does not suffice, or `X-Requested-With` is missing.",
    "404": "Nothing is stored under this name.",
    "409": "Needed data is missing or late, or something else is under way.",
    "413": "The body is too large.",
    "422": "A parameter or the body is not as its schema says; or no plan keeps all rules.",
    "429": "Too many changes in a short time; `Retry-After` says when to come again.",
    "500": "A setting or the factory file is wrong.",
    "502": "A provider did not deliver.",
    "503": "The store cannot be used, or too many readers listen.",
}
ALWAYS = ("401", "403", "503")
WITH_BODY = ("413", "429")
TAGS = {
    "dashboard": "What the page reads, and the stream of what changes.",
    "prices": "Stored prices, their figures, and holes.",
    "forecasts": "Stored forecasts and what they turned out to be worth.",
    "models": "Kept versions of models, and which one serves.",
    "weather": "Observed, forecast and normal weather of the site.",
    "plans": "Plans: list, read, make, ask why and what if, write to a file.",
    "production": "What really happened: the log, finished goods, changes between plans.",
    "bills": "The monthly invoice.",
    "insights": "Advice, windows, deviations, savings and alerts.",
    "analysis": "Climate, seasons, limits and correlations.",
    "access": "Who the caller is, and who changed what.",
    "jobs": "What runs unattended.",
    "nodes": "The machines of the private network.",
    "reports": "A week in one document.",
    "chat": "Questions in words.",
    "health": "Whether the process answers, is ready, and what it is.",
}


class DescribedApi(FastAPI):
    """An application whose OpenAPI document says what is really answered."""

    def openapi(self) -> Json:
        """The document, made once."""
        if not self.openapi_schema:
            self.openapi_schema = described(super().openapi())
        return self.openapi_schema


def described(document: Json) -> Json:
    """The framework's document with its operations completed."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            summarise(operation)
            operation["responses"] = responses(operation, method)
            exemplify(operation, f"{method.upper()} {path}")
    schemas = document["components"]["schemas"]
    for name in FRAMEWORK:
        schemas.pop(name, None)
    used = sorted({tag for ops in document["paths"].values() for op in ops.values() for tag in op["tags"]})
    document["tags"] = [{"name": tag, **({"description": TAGS[tag]} if tag in TAGS else {})} for tag in used]
    return document


def summarise(operation: Json) -> None:
    """The first line of the text becomes the summary, the rest stays."""
    first, _, rest = operation.pop("description", "").partition("\n")
    operation["summary"] = first.rstrip(".") or operation["summary"]
    if rest.strip():
        operation["description"] = rest.strip()


def responses(operation: Json, method: str) -> Json:
    """Answers by status: those declared, those that any operation may give, and `default` for the rest."""
    found: Json = {}
    for status, told in operation["responses"].items():
        if status == "422" or is_problem(told):
            found[status] = {"description": MEANING[status], "content": PROBLEM}
        else:
            without_text_type(told)
            found[status] = (
                told if told["description"] != "Successful Response" else {**told, "description": "OK"}
            )
    if not ("parameters" in operation or "requestBody" in operation):
        found.pop("422", None)
    for status in (*ALWAYS, *(WITH_BODY if method != "get" else ())):
        found.setdefault(status, {"description": MEANING[status], "content": PROBLEM})
    if method == "get" and "text/event-stream" not in found["200"].get("content", {}):
        found.setdefault("304", {"description": MEANING["304"]})
    found["default"] = {"description": "Any other problem.", "content": PROBLEM}
    return dict(sorted(found.items()))


def without_text_type(told: Json) -> None:
    """The framework calls every answer that is not JSON a text, also where its schema is told."""
    for body in told.get("content", {}).values():
        if "$ref" in body.get("schema", {}):
            body["schema"].pop("type", None)


def is_problem(told: Json) -> bool:
    """Whether a declared answer is a problem."""
    bodies = told.get("content", {}).values()
    return any(body.get("schema", {}).get("$ref") == PROBLEM_REF for body in bodies)


def exemplify(operation: Json, name: str) -> None:
    """Put the example of an operation beside its schema."""
    example = examples().get(name)
    for status, told in operation["responses"].items():
        if example is not None and status in {"200", "201"} and "application/json" in told.get("content", {}):
            body = told["content"]["application/json"]
            told["content"]["application/json"] = {**body, "example": example}


@lru_cache(maxsize=1)
def examples() -> Json:
    """Examples of answers by `METHOD path`, shortened answers of a small made-up plant."""
    found: Json = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found
