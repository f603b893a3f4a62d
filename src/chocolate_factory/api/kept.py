"""The finished bytes of the last answer, for as long as they are what would be answered anew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chocolate_factory.api.conditional import Finished, finish

HOLD = timedelta(seconds=1)


@dataclass(frozen=True)
class Made:
    """An answer, what it was made of, and when."""

    of: Hashable
    at: datetime
    answer: Finished


class LastAnswer:
    """Keeps one answer while what it is made of stays equal, and for less than a second of the clock.

    A clock that stands still ages nothing; one that runs fast ages at once. `of` must be read before the
    answer is made: a change that comes between is then seen by the next reader. Readers who come together
    wait for one making.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._last: Made | None = None

    def answer(self, of: Hashable, now: datetime, make: Callable[[], bytes]) -> Finished:
        """The kept answer where it still holds, else a new one; `of` and `now` were read by the caller."""
        last = self._last
        if last is not None and holds(last, of, now):
            return last.answer
        with self._turn:
            last = self._last
            if last is None or not holds(last, of, now):
                last = self._last = Made(of, now, finish(make()))
            return last.answer


def holds(made: Made, of: Hashable, now: datetime) -> bool:
    """Whether an answer is still what would be made."""
    return made.of == of and timedelta(0) <= now - made.at < HOLD
