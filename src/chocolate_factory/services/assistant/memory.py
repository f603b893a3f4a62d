"""What was asked and answered before in a conversation: in this process, for a while, for its caller only."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from chocolate_factory.services.assistant.understand import Understood

MOST = 500
"""Conversations of all callers together."""

LONGEST_ANSWER = 2_000
LONGEST_ID = 64


@dataclass(frozen=True)
class Exchange:
    """A question, its answer as it was shown, how rules understood it, and the batch it was about ("")."""

    question: str
    answer: str
    understood: Understood
    batch: str = ""


@dataclass(frozen=True)
class MemoryRules:
    """Exchanges kept of a conversation, minutes after the last one, conversations of a caller."""

    exchanges: int
    minutes: float
    conversations: int


@dataclass(frozen=True)
class Remembered:
    """A conversation under its id; `past` is empty for a new one."""

    id: str
    past: tuple[Exchange, ...] = ()

    @property
    def last(self) -> Exchange | None:
        """The exchange before the question."""
        return self.past[-1] if self.past else None


class Conversations:
    """The conversations of a process, by caller and id; nothing of them is stored.

    `timer` tells seconds that only grow. The one unused for longest goes first where there are too many.
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._kept: dict[tuple[str, str], tuple[float, tuple[Exchange, ...]]] = {}
        self._turn = threading.Lock()

    def recall(self, who: str, id: str, rules: MemoryRules) -> Remembered:  # noqa: A002
        """What is remembered under an id of this caller; a new conversation for any other id."""
        with self._turn:
            self._forget(rules)
            found = self._kept.get((who, id))
        if found is None:
            return Remembered(secrets.token_urlsafe(12))
        past = found[1][-rules.exchanges :] if rules.exchanges else ()
        return Remembered(id, past)

    def keep(self, who: str, id: str, exchange: Exchange, rules: MemoryRules) -> None:  # noqa: A002
        """Add an exchange; does nothing where none is to be kept."""
        if not rules.exchanges:
            return
        with self._turn:
            before = self._kept.pop((who, id), (0.0, ()))[1]
            self._kept[who, id] = (self._timer(), (*before, exchange)[-rules.exchanges :])
            own = [key for key in self._kept if key[0] == who]
            for key in own[: max(0, len(own) - rules.conversations)]:
                del self._kept[key]
            while len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]

    def _forget(self, rules: MemoryRules) -> None:
        """Drop what has not been gone on with for too long."""
        oldest = self._timer() - 60 * rules.minutes
        self._kept = {key: kept for key, kept in self._kept.items() if kept[0] >= oldest}


__all__ = ["LONGEST_ANSWER", "LONGEST_ID", "Conversations", "Exchange", "MemoryRules", "Remembered"]
