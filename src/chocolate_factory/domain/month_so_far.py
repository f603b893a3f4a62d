"""What a calendar month has been charged for above the contracted power before a plan's window begins.

Excess power is charged on the whole month, by the root of the sum of squares or by the highest excess, so a
plan pays only for what it adds to the month so far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chocolate_factory.domain.slots import Window, local_iso

NO_METER = "Excess power earlier in the month is not known and taken as none."
FROM_PLANS = "Excess power earlier in the month is that of the plans in force and the log, not of a meter."
PARTLY = "For {:g} h of the month so far no plan was in force: no excess power is taken there."


class MonthOrigin(StrEnum):
    """Where the load of a month so far is known from: nowhere, plans alone, or plans and reported runs."""

    NONE = "none"
    PLANS = "plans"
    LOG = "log"


@dataclass(frozen=True)
class MonthSoFar:
    """The part of the month before a plan's window (`window`, UTC; empty where the month begins with it).

    `already_kw` is what it is charged for by group ("P1 2026-03"), the tariff's own quantity: what
    `excess_groups` takes as `already`. `hours_known` had a plan in force. Runs are those of that part, taken
    from the production log (`runs_reported`) or from the plan in force (`runs_as_planned`).
    """

    window: Window
    already_kw: Mapping[str, float] = field(default_factory=dict)
    hours_known: float = 0.0
    runs_reported: int = 0
    runs_as_planned: int = 0

    @property
    def hours_unknown(self) -> float:
        """Hours of which nothing is known: no excess is taken there."""
        return self.window.seconds / 3600 - self.hours_known

    @property
    def origin(self) -> MonthOrigin:
        """Where the load is known from."""
        if not self.hours_known:
            return MonthOrigin.NONE
        return MonthOrigin.LOG if self.runs_reported else MonthOrigin.PLANS

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences to show beside what is computed from it; none where the month has just begun."""
        if not self.window.seconds:
            return ()
        if not self.hours_known:
            return (NO_METER,)
        return (FROM_PLANS, *((PARTLY.format(self.hours_unknown),) if self.hours_unknown else ()))

    def to_json(self, zone: str) -> dict[str, Any]:
        """As a plan keeps and shows it; moments in the site's zone, kW by group in order of their names."""
        return {
            "start": local_iso(self.window.start, zone),
            "end": local_iso(self.window.end, zone),
            "origin": str(self.origin),
            "hours_known": self.hours_known,
            "hours_unknown": self.hours_unknown,
            "runs_reported": self.runs_reported,
            "runs_as_planned": self.runs_as_planned,
            "already": [{"name": name, "kw": kw} for name, kw in sorted(self.already_kw.items())],
        }


def already_in(answer: Mapping[str, Any]) -> dict[str, float]:
    """What the month had been charged for when a stored plan was made, kW by group; empty where not told."""
    told = answer.get("month_so_far")
    return {row["name"]: row["kw"] for row in told["already"]} if told else {}
