"""What a plan may cost over price paths, from stored prices to the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.baseline import baseline
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.problem import solution_cost_eur
from chocolate_factory.domain.risk import Risk
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.make_plan import PlanRequest, arm, make_plan
from chocolate_factory.services.plan_risk import Found, RiskWish, passed_on, price_risk, risk_answer
from chocolate_factory.services.pose_problem import Case, pose_problem, stack_of
from chocolate_factory.services.read_plans import read_plan
from tests.worlds import NOW, fill, sample_ports


@pytest.fixture(scope="module", params=["indexed", "pvpc"])
def ports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ports:
    """The tiny plant on prices that a market tells."""
    return sample_ports(tmp_path_factory.mktemp("world"), request.param)


def paths_of(ports: Ports, count: int = 50) -> tuple[Case, Risk]:
    """A case of three days and its price paths."""
    case = pose_problem(ports, 3, allow_late=False)
    risk, notes = price_risk(ports, case, RiskWish(0.5, count))
    assert risk is not None and not notes
    return case, risk


def test_published_slots_are_the_same_in_all_paths(ports: Ports) -> None:
    case, risk = paths_of(ports)
    assert case.facts.forecast is not None
    ahead = case.facts.forecast.origin == "forecast"
    assert 0 < ahead.sum() < len(ahead)
    assert not risk.deviation_eur_kwh[:, ~ahead].any()
    assert (np.ptp(risk.deviation_eur_kwh[:, ahead], axis=0) > 0).all()
    assert risk.deviation_eur_kwh.mean(axis=0) == pytest.approx(0, abs=1e-12)


def test_a_path_is_the_price_stack_of_its_market_prices(ports: Ports) -> None:
    """What the market adds goes through losses, fees and taxes as if that path had been the forecast."""
    case, risk = paths_of(ports, 10)
    assert case.facts.forecast is not None
    slope = passed_on(case, case.facts.forecast)
    for path in risk.deviation_eur_kwh[:3]:
        market = replace(case.facts.forecast, price=case.facts.forecast.price + path / slope)
        stack = stack_of(ports.factory, case.problem.window, market)
        assert stack.all_in_eur_kwh == pytest.approx(case.problem.price_eur_kwh + path)


def test_paths_spread_as_the_forecast_does(ports: Ports) -> None:
    case, risk = paths_of(ports)
    forecast = case.facts.forecast
    assert forecast is not None
    told = forecast.p90 - forecast.p10
    found = np.ptp(np.quantile(risk.deviation_eur_kwh, [0.1, 0.9], axis=0), axis=0)
    assert found == pytest.approx(told * passed_on(case, forecast), rel=0.1, abs=1e-9)


def test_the_quarters_of_an_hour_move_together(ports: Ports) -> None:
    case, risk = paths_of(ports)
    assert case.facts.forecast is not None
    ahead = np.flatnonzero(
        (case.facts.forecast.origin == "forecast") & (case.facts.forecast.start % 3600 == 0)
    )
    assert len(ahead) > 24
    for hour in ahead.tolist():
        order = np.argsort(risk.deviation_eur_kwh[:, hour], kind="stable")
        quarters = risk.deviation_eur_kwh[order, hour : hour + 4]
        assert np.diff(quarters, axis=0).min() >= -1e-12


def test_what_comes_later_changes_no_path(tmp_path: Path) -> None:
    early = sample_ports(tmp_path, "indexed")
    before = paths_of(early)[1]
    later = fill(replace(early, clock=lambda: NOW + timedelta(days=3)))
    window = Window(NOW, NOW + timedelta(days=4))
    assert len(later.store.read("spot", window)) > len(later.store.read("spot", window, NOW))
    assert np.array_equal(paths_of(early)[1].deviation_eur_kwh, before.deviation_eur_kwh)


def test_a_plan_tells_its_range_without_being_asked(ports: Ports) -> None:
    answer = make_plan(ports, PlanRequest(days=3, fresh=True))
    risk = answer["risk"]
    assert (risk["weight"], risk["paths"], risk["alpha"]) == (0, 50, 0.9)
    assert risk["expected_cost_eur"] == pytest.approx(answer["cost_eur"])
    assert risk["cost_without_risk_eur"] == risk["expected_cost_eur"]
    assert risk["saving"]["expected_eur"] == pytest.approx(answer["saving"]["eur"])
    assert risk["p10_eur"] < risk["expected_cost_eur"] < risk["p90_eur"] <= risk["cvar_eur"]
    assert risk["saving"]["p10_eur"] <= risk["saving"]["p90_eur"]
    assert risk["gap"] == answer["mip_gap"]
    assert read_plan(ports.store, answer["id"])["risk"] == risk


def test_a_weight_on_risk_lowers_the_dearest_tenth(ports: Ports) -> None:
    plain: dict[str, Any] = make_plan(ports, PlanRequest(days=3, risk=RiskWish(0.0, 40), fresh=True))
    answer = make_plan(ports, PlanRequest(days=3, risk=RiskWish(1.0, 40), fresh=True))
    risk = answer["risk"]
    assert (risk["weight"], risk["paths"]) == (1, 40)
    assert risk["cvar_eur"] <= risk["cvar_without_risk_eur"] + 1e-6
    assert risk["cvar_eur"] * (1 - risk["gap"]) <= plain["risk"]["cvar_eur"] + 1e-6
    assert answer["cost_eur"] >= plain["cost_eur"] * (1 - plain["mip_gap"]) - 1e-6
    assert risk["gap"] >= 0
    assert answer["violations"] == []


def test_the_setting_is_the_default_weight(ports: Ports) -> None:
    told = replace(ports, plan_risk=0.25, plan_paths=20)
    risk = make_plan(told, PlanRequest(days=2))["risk"]
    assert (risk["weight"], risk["paths"]) == (0.25, 20)
    assert make_plan(told, PlanRequest(days=2, risk=RiskWish(0.0)))["risk"]["weight"] == 0


@pytest.mark.parametrize("wish", [RiskWish(-0.1), RiskWish(1.1), RiskWish(0.5, 9), RiskWish(0.5, 366)])
def test_what_cannot_be_weighed_is_refused(ports: Ports, wish: RiskWish) -> None:
    with pytest.raises(UsageError, match="out of range"):
        make_plan(ports, PlanRequest(days=2, risk=wish))


def test_a_fixed_price_has_no_range(tmp_path: Path) -> None:
    answer = make_plan(sample_ports(tmp_path, "fixed"), PlanRequest(days=2, risk=RiskWish(0.5)))
    assert answer["risk"] is None
    assert "Risk is not weighed: the contract fixes the price." in answer["assumptions"]


def test_a_weight_on_carbon_is_no_money(ports: Ports) -> None:
    """What the plan without risk costs is told in money, whatever else was minimised."""
    case, risk = paths_of(ports)
    solution = ports.planner.solve(case.problem, 5.0)
    heavy = replace(case, problem=replace(case.problem, price_eur_kwh=case.problem.price_eur_kwh + 0.5))
    other = replace(solution, jobs=baseline(case.problem, solution))
    plan = arm(ports, case, other)
    told = risk_answer(heavy, risk, Found(other, solution, 0.0, 0.0), (plan, plan))
    assert told is not None
    assert told["cost_without_risk_eur"] == pytest.approx(solution_cost_eur(case.problem, solution.jobs))


def test_too_few_past_errors_are_said_where_they_matter(tmp_path: Path) -> None:
    ports = sample_ports(tmp_path, "indexed")
    case = pose_problem(ports, 3, allow_late=False)
    forecast = case.facts.forecast
    assert forecast is not None and forecast.past is not None
    few = replace(forecast.past, ago=forecast.past.ago[-9:], errors=forecast.past.errors[-9:])
    case = replace(case, facts=replace(case.facts, forecast=replace(forecast, past=few)))
    assert price_risk(ports, case, RiskWish()) == (None, [])
    risk, notes = price_risk(ports, case, RiskWish(0.5))
    assert risk is None
    assert "Risk is not weighed: spot: errors of 9 past forecasts" in notes[0]
