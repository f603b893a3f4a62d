"""The savings ledger: weeks settled by hand, corrections, gaps, and what was done otherwise than planned."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import UsageError
from chocolate_factory.domain.assembly import schedule_of
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.plan import Wanted
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.production import Kind
from chocolate_factory.domain.rules import violations
from chocolate_factory.domain.slots import Window
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.log_production import Entry, log_production
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.pose_problem import read_climate
from chocolate_factory.services.pose_week import as_ordered, hindsight_of, pose_week
from chocolate_factory.services.read_in_force import read_in_force
from chocolate_factory.services.read_ledger import ledger_csv, write_csv
from chocolate_factory.services.settle_weeks import LedgerRequest, read_week, settle_weeks
from chocolate_factory.tasks.keep_fresh import prices_came, settle_recent
from tests.services.bills import tell
from tests.services.ledgers import TEN_KW, Row, at, local, press, run, settle, tell_plan, week
from tests.worlds import INDEXED, empty_ports, fill, tiny

TAX = 1.0511269632
FRIDGE = 0.30 + 48 * 0.12 + 4 * (8 * 0.12 + 7 * 0.15 + 9 * 0.17) + (8 * 0.12 + 5 * 0.15 + 9 * 0.17)
P6, P3, P2 = 0.190402, 0.890351, 2.808104
"""Price of a kW of excess in March 2026 by the maximeter, 31 days, EUR before tax."""
WEEK = ("2026-03-06T22:00", "2026-03-13T22:00")
NAME = "2026-03-06"
ID = "20260306T2100Z"
ARMS = ("baseline", "plan", "executed", "hindsight")
MORNINGS = [f"2026-03-{day:02d}T06:00" for day in (9, 10, 11, 12, 13)]


def bricks(starts: list[str]) -> list[object]:
    return [run(f"brick-{start[:10]}-1", start) for start in starts]


def plan_week(ports: Ports, starts: list[str], span: tuple[str, str] = WEEK) -> None:
    tell_plan(ports, span, [run(f"brick-{start[:10]}-1", start) for start in starts])


def eur(row: Row) -> list[float]:
    return [row["arms"][arm]["eur"] for arm in ARMS]


def spot(ports: Ports, price: float = 50.0) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Flat hourly prices of the week; their slots."""
    starts = Window(local("2026-03-06T00:00"), local("2026-03-15T00:00")).starts(60)
    tell(ports, "spot", starts, np.full(len(starts), price))
    return starts


def test_a_week_by_hand_to_the_cent(tmp_path: Path) -> None:
    """Ordered: five hours in a row from Monday 06:00. Planned: 06:00 daily, on Wednesday 08:00."""
    ports = press(tmp_path)
    plan_week(ports, [*MORNINGS[:2], "2026-03-11T08:00", *MORNINGS[3:]])
    ledger = settle(ports)
    row = week(ledger, NAME)
    assert (row["status"], row["hours_without_plan"], row["same_work"]) == ("closed", 0, True)
    expected = [
        (FRIDGE + 10 * (0.12 + 0.12 + 0.15 + 0.17 + 0.17) + P6 + P3 + P2) * TAX,
        (FRIDGE + 10 * (4 * 0.12 + 0.15) + P6 + P3) * TAX,
        (FRIDGE + 10 * (4 * 0.12 + 0.15) + P6 + P3) * TAX,
        (FRIDGE + 10 * 5 * 0.12 + P6) * TAX,
    ]
    assert eur(row) == pytest.approx(expected, abs=0.005)
    assert row["saving_eur"] == pytest.approx(expected[0] - expected[2], abs=0.005)
    assert row["captured_share"] == pytest.approx((1 + P2) / (1.3 + P3 + P2), abs=1e-3)
    assert [row["arms"][arm]["kwh"] for arm in ARMS] == pytest.approx([168 + 50] * 4)
    assert [row["arms"][arm]["batches"] for arm in ARMS] == [5] * 4
    assert row["products"] == {"brick": 5}
    assert (row["runs_reported"], row["runs_as_planned"]) == (0, 5)
    assert ledger["total"]["closed"]["saving_eur"] == row["saving_eur"]


def test_days_add_up_and_excess_is_what_each_adds_to_the_month(tmp_path: Path) -> None:
    ports = press(tmp_path)
    plan_week(ports, [*MORNINGS[:2], "2026-03-11T08:00", *MORNINGS[3:]])
    row = week(settle(ports), NAME)
    days = {day["day"]: day for day in row["days"]}
    assert list(days) == [f"2026-03-{day:02d}" for day in range(6, 14)]
    for arm in ARMS:
        for key, value in row["arms"][arm].items():
            assert sum(day["arms"][arm][key] for day in days.values()) == pytest.approx(value, abs=1e-9)
    excess = {d: days[d]["arms"]["executed"]["excess_eur"] / TAX for d in days}
    assert excess["2026-03-09"] == pytest.approx(P6)
    assert excess["2026-03-10"] == 0, "the same excess is charged once a month"
    assert excess["2026-03-11"] == pytest.approx(P3)
    assert days["2026-03-09"]["arms"]["baseline"]["excess_eur"] / TAX == pytest.approx(P6 + P3 + P2)
    assert days["2026-03-09"]["same_work"] is False, "five batches as ordered, one carried out"
    assert [days["2026-03-09"][key] for key in ("saving_eur", "saving_percent", "captured_share")] == [
        None
    ] * 3
    assert days["2026-03-08"]["same_work"] is True


def test_a_second_week_goes_on_with_the_month_of_each_arm(tmp_path: Path) -> None:
    ports = at(press(tmp_path), "2026-03-21T12:00")
    plan_week(ports, [*MORNINGS[:2], "2026-03-11T08:00", *MORNINGS[3:]])
    later = [f"2026-03-{day}T06:00" for day in (16, 17, 18, 19, 20)]
    plan_week(ports, later, ("2026-03-13T22:00", "2026-03-20T22:00"))
    first, second = (week(settle(ports), name) for name in (NAME, "2026-03-13"))
    assert first["arms"]["baseline"]["excess_eur"] == pytest.approx((P6 + P3 + P2) * TAX)
    assert [second["arms"][arm]["excess_eur"] for arm in ARMS] == [0, 0, 0, 0]


def test_above_50_kw_every_quarter_hour_of_the_month_counts(tmp_path: Path) -> None:
    """One kW too much in four quarter-hours a day: the month pays for the root of all their squares."""
    contract = TEN_KW.replace("[10, 10, 10, 10, 10, 10]", "[55, 55, 55, 55, 55, 55]")
    ports = press(tmp_path, contract)
    text = ports.factory_text.replace("power_kw = 10.0", "power_kw = 55.0")
    ports = replace(ports, factory=parse_factory(text), factory_text=text)
    heavy = [replace(run(f"brick-{start[:10]}-1", start), power_kw=55.0) for start in MORNINGS]
    tell_plan(ports, WEEK, heavy)
    row = week(settle(ports, 0), NAME)
    days = [day["arms"]["executed"]["excess_eur"] for day in row["days"][3:]]
    assert days == pytest.approx([days[0] * (n**0.5 - (n - 1) ** 0.5) for n in range(1, 6)])
    assert row["arms"]["executed"]["excess_eur"] == pytest.approx(5**0.5 * days[0])


def test_a_corrected_price_settles_the_week_again_and_is_remembered(tmp_path: Path) -> None:
    ports = press(tmp_path, INDEXED)
    starts = spot(ports)
    plan_week(ports, MORNINGS)
    before = week(settle(ports), NAME)
    window = Window(local(WEEK[0]), local(WEEK[1]))
    assert settle_weeks(ports, LedgerRequest(window, 5)) == 0, "nothing has changed"
    solved = ports.store.find("hindsight")[0].at
    six = starts[starts == int(local(MORNINGS[1]).timestamp())]
    later = at(ports, "2026-03-16T12:00")
    tell(later, "spot", np.append(six, six + 3600), np.array([80.0, 50.0]), "2026-03-15T12:00+01:00")
    after = week(settle(later), NAME)
    assert after["revised"] == 1
    [entry] = after["revisions"]
    assert (entry["day"], entry["why"]) == ("2026-03-10", "prices corrected")
    assert datetime.fromisoformat(entry["at"]) == later.clock()
    old, new = entry["changed"]["executed"]
    days = [next(d for d in w["days"] if d["day"] == "2026-03-10") for w in (before, after)]
    assert [old, new] == [day["arms"]["executed"]["eur"] for day in days]
    assert set(entry["changed"]) == set(ARMS), "the fridge runs in every arm"
    step = [entry["changed"][arm][1] - entry["changed"][arm][0] for arm in ARMS]
    assert step[2] == pytest.approx(11 * step[0]), "11 kWh in that hour, as ordered only the fridge's"
    assert step[3] == pytest.approx(step[0]), "hindsight moves its batch to another hour"
    assert after["captured_share"] < 1
    assert ports.store.find("hindsight")[0].at > solved, "hindsight was solved again"
    assert week(settle(later), NAME) == after


def test_a_week_without_a_plan_in_some_slots_is_incomplete_and_not_filled(tmp_path: Path) -> None:
    ports = press(tmp_path)
    plan_week(ports, MORNINGS[:2], (WEEK[0], "2026-03-11T00:00"))
    plan_week(ports, MORNINGS[3:], ("2026-03-12T00:00", WEEK[1]))
    ledger = settle(ports)
    row = week(ledger, NAME)
    assert (row["status"], row["hours_without_plan"]) == ("incomplete", 24)
    assert row["arms"]["baseline"] is None and row["arms"]["hindsight"] is None
    assert row["saving_eur"] is None
    days = {day["day"]: day for day in row["days"]}
    assert days["2026-03-11"]["status"] == "no_plan"
    assert set(days["2026-03-11"]["arms"].values()) == {None}
    monday = 8 * 0.12 + 7 * 0.15 + 9 * 0.17 + 10 * 0.12 + P6
    assert days["2026-03-09"]["arms"]["executed"]["eur"] == pytest.approx(monday * TAX, abs=0.005)
    assert ledger["total"]["closed"]["weeks"] == 0


def test_a_missing_price_keeps_a_week_open(tmp_path: Path) -> None:
    ports = press(tmp_path, INDEXED)
    starts = Window(local("2026-03-06T00:00"), local("2026-03-15T00:00")).starts(60)
    holed = starts[
        (starts < local("2026-03-10T05:00").timestamp()) | (starts >= local("2026-03-10T06:00").timestamp())
    ]
    tell(ports, "spot", holed, np.full(len(holed), 50.0))
    plan_week(ports, MORNINGS)
    row = week(settle(ports), NAME)
    assert row["status"] == "provisional"
    states = {day["day"]: day["status"] for day in row["days"]}
    assert states.pop("2026-03-10") == "open"
    assert set(states.values()) == {"settled"}
    assert row["arms"]["hindsight"] is None


def test_a_week_under_way_is_settled_to_yesterday(tmp_path: Path) -> None:
    ports = at(press(tmp_path), "2026-03-11T10:00")
    plan_week(ports, MORNINGS)
    row = week(settle(ports), NAME)
    assert row["status"] == "provisional"
    assert [day["status"] for day in row["days"]] == ["settled"] * 5 + ["open"] * 3
    assert row["arms"]["executed"]["batches"] == 2
    assert row["arms"]["baseline"]["batches"] == 5, "as ordered all were made on Monday"
    assert (row["same_work"], row["saving_eur"], row["saving_percent"]) == (False, None, None)
    assert row["captured_share"] is None


def test_the_newest_plan_before_a_slot_counts(tmp_path: Path) -> None:
    """The second plan moves Tuesday's batch from 06:00 to 08:00 before it has begun."""
    ports = press(tmp_path)
    plan_week(ports, MORNINGS)
    plan_week(ports, ["2026-03-10T08:00", *MORNINGS[2:]], ("2026-03-09T18:00", "2026-03-17T00:00"))
    row = week(settle(ports), NAME)
    assert row["plans"] == 2
    assert row["arms"]["plan"]["kwh"] == pytest.approx(218)
    assert row["arms"]["plan"]["energy_eur"] == pytest.approx((FRIDGE + 10 * (4 * 0.12 + 0.15)) * TAX)
    assert row["arms"]["plan"]["batches"] == row["arms"]["executed"]["batches"] == 5


def test_what_was_reported_otherwise_counts_for_what_was_carried_out(tmp_path: Path) -> None:
    """Monday's batch began at 08:30 instead of 06:00 and was lost at 09:00, as nobody planned."""
    ports = press(tmp_path)
    plan_week(ports, MORNINGS)
    monday = at(ports, "2026-03-09T09:30")
    name = "brick-2026-03-09-1"
    log_production(monday, Entry(Kind.STARTED, "test", batch=name, at=local("2026-03-09T08:30")))
    log_production(monday, Entry(Kind.FAILED, "test", batch=name, at=local("2026-03-09T09:00")))
    anew = [run("brick-2026-03-09-2", "2026-03-09T10:00")]
    anew += [run(f"brick-{start[:10]}-1", start) for start in MORNINGS[1:]]
    tell_plan(monday, ("2026-03-09T09:45", WEEK[1]), anew)
    row = week(settle(ports), NAME)
    assert row["status"] == "closed"
    assert (row["batches_lost"], row["runs_reported"], row["runs_as_planned"]) == (1, 1, 5)
    assert row["arms"]["plan"]["kwh"] == pytest.approx(168 + 60), "six hours were planned"
    kwh = [row["arms"][arm]["kwh"] for arm in ("baseline", "executed", "hindsight")]
    assert kwh == pytest.approx([168 + 55] * 3), "half an hour was lost in every arm"
    did = FRIDGE + 10 * (4 * 0.12 + 0.17) + 5 * 0.15
    assert row["arms"]["executed"]["energy_eur"] == pytest.approx(did * TAX, abs=0.005)
    best = FRIDGE + 10 * 5 * 0.12 + 5 * 0.15
    assert row["arms"]["hindsight"]["energy_eur"] == pytest.approx(best * TAX, abs=0.005)
    assert [row["arms"][arm]["batches"] for arm in ARMS] == [5, 6, 5, 5]


def test_a_report_after_the_week_was_closed_is_a_revision(tmp_path: Path) -> None:
    ports = press(tmp_path)
    plan_week(ports, MORNINGS, (WEEK[0], "2026-03-17T00:00"))
    settle(ports)
    late = at(ports, "2026-03-14T13:00")
    log_production(
        late, Entry(Kind.STARTED, "test", batch="brick-2026-03-13-1", at=local("2026-03-13T09:00"))
    )
    row = week(settle(late), NAME)
    [entry] = row["revisions"]
    assert (entry["day"], entry["why"]) == ("2026-03-13", "production log or plans")
    moved = entry["changed"]["executed"]
    assert moved[1] - moved[0] == pytest.approx((10 * (0.17 - 0.12) + P2) * TAX, abs=0.005)


def test_a_batch_across_the_end_of_a_week_is_alike_in_all_arms(tmp_path: Path) -> None:
    ports = at(press(tmp_path, attended="none"), "2026-03-21T12:00")
    over = run("brick-2026-03-13-1", "2026-03-13T21:30")
    tell_plan(ports, WEEK, [run(f"brick-{start[:10]}-1", start) for start in MORNINGS[:4]])
    tell_plan(ports, ("2026-03-13T20:00", "2026-03-20T22:00"), [over])
    first, second = (week(settle(ports, 1), name) for name in (NAME, "2026-03-13"))
    assert first["products"] == {"brick": 4} and second["products"] == {}
    assert (first["batches_as_they_were"], second["batches_as_they_were"]) == (1, 1)
    assert [first["arms"][arm]["kwh"] for arm in ARMS] == pytest.approx([168 + 45] * 4)
    assert [second["arms"][arm]["kwh"] for arm in ARMS] == pytest.approx([168 + 5] * 4)
    assert [second["arms"][arm]["batches"] for arm in ARMS] == [1] * 4
    energy = [second["arms"][arm]["energy_eur"] for arm in ARMS]
    assert energy == pytest.approx([energy[0]] * 4)


def test_battery_and_array_are_left_out_and_setups_belong_to_who_has_them(tmp_path: Path) -> None:
    """On Monday 06:00 a battery gives 4 kW and an array 3; on Tuesday a setup draws 8 kW for an hour."""
    plain, ports = press(tmp_path / "plain"), press(tmp_path / "told")
    for one in (plain, ports):
        plan_week(one, MORNINGS)
    record = ports.store.find("plan")[0]
    answer: Row = dict(record.body)["answer"]  # type: ignore[assignment]
    first = [point["start"][:16] for point in answer["load_kw"]].index(MORNINGS[0])
    idle = {"charge_kw": 0.0, "discharge_kw": 0.0, "used_kw": 0.0}
    battery, array = ([dict(idle) for _ in answer["load_kw"]] for _ in range(2))
    for slot in range(first, first + 4):
        answer["load_kw"][slot]["kw"] -= 7.0
        battery[slot]["discharge_kw"], array[slot]["used_kw"] = 4.0, 3.0
    span = {"start": "2026-03-10T04:00:00+01:00", "end": "2026-03-10T05:00:00+01:00"}
    setup = {"machine": "press", "unit": 1, "product": "brick", "energy_kwh": 8.0, **span}
    for point in answer["load_kw"]:
        if span["start"] <= point["start"] < span["end"]:
            point["kw"] += 8.0
    answer |= {"battery": {"rows": battery}, "pv": {"rows": array}, "setups": [setup]}
    ports.store.save(record)
    told, usual = week(settle(ports), NAME), week(settle(plain), NAME)
    assert (told["assets_left_out"], usual["assets_left_out"]) == (True, False)
    assert eur(told)[0] == pytest.approx(eur(usual)[0], abs=1e-6)
    assert eur(told)[3] == pytest.approx(eur(usual)[3], abs=1e-6)
    for arm in ("plan", "executed"):
        assert told["arms"][arm]["kwh"] == pytest.approx(usual["arms"][arm]["kwh"] + 8)


def test_a_week_with_a_day_of_25_hours(tmp_path: Path) -> None:
    ports = at(press(tmp_path), "2026-11-01T12:00")
    span = ("2026-10-23T22:00:00+02:00", "2026-10-30T22:00:00+01:00")
    days = [f"2026-10-{day}T06:00:00+01:00" for day in range(26, 31)]
    plan_week(ports, days, span)
    row = week(settle(ports), "2026-10-23")
    assert row["status"] == "closed"
    sunday = next(day for day in row["days"] if day["day"] == "2026-10-25")
    assert [sunday["arms"][arm]["kwh"] for arm in ARMS] == pytest.approx([25] * 4)
    assert [row["arms"][arm]["kwh"] for arm in ARMS] == pytest.approx([169 + 50] * 4)
    assert sunday["start"].endswith("+02:00") and sunday["end"].endswith("+01:00")


def test_closed_weeks_stay_when_the_last_due_time_moves(tmp_path: Path) -> None:
    ports = at(press(tmp_path), "2026-03-28T12:00")
    for start, end in (("06", "13"), ("13", "20"), ("20", "27")):
        plan_week(ports, [], (f"2026-03-{start}T22:00", f"2026-03-{end}T22:00"))
    settle(at(ports, "2026-03-14T12:00"))
    text = ports.factory_text.replace('due = "22:00"', 'due = "12:00"')
    moved = replace(ports, factory=parse_factory(text), factory_text=text)
    rows = settle(moved, back=30)["weeks"]
    spans = [(row["window"]["start"][5:16], row["window"]["end"][5:16]) for row in rows]
    assert spans == [
        ("03-06T22:00", "03-13T22:00"),
        ("03-13T22:00", "03-20T12:00"),
        ("03-20T12:00", "03-27T12:00"),
        ("03-27T12:00", "04-03T12:00"),
    ]
    assert [row["status"] for row in rows] == ["closed", "closed", "closed", "incomplete"]


def test_the_table_adds_up_to_the_weeks(tmp_path: Path) -> None:
    ports = press(tmp_path)
    plan_week(ports, MORNINGS)
    ledger = settle(ports)
    rows = list(csv.DictReader(io.StringIO(ledger_csv(ledger))))
    closed = [row for row in rows if row["week_status"] == "closed"]
    assert len(closed) == 8
    for arm in ARMS:
        told = sum(float(row[f"{arm}_eur"]) for row in closed)
        assert told == pytest.approx(ledger["total"]["closed"]["arms"][arm]["eur"], abs=1e-9)
    assert write_csv(tmp_path / "savings.csv", ledger_csv(ledger)) == len(rows)
    with pytest.raises(UsageError, match="cannot be written"):
        write_csv(tmp_path / "nowhere" / "savings.csv", "")


def test_replanning_settles_on_equal_work(tmp_path: Path) -> None:
    """The tiny plant re-planned every other evening by the real planner; costs 4 s."""
    ports = empty_ports(tmp_path, tiny(), local("2026-03-06T22:00"))
    for day in ("06", "09", "11"):
        today = fill(at(ports, f"2026-03-{day}T22:00"), 20 if day == "06" else 3)
        make_plan(today, PlanRequest(days=7, allow_late=True, time_limit_s=0.5))
    ledger = settle(fill(at(ports, "2026-03-14T12:00"), 3))
    row = week(ledger, NAME)
    assert row["status"] == "closed" and row["same_work"] is True
    arms = [row["arms"][arm] for arm in ARMS]
    assert len({round(arm["kwh"], 6) for arm in arms}) == 1
    assert {arm["batches"] for arm in arms} == {10}
    assert row["arms"]["executed"]["eur"] == pytest.approx(row["arms"]["plan"]["eur"])
    assert row["arms"]["hindsight"]["eur"] <= row["arms"]["executed"]["eur"] + 1e-9
    assert 0 < row["captured_at_least"] <= row["captured_share"] <= 1
    bound = row["arms"]["hindsight"]["eur"] * (1 - row["hindsight_gap"])
    least = row["saving_eur"] / (row["arms"]["baseline"]["eur"] - bound)
    assert row["captured_at_least"] == pytest.approx(least)
    assert ledger["total"]["closed"]["captured_at_least"] == pytest.approx(least)


def test_baseline_and_hindsight_keep_every_rule(tmp_path: Path) -> None:
    """As the independent checker sees it, on what the plant re-planned in mid-week had made."""
    ports = empty_ports(tmp_path, tiny("fixed"), local("2026-03-06T22:00"))
    for day in ("06", "11"):
        make_plan(at(ports, f"2026-03-{day}T22:00"), PlanRequest(days=7, allow_late=True))
    later = at(ports, "2026-03-14T12:00")
    window = Window(local(WEEK[0]), local(WEEK[1]))
    told = read_week(later, read_in_force(later, window.start), window)
    posed = pose_week(later, told, {})
    best = hindsight_of(later, posed, told.work, 5)
    assert best is not None
    assert [(lot.batches, lot.due_text[:16]) for lot in posed.lots] == [
        (2, f"2026-03-{day:02d}T22:00") for day in range(9, 14)
    ]
    wants = tuple(
        Wanted("loaf", lot.batches, window.start + timedelta(minutes=15 * lot.due), True, 0)
        for lot in posed.lots
    )
    climate = read_climate(later, window, later.clock())
    for found in (best, as_ordered(posed, told.work, best)):
        assert violations(told.factory, schedule_of(posed, found, wants, told.factory), climate, None) == []


def test_the_job_settles_and_again_only_what_changed(tmp_path: Path) -> None:
    ports = press(tmp_path)
    plan_week(ports, MORNINGS)
    world = World(ports, lambda: ports, offline=True)
    settle_recent(world)
    first = ports.store.find("ledger", id=ID)[0]
    assert first.body["status"] == "closed"
    assert ports.store.find("sync", id="settle")[0].body["changed"] == 1
    assert not prices_came("settle")(world, ports.clock())
    tomorrow = at(ports, "2026-03-15T12:00")
    settle_recent(World(tomorrow, lambda: tomorrow, offline=True))
    assert ports.store.find("sync", id="settle")[0].body["changed"] == 0
    assert ports.store.find("ledger", id=ID)[0].at == first.at, "a closed week is not written again"
