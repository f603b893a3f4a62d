"""Forecasters by name."""

from __future__ import annotations

from collections.abc import Callable

from chocolate_factory.domain.ports import Forecaster
from chocolate_factory.infrastructure.forecasters import boosting, ensemble, lear
from chocolate_factory.infrastructure.forecasters.naive import naive_kind, naive_week
from chocolate_factory.infrastructure.forecasters.prophet import NAME as PROPHET
from chocolate_factory.infrastructure.forecasters.prophet import ProphetModel, installed

FORECASTERS: dict[str, Callable[[], Forecaster]] = {
    "boosting": boosting.forecaster,
    "lear": lear.forecaster,
    "mix": ensemble.forecaster,
    "naive-kind": naive_kind,
    "naive-week": naive_week,
}
if installed():
    FORECASTERS[PROPHET] = ProphetModel
