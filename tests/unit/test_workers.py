"""Runners: the same results wherever the work is done."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from chocolate_factory.core.errors import DataMissing, Misconfigured
from chocolate_factory.infrastructure.workers import THREAD_LIMITS, Dask, Pool, runner, serial


def scale(factor: int, item: int) -> tuple[int, str]:
    """Work that also tells how many threads it may use."""
    return factor * item, os.environ.get(THREAD_LIMITS[0], "")


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
