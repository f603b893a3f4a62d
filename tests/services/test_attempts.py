"""The ledger of days that could not be had, and the states of sources: waits, memory, moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.attempts import Ledger, read_ledger, save_ledger
from chocolate_factory.services.source_states import SourceState, note_states, read_states

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
OLD, YOUNG = date(2026, 2, 1), date(2026, 3, 11)
HOUR = timedelta(hours=1)
NOTHING = "has nothing"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SqliteStore(tmp_path / "store.sqlite")


def test_waits_grow_threefold_and_end_at_one_moment_of_the_week() -> None:
    ledger, now, waits = Ledger("spot"), NOW, []
    for _ in range(8):
        ledger.failed(OLD, "omie", now, NOTHING)
        again = ledger.days[OLD].again
        waits.append((again - now) / HOUR)
        assert ledger.waits(OLD, "omie", again - timedelta(seconds=1))
        assert not ledger.waits(OLD, "omie", again)
        now = again
    assert waits[:5] == [1, 3, 9, 27, 81]
    assert 0 < waits[5] <= 168
    assert waits[6:] == [168, 168]
    assert ledger.days[OLD].by_source["omie"].count == 8


def test_days_that_fail_at_different_times_are_asked_for_together_at_last() -> None:
    ledger = Ledger("spot")
    days = [OLD - timedelta(days=back) for back in range(5)]
    for back, day in enumerate(days):
        now = NOW + timedelta(hours=7 * back)
        for _ in range(8):
            ledger.failed(day, "omie", now, NOTHING)
            now = ledger.days[day].again
    moments = {ledger.days[day].again for day in days}
    assert len({(moment.weekday(), moment.hour, moment.minute) for moment in moments}) == 1


def test_a_source_never_asked_does_not_wait() -> None:
    ledger = Ledger("spot")
    assert not ledger.waits(OLD, "omie", NOW)
    ledger.failed(OLD, "omie", NOW, NOTHING)
    assert ledger.waits(OLD, "omie", NOW)
    assert not ledger.waits(OLD, "ree", NOW), "a source that is new, or was down, has not been asked"


def test_a_day_due_for_less_than_a_day_is_asked_for_every_time() -> None:
    ledger = Ledger("spot")
    for minutes in (0, 15, 30):
        at = NOW + timedelta(minutes=minutes)
        ledger.failed(YOUNG, "omie", at, NOTHING)
        assert not ledger.waits(YOUNG, "omie", at)
    assert ledger.days[YOUNG].by_source["omie"].count == 0


def test_of_one_value_a_day_every_hour_is_enough() -> None:
    ledger = Ledger("climate_rain")
    day = date(2026, 3, 6)
    ledger.failed(day, "aemet_climate", NOW, NOTHING)
    assert ledger.days[day].again == NOW + HOUR


def test_being_late_all_day_does_not_make_the_first_wait_longer() -> None:
    ledger = Ledger("spot")
    due = datetime(2026, 3, 10, 12, tzinfo=UTC)
    for quarter in range(96):
        ledger.failed(YOUNG, "omie", due + timedelta(minutes=15 * quarter), NOTHING)
    ledger.failed(YOUNG, "omie", due + timedelta(days=1), NOTHING)
    assert ledger.days[YOUNG].again - ledger.days[YOUNG].last == HOUR


def test_a_clock_that_went_back_does_not_block() -> None:
    ledger = Ledger("spot")
    ledger.failed(OLD, "omie", NOW, NOTHING)
    assert not ledger.waits(OLD, "omie", NOW - timedelta(days=30))
    ledger.failed(OLD, "omie", NOW - timedelta(days=20), NOTHING)
    assert ledger.waits(OLD, "omie", NOW - timedelta(days=20))


def test_reasons_are_told_in_one_line() -> None:
    ledger = Ledger("spot")
    ledger.failed(OLD, "omie", NOW, NOTHING)
    ledger.failed(OLD, "ree", NOW + HOUR, "refused, all 24 values are 0")
    tried = ledger.days[OLD]
    assert tried.reason == "omie: has nothing; ree: refused, all 24 values are 0"
    assert (tried.last, tried.again) == (NOW + HOUR, NOW + HOUR)


def test_it_survives_a_restart(store: Store, tmp_path: Path) -> None:
    ledger = read_ledger(store, "spot")
    ledger.failed(OLD, "omie", NOW, NOTHING)
    ledger.failed(OLD, "omie", NOW + HOUR, NOTHING)
    save_ledger(store, ledger, NOW)
    again = read_ledger(SqliteStore(tmp_path / "store.sqlite"), "spot")
    assert again.days == ledger.days
    again.failed(OLD, "omie", NOW + 4 * HOUR, NOTHING)
    assert again.days[OLD].again == NOW + 13 * HOUR
    assert read_ledger(store, "pvpc").days == {}


def test_a_closed_day_is_forgotten(store: Store) -> None:
    ledger = Ledger("spot")
    ledger.failed(OLD, "omie", NOW, NOTHING)
    save_ledger(store, ledger, NOW)
    again = read_ledger(store, "spot")
    again.closed(OLD)
    again.closed(YOUNG)
    save_ledger(store, again, NOW)
    assert read_ledger(store, "spot").days == {}


def test_only_a_change_is_written(store: Store) -> None:
    save_ledger(store, Ledger("spot"), NOW)
    ledger = Ledger("spot")
    ledger.closed(OLD)
    save_ledger(store, ledger, NOW)
    assert store.find("attempts") == []


def test_an_odd_record_is_an_empty_ledger(store: Store) -> None:
    store.save(Record("attempts", "spot", NOW, {"days": []}))
    assert read_ledger(store, "spot").days == {}


def state(store: Store, name: str = "omie") -> SourceState:
    return read_states(store)[name]


def test_a_state_tells_since_when_and_when_last_asked(store: Store) -> None:
    note_states(store, {"omie": ""}, NOW)
    assert state(store) == SourceState("omie", NOW, NOW)
    assert not state(store).failing
    down = NOW + timedelta(minutes=10)
    note_states(store, {"omie": "no connection"}, down)
    assert state(store) == SourceState("omie", down, down, "no connection")
    assert state(store).failing


def test_the_beginning_of_a_failure_outlives_its_reasons(store: Store) -> None:
    note_states(store, {"omie": "no connection"}, NOW)
    later = NOW + timedelta(minutes=20)
    note_states(store, {"omie": "status 503"}, later)
    assert state(store) == SourceState("omie", NOW, later, "status 503")
    back = NOW + 2 * HOUR
    note_states(store, {"omie": ""}, back)
    assert state(store) == SourceState("omie", back, back)


def test_no_news_is_written_once_an_hour(store: Store) -> None:
    for minutes, at in ((0, 0), (15, 0), (59, 0), (60, 60), (75, 60)):
        note_states(store, {"omie": ""}, NOW + timedelta(minutes=minutes))
        assert state(store) == SourceState("omie", NOW, NOW + timedelta(minutes=at))


def test_a_state_of_the_future_is_replaced(store: Store) -> None:
    note_states(store, {"omie": "no connection"}, NOW + timedelta(days=5))
    note_states(store, {"omie": "no connection"}, NOW)
    assert state(store) == SourceState("omie", NOW, NOW, "no connection")


def test_sources_not_asked_keep_their_state(store: Store) -> None:
    note_states(store, {"omie": "no connection", "ree": ""}, NOW)
    note_states(store, {"ree": ""}, NOW + 2 * HOUR)
    assert state(store).at == NOW
    assert state(store, "ree").at == NOW + 2 * HOUR


def test_a_day_of_which_more_is_missing_does_not_wait(store: Store) -> None:
    ledger = Ledger("temperature")
    ledger.failed(OLD, "omie", NOW, NOTHING, 3)
    save_ledger(store, ledger, NOW)
    again = read_ledger(store, "temperature")
    assert again.waits(OLD, "omie", NOW, 3)
    assert again.waits(OLD, "omie", NOW, 2)
    assert not again.waits(OLD, "omie", NOW, 4)
