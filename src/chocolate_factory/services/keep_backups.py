"""Make a backup and let go of old ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.retention import Keep, kept
from chocolate_factory.domain.slots import local_date

KIND, LAST, BEGUN = "backup", "last", "backup_begun"
YOUNG = timedelta(days=1)
"""What is younger is never removed: somebody may have made it by hand just now."""


def keep_backups(
    ports: Ports, make: Callable[[datetime], Path], made: Callable[[], dict[datetime, Path]], keep: Keep
) -> dict[str, object]:
    """Make one and remove those that `keep` does not want; returns what was done, as the record tells it.

    `make` writes an archive as of a moment and `made` lists those that there are. Where a process ended
    between its archive and its record, that archive is the day's and no second one is made.
    """
    now = ports.clock()
    at = unfinished(ports, now)
    archives = made()
    if at is None or at not in archives:
        at = now
        ports.store.save(Record(BEGUN, LAST, at, {}))
        make(at)
        archives = made()
    path = archives[at]
    wanted = kept(archives, keep, ports.factory.site.timezone)
    old = {at for at in archives if now - at >= YOUNG}
    gone = [archive for at, archive in archives.items() if at in old and at not in wanted]
    for archive in gone:
        archive.unlink(missing_ok=True)
    body: dict[str, object] = {
        "file": path.name,
        "bytes": path.stat().st_size,
        "kept": len(archives) - len(gone),
        "removed": len(gone),
    }
    ports.store.save(Record(KIND, LAST, at, body))
    return body


def unfinished(ports: Ports, now: datetime) -> datetime | None:
    """The moment of a backup that was begun this day and of which nobody said that it is done."""
    begun, last = (
        next((record.at for record in ports.store.find(kind, id=LAST, limit=1)), None)
        for kind in (BEGUN, KIND)
    )
    zone = ports.factory.site.timezone
    today = begun is not None and local_date(begun, zone) == local_date(now, zone)
    return begun if today and begun != last else None
