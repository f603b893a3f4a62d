"""Small real worlds for tests: a tiny plant, made-up prices, a real store and the real planner."""

from __future__ import annotations

import atexit
import shutil
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import local_date
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.infrastructure.model_files import ModelFiles
from chocolate_factory.infrastructure.planners import PLANNERS
from chocolate_factory.infrastructure.sources.sample import SampleSource
from chocolate_factory.infrastructure.stores import STORES, StorePlace
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.sync_series import SyncRequest, sync

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
STORE = "store.sqlite"

TINY = """
[site]
name = "Tiny plant"
timezone = "Europe/Madrid"
latitude = 38.0
longitude = -3.6
holidays = "ES-AN"

[contract]
{contract}

[[shift]]
days = ["mon", "tue", "wed", "thu", "fri"]
start = "06:00"
end = "22:00"

[[machine]]
name = "mixer"
count = 1
power_kw = {mixer}

[[machine]]
name = "oven"
count = 2
power_kw = {oven}

[[product]]
name = "loaf"
batch_kg = 50
  [[product.step]]
  process = "mix"
  machine = "mixer"
  minutes = 30
  [[product.step]]
  process = "bake"
  machine = "oven"
  minutes = 60
  attended = "ends"
  wait_max_minutes = 120

[[auxiliary]]
name = "fridge"
power_kw = 1.0
when = "always"

[[demand]]
product = "loaf"
kg = 100
every = "weekday"
due = "22:00"
"""

INDEXED = """kind = "indexed"
access_tariff = "3.0TD"
contracted_power_kw = [20, 20, 20, 20, 20, 20]
retail_margin_eur_mwh = 5.0"""
PVPC = """kind = "pvpc"
access_tariff = "2.0TD"
contracted_power_kw = [9.2, 9.2]"""
FIXED = """kind = "fixed"
access_tariff = "3.0TD"
contracted_power_kw = [20, 20, 20, 20, 20, 20]
energy_eur_mwh = [190, 170, 150, 140, 130, 120]"""
CONTRACTS = {"indexed": (INDEXED, 6, 11), "pvpc": (PVPC, 2, 3), "fixed": (FIXED, 6, 11)}


def tiny(kind: str = "indexed") -> str:
    """The tiny plant's factory file under a contract."""
    contract, mixer, oven = CONTRACTS[kind]
    return TINY.format(contract=contract, mixer=mixer, oven=oven)


def empty_ports(folder: Path, text: str, now: datetime = NOW) -> Ports:
    """Ports over an empty store and the sample source."""
    folder.mkdir(parents=True, exist_ok=True)
    source = SampleSource()
    return Ports(
        factory=parse_factory(text),
        factory_text=text,
        store=STORES["sqlite"](StorePlace(folder)),
        sources={source.name: source},
        forecasters=FORECASTERS,
        forecaster="naive-kind",
        planner=PLANNERS["highs"](),
        plan_seconds=5,
        clock=lambda: now,
        sample=True,
        registry=ModelFiles(folder / "models", lambda: "1"),
    )


def fill(ports: Ports, days: int = 60) -> Ports:
    """The same ports with some weeks of sample prices up to what is published now."""
    today = local_date(ports.clock(), ports.factory.site.timezone)
    request = SyncRequest(today - timedelta(days=days), today + timedelta(days=1), tuple(CATALOG))
    sync(request, ports.store, ports.sources, ports.clock())
    return ports


def sample_ports(folder: Path, kind: str = "indexed", now: datetime = NOW) -> Ports:
    """The tiny plant in the sample world; what it is filled with is the same under every contract."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(filled_store(now), folder / STORE)
    return empty_ports(folder, tiny(kind), now)


@lru_cache
def filled_store(now: datetime) -> Path:
    """The file of a store with some weeks of sample prices, made once and only to be copied."""
    folder = Path(mkdtemp(prefix="choco-"))
    atexit.register(shutil.rmtree, folder)
    fill(empty_ports(folder, tiny(), now))
    assert [path.name for path in folder.iterdir() if path.is_file()] == [STORE], "a log is left behind"
    return folder / STORE


def sample_world(folder: Path, kind: str = "indexed") -> World:
    """A running world whose real side has nothing and is offline."""
    real = empty_ports(folder / "real", tiny(kind))
    return World(real, lambda: sample_ports(folder / "sample", kind), offline=True)
