"""Random small plants from a seed, larger than those brute force can try, in numbers that scale to whole.

Prices are multiples of 0.001 EUR/kWh, powers of 0.5 kW and rates of 0.01 EUR/kW, so that a planner that
reckons in integers sees exactly the same problem.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np

from chocolate_factory.domain.problem import ExcessGroup, Lot, Problem, ProblemProduct, ProblemStep
from tests.unit.planners.tiny_plants import lot, problem, step

PRICES = ("free", "free", "free", "two", "flat", "zero", "negative", "huge")


def random_plant(seed: int, *, firm: bool = False) -> Problem:
    """One plant of 10 to 20 slots; `firm`: hard lots alone, no stock, no lateness and no power limit."""
    given = drawn_plant(Random(seed))
    if firm:
        firm_lots = tuple(replace(w, hard=True, may_be_stock=False) for w in given.lots)
        given = replace(given, lots=firm_lots, power_cap_kw=None, allow_late=False)
    return given


def drawn_plant(random: Random) -> Problem:
    """Machines, recipes, lots, prices and limits."""
    slots, machines = random.randint(10, 20), random.randint(1, 3)
    staff = attendance(random, slots)
    recipes = [random_recipe(random, staff, machines) for _ in range(random.randint(1, 3))]
    names = range(len(recipes))
    lots = [random_lot(random, random.choice(names), slots) for _ in range(random.randint(1, 3))]
    given = problem(
        random_price(random, slots),
        recipes,
        [random.randint(1, 2) for _ in range(machines)],
        lots,
        allow_late=random.random() < 0.25,
    )
    if random.random() < 0.3:
        given = with_variants(random, given, staff)
    given = replace(given, auxiliary_kw=np.array([random.choice([0.5, 1.0, 1.0, 2.5]) for _ in range(slots)]))
    return with_power(random, with_outages(random, given))


def attendance(random: Random, slots: int) -> list[bool]:
    """A shift or two."""
    present = np.zeros(slots, bool)
    first = random.randint(0, slots // 4)
    present[first : first + random.randint(2 * slots // 3, slots)] = True
    present[random.randint(2 * slots // 3, slots) :] |= random.random() < 0.3
    return [bool(here) for here in present]


def random_recipe(random: Random, staff: list[bool], machines: int) -> list[ProblemStep]:
    """One to three steps, staffed or not, some with a draw that varies from slot to slot."""
    return [random_step(random, staff, machines) for _ in range(random.randint(1, 3))]


def random_step(random: Random, staff: list[bool], machines: int) -> ProblemStep:
    """A step of one to four slots."""
    duration, power = random.randint(1, 4), random.randint(2, 40) / 2
    allowed = staff if random.random() < 0.6 else [True] * len(staff)
    wait = random.choice([None, None, 0, 1, 4])
    made = step(random.randrange(machines), duration, power, allowed, wait)
    if random.random() < 0.25:
        profile = tuple(random.randint(0, 40) / 2 for _ in range(duration))
        made = replace(made, profile_kw=profile, power_kw=sum(profile) / duration)
    return made


def random_lot(random: Random, item: int, slots: int) -> Lot:
    """One or two batches: hard, hard and perhaps in stock, or anticipated for the window's end."""
    batches = random.randint(1, 2)
    if random.random() < 0.2:
        return lot(item, batches, slots, hard=False)
    return lot(item, batches, random.randint(2 * slots // 3, slots), stock=random.random() < 0.2)


def random_price(random: Random, slots: int) -> list[float]:
    """Prices in EUR/kWh of one of several kinds."""
    kind = random.choice(PRICES)
    spans = {"free": (-50, 400), "negative": (-900, -1), "huge": (50_000, 99_000)}
    if kind in spans:
        return [random.randint(*spans[kind]) / 1000 for _ in range(slots)]
    if kind == "two":
        return [random.choice([0.1, 0.2]) for _ in range(slots)]
    return [0.0 if kind == "zero" else random.randint(1, 300) / 1000] * slots


def with_variants(random: Random, given: Problem, staff: list[bool]) -> Problem:
    """The first product can be made in a second way, the last perhaps too."""
    products = list(given.products)
    for first in sorted({0, random.randrange(len(given.products))}):
        steps = tuple(random_recipe(random, staff, len(given.machines)))
        products.append(ProblemProduct(given.products[first].name, 100.0, steps, variant_of=first))
    return replace(given, products=tuple(products))


def with_outages(random: Random, given: Problem) -> Problem:
    """Some machines lose a unit for a while, or all of it for the whole window."""
    units = given.machine_units.copy()
    for machine in range(len(units)):
        if random.random() < 0.3:
            first = random.randrange(given.slots)
            units[machine, first : first + random.randint(1, 6)] -= 1
    if random.random() < 0.02:
        units[random.randrange(len(units))] = 0
    return replace(given, machine_units=np.maximum(units, 0))


def with_power(random: Random, given: Problem) -> Problem:
    """A price on power in some groups of slots, a limit on power, or neither."""
    if random.random() < 0.2:
        levels = [random.randint(20, 60) / 2 for _ in range(2)]
        return replace(given, power_cap_kw=np.array([random.choice(levels) for _ in range(given.slots)]))
    count = random.randint(0, 3)
    owner = np.array([random.randrange(count) if count else 0 for _ in range(given.slots)])
    if count and random.random() < 0.5:
        owner.sort()
    groups = [
        ExcessGroup(
            f"P{place + 1}",
            np.flatnonzero(owner == place),
            random.randint(1, 50) / 2,
            random.randint(0, 500) / 100,
            random.choice([0.0, 0.0, 1.5, 8.0]),
        )
        for place in range(count)
    ]
    return replace(given, excess=tuple(groups))
