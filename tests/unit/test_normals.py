"""Climate normals: the mean of years around a day, and the curve of a day between its extremes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.normals import (
    DAYS,
    QUANTITIES,
    WARMEST,
    Normals,
    build_normals,
    day_of_year,
    equation_of_time,
    hourly_normals,
    sunrise,
)
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.import_siar import import_siar
from chocolate_factory.services.read_normals import normal_rows, read_normals

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
PLACE = (38.0952, -3.6365)


def days(values: dict[date, float], key: str = "siar_j09_temperature_mean") -> Series:
    start = [int(datetime(d.year, d.month, d.day, tzinfo=UTC).timestamp()) for d in sorted(values)]
    count = len(start)
    return Series(
        key,
        np.array(start, np.int64),
        np.full(count, 1440, np.int64),
        np.array([values[day] for day in sorted(values)], np.float64),
        np.array(start, np.int64) + 2 * 86400,
        np.full(count, "measured"),
        np.full(count, "siar"),
    )


def normal(*parts: Series) -> Normals:
    return build_normals({"temperature_mean": parts})


def constant(**values: float) -> Normals:
    """Normals that are the same all year."""
    told = {name: np.full(DAYS, float(value)) for name, value in values.items()}
    return Normals(told, {name: np.full(DAYS, 20, np.int64) for name in told})


STEADY = constant(temperature_min=10, temperature_max=30, humidity_max=90, humidity_min=20)


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(2023, 1, 1), 1),
        (date(2023, 2, 28), 59),
        (date(2024, 2, 29), 60),
        (date(2023, 3, 1), 61),
        (date(2024, 3, 1), 61),
        (date(2023, 12, 31), 366),
        (date(2024, 12, 31), 366),
        (date(1969, 12, 31), 366),
    ],
)
def test_days_count_as_in_a_leap_year(day: date, number: int) -> None:
    assert day_of_year(np.array([day], "datetime64[D]")).tolist() == [number]


def test_every_day_of_a_leap_year_has_its_number() -> None:
    year = np.arange("2000-01-01", "2001-01-01", dtype="datetime64[D]")
    assert day_of_year(year).tolist() == list(range(1, 367))


def test_a_normal_is_the_mean_around_a_day_over_the_turn_of_the_year() -> None:
    made = normal(days({date(2020, 1, 3): 4.0, date(2022, 1, 5): 10.0}), days({date(2021, 12, 31): 1.0}))
    value, years = made.values["temperature_mean"], made.years["temperature_mean"]
    assert value[2] == 5.0
    assert years[2] == 3
    assert value[9] == 7.0
    assert value[365 - 7] == 1.0
    assert years[365 - 7] == 1
    assert np.isnan(value[365 - 8])
    assert np.isnan(value[5 - 1 + 8])
    assert int(np.isfinite(value).sum()) == 8 + 12


def test_years_count_once() -> None:
    made = normal(days({date(2020, 5, 1): 1.0, date(2020, 5, 2): 2.0, date(2021, 5, 2): 6.0}))
    row = int(day_of_year(np.array(["2020-05-01"], "datetime64[D]"))[0]) - 1
    assert made.values["temperature_mean"][row] == 3.0
    assert made.years["temperature_mean"][row] == 2


def test_without_days_nothing_is_normal() -> None:
    made = normal()
    assert np.isnan(made.values["temperature_mean"]).all()
    assert not made.years["temperature_mean"].any()


def solar(day: datetime, longitude: float) -> float:
    """UTC hour of solar noon."""
    number = day_of_year(np.array([day.date()], "datetime64[D]"))
    return float(12 - longitude / 15 - equation_of_time(number)[0] / 60)


@pytest.mark.parametrize("day", [datetime(2026, m, 15, tzinfo=UTC) for m in (1, 4, 7, 10)])
def test_the_curve_of_a_day(day: datetime) -> None:
    window = Window(day, day + timedelta(days=1))
    temperature, humidity = hourly_normals(STEADY, *PLACE, window)
    assert temperature.shape == humidity.shape == (24,)
    noon = solar(day, PLACE[1])
    rise = noon - 12 + float(sunrise(np.array([day.timetuple().tm_yday]), PLACE[0])[0])
    assert abs(int(np.argmax(temperature)) + 0.5 - (noon - 12 + WARMEST)) <= 0.51
    assert abs(int(np.argmin(temperature)) + 0.5 - rise) <= 0.6
    assert 29.8 < temperature.max() <= 30
    assert 10 <= temperature.min() < 10.2
    assert np.allclose((temperature - 10) / 20, (90 - humidity) / 70)
    assert abs(float(temperature.mean()) - 20) < 0.2


@pytest.mark.parametrize("longitude", [-180.0, -3.6, 0.0, 2.2, 100.0, 180.0])
def test_the_curve_has_no_jump(longitude: float) -> None:
    window = Window(datetime(2023, 12, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC))
    rows = np.arange(DAYS)
    season = 10 * np.cos(2 * np.pi * rows / DAYS)
    made = Normals(
        {
            "temperature_min": 8 - season,
            "temperature_max": 20 - season,
            "humidity_max": 80 + season,
            "humidity_min": 40 + season,
        },
        {},
    )
    temperature, _ = hourly_normals(made, 38.0, longitude, window)
    assert np.isfinite(temperature).all()
    assert np.abs(np.diff(temperature)).max() < 12 * np.pi / 2 / (WARMEST - 7.4) + 0.1


def test_a_window_gives_the_same_hours_as_a_longer_one() -> None:
    start = datetime(2026, 2, 27, 5, tzinfo=UTC)
    long, _ = hourly_normals(STEADY, *PLACE, Window(start, start + timedelta(days=3)))
    part, _ = hourly_normals(
        STEADY, *PLACE, Window(start + timedelta(hours=20), start + timedelta(hours=40, minutes=30))
    )
    assert np.array_equal(long[20:40], part)
    empty, _ = hourly_normals(STEADY, *PLACE, Window(start, start))
    assert empty.shape == (0,)


def test_a_missing_normal_is_a_missing_hour() -> None:
    values = {name: column.copy() for name, column in STEADY.values.items()}
    values["temperature_max"][9] = np.nan
    window = Window(datetime(2026, 1, 9, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC))
    temperature, humidity = hourly_normals(Normals(values, {}), *PLACE, window)
    assert 23 <= int(np.isnan(temperature).sum()) <= 25
    assert np.isfinite(humidity).all()


def test_sunrise() -> None:
    equinox, summer, winter = sunrise(np.array([81, 172, 355]), PLACE[0])
    assert equinox == pytest.approx(6, abs=0.02)
    assert (summer, winter) == (pytest.approx(4.68, abs=0.01), pytest.approx(7.32, abs=0.01))
    assert sunrise(np.array([172, 355]), 80.0).tolist() == [0, 12]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite")


def test_nothing_stored_has_no_normals(store: Store) -> None:
    assert read_normals(store, NOW) is None


def test_normals_of_what_was_known(store: Store) -> None:
    store.write(days({date(2024, 6, 1): 20.0, date(2025, 6, 1): 30.0}))
    store.write(days({date(2025, 6, 2): 40.0}, "siar_j17_temperature_mean"))
    row = int(day_of_year(np.array(["2024-06-01"], "datetime64[D]"))[0]) - 1

    def at(now: datetime) -> float:
        made = read_normals(store, now)
        assert made is not None
        return float(made.values["temperature_mean"][row])

    assert at(NOW) == 30
    assert at(datetime(2025, 6, 3, 12, tzinfo=UTC)) == 25
    assert at(datetime(2025, 1, 1, tzinfo=UTC)) == 20
    assert read_normals(store, datetime(2024, 6, 2, tzinfo=UTC)) is None


def test_rows_for_an_api(store: Store) -> None:
    store.write(days({date(2024, 2, 29): 11.23456}))
    made = read_normals(store, NOW)
    assert made is not None
    told = json.loads(json.dumps(normal_rows(made), allow_nan=False))
    assert (told["origin"], told["units"]["radiation"]) == ("estimated", "MJ/m2")
    assert len(told["days"]) == DAYS
    assert told["days"][59] == {
        "day": 60,
        "date": "02-29",
        "values": {"temperature_mean": 11.235},
        "years": {"temperature_mean": 1},
    }
    assert told["days"][100]["values"] == {}


def test_real_normals_against_a_year_left_out(store: Store, shared: Path) -> None:
    import_siar(sorted((shared / "data" / "siar").glob("*.csv")), store, NOW)

    def told(quantity: str, first: int, last: int) -> Iterable[Series]:
        window = Window(datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC))
        return [store.read(f"siar_{station}_{quantity}", window) for station in ("j09", "j17")]

    made = build_normals({quantity: told(quantity, 2000, 2019) for quantity in QUANTITIES})
    assert all(np.isfinite(values).all() for values in made.values.values())
    assert made.years["temperature_mean"].min() >= 17
    for quantity, limit in (("temperature_mean", 2.5), ("humidity_mean", 11.0), ("radiation", 3.5)):
        (year,) = [part for part in told(quantity, 2024, 2024) if len(part)]
        row = day_of_year(year.start.astype("datetime64[s]").astype("datetime64[D]")) - 1
        error = np.abs(year.value - made.values[quantity][row])
        assert float(error.mean()) < limit
    year_2024 = Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    temperature, humidity = hourly_normals(made, *PLACE, year_2024)
    assert np.abs(temperature.reshape(-1, 24).mean(axis=1) - made.values["temperature_mean"]).max() < 1.2
    assert np.abs(humidity.reshape(-1, 24).mean(axis=1) - made.values["humidity_mean"]).max() < 6.5
