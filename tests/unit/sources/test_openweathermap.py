"""OpenWeatherMap now and to come: recorded answers, every quirk, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import Changed, Refused, SourceError, Unreachable
from chocolate_factory.domain.catalog import SITE_FORECAST, SITE_OBSERVED
from chocolate_factory.domain.publication import source_name
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window, epoch, local_midnight, moment
from chocolate_factory.infrastructure.http import Key, Polite
from chocolate_factory.infrastructure.sources.openweathermap import OpenWeatherMap
from chocolate_factory.infrastructure.sources.openweathermap_forecast import OpenWeatherMapForecast
from chocolate_factory.infrastructure.sources.site import Site
from tests.conftest import Upstream
from tests.unit.sources.script import QUICK, Script

NOW = datetime(2026, 3, 10, 20, 5, tzinfo=UTC)
HOUR = datetime(2026, 3, 10, 20, tzinfo=UTC)
SITE = Site(38.0952, -3.6365)
ONE_CALL = replace(SITE, one_call="3.0")
KEY = "a-key-nobody-may-see"
Either = OpenWeatherMap | OpenWeatherMapForecast


def client(script: Script) -> Polite:
    limits = replace(QUICK, max_bytes=1_000_000)
    return Polite(
        "openweathermap", script.url, limits, key=Key("appid", KEY, in_query=True), sleep=script.slept.append
    )


@pytest.fixture
def current(script: Script) -> OpenWeatherMap:
    return OpenWeatherMap(client(script), SITE)


@pytest.fixture
def forecast(script: Script) -> OpenWeatherMapForecast:
    return OpenWeatherMapForecast(client(script), SITE)


@pytest.fixture
def hourly(script: Script) -> OpenWeatherMapForecast:
    return OpenWeatherMapForecast(client(script), ONE_CALL)


def ask(source: Either, key: str, now: datetime = NOW) -> Series:
    return source.fetch(key, source.reaches(key, now), now)


def weather(**more: Any) -> dict[str, Any]:
    main = {"temp": 13.03, "pressure": 1016, "humidity": 76, "grnd_level": 953}
    told = {"coord": {"lon": -3.64, "lat": 38.1}, "main": main, "wind": {"speed": 1.5, "deg": 90}}
    return told | {"dt": epoch(NOW) - 400, "rain": {"1h": 0.3}, "cod": 200} | more


def main(**more: Any) -> dict[str, Any]:
    told: dict[str, Any] = weather()["main"] | more
    return {name: value for name, value in told.items() if value is not ...}


def test_one_answer_serves_every_series(script: Script, current: OpenWeatherMap) -> None:
    script.says(json.dumps(weather(dt=epoch(NOW))))
    told = {key: ask(current, key) for key in SITE_OBSERVED}
    assert script.asked == [f"/data/2.5/weather?lat=38.0952&lon=-3.6365&units=metric&appid={KEY}"]
    assert {key: series.value.tolist() for key, series in told.items()} == {
        "temperature": [13.03],
        "humidity": [76.0],
        "pressure": [953.0],
        "wind_speed": [1.5],
        "rain": [0.3],
    }
    for point in told["rain"]:
        assert (point.start, point.minutes, point.available_at) == (HOUR, 60, NOW)
        assert (point.origin, point.source) == ("measured", "openweathermap")


@pytest.mark.parametrize(
    ("minutes_ago", "start"), [(0, 20), (5, 20), (6, 19), (120, 18), (-9, 20), (-10, 20)]
)
def test_an_observation_is_of_the_hour_it_was_made_in(
    script: Script, current: OpenWeatherMap, minutes_ago: int, start: int
) -> None:
    script.says(json.dumps(weather(dt=epoch(NOW) - 60 * minutes_ago)))
    assert [moment(at).hour for at in ask(current, "rain").start] == [start]
    assert moment(ask(current, "rain").start[0]) in current.reaches("rain", NOW)


def test_an_hour_does_not_begin_before_it_is_there(script: Script, current: OpenWeatherMap) -> None:
    now = datetime(2026, 3, 10, 19, 58, tzinfo=UTC)
    script.says(json.dumps(weather(dt=epoch(now) + 300)))
    assert [moment(at).hour for at in ask(current, "rain", now).start] == [19]


def test_other_days_are_not_told(script: Script, current: OpenWeatherMap) -> None:
    script.says(json.dumps(weather()))
    midnight = local_midnight(date(2026, 3, 10), "Europe/Madrid")
    yesterday = Window(midnight - timedelta(days=1), midnight)
    assert len(current.fetch("rain", yesterday, NOW)) == 0
    assert len(current.fetch("rain", Window(NOW, NOW), NOW)) == 0
    assert len(current.fetch("rain", Window(midnight, NOW), NOW)) == 1


@pytest.mark.parametrize(
    ("changes", "key", "values"),
    [
        ({"main": main(grnd_level=...)}, "pressure", []),
        ({"main": main(humidity=None)}, "humidity", []),
        ({"main": main(temp=...)}, "temperature", []),
        ({"main": main(temp=...)}, "rain", []),
        ({"main": main(temp=280.2)}, "temperature", [280.2]),
        ({"wind": {}}, "wind_speed", []),
        ({"rain": {"3h": 6}}, "rain", []),
        ({"rain": {"1h": 0}}, "rain", [0.0]),
    ],
)
def test_what_is_missing_is_left_out(
    script: Script, current: OpenWeatherMap, changes: dict[str, Any], key: str, values: list[float]
) -> None:
    script.says(json.dumps(weather(**changes)))
    assert ask(current, key).value.tolist() == values


def test_no_rain_is_told_by_silence(script: Script, current: OpenWeatherMap) -> None:
    told = weather()
    del told["rain"], told["wind"]
    script.says(json.dumps(told))
    assert ask(current, "rain").value.tolist() == [0.0]
    assert len(ask(current, "wind_speed")) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dt": epoch(NOW) - 7201}, "an observation of 2026-03-10 18:04 UTC"),
        ({"dt": epoch(NOW) + 601}, "an observation of 2026-03-10 20:15 UTC"),
        ({"dt": "now"}, "another form"),
        ({"dt": True}, "another form"),
        ({"dt": None}, "another form"),
        ({"coord": {"lat": 36.9, "lon": -3.64}}, "weather of another place"),
        ({"coord": {"lat": 38.1, "lon": -4.7}}, "weather of another place"),
        ({"coord": {"lat": None, "lon": -3.64}}, "another form"),
        ({"coord": {}}, "another form"),
        ({"main": None}, "another form"),
        ({"main": main(temp="13")}, "another form"),
        ({"wind": [1]}, None),
    ],
)
def test_observations_that_cannot_be_meant(
    script: Script, current: OpenWeatherMap, changes: dict[str, Any], said: str | None
) -> None:
    script.says(json.dumps(weather(**changes)))
    with pytest.raises(Changed, match=said):
        ask(current, "temperature" if said else "wind_speed")


@pytest.mark.parametrize("source", ["current", "forecast", "hourly"])
@pytest.mark.parametrize(
    ("body", "status", "error", "said"),
    [
        ({"cod": 401, "message": "Invalid API key."}, 200, Refused, "key is not accepted"),
        ({"cod": 401, "message": "Invalid API key."}, 401, Refused, "key is not accepted"),
        ({"cod": "404", "message": "city not found"}, 200, Changed, "answered 404"),
        ({"cod": "404", "message": "city not found"}, 404, Changed, "answered 404"),
        ({"cod": 429, "message": "blocked"}, 200, Refused, "too many requests"),
        ({"cod": 429, "message": "blocked"}, 429, Refused, "answered 429"),
        ({"cod": "500", "message": "Internal error"}, 200, Unreachable, "answered 500"),
        ({"cod": "odd"}, 200, Changed, "inside a good status"),
        ([], 200, Changed, "no object"),
        ({}, 200, Changed, "another form"),
    ],
)
def test_refusals(
    script: Script,
    request: pytest.FixtureRequest,
    source: str,
    body: object,
    status: int,
    error: type[SourceError],
    said: str,
) -> None:
    script.says(json.dumps(body), status)
    asked: Either = request.getfixturevalue(source)
    with pytest.raises(error, match=said) as caught:
        ask(asked, asked.series[0])
    if "key" in said:
        assert "CHOCO_OPENWEATHERMAP__TOKEN" in caught.value.hint
    assert KEY not in caught.value.message + caught.value.hint


# --- the forecast


def steps(first: datetime = HOUR + timedelta(hours=1), count: int = 40, **more: Any) -> dict[str, Any]:
    """Steps of three hours: the step's number as temperature; 0.9 mm before every step that is even."""
    told = []
    for number in range(count):
        at = epoch(first) + 3 * 3600 * number
        entry = {"dt": at, "main": {"temp": number, "humidity": 50}, "wind": {"speed": 2.5}}
        told.append(entry | ({} if number % 2 else {"rain": {"3h": 0.9}}))
    place = {"coord": {"lat": 38.0952, "lon": -3.6365}}
    return {"cod": "200", "cnt": count, "list": told, "city": place} | more


def test_a_step_stands_for_three_hours(script: Script, forecast: OpenWeatherMapForecast) -> None:
    script.says(json.dumps(steps()))
    told = {key: ask(forecast, key) for key in forecast.series}
    assert script.asked == [f"/data/2.5/forecast?lat=38.0952&lon=-3.6365&units=metric&appid={KEY}"]
    assert set(told) == {f"{quantity}_forecast" for quantity in SITE_FORECAST}
    series = told["temperature_forecast"]
    assert moment(series.start[0]) == HOUR + timedelta(hours=1)
    assert series.value[:7].tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert len(series) == 119
    assert np.all(np.diff(series.start) == 3600)
    assert np.all(series.available_at == epoch(NOW))
    assert set(series.minutes) == {60}
    assert set(series.origin) == {"forecast"}
    assert set(series.source) == {"openweathermap_forecast, 3-hour step"}
    assert {source_name(text) for text in series.source} == {forecast.name}
    assert set(told["humidity_forecast"].value) == {50.0}
    assert set(told["wind_speed_forecast"].value) == {2.5}


def test_rain_of_a_step_fell_before_it(script: Script, forecast: OpenWeatherMapForecast) -> None:
    script.says(json.dumps(steps()))
    rain = ask(forecast, "rain_forecast")
    assert moment(rain.start[0]) == HOUR
    assert rain.value[:8] == pytest.approx([0.3, 0, 0, 0, 0.3, 0.3, 0.3, 0])
    assert np.all(np.diff(rain.start) == 3600)


def test_steps_without_values_leave_gaps(script: Script, forecast: OpenWeatherMapForecast) -> None:
    document = steps()
    document["list"][1] = {"dt": document["list"][1]["dt"], "main": {"temp": None, "humidity": None}}
    document["list"][2]["rain"] = {"1h": 1}
    script.says(json.dumps(document))
    lengths = {key: len(ask(forecast, key)) for key in forecast.series}
    assert lengths == {
        "temperature_forecast": 116,
        "humidity_forecast": 116,
        "wind_speed_forecast": 116,
        "rain_forecast": 112,
    }


def test_one_call_is_hourly(script: Script, hourly: OpenWeatherMapForecast) -> None:
    script.says(json.dumps(one_call()))
    told = {key: ask(hourly, key) for key in hourly.series}
    assert script.asked == [
        "/data/3.0/onecall?lat=38.0952&lon=-3.6365&units=metric&exclude=minutely%2Cdaily%2Calerts&appid="
        + KEY
    ]
    series = told["temperature_forecast"]
    assert moment(series.start[0]) == HOUR
    assert series.value[:3].tolist() == [1, 2, 3]
    assert len(series) == 47
    assert set(series.source) == {"openweathermap_forecast"}
    assert told["rain_forecast"].value[:3].tolist() == [0, 0.5, 0]
    assert set(told["wind_speed_forecast"].value) == {2.5}
    assert set(told["humidity_forecast"].value) == {50.0}


def one_call(**more: Any) -> dict[str, Any]:
    """One Call's hours from the one before `HOUR` on."""
    first = epoch(HOUR) - 3600
    hours: list[dict[str, Any]] = [
        {"dt": first + 3600 * number, "temp": number, "humidity": 50, "wind_speed": 2.5}
        | ({} if number % 2 else {"rain": {"1h": 0.5}})
        for number in range(48)
    ]
    return {"lat": 38.0952, "lon": -3.6365, "timezone": "Europe/Madrid", "hourly": hours} | more


def test_the_version_of_one_call_is_a_setting(script: Script) -> None:
    script.says(json.dumps(one_call()))
    ask(OpenWeatherMapForecast(client(script), replace(SITE, one_call="4.0")), "rain_forecast")
    assert script.asked[0].startswith("/data/4.0/onecall?")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (steps(count=20), "20 of 40 steps"),
        (steps(first=HOUR - timedelta(hours=23)), "a forecast from 2026-03-09 21:00 UTC on"),
        (steps(first=HOUR + timedelta(hours=7)), "a forecast from 2026-03-11 03:00 UTC on"),
        (steps(first=HOUR + timedelta(minutes=70)), "another form"),
        (steps(city={"coord": {"lat": 51.5, "lon": -0.1}}), "weather of another place"),
        (steps(city={}), "another form"),
        (steps(list={}), "another form"),
        (steps(list=[1] * 40), "another form"),
    ],
)
def test_forecasts_that_cannot_be_meant(
    script: Script, forecast: OpenWeatherMapForecast, document: object, said: str
) -> None:
    script.says(json.dumps(document))
    with pytest.raises(Changed, match=said):
        ask(forecast, "temperature_forecast")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (one_call(lat=51.5), "weather of another place"),
        (one_call(hourly=one_call()["hourly"][:24]), "24 of 48 steps"),
        (one_call(hourly=None), "another form"),
        (one_call(hourly=[{"dt": epoch(HOUR), "temp": "1"}] * 48), "another form"),
    ],
)
def test_one_calls_that_cannot_be_meant(
    script: Script, hourly: OpenWeatherMapForecast, document: object, said: str
) -> None:
    script.says(json.dumps(document))
    with pytest.raises(Changed, match=said):
        ask(hourly, "temperature_forecast")


# --- recorded answers and the stand-in provider


def sample(shared: Path, name: str) -> tuple[bytes, Any]:
    body = (shared / "data/api_samples/openweathermap" / name).read_bytes()
    return body, json.loads(body)


@pytest.mark.parametrize(
    ("name", "pressure", "rain"),
    [
        ("current_manresa_es_metric_2021-10-09.json", [], [0.0]),
        ("pyopenweathermap_free_current.json", [933.0], [3.16]),
        ("weather_weather_id.json", [], [1.27]),
        ("weather_weather_lat_lon.json", [], [1.52]),
        ("weather_weather_name.json", [], [0.51]),
    ],
)
def test_recorded_weather(
    shared: Path, script: Script, name: str, pressure: list[float], rain: list[float]
) -> None:
    body, told = sample(shared, name)
    source = OpenWeatherMap(client(script), Site(told["coord"]["lat"], told["coord"]["lon"]))
    script.says(body)
    now = moment(told["dt"]) + timedelta(minutes=3)
    assert ask(source, "temperature", now).value.tolist() == [told["main"]["temp"]]
    assert ask(source, "humidity", now).value.tolist() == [told["main"]["humidity"]]
    assert ask(source, "wind_speed", now).value.tolist() == [told["wind"]["speed"]]
    assert ask(source, "pressure", now).value.tolist() == pressure
    assert ask(source, "rain", now).value.tolist() == rain
    assert epoch(moment(told["dt"])) - ask(source, "rain", now).start[0] < 3600
    assert len(script.asked) == 2


def test_recorded_forecast(shared: Path, script: Script) -> None:
    body, told = sample(shared, "forecast_five_day.json")
    source = OpenWeatherMapForecast(client(script), Site(51.5, -0.1))
    script.says(body)
    now = moment(told["list"][0]["dt"]) - timedelta(minutes=30)
    temperature = ask(source, "temperature_forecast", now)
    assert temperature.value.tolist()[::3] == [entry["main"]["temp"] for entry in told["list"]]
    rain = ask(source, "rain_forecast", now)
    fallen = sum(entry.get("rain", {"3h": 0})["3h"] for entry in told["list"])
    assert rain.value.sum() == pytest.approx(fallen)


def test_recorded_one_call(shared: Path, script: Script) -> None:
    body, told = sample(shared, "one_call_lat_lon.json")
    source = OpenWeatherMapForecast(client(script), Site(33.5312, -111.9426, one_call="3.0"))
    script.says(body)
    now = moment(told["current"]["dt"])
    assert ask(source, "humidity_forecast", now).value.tolist() == [row["humidity"] for row in told["hourly"]]
    script.answers, script.asked = [], []
    script.says(sample(shared, "one_call_lat_lon_exclude_minutely_hourly.json")[0])
    with pytest.raises(Changed, match="another form"):
        ask(source, "humidity_forecast", now)


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("errors_access_denied.json", 401, Refused),
        ("errors_access_denied.json", 200, Refused),
        ("error_429_blocked.json", 429, Refused),
        ("error_429_blocked.json", 200, Refused),
        ("one_call_error_out_of_range.json", 400, Changed),
        ("one_call_error_out_of_range.json", 200, Changed),
        ("weather_group_metric.json", 200, Changed),
    ],
)
def test_recorded_errors(
    shared: Path,
    script: Script,
    current: OpenWeatherMap,
    name: str,
    status: int,
    error: type[SourceError],
) -> None:
    script.says(sample(shared, name)[0], status)
    with pytest.raises(error):
        ask(current, "rain")


@pytest.fixture
def standing(upstream: Upstream) -> Polite:
    """A client of the stand-in."""
    return Polite(
        "openweathermap",
        f"{upstream.url}/openweathermap",
        key=Key("appid", KEY, in_query=True),
        sleep=lambda _: None,
    )


@pytest.mark.parametrize(("site", "hours"), [(SITE, 119), (ONE_CALL, 48)])
def test_stand_in_forecast(upstream: Upstream, standing: Polite, site: Site, hours: int) -> None:
    source = OpenWeatherMapForecast(standing, site)
    for key in source.series:
        series = ask(source, key)
        assert hours - 1 <= len(series) <= hours
        assert np.all(np.diff(series.start) == 3600)
    assert len(upstream.control("requests")["requests"]) == 1


def test_stand_in_weather(upstream: Upstream, standing: Polite) -> None:
    source = OpenWeatherMap(standing, SITE)
    for key in source.series:
        assert [moment(start) for start in ask(source, key).start] == [HOUR]
    assert len(upstream.control("requests")["requests"]) == 1


def test_stand_in_without_a_good_key(upstream: Upstream) -> None:
    bad = Polite(
        "openweathermap", f"{upstream.url}/openweathermap", key=Key("appid", "invalid", in_query=True)
    )
    for source in (OpenWeatherMap(bad, SITE), OpenWeatherMapForecast(bad, ONE_CALL)):
        with pytest.raises(Refused, match="key is not accepted"):
            ask(source, source.series[0])


@pytest.mark.parametrize(
    "kind",
    [
        *("http_401", "http_404", "http_429", "http_503", "http_403_html", "ok_html", "ok_error_json"),
        *("empty_body", "truncated_json", "wrong_charset", "bad_gzip", "connection_reset", "partial_day"),
    ],
)
def test_stand_in_faults(upstream: Upstream, standing: Polite, kind: str) -> None:
    upstream.control("faults", {"provider": "openweathermap", "kind": kind, "count": 0})
    source = OpenWeatherMapForecast(standing, SITE)
    with pytest.raises(SourceError):
        ask(source, "rain_forecast")
    upstream.control("faults", method="DELETE")
    assert len(ask(source, "rain_forecast")) == 118
