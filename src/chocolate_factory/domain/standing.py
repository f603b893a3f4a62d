"""Where the plant stands when a window starts: finished goods, batches under way, and what is still wanted.

Batches of a product are alike: finished ones answer the earliest due time first, then those under way. Goods
are counted in whole batches.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.plan import Run, Wanted
from chocolate_factory.domain.production import Done, Kind, Report
from chocolate_factory.domain.slots import PLAN_MINUTES

QUARTER = timedelta(minutes=PLAN_MINUTES)


@dataclass(frozen=True)
class Tail:
    """The rest of a batch that has begun, from step `first_step` on; the step before ends at `ready`.

    `held` are the next of its steps, as far as they stay as they were planned. A batch that has not begun is
    a tail too where its first steps are held.
    """

    batch: str
    product: str
    first_step: int
    ready: datetime
    held: tuple[Run, ...] = ()

    def earliest(self, start: datetime) -> int:
        """The first slot, counted from `start`, in which the next step may start."""
        return max(0, -((start - self.ready) // QUARTER))

    def latest(self, start: datetime, wait_max: int | None) -> int | None:
        """The last slot in which it may start, −1 when that is over, None without a longest wait."""
        return None if wait_max is None else max(-1, (self.ready - start) // QUARTER + wait_max)


@dataclass(frozen=True)
class Frozen:
    """Runs of a batch that stay as they were planned: its next steps, in order.

    `due` is that of the want which the batch was planned for, None where it is not known.
    """

    batch: str
    product: str
    runs: tuple[Run, ...]
    due: datetime | None = None


@dataclass(frozen=True)
class Books:
    """Finished batches by product at a moment, and wants whose due time passed without being met."""

    finished: Mapping[str, int]
    owed: tuple[Wanted, ...] = ()


@dataclass(frozen=True)
class Standing:
    """The plant at a window's start.

    `wanted` is what still has to be made, the wants that each of `tails` answers last and in their order.
    `begun` are the runs of batches that were not finished then. `kept` are runs whose names and units are
    taken: one of no length of every batch that ever began, one without a batch for a unit out of order.
    `supply` are the finished goods, `raw` the wants before any of that counted. `made` are batches by product
    that were finished earlier on the window's first local day. `carried` is the last
    run or setup before the window on each unit of a machine that has setups, as far as it is known.
    """

    wanted: tuple[Wanted, ...]
    raw: tuple[Wanted, ...]
    supply: Mapping[str, int]
    tails: tuple[Tail, ...] = ()
    begun: tuple[Run, ...] = ()
    kept: tuple[Run, ...] = ()
    given_up: tuple[str, ...] = ()
    made: Mapping[str, int] = field(default_factory=dict)
    carried: tuple[Run, ...] = ()


NOTHING_BEGUN = Standing((), (), {})
"""A plant without a past."""


def keep_books(
    factory: Factory, books: Books, moved: tuple[Sequence[Done], Sequence[Wanted], Sequence[Report]],
    until: datetime,
) -> Books:  # fmt: skip
    """The books after finished batches, due times and counts up to `until`, each a moment after the books'.

    A count replaces what was reckoned and closes what was owed before it; kilograms that fill no batch do
    not count.
    """
    done, dues, counts = moved
    owed: dict[str, deque[Wanted]] = {}
    for want in books.owed:
        owed.setdefault(want.product, deque()).append(want)
    finished = dict(books.finished)
    events = [(batch.end, 0, batch.product, batch) for batch in done if batch.complete]
    events += [(want.due, 1, want.product, want) for want in dues]  # type: ignore[misc]
    events += [(count.moment, 2, count.product, count) for count in counts]  # type: ignore[misc]
    for at, _, product, event in sorted(events, key=lambda e: e[:3]):
        if at > until:
            continue
        waiting = owed.setdefault(product, deque())
        finished.setdefault(product, 0)
        if isinstance(event, Wanted):
            _deliver(finished, waiting, event)
        elif isinstance(event, Report):
            finished[product] = int((event.kg or 0) / factory.product(product).batch_kg + 1e-9)
            waiting.clear()
        elif waiting:
            first = waiting.popleft()
            if first.batches > 1:
                waiting.appendleft(replace(first, batches=first.batches - 1))
        else:
            finished[product] += 1
    left = tuple(want for waiting in owed.values() for want in waiting)
    return Books(finished, tuple(sorted(left, key=lambda want: (want.due, want.entry))))


def _deliver(finished: dict[str, int], waiting: deque[Wanted], want: Wanted) -> None:
    given = min(want.batches, finished[want.product])
    finished[want.product] -= given
    if want.batches > given:
        waiting.append(replace(want, batches=want.batches - given, hard=True, may_be_stock=False))


def standing(
    asked: tuple[Sequence[Wanted], Sequence[Wanted]],
    books: Books,
    done: Sequence[Done],
    window: tuple[datetime, datetime],
    frozen: Sequence[Frozen] = (),
) -> Standing:
    """What is still to be made of the wants (and of what is owed), given goods and batches under way.

    `asked` are the wants, and what of the same later due times belonged into the time before: goods and
    batches under way answer that first, and what of it was not made is not asked for again.
    `done` are the batches that began before the window's `start`. One whose last step runs answers a want
    due when it ends or later; one with steps to come is a tail, and answers the earliest want left; with
    none left it is finished all the same, by the window's `end`. `frozen` batches that have not begun answer
    the want that they were planned for, else the earliest one left; with none left they are not held.
    """
    start, (wants, earlier) = window[0], asked
    ranked = [(w.due, w.entry, True, w) for w in (*books.owed, *wants)]
    ranked += [(w.due, w.entry, False, w) for w in earlier]
    ranked.sort(key=lambda item: item[:3])
    raw = tuple(item[3] for item in ranked)
    left = [want.batches for want in raw]
    for product, count in books.finished.items():
        for _ in range(min(count, sum(left))):
            _take(raw, left, product, (start, start))
    live = sorted((d for d in done if d.runs and d.failed_at is None), key=lambda d: (d.end, d.name))
    for batch in live:
        if batch.complete and batch.end > start:
            _take(raw, left, batch.product, (start, batch.end))
    tails = _tails((raw, left), [d for d in live if not d.complete], window, frozen)
    fresh = [f for f in frozen if f.batch not in {d.name for d in done}]
    tails += _frozen_tails((raw, left), fresh, window)
    now = [(item[3], count) for item, count in zip(ranked, left, strict=True) if item[2]]
    return Standing(
        wanted=(*(replace(want, batches=count) for want, count in now if count), *(w for _, w in tails)),
        raw=tuple(want for want, _ in now),
        supply=dict(books.finished),
        tails=tuple(tail for tail, _ in tails),
        begun=tuple(run for d in live if not d.complete or d.end > start for run in d.runs),
    )


Book = tuple[Sequence[Wanted], list[int]]
"""Wants, and how many batches of each are still open."""


def _tails(
    book: Book, unfinished: list[Done], window: tuple[datetime, datetime], frozen: Sequence[Frozen]
) -> list[tuple[Tail, Wanted]]:
    """The rests of batches that have begun, each with the want that it answers."""
    held = {f.batch: f.runs for f in frozen}
    found = []
    for d in sorted(unfinished, key=lambda d: (-len(d.runs), d.end, d.name)):
        place = _take(*book, d.product, (window[0], window[0]))
        tail = Tail(d.name, d.product, len(d.runs), d.end, held.get(d.name, ()))
        found.append((tail, _wanted_of(book[0], place, d, window[1])))
    return found


def _frozen_tails(
    book: Book, fresh: Sequence[Frozen], window: tuple[datetime, datetime]
) -> list[tuple[Tail, Wanted]]:
    """The frozen batches that have not begun and are wanted, each with the want that it answers."""
    found = []
    for f in fresh:
        place = _take(*book, f.product, (window[0], window[0]), f.due)
        if place is not None:
            tail = Tail(f.batch, f.product, 0, window[0], f.runs)
            found.append((tail, _wanted_of(book[0], place, f, window[1])))
    return found


def _wanted_of(raw: Sequence[Wanted], place: int | None, batch: Done | Frozen, end: datetime) -> Wanted:
    """One batch of the want that a batch under way answers; where nobody wants it, by the window's end."""
    if place is not None:
        return replace(raw[place], batches=1, hard=True, may_be_stock=False)
    entry = next((want.entry for want in raw if want.product == batch.product), 0)
    return Wanted(batch.product, 1, end, True, entry)


def _take(
    raw: Sequence[Wanted],
    left: list[int],
    product: str,
    ready: tuple[datetime, datetime],
    due: datetime | None = None,
) -> int | None:
    """Answer one batch of the earliest open want with goods that are `ready` some time after a start.

    One due at `due` comes before all others. A want due between the two is answered only where nothing else
    is open: it would be late unseen.
    """
    start, end = ready
    own = [place for place, want in enumerate(raw) if want.product == product and left[place]]
    own.sort(key=lambda p: raw[p].due != due)
    place = next((p for p in own if not start < raw[p].due < end), own[0] if own else None)
    if place is not None:
        left[place] -= 1
    return place


def counts_among(reports: Sequence[Report]) -> list[Report]:
    """The counts of stock among reports."""
    return [report for report in reports if report.kind is Kind.STOCK]
