"""Alerts as lines of the log."""

from __future__ import annotations

import structlog

from chocolate_factory.domain.alerts import Severity
from chocolate_factory.domain.notices import Event, Notice

log = structlog.get_logger("chocolate_factory.alerts")


class LogAlerts:
    """Writes a line a notice: a warning, or what is over or good to know as information."""

    name = "log"

    def send(self, notice: Notice) -> None:
        """Write it."""
        calm = notice.event is Event.CLOSED or notice.severity is Severity.INFO
        say = log.info if calm else log.warning
        say(
            "alert",
            alert=notice.kind,
            state=str(notice.event),
            severity=str(notice.severity),
            text=notice.text,
        )
