"""Errors as RFC 9457 problem JSON; what nobody expected says nothing of the inside."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from chocolate_factory.api.request_ids import HEADER, KEY, marked, route_of
from chocolate_factory.core.errors import ChocolateError, NotProven, TooMany

PROBLEM_JSON = "application/problem+json"
log = structlog.get_logger()


def problem(body: dict[str, object], status: int) -> JSONResponse:
    """A problem answer, with the id of its request."""
    return JSONResponse(marked(body), status_code=status, media_type=PROBLEM_JSON)


def of_error(error: ChocolateError) -> JSONResponse:
    """The problem of an error, with the headers that belong to its status."""
    body = error.problem()
    if error.cause:
        body["cause"] = error.cause
    answer = problem(body, error.status)
    if isinstance(error, NotProven):
        answer.headers["www-authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        answer.headers["retry-after"] = str(error.wait_s)
    return answer


def expected(_: Request, error: Exception) -> JSONResponse:
    """A `ChocolateError` states its own status and hint."""
    assert isinstance(error, ChocolateError)
    return of_error(error)


def invalid(_: Request, error: Exception) -> JSONResponse:
    """A wrong parameter: where and why, in one sentence."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = " ".join(str(part) for part in first["loc"])
    return problem(
        {
            "type": "urn:chocolate-factory:UsageError",
            "title": "Wrong request",
            "status": 422,
            "detail": f"{place}: {first['msg']}.",
            "hint": "The OpenAPI document at /openapi.json lists what is allowed.",
        },
        422,
    )


def http(_: Request, error: Exception) -> JSONResponse:
    """Unknown paths and methods."""
    assert isinstance(error, HTTPException)
    body: dict[str, object] = {
        "type": "about:blank",
        "title": str(error.detail),
        "status": error.status_code,
        "detail": str(error.detail),
        "hint": "The API is under /api/v1; the page is at /.",
    }
    return problem(body, error.status_code)


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """A bug: logged in full, answered without internals."""
    log.error("request failed", method=request.method, route=route_of(request.scope), exc_info=error)
    body: dict[str, object] = {
        "type": "about:blank",
        "title": "Internal error",
        "status": 500,
        "detail": "The request failed inside; the log has the details.",
        "hint": "Try again; if it stays so, report it with the log.",
    }
    answer = problem(body, 500)
    # The framework answers this outside of all that was added to the app.
    answer.headers[HEADER.decode()] = str(marked({})[KEY])
    return answer


def install(app: FastAPI) -> None:
    """Put the error page in charge."""
    app.add_exception_handler(ChocolateError, expected)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)
