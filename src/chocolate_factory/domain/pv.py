"""Power of a photovoltaic array from the radiation on a horizontal plane.

Sun: declination by P. I. Cooper (1969), solar time from longitude and the equation of time, angles and the
normal radiation outside the atmosphere as in J. A. Duffie and W. A. Beckman, "Solar Engineering of Thermal
Processes", chapters 1.4 to 1.10; solar constant 1361 W/m² (G. Kopp and J. L. Lean 2011). The diffuse share
follows from the clearness index (D. G. Erbs, S. A. Klein, J. A. Duffie 1982, Solar Energy 28), the plane of
the array sees an isotropic sky (B. Y. H. Liu and R. C. Jordan 1963) and ground of albedo 0.2. Power is
kWp × radiation on the plane ÷ 1000 W/m², less one share for all losses (temperature, inverter, cables, dirt).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.factory_assets import Photovoltaics
from chocolate_factory.domain.normals import Normals, day_of_year, equation_of_time
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray

SOLAR_CONSTANT = 1361.0
ALBEDO = 0.2
LOWEST_SUN = 0.052
"""Sine of 3°: nearer to the horizon the beam's factor is not trusted and the beam counts as diffuse."""
HOUR = 3600
QUARTERS = 4


@dataclass(frozen=True, eq=False)
class Sun:
    """The sun at moments: its height's sine, declination and hour angle in radians, each of the same shape.

    `outside` is the radiation on a horizontal plane outside the atmosphere, W/m².
    """

    sine: FloatArray
    declination: FloatArray
    hour_angle: FloatArray
    outside: FloatArray


def sun_at(moments: IntArray, latitude: float, longitude: float) -> Sun:
    """The sun over a place (degrees north and east) at UTC epoch seconds."""
    day = day_of_year(moments.astype("datetime64[s]").astype("datetime64[D]"))
    solar = moments + 3600 * longitude / 15 + 60 * equation_of_time(day)
    hour_angle = np.radians(15 * (np.mod(solar / 3600, 24) - 12))
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365)
    phi = np.radians(latitude)
    sine = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour_angle)
    normal = SOLAR_CONSTANT * (1 + 0.033 * np.cos(2 * np.pi * day / 365))
    return Sun(np.asarray(sine), declination, hour_angle, np.asarray(normal * np.maximum(sine, 0.0)))


def quarters_of(hours: FloatArray, sun: Sun) -> FloatArray:
    """Hourly means of horizontal radiation spread over quarters, W/m²: in each hour in proportion to the sun.

    `hours` (n,) in W/m², NaN where unknown; `sun` at the middle of the 4 n quarters. Shape (4 n,).
    """
    outside = sun.outside.reshape(-1, QUARTERS)
    mean = outside.mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        clear = np.where(mean > 0, hours / mean, np.where(np.isnan(hours), np.nan, 0.0))
    return np.asarray((clear[:, None] * outside).ravel(), np.float64)


def diffuse_share(clearness: FloatArray) -> FloatArray:
    """Diffuse share of horizontal radiation by the clearness index (Erbs and others 1982), same shape."""
    k = clearness
    middle = 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    return np.asarray(np.where(k <= 0.22, 1.0 - 0.09 * k, np.where(k <= 0.80, middle, 0.165)), np.float64)


def on_plane(horizontal: FloatArray, sun: Sun, latitude: float, pv: Photovoltaics) -> FloatArray:
    """Radiation on the plane of an array, W/m², from that on a horizontal one, same shape; NaN stays."""
    beta, gamma, phi = np.radians(pv.tilt), np.radians(pv.azimuth - 180.0), np.radians(latitude)
    delta, omega = sun.declination, sun.hour_angle
    incidence = (
        np.sin(delta) * (np.sin(phi) * np.cos(beta) - np.cos(phi) * np.sin(beta) * np.cos(gamma))
        + np.cos(delta) * np.cos(omega) * np.cos(phi) * np.cos(beta)
        + np.cos(delta) * np.cos(omega) * np.sin(phi) * np.sin(beta) * np.cos(gamma)
        + np.cos(delta) * np.sin(beta) * np.sin(gamma) * np.sin(omega)
    )
    low = sun.sine < LOWEST_SUN
    with np.errstate(invalid="ignore", divide="ignore"):
        clearness = np.where(sun.outside > 0, horizontal / sun.outside, 0.0)
        diffuse = horizontal * np.where(low, 1.0, diffuse_share(np.clip(clearness, 0.0, 1.0)))
        factor = np.where(low, 0.0, np.maximum(incidence, 0.0) / sun.sine)
    sky, ground = (1 + np.cos(beta)) / 2, ALBEDO * (1 - np.cos(beta)) / 2
    return np.asarray((horizontal - diffuse) * factor + diffuse * sky + horizontal * ground, np.float64)


def pv_kw(hours: FloatArray, first: int, place: tuple[float, float], pv: Photovoltaics) -> FloatArray:
    """Power of an array in each quarter of whole hours, kW, NaN where radiation is unknown.

    `hours` (n,) are hourly means of horizontal radiation in W/m² from the UTC epoch second `first` on,
    `place` latitude and longitude in degrees. Shape (4 n,).
    """
    middles = first + HOUR // QUARTERS * np.arange(QUARTERS * len(hours), dtype=np.int64) + HOUR // 8
    sun = sun_at(middles, *place)
    plane = on_plane(quarters_of(hours, sun), sun, place[0], pv)
    return np.asarray(np.maximum(plane, 0.0) / 1000 * pv.kwp * (1 - pv.losses_percent / 100), np.float64)


def normal_radiation(normals: Normals, starts: IntArray, place: tuple[float, float]) -> FloatArray:
    """Normal horizontal radiation of hours, W/m², from the normal of their UTC day's sum, same shape.

    Spread over the day in proportion to the radiation outside the atmosphere. NaN without a normal.
    """
    days = starts.astype("datetime64[s]").astype("datetime64[D]")
    total = normals.values["radiation"][day_of_year(days) - 1] * 1e6
    midnight = days.astype("datetime64[s]").astype(np.int64)
    steps = (midnight[:, None] + HOUR * np.arange(24) + HOUR // 2).ravel()
    whole = sun_at(steps, *place).outside.reshape(-1, 24).sum(axis=1) * HOUR
    now = sun_at(starts + HOUR // 2, *place).outside
    return np.asarray(np.divide(total * now, whole, out=np.zeros(len(starts)), where=whole > 0), np.float64)
