"""The rules of production in words: every kind of rule and every number of a plant, in both languages."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory, read_factory
from chocolate_factory.domain.ports import Replanning
from chocolate_factory.domain.rule_words import RULE_WORDS
from chocolate_factory.domain.rules import RULES
from chocolate_factory.services.tell_rules import rules_lines, tell_rules
from tests.conftest import ROOT, Run
from tests.services.test_random_factories import random_factory

LANGUAGES = ("en", "es")
MADRID = ZoneInfo("Europe/Madrid")
RICH = """
[[storage]]
name = "tanks"
before = "temper"
max_kg = 812.5

[[output]]
product = "standard"
min_kg = 100
max_kg = 901

[[setup]]
machine = "refiner"
minutes = 35
power_kw = 6.5
from = "standard"
to = "premium"

[battery]
capacity_kwh = 97
charge_kw = 41
discharge_kw = 43
efficiency = 0.87
reserve_kwh = 11
wear_eur_kwh = 0.013

[pv]
kwp = 61.5
tilt = 27
azimuth = 171
losses_percent = 13
surplus = "spot"

[co2]
eur_per_tonne = 77.25

[[demand]]
product = "standard"
kg = 300
every = "once"
due = "2026-03-05T18:00"
"""
CONTRACT = """
adjustment_services_eur_mwh = 21.5
operator_fees_eur_mwh = 0.26
efficiency_fund_eur_mwh = 1.1
municipal_fee = 0.014
guarantees_eur_mwh = 0.7
equipment_rental_eur_day = 1.3
losses = [15.1, 15.2, 15.3, 15.4, 15.5, 15.6]
excess_eur_kw = [9.1, 8.2, 7.3, 6.4, 5.5, 4.6]
"""
REFERENCE = (ROOT / "factory.toml").read_text(encoding="utf-8")
EQUAL_POWERS = "[80, 80, 80, 80, 80, 130]"
FILES = {
    "reference": REFERENCE,
    "rich": REFERENCE.replace(EQUAL_POWERS, "[71, 73, 75, 77, 79, 131]").replace(
        "retail_", f"{CONTRACT}retail_"
    )
    + RICH,
    **{path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*.toml"))},
}
BOUND = ("profile", "minutes", "contracted_power_kw")
"""What cannot always change by itself: minutes add up to those of a profile, powers never fall."""


def pages(factory: Factory, replanning: Replanning | None = None) -> tuple[str, str]:
    """The whole text in English and in Spanish."""
    told = tell_rules(factory, replanning or Replanning())
    english, spanish = ("\n".join(rules_lines(told, language)) for language in LANGUAGES)
    return english, spanish


def leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every number and every time of day of a parsed file, with the keys that lead to it."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaves(value, (*path, key))
    elif not isinstance(data, bool) and (not isinstance(data, str) or re.search(r"\d\d:\d\d$", data)):
        yield path, data


def others(value: Any) -> Iterator[Any]:
    """Values near by, of which one may be allowed."""
    if isinstance(value, str):
        yield from (value[:-5] + text for text in ("07:45", "21:15", "13:30"))
        return
    yield from (value + 1, value - 1, value / 2, value + 0.001)


def with_another(data: dict[str, Any], path: tuple[Any, ...]) -> Factory | None:
    """The plant with another value at one place; None where no other value is allowed by itself."""
    for other in others(value_at(data, path)):
        changed = copy.deepcopy(data)
        within: Any = changed
        for key in path[:-1]:
            within = within[key]
        within[path[-1]] = other
        try:
            return read_factory(changed)
        except Misconfigured:
            continue
    return None


def value_at(data: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a place."""
    for key in path:
        data = data[key]
    return data


def test_every_kind_of_rule_has_words() -> None:
    """A rule that the checker learns must be told: in `RULE_WORDS`, and in a section."""
    assert RULE_WORDS.keys() == RULES.keys()
    told = tell_rules(parse_factory(FILES["reference"]), Replanning())
    general = {
        tuple(sentence["rules"]): (sentence["en"], sentence["es"])
        for section in told["sections"]
        for sentence in section["sentences"]
        if (sentence["en"], sentence["es"]) in RULE_WORDS.values()
    }
    assert general == {(rule,): words for rule, words in RULE_WORDS.items()}


@pytest.mark.parametrize("name", FILES)
def test_another_number_is_another_text(name: str) -> None:
    data = tomllib.loads(FILES[name])
    before, fixed, silent = pages(read_factory(data)), [], []
    for path, _ in leaves(data):
        changed = with_another(data, path)
        if changed is None:
            fixed.append(path)
            continue
        if any(old == new for old, new in zip(before, pages(changed), strict=True)):
            silent.append(path)
    assert silent == []
    assert [path for path in fixed if not set(BOUND) & set(path)] == []
    assert name != "rich" or fixed == []


def test_random_plants_are_told_whole() -> None:
    for seed in range(24):
        factory = parse_factory(random_factory(Random(seed), "indexed", "2026-03-10"))
        english, spanish = pages(factory)
        for machine in factory.machines:
            units = "unit" if machine.count == 1 else "units"
            assert f"{machine.name}: {machine.count} {units}, {machine.power_kw:g} kW" in english
            for away in machine.unavailable:
                assert f"desde {away.start.astimezone(MADRID):%Y-%m-%d %H:%M}+01:00" in spanish
        for product in factory.products:
            assert f"{product.name}: lotes de {product.batch_kg:g} kg con {len(product.steps)}" in spanish
            for number, step in enumerate(product.steps, 1):
                lines = (f"{product.name}, step {number}: {step.process} on {step.machine}",)
                (line,) = (row for row in english.splitlines() if row.startswith(f"- {lines[0]}"))
                assert all(f"{way.minutes} minutes" in line for way in step.ways)
                if step.wait_max_minutes is not None:
                    assert re.search(rf"at most {step.wait_max_minutes} minutes? later", line)
                assert (f"{step.max_outdoor_c or 0:g} °C" in line) == (step.max_outdoor_c is not None)
        for shift in factory.shifts:
            assert f"from {shift.start:%H:%M} to {shift.end:%H:%M}" in english
        for entry in factory.demands:
            assert re.search(rf"- {entry.product}: {entry.kg:g} kg (cada|de lunes)", spanish)


@pytest.mark.parametrize("name", FILES)
def test_both_languages_say_the_same_numbers(name: str) -> None:
    told = tell_rules(parse_factory(FILES[name]), Replanning())
    for section in told["sections"]:
        for sentence in section["sentences"]:
            english = re.findall(r"\d+(?:\.\d+)?", sentence["en"].replace("2.0TD", "").replace("3.0TD", ""))
            spanish = re.findall(r"\d+(?:,\d+)?", re.sub(r"[23]\.0TD", "", sentence["es"]))
            assert sorted(english) == sorted(number.replace(",", ".") for number in spanish), sentence


def test_settings_of_planning_anew_are_told() -> None:
    factory, usual = parse_factory(FILES["reference"]), Replanning()
    english, spanish = pages(factory, replace(usual, freeze_minutes=95, keep_unless_eur=1.75))
    assert all(words in english for words in ("within 95 minutes", "more than 1.75 EUR", "0.2 % of the cost"))
    assert all(words in spanish for words in ("menos de 95 minutos", "más de 1,75 EUR"))
    assert "más del 0,35 % del coste" in pages(factory, replace(usual, keep_unless_percent=0.35))[1]
    assert "No holidays are set" in pages(replace(factory, site=replace(factory.site, holidays="")))[0]


def test_the_command_tells_them(choco: Run, tmp_path: Path) -> None:
    own = tmp_path / "plant.toml"
    own.write_text(FILES["rich"], encoding="utf-8")
    env = {"CHOCO_FACTORY": str(own)}
    spanish = choco("rules", "--lang", "es", env=env).stdout
    assert "- tanks: como mucho 812,5 kg de todos los productos juntos esperan a temper." in spanish
    body = json.loads(choco("rules", "--json", env=env).stdout)
    assets = next(section for section in body["sections"] if section["key"] == "assets")
    assert any("97 kWh" in sentence["en"] for sentence in assets["sentences"])
    choco("rules", env={"CHOCO_FACTORY": str(tmp_path / "none.toml")}, expect=6)
