"""A store that reads series from another one and keeps its own records: a plant of a fleet."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import Hole
from chocolate_factory.domain.slots import Window


class SharedSeries:
    """Series are those of `common` and are never written; records of `own_kinds` are read from `own`.

    Other records are read from `common`. All that is saved goes to `own`.
    """

    def __init__(self, own: Store, common: Store, own_kinds: Collection[str]) -> None:
        self._own, self._common, self._own_kinds = own, common, frozenset(own_kinds)

    def write(self, series: Series) -> int:
        """Not allowed: a plant of a fleet fetches nothing."""
        raise TypeError("the series of a fleet are those of the main store")

    def load(self, series: Series) -> int:
        """Not allowed, as `write`."""
        return self.write(series)

    def read(self, key: str, window: Window, as_of: datetime | None = None) -> Series:
        """As the common store."""
        return self._common.read(key, window, as_of)

    def revisions(self, key: str, window: Window) -> Series:
        """As the common store."""
        return self._common.revisions(key, window)

    def holes(self, key: str, window: Window, now: datetime) -> list[Hole]:
        """As the common store."""
        return self._common.holes(key, window, now)

    def span(self, key: str) -> Window | None:
        """As the common store."""
        return self._common.span(key)

    def count(self, key: str) -> int:
        """As the common store."""
        return self._common.count(key)

    def keys(self) -> list[str]:
        """As the common store."""
        return self._common.keys()

    def kinds(self) -> list[str]:
        """Kinds of the plant's own records."""
        return self._own.kinds()

    def save(self, record: Record) -> None:
        """Keep a record of the plant."""
        self._own.save(record)

    def find(
        self,
        kind: str,
        *,
        id: str | None = None,  # noqa: A002
        limit: int = 100,
        until: datetime | None = None,
    ) -> list[Record]:
        """Records of a kind, newest first: the plant's own, or those that all plants share."""
        return self._place(kind).find(kind, id=id, limit=limit, until=until)

    def each(self, kind: str) -> Iterator[Record]:
        """Records of a kind one by one, from where they are found."""
        return self._place(kind).each(kind)

    def forget(self, kind: str, before: datetime) -> int:
        """Drop records of the plant; what all plants share stays."""
        return self._own.forget(kind, before)

    def stamps(self) -> dict[str, str]:
        """Of each series and kind of record, those of the store that it is read from."""
        own = {name: stamp for name, stamp in self._own.stamps().items() if self._is_own(name)}
        common = {name: stamp for name, stamp in self._common.stamps().items() if not self._is_own(name)}
        return own | common

    def _place(self, kind: str) -> Store:
        return self._own if kind in self._own_kinds else self._common

    def _is_own(self, name: str) -> bool:
        what, _, kind = name.partition("/")
        return what == "record" and kind in self._own_kinds
