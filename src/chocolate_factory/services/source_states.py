"""How each source fared when it was last asked: answering, or failing since when and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chocolate_factory.domain.ports import Record, Store

RECORD = "source"
KEPT = timedelta(hours=1)
BELIEVED = timedelta(hours=24)


@dataclass(frozen=True)
class SourceState:
    """`reason` is empty while it answers; `since` is when this state began, `at` when it was last asked."""

    name: str
    since: datetime
    at: datetime
    reason: str = ""

    @property
    def failing(self) -> bool:
        """Whether its last answer was none, or none to trust."""
        return bool(self.reason)


def read_states(store: Store) -> dict[str, SourceState]:
    """The state of every source that was ever asked, by name."""
    return {
        record.id: SourceState(
            record.id,
            datetime.fromisoformat(str(record.body["since"])),
            record.at,
            str(record.body["reason"]),
        )
        for record in store.find(RECORD, limit=1000)
    }


def failing_of(states: Mapping[str, SourceState], names: Iterable[str], now: datetime) -> list[SourceState]:
    """Of the named sources those that failed when last asked.

    What was heard more than a day ago, or later than `now`, says nothing of the present.
    """
    found = [states[name] for name in names if name in states]
    return [state for state in found if state.failing and timedelta(0) <= now - state.at <= BELIEVED]


def note_states(store: Store, heard: Mapping[str, str], now: datetime) -> None:
    """Store what was heard of the sources asked: reason of failure by name, empty for an answer.

    An unchanged state is written again only after an hour, to tell when the source was last asked.
    """
    known = read_states(store)
    for name, reason in heard.items():
        old = known.get(name)
        same = old is not None and old.failing == bool(reason) and old.since <= now
        if old is not None and same and old.reason == reason and timedelta(0) <= now - old.at < KEPT:
            continue
        since = old.since if old is not None and same else now
        store.save(Record(RECORD, name, now, {"since": since.isoformat(), "reason": reason}))
