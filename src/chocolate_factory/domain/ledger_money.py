"""What a way to run a week cost on the prices that came true, day by day, so that days add up to the week.

Energy is that of each day. Excess power is charged per tariff period and calendar month: a day's share is
what it adds to what the month has been charged for so far, so the shares of a month add up to its charge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise
from typing import Self

import numpy as np

from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.problem import ExcessGroup
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, epoch
from chocolate_factory.domain.tariff.excess import excess_groups
from chocolate_factory.domain.tariff.stack import PriceStack

STEP = 60 * PLAN_MINUTES


Charged = Mapping[str, float]
"""Power above the contract that months have been charged for so far, kW by group ("P1 2026-03")."""


@dataclass(frozen=True)
class ArmShare:
    """A day of one arm: `eur` = `energy_eur` + `excess_eur`, electricity tax inside, no VAT, no fixed terms.

    `batches` were finished in it.
    """

    eur: float
    energy_eur: float
    excess_eur: float
    kwh: float
    batches: int

    @classmethod
    def total(cls, shares: Iterable[Self]) -> Self:
        """The sum of shares."""
        told = list(shares)
        return cls(**{f.name: sum(getattr(share, f.name) for share in told) for f in fields(cls)})


@dataclass(frozen=True, eq=False)
class Pricing:
    """How a week is priced: contract, and prices of its slots."""

    contract: Contract
    window: Window
    stack: PriceStack

    def groups(self, before: Charged) -> tuple[ExcessGroup, ...]:
        """Groups of slots charged together, as plans are made with them."""
        return excess_groups(self.contract, self.window, PLAN_MINUTES, before)


def shares_of(
    pricing: Pricing,
    load_kw: FloatArray,
    ends: Sequence[datetime],
    before: Charged,
    parts: Sequence[Window],
) -> list[ArmShare]:
    """The shares of consecutive parts of a week for a load (T,) and the moments at which batches ended.

    `before` is what each month had been charged for when the week began. A batch that ends at midnight
    belongs to the day before.
    """
    price = pricing.stack.all_in_eur_kwh
    first = epoch(pricing.window.start)
    excess = _added(pricing.groups(before), load_kw, parts, first)
    found = []
    for number, part in enumerate(parts):
        slots = slice(*((epoch(at) - first) // STEP for at in (part.start, part.end)))
        energy = float(np.dot(load_kw[slots], price[slots])) * PLAN_MINUTES / 60
        found.append(
            ArmShare(
                eur=energy + excess[number],
                energy_eur=energy,
                excess_eur=excess[number],
                kwh=float(np.sum(load_kw[slots])) * PLAN_MINUTES / 60,
                batches=sum(part.start < end <= part.end for end in ends),
            )
        )
    return found


def charged_after(pricing: Pricing, load_kw: FloatArray, before: Charged) -> dict[str, float]:
    """What the month of a week's last slot has been charged for after the week's load (T,).

    Months that are over are left out: no later week adds to them.
    """
    groups = pricing.groups(before)
    if not groups:
        return {}
    _, month = max(groups, key=lambda group: int(group.slots[-1])).name.split()
    told = {**before, **{g.name: float(g.already_kw + g.charged_kw(load_kw)) for g in groups}}
    return {name: kw for name, kw in sorted(told.items()) if kw > 0 and name.endswith(f" {month}")}


def _added(
    groups: tuple[ExcessGroup, ...], load_kw: FloatArray, parts: Sequence[Window], first: int
) -> list[float]:
    """What each part adds to the charge of the parts before it, EUR."""
    charges = [0.0]
    for part in parts:
        until = load_kw.copy()
        until[(epoch(part.end) - first) // STEP :] = 0.0
        charges.append(sum(group.rate_eur_kw * group.charged_kw(until) for group in groups))
    return [float(after - so_far) for so_far, after in pairwise(charges)]
