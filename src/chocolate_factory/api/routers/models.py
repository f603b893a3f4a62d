"""Kept versions of models and which of them serve; an admin chooses another."""

from __future__ import annotations

from fastapi import APIRouter

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.models import ModelsAnswer, ModelWish
from chocolate_factory.api.schemas.prices import PriceSeries
from chocolate_factory.api.world import InCharge
from chocolate_factory.services.choose_model import promote, rollback
from chocolate_factory.services.read_models import read_models

router = APIRouter(prefix="/api/v1/models", tags=["models"])


@router.get("")
def models(ports: InCharge) -> ModelsAnswer:
    """Every kept version with data window, inputs, metrics and integrity; champions and why they are."""
    return ModelsAnswer.model_validate(read_models(ports))


@router.post("/{series}/promote", responses={400: {"model": Problem}, 409: {"model": Problem}})
def choose(series: PriceSeries, wish: ModelWish, ports: InCharge) -> ModelsAnswer:
    """Let a model serve a series from now on, held to one version where that is given."""
    promote(ports, series, wish.model, wish.version)
    return ModelsAnswer.model_validate(read_models(ports))


@router.post("/{series}/rollback", responses={400: {"model": Problem}, 409: {"model": Problem}})
def go_back(series: PriceSeries, ports: InCharge) -> ModelsAnswer:
    """Let serve again what served before the present choice."""
    rollback(ports, series)
    return ModelsAnswer.model_validate(read_models(ports))
