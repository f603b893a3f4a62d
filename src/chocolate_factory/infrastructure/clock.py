"""The clock of the machine, or one that replays another time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

ASK_S = 5.0


def clock_ahead(url: str) -> timedelta | None:
    """How far this machine's clock is ahead of a server's, to a second; None when that tells no time.

    The `Date` of any answer counts (RFC 9110, 6.6.1), an error's too.
    """
    before = datetime.now(UTC)
    try:
        answer = httpx.head(url, timeout=ASK_S, follow_redirects=False)
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError):
        return None
    if theirs.tzinfo is None:
        return None
    return before + (datetime.now(UTC) - before) / 2 - theirs


class SystemClock:
    """`now()` of the machine, or a fixed moment that stands still or runs at a rate."""

    def __init__(self, fixed: datetime | None, rate: float) -> None:
        self._fixed = fixed.astimezone(UTC) if fixed else None
        self._rate = rate
        self._begun = datetime.now(UTC)

    def __call__(self) -> datetime:
        """The moment, aware, in UTC."""
        if self._fixed is None:
            return datetime.now(UTC)
        return self._fixed + (datetime.now(UTC) - self._begun) * self._rate
