"""What the month was charged for before a plan: from plans and log, and the same for every comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.api.schemas.plans import PlanAnswer
from chocolate_factory.domain.month_so_far import FROM_PLANS, NO_METER, PARTLY, MonthOrigin, MonthSoFar
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.problem import ExcessGroup
from chocolate_factory.domain.production import Kind
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, moment
from chocolate_factory.domain.tariff.excess import excess_invoice
from chocolate_factory.services.explain_run import explain_batch
from chocolate_factory.services.log_production import Entry, log_production
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.month_so_far import month_so_far
from chocolate_factory.services.settle_plans import SettleRequest, settle_plans
from chocolate_factory.services.stored_case import stored_case
from chocolate_factory.services.what_if import Wish, what_if
from tests.services.ledgers import PLANT, TEN_KW, Row, at, local, press, run, tell_plan
from tests.worlds import empty_ports, tiny

TAX = 1.0511269632
FLAT = TEN_KW.replace("[190, 170, 150, 140, 130, 120]", "[100, 100, 100, 100, 100, 100]")
SIXTY = FLAT.replace("[10, 10, 10, 10, 10, 10]", "[60, 60, 60, 60, 60, 60]")
RULES = {"highest": (FLAT, 10.0), "quarters": (SIXTY, 70.0)}
"""By rule of charging: a contract, and the power of a press that draws more than it beside the fridge."""
NIGHT, MORNING, NOON = "2026-03-10T06:00", "2026-03-10T08:00", "2026-03-10T10:00"
"""P6, P3 and P2."""
DAY = ("2026-03-09T00:00", "2026-03-12T00:00")
ONE_DAY = PlanRequest(days=1, time_limit_s=1.0)


def plant(folder: Path, rule: str) -> Ports:
    """The press, wanted once on 12 March, just before that day's first shift."""
    contract, power = RULES[rule]
    text = PLANT.format(contract=contract, attended="throughout")
    text = text.replace("power_kw = 10.0", f"power_kw = {power}")
    text = text.replace('every = "weekday"\ndue = "22:00"', 'every = "once"\ndue = "2026-03-12T22:00"')
    return at(replace(empty_ports(folder, text), sample=False), "2026-03-12T05:50")


def told(ports: Ports, starts: Sequence[str], span: tuple[str, str] = DAY) -> list[Run]:
    """Store a plan of one run after the other; its runs."""
    power = ports.factory.machines[0].power_kw
    runs = [replace(run(f"brick-{place}", start), power_kw=power) for place, start in enumerate(starts)]
    tell_plan(ports, span, runs)
    return runs


def before(ports: Ports, start: str) -> MonthSoFar:
    found = month_so_far(ports, Window(local(start), local(start) + timedelta(days=1)))
    assert found is not None
    return found


def excess_eur(ports: Ports, runs: Sequence[Run], upto: str) -> float:
    """The invoice's excess of March until a moment, with tax: the runs and the fridge."""
    month = Window(local("2026-03-01T00:00"), local(upto))
    starts = month.starts(PLAN_MINUTES)
    load = np.ones(len(starts))
    for one in runs:
        load[(starts >= one.start.timestamp()) & (starts < one.end.timestamp())] += one.power_kw
    return TAX * sum(line.eur for line in excess_invoice(ports.factory.contract, starts, load))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("history", [[], [MORNING], [NIGHT, MORNING], [NOON, "2026-03-11T10:00"]])
def test_a_plan_adds_least_to_the_month(tmp_path: Path, rule: str, history: list[str]) -> None:
    """Brute force: of all starts, that with the least invoice of the month less the part so far."""
    ports = plant(tmp_path, rule)
    runs = told(ports, history)
    answer = make_plan(ports, ONE_DAY)
    so_far = excess_eur(ports, runs, "2026-03-12T06:00")
    ways = {}
    for quarter in range(61):
        start = local("2026-03-12T06:00") + timedelta(minutes=15 * quarter)
        ways[start] = excess_eur(
            ports, [*runs, replace(runs_like(ports), start=start, end=start + HOUR)], END
        )
    added = {start: eur - so_far for start, eur in ways.items()}
    assert answer["bill"]["plan"]["cost_eur"] == answer["cost_eur"]
    charged = sum(row["eur"] for row in answer["bill"]["plan"]["excess"])
    assert charged == pytest.approx(min(added.values()), abs=1e-6)
    [one] = answer["runs"]
    assert added[local(one["start"])] == pytest.approx(min(added.values()), abs=1e-6)
    early = added[local("2026-03-12T06:00")]
    assert sum(row["eur"] for row in answer["bill"]["baseline"]["excess"]) == pytest.approx(early, abs=1e-6)


HOUR, END = timedelta(hours=1), "2026-03-13T00:00"


def runs_like(ports: Ports) -> Run:
    """A run of the press, wherever it is put."""
    return replace(run("brick-new", MORNING), power_kw=ports.factory.machines[0].power_kw)


def test_what_is_paid_is_free_by_the_highest(tmp_path: Path) -> None:
    """The work of the morning is free where the month has paid for it; without history night is cheapest."""
    ports = plant(tmp_path, "highest")
    fresh = make_plan(ports, ONE_DAY)
    assert fresh["runs"][0]["start"][11:16] < "08:00"
    assert fresh["month_so_far"]["origin"] == "none"
    assert NO_METER in fresh["assumptions"]
    told(ports, [MORNING])
    later = make_plan(ports, replace(ONE_DAY, fresh=True))
    [period] = [row for row in later["bill"]["plan"]["excess"] if row["already_kw"]]
    assert (period["name"], period["already_kw"], period["charged_kw"]) == ("P3 2026-03", 1.0, 0.0)
    assert sum(row["eur"] for row in later["bill"]["plan"]["excess"]) == 0.0
    month = later["month_so_far"]
    assert month["already"] == [{"name": "P3 2026-03", "kw": 1.0}]
    assert (month["origin"], month["runs_reported"], month["runs_as_planned"]) == ("plans", 0, 1)
    assert (month["start"], month["end"]) == ("2026-03-01T00:00:00+01:00", "2026-03-12T06:00:00+01:00")
    assert (month["hours_known"], month["hours_unknown"]) == (72.0, 198.0)
    assert NO_METER not in later["assumptions"]
    assert {FROM_PLANS, PARTLY.format(198.0)} <= set(later["assumptions"])
    assert PlanAnswer.model_validate(later).model_dump()["month_so_far"]["already"] == month["already"]


def test_every_comparison_begins_where_the_plan_did(tmp_path: Path) -> None:
    """Why, what-if and the settlement with hindsight go on from the same month, whatever is told later."""
    ports = plant(tmp_path, "quarters")
    told(ports, [NIGHT, NOON])
    answer = make_plan(ports, ONE_DAY)
    told(ports, [MORNING], ("2026-03-11T00:00", "2026-03-11T12:00"))
    stored = stored_case(ports)
    own = {row["name"]: row["already_kw"] for row in answer["bill"]["plan"]["excess"]}
    assert {group.name: group.already_kw for group in stored.problem.excess} == own
    assert own["P6 2026-03"] == own["P2 2026-03"] == pytest.approx(22.0)
    assert stored.solution.cost_eur == pytest.approx(answer["cost_eur"])
    why = explain_batch(ports, answer["runs"][0]["batch"])
    assert why["recount_differs_eur"] == pytest.approx(0.0, abs=1e-9)
    compared = what_if(ports, Wish(("price=+10%",), seconds=0.5))
    assert compared["present"]["cost_eur"] == pytest.approx(answer["cost_eur"])
    over = at(ports, "2026-03-14T12:00")
    settled = settle_plans(over, SettleRequest(Window(local("2026-03-12T00:00"), local(END)), 2.0))
    [row] = settled["plans"]
    assert row["status"] == "settled"
    assert row["plan_cost_eur"] == pytest.approx(answer["cost_eur"])
    assert row["baseline_cost_eur"] == pytest.approx(answer["baseline"]["cost_eur"])
    assert row["hindsight_cost_eur"] == pytest.approx(answer["cost_eur"])
    assert row["captured_share"] is None or row["captured_share"] == pytest.approx(1.0)


def test_a_plant_charged_otherwise_has_no_month_so_far(tmp_path: Path) -> None:
    """Above 50 kW another rule holds: what the month was charged for by the highest says nothing there."""
    ports = plant(tmp_path, "highest")
    told(ports, [MORNING])
    make_plan(ports, ONE_DAY)
    same, other = (what_if(ports, Wish((f"power={kw}",), seconds=0.5)) for kw in (10, 60))
    assert NO_METER not in same["assumptions"]
    assert same["difference"]["cost_eur"] == pytest.approx(0.0, abs=1e-6)
    assert NO_METER in other["assumptions"]


def test_reports_count_and_only_those_said_by_then(tmp_path: Path) -> None:
    """A run reported in the night moves its excess there, from the moment at which it was said."""
    ports = press(tmp_path, FLAT)
    tell_plan(ports, DAY, [run("brick-0", MORNING)])
    late = at(ports, "2026-03-10T12:00")
    for kind, start in ((Kind.STARTED, NIGHT), (Kind.FINISHED, "2026-03-10T07:00")):
        log_production(late, Entry(kind, "test", batch="brick-0", step="press", at=local(start)))
    early = before(at(ports, "2026-03-10T11:50"), "2026-03-10T12:00")
    assert (early.already_kw, early.origin) == ({"P3 2026-03": 1.0}, MonthOrigin.PLANS)
    now = before(at(ports, "2026-03-10T12:05"), "2026-03-10T12:15")
    assert (now.already_kw, now.origin) == ({"P6 2026-03": 1.0}, MonthOrigin.LOG)
    assert (now.runs_reported, now.runs_as_planned) == (1, 0)


def test_later_plans_are_not_known_and_the_quarter_under_way_is(tmp_path: Path) -> None:
    """A plan counts from its issue; a run that began just now is in the month so far, by its quarters."""
    ports = plant(tmp_path, "quarters")
    told(ports, [MORNING])
    told(ports, [], ("2026-03-10T08:45", DAY[1]))
    seen = before(at(ports, "2026-03-10T08:20"), "2026-03-10T08:30")
    assert seen.already_kw == {"P3 2026-03": pytest.approx(np.sqrt(2) * 11.0)}
    assert seen.hours_known == 32.5
    assert before(at(ports, "2026-03-10T08:20"), "2026-03-10T10:00").already_kw == {"P3 2026-03": 22.0}
    assert before(at(ports, "2026-03-08T23:50"), "2026-03-10T10:00").origin is MonthOrigin.NONE


def test_a_month_has_its_own_past(tmp_path: Path) -> None:
    """March has one, over its day of 23 hours; April, which the window reaches into, has none."""
    text = PLANT.format(contract=FLAT, attended="throughout")
    ports = replace(empty_ports(tmp_path, text, local("2026-03-30T05:50+02:00")), sample=False)
    tell_plan(
        ports, ("2026-03-28T00:00", "2026-03-30T05:45+02:00"), [run("brick-0", "2026-03-30T00:30+02:00")]
    )
    answer = make_plan(ports, PlanRequest(days=3, time_limit_s=1.0))
    month = answer["month_so_far"]
    assert month["hours_known"] == 24 + 23 + 5.75
    assert month["hours_unknown"] == 27 * 24 + 0.25
    assert {row["name"]: row["already_kw"] for row in answer["bill"]["plan"]["excess"]} == {
        "P2 2026-03": 0.0,
        "P3 2026-03": 0.0,
        "P6 2026-03": 1.0,
        "P4 2026-04": 0.0,
        "P5 2026-04": 0.0,
        "P6 2026-04": 0.0,
    }
    first = before(ports, "2026-04-01T00:00+02:00")
    assert (first.already_kw, first.notes, first.hours_unknown) == ({}, (), 0.0)


def test_the_battery_is_behind_the_meter(tmp_path: Path) -> None:
    """What the battery gave did not come from the grid."""
    ports = plant(tmp_path, "highest")
    told(ports, [MORNING])
    assert before(ports, "2026-03-12T06:00").already_kw == {"P3 2026-03": 1.0}
    [plan] = ports.store.find("plan")
    body: Row = dict(plan.body)
    rows = [
        {"discharge_kw": 0.75 * (point["kw"] > 10), "charge_kw": 0.0} for point in body["answer"]["load_kw"]
    ]
    for point, row in zip(body["answer"]["load_kw"], rows, strict=True):
        point["kw"] -= row["discharge_kw"]
    body["answer"]["battery"] = {"rows": rows}
    ports.store.save(Record("plan", plan.id, plan.at, body))
    assert before(ports, "2026-03-12T06:00").already_kw == {"P3 2026-03": 0.25}


def test_a_tariff_without_excess_has_no_month(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path, tiny("pvpc"))
    assert month_so_far(ports, Window(ports.clock(), moment(int(ports.clock().timestamp()) + 900))) is None


@given(
    st.lists(st.floats(0, 200), min_size=4, max_size=4),
    st.floats(0, 300),
    st.floats(0, 300),
    st.booleans(),
)
def test_more_already_charged_never_makes_the_month_cheaper(
    load: list[float], one: float, other: float, quarters: bool
) -> None:
    """The month's charge does not fall, what the load adds to it does not rise; free below the highest."""
    least, most = sorted((one, other))
    group = ExcessGroup("P1 2026-03", np.arange(4), 50.0, 2.0, least, quarters)
    power = np.array(load)
    added = [group.charged_kw(power), replace(group, already_kw=most).charged_kw(power)]
    assert most + added[1] >= least + added[0] - 1e-9
    assert added[1] <= added[0] + 1e-9
    if not quarters and max(load) - 50.0 <= most:
        assert added[1] == 0.0
