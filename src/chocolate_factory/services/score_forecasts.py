"""Score stored forecasts on the prices that came true: a small record each, final once all are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain import scores
from chocolate_factory.domain.ports import Known, Ports, Record, Store
from chocolate_factory.domain.series import FloatArray, Series, empty, on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import (
    IntArray,
    Window,
    epoch,
    hours_over,
    local_date,
    local_iso,
    moment,
)
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.services.backtest_report import OF_KIND, WEEK, number, truth_of
from chocolate_factory.services.forecast_prices import KIND as FORECAST
from chocolate_factory.services.forecast_prices import PUBLISHED_AHEAD
from chocolate_factory.services.give_advice import moment_of

Row = dict[str, Any]
KIND = "score"
FINAL, PROVISIONAL = "final", "provisional"

HOUR = 60
DIGITS = 4
NAIVE_DAYS = 63
"""Days that a copy of an earlier day looks back: more than the longest gap between two days of a kind."""

GIVE_UP = timedelta(days=30)
"""Time after its last hour from which a forecast no longer waits for prices that are missing."""

OPEN = GIVE_UP + timedelta(days=16)
"""Longer after its issue than any forecast stays open."""

OVERLAP = timedelta(hours=1)
"""A forecast may be stored later than one that was issued after it, by no more than this."""

LOOKS = (2, 20, 200, 500)
"""How many of the newest forecasts are read at a time to reach those that were seen already."""

SCORE_LOOKS = (50, 500, 5_000, 50_000)
QUANTILE = re.compile(r"p(\d\d)")


@dataclass(frozen=True)
class Scoring:
    """What one round did: forecasts seen for the first time, scores written, those final by it, still open.

    `all_seen` is false when there were more new forecasts than are read at a time; the oldest are left out.
    """

    new: int
    written: int
    final: int
    open: int
    all_seen: bool


def score_forecasts(ports: Ports) -> Scoring:
    """Score what can be scored by now, oldest first; safe to repeat, and cheap when nothing is new.

    A forecast is read once: its hours and the naive forecasts of its moment of issue are kept in its score
    (kind "score", same id and moment) until that is final. Truth is the newest knowledge of now, by hour; a
    final score is never touched again, so later corrections of prices do not change it.
    """
    store, now = ports.store, ports.clock()
    known, _ = newest_since(store, KIND, now - OPEN, SCORE_LOOKS)
    seen = [record for record in known or store.find(KIND, limit=1) if record.at <= now]
    bodies = {record.id: cast("Row", dict(record.body)) for record in seen}
    since = max((record.at for record in seen), default=None)
    recent, all_seen = newest_since(store, FORECAST, since and since - OVERLAP, LOOKS)
    new = [
        record
        for record in reversed(recent)
        if record.at <= now and record.id not in bodies and not store.find(KIND, id=record.id, limit=1)
    ]
    left = {name: body for name, body in bodies.items() if body["state"] == PROVISIONAL}
    left |= {record.id: first_look(ports, record) for record in new}
    truth = read_truth(store, left.values(), now)
    written = final = 0
    for name, body in sorted(left.items(), key=lambda item: (moment_of(item[1]["at"]), item[0])):
        scored = score(body, truth[str(body["series"])], now)
        final += scored["state"] == FINAL
        if scored["hours_known"] != body["hours_known"] or scored["state"] != body["state"]:
            store.save(Record(KIND, name, moment_of(body["at"]), scored))
            written += 1
    return Scoring(len(new), written, final, len(left) - final, all_seen)


def newest_since(
    store: Store, kind: str, since: datetime | None, looks: Sequence[int]
) -> tuple[list[Record], bool]:
    """Records of a kind from a moment on, newest first, and whether these are all of them."""
    found: list[Record] = []
    for limit in looks:
        found = store.find(kind, limit=limit)
        if len(found) < limit or (since is not None and found[-1].at < since):
            return [record for record in found if since is None or record.at >= since], True
    return found, False


def first_look(ports: Ports, record: Record) -> Row:
    """The score of a forecast without any price: its hours, and what the naive models would have told."""
    body = cast("Row", dict(record.body))
    points = [point for point in body["points"] if point["origin"] == FORECAST]
    told = hourly(points, int(body["resolution_min"]))
    found: Row = {
        "series": body["series"],
        "model": body["model"],
        "at": record.at.isoformat(),
        "issued_at": body["issued_at"],
        "scored_at": None,
        "state": PROVISIONAL,
        "hours_told": len(told["start"]),
        "hours_known": None,
        "leads": [],
    }
    starts = np.array(told["start"], np.int64)
    naive = {name: naive_hours(ports, found, name, starts) for name in (WEEK, OF_KIND)}
    return found | {"left": told | {"naive": naive}}


def hourly(points: Sequence[Mapping[str, Any]], minutes: int) -> Row:
    """Forecast slots as whole hours: start (epoch seconds), price and quantiles by level, EUR/MWh.

    Quarters are averaged, quantiles as well; hours of which a quarter is missing or published are left out.
    """
    if not points:
        return {"start": [], "price": [], "quantiles": {}}
    start = np.array([epoch(datetime.fromisoformat(point["start"])) for point in points], np.int64)
    window = hours_over(Window(moment(int(start[0])), moment(int(start[-1]) + 60 * minutes)))
    levels = {name: int(found[1]) / 100 for name in points[0] if (found := QUANTILE.fullmatch(name))}
    columns = {
        name: on_grid(_slots(start, [point[name] for point in points], minutes), window, HOUR)
        for name in ("price_eur_mwh", *levels)
    }
    whole = np.isfinite(columns["price_eur_mwh"])
    return {
        "start": window.starts(HOUR)[whole].tolist(),
        "price": _rounded(columns["price_eur_mwh"][whole]),
        "quantiles": {str(level): _rounded(columns[name][whole]) for name, level in levels.items()},
    }


def naive_hours(ports: Ports, body: Row, name: str, starts: IntArray) -> list[float | None] | None:
    """What a naive model would have told of these hours with what was known at the moment of issue.

    None where too little was known.
    """
    issued_at = moment_of(body["at"])
    if len(starts) == 0:
        return None
    window = Window(moment(int(starts[0])), moment(int(starts[-1]) + 60 * HOUR))
    begin = min(issued_at, window.start) - timedelta(days=NAIVE_DAYS)
    reach = hours_over(Window(begin, max(issued_at + PUBLISHED_AHEAD, window.end)))
    history = ports.store.read(str(body["series"]), reach, issued_at)
    try:
        forecaster, known = ports.forecasters[name](), Known(history)
        told = forecaster.ready(forecaster.learn(known, issued_at), known, issued_at).predict(window)
    except DataMissing:
        return None
    price = on_grid(_slots(told.start, told.price.tolist(), told.minutes), window, HOUR)
    return _rounded(price[(starts - starts[0]) // (60 * HOUR)])


def read_truth(store: Store, bodies: Iterable[Row], now: datetime) -> dict[str, Series]:
    """By series the prices known by `now` of all hours that wait for theirs."""
    spans: dict[str, list[int]] = {}
    for body in bodies:
        spans.setdefault(str(body["series"]), []).extend(body["left"]["start"])
    return {
        series: store.read(series, Window(moment(min(starts)), moment(max(starts) + 60 * HOUR)), now)
        if starts
        else empty(series)
        for series, starts in spans.items()
    }


def score(body: Row, truth: Series, now: datetime) -> Row:
    """The score of an open forecast by what is known now; final when nothing is left to wait for."""
    left = body["left"]
    starts = np.array(left["start"], np.int64)
    real = truth_of(truth, starts)
    known = np.isfinite(real)
    waits = len(starts) and now < moment(int(starts[-1])) + GIVE_UP
    final = bool(known.all()) or not waits
    issued_at = moment_of(body["at"])
    scored = {
        **body,
        "scored_at": local_iso(now, MARKET_ZONE),
        "state": FINAL if final else PROVISIONAL,
        "hours_known": int(known.sum()),
        "leads": lead_scores(left, real, local_date(issued_at, MARKET_ZONE).toordinal()),
    }
    if final:
        del scored["left"]
    return scored


def lead_scores(told: Row, real: FloatArray, issued: int) -> list[Row]:
    """Scores by lead day (days from that of issue to that of delivery) on the hours with a truth."""
    starts = np.array(told["start"], np.int64)
    lead = local_slots(starts).day - issued
    price = np.array(told["price"], np.float64)
    quantiles = {float(level): np.array(row, np.float64) for level, row in told["quantiles"].items()}
    naive = {name: np.array(row or [None] * len(starts), np.float64) for name, row in told["naive"].items()}
    rows = []
    for one in np.unique(lead[np.isfinite(real)]).tolist():
        chosen = (lead == one) & np.isfinite(real)
        truth = real[chosen]
        own = {level: row[chosen] for level, row in quantiles.items()}
        figures = {
            "mae": scores.mean_absolute_error(truth, price[chosen]),
            "bias": scores.mean(price[chosen] - truth),
            "mse": scores.mean((price[chosen] - truth) ** 2),
            "pinball": scores.pinball(truth, scores.at_levels(own, scores.NINE)),
            "mae_week": scores.mean_absolute_error(truth, naive[WEEK][chosen]),
            "mae_kind": scores.mean_absolute_error(truth, naive[OF_KIND][chosen]),
        }
        hits = {"in_80": in_band(truth, own, (0.1, 0.9)), "in_90": in_band(truth, own, (0.05, 0.95))}
        rounded = {name: number(value) for name, value in figures.items()}
        rows.append({"lead": one, "hours": int(chosen.sum()), **rounded, **hits})
    return rows


def in_band(truth: FloatArray, told: scores.Quantiles, band: tuple[float, float]) -> int | None:
    """Hours in a band, its ends included; None where it is not told."""
    if any(level not in told for level in band):
        return None
    return int(np.sum((truth >= told[band[0]]) & (truth <= told[band[1]])))


def _slots(start: IntArray, values: Sequence[float], minutes: int) -> Series:
    """Slots as a series without a history, to put on a grid."""
    value = np.array(values, np.float64)
    there = np.isfinite(value)
    start, text = start[there], np.full(int(there.sum()), FORECAST)
    return Series("", start, np.full(len(start), minutes, np.int64), value[there], start, text, text)


def _rounded(values: FloatArray) -> list[float | None]:
    return [round(value, DIGITS) if np.isfinite(value) else None for value in values.tolist()]
