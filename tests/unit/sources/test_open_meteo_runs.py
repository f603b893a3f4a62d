"""Open-Meteo's archive of forecasts as issued: what is asked, when a value counts as known, what is refused.

No real answer of this service was at hand: the answers here have the form that its documentation describes
(variables with the suffix `_previous_dayN` in the form of the forecast's answers), made by this file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from chocolate_factory.core.config import OPEN_METEO_RUNS, Settings
from chocolate_factory.core.errors import Changed, Refused, Unreachable
from chocolate_factory.domain.catalog import CATALOG, PLACES
from chocolate_factory.domain.series_info import Kind
from chocolate_factory.domain.slots import Window, epoch, moment
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources import ISSUED, SOURCES, build_sources
from chocolate_factory.infrastructure.sources.open_meteo_hours import VARIABLES
from chocolate_factory.infrastructure.sources.open_meteo_runs import OpenMeteoRuns
from chocolate_factory.infrastructure.sources.site import Access, Site
from chocolate_factory.wiring import accesses
from tests.unit.sources.script import QUICK, Script

SITE = Site(38.0952, -3.6365)
LIMITS = replace(QUICK, read_s=10, total_s=20, max_bytes=8_000_000)
NOW = datetime(2026, 3, 10, 20, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = Window(datetime(2026, 2, 1, 23, tzinfo=UTC), datetime(2026, 2, 8, 23, tzinfo=UTC))
Change = Callable[[dict[str, Any]], object]


def place(name: str, quantity: str, begin: datetime, days: int) -> dict[str, Any]:
    """An answer for one place; a value tells its hour, in hundredths the days it was forecast before."""
    variable = VARIABLES[quantity]
    names = {f"{variable.name}_previous_day{lead}": lead for lead in range(1, 8)}
    return {
        "latitude": PLACES[name].latitude + 0.05,
        "longitude": PLACES[name].longitude,
        "utc_offset_seconds": 0,
        "hourly_units": {"time": "iso8601", **dict.fromkeys(names, variable.unit)},
        "hourly": {
            "time": [f"{begin + hour * HOUR:%Y-%m-%dT%H:%M}" for hour in range(24 * days)],
            **{key: [hour + lead / 100 for hour in range(24 * days)] for key, lead in names.items()},
        },
    }


def body(
    change: Change = lambda told: None,
    quantity: str = "temperature",
    begin: datetime = datetime(2026, 2, 1, tzinfo=UTC),
    days: int = 8,
) -> str:
    having = [name for name, there in PLACES.items() if quantity in there.quantities]
    told = [place(name, quantity, begin, days) for name in having]
    change(told[1])
    return json.dumps(told)


def runs(script: Script) -> OpenMeteoRuns:
    return OpenMeteoRuns(Polite("open_meteo_runs", script.url, LIMITS, sleep=script.slept.append), SITE)


def asked(script: Script, row: int = 0) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(script.asked[row]).query).items()}


def test_it_adds_to_series_that_others_keep_up_to_date() -> None:
    assert all(CATALOG[key].kind is Kind.FORECAST for key in OpenMeteoRuns.series)
    assert len(OpenMeteoRuns.series) == 11
    assert not ISSUED.keys() & SOURCES.keys()


def test_it_is_there_only_with_an_address() -> None:
    without = {entry.provider: Access("http://127.0.0.1:1", "-") for entry in SOURCES.values()}
    assert list(build_sources(without, SITE)) == list(SOURCES)
    having = without | {"open_meteo_runs": Access("http://127.0.0.1:1")}
    assert list(build_sources(having, SITE)) == [*SOURCES, "open_meteo_runs"]


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, OPEN_METEO_RUNS),
        ({"base_url": "http://127.0.0.1:1"}, None),
        ({"base_url": "http://127.0.0.1:1", "runs_url": "http://127.0.0.1:2"}, "http://127.0.0.1:2"),
        ({"runs_url": ""}, None),
    ],
)
def test_its_address(given: dict[str, str], address: str | None) -> None:
    found = accesses(Settings(open_meteo=given)).get("open_meteo_runs")
    assert (found.base_url if found else None) == address


def test_seven_forecasts_of_each_hour_known_half_a_day_after_their_run(script: Script) -> None:
    rows = runs(script.says(body())).fetch("madrid_temperature_forecast", WEEK, NOW)
    query = asked(script)
    assert urlsplit(script.asked[0]).path == "/v1/forecast"
    assert (query["start_date"], query["end_date"], query["timezone"]) == ("2026-02-01", "2026-02-08", "GMT")
    assert query["hourly"] == ",".join(f"temperature_2m_previous_day{lead}" for lead in range(1, 8))
    assert len(rows) == 7 * 24 * 7
    noon = rows.within(Window(WEEK.start + 13 * HOUR, WEEK.start + 14 * HOUR))
    assert [round(value - 36, 2) for value in noon.value] == [0.07, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01]
    ahead = (noon.start - noon.available_at) / 3600
    assert ahead.tolist() == [24 * lead - 12 for lead in range(7, 0, -1)]
    assert (set(rows.origin), set(rows.source)) == ({"forecast"}, {"open_meteo_runs"})


def test_nothing_counts_as_known_before_its_run_was_out(script: Script) -> None:
    """A gate three days before an hour sees the forecast of four days before it, not that of three."""
    rows = runs(script.says(body())).fetch("madrid_temperature_forecast", WEEK, NOW)
    hour = WEEK.start + 100 * HOUR
    for back, lead in ((HOUR, 1), (12 * HOUR, 1), (13 * HOUR, 2), (72 * HOUR, 4), (156 * HOUR, 7)):
        seen = rows.within(Window(hour, hour + HOUR)).known_at(hour - back).latest_revision()
        assert round(float(seen.value[0]) % 1, 2) == lead / 100
    assert len(rows.within(Window(hour, hour + HOUR)).known_at(hour - 157 * HOUR)) == 0


def test_radiation_belongs_to_the_hour_before_and_is_known_by_its_end(script: Script) -> None:
    rows = runs(script.says(body(quantity="radiation"))).fetch("sevilla_radiation_forecast", WEEK, NOW)
    assert moment(rows.start[0]) == WEEK.start
    assert rows.value[0] == 24.07
    assert rows.start[0] - rows.available_at[0] == 3600 * (7 * 24 - 12 - 1)


def test_one_request_a_quantity_of_the_places_that_have_it(script: Script) -> None:
    for quantity in ("wind_speed", "radiation", "temperature"):
        script.says(body(quantity=quantity))
    source = runs(script)
    ordered = sorted(
        source.series,
        key=lambda key: ["wind" in key, "radiation" in key].index(True) if "temperature" not in key else 2,
    )
    assert all(len(source.fetch(key, WEEK, NOW)) == 1176 for key in ordered)
    assert [len(asked(script, row)["latitude"].split(",")) for row in range(3)] == [4, 3, 4]


def test_hours_that_are_not_told_are_left_out(script: Script) -> None:
    def change(told: dict[str, Any]) -> None:
        told["hourly"]["temperature_2m_previous_day3"][30] = None
        told["hourly"]["temperature_2m_previous_day7"] = [None] * 192
        told["hourly_units"]["temperature_2m_previous_day7"] = "undefined"

    rows = runs(script.says(body(change))).fetch("madrid_temperature_forecast", WEEK, NOW)
    assert len(rows) == 6 * 168 - 1
    assert np.max(rows.start - rows.available_at) == 3600 * (6 * 24 - 12)


def test_what_it_reaches(script: Script) -> None:
    source = runs(script)
    reach = source.reaches("madrid_temperature_forecast", NOW)
    assert reach == Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC))
    early = datetime(2023, 5, 1, tzinfo=UTC)
    assert source.reaches("madrid_temperature_forecast", early).seconds == 0
    for window in (Window(NOW - DAY, NOW + DAY), Window(early, early + DAY)):
        assert len(source.fetch("madrid_temperature_forecast", window, NOW)) == 0
    assert script.asked == []


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '{"error": true, "reason": "x"}',
        body(days=7),
        body(begin=datetime(2026, 2, 2, tzinfo=UTC)),
        body(quantity="wind_speed"),
        body(lambda told: told.update(latitude=38.0)),
        body(lambda told: told["hourly"].pop("temperature_2m_previous_day4")),
        body(lambda told: told["hourly_units"].update(temperature_2m_previous_day4="°F")),
        body(lambda told: told["hourly_units"].update(temperature_2m_previous_day4="undefined")),
        body(lambda told: told["hourly"]["temperature_2m_previous_day4"].__setitem__(3, "9")),
        body(lambda told: told["hourly"]["temperature_2m_previous_day4"].pop()),
        "<html>no</html>",
    ],
)
def test_an_answer_that_cannot_be_trusted(script: Script, text: str) -> None:
    with pytest.raises(Changed, match="open_meteo_runs"):
        runs(script.says(text)).fetch("madrid_temperature_forecast", WEEK, NOW)


@pytest.mark.parametrize(("status", "error"), [(404, Changed), (429, Refused), (503, Unreachable)])
def test_a_service_that_is_not_there(script: Script, status: int, error: type[Exception]) -> None:
    script.says('{"error": true, "reason": "Not Found"}', status)
    with pytest.raises(error, match="open_meteo_runs"):
        runs(script).fetch("madrid_temperature_forecast", WEEK, NOW)


def test_times_of_knowledge_are_never_later_than_the_reading(script: Script) -> None:
    window = Window(datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC))
    script.says(body(begin=window.start, days=2))
    rows = runs(script).fetch("madrid_temperature_forecast", window, NOW)
    assert len(rows) == 168
    assert int(rows.available_at.max()) < epoch(NOW)
