"""The living plan of the tiny plant: what was reported or taken as planned stays, the rest moves."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from chocolate_factory.core.errors import ChocolateError, Infeasible, NotFound, UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.production import Kind
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.file_locks import FileLocks
from chocolate_factory.services.compare_plans import compare_plans
from chocolate_factory.services.log_production import Entry, log_production
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from chocolate_factory.services.planned_load import planned_load
from chocolate_factory.services.read_production import log_rows, read_past, stock_rows, under_way
from chocolate_factory.services.reasons_to_plan import reasons_to_plan
from chocolate_factory.services.settle_plans import SettleRequest, settle_plans
from chocolate_factory.tasks.keep_fresh import PLAN_DAYS
from tests.conftest import ROOT
from tests.worlds import empty_ports, tiny

MORNING = datetime(2026, 3, 11, 4, 45, tzinfo=UTC)
Row = dict[str, Any]
PLAN = PlanRequest(days=1)
LATE = PlanRequest(days=1, allow_late=True)


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    """The tiny plant on a fixed contract: nothing to sync, only hours P1 to P6 differ."""
    return empty_ports(tmp_path, tiny("fixed"), MORNING)


def at(ports: Ports, moment: datetime) -> Ports:
    return replace(ports, clock=lambda: moment)


def when(run: Row, key: str = "start") -> datetime:
    return datetime.fromisoformat(run[key]).astimezone(UTC)


def runs(plan: Row, process: str) -> list[Row]:
    return sorted((r for r in plan["runs"] if r["process"] == process), key=when)


def say(ports: Ports, kind: Kind, **given: Any) -> list[Row]:
    return log_production(ports, Entry(kind, "test", **given))


def test_what_has_begun_stays_without_any_report(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    mixed = runs(first, "mix")[0]
    later = at(ports, when(mixed) + timedelta(minutes=10))
    second = make_plan(later, PLAN)
    assert [(r["batch"], r["process"]) for r in second["begun"]] == [(mixed["batch"], "mix")]
    assert second["begun"][0]["start"] == mixed["start"]
    rest = [r for r in second["runs"] if r["batch"] == mixed["batch"]]
    assert [r["process"] for r in rest] == ["bake"]
    wait = when(rest[0]) - when(mixed, "end")
    assert timedelta(0) <= wait <= timedelta(minutes=120)
    batches = {r["batch"] for plan in (first, second) for r in plan["runs"] if "03-11" in r["batch"]}
    assert len(batches) == 2, "nothing is made twice"
    assert any("not reported" in sentence for sentence in second["assumptions"])


def test_a_run_that_goes_on_draws_power_and_takes_its_machine(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    mixed = runs(first, "mix")[0]
    second = make_plan(at(ports, when(mixed) + timedelta(minutes=5)), PLAN)
    assert when(second["window"]) == when(mixed) + timedelta(minutes=15)
    [first_slot] = [point["kw"] for point in second["load_kw"][:1]]
    assert first_slot >= 1.0 + 6.0, "fridge and mixer"
    assert all(when(r) >= when(mixed, "end") for r in runs(second, "mix"))


def test_goods_follow_the_plan_and_nothing_is_made_again(ports: Ports) -> None:
    make_plan(ports, PLAN)
    evening = at(ports, datetime(2026, 3, 11, 20, 40, tzinfo=UTC))
    assert stock_rows(evening)[0]["batches"] == 2
    second = make_plan(evening, PLAN)
    assert second["in_stock"] == [{"product": "loaf", "batches": 2}]
    assert second["assumed_stock"] == []
    night = at(ports, datetime(2026, 3, 11, 22, 0, tzinfo=UTC))
    assert stock_rows(night)[0]["batches"] == 0, "delivered at 22:00 local"
    assert {r["batch"][:15] for r in second["runs"]} == {"loaf-2026-03-12"}


def test_the_same_moment_gives_the_same_plan(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    later = at(ports, when(runs(first, "mix")[0]) + timedelta(minutes=20))
    assert make_plan(later, PLAN)["id"] == make_plan(later, PLAN)["id"]


def test_a_lost_batch_is_made_anew(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    mixed = runs(first, "mix")[0]
    later = at(ports, when(mixed) + timedelta(minutes=10))
    say(later, Kind.FAILED, batch=mixed["batch"], reason="burnt")
    assert under_way(later) == []
    second = make_plan(later, PLAN)
    assert second["begun"] == []
    today = {r["batch"] for r in second["runs"] if "03-11" in r["batch"]}
    assert len(today) == 2
    assert mixed["batch"] not in today, "the name of the lost one is not given again"


def test_reported_times_count(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    mixed = runs(first, "mix")[0]
    began = when(mixed) - timedelta(minutes=12)
    noon = at(ports, began + timedelta(minutes=36))
    say(noon, Kind.STARTED, batch=mixed["batch"], at=began)
    [now] = under_way(noon)
    assert (now["start"], now["end"], now["reported"]) == (began, began + timedelta(minutes=30), True)
    say(noon, Kind.FINISHED, batch=mixed["batch"], at=began + timedelta(minutes=33))
    second = make_plan(noon, PLAN)
    [bake] = [r for r in second["runs"] if r["batch"] == mixed["batch"]]
    assert when(bake) - (began + timedelta(minutes=33)) <= timedelta(minutes=120)
    assert when(bake).minute % 15 == 0


def test_a_late_end_moves_what_follows(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    mixed, baked = runs(first, "mix")[0], runs(first, "bake")[0]
    assert mixed["batch"] == baked["batch"]
    late = at(ports, when(baked) + timedelta(minutes=20))
    say(late, Kind.FINISHED, batch=mixed["batch"], step="mix", at=when(baked) + timedelta(minutes=5))
    assert [r["process"] for r in under_way(late)] == ["mix"], "baking cannot have begun before"
    [bake] = [r for r in make_plan(late, PLAN)["runs"] if r["batch"] == mixed["batch"]]
    assert when(bake) > when(baked)


def test_a_broken_machine_gives_a_plan_that_touches_nothing_begun(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    baked = runs(first, "bake")[0]
    now = at(ports, when(baked) + timedelta(minutes=10))
    others = [r for r in under_way(now) if r["batch"] != baked["batch"]]
    until = now.clock() + timedelta(hours=3)
    rows = say(now, Kind.FAILED, batch=baked["batch"], machine="oven", until=until)
    assert [r["kind"] for r in rows] == ["failed", "outage"]
    assert rows[1]["unit"] == baked["unit"]
    assert reasons_to_plan(now, PLAN_DAYS)
    second = make_plan(now, PlanRequest(allow_late=True))
    for run in others:
        kept = [b for b in second["begun"] if (b["batch"], b["process"]) == (run["batch"], run["process"])]
        assert [when(b) for b in kept] == [run["start"]]
    for run in runs(second, "bake"):
        assert when(run) >= until or run["unit"] != baked["unit"]
    assert not reasons_to_plan(now, PLAN_DAYS)
    told = compare_plans(now)
    assert (told["before"], told["after"]) == (first["id"], second["id"])
    assert told["words"][0].startswith(f"{told['unchanged']} runs stay")


def test_all_ovens_broken_strand_a_batch_which_is_said(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    mixed = runs(first, "mix")[0]
    now = at(ports, when(mixed) + timedelta(minutes=10))
    say(now, Kind.OUTAGE, machine="oven", units=2, until=now.clock() + timedelta(hours=5))
    second = make_plan(now, LATE)
    assert second["given_up"] == [mixed["batch"]]
    assert any("made anew" in sentence for sentence in second["assumptions"])
    assert all(when(r) >= now.clock() + timedelta(hours=5) for r in runs(second, "bake"))
    third = make_plan(at(ports, now.clock() + timedelta(minutes=30)), LATE)
    assert mixed["batch"] not in {r["batch"] for r in [*third["runs"], *third["begun"]]}


def test_counted_stock_replaces_what_was_reckoned(ports: Ports) -> None:
    say(ports, Kind.STOCK, product="loaf", kg=149.0)
    plan = make_plan(ports, PLAN)
    assert plan["in_stock"] == [{"product": "loaf", "batches": 2}]
    assert {r["batch"][:15] for r in plan["runs"]} == {"loaf-2026-03-12"}
    [row] = say(ports, Kind.STOCK, product="loaf", kg=50)
    assert len({r["batch"] for r in make_plan(ports, PLAN)["runs"]}) == 3
    say(ports, Kind.UNDONE, undoes=row["id"])
    assert make_plan(ports, PLAN)["in_stock"] == plan["in_stock"]
    assert [r["undone"] for r in log_rows(ports)] == [False, True, False]


def test_what_is_owed_is_late_or_infeasible(ports: Ports) -> None:
    make_plan(ports, PLAN)
    night = at(ports, datetime(2026, 3, 11, 20, 45, tzinfo=UTC))
    say(night, Kind.STOCK, product="loaf", kg=0)
    after = at(ports, datetime(2026, 3, 11, 21, 5, tzinfo=UTC))
    with pytest.raises(Infeasible, match="2026-03-11T22:00"):
        make_plan(after, PLAN)
    plan = make_plan(after, LATE)
    assert [(row["batches"], row["due"][:10]) for row in plan["late"]] == [(2, "2026-03-11")]
    assert len({r["batch"] for r in plan["runs"]}) == 4
    assert any("still owed" in sentence for sentence in plan["assumptions"])


def test_settling_a_plan_with_pinned_runs(ports: Ports) -> None:
    first = make_plan(ports, PLAN)
    second = make_plan(at(ports, when(runs(first, "mix")[0]) + timedelta(minutes=10)), PLAN)
    over = at(ports, MORNING + timedelta(days=3))
    report = settle_plans(over, SettleRequest(Window(MORNING, MORNING + timedelta(days=1)), 5))
    row = next(row for row in report["plans"] if row["plan"] == second["id"])
    assert row["hindsight_cost_eur"] == pytest.approx(row["plan_cost_eur"], abs=0.02)
    window = Window(MORNING, MORNING + timedelta(hours=40))
    drawn = planned_load(over, window)
    assert sum(drawn.kwh) == pytest.approx(40 * 1.0 + 4 * (6 * 0.5 + 11 * 1.0)), "each batch counts once"


def entry(kind: Kind, **given: Any) -> Callable[[Row, Ports], Entry]:
    return lambda plan, ports: Entry(
        kind, "test", **{k: v(plan, ports) if callable(v) else v for k, v in given.items()}
    )


def batch(plan: Row, _: Ports) -> str:
    return str(runs(plan, "mix")[0]["batch"])


def last(plan: Row, _: Ports) -> str:
    return str(runs(plan, "mix")[-1]["batch"])


def ahead(_: Row, ports: Ports) -> datetime:
    return ports.clock() + timedelta(minutes=1)


def before(plan: Row, _: Ports) -> datetime:
    return when(runs(plan, "mix")[0]) - timedelta(minutes=1)


WRONG = {
    "unknown batch": (NotFound, entry(Kind.STARTED, batch="loaf-9")),
    "unknown step": (UsageError, entry(Kind.STARTED, batch=batch, step="fry")),
    "unknown machine": (UsageError, entry(Kind.OUTAGE, machine="fryer", until=ahead)),
    "wrong machine": (UsageError, entry(Kind.STARTED, batch=last, machine="oven")),
    "no such unit": (UsageError, entry(Kind.STARTED, batch=batch, unit=4)),
    "to come": (UsageError, entry(Kind.STARTED, batch=batch, at=ahead)),
    "end before start": (UsageError, entry(Kind.FINISHED, batch=batch, at=before)),
    "end of what has not begun": (UsageError, entry(Kind.FINISHED, batch=last)),
    "step before its turn": (UsageError, entry(Kind.STARTED, batch=last, step="bake")),
    "machine taken": (UsageError, entry(Kind.STARTED, batch=last)),
    "more away than there are": (UsageError, entry(Kind.OUTAGE, machine="oven", units=3, until=ahead)),
    "under a run": (UsageError, entry(Kind.OUTAGE, machine="mixer", until=ahead)),
    "no end": (UsageError, entry(Kind.OUTAGE, machine="oven")),
    "unknown product": (UsageError, entry(Kind.STOCK, product="cake", kg=1.0)),
    "less than nothing": (UsageError, entry(Kind.STOCK, product="loaf", kg=-1.0)),
    "no number": (UsageError, entry(Kind.STOCK, product="loaf", kg=float("nan"))),
    "lost before it began": (UsageError, entry(Kind.FAILED, batch=last)),
    "unknown report": (NotFound, entry(Kind.UNDONE, undoes="r9")),
    "long text": (UsageError, entry(Kind.FAILED, batch=batch, note="x" * 301)),
}


def test_what_cannot_be_is_refused_with_a_remedy(ports: Ports) -> None:
    plan = make_plan(ports, PLAN)
    now = at(ports, when(runs(plan, "mix")[0]) + timedelta(minutes=10))
    say(now, Kind.STARTED, batch=batch(plan, now), at=when(runs(plan, "mix")[0]))
    for name, (error, made) in WRONG.items():
        with pytest.raises(ChocolateError, match=r"\.") as caught:
            pytest.fail(f"{name}: {log_production(now, made(plan, now))}")
        assert isinstance(caught.value, error), name
        assert caught.value.hint, name
    assert len(log_rows(now)) == 1


def test_twice_and_after_the_end(ports: Ports) -> None:
    plan = make_plan(ports, PLAN)
    mixed = runs(plan, "mix")[0]
    now = at(ports, when(mixed, "end") + timedelta(minutes=1))
    say(now, Kind.STARTED, batch=mixed["batch"], step="1", at=when(mixed))
    for _ in range(2):
        with pytest.raises(UsageError, match="reported to have started"):
            say(now, Kind.STARTED, batch=mixed["batch"], step="1", at=when(mixed))
    say(now, Kind.FINISHED, batch=mixed["batch"], step="mix", at=when(mixed, "end"))
    with pytest.raises(UsageError, match="reported already"):
        say(now, Kind.FINISHED, batch=mixed["batch"], step="mix")
    say(now, Kind.FAILED, batch=mixed["batch"])
    with pytest.raises(UsageError, match="lost"):
        say(now, Kind.STARTED, batch=mixed["batch"])


def test_nothing_to_compare(ports: Ports) -> None:
    with pytest.raises(NotFound):
        compare_plans(ports)
    plan = make_plan(ports, PLAN)
    with pytest.raises(NotFound):
        compare_plans(ports, plan["id"], "nothing")
    same = compare_plans(ports, plan["id"], plan["id"])
    assert same["words"] == [f"{len(plan['runs'])} runs stay, 0 move, 0 are new, 0 are dropped.",
                             "The plan costs the same."]  # fmt: skip


def test_the_unattended_loop_plans_again_after_a_report(ports: Ports) -> None:
    make_plan(ports, PlanRequest(allow_late=True))
    later = at(ports, MORNING + timedelta(minutes=1))
    assert not reasons_to_plan(later, PLAN_DAYS)
    say(later, Kind.STOCK, product="loaf", kg=50)
    assert reasons_to_plan(later, PLAN_DAYS)


@pytest.mark.parametrize("seed", range(3))
def test_a_plan_lives_through_days_of_reports(ports: Ports, seed: int) -> None:
    """Whatever is reported: each plan is checked, and leaves alone what had begun and was not lost."""
    random, now = Random(seed), MORNING
    make_plan(ports, LATE)
    for _ in range(7):
        now += timedelta(minutes=random.choice((5, 25, 50, 110, 260)))
        here = at(ports, now)
        known = {(r["batch"], r["process"]): r["start"] for r in under_way(here)}
        touched = report_something(here, random)
        plan = make_plan(here, LATE)
        begun = {(r["batch"], r["process"]): when(r) for r in plan["begun"]}
        planned = {(r["batch"], r["process"]) for r in plan["runs"]}
        for key, start in known.items():
            if key[0] not in {*touched, *plan["given_up"]}:
                assert begun.get(key, start) == start
                assert key not in planned, "what has begun is not planned again"
        rows = log_rows(here)
        lost = {r["batch"] for r in rows if r["kind"] == "failed"}
        assert not lost & {r["batch"] for r in [*plan["runs"], *plan["begun"]]}


def report_something(ports: Ports, random: Random) -> set[str]:
    """A random report; what cannot be is refused. Returns the batches that it speaks of."""
    now = ports.clock()
    newest = ports.store.find("plan", limit=1)[0].body["answer"]
    names = sorted({r["batch"] for r in [*newest["runs"], *newest["begun"]]})  # type: ignore[index]
    name, ago = random.choice(names), now - timedelta(minutes=random.randrange(40))
    kind = random.choice((Kind.STARTED, Kind.FINISHED, Kind.FAILED, Kind.OUTAGE, Kind.STOCK))
    given: dict[Kind, dict[str, Any]] = {
        Kind.OUTAGE: {"machine": "oven", "until": now + timedelta(hours=2), "at": ago},
        Kind.STOCK: {"product": "loaf", "kg": random.choice((0, 50, 120)), "at": ago},
    }
    try:
        rows = say(ports, kind, **given.get(kind, {"batch": name, "at": ago}))
    except UsageError:
        return set()
    return {row["batch"] for row in rows}


def test_a_broken_conche_of_the_reference_plant(tmp_path: Path) -> None:
    """A conche breaks with its batch: a new checked plan in which all else goes on (about 3 s)."""
    text = (ROOT / "factory.toml").read_text(encoding="utf-8")
    fixed = 'kind = "fixed"\nenergy_eur_mwh = [190, 170, 150, 140, 130, 120]\n#'
    ports = empty_ports(
        tmp_path, text.replace('kind = "indexed"', fixed), datetime(2026, 3, 10, 20, tzinfo=UTC)
    )
    request = PlanRequest(days=2, allow_late=True, time_limit_s=1)
    first = runs(make_plan(ports, request), "conche")[0]
    now = at(ports, when(first) + timedelta(minutes=90))
    going = under_way(now)
    conched = next(r for r in going if r["process"] == "conche" and r["batch"] == first["batch"])
    until = now.clock() + timedelta(hours=4)
    say(now, Kind.FAILED, batch=conched["batch"], machine="conche", until=until, reason="bearing")
    plan = make_plan(now, request)
    begun = {(r["batch"], r["process"]): when(r) for r in plan["begun"]}
    rest = {r["batch"] for r in [*plan["runs"], *plan["begun"]]}
    assert conched["batch"] not in rest
    for run in going:
        if run["batch"] not in {conched["batch"], *plan["given_up"]}:
            assert begun[run["batch"], run["process"]] == run["start"]
            assert run["batch"] in rest
    assert len(plan["given_up"]) <= 1, "only a batch that waits for the lost conche may have no place"
    for run in runs(plan, "conche"):
        assert when(run) >= until or run["unit"] != conched["unit"]


def test_planned_again_and_again_exactly_what_is_due_is_made(ports: Ports) -> None:
    """Nobody reports anything for two days: two loaves are made for each evening, however often planned."""
    made: set[str] = set()
    for hours in range(0, 46, 6):
        here = at(ports, MORNING + timedelta(hours=hours))
        plan = make_plan(here, PLAN)
        assert plan["late"] == plan["given_up"] == []
        made |= {r["batch"] for r in under_way(here)} | {r["batch"] for r in plan["begun"]}
        made |= {r["batch"] for r in plan["runs"]}
    last = {name for name in made if "03-13" in name}
    assert made - last == {f"loaf-2026-03-{day}-{number}" for day in (11, 12) for number in (1, 2)}
    assert len(last) <= 2
    assert stock_rows(at(ports, datetime(2026, 3, 12, 21, tzinfo=UTC)))[0]["batches"] == 0


def test_two_reports_at_once_start_a_step_once(
    ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second is checked against the first, even where both came at the same moment."""
    mixed = runs(make_plan(ports, PLAN), "mix")[0]
    world = replace(at(ports, when(mixed) + timedelta(minutes=1)), alone=FileLocks(tmp_path / "locks").wait)
    both = Barrier(2)

    def read_with_the_other(*given: Any) -> Any:
        found = read_past(*given)
        with suppress(BrokenBarrierError):
            both.wait(0.3)
        return found

    monkeypatch.setattr("chocolate_factory.services.log_production.read_past", read_with_the_other)

    def start(_number: int) -> str:
        try:
            say(world, Kind.STARTED, batch=mixed["batch"], step="mix")
        except UsageError as error:
            return error.message
        return "kept"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(start, range(2)), key="kept".__eq__)
    assert told[1] == "kept"
    assert "is reported to have started" in told[0]
    assert len(log_rows(world)) == 1
