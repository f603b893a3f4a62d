"""Outlooks as they were at past moments, and what came of them: all that hourly advice learns from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.domain.advice import DAYS, Case, Outlook
from chocolate_factory.domain.advice_inputs import PAST_DAYS, inputs
from chocolate_factory.domain.backtest import Told
from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.ports import Ports, Store
from chocolate_factory.domain.series import FloatArray, Series, empty, on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import (
    IntArray,
    Window,
    epoch,
    hours_over,
    local_date,
    local_midnight,
    moment,
    next_slot,
)
from chocolate_factory.domain.tariff.calendar import energy_periods, local_slots
from chocolate_factory.domain.tariff.stack import Market, price_stack
from chocolate_factory.services.forecast_prices import KIND as FORECAST
from chocolate_factory.services.score_forecasts import hourly

HOUR = 60
BAND = (0.1, 0.9)
MOST_RECORDS = 20_000
LEAST = 6 * 24
"""Hours that an outlook of the past must tell of to be learnt from."""


@dataclass(frozen=True, eq=False)
class HourlyForecast:
    """Hours (n,) that were not published at `at`: `start` epoch seconds; price and 80 % band, EUR/MWh.

    `model` is the name of the model without its remarks.
    """

    at: datetime
    model: str
    start: IntArray
    price: FloatArray
    low: FloatArray
    high: FloatArray


def model_of(label: str) -> str:
    """The name of a model from how it named itself, which may end in remarks in brackets."""
    return label.split(" (", 1)[0]


def of_body(body: Mapping[str, Any], at: datetime) -> HourlyForecast:
    """The hours that a forecast's JSON tells; where it has no band, low and high are the price."""
    points = [point for point in body["points"] if point["origin"] == FORECAST]
    told = hourly(points, int(body["resolution_min"]))
    price = np.array(told["price"], np.float64)
    low, high = (np.array(told["quantiles"].get(str(level), price), np.float64) for level in BAND)
    start = np.array(told["start"], np.int64)
    return HourlyForecast(at, model_of(str(body["model"])), start, price, low, high)


def of_told(told: Iterable[Told], model: str) -> list[HourlyForecast]:
    """What a model told at the origins of a walk-forward test, those that it refused left out.

    An origin at which it did with a simpler model is left out as well.
    """
    return [
        HourlyForecast(
            one.origin.issued_at,
            model,
            one.start,
            one.price,
            *(one.quantiles.get(level, one.price) for level in BAND),
        )
        for one in told
        if one.origin.model == model and not one.refused and model_of(one.label) == model
    ]


def of_records(store: Store, series: str, model: str, now: datetime) -> list[HourlyForecast]:
    """The stored forecasts of a series by a model, issued by now, the last of each local day."""
    days: dict[date, HourlyForecast] = {}
    for record in store.find(FORECAST, limit=MOST_RECORDS):
        day = local_date(record.at, MARKET_ZONE)
        body: Mapping[str, Any] = dict(record.body)
        fits = body["series"] == series and model_of(str(body["model"])) == model
        if fits and record.at <= now and day not in days:
            days[day] = of_body(body, record.at)
    return list(days.values())


def one_a_day(served: Sequence[HourlyForecast], replayed: Sequence[HourlyForecast]) -> list[HourlyForecast]:
    """One forecast a local day, oldest first; what was served wins over what was replayed."""
    days = {local_date(one.at, MARKET_ZONE): one for one in (*replayed, *served)}
    return sorted(days.values(), key=lambda one: one.at)


def advice_window(at: datetime) -> Window:
    """From the next whole hour to the end of the seventh local day after today."""
    start = next_slot(at, HOUR)
    end = local_midnight(local_date(at, MARKET_ZONE) + timedelta(days=DAYS + 1), MARKET_ZONE)
    return Window(start, end)


def site_cost(contract: Contract, series: str | None, start: IntArray, price: FloatArray) -> FloatArray:
    """What the site pays in hours (n,) at market prices in EUR/MWh: EUR/kWh, NaN where the price is.

    Without a series the contract fixes the price of every hour. Raises DataMissing where the tariff has no
    figures for those days.
    """
    known = np.isfinite(price) if series else np.ones(len(start), bool)
    cost = np.full(len(start), np.nan)
    if known.any():
        market = Market(**{series: price[known]}) if series else Market()
        cost[known] = price_stack(contract, start[known], HOUR, market).all_in_eur_kwh
    return cost


def outlook_of(ports: Ports, series: str | None, told: HourlyForecast) -> Outlook:
    """What was known at `told.at`: published prices first, the forecast after them, the days before.

    Hours at the end of the window that nobody tells of are cut off.
    """
    window = advice_window(told.at)
    today = local_date(told.at, MARKET_ZONE)
    begin = local_midnight(today - timedelta(days=PAST_DAYS), MARKET_ZONE)
    whole = Window(begin, window.end)
    known = ports.store.read(series, whole, told.at) if series else empty("")
    starts, known_price = whole.starts(HOUR), on_grid(known, whole, HOUR)
    ahead = starts >= epoch(window.start)
    start, spoken = starts[ahead], np.isfinite(known_price[ahead])
    price, low, high = (
        np.where(spoken, known_price[ahead], on_hours(told.start, column, start))
        for column in (told.price, told.low, told.high)
    )
    some = np.flatnonzero(np.isfinite(price) | (series is None))
    told_to = int(some[-1]) + 1 if len(some) else 0
    start, spoken = start[:told_to], spoken[:told_to]
    price, low, high = (column[:told_to] for column in (price, low, high))
    contract = ports.factory.contract
    ends = np.concatenate([starts, start, start, start])
    paid = site_cost(contract, series, ends, np.concatenate([known_price, price, low, high]))
    past, *hours = np.split(paid, len(starts) + told_to * np.arange(3))
    return Outlook(
        at=told.at,
        start=start,
        cost=hours[0],
        low=hours[1],
        high=hours[2],
        published=spoken if series else np.ones(told_to, bool),
        period=energy_periods(contract.access_tariff, start),
        past=by_local_day(starts, past, today - timedelta(days=PAST_DAYS), PAST_DAYS + 1),
        first_day=today.toordinal() - PAST_DAYS,
    )


def on_hours(told: IntArray, values: FloatArray, start: IntArray) -> FloatArray:
    """Values told of some hours on other hours (n,), NaN where nothing is told."""
    place = np.searchsorted(told, start)
    inside = np.minimum(place, max(0, len(told) - 1))
    if len(told) == 0:
        return np.full(len(start), np.nan)
    return np.where(told[inside] == start, values[inside], np.nan)


def by_local_day(start: IntArray, values: FloatArray, first: date, days: int) -> FloatArray:
    """Hours (n,) as (days, 24) by local day and wall hour, NaN where unknown; an hour twice is the mean."""
    slots = local_slots(start)
    row = slots.day - first.toordinal()
    there = np.isfinite(values) & (row >= 0) & (row < days)
    total, count = np.zeros((days, 24)), np.zeros((days, 24))
    np.add.at(total, (row[there], slots.hour[there]), values[there])
    np.add.at(count, (row[there], slots.hour[there]), 1.0)
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


@dataclass(frozen=True, eq=False)
class Past:
    """Cases, oldest first, and how many forecasts were left out: still to come true, or with a hole."""

    cases: list[Case]
    to_come: int
    holed: int


def past_cases(ports: Ports, series: str, told: Sequence[HourlyForecast], now: datetime) -> Past:
    """Each forecast with what was known beside it and what came of it by `now`, corrections included."""
    if not told:
        return Past([], 0, 0)
    span = Window(advice_window(told[0].at).start, advice_window(told[-1].at).end)
    truth = ports.store.read(series, hours_over(span), now)
    starts = span.starts(HOUR)
    real = site_cost(ports.factory.contract, series, starts, on_grid(truth, span, HOUR))
    cases, to_come, holed = [], 0, 0
    for one in told:
        window = advice_window(one.at)
        rows = slice(*np.searchsorted(starts, [epoch(window.start), epoch(window.end)]))
        if len(truth) == 0 or int(truth.start[-1]) + HOUR * HOUR < epoch(window.end):
            to_come += 1
            continue
        outlook = outlook_of(ports, series, one)
        told_of = real[rows][: len(outlook.start)]
        if len(told_of) >= LEAST and np.isfinite(told_of).all() and is_whole(outlook):
            cases.append(Case(outlook, told_of, known_from(truth, window)))
        else:
            holed += 1
    return Past(cases, to_come, holed)


def is_whole(outlook: Outlook) -> bool:
    """Whether the outlook tells all that the trees want, with some price of each day before."""
    known = np.isfinite(outlook.past[:-1]).any(axis=1)
    return bool(known.all() and np.isfinite(inputs(outlook)).all())


def known_from(truth: Series, window: Window) -> datetime:
    """The moment from which all prices of a window were known as they are now."""
    return moment(int(truth.within(window).available_at.max()))
