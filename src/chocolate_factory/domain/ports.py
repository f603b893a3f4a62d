"""What the use cases need from the outside, as small protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from numpy.typing import NDArray

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.notices import Notice
from chocolate_factory.domain.problem import Problem, Solution
from chocolate_factory.domain.registry import Registry
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import Hole
from chocolate_factory.domain.slots import Window
from chocolate_factory.domain.talk import Reply, Request, Usage

Clock = Callable[[], datetime]
Json = Mapping[str, object]


class Source(Protocol):
    """A provider of series. Never fills: it returns what it got or raises a `SourceError`."""

    name: str
    series: tuple[str, ...]
    max_days: int
    """Longest window, in local days, that one fetch may ask for."""

    def reaches(self, key: str, now: datetime) -> Window:
        """The span of slots of a series that this source can tell of at `now`; outside it is never asked."""
        ...

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Values of the local days that touch the window, as told; days not yet published are left out.

        `domain/validation` takes or refuses what came before it is stored. `available_at` follows the
        series' publication rule; for weather forecasts it is `now`.
        """
        ...


@dataclass(frozen=True)
class Record:
    """A stored JSON document: kind ("forecast", "plan", "settlement", …), id, moment and body."""

    kind: str
    id: str
    at: datetime
    body: Json


class Store(Protocol):
    """Where series and records live. The same contract suite tests every store."""

    def write(self, series: Series) -> int:
        """Store new knowledge; returns rows changed.

        The natural key is (series, start, available_at). A row whose value and length equal what the store
        already knows for that slot as of its `available_at` changes nothing; the same moment of knowledge
        told differently replaces the row; anything else adds a revision.
        """
        ...

    def read(self, key: str, window: Window, as_of: datetime | None = None) -> Series:
        """Slots that start in the window, one row each: the newest knowledge, or the newest by `as_of`."""
        ...

    def revisions(self, key: str, window: Window) -> Series:
        """All knowledge of the slots in the window, one row a revision, by slot and time of knowledge."""
        ...

    def holes(self, key: str, window: Window, now: datetime) -> list[Hole]:
        """Due slots of the window that are not stored, joined into runs."""
        ...

    def span(self, key: str) -> Window | None:
        """From the first to the end of the last stored slot."""
        ...

    def load(self, series: Series) -> int:
        """Store rows exactly as they are, for copies: nothing is compared with what is known of their slots.

        Returns rows inserted or replaced; a row that is there already, equal in all columns, is not counted.
        """
        ...

    def count(self, key: str) -> int:
        """How many rows are stored of a series, every revision of every slot."""
        ...

    def keys(self) -> list[str]:
        """Keys of the series that have rows, sorted."""
        ...

    def kinds(self) -> list[str]:
        """Kinds of the records there are, sorted."""
        ...

    def save(self, record: Record) -> None:
        """Store a record; the same kind and id replaces it."""
        ...

    def find(
        self,
        kind: str,
        *,
        id: str | None = None,  # noqa: A002
        limit: int = 100,
        until: datetime | None = None,
    ) -> list[Record]:
        """Records of a kind whose moment is not after `until`, newest first, then from the highest id."""
        ...

    def each(self, kind: str) -> Iterator[Record]:
        """The records of a kind one by one, by id, a few of them in memory: for copies of many.

        One that changes meanwhile comes whole, as it was or as it is; one that is new may be left out.
        """
        ...

    def forget(self, kind: str, before: datetime) -> int:
        """Drop the contents of the records of a kind whose moment is earlier; returns how many there were."""
        ...

    def stamps(self) -> Mapping[str, str]:
        """For `series/<key>` and `record/<kind>` a text that is another one after every change of them.

        Cheap, and the same for every process. What never changed since stamps are kept has none. A reader
        that takes the stamps before it reads never holds older contents than they stand for.
        """
        ...


@dataclass(frozen=True, eq=False)
class Known:
    """What a forecaster may look at: prices and series beside them, each as it was known at a moment.

    Of prices one row a slot, its newest knowledge then; of the others every revision known by then. A key
    of `beside` may be missing or its series empty.
    """

    prices: Series
    beside: Mapping[str, Series] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Learnt:
    """What a model has learnt, as numbers without code: what is kept, and loaded to serve.

    `learnt_at` is the moment whose knowledge it comes from; `arrays` hold numbers only, never objects;
    `facts` is JSON: the days learnt from, the inputs used, what had to be done without.
    """

    model: str
    series: str
    learnt_at: datetime
    arrays: Mapping[str, NDArray[Any]]
    facts: Json


class Fitted(Protocol):
    """A forecaster that has seen history."""

    def predict(self, window: Window) -> Forecast:
        """Prices for every slot of the window, without published ones (the splice is a use case)."""
        ...


class NetworkStatus(Protocol):
    """The daemon of the private network that this machine is in; it is only asked, never told to act."""

    def is_there(self) -> bool:
        """Whether one is installed, whatever it would answer."""
        ...

    def status(self) -> Mapping[str, Any] | None:
        """What it says of its machines, for `domain/nodes`; None where none is installed.

        Raises a `SourceError` when it cannot be asked.
        """
        ...

    def whois(self, address: str) -> Mapping[str, Any] | None:
        """Who has an IP address, for `domain/nodes`; None where nobody has it. Raises a `SourceError`."""
        ...

    def certificate(self, domain: str) -> bytes | None:
        """The certificate kept for a domain, PEM; None where none is. Raises a `SourceError`."""
        ...


class Forecaster(Protocol):
    """A model by name: `learn` is slow and done daily, `ready` fast and done for every forecast."""

    @property
    def name(self) -> str:
        """Its key among the forecasters."""
        ...

    @property
    def beside(self) -> tuple[str, ...]:
        """Catalogue keys of the series read beside the price; one that lacks is done without, and said."""
        ...

    def learn(self, known: Known, at: datetime) -> Learnt:
        """Weights from rows with available_at ≤ `at` only."""
        ...

    def ready(self, learnt: Learnt, known: Known, at: datetime) -> Fitted:
        """Weights learnt at `at` or before, on what is known at `at`: the only thing that can predict."""
        ...


Progress = Callable[[float, float, float], None]
"""Called with (seconds, best cost or inf, proven bound or −inf) as a solve goes on."""


class Alerts(Protocol):
    """A channel that tells people of alerts."""

    name: str

    def send(self, notice: Notice) -> None:
        """Send one message; raises a `SourceError` when it was not taken."""
        ...


class Assistant(Protocol):
    """A language model that answers in text and asks for tools; it is never believed without a check."""

    @property
    def name(self) -> str:
        """Which model it is."""
        ...

    def reply(self, request: Request) -> Iterator[str | Usage | Reply]:
        """Parts of the text as they come, then the whole reply; before them what it will cost at most.

        Raises a `SourceError` when it cannot be reached or says no, `Misconfigured` for a wrong key.
        """
        ...


class Encoder(Protocol):
    """Turns texts into vectors of length 1; the nearer two texts are in meaning, the higher their product.

    It knows Spanish and English alike. What it works with is loaded when it is first asked.
    """

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        """A row a text, float32."""
        ...

    def encode_kept(self, texts: Sequence[str]) -> NDArray[Any]:
        """The same for texts that will be asked for again: worked out once, and kept over restarts."""
        ...


class Planner(Protocol):
    """Turns a problem into starts, or raises `Infeasible`."""

    def solve(self, problem: Problem, time_limit: float, progress: Progress | None = None) -> Solution:
        """Best solution and proven bound within about `time_limit` seconds."""
        ...


@dataclass(frozen=True)
class Replanning:
    """How a plan that stands is planned anew.

    Runs that start within `freeze_minutes` stay. The new plan is taken where it is cheaper by more than both
    `keep_unless_eur` and `keep_unless_percent` of the cost. `seconds` of solving are spent.
    """

    freeze_minutes: int = 120
    keep_unless_eur: float = 1.0
    keep_unless_percent: float = 0.2
    seconds: float = 5.0

    def threshold_eur(self, cost_eur: float) -> float:
        """What a new plan has to save beside one of a cost, EUR."""
        return max(self.keep_unless_eur, self.keep_unless_percent / 100 * abs(cost_eur))


def _nobody_else(_name: str) -> AbstractContextManager[None]:
    """For worlds of one thread."""
    return nullcontext()


@dataclass(frozen=True)
class Ports:
    """Everything a use case may touch, built once by `wiring.build`.

    `forecaster` is the model that the settings name, empty where the champion of the registry serves.
    `sample` is true when store and sources are the project's own made-up world; every answer says so.
    `unkeyed` names, for each series that only a source without its key could tell, the setting it wants;
    `keys_end` tells of each key with a known end when that is, and whether it is assumed. `elsewhere` names
    settings whose default is a place that is not near the site. `plan_risk` is the weight of the dearest of
    `plan_paths` price paths in what a plan minimises. Without `encoder` documents are found by words alone.
    `alone` waits for a lock by name that all processes share, for what is checked and then written.
    """

    factory: Factory
    factory_text: str
    store: Store
    sources: Mapping[str, Source]
    forecasters: Mapping[str, Callable[[], Forecaster]]
    forecaster: str
    planner: Planner
    plan_seconds: float
    clock: Clock
    sample: bool
    registry: Registry
    unkeyed: Mapping[str, str] = field(default_factory=dict)
    keys_end: Mapping[str, tuple[datetime, bool]] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()
    replanning: Replanning = Replanning()
    plan_risk: float = 0.0
    plan_paths: int = 50
    network: NetworkStatus | None = None
    encoder: Encoder | None = None
    alone: Callable[[str], AbstractContextManager[None]] = _nobody_else
