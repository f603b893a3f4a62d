"""Where questions are answered: by whom, within which bounds, and the record of each."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from chocolate_factory.core.errors import TooMany, UsageError
from chocolate_factory.domain.ports import Assistant, Ports, Record, Store
from chocolate_factory.domain.slots import Window, day_window, local_date
from chocolate_factory.services.assistant.memory import Conversations, MemoryRules

Row = dict[str, Any]
KIND = "question"
KEPT = timedelta(days=400)
FEW = 50


@dataclass(frozen=True)
class AskRules:
    """Bounds: EUR a user and local day, characters of a question, questions a minute, and of one answer.

    An answer takes at most `steps` replies of the model, `max_tokens` each, and `seconds` in all; `at_once`
    answers may be under way, `at_once_each` of one caller. `memory` exchanges of each of a caller's
    `conversations` are remembered, until `memory_minutes` after the last.
    """

    budget_eur: float = 1.0
    longest: int = 500
    per_minute: int = 10
    steps: int = 6
    max_tokens: int = 1_000
    seconds: float = 60.0
    at_once: int = 4
    at_once_each: int = 2
    memory: int = 6
    memory_minutes: int = 30
    conversations: int = 8

    @property
    def remembering(self) -> MemoryRules:
        """The bounds of what is remembered."""
        return MemoryRules(self.memory, self.memory_minutes, self.conversations)


@dataclass(frozen=True)
class Desk:
    """How questions are answered here, and what of them is remembered in this process.

    `assistant` is made when first needed; where it is None, `without` says why: "no_key" or "offline".
    """

    rules: AskRules = AskRules()
    assistant: Callable[[], Assistant | None] = field(default=lambda: None)
    conversations: Conversations = field(default_factory=Conversations)
    without: str = "no_key"


@dataclass(frozen=True)
class Receipt:
    """What is kept of a question: who asked what, which tools told, who answered, what it cost."""

    who: str
    question: str
    tools: tuple[str, ...]
    answered_by: str
    outcome: str
    cost_eur: float
    seconds: float


def check_question(text: str, rules: AskRules) -> str:
    """The question without space around it; raises UsageError for none, and for one that is too long."""
    clean = " ".join(text.split())
    if not clean:
        raise UsageError("There is no question.", "Ask something, e.g. when is the cheapest time today?")
    if len(clean) > rules.longest:
        raise UsageError(
            f"The question has {len(clean)} characters; {rules.longest} are allowed.", "Ask it shorter."
        )
    return clean


def spent_today(store: Store, ports: Ports, who: str) -> float:
    """EUR that a user's questions cost on the local day of now."""
    now, zone = ports.clock(), ports.factory.site.timezone
    today = day_window(local_date(now, zone), zone)
    return float(
        sum(cast("float", body["cost_eur"]) for body in bodies_in(store, today) if body["who"] == who)
    )


def bodies_in(store: Store, window: Window) -> list[Row]:
    """Receipts of a window, newest first."""
    until, limit = window.end - timedelta(microseconds=1), FEW
    found = store.find(KIND, limit=limit, until=until)
    while len(found) == limit and found[-1].at >= window.start:
        limit *= 4
        found = store.find(KIND, limit=limit, until=until)
    return [dict(record.body) for record in found if record.at >= window.start]


def left_today(store: Store, ports: Ports, who: str, rules: AskRules) -> float:
    """EUR that a user may still spend today; raises TooMany where nothing is left."""
    now, zone = ports.clock(), ports.factory.site.timezone
    spent = spent_today(store, ports, who)
    if spent >= rules.budget_eur:
        end = day_window(local_date(now, zone), zone).end
        raise TooMany(
            f"Today's budget for questions is spent ({spent:.2f} of {rules.budget_eur:.2f} EUR).",
            "It is whole again tomorrow; CHOCO_ASK__BUDGET_EUR sets it.",
            wait_s=max(1, int((end - now).total_seconds())),
        )
    return rules.budget_eur - spent


def keep_receipt(store: Store, ports: Ports, receipt: Receipt) -> None:
    """Keep the record of a question; the first of a day drops those that are older than 400 days."""
    now = ports.clock()
    newest = store.find(KIND, limit=1)
    if newest and newest[0].at.date() != now.date():
        store.forget(KIND, now - KEPT)
    body: Row = {
        "who": receipt.who,
        "question": receipt.question,
        "tools": list(receipt.tools),
        "answered_by": receipt.answered_by,
        "outcome": receipt.outcome,
        "cost_eur": receipt.cost_eur,
        "seconds": receipt.seconds,
    }
    store.save(Record(KIND, f"{now:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}", now, body))
