"""The monthly invoice of this site: load as metered or planned, prices as corrected, every line."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.factory import ContractKind
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray, on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.site_load import SiteLoad
from chocolate_factory.domain.slots import Window, days_between, local_date, local_midnight, moment
from chocolate_factory.domain.tariff.calendar import local_slots
from chocolate_factory.domain.tariff.invoice import Invoice, invoice_of_days, month_window, pays_reactive
from chocolate_factory.domain.tariff.stack import Market, PriceStack, price_stack
from chocolate_factory.services.bill_prices import price_facts
from chocolate_factory.services.planned_load import planned_load
from chocolate_factory.services.pose_problem import SERIES_OF
from chocolate_factory.services.read_load import read_load

Row = dict[str, Any]
FIRST_MONTH = date(2021, 6, 1)
NO_REACTIVE = "Reactive energy is not known: it needs a load file with a column kvarh; it is left out."


@dataclass(frozen=True)
class BillRequest:
    """A calendar month (its first day) and the meter's file; without one the stored plans tell the load."""

    month: date
    profile: Path | None = None


@dataclass(frozen=True, eq=False)
class _Billed:
    """What is billed: the ended days of the month (`first` to `last`), and which slots of them are known.

    `kw`, `price` and `whole` are by slot of `window`; `whole` marks the slots of days without a gap.
    """

    window: Window
    first: date
    last: date
    load: SiteLoad
    kw: FloatArray
    price: FloatArray
    whole: np.ndarray[Any, np.dtype[np.bool_]]


def parse_month(text: str) -> date:
    """The first day of a month written as YYYY-MM; UsageError for anything else."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        raise UsageError(f"{text!r} is not a month.", "Write it as YYYY-MM, e.g. 2026-03.")
    return date.fromisoformat(f"{text}-01")


def make_bill(ports: Ports, request: BillRequest) -> Row:
    """The bill as `choco bill --month --json` prints it.

    `status` is "whole", "so_far" (the month has not ended) or "partial" (days of it are missing). Days whose
    load or prices have a gap are listed in `missing_days` and are in no line. Raises UsageError for a month
    that cannot be billed or a wrong file, DataMissing when no day of it is known.
    """
    billed = _gather(ports, request)
    if not billed.whole.any():
        raise _nothing(ports, request, billed)
    stack = _stack(ports, billed, billed.price)
    kw = billed.kw[billed.whole]
    invoice = invoice_of_days(
        ports.factory.contract, kw, stack, (billed.first, billed.last), _reactive(billed, stack)
    )
    return _answer(ports, request, billed, invoice) | {"sample": ports.sample}


def _gather(ports: Ports, request: BillRequest) -> _Billed:
    """Load and prices of the month's ended days."""
    now, month = ports.clock(), request.month
    whole_month = month_window(month)
    if month < FIRST_MONTH:
        raise UsageError(
            f"{month:%Y-%m} is before these tariffs.", "They began with June 2021.", cause="before_tariffs"
        )
    last = min(local_date(whole_month.end, MARKET_ZONE), local_date(now, MARKET_ZONE)) - timedelta(days=1)
    if last < month:
        raise UsageError(
            f"No day of {month:%Y-%m} has ended yet.", "Choose a month that has begun.", cause="month_to_come"
        )
    window = Window(whole_month.start, local_midnight(last + timedelta(days=1), MARKET_ZONE))
    load = read_load(request.profile, now) if request.profile else planned_load(ports, window)
    kw, price = load.power_kw(window), _prices(ports, window, load.minutes)
    days = local_slots(window.starts(load.minutes)).day
    gaps = np.unique(days[np.isnan(kw) | np.isnan(price)])
    return _Billed(window, month, last, load, kw, price, ~np.isin(days, gaps))


def _prices(ports: Ports, window: Window, minutes: int) -> FloatArray:
    """Market prices as known now, EUR/MWh; NaN where none is, zeros where the contract fixes the price."""
    key = SERIES_OF.get(ports.factory.contract.kind)
    if key is None:
        return np.zeros(window.slot_count(minutes))
    return on_grid(ports.store.read(key, window, ports.clock()), window, minutes)


def _stack(ports: Ports, billed: _Billed, price: FloatArray) -> PriceStack:
    key, contract = SERIES_OF.get(ports.factory.contract.kind), ports.factory.contract
    market = Market(**{key: price[billed.whole]}) if key else Market()
    starts = billed.window.starts(billed.load.minutes)[billed.whole]
    return price_stack(contract, starts, billed.load.minutes, market)


def _reactive(billed: _Billed, stack: PriceStack) -> dict[int, float] | None:
    """Reactive energy by period, kVArh, if the file has it."""
    told = billed.load.reactive_kvarh(billed.window)
    if told is None:
        return None
    kvarh = told[billed.whole]
    return {int(period): float(kvarh[stack.periods == period].sum()) for period in np.unique(stack.periods)}


def _nothing(ports: Ports, request: BillRequest, billed: _Billed) -> DataMissing:
    """Why no day can be billed."""
    month = f"{request.month:%Y-%m}"
    if np.isnan(billed.price).all():
        return DataMissing(f"No prices of {month} are stored.", cause="no_month_prices")
    if not np.isnan(billed.kw).all():
        return DataMissing(f"No day of {month} is known in full, of load and prices.", cause="no_whole_day")
    if request.profile is None:
        return DataMissing(
            f"No stored plan covers a day of {month}.",
            "Give the meter's readings with --kwh-profile FILE.",
            cause="no_month_load",
        )
    first, last = (moment(billed.load.starts[row]).date() for row in (0, -1))
    return DataMissing(
        f"{request.profile} holds {first} to {last}, nothing of {month}.", "Choose a month that it holds."
    )


def _answer(ports: Ports, request: BillRequest, billed: _Billed, invoice: Invoice) -> Row:
    contract = ports.factory.contract
    missing = _missing_days(billed)
    ended = ports.clock() >= month_window(request.month).end
    told = invoice.to_json()
    return {
        "site": ports.factory.site.name,
        "month": f"{request.month:%Y-%m}",
        "status": "so_far" if not ended else "partial" if missing else "whole",
        "as_of": ports.clock(),
        "currency": "EUR",
        "contract": f"{contract.kind} {contract.access_tariff}",
        "contracted_power_kw": list(contract.contracted_power_kw),
        "days_in_month": monthrange(request.month.year, request.month.month)[1],
        "load": {
            "origin": str(billed.load.origin),
            "source": billed.load.source,
            "resolution_min": billed.load.minutes,
        },
        "missing_days": missing,
        "prices": price_facts(ports, billed.window),
        **told,
        "by_hour_eur": _by_hour(ports, billed),
        "assumptions": [*ports.factory.assumptions, *billed.load.notes, *invoice.assumptions],
        "missing": [*invoice.missing, *_left_out(ports, billed)],
    }


def _missing_days(billed: _Billed) -> list[Row]:
    """Days of the period that are not billed, with the slots that lack load and price."""
    ordinals = local_slots(billed.window.starts(billed.load.minutes)).day
    rows = []
    for day in days_between(billed.first, billed.last):
        own = ordinals == day.toordinal()
        if not billed.whole[own].all():
            without = (int(np.isnan(values[own]).sum()) for values in (billed.kw, billed.price))
            row = dict(zip(("slots_without_load", "slots_without_price"), without, strict=True))
            rows.append({"day": day.isoformat(), "slots": int(own.sum()), **row})
    return rows


def _by_hour(ports: Ports, billed: _Billed) -> float | None:
    """Energy before tax if the retailer settled quarter-hours at the mean price of their hour, EUR."""
    if ports.factory.contract.kind is not ContractKind.INDEXED or billed.load.minutes == 60:
        return None
    hourly = np.repeat(_prices(ports, billed.window, 60), 4)
    stack = _stack(ports, billed, hourly)
    market = stack.energy_eur_mwh - stack.parts["toll"] - stack.parts["charge"]
    return float(np.dot(billed.kw[billed.whole] / 4, market)) / 1000


def _left_out(ports: Ports, billed: _Billed) -> tuple[str, ...]:
    unknown = pays_reactive(ports.factory.contract) and billed.load.kvarh is None
    return (NO_REACTIVE,) if unknown else ()
