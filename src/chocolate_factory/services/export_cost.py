"""The cost lines of a plan beside those of its baseline: line by line, as the stored bill has them."""

from __future__ import annotations

from typing import Any

from chocolate_factory.services.export_view import PlanView

Row = dict[str, Any]
Line = tuple[str, float | None, str, float | None, str, float | None, float | None]
Told = tuple[float | None, str, float | None, str, float]


def cost_rows(view: PlanView) -> list[Line]:
    """(line, quantity, unit, price, unit of price, EUR of the plan, EUR as ordered).

    Quantity and price are the plan's. The lines above the total sum to it, for either arm; those below are
    not in it.
    """
    words = view.words
    arms = [view.answer["bill"][arm] for arm in ("plan", "baseline")]
    counted = _beside(*(_counted(bill, view) for bill in arms))
    total: Line = (words["total"], None, "", None, "", *(bill["cost_eur"] for bill in arms))
    return [*counted, total, *_beside(*(_uncounted(bill, view) for bill in arms))]


def _counted(bill: Row, view: PlanView) -> dict[str, Told]:
    words = view.words
    lines: dict[str, Told] = {}
    for row in bill["periods"]:
        rate = f"{row['period']} ({100 * row['tax_rate']:g} %)"
        for name, part in row["parts"].items():
            lines[f"{rate} {name}"] = (row["kwh"], "kWh", part["mean_eur_mwh"], "EUR/MWh", part["eur"])
        told = (row["energy_eur"], "EUR", 100 * row["tax_rate"], "%", row["tax_eur"])
        lines[f"{rate} {words['tax']}"] = told
    for row in bill["excess"]:
        charge = (row["charged_kw"], "kW", row["rate_eur_kw"], "EUR/kW", row["eur"])
        lines[f"{words['excess']} {row['name']}"] = charge
    return lines


def _uncounted(bill: Row, view: PlanView) -> dict[str, Told]:
    words, fixed = view.words, bill["fixed_terms"]
    before, tax = fixed["before_tax_eur"], fixed["tax_eur"]
    rule = bill["excess_power_invoice_eur"]
    return {
        words["excess_rule"]: (None, "", None, "", rule),
        words["fixed"]: (fixed["days"], "d", None, "", before),
        f"{words['fixed']}: {words['tax']}": (before, "EUR", 100 * fixed["tax_rate"], "%", tax),
    }


def _beside(plan: dict[str, Told], baseline: dict[str, Told]) -> list[Line]:
    names = [*plan, *(name for name in baseline if name not in plan)]
    return [
        (name, *plan.get(name, (None, "", None, "", None)), baseline[name][-1] if name in baseline else None)
        for name in names
    ]
