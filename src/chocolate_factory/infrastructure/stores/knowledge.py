"""What is new in what is told, the same rule for every store."""

from __future__ import annotations

import numpy as np

from chocolate_factory.domain.series import Series, concat


def last_told(series: Series) -> Series:
    """Rows by slot and time of knowledge, the last one told of each pair."""
    order = np.lexsort((series.available_at, series.start))
    start, available_at = series.start[order], series.available_at[order]
    last = np.append((start[1:] != start[:-1]) | (available_at[1:] != available_at[:-1]), True)
    return series.take(order[last])


def news(told: Series, known: Series) -> Series:
    """The rows of `told` that are new knowledge beside `known`.

    Both hold a pair of slot and time of knowledge at most once; `known` holds all revisions of the slots
    told. A row is news unless the row before it, of the same slot and known no later, says the same value
    and length: whether or not that one is news itself, it is what is known when this one is told.
    """
    if len(told) == 0 or len(known) == 0:
        rows, is_told = told, np.ones(len(told), np.bool_)
    else:
        # A stable sort: of two rows of one moment the known one comes first.
        rows = concat([known, told])
        marks = np.repeat([False, True], [len(known), len(told)])
        order = np.lexsort(
            (np.append(known.available_at, told.available_at), np.append(known.start, told.start))
        )
        is_told = marks[order]
    same = np.append(
        False,
        (rows.start[1:] == rows.start[:-1])
        & (rows.minutes[1:] == rows.minutes[:-1])
        & (rows.value[1:] == rows.value[:-1]),
    )
    return rows.take(is_told & ~same[: len(rows)])


def unlike(rows: Series, stored: Series) -> Series:
    """The rows that are not among `stored`, equal in all columns."""
    seen = set(_cells(stored))
    return rows.take(np.array([cells not in seen for cells in _cells(rows)], np.bool_))


def _cells(series: Series) -> list[tuple[object, ...]]:
    columns = (series.start, series.available_at, series.minutes, series.value, series.origin, series.source)
    return list(zip(*(column.tolist() for column in columns), strict=True))
