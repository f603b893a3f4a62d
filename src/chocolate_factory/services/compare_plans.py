"""What changed from one plan to another, in words: runs moved, added and dropped, and the money."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from chocolate_factory.core.errors import NotFound
from chocolate_factory.domain.ports import Ports, Store
from chocolate_factory.services.read_plans import read_plan

Row = dict[str, Any]
SENTENCES = 2
"""Of the words: how many say the whole, before single runs are named."""

Starts = dict[tuple[str, str], list[Row]]


def compare_plans(ports: Ports, before: str | None = None, after: str | None = None) -> Row:
    """The difference between two stored plans; without ids between the two newest.

    Compared is what starts while both windows last. Batches of a product are alike, so the runs of a process
    are matched by their starts, then by name, then in order; names may differ. `cost_eur` is of whole
    windows and its difference null where they differ; `runs_eur` the energy of the compared runs, each on
    its own plan's prices. NotFound when there are no such plans.
    """
    ids = [before, after] if before and after else newest_two(ports.store, after)
    old, new = (read_plan(ports.store, name) for name in ids)
    return difference(old, new)


def difference(old: Row, new: Row) -> Row:
    """The difference between the answers of two plans. See `compare_plans`."""
    common = span(old, new)
    told = [by_process(plan, common) for plan in (old, new)]
    moved, added, dropped = changes(*told)
    same = old["window"] == new["window"]
    costs = [plan["cost_eur"] for plan in (old, new)]
    runs = [sum(run["cost_eur"] for own in kind.values() for run in own) for kind in told]
    body: Row = {
        "sample": new["sample"],
        "before": old["id"],
        "after": new["id"],
        "compared": {"start": common[0], "end": common[1]},
        "cost_eur": {
            "before": costs[0],
            "after": costs[1],
            "difference": costs[1] - costs[0] if same else None,
        },
        "runs_eur": {"before": runs[0], "after": runs[1], "difference": runs[1] - runs[0]},
        "unchanged": sum(len(own) for own in told[1].values()) - len(moved) - len(added),
        "moved": moved,
        "added": added,
        "dropped": dropped,
    }
    return {**body, "words": words(body)}


def summary(old: Row, new: Row) -> Row:
    """The difference in a few counts and sentences: runs, batches that they belong to, and EUR."""
    body = difference(old, new)
    counts = {key: len(body[key]) for key in ("moved", "added", "dropped")}
    batches = {f"batches_{key}": len({row["batch"] for row in body[key]}) for key in counts}
    return {
        "before": body["before"],
        "compared": body["compared"],
        "unchanged": body["unchanged"],
        **counts,
        **batches,
        "cost_eur": body["cost_eur"]["difference"],
        "runs_eur": body["runs_eur"]["difference"],
        "words": body["words"][:SENTENCES],
    }


def newest_two(store: Store, after: str | None) -> list[str | None]:
    """Ids of the newest plan (or the one named) and of the one issued before it."""
    ids = [record.id for record in store.find("plan", limit=500)]
    place = ids.index(after) if after in ids else 0
    if len(ids) < place + 2:
        raise NotFound("There are no two plans to compare.", "`choco plan` makes another one.")
    return [ids[place + 1], after or ids[0]]


def span(old: Row, new: Row) -> tuple[str, str]:
    """From the later start to the earlier end of two windows."""
    start = max((plan["window"]["start"] for plan in (old, new)), key=datetime.fromisoformat)
    end = min((plan["window"]["end"] for plan in (old, new)), key=datetime.fromisoformat)
    return start, end


def by_process(plan: Row, common: tuple[str, str]) -> Starts:
    """Runs that start in the common part, in order, by product and process."""
    start, end = (datetime.fromisoformat(edge) for edge in common)
    found: Starts = defaultdict(list)
    for run in sorted(plan["runs"], key=lambda run: (datetime.fromisoformat(run["start"]), run["batch"])):
        if start <= datetime.fromisoformat(run["start"]) < end:
            found[run["product"], run["process"]].append(run)
    return found


def changes(old: Starts, new: Starts) -> tuple[list[Row], list[Row], list[Row]]:
    """Moved, added and dropped runs."""
    moved: list[Row] = []
    added: list[Row] = []
    dropped: list[Row] = []
    for kind in sorted({*old, *new}):
        gone, come = unlike(old.get(kind, []), new.get(kind, []))
        named = {run["batch"]: run for run in come}
        pairs = [(run, named[run["batch"]]) for run in gone if run["batch"] in named]
        paired = {run["batch"] for run, _ in pairs}
        gone, come = ([run for run in runs if run["batch"] not in paired] for runs in (gone, come))
        pairs += list(zip(gone, come, strict=False))
        moved += [move_row(before, after) for before, after in pairs]
        dropped += [run_row(run) for run in gone[len(come) :]]
        added += [run_row(run) for run in come[len(gone) :]]
    return (
        sorted(moved, key=lambda row: datetime.fromisoformat(row["to"])),
        by_start(added),
        by_start(dropped),
    )


def unlike(old: list[Row], new: list[Row]) -> tuple[list[Row], list[Row]]:
    """The runs of a process whose start only one of the plans has; of runs that start together any."""
    both = Counter(map(moment, old)) & Counter(map(moment, new))
    left = []
    for runs in (old, new):
        spare, kept = both.copy(), []
        for run in runs:
            if spare[moment(run)] > 0:
                spare[moment(run)] -= 1
            else:
                kept.append(run)
        left.append(kept)
    return left[0], left[1]


def moment(run: Row) -> datetime:
    """When a run starts."""
    return datetime.fromisoformat(run["start"])


def by_start(rows: list[Row]) -> list[Row]:
    """Rows in order of their start."""
    return sorted(rows, key=lambda row: (moment(row), row["batch"]))


def run_row(run: Row) -> Row:
    """A run that only one of the plans has."""
    return {key: run[key] for key in ("batch", "product", "process", "machine", "unit", "start", "end")}


def move_row(before: Row, after: Row) -> Row:
    """A run that starts at another time."""
    shift = moment(after) - moment(before)
    return {
        "batch": after["batch"],
        "was": before["batch"],
        "product": after["product"],
        "process": after["process"],
        "from": before["start"],
        "to": after["start"],
        "minutes": int(shift.total_seconds() // 60),
        "cost_eur": after["cost_eur"] - before["cost_eur"],
    }


def words(body: Row) -> list[str]:
    """The difference as sentences, most important first."""
    moved, added, dropped = (body[key] for key in ("moved", "added", "dropped"))
    told = [
        f"{body['unchanged']} runs stay, {len(moved)} move, {len(added)} are new, {len(dropped)} are dropped."
    ]
    whole, runs = body["cost_eur"], body["runs_eur"]["difference"]
    if whole["difference"] is not None:
        told.append(f"The plan costs {money(whole['difference'])}.")
    else:
        told.append(
            f"The energy of the runs in both windows costs {money(runs)}; whole costs differ in span."
        )
    told += [
        f"{row['process']} of {row['batch']}: {short(row['from'])} -> {short(row['to'])}, "
        f"{duration(row['minutes'])}, {row['cost_eur']:+.2f} EUR"
        for row in moved
    ]
    for rows, what in ((added, "new"), (dropped, "dropped")):
        told += [f"{row['process']} of {row['batch']} at {short(row['start'])}: {what}" for row in rows]
    return told


def money(eur: float) -> str:
    """`1.20 EUR more`"""
    if abs(eur) < 0.005:
        return "the same"
    return f"{abs(eur):.2f} EUR {'more' if eur > 0 else 'less'}"


def short(at: str) -> str:
    """`2026-03-11 06:15`"""
    return at[:16].replace("T", " ")


def duration(minutes: int) -> str:
    """`1 h 30 min later`"""
    hours, rest = divmod(abs(minutes), 60)
    parts = [f"{hours} h" if hours else "", f"{rest} min" if rest else ""]
    return f"{' '.join(part for part in parts if part)} {'later' if minutes > 0 else 'earlier'}"
