"""Which ports are in charge: the real ones, or the sample's while nothing real is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from chocolate_factory.core.errors import Busy, ChocolateError, NotFound
from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.factory import ContractKind, Factory
from chocolate_factory.domain.jobs import JobInfo
from chocolate_factory.domain.ports import Ports


def has_prices(ports: Ports) -> bool:
    """Whether any price is stored."""
    return any(ports.store.span(key) for key in PRICE_SERIES)


def can_plan(ports: Ports) -> bool:
    """Whether there is something to plan on: stored prices, or a contract that fixes the price."""
    return ports.factory.contract.kind is ContractKind.FIXED or has_prices(ports)


SchedulerState = Literal["off", "running", "overdue", "ended"]
"""Of this process: no jobs are run here, they are, one takes longer than it may, or no more are begun."""


def _no_scheduler() -> SchedulerState:
    return "off"


class World:
    """The running state of a process: ports in charge, what goes on, what went wrong, and its jobs.

    `jobs` are those that run here, `scheduler` tells whether they do, `asked` the names of some that somebody
    wants now; `wake` says so.
    The sample world is entered only when there is nothing real to plan on and nothing can be had; it is
    left for good as soon as there is. The two never share a store.
    """

    def __init__(
        self,
        real: Ports,
        make_sample: Callable[[], Ports],
        *,
        offline: bool = False,
        read_factory: Callable[[], tuple[Factory, str]] | None = None,
    ) -> None:
        self.real = real
        self.offline = offline
        self.activity: str | None = None
        self.troubles: dict[str, ChocolateError] = {}
        self.jobs: tuple[JobInfo, ...] = ()
        self.scheduler: Callable[[], SchedulerState] = _no_scheduler
        self.asked: set[str] = set()
        self.wake = threading.Event()
        self._make_sample = make_sample
        self._read_factory = read_factory
        self._sample: Ports | None = None
        self._working = threading.Lock()

    def ports(self) -> Ports:
        """The ports in charge now."""
        return self._sample or self.real

    def reread(self) -> None:
        """Go on with the factory file as it is now; sources keep the place that they were built for.

        Raises Misconfigured for an unsound file; the one before stays in force.
        """
        if self._read_factory is None:
            return
        factory, text = self._read_factory()
        if text != self.real.factory_text:
            self.real = replace(self.real, factory=factory, factory_text=text)
        if self._sample is not None and text != self._sample.factory_text:
            self._sample = replace(self._sample, factory=factory, factory_text=text)

    def settle(self) -> Ports:
        """Decide which world is in charge, after everything real was tried."""
        if can_plan(self.real):
            self._sample = None
        elif self._sample is None:
            self._sample = self._make_sample()
        return self.ports()

    @contextmanager
    def working(self, activity: str, wait_s: float | None = None) -> Iterator[None]:
        """One heavy job at a time; its name shows on the page meanwhile.

        Raises `Busy` when another one goes on for more than `wait_s` seconds; by default it is waited for.
        """
        if not self._working.acquire(timeout=-1 if wait_s is None else wait_s):
            raise Busy(f"Busy with {self.activity or 'another job'}.")
        self.activity = activity
        try:
            yield
        finally:
            self.activity = None
            self._working.release()

    def ask(self, job: str) -> None:
        """Have a job run as soon as the one under way ends; NotFound for one that does not run here."""
        if job not in {one.name for one in self.jobs}:
            known = ", ".join(one.name for one in self.jobs) or "none run in this process"
            raise NotFound(f"No job is called {job!r}.", f"Jobs: {known}.")
        self.asked.add(job)
        self.wake.set()

    def note(self, topic: str, error: ChocolateError | None) -> None:
        """Remember the last failure of a topic, or that it is over."""
        if error is None:
            self.troubles.pop(topic, None)
        else:
            self.troubles[topic] = error
