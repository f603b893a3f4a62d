"""Make a backup and let go of old ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.retention import Keep, kept

KIND = "backup"
YOUNG = timedelta(days=1)
"""What is younger is never removed: somebody may have made it by hand just now."""


def keep_backups(
    ports: Ports, make: Callable[[datetime], Path], made: Callable[[], dict[datetime, Path]], keep: Keep
) -> dict[str, object]:
    """Make one and remove those that `keep` does not want; returns what was done, as the record tells it.

    `make` writes an archive as of now and `made` lists those that there are.
    """
    now = ports.clock()
    path = make(now)
    archives = made()
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
    ports.store.save(Record(KIND, "last", now, body))
    return body
