"""What changed of a day that was settled before: old value, new value, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Row = dict[str, Any]
CENT = 0.005
PRICES, WORK, MONTH = "prices corrected", "production log or plans", "month so far"


def revised(old: Mapping[str, Any] | None, new: Row, now: datetime) -> Row:
    """The new row of a week with the revisions of the old one and those that it brings.

    A day that moves by half a cent or more is revised when a price of it was corrected, or when its week was
    closed; before that its week's batches are still open and it moves with them.
    """
    if old is None:
        return {**new, "revisions": []}
    before = {day["day"]: day for day in old["days"]}
    found = list(old["revisions"])
    for day in new["days"]:
        known = before.get(day["day"])
        changed = changes(known, day) if known else {}
        corrected = known is not None and known["prices"] != day["prices"]
        if changed and (corrected or old["status"] == "closed"):
            why = PRICES if corrected else WORK if old["work"] != new["work"] else MONTH
            found.append({"at": now.isoformat(), "day": day["day"], "why": why, "changed": changed})
    return {**new, "revisions": found}


def changes(old: Row, new: Row) -> dict[str, list[float]]:
    """EUR of each arm that moved, as [old, new]; an arm that was not there has nothing to move from."""
    told = {name: (old["arms"][name], arm) for name, arm in new["arms"].items()}
    return {name: [a["eur"], b["eur"]] for name, (a, b) in told.items() if a and b and moved(a, b)}


def moved(old: Row, new: Row) -> bool:
    """Whether the cost of an arm is another, to the cent."""
    return abs(float(old["eur"]) - float(new["eur"])) >= CENT
