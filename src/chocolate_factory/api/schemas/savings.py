"""The savings ledger as the API answers it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, AskedMoment, Moment, Span

AT_LEAST = "The share captured if hindsight could reach its proven bound."


class SavingsWish(Answer):
    """Which weeks: those that touch the time from `start` to `end`."""

    start: AskedMoment | None = Field(None, description="Default: 60 days before `end`.")
    end: AskedMoment | None = Field(None, description="Default: now.")
    revisions: bool = Field(False, description="Also what corrections changed of settled days.")


class SavingsArm(Answer):
    """A way to run the settled days: `eur` = `energy_eur` + `excess_eur`, electricity tax inside, no VAT."""

    eur: float
    energy_eur: float
    excess_eur: float = Field(description="What it adds to the month's charge for excess power.")
    kwh: float
    batches: int = Field(description="Batches finished.")


class SavingsArms(Answer):
    """As ordered, as the plans in force said, as carried out, and the optimum on the prices that came."""

    baseline: SavingsArm | None
    plan: SavingsArm | None
    executed: SavingsArm | None
    hindsight: SavingsArm | None


class SavingsFigures(Answer):
    """`saving_eur` is baseline less executed, `captured_share` its share of baseline less hindsight.

    Both and `saving_percent` are null unless the arms did the same work.
    """

    arms: SavingsArms
    same_work: bool | None = Field(description="The arms made as many batches with the same energy, to 1 %.")
    saving_eur: float | None
    saving_percent: float | None
    captured_share: float | None


class SavingsDay(SavingsFigures):
    """A local day of a week, the day on which weeks meet as far as it belongs to this one."""

    day: date
    start: Moment
    end: Moment
    status: Literal["settled", "open", "no_plan"]


class SavingsRevision(Answer):
    """A day that was settled again: EUR of each arm that moved, as [old, new]."""

    at: Moment
    day: date
    why: str
    changed: dict[str, tuple[float, float]]


class SavingsWeek(SavingsFigures):
    """From one last due time of the week to the next; figures are sums of its settled days."""

    id: str = Field(description="The moment in UTC at which it starts, like 20260307T1300Z.")
    window: Span
    status: Literal["closed", "provisional", "incomplete"]
    hours_without_plan: float
    hindsight_gap: float | None = Field(description="How far from the proven optimum hindsight is at most.")
    captured_at_least: float | None = Field(None, description=AT_LEAST)
    plans: int
    factory: str
    plans_under_other_factories: int
    products: dict[str, int] = Field(description="Batches that every arm makes, by product.")
    runs_reported: int
    runs_as_planned: int
    batches_lost: int
    assets_left_out: bool = Field(description="Loads are those before battery and array, in every arm.")
    batches_as_they_were: int = Field(
        description="Under way when the week began or ended: alike in all arms."
    )
    settled_at: Moment
    days: list[SavingsDay]
    revised: int = Field(description="How many times a settled day was settled again.")
    revisions: list[SavingsRevision] | None = None


class SavingsTotal(SavingsFigures):
    """Sums over the settled days of the weeks whose arms did the same work."""

    weeks: int
    weeks_left_out: int = Field(description="Without the same work in the arms: in no sum.")
    captured_at_least: float | None = Field(None, description=AT_LEAST)


class SavingsTotals(Answer):
    """Closed and provisional weeks apart; incomplete ones are in neither."""

    closed: SavingsTotal
    provisional: SavingsTotal


class SavingsLedger(Answer):
    """Weeks, oldest first, and their totals."""

    sample: bool
    currency: str
    weeks: list[SavingsWeek]
    total: SavingsTotals
