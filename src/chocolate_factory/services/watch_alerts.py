"""Everything that a person should look at now."""

from __future__ import annotations

from collections.abc import Mapping

from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.domain.alerts import Alert, by_urgency
from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.watch_data import data_alerts
from chocolate_factory.services.watch_plant import plant_alerts
from chocolate_factory.services.watch_prices import price_alerts

NO_TROUBLES: Mapping[str, ChocolateError] = {}


def watch_alerts(ports: Ports, troubles: Mapping[str, ChocolateError] = NO_TROUBLES) -> list[Alert]:
    """What holds at `ports.clock()`, most pressing first; writes nothing.

    `troubles` are the failures of a running process by job, as `World.troubles` has them.
    """
    return by_urgency([*price_alerts(ports), *plant_alerts(ports, troubles), *data_alerts(ports)])
