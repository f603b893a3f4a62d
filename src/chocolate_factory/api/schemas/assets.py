"""Battery, photovoltaics and carbon of a plan as the API answers them."""

from __future__ import annotations

from chocolate_factory.api.schemas.common import Answer, Moment


class BatterySlot(Answer):
    """Powers of a slot in kW, and what is in the battery at its end."""

    start: Moment
    charge_kw: float
    discharge_kw: float
    stored_kwh: float


class BatteryUse(Answer):
    """What the plan does with the battery; `start_assumed`: its content at the start is not known."""

    start_kwh: float
    start_assumed: bool
    charged_kwh: float
    discharged_kwh: float
    wear_eur: float
    rows: list[BatterySlot]


class ArraySlot(Answer):
    """What the array can give in a slot, what of it the site uses and what it sells, kW."""

    start: Moment
    available_kw: float
    used_kw: float
    sold_kw: float


class ArrayOrigin(Answer):
    """Hours over the window by where their radiation comes from."""

    forecast: int
    estimated: int
    missing: int


class ArrayUse(Answer):
    """What the plan does with the array's power; `surplus_eur` is what the sold part brings."""

    available_kwh: float
    used_kwh: float
    sold_kwh: float
    surplus_eur: float
    origin: ArrayOrigin
    rows: list[ArraySlot]


class CarbonOrigin(Answer):
    """Slots of the window by where their intensity comes from."""

    known: int
    estimated: int


class Carbon(Answer):
    """Carbon dioxide of plan and baseline, and the weight it had; `mip_gap` is of cost and weight together.

    `weighted_eur` is what the plan's carbon added to what was minimised; the cost is money alone.
    """

    kg: float
    baseline_kg: float
    weight_eur_t: float
    weighted_eur: float
    origin: CarbonOrigin
