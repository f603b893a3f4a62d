"""Kept versions of models as the API answers them."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chocolate_factory.api.schemas.common import Answer, Moment
from chocolate_factory.api.schemas.prices import PriceSeries


class ModelVersion(Answer):
    """A kept version; where its manifest cannot be used only number and state are known."""

    version: int
    state: Literal["ok", "changed", "missing", "other code"]
    learnt_at: Moment | None = None
    facts: dict[str, object] | None = Field(
        None, description="By the model: days learnt from, inputs, notes."
    )
    metrics: dict[str, object] | None = None
    code: str | None = Field(
        None, description="Version of the program, digest of what a forecast depends on."
    )
    libraries: dict[str, str] | None = None
    size_bytes: int | None = None
    sha256: str | None = None


class ModelChoice(Answer):
    """A model chosen for a series, from when on, by whom and why."""

    model: str
    version: int | None = Field(description="The one version it is held to; null: the newest sound one.")
    since: Moment | None = Field(description="Null for the default.")
    chosen_by: Literal["default", "significance", "by hand", "rolled back"]
    why: str


class ModelRival(Answer):
    """A challenger beside the champion on common days of origin."""

    model: str
    origins: int
    mae_eur_mwh: float | None
    champion_mae_eur_mwh: float | None
    p: float | None = Field(description="One-sided; small: better by more than chance.")
    better: bool
    naive: bool = Field(description="Never promoted: its being better is an alarm.")


class ModelComparison(Answer):
    """The last comparison of a series' champion with the others."""

    series: PriceSeries
    at: Moment
    champion: str
    first: date | None
    last: date | None
    complete: bool = Field(description="Whether all days of origin were replayed.")
    rivals: list[ModelRival]
    promoted: str | None
    alarm: str | None


class ModelVersions(Answer):
    """The kept versions of one model, newest first."""

    model: str
    versions: list[ModelVersion]


class Serving(Answer):
    """What forecasts are made with now."""

    model: str
    version: int | None = Field(description="Null: learnt afresh for every forecast.")


class SeriesModels(Answer):
    """All that is kept of one series."""

    series: PriceSeries
    serving: Serving
    champion: ModelChoice
    history: list[ModelChoice]
    trouble: str | None = Field(description="Why the file of champions cannot be read.")
    comparison: ModelComparison | None
    models: list[ModelVersions]


class ModelsAnswer(Answer):
    """Kept versions of models by series, and which of them serve."""

    sample: bool
    as_of: Moment
    pinned: str | None = Field(description="The model that the settings name, before any champion.")
    series: list[SeriesModels]


class ModelWish(BaseModel):
    """The model that is to serve a series."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=40, description="A forecaster by its name.")
    version: int | None = Field(
        None, ge=1, le=10**9, description="Hold it to this one; null: the newest sound one."
    )
