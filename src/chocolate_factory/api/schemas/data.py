"""The health of all data as the API answers it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment, Origin
from chocolate_factory.api.schemas.health import SeriesHealth, SourceHealth


class SeriesLabel(Answer):
    """What a series is of, as keys that the page has words for."""

    quantity: str
    place: str | None = Field(
        description="`site`, a place of the country, `station`, `siar_j09`, `siar_j17`; null: the country."
    )


class Healing(Answer):
    """When holes were last looked for: slots that were missing, and those that were closed."""

    at: Moment
    found: int
    closed: int


class SeriesData(SeriesHealth):
    """State, freshness and contents of one series."""

    label: SeriesLabel
    kind: Literal["price", "system", "observed", "forecast", "climate", "imported"]
    unit: str
    first: Moment | None = Field(description="Start of the first slot that is stored.")
    newest: Moment | None = Field(description="Start of the last slot that is stored.")
    rows: int = Field(description="Rows stored: every revision of every slot.")
    source: str | None = Field(description="Who told the newest knowledge around now.")
    origin: Origin | None
    due_next: Moment | None = Field(description="When the next values should be there.")
    healing: Healing | None = Field(description="The last one that found holes of this series.")


class DataHealth(Answer):
    """Every series of the catalogue, sources that fail, and the last healing."""

    now: Moment
    sample: bool
    timezone: str
    status: Literal["ok", "degraded"]
    states: dict[str, int] = Field(description="Series by state.")
    series: list[SeriesData]
    failing: list[SourceHealth]
    healing: Healing | None
