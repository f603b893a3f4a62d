"""Runners: the same results wherever the work is done."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from chocolate_factory.core.errors import DataMissing, Misconfigured
from chocolate_factory.domain.backtest import Track
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import local_moment
from chocolate_factory.infrastructure.origin_files import OriginFiles
from chocolate_factory.infrastructure.workers import THREAD_LIMITS, Dask, Pool, runner, serial
from chocolate_factory.services.backtest_forecasts import Backtest, BacktestRequest, Bench, backtest
from tests.unit.forecasters.samples import history
from tests.worlds import empty_ports, tiny


def scale(factor: int, item: int) -> tuple[int, str]:
    """Work that also tells how many threads it may use."""
    return factor * item, os.environ.get(THREAD_LIMITS[0], "")


def where(material: int, item: int) -> tuple[int, int]:
    """Work that tells which process did it."""
    return item, os.getpid()


def die(material: int, item: int) -> int:
    """Work that ends its process."""
    os._exit(9)


def refuse(material: int, item: int) -> int:
    """Work that fails as expected errors do."""
    raise DataMissing(f"no {item}")


def lack(material: int, item: int) -> int:
    """Work that a worker without the program cannot do."""
    raise ModuleNotFoundError(name="chocolate_factory")


def test_a_pool_does_what_one_process_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREAD_LIMITS[0], "3")
    items = list(range(7))
    alone = sorted(value for value, _ in serial(scale, 10, items))
    pooled = list(Pool(2)(scale, 10, items))
    assert sorted(value for value, _ in pooled) == alone
    assert {threads for _, threads in pooled} == {"1"}
    assert os.environ[THREAD_LIMITS[0]] == "3"


def test_nothing_to_do_starts_nothing() -> None:
    assert list(Pool(4)(die, 0, [])) == []


def test_a_dead_process_is_named() -> None:
    with pytest.raises(Misconfigured, match="ended from outside"):
        list(Pool(2)(die, 0, [1, 2]))


def test_a_failure_comes_back() -> None:
    with pytest.raises(DataMissing, match="no 1"):
        list(Pool(1)(refuse, 0, [1]))


def test_one_job_stays_here() -> None:
    assert runner(1, None) is serial
    assert runner(3, None) == Pool(3)
    assert runner(3, "tcp://x:1") == Dask("tcp://x:1")


def test_dask_is_named_when_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Misconfigured, match="distributed") as caught:
        list(Dask("tcp://127.0.0.1:1")(scale, 10, [1]))
    assert "pip install dask distributed" in caught.value.hint


class Client:
    """As much of a cluster's client as is used."""

    def __init__(self, address: str, **_: Any) -> None:
        if "nobody" in address:
            raise OSError("no answer")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def scatter(self, data: Any, **_: Any) -> Any:
        return data

    def submit(self, work: Any, *args: Any, pure: bool) -> Any:
        return SimpleNamespace(result=lambda: work(*args))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = ModuleType("distributed")
    module.Client = Client  # type: ignore[attr-defined]
    module.as_completed = reversed  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "distributed", module)
    return


@pytest.mark.usefixtures("cluster")
def test_a_cluster_does_what_one_process_does() -> None:
    told = sorted(value for value, _ in Dask("tcp://there:1")(scale, 10, [1, 2]))
    assert told == [10, 20]


@pytest.mark.usefixtures("cluster")
def test_a_missing_scheduler_is_named() -> None:
    with pytest.raises(Misconfigured, match="nobody:1"):
        list(Dask("tcp://nobody:1")(scale, 10, [1]))


@pytest.mark.usefixtures("cluster")
def test_workers_without_the_program_are_named() -> None:
    with pytest.raises(Misconfigured, match="lack chocolate_factory"):
        list(Dask("tcp://there:1")(lack, 0, [1]))


TODAY = date(2026, 3, 10)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler and a worker process of this machine, which nobody else can reach."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("distributed")
    distributed = importlib.import_module("distributed")
    options = {"n_workers": 1, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(processes=True, **options) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    found = empty_ports(tmp_path / "world", tiny(), local_moment(TODAY, time(21), MARKET_ZONE))
    for key in ("spot", "pvpc"):
        found.store.write(history(key, TODAY - timedelta(days=60), 62))
    return found


def walked(ports: Ports, run: Any, kept: Path) -> Backtest:
    """Two days of two tracks."""
    tracks = (Track("spot", time(13, 30)), Track("pvpc", time(20, 30)))
    request = BacktestRequest(tracks, date(2026, 2, 22), date(2026, 2, 23), ("boosting",), history_days=50)
    return backtest(request, ports, Bench(run, OriginFiles(kept), "1"), lambda *_: None)


def timeless(test: Backtest) -> list[tuple[Any, ...]]:
    """All that was told, without the seconds."""
    return [
        (one.origin, one.label, one.refused, one.start.tolist(), one.price.tolist(), _plain(one.quantiles))
        for one in test.told
    ]


def _plain(quantiles: Any) -> dict[float, list[float]]:
    return {level: prices.tolist() for level, prices in quantiles.items()}


def test_a_real_cluster_says_what_one_process_says(address: str, ports: Ports, tmp_path: Path) -> None:
    alone = walked(ports, serial, tmp_path / "alone")
    spread = walked(ports, Dask(address), tmp_path / "spread")
    assert len(alone.told) == 2 * 2 * 3
    assert (alone.reused, spread.reused) == (0, 0)
    assert timeless(spread) == timeless(alone)
    assert walked(ports, Dask(address), tmp_path / "spread").reused == len(alone.told)


def test_work_of_a_real_cluster_is_done_elsewhere_and_fails_as_here(address: str) -> None:
    assert os.getpid() not in {told for _, told in Dask(address)(where, 0, [1, 2, 3])}
    with pytest.raises(DataMissing, match="no 1"):
        list(Dask(address)(refuse, 0, [1]))


@pytest.mark.usefixtures("address")
def test_a_real_cluster_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chocolate_factory.infrastructure.workers.CONNECT_SECONDS", 1)
    with pytest.raises(Misconfigured, match="no scheduler answers there"):
        list(Dask("tcp://127.0.0.1:9")(scale, 10, [1]))
