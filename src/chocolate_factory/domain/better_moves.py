"""A plan made better one batch at a time, as `choco why` looks at it, until no move saves anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chocolate_factory.domain.forced import batches_of
from chocolate_factory.domain.problem import Job, Problem, Solution
from chocolate_factory.domain.run_moves import Alone


def moved(problem: Problem, solution: Solution, go_on: Callable[[], bool]) -> tuple[tuple[Job, ...], bool]:
    """The jobs of a solution after every move that saves something, and whether none is left.

    It ends before where `go_on` says so. Batches are looked at in the order of the jobs, round after round,
    and each goes where it saves most: the same solution gives the same jobs. The problem has no assets.
    """
    jobs, looked, place = solution.jobs, 0, 0
    names = [f"{number:06}" for number in range(len(jobs))]
    while looked < len(jobs):
        if not go_on():
            return jobs, False
        batch = batches_of(problem, replace(solution, jobs=jobs), names)[names[place]]
        best = Alone(problem, jobs, batch).best_saving()
        looked += 1
        if best is not None:
            jobs = (*jobs[:place], replace(batch.job, starts=best.starts), *jobs[place + 1 :])
            looked = 0
        place = (place + 1) % len(jobs)
    return jobs, True
