"""Taxes, fixed bill items and the labelled defaults of indexed contracts, dated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from chocolate_factory.domain.tariff.tables import Confidence, Row, Table

_GENERAL_RATE = 5.11269632

ELECTRICITY_TAX = Table(
    "electricity tax",
    "percent of everything before the tax, without rental and VAT",
    (
        Row(
            date(2021, 6, 1),
            date(2021, 9, 15),
            (_GENERAL_RATE,),
            "Ley 38/1992 art. 99",
            Confidence.SECONDARY,
        ),
        Row(date(2021, 9, 16), date(2021, 12, 31), (0.5,), "RDL 17/2021 DA 6", Confidence.OFFICIAL),
        Row(
            date(2022, 1, 1),
            date(2023, 12, 31),
            (0.5,),
            "RDL 29/2021, 6/2022, 11/2022, 20/2022",
            Confidence.SECONDARY,
        ),
        Row(date(2024, 1, 1), date(2024, 3, 31), (2.5,), "RDL 8/2023 art. 22", Confidence.OFFICIAL),
        Row(date(2024, 4, 1), date(2024, 6, 30), (3.8,), "RDL 8/2023 art. 22", Confidence.OFFICIAL),
        Row(
            date(2024, 7, 1),
            date(2026, 3, 21),
            (_GENERAL_RATE,),
            "Ley 38/1992 art. 99 (end of RDL 8/2023 art. 22)",
            Confidence.SECONDARY,
        ),
        Row(date(2026, 3, 22), date(2026, 5, 31), (0.5,), "RDL 7/2026 art. 40", Confidence.OFFICIAL),
        Row(
            date(2026, 6, 1),
            date(2026, 10, 31),
            (_GENERAL_RATE,),
            "Ley 38/1992 art. 99; RDL 18/2026",
            Confidence.SECONDARY,
        ),
        Row(
            date(2026, 11, 1),
            None,
            (_GENERAL_RATE,),
            "Ley 38/1992 art. 99",
            Confidence.UNCERTAIN,
            "The electricity tax from 2026-11-01 on depends on conditions not known here (RDL 25/2026: 0.5 "
            "or 5.11269632 %); the general rate of 5.11269632 % is assumed.",
        ),
    ),
)

TAX_MINIMUM = Table(
    "minimum electricity tax",
    "EUR/MWh for industrial use, EUR/MWh otherwise",
    (Row(date(2021, 6, 1), None, (0.5, 1.0), "Ley 38/1992 art. 99", Confidence.OFFICIAL),),
)

VAT_ABOVE_10_KW = Table(
    "VAT above 10 kW",
    "percent",
    (Row(date(2021, 6, 1), None, (21.0,), "Ley 37/1992 art. 90", Confidence.SECONDARY),),
)

_BELOW_10_ONLY = Row(date(2026, 3, 22), date(2026, 4, 29), (10.0,), "RDL 7/2026 art. 42", Confidence.OFFICIAL)
VAT_BELOW_10_KW = Table(
    "VAT below 10 kW",
    "percent, by the last day of the billing period",
    (
        Row(date(2021, 6, 1), date(2021, 6, 25), (21.0,), "Ley 37/1992 art. 90", Confidence.SECONDARY),
        Row(
            date(2021, 6, 26),
            date(2022, 6, 30),
            (10.0,),
            "RDL 12/2021, 29/2021, 6/2022",
            Confidence.SECONDARY,
        ),
        Row(date(2022, 7, 1), date(2023, 12, 31), (5.0,), "RDL 11/2022, 20/2022", Confidence.SECONDARY),
        Row(date(2024, 1, 1), date(2024, 2, 29), (10.0,), "RDL 8/2023 art. 21", Confidence.OFFICIAL),
        Row(date(2024, 3, 1), date(2024, 6, 30), (21.0,), "RDL 8/2023 art. 21", Confidence.OFFICIAL),
        Row(date(2024, 7, 1), date(2024, 12, 31), (10.0,), "RDL 8/2023 art. 21", Confidence.OFFICIAL),
        Row(date(2025, 1, 1), date(2026, 3, 21), (21.0,), "end of RDL 8/2023 art. 21", Confidence.OFFICIAL),
        _BELOW_10_ONLY,
        Row(
            date(2026, 4, 30),
            date(2026, 5, 31),
            (10.0,),
            "RDL 7/2026 art. 42, RDL 10/2026",
            Confidence.OFFICIAL,
        ),
        Row(date(2026, 6, 1), date(2026, 10, 31), (21.0,), "RDL 7/2026, 18/2026", Confidence.SECONDARY),
        Row(
            date(2026, 11, 1),
            None,
            (21.0,),
            "Ley 37/1992 art. 90",
            Confidence.UNCERTAIN,
            "The VAT up to 10 kW from 2026-11-01 on depends on conditions not known here (RDL 25/2026: 10 or "
            "21 %); 21 % is assumed.",
        ),
    ),
)
VAT_AT_10_KW = Table(
    "VAT at exactly 10 kW",
    VAT_BELOW_10_KW.unit,
    tuple(replace(row, values=(21.0,)) if row is _BELOW_10_ONLY else row for row in VAT_BELOW_10_KW.rows),
)

SOCIAL_BONUS = Table(
    "social-bonus financing",
    "EUR per supply and year",
    (
        Row(
            date(2022, 7, 23),
            date(2022, 12, 31),
            (13.401931,),
            "Orden TED/733/2022",
            Confidence.UNCERTAIN,
            "The social-bonus financing of 2022 (13.401931 EUR a year) and its dates are not confirmed.",
        ),
        Row(
            date(2024, 1, 1),
            date(2024, 12, 31),
            (2.299047,),
            "one public billing code",
            Confidence.UNCERTAIN,
            "The social-bonus financing of 2024 (2.299047 EUR a year) and its dates are not confirmed.",
        ),
        Row(date(2025, 1, 1), date(2025, 12, 31), (4.650987,), "Orden TED/1487/2024", Confidence.SECONDARY),
        Row(date(2026, 1, 1), date(2026, 6, 25), (6.979247,), "Orden TED/1524/2025", Confidence.SECONDARY),
        Row(
            date(2026, 6, 26),
            None,
            (9.011295,),
            "Orden TED/634/2026 (BOE-A-2026-13759)",
            Confidence.SECONDARY,
        ),
    ),
)

REACTIVE = Table(
    "reactive energy",
    "EUR/kVArh with cos phi from 0.80 to 0.95, EUR/kVArh with cos phi below 0.80",
    (
        Row(
            date(2021, 6, 1),
            None,
            (0.041554, 0.062332),
            "CNMC resolutions; the first one matches a real bill of August 2026",
            Confidence.SECONDARY,
        ),
    ),
)

METER_RENTAL = Table(
    "meter rental, type 5 single-phase",
    "EUR/month",
    (
        Row(
            date(2021, 6, 1),
            None,
            (0.81,),
            "Orden IET/1491/2013",
            Confidence.SECONDARY,
            "The meter is assumed single-phase (0.81 EUR a month; three-phase 1.36): "
            "contract.equipment_rental_eur_day replaces it.",
        ),
    ),
    "contract.equipment_rental_eur_day",
)

PVPC_MARGIN = Table(
    "PVPC fixed retail margin",
    "EUR/kW and year on the P1 power",
    (
        Row(
            date(2021, 6, 1),
            None,
            (3.113,),
            "Orden ETU/1948/2016 annex II, kept by later orders",
            Confidence.SECONDARY,
        ),
    ),
)


def _adjustment(first: date, last: date, value: float, basis: str) -> Row:
    sentence = (
        f"Adjustment services of {first.year} are not in the contract: {value:g} EUR/MWh at busbar is "
        f"assumed ({basis}, deviations included)."
    )
    return Row(
        first, last, (value,), "PVPC components of Red Eléctrica ÷ 1.17", Confidence.ESTIMATED, sentence
    )


ADJUSTMENT_SERVICES = Table(
    "adjustment services",
    "EUR/MWh at busbar",
    (
        _adjustment(date(2022, 1, 1), date(2022, 12, 31), 7.7, "mean of the PVPC from 12 February 2022"),
        _adjustment(date(2023, 1, 1), date(2023, 12, 31), 13.0, "mean of the PVPC of 2023-2024"),
        _adjustment(date(2024, 1, 1), date(2024, 12, 31), 13.0, "mean of the PVPC of 2023-2024"),
        _adjustment(date(2025, 1, 1), date(2025, 12, 31), 19.0, "mean of the PVPC of 2025"),
        _adjustment(date(2026, 1, 1), date(2026, 12, 31), 27.0, "mean of the PVPC to 22 April 2026"),
    ),
    "contract.adjustment_services_eur_mwh",
)

OPERATOR_FEES = Table(
    "system and market operator fees",
    "EUR/MWh at busbar",
    (
        Row(
            date(2021, 6, 1),
            None,
            (0.25,),
            "PVPC components of Red Eléctrica",
            Confidence.ESTIMATED,
            "System and market operator fees are not in the contract: 0.25 EUR/MWh at busbar is assumed "
            "(0.21-0.25 in published PVPC components).",
        ),
    ),
    "contract.operator_fees_eur_mwh",
)
