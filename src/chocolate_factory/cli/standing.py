"""How a plan that stands, and what became of the plans before it, is shown."""

from __future__ import annotations

from typing import Any

from chocolate_factory.cli import output

Row = dict[str, Any]


def show_standing(answer: Row) -> None:
    """Why the plan was made, what became of the one before, and what stays since it starts soon."""
    if answer.get("because"):
        output.console.print(f"Made because: {answer['because']}.", markup=False)
    said = verdict(answer)
    if said:
        output.console.print(said, markup=False)
    if answer.get("changes"):
        output.console.print(answer["changes"]["words"][0], markup=False)
    if answer.get("frozen"):
        output.console.print(f"{len(answer['frozen'])} runs start soon and stay as planned.")
    for row in answer.get("released", ()):
        output.console.print(f"{row['batch']} starts soon and does not stay: {row['why']}", markup=False)


def verdict(row: Row) -> str:
    """What became of the plan before, in a sentence; nothing without one."""
    told = row.get("kept") or row.get("replaced")
    if not told:
        return ""
    head = f"{'Keeps' if row.get('kept') else 'Replaces'} {told['plan']}: {told['reason']}"
    if told["difference_eur"] is None:
        return head
    return f"{head} ({told['difference_eur']:+.2f} EUR, threshold {told['threshold_eur']:.2f} EUR)"


def show_plans(rows: list[Row], zone: str) -> None:
    """Stored plans, newest first: when, why, what it costs, and what became of the one before."""
    if not rows:
        output.console.print("No plan is stored yet.")
        return
    made = output.table("Plans", "issued", "id", ">EUR", ">gap", "~because", "~plan before")
    for row in rows:
        cost, gap = f"{row['cost_eur']:.2f}", f"{100 * row['mip_gap']:.2f} %"
        made.add_row(
            output.clock(row["issued_at"], zone), row["id"], cost, gap, row["because"] or "", became(row)
        )
    output.console.print(made)


def became(row: Row) -> str:
    """`kept, -0.40 EUR` or `replaced, -3.20 EUR: 12 runs moved`."""
    told = row["kept"] or row["replaced"]
    if not told:
        return ""
    word = "kept" if row["kept"] else "replaced"
    money = "" if told["difference_eur"] is None else f", {told['difference_eur']:+.2f} EUR"
    changed = row["changes"] or {}
    counts = [f"{changed[key]} {key}" for key in ("moved", "added", "dropped") if changed.get(key)]
    return f"{word}{money}" + (f": {', '.join(counts)}" if counts else "")
