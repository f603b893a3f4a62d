"""One line of a bill, its exact amount, and rounding to the cent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from chocolate_factory.domain.tariff.tables import Basis

CENT = Decimal("0.01")
NOISE_DIGITS = 9


@dataclass(frozen=True)
class Line:
    """A line: what it is, how it is computed, and its exact amount in EUR.

    `kind` is power, retail_margin, energy, access, excess, reactive, social_bonus, rental, electricity_tax
    or vat. `exact` = `quantity` × `price` × `factor` (days of the year, kWh to MWh, percent); `price` is None
    for a sum over slots whose prices differ. `basis` says where price or rule come from, None: the contract.
    """

    name: str
    kind: str
    computation: str
    exact: Decimal
    quantity: float
    unit: str
    price: float | None = None
    price_unit: str = ""
    factor: float = 1.0
    basis: Basis | None = None

    @property
    def eur(self) -> Decimal:
        """The amount rounded half up to the cent from the unrounded product."""
        return cents(self.exact)

    def to_json(self) -> dict[str, object]:
        """The line as plain values; `exact_eur` is unrounded."""
        return {
            "name": self.name,
            "kind": self.kind,
            "computation": self.computation,
            "quantity": self.quantity,
            "unit": self.unit,
            "price": self.price,
            "price_unit": self.price_unit,
            "factor": self.factor,
            "source": self.basis.source if self.basis else "contract",
            "confidence": str(self.basis.confidence) if self.basis else None,
            "exact_eur": float(self.exact),
            "eur": float(self.eur),
        }


def dec(value: float) -> Decimal:
    """A float as the decimal people read, without binary noise beyond the ninth digit."""
    return Decimal(repr(round(float(value), NOISE_DIGITS)))


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, half up (away from zero for negative amounts)."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def total(lines: Iterable[Line]) -> Decimal:
    """Sum of the rounded lines."""
    return sum((line.eur for line in lines), Decimal(0))


def plain(value: Decimal | float, digits: int = 6) -> str:
    """A number for a computation text: at most `digits` decimals, without trailing zeros."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
