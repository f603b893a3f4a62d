"""Kept versions of models and which of them serve."""

from __future__ import annotations

from fastapi import APIRouter

from chocolate_factory.api.schemas.models import ModelsAnswer
from chocolate_factory.api.world import InCharge
from chocolate_factory.services.read_models import read_models

router = APIRouter(prefix="/api/v1/models", tags=["models"])


@router.get("")
def models(ports: InCharge) -> ModelsAnswer:
    """Every kept version with data window, inputs, metrics and integrity; champions and why they are."""
    return ModelsAnswer.model_validate(read_models(ports))
