"""OpenWeatherMap's way to answer: one object, whose `cod` may refuse inside a good status.

A phenomenon that does not happen is left out of the answer (its documentation says so): no `rain` is no rain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from chocolate_factory.core.errors import Changed, Refused, SourceError, Unreachable
from chocolate_factory.infrastructure.http import Params, Polite
from chocolate_factory.infrastructure.sources.rows import number
from chocolate_factory.infrastructure.sources.site import Site
from chocolate_factory.infrastructure.sources.weather_answers import Row, table

KEY_HINT = (
    "Set CHOCO_OPENWEATHERMAP__TOKEN to a key that is valid (https://home.openweathermap.org/api_keys); "
    "One Call needs a subscription of its own."
)
QUOTA_HINT = "The account has used up its requests; nothing was stored and the next sync asks again."
FAR_DEGREES = 1.0


def ask(client: Polite, path: str, site: Site, more: Params | None = None) -> Row:
    """The answer about the site in metric units.

    Raises `Refused` (key, quota), `Unreachable` or `Changed` for what `cod` says, and as `Polite.get` does.
    """
    place: Params = {"lat": round(site.latitude, 4), "lon": round(site.longitude, 4), "units": "metric"}
    answer = client.get(path, {**place, **(more or {})}, lambda status, _: status == 401)
    if answer.status == 401:
        raise _failure(client.name, 401)
    document = answer.json()
    if not isinstance(document, Mapping):
        raise Changed("the answer is no object", source=client.name)
    code = str(document.get("cod", 200))
    if code != "200":
        raise _failure(client.name, int(code) if re.fullmatch(r"\d{3}", code) else 0)
    return document


def check_place(place: Row, site: Site, source: str) -> None:
    """Raise `Changed` when `lat` and `lon` of an answer are more than a degree away from the site."""
    latitude, longitude = number(place["lat"]), number(place["lon"])
    if latitude is None or longitude is None:
        raise TypeError("no coordinates")
    if max(abs(latitude - site.latitude), abs(longitude - site.longitude)) > FAR_DEGREES:
        raise Changed("weather of another place", source=source)


def rain(entry: Row, span: str) -> float | None:
    """Rain in `span` ("1h", "3h"), mm; 0 when it does not rain, None when only another span is told."""
    return number(table(entry["rain"]).get(span)) if "rain" in entry else 0.0


def _failure(source: str, code: int) -> SourceError:
    if code in {401, 403}:
        return Refused("the key is not accepted", KEY_HINT, source=source)
    if code == 429:
        return Refused("too many requests", QUOTA_HINT, source=source)
    if code >= 500:
        return Unreachable(f"answered {code} inside a good status", source=source)
    return Changed(f"answered {code} inside a good status", source=source)
