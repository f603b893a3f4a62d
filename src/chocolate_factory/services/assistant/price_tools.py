"""Tools on prices: now, a day, a moment, the forecast, windows, tariff periods."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from chocolate_factory.domain.facts import NAME, clock_text, exists
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Origin
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, day_window, epoch, local_date, moment
from chocolate_factory.domain.tariff.calendar import energy_periods
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.choose_model import serving_model
from chocolate_factory.services.forecast_prices import latest_forecast
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.paid_prices import BY_CONTRACT, PaidPrices, paid_prices
from chocolate_factory.services.pose_problem import SERIES_OF, series_shown
from chocolate_factory.services.read_strip import price_strip

Row = dict[str, Any]
SLOT = timedelta(minutes=PLAN_MINUTES)
LONGEST_PERIOD = timedelta(days=8)
ORIGINS = {
    str(Origin.PUBLISHED): ("publicado", "published"),
    str(Origin.MEASURED): ("medido", "measured"),
    str(Origin.ESTIMATED): ("estimado", "estimated"),
    str(Origin.FORECAST): ("previsión", "forecast"),
    str(Origin.SAMPLE): ("muestra inventada", "made-up sample"),
    BY_CONTRACT: ("por contrato", "by contract"),
}
CALLED = {"2.0TD": {"peak": "P1", "flat": "P2", "valley": "P3"}}
"""Tariffs whose periods have names; those of six periods only have numbers."""

LEVELS = {
    "very_low": ("muy bajo", "very low"),
    "low": ("bajo", "low"),
    "normal": ("normal", "normal"),
    "high": ("alto", "high"),
    "very_high": ("muy alto", "very high"),
}


def today_of(ports: Ports) -> date:
    """The local day at the site."""
    return local_date(ports.clock(), ports.factory.site.timezone)


def current_price(ports: Ports, asked: Asked, told: Told) -> None:
    """What the site pays now and from the next hour on, with level, period and origin."""
    now, fixed = ports.clock(), SERIES_OF.get(ports.factory.contract.kind) is None
    points = price_strip(ports, now, None)["points"]
    here = point_at(points, now)
    if here is None:
        told.lack(
            "No hay ningún precio para este momento: ni publicado ni previsto.",
            "There is no price for this moment: neither published nor forecast.",
        )
        return
    tell_point(told, "now", here, fixed)
    told.say(
        "Ahora se paga {price} ({origin}), en el periodo {period}.",
        "You now pay {price} ({origin}), in period {period}.",
        **{key: told.facts[f"now_{key}"] for key in ("price", "origin", "period")},
    )
    if "now_level" in told.facts:
        told.say(
            "Es un precio {level} frente a los últimos {days} días.",
            "That is {level} beside the last {days} days.",
            level=told.facts["now_level"],
            days=told.fact("level_days", 30, "", ("días de comparación del nivel", "days behind the level")),
        )
    if "now_market" in told.facts:
        told.say(
            "El precio de mercado es {market}.",
            "The market price is {market}.",
            market=told.facts["now_market"],
        )
    tell_next(points, now, told)


def tell_next(points: list[Row], now: datetime, told: Told) -> None:
    """The price from the next whole hour on, where it is known."""
    begin = moment(epoch(now) // 3600 * 3600 + 3600)
    coming = point_at(points, begin)
    if coming is not None:
        tell_point(told, "next", coming, "now_market" not in told.facts)
        start = told.fact("next_start", begin, "", ("próxima hora", "next hour"))
        told.say(
            "Desde el {start} se pagará {price} ({origin}).",
            "From {start} it will be {price} ({origin}).",
            start=start,
            price=told.facts["next_price"],
            origin=told.facts["next_origin"],
        )


def point_at(points: list[Row], at: datetime) -> Row | None:
    """The point of the slot that a moment is in."""
    return next((point for point in points if point["start"] <= at < point["start"] + SLOT), None)


def tell_point(told: Told, key: str, point: Row, fixed: bool) -> None:
    """Facts of a slot: what is paid, market price, period, level, origin."""
    origin = BY_CONTRACT if fixed else point["origin"]
    told.fact(f"{key}_price", point["all_in_eur_kwh"], "EUR/kWh", ("precio pagado", "price paid"))
    if not fixed:
        told.fact(f"{key}_market", point["price_eur_mwh"], "EUR/MWh", ("precio de mercado", "market price"))
    told.fact(f"{key}_period", point["period"], NAME, ("periodo", "period"))
    told.fact(f"{key}_origin", origin, NAME, ("origen", "origin"), ORIGINS[origin])
    if point["level"] is not None:
        told.fact(f"{key}_level", point["level"], NAME, ("nivel", "level"), LEVELS[point["level"]])


def price_at(ports: Ports, asked: Asked, told: Told) -> None:
    """The price at a wall time of a day; both of an hour that comes twice, none of one that is left out."""
    if asked.at is None:
        current_price(ports, asked, told)
        return
    zone, day = ports.factory.site.timezone, asked.day or today_of(ports)
    prices = paid_prices(ports, day_window(day, zone))
    local = datetime.combine(day, asked.at, ZoneInfo(zone))
    when = told.fact("day", day, "", ("día", "day"))
    if not exists(local):
        told.lack(
            "El {day} esa hora no existe: el reloj se adelanta.",
            "On {day} that hour does not exist: clocks go forward.",
            day=when,
        )
        return
    both = sorted({epoch(local.replace(fold=fold)) for fold in (0, 1)})
    for number, second in enumerate(both, 1):
        tell_slot(told, prices, second, f"slot{number}" if len(both) > 1 else "slot")


def tell_slot(told: Told, prices: PaidPrices, second: int, key: str) -> None:
    """The slot that begins at or before an epoch second."""
    row = int(np.searchsorted(prices.start, second, side="right")) - 1
    start = told.fact(f"{key}_start", moment(second), "", ("momento", "moment"))
    if row < 0 or not np.isfinite(prices.paid[row]):
        told.lack("No hay precio para el {start}.", "There is no price for {start}.", start=start)
        return
    origin = str(prices.origin[row])
    price = told.fact(f"{key}_price", float(prices.paid[row]), "EUR/kWh", ("precio pagado", "price paid"))
    source = told.fact(f"{key}_origin", origin, NAME, ("origen", "origin"), ORIGINS[origin])
    told.say(
        "El {start} se paga {price} ({origin}).",
        "On {start} you pay {price} ({origin}).",
        start=start,
        price=price,
        origin=source,
    )
    if prices.series:
        market = told.fact(
            f"{key}_market", float(prices.market[row]), "EUR/MWh", ("precio de mercado", "market price")
        )
        told.say("En el mercado: {market}.", "On the market: {market}.", market=market)


def price_forecast(ports: Ports, asked: Asked, told: Told) -> None:
    """The newest forecast by day: mean, 80 % band of the mean hour, extremes, model and time of issue."""
    series = asked.series or series_shown(ports.factory)
    body = latest_forecast(ports.store, series, ports.clock(), serving_model(ports, series))
    days: dict[date, list[Row]] = defaultdict(list)
    zone = ports.factory.site.timezone
    for point in body["points"]:
        if point["origin"] == "forecast":
            days[local_date(moment_of(point["start"]), zone)].append(point)
    name = told.fact("series", series, NAME, ("serie", "series"))
    model = told.fact("model", str(body["model"]), NAME, ("modelo", "model"))
    issued = told.fact("issued_at", moment_of(body["issued_at"]), "", ("emitida", "issued"))
    told.say(
        "Previsión de {series} del modelo {model}, emitida el {issued}.",
        "Forecast of {series} by the model {model}, issued {issued}.",
        series=name, model=model, issued=issued,
    )  # fmt: skip
    shown = [day for day in sorted(days) if asked.day in {None, day}]
    if not shown:
        when = told.fact("day", asked.day, "", ("día pedido", "day asked for"))
        told.lack(
            "No prevé el {day}: está publicado, o fuera de su horizonte.",
            "It does not forecast {day}: that is published, or beyond its horizon.",
            day=when,
        )
    for number, day in enumerate(shown[:7], 1):
        tell_forecast_day(told, f"day{number}", day, days[day])


def tell_forecast_day(told: Told, key: str, day: date, points: list[Row]) -> None:
    """Facts and a sentence of one forecast day, EUR/MWh."""
    facts = {"day": told.fact(key, day, "", ("día", "day"))}
    facts["mean"] = told.fact(
        f"{key}_mean", mean_of(points, "price_eur_mwh"), "EUR/MWh", ("media prevista", "forecast mean")
    )
    told.fact(
        f"{key}_lowest",
        min(point["price_eur_mwh"] for point in points),
        "EUR/MWh",
        ("mínimo previsto", "forecast lowest"),
    )
    told.fact(
        f"{key}_highest",
        max(point["price_eur_mwh"] for point in points),
        "EUR/MWh",
        ("máximo previsto", "forecast highest"),
    )
    es, en = "{day}: media {mean}", "{day}: mean {mean}"
    if "p10" in points[0] and "p90" in points[0]:
        for name, quantile in (("low", "p10"), ("high", "p90")):
            facts[name] = told.fact(
                f"{key}_{quantile}",
                mean_of(points, quantile),
                "EUR/MWh",
                (f"banda {quantile.upper()}", f"band {quantile.upper()}"),
            )
        es, en = es + ", banda de {low} a {high}", en + ", band from {low} to {high}"
    told.say(es + ".", en + ".", **facts)


def mean_of(points: list[Row], name: str) -> float:
    """Mean of a column."""
    return float(np.mean([point[name] for point in points]))


def numbered(told: Told, tariff: str, period: str) -> str:
    """A period by its number, where it is called by a name; "" and why for a tariff without names."""
    if period not in {"peak", "flat", "valley"}:
        return period
    if tariff in CALLED:
        return CALLED[tariff][period]
    told.say(
        "Esa tarifa no tiene punta, llano ni valle: sus periodos solo tienen número.",
        "That tariff has no peak, flat or valley: its periods only have numbers.",
    )
    return ""


def tariff_periods(ports: Ports, asked: Asked, told: Told) -> None:
    """The energy periods of a local day, as spans of wall time."""
    zone, day = ports.factory.site.timezone, asked.day or today_of(ports)
    window = day_window(day, zone)
    starts = window.starts(PLAN_MINUTES)
    tariff = told.fact("tariff", ports.factory.contract.access_tariff, NAME, ("tarifa", "tariff"))
    when = told.fact("day", day, "", ("día", "day"))
    told.say(
        "Periodos de la tarifa {tariff} el {day}:", "Periods of the tariff {tariff} on {day}:",
        tariff=tariff, day=when,
    )  # fmt: skip
    numbered(told, ports.factory.contract.access_tariff, asked.period)
    slots = zip(energy_periods(tariff.written("en"), starts).tolist(), starts.tolist(), strict=True)
    for number, (period, rows) in enumerate(groupby(slots, key=lambda slot: slot[0]), 1):
        seconds = [second for _, second in rows]
        span = Window(moment(seconds[0]), moment(seconds[-1]) + SLOT)
        name = told.fact(f"period{number}", f"P{period}", NAME, ("periodo", "period"))
        told.fact(f"period{number}_start", span.start, "", ("inicio", "start"))
        told.fact(f"period{number}_end", span.end, "", ("fin", "end"))
        told.say(
            "{period} de {start} a {end}.", "{period} from {start} to {end}.",
            period=name, start=clock_text(span.start, zone), end=clock_text(span.end, zone),
        )  # fmt: skip
    if asked.day in {None, today_of(ports)}:
        tell_period_now(ports, told, tariff.written("en"))


def tell_period_now(ports: Ports, told: Told, tariff: str) -> None:
    """The period of this moment, and when another one begins."""
    here = epoch(ports.clock()) // (60 * PLAN_MINUTES) * 60 * PLAN_MINUTES
    starts = Window(moment(here), moment(here) + LONGEST_PERIOD).starts(PLAN_MINUTES)
    periods = energy_periods(tariff, starts)
    changes = np.flatnonzero(periods != periods[0])
    name = told.fact("period_now", f"P{periods[0]}", NAME, ("periodo de ahora", "period now"))
    if len(changes):
        end = told.fact("period_now_end", moment(int(starts[changes[0]])), "", ("fin", "end"))
        told.say("Ahora es {now}, hasta el {end}.", "It is now {now}, until {end}.", now=name, end=end)
