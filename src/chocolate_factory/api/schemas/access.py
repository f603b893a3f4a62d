"""Who one is, and who changed what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment
from chocolate_factory.domain.roles import Act, How, Role


class Me(Answer):
    """What the caller of this request is taken for; the page hides what is not in `can`."""

    name: str = Field(description="Name of the token, login, `local` or `anyone`.")
    role: Role | None = Field(description="Null: nothing is allowed.")
    how: How = Field(description="The proof that counted; `anyone`: none.")
    can: list[Act] = Field(description="What the role allows.")


class AuditEntry(Answer):
    """A change that was done, or refused for the role of its caller."""

    id: str
    at: Moment
    who: str = Field(description="Token, login, `local`, `cli`, or `anyone at` an address.")
    role: Role | None
    how: How
    action: str = Field(description="The act, as in `can` of `/api/v1/me`, or the command.")
    path: str = Field(description="Path without its query; of a command what it was about, if that is kept.")
    outcome: Literal["done", "refused"]


class AuditPage(Answer):
    """Lines of the audit trail, newest first; `next` goes on as `before`, null at the end."""

    entries: list[AuditEntry]
    next: str | None
