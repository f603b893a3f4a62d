"""Who does independent pieces of work: this process, a pool of processes, or a Dask cluster."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from chocolate_factory.core.errors import Misconfigured

M = TypeVar("M")
I = TypeVar("I")  # noqa: E741
R = TypeVar("R")

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
CONNECT_SECONDS = 10


def serial(work: Callable[[M, I], R], material: M, items: Sequence[I]) -> Iterator[R]:
    """One after another in this process. See `Runner`."""
    for item in items:
        yield work(material, item)


@dataclass(frozen=True)
class Pool:
    """New processes of this machine, one thread each. See `Runner`.

    Material is sent once to each process. They end with this process, however it ends.
    """

    jobs: int

    def __call__(self, work: Callable[[M, I], R], material: M, items: Sequence[I]) -> Iterator[R]:
        """Results as they come. Raises Misconfigured when a process dies."""
        if not items:
            return
        with (
            one_thread(),
            ProcessPoolExecutor(
                min(self.jobs, len(items)),
                multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(partial(work, material),),
            ) as pool,
        ):
            pending = [pool.submit(_do, item) for item in items]
            try:
                for done in as_completed(pending):
                    yield done.result()
            except BrokenProcessPool:
                raise Misconfigured(
                    "A worker process was ended from outside, most often for want of memory.",
                    "Give fewer --jobs and run again: what was finished is kept.",
                ) from None
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True)
class Dask:
    """A running Dask cluster by the address of its scheduler. See `Runner`.

    Its workers need this program installed in the same version.
    """

    address: str

    def __call__(self, work: Callable[[M, I], R], material: M, items: Sequence[I]) -> Iterator[R]:
        """Results as they come. Raises Misconfigured without the package or the scheduler."""
        try:
            distributed = importlib.import_module("distributed")
        except ImportError:
            raise Misconfigured(
                "--dask needs the package distributed, which is not installed.",
                "Run `pip install dask distributed`, or leave out --dask for processes of this machine.",
            ) from None
        try:
            client = distributed.Client(self.address, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise Misconfigured(
                f"--dask {self.address}: no scheduler answers there ({type(error).__name__}).",
                "Give the address that `dask scheduler` prints, e.g. tcp://127.0.0.1:8786.",
            ) from error
        with client:
            sent = client.scatter(material, broadcast=True, hash=False)
            pending = [client.submit(work, sent, item, pure=False) for item in items]
            try:
                for done in distributed.as_completed(pending):
                    yield done.result()
            except ImportError as error:
                raise Misconfigured(
                    f"--dask {self.address}: its workers lack {error.name or 'a package'}.",
                    "Install this program there, in the same version.",
                ) from error


def runner(jobs: int, dask: str | None) -> Callable[..., Iterator[Any]]:
    """The cluster where one is named, else as many processes as `jobs`; one job is this process itself."""
    if dask:
        return Dask(dask)
    return Pool(jobs) if jobs > 1 else serial


@contextmanager
def one_thread() -> Iterator[None]:
    """Processes that are started inside use one thread for linear algebra."""
    before = {name: os.environ.get(name) for name in THREAD_LIMITS}
    os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_bound: list[Callable[[Any], Any]] = []


def _begin(bound: Callable[[Any], Any]) -> None:
    """Remember the work and its material; leave Ctrl-C to the parent, and end when the parent has ended."""
    _bound[:] = [bound]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(item: Any) -> Any:
    return _bound[0](item)
