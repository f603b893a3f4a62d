"""A settled week as rows: its days, their arms, what is saved, and what was assumed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from chocolate_factory.domain.ledger_money import ArmShare, Charged, shares_of
from chocolate_factory.domain.ledger_weeks import day_parts
from chocolate_factory.domain.ledger_work import STEP
from chocolate_factory.domain.movable_load import captured_share
from chocolate_factory.domain.slots import Window, epoch, local_iso
from chocolate_factory.services.pose_week import Week
from chocolate_factory.services.read_in_force import Chain
from chocolate_factory.services.run_week import Arms

Row = dict[str, Any]
Shares = Mapping[str, ArmShare | None]
ARMS = ("baseline", "plan", "executed", "hindsight")
SAME_ENERGY = 0.01
"""Arms whose energy differs by more than this share are not compared."""
SETTLED, OPEN, NO_PLAN = "settled", "open", "no_plan"


def tell_week(week: Week, arms: Arms, before: Mapping[str, Charged], chain: Chain, now: datetime) -> Row:
    """Status, totals of the settled days, the days, and what the week stands on."""
    window, zone = week.work.window, week.factory.site.timezone
    parts = day_parts(window, zone)
    shares = {
        name: shares_of(week.pricing, ran.load_kw, ran.ends, before[name], [part for _, part in parts])
        for name, ran in arms.ran.items()
    }
    days: list[Row] = []
    settled: list[Shares] = []
    for number, (day, part) in enumerate(parts):
        state = state_of(week, part, now)
        told = {n: shares[n][number] if n in shares and state == SETTLED else None for n in ARMS}
        settled += [told] if state == SETTLED else []
        span = {key: local_iso(getattr(part, key), zone) for key in ("start", "end")}
        days.append({"day": day, **span, "status": state, **figures(told), "prices": digest(week, part)})
    over = Window(window.start, max(window.start, min(window.end, now)))
    without = chain.hours_without(over)
    return {
        "window": {key: local_iso(getattr(window, key), zone) for key in ("start", "end")},
        "status": status_of(days, without, now >= window.end),
        "hours_without_plan": without,
        **figures(summed(settled)),
        "hindsight_gap": arms.hindsight_gap,
        **facts_of(week, chain),
        "days": days,
    }


def status_of(days: list[Row], without: float, over: bool) -> str:
    """ "incomplete": some time had no plan. "closed": every day is settled. Else "provisional"."""
    if without > 0:
        return "incomplete"
    closed = over and all(day["status"] == SETTLED for day in days)
    return "closed" if closed else "provisional"


def state_of(week: Week, part: Window, now: datetime) -> str:
    """Whether a day is settled: it is over, its prices are known and a plan was in force."""
    first = epoch(week.work.window.start)
    slots = slice(*((epoch(at) - first) // STEP for at in (part.start, part.end)))
    if np.isnan(week.work.planned_kw[slots]).any():
        return NO_PLAN
    return SETTLED if part.end <= now and week.known[slots].all() else OPEN


def summed(days: list[Shares]) -> Shares:
    """The arms of some days added up; an arm that is not there on each of them is none."""
    found: dict[str, ArmShare | None] = {}
    for name in ARMS:
        own = [share for day in days if (share := day[name]) is not None]
        found[name] = ArmShare.total(own) if own and len(own) == len(days) else None
    return found


def figures(shares: Shares) -> Row:
    """Arms with the saving of what was carried out and its share of what was possible.

    `same_work`: the arms made as many batches with the same energy, to one per cent. Without that there is
    neither saving nor share.
    """
    base, did, best = (shares[name] for name in ("baseline", "executed", "hindsight"))
    row: Row = {
        "arms": {name: asdict(share) if share else None for name, share in shares.items()},
        "same_work": None,
        **dict.fromkeys(("saving_eur", "saving_percent", "captured_share")),
    }
    if base is None or did is None:
        return row
    row["same_work"] = alike(base, did) and (best is None or alike(base, best))
    if not row["same_work"]:
        return row
    row["saving_eur"] = base.eur - did.eur
    row["saving_percent"] = 100 * row["saving_eur"] / base.eur if base.eur > 0 else None
    if best is not None:
        row["captured_share"] = captured_share(base.eur, did.eur, best.eur)
    return row


def alike(one: ArmShare, other: ArmShare) -> bool:
    """Whether two arms made as many batches with the same energy, to one per cent."""
    return one.batches == other.batches and abs(one.kwh - other.kwh) <= SAME_ENERGY * abs(one.kwh)


def digest(week: Week, part: Window) -> str:
    """A digest of the prices of a day as they are known."""
    first = epoch(week.work.window.start)
    slots = slice(*((epoch(at) - first) // STEP for at in (part.start, part.end)))
    told = [week.pricing.stack.all_in_eur_kwh[slots].tobytes(), week.known[slots].tobytes()]
    return hashlib.sha256(b"|".join(told)).hexdigest()[:12]


def facts_of(week: Week, chain: Chain) -> Row:
    """What the week stands on: plans, factory file, what was reported and what was taken as planned."""
    work = week.work
    inside = [one for one in chain.told if one.span.clip(work.window)]
    said = Counter(known for batch in work.batches for known in batch.reported)
    lost = sum(batch.failed_at is not None for batch in work.facts)
    return {
        "plans": len(inside),
        "factory": inside[0].digest,
        "plans_under_other_factories": sum(one.digest != inside[0].digest for one in inside),
        "products": dict(sorted(Counter(batch.product for batch in work.whole).items())),
        "runs_reported": said[True],
        "runs_as_planned": said[False],
        "batches_lost": lost,
        "batches_as_they_were": len(work.facts) - lost,
        "assets_left_out": any(one.assets for one in inside),
    }
