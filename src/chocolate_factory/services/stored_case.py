"""A stored plan posed again with the knowledge that it was made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

import numpy as np

from chocolate_factory.core.errors import DataMissing, NotFound
from chocolate_factory.domain.assembly import late_of, to_make
from chocolate_factory.domain.assets_builder import AssetFacts, assets_of
from chocolate_factory.domain.carbon import Carbon
from chocolate_factory.domain.demand import wanted
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.month_so_far import already_in
from chocolate_factory.domain.pinned import pin
from chocolate_factory.domain.plan import Climate
from chocolate_factory.domain.plan_answer import PlanFacts
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.problem import Job, Problem, Solution, solution_cost_eur
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, epoch, moment
from chocolate_factory.domain.standing import NOTHING_BEGUN, Standing
from chocolate_factory.domain.tariff.excess import excess_groups, power_cap_kw
from chocolate_factory.domain.tariff.stack import Market, price_stack
from chocolate_factory.services.pose_assets import facts_of
from chocolate_factory.services.pose_carbon import carbon_of
from chocolate_factory.services.pose_problem import SERIES_OF, Case, read_climate
from chocolate_factory.services.read_plans import plan_body
from chocolate_factory.services.standing_record import standing_of, with_kept_outages

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What a plan was made from, beside its factory: `market` prices in EUR/MWh, shape (T,), or None.

    `standing` is where the plant stood, None for a plan that was made without looking; `already_kw` what
    its month had been charged for by group, as the plan took it.
    """

    now: datetime
    window: Window
    market: FloatArray | None
    climate: Climate
    allow_late: bool
    standing: Standing | None = None
    assets: AssetFacts | None = None
    carbon: Carbon | None = None
    already_kw: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class StoredCase:
    """A plan with its problem. `text` is its factory file; `case` and `solution` are as it was solved.

    `factory` has the machines away that were out of order then. The solution's cost is recounted on the
    problem; `told_eur` is what the plan itself says. Both have the weight of carbon in them.
    """

    answer: Row
    text: str
    factory: Factory
    known: Knowledge
    case: Case
    solution: Solution
    told_eur: float

    @property
    def problem(self) -> Problem:
        """The problem as it was posed."""
        return self.case.problem

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the solution's jobs, in their order."""
        return tuple(dict.fromkeys(run["batch"] for run in self.answer["runs"]))


def stored_case(ports: Ports, plan_id: str | None = None) -> StoredCase:
    """The newest stored plan, or the one named, posed again as of its issue.

    Raises NotFound without a plan, DataMissing where the stored runs do not answer the problem any more.
    """
    body = plan_body(ports.store, plan_id)
    if body is None:
        what = "No plan is stored yet." if plan_id is None else f"No plan has the id {plan_id}."
        raise NotFound(what, "Make one with `choco plan`.", cause="no_plan")
    answer = cast("Row", body["answer"])
    texts = ports.store.find("factory", id=body["factory"], limit=1)
    if not texts:
        raise DataMissing(
            f"The factory file of plan {answer['id']} is not stored.",
            "Make a new plan.",
            cause="plan_outdated",
        )
    text = str(texts[0].body["text"])
    factory = with_kept_outages(parse_factory(text, f"factory of plan {answer['id']}"), body)
    edges = [moment(epoch(datetime.fromisoformat(answer["window"][key]))) for key in ("start", "end")]
    now = moment(epoch(datetime.fromisoformat(answer["issued_at"])))
    window, market = Window(edges[0], edges[1]), body["market_eur_mwh"]
    known = Knowledge(
        now,
        window,
        None if market is None else np.array(market, np.float64),
        read_climate(replace(ports, factory=factory), window, now),
        bool(answer["late"]),
        standing_of(body),
        facts_of(replace(ports, factory=factory), body, (window, now)),
        carbon_of(factory, body),
        already_in(answer),
    )
    case = posed(factory, known, ports.sample)
    solution = solution_of(case.problem, body)
    told = float(answer["cost_eur"]) + float(answer.get("co2", {}).get("weighted_eur", 0.0))
    return StoredCase(answer, text, factory, known, case, solution, told)


def posed(factory: Factory, known: Knowledge, sample: bool) -> Case:
    """The problem of a factory under some knowledge, what had begun in its place."""
    contract, window = factory.contract, known.window
    starts, series = window.starts(PLAN_MINUTES), SERIES_OF.get(contract.kind)
    if series and known.market is None:
        raise DataMissing("The plan in force was made without market prices.", cause="plan_outdated")
    market = Market(**{series: known.market}) if series and known.market is not None else Market()
    stack = price_stack(contract, starts, PLAN_MINUTES, market)
    wants = known.standing.wanted if known.standing else wanted(factory, window)
    inputs = ProblemInputs(
        factory=factory,
        window=window,
        price_eur_kwh=stack.all_in_eur_kwh + (known.carbon.weight_eur_kwh if known.carbon else 0.0),
        excess=excess_groups(contract, window, PLAN_MINUTES, known.already_kw),
        climate=known.climate,
        wanted=wants,
        power_cap_kw=power_cap_kw(contract, starts),
        allow_late=known.allow_late,
        assets=None if known.assets is None else assets_of(factory, window, known.assets),
    )
    facts = PlanFacts(factory, known.now, sample, None, stack, list(stack.assumptions))
    standing = known.standing or NOTHING_BEGUN
    problem = pin(build_problem(inputs), standing)
    return Case(known.now, wants, known.climate, stack, problem, None, facts, standing)


def solution_of(problem: Problem, body: Row) -> Solution:
    """The stored plan as the planner said it; its bound from the gap that it proved."""
    answer = body["answer"]
    batches: dict[str, list[Row]] = defaultdict(list)
    for run in answer["runs"]:
        batches[run["batch"]].append(run)
    jobs = tuple(job_of(problem, runs) for runs in batches.values())
    given = {key: {int(k): int(v) for k, v in body[key].items()} for key in ("stock", "left")}
    counts = sum(lot.batches for lot in problem.lots) - sum(sum(book.values()) for book in given.values())
    if counts != len(jobs):
        raise DataMissing(
            f"Plan {answer['id']} makes {len(jobs)} batches where its problem now asks for {counts}.",
            "Make a new plan with `choco plan`.",
            cause="plan_outdated",
        )
    cost = solution_cost_eur(problem, jobs)
    bound = cost - float(answer["mip_gap"]) * abs(cost)
    found = Solution(jobs, cost, bound, float(answer["solve_seconds"]), given["stock"], given["left"])
    return replace(found, late=late_of(problem, jobs, to_make(problem, found)))


def job_of(problem: Problem, runs: list[Row]) -> Job:
    """A batch of the stored plan, or the rest of one that had begun, on the problem's slots."""
    name, batch = runs[0]["product"], runs[0]["batch"]
    own = [i for i, p in enumerate(problem.products) if p.name == name and p.batch in {"", batch}]
    named = [i for i in own if problem.products[i].batch]
    ordered = sorted(runs, key=lambda run: datetime.fromisoformat(run["start"]))
    modes = [run.get("mode", "") for run in ordered]
    mine = [i for i in named or own if [s.mode for s in problem.products[i].steps] == modes]
    first, step = epoch(problem.window.start), 60 * problem.minutes
    starts = [(epoch(datetime.fromisoformat(run["start"])) - first) // step for run in ordered]
    if not mine or starts[0] < 0:
        raise DataMissing(
            f"Batch {batch} of the plan is not of its recipe.", "Make a new plan.", cause="plan_outdated"
        )
    return Job(mine[-1], tuple(starts))
