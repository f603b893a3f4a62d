"""Recipes of the factory file: draws that change within a step, and steps with several modes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chocolate_factory.domain.factory import Attendance
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.rules_case import step_draws
from tests.unit.plan_samples import WINDOW, weather
from tests.unit.test_factory_file import SMALL, changed, faults

MINUTES = "minutes = 60\n"


def with_profile(profile: str, minutes: int = 60) -> str:
    """The small plant with a profile."""
    return changed(MINUTES, f"minutes = {minutes}\nprofile = {profile}\n")


def test_a_profile_is_read_slot_by_slot() -> None:
    bake = parse_factory(with_profile("[[20, 12.0], [40, 6.0]]")).products[0].steps[0]
    assert bake.profile == ((20, 12.0), (40, 6.0))
    assert bake.profile_kw == pytest.approx((12.0, (5 * 12 + 10 * 6) / 15, 6.0, 6.0))
    assert bake.power_kw == pytest.approx(8.0)
    assert bake.peak_kw == 12.0


def test_what_rounds_a_step_up_draws_like_its_end() -> None:
    bake = parse_factory(with_profile("[[30, 10], [20, 4]]", 50)).products[0].steps[0]
    assert bake.profile_kw == pytest.approx((10.0, 10.0, 4.0, 4.0))
    assert bake.power_kw == pytest.approx(7.0)


@pytest.mark.parametrize("profile", ["[[20, 12.0], [40, 6.0]]", "[[1, 3], [58, 9], [1, 5]]", "[[60, 8]]"])
def test_reader_and_checker_agree_on_the_draws(profile: str) -> None:
    bake = parse_factory(with_profile(profile)).products[0].steps[0]
    told = bake.profile_kw or (bake.power_kw,) * 4
    assert step_draws(bake) == pytest.approx(told)
    assert bake.power_kw == pytest.approx(sum(told) / 4)


def test_a_flat_profile_is_a_constant_draw() -> None:
    bake = parse_factory(with_profile("[[20, 7.3], [40, 7.3]]")).products[0].steps[0]
    assert (bake.profile_kw, bake.power_kw) == ((), pytest.approx(7.3))


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("[[20, 12.0], [30, 6.0]]", 'step "bake".profile adds up to 50 minutes; allowed: the 60'),
        ("[]", "profile is a list of 0; allowed: 1 to 12 parts [minutes, kW]"),
        ("[[60]]", "1 to 12 parts"),
        ("[[60, -1]]", "1 to 12 parts"),
        ("[[0, 5], [60, 5]]", "1 to 12 parts"),
        ("[[30.5, 5], [29.5, 5]]", "1 to 12 parts"),
        ("[[true, 5], [59, 5]]", "1 to 12 parts"),
        ('"20 kW"', "1 to 12 parts"),
        ("[" + ", ".join(["[5, 1]"] * 13) + "]", "1 to 12 parts"),
    ],
)
def test_a_profile_that_cannot_be(profile: str, said: str) -> None:
    assert said in faults(with_profile(profile))


def test_the_draw_is_said_once() -> None:
    text = with_profile("[[60, 5]]").replace("profile =", "power_kw = 5\nprofile =")
    assert "has power_kw and profile; say the draw once." in faults(text)


def test_the_peak_counts_against_a_cut_off() -> None:
    small = changed('"3.0TD"', '"2.0TD"').replace("[20, 20, 20, 20, 20, 30]", "[9, 9]")
    assert parse_factory(small.replace("power_kw = 10", "power_kw = 7")).products
    peaky = small.replace(MINUTES, MINUTES + "profile = [[15, 9.0], [45, 2.0]]\n")
    assert "draws 9 kW beside 1 kW" in faults(peaky)


def test_a_plant_without_profiles_has_none() -> None:
    step = parse_factory(SMALL).products[0].steps[0]
    assert (step.profile, step.profile_kw, step.peak_kw) == ((), (), 10.0)


MODES = """
  [[product.step.mode]]
  name = "normal"
  minutes = 60
  power_kw = 12
  [[product.step.mode]]
  name = "gentle"
  minutes = 120
  profile = [[30, 8.0], [90, 4.0]]
"""


def with_modes(modes: str = MODES, own: str = "") -> str:
    """The small plant whose one step has modes."""
    return changed(MINUTES, own + modes)


def test_modes_are_read_in_order() -> None:
    bake = parse_factory(with_modes()).products[0].steps[0]
    assert [mode.name for mode in bake.modes] == ["normal", "gentle"]
    assert (bake.minutes, bake.power_kw, bake.mode) == (60, 12.0, "")
    normal, gentle = bake.ways
    assert (normal.mode, normal.minutes, normal.power_kw, normal.profile_kw) == ("normal", 60, 12.0, ())
    assert (gentle.mode, gentle.minutes, gentle.power_kw) == ("gentle", 120, 5.0)
    assert gentle.profile_kw == (8.0,) * 2 + (4.0,) * 6
    assert bake.in_mode("gentle") == gentle
    assert bake.in_mode("") == normal


def test_a_step_without_modes_is_its_only_way() -> None:
    step = parse_factory(SMALL).products[0].steps[0]
    assert step.ways == (step,)


@pytest.mark.parametrize(
    ("modes", "own", "said"),
    [
        (MODES, "minutes = 60\n", "minutes is that of each mode; a step with modes has none of its own."),
        (MODES, "power_kw = 6\n", "power_kw is that of each mode"),
        (MODES.replace('"gentle"', '"normal"'), "", '.mode "normal" is there more than once'),
        (MODES.replace("minutes = 60\n", ""), "", '.mode "normal".minutes is missing'),
        (MODES.replace("power_kw = 12", "kw = 12"), "", '.mode "normal".kw is not a known key'),
        (MODES.replace("[90, 4.0]", "[80, 4.0]"), "", "profile adds up to 110 minutes"),
        ("", "mode = []\n", "mode is a list of 0; allowed: at least one [[product.step.mode]]"),
        ("", 'mode = "gentle"\n', "mode is not a list of tables"),
        (
            MODES.replace("minutes = 120", "minutes = 540").replace("90, 4", "510, 4"),
            "",
            '"gentle" needs staff',
        ),
    ],
)
def test_modes_that_cannot_be(modes: str, own: str, said: str) -> None:
    assert said in faults(with_modes(modes, own))


def test_too_many_ways_are_refused() -> None:
    step = '[[product.step]]\nprocess = "bake{0}"\nmachine = "oven"\n'
    many = "".join(
        step.format(number)
        + "".join(f'[[product.step.mode]]\nname = "m{n}"\nminutes = {15 * n}\n' for n in range(1, 6))
        for number in range(2)
    )
    text = changed('[[product.step]]\nprocess = "bake"\nmachine = "oven"\nminutes = 60\n', many)
    assert 'product "bread" can be made in 25 ways' in faults(text)
    assert "allowed: up to 24." in faults(text)


def test_every_way_is_a_recipe_of_the_problem() -> None:
    slots = WINDOW.slot_count(15)
    factory = parse_factory(with_modes())
    inputs = ProblemInputs(factory, WINDOW, np.full(slots, 0.1), (), weather(WINDOW), ())
    problem = build_problem(inputs)
    assert [product.variant_of for product in problem.products] == [None, 0]
    assert [product.steps[0].mode for product in problem.products] == ["normal", "gentle"]
    assert [product.steps[0].duration for product in problem.products] == [4, 8]
    assert problem.ways(1) == problem.ways(0) == (0, 1)
    assert [problem.family(product) for product in (0, 1)] == [0, 0]


SETUP = """
[[setup]]
machine = "oven"
minutes = 40
power_kw = 2.5
from = "bread"
attended = "none"
[[setup]]
machine = "oven"
minutes = 0
"""


def test_setups_are_read_in_order() -> None:
    first, second = parse_factory(SMALL + SETUP).setups
    assert (first.machine, first.minutes, first.power_kw) == ("oven", 40, 2.5)
    assert (first.before, first.after, first.attended) == ("bread", "", Attendance.NONE)
    assert (second.minutes, second.power_kw, second.before, second.attended) == (
        0,
        0.0,
        "",
        Attendance.THROUGHOUT,
    )
    assert parse_factory(SMALL).setups == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('machine = "oven"\nminutes = 40', 'machine = "oven2"\nminutes = 40', "setup[1].machine is"),
        ('from = "bread"', 'from = "cake"', 'setup[1].from is "cake"; allowed: the name of a product: bread'),
        ('from = "bread"', 'from = "bread"\nto = "bread"', "is between bread and itself"),
        ("minutes = 40", "minutes = -1", "setup[1].minutes is -1"),
        ("minutes = 40\n", "", "setup[1].minutes is missing"),
        ("power_kw = 2.5", "kw = 2.5", "setup[1].kw is not a known key"),
        ('attended = "none"', 'attended = "some"', "setup[1].attended"),
        (
            'minutes = 40\npower_kw = 2.5\nfrom = "bread"\nattended = "none"',
            "minutes = 600",
            "setup[1] needs staff",
        ),
    ],
)
def test_setups_that_cannot_be(old: str, new: str, said: str) -> None:
    assert said in faults(SMALL + changed(old, new, SETUP))


def test_setups_are_posed_for_their_machines_only() -> None:
    slots = WINDOW.slot_count(15)
    inputs = ProblemInputs(parse_factory(SMALL + SETUP), WINDOW, np.full(slots, 0.1), (), weather(WINDOW), ())
    [change] = build_problem(inputs).setups
    assert (change.machine, change.count, [rule.duration for rule in change.rules]) == (0, 1, [3, 0])
    assert change.between("bread", "cake") is change.rules[0]
    assert change.between("cake", "bread") is None, "the second rule says that nothing is needed"
    assert change.between("bread", "bread") is None
    assert change.between("", "bread") is None
    plain = replace(inputs, factory=parse_factory(SMALL))
    assert build_problem(plain).setups == ()
