"""The health of all data in one read."""

from __future__ import annotations

from fastapi import APIRouter

from chocolate_factory.api.schemas.data import DataHealth
from chocolate_factory.api.world import InCharge
from chocolate_factory.services.read_health import read_health

router = APIRouter(prefix="/api/v1", tags=["health"])


@router.get("/data")
def data(ports: InCharge) -> DataHealth:
    """Every series: state, age, newest slot, rows, source, holes, last healing, and when more is due."""
    return DataHealth.model_validate(read_health(ports))
