"""One answer of a provider holds many series: it is asked for once and serves each of them once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

KEEP_SECONDS = 60.0
T = TypeVar("T")


@dataclass
class _Kept(Generic[T]):
    answer: T
    at: float
    served: set[str] = field(default_factory=set)


class Shared(Generic[T]):
    """Answers by question, kept for a minute; the same series asking again is a new question.

    Safe to share between threads.
    """

    def __init__(self, keep_s: float = KEEP_SECONDS) -> None:
        self._keep_s = keep_s
        self._kept: dict[Hashable, _Kept[T]] = {}
        self._lock = threading.Lock()

    def get(self, series: str, question: Hashable, ask: Callable[[], T]) -> T:
        """The kept answer if `series` has not had it, else what `ask()` gives; its errors pass through."""
        with self._lock:
            now = time.monotonic()
            self._kept = {q: kept for q, kept in self._kept.items() if now - kept.at < self._keep_s}
            kept = self._kept.get(question)
            if kept is None or series in kept.served:
                kept = _Kept(ask(), time.monotonic())
                self._kept[question] = kept
            kept.served.add(series)
            return kept.answer
