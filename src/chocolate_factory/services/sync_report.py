"""What a sync did, series by series, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from chocolate_factory.core.errors import SourceError
from chocolate_factory.domain.validation import RefusedDay

Json = dict[str, object]


@dataclass(frozen=True)
class Failure:
    """A source that did not deliver some days of a series, and why."""

    source: str
    series: str
    reason: str
    error: str
    first_day: date
    last_day: date

    def to_json(self) -> Json:
        """The failure with days as ISO text."""
        days = {"first_day": self.first_day.isoformat(), "last_day": self.last_day.isoformat()}
        return {
            "source": self.source,
            "series": self.series,
            "error": self.error,
            "reason": self.reason,
            **days,
        }


@dataclass
class SeriesReport:
    """One series: rows `changed` in the store, of them `corrected`, slots still `missing` and due.

    `refused` are days whose values were not trusted, `absent` due days that a source did not have yet,
    `by_source` the rows changed by each source.
    """

    series: str
    changed: int = 0
    corrected: int = 0
    missing: int = 0
    missing_since: datetime | None = None
    by_source: dict[str, int] = field(default_factory=dict)
    absent: dict[str, list[date]] = field(default_factory=dict)
    refused: list[tuple[str, RefusedDay]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def add_rows(self, source: str, changed: int, corrected: int = 0) -> None:
        """Count rows that a source changed."""
        self.changed += changed
        self.corrected += corrected
        if changed:
            self.by_source[source] = self.by_source.get(source, 0) + changed

    def add_refused(self, source: str, days: Iterable[RefusedDay]) -> None:
        """Note days that were not trusted; each is a failure of its source."""
        for refusal in days:
            self.refused.append((source, refusal))
            reason = f"{refusal.day} refused: {refusal.reason}"
            self.failures.append(Failure(source, self.series, reason, "Changed", refusal.day, refusal.day))

    def add_absent(self, source: str, days: Sequence[date]) -> None:
        """Note due days that a source did not have."""
        if days:
            self.absent.setdefault(source, []).extend(days)

    def add_failure(self, source: str, error: SourceError, first: date, last: date) -> None:
        """Note an error of a source."""
        reason = error.message.removeprefix(f"{error.source}: ")
        self.failures.append(Failure(source, self.series, reason, type(error).__name__, first, last))

    @property
    def note(self) -> str:
        """What is worth telling, in a few words."""
        parts = [f"{self.corrected} corrected"] if self.corrected else []
        parts += [f"{_days(len(self.refused))} refused"] if self.refused else []
        parts += [f"{_days(len(days))} not at {source}" for source, days in self.absent.items()]
        if self.missing_since:
            parts.append(f"missing from {self.missing_since:%Y-%m-%d %H:%M} UTC")
        return ", ".join(parts)

    def to_json(self) -> Json:
        """The report with days and moments as ISO text."""
        since = self.missing_since
        return {
            "series": self.series,
            "changed": self.changed,
            "corrected": self.corrected,
            "missing": self.missing,
            "missing_since": since.isoformat() if since else None,
            "by_source": dict(self.by_source),
            "absent": {source: [d.isoformat() for d in days] for source, days in self.absent.items()},
            "refused": [
                {"source": source, "day": refusal.day.isoformat(), "reason": refusal.reason}
                for source, refusal in self.refused
            ],
            "failures": [failure.to_json() for failure in self.failures],
        }


@dataclass(frozen=True)
class SyncReport:
    """What one sync did, as of `at`."""

    at: datetime
    series: tuple[SeriesReport, ...]

    @property
    def changed(self) -> int:
        """Rows changed in the store."""
        return sum(report.changed for report in self.series)

    @property
    def missing(self) -> int:
        """Due slots that nobody had."""
        return sum(report.missing for report in self.series)

    @property
    def failures(self) -> list[Failure]:
        """What failed, in the order of the series."""
        return [failure for report in self.series for failure in report.failures]

    def to_json(self) -> Json:
        """The report with moments as ISO text."""
        return {
            "at": self.at.isoformat(),
            "changed": self.changed,
            "missing": self.missing,
            "series": [report.to_json() for report in self.series],
            "failures": [failure.to_json() for failure in self.failures],
        }


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"
