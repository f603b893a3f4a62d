"""A second engine: the planning problem in CP-SAT, one JSON case a line in, one answer a line out.

It is a program of its own because ortools and highspy do not live in one process, and it knows nothing of the
planner: each batch belongs to a lot, has start booleans and optional intervals, machines are cumulatives.
Run: `python cp_sat.py < cases > answers`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import Any

from ortools.sat.python import cp_model

UNIT_EUR = 0.001 * 0.5 * 0.25
"""Money of one unit of the objective: a mill per kWh × half a kW × a quarter of an hour."""
RATE_UNITS = round(0.01 * 0.5 / UNIT_EUR)
SECONDS = 60.0
Case = dict[str, Any]
Linear = Any


def whole(value: float, unit: float) -> int:
    """A number in units; it must be a whole number of them."""
    count = round(value / unit)
    if abs(count * unit - value) > 1e-9:
        raise ValueError(f"{value} is no multiple of {unit}")
    return count


@dataclass
class Batch:
    """One batch that may be made for a lot: the way chosen, and the starts of each way's steps."""

    lot: int
    made: Any
    ways: dict[int, Any] = field(default_factory=dict)
    starts: dict[tuple[int, int], dict[int, Any]] = field(default_factory=dict)


class Plant:
    """The model of a case; `slack` names what may give way: stock, left, late, unmet."""

    def __init__(self, case: Case, slack: set[str]) -> None:
        self.case, self.slack = case, slack
        self.model = cp_model.CpModel()
        self.slots = len(case["price"])
        self.intervals: list[list[Any]] = [[] for _ in case["units"]]
        self.batches = [self.batch(i) for i, lot in enumerate(case["lots"]) for _ in range(lot["batches"])]
        self.late = [self.lateness(batch) for batch in self.batches]
        self.machines()
        self.load = self.loads()
        if case["cap"] is not None:
            for slot, limit in enumerate(case["cap"]):
                self.model.add(self.load[slot] <= whole(limit, 0.5))

    def batch(self, lot: int) -> Batch:
        """A batch of a lot by exactly one way, unless it is not made."""
        model, wanted = self.model, self.case["lots"][lot]
        batch = Batch(lot, model.new_bool_var(""))
        for item, product in enumerate(self.case["products"]):
            if product["family"] == wanted["product"]:
                self.way(batch, item, product["steps"])
        model.add(sum(batch.ways.values()) == batch.made)
        if not self.gives_way(wanted):
            model.add(batch.made == 1)
        return batch

    def gives_way(self, lot: Case) -> bool:
        """Whether a lot may have fewer batches made than it wants."""
        kinds = {"stock"} & self.slack if lot["stock"] else set()
        return bool(kinds or ({"unmet"} if lot["hard"] else {"left"}) & self.slack)

    def way(self, batch: Batch, item: int, steps: list[Case]) -> None:
        """The steps of one way: one start each, in order and within the waits, on their machines."""
        model, chosen = self.model, self.model.new_bool_var("")
        batch.ways[item] = chosen
        before = None
        for number, step in enumerate(steps):
            times = {t: model.new_bool_var("") for t in step["starts"]}
            model.add(sum(times.values()) == chosen)
            batch.starts[item, number] = times
            start = model.new_int_var(0, self.slots, "")
            model.add(start == sum(t * x for t, x in times.items())).only_enforce_if(chosen)
            span = model.new_optional_fixed_size_interval_var(start, step["duration"], chosen, "")
            self.intervals[step["machine"]].append(span)
            if before is not None:
                model.add(start >= before).only_enforce_if(chosen)
                if step["wait"] is not None:
                    model.add(start <= before + step["wait"]).only_enforce_if(chosen)
            before = start + step["duration"]

    def end(self, batch: Batch) -> Linear:
        """The slot at whose start a batch is finished, 0 where it is not made."""
        total: Linear = 0
        for item in batch.ways:
            steps = self.case["products"][item]["steps"]
            last = batch.starts[item, len(steps) - 1]
            total += sum((t + steps[-1]["duration"]) * x for t, x in last.items())
        return total

    def lateness(self, batch: Batch) -> Linear:
        """Slots after the due time."""
        due = self.case["lots"][batch.lot]["due"]
        if "late" not in self.slack:
            self.model.add(self.end(batch) <= due)
            return 0
        late = self.model.new_int_var(0, self.slots, "")
        self.model.add(late >= self.end(batch) - due)
        return late

    def machines(self) -> None:
        """At most the units that are there; the missing ones are taken by fixed intervals."""
        for units, spans in zip(self.case["units"], self.intervals, strict=True):
            most = max(units)
            away = [(t, most - there) for t, there in enumerate(units) if there < most]
            fixed = [self.model.new_fixed_size_interval_var(t, 1, "") for t, _ in away]
            demands = [1] * len(spans) + [count for _, count in away]
            self.model.add_cumulative([*spans, *fixed], demands, most)

    def loads(self) -> list[Linear]:
        """Site load of each slot in halves of a kW."""
        load: list[Linear] = [whole(kw, 0.5) for kw in self.case["auxiliary"]]
        for batch in self.batches:
            for (item, number), times in batch.starts.items():
                draw = self.case["products"][item]["steps"][number]["draw"]
                for start, here in times.items():
                    for after, kw in enumerate(draw):
                        load[start + after] += whole(kw, 0.5) * here
        return load

    def cost(self) -> Linear:
        """Energy and excess power in `UNIT_EUR`."""
        total: Linear = sum(
            whole(price, 0.001) * load for price, load in zip(self.case["price"], self.load, strict=True)
        )
        for group in self.case["excess"]:
            free = whole(group["contracted"] + group["already"], 0.5)
            over = self.model.new_int_var(0, 100_000, "")
            for slot in group["slots"]:
                self.model.add(over >= self.load[slot] - free)
            total += whole(group["rate"], 0.01) * RATE_UNITS * over
        return total

    def unmade(self, hard: bool, stock: bool) -> Linear:
        """Batches not made of lots of a kind."""
        lots = self.case["lots"]
        kind = [b for b in self.batches if (lots[b.lot]["hard"], lots[b.lot]["stock"]) == (hard, stock)]
        return sum(1 - b.made for b in kind)

    def make_exactly(self, made: list[int]) -> None:
        """So many batches of each lot; equal ones of a lot begin one after the other."""
        for lot, count in enumerate(made):
            own = [b for b in self.batches if b.lot == lot]
            for place, batch in enumerate(own):
                self.model.add(batch.made == (place < count))

    def least(self, what: Linear) -> int | None:
        """The proven minimum; None when nothing fits."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_time_in_seconds = SECONDS
        self.model.minimize(what)
        status = solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            return None
        if status != cp_model.OPTIMAL:
            raise RuntimeError(f"CP-SAT says {solver.status_name(status)}")
        return round(solver.objective_value)

    def hold(self, what: Linear) -> int | None:
        """The minimum, kept from then on."""
        found = self.least(what)
        if found is not None:
            self.model.add(what <= found)
        return found


def settled(case: Case) -> dict[str, int] | None:
    """What must give way, each at its least: batches unmet, late slots, stock, left; None: no plan."""
    if Plant(case, set()).least(0) is not None:
        return {"unmet": 0, "late": 0, "stock": 0, "left": 0}
    modes = [{"stock", "left"}]
    if case["allow_late"]:
        modes += [{"stock", "left", "late"}, {"stock", "left", "late", "unmet"}]
    for slack in modes:
        plant = Plant(case, slack)
        found = {"unmet": 0}
        if "unmet" in slack:
            return {"unmet": 1}
        late = plant.hold(sum(plant.late))
        if late is None:
            continue
        found["late"] = late
        found["stock"] = plant.hold(plant.unmade(True, True)) or 0
        found["left"] = plant.hold(plant.unmade(False, False)) or 0
        return found
    return None


def answer(case: Case) -> dict[str, Any]:
    """What gives way, and the least cost of making what `case["made"]` says (where it says anything)."""
    found = settled(case)
    if found is None or found["unmet"] or case["made"] is None:
        return {"settled": found, "cost_eur": None}
    plant = Plant(case, {"stock", "left", "late"} if found["late"] else {"stock", "left"})
    plant.make_exactly(case["made"])
    plant.model.add(sum(plant.late) <= found["late"])
    cost = plant.least(plant.cost())
    return {"settled": found, "cost_eur": None if cost is None else cost * UNIT_EUR}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
