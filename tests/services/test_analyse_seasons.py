"""Seasons, limits and correlations from the store, against loops over slots."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.series import Origin, Point, Series, from_points
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.analyse_seasons import Beyond, analyse_seasons, count_beyond
from chocolate_factory.services.correlate_weather import CITIES, FARMS, correlate_weather, daily_means
from tests.services.papers import NOW, at, stock, world
from tests.worlds import tiny

ZONE = ZoneInfo("Europe/Madrid")
FIRST, LAST = date(2025, 9, 20), date(2025, 11, 10)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    """Seven weeks with the change of the clock, quarters from October on, a day and an hour missing."""
    made = world(tmp_path_factory.mktemp("seasons"))
    day, hour = at("2025-10-10T22:00"), at("2025-10-30T10:00")
    stock(made, "spot", FIRST, LAST, Window(day, day + 24 * HOUR), Window(hour, hour + HOUR))
    stock(made, "temperature", FIRST, LAST)
    return made


def points(ports: Ports, key: str) -> list[Point]:
    span = ports.store.span(key)
    assert span is not None
    return list(ports.store.read(key, span, NOW))


def local(point: Point) -> datetime:
    return point.start.astimezone(ZONE)


def test_seasons_are_weighted_by_time_and_counted(ports: Ports) -> None:
    told = {row["series"]: row for row in analyse_seasons(ports)["series"]}
    assert set(told) == {"spot", "temperature"}, "what is not known is left out"
    slots = points(ports, "spot")
    for name, of, places in (("by_month", "month", range(1, 13)), ("by_hour", "hour", range(24))):
        for row, place in zip(told["spot"][name], places, strict=True):
            own = [p for p in slots if getattr(local(p), of) == place]
            hours = sum(p.minutes for p in own) / 60
            assert row["hours"] == pytest.approx(hours)
            if hours:
                value = sum(p.minutes / 60 * p.value for p in own) / hours
                assert row["mean"] == pytest.approx(value, abs=0.001)
            else:
                assert row["mean"] is None
    days = len({local(p).date() for p in slots})
    assert told["temperature"]["by_hour"][2]["hours"] == (LAST - FIRST).days + 1 + 1, "2:00 comes twice"
    assert told["spot"]["by_hour"][2]["hours"] == days + 1
    assert told["spot"]["by_month_and_hour"][9][2] == pytest.approx(
        mean(p.value for p in slots if (local(p).month, local(p).hour) == (10, 2)), abs=0.001
    )


def test_the_future_is_not_in_it(ports: Ports) -> None:
    now = at("2025-10-01T12:00")
    told = analyse_seasons(replace(ports, clock=lambda: now))["series"]
    assert all(row["last"] < now for row in told)
    assert count_beyond(replace(ports, clock=lambda: now), Beyond("spot", above=0))["last"] < now


@pytest.mark.parametrize("limit", [60.0, 100.0, 1000.0])
def test_hours_and_days_beyond(ports: Ports, limit: float) -> None:
    slots = points(ports, "spot")
    told = count_beyond(ports, Beyond("spot", above=limit))
    over = [p for p in slots if p.value > limit]
    assert told["hours"] == pytest.approx(sum(p.minutes for p in over) / 60)
    assert told["days"] == len({local(p).date() for p in over})
    assert told["known_days"] == len({local(p).date() for p in slots})
    by_month: dict[int, float] = defaultdict(float)
    for p in over:
        by_month[local(p).month] += p.minutes / 60
    assert {row["month"]: row["hours"] for row in told["by_month"] if row["hours"]} == pytest.approx(by_month)
    assert [row["year"] for row in told["by_year"]] == [2025]
    best, run = 0.0, 0.0
    before: Point | None = None
    for p in slots:
        follows = before is not None and before.start + timedelta(minutes=before.minutes) == p.start
        run = (run if follows else 0.0) + p.minutes / 60 if p.value > limit else 0.0
        best, before = max(best, run), p
    assert (told["longest"]["hours"] if told["longest"] else 0.0) == pytest.approx(best)
    below = count_beyond(ports, Beyond("spot", below=limit))
    equal = sum(p.minutes for p in slots if p.value == limit) / 60
    assert below["hours"] + told["hours"] + equal == pytest.approx(told["known_hours"])


def test_a_hole_ends_a_spell_and_says_so(tmp_path: Path) -> None:
    made = world(tmp_path)
    first = at("2026-01-05T00:00")
    known = [n for n in range(24) if n != 12]
    rows = [Point(first + n * HOUR, 60, 30.0 if n >= 6 else 1.0, first, Origin.MEASURED, "x") for n in known]
    made.store.write(from_points("temperature", rows))
    told = count_beyond(made, Beyond("temperature", above=29.9))["longest"]
    assert told == {"start": first + 13 * HOUR, "end": first + 24 * HOUR, "hours": 11.0, "cut": True}
    inside = count_beyond(made, Beyond("temperature", above=29.9, end=first + 12 * HOUR))["longest"]
    assert (inside["start"], inside["hours"], inside["cut"]) == (first + 6 * HOUR, 6.0, True)
    low = count_beyond(made, Beyond("temperature", below=30.0))
    assert low["longest"]["cut"], "what was before the first slot is not known"


def test_daily_series_have_days_and_no_hours(tmp_path: Path) -> None:
    made = world(tmp_path)
    days = [at("2025-12-30T00:00") + timedelta(days=n) for n in range(6)]
    rows = [Point(d, 1440, 5.0 * n, d, Origin.MEASURED, "siar") for n, d in enumerate(days)]
    made.store.write(from_points("siar_j17_temperature_max", rows))
    told = count_beyond(made, Beyond("siar_j17_temperature_max", above=5))
    assert (told["days"], told["hours"], told["known_days"]) == (4, None, 6)
    assert [(row["year"], row["days"]) for row in told["by_year"]] == [(2025, 0), (2026, 4)]
    assert told["longest"]["hours"] == 96


@pytest.mark.parametrize(
    "asked",
    [
        Beyond("spot"),
        Beyond("spot", above=1, below=2),
        Beyond("temperature_forecast", above=1),
        Beyond("siar_j09_temperature_max_at", above=1),
        Beyond("nothing", above=1),
    ],
)
def test_what_cannot_be_asked(ports: Ports, asked: Beyond) -> None:
    with pytest.raises(UsageError):
        count_beyond(ports, asked)


def test_nothing_known_there(ports: Ports) -> None:
    for asked in (Beyond("pvpc", above=1), Beyond("spot", above=1, end=at("2020-01-01T00:00"))):
        with pytest.raises(DataMissing):
            count_beyond(ports, asked)


def test_the_load_of_plans_in_force(tmp_path: Path) -> None:
    made = world(tmp_path)
    first = at("2026-03-09T00:00")

    def plan(name: str, issued: datetime, kw: float) -> None:
        rows = [{"start": (first + n * HOUR / 4).isoformat(), "kw": kw} for n in range(96)]
        window = {"start": first.isoformat(), "end": (first + 24 * HOUR).isoformat()}
        answer = {"issued_at": issued.isoformat(), "window": window, "load_kw": rows}
        made.store.save(Record("plan", name, issued, {"factory": "x", "answer": answer}))

    plan("a", first - HOUR, 10.0)
    plan("later", NOW + HOUR, 99.0)
    load = next(row for row in analyse_seasons(made)["series"] if row["series"] == "planned_load")
    assert (load["unit"], load["hours"]) == ("kW", 24.0)
    assert load["by_month"][2]["mean"] == 10.0, "a plan issued after now is not known"


# Correlations


def daily(key: str, values: list[float], first: date) -> Series:
    """Whole local days of hours, each of one value."""
    points = []
    for n, value in enumerate(values):
        begin = datetime.combine(first + timedelta(days=n), datetime.min.time(), ZONE).astimezone(UTC)
        end = datetime.combine(first + timedelta(days=n + 1), datetime.min.time(), ZONE).astimezone(UTC)
        points += [
            (int(begin.timestamp()) + 3600 * h, value)
            for h in range(int((end - begin).total_seconds()) // 3600)
        ]
    start = np.array([p[0] for p in points], np.int64)
    text = np.full(len(points), "measured"), np.full(len(points), "x")
    return Series(key, start, np.full(len(points), 60), np.array([p[1] for p in points]), start + 3600, *text)


@pytest.fixture(scope="module")
def windy(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    """Thirteen months: wind power follows the wind, demand the cold in winter, prices nothing."""
    made = world(tmp_path_factory.mktemp("windy"))
    dice, first, count = random.Random(1), date(2025, 2, 1), 400
    noise = [[dice.gauss(0, 1) for _ in range(count)] for _ in range(5)]
    season = [10 * np.cos(2 * np.pi * n / 365) for n in range(count)]
    for key in FARMS:
        made.store.load(daily(key, [8 + s / 5 + e for s, e in zip(season, noise[0], strict=True)], first))
    wind = [9000 + 300 * s + 800 * e + 300 * u for s, e, u in zip(season, noise[0], noise[1], strict=True)]
    made.store.load(daily("wind_forecast", wind, first))
    for key in CITIES[:2]:
        made.store.load(daily(key, [15 - s + 3 * e for s, e in zip(season, noise[2], strict=True)], first))
    cold = [28_000 + 200 * s - 900 * e + 900 * u for s, e, u in zip(season, noise[2], noise[3], strict=True)]
    made.store.load(daily("demand", cold, first))
    made.store.load(
        daily("spot", [60 + 3 * s + 10 * e for s, e in zip(season, noise[4], strict=True)], first)
    )
    return made


def test_what_goes_together_is_found_and_what_does_not_is_not(windy: Ports) -> None:
    told = correlate_weather(windy)
    pairs = {(row["pair"], row["season"]): row for row in told["pairs"]}
    wind = pairs["wind_wind_forecast", "year"]
    assert wind["verdict"] == "strong"
    assert wind["pearson"]["low"] < 800 / np.hypot(800, 300) < wind["pearson"]["high"]
    assert wind["effective_days"] <= wind["days"]
    assert pairs["temperature_demand", "cold"]["verdict"] in {"moderate", "strong"}
    assert pairs["temperature_demand", "cold"]["pearson"]["high"] < 0
    assert pairs["wind_price", "year"]["verdict"] == "none"
    assert wind["series"] == {"one": list(FARMS), "other": ["wind_forecast"]}
    assert pairs["temperature_demand", "warm"]["series"]["one"] == list(CITIES[:2])
    assert pairs["temperature_demand", "warm"]["first"] == date(2025, 6, 1)
    assert pairs["temperature_demand", "warm"]["days"] == 122


def test_what_was_not_computed_says_why(windy: Ports) -> None:
    missing = {(row["pair"], row["season"]): row for row in correlate_weather(windy)["not_computed"]}
    assert missing["site_temperature_price", "cold"] == {
        "pair": "site_temperature_price",
        "season": "cold",
        "why": "nothing_known",
        "lacking": ["temperature"],
    }
    assert missing["cooling_load", "warm"]["why"] == "no_limit"
    chilled = (
        tiny() + '\n[[auxiliary]]\nname = "chiller"\npower_kw = 1.0\nkw_per_degree_above = [18.0, 0.3]\n'
    )
    told = correlate_weather(replace(windy, factory=parse_factory(chilled)))
    assert told["cooling_above_c"] == 18.0
    assert next(r for r in told["not_computed"] if r["pair"] == "cooling_load")["why"] == "nothing_known"
    young = correlate_weather(replace(windy, clock=lambda: at("2025-12-01T12:00")))
    assert young["pairs"] == []
    assert {row["why"] for row in young["not_computed"] if row["pair"] == "wind_price"} == {
        "less_than_a_year"
    }


def test_daily_means_over_a_change_of_the_clock() -> None:
    days = daily("spot", [1.0, 5.0, 9.0], date(2026, 3, 28))
    assert len(days) == 24 + 23 + 24
    found = daily_means(days.start, days.minutes / 60, days.value, "Europe/Madrid")
    assert found.value.tolist() == [1.0, 5.0, 9.0]
    part = np.delete(np.arange(len(days)), range(24, 28))
    fewer = daily_means(days.start[part], days.minutes[part] / 60, days.value[part], "Europe/Madrid")
    assert fewer.value.tolist() == [1.0, 9.0], "19 hours are too few"
