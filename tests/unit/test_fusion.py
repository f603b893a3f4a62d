"""Weather of several sources in one series: who counts at which hour, and what replaces what."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.fusion import AEMET, OPENWEATHERMAP, READ_ONCE, added, fused, rank
from chocolate_factory.domain.series import Origin, Series, concat, empty
from chocolate_factory.domain.slots import epoch, moment

MIDNIGHT = epoch(datetime(2026, 3, 10, tzinfo=UTC))
NOW = MIDNIGHT + 3 * 86400
ARCHIVE = "open_meteo_archive"
NAMES = (AEMET, OPENWEATHERMAP, ARCHIVE)

hours = st.integers(0, 47).map(lambda hour: MIDNIGHT + 3600 * hour)
values = st.integers(-100, 300).map(lambda tenths: tenths / 10)
rows = st.dictionaries(hours, values, max_size=48)
names = st.sampled_from(NAMES)


def apart(name: str, found: dict[int, float]) -> tuple[str, dict[int, float]]:
    """An answer whose values no other source tells."""
    return name, {start: 3 * value + 0.1 * NAMES.index(name) for start, value in found.items()}


tellings = st.lists(st.builds(apart, names, rows), max_size=6)


def told(name: str, found: dict[int, float], after: int = 3600) -> Series:
    """What a source says; each hour known since `after` seconds from its start."""
    start = np.array(sorted(found), np.int64)
    if len(start) == 0:
        return empty("temperature")
    return Series(
        "temperature",
        start,
        np.full(len(start), 60, np.int64),
        np.array([found[at] for at in sorted(found)]),
        start + after,
        np.full(len(start), str(Origin.MEASURED)),
        np.full(len(start), name),
    )


def together(stored: Series, new: Series) -> Series:
    """The newest row of each slot after writing."""
    parts = [part for part in (stored, new) if len(part)]
    return concat(parts).latest_revision() if parts else stored


def played(answers: list[tuple[str, dict[int, float]]]) -> Series:
    """What is stored after some answers came one after the other."""
    stored = empty("temperature")
    for number, (name, found) in enumerate(answers):
        stored = together(stored, fused(told(name, found), stored, NOW + number))
    return stored


@pytest.mark.parametrize(
    ("hour", "order"),
    [
        (0, (AEMET, OPENWEATHERMAP, ARCHIVE)),
        (7, (AEMET, OPENWEATHERMAP, ARCHIVE)),
        (8, (OPENWEATHERMAP, AEMET, ARCHIVE)),
        (23, (OPENWEATHERMAP, AEMET, ARCHIVE)),
    ],
)
def test_the_night_is_aemets_and_the_day_openweathermaps(hour: int, order: tuple[str, ...]) -> None:
    start = MIDNIGHT + 3600 * hour
    assert sorted(NAMES, key=lambda name: rank(name, start)) == list(order)


def test_a_label_behind_the_name_does_not_change_the_rank() -> None:
    assert rank("aemet, correction time assumed", MIDNIGHT) == 0


@given(names, rows)
def test_an_empty_slot_takes_what_is_told_as_it_is(name: str, found: dict[int, float]) -> None:
    new = fused(told(name, found), empty("temperature"), NOW)
    assert new.start.tolist() == sorted(found)
    assert new.available_at.tolist() == [at + 3600 for at in sorted(found)]


@given(names, names, hours, values, values)
def test_only_a_better_source_replaces(old: str, new: str, at: int, first: float, second: float) -> None:
    stored = told(old, {at: first})
    change = fused(told(new, {at: second}), stored, NOW)
    if old == new:
        replaces = second != first and new not in READ_ONCE
    else:
        replaces = second != first and rank(new, at) < rank(old, at)
    assert len(change) == replaces
    if replaces:
        assert (change.value[0], change.source[0], change.available_at[0]) == (second, new, NOW)


@given(hours, values, values)
def test_a_station_read_again_within_the_hour_is_no_correction(at: int, first: float, second: float) -> None:
    stored = told(OPENWEATHERMAP, {at: first})
    assert len(fused(told(OPENWEATHERMAP, {at: second}), stored, NOW)) == 0


@given(names, names, hours, values)
def test_a_source_that_agrees_is_no_news(old: str, new: str, at: int, value: float) -> None:
    assert len(fused(told(new, {at: value}), told(old, {at: value}), NOW)) == 0


def test_rounding_is_no_correction() -> None:
    stored = told(AEMET, {MIDNIGHT: 12.3})
    assert len(fused(told(AEMET, {MIDNIGHT: 12.304}), stored, NOW)) == 0
    assert len(fused(told(AEMET, {MIDNIGHT: 12.31}), stored, NOW)) == 1


def test_a_replacement_is_newer_knowledge_even_under_a_clock_that_went_back() -> None:
    stored = told(ARCHIVE, {MIDNIGHT: 12.0}, after=10 * 86400)
    change = fused(told(AEMET, {MIDNIGHT: 13.0}), stored, NOW)
    assert change.available_at[0] == stored.available_at[0] + 1


@given(tellings)
def test_the_best_source_that_spoke_is_what_is_stored(answers: list[tuple[str, dict[int, float]]]) -> None:
    final = played(answers)
    spoke: dict[int, set[str]] = {}
    for name, found in answers:
        for at in found:
            spoke.setdefault(at, set()).add(name)
    assert set(final.start.tolist()) == spoke.keys()
    for row, start in enumerate(final.start):
        at, name = int(start), str(final.source[row])
        said = {value for who, found in answers if who == name for value in [found.get(at)]}
        assert final.value[row] in said, "a stored value is one its source told"
        assert rank(name, at) == min(rank(who, at) for who in spoke[at])


@given(tellings)
def test_the_last_answer_again_changes_nothing(answers: list[tuple[str, dict[int, float]]]) -> None:
    stored = played(answers)
    for name, found in answers[-1:]:
        assert len(fused(told(name, found), stored, NOW + 100)) == 0


@given(rows, rows)
def test_two_stations_fuse_alike_in_any_order(night: dict[int, float], day: dict[int, float]) -> None:
    answers = [(AEMET, night), (OPENWEATHERMAP, day)]
    one, other = played(answers), played(answers[::-1])
    assert one.start.tolist() == other.start.tolist()
    assert one.value.tolist() == other.value.tolist()


def test_one_failing_covers_for_the_other() -> None:
    afternoon = MIDNIGHT + 15 * 3600
    assert moment(afternoon).hour == 15
    stored = played([(ARCHIVE, {MIDNIGHT: 1.0, afternoon: 2.0}), (AEMET, {MIDNIGHT: 3.0, afternoon: 4.0})])
    assert stored.value.tolist() == [3.0, 4.0]
    assert set(stored.source) == {AEMET}


@given(rows, rows)
def test_a_forecast_keeps_its_hours_and_gains_the_others(
    first: dict[int, float], second: dict[int, float]
) -> None:
    merged = added(told("aemet_forecast", first), told("open_meteo", second))
    expected = {**second, **first}
    assert dict(zip(merged.start.tolist(), merged.value.tolist(), strict=True)) == expected
    own = set(merged.source[np.isin(merged.start, list(first))]) if first else set()
    assert own <= {"aemet_forecast"}
