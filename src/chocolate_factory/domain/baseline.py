"""The plan "as ordered": what the plant would do without looking at prices.

The same batches as the plan, each step in its normal mode, placed one after the other, each by an exact
search for its earliest finish given the batches placed before it. Three rules, the first whose result is on
time wins:

1. batches in order of due time, then file order;
2. least slack first: again and again the batch whose due time less its earliest finish is least;
3. the least sum of finishing times found on time. Batches of a product are alike, so an order of products
   is a plan, and orders are searched: rules 1 and 2, each product first, the order in which the plan starts
   and finishes its batches; the best of them (the least late, then the least sum) is improved by moves of
   one batch, for a fixed number of placements (seeded: the same problem gives the same baseline). The
   plan's own batches, in their own modes and moved as early as they go, compete too. They are never later
   than the plan, so the baseline is on time whenever the plan is. The search is not exhaustive.

"On time" accepts what the plan accepted as late. Prices and excess power are never read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from chocolate_factory.domain.assembly import due_order, finish, to_make
from chocolate_factory.domain.baseline_board import Board
from chocolate_factory.domain.limits import keeps_limits
from chocolate_factory.domain.problem import Job, Problem, Solution, keeps_setups

Jobs = tuple[Job, ...]

SEARCHED_PLACEMENTS = 100
"""How often rule 3 places a batch, for each batch of the plan, while it looks for a better order."""


def baseline(problem: Problem, plan: Solution) -> Jobs:
    """The batches of a plan "as ordered" (factory-file: Baseline), by the rules of this module.

    Keeps order, waits, machine units, `allowed` starts and `power_cap_kw`. Its late batches, if any, are
    `assembly.late_of`. ValueError when the plan's batches are not those of its lots, stock and left.
    """
    counts = to_make(problem, plan)
    lots = due_order(problem, counts)
    made = sorted(problem.family(job.product) for job in plan.jobs)
    if sorted(problem.lots[lot].product for lot in lots) != made:
        raise ValueError("the plan does not make the batches that its lots, stock and left ones ask for")
    dues = Dues(problem, counts, plan.late)
    ordered = dispatched(problem, [problem.lots[lot].product for lot in lots])
    if ordered is not None and dues.met(ordered):
        return ordered
    urgent = least_slack(problem, lots)
    if urgent is not None and dues.met(urgent):
        return urgent
    return least_finishing(problem, plan.jobs, dues, [jobs for jobs in (ordered, urgent) if jobs])


def dispatched(problem: Problem, order: Sequence[int]) -> Jobs | None:
    """Batches of the products in `order`, each to finish as early as it can; None if one has no place."""
    return _placed(Board(problem), order)


def least_slack(problem: Problem, lots: Sequence[int]) -> Jobs | None:
    """Batches of `lots` (one lot index each, by due time), always the one with least slack next.

    Slack is the due slot less the earliest finish now; ties go by due time and file order. None if a batch
    has no place.
    """
    board, jobs, open_lots = Board(problem), [], list(lots)
    while open_lots:
        earliest = {
            product: board.earliest(product) for product in {problem.lots[lot].product for lot in open_lots}
        }
        slack: list[tuple[int, int, Job]] = []
        for place, lot in enumerate(open_lots):
            job = earliest[problem.lots[lot].product]
            if job is None:
                return None
            slack.append((problem.lots[lot].due - finish(problem, job), place, job))
        _, place, job = min(slack, key=lambda entry: entry[:2])
        board.put(job)
        jobs.append(job)
        del open_lots[place]
    return tuple(jobs)


def compressed(problem: Problem, jobs: Jobs) -> Jobs:
    """Batches, one after the other moved to their earliest finish until none moves; none finishes later.

    Ends because a move lowers a batch's finish or, at the same finish, its starts.
    """

    def rank(job: Job) -> tuple[int, tuple[int, ...]]:
        return finish(problem, job), job.starts

    empty, current, moved = Board(problem), sorted(jobs, key=rank), True
    while moved:
        moved = False
        for place, job in enumerate(current):
            board = empty.copy()
            for other in current[:place] + current[place + 1 :]:
                board.put(other)
            earliest = board.earliest(job.product)
            if earliest is not None and rank(earliest) < rank(job):
                board.put(earliest)
                if board.keeps_limits():
                    current[place], moved = earliest, True
    return tuple(current)


class Dues:
    """When batches must be finished: `counts` to make and `late` ones accepted, both by lot index."""

    def __init__(self, problem: Problem, counts: Mapping[int, int], late: Mapping[int, int]) -> None:
        self.problem = problem
        self._deadlines: dict[int, list[int]] = {product: [] for product in range(len(problem.products))}
        for index, count in counts.items():
            lot, accepted = problem.lots[index], late.get(index, 0)
            self._deadlines[lot.product] += [lot.due] * (count - accepted) + [problem.slots] * accepted
        for deadlines in self._deadlines.values():
            deadlines.sort()

    def tardy(self, jobs: Jobs) -> int:
        """Slots by which batches miss their due times, added up; 0 is on time."""
        total = 0
        for product, deadlines in self._deadlines.items():
            own = (job for job in jobs if self.problem.family(job.product) == product)
            ends = sorted(finish(self.problem, job) for job in own)
            total += sum(max(0, end - due) for end, due in zip(ends, deadlines, strict=True))
        return total

    def met(self, jobs: Jobs) -> bool:
        """Whether batches are on time and keep the limits on kilograms and what setups ask."""
        return self.tardy(jobs) == 0 and not self.breaks(jobs)

    def rank(self, jobs: Jobs) -> tuple[bool, int, int]:
        """(limits broken, tardy slots, sum of finishing times): less is better."""
        return self.breaks(jobs), self.tardy(jobs), sum(finish(self.problem, job) for job in jobs)

    def breaks(self, jobs: Jobs) -> bool:
        """Whether batches break a limit on kilograms, or setups find no time or no power."""
        return not (keeps_limits(self.problem, jobs) and keeps_setups(self.problem, jobs))


def least_finishing(problem: Problem, plan: Jobs, dues: Dues, found: Sequence[Jobs]) -> Jobs:
    """Rule 3: the batches of `plan` with the least sum of finishing times found; never later than `plan`.

    `found` are plans that compete too.
    """
    orders = [jobs for order in _orders(problem, plan) if (jobs := dispatched(problem, order))]
    searched = _improved(problem, min([*found, *orders], key=dues.rank), dues) if [*found, *orders] else plan
    return min(compressed(problem, plan), searched, plan, key=dues.rank)


def _improved(problem: Problem, best: Jobs, dues: Dues) -> Jobs:
    """The best plan met while single batches move in the order of `best`; a move that is not worse stays."""
    current, rank, boards = best, dues.rank(best), _boards(problem, best)
    random, left = np.random.default_rng(0), SEARCHED_PLACEMENTS * len(best)
    while left > 0 and len({job.product for job in best}) > 1:
        source, target = (int(place) for place in random.integers(0, len(current), 2))
        order = [job.product for job in current]
        order.insert(target, order.pop(source))
        kept = min(source, target)
        left -= 1 + len(order) - kept
        rest = _placed(boards[kept].copy(), order[kept:])
        trial = current[:kept] + rest if rest is not None else None
        if trial is not None and (trial_rank := dues.rank(trial)) <= rank:
            current, rank, boards = trial, trial_rank, _boards(problem, trial)
            best = min(best, current, key=dues.rank)
    return best


def _placed(board: Board, order: Sequence[int]) -> Jobs | None:
    jobs = []
    for product in order:
        job = board.earliest(product)
        if job is None:
            return None
        board.put(job)
        jobs.append(job)
    return tuple(jobs)


def _boards(problem: Problem, jobs: Jobs) -> list[Board]:
    """The board before each of the jobs."""
    boards = [Board(problem)]
    for job in jobs[:-1]:
        boards.append(boards[-1].copy())
        boards[-1].put(job)
    return boards


def _orders(problem: Problem, jobs: Jobs) -> Iterator[list[int]]:
    yield [problem.family(job.product) for job in sorted(jobs, key=lambda job: job.starts)]
    by_finish = sorted(jobs, key=lambda job: (finish(problem, job), job.starts))
    yield [problem.family(job.product) for job in by_finish]
    products = [problem.family(job.product) for job in jobs]
    for first in sorted({*products}):
        yield sorted(products, key=lambda product: (product != first, product))
