"""When the month is, and all that goes wrong in it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.soak.month_plant import LATE, REFUSED, Trouble

MADRID = ZoneInfo("Europe/Madrid")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def local(text: str) -> datetime:
    """A moment of 2026 in Madrid: "03-12 12:30"."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=MADRID).astimezone(UTC)


BEGIN, END = local("03-08 09:00"), local("04-08 09:00")
DOWN = [
    (local("03-12 12:30"), local("03-12 21:30")),
    (local("03-20 23:00"), local("03-22 05:00")),
    (local("03-28 22:00"), local("03-29 09:00")),
]
"""Over an auction and the regulated price; over a night and a day; over the clock change."""

OWM = ("openweathermap", "openweathermap_forecast")
OUTAGES: tuple[tuple[Trouble, tuple[str, ...]], ...] = (
    (
        Trouble("aemet", "http_500", local("03-09 20:00"), local("03-11 20:00")),
        ("aemet", "aemet_forecast", "aemet_climate"),
    ),
    (Trouble("openweathermap", "connection_reset", local("03-12 08:00"), local("03-13 09:00")), OWM),
    (Trouble("open-meteo", REFUSED, local("03-14 08:00"), local("03-14 20:00")), ("open_meteo",)),
    (
        Trouble("*", "http_503", local("03-16 21:00"), local("03-17 15:00")),
        ("ree_system", "esios", "open_meteo", "aemet", "aemet_forecast", "openweathermap"),
    ),
    (
        Trouble(
            "openweathermap",
            "http_429",
            local("03-20 18:00"),
            local("03-21 12:00"),
            params={"retry_after": 600},
        ),
        OWM,
    ),
    (Trouble("openweathermap", "http_500", local("03-31 22:00"), local("04-01 04:00")), OWM[:1]),
    (Trouble("ree", "http_403_html", local("04-02 22:30"), local("04-03 08:00")), ("ree_system",)),
)
"""What lasts, and the sources that are asked meanwhile.

Two days; over a downtime; nobody listens; all are away over a night and the auction; it ends while nothing
runs; over within the quiet hours; told when they end.
"""
HELD = Trouble("*", LATE, local("03-24 12:30"), local("03-24 17:30"))
LASTING = (*(trouble for trouble, _ in OUTAGES), HELD)

WAIT_S = 7
ONCE: tuple[tuple[str, dict[str, float]], ...] = (
    ("http_500", {}),
    ("http_429", {"retry_after": WAIT_S}),
    ("slow", {"delay_s": 0.3}),
    ("hang", {"max_s": 4}),
    ("truncated_json", {}),
    ("stale_day", {}),
    ("ok_html", {}),
    ("connection_reset", {"after_bytes": 300}),
    ("partial_day", {}),
    ("bad_gzip", {}),
    ("scaled_1000", {}),
    ("ok_error_json", {}),
    ("duplicate_hour", {}),
    ("empty_body", {}),
    ("flat", {}),
    ("oversize", {"max_mb": 2}),
    ("nulls", {}),
    ("wrong_charset", {}),
    ("zeros", {}),
    ("http_403_html", {}),
    ("http_503", {}),
)
PROVIDERS = ("omie", "ree", "esios", "open-meteo", "aemet", "openweathermap")


def passing(rng: random.Random) -> Iterator[Trouble]:
    """Some troubles every day, but for the last two, that are over when they were met a few times.

    They keep away from the auction and from providers that have a lasting one.
    """
    kinds = itertools.cycle(ONCE)
    for day in range((END - BEGIN).days - 2):
        midnight = datetime.combine(BEGIN.date() + DAY * day, time(0), MADRID)
        for hours in (rng.uniform(9.5, 11), rng.uniform(16, 19), rng.uniform(20.5, 29)):
            at = midnight.astimezone(UTC) + HOUR * hours
            taken = {
                one.provider for one in LASTING if one.end and one.begin - DAY / 2 <= at < one.end + DAY / 4
            }
            free = [name for name in PROVIDERS if not taken & {name, "*"}]
            if free:
                kind, params = next(kinds)
                count = 1 if kind in {"hang", "http_429", "oversize"} else rng.randint(1, 3)
                yield Trouble(rng.choice(free), kind, at, None, count, params)
