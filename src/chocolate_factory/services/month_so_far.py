"""The month so far as known now: what the site drew since the month began, and its excess power."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.ledger_work import STEP, InForce, week_work
from chocolate_factory.domain.month_so_far import MonthSoFar
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.production import Done, standing_reports
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, epoch, local_date
from chocolate_factory.domain.tariff.excess import CUT_OFF_TARIFF, charged_excess_kw
from chocolate_factory.domain.tariff.invoice import month_window
from chocolate_factory.services.read_in_force import read_in_force
from chocolate_factory.services.read_production import read_reports


def month_so_far(ports: Ports, until: Window) -> MonthSoFar | None:
    """The month before a plan's window as known at `ports.clock()`; None for 2.0TD, which has no excess.

    Runs are those reported until now, and those of the plan in force where nothing was reported; the rest of
    the load is that of the plan in force. A quarter-hour under way counts as planned. Measured against the
    present contract, in which a later month than that of the window's start has no past.
    """
    contract = ports.factory.contract
    if contract.access_tariff == CUT_OFF_TARIFF:
        return None
    begun = month_window(local_date(until.start, MARKET_ZONE)).start
    part = Window(begun, until.start)
    if not part.seconds:
        return MonthSoFar(part)
    try:
        told = read_in_force(ports, begun).told
    except Misconfigured:
        # A factory file of long ago that this version no longer reads must not keep a plan from being made.
        return MonthSoFar(part)
    reports = standing_reports(read_reports(ports.store, ports.clock()))
    work = week_work(told, reports, part, ports.factory)
    load = np.round(work.executed_kw - taken_by_assets(told, part), 6)
    known = np.isfinite(load)
    said = runs_of(work.batches, part)
    return MonthSoFar(
        part,
        charged_excess_kw(contract, part.starts(PLAN_MINUTES)[known], load[known]),
        hours_known=float(known.sum()) * PLAN_MINUTES / 60,
        runs_reported=sum(said),
        runs_as_planned=len(said) - sum(said),
    )


def taken_by_assets(told: Sequence[InForce], part: Window) -> FloatArray:
    """What battery and array took off the site's load by the plans in force, kW (T,)."""
    total = np.zeros(part.slot_count(PLAN_MINUTES))
    for one in told:
        inside = one.span.clip(part)
        if inside is not None:
            at, skip = ((epoch(inside.start) - epoch(w.start)) // STEP for w in (part, one.span))
            count = inside.slot_count(PLAN_MINUTES)
            total[at : at + count] = one.taken_kw[skip : skip + count]
    return total


def runs_of(batches: Sequence[Done], part: Window) -> list[bool]:
    """For each run that drew power in a part, whether it was reported."""
    return [
        said
        for batch in batches
        for run, said in zip(batch.runs, batch.reported, strict=True)
        if run.end > part.start and run.start < part.end
    ]
