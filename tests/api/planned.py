"""A small world with prices and a plan, solved once in a process and copied for each use."""

from __future__ import annotations

import atexit
import shutil
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.make_plan import PlanRequest, make_plan
from tests.worlds import NOW, STORE, empty_ports, sample_ports, tiny

MARK = {"X-Requested-With": "choco"}


@lru_cache
def solved() -> Path:
    """The store of the tiny plant at `NOW` with two plans, the second one made an hour later."""
    folder = Path(mkdtemp(prefix="choco-"))
    atexit.register(shutil.rmtree, folder)
    ports = replace(sample_ports(folder), plan_seconds=1)
    for hours in (1, 0):
        then = replace(ports, clock=lambda hours=hours: NOW - timedelta(hours=hours))
        make_plan(then, PlanRequest(2, allow_late=True))
    return folder / STORE


def planned_ports(folder: Path) -> Ports:
    """Ports over a copy of that store; solving takes a second at most."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(solved(), folder / STORE)
    return replace(empty_ports(folder, tiny()), plan_seconds=1)


def planned_world(folder: Path) -> World:
    """An offline world over a copy of that store, in charge as the real one."""
    ports = planned_ports(folder)
    return World(ports, lambda: ports, offline=True)
