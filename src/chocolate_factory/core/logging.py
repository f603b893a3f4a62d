"""Structured logs on stderr, for people (console) or machines (JSON); secrets never get in.

Lines of other packages that use Python's `logging` take the same way. In the JSON form so does everything
else that a process says of itself: warnings, and failures of threads and of the process.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from functools import lru_cache
from types import TracebackType
from typing import Any

import structlog

SECRET_KEYS = re.compile(r"token|secret|password|api_?key|authorization", re.IGNORECASE)
SECRET_IN_TEXT = re.compile(r"(?i)((?:api_?key|appid|token|authorization)=)[^&\s\"']+")
BOT_IN_PATH = re.compile(r"(/bot)\d+:[\w-]+")
"""The token of a Telegram bot is part of its address."""
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
OWN = "chocolate-factory"
ENCODER = json.JSONEncoder(ensure_ascii=False, default=repr)


class Stderr:
    """The standard error of now: a line is one write, so that lines of several threads do not mix.

    `requests` is the level of lines on requests; `straight`: lines are JSON, and those of that level are
    wanted.
    """

    requests, straight = "info", False

    def write(self, text: str) -> None:
        """Write whole lines."""
        sys.stderr.write(text)

    def flush(self) -> None:
        """Hand on what was written."""
        sys.stderr.flush()


OUT = Stderr()
STAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)
log = structlog.get_logger()


def note_request(**facts: object) -> None:
    """A line for a request that was served, of level info for machines, and debug for people.

    There are many, and none of their facts can be a secret: where that is all the same to a reader they go
    straight to their place, past the steps that other lines take.
    """
    if not OUT.straight:
        log.log(LEVELS[OUT.requests], "request", **facts)
        return
    event: MutableMapping[str, Any] = {**facts, "event": "request", "level": "info"}
    event = STAMP(log, "info", structlog.contextvars.merge_contextvars(log, "info", event))
    OUT.write(ENCODER.encode(event) + "\n")


@lru_cache(1000)
def is_secret(key: str) -> bool:
    """Whether what is said under a key is never to be read."""
    return SECRET_KEYS.search(key) is not None


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide values of secret keys and secrets inside addresses."""
    for key, value in event.items():
        if is_secret(key):
            event[key] = "…"
        elif isinstance(value, str) and ("=" in value or "/bot" in value):
            event[key] = BOT_IN_PATH.sub(r"\1…", SECRET_IN_TEXT.sub(r"\1…", value))
    return event


def configure(form: str, level: str) -> None:
    """Set up logging once, at the start of a process."""
    steps: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        STAMP,
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(serializer=lambda event, **_: ENCODER.encode(event))
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*steps, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(OUT),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    OUT.requests = "info" if form == "json" else "debug"
    OUT.straight = form == "json" and LEVELS[level] <= logging.INFO
    take_others(steps, renderer, max(LEVELS[level], logging.WARNING))
    if form == "json":
        take_failures()


def take_others(steps: list[Any], renderer: Any, level: int) -> None:
    """Write what comes through Python's `logging` in the same form."""
    lines = logging.StreamHandler(OUT)
    lines.name = OWN
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *steps],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    for before in [one for one in root.handlers if one.name == OWN]:
        root.removeHandler(before)
    root.addHandler(lines)
    root.setLevel(level)


def take_failures() -> None:
    """Write warnings, and what ends a thread or the process, as lines too."""

    def process_failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            log.info("interrupted")
        else:
            log.critical("process failed", exc_info=(kind, error, trace))

    def thread_failed(failed: threading.ExceptHookArgs) -> None:
        if issubclass(failed.exc_type, SystemExit):
            # A thread that ends itself, of which Python says nothing either.
            return
        name = failed.thread.name if failed.thread else ""
        trace = (failed.exc_type, failed.exc_value, failed.exc_traceback)
        log.error("thread failed", thread=name, exc_info=trace)

    def lost(failed: sys.UnraisableHookArgs) -> None:
        trace = (failed.exc_type, failed.exc_value, failed.exc_traceback)
        log.error(failed.err_msg or "failure ignored", about=repr(failed.object), exc_info=trace)

    sys.excepthook, threading.excepthook, sys.unraisablehook = process_failed, thread_failed, lost
    logging.captureWarnings(True)
