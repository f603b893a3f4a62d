"""Open-Meteo's forecast and archive: what is asked, what slot a value belongs to, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from chocolate_factory.core.errors import Changed, Unreachable
from chocolate_factory.domain.catalog import CATALOG, PLACES, SITE_FORECAST, SITE_OBSERVED
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window, epoch, moment
from chocolate_factory.infrastructure.http import Polite
from chocolate_factory.infrastructure.sources.open_meteo import OpenMeteo
from chocolate_factory.infrastructure.sources.open_meteo_archive import OpenMeteoArchive
from chocolate_factory.infrastructure.sources.open_meteo_hours import VARIABLES
from chocolate_factory.infrastructure.sources.site import Site
from tests.conftest import Upstream
from tests.unit.sources.script import QUICK, Script

SITE = Site(38.0952, -3.6365)
LIMITS = replace(QUICK, read_s=10, total_s=20, max_bytes=8_000_000)
NOW = datetime(2026, 3, 10, 20, 30, tzinfo=UTC)
TODAY = datetime(2026, 3, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AHEAD = Window(NOW - DAY, NOW + timedelta(days=20))
WEEK = Window(datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 7, 23, tzinfo=UTC))
Change = Callable[[dict[str, Any]], object]


def place(begin: datetime, days: int, where: tuple[float, float] = (38.1, -3.6)) -> dict[str, Any]:
    """An answer for one place with all variables; a value is the number of its hour plus a hundredth."""
    hours = range(24 * days)
    names = {variable.name: variable.unit for variable in VARIABLES.values()}
    return {
        "latitude": where[0],
        "longitude": where[1],
        "utc_offset_seconds": 0,
        "hourly_units": {"time": "iso8601", **names},
        "hourly": {
            "time": [f"{begin + hour * HOUR:%Y-%m-%dT%H:%M}" for hour in hours],
            **{name: [hour + 0.01 for hour in hours] for name in names},
        },
    }


def body(change: Change = lambda told: None, begin: datetime = TODAY, days: int = 16) -> str:
    told = place(begin, days)
    change(told)
    return json.dumps(told)


def country(begin: datetime = TODAY, days: int = 16) -> list[dict[str, Any]]:
    return [place(begin, days, (p.latitude + 0.1, p.longitude)) for p in PLACES.values()]


def forecast(script: Script) -> OpenMeteo:
    return OpenMeteo(Polite("open_meteo", script.url, LIMITS, sleep=script.slept.append), SITE)


def archive(script: Script) -> OpenMeteoArchive:
    return OpenMeteoArchive(Polite("open_meteo_archive", script.url, LIMITS, sleep=script.slept.append), SITE)


def asked(script: Script, row: int = 0) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(script.asked[row]).query).items()}


def set_cell(name: str, hour: int, value: object) -> Change:
    return lambda told: told["hourly"][name].__setitem__(hour, value)


def test_all_series_are_in_the_catalogue() -> None:
    assert {key for key in CATALOG if key.endswith("_forecast")} >= set(OpenMeteo.series)
    assert len(OpenMeteo.series) == len(set(OpenMeteo.series)) == len((*SITE_FORECAST, "radiation")) + 11
    assert len(OpenMeteoArchive.series) == len(SITE_OBSERVED) + 11
    assert set(OpenMeteoArchive.series) <= set(CATALOG)


def test_hours_of_a_forecast_that_are_not_over(script: Script) -> None:
    source = forecast(script.says(body(set_cell("temperature_2m", 383, None))))
    series = source.fetch("temperature_forecast", AHEAD, NOW)
    assert moment(series.start[0]) == datetime(2026, 3, 10, 20, tzinfo=UTC)
    assert series.value[0] == 20.01
    assert len(series) == 384 - 20 - 1
    assert set(series.available_at) == {epoch(NOW)}
    assert (set(series.origin), set(series.source)) == ({"forecast"}, {"open_meteo"})
    query = asked(script)
    assert (query["latitude"], query["longitude"]) == ("38.0952", "-3.6365")
    assert (query["timezone"], query["wind_speed_unit"], query["forecast_days"]) == ("GMT", "ms", "16")


def test_sums_and_means_belong_to_the_hour_before(script: Script) -> None:
    source = forecast(script.says(body()).says(json.dumps(country())))
    rain = source.fetch("rain_forecast", AHEAD, NOW)
    wind = source.fetch("wind_speed_forecast", AHEAD, NOW)
    sun = source.fetch("sevilla_radiation_forecast", AHEAD, NOW)
    assert moment(rain.start[0]) == moment(wind.start[0]) == moment(sun.start[0])
    assert (rain.value[0], wind.value[0], sun.value[0]) == (21.01, 20.01, 21.01)


def test_one_request_for_the_site_and_one_for_all_places(script: Script) -> None:
    source = forecast(script.says(body()).says(json.dumps(country())).says(body()))
    assert all(len(source.fetch(key, AHEAD, NOW)) for key in source.series)
    assert len(script.asked) == 2
    site, places = asked(script), asked(script, 1)
    wanted = "temperature_2m,relative_humidity_2m,wind_speed_10m,precipitation,shortwave_radiation"
    assert site["hourly"] == wanted
    assert len(places["latitude"].split(",")) == len(places["longitude"].split(",")) == len(PLACES)
    assert set(places["hourly"].split(",")) == {"wind_speed_10m", "shortwave_radiation", "temperature_2m"}
    source.fetch("temperature_forecast", AHEAD, NOW)
    source.fetch("humidity_forecast", AHEAD, NOW + HOUR)
    assert len(script.asked) == 4


def test_each_place_gets_its_own_values(script: Script) -> None:
    told = country()
    for row, part in enumerate(told):
        part["hourly"]["temperature_2m"] = [float(row)] * 384
    source = forecast(script.says(json.dumps(told)))
    for key in ("sevilla", "madrid", "barcelona", "bilbao"):
        series = source.fetch(f"{key}_temperature_forecast", AHEAD, NOW)
        assert set(series.value) == {float(list(PLACES).index(key))}


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        f"[{body()}]",
        '{"error": true, "reason": "x"}',
        body(lambda t: t.update(utc_offset_seconds=3600)),
        body(lambda t: t.update(latitude=39.0)),
        body(lambda t: t.update(longitude=-4.5)),
        body(lambda t: t.update(longitude="-3.6")),
        body(lambda t: t.pop("latitude")),
        body(lambda t: t["hourly_units"].update(temperature_2m="°F")),
        body(lambda t: t["hourly_units"].update(wind_speed_10m="km/h")),
        body(set_cell("temperature_2m", 7, None)),
        body(set_cell("temperature_2m", 7, "9")),
        body(set_cell("temperature_2m", 7, True)),
        body(set_cell("temperature_2m", 7, 10**400)),
        body(lambda t: t["hourly"]["temperature_2m"].pop()),
        body(lambda t: t["hourly"].update(temperature_2m=None)),
        body(lambda t: t["hourly"]["time"].reverse()),
        body(set_cell("time", 7, "2026-03-10T07:30")),
        body(set_cell("time", 7, "2026-03-10T07:00Z")),
        body(set_cell("time", 7, 7)),
        body(lambda t: t["hourly"].update(time=[])),
        body(days=15),
    ],
)
def test_a_forecast_that_cannot_be_trusted(script: Script, text: str) -> None:
    source = forecast(script.says(text))
    with pytest.raises(Changed, match="open_meteo"):
        source.fetch("temperature_forecast", AHEAD, NOW)


def test_places_that_are_missing_or_mixed_up(script: Script) -> None:
    told = country()
    source = forecast(
        script.says(json.dumps(told[:-1])).says(json.dumps(told[::-1])).says(json.dumps(told[0]))
    )
    for _ in range(3):
        with pytest.raises(Changed, match="open_meteo"):
            source.fetch("madrid_temperature_forecast", AHEAD, NOW)


def test_a_gap_in_one_quantity_leaves_the_others(script: Script) -> None:
    source = forecast(script.says(body(set_cell("precipitation", 40, None))))
    with pytest.raises(Changed, match="an hour without a number"):
        source.fetch("rain_forecast", AHEAD, NOW)
    assert len(source.fetch("temperature_forecast", AHEAD, NOW)) == 364
    assert len(script.asked) == 1


def test_what_a_forecast_reaches(script: Script) -> None:
    reach = forecast(script).reaches("rain_forecast", NOW)
    assert reach == Window(NOW.replace(minute=0), NOW.replace(minute=0) + 16 * DAY)


def test_what_the_archive_reaches(script: Script) -> None:
    reach = archive(script).reaches("rain", NOW)
    assert (reach.start.year, reach.end) == (2000, datetime(2026, 3, 7, 23, tzinfo=UTC)), "whole days only"


def past(script: Script, key: str, window: Window = WEEK, now: datetime = NOW) -> Series:
    return archive(script).fetch(key, window, now)


def test_the_archive_tells_reanalysis_known_two_days_later(script: Script) -> None:
    script.says(body(begin=datetime(2026, 2, 28, tzinfo=UTC), days=8))
    series = past(script, "pressure")
    query = asked(script)
    assert (query["start_date"], query["end_date"]) == ("2026-02-28", "2026-03-07")
    assert query["hourly"].split(",")[2] == "surface_pressure"
    assert len(series) == 7 * 24
    assert (moment(series.start[0]), series.value[0]) == (WEEK.start, 23.01)
    assert np.all(series.available_at == series.start + 3600 + 2 * 86400)
    assert (set(series.origin), set(series.source)) == ({"published"}, {"open_meteo_archive, reanalysis"})


def test_sums_of_the_archive_belong_to_the_hour_before(script: Script) -> None:
    script.says(body(begin=TODAY - 8 * DAY, days=2))
    rain = past(script, "rain", Window(TODAY - 8 * DAY, TODAY - 7 * DAY))
    assert asked(script)["end_date"] == "2026-03-03"
    assert len(rain) == 24
    assert (rain.value[0], rain.value[-1]) == (1.01, 24.01)


def test_hours_that_are_not_out_are_left_out_wherever_they_stand(script: Script) -> None:
    def change(told: dict[str, Any]) -> None:
        told["hourly"]["temperature_2m"][5] = None
        told["hourly"]["temperature_2m"][30:] = [None] * 18

    script.says(body(change, TODAY - 2 * DAY, 2))
    series = past(script, "temperature", Window(TODAY - 2 * DAY, TODAY + DAY))
    assert asked(script)["end_date"] == "2026-03-09"
    assert len(series) == 29
    assert int(series.available_at.max()) == epoch(NOW)


def test_the_archive_asks_once_for_a_span_and_never_outside_it(script: Script) -> None:
    start = datetime(2026, 2, 28, tzinfo=UTC)
    source = archive(script.says(body(begin=start, days=8)).says(json.dumps(country(start, 8))))
    assert [len(source.fetch(key, WEEK, NOW)) for key in source.series] == [168] * len(source.series)
    assert len(script.asked) == 2
    for window in (
        Window(NOW + HOUR, NOW + DAY),
        Window(NOW - 2 * HOUR, NOW),
        Window(datetime(1999, 1, 1, tzinfo=UTC), datetime(1999, 2, 1, tzinfo=UTC)),
    ):
        assert len(source.fetch("temperature", window, NOW)) == 0
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        body(begin=datetime(2026, 2, 28, tzinfo=UTC), days=7),
        body(begin=datetime(2026, 2, 27, tzinfo=UTC), days=8),
        body(lambda t: t["hourly"]["time"].insert(4, t["hourly"]["time"][4]), WEEK.start, 8),
    ],
)
def test_an_archive_answer_that_cannot_be_trusted(script: Script, text: str) -> None:
    script.says(text)
    with pytest.raises(Changed, match="open_meteo_archive"):
        past(script, "temperature")


def test_an_archive_that_is_down_is_asked_again(script: Script) -> None:
    script.says("", 500).says("", 500).says("", 500)
    script.says(body(begin=datetime(2026, 2, 28, tzinfo=UTC), days=8))
    source = archive(script)
    with pytest.raises(Unreachable):
        source.fetch("temperature", WEEK, NOW)
    assert len(source.fetch("temperature", WEEK, NOW)) == 168


@pytest.mark.parametrize("kind", [OpenMeteo, OpenMeteoArchive])
def test_the_provider_answers_every_series(upstream: Upstream, kind: type[OpenMeteo]) -> None:
    source = kind(Polite(kind.name, f"{upstream.url}/open-meteo", LIMITS), SITE)
    for key in source.series:
        series = source.fetch(key, Window(NOW - 30 * DAY, NOW + 17 * DAY), NOW)
        assert len(series) > 300
        info = CATALOG[key]
        assert np.all((series.value >= info.low) & (series.value <= info.high))
    assert len(upstream.control("requests")["requests"]) == 2


@pytest.mark.parametrize(
    "fault", ["partial_day", "duplicate_hour", "ok_html", "truncated_json", "empty_body"]
)
@pytest.mark.parametrize("kind", [OpenMeteo, OpenMeteoArchive])
def test_faults_of_the_provider(upstream: Upstream, kind: type[OpenMeteo], fault: str) -> None:
    source = kind(Polite(kind.name, f"{upstream.url}/open-meteo", LIMITS), SITE)
    upstream.control("faults", {"provider": "open-meteo", "kind": fault, "count": 1})
    with pytest.raises(Changed, match=kind.name):
        source.fetch(source.series[0], Window(NOW - 30 * DAY, NOW + 17 * DAY), NOW)
    assert len(source.fetch(source.series[0], Window(NOW - 30 * DAY, NOW + 17 * DAY), NOW))
