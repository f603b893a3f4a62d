"""Whole courses that prices of a window may take, from a forecast's quantiles and its past errors."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.day_kinds import day_kind
from chocolate_factory.domain.forecast import Forecast, read_off
from chocolate_factory.domain.series import FloatArray, Origin
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import IntArray, local_date, moment

FEW_PATHS = 10
"""Fewer past forecasts than this say nothing about how hours hang together."""


def price_paths(forecast: Forecast, count: int) -> FloatArray:
    """Prices of `count` courses of the window, equally likely, shape (count, n), EUR/MWh.

    The Schaake shuffle (Clark, Gangopadhyay, Hay, Rajagopalan and Wilby 2004, Journal of Hydrometeorology 5,
    243), with past errors of the same model as the template: each slot has the prices at the shares
    (k + ½) ÷ count of its quantiles, and path by path they are ranked as the errors of one past forecast are
    ranked among those taken. So every slot has the forecast's own quantiles whatever the past, and hours hang
    together as errors did; the quarters of an hour move together. The past forecasts taken are `alike`, one
    more than once only where there are fewer than `count`. Below the lowest and above the highest level the
    last straight line is continued. Published slots are the same in all paths.

    Raises DataMissing with fewer than FEW_PATHS past forecasts, or none known, where a slot is not published.
    """
    if count < 1:
        raise ValueError("a path at least")
    told = np.tile(forecast.price, (count, 1))
    ahead = np.flatnonzero((forecast.origin == str(Origin.FORECAST)) & np.isfinite(forecast.price))
    if len(ahead) == 0:
        return told
    known = 0 if forecast.past is None else len(forecast.past.errors)
    if forecast.past is None or known < FEW_PATHS:
        raise DataMissing(
            f"{forecast.series}: errors of {known} past forecasts are known; paths need at least {FEW_PATHS}."
        )
    taken = np.resize(alike(forecast, ahead, forecast.past.ago)[:count], count)
    errors = forecast.past.errors[np.ix_(taken, ahead)]
    ranks = np.argsort(np.argsort(errors, axis=0, kind="stable"), axis=0, kind="stable")
    told[:, ahead] = read_off(forecast.levels, forecast.quantiles[:, ahead], (ranks + 0.5) / count)
    return told


def alike(forecast: Forecast, ahead: IntArray, ago: IntArray) -> IntArray:
    """Places of the past forecasts `ago` days before, most alike first; shape (m,).

    Those come first whose days had the kinds of the days now forecast (working day, Saturday, Sunday or
    holiday), then those with fewer days of another kind; among equals the newer one.
    """
    days = sorted({local_date(moment(start), MARKET_ZONE) for start in forecast.start[ahead].tolist()})
    other = [
        sum(day_kind(day) is not day_kind(day - timedelta(days=before)) for day in days)
        for before in ago.tolist()
    ]
    return np.lexsort((ago, np.array(other)))


def around(paths: FloatArray, middle: FloatArray) -> FloatArray:
    """The paths (count, n) moved slot by slot so that their mean is `middle` (n,), which may differ from it.

    Slots that are the same in all paths become `middle` exactly.
    """
    spread = paths - paths[0]
    moved: FloatArray = middle + (spread - spread.mean(axis=0))
    return moved
