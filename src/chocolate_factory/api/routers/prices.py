"""Stored prices and holes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from chocolate_factory.api.schemas.common import Problem
from chocolate_factory.api.schemas.prices import (
    Healed,
    HealWish,
    HoleRow,
    LatestPrices,
    LatestWish,
    Prices,
    PriceStats,
    PriceWish,
    StatsWish,
)
from chocolate_factory.api.world import InCharge, Running
from chocolate_factory.api.zones import in_zone, zone_of
from chocolate_factory.core.errors import Unreachable
from chocolate_factory.services.find_holes import find_holes
from chocolate_factory.services.heal_holes import HealRequest, heal
from chocolate_factory.services.read_prices import PriceQuery, read_prices
from chocolate_factory.services.summarise_prices import StatsQuery, latest_prices, summarise_prices

router = APIRouter(prefix="/api/v1", tags=["prices"])
WAIT_S = 1.0
WRONG: dict[int | str, dict[str, Any]] = {400: {"model": Problem}, 409: {"model": Problem}}


@router.get("/prices", responses=WRONG)
def prices(ports: InCharge, wish: Annotated[PriceWish, Query()]) -> Prices:
    """Stored slots of a window, at most 3,000 a page."""
    zone = zone_of(ports, wish.tz)
    window = (wish.start, wish.end, wish.as_of)
    query = PriceQuery(wish.series, *window, wish.detail == "provenance", wish.limit)
    return Prices.model_validate(in_zone(read_prices(ports, query), zone))


@router.get("/prices/latest", responses=WRONG)
def prices_latest(ports: InCharge, wish: Annotated[LatestWish, Query()]) -> LatestPrices:
    """The price of the slot that it is, and the last one known."""
    zone = zone_of(ports, wish.tz)
    return LatestPrices.model_validate(in_zone(latest_prices(ports, wish.series, wish.as_of), zone))


@router.get("/prices/stats", responses=WRONG)
def prices_stats(ports: InCharge, wish: Annotated[StatsWish, Query()]) -> PriceStats:
    """Mean, extremes, quartiles and negative hours of a window, by day and by period."""
    zone = zone_of(ports, wish.tz)
    query = StatsQuery(wish.series, wish.start, wish.end, wish.as_of)
    return PriceStats.model_validate(in_zone(summarise_prices(ports, query), zone))


@router.get("/holes")
def holes(ports: InCharge, days: Annotated[int, Query(ge=1, le=800)] = 30) -> list[HoleRow]:
    """Due slots of the last days that are missing."""
    return [HoleRow.model_validate(row) for row in find_holes(ports, days=days)]


@router.post("/holes/heal", status_code=200, responses={409: {"model": Problem}})
def heal_holes(world: Running, wish: HealWish) -> Healed:
    """Close holes from the best source of that age; refused while offline, or while a job goes on."""
    if world.offline:
        raise Unreachable("CHOCO_OFFLINE=1 forbids outside calls.", "Unset it to heal.")
    with world.working("heal", WAIT_S):
        report = heal(world.real, HealRequest(series=wish.series, impatient=wish.now))
    return Healed.model_validate(report.to_json())
