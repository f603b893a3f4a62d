"""The climate analysis over a stored history: what is known, what is missing, what is not to be known yet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import Origin, Series
from chocolate_factory.domain.siar_file import HEADER
from chocolate_factory.domain.slots import day_window, epoch
from chocolate_factory.services.analyse_climate import QUANTITIES, analyse_climate
from chocolate_factory.services.import_siar import import_siar
from tests.services.papers import NOW, world
from tests.worlds import tiny

ZONE = "Europe/Madrid"
HEAD = ";".join(HEADER)
GAP = (date(2013, 4, 10), date(2013, 8, 2))


def warmth(day: date) -> float:
    """Mean temperature of an invented day: a season, a rise of half a degree a decade, and weather."""
    season = -11 * math.cos(2 * math.pi * day.timetuple().tm_yday / 365.25)
    weather = 4 * math.sin(day.toordinal() * 0.7) + 2 * math.sin(day.toordinal() * 0.13)
    return 16 + season + 0.05 * (day.year - 2010) + weather


def line(day: date, station: str) -> str:
    t = warmth(day) + (3 if station == "23;17" else 0)
    told = {5: t, 6: t + 8, 8: t - 7, 10: 70 - t, 11: 95 - t / 2, 13: 40 - t / 2}
    cells = [*station.split(";"), f"{day:%d/%m/%Y}", f"{day.year}", f"{day.timetuple().tm_yday}"]
    cells += [f"{told[n]:.2f}".replace(".", ",") if n in told else "" for n in range(5, 24)]
    return ";".join(cells)


def days_between(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def siar_file(folder: Path) -> Path:
    old = (d for d in days_between(date(2004, 11, 20), date(2017, 12, 31)) if not GAP[0] <= d <= GAP[1])
    new = days_between(date(2018, 6, 13), date(2026, 3, 10))
    rows = [HEAD, *(line(d, "23;9") for d in old), *(line(d, "23;17") for d in new if d < date(2026, 3, 7))]
    path = folder / "siar.csv"
    path.write_bytes("".join(f"{row}\r\n" for row in rows).encode("utf-16-le"))
    return path


def hours(key: str, first: datetime, values: list[float], known: datetime | None = None) -> Series:
    start = epoch(first) + 3600 * np.arange(len(values), dtype=np.int64)
    at = start + 3600 if known is None else np.full(len(values), epoch(known))
    origin = Origin.MEASURED if known is None else Origin.FORECAST
    texts = np.full(len(values), str(origin)), np.full(len(values), "aemet")
    return Series(key, start, np.full(len(values), 60), np.array(values, np.float64), at, *texts)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Ports:
    made = world(tmp_path_factory.mktemp("climate"))
    import_siar([siar_file(made.store.path.parent)], made.store, NOW)  # type: ignore[attr-defined]
    monday = day_window(date(2026, 3, 9), ZONE).start
    made.store.write(hours("temperature", monday, [float(n % 24) for n in range(24 + 21)]))
    made.store.write(hours("temperature_forecast", monday, [30.0] * 60, NOW - timedelta(hours=1)))
    made.store.write(
        hours("temperature_forecast", monday + timedelta(hours=48), [99.0], NOW + timedelta(hours=1))
    )
    return made


@pytest.fixture(scope="module")
def told(ports: Ports) -> dict[str, Any]:
    return analyse_climate(ports)


def test_without_history_there_is_none_and_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataMissing) as caught:
        analyse_climate(world(tmp_path))
    assert "choco import siar" in caught.value.hint
    assert caught.value.status == 409


def test_the_record_names_what_is_missing(told: dict[str, Any]) -> None:
    record = told["record"]
    assert (record["first"], record["last"]) == (date(2004, 11, 20), date(2026, 3, 6))
    assert record["missing"] == [
        {"first": GAP[0], "last": GAP[1], "days": 115},
        {"first": date(2018, 1, 1), "last": date(2018, 6, 12), "days": 163},
    ]
    by_year = {row["year"]: row for row in record["years"]}
    assert by_year[2013] == {"year": 2013, "days": 250, "missing": 115}
    assert by_year[2016] == {"year": 2016, "days": 366, "missing": 0}
    assert [(row["station"], row["days"]) for row in record["stations"]] == [("j09", 4675), ("j17", 2824)]


def test_trends_do_not_fill_the_hole_nor_take_the_new_site_for_warming(told: dict[str, Any]) -> None:
    row = next(row for row in told["trends"] if row["quantity"] == "temperature_mean")
    assert row["left_out"] == [2004, 2013, 2018, 2026]
    assert [year["year"] for year in row["years"] if year["station"] == "j17"] == [*range(2019, 2026)]
    assert row["low"] <= 0.5 <= row["high"]
    assert row["per_decade"] == pytest.approx(0.5, abs=0.15), "three degrees between the sites are no trend"
    assert row["clear"] is True


def test_the_week_is_observed_then_forecast(told: dict[str, Any]) -> None:
    week = told["week"]
    assert (week["first"], week["last"]) == (date(2026, 3, 9), date(2026, 3, 15))
    figures = {(day["date"].day, row["quantity"]): row for day in week["days"] for row in day["figures"]}
    assert len(figures) == 7 * len(QUANTITIES)
    monday, today = figures[9, "temperature_mean"], figures[10, "temperature_max"]
    assert (monday["origin"], monday["value"], monday["observed_hours"]) == ("observed", 11.5, 24)
    assert (today["origin"], today["value"]) == ("mixed", 30.0)
    assert (today["observed_hours"], today["forecast_hours"]) == (21, 3)
    tomorrow = figures[11, "temperature_mean"]
    assert (tomorrow["origin"], tomorrow["value"], tomorrow["percentile"]) == ("missing", None, None)
    assert tomorrow["forecast_hours"] == 12, "and the 99 degrees of a later issue are not known yet"
    assert tomorrow["normal"] is not None
    assert figures[9, "humidity_mean"]["origin"] == "missing"


def test_normal_and_percentile_of_a_day(told: dict[str, Any]) -> None:
    row = next(row for row in told["week"]["days"][0]["figures"] if row["quantity"] == "temperature_mean")
    near = [
        round(warmth(d) + 3 * (d.year >= 2018), 2)
        for d in days_between(date(2004, 11, 20), date(2026, 3, 6))
        if date(d.year, 3, 2) <= d <= date(d.year, 3, 16) and d.year != 2018
    ]
    assert row["record_days"] == len(near)
    assert row["normal"] == pytest.approx(mean(near), abs=0.01)
    assert row["difference"] == pytest.approx(11.5 - mean(near), abs=0.01)
    assert row["percentile"] == pytest.approx(100 * sum(v < 11.5 for v in near) / len(near), abs=0.06)
    assert row["normal_years"] == 21


def test_limits_are_the_factorys_or_labelled_general(ports: Ports, told: dict[str, Any]) -> None:
    assert [(row["above"], row["origin"]) for row in told["limits"]] == [(30.0, "general"), (35.0, "general")]
    text = tiny().replace("attended", "max_outdoor_c = 34\n  max_outdoor_rh = 90\n  attended")
    own = analyse_climate(replace(ports, factory=parse_factory(text)))["limits"]
    assert [(row["quantity"], row["above"], row["origin"]) for row in own] == [
        ("temperature_max", 34.0, "factory"),
        ("humidity_max", 90.0, "factory"),
    ]
    assert own[0]["steps"] == ["loaf: bake"]
    days = [d for d in days_between(date(2013, 1, 1), date(2013, 12, 31)) if not GAP[0] <= d <= GAP[1]]
    hot = sum(round(warmth(d) + 8, 2) > 34 for d in days)
    assert next(row for row in own[0]["by_year"] if row["year"] == 2013) == {
        "year": 2013,
        "days": hot,
        "known": 250,
    }


def test_as_it_was_known_then(ports: Ports) -> None:
    then = analyse_climate(replace(ports, clock=lambda: datetime(2012, 6, 1, 9, tzinfo=NOW.tzinfo)))
    assert then["record"]["last"] == date(2012, 5, 30), "SIAR tells a day two days after it began"
    assert {row["station"] for row in then["record"]["stations"]} == {"j09"}
    assert max(year["year"] for row in then["trends"] for year in row["years"]) == 2011


def test_the_week_of_a_clock_change(ports: Ports) -> None:
    now = datetime(2026, 3, 31, 9, tzinfo=NOW.tzinfo)
    then = analyse_climate(replace(ports, clock=lambda: now - timedelta(days=4)))["week"]
    assert [day["hours"] for day in then["days"]] == [24] * 6 + [23]


def test_the_real_files_against_a_computation_by_hand(tmp_path: Path, shared: Path) -> None:
    paths = sorted((shared / "data" / "siar").glob("*.csv"))
    real = world(tmp_path)
    days: dict[date, tuple[str, float, float]] = {}
    for path in paths:
        for cells in csv.reader(io.StringIO(path.read_bytes().decode("utf-16-le")), delimiter=";"):
            if cells[0].strip().isdecimal() and cells[5].strip():
                day = datetime.strptime(cells[2], "%d/%m/%Y").date()
                t, top = (float(cells[n].replace(",", ".") or "nan") for n in (5, 6))
                days[day] = cells[1].strip(), t, top
    for number, station in (("9", "j09"), ("17", "j17")):
        own = {day: row for day, row in sorted(days.items()) if row[0] == number}
        start = np.array([86_400 * (day - date(1970, 1, 1)).days for day in own], np.int64)
        text = np.full(len(own), "measured"), np.full(len(own), "siar")
        for column, name in ((1, "temperature_mean"), (2, "temperature_max")):
            value = np.array([row[column] for row in own.values()])
            key, length = f"siar_{station}_{name}", np.full(len(own), 1440)
            part = np.isfinite(value)
            columns = (start, length, np.nan_to_num(value), start + 2 * 86_400, *text)
            real.store.load(Series(key, *(column[part] for column in columns)))
    told = analyse_climate(real)
    july = sorted(row[1] for day, row in days.items() if day.month == 7)
    found = next(r for r in told["months"] if (r["quantity"], r["month"]) == ("temperature_mean", 7))
    assert found["days"] == len(july)
    assert found["p50"] == pytest.approx(median(july), abs=0.006)
    hot = {year: sum(row[2] > 35 for day, row in days.items() if day.year == year) for year in (2003, 2022)}
    above = next(row for row in told["limits"] if row["above"] == 35.0)
    assert {row["year"]: row["days"] for row in above["by_year"] if row["year"] in hot} == hot
    assert told["record"]["days"] == len(days)
    assert told["trends"][0]["left_out"] == [2000, 2018, 2025]
