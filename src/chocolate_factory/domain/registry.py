"""Kept versions of what models learnt, and which model serves a series: the rules, without any file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from chocolate_factory.core.errors import UsageError

if TYPE_CHECKING:
    from chocolate_factory.domain.ports import Json, Learnt

FIRST_CHAMPION = "boosting"
"""Serves a series until a choice is made."""

KEPT = 10
"""Versions kept of each series and model."""

FRESH = timedelta(days=8)
"""Weights older than this do not serve by themselves: learning afresh takes seconds."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class State(StrEnum):
    """Whether a kept version can serve."""

    OK = "ok"
    CHANGED = "changed"
    MISSING = "missing"
    OTHER_CODE = "other code"


class Chooser(StrEnum):
    """Who made a model the champion."""

    DEFAULT = "default"
    SIGNIFICANCE = "significance"
    HAND = "by hand"
    ROLLBACK = "rolled back"


@dataclass(frozen=True)
class Version:
    """What is known of a kept version besides its numbers.

    `facts` come of the model (days learnt from, inputs, notes), `metrics` of who saved it; `code` and
    `libraries` are those that learnt; `size` bytes and `sha256` are of the file with the numbers.
    """

    series: str
    model: str
    number: int
    learnt_at: datetime
    code: str
    libraries: Mapping[str, str]
    facts: Json
    metrics: Json
    size: int
    sha256: str


@dataclass(frozen=True)
class Held:
    """A number that was given and the state of its files; `version` is None without a usable manifest."""

    number: int
    state: State
    version: Version | None


@dataclass(frozen=True)
class Choice:
    """A model that serves a series from a moment on; `version` holds it to one kept version."""

    series: str
    model: str
    since: datetime
    chosen_by: Chooser
    why: str
    version: int | None = None


class Registry(Protocol):
    """Keeps versions and choices. Saving is safe while others save and read, and safe to be killed in."""

    def save(self, learnt: Learnt, metrics: Json) -> Version:
        """Keep as the next version, and drop what is more than KEPT. Raises `StoreFailed`."""
        ...

    def held(self, series: str, model: str) -> list[Held]:
        """All kept versions with their states, newest first."""
        ...

    def load(self, series: str, model: str, number: int) -> Learnt:
        """The numbers of a version. Raises `ModelRefused` unless its files are those that were saved."""
        ...

    def choices(self, series: str) -> list[Choice]:
        """Choices made for a series, in order. Raises `ModelRefused` where they cannot be read."""
        ...

    def choose(self, choice: Choice) -> None:
        """Add a choice. One that cannot be read is put aside. Raises `StoreFailed`."""
        ...


def first_choice(series: str, why: str = "no choice was made yet") -> Choice:
    """What serves before any choice."""
    return Choice(series, FIRST_CHAMPION, LONG_AGO, Chooser.DEFAULT, why)


def champion_then(choices: Sequence[Choice], series: str, now: datetime) -> Choice:
    """The last choice made by `now`: later ones are not known then."""
    return next(reversed(made_by(choices, now)), first_choice(series))


def made_by(choices: Sequence[Choice], now: datetime) -> list[Choice]:
    """Choices made by `now`, by time."""
    return sorted((one for one in choices if one.since <= now), key=lambda one: one.since)


def former_choice(choices: Sequence[Choice], series: str, now: datetime) -> Choice:
    """What served before the present choice, earlier rollbacks taken into account.

    Raises UsageError where nothing was chosen before.
    """
    stack = [first_choice(series)]
    for one in made_by(choices, now):
        if one.chosen_by is Chooser.ROLLBACK and len(stack) > 1:
            stack.pop()
        else:
            stack.append(one)
    if len(stack) < 2:
        raise UsageError(
            f"There is no earlier choice for {series} to go back to.",
            "To serve an older version: `choco models promote MODEL --series S --version N`.",
        )
    return stack[-2]


def fit_to_serve(held: Sequence[Held], now: datetime, only: int | None = None) -> list[Version]:
    """Versions that may serve at `now`, in the order in which to try them.

    Sound, learnt by then and not older than FRESH, newest first; `only` comes before all, however old.
    """
    sound = [one.version for one in held if one.version and one.state is State.OK]
    learnt = [one for one in sound if one.learnt_at <= now]
    learnt.sort(key=lambda one: (one.learnt_at, one.number), reverse=True)
    held_to = [one for one in learnt if one.number == only]
    return held_to + [one for one in learnt if one.number != only and now - one.learnt_at <= FRESH]


def left_over(numbers: Sequence[int], only: int | None) -> list[int]:
    """Numbers to drop so that KEPT are left: the lowest, but not the one that a choice is held to."""
    spare = [number for number in sorted(numbers) if number != only]
    return spare[: max(0, len(numbers) - KEPT)]
