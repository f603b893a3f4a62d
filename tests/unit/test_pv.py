"""The array's power: sun and plane against published figures and plain physics."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from chocolate_factory.domain.factory_assets import Photovoltaics
from chocolate_factory.domain.normals import QUANTITIES, Normals
from chocolate_factory.domain.pv import (
    Sun,
    diffuse_share,
    normal_radiation,
    on_plane,
    pv_kw,
    quarters_of,
    sun_at,
)
from chocolate_factory.domain.slots import epoch

LINARES = (38.095, -3.636)


def hours_of(day: date) -> np.ndarray:
    """UTC hour starts of a day."""
    first = epoch(datetime(day.year, day.month, day.day, tzinfo=UTC))
    return first + 3600 * np.arange(24, dtype=np.int64)


def at_solar(hour: float, day: date, latitude: float) -> Sun:
    """The sun at a solar hour."""
    noon = epoch(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    moments = noon + np.arange(-6 * 3600, 6 * 3600, 10, dtype=np.int64)
    every = sun_at(moments, latitude, 0.0)
    place = int(np.argmin(np.abs(every.hour_angle - np.radians(15 * (hour - 12)))))
    return sun_at(moments[place : place + 1], latitude, 0.0)


def test_heights_and_incidence_of_duffie_and_beckman() -> None:
    """Madison, 13 February: zenith 66.5° at 9:30; 35° to a plane at 45°, 15° west of south, at 10:30."""
    morning = at_solar(9.5, date(2026, 2, 13), 43.0)
    assert float(np.degrees(np.arccos(morning.sine[0]))) == pytest.approx(66.5, abs=0.3)
    sun = at_solar(10.5, date(2026, 2, 13), 43.0)
    assert float(np.degrees(sun.declination[0])) == pytest.approx(-14.0, abs=0.3)
    clear = 0.9 * sun.outside
    plane = on_plane(clear, sun, 43.0, Photovoltaics(1.0, tilt=45.0, azimuth=195.0))
    rise = np.cos(np.radians(45.0))
    beam = 0.835 * np.cos(np.radians(35.0)) / sun.sine
    assert plane / clear == pytest.approx(beam + 0.165 * (1 + rise) / 2 + 0.2 * (1 - rise) / 2, rel=0.01)


def test_outside_the_atmosphere() -> None:
    """Daily sum on a horizontal plane at 43° on 15 April: 33.8 MJ/m² (Duffie and Beckman, example 1.10.1)."""
    at = hours_of(date(2026, 4, 15)) + 1800
    assert sun_at(at, 43.0, 0.0).outside.sum() * 3600 / 1e6 == pytest.approx(33.8, rel=0.01)


@pytest.mark.parametrize(("clearness", "share"), [(0.0, 1.0), (0.2, 0.982), (0.5, 0.659), (0.9, 0.165)])
def test_diffuse_share(clearness: float, share: float) -> None:
    """Erbs's curve: overcast is all diffuse, a clear sky has 16.5 %."""
    assert diffuse_share(np.array([clearness]))[0] == pytest.approx(share, abs=0.002)


def test_a_flat_array_gives_what_falls_on_the_ground() -> None:
    """Without tilt the plane is the ground: power is kWp × radiation less losses, in every quarter."""
    hours = np.where((np.arange(24) > 6) & (np.arange(24) < 18), 300.0, 0.0)
    first = int(hours_of(date(2026, 6, 1))[0])
    power = pv_kw(hours, first, LINARES, Photovoltaics(10.0, tilt=0.0, losses_percent=20.0))
    assert power.reshape(24, 4).mean(axis=1) == pytest.approx(hours / 1000 * 10 * 0.8, abs=1e-6)


def test_quarters_keep_the_hours() -> None:
    """Spreading over quarters leaves each hour's mean, follows the sun, and keeps what is unknown unknown."""
    hours = np.full(24, 200.0)
    hours[10] = np.nan
    at = hours_of(date(2026, 3, 10))
    middles = at[0] + 900 * np.arange(96) + 450
    quarters = quarters_of(hours, sun_at(middles, *LINARES)).reshape(24, 4)
    assert np.isnan(quarters[10]).all()
    assert quarters[12].mean() == pytest.approx(200.0)
    assert quarters[8][0] < quarters[8][3] and quarters[16][0] > quarters[16][3]
    assert quarters[0].tolist() == [0.0] * 4


def test_south_beats_north_and_east_comes_early() -> None:
    """In winter a plane to the south gets more than one to the north; one to the east peaks before noon."""
    at = hours_of(date(2026, 1, 15))
    hours = sun_at(at + 1800, *LINARES).outside * 0.6
    totals, peaks = {}, {}
    for name, azimuth in (("south", 180.0), ("north", 0.0), ("east", 90.0), ("west", 270.0)):
        power = pv_kw(hours, int(at[0]), LINARES, Photovoltaics(1.0, 35.0, azimuth, 0.0))
        totals[name], peaks[name] = float(power.sum()), int(np.argmax(power))
    assert totals["south"] > 1.5 * totals["north"]
    assert peaks["east"] < peaks["south"] < peaks["west"]


def test_normals_keep_the_day() -> None:
    """Hourly radiation drawn from a daily normal adds up to it and is dark at night."""
    values = {name: np.full(366, 10.0) for name in QUANTITIES}
    normals = Normals(values, {name: np.full(366, 9) for name in QUANTITIES})
    hours = normal_radiation(normals, hours_of(date(2026, 3, 10)), LINARES)
    assert hours.sum() * 3600 / 1e6 == pytest.approx(10.0)
    assert hours[0] == hours[23] == 0 and hours[12] > 300
