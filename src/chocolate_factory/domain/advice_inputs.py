"""The inputs of hourly advice: one function for learning and for serving, from an outlook alone."""

from __future__ import annotations

from datetime import date

import numpy as np

from chocolate_factory.domain.advice import DAYS, HOUR_S, Outlook, grades, ranks
from chocolate_factory.domain.day_kinds import day_kind
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray, epoch
from chocolate_factory.domain.tariff.calendar import local_slots

PAST_DAYS = 14
"""Local days before the window that the inputs look back on."""

BLOCKS: dict[str, tuple[str, ...]] = {
    "forecast": (
        "rank",
        "rank_in_day",
        "distance",
        "day_distance",
        "day_low",
        "neighbours",
        "plan",
    ),
    "band": ("band", "band_low", "published"),
    "calendar": ("lead", "hour", "weekday", "kind", "period"),
    "recent": ("last_week", "same_hour", "same_hour_long", "day_kind_past"),
}
"""Inputs by where they come from."""

INPUTS = tuple(name for block in BLOCKS.values() for name in block)
"""Columns of `inputs`, in order."""


def inputs(outlook: Outlook) -> FloatArray:
    """Inputs (n, INPUTS) of each hour; NaN in a row of which something is not known.

    Costs count as distances from the window's median in units of its mean distance, so that cheap and dear
    weeks look alike; those of the past likewise, from its own median.
    """
    slots = local_slots(outlook.start)
    cost = outlook.cost
    known = cost[np.isfinite(cost)]
    middle = float(np.median(known)) if len(known) else np.nan
    unit = scale(known)
    distance = (cost - middle) / unit
    past = past_distances(outlook)
    ranked_day, day_mean, day_low = by_day(slots.day, cost, distance)
    hour_rows = recent(past, outlook.first_day, slots.day, slots.hour)
    columns = {
        "rank": ranks(cost),
        "rank_in_day": ranked_day,
        "distance": distance,
        "day_distance": day_mean,
        "day_low": day_low,
        "neighbours": around(distance),
        "plan": grades(cost),
        "band": (outlook.high - outlook.low) / unit,
        "band_low": (outlook.low - middle) / unit,
        "published": outlook.published,
        "lead": (outlook.start - epoch(outlook.at)) / HOUR_S,
        "hour": slots.hour,
        "weekday": (slots.day + 6) % 7,
        "kind": [int(day_kind(date.fromordinal(day))) for day in slots.day.tolist()],
        "period": outlook.period,
        **hour_rows,
    }
    return np.stack([np.asarray(columns[name], np.float64) for name in INPUTS], axis=1)


def scale(values: FloatArray) -> float:
    """Mean distance from the median; 1 where all are the same, so that distances are 0; NaN of nothing."""
    if len(values) == 0:
        return float("nan")
    spread = float(np.mean(np.abs(values - np.median(values))))
    return spread if spread > 1e-9 else 1.0


def past_distances(outlook: Outlook) -> FloatArray:
    """The past (days, 24) as distances from its median in units of its mean distance."""
    known = outlook.past[np.isfinite(outlook.past)]
    if len(known) == 0:
        return outlook.past
    found: FloatArray = (outlook.past - np.median(known)) / scale(known)
    return found


def by_day(
    day: IntArray, cost: FloatArray, distance: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rank in the own local day, and the mean and least distance of that day, each (n,)."""
    ranked, mean, low = (np.full(len(cost), np.nan) for _ in range(3))
    for one in np.unique(day):
        rows = day == one
        own = distance[rows]
        own = own[np.isfinite(own)]
        if len(own):
            ranked[rows], mean[rows], low[rows] = ranks(cost[rows]), own.mean(), own.min()
    return ranked, mean, low


def around(distance: FloatArray, reach: int = 2) -> FloatArray:
    """Mean of the hours from `reach` before to `reach` after, those that are there, shape (n,)."""
    padded = np.concatenate([np.full(reach, np.nan), distance, np.full(reach, np.nan)])
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    there = np.isfinite(views)
    count = there.sum(axis=1)
    total = np.where(there, views, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def recent(past: FloatArray, first_day: int, day: IntArray, hour: IntArray) -> dict[str, FloatArray]:
    """What the same wall hour cost before: a week before, in the last 7 and PAST_DAYS days, on such days."""
    same_week = copied(past, first_day, day - 7, hour)
    short, long = known_mean(past[-8:-1]), known_mean(past[-1 - PAST_DAYS : -1])
    kinds = np.array([int(day_kind(date.fromordinal(first_day + row))) for row in range(len(past))])
    by_kind = {kind: known_mean(past[kinds == kind]) for kind in set(kinds.tolist())}
    wanted = [int(day_kind(date.fromordinal(one))) for one in day.tolist()]
    same_kind = np.array(
        [by_kind.get(kind, long)[at] for kind, at in zip(wanted, hour.tolist(), strict=True)], np.float64
    )
    same_kind = np.where(np.isfinite(same_kind), same_kind, long[hour])
    return {
        "last_week": np.where(np.isfinite(same_week), same_week, short[hour]),
        "same_hour": short[hour],
        "same_hour_long": long[hour],
        "day_kind_past": same_kind,
    }


def copied(table: FloatArray, first_day: int, day: IntArray, hour: IntArray) -> FloatArray:
    """Values of a table by local day and hour, NaN for days it does not have, shape (n,)."""
    row = day - first_day
    inside = (row >= 0) & (row < len(table))
    return np.where(inside, table[np.where(inside, row, 0), hour], np.nan)


def known_mean(rows: FloatArray) -> FloatArray:
    """Mean by column of what is known, NaN where nothing is."""
    there = np.isfinite(rows)
    count = there.sum(axis=0)
    return np.where(count > 0, np.where(there, rows, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def week_before(outlook: Outlook) -> FloatArray:
    """What the same wall hour cost seven days before, EUR/kWh, NaN where that is not known, shape (n,)."""
    slots = local_slots(outlook.start)
    return copied(outlook.past, outlook.first_day, slots.day - DAYS, slots.hour)
