"""Invented climate, seasons and correlations for the page, in the API's own schemas."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from chocolate_factory.api.schemas import analysis as made
from tests.dashboard.page_samples import TUESDAY, ZONE

MONTHS = range(1, 13)
SPREAD = [14.0, 16.0, 20.0, 23.0, 28.0, 34.0, 37.0, 36.5, 31.0, 25.0, 18.0, 14.5]
QUANTITIES: list[Any] = [
    "temperature_max",
    "temperature_mean",
    "temperature_min",
    "humidity_max",
    "humidity_mean",
    "humidity_min",
]


def figure(quantity: Any, value: float | None, normal: float, origin: Any) -> made.DayFigure:
    """A figure of a day of this week."""
    return made.DayFigure(
        quantity=quantity,
        unit="°C" if quantity.startswith("temp") else "%",
        origin=origin if value is not None else "missing",
        observed_hours=24 if origin == "observed" else 0,
        forecast_hours=0,
        value=value,
        normal=normal,
        normal_years=24,
        difference=None if value is None else value - normal,
        percentile=None if value is None else 4.5,
        record_days=350,
    )


def week() -> made.ClimateWeek:
    """Monday unknown, Tuesday observed, the others forecast; Friday far too cold."""
    days = []
    for k in range(7):
        high = None if k == 0 else 11.5 if k == 4 else 18.0
        low = None if k == 0 else 6.0
        origin = "observed" if k == 1 else "forecast"
        figures = [
            figure("temperature_max", high, 19.2, origin),
            figure("temperature_min", low, 6.5, origin),
            figure("humidity_max", None if k == 0 else 98.0, 85.5, origin),
        ]
        days.append(made.WeekDay(date=date(2026, 3, 9) + timedelta(days=k), hours=24, figures=figures))
    return made.ClimateWeek(first=date(2026, 3, 9), last=date(2026, 3, 15), least_hours=20, days=days)


def limit(quantity: Any, unit: str, above: float) -> made.LimitDays:
    """A limit of tempering; 2025 has holes and most days nevertheless."""
    years = [(2016, 86, 366), (2017, 78, 365), (2018, 40, 201), (2019, 76, 365), (2025, 99, 289)]
    return made.LimitDays(
        quantity=quantity,
        unit=unit,
        above=above,
        origin="factory",
        steps=["standard: temper", "premium: temper"],
        by_year=[made.YearAbove(year=year, days=days, known=known) for year, days, known in years],
        by_month=[made.MonthAbove(month=month, days=month, known=700) for month in MONTHS],
    )


def trend(quantity: Any) -> made.ClimateTrend:
    """Clear for the greatest temperature, of too few years for the least humidity."""
    clear, few = quantity == "temperature_max", quantity == "humidity_min"
    stations = {2016: "j09", 2017: "j09", 2019: "j17"}
    return made.ClimateTrend(
        quantity=quantity,
        unit="°C" if quantity.startswith("temp") else "%",
        per_decade=None if few else 0.794 if clear else -0.31,
        low=None if few else 0.172 if clear else -0.9,
        high=None if few else 1.409 if clear else 0.4,
        clear=clear,
        pairs=151,
        years=[
            made.TrendYear(year=year, station=name, difference=0.1 * k - 0.1)
            for k, (year, name) in enumerate(stations.items())
        ],
        left_out=[2018, 2025],
        least_days=329,
    )


def climate() -> made.ClimateAnalysis:
    """Five years of two stations; nothing is known of December."""
    stations = [
        made.StationRecord(station="j09", first=date(2016, 1, 1), last=date(2017, 12, 31), days=730),
        made.StationRecord(station="j17", first=date(2018, 6, 14), last=date(2025, 10, 30), days=900),
    ]
    return made.ClimateAnalysis(
        now=TUESDAY,
        sample=False,
        record=made.ClimateRecord(
            first=date(2016, 1, 1),
            last=date(2025, 10, 30),
            days=1630,
            stations=stations,
            years=[
                made.YearRecord(year=year, days=365, missing=0) for year in (2016, 2017, 2018, 2019, 2025)
            ],
            missing=[made.MissingDays(first=date(2016, 3, 2), last=date(2016, 3, 4), days=3)],
        ),
        months=[
            made.MonthSpread(
                quantity=quantity,
                unit="°C" if quantity.startswith("temp") else "%",
                month=month,
                days=700,
                p5=middle - 6,
                p25=middle - 2,
                p50=middle,
                p75=middle + 2,
                p95=middle + 6,
            )
            for quantity in QUANTITIES
            for month, middle in zip(range(1, 12), SPREAD, strict=False)
        ],
        limits=[limit("temperature_max", "°C", 34.0), limit("humidity_max", "%", 90.0)],
        week=week(),
        trends=[trend(quantity) for quantity in QUANTITIES],
    )


def seasons() -> made.Seasons:
    """Spot prices that fall to nought at noon of May; nothing is known of December's nights."""
    table: list[list[float | None]] = [[40.0 + month + hour for hour in range(24)] for month in MONTHS]
    table[4][13] = -0.3
    table[11][:6] = [None] * 6
    one = made.SeasonSeries(
        series="spot",
        unit="EUR/MWh",
        first=TUESDAY - timedelta(days=760),
        last=TUESDAY,
        hours=18261.25,
        by_month=[made.SeasonMonth(month=month, mean=50.0, hours=1400.0, years=2) for month in MONTHS],
        by_hour=[made.SeasonHour(hour=hour, mean=50.0, hours=760.0) for hour in range(24)],
        by_month_and_hour=table,
    )
    warm = one.model_copy(update={"series": "temperature", "unit": "°C"})
    return made.Seasons(now=TUESDAY, sample=False, timezone=ZONE, series=[one, warm])


def pair(name: Any, season: Any, values: tuple[float, float, float], verdict: Any) -> made.CorrelationPair:
    """A pair whose ranks go together a little less."""
    value, low, high = values
    return made.CorrelationPair(
        pair=name,
        season=season,
        series=made.PairSeries(one=["temperature"], other=["spot"]),
        first=date(2024, 2, 9),
        last=date(2026, 3, 7),
        days=330,
        effective_days=210.1,
        pearson=made.CorrelationFigure(value=value, low=low, high=high),
        spearman=made.CorrelationFigure(value=value * 0.9, low=low * 0.9, high=high * 0.9),
        verdict=verdict,
        follows=name == "cooling_load",
    )


def correlations() -> made.Correlations:
    """One that holds, one that does not, one that the plan makes, one that could not be computed."""
    return made.Correlations(
        now=TUESDAY,
        sample=False,
        timezone=ZONE,
        cooling_above_c=18.0,
        pairs=[
            pair("wind_price", "year", (-0.5, -0.6, -0.4), "moderate"),
            pair("site_temperature_price", "cold", (-0.05, -0.2, 0.1), "none"),
            pair("cooling_load", "warm", (0.8, 0.7, 0.9), "strong"),
        ],
        not_computed=[
            made.PairMissing(
                pair="temperature_demand", season="cold", why="nothing_known", lacking=["demand"]
            )
        ],
    )


def beyond(hours: float = 948.25) -> made.Beyond:
    """Hours under nought, the longest spell cut by a hole."""
    counts = {"days": 159, "known_days": 761, "hours": hours, "known_hours": 18261.25}
    return made.Beyond(
        now=TUESDAY,
        sample=False,
        series="spot",
        unit="EUR/MWh",
        above=None,
        below=0.0,
        first=TUESDAY - timedelta(days=760),
        last=TUESDAY,
        daily=False,
        by_year=[made.BeyondYear(year=2025, **counts)],
        by_month=[made.BeyondMonth(month=5, **counts)],
        longest=made.Spell(start=TUESDAY - timedelta(days=300), end=TUESDAY, hours=11.0, cut=True),
        **counts,
    )
