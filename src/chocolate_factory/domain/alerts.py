"""What a person should look at: kinds of alerts, how pressing each is, and what is known of it as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np

from chocolate_factory.domain.series import FloatArray

Fact = str | int | float | bool | None | Sequence[str]
Facts = Mapping[str, Fact]


class AlertKind(StrEnum):
    """What an alert is about. Words for each kind are at the edges."""

    PRICE_SPIKE = "price_spike"
    NEGATIVE_PRICE = "negative_price"
    CHEAP_WINDOW = "cheap_window"
    HEAT = "heat"
    EXCESS_POWER = "excess_power"
    LATE_DATA = "late_data"
    SOURCE_FAILING = "source_failing"
    PLAN_CHANGED = "plan_changed"
    PLAN_MISSING = "plan_missing"
    PLAN_INFEASIBLE = "plan_infeasible"
    PLAN_LATE = "plan_late"
    MODEL_WORSE = "model_worse"
    SAMPLE = "sample"


class Severity(StrEnum):
    """`info`: good to know; `warning`: look at it today; `critical`: look at it now."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


RANK = {severity: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True)
class Alert:
    """Something that holds now. `subject` tells it from others of its kind: a day, series, source or plan.

    `since` and `until` are UTC, None where not known; `until` in the future says when it ends by itself.
    `facts` are values whose names carry their units; moments among them are ISO 8601.
    """

    kind: AlertKind
    severity: Severity
    subject: str
    since: datetime | None = None
    until: datetime | None = None
    facts: Facts = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same for as long as the same thing holds, whatever its facts do."""
        return f"{self.kind}:{self.subject}"


def by_urgency(alerts: Sequence[Alert]) -> list[Alert]:
    """Most pressing first, then by when they began, then by kind and subject."""
    return sorted(
        alerts,
        key=lambda one: (
            -RANK[one.severity],
            one.since.timestamp() if one.since else 0.0,
            list(AlertKind).index(one.kind),
            one.subject,
        ),
    )


@dataclass(frozen=True)
class SpikeRule:
    """When a price is a spike, relative to what the site paid before: above `bound_eur_kwh`.

    The bound is what SPIKE_SHARE of the slots before did not exceed, and at least SPIKE_ABOVE times their
    median. From `critical` times the median a spike is critical.
    """

    bound_eur_kwh: float
    median_eur_kwh: float
    critical: float = 4.0


SPIKE_SHARE, SPIKE_ABOVE = 0.99, 2.0


def spike_rule(past_eur_kwh: FloatArray) -> SpikeRule:
    """The rule from the known slots of the past (n,), n > 0."""
    median = float(np.median(past_eur_kwh))
    high = float(np.quantile(past_eur_kwh, SPIKE_SHARE))
    return SpikeRule(max(high, median * SPIKE_ABOVE, 0.0), median)
