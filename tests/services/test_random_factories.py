"""Random factory files, from the text to the stored plan: both arms keep every rule of the checker.

`make_plan` gives both arms to the checker, which shares no code with planner and baseline, and raises where
it finds anything; here nothing but a plan or a named refusal may come out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from chocolate_factory.core.errors import ChocolateError, Misconfigured
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from tests.worlds import CONTRACTS, empty_ports, sample_ports, tiny

PLANTS = 36
CHANGES_OF_CLOCK = (datetime(2026, 3, 28, 13, tzinfo=UTC), datetime(2025, 10, 25, 6, tzinfo=UTC))
MONTH_ENDS = datetime(2026, 3, 31, 16, 40, tzinfo=UTC)
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def quoted(names: list[str]) -> str:
    """A TOML list of texts."""
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def random_factory(random: Random, kind: str, day: str) -> str:
    """A factory file: shifts, machines with outages, recipes with every limit, auxiliaries, demand."""
    contract = CONTRACTS[kind][0]
    strong = 1.5 if kind == "pvpc" else 14.0
    parts = [
        '[site]\nname = "Random"\ntimezone = "Europe/Madrid"\nlatitude = 38.0\nlongitude = -3.6',
        random.choice(['holidays = "ES-AN"\n', ""]),
        f"[contract]\n{contract}\n",
    ]
    for _ in range(random.randint(1, 2)):
        start, length = random.choice([0, 5, 6, 14, 22]), random.randint(9, 16)
        days = sorted(random.sample(WEEK, random.randint(5, 7)), key=WEEK.index)
        end = f"{(start + length) % 24:02}:{random.choice(['00', '20', '45'])}"
        parts.append(f'[[shift]]\ndays = {quoted(days)}\nstart = "{start:02}:00"\nend = "{end}"\n')
    machines = [f"machine {number}" for number in range(random.randint(1, 3))]
    for name in machines:
        count, power = random.randint(1, 3), round(random.uniform(0.2, strong), 1)
        parts.append(f'[[machine]]\nname = "{name}"\ncount = {count}\npower_kw = {power}')
        if random.random() < 0.4:
            first = random.randint(0, 15)
            span = f'"{day}T{first:02}:10", "{day}T{first + random.randint(1, 8):02}:05"'
            parts.append(f"unavailable = [[{span}, {random.randint(1, count)}]]")
    for number in range(random.randint(1, 3)):
        parts.append(f'[[product]]\nname = "product {number}"\nbatch_kg = {random.choice([10, 40, 100])}')
        parts += [random_step(random, machines, place) for place in range(random.randint(1, 4))]
        for _ in range(random.randint(0 if number else 1, 2)):
            parts.append(random_demand(random, f"product {number}"))
    parts.append('[[auxiliary]]\nname = "cooling"\npower_kw = 0.7\nkw_per_degree_above = [12, 0.02]')
    parts.append('[[auxiliary]]\nname = "light"\npower_kw = 0.4\nwhen = "staffed"')
    chosen = [table for table in EXTRAS if random.random() < 0.25]
    return "\n".join([*parts, *(EXTRAS[table](random, machines) for table in chosen)])


def setup(random: Random, machines: list[str]) -> str:
    """Time and power between products on a machine."""
    lines = f'[[setup]]\nmachine = "{random.choice(machines)}"\nminutes = {random.choice([0, 15, 40])}'
    return f'{lines}\npower_kw = 0.6\nattended = "{random.choice(["throughout", "none"])}"'


def storage(random: Random, machines: list[str]) -> str:
    """Room before the second step, where a recipe has one."""
    return f'[[storage]]\nname = "tank"\nbefore = "step 1"\nmax_kg = {random.choice([0, 50, 120])}'


def output(random: Random, machines: list[str]) -> str:
    """At most so many kilograms a day."""
    return f"[[output]]\nmax_kg = {random.choice([40, 90, 200])}"


def battery(random: Random, machines: list[str]) -> str:
    """A small battery."""
    return f"[battery]\ncapacity_kwh = {random.choice([2, 8])}\ncharge_kw = 2\ndischarge_kw = 1.5"


def array(random: Random, machines: list[str]) -> str:
    """A small photovoltaic array."""
    return f'[pv]\nkwp = {random.choice([1, 6])}\nsurplus = "{random.choice(["none", "spot"])}"'


MOVES_ENERGY = ("[[product.step.mode]]", "[[setup]]", "[battery]", "[pv]")
"""With one of these two plans of the same batches may use different energy."""
EXTRAS = {function.__name__: function for function in (setup, storage, output, battery, array)}


def random_step(random: Random, machines: list[str], place: int) -> str:
    """A step on one of the machines: of one draw, with a profile, or in two modes."""
    minutes = random.choice([5, 15, 20, 45, 60, 90, 150])
    lines = [
        f'  [[product.step]]\n  process = "step {place}"\n  machine = "{random.choice(machines)}"',
        f'  attended = "{random.choice(["throughout", "ends", "none"])}"',
    ]
    if place and random.random() < 0.7:
        lines.append(f"  wait_max_minutes = {random.choice([0, 5, 15, 60, 240, 900])}")
    if random.random() < 0.2:
        lines.append(f"  max_outdoor_c = {random.choice([9, 13, 18])}")
    if random.random() < 0.1:
        lines.append(f"  max_outdoor_rh = {random.choice([45, 70])}")
    shape = random.choice(["plain", "plain", "power", "profile", "modes"])
    power = round(random.uniform(0.0, 1.5), 2)
    if shape != "modes":
        lines.append(f"  minutes = {minutes}")
    if shape == "power":
        lines.append(f"  power_kw = {power}")
    if shape == "profile":
        lines.append(f"  profile = [[{minutes - 4}, {power}], [4, 1.9]]")
    if shape == "modes":
        for name, longer in (("normal", 0), ("gentle", 35)):
            lines.append(f'    [[product.step.mode]]\n    name = "{name}"\n    minutes = {minutes + longer}')
            lines.append(f"    power_kw = {power if longer else 1.6}")
    return "\n".join(lines)


def random_demand(random: Random, product: str) -> str:
    """An entry of up to six small batches."""
    kg, every = random.choice([0, 1, 40, 60]), random.choice(["weekday", "wed", "sun", *WEEK])
    due = random.choice(["06:30", "12:00", "17:55", "22:00", "24:00"])
    fixed = "\nfixed = true" if random.random() < 0.2 else ""
    return f'[[demand]]\nproduct = "{product}"\nkg = {kg}\nevery = "{every}"\ndue = "{due}"{fixed}'


def with_factory(ports: Ports, text: str) -> Ports:
    """The same world with another plant."""
    return replace(ports, factory=parse_factory(text), factory_text=text)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Ports]]:
    """Market prices and weather on an evening in March; fixed prices where clocks change and months end."""
    folder = tmp_path_factory.mktemp("random")
    market = sample_ports(folder / "market")
    fixed = empty_ports(folder / "fixed", tiny("fixed"))
    found = [("indexed", market), ("pvpc", market)]
    moments = (*CHANGES_OF_CLOCK, MONTH_ENDS)
    return found + [("fixed", replace(fixed, clock=lambda at=at: at)) for at in moments]  # type: ignore[misc]


def planned(ports: Ports, text: str, *, allow_late: bool) -> dict[str, Any] | str:
    """The plan, or the name of the refusal, which says what and why in one sentence."""
    try:
        return make_plan(with_factory(ports, text), PlanRequest(2, allow_late, 1.0))
    except ChocolateError as error:
        assert error.message and error.hint
        return type(error).__name__


def test_plans_of_random_factories_keep_every_rule(worlds: list[tuple[str, Ports]]) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(PLANTS):
        kind, ports = worlds[seed % len(worlds)]
        day = ports.clock().date().isoformat()
        text = random_factory(Random(seed), kind, day)
        answer = planned(ports, text, allow_late=seed % 2 == 0)
        outcomes[answer if isinstance(answer, str) else "plan"] += 1
        if isinstance(answer, str):
            continue
        outcomes["with runs"] += bool(answer["runs"])
        assert answer["violations"] == []
        bound = answer["cost_eur"] - answer["mip_gap"] * abs(answer["cost_eur"])
        assert bound <= answer["baseline"]["cost_eur"] + 1e-6 or answer["late"]
        if not any(table in text for table in MOVES_ENERGY):
            assert answer["baseline"]["energy_kwh"] == pytest.approx(answer["energy_kwh"])
    assert outcomes["with runs"] >= PLANTS // 3, outcomes
    assert set(outcomes) <= {"plan", "with runs", "Infeasible", Misconfigured.__name__}, outcomes
