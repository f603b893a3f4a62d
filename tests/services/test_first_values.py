"""PVPC that was loaded after its corrections gets its first values, some days a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import Changed, Refused, Unreachable
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.preference import wants_first
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window, days_between
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.first_values import AGAIN_AFTER, read_late_days, repair_first_values
from chocolate_factory.services.sync_series import SyncRequest, sync
from chocolate_factory.tasks.keep_fresh import repair_some
from tests.conftest import Upstream
from tests.contracts.source_world import make
from tests.services.papers import NOW, Paper, day_of, span, stock, told_truth, world

FIRST, LAST = date(2026, 2, 1), date(2026, 2, 20)
CORRECTED = date(2026, 2, 10)
DAYS = list(days_between(FIRST, LAST))
DAY = timedelta(days=1)


@dataclass
class Corrected(Paper):
    """A source whose values of one day are no longer the first ones."""

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """As told today."""
        told = super().fetch(key, window, now)
        inside = told.within(day_of(CORRECTED, key))
        moved = np.isin(told.start, inside.start)
        return replace(told, value=np.where(moved, told.value + 40, told.value))


def bulk(folder: Path) -> tuple[Ports, Paper]:
    """Twenty days loaded from a source that tells corrected values, and the archive that tells the first."""
    late, archive = Corrected("ree", ("pvpc",)), Paper("esios_archive", ("pvpc",), 1)
    ports = world(folder, late)
    sync(SyncRequest(FIRST, LAST, ("pvpc",)), ports.store, ports.sources, NOW)
    assert read_late_days(ports.store, "pvpc") == DAYS
    return replace(ports, sources={"ree": late, "esios_archive": archive}), archive


def asked(archive: Paper) -> list[date]:
    """Days asked for, without those asked for as witnesses."""
    return [first for _, first, _ in archive.asked if FIRST <= first <= LAST]


def test_the_newest_days_are_asked_for_until_all_are_known(tmp_path: Path) -> None:
    ports, archive = bulk(tmp_path)
    found = repair_first_values(ports, "pvpc", 5)
    assert (found.asked, found.known, found.failures) == (DAYS[-5:], DAYS[-5:], [])
    assert read_late_days(ports.store, "pvpc") == DAYS[:-5]
    repair_first_values(ports, "pvpc")
    assert read_late_days(ports.store, "pvpc") == []
    archive.asked.clear()
    assert repair_first_values(ports, "pvpc").asked == []
    assert archive.asked == []


def test_the_first_value_is_known_when_due_and_the_other_later(tmp_path: Path) -> None:
    ports, _ = bulk(tmp_path)
    window, info = day_of(CORRECTED, "pvpc"), CATALOG["pvpc"]
    repair_first_values(ports, "pvpc")
    first = ports.store.read("pvpc", window, info.due(CORRECTED))
    seen = info.correction_seen(CORRECTED)
    assert told_truth(first)
    assert set(first.source) == {"esios_archive"}
    assert np.array_equal(ports.store.read("pvpc", window, seen - DAY / 24).value, first.value)
    after = ports.store.read("pvpc", window, seen)
    assert np.allclose(after.value, first.value + 40)
    assert set(after.source) == {"ree, correction time assumed"}


def test_where_nothing_was_corrected_there_is_one_revision_as_told_first(tmp_path: Path) -> None:
    ports, _ = bulk(tmp_path)
    repair_first_values(ports, "pvpc")
    rows = ports.store.revisions("pvpc", span("pvpc", FIRST, CORRECTED - DAY))
    assert len(rows) == 24 * 9
    assert told_truth(rows)
    assert set(rows.source) == {"esios_archive"}


def test_what_the_archive_does_not_have_is_asked_for_after_a_week(tmp_path: Path) -> None:
    ports, archive = bulk(tmp_path)
    archive.gaps, archive.flat = {DAYS[3]}, {DAYS[8]}
    found = repair_first_values(ports, "pvpc")
    assert set(found.asked) - set(found.known) == {DAYS[3], DAYS[8]}
    assert [failure.first_day for failure in found.failures] == [DAYS[8]]
    assert read_late_days(ports.store, "pvpc") == [DAYS[3], DAYS[8]]
    assert repair_first_values(ports, "pvpc").asked == []
    archive.gaps, archive.flat = set(), set()
    later = replace(ports, clock=lambda: NOW + AGAIN_AFTER)
    assert repair_first_values(later, "pvpc").known == [DAYS[3], DAYS[8]]
    assert later.store.find("first_values", id="pvpc")[0].body == {"in_vain": {}}


def test_an_archive_that_is_down_is_left_alone_and_asked_again(tmp_path: Path) -> None:
    ports, archive = bulk(tmp_path)
    archive.error = Unreachable("no connection", source="esios_archive")
    found = repair_first_values(ports, "pvpc")
    assert (found.known, len(archive.asked)) == ([], 1)
    archive.error = None
    assert repair_first_values(ports, "pvpc").known == DAYS


def test_an_answer_that_cannot_be_read_is_not_asked_for_every_time(tmp_path: Path) -> None:
    ports, archive = bulk(tmp_path)
    archive.error = Changed("another form", source="esios_archive")
    assert repair_first_values(ports, "pvpc", 2).failures
    archive.error = None
    assert not set(repair_first_values(ports, "pvpc").asked) & set(DAYS[-2:])


def test_without_an_archive_nothing_is_done(tmp_path: Path) -> None:
    ports, _ = bulk(tmp_path)
    alone = replace(ports, sources={"ree": ports.sources["ree"]})
    assert repair_first_values(alone, "pvpc").asked == []
    assert repair_first_values(ports, "spot").asked == []


def test_the_job_fails_with_its_source_and_asks_again(tmp_path: Path) -> None:
    ports, archive = bulk(tmp_path)
    running = World(ports, lambda: ports)
    archive.error = Unreachable("no connection", source="esios_archive")
    with pytest.raises(Unreachable, match="esios_archive: no connection"):
        repair_some(running)
    archive.error = None
    repair_some(running)
    (record,) = ports.store.find("sync", id="first_values")
    assert record.body["known"] == record.body["asked"]


def test_few_days_that_are_all_corrected_want_the_first_source() -> None:
    assert wants_first("pvpc", [CORRECTED], NOW)
    assert not wants_first("pvpc", [CORRECTED, date(2026, 3, 11)], NOW)
    assert not wants_first("pvpc", [CORRECTED] * 36, NOW)
    assert not wants_first("pvpc", [], NOW)
    assert not wants_first("spot", [CORRECTED], NOW)


@pytest.mark.parametrize(
    ("day", "hour", "first", "corrected"),
    [
        (date(2025, 9, 9), datetime.fromisoformat("2025-09-09T21:00:00+02:00"), 379.53, 253.58),
        (date(2025, 1, 1), datetime.fromisoformat("2025-01-01T09:00:00+01:00"), 964.88, 423.15),
    ],
)
def test_days_that_were_really_corrected(
    upstream: Upstream, tmp_path: Path, day: date, hour: datetime, first: float, corrected: float
) -> None:
    sources = {name: source for name, source in make(upstream).items() if name in {"ree", "esios_archive"}}
    ports = replace(world(tmp_path), sources={"ree": sources["ree"]})
    sync(SyncRequest(day - 3 * DAY, day + 3 * DAY, ("pvpc",)), ports.store, ports.sources, NOW)
    ports = replace(ports, sources=sources)
    assert len(repair_first_values(ports, "pvpc").known) == 7
    start = int(hour.timestamp())
    rows = ports.store.revisions("pvpc", day_of(day, "pvpc"))
    rows = rows.take(rows.start == start)
    assert rows.value.tolist() == [first, corrected]
    info = CATALOG["pvpc"]
    assert rows.available_at.tolist() == [
        int(at.timestamp()) for at in (info.due(day), info.correction_seen(day))
    ]


def compared(*, esios: Paper, ree: Paper, folder: Path) -> Ports:
    """Three days told by the archive long after their corrections, with two sources to compare with."""
    ports = world(folder, esios, ree, Paper("esios_archive", ("pvpc",), 1))
    sync(SyncRequest(CORRECTED - DAY, CORRECTED + DAY, ("pvpc",)), ports.store, ports.sources, NOW)
    return ports


def latest(ports: Ports) -> Series:
    """The corrected day as it is known now."""
    return ports.store.read("pvpc", day_of(CORRECTED, "pvpc"))


def test_where_one_source_fails_the_next_one_tells_the_correction(tmp_path: Path) -> None:
    esios = Corrected("esios", ("pvpc",), error=Refused("answered 403", source="esios"))
    ports = compared(esios=esios, ree=Corrected("ree", ("pvpc",)), folder=tmp_path)
    assert set(latest(ports).source) == {"ree, correction time assumed"}


@pytest.mark.parametrize("days", [0, 40], ids=["soon", "long after"])
def test_a_comparison_that_failed_is_made_once_it_can_be(tmp_path: Path, days: int) -> None:
    esios = Corrected("esios", ("pvpc",), error=Unreachable("no connection", source="esios"))
    ree = Corrected("ree", ("pvpc",), error=Unreachable("no connection", source="ree"))
    ports = compared(esios=esios, ree=ree, folder=tmp_path)
    assert told_truth(latest(ports))
    ree.error = None
    now = NOW + days * DAY
    request = SyncRequest(now.date() - DAY, now.date(), ("pvpc",))
    sync(request, ports.store, ports.sources, now)
    assert set(latest(ports).source) == {"ree, correction time assumed"}
    ree.asked.clear()
    sync(request, ports.store, ports.sources, now + DAY / 2)
    assert all(first > CORRECTED + DAY for _, first, _ in ree.asked), "once is enough"


def test_a_day_that_was_lost_is_compared_again(tmp_path: Path) -> None:
    ree = Corrected("ree", ("pvpc",))
    ports = compared(esios=Paper("esios", ()), ree=ree, folder=tmp_path)
    empty = world(tmp_path / "anew").store
    (record,) = ports.store.find("first_values", id="pvpc-compared")
    assert record.body == {"runs": [[str(CORRECTED - DAY), str(CORRECTED + DAY)]]}
    empty.save(record)
    ree.error = Unreachable("no connection", source="ree")
    request = SyncRequest(CORRECTED - DAY, CORRECTED + DAY, ("pvpc",))
    sync(request, empty, ports.sources, NOW)
    assert told_truth(latest(replace(ports, store=empty)))
    ree.error = None
    sync(request, empty, ports.sources, NOW)
    assert set(latest(replace(ports, store=empty)).source) == {"ree, correction time assumed"}


def test_days_from_a_file_are_left_as_they_are(tmp_path: Path) -> None:
    ports = world(tmp_path, Corrected("ree", ("pvpc",)))
    stock(ports, "pvpc", FIRST, LAST)
    sync(SyncRequest(LAST, LAST, ("pvpc",)), ports.store, ports.sources, NOW)
    assert told_truth(latest(ports))
