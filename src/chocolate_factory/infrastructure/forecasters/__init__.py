"""Forecasters by name."""

from __future__ import annotations

from collections.abc import Callable

from chocolate_factory.domain.ports import Forecaster
from chocolate_factory.infrastructure.forecasters.boosting import Boosting
from chocolate_factory.infrastructure.forecasters.ensemble import Mix
from chocolate_factory.infrastructure.forecasters.lear import Lear
from chocolate_factory.infrastructure.forecasters.naive import naive_kind, naive_week

FORECASTERS: dict[str, Callable[[], Forecaster]] = {
    "boosting": Boosting,
    "lear": Lear,
    "mix": Mix,
    "naive-kind": naive_kind,
    "naive-week": naive_week,
}
