"""A kept answer is what would be computed anew, and is computed once for many readers."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.services.reuse_answer import reuse_answer
from tests.services.papers import NOW, stock, world


class Maker:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, ports: Ports) -> dict[str, Any]:
        """The number of this making."""
        self.count += 1
        time.sleep(0.01)
        return {"number": self.count, "now": ports.clock()}


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    made = world(tmp_path)
    stock(made, "spot", date(2026, 3, 1), date(2026, 3, 1))
    return made


def later(ports: Ports, **parts: float) -> Ports:
    return replace(ports, clock=lambda: NOW + timedelta(**parts))


def test_only_what_it_comes_from_makes_it_anew(ports: Ports) -> None:
    maker = Maker()

    def ask(of: Ports = ports, plans: bool = False) -> int:
        return int(reuse_answer(of, "kind", ("spot", "pvpc"), maker, plans=plans)["number"])

    assert (ask(), ask(), ask(later(ports, seconds=59))) == (1, 1, 1)
    stock(ports, "temperature", date(2026, 3, 1), date(2026, 3, 1))
    ports.store.save(Record("plan", "a", NOW, {}))
    assert ask() == 1
    stock(ports, "spot", date(2026, 3, 2), date(2026, 3, 2))
    assert (ask(), ask()) == (2, 2)
    stock(ports, "pvpc", date(2026, 3, 2), date(2026, 3, 2))
    assert ask() == 3, "a series that had nothing"
    assert ask(replace(ports, factory_text="another")) == 4
    assert (ask(plans=True), ask(plans=True)) == (5, 5)
    ports.store.save(Record("plan", "b", NOW, {}))
    assert ask(plans=True) == 6


def test_the_clock_makes_it_anew(ports: Ports) -> None:
    maker = Maker()
    for moved, number in (({"seconds": 0}, 1), ({"seconds": 60}, 2), ({"seconds": 30}, 3), ({"days": -1}, 4)):
        assert reuse_answer(later(ports, **moved), "kind", (), maker)["number"] == number


def test_kinds_and_stores_are_apart(ports: Ports, tmp_path: Path) -> None:
    maker = Maker()
    for of, kind in ((ports, "one"), (ports, "two"), (world(tmp_path / "other"), "one")):
        reuse_answer(of, kind, (), maker)
    assert maker.count == 3


def test_many_readers_are_served_by_one_making(ports: Ports) -> None:
    maker = Maker()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: reuse_answer(ports, "kind", (), maker)["number"], range(24)))
    assert (maker.count, set(found)) == (1, {1})
