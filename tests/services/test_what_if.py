"""Why and what if on small worlds: figures agree with the plan in force, and nothing of it is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing, NotFound, UsageError
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.services.explain_run import Question, explain_batch, explain_start
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.stored_case import stored_case
from chocolate_factory.services.what_if import Wish, longer_shifts, shadow_values, what_if
from tests.worlds import empty_ports, fill, sample_ports, tiny

BATCH = "loaf-2026-03-11-1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ports, dict[str, Any]]:
    ports = sample_ports(tmp_path_factory.mktemp("what-if"))
    return ports, make_plan(ports, PlanRequest(days=3))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00+01:00")


def test_posed_again_the_plan_is_the_plan(made: tuple[Ports, dict[str, Any]]) -> None:
    ports, plan = made
    stored = stored_case(ports)
    assert stored.solution.cost_eur == pytest.approx(plan["cost_eur"], abs=1e-9)
    assert stored.solution.gap == pytest.approx(plan["mip_gap"])
    assert len(stored.solution.jobs) == len({run["batch"] for run in plan["runs"]})
    assert stored.names == tuple(dict.fromkeys(run["batch"] for run in plan["runs"]))


def test_why_says_what_the_plan_says(made: tuple[Ports, dict[str, Any]]) -> None:
    """Rank and price as in the plan; each rank is told by the rules that forbid the cheaper starts."""
    ports, plan = made
    for batch in {run["batch"] for run in plan["runs"]}:
        body = explain_batch(ports, batch)
        own = sorted((run for run in plan["runs"] if run["batch"] == batch), key=lambda run: run["start"])
        assert [row["start"] for row in body["runs"]] == [run["start"] for run in own]
        assert body["recount_differs_eur"] == pytest.approx(0, abs=1e-9)
        for row, run in zip(body["runs"], own, strict=True):
            assert f"start {row['rank']} of {row['allowed_starts']} " in run["why"]
            told = sum(row["cheaper_blocked_by"].values()) + row["cheaper_but_dearer"]
            assert told + (row["saving_missed_eur"] > 0) == row["rank"] - 1
            assert row["saving_missed_eur"] <= body["plan_gap_eur"] + 1e-6
            assert row["moves"]["cheapest"]["rule"] != "attendance"


def test_moving_alone_costs_what_the_moved_plan_costs(made: tuple[Ports, dict[str, Any]]) -> None:
    """An hour later, counted by hand from the loads of the plan and the prices of its problem."""
    ports, plan = made
    move = explain_batch(ports, BATCH)["runs"][0]["moves"]["hour_later"]
    assert move["rule"] is None
    forced = explain_start(ports, Question(BATCH, datetime.fromisoformat(move["start"]), "mix"))
    assert forced["alone"] == move
    assert forced["forced"]["difference_eur"] <= move["difference_eur"] + 1e-9
    assert forced["forced"]["least_eur"] >= 0
    assert forced["forced"]["cost_eur"] == pytest.approx(
        plan["cost_eur"] + forced["forced"]["difference_eur"], abs=1e-6
    )


def test_held_where_it_stands_costs_nothing(made: tuple[Ports, dict[str, Any]]) -> None:
    ports, _ = made
    start = datetime.fromisoformat(explain_batch(ports, BATCH)["runs"][1]["start"])
    body = explain_start(ports, Question(BATCH, start, "2"))
    assert body["process"] == "bake"
    assert body["forced"]["difference_eur"] == pytest.approx(0, abs=1e-6)
    assert body["forced"]["within_gap"] is True


@pytest.mark.parametrize(
    ("when", "rule"), [("11T03:00", "attendance"), ("12T10:00", "due"), ("11T22:00", "attendance")]
)
def test_the_rule_that_forbids_is_named(made: tuple[Ports, dict[str, Any]], when: str, rule: str) -> None:
    body = explain_start(made[0], Question(BATCH, at(when)))
    assert body["forced"] is None
    assert body["forbidden"]["rules"] == [rule]
    assert body["alone"]["rule"] == rule


def test_a_machine_out_of_order_is_named_at_once(tmp_path: Path) -> None:
    """Both ovens are away from 12:00 to 13:00: no batch moves in vain."""
    text = tiny().replace(
        'name = "oven"', 'name = "oven"\nunavailable = [["2026-03-11T12:00", "2026-03-11T13:00"]]'
    )
    ports = fill(empty_ports(tmp_path, text))
    make_plan(ports, PlanRequest(days=2))
    body = explain_start(ports, Question(BATCH, at("11T12:00"), "bake"))
    assert body["forbidden"]["rules"] == ["availability"]


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (Question("loaf-2026-03-11-9", at("11T09:00")), NotFound),
        (Question(BATCH, at("11T09:05")), UsageError),
        (Question(BATCH, at("10T09:00")), UsageError),
        (Question(BATCH, at("20T09:00")), UsageError),
        (Question(BATCH, at("11T09:00"), "glaze"), UsageError),
        (Question(BATCH, at("11T09:00"), "3"), UsageError),
        (Question(BATCH, at("11T09:00"), "", "no-plan"), NotFound),
    ],
)
def test_what_cannot_be_asked(
    made: tuple[Ports, dict[str, Any]], question: Question, error: type[Exception]
) -> None:
    with pytest.raises(error):
        explain_start(made[0], question)


def test_prices_scale_energy_only(made: tuple[Ports, dict[str, Any]]) -> None:
    """Indexed: market prices up by 10 % change no run, and the cost by less than 10 %."""
    ports, plan = made
    body = what_if(ports, Wish(("price=+10%",), seconds=2))
    assert body["present"]["cost_eur"] == pytest.approx(plan["cost_eur"], abs=1e-6)
    assert 0 < body["difference"]["cost_eur"] < 0.1 * plan["cost_eur"]
    assert body["difference"]["within_gap"] is False
    assert body["same_batches"] is True
    assert body["runs"]["added"] == body["runs"]["dropped"] == 0
    assert len(ports.store.find("plan")) == 1


def test_a_relaxed_plant_is_never_dearer_a_tightened_never_cheaper(
    made: tuple[Ports, dict[str, Any]],
) -> None:
    ports, _ = made
    for words, sign in ((("machine:oven=+1",), -1), (("power=+5",), -1), (("machine:oven=-1",), 1)):
        found = what_if(ports, Wish(words, seconds=2))["difference"]
        assert sign * found["cost_eur"] >= -1e-6
        assert found["least_eur"] - 1e-9 <= found["cost_eur"] <= found["most_eur"] + 1e-9


def test_a_lost_machine_makes_late_what_must_be(made: tuple[Ports, dict[str, Any]]) -> None:
    ports, plan = made
    body = what_if(ports, Wish(("machine:mixer=-1",), seconds=2))
    wanted = len({run["batch"] for run in plan["runs"]})
    assert body["what_if"]["batches"] == 0
    assert sum(row["batches"] for row in body["what_if"]["left_for_later"]) == wanted
    assert body["same_batches"] is False
    assert body["runs"]["dropped"] == len(plan["runs"])


def test_more_demand_makes_more_batches(made: tuple[Ports, dict[str, Any]]) -> None:
    body = what_if(made[0], Wish(("demand=+50%", "shift:sat=06:00-14:00"), seconds=2))
    assert body["what_if"]["batches"] > body["present"]["batches"]
    assert (body["same_batches"], body["what_if"]["late"]) == (False, [])


def test_a_change_that_leaves_no_sound_file_is_a_wrong_request(made: tuple[Ports, dict[str, Any]]) -> None:
    with pytest.raises(UsageError, match="at most 15 kW"):
        what_if(made[0], Wish(("tariff=2.0TD",), seconds=2))


def test_shadow_values(made: tuple[Ports, dict[str, Any]]) -> None:
    ports, _ = made
    rows = list(shadow_values(ports, seconds=1))
    assert [row["name"] for row in rows] == [
        "machine mixer", "machine oven", "an hour more on each staffed day", "10 kW",
    ]  # fmt: skip
    assert list(longer_shifts(ports.factory)) == ["shift:mon,tue,wed,thu,fri=22:00-23:00"]
    for row in rows:
        assert row["failed"] is None
        assert row["at_least_eur"] - 1e-6 <= row["saves_eur"] <= row["at_most_eur"] + 1e-6
    assert rows[0]["saves_eur"] >= -1e-6
    assert rows[-1]["saves_eur"] < 0


@pytest.mark.parametrize("kind", ["pvpc", "fixed"])
def test_other_contracts(tmp_path: Path, kind: str) -> None:
    ports = sample_ports(tmp_path, kind)
    plan = make_plan(ports, PlanRequest(days=2))
    body = what_if(ports, Wish(("price=+100%",), seconds=1))
    doubled = 2 * plan["cost_eur"]
    assert doubled * 0.9 < body["what_if"]["cost_eur"] <= doubled + 1e-6
    if kind == "pvpc":
        assert body["what_if"]["cost_eur"] == pytest.approx(doubled)
    assert explain_batch(ports, plan["runs"][0]["batch"])["recount_differs_eur"] == pytest.approx(0, abs=1e-9)


def test_what_changed_since_is_said(made: tuple[Ports, dict[str, Any]], tmp_path: Path) -> None:
    """A stored plan whose prices were altered recounts to another cost and says so."""
    _, plan = made
    ports = sample_ports(tmp_path)
    with pytest.raises(NotFound):
        stored_case(ports)
    made_again = make_plan(ports, PlanRequest(days=3))
    (record,) = ports.store.find("plan")
    body: dict[str, Any] = dict(record.body)
    dearer = (np.array(body["market_eur_mwh"]) + 1.0).tolist()
    ports.store.save(Record("plan", record.id, record.at, {**body, "market_eur_mwh": dearer}))
    assert explain_batch(ports, BATCH)["recount_differs_eur"] > 0
    fewer = {**body["answer"], "runs": [r for r in body["answer"]["runs"] if r["batch"] != BATCH]}
    ports.store.save(Record("plan", record.id, record.at, {**body, "answer": fewer}))
    with pytest.raises(DataMissing, match="batches"):
        stored_case(ports)
    assert made_again["id"] == plan["id"]


def test_batches_under_way_stay(tmp_path: Path) -> None:
    """A plan made while batches run: what has begun is not asked about, the rest is."""
    ports = sample_ports(tmp_path)
    first = make_plan(ports, PlanRequest(days=3))
    begun = datetime.fromisoformat(first["runs"][0]["start"]).astimezone(UTC)
    begun += timedelta(minutes=15)
    later = replace(ports, clock=lambda: begun)
    plan = make_plan(later, PlanRequest(days=3))
    body = explain_batch(later, plan["runs"][0]["batch"])
    assert body["recount_differs_eur"] == pytest.approx(0, abs=1e-9)
    mixed = {run["batch"] for run in plan["runs"] if run["process"] == "mix"}
    rest = next(run["batch"] for run in plan["runs"] if run["batch"] not in mixed)
    (only,) = explain_batch(later, rest)["runs"]
    assert only["process"] == "bake"
    far = datetime.fromisoformat(only["start"]) + timedelta(hours=4)
    assert explain_start(later, Question(rest, far))["forbidden"]["rules"] == ["begun"]
    compared = what_if(later, Wish(("price=+10%",), seconds=1))
    assert compared["present"]["cost_eur"] <= plan["cost_eur"] + 1e-6
    more = what_if(later, Wish(("demand=+50%",), seconds=1))
    assert more["what_if"]["batches"] >= compared["present"]["batches"]
