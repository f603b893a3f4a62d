"""The words in which pages of a list are asked for, the same everywhere."""

from __future__ import annotations

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, AskedMoment
from chocolate_factory.services.page_records import PageQuery

MOST = 200


class PageWish(Answer):
    """Which part of a list that is told newest first."""

    start: AskedMoment | None = Field(None, description="From this moment on. Default: the beginning.")
    end: AskedMoment | None = Field(None, description="Before this moment. Default: no bound.")
    as_of: AskedMoment | None = Field(None, description="The world as it was known then. Default: now.")
    limit: int = Field(20, ge=1, le=MOST)
    next: str | None = Field(
        None, min_length=1, max_length=200, description="`next` of the page before: tells what follows it."
    )

    def query(self) -> PageQuery:
        """The same in words of the use case."""
        return PageQuery(self.start, self.end, self.as_of, self.limit, self.next)
