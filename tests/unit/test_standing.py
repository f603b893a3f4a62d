"""Finished goods, what is owed, and which wants the batches under way answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chocolate_factory.domain.factory import Outage
from chocolate_factory.domain.plan import Wanted
from chocolate_factory.domain.production import (
    Done,
    Kind,
    Planned,
    Report,
    carried_out,
    report_json,
    report_of,
    standing_reports,
    with_outages,
)
from chocolate_factory.domain.standing import Books, Tail, keep_books, standing
from tests.unit.plan_samples import QUARTER, local, plant, run

START, END = local("2026-03-18T08:00"), local("2026-03-20T00:00")
HOUR = timedelta(hours=1)
PLANNED = Planned(
    "bar-1",
    "bar",
    {
        0: run("bar-1", 0, 1, "2026-03-18T07:00"),
        1: run("bar-1", 1, 2, "2026-03-18T07:30"),
        2: run("bar-1", 2, 1, "2026-03-18T09:00"),
    },
)


def want(hours: float, batches: int, *, hard: bool = True, entry: int = 0) -> Wanted:
    return Wanted("bar", batches, START + hours * HOUR, hard, entry)


def done(name: str, end: datetime, *, steps: int = 3, failed: datetime | None = None) -> Done:
    runs = tuple(replace(PLANNED.runs[n], batch=name) for n in range(steps))
    runs = (*runs[:-1], replace(runs[-1], end=end))
    return Done(name, "bar", runs, (False,) * steps, steps == 3, failed)


def report(kind: Kind, clock: str, **given: object) -> Report:
    moment = local(f"2026-03-18T{clock}")
    return Report("r", moment, kind, moment, "test", **given)  # type: ignore[arg-type]


def test_what_is_finished_meets_what_is_due() -> None:
    made = [done("bar-1", START + 1 * HOUR), done("bar-2", START + 3 * HOUR)]
    dues = [want(2, 2), want(4, 1)]
    first = keep_books(plant(), Books({}), (made, dues, []), START + 2 * HOUR)
    assert (first.finished["bar"], [w.batches for w in first.owed]) == (0, [1])
    later = keep_books(plant(), Books({}), (made, dues, []), START + 5 * HOUR)
    assert [(w.due, w.batches) for w in later.owed] == [(START + 4 * HOUR, 1)], "the oldest is met first"


def test_a_count_replaces_what_was_reckoned() -> None:
    count = Report("r", START, Kind.STOCK, START + 3 * HOUR, "test", product="bar", kg=39.9)
    made = [done("bar-1", START + 1 * HOUR), done("bar-2", START + 4 * HOUR)]
    books = keep_books(plant(), Books({"bar": 7}), (made, [want(2, 9)], [count]), START + 5 * HOUR)
    assert (books.finished, books.owed) == ({"bar": 4}, ()), "39.9 kg are three batches, one came after"


def test_goods_answer_first_then_what_is_under_way() -> None:
    wants = [want(4, 2), want(8, 2), want(60, 2, hard=False)]
    tail = done("bar-7", START + HOUR, steps=1)
    last = done("bar-8", START + HOUR)
    found = standing((wants, []), Books({"bar": 1}), [tail, last, done("bar-9", START)], (START, END))
    assert [(w.due, w.batches) for w in found.wanted] == [
        (START + 8 * HOUR, 1),
        (START + 60 * HOUR, 2),
        (START + 8 * HOUR, 1),
    ]
    assert found.tails == (Tail("bar-7", "bar", 1, START + HOUR),)
    assert {r.batch for r in found.begun} == {"bar-7", "bar-8"}, "the ninth is finished"


def test_a_batch_that_nobody_wants_any_more_is_finished() -> None:
    found = standing(([], []), Books({}), [done("bar-7", START, steps=2)], (START, END))
    assert [(w.due, w.batches, w.hard) for w in found.wanted] == [(END, 1, True)]


def test_what_is_owed_comes_first() -> None:
    tail = done("bar-7", START + HOUR, steps=1)
    found = standing(([want(8, 1)], []), Books({}, (want(-2, 1),)), [tail], (START, END))
    assert [w.due for w in found.wanted] == [START + 8 * HOUR, START - 2 * HOUR]
    late = done("bar-8", START + 2 * HOUR)
    found = standing(([want(1, 1), want(8, 1)], []), Books({}), [late], (START, END))
    assert [w.due for w in found.wanted] == [START + 1 * HOUR], "it would be late for the first"


def test_work_ahead_of_time_counts_for_the_time_before() -> None:
    soft, before = want(60, 3, hard=False), want(60, 2, hard=False)
    found = standing(([soft], [before]), Books({"bar": 2}), [], (START, END))
    assert [w.batches for w in found.wanted] == [3], "two of it were for the time before"
    found = standing(([soft], [before]), Books({"bar": 3}), [], (START, END))
    assert [w.batches for w in found.wanted] == [2]
    found = standing(([soft], [before]), Books({}), [], (START, END))
    assert [w.batches for w in found.wanted] == [3]


def test_slots_of_a_tail() -> None:
    tail = Tail("bar-7", "bar", 1, START + timedelta(minutes=20))
    assert (tail.earliest(START), tail.latest(START, 4), tail.latest(START, None)) == (2, 5, None)
    over = Tail("bar-7", "bar", 1, START - 3 * HOUR)
    assert (over.earliest(START), over.latest(START, 4)) == (0, -1)


def begun(reports: list[Report], until: datetime = START) -> list[tuple[str, datetime, datetime, bool]]:
    found = carried_out(plant(), PLANNED, reports, until)
    assert found is not None
    return [(r.process, r.start, r.end, said) for r, said in zip(found.runs, found.reported, strict=True)]


def test_without_reports_the_plan_is_taken() -> None:
    mix, bake, _ = PLANNED.runs.values()
    assert begun([]) == [("mix", mix.start, mix.end, False), ("bake", bake.start, bake.end, False)]
    assert carried_out(plant(), PLANNED, [], mix.start) is None
    assert carried_out(plant(), replace(PLANNED, product="pie"), [], START) is None


def test_reports_move_what_follows() -> None:
    late = report(Kind.FINISHED, "07:40", batch="bar-1", step=0)
    assert [row[0] for row in begun([late])] == ["mix"], "baking cannot have begun at half past"
    started = report(Kind.STARTED, "07:50", batch="bar-1", step=1)
    assert begun([late, started])[1] == ("bake", started.moment, started.moment + 4 * QUARTER, True)
    early = report(Kind.STARTED, "07:20", batch="bar-1", step=1)
    assert begun([early])[0][2] == early.moment, "the next step ends the one before"
    packed = report(Kind.STARTED, "07:55", batch="bar-1", step=2)
    assert [row[3] for row in begun([packed])] == [False, False, True]


def test_a_lost_batch_ends() -> None:
    lost = report(Kind.FAILED, "07:45", batch="bar-1")
    found = carried_out(plant(), PLANNED, [lost], START)
    assert found is not None
    assert (found.end, found.failed_at) == (lost.moment, lost.moment)


def test_reports_taken_back_are_kept_but_do_not_stand() -> None:
    first = replace(report(Kind.STOCK, "07:00", product="bar", kg=1.0), id="r1")
    back = replace(report(Kind.UNDONE, "07:05", undoes="r1"), id="r2")
    assert standing_reports([back, first]) == []
    for one in (first, back, report(Kind.OUTAGE, "07:00", machine="oven", units=1, until=END, unit=2)):
        assert report_of(report_json(one)) == one


def test_an_outage_takes_units_away() -> None:
    out = report(Kind.OUTAGE, "07:00", machine="oven", units=1, until=END)
    oven = with_outages(plant(), [out]).machine("oven")
    assert oven.unavailable[-1] == Outage(out.moment, END, 1)
    assert len(oven.unavailable) == len(plant().machine("oven").unavailable) + 1
