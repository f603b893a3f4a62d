"""Why a run stands where it stands, and what standing elsewhere would cost or which rule forbids it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches

import numpy as np

from chocolate_factory.core.errors import Infeasible, NotFound, UsageError
from chocolate_factory.domain.assembly import late_of, to_make
from chocolate_factory.domain.dispatch import beside_dispatch
from chocolate_factory.domain.forced import Batch, StartsWarm, batches_of, held, unforced, with_forced
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.problem import Job, Problem, Solution, load_kw
from chocolate_factory.domain.run_moves import POSSIBLE, RULES, SMALL_EUR, Alone, Move
from chocolate_factory.domain.run_reasons import mean_price
from chocolate_factory.domain.slots import epoch, local_iso, moment
from chocolate_factory.services.make_plan import arm
from chocolate_factory.services.stored_case import Row, StoredCase, stored_case

ANSWER_SECONDS = 6.0
HOUR = 60
SHARED = ("machine", "power", "storage", "output")
"""Rules that may give way when other batches move; all others bind a batch whatever the others do."""

LONELY = {"machine": "availability"}
"""What a rule is called that forbids a start even to a batch that has the plant for itself."""


@dataclass(frozen=True)
class Question:
    """A run held to a start: `step` is a process of the recipe or a number from 1, empty for the first."""

    batch: str
    at: datetime
    step: str = ""
    plan_id: str | None = None
    seconds: float = ANSWER_SECONDS


def explain_batch(ports: Ports, batch: str, plan_id: str | None = None) -> Row:
    """For each run of a batch: rank of its price, what keeps it from cheaper starts, what moving it costs.

    Everything on the knowledge of the plan, the other batches staying where they are; money in EUR, a
    positive difference is dearer than the plan. Raises NotFound for an unknown plan or batch.
    """
    stored = stored_case(ports, plan_id)
    one = batch_named(stored, batch)
    alone = Alone(as_the_grid_sees(stored), stored.solution.jobs, one)
    return {
        **head(ports, stored, one),
        "runs": [run_row(stored, alone, number) for number in range(len(alone.steps))],
    }


def explain_start(ports: Ports, question: Question) -> Row:
    """The plan solved again with one run held to a start: its cost beside the plan's, or the rules against.

    The same batches, each by its own due time; all other runs are free. `difference` is from the plan's cost:
    `eur` the best found less the plan, `least_eur` what is proven at least. Raises UsageError for a start off
    the grid or outside the window.
    """
    stored = stored_case(ports, question.plan_id)
    one = batch_named(stored, question.batch)
    number = step_number(stored, one, question.step)
    slot = slot_of(stored, question.at, number, one)
    alone = Alone(as_the_grid_sees(stored), stored.solution.jobs, one)
    body = {
        **head(ports, stored, one),
        "process": alone.steps[number].process,
        "planned_start": at_slot(stored, one.job.starts[number]),
        "asked_start": at_slot(stored, slot),
        "alone": move_row(stored, alone, number, slot),
    }
    rule = str(alone.rules(number)[slot])
    if rule and rule not in SHARED:
        return {**body, "forbidden": forbidden_row([rule]), "forced": None}
    lonely = str(Alone(stored.problem, (one.job,), one).rules(number)[slot])
    if lonely:
        return {**body, "forbidden": forbidden_row([LONELY.get(lonely, lonely)]), "forced": None}
    plain = held(stored.problem, stored.solution)
    problem, start = with_forced(plain, stored.solution.jobs, one, number, slot)
    try:
        solution = solved(ports, problem, start, question.seconds)
    except Infeasible as error:
        return {**body, "forbidden": infeasible_row(error), "forced": None}
    answer = unforced(solution, plain, one.job.product)
    check(ports, stored, answer)
    return {**body, "forbidden": None, "forced": forced_row(stored, answer, number, slot)}


def as_the_grid_sees(stored: StoredCase) -> Problem:
    """The problem with what battery and array do in the plan held as it is."""
    return beside_dispatch(stored.problem, load_kw(stored.problem, stored.solution.jobs))


def solved(ports: Ports, problem: Problem, start: tuple[Job, ...], seconds: float) -> Solution:
    """The best plan, searched from a known one where the planner can."""
    if isinstance(ports.planner, StartsWarm):
        return ports.planner.solve_from(start, problem, seconds)
    return ports.planner.solve(problem, seconds)


def head(ports: Ports, stored: StoredCase, batch: Batch) -> Row:
    """What every explanation begins with."""
    gap = stored.solution.gap
    return {
        "sample": ports.sample,
        "plan": stored.answer["id"],
        "issued_at": stored.answer["issued_at"],
        "batch": batch.name,
        "product": stored.problem.products[batch.job.product].name,
        "due": batch.due_text,
        "currency": "EUR",
        "plan_cost_eur": stored.solution.cost_eur,
        "plan_gap_eur": gap * abs(stored.solution.cost_eur),
        "recount_differs_eur": stored.solution.cost_eur - stored.told_eur,
    }


def batch_named(stored: StoredCase, name: str) -> Batch:
    """A batch of the plan; NotFound with near names."""
    found = batches_of(stored.problem, stored.solution, stored.names)
    if name in found:
        return found[name]
    near = get_close_matches(name, found, 3, 0.5) or sorted(found)[:3]
    raise NotFound(
        f"Plan {stored.answer['id']} has no batch {name!r}.",
        f"It has {', '.join(near)}; see `choco plan`.",
        cause="no_batch",
    )


def step_number(stored: StoredCase, batch: Batch, asked: str) -> int:
    """The step asked for, counted from 0."""
    names = [step.process for step in stored.problem.products[batch.job.product].steps]
    if not asked:
        return 0
    if asked.isdecimal() and 1 <= int(asked) <= len(names):
        return int(asked) - 1
    if names.count(asked) == 1:
        return names.index(asked)
    raise UsageError(
        f"{asked!r} is not one step of batch {batch.name}.",
        f"Use one of {', '.join(names)}, or its number from 1 to {len(names)}.",
    )


def slot_of(stored: StoredCase, at: datetime, number: int, batch: Batch) -> int:
    """The slot of a moment; UsageError off the grid or where the run would not lie in the window."""
    problem, step = stored.problem, stored.problem.products[batch.job.product].steps[number]
    seconds = epoch(at) - epoch(problem.window.start)
    if seconds % (60 * problem.minutes) or at.microsecond:
        raise UsageError(
            f"{at_text(stored, at)} is not on the plan's grid of {problem.minutes} minutes.",
            "Ask for a whole quarter of an hour.",
        )
    slot = seconds // (60 * problem.minutes)
    if not 0 <= slot <= problem.slots - step.duration:
        last = at_slot(stored, problem.slots - step.duration)
        raise UsageError(
            f"{at_text(stored, at)} is outside the window of plan {stored.answer['id']}.",
            f"{step.process} can start from {at_slot(stored, 0)} to {last}.",
        )
    return int(slot)


def at_text(stored: StoredCase, at: datetime) -> str:
    """A moment in the site's time."""
    return local_iso(at, stored.factory.site.timezone)


def at_slot(stored: StoredCase, slot: int) -> str:
    """The start of a slot in the site's time."""
    return at_text(stored, moment(epoch(stored.problem.window.start) + 60 * stored.problem.minutes * slot))


def run_row(stored: StoredCase, alone: Alone, number: int) -> Row:
    """One run: rank, what forbids the cheaper starts, moves."""
    problem, step = stored.problem, alone.steps[number]
    own, hour = alone.batch.job.starts[number], HOUR // problem.minutes
    means = mean_price(problem.price_eur_kwh, step.duration)
    rules = alone.rules(number)[: len(means)]
    allowed = np.flatnonzero(step.allowed[: len(means)])
    cheaper = allowed[means[allowed] < means[own] - 1e-12]
    ordered = cheaper[np.argsort(means[cheaper], kind="stable")]
    blocked = Counter(str(rules[slot]) for slot in ordered if rules[slot] != POSSIBLE)
    cheapest = int(allowed[int(np.argmin(means[allowed]))])
    found = alone.best_moves(number, alone.possible(number))
    saving = {slot: -m.difference_eur for slot, m in found if m.difference_eur < -SMALL_EUR}
    best = min(found, key=lambda pair: pair[1].difference_eur)[0] if found else None
    moves = {"hour_earlier": own - hour, "hour_later": own + hour, "cheapest": cheapest, "best": best}
    rows = {name: move_row(stored, alone, number, slot) for name, slot in moves.items()}
    open_cheaper = [int(slot) for slot in ordered if rules[slot] == POSSIBLE]
    row = {
        "process": step.process,
        **({"mode": step.mode} if step.mode else {}),
        "machine": problem.machines[step.machine],
        "start": at_slot(stored, own),
        "end": at_slot(stored, own + step.duration),
        "energy_kwh": step.power_kw * step.duration * problem.minutes / 60,
        "mean_price_eur_kwh": float(means[own]),
        "rank": len(cheaper) + 1,
        "allowed_starts": len(allowed),
        "cheaper_blocked_by": dict(blocked.most_common()),
        "cheaper_but_dearer": sum(slot not in saving for slot in open_cheaper),
        "binding": [rule for rule, _ in blocked.most_common()],
        "saving_missed_eur": max(saving.values(), default=0.0),
        "moves": rows,
    }
    return {**row, "why": sentence(row)}


def move_row(stored: StoredCase, alone: Alone, number: int, slot: int | None) -> Row:
    """The run at another start, the other batches staying: cost, or the rule that forbids it."""
    if slot is None:
        return {"start": None, "rule": None, "difference_eur": None, "moves_along": []}
    if not 0 <= slot < stored.problem.slots:
        return {"start": None, "rule": "window", "difference_eur": None, "moves_along": []}
    rule = str(alone.rules(number)[slot])
    move: Move | None = None if rule else alone.cheapest_with(number, slot)
    along = []
    if move is not None:
        pairs = zip(alone.steps, move.starts, alone.batch.job.starts, strict=True)
        along = [s.process for i, (s, new, old) in enumerate(pairs) if new != old and i != number]
    return {
        "start": at_slot(stored, slot),
        "rule": rule or None,
        "difference_eur": None if move is None else move.difference_eur,
        "moves_along": along,
    }


def sentence(row: Row) -> str:
    """The row in words."""
    told = f"{row['mean_price_eur_kwh']:.4f} EUR/kWh on average, start {row['rank']} of "
    told += f"{row['allowed_starts']} that staff and climate allow by price"
    if row["rank"] == 1:
        return told + "."
    parts = [f"{count} by {rule}" for rule, count in row["cheaper_blocked_by"].items()]
    text = f"{told}. Of the {row['rank'] - 1} cheaper ones "
    text += f"are forbidden: {', '.join(parts)}" if parts else "none is forbidden"
    if row["cheaper_but_dearer"]:
        text += f"; {row['cheaper_but_dearer']} would not make the whole plan cheaper (other steps, power)"
    if row["saving_missed_eur"] > SMALL_EUR:
        text += f"; one alone would save {row['saving_missed_eur']:.2f} EUR, which the search has not found"
    return text + "."


def forbidden_row(rules: list[str], conflicts: list[dict[str, object]] | None = None) -> Row:
    """Why nothing fits."""
    told = "; or by ".join(RULES.get(rule, rule) for rule in rules) or "several rules together"
    return {"rules": rules, "message": f"Forbidden by {told}.", "conflicts": conflicts or []}


def infeasible_row(error: Infeasible) -> Row:
    """What the planner says of a forced run without a plan; its error where it only ran out of time."""
    if not error.conflicts:
        raise error
    rules: list[str] = []
    for conflict in error.conflicts:
        named = conflict["rules"]
        rules += [str(rule) for rule in named] if isinstance(named, list) else []
    return forbidden_row(list(dict.fromkeys(rules)), error.conflicts)


def forced_row(stored: StoredCase, solution: Solution, number: int, slot: int) -> Row:
    """The best plan found with the run there, beside the plan; the bound is never below the plan's own."""
    plan = stored.solution
    bound = min(solution.cost_eur, max(solution.bound_eur, plan.bound_eur))
    moved = sum((Counter(solution.jobs) - Counter(plan.jobs)).values())
    least = max(0.0, bound - plan.cost_eur)
    return {
        "cost_eur": solution.cost_eur,
        "gap_eur": solution.cost_eur - bound,
        "difference_eur": solution.cost_eur - plan.cost_eur,
        "least_eur": least,
        "within_gap": least <= SMALL_EUR,
        "batches_moved": moved,
        "solve_seconds": round(solution.solve_seconds, 3),
    }


def check(ports: Ports, stored: StoredCase, solution: Solution) -> None:
    """The forced plan keeps every rule of the plant, like any other plan."""
    problem = stored.problem
    given = replace(solution, stock=stored.solution.stock, left=stored.solution.left)
    given = replace(given, late=late_of(problem, given.jobs, to_make(problem, given)))
    arm(replace(ports, factory=stored.factory), stored.case, given)
