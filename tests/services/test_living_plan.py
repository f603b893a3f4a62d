"""A plan that stands is planned anew: what starts soon stays, and a new plan must be worth the change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports, Replanning
from chocolate_factory.domain.production import Kind
from chocolate_factory.services.explain_run import Question, explain_start
from chocolate_factory.services.log_production import Entry, log_production
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.read_plans import list_plans, read_plan
from chocolate_factory.services.stored_case import stored_case
from chocolate_factory.services.what_if import Wish, what_if
from tests.worlds import empty_ports, tiny

Row = dict[str, Any]
MORNING = datetime(2026, 3, 11, 3, 0, tzinfo=UTC)
PLAN = PlanRequest(days=1)
DEAR, CHEAP = "[190, 170, 150, 140, 130, 120]", "[{0}, {1}, {2}, {3}, {4}, {5}]"
EAGER = Replanning(keep_unless_eur=0, keep_unless_percent=0)


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    """The tiny plant on a fixed contract: only hours P1 to P6 differ in price."""
    return empty_ports(tmp_path, tiny("fixed"), MORNING)


def at(ports: Ports, moment: datetime, text: str | None = None) -> Ports:
    """The same plant at another time, by another factory file where one is given."""
    there = replace(ports, clock=lambda: moment)
    return replace(there, factory=parse_factory(text), factory_text=text) if text else there


def repriced(*prices: int) -> str:
    """The factory file with other prices of the six periods, EUR/MWh."""
    found = tiny("fixed").replace(DEAR, CHEAP.format(*prices))
    assert found != tiny("fixed")
    return found


UPSIDE_DOWN = repriced(60, 90, 120, 150, 180, 190)


def when(run: Row, key: str = "start") -> datetime:
    return datetime.fromisoformat(run[key]).astimezone(UTC)


def starts(plan: Row) -> dict[tuple[str, str], datetime]:
    return {(run["batch"], run["process"]): when(run) for run in plan["runs"]}


def first_start(plan: Row) -> datetime:
    return min(map(when, plan["runs"]))


def in_window(plan: Row, ports: Ports, window: Row) -> dict[tuple[str, str], datetime]:
    """The runs of a plan that start within the freeze window of a later moment."""
    until = ports.clock() + timedelta(minutes=ports.replanning.freeze_minutes)
    return {key: start for key, start in starts(plan).items() if when(window) <= start < until}


def test_what_starts_soon_stays_and_the_rest_follows_the_prices(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    soon = at(ports, first_start(first) - timedelta(minutes=40), UPSIDE_DOWN)
    second = make_plan(replace(soon, replanning=EAGER), PLAN)
    held = in_window(first, soon, second["window"])
    assert held
    assert {(row["batch"], row["process"]) for row in second["frozen"]} == held.keys()
    assert {key: starts(second)[key] for key in held} == held
    assert second["replaced"]["difference_eur"] < 0
    assert second["changes"]["moved"] > 0, "prices are upside down"
    assert second["released"] == []


def test_without_a_freeze_window_the_same_runs_move(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    soon = at(ports, first_start(first) - timedelta(minutes=40), UPSIDE_DOWN)
    second = make_plan(replace(soon, replanning=replace(EAGER, freeze_minutes=0)), PLAN)
    assert second["frozen"] == []
    assert in_window(first, soon, second["window"]).items() - starts(second).items()


def test_later_steps_of_a_frozen_batch_may_move(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    mixed = min((run for run in first["runs"] if run["process"] == "mix"), key=when)
    soon = at(ports, when(mixed) - timedelta(minutes=20), UPSIDE_DOWN)
    second = make_plan(replace(soon, replanning=replace(EAGER, freeze_minutes=30)), PLAN)
    assert [(row["batch"], row["process"]) for row in second["frozen"]] == [(mixed["batch"], "mix")]
    baked = [run for run in second["runs"] if (run["batch"], run["process"]) == (mixed["batch"], "bake")]
    wait = when(baked[0]) - when(mixed, "end")
    assert timedelta(0) <= wait <= timedelta(minutes=120)
    assert starts(second)[mixed["batch"], "bake"] != starts(first)[mixed["batch"], "bake"]


def test_a_broken_machine_releases_what_stood_on_it_and_says_why(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    baked = min((run for run in first["runs"] if run["process"] == "bake"), key=when)
    mixed = next(r for r in first["runs"] if (r["batch"], r["process"]) == (baked["batch"], "mix"))
    now = at(ports, when(mixed) - timedelta(minutes=10))
    until = when(baked, "end") + timedelta(minutes=30)
    log_production(now, Entry(Kind.OUTAGE, "test", machine="oven", units=2, until=until))
    second = make_plan(now, PlanRequest(days=1, allow_late=True))
    told = {row["batch"]: row["why"] for row in second["released"]}
    assert "0 of 2 units are available" in told[baked["batch"]]
    assert all(when(run) >= until for run in second["runs"] if run["process"] == "bake")
    assert second["kept"] is None or baked["batch"] in second["kept"]["moved"]


def test_what_nobody_wants_any_more_is_released(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    now = at(ports, first_start(first) - timedelta(minutes=10))
    log_production(now, Entry(Kind.STOCK, "test", product="loaf", kg=1000))
    second = make_plan(now, PLAN)
    assert second["runs"] == []
    assert {row["why"] for row in second["released"]} == {"It is not wanted any more."}
    assert second["kept"] is None


def test_an_urgent_order_comes_before_the_freeze_window(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    now = first_start(first) - timedelta(minutes=15)
    due = first_start(first) + timedelta(minutes=90)
    local = due.astimezone(ZoneInfo("Europe/Madrid"))
    urgent = f'[[demand]]\nproduct = "loaf"\nkg = 50\nevery = "once"\ndue = "{local:%Y-%m-%dT%H:%M}"\n'
    for late in (False, True):
        second = make_plan(at(ports, now, tiny("fixed") + urgent), PlanRequest(days=1, allow_late=late))
        assert second["late"] == []
        assert min(when(run, "end") for run in second["runs"] if run["process"] == "bake") <= due
        now += timedelta(minutes=1)


@pytest.mark.parametrize(("eur", "kept"), [(1000.0, True), (0.0, False)])
def test_a_new_plan_must_be_worth_the_change(ports: Ports, eur: float, kept: bool) -> None:
    first = make_plan(ports, PLAN)
    later = at(ports, MORNING + timedelta(minutes=5), UPSIDE_DOWN)
    rules = Replanning(freeze_minutes=0, keep_unless_eur=eur, keep_unless_percent=0)
    second = make_plan(replace(later, replanning=rules), PLAN)
    told = second["kept"] if kept else second["replaced"]
    assert (second["kept"] is not None, second["replaced"] is not None) == (kept, not kept)
    assert told["plan"] == first["id"]
    assert told["threshold_eur"] == eur
    assert told["difference_eur"] < -0.05, "upside-down prices make another plan cheaper"
    assert (starts(first) == starts(second)) is kept


def test_the_threshold_is_the_larger_of_euros_and_percent() -> None:
    rules = Replanning(keep_unless_eur=2, keep_unless_percent=1)
    assert rules.threshold_eur(100) == 2
    assert rules.threshold_eur(-500) == 5


def test_a_kept_plan_covers_a_longer_window(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    later = at(ports, MORNING + timedelta(minutes=5))
    second = make_plan(later, PlanRequest(days=2))
    assert second["kept"]["plan"] == first["id"]
    assert starts(first).items() <= starts(second).items()
    assert {batch[:15] for batch, _ in starts(second).keys() - starts(first).keys()} == {"loaf-2026-03-13"}
    assert second["changes"]["moved"] == second["changes"]["dropped"] == 0


def test_a_fresh_plan_asks_nothing_of_the_standing_one(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    soon = at(ports, first_start(first) - timedelta(minutes=40), UPSIDE_DOWN)
    second = make_plan(soon, replace(PLAN, fresh=True))
    assert second["frozen"] == []
    assert second["replaced"]["threshold_eur"] == 0
    again = make_plan(soon, replace(PLAN, fresh=True))
    assert again["kept"], "no dearer than itself"


def test_history_says_why_and_what_came_of_it(ports: Ports) -> None:
    first = make_plan(ports, replace(PLAN, because="first plan"))
    second = make_plan(at(ports, MORNING + timedelta(minutes=20)), replace(PLAN, because="prices published"))
    rows = list_plans(ports.store, 5)
    assert [row["because"] for row in rows] == ["prices published", "first plan"]
    assert [row["kept"] and row["kept"]["plan"] for row in rows] == [first["id"], None]
    assert rows[1]["changes"] is None
    assert (
        rows[0]["changes"]["words"][0]
        == f"{len(second['runs'])} runs stay, 0 move, 0 are new, 0 are dropped."
    )
    assert read_plan(ports.store, None)["because"] == "prices published"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    minutes=st.integers(0, 900),
    freeze=st.sampled_from([15, 60, 120, 400]),
    prices=st.permutations([60, 90, 120, 150, 180, 190]),
)
def test_freezing_never_moves_a_frozen_run(
    tmp_path_factory: pytest.TempPathFactory, minutes: int, freeze: int, prices: list[int]
) -> None:
    """Whatever the prices become: runs inside the window start as planned, on the machine planned."""
    ports = empty_ports(tmp_path_factory.mktemp("plant"), tiny("fixed"), MORNING)
    first = make_plan(ports, PLAN)
    rules = replace(EAGER, freeze_minutes=freeze)
    later = replace(at(ports, MORNING + timedelta(minutes=minutes), repriced(*prices)), replanning=rules)
    second = make_plan(later, PLAN)
    held = in_window(first, later, second["window"])
    assert {key: starts(second).get(key) for key in held} == held
    assert second["released"] == []


@settings(max_examples=6, deadline=None)
@given(minutes=st.integers(0, 1300), fresh=st.booleans())
def test_a_plan_made_again_at_once_is_kept(
    tmp_path_factory: pytest.TempPathFactory, minutes: int, fresh: bool
) -> None:
    """The same moment and the same knowledge: the same plan, whatever went before."""
    ports = empty_ports(tmp_path_factory.mktemp("plant"), tiny("fixed"), MORNING)
    make_plan(ports, PLAN)
    later = at(ports, MORNING + timedelta(minutes=minutes), UPSIDE_DOWN)
    second = make_plan(later, replace(PLAN, fresh=fresh))
    third = make_plan(later, PLAN)
    assert third["kept"]["plan"] == second["id"]
    assert third["id"] == second["id"]
    assert third["runs"] == [
        run | {"why": mine["why"]} for run, mine in zip(second["runs"], third["runs"], strict=True)
    ]
    assert third["cost_eur"] == pytest.approx(second["cost_eur"])


def test_frozen_runs_are_explained_and_do_not_stand_in_the_way_of_what_if(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    mixed = min((run for run in first["runs"] if run["process"] == "mix"), key=when)
    soon = at(ports, when(mixed) - timedelta(minutes=40))
    second = make_plan(soon, PLAN)
    assert second["frozen"]
    stored = stored_case(soon)
    assert stored.solution.cost_eur == pytest.approx(second["cost_eur"])
    question = Question(mixed["batch"], when(mixed) + timedelta(minutes=15), seconds=2)
    assert explain_start(soon, question)["forbidden"]["rules"] == ["frozen"]
    told = what_if(soon, Wish(("machine:oven=-1",), seconds=2))
    assert told["what_if"]["left_for_later"] == told["present"]["left_for_later"]


def test_a_run_reported_as_started_at_the_very_moment_of_planning(ports: Ports) -> None:
    """On a quarter of an hour the window begins now, and so may a run that is under way."""
    first = make_plan(ports, PLAN)
    mixed = min((run for run in first["runs"] if run["process"] == "mix"), key=when)
    then = at(ports, when(mixed))
    log_production(then, Entry(Kind.STARTED, "test", batch=mixed["batch"]))
    second = make_plan(then, PLAN)
    assert [(run["batch"], run["start"]) for run in second["begun"]] == [(mixed["batch"], mixed["start"])]
