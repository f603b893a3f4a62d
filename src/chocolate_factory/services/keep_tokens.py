"""Tokens of machines and calendar feeds: made once, shown once, kept as digests only."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from chocolate_factory.core.errors import NotFound, UsageError
from chocolate_factory.domain.ports import Record, Store
from chocolate_factory.domain.roles import Caller, Role

Row = dict[str, Any]
Scope = Literal["api", "calendar"]
KIND, USED = "access_token", "access_token_use"
MARK = "choco_"
FORM = re.compile(r"choco_[0-9A-Za-z_-]{43}")
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,62}")
MOST = 10_000
NOTED_EVERY = timedelta(hours=1)
"""How old the note of the last use may be before a use is noted again."""


@dataclass(frozen=True)
class TokenWish:
    """A token to make: an `api` token has a role, a `calendar` token none; `days` until it ends."""

    name: str
    role: Role | None = None
    scope: Scope = "api"
    days: int | None = None


def add_token(store: Store, wish: TokenWish, now: datetime) -> tuple[str, Row]:
    """Make a token of 256 random bits: its text, which is nowhere kept, and what is kept of it.

    Raises UsageError for a name that is no name or that a token in force has, and for days out of range.
    """
    if not NAME.fullmatch(wish.name):
        raise UsageError(
            f"{wish.name[:80]!r} is no name for a token.", "Use 1 to 63 letters, digits, dots and dashes."
        )
    if (wish.role is None) != (wish.scope == "calendar"):
        raise UsageError("A token has a role, or is for a calendar feed.", "Give --role or --calendar.")
    if wish.days is not None and not 1 <= wish.days <= 3660:
        raise UsageError(f"{wish.days} days are out of range.", "Give 1 to 3660 days, or none.")
    if any(row["name"] == wish.name and row["state"] == "in force" for row in list_tokens(store, now)):
        raise UsageError(f"A token {wish.name!r} is in force.", "Revoke it first, or take another name.")
    text = MARK + secrets.token_urlsafe(32)
    ends = None if wish.days is None else now + timedelta(days=wish.days)
    body: Row = {
        "name": wish.name,
        "role": wish.role,
        "scope": wish.scope,
        "ends_at": ends and ends.isoformat(),
        "revoked_at": None,
    }
    record = Record(KIND, digest(text), now, body)
    store.save(record)
    return text, shown(record, {}, now)


def list_tokens(store: Store, now: datetime) -> list[Row]:
    """All tokens that were ever made, newest first, without their digests."""
    used = {record.id: record.at for record in store.find(USED, limit=MOST)}
    return [shown(record, used, now) for record in store.find(KIND, limit=MOST)]


def revoke_token(store: Store, name: str, now: datetime) -> Row:
    """End a token at once; NotFound when none of this name is in force."""
    for record in store.find(KIND, limit=MOST):
        if record.body["name"] == name and state_of(record, now) == "in force":
            ended = Record(KIND, record.id, record.at, {**record.body, "revoked_at": now.isoformat()})
            store.save(ended)
            return shown(ended, {}, now)
    raise NotFound(f"No token {name[:80]!r} is in force.", "See `choco token list`.")


def check_token(store: Store, text: str, now: datetime) -> Caller | str:
    """Whose token this is, or why it does not count; notes its use once an hour.

    The caller of a calendar token has no role: what it opens is for the door to say.
    """
    if not FORM.fullmatch(text):
        return "it is no token of this program"
    found = store.find(KIND, id=digest(text), limit=1)
    if not found:
        return "no such token was made here"
    (record,) = found
    state = state_of(record, now)
    if state != "in force":
        return f"the token {record.body['name']} {'was' if state == 'revoked' else 'has'} {state}"
    note_use(store, record.id, now)
    role = record.body["role"]
    name = str(record.body["name"])
    if record.body["scope"] == "calendar":
        return Caller(name, None, "calendar")
    return Caller(name, Role(str(role)), "token")


def note_use(store: Store, name: str, now: datetime) -> None:
    """Remember that a token was used; in a record of its own, so that no use can undo a revocation."""
    seen = store.find(USED, id=name, limit=1)
    if not seen or not timedelta(0) <= now - seen[0].at < NOTED_EVERY:
        store.save(Record(USED, name, now, {}))


def digest(text: str) -> str:
    """What is kept of a token: SHA-256 in hex. It has 256 random bits, so that nothing slower is needed."""
    return hashlib.sha256(text.encode()).hexdigest()


def state_of(record: Record, now: datetime) -> Literal["in force", "ended", "revoked"]:
    """Whether a kept token counts."""
    if record.body["revoked_at"] is not None:
        return "revoked"
    ends = record.body["ends_at"]
    return "ended" if ends is not None and now >= datetime.fromisoformat(str(ends)) else "in force"


def shown(record: Record, used: dict[str, datetime], now: datetime) -> Row:
    """What people see of a token; moments are datetimes or None."""
    moments = {key: record.body[key] for key in ("ends_at", "revoked_at")}
    return {
        **{key: record.body[key] for key in ("name", "role", "scope")},
        "state": state_of(record, now),
        "created_at": record.at,
        **{key: None if at is None else datetime.fromisoformat(str(at)) for key, at in moments.items()},
        "last_used_at": used.get(record.id),
    }
