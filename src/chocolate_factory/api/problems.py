"""Errors as RFC 9457 problem JSON; what nobody expected says nothing of the inside."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from chocolate_factory.core.errors import ChocolateError

PROBLEM_JSON = "application/problem+json"
log = structlog.get_logger()


def problem(body: dict[str, object], status: int) -> JSONResponse:
    """A problem answer."""
    return JSONResponse(body, status_code=status, media_type=PROBLEM_JSON)


def expected(_: Request, error: Exception) -> JSONResponse:
    """A `ChocolateError` states its own status and hint."""
    assert isinstance(error, ChocolateError)
    return problem(error.problem(), error.status)


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
    log.error("request failed", path=request.url.path, exc_info=error)
    body: dict[str, object] = {
        "type": "about:blank",
        "title": "Internal error",
        "status": 500,
        "detail": "The request failed inside; the log has the details.",
        "hint": "Try again; if it stays so, report it with the log.",
    }
    return problem(body, 500)


def install(app: FastAPI) -> None:
    """Put the error page in charge."""
    app.add_exception_handler(ChocolateError, expected)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)
