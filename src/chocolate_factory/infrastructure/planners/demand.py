"""What has to be made: assumed stock, lateness and batches left for later, settled before any cost counts.

Each at its least: kilograms of assumed stock (ties: earliest due, then entry order), then soft batches left.
Where hard lots cannot be met even so and lateness is allowed, late slots come first: Σ over batches of the
slots between due time and finish, finishes matched to due times in order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from chocolate_factory.core.errors import Infeasible, OutOfTime
from chocolate_factory.domain.assembly import finish
from chocolate_factory.domain.problem import Job, Problem
from chocolate_factory.infrastructure.planners.linear import Answer, Terms, solve_integer
from chocolate_factory.infrastructure.planners.model import PlantModel, build, jobs_of, set_energy_cost
from chocolate_factory.infrastructure.planners.one_by_one import all_made
from chocolate_factory.infrastructure.planners.power import add_whole_power
from chocolate_factory.infrastructure.planners.repair import at_once, known_plan, lateness, repaired
from chocolate_factory.infrastructure.planners.settled import Patience, Settled

FREE_SECONDS, FREE_GAP = 8.0, 0.01
NEARLY = 1e-3
SHARE_WITH_SETUPS = 0.25
"""Of the time: for each question that is settled with setups, which may stay open."""


def plain(problem: Problem) -> Problem:
    """The problem without prices on power: only a hard power limit remains."""
    return replace(problem, excess=())


def settle(problem: Problem, seconds: float) -> Settled | None:
    """The least stock, then the least left out; None if nothing fits.

    Where that is impossible and lateness is allowed: least lateness (stock free), then stock, then left out.
    What does not fit into the window even late is given up first, as little as can be.
    """
    model = settling_model(problem, {"stock", "left"})
    answer = least(model, stock_kg(model), seconds)
    if answer is None and problem.allow_late:
        model = settling_model(problem, {"stock", "left", "late"})
        answer = least_late(model, seconds)
        if answer is None:
            model = settling_model(problem, {"stock", "left", "late", "unmet"})
            give_up(model, seconds)
            answer = least_late(model, seconds)
        answer = least(model, stock_kg(model), seconds) if answer else None
    if answer is None:
        return None
    keep(model, stock_kg(model), answer)
    prefer_early_stock(model, answer, seconds)
    final = least(model, left_batches(model), seconds)
    return settled_from(model, final) if final else None


def settle_setups(problem: Problem, patience: Patience, known: bool) -> Settled | None:
    """As `settle`, for machines with setups: what must give way without them, where a plan then keeps them.

    Otherwise with them, briefly where some plan in time is `known`, else it may take all the time; where
    lateness is allowed and nothing is found, what gives way without setups stays and batches are as late as
    when each is made as early as it goes.
    """
    easy = settle(replace(problem, setups=()), patience.whole)
    if easy is None:
        return None
    easy = replace(easy, jobs=())
    if first_known(build(problem, easy.lots), (), easy.late_slots or 0, patience) is not None:
        return easy
    jobs = at_once(problem, easy.lots)
    try:
        return settle(problem, patience.seconds(known) * (1.0 if known else SHARE_WITH_SETUPS))
    except Infeasible:
        if jobs is None or not problem.allow_late:
            raise
    return replace(easy, late_slots=lateness(problem, easy.lots, jobs) or None)


def first_known(
    model: PlantModel, start: tuple[Job, ...], late_slots: int, patience: Patience
) -> tuple[Job, ...] | None:
    """A plan known before the solver looks for one, at most so late: near `start`, or None.

    With setups the solver by itself hardly finds any: then one is made from what it finds where setups take
    no time, else without it.
    """
    found = known_plan(model, start, late_slots)
    if found is not None or not model.problem.setups:
        return found
    simple = all_made(model.problem, model.lots, late_slots)
    if late_slots:
        return simple
    free = build(replace(plain(model.problem), setups=()), model.lots)
    set_energy_cost(free)
    add_whole_power(free)
    seconds = patience.seconds(simple is not None)
    answer = solve_integer(free.linear, min(seconds, FREE_SECONDS), FREE_GAP)
    near = None if answer.values is None else repaired(model, jobs_of(free, answer.values))
    return simple if near is None else near


def settling_model(problem: Problem, kinds: set[str]) -> PlantModel:
    """A model of the lots with the given kinds of slack and no cost."""
    model = build(plain(problem), problem.lots, frozenset(kinds))
    add_whole_power(model)
    return model


def least_late(model: PlantModel, seconds: float) -> Answer | None:
    """The least sum of late slots, held from then on; None when nothing fits."""
    short = {column: float(weight) for column, weight in model.slack.get("short", {}).items()}
    answer = least(model, short, seconds)
    keep(model, short, answer)
    return answer


def give_up(model: PlantModel, seconds: float) -> None:
    """Fix the fewest batches that are not made at all, those due last, then the last entries.

    What has begun is given up only where leaving out all else would not do.
    """
    columns = model.slack["unmet"]
    ordered = sorted(columns, key=lambda lot: (-model.lots[lot].due, -model.lots[lot].entry))
    most = 1.0 + sum(lot.batches for lot in model.lots)
    small = 1e-3 / most / (1 + len(ordered))
    begun = {lot for lot in columns if model.problem.products[model.lots[lot].product].batch}
    terms = {columns[lot]: (most if lot in begun else 1.0) + rank * small for rank, lot in enumerate(ordered)}
    answer = least(model, terms, seconds)
    if answer is not None:
        for column in columns.values():
            fixed = round(value({column: 1.0}, answer))
            model.linear.lower[column] = model.linear.upper[column] = fixed


def stock_kg(model: PlantModel) -> Terms:
    """Σ kilograms of assumed stock."""
    return {
        column: model.problem.products[model.lots[lot].product].batch_kg
        for lot, column in model.slack["stock"].items()
    }


def left_batches(model: PlantModel) -> Terms:
    """Batches left out; where there is a choice those due last, then the last entries."""
    columns = model.slack["left"]
    ordered = sorted(columns, key=lambda lot: (-model.lots[lot].due, -model.lots[lot].entry))
    small = 1e-3 / (1 + sum(model.lots[lot].batches for lot in ordered))
    return {columns[lot]: 1.0 + rank * small / (1 + len(ordered)) for rank, lot in enumerate(ordered)}


def value(terms: Terms, answer: Answer) -> float:
    """Σ terms in a solution."""
    if answer.values is None:
        raise ValueError("an answer without values")
    return sum(weight * float(answer.values[column]) for column, weight in terms.items())


def least(model: PlantModel, terms: Terms, seconds: float) -> Answer | None:
    """Minimise the terms; None when nothing fits."""
    model.linear.cost = [0.0] * len(model.linear.cost)
    for column, weight in terms.items():
        model.linear.cost[column] = weight
    answer = solve_integer(model.linear, seconds)
    if answer.values is None and not answer.infeasible:
        raise out_of_time(seconds)
    return None if answer.infeasible else answer


def out_of_time(seconds: float) -> OutOfTime:
    """No plan so far, though none was proven impossible."""
    return OutOfTime(f"No plan was found within {seconds:.0f} s, and none was proven impossible.")


def keep(model: PlantModel, terms: Terms, answer: Answer | None) -> None:
    """Hold a sum at what was reached; the solver's whole numbers are not quite whole."""
    if answer is not None and terms:
        model.linear.row(terms, upper=value(terms, answer) + NEARLY * min(terms.values()))


def prefer_early_stock(model: PlantModel, answer: Answer, seconds: float) -> None:
    """Among equal kilograms cover the earliest due lot, then the first entry."""
    columns = model.slack["stock"]
    order = sorted(columns, key=lambda lot: (model.lots[lot].due, model.lots[lot].entry))
    amounts = [round(value({columns[lot]: 1.0}, answer)) for lot in order]
    full = [amount == model.lots[lot].batches for lot, amount in zip(order, amounts, strict=True)]
    whole = full.index(False) if False in full else len(full)
    settled = not any(amounts[whole + 1 :])
    for lot, amount in zip(order, amounts, strict=True):
        found = None if settled else least(model, {columns[lot]: -1.0}, seconds)
        model.linear.lower[columns[lot]] = (
            amount if found is None else round(value({columns[lot]: 1.0}, found))
        )


def settled_from(model: PlantModel, answer: Answer) -> Settled:
    """Read a solution: lots reduced by stock and by what is left, all of them hard."""
    given = {
        kind: {lot: round(value({column: 1.0}, answer)) for lot, column in model.slack[kind].items()}
        for kind in ("stock", "left", "unmet")
        if kind in model.slack
    }
    given["left"] = dict(Counter(given["left"]) + Counter(given.get("unmet", {})))
    lots = tuple(
        replace(lot, hard=True, batches=lot.batches - given["stock"].get(i, 0) - given["left"].get(i, 0))
        for i, lot in enumerate(model.lots)
    )
    short = model.slack.get("short")
    late = None if short is None else round(value({c: float(w) for c, w in short.items()}, answer))
    stock, left = ({i: n for i, n in given[kind].items() if n} for kind in ("stock", "left"))
    jobs = () if model.problem.setups or answer.values is None else jobs_of(model, answer.values)
    return Settled(lots, stock, left, late or None, jobs)


def late_batches(problem: Problem, settled: Settled, jobs: tuple[Job, ...]) -> dict[int, int]:
    """Batches per lot that end after their due slot, finishes matched to lots in order of due time."""
    late: dict[int, int] = {}
    for product in range(len(problem.products)):
        ends = sorted(finish(problem, job) for job in jobs if problem.family(job.product) == product)
        mine = [i for i, lot in enumerate(settled.lots) if lot.product == product]
        order = sorted(mine, key=lambda i: (settled.lots[i].due, not problem.lots[i].hard, i))
        owners = [i for i in order for _ in range(settled.lots[i].batches)]
        for lot, end in zip(owners, ends, strict=True):
            if end > settled.lots[lot].due and problem.lots[lot].hard:
                late[lot] = late.get(lot, 0) + 1
    return late
