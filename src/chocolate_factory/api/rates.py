"""How often a caller may ask: a bucket of tokens that fills at a steady rate."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from chocolate_factory.core.errors import TooMany

MOST_KEYS = 10_000


class Buckets:
    """A bucket for each key: `burst` at once, then `per_minute`; full ones are forgotten when many are kept.

    `timer` tells seconds that only grow.
    """

    def __init__(self, burst: float, per_minute: float, timer: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_second = per_minute / 60
        self._timer = timer
        self._left: dict[str, tuple[float, float]] = {}
        self._turn = threading.Lock()

    def take(self, key: str) -> float:
        """Take one from the bucket of a key: 0, or the seconds until there is one."""
        with self._turn:
            now = self._timer()
            left = self._now(key, now)
            if left < 1:
                return (1 - left) / self._per_second
            if key not in self._left and len(self._left) >= MOST_KEYS:
                self._forget(now)
            self._left[key] = (left - 1, now)
            return 0.0

    def admit(self, key: str, message: str, setting: str = "") -> None:
        """Take one; raises TooMany where there is none, with the `setting` of the limit as a hint."""
        wait = math.ceil(self.take(key))
        if wait:
            more = f"; {setting} sets the limit" if setting else ""
            raise TooMany(message, f"Wait {wait} s{more}.", wait_s=wait)

    def _now(self, key: str, now: float) -> float:
        left, at = self._left.get(key, (self._burst, now))
        return min(self._burst, left + (now - at) * self._per_second)

    def _forget(self, now: float) -> None:
        """Drop buckets that are full again; with none of them, the longest untouched tenth."""
        kept = {key: value for key, value in self._left.items() if self._now(key, now) < self._burst}
        if len(kept) >= MOST_KEYS:
            oldest = set(sorted(kept, key=lambda key: kept[key][1])[: MOST_KEYS // 10])
            kept = {key: value for key, value in kept.items() if key not in oldest}
        self._left = kept
