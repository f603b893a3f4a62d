"""Tools on prices of a day, a part of one or some days: how high, and the best windows."""

from __future__ import annotations

from datetime import UTC, time, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.facts import NAME, Fact
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, Origin
from chocolate_factory.domain.slots import (
    Window,
    day_window,
    days_between,
    epoch,
    local_midnight,
    local_moment,
    moment,
    next_slot,
)
from chocolate_factory.domain.told import Told
from chocolate_factory.domain.windows import stretches
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.price_tools import SLOT, today_of
from chocolate_factory.services.find_windows import WindowsQuery, find_windows
from chocolate_factory.services.give_advice import moment_of
from chocolate_factory.services.paid_prices import PaidPrices, paid_prices

Row = dict[str, Any]
Said = tuple[str, str]
LONGEST = timedelta(days=366)
MIDNIGHT = time()
A_DAY: Said = ("El {day}", "On {day}")
SOME_DAYS: Said = ("Del {day} al {last}", "From {day} to {last}")
SOME_HOURS: Said = ("Del {start} al {end}", "From {start} to {end}")


def span_of(ports: Ports, asked: Asked) -> Window:
    """The day, the hours of it or the days that are asked for; raises UsageError where that is no span.

    Hours that end at or before they begin reach into the next day.
    """
    zone, day = ports.factory.site.timezone, asked.day or today_of(ports)
    since, until = asked.since or MIDNIGHT, asked.until or MIDNIGHT
    last = asked.last or day
    if last < day or last - day >= LONGEST or (last > day and since != until):
        raise UsageError("That is no span of days.", "Give up to 366 days, or hours of one day.")
    if since == until:
        return Window(local_midnight(day, zone), local_midnight(last + timedelta(days=1), zone))
    behind = last if until > since else last + timedelta(days=1)
    return Window(local_moment(day, since, zone), local_moment(behind, until, zone))


def tell_span(ports: Ports, asked: Asked, told: Told, window: Window) -> tuple[Said, dict[str, Fact | str]]:
    """How a span is told, and its facts."""
    day = told.fact("day", asked.day or today_of(ports), "", ("día", "day"))
    if asked.last and asked.last != day.value:
        return SOME_DAYS, {"day": day, "last": told.fact("last", asked.last, "", ("último día", "last day"))}
    if not (asked.since or asked.until):
        return A_DAY, {"day": day}
    start = told.fact("start", window.start, "", ("inicio", "start"))
    return SOME_HOURS, {"start": start, "end": told.fact("end", window.end, "", ("fin", "end"))}


def day_prices(ports: Ports, asked: Asked, told: Told) -> None:
    """Prices of a day, of hours of it, or of some days: mean, extremes, negative hours, what is missing."""
    window = span_of(ports, asked)
    prices = paid_prices(ports, window)
    when, facts = tell_span(ports, asked, told, window)
    hours = told.fact("hours", window.seconds / 3600, "h", ("horas", "hours"))
    if when is A_DAY and hours.value != 24:
        told.say(
            "El {day} tiene {hours} por el cambio de hora.",
            "{day} has {hours} because of the clock change.",
            hours=hours, **facts,
        )  # fmt: skip
    known = np.isfinite(prices.paid)
    if not known.any():
        es, en = (word.lower().removeprefix("el ").removeprefix("on ") for word in when)
        es = es if es.startswith("del") else f"del {es}"
        told.lack(f"No hay precios {es}.", f"There are no prices for {en}.", **facts)
        return
    tell_spread(told, prices, (when, facts))
    if when is SOME_DAYS:
        tell_days(ports, asked, told, prices)
    tell_sources(told, prices, known, when is A_DAY)


def tell_spread(told: Told, prices: PaidPrices, span: tuple[Said, dict[str, Fact | str]]) -> None:
    """Mean, extremes and negative hours of what is known of a span."""
    (es_when, en_when), facts = span
    paid = prices.paid
    low, high = int(np.nanargmin(paid)), int(np.nanargmax(paid))
    mean = told.fact("mean", float(np.nanmean(paid)), "EUR/kWh", ("precio medio pagado", "mean price paid"))
    told.say(
        f"{es_when} se paga de media {{mean}}.", f"{en_when} the mean paid is {{mean}}.", mean=mean, **facts
    )
    for key, row, es, en in (
        ("lowest", low, "lo más barato", "the cheapest"),
        ("highest", high, "lo más caro", "the dearest"),
    ):
        price = told.fact(key, float(paid[row]), "EUR/kWh", (es, en))
        start = told.fact(f"{key}_at", moment(int(prices.start[row])), "", (f"{es}: inicio", f"{en}: start"))
        told.say(
            es.capitalize() + ": {price}, el {start}.", en.capitalize() + ": {price}, {start}.",
            price=price, start=start,
        )  # fmt: skip
    if prices.series:
        market = prices.market[np.isfinite(prices.market)]
        told.fact("market_mean", float(market.mean()), "EUR/MWh", ("mercado, media", "market, mean"))
        told.fact("market_lowest", float(market.min()), "EUR/MWh", ("mercado, mínimo", "market, lowest"))
        told.fact("market_highest", float(market.max()), "EUR/MWh", ("mercado, máximo", "market, highest"))
        negative = told.fact(
            "negative_hours", float((market < 0).sum()) / 4, "h", ("horas negativas", "negative hours")
        )
        told.say(
            "En el mercado: media {mean}, entre {low} y {high}; {negative} bajo cero.",
            "On the market: mean {mean}, between {low} and {high}; {negative} below zero.",
            mean=told.facts["market_mean"],
            low=told.facts["market_lowest"],
            high=told.facts["market_highest"],
            negative=negative,
        )


def tell_days(ports: Ports, asked: Asked, told: Told, prices: PaidPrices) -> None:
    """The cheapest and the dearest of the days whose prices are all known, by their means."""
    means = {}
    for day in days_between(asked.day or today_of(ports), asked.last or today_of(ports)):
        window = day_window(day, ports.factory.site.timezone)
        first, last = np.searchsorted(prices.start, [epoch(window.start), epoch(window.end)])
        means[day] = float(prices.paid[first:last].mean())
    whole = {day: mean for day, mean in means.items() if np.isfinite(mean)}
    if len(whole) < 2:
        return
    for key, day, es, en in (
        ("cheapest_day", min(whole, key=lambda one: whole[one]), "día más barato", "cheapest day"),
        ("dearest_day", max(whole, key=lambda one: whole[one]), "día más caro", "dearest day"),
    ):
        told.say(
            f"El {es}: {{day}}, {{mean}} de media.", f"The {en}: {{day}}, {{mean}} on average.",
            day=told.fact(key, day, "", (es, en)),
            mean=told.fact(f"{key}_mean", whole[day], "EUR/kWh", (f"{es}: media", f"{en}: mean")),
        )  # fmt: skip


def tell_sources(told: Told, prices: PaidPrices, known: Any, one_day: bool) -> None:
    """What of a span is a forecast, and what is missing."""
    forecast = float((prices.origin == str(Origin.FORECAST)).sum()) / 4
    missing = float((~known).sum()) / 4
    told.fact("missing_hours", missing, "h", ("horas sin precio", "hours without a price"))
    ahead = told.fact("forecast_hours", forecast, "h", ("horas previstas", "forecast hours"))
    if forecast:
        model = told.fact("model", prices.model, NAME, ("modelo", "model"))
        whole = forecast * 4 == known.sum()
        es, en = ("Los precios del día", "The prices of that day") if one_day else ("Esos precios", "These")
        told.say(
            f"{es} aún no están publicados: es una previsión ({{model}})."
            if whole
            else "De esas horas, {hours} son una previsión ({model}), aún sin publicar.",
            f"{en} are not published yet: this is a forecast ({{model}})."
            if whole
            else "Of these hours, {hours} are a forecast ({model}), not published yet.",
            model=model,
            hours=ahead,
        )
    elif known.all() and (prices.origin == str(Origin.PUBLISHED)).all():
        told.say("Todos están publicados.", "All of them are published.")
    if missing:
        es, en = ("ese día", "that day") if one_day else ("ese tiempo", "that time")
        told.lack(
            f"Faltan precios de {{hours}} de {es}; no cuentan en estas cifras.",
            f"Prices of {{hours}} of {en} are missing; they do not count in these figures.",
            hours=told.facts["missing_hours"],
        )


def windows(ports: Ports, asked: Asked, told: Told) -> None:
    """The cheapest and the dearest window of some hours: of a day, a part of it, some days, or all ahead."""
    body = find_windows(ports, WindowsQuery(asked.hours, 7, 1))
    hours = told.fact("hours", body["hours"], "h", ("duración", "length"))
    part: Row | None = body["overall"]
    if (asked.day or asked.since) and ports.clock() in span_of(ports, asked):
        told.say("Cuenta solo lo que queda por delante.", "Only what is still to come counts.")
    if asked.since or asked.until or asked.last:
        part = windows_within(ports, span_of(ports, asked), round(body["hours"] * 4))
        tell_span(ports, asked, told, span_of(ports, asked))
    elif asked.day is not None:
        part = next((row for row in body["days"] if row["day"] == asked.day.isoformat()), None)
        told.fact("day", asked.day, "", ("día", "day"))
    if part is None or not part["best"]:
        told.lack(
            "Para ese tiempo no hay una ventana de {hours} con precios conocidos o previstos por delante.",
            "For that time there is no window of {hours} ahead with known or forecast prices.",
            hours=hours,
        )
        return
    ends = (
        ("best", "La mejor ventana de {hours} va del {start} al {end}: {price} de media",
         "The best window of {hours} is from {start} to {end}: {price} on average"),
        ("worst", "La peor ventana de {hours} va del {start} al {end}: {price} de media",
         "The worst window of {hours} is from {start} to {end}: {price} on average"),
    )  # fmt: skip
    for kind, es, en in reversed(ends) if asked.rank == "dearest" else ends:
        tell_window(told, kind, part[kind][0], (es, en))


def windows_within(ports: Ports, window: Window, length: int) -> Row | None:
    """The best and the worst `length` slots still to come in a window; None where there are none."""
    begin = max(window.start, next_slot(ports.clock().astimezone(UTC)))
    if begin >= window.end:
        return None
    prices = paid_prices(ports, Window(begin, window.end))
    rows = {name: window_rows(prices, length, name == "worst") for name in ("best", "worst")}
    return rows if rows["best"] else None


def window_rows(prices: PaidPrices, length: int, dearest: bool) -> list[Row]:
    """The first window as a row like those of `find_windows`; none where no stretch is known."""
    paid: FloatArray = prices.paid
    return [
        {
            "start": moment(int(prices.start[one.first])).isoformat(),
            "end": (moment(int(prices.start[one.first + length - 1])) + SLOT).isoformat(),
            "price_eur_kwh": one.mean,
            "shares": {
                "forecast": (prices.origin[one.first : one.first + length] == str(Origin.FORECAST)).any()
            },
        }
        for one in stretches(paid, length, 1, dearest=dearest)
    ]


def tell_window(told: Told, kind: str, row: Row, said: Said) -> None:
    """Facts and the sentence of a window."""
    label = ("mejor ventana", "best window") if kind == "best" else ("peor ventana", "worst window")
    facts = {
        name: told.fact(f"{kind}_{name}", value, unit, (f"{label[0]}, {es}", f"{label[1]}, {en}"))
        for name, value, unit, es, en in (
            ("start", moment_of(row["start"]), "", "inicio", "start"),
            ("end", moment_of(row["end"]), "", "fin", "end"),
            ("price", row["price_eur_kwh"], "EUR/kWh", "precio medio", "mean price"),
        )
    }
    sure = (". Es una previsión.", ". That is a forecast.") if row["shares"]["forecast"] else (".", ".")
    told.say(said[0] + sure[0], said[1] + sure[1], hours=told.facts["hours"], **facts)
