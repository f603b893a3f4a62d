"""When an access key ends, as far as the key itself tells."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

LASTS = timedelta(days=100)
"""How long AEMET's keys live by its own account; only some of them say when they end."""


def token_ends(token: str) -> tuple[datetime | None, bool]:
    """(when a key ends in UTC, whether that is assumed); (None, False) when it does not tell.

    A JSON web token (RFC 7519) may carry `exp`, its end, or only `iat`, when it was given out: then it is
    taken to live for `LASTS`. Nothing is verified. Never raises, whatever the text.
    """
    claims = _claims(token)
    ends = _moment(claims.get("exp"))
    if ends is not None:
        return ends, False
    given = _moment(claims.get("iat"))
    return (None, False) if given is None else (given + LASTS, True)


def _claims(token: str) -> Mapping[str, object]:
    """The payload of a token, empty when it is none."""
    parts = token.strip().split(".")
    if len(parts) != 3:
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        payload = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, Mapping) else {}


def _moment(cell: object) -> datetime | None:
    """Epoch seconds -> UTC moment within the calendar, with room for `LASTS`; None for anything else."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    last = datetime.max.replace(tzinfo=UTC) - LASTS
    if not 0 <= cell <= last.timestamp():
        return None
    return datetime.fromtimestamp(cell, UTC)
