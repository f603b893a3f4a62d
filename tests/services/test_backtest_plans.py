"""Weeks of a tiny plant planned anew each day: known at the gate, begun stays, paid as it came true."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import Infeasible, UsageError
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports, Progress
from chocolate_factory.domain.problem import Problem, Solution, energy_cost_eur, load_kw
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, epoch, local_moment
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from chocolate_factory.infrastructure.week_files import WeekFiles
from chocolate_factory.infrastructure.workers import Pool, serial
from chocolate_factory.services.backtest_forecasts import Backtest
from chocolate_factory.services.backtest_plans import (
    PlannedWeeks,
    PlansBench,
    PlansRequest,
    Week,
    arms_of,
    backtest_plans,
    days_that_plan,
    gates_of,
    posed_week,
    weeks_within,
)
from chocolate_factory.services.backtest_plans_report import (
    AboutPlans,
    Paid,
    cheapest_known,
    plans_report,
    same_work,
    save_plans,
    settle,
    site_kwh,
)
from chocolate_factory.services.backtest_plans_text import plans_markdown, plans_remarks
from chocolate_factory.services.replan_week import (
    BASELINE,
    HINDSIGHT,
    NOTHING,
    Belief,
    InForce,
    Piece,
    Plant,
    carry_out,
    jobs_in_force,
    pose,
    site_load,
)
from chocolate_factory.services.week_record import arm_json, arm_of
from tests.services.replays import MODELS, PVPC, SPOT, Model, corrected, kind_of, price_at, replay, week_of
from tests.services.test_setups import two_products
from tests.worlds import empty_ports, tiny

FIRST, LAST = date(2026, 3, 6), date(2026, 3, 14)
START = local_moment(FIRST, time(22), MARKET_ZONE)
ROOMY = tiny().replace("[20, 20, 20, 20, 20, 20]", "[60, 60, 60, 60, 60, 60]")
TIGHT = tiny().replace("[20, 20, 20, 20, 20, 20]", "[16, 16, 16, 16, 16, 16]")
ABOUT = AboutPlans("told", 1, 730)


class Memory:
    """Keeps finished pieces of one process."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, list[dict[str, Any]]]] = {}

    def get(self, name: str, digest: str) -> list[dict[str, Any]] | None:
        found = self.kept.get(name)
        return found[1] if found and found[0] == digest else None

    def put(self, name: str, digest: str, rows: list[dict[str, Any]]) -> None:
        self.kept[name] = digest, rows


def quiet(done: int, total: int, text: str) -> None:
    """No progress."""


def ports_of(folder: Path, text: str, *prices: Series) -> Ports:
    """A plant over a store with these prices, planned as far as can be proved."""
    ports = replace(empty_ports(folder, text), planner=HighsPlanner(1e-4))
    for series in prices:
        ports.store.load(series)
    return ports


def planned(
    folder: Path,
    test: Backtest,
    text: str = ROOMY,
    bench: PlansBench | None = None,
    seconds: float = 2.0,
) -> tuple[PlannedWeeks, Ports]:
    """Every whole week of a test."""
    ports = ports_of(folder, text, *test.truth.values())
    request = PlansRequest(test.request.first, test.request.last, test.request.models, seconds, 2 * seconds)
    made = bench or PlansBench(serial, Memory(), "1")
    return backtest_plans(request, ports, test, made, quiet), ports


def reported(found: tuple[PlannedWeeks, Ports]) -> Any:
    """The report of planned weeks."""
    weeks, ports = found
    settled = settle(weeks, ports.factory)
    return plans_report(settled, ABOUT, ports.factory, (datetime(2026, 6, 1, tzinfo=UTC), True))


def row_of(rows: Sequence[Any], key: str, name: str) -> Any:
    return next(row for row in rows if row[key] == name)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[PlannedWeeks, Ports]:
    """One week by two dull models and one that knows the future."""
    test = replay(FIRST, LAST, models={**MODELS, "oracle": price_at})
    return planned(tmp_path_factory.mktemp("week"), test)


def test_all_arms_make_the_same_and_break_no_rule(week: tuple[PlannedWeeks, Ports]) -> None:
    (found,) = week[0].weeks
    assert found.window == Window(START, START + timedelta(days=7))
    assert set(found.arms) == {BASELINE, HINDSIGHT, "naive-week", "naive-kind", "oracle"}
    for arm in found.arms.values():
        assert (dict(arm.batches), arm.late, arm.left) == ({"loaf": 10}, 0, 0)
        assert (arm.broken, arm.told) == (0, ())
        assert arm.work_kwh == pytest.approx(10 * (0.5 * 6 + 11))
        assert site_kwh(arm) == pytest.approx(arm.work_kwh + 168)
        assert all(run.start >= found.window.start and run.end <= found.window.end for run in arm.runs)
    assert same_work(found, arms_of(week[0]))
    assert reported(week)["unequal_weeks"] == []


def test_who_knows_the_future_saves_all_of_it(week: tuple[PlannedWeeks, Ports]) -> None:
    body = reported(week)
    oracle = row_of(body["models"], "model", "oracle")
    assert oracle["weeks"]["captured_share"] == pytest.approx(1, abs=0.01)
    dull = row_of(body["models"], "model", "naive-kind")
    assert dull["weeks"]["captured_share"] < oracle["weeks"]["captured_share"]
    cost = {row["arm"]: row["cost_eur"]["weeks"] for row in body["arms"]}
    assert cost[HINDSIGHT] == min(cost.values()) < cost["naive-kind"] < cost[BASELINE]
    assert body["by_week"][0]["hindsight_gap"] < 0.001
    assert all(row["captured_at_least"] <= row["weeks"]["captured_share"] for row in body["models"])


def test_what_was_run_is_what_is_paid(week: tuple[PlannedWeeks, Ports]) -> None:
    """Energy of the runs and the fridge, slot by slot, at the price that came true."""
    found, ports = week[0].weeks[0], week[1]
    settled = settle(week[0], ports.factory)
    piece = Piece(HINDSIGHT, found.window, found.climate, (Belief(START, START, found.truth),), 1.0)
    problem = pose(Plant(ports.factory, "spot", ports.planner), piece, piece.beliefs[0], NOTHING).problem
    for name, arm in found.arms.items():
        load = np.ones(672)
        for run in arm.runs:
            slots = [(epoch(at) - epoch(START)) // 900 for at in (run.start, run.end)]
            load[slots[0] : slots[1]] += run.power_kw
        assert np.allclose(load, arm.load_kw)
        assert settled.paid[name][0].energy == pytest.approx(energy_cost_eur(problem, load))
        assert settled.paid[name][0].excess == 0


def test_each_gate_plans_once_with_what_was_published_then(week: tuple[PlannedWeeks, Ports]) -> None:
    found = week[0].weeks[0]
    test = replay(FIRST, LAST)
    posed = posed_week(found.window, week[1], test, PlansRequest(FIRST, LAST, ("naive-kind",)))
    assert not isinstance(posed, str)
    hindsight, dull = posed[1]
    assert [belief.at for belief in hindsight.beliefs] == [gates_of(found.window, SPOT)[0]]
    assert [belief.start.hour for belief in dull.beliefs] == [21, *[12] * 7]
    for day, belief in enumerate(dull.beliefs):
        midnight = local_moment(FIRST + timedelta(days=day + 2), time(), MARKET_ZONE)
        known = min(len(belief.market), (epoch(midnight) - epoch(belief.start)) // 900)
        truth = found.truth[len(found.truth) - len(belief.market) :]
        assert np.array_equal(belief.market[:known], truth[:known])
        assert set(belief.market[known:]) <= {60.0}


def test_what_is_not_known_yet_changes_nothing_before(tmp_path: Path) -> None:
    """A correction and another forecast from Wednesday on leave what was begun by then as it was."""
    at = local_moment(date(2026, 3, 11), time(13), MARKET_ZONE)
    calm = replay(FIRST, LAST)
    series = calm.truth["spot"]
    begin = int(np.searchsorted(series.start, epoch(at)))
    later = corrected(series, slice(begin + 10, begin + 40), -300.0, at)
    told = [replace(one, price=-one.price) if one.origin.issued_at > at else one for one in calm.told]
    wild = replace(calm, told=told, truth={"spot": later.latest_revision()})
    before = planned(tmp_path / "calm", calm)[0].weeks[0]
    ports = ports_of(tmp_path / "wild", ROOMY, later)
    request = PlansRequest(FIRST, LAST, calm.request.models, 2.0, 4.0)
    after = backtest_plans(request, ports, wild, PlansBench(serial, Memory(), "1"), quiet).weeks[0]
    assert after.arms[HINDSIGHT].runs != before.arms[HINDSIGHT].runs
    assert after.arms["naive-week"].runs != before.arms["naive-week"].runs
    gate = at + timedelta(minutes=30)
    for model in MODELS:
        runs = [[run for run in one.arms[model].runs if run.start < gate] for one in (before, after)]
        assert runs[0] == runs[1] != []
        assert after.arms[model].broken == 0


def test_what_has_begun_stays(tmp_path: Path) -> None:
    """Models that change their mind at each gate never take a started run back, nor make a batch twice."""

    def moody(starts: Any) -> Any:
        return price_at(starts) * np.where(starts[0] // 86_400 % 2 == 0, 1, -1)

    test = replay(FIRST, LAST, models={**MODELS, "moody": moody})
    ports = ports_of(tmp_path, ROOMY, test.truth["spot"])
    window = weeks_within(ports.factory, FIRST, LAST)[0]
    posed = posed_week(window, ports, test, PlansRequest(FIRST, LAST, ("moody",)))
    assert not isinstance(posed, str)
    plant, piece = Plant(ports.factory, "spot", ports.planner), posed[1][1]
    sofar = []
    counts = (1, 2, 4, 5)
    for count in counts:
        (arm,) = carry_out(plant, replace(piece, beliefs=piece.beliefs[:count]))
        assert (arm.broken, dict(arm.batches)) == (0, {"loaf": 10})
        sofar.append(arm)
    changed = 0
    for (old, new), count in zip(pairwise(sofar), counts, strict=False):
        at = piece.beliefs[count].start
        begun = [[run for run in arm.runs if run.start < at] for arm in (old, new)]
        assert begun[0] == begun[1]
        changed += old.runs != new.runs
    assert changed > 1


def test_a_batch_under_way_is_finished_and_its_plan_in_force_fits(tmp_path: Path) -> None:
    """At a gate between two steps the rest of the batch is a product of its own, where the plan had it."""
    test = replay(FIRST, LAST)
    ports = ports_of(tmp_path, ROOMY, test.truth["spot"])
    window = weeks_within(ports.factory, FIRST, LAST)[0]
    posed = posed_week(window, ports, test, PlansRequest(FIRST, LAST, ("naive-week",)))
    assert not isinstance(posed, str)
    plant, piece = Plant(ports.factory, "spot", ports.planner), posed[1][1]
    (arm,) = carry_out(plant, replace(piece, beliefs=piece.beliefs[:1]))
    bake = next(run for run in arm.runs if run.step == 1)
    gone = (bake.start - window.start) // timedelta(minutes=15)
    belief = Belief(bake.start, bake.start, piece.beliefs[0].market[gone:])
    found = pose(plant, piece, belief, InForce(arm.runs))
    jobs = jobs_in_force(found, arm.runs)
    assert bake.batch in {tail.batch for tail in found.standing.tails}
    assert len(jobs) == sum(lot.batches for lot in found.problem.lots)
    whole = site_load(ports.factory, piece, InForce(arm.runs))[gone:]
    assert np.allclose(load_kw(found.problem, jobs), whole)


def test_setups_between_products_stay_with_what_has_begun(tmp_path: Path) -> None:
    """Two products share an oven that has to be made ready in between, at every gate."""
    text = two_products("indexed").replace("[20, 20, 20, 20, 20, 20]", "[60, 60, 60, 60, 60, 60]")
    found = planned(tmp_path, replay(FIRST, LAST), text, seconds=0.1)[0]
    for arm in found.weeks[0].arms.values():
        assert (arm.broken, arm.told, arm.late, arm.left) == (0, (), 0, 0)
        assert dict(arm.batches) == {"loaf": 10, "roll": 10}
        bakes = sorted((run for run in arm.runs if run.process == "bake"), key=lambda run: run.start)
        changed = sum(one.product != other.product for one, other in pairwise(bakes))
        assert 0 < changed <= len(arm.setups)
        for setup in arm.setups:
            assert any(run.start == setup.end and run.product == setup.product for run in bakes)


def test_power_paid_for_once_is_not_paid_again(tmp_path: Path) -> None:
    """Excess of a week's first days counts at its later gates."""
    test = replay(FIRST, LAST)
    ports = ports_of(tmp_path, TIGHT, test.truth["spot"])
    window = weeks_within(ports.factory, FIRST, LAST)[0]
    posed = posed_week(window, ports, test, PlansRequest(FIRST, LAST, ("naive-week",)))
    assert not isinstance(posed, str)
    plant, piece = Plant(ports.factory, "spot", ports.planner), posed[1][0]
    (_, base) = carry_out(plant, piece)
    assert max(base.load_kw) > 16
    wednesday = local_moment(date(2026, 3, 11), time(13, 30), MARKET_ZONE)
    gone = (wednesday - window.start) // timedelta(minutes=15)
    late = Belief(wednesday, wednesday, piece.beliefs[0].market[gone:])
    paid = [group.already_kw for group in pose(plant, piece, late, InForce(base.runs)).problem.excess]
    assert max(paid) == pytest.approx(max(base.load_kw[:gone]) - 16)
    assert {group.already_kw for group in pose(plant, piece, piece.beliefs[0], NOTHING).problem.excess} == {
        0.0
    }


@pytest.mark.parametrize(
    ("first", "slots", "made"),
    [(date(2026, 3, 27), 668, 6), (date(2025, 10, 24), 676, 10), (date(2026, 1, 2), 672, 8)],
)
def test_weeks_with_other_hours_and_holidays(tmp_path: Path, first: date, slots: int, made: int) -> None:
    """Changes of the clock; nothing is due on Epiphany, Maundy Thursday and Good Friday."""
    test = replay(first, first + timedelta(days=8), models=MODELS)
    found, ports = planned(tmp_path, test)
    (one,) = found.weeks
    assert len(one.truth) == len(one.arms[BASELINE].load_kw) == slots
    assert {sum(arm.batches.values()) for arm in one.arms.values()} == {made}
    assert sum(arm.broken + arm.late + arm.left for arm in one.arms.values()) == 0
    assert reported((found, ports))["unequal_weeks"] == []


def test_what_cannot_be_made_is_left_by_all_arms_and_said(tmp_path: Path) -> None:
    short = ROOMY.replace('days = ["mon", "tue", "wed", "thu", "fri"]', 'days = ["mon"]')
    short = short.replace('end = "22:00"', 'end = "08:00"')
    body = reported(planned(tmp_path, replay(FIRST, LAST), short))
    rows = {row["arm"]: row for row in body["arms"]}
    made = {row["batches"] for row in body["arms"]}
    assert len(made) == 1
    assert 0 < made.pop() < 10
    assert {row["violations"] for row in rows.values()} == {0}
    assert all(row["left"] > 0 for row in rows.values())
    assert any("not made" in remark for remark in plans_remarks(body))


def test_finished_weeks_are_not_made_again(tmp_path: Path) -> None:
    test = replay(FIRST, LAST)
    kept = WeekFiles(tmp_path / "kept")
    first = planned(tmp_path / "a", test, bench=PlansBench(serial, kept, "1"))
    again = planned(tmp_path / "b", test, bench=PlansBench(asked_of([]), kept, "1"))
    assert (first[0].reused, again[0].reused) == (0, 3)
    assert reported(again) == reported(first)
    path = next((tmp_path / "kept").glob("*-naive-week.json"))
    path.write_text(path.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    for shelf, code, arms in (
        (kept, "1", ["naive-week"]),
        (kept, "2", [HINDSIGHT, *MODELS]),
        (WeekFiles(tmp_path / "kept", again=True), "1", [HINDSIGHT, *MODELS]),
    ):
        seen: list[str] = []
        planned(tmp_path / f"c{code}", test, bench=PlansBench(asked_of(seen), shelf, code))
        assert seen == arms


def asked_of(seen: list[str]) -> Any:
    """A runner that does nothing but note the arms it is asked for."""

    def run(work: Any, material: Any, items: Sequence[Piece]) -> Iterator[Any]:
        seen.extend(piece.arm for piece in items)
        return iter(())

    return run


def test_processes_give_what_one_process_gives(tmp_path: Path, week: tuple[PlannedWeeks, Ports]) -> None:
    alone = week[0].weeks[0]
    both = planned(tmp_path, replay(FIRST, LAST), bench=PlansBench(Pool(2), Memory(), "1"))[0].weeks[0]
    for name, arm in both.arms.items():
        assert arm.runs == alone.arms[name].runs
        assert vars(arm_of(json.loads(json.dumps(arm_json(arm))))) == vars(arm)


def silent(test: Backtest, day: date) -> Backtest:
    """The test without what was told on a day."""
    return replace(test, told=[one for one in test.told if one.origin.day != day])


def holed(test: Backtest) -> Backtest:
    """The test without the truth of an hour of every day."""
    series = test.truth["spot"]
    return replace(test, truth={"spot": series.take(series.start % 86_400 != 0)})


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda test: silent(test, date(2026, 3, 9)), "naive-week: 2026-03-09 is not a day of origin"),
        (holed, "a price of the week is not known"),
    ],
)
def test_what_cannot_be_planned_is_left_out_and_said(
    tmp_path: Path, spoil: Callable[[Backtest], Backtest], why: str
) -> None:
    found = planned(tmp_path, spoil(replay(FIRST, LAST)))
    assert (found[0].weeks, dict(found[0].left_out)) == ((), {FIRST: why})
    body = reported(found)
    assert (body["weeks"], body["left_out"]) == (0, {"2026-03-06": why})
    assert why in plans_markdown(body)


def test_a_plant_on_pvpc_is_planned_in_the_evening_within_its_cut_off(tmp_path: Path) -> None:
    found, ports = planned(tmp_path, replay(FIRST, LAST, (PVPC,)), tiny("pvpc"))
    (one,) = found.weeks
    assert found.track == PVPC
    assert {solve.at.hour for arm in one.arms.values() for solve in arm.solves} == {19}
    assert max(max(arm.load_kw) for arm in one.arms.values()) <= 9.2
    assert sum(arm.broken + arm.late + arm.left for arm in one.arms.values()) == 0
    body = reported((found, ports))
    assert {tuple(row["excess_eur"].values()) for row in body["arms"]} == {(0, 0, 0)}


@dataclass
class Tiring:
    """The planner for so many times, then one that finds nothing."""

    times: int

    def solve(self, problem: Problem, time_limit: float, progress: Progress | None = None) -> Solution:
        self.times -= 1
        if self.times < 0:
            raise Infeasible("Nothing was found.")
        return HighsPlanner(1e-4).solve(problem, time_limit, progress)


def test_a_week_without_a_plan_is_left_out_and_tried_again(tmp_path: Path) -> None:
    test, shelf = replay(FIRST, LAST), Memory()
    ports = replace(ports_of(tmp_path, ROOMY, test.truth["spot"]), planner=Tiring(0))
    request = PlansRequest(FIRST, LAST, test.request.models)
    found = backtest_plans(request, ports, test, PlansBench(serial, shelf, "1"), quiet)
    assert (found.weeks, dict(found.left_out)) == ((), {FIRST: "hindsight: Nothing was found."})
    assert shelf.kept == {}


def test_where_the_planner_finds_none_the_plan_in_force_goes_on(tmp_path: Path) -> None:
    test = replay(FIRST, LAST)
    ports = ports_of(tmp_path, ROOMY, test.truth["spot"])
    window = weeks_within(ports.factory, FIRST, LAST)[0]
    posed = posed_week(window, ports, test, PlansRequest(FIRST, LAST, ("naive-week",)))
    assert not isinstance(posed, str)
    piece = posed[1][1]
    (tired,) = carry_out(Plant(ports.factory, "spot", Tiring(1)), piece)
    (first,) = carry_out(Plant(ports.factory, "spot", Tiring(1)), replace(piece, beliefs=piece.beliefs[:1]))
    assert tired.runs == first.runs
    assert [solve.kept for solve in tired.solves] == [False] + [True] * (len(tired.solves) - 1)
    assert (tired.broken, dict(tired.batches)) == (0, {"loaf": 10})


def test_a_refusal_leaves_the_week_out(tmp_path: Path) -> None:
    found = planned(tmp_path, replay(FIRST, LAST, refuses=[date(2026, 3, 10)]))[0]
    assert dict(found.left_out) == {FIRST: "naive-week: too little is known"}


WEEKLY = '\n[[demand]]\nproduct = "loaf"\nkg = 50\nevery = "sat"\ndue = "14:00"\n'


@pytest.mark.parametrize(
    ("text", "close"),
    [
        (tiny(), datetime(2026, 3, 13, 21, tzinfo=UTC)),
        (tiny() + WEEKLY, datetime(2026, 3, 14, 13, tzinfo=UTC)),
        (tiny() + WEEKLY.replace("sat", "mon"), datetime(2026, 3, 13, 21, tzinfo=UTC)),
        (
            tiny() + WEEKLY.replace("sat", "fri").replace("14:00", "24:00"),
            datetime(2026, 3, 13, 23, tzinfo=UTC),
        ),
    ],
)
def test_the_week_ends_with_the_last_due_time(text: str, close: datetime) -> None:
    weeks = weeks_within(parse_factory(text), date(2026, 3, 5), date(2026, 3, 15))
    assert [week.end for week in weeks] == [close]


def test_weeks_lie_wholly_within_the_days() -> None:
    factory = parse_factory(tiny() + WEEKLY)
    weeks = weeks_within(factory, date(2025, 4, 23), date(2026, 4, 22))
    assert len(weeks) == 51
    assert days_that_plan(weeks, SPOT) == (date(2025, 4, 26), date(2026, 4, 18))
    assert all(a.end == b.start for a, b in pairwise(weeks))
    assert gates_of(weeks[0], SPOT)[0] == local_moment(date(2025, 4, 26), time(13, 30), MARKET_ZONE)
    assert len(gates_of(weeks[0], SPOT)) == 8
    with pytest.raises(UsageError, match="whole week"):
        days_that_plan(weeks_within(factory, date(2026, 3, 8), date(2026, 3, 14)), SPOT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (tiny("fixed"), "fixes its prices"),
        (
            tiny().replace('every = "weekday"\ndue = "22:00"', 'every = "once"\ndue = "2026-03-10T22:00"'),
            "repeats",
        ),
    ],
)
def test_plants_that_have_no_weeks(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        weeks_within(parse_factory(text), FIRST, LAST)


def test_unequal_work_is_seen(week: tuple[PlannedWeeks, Ports]) -> None:
    found, ports = week
    one = found.weeks[0]
    arm = one.arms["naive-kind"]
    for spoilt in (
        replace(arm, batches={"loaf": 9}),
        replace(arm, work_kwh=arm.work_kwh + 1),
        replace(arm, load_kw=(arm.load_kw[0] + 1, *arm.load_kw[1:])),
    ):
        other: Week = replace(one, arms={**one.arms, "naive-kind": spoilt})
        body = reported((replace(found, weeks=(other,)), ports))
        assert body["unequal_weeks"] == ["2026-03-06"]
        assert any("same work" in remark for remark in plans_remarks(body))
        assert (body["weeks"], body["by_week"]) == (0, []), "no total is of such a week"
        assert all(row["cost_eur"]["weeks"] == 0 for row in body["arms"])
        both = reported((replace(found, weeks=(one, other)), ports))
        assert (both["weeks"], both["unequal_weeks"]) == (1, ["2026-03-06"])
        alone = {row["arm"]: row["cost_eur"] for row in reported(week)["arms"]}
        assert {row["arm"]: row["cost_eur"] for row in both["arms"]} == alone


@pytest.mark.parametrize(
    ("change", "taken"),
    [({}, True), ({"batches": {"loaf": 9}}, False), ({"late": 1}, False), ({"left": 1}, False)],
)
def test_only_a_plan_of_hindsights_work_stands_in_for_it(
    week: tuple[PlannedWeeks, Ports], change: dict[str, Any], taken: bool
) -> None:
    one = week[0].weeks[0]
    arm = replace(one.arms["naive-kind"], **change)
    paid = {name: Paid(100.0, 0.0, 0.0) for name in one.arms} | {"naive-kind": Paid(1.0, 0.0, 0.0)}
    found, costs = cheapest_known(replace(one, arms={**one.arms, "naive-kind": arm}), paid)
    assert (costs[HINDSIGHT].cost == 1.0) == taken
    assert (found.arms[HINDSIGHT].runs == arm.runs) == taken or arm.runs == one.arms[HINDSIGHT].runs


def test_broken_rules_are_counted_and_told(week: tuple[PlannedWeeks, Ports]) -> None:
    found, ports = week
    one = found.weeks[0]
    spoilt = replace(one.arms["naive-kind"], broken=2, told=("machine: two at once", "wait: too long"))
    body = reported((replace(found, weeks=(replace(one, arms={**one.arms, "naive-kind": spoilt}),)), ports))
    assert row_of(body["arms"], "arm", "naive-kind")["violations"] == 2
    assert "naive-kind broke 2 rules, e.g. machine: two at once" in list(plans_remarks(body))


def test_the_report_adds_up_and_is_stored(tmp_path: Path) -> None:
    models: Mapping[str, Model] = {"naive-week": week_of, "naive-kind": kind_of}
    test = replay(date(2026, 3, 6), date(2026, 3, 21), models=models)
    found = planned(tmp_path, test, TIGHT, seconds=0.05)
    body = reported(found)
    assert body["weeks"] == 2
    for row in body["arms"]:
        for rule in ("weeks", "months", "highest"):
            both = row["energy_eur"] + row["excess_eur"][rule]
            assert both == pytest.approx(row["cost_eur"][rule], abs=0.002)
        weeks = [one["cost_eur"][row["arm"]] for one in body["by_week"]]
        assert sum(weeks) == pytest.approx(row["cost_eur"]["weeks"], rel=1e-4)
        assert row["tonnes"] == 20 * 50 / 1000
    base = row_of(body["arms"], "arm", BASELINE)["cost_eur"]
    for row in body["models"]:
        for rule in ("weeks", "months", "highest"):
            assert row[rule]["saving_eur"] == pytest.approx(base[rule] - row[rule]["plan_eur"], abs=1e-3)
        told = row["weeks"]["over_weeks"]["saving_eur"]
        assert told["min"] <= told["q1"] <= told["median"] <= told["q3"] <= told["max"]
    assert base["months"] <= base["weeks"]
    save_plans(found[1].store, body)
    assert found[1].store.find("plan-backtest")[0].body == body
    page = plans_markdown(body)
    for row in body["arms"]:
        assert f"| {row['arm']} | {row['cost_eur']['weeks']:.2f} |" in page
