"""Bills as the API answers them: the same JSON as `choco bill --month --json`."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, computed_field

from chocolate_factory.api.schemas.common import Answer, Assuming, Moment, Origin
from chocolate_factory.services.note_words import spanish_notes


class BillWish(Answer):
    """Which bill."""

    month: str = Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", examples=["2026-03"])


class BillLine(Answer):
    """A line: `exact_eur` = `quantity` × `price` × `factor`, `eur` is it rounded half up to the cent.

    `price` is null for a sum over slots. `source` names law or table, or `contract`; `confidence` is how well
    the least certain price in it is known, null where the contract says it.
    """

    name: str
    kind: str
    computation: str
    quantity: float
    unit: str
    price: float | None
    price_unit: str
    factor: float
    exact_eur: float
    eur: float
    source: str
    confidence: str | None


class ExcessRow(Answer):
    """Power above the contracted one in a period: `eur` = `charged_kw` × `eur_kw`; null prices: no excess."""

    name: str
    period: str
    contracted_kw: float
    highest_kw: float
    over_kw: float
    quarters_over: float
    sum_squares_kw2: float
    charged_kw: float
    unit_price: float | None
    days: int | None
    unit_days: int | None
    eur_kw: float | None
    eur: float


class BillLoad(Answer):
    """Where the load is known from: a meter's file, or the stored plans."""

    origin: Literal["metered", "planned"]
    source: str
    resolution_min: int


class MissingDay(Answer):
    """A day that is in no line of the bill, and what it lacks."""

    day: date
    slots: int
    slots_without_load: int
    slots_without_price: int


class CorrectedDay(Answer):
    """Slots of a day whose price is not the first one told."""

    day: date
    slots: int
    mean_change_eur_mwh: float


class BillPrices(Answer):
    """The market prices as known now; `known_at` is the newest knowledge among them."""

    series: str
    slots: int
    origins: dict[Origin, int]
    sources: list[str]
    known_at: Moment | None
    corrected: list[CorrectedDay]


class BillAnswer(Assuming):
    """The invoice of a month; amounts in EUR, rounded to the cent where a bill rounds.

    `status` is `so_far` while the month goes on, `partial` when days of it are missing. `market_eur` splits
    the market line by part, `by_hour_eur` is its amount settled at the mean price of each hour.
    """

    site: str
    month: str
    status: Literal["whole", "so_far", "partial"]
    as_of: Moment
    currency: str
    contract: str
    contracted_power_kw: list[float]
    days_in_month: int
    load: BillLoad
    missing_days: list[MissingDay]
    prices: BillPrices | None
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    days: int
    energy_kwh: float
    lines: list[BillLine]
    market_eur: dict[str, float]
    base_eur: float
    electricity_tax_eur: float
    vat_base_eur: float
    vat_eur: float
    total_eur: float
    eur_kwh: float | None
    excess: list[ExcessRow]
    by_hour_eur: float | None
    missing: list[str]
    sample: bool

    @computed_field(description="`missing` in Spanish.")  # type: ignore[prop-decorator]
    @property
    def missing_es(self) -> list[str | None]:
        """What is left out, in Spanish."""
        return spanish_notes(self.missing)
