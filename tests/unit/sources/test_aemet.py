"""AEMET's observations, forecast and climate values: recorded answers, every quirk, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import Changed, Refused, SourceError, Unreachable
from chocolate_factory.domain.catalog import CATALOG, CLIMATE, SITE_FORECAST, SITE_OBSERVED
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.slots import Window, epoch, local_midnight, moment
from chocolate_factory.infrastructure.http import Key, Polite
from chocolate_factory.infrastructure.sources.aemet import FIELDS, Aemet
from chocolate_factory.infrastructure.sources.aemet_climate import AemetClimate
from chocolate_factory.infrastructure.sources.aemet_envelope import TRACE, amount
from chocolate_factory.infrastructure.sources.aemet_forecast import AemetForecast
from chocolate_factory.infrastructure.sources.site import Site
from tests.conftest import Upstream
from tests.unit.sources.script import QUICK, Script

NOW = datetime(2026, 3, 10, 20, 5, tzinfo=UTC)
LAST_DAY = Window(NOW - timedelta(hours=24), NOW)
SITE = Site(38.0952, -3.6365)
KEY = "a-key-nobody-may-see"
LATIN = {"Content_Type": "text/plain;charset=ISO-8859-15"}


def client(script: Script) -> Polite:
    limits = replace(QUICK, max_bytes=1_000_000)
    return Polite("aemet", script.url + "/base", limits, key=Key("api_key", KEY), sleep=script.slept.append)


@pytest.fixture
def observed(script: Script) -> Aemet:
    return Aemet(client(script), SITE)


def tells(script: Script, data: object, charset: str = "iso-8859-15", **headers: str) -> None:
    """Both steps: the envelope, then the data."""
    script.says(json.dumps({"descripcion": "exito", "estado": 200, "datos": f"{script.url}/sh/ab"}))
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode(charset)
    script.says(body, **(headers or LATIN))


def row(fint: str = "2026-03-10T20:00:00+0000", **fields: Any) -> dict[str, Any]:
    told = {"idema": "5279X", "ubi": "LINARES, Jaén", "fint": fint}
    told |= {"ta": 14.5, "hr": 60.0, "pres": 955.1, "vv": 2.5, "prec": 0.2}
    return {name: value for name, value in (told | fields).items() if value is not ...}


def test_one_answer_serves_every_series(script: Script, observed: Aemet) -> None:
    tells(script, [row("2026-03-10T19:00:00", ta=15.0), row()])
    told = {key: observed.fetch(key, LAST_DAY, NOW) for key in SITE_OBSERVED}
    assert script.asked == ["/base/opendata/api/observacion/convencional/datos/estacion/5279X", "/sh/ab"]
    assert [headers["api_key"] for headers in script.headers] == [KEY, KEY]
    assert {key: series.value[-1] for key, series in told.items()} == {
        "temperature": 14.5,
        "humidity": 60.0,
        "pressure": 955.1,
        "wind_speed": 2.5,
        "rain": 0.2,
    }
    tells(script, [row()])
    observed.fetch("rain", LAST_DAY, NOW)
    assert len(script.asked) == 4


def test_an_hour_is_told_by_its_end(script: Script, observed: Aemet) -> None:
    tells(script, [row("2026-03-10T18:00:00"), row("2026-03-10T20:00:00+0100"), row()])
    series = observed.fetch("temperature", LAST_DAY, NOW)
    assert [moment(start).hour for start in series.start] == [17, 18, 19]
    assert set(series.minutes) == {60}
    assert set(series.origin) == {"measured"}
    assert set(series.source) == {"aemet"}
    assert [moment(at) for at in series.available_at] == [
        datetime(2026, 3, 10, 19, tzinfo=UTC),
        datetime(2026, 3, 10, 20, tzinfo=UTC),
        NOW,
    ]
    assert CATALOG["temperature"].due_slot(int(series.start[0]), 60) == moment(series.available_at[0])


def test_missing_fields_are_left_out(script: Script, observed: Aemet) -> None:
    tells(script, [row("2026-03-10T19:00:00", ta=...), row(ta=None, pres=...)])
    assert len(observed.fetch("temperature", LAST_DAY, NOW)) == 0
    assert len(observed.fetch("pressure", LAST_DAY, NOW)) == 1
    assert len(observed.fetch("humidity", LAST_DAY, NOW)) == 2


def test_only_hours_that_are_over_and_wanted_are_told(script: Script, observed: Aemet) -> None:
    at = datetime(2026, 3, 10, 19, 55, tzinfo=UTC)
    tells(script, [row("2026-03-09T20:00:00"), row("2026-03-10T19:00:00"), row("2026-03-10T20:00:00")])
    assert [moment(s).hour for s in observed.fetch("rain", LAST_DAY, at).start] == [19, 18]
    today = Window(local_midnight(date(2026, 3, 10), "Europe/Madrid"), at)
    assert [moment(s).hour for s in observed.fetch("humidity", today, at).start] == [18]
    assert len(observed.fetch("temperature", Window(at, at), at)) == 0
    assert len(script.asked) == 2


def test_an_hour_told_twice_stays_for_the_validation(script: Script, observed: Aemet) -> None:
    tells(script, [row(), row()])
    assert len(observed.fetch("rain", LAST_DAY, NOW)) == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row("2026-03-10T19:30:00")], "an hour that ends at 2026-03-10 19:30"),
        ([row(), row("2026-03-10T21:00:00")], "an hour that ends at 2026-03-10 21:00"),
        ([row(idema="3195")], "another station than 5279X"),
        ([row(), row("2026-03-10T19:00:00", idema="3195")], "another station"),
        ([row("2026-03-08T20:00:00")], "observations of 2026-03-08"),
        ([row("yesterday")], "another form"),
        ([row(fint=...)], "another form"),
        ([row(ta="14,5")], "another form"),
        ([row(ta=True)], "another form"),
        ([7], "another form"),
        ({"idema": "5279X"}, "another form"),
    ],
)
def test_rows_that_cannot_be_meant(script: Script, observed: Aemet, rows: object, said: str) -> None:
    tells(script, rows)
    with pytest.raises(Changed, match=said):
        observed.fetch("temperature", LAST_DAY, NOW)


def test_a_station_that_is_not_at_the_site_is_a_wrong_setting(script: Script) -> None:
    linares = {"lat": 38.09, "lon": -3.64}
    for site, good in ((SITE, True), (Site(38.55, -3.2), True), (Site(40.42, -3.7), False)):
        tells(script, [row(**linares)])
        observed = Aemet(client(script), site)
        if good:
            assert len(observed.fetch("rain", LAST_DAY, NOW)) == 1
            continue
        with pytest.raises(Changed, match=r"station 5279X is at 38.09, -3.64, not near the site") as caught:
            observed.fetch("rain", LAST_DAY, NOW)
        assert "CHOCO_AEMET__STATION" in caught.value.hint
    tells(script, [row(lat=None, lon=-3.64)])
    assert len(Aemet(client(script), Site(40.42, -3.7)).fetch("rain", LAST_DAY, NOW)) == 1


@pytest.mark.parametrize(
    ("charset", "declared"),
    [
        ("iso-8859-15", "text/plain;charset=ISO-8859-15"),
        ("iso-8859-15", "application/json"),
        ("iso-8859-15", "application/json;charset=UTF-8"),
        ("iso-8859-15", "application/json;charset=klingon"),
        ("utf-8", "text/plain;charset=ISO-8859-15"),
        ("utf-8", "application/json;charset=UTF-8"),
        ("utf-8-sig", "text/plain"),
        ("cp1252", 'text/plain;charset="windows-1252"'),
        ("utf-16", "text/plain;charset=UTF-16"),
    ],
)
def test_every_encoding_is_read(script: Script, observed: Aemet, charset: str, declared: str) -> None:
    tells(script, [row()], charset, Content_Type=declared)
    assert observed.fetch("temperature", LAST_DAY, NOW).value.tolist() == [14.5]


ERRORS: list[tuple[dict[str, Any], type[SourceError], str]] = [
    ({"descripcion": "API key invalido", "estado": 401}, Refused, "not accepted"),
    ({"descripcion": "La API Key ha expirado.", "estado": 401}, Refused, "has expired"),
    ({"descripcion": "no", "estado": 403}, Refused, "not accepted"),
    ({"descripcion": "Límite de peticiones", "estado": 429}, Refused, "too many requests"),
    ({"descripcion": "Error interno", "estado": 500}, Unreachable, "answered 500 inside a good status"),
    ({"descripcion": "Recurso no encontrado", "estado": 404}, Changed, "answered 404"),
    ({"descripcion": "exito", "estado": "2000"}, Changed, "another form"),
    ({"descripcion": "exito"}, Changed, "another form"),
    ({"descripcion": "exito", "estado": 200}, Changed, "address"),
    ({"estado": 200, "datos": "https://evil.example/opendata/sh/1"}, Changed, "another host"),
]


@pytest.mark.parametrize(("body", "error", "said"), ERRORS)
def test_refusals_inside_a_good_status(
    script: Script, observed: Aemet, body: dict[str, Any], error: type[SourceError], said: str
) -> None:
    script.says(json.dumps(body, ensure_ascii=False).encode("iso-8859-15"))
    with pytest.raises(error, match=said) as caught:
        observed.fetch("rain", LAST_DAY, NOW)
    if body.get("estado") in {401, 403}:
        assert "CHOCO_AEMET__TOKEN" in caught.value.hint
        assert "https://opendata.aemet.es/centrodedescargas/altaUsuario" in caught.value.hint
    assert caught.value.source == "aemet"
    assert KEY not in caught.value.message + caught.value.hint
    assert len(script.asked) == 1


@pytest.mark.parametrize("status", [200, 404])
def test_no_data_is_an_empty_series(script: Script, observed: Aemet, status: int) -> None:
    script.says('{"descripcion" : "No hay datos que satisfagan esos criterios", "estado" : 404}', status)
    assert len(observed.fetch("rain", LAST_DAY, NOW)) == 0
    assert len(script.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refusals_by_status_name_the_setting(script: Script, observed: Aemet, status: int) -> None:
    script.says(f'{{"descripcion" : "API key invalido", "estado" : {status}}}', status)
    with pytest.raises(Refused, match="not accepted") as caught:
        observed.fetch("rain", LAST_DAY, NOW)
    assert "CHOCO_AEMET__TOKEN" in caught.value.hint


def test_a_firewall_page_is_a_refusal(script: Script, observed: Aemet) -> None:
    script.says("<html>denied</html>", 403)
    with pytest.raises(Refused, match="answered 403"):
        observed.fetch("rain", LAST_DAY, NOW)


def test_an_empty_envelope_is_a_missing_key_and_empty_data_are_none(script: Script, observed: Aemet) -> None:
    script.says("")
    with pytest.raises(Refused, match="without a valid key") as caught:
        observed.fetch("rain", LAST_DAY, NOW)
    assert "CHOCO_AEMET__TOKEN" in caught.value.hint
    script.answers.clear()
    script.asked.clear()
    tells(script, b"")
    with pytest.raises(Changed, match="empty"):
        observed.fetch("rain", LAST_DAY, NOW)


def test_an_expired_address_is_asked_for_once_more(script: Script, observed: Aemet) -> None:
    tells(script, {"descripcion": "datos expirados", "estado": 404})
    tells(script, [row()])
    assert len(observed.fetch("rain", LAST_DAY, NOW)) == 1
    assert len(script.asked) == 4


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize(
    "body", ['{"descripcion": "datos expirados", "estado": 404}', "<html>gone</html>", ""]
)
def test_an_address_that_stays_expired(script: Script, observed: Aemet, status: int, body: str) -> None:
    for _ in range(2):
        script.says(json.dumps({"estado": 200, "datos": f"{script.url}/sh/ab"}))
        script.says(body, status)
    with pytest.raises(Changed):
        observed.fetch("rain", LAST_DAY, NOW)
    assert len(script.asked) == (4 if status == 404 or "estado" in body else 2)


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        ({"descripcion": "No hay datos", "estado": 404}, None, ""),
        ({"descripcion": "API key invalido", "estado": 401}, Refused, "not accepted"),
        ({"descripcion": "caudal", "estado": 429}, Refused, "too many"),
        ({"estado": 503}, Unreachable, "503"),
        ({"a": 1}, Changed, "another form"),
        (b'[{"idema": "527', Changed, "not JSON"),
        (b"<!DOCTYPE html><html></html>", Changed, "HTML"),
        (b'[{"ta": NaN}]', Changed, "not JSON"),
    ],
)
def test_what_may_come_instead_of_data(
    script: Script, observed: Aemet, body: object, error: type[SourceError] | None, said: str
) -> None:
    tells(script, body)
    if error is None:
        assert len(observed.fetch("rain", LAST_DAY, NOW)) == 0
    else:
        with pytest.raises(error, match=said):
            observed.fetch("rain", LAST_DAY, NOW)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12,5", 12.5),
        ("-0", 0.0),
        ("-3.4", -3.4),
        ("7", 7.0),
        (7, 7.0),
        (0.4, 0.4),
        ("Ip", TRACE),
        (" 1,0 ", 1.0),
        ("", None),
        (None, None),
        ("Acum", None),
        ("Varias", None),
    ],
)
def test_amounts(cell: object, value: float | None) -> None:
    assert amount(cell) == value


@pytest.mark.parametrize("cell", ["1,2,3", "1e3", "12 mm", "--1", True, [1], "٣x1"])
def test_amounts_that_are_none(cell: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        amount(cell)


# --- the forecast


def predicted(first: date, days: int = 3, **more: Any) -> list[dict[str, Any]]:
    """A forecast of whole days from `first` on: the hour as temperature, 50 %, 18 km/h, no rain."""
    told = []
    for offset in range(days):
        hours = [f"{hour:02d}" for hour in range(24)]
        gusts = [{"direccion": ["N"], "velocidad": ["18"], "periodo": hour} for hour in hours]
        told.append(
            {
                "temperatura": [{"value": str(int(hour)), "periodo": hour} for hour in hours],
                "humedadRelativa": [{"value": "50", "periodo": hour} for hour in hours],
                "precipitacion": [{"value": "0", "periodo": hour} for hour in hours],
                "vientoAndRachaMax": [*gusts, *({"value": "41", "periodo": hour} for hour in hours)],
                "fecha": f"{first + timedelta(days=offset)}T00:00:00",
            }
        )
    made = f"{first}T08:00:00"
    return [{"elaborado": made, "prediccion": {"dia": told}, "id": "23055", "nombre": "Linares"} | more]


@pytest.fixture
def forecast(script: Script) -> AemetForecast:
    return AemetForecast(client(script), SITE)


def ask(source: AemetForecast, key: str, now: datetime = NOW) -> Series:
    return source.fetch(key, source.reaches(key, now), now)


def test_the_forecast_is_of_local_hours_to_come(script: Script, forecast: AemetForecast) -> None:
    tells(script, predicted(date(2026, 3, 10)))
    told = {key: ask(forecast, key) for key in forecast.series}
    assert script.asked == ["/base/opendata/api/prediccion/especifica/municipio/horaria/23055", "/sh/ab"]
    assert set(told) == {f"{quantity}_forecast" for quantity in SITE_FORECAST}
    series = told["temperature_forecast"]
    assert len(series) == 51
    assert (moment(series.start[0]), series.value[0]) == (datetime(2026, 3, 10, 20, tzinfo=UTC), 21.0)
    assert np.all(np.diff(series.start) == 3600)
    assert np.all(series.available_at == epoch(NOW))
    assert set(series.origin) == {"forecast"}
    assert set(series.source) == {"aemet_forecast"}
    assert set(told["wind_speed_forecast"].value) == {5.0}
    assert len(told["wind_speed_forecast"]) == 51


def test_traces_gaps_and_calms(script: Script, forecast: AemetForecast) -> None:
    document = predicted(date(2026, 3, 10))
    day = document[0]["prediccion"]["dia"][1]
    day["precipitacion"][0]["value"] = "Ip"
    day["precipitacion"][1]["value"] = ""
    day["precipitacion"][2]["value"] = 0.3
    day["vientoAndRachaMax"][0]["velocidad"] = ["7"]
    day["vientoAndRachaMax"][1]["velocidad"] = [""]
    day["vientoAndRachaMax"][2]["velocidad"] = []
    tells(script, document)
    rain = ask(forecast, "rain_forecast")
    assert rain.value[3:5].tolist() == [TRACE, 0.3]
    assert len(rain) == 50
    wind = ask(forecast, "wind_speed_forecast")
    assert wind.value[3] == 1.94
    assert len(wind) == 49


def test_the_hour_that_march_leaves_out(script: Script, forecast: AemetForecast) -> None:
    now = datetime(2026, 3, 28, 11, 30, tzinfo=UTC)
    tells(script, predicted(date(2026, 3, 28)))
    series = ask(forecast, "temperature_forecast", now)
    assert len(series) == 12 + 23 + 24
    assert np.all(np.diff(series.start) == 3600)
    assert series.value[12:16].tolist() == [0, 1, 3, 4]


def test_the_hour_that_october_repeats_is_the_first(script: Script, forecast: AemetForecast) -> None:
    now = datetime(2026, 10, 24, 10, 30, tzinfo=UTC)
    tells(script, predicted(date(2026, 10, 24)))
    series = ask(forecast, "temperature_forecast", now)
    gaps = np.flatnonzero(np.diff(series.start) != 3600)
    assert len(gaps) == 1
    assert moment(series.start[gaps[0]]) == datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert series.value[gaps[0] : gaps[0] + 2].tolist() == [2, 3]
    assert np.diff(series.start)[gaps[0]] == 7200


def test_a_forecast_of_yesterday_evening_serves(script: Script, forecast: AemetForecast) -> None:
    now = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    tells(script, predicted(date(2026, 3, 10), elaborado="2026-03-10T20:15:00"))
    assert moment(ask(forecast, "rain_forecast", now).start[0]) == datetime(2026, 3, 10, 23, tzinfo=UTC)


def without(document: list[dict[str, Any]], field: str) -> list[dict[str, Any]]:
    for day in document[0]["prediccion"]["dia"]:
        del day[field]
    return document


def odd(change: Callable[[dict[str, Any]], None]) -> list[dict[str, Any]]:
    document = predicted(date(2026, 3, 10))
    change(document[0]["prediccion"]["dia"][0])
    return document


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (predicted(date(2026, 3, 10), elaborado="2026-03-09T20:00:00"), "a forecast of 2026-03-09 20:00"),
        (predicted(date(2026, 3, 10), elaborado="2026-03-11T20:00:00"), "a forecast of 2026-03-11 20:00"),
        (predicted(date(2026, 3, 8), elaborado="2026-03-10T20:00:00"), "a forecast from 2026-03-08 on"),
        (predicted(date(2026, 3, 11), elaborado="2026-03-10T20:00:00"), "a forecast from 2026-03-11 on"),
        (predicted(date(2026, 3, 10), id=28065), "another place than 23055"),
        (predicted(date(2026, 3, 10)) * 2, "another place"),
        (predicted(date(2026, 3, 10), 1), "a forecast of 24 hours"),
        (predicted(date(2026, 3, 10), prediccion={"dia": []}), "another form"),
        (predicted(date(2026, 3, 10), prediccion=None), "another form"),
        (without(predicted(date(2026, 3, 10)), "temperatura"), "another form"),
        (odd(lambda day: day["temperatura"][3].update(periodo="0107")), "another form"),
        (odd(lambda day: day["temperatura"][3].update(periodo="24")), "another form"),
        (odd(lambda day: day["temperatura"][3].update(value="4..5")), "another form"),
        (odd(lambda day: day["temperatura"][3].pop("value")), "another form"),
        (odd(lambda day: day.update(temperatura={"maxima": 5})), "another form"),
    ],
)
def test_forecasts_that_cannot_be_meant(
    script: Script, forecast: AemetForecast, document: object, said: str
) -> None:
    tells(script, document)
    with pytest.raises(Changed, match=said):
        ask(forecast, "temperature_forecast")


def test_a_wind_speed_that_is_no_list(script: Script, forecast: AemetForecast) -> None:
    tells(script, odd(lambda day: day["vientoAndRachaMax"][0].update(velocidad="18")))
    with pytest.raises(Changed, match="no list"):
        ask(forecast, "wind_speed_forecast")


def test_no_forecast_is_an_empty_series(script: Script, forecast: AemetForecast) -> None:
    tells(script, [])
    assert len(ask(forecast, "rain_forecast")) == 0


def test_a_municipality_with_a_leading_zero(script: Script) -> None:
    source = AemetForecast(client(script), replace(SITE, municipality="01059"))
    tells(script, predicted(date(2026, 3, 10), id=1059))
    assert len(ask(source, "rain_forecast")) == 51


# --- climate values


def climate_day(day: str, **fields: Any) -> dict[str, Any]:
    told = {"fecha": day, "indicativo": "5279X", "nombre": "LINARES", "provincia": "JAEN"}
    told |= {
        "tmed": "12,4",
        "tmax": "18,0",
        "tmin": "-0,6",
        "hrMedia": "71",
        "velmedia": "1,9",
        "prec": "0,0",
    }
    return {name: value for name, value in (told | fields).items() if value is not ...}


@pytest.fixture
def climate(script: Script) -> AemetClimate:
    return AemetClimate(client(script), SITE)


WEEK = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC))


def test_climate_days(script: Script, climate: AemetClimate) -> None:
    rain = {"2026-03-02": "Ip", "2026-03-03": "Acum", "2026-03-04": ..., "2026-03-05": "3,2"}
    tells(script, [climate_day(day, prec=told) for day, told in rain.items()])
    told = {key: climate.fetch(key, WEEK, NOW) for key in CLIMATE}
    assert script.asked[0] == (
        "/base/opendata/api/valores/climatologicos/diarios/datos"
        "/fechaini/2026-03-01T00:00:00UTC/fechafin/2026-03-06T23:59:59UTC/estacion/5279X"
    )
    assert len(script.asked) == 2
    assert told["climate_rain"].value.tolist() == [TRACE, 3.2]
    assert told["climate_rain"].source.tolist() == ["aemet_climate, trace", "aemet_climate"]
    assert [moment(start).day for start in told["climate_rain"].start] == [2, 5]
    assert {key: series.value[0] for key, series in told.items()} == {
        "climate_temperature_mean": 12.4,
        "climate_temperature_max": 18.0,
        "climate_temperature_min": -0.6,
        "climate_humidity_mean": 71.0,
        "climate_wind_speed": 1.9,
        "climate_rain": TRACE,
    }
    series = told["climate_temperature_mean"]
    assert moment(series.start[0]) == datetime(2026, 3, 2, tzinfo=UTC)
    assert moment(series.available_at[0]) == CATALOG["climate_rain"].due(date(2026, 3, 2)) <= NOW
    assert set(series.minutes) == {1440}
    assert set(series.origin) == {"measured"}


def test_days_that_are_not_due_are_not_asked_for(script: Script, climate: AemetClimate) -> None:
    window = Window(datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC))
    assert len(climate.fetch("climate_rain", window, NOW)) == 0
    assert script.asked == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([climate_day("2026-02-28")], "values of 2026-02-28, outside 2026-03-01 to 2026-03-06"),
        ([climate_day("2026-03-07")], "values of 2026-03-07"),
        ([climate_day("2026-03-02", indicativo="3195")], "another station"),
        ([climate_day("02/03/2026")], "another form"),
        ([climate_day("2026-03-02", tmed="1,2,3")], "another form"),
        ([climate_day("2026-03-02", fecha=...)], "another form"),
    ],
)
def test_climate_values_that_cannot_be_meant(
    script: Script, climate: AemetClimate, rows: object, said: str
) -> None:
    tells(script, rows)
    with pytest.raises(Changed, match=said):
        climate.fetch("climate_temperature_mean", WEEK, NOW)


def test_other_spans_are_other_questions(script: Script, climate: AemetClimate) -> None:
    tells(script, [climate_day("2026-03-02")])
    tells(script, [climate_day("2026-01-02")])
    january = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    climate.fetch("climate_rain", WEEK, NOW)
    assert moment(climate.fetch("climate_temperature_max", january, NOW).start[0]).month == 1
    assert len(script.asked) == 4


# --- recorded answers and the stand-in providers


def test_recorded_observations(shared: Path, script: Script) -> None:
    folder = shared / "data" / "api_samples" / "aemet"
    stations = {
        "station-3195-data.json": ("3195", datetime(2021, 1, 9, 12, 10, tzinfo=UTC)),
        "observation_1495_2026-08-25_no_ta.json": ("1495", datetime(2026, 8, 25, 19, 10, tzinfo=UTC)),
        "observation_5906X_2023-01-16.json": ("5906X", datetime(2023, 1, 16, 20, 10, tzinfo=UTC)),
    }
    for name, (station, now) in stations.items():
        body = (folder / name).read_bytes()
        told = json.loads(body.decode("iso-8859-15"))
        source = Aemet(client(script), Site(told[0]["lat"], told[0]["lon"], station))
        script.answers, script.asked = [], []
        tells(script, body)
        for key, field in FIELDS.items():
            series = source.fetch(key, source.reaches(key, now), now)
            assert series.value.tolist() == [row[field] for row in told if field in row], (name, key)
            if len(series):
                assert moment(series.start[-1]) == now.replace(minute=0) - timedelta(hours=1)
        assert len(script.asked) == 2


def test_recorded_envelopes(shared: Path, script: Script, observed: Aemet) -> None:
    folder = shared / "data" / "api_samples" / "aemet"
    refused = {
        "error_401_invalid_key": (Refused, "not accepted"),
        "error_401_key_expired": (Refused, "has expired"),
        "error_429_per_user_limit": (Refused, "too many|answered 429"),
        "empty_body_200": (Refused, "without a valid key"),
        "envelope_200_wire_format": (Changed, "another host"),
        "town-28065-forecast-daily-data": (Changed, "another form"),
    }
    for name, (error, said) in refused.items():
        for status in {200, int(name[6:9]) if name.startswith("error") else 200}:
            script.answers, script.asked = [], []
            script.says((folder / f"{name}.json").read_bytes(), status)
            with pytest.raises(error, match=said):
                observed.fetch("rain", LAST_DAY, NOW)
    script.answers, script.asked = [], []
    script.says((folder / "error_404_no_data.json").read_bytes(), 404)
    assert len(observed.fetch("rain", LAST_DAY, NOW)) == 0


def test_a_recorded_daily_forecast_is_no_hourly_one(
    shared: Path, script: Script, forecast: AemetForecast
) -> None:
    source = AemetForecast(client(script), replace(SITE, municipality="28065"))
    tells(script, (shared / "data/api_samples/aemet/town-28065-forecast-daily-data.json").read_bytes())
    with pytest.raises(Changed, match="another form"):
        ask(source, "temperature_forecast", datetime(2021, 1, 9, 12, tzinfo=UTC))


@pytest.fixture
def standing(upstream: Upstream) -> Polite:
    """A client of the stand-in."""
    return Polite("aemet", f"{upstream.url}/aemet", key=Key("api_key", KEY), sleep=lambda _: None)


def asked(upstream: Upstream) -> int:
    return len(upstream.control("requests")["requests"])


def test_stand_in_observations(upstream: Upstream, standing: Polite) -> None:
    source = Aemet(standing, SITE)
    for key in source.series:
        series = source.fetch(key, source.reaches(key, NOW), NOW)
        assert len(series) == 24
        assert moment(series.start[-1]) == datetime(2026, 3, 10, 19, tzinfo=UTC)
    assert asked(upstream) == 2


def test_stand_in_forecast(upstream: Upstream, standing: Polite) -> None:
    source = AemetForecast(standing, SITE)
    for key in source.series:
        series = ask(source, key)
        assert len(series) == 48
        assert np.all(np.diff(series.start) == 3600)
    assert asked(upstream) == 2


@pytest.mark.parametrize(
    ("now", "hours"), [("2026-03-28T20:00:00+01:00", 48), ("2025-10-25T20:00:00+02:00", 47)]
)
def test_stand_in_forecast_over_a_clock_change(
    upstream: Upstream, standing: Polite, now: str, hours: int
) -> None:
    upstream.at(now)
    at = datetime.fromisoformat(now).astimezone(UTC)
    series = ask(AemetForecast(standing, SITE), "temperature_forecast", at)
    assert len(series) == hours
    assert series.start[-1] - series.start[0] == 47 * 3600


def test_stand_in_climate(upstream: Upstream, standing: Polite) -> None:
    source = AemetClimate(standing, SITE)
    window = Window(datetime(2025, 9, 12, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC))
    for key in source.series:
        series = source.fetch(key, window, NOW)
        assert len(series) == 176
        assert moment(series.start[-1]) == datetime(2026, 3, 6, tzinfo=UTC)
        assert series.available_at.max() <= epoch(NOW)
    assert asked(upstream) == 2


@pytest.mark.parametrize(("token", "said"), [("invalid", "not accepted"), ("expired", "has expired")])
def test_stand_in_keys(upstream: Upstream, token: str, said: str) -> None:
    bad = Polite("aemet", f"{upstream.url}/aemet", key=Key("api_key", token))
    with pytest.raises(Refused, match=said):
        Aemet(bad, SITE).fetch("rain", LAST_DAY, NOW)


@pytest.mark.parametrize("step", ["/opendata/api/", "/opendata/sh/"])
@pytest.mark.parametrize(
    "kind",
    [
        *("http_401", "http_429", "http_503", "http_403_html", "ok_html", "ok_error_json", "empty_body"),
        *("truncated_json", "bad_gzip", "connection_reset"),
    ],
)
def test_stand_in_faults_of_both_steps(upstream: Upstream, standing: Polite, step: str, kind: str) -> None:
    params: dict[str, Any] = {"path": step} | ({"status": 429} if kind == "ok_error_json" else {})
    fault = {"provider": "aemet", "kind": kind, "count": 0, "params": params}
    upstream.control("faults", fault)
    source = Aemet(standing, SITE)
    with pytest.raises(SourceError):
        source.fetch("rain", LAST_DAY, NOW)
    upstream.control("faults", method="DELETE")
    assert len(source.fetch("rain", LAST_DAY, NOW)) == 24
