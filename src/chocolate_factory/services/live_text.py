"""The live record as text: cells for any table, and remarks."""

from __future__ import annotations

from typing import Any

from chocolate_factory.services.backtest_text import percent, text

Row = dict[str, Any]


def live_heading(record: Row) -> str:
    """What the figures of a series and model are of, and its drift."""
    told = record["overall"]
    return (
        f"{record['series']} by {record['model']}, D+2 to D+7, EUR/MWh: {told['forecasts']} days of issue, "
        f"{told['hours']} hours; {record['drift']['state']}"
    )


def overall_cells(told: Row) -> list[str]:
    """MAE, bias, shares of the naive models' MAE, RMSE, pinball and coverage."""
    return [
        text(told["mae"]),
        text(told["bias"]),
        text(told["rmae_week"]),
        text(told["rmae_kind"]),
        text(told["rmse"], 1),
        text(told["pinball"]),
        percent(told["coverage_80"]),
        percent(told["coverage_90"]),
    ]


def live_leads(record: Row) -> list[str]:
    """Names of the lead days that were scored."""
    return [f"D+{one['lead']}" for one in record["leads"]]


def lead_cells(record: Row) -> list[list[str]]:
    """MAE, bias, share of naive-kind's MAE and coverage, a row each, by lead day."""
    shown = (("MAE", "mae", text), ("bias", "bias", text), ("/kind", "rmae_kind", text))
    rows = [[name, *(told(one[key]) for one in record["leads"])] for name, key, told in shown]
    return [*rows, ["in 80 %", *(percent(one["coverage_80"]) for one in record["leads"])]]


def live_remarks(body: Row) -> list[str]:
    """What a reader must know: nothing scored, forecasts that wait for prices, drift, other names."""
    if not body["records"]:
        return ["No stored forecast has met its prices yet; `choco forecast` and every plan store one."]
    found = []
    for record in body["records"]:
        name = f"{record['series']} by {record['model']}"
        if record["overall"]["provisional"]:
            found.append(f"{name}: forecasts of {record['overall']['provisional']} days wait for prices.")
        found.append(f"{name}: {record['drift']['state']}. {record['drift']['text']}")
        found += [f"{name}: spoke as “{label}”." for label in record["remarked"]]
    return found
