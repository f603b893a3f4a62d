"""What may be asked of a plan: words like `price=+10%` turned into changes of the factory file and prices.

A change edits the parsed factory file, which is then read and checked like any other; prices of the market
and of excess power are multiplied beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.factory import WEEKDAYS
from chocolate_factory.domain.slots import Window

KEYS = {
    "price": "price=+10%: market prices, or those of a fixed contract, changed by a share",
    "tariff": "tariff=6.1TD: another access tariff (2.0TD, 3.0TD, 6.1TD)",
    "power": "power=100, power=+10, power:P6=150: contracted power in kW, of all periods or one",
    "excess": "excess=-100%: the price of excess power changed by a share",
    "shift": "shift=22:00-24:00 on all staffed days, shift:sat,sun=06:00-14:00, shift:sat=none",
    "machine": "machine:NAME=+1, -1 or a number of units, for the whole window",
    "demand": "demand=+20%, demand:PRODUCT=+20% or kg of each of its entries",
    "battery": "battery.capacity_kwh=50 or another key of [battery]; battery=none takes it away",
    "pv": "pv.kwp=30 or another key of [pv]; pv=none takes it away",
}
SPAN = re.compile(r"([0-2]\d:[0-5]\d)-([0-2]\d:[0-5]\d)")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
SIX = 6
MOST = 20
LONGEST = 100

Data = dict[str, Any]


@dataclass
class Changed:
    """A factory file's data with the changes made, and what lies outside the file.

    `price` and `excess` multiply market prices and the price of excess power; `batches` says whether other
    batches are wanted than before; `told` are the changes in words, `notes` what had to be assumed.
    """

    data: Data
    window: Window
    price: float = 1.0
    excess: float = 1.0
    batches: bool = False
    told: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def changed(data: Data, window: Window, words: tuple[str, ...]) -> Changed:
    """The factory file's data with all changes made in order; UsageError naming the word and what is allowed.

    `data` is left as it was. Machines are lost or won for the window.
    """
    if not 1 <= len(words) <= MOST:
        raise UsageError("Nothing is changed." if not words else f"More than {MOST} changes.", listed())
    result = Changed(deepcopy(data), window)
    for word in words:
        key, _, value = word.partition("=")
        name, _, part = key.replace(".", ":", 1).partition(":")
        change = CHANGES.get(name.strip())
        if len(word) > LONGEST or change is None or not value.strip():
            raise UsageError(f"{word[:LONGEST]!r} is not a change that can be asked.", listed())
        change(result, part.strip(), value.strip())
        result.told.append(word)
    return result


def listed() -> str:
    """The keys that there are."""
    return "Use " + "; ".join(KEYS.values()) + "."


def wrong(word: str, key: str) -> UsageError:
    """A value that a key does not take."""
    return UsageError(f"{word!r} is not a value of {key}.", f"Use {KEYS[key]}.")


def number(text: str, key: str) -> float:
    """A plain decimal number."""
    if not NUMBER.fullmatch(text) or len(text) > 12:
        raise wrong(text, key)
    return float(text)


def share(text: str, key: str) -> float:
    """The factor of a share such as +10%; at least 0."""
    if not text.endswith("%") or text[0] not in "+-":
        raise wrong(text, key)
    factor = 1 + number(text[:-1], key) / 100
    if factor < 0:
        raise wrong(text, key)
    return factor


def amount(text: str, before: float, key: str) -> float:
    """A value after a change: +20% and -20% by share, +5 and -5 by amount, 100 as it stands."""
    if text.endswith("%"):
        return before * share(text, key)
    value = number(text, key)
    return before + value if text[0] in "+-" else value


def change_price(result: Changed, part: str, value: str) -> None:
    """Market prices, or the energy prices of a fixed contract."""
    if part:
        raise wrong(f":{part}", "price")
    factor, contract = share(value, "price"), result.data["contract"]
    result.price *= factor
    if "energy_eur_mwh" in contract:
        contract["energy_eur_mwh"] = [price * factor for price in contract["energy_eur_mwh"]]


def change_tariff(result: Changed, part: str, value: str) -> None:
    """Another access tariff, with the contracted power as far as it has the same periods."""
    if part:
        raise wrong(f":{part}", "tariff")
    contract = result.data["contract"]
    power = contract["contracted_power_kw"]
    contract["access_tariff"] = value
    if value == "2.0TD" and len(power) == SIX:
        contract["contracted_power_kw"] = [power[0], power[-1]]
    elif value != "2.0TD" and len(power) != SIX:
        contract["contracted_power_kw"] = [min(power)] * (SIX - 1) + [max(power)]


def change_power(result: Changed, part: str, value: str) -> None:
    """Contracted power of all periods, or of one named P1 to P6."""
    contract = result.data["contract"]
    power = list(contract["contracted_power_kw"])
    places = [i for i in range(len(power)) if part in {"", f"P{i + 1}"}]
    if not places:
        raise wrong(f":{part}", "power")
    for i in places:
        power[i] = amount(value, power[i], "power")
    contract["contracted_power_kw"] = power


def change_excess(result: Changed, part: str, value: str) -> None:
    """The price of excess power."""
    if part:
        raise wrong(f":{part}", "excess")
    result.excess *= share(value, "excess")


def change_shift(result: Changed, part: str, value: str) -> None:
    """One more shift on some days, by default all that have one; or none on the days named."""
    shifts = result.data.setdefault("shift", [])
    days = part.split(",") if part else [d for d in WEEKDAYS if any(d in s["days"] for s in shifts)]
    if not days or not set(days) <= set(WEEKDAYS):
        raise wrong(f":{part}", "shift")
    span = SPAN.fullmatch(value)
    if value == "none" and part:
        for shift in shifts:
            shift["days"] = [day for day in shift["days"] if day not in days]
        result.data["shift"] = [shift for shift in shifts if shift["days"]]
    elif span:
        shifts.append({"days": days, "start": span[1], "end": span[2]})
    else:
        raise wrong(value, "shift")


def change_machine(result: Changed, part: str, value: str) -> None:
    """More units, or units out of order for the whole window."""
    row = next((m for m in result.data["machine"] if m["name"] == part), None)
    if row is None:
        names = ", ".join(m["name"] for m in result.data["machine"])
        raise UsageError(f"There is no machine {part!r}.", f"Use one of {names}.")
    before = row.get("count", 1)
    after = amount(value, before, "machine")
    if value.endswith("%") or after != int(after) or after < 0:
        raise wrong(value, "machine")
    if after >= before:
        row["count"] = int(after)
    else:
        row["unavailable"] = [*row.get("unavailable", []), [*around(result), before - int(after)]]


def around(result: Changed) -> list[str]:
    """Local times a day before and after the window, as a factory file writes them."""
    zone, day = ZoneInfo(str(result.data["site"]["timezone"])), timedelta(days=1)
    edges = result.window.start - day, result.window.end + day
    return [edge.astimezone(zone).strftime("%Y-%m-%dT%H:%M") for edge in edges]


def change_demand(result: Changed, part: str, value: str) -> None:
    """Kilograms of every demand entry, or of those of one product."""
    rows = [row for row in result.data.get("demand", []) if part in {"", row["product"]}]
    if not rows or (not part and not value.endswith("%")):
        names = ", ".join(dict.fromkeys(row["product"] for row in result.data.get("demand", [])))
        raise UsageError(f"demand:{part}={value} changes nothing.", f"{KEYS['demand']}; products: {names}.")
    for row in rows:
        row["kg"] = amount(value, row["kg"], "demand")
    result.batches = True


NEW_BATTERY_HOURS = 2


def change_battery(result: Changed, part: str, value: str) -> None:
    """A key of the battery; a plant without one gets one that charges and discharges in two hours."""
    new = "battery" not in result.data
    change_asset(result, ("battery", part), value)
    table = result.data.get("battery", {})
    if new and isinstance(table.get("capacity_kwh"), float):
        for key in ("charge_kw", "discharge_kw"):
            table.setdefault(key, table["capacity_kwh"] / NEW_BATTERY_HOURS)
        result.notes.append(
            f"A new battery is taken to charge and discharge in {NEW_BATTERY_HOURS} h:"
            f" {table['charge_kw']:g} kW each."
        )


def change_pv(result: Changed, part: str, value: str) -> None:
    """A key of the array; a plant without one gets one."""
    change_asset(result, ("pv", part), value)


def change_asset(result: Changed, key: tuple[str, str], value: str) -> None:
    """A key of a table that stands once: a number, +5, -5, +20% or a word; `none` without a key drops it."""
    table, part = key
    if not part:
        if value != "none":
            raise wrong(value, table)
        result.data.pop(table, None)
        return
    row = result.data.setdefault(table, {})
    if NUMBER.fullmatch(value.removesuffix("%")):
        before = row.get(part, 0.0)
        row[part] = amount(value, before if isinstance(before, int | float) else 0.0, table)
    else:
        row[part] = value


CHANGES: dict[str, Callable[[Changed, str, str], None]] = {
    "price": change_price,
    "tariff": change_tariff,
    "power": change_power,
    "excess": change_excess,
    "shift": change_shift,
    "machine": change_machine,
    "demand": change_demand,
    "battery": change_battery,
    "pv": change_pv,
}
