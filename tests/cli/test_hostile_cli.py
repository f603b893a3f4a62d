"""Factory files and moments that no plant should have: each gets its exit code, one sentence and a remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.cli import run
from tests.worlds import FIXED, tiny

Typed = Callable[..., tuple[str, str]]
TUESDAY = "2026-03-10T21:00:00+01:00"
FILE = tiny("fixed")
DEMAND = FILE[FILE.index("[[demand]]") :]
SHIFTS = FILE[FILE.index("[[shift]]") : FILE.index("[[machine]]")]
PRODUCT = FILE[FILE.index("[[product]]") : FILE.index("[[auxiliary]]")]
MACHINES = FILE[FILE.index("[[machine]]") : FILE.index("[[product]]")]
ENERGY = "[190, 170, 150, 140, 130, 120]"
OTHER_FILE, OTHER_PLANT = "docs/factory.md list what is allowed", "Lower the demand, add a shift or a machine"


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """typed(factory text, words, now=…, expect=0): what the command prints on stdout and stderr."""
    factory = tmp_path / "factory.toml"
    for name, value in (("FACTORY", str(factory)), ("OFFLINE", "1"), ("PLAN__TIME_LIMIT_S", "2")):
        monkeypatch.setenv(f"CHOCO_{name}", value)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("chocolate_factory.cli.configure", lambda *_: None)

    def type_(text: str, *words: str, now: str = TUESDAY, expect: int = 0) -> tuple[str, str]:
        factory.write_text(text, encoding="utf-8")
        monkeypatch.setenv("CHOCO_NOW", now)
        capsys.readouterr()
        code = run(["plan", *words])
        told = capsys.readouterr()
        assert code == expect, told
        assert "Traceback" not in told.err
        return told.out, told.err

    return type_


def planned(typed: Typed, text: str, *words: str, now: str = TUESDAY) -> dict[str, Any]:
    """The plan that a file gets."""
    answer: dict[str, Any] = json.loads(typed(text, "--json", *words, now=now)[0])
    assert answer["violations"] == []
    assert answer["cost_eur"] <= answer["baseline"]["cost_eur"] + 1e-6
    return answer


def changed(*pairs: tuple[str, str], text: str = FILE) -> str:
    """The file with places changed, which must be there."""
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def order(kg: float, due: str) -> str:
    """The file with one more order."""
    return FILE + f'[[demand]]\nproduct = "loaf"\nkg = {kg}\nevery = "once"\ndue = "{due}"\n'


def away(*span: str) -> str:
    """The file with all ovens away for a time."""
    return changed(("power_kw = 11", f'power_kw = 11\nunavailable = [["{span[0]}", "{span[1]}"]]'))


REFUSED = {
    "no unit of a machine": (changed(("count = 2", "count = 0")), ['"oven".count is 0', "from 1 to 1000"]),
    "a machine that is not there": (
        changed(('machine = "oven"', 'machine = "kiln"')),
        ['"bake".machine is "kiln"', "mixer, oven"],
    ),
    "no machine at all": (FILE.replace(MACHINES, ""), ["needed: at least one [[machine]]"]),
    "a negative duration": (
        changed(("minutes = 30", "minutes = -30")),
        ["minutes is -30", "from 1 to 20160"],
    ),
    "no duration": (changed(("minutes = 60", "minutes = 0")), ["minutes is 0", "from 1 to 20160"]),
    "a negative wait": (changed(("= 120", "= -15")), ["wait_max_minutes is -15", "from 0 to 20160"]),
    "a thousand times too much": (
        changed(("kg = 100", "kg = 4e5")),
        ["demand[1].kg", "at most 1000 batches"],
    ),
    "two products of one name": (FILE + PRODUCT, ['product "loaf" is there 2 times', "unique"]),
    "no shift": (FILE.replace(SHIFTS, ""), ["longest staffed time is 0 h", "extend a [[shift]]"]),
    "an outage that ends first": (away("2026-03-12T00:00", "2026-03-11T00:00"), ["ends before it starts"]),
    "a price beyond belief": (changed((ENERGY, "[1e9, 1, 1, 1, 1, 1]")), ["energy_eur_mwh", "to 10000"]),
    "an empty file": ("", ["site is missing", "[site]", "at least one [[product]]"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_is_refused_by_key(typed: Typed, case: str) -> None:
    text, parts = REFUSED[case]
    out, err = typed(text, expect=6)
    assert out == ""
    for part in (*parts, OTHER_FILE, "factory.toml"):
        assert part in err


IMPOSSIBLE = {
    "two orders want the same hour": (order(500, "2026-03-11T08:00"), ["8 of loaf", "machine"]),
    "due before staff is there": (order(50, "2026-03-11T07:15"), ["1 of loaf", "attendance", "due"]),
    "due in a quarter of an hour": (order(50, "2026-03-10T21:15"), ["due 2026-03-10T21:15:00+01:00"]),
    "far above capacity": (changed(("kg = 100", "kg = 40000")), ["770 of loaf", "machine"]),
    "no oven all week": (away("2026-03-01T00:00", "2026-04-01T00:00"), ["2 of loaf", "machine"]),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be_made_is_named_with_its_rules(typed: Typed, case: str) -> None:
    """Exit 5 names batches, due time, rules and ways out; --allow-late gives a plan that says the rest."""
    text, parts = IMPOSSIBLE[case]
    out, err = typed(text, "--days", "2", expect=5)
    assert out == ""
    for part in (*parts, "No feasible plan", "blocked by", OTHER_PLANT, "--allow-late"):
        assert part in err
    answer = planned(typed, text, "--days", "2", "--allow-late")
    assert sum(row["batches"] for row in answer["late"]) >= 1


@pytest.mark.parametrize("due", ["2026-03-01T10:00", "2026-03-10T20:59", "2026-03-10T21:00"])
def test_an_order_due_in_the_past_is_not_made_and_is_named(typed: Typed, due: str) -> None:
    with_it, without = (planned(typed, text, "--days", "1") for text in (order(50, due), FILE))
    told = [text for text in with_it["assumptions"] if text not in without["assumptions"]]
    assert len(told) == 1
    assert f"was due {due.replace('T', ' ')}, before the plan begins" in told[0]
    assert with_it["runs"] == without["runs"]
    assert with_it["cost_eur"] == without["cost_eur"]


@pytest.mark.parametrize("text", [FILE.replace(DEMAND, ""), changed(("kg = 100", "kg = 0"))])
def test_nothing_to_make_costs_what_runs_anyway(typed: Typed, text: str) -> None:
    answer = planned(typed, text, "--days", "1")
    assert answer["runs"] == []
    assert "No demand falls into the window: there is nothing to make." in answer["assumptions"]
    assert answer["energy_kwh"] == pytest.approx(len(answer["load_kw"]) / 4)
    assert answer["cost_eur"] == pytest.approx(answer["baseline"]["cost_eur"])
    assert answer["mip_gap"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("now", "slots"),
    [
        ("2026-03-28T21:00:00+01:00", 4 * (3 + 23)),
        ("2025-10-25T21:00:00+02:00", 4 * (3 + 25)),
        ("2025-10-26T02:30:00+02:00", 4 * 46 + 2),
        ("2025-10-26T02:30:00+01:00", 4 * 45 + 2),
        ("2026-03-28T23:45:00+01:00", 4 * 23 + 1),
        ("2026-03-10T23:45:00+01:00", 4 * 24 + 1),
        ("2026-03-10T23:45:01+01:00", 4 * 48),
        ("2026-03-31T10:00:00+02:00", 4 * 38),
        ("2025-12-31T10:00:00+01:00", 4 * 38),
    ],
)
def test_windows_at_changes_of_clock_month_and_year(typed: Typed, now: str, slots: int) -> None:
    """23 and 25 hours, the smallest window that can be asked for, ends of months with two excess groups."""
    answer = planned(typed, FILE.replace("weekday", "mon") + DEMAND, "--days", "1", now=now)
    assert len(answer["load_kw"]) == slots
    assert answer["load_kw"][0]["start"] == now or now.endswith("45:01+01:00")


@pytest.mark.parametrize(
    ("prices", "low", "high"),
    [
        ("[150, 150, 150, 150, 150, 150]", 1, 30),
        ("[0, 0, 0, 0, 0, 0]", 0, 0),
        ("[-90, -120, -130, -140, -150, -170]", -30, -1),
        ("[10000, 10000, 10000, 10000, 10000, 10000]", 700, 2000),
    ],
)
def test_prices_at_the_edges(typed: Typed, prices: str, low: float, high: float) -> None:
    """All equal, zero, negative, as high as the file allows: a plan, proven."""
    answer = planned(typed, changed((ENERGY, prices)), "--days", "2")
    assert len(answer["runs"]) == 8
    assert low <= answer["cost_eur"] <= high
    assert answer["mip_gap"] <= 0.005


def test_no_wait_at_all(typed: Typed) -> None:
    """Each loaf is baked the moment it is mixed."""
    answer = planned(typed, changed(("= 120", "= 0")), "--days", "2")
    mixed, baked = ({r["batch"]: r for r in answer["runs"] if r["process"] == p} for p in ("mix", "bake"))
    assert len(mixed) == 4
    assert {name: run["end"] for name, run in mixed.items()} == {n: run["start"] for n, run in baked.items()}


@pytest.mark.parametrize(
    ("night", "start", "hours"),
    [("2026-03-28", "22:00", 7), ("2025-10-25", "22:00", 9), ("2026-03-28", "02:30", 3)],
)
def test_a_shift_across_midnight_when_clocks_change(typed: Typed, night: str, start: str, hours: int) -> None:
    """A night shift until 06:00 is an hour shorter or longer; a start inside the gap moves forward by it."""
    text = changed(
        ('["mon", "tue", "wed", "thu", "fri"]', '["sat"]' if start == "22:00" else '["sun"]'),
        ('"06:00"\nend = "22:00"', f'"{start}"\nend = "06:00"'),
        ('every = "weekday"\ndue = "22:00"', 'every = "sun"\ndue = "06:00"'),
        ('when = "always"', 'when = "staffed"'),
    )
    offset = "+01:00" if night.startswith("2026") else "+02:00"
    answer = planned(typed, text, "--days", "1", now=f"{night}T20:00:00{offset}")
    assert len(answer["runs"]) == 4
    staffed = sum(point["kw"] >= 1 for point in answer["load_kw"])
    assert staffed == 4 * hours - (2 if start == "02:30" else 0)


def test_a_contract_of_another_kind_is_still_needed(typed: Typed) -> None:
    """The fixed prices above are no accident: without them the file is refused."""
    _, err = typed(FILE.replace(FIXED, FIXED.replace("energy_eur_mwh", "#")), expect=6)
    assert "contract.energy_eur_mwh is missing" in err
