"""Whose batches a week made: by when each of them had to be finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.ledger_work import WeekWork
from chocolate_factory.domain.plan import Wanted
from chocolate_factory.domain.production import Done
from chocolate_factory.domain.slots import next_slot
from chocolate_factory.domain.standing import Books

Due = tuple[datetime, int]


def wants_of(factory: Factory, work: WeekWork, books: Books, asked: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """The whole batches of a week as hard wants, by due time.

    `books` are the goods finished and the wants owed when the week began, `asked` the wants due inside it.
    Goods answer the earliest due times, then batches in the order in which they ended; a batch that no due
    time of the week asks for belongs to its end. Where a batch ended after its due time every arm may take as
    long.
    """
    count: Counter[tuple[str, datetime, int]] = Counter()
    for product in factory.products:
        ended = sorted(
            (batch for batch in work.batches if batch.product == product.name and in_time(batch, work)),
            key=lambda batch: (batch.end, batch.name),
        )
        dues = dues_of(product.name, [*books.owed, *asked])[books.finished.get(product.name, 0) :]
        entry = next((n for n, d in enumerate(factory.demands) if d.product == product.name), 0)
        spare = [(work.window.end, entry)] * max(0, len(ended) - len(dues))
        for batch, (due, number) in zip(ended, [*dues, *spare], strict=False):
            if batch in work.whole:
                count[(product.name, max(due, next_slot(batch.end)), number)] += 1
    return tuple(
        Wanted(product, batches, due, True, entry)
        for (product, due, entry), batches in sorted(
            count.items(), key=lambda item: (item[0][1], item[0][2], item[0][0])
        )
    )


def in_time(batch: Done, work: WeekWork) -> bool:
    """Whether a batch was finished inside the week."""
    inside = work.window.start < batch.end <= work.window.end
    return batch.complete and batch.failed_at is None and inside


def dues_of(product: str, wants: Sequence[Wanted]) -> list[Due]:
    """A due time and entry for each batch of a product that is wanted, earliest first."""
    own = sorted((w for w in wants if w.product == product and w.hard), key=lambda w: (w.due, w.entry))
    return [(want.due, want.entry) for want in own for _ in range(want.batches)]
