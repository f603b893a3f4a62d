"""Two engines and two formulations, HiGHS and CP-SAT, agree on random small plants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.core.errors import Infeasible
from chocolate_factory.domain.problem import Problem, ProblemStep, Solution, solution_cost_eur
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from tests.unit.planners.random_plants import random_plant
from tests.unit.planners.tiny_plants import due_faults, faults, lateness

Case = dict[str, Any]


def case_of(given: Problem, made: list[int] | None) -> Case:
    """A problem and the batches made of each lot as the other engine reads them."""
    return {
        "price": given.price_eur_kwh.tolist(),
        "auxiliary": given.auxiliary_kw.tolist(),
        "units": given.machine_units.tolist(),
        "products": [
            {"family": given.family(item), "steps": [step_of(part) for part in product.steps]}
            for item, product in enumerate(given.products)
        ],
        "lots": [
            {
                "product": w.product,
                "batches": w.batches,
                "due": w.due,
                "hard": w.hard,
                "stock": w.may_be_stock,
            }
            for w in given.lots
        ],
        "excess": [
            {
                "slots": group.slots.tolist(),
                "contracted": group.contracted_kw,
                "rate": group.rate_eur_kw,
                "already": group.already_kw,
            }
            for group in given.excess
        ],
        "cap": None if given.power_cap_kw is None else given.power_cap_kw.tolist(),
        "allow_late": given.allow_late,
        "made": made,
    }


def step_of(part: ProblemStep) -> Case:
    """A step with the slots at which it may start."""
    return {
        "machine": part.machine,
        "duration": part.duration,
        "wait": part.wait_max,
        "starts": [t for t, may in enumerate(part.allowed.tolist()) if may],
        "draw": part.draw_kw.tolist(),
    }


def asked_of_cp_sat(cases: list[Case]) -> list[Case]:
    """All cases in one child process, which has no HiGHS in it."""
    script = Path(__file__).with_name("cp_sat.py")
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run(
        [sys.executable, str(script)],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def solved(given: Problem) -> Solution | None:
    """The planner's proven optimum, None where it says that nothing fits."""
    try:
        solution = HighsPlanner(target_gap=0.0).solve(given, 20.0)
    except Infeasible:
        return None
    assert faults(given, solution.jobs) == []
    assert solution.cost_eur == pytest.approx(solution_cost_eur(given, solution.jobs), rel=1e-9, abs=1e-9)
    assert solution.bound_eur == pytest.approx(solution.cost_eur, rel=1e-6, abs=1e-4)
    return solution


def made_of(given: Problem, solution: Solution) -> list[int]:
    """Batches made of each lot."""
    return [w.batches - solution.stock.get(i, 0) - solution.left.get(i, 0) for i, w in enumerate(given.lots)]


def given_up(given: Problem, solution: Solution) -> Case:
    """What the planner let give way, in the words of the other engine."""
    unmet = sum(n for i, n in solution.left.items() if given.lots[i].hard)
    if unmet:
        return {"unmet": 1}
    assert due_faults(given, solution) == []
    return {
        "unmet": 0,
        "late": lateness(given, solution.jobs, made_of(given, solution)),
        "stock": sum(solution.stock.values()),
        "left": sum(solution.left.values()),
    }


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_two_engines_agree(count: int) -> None:
    """The same optimum to a millionth, the same least stock, lateness and batches left, the same no."""
    plants = [random_plant(seed) for seed in range(count)]
    solutions = [solved(given) for given in plants]
    pairs = list(zip(plants, solutions, strict=True))
    answers = asked_of_cp_sat([case_of(p, None if s is None else made_of(p, s)) for p, s in pairs])
    assert len(answers) == count
    differences, kinds = [], Counter[str]()
    for seed, ((given, solution), answer) in enumerate(zip(pairs, answers, strict=True)):
        if solution is None:
            kinds["infeasible"] += 1
            if answer["settled"] is not None:
                differences.append(f"plant {seed}: a plan exists, {answer['settled']}")
            continue
        own = given_up(given, solution)
        kinds["plain" if not any(own.values()) else "gives way"] += 1
        if own != answer["settled"]:
            differences.append(f"plant {seed}: {own} against {answer['settled']}")
        elif not own["unmet"] and answer["cost_eur"] != pytest.approx(solution.cost_eur, rel=1e-6, abs=1e-6):
            differences.append(f"plant {seed}: {solution.cost_eur} against {answer['cost_eur']} EUR")
    assert differences == []
    assert min(kinds["infeasible"], kinds["gives way"]) >= count // 40, kinds
    assert kinds["plain"] >= 0.5 * count, kinds
