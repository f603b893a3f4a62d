"""Answers that take long to compute, kept while nothing they come from has changed, for a minute at most."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from chocolate_factory.domain.ports import Ports, Store

Row = dict[str, Any]
HOLD = timedelta(minutes=1)


@dataclass
class _Kept:
    """The last answer of one kind: what it came from, when, and the turn of those who compute it."""

    of: object = None
    at: datetime | None = None
    answer: Row | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)


_kept: WeakKeyDictionary[Store, dict[str, _Kept]] = WeakKeyDictionary()


def reuse_answer(
    ports: Ports, kind: str, series: Iterable[str], make: Callable[[Ports], Row], *, plans: bool = False
) -> Row:
    """The kept answer while series, factory file and (with `plans`) plans are the same; else a new one.

    Readers who come together wait for one making. Not to be changed by who gets it.
    """
    kept = _kept.setdefault(ports.store, {}).setdefault(kind, _Kept())
    with kept.turn:
        # Before anything is read: what is written meanwhile makes the answer worthless for the next reader.
        stamps, now = ports.store.stamps(), ports.clock()
        told = [stamps.get(f"series/{key}") for key in sorted(series)]
        of = (told, stamps.get("record/plan") if plans else None, ports.factory_text, ports.sample)
        fresh = kept.at is not None and timedelta(0) <= now - kept.at < HOLD
        if kept.answer is None or kept.of != of or not fresh:
            kept.answer, kept.of, kept.at = make(ports), of, now
        return kept.answer
