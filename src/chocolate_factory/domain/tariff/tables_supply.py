"""Capacity payments, standard losses and excess-power prices, dated.

Capacity payments and losses apply at busbar by energy period; excess prices by power period of the six-period
tariffs (2.0TD is limited by cut-off and never pays excess).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from chocolate_factory.domain.tariff.tables import Confidence, Span, Table, dated_tables

_VERIFIED, _OFFICIAL = Confidence.VERIFIED, Confidence.OFFICIAL
_SECONDARY, _UNCERTAIN = Confidence.SECONDARY, Confidence.UNCERTAIN

_CAPACITY_SPANS: tuple[Span, ...] = (
    (date(2021, 6, 1), date(2021, 12, 31), "Orden TED/371/2021 art. 4", _OFFICIAL),
    (date(2022, 1, 1), date(2022, 12, 31), "Orden TED/1484/2021", _OFFICIAL),
    (date(2023, 1, 1), date(2024, 2, 14), "Orden TED/1312/2022", _OFFICIAL),
    (date(2024, 2, 15), date(2024, 12, 31), "Orden TED/113/2024", _OFFICIAL),
    (date(2025, 1, 1), date(2025, 12, 31), "Orden TED/1487/2024", _SECONDARY),
)
_CAPACITY_SPANS_20TD = tuple((first, last, source, _VERIFIED) for first, last, source, _ in _CAPACITY_SPANS)
_CAPACITY_UNIT = "EUR/MWh at busbar"

CAPACITY_PAYMENTS: dict[str, Table] = {
    **dated_tables(
        "capacity payment",
        _CAPACITY_UNIT,
        _CAPACITY_SPANS_20TD,
        {
            "2.0TD": (
                (1.780, 0.297, 0.0),
                (1.444, 0.241, 0.0),
                (1.068, 0.178, 0.0),
                (0.926, 0.154, 0.0),
                (0.844, 0.140, 0.0),
            ),
        },
    ),
    **dated_tables(
        "capacity payment",
        _CAPACITY_UNIT,
        _CAPACITY_SPANS,
        {
            "3.0TD": (
                (2.406, 1.111, 0.740, 0.555, 0.555, 0.0),
                (1.952, 0.902, 0.601, 0.450, 0.450, 0.0),
                (1.443, 0.667, 0.444, 0.333, 0.333, 0.0),
                (1.251, 0.578, 0.385, 0.289, 0.289, 0.0),
                (1.141, 0.527, 0.351, 0.264, 0.264, 0.0),
            ),
            "6.1TD": (
                (1.031, 0.476, 0.317, 0.238, 0.238, 0.0),
                (0.837, 0.386, 0.257, 0.193, 0.193, 0.0),
                (0.619, 0.285, 0.190, 0.143, 0.143, 0.0),
                (0.537, 0.247, 0.165, 0.124, 0.124, 0.0),
                (0.490, 0.225, 0.150, 0.113, 0.113, 0.0),
            ),
        },
    ),
}

STANDARD_LOSSES: dict[str, Table] = dated_tables(
    "standard loss coefficient",
    "percent",
    ((date(2021, 6, 1), None, "Circular 3/2020 art. 11", _OFFICIAL),),
    {
        "2.0TD": ((16.7, 16.3, 18.0),),
        "3.0TD": ((16.6, 17.5, 16.5, 16.5, 13.8, 18.0),),
        "6.1TD": ((6.7, 6.8, 6.5, 6.5, 4.3, 7.7),),
    },
    "contract.losses",
)

_EXCESS_SPANS: tuple[Span, ...] = (
    (date(2025, 4, 1), date(2025, 12, 31), "BOE-A-2025-5341", _SECONDARY),
    (date(2026, 1, 1), date(2026, 12, 31), "BOE-A-2025-26348", _SECONDARY),
)
_EXCESS_KEY = "contract.excess_eur_kw"

EXCESS_QUARTERS: dict[str, Table] = dated_tables(
    "excess price of metering types 1-3 (tepp13)",
    "EUR/kW",
    _EXCESS_SPANS,
    {
        "3.0TD": (
            (3.361213, 1.776546, 0.563477, 0.430844, 0.121880, 0.121880),
            (3.325715, 1.757877, 0.557353, 0.424794, 0.119179, 0.119179),
        ),
        "6.1TD": (
            (3.332942, 1.762138, 0.661311, 0.465989, 0.009852, 0.008771),
            (3.431797, 1.818277, 0.680379, 0.478581, 0.010172, 0.008984),
        ),
    },
    _EXCESS_KEY,
)

EXCESS_MAXIMETER: dict[str, Table] = dated_tables(
    "excess price of metering types 4-5 (tepp45)",
    "EUR/kW and day",
    _EXCESS_SPANS,
    {
        "3.0TD": (
            (0.168944, 0.089294, 0.028322, 0.021656, 0.006126, 0.006126),
            (0.171373, 0.090584, 0.028721, 0.021891, 0.006142, 0.006142),
        ),
        "6.1TD": (
            (0.272540, 0.144093, 0.054076, 0.038105, 0.000806, 0.000717),
            (0.275735, 0.146094, 0.054668, 0.038455, 0.000817, 0.000722),
        ),
    },
    _EXCESS_KEY,
)

_TEP_NOTE = (
    "The excess-power price of 2021 comes from the CNMC's answers on Circular 3/2020 and was not checked "
    "against the final resolution."
)


def _uncertain(table: Table) -> Table:
    rows = tuple(replace(row, note=_TEP_NOTE) for row in table.rows)
    return replace(table, rows=rows, stands_on=False)


EXCESS_OLD: dict[str, Table] = {
    tariff: _uncertain(table)
    for tariff, table in dated_tables(
        "excess price before 2025-04-01 (tep)",
        "EUR/kW",
        (
            (
                date(2021, 6, 1),
                date(2021, 12, 31),
                "table 10 of the CNMC answers on Circular 3/2020",
                _UNCERTAIN,
            ),
        ),
        {"3.0TD": ((3.5739,),), "6.1TD": ((3.4779,),)},
        _EXCESS_KEY,
    ).items()
}
