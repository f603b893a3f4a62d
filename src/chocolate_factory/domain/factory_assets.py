"""Battery and photovoltaics of the factory file."""

from __future__ import annotations

from dataclasses import dataclass

from chocolate_factory.domain.factory_section import Section

BATTERY_KEYS = ("capacity_kwh", "charge_kw", "discharge_kw", "efficiency", "reserve_kwh", "wear_eur_kwh")
BATTERY_REQUIRED = ("capacity_kwh", "charge_kw", "discharge_kw")
PV_KEYS = ("kwp", "tilt", "azimuth", "losses_percent", "surplus")
PV_REQUIRED = ("kwp",)
SURPLUS = ("none", "spot")
EFFICIENCY, TILT, AZIMUTH, LOSSES_PERCENT = 0.9, 30.0, 180.0, 14.0
SIZE = (0.0, 1_000_000.0)


@dataclass(frozen=True)
class Battery:
    """A battery behind the meter; powers are at its terminals.

    Of what is charged the share `efficiency` (round trip) comes back; `reserve_kwh` is never drawn.
    `wear_eur_kwh` is paid for each kWh discharged.
    """

    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    efficiency: float = EFFICIENCY
    reserve_kwh: float = 0.0
    wear_eur_kwh: float = 0.0


@dataclass(frozen=True)
class Photovoltaics:
    """A photovoltaic array; `tilt` and `azimuth` in degrees, azimuth from north over east (180: south).

    `surplus_paid`: what is fed into the grid is paid at the spot price, never below 0.
    """

    kwp: float
    tilt: float = TILT
    azimuth: float = AZIMUTH
    losses_percent: float = LOSSES_PERCENT
    surplus_paid: bool = False


def read_battery(top: Section) -> Battery | None:
    """The `[battery]` of a file, None without one."""
    if "battery" not in top.data:
        return None
    row = top.one("battery", BATTERY_KEYS, BATTERY_REQUIRED)
    capacity, charge, discharge = (row.number(key, SIZE, 0.0) for key in BATTERY_REQUIRED)
    reserve = row.number("reserve_kwh", SIZE, 0.0)
    if reserve > capacity:
        row.say(f"battery.reserve_kwh is {reserve:g}, more than battery.capacity_kwh, {capacity:g}.")
    return Battery(
        capacity,
        charge,
        discharge,
        row.number("efficiency", (0.1, 1.0), EFFICIENCY),
        reserve,
        row.number("wear_eur_kwh", (0.0, 100.0), 0.0),
    )


def read_pv(top: Section) -> Photovoltaics | None:
    """The `[pv]` of a file, None without one."""
    if "pv" not in top.data:
        return None
    row = top.one("pv", PV_KEYS, PV_REQUIRED)
    return Photovoltaics(
        row.number("kwp", SIZE, 0.0),
        row.number("tilt", (0.0, 90.0), TILT),
        row.number("azimuth", (0.0, 360.0), AZIMUTH),
        row.number("losses_percent", (0.0, 100.0), LOSSES_PERCENT),
        row.choice("surplus", SURPLUS, "none") == "spot",
    )


def asset_assumptions(top: Section) -> tuple[str, ...]:
    """What silent keys stand for, as sentences."""
    said = (
        ("battery", "efficiency", f"{EFFICIENCY:g} of what is charged comes back"),
        ("pv", "tilt", f"{TILT:g} degrees"),
        ("pv", "azimuth", f"{AZIMUTH:g}, south"),
        ("pv", "losses_percent", f"{LOSSES_PERCENT:g} %"),
    )
    given = {table: top.data.get(table) for table in ("battery", "pv")}
    found = []
    for table, key, value in said:
        keys = given[table]
        if isinstance(keys, dict) and key not in keys:
            found.append(f"{table}.{key} is not given: {value}.")
    return tuple(found)
