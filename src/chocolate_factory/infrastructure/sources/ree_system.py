"""Red Eléctrica's apidatos: daily generation by technology and hourly demand.

Quirks: generation is national, without an hourly form; one answer holds every technology, so ten series
cost one request. Titles say what a series is; ids count only where no title is known. A technology that did
not run may be absent. Demand is peninsular; the MWh of an hour are its mean MW. A table that is not there is
an error body with code 404: the source then has none. Values: Red Eléctrica, apidatos.ree.es.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from chocolate_factory.domain.catalog import CATALOG, GENERATION
from chocolate_factory.domain.publication import ever, published
from chocolate_factory.domain.series import Origin, Series, empty
from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.http import Params, Polite
from chocolate_factory.infrastructure.sources.apidatos import (
    Item,
    is_no_data,
    is_no_widget,
    items,
    plain_title,
    range_params,
    values,
)
from chocolate_factory.infrastructure.sources.rows import (
    Row,
    asked_rows,
    due_days,
    due_rows,
    form_expected,
)
from chocolate_factory.infrastructure.sources.shared import Shared

GENERATION_PATH = "/es/datos/generacion/estructura-generacion"
DEMAND_PATH = "/es/datos/demanda/evolucion"
PENINSULA = {"geo_trunc": "electric_system", "geo_limit": "peninsular", "geo_ids": "8741"}
DEMAND = "demand"
TECHNOLOGIES = {
    "hydro": ("hidraulica", "10330"),
    "nuclear": ("nuclear", "1695"),
    "coal": ("carbon", "10331"),
    "ccgt": ("ciclo combinado", "1703"),
    "wind": ("eolica", "10333"),
    "solar_pv": ("solar fotovoltaica", "1707"),
    "solar_thermal": ("solar termica", "1708"),
    "other_renewable": ("otras renovables", "10334"),
    "cogeneration": ("cogeneracion", "10335"),
    "total": ("generacion total", "10338"),
}
"""Technology -> (title in lower case without accents, id)."""


KEEP_SECONDS = 900.0
"""Longer than a first sync takes from the first technology to the last: each chunk of days is one request."""


class ReeSystem:
    """Generation of a local day (MWh) by technology, and demand of an hour (MW). See `Source`."""

    name = "ree_system"
    series: tuple[str, ...] = (*(f"generation_{name}" for name in GENERATION), DEMAND)
    max_days = 31

    def __init__(self, client: Polite) -> None:
        self._client = client
        self._shared: Shared[object] = Shared(KEEP_SECONDS)

    def reaches(self, key: str, now: datetime) -> Window:
        """All history. See `Source`."""
        return ever(key, now)

    def fetch(self, key: str, window: Window, now: datetime) -> Series:
        """Measured values of the window's days, one request for all technologies. See `Source`."""
        days = due_days(key, window, now)
        if not days:
            return empty(key)
        document = self._demand(days) if key == DEMAND else self._generation(key, days)
        if document is None:
            return empty(key)
        with form_expected(self.name):
            told = items(document)
            item = _demand_item(told) if key == DEMAND else _technology(told, key.removeprefix("generation_"))
            rows = values(item) if item is not None else []
        wanted = due_rows(key, asked_rows(key, rows, days, self.name), now)
        if key != DEMAND:
            with form_expected(self.name):
                _check_midnights(key, wanted, days)
        starts, told_values = [at for at, _ in wanted], [value for _, value in wanted]
        return published(key, starts, told_values, self.name, Origin.MEASURED)

    def _generation(self, key: str, days: Sequence[date]) -> object:
        def ask() -> object:
            return self._ask(GENERATION_PATH, range_params(days, "day"))

        return self._shared.get(key, (days[0], days[-1]), ask)

    def _demand(self, days: Sequence[date]) -> object:
        return self._ask(DEMAND_PATH, {**range_params(days, "hour"), **PENINSULA})

    def _ask(self, path: str, params: Params) -> object:
        """The document, or None when the provider says that it has none."""
        answer = self._client.get(path, params, lambda s, body: is_no_data(s, body) or is_no_widget(s, body))
        if is_no_data(502, answer.body) or is_no_widget(answer.status, answer.body):
            return None
        return answer.json()


def _technology(told: Sequence[Item], technology: str) -> Item | None:
    """The series of a technology, None when it is not told."""
    title, number = TECHNOLOGIES[technology]
    titles = [plain_title(item) for item in told]
    if any(known in titles for known, _ in TECHNOLOGIES.values()):
        return told[titles.index(title)] if title in titles else None
    return next((item for item in told if str(item["id"]) == number), None)


def _demand_item(told: Sequence[Item]) -> Item | None:
    """The series of the real demand: the only one, or the one of that name."""
    if len(told) < 2:
        return told[0] if told else None
    for item in told:
        if plain_title(item) in {"demanda", "demanda real"}:
            return item
    raise LookupError("no series of the demand")


def _check_midnights(key: str, rows: Sequence[Row], days: Sequence[date]) -> None:
    """A daily value stands at local midnight; raises `ValueError` for another time."""
    midnights = {int(CATALOG[key].grid(day)[0]) for day in days}
    if any(at not in midnights for at, _ in rows):
        raise ValueError("a daily value that does not stand at midnight")
