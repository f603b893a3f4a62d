"""What compares prices: two days, spans of days, parts or times of a day, today and a later day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.facts import NAME, Fact, exists
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Origin
from chocolate_factory.domain.slots import Window, local_midnight, next_slot
from chocolate_factory.domain.told import Told
from chocolate_factory.services.assistant.asked import Asked
from chocolate_factory.services.assistant.price_days import A_DAY, SOME_DAYS, SOME_HOURS, span_of
from chocolate_factory.services.assistant.price_tools import SLOT, today_of
from chocolate_factory.services.paid_prices import paid_prices

Said = tuple[str, str]
Span = tuple[date | None, date | None, time | None, time | None]


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: the key of its facts, its span, and how that is told."""

    key: str
    window: Window
    when: Said
    facts: dict[str, Fact | str]


def compare_prices(ports: Ports, asked: Asked, told: Told) -> None:
    """The mean prices paid of both sides, and which of them is dearer by how much."""
    day = asked.day or today_of(ports)
    here = (day, asked.last, asked.since, asked.until)
    there = (asked.than, asked.than_last, asked.than_since, asked.than_until)
    times, days = (asked.at, asked.than_at), (*here[1:], *there)
    if asked.at and asked.than_at and not any(days):
        pairs = (("at", asked.at), ("than_at", asked.than_at))
        found = [time_side(ports, told, key, day, at) for key, at in pairs]
    elif asked.than and not any(times) and here != there:
        found = [days_side(ports, told, key, span) for key, span in (("day", here), ("than", there))]
    else:
        raise UsageError("Those are not two sides.", "Give than beside day, or at and than_at.")
    tell_sides(ports, told, [side for side in found if side is not None])


def tell_sides(ports: Ports, told: Told, sides: list[Side]) -> None:
    """Each side, and where both are known which is dearer."""
    means = [mean for side in sides if (mean := tell_side(ports, told, side)) is not None]
    if len(means) == 2:
        tell_difference(told, sides, means)


def days_side(ports: Ports, told: Told, key: str, span: Span) -> Side:
    """A day, hours of it, or some days."""
    first, last, since, until = span
    window = span_of(ports, Asked(day=first, last=last, since=since, until=until))
    if since or until:
        return hours_side(told, key, window)
    facts: dict[str, Fact | str] = {"day": told.fact(key, first, "", ("día", "day"))}
    if last in {None, first}:
        return Side(key, window, A_DAY, facts)
    name = "last" if key == "day" else f"{key}_last"
    facts["last"] = told.fact(name, last, "", ("último día", "last day"))
    return Side(key, window, SOME_DAYS, facts)


def hours_side(told: Told, key: str, window: Window) -> Side:
    """From one moment to another."""
    facts: dict[str, Fact | str] = {
        "start": told.fact(f"{key}_start", window.start, "", ("inicio", "start")),
        "end": told.fact(f"{key}_end", window.end, "", ("fin", "end")),
    }
    return Side(key, window, SOME_HOURS, facts)


def tell_rest(ports: Ports, told: Told, than: date) -> None:
    """What the rest of today costs on average beside a later day, and which of them is dearer."""
    now, zone = ports.clock(), ports.factory.site.timezone
    start, today = next_slot(now.astimezone(UTC)), today_of(ports)
    end = local_midnight(today + timedelta(days=1), zone)
    if than <= today or start >= end:
        raise UsageError("That is no later day.", "Give a day after today.")
    rest = hours_side(told, "rest", Window(start, end))
    tell_sides(ports, told, [rest, days_side(ports, told, "than", (than, None, None, None))])


def time_side(ports: Ports, told: Told, key: str, day: date, at: time) -> Side | None:
    """The quarter-hour at a wall time; None for one that the day does not have once."""
    local = datetime.combine(day, at, ZoneInfo(ports.factory.site.timezone))
    if not exists(local) or local.utcoffset() != local.replace(fold=1).utcoffset():
        when = told.fact("day", day, "", ("día", "day"))
        told.lack(
            "El {day} cambia el reloj, y esa hora no es una sola.",
            "On {day} clocks change, and that hour is not a single one.",
            day=when,
        )
        return None
    start = local.astimezone(ZoneInfo("UTC"))
    facts: dict[str, Fact | str] = {"day": told.fact(key, start, "", ("momento", "moment"))}
    return Side(key, Window(start, start + SLOT), A_DAY, facts)


def tell_side(ports: Ports, told: Told, side: Side) -> Fact | None:
    """The mean of one side, EUR/kWh; None where not all of its prices are known."""
    (es, en), prices = side.when, paid_prices(ports, side.window)
    if not np.isfinite(prices.paid).all():
        told.lack(
            f"{es} no se conocen todos los precios, así que no se compara.",
            f"{en} not all prices are known, so that it is not compared.",
            **side.facts,
        )
        return None
    mean = told.fact(f"{side.key}_mean", float(prices.paid.mean()), "EUR/kWh", ("precio medio", "mean price"))
    told.say(f"{es} se paga de media {{mean}}.", f"{en} the mean paid is {{mean}}.", mean=mean, **side.facts)
    if (prices.origin == str(Origin.FORECAST)).any():
        model = told.fact(f"{side.key}_model", prices.model, NAME, ("modelo", "model"))
        told.say("Es en todo o en parte una previsión ({model}).",
                 "That is a forecast ({model}), at least in part.", model=model)  # fmt: skip
    return mean


def tell_difference(told: Told, sides: list[Side], means: list[Fact]) -> None:
    """Which of the two is dearer on average."""
    values = [float(str(mean.value)) for mean in means]
    apart = told.fact("difference", abs(values[0] - values[1]), "EUR/kWh", ("diferencia", "difference"))
    if round(abs(values[0] - values[1]), 4) == 0:
        told.say("De media cuestan lo mismo.", "On average they cost the same.")
        return
    high = sides[int(values[1] > values[0])]
    told.say(
        f"{high.when[0]} es más caro: una diferencia de {{difference}}.",
        f"{high.when[1]} it is dearer: a difference of {{difference}}.",
        difference=apart,
        **high.facts,
    )
