"""Reactive energy of supplies above 15 kW (Circular CNMC 3/2020 art. 9): P1 to P5, inductive."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from chocolate_factory.domain.tariff.lines import CENT, Line, dec, plain
from chocolate_factory.domain.tariff.tables import basis, lookup
from chocolate_factory.domain.tariff.tables_billing import REACTIVE

FREE_SHARE = Decimal("0.33")
FREE_COS_PHI = Decimal("0.95")
LOW_COS_PHI = Decimal("0.80")
EXEMPT_PERIOD = 6


def cos_phi(kwh: float, kvarh: float) -> Decimal:
    """Power factor of a period's energies, rounded to two decimals; 1 without any energy."""
    apparent = math.hypot(kwh, kvarh)
    return dec(kwh / apparent if apparent else 1.0).quantize(CENT, ROUND_HALF_UP)


def reactive_lines(day: date, kwh: Mapping[int, float], kvarh: Mapping[int, float]) -> list[Line]:
    """Lines of the periods whose cos phi is below 0.95: kVArh above 33 % of the kWh × price, EUR before tax.

    `kwh` and `kvarh` are by period (1…6, P6 is exempt); `day` the last day of the billing period.
    """
    figure = lookup(REACTIVE, day)
    middle, low = figure.values
    lines = []
    for period, reactive in sorted(kvarh.items()):
        active = kwh.get(period, 0.0)
        factor = cos_phi(active, reactive)
        excess = max(Decimal(0), dec(reactive) - FREE_SHARE * dec(active))
        if period == EXEMPT_PERIOD or factor >= FREE_COS_PHI or not excess:
            continue
        price = low if factor < LOW_COS_PHI else middle
        lines.append(
            Line(
                name=f"reactive energy P{period}",
                kind="reactive",
                computation=(
                    f"({plain(reactive)} kVArh − 0.33 × {plain(active)} kWh) × {price:f} EUR/kVArh "
                    f"(cos φ {factor})"
                ),
                exact=excess * dec(price),
                quantity=float(excess),
                unit="kVArh",
                price=price,
                price_unit="EUR/kVArh",
                basis=basis([figure]),
            )
        )
    return lines
