"""A walk-forward test: what is asked at each origin, what a model told there, and who runs and keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol, TypeVar

from chocolate_factory.domain.ports import Forecaster
from chocolate_factory.domain.scores import Quantiles
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import IntArray, local_moment

M = TypeVar("M")
I = TypeVar("I")  # noqa: E741
R = TypeVar("R")


@dataclass(frozen=True, order=True)
class Track:
    """A price series judged at one gate: the local time of day at which forecasts are issued."""

    series: str
    gate: time

    @property
    def name(self) -> str:
        """E.g. `spot-1330`."""
        return f"{self.series}-{self.gate:%H%M}"


GATES = {"spot": (time(11, 30), time(13, 30)), "pvpc": (time(13, 30), time(20, 30))}
"""Gates by price series: before its prices of tomorrow are known, and when they have just become known."""

USUAL = {series: Track(series, gates[-1]) for series, gates in GATES.items()}
"""The track of each series at which plans are made."""


@dataclass(frozen=True, order=True)
class Origin:
    """One forecast to make: a model at the gate of a local day."""

    track: Track
    day: date
    model: str

    @property
    def issued_at(self) -> datetime:
        """The moment of the gate; what becomes known later is not there."""
        return local_moment(self.day, self.track.gate, MARKET_ZONE)


@dataclass(frozen=True, eq=False)
class Material:
    """All that an origin needs, ready to be sent to another process.

    `knowledge` has, by series, all revisions of every slot, of what stands beside the prices too;
    `history_days` is how far back a model looks.
    """

    knowledge: Mapping[str, Series]
    forecasters: Mapping[str, Callable[[], Forecaster]]
    history_days: int


@dataclass(frozen=True)
class Stint:
    """Origins of one model and series that forecast with the weights learnt at one moment, `learnt`."""

    learnt: Origin
    origins: tuple[Origin, ...]


@dataclass(frozen=True, eq=False)
class Told:
    """What a model told at an origin about hours (n,) that were not published then.

    `start` UTC epoch seconds; `price` and each of `quantiles` EUR/MWh; `label` is how the model named
    itself. `fit_seconds` are of learning, 0 where an earlier origin's weights served, and `predict_seconds`
    of the forecast. Where the model had too little to learn from, `refused` says so and there are no hours.
    """

    origin: Origin
    label: str
    start: IntArray
    price: FloatArray
    quantiles: Quantiles
    fit_seconds: float
    predict_seconds: float
    refused: str = ""


class Runner(Protocol):
    """Does independent pieces of work, in any order, here or elsewhere."""

    def __call__(self, work: Callable[[M, I], R], material: M, items: Sequence[I]) -> Iterator[R]:
        """`work(material, item)` of each item, as they are done; `work` must be a module's function."""
        ...


class KeptOrigins(Protocol):
    """Finished origins of earlier runs."""

    def get(self, origin: Origin, digest: str) -> Told | None:
        """What was told there, if it is kept and came of the same inputs, which `digest` stands for."""
        ...

    def put(self, told: Told, digest: str) -> None:
        """Keep it, instead of what there was for that origin."""
        ...
