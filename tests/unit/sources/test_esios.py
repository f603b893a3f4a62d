"""The indicators of e·sios: recorded answers, clock changes, every quirk, wrong keys, the stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from chocolate_factory.core.errors import Changed, Refused, Unreachable
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import day_window, epoch, moment
from chocolate_factory.infrastructure.http import Key, Limits, Polite
from chocolate_factory.infrastructure.sources.esios import INDICATORS, Esios
from tests.conftest import Upstream
from tests.unit.sources.script import QUICK, Script

LONG_AFTER = datetime(2026, 8, 1, tzinfo=UTC)
LIMITS = replace(QUICK, max_bytes=1_000_000)
DAY = date(2026, 3, 10)
AUTUMN, SPRING = date(2025, 10, 26), date(2026, 3, 29)
PENINSULA = 8741


@pytest.fixture
def esios(script: Script) -> Esios:
    return Esios(script.client(LIMITS))


def ask(source: Esios, key: str, day: date = DAY, now: datetime = LONG_AFTER) -> Series:
    return source.fetch(key, day_window(day, MARKET_ZONE), now)


def row(at: int, value: float | None, geography: int = PENINSULA) -> dict[str, Any]:
    """A value as the provider writes it, with the hour that it gets wrong in October."""
    local = moment(at).astimezone(ZoneInfo(MARKET_ZONE))
    return {
        "value": value,
        "datetime": local.isoformat(timespec="milliseconds"),
        "datetime_utc": f"{local.replace(fold=0).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "tz_time": f"{moment(at):%Y-%m-%dT%H:%M:%S}.000Z",
        "geo_id": geography,
        "geo_name": "Península",
    }


def body(key: str, rows: Sequence[Any], **changes: Any) -> str:
    indicator = {"id": INDICATORS[key].number, "geos": [], "values": list(rows), **changes}
    return json.dumps({"indicator": indicator})


def hours(day: date = DAY, minutes: int = 60) -> list[int]:
    return [int(at) for at in day_window(day, MARKET_ZONE).starts(minutes)]


def query(script: Script) -> dict[str, list[str]]:
    return parse_qs(urlsplit(script.asked[-1]).query)


RECORDED = [
    ("pvpc", "1001", "2021-06-01"),
    ("pvpc", "1001", "2021-10-30"),
    ("pvpc", "1001", "2021-10-31"),
    ("pvpc", "1001", "2024-03-09"),
    ("pvpc", "1001", "2025-06-24_geo8741"),
    ("surplus", "1739", "2021-10-30"),
    ("surplus", "1739", "2024-03-09"),
]


@pytest.mark.parametrize(("key", "indicator", "day"), RECORDED)
def test_recorded_indicators(
    shared: Path, script: Script, esios: Esios, key: str, indicator: str, day: str
) -> None:
    text = (shared / f"data/api_samples/esios/indicator_{indicator}_{day}.json").read_text()
    local = date.fromisoformat(day[:10])
    script.says(text)
    series = ask(esios, key, local)
    told = [v for v in json.loads(text)["indicator"]["values"] if v["geo_id"] in {PENINSULA, 3}]
    assert series.value.tolist() == [v["value"] for v in told]
    assert series.start.tolist() == hours(local)
    assert [f"{moment(at):%Y-%m-%dT%H:%M:%S.000Z}" for at in series.start] == [v["tz_time"] for v in told]
    assert np.all(series.available_at == epoch(CATALOG[key].due(local)))
    assert (set(series.source), set(series.origin)) == ({"esios"}, {"published"})


def test_a_recorded_answer_of_another_indicator_is_refused(
    shared: Path, script: Script, esios: Esios
) -> None:
    script.says((shared / "data/api_samples/esios/indicator_10211_2024-03-09.json").read_bytes())
    with pytest.raises(Changed, match="another indicator"):
        ask(esios, "pvpc", date(2024, 3, 9))


def test_asks_for_whole_local_days_in_utc(script: Script, esios: Esios) -> None:
    script.says(body("spot", []))
    ask(esios, "spot")
    assert script.asked[0].startswith("/base/indicators/600?")
    assert query(script) == {
        "start_date": ["2026-03-09T23:00:00Z"],
        "end_date": ["2026-03-10T22:59:00Z"],
        "geo_ids[]": ["3"],
    }
    script.says(body("pvpc", []))
    ask(esios, "pvpc", AUTUMN)
    assert query(script)["start_date"] == ["2025-10-25T22:00:00Z"]
    assert query(script)["geo_ids[]"] == ["8741"]


def test_the_only_geography_of_an_indicator_is_taken_by_either_name(script: Script, esios: Esios) -> None:
    for geography in (PENINSULA, 3):
        script.answers = []
        script.says(body("surplus", [row(at, n + 0.5, geography) for n, at in enumerate(hours())]))
        assert len(ask(esios, "surplus")) == 24
        assert "geo_ids[]" not in query(script)


def test_interleaved_geographies_are_told_apart(script: Script, esios: Esios) -> None:
    rows = [row(at, n + g / 10, g) for n, at in enumerate(hours(minutes=15)) for g in (1, 2, 3, 8826)]
    script.says(body("spot", rows))
    series = ask(esios, "spot")
    assert series.value.tolist() == [n + 0.3 for n in range(96)]
    assert set(series.minutes) == {15}


@pytest.mark.parametrize(("day", "count"), [(AUTUMN, 25), (SPRING, 23)])
@pytest.mark.parametrize("key", ["pvpc", "surplus", "demand_forecast", "wind_forecast", "demand"])
def test_days_of_the_clock_changes(script: Script, esios: Esios, key: str, day: date, count: int) -> None:
    script.says(body(key, [row(at, 7000.5 + n) for n, at in enumerate(hours(day))]))
    series = ask(esios, key, day)
    assert series.start.tolist() == hours(day)
    assert series.value.tolist() == [7000.5 + n for n in range(count)]


def test_the_repeated_quarters_of_october(script: Script, esios: Esios) -> None:
    script.says(body("spot", [row(at, n + 0.5, 3) for n, at in enumerate(hours(AUTUMN, 15))]))
    series = ask(esios, "spot", AUTUMN)
    assert series.start.tolist() == hours(AUTUMN, 15)
    assert series.value.tolist() == [n + 0.5 for n in range(100)]


def test_an_empty_list_is_a_day_that_is_not_out(script: Script, esios: Esios) -> None:
    script.says(body("pvpc", [], values_updated_at=None))
    assert len(ask(esios, "pvpc")) == 0


def test_nulls_are_left_out_and_duplicates_stay(script: Script, esios: Esios) -> None:
    rows = [row(at, n + 0.5) for n, at in enumerate(hours())]
    rows[3]["value"] = None
    script.says(body("pvpc", [*rows, rows[10]]))
    series = ask(esios, "pvpc")
    assert len(series) == 24
    assert hours()[3] not in series.start
    assert list(series.start).count(hours()[10]) == 2


def test_rows_of_a_neighbouring_day_are_left_out(script: Script, esios: Esios) -> None:
    script.says(body("pvpc", [row(at, 1.5) for at in (*hours(), hours()[-1] + 3600)]))
    assert ask(esios, "pvpc").start.tolist() == hours()


@pytest.mark.parametrize("minutes", [5, 10, 15])
def test_finer_steps_are_averaged_to_whole_hours(script: Script, esios: Esios, minutes: int) -> None:
    steps = hours(minutes=minutes)
    rows = [row(at, 20_000 + at % 3600) for at in steps]
    rows[0]["value"] = None
    rows.append(rows[-1])
    script.says(body("demand", rows))
    series = ask(esios, "demand")
    assert series.start.tolist() == hours()[1:-1]
    assert np.allclose(series.value, 20_000 + 30 * (60 - minutes))
    assert set(series.minutes) == {60}
    assert set(series.origin) == {"measured"}


def test_each_day_has_its_own_step(script: Script, esios: Esios) -> None:
    after = DAY + timedelta(days=1)
    steps = [*hours(minutes=10), *hours(after, 5)]
    script.says(body("demand", [row(at, 25_000.0) for at in steps]))
    window = replace(day_window(DAY, MARKET_ZONE), end=day_window(after, MARKET_ZONE).end)
    assert len(esios.fetch("demand", window, LONG_AFTER)) == 48


def test_prices_are_never_averaged(script: Script, esios: Esios) -> None:
    script.says(body("pvpc", [row(at, 100.0) for at in hours(minutes=15)]))
    assert len(ask(esios, "pvpc")) == 96


def test_demand_is_known_an_hour_after_each_hour(script: Script, esios: Esios) -> None:
    script.says(body("demand", [row(at, 25_000.0 + n) for n, at in enumerate(hours())]))
    series = ask(esios, "demand", now=moment(hours()[5]))
    assert series.start.tolist() == hours()[:4]
    assert series.available_at.tolist() == [at + 7200 for at in hours()[:4]]


@pytest.mark.parametrize("key", list(INDICATORS))
def test_what_is_not_due_is_not_asked(script: Script, esios: Esios, key: str) -> None:
    script.says(body(key, []))
    before = CATALOG[key].due(DAY) - timedelta(seconds=1)
    assert len(ask(esios, key, now=before)) == 0
    assert script.asked == []
    ask(esios, key, now=CATALOG[key].due(DAY))
    assert len(script.asked) == 1


def test_all_history_is_within_reach(esios: Esios) -> None:
    for key in esios.series:
        assert esios.reaches(key, LONG_AFTER).start <= day_window(date(2021, 6, 1), MARKET_ZONE).start
        assert esios.reaches(key, LONG_AFTER).end > LONG_AFTER


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("text", ["HTTP Token: Access denied.\n", '{"status": 403}', "<html>denied"])
def test_a_key_that_is_not_taken(script: Script, esios: Esios, status: int, text: str) -> None:
    script.says(text, status)
    with pytest.raises(Refused, match=f"esios: answered {status}") as caught:
        ask(esios, "pvpc")
    assert "CHOCO_ESIOS__TOKEN" in caught.value.hint
    assert len(script.asked) == 1


def test_the_key_is_sent_and_never_told(script: Script) -> None:
    source = Esios(script.client(LIMITS, Key("x-api-key", "s3cret")))
    script.says("s3cret", 403)
    with pytest.raises(Refused) as caught:
        ask(source, "pvpc")
    assert {name.lower(): text for name, text in script.headers[0].items()}["x-api-key"] == "s3cret"
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


def wrong(change: Callable[[list[Any]], object], **changes: Any) -> str:
    rows: list[Any] = [row(at, n + 0.5) for n, at in enumerate(hours())]
    change(rows)
    return body("pvpc", rows, **changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "<html>maintenance</html>",
        '{"status": 500, "message": "Internal Server Error"}',
        '{"indicator": null}',
        '{"indicator": []}',
        '{"indicator": {"id": 1001}}',
        body("pvpc", [], values=None),
        body("pvpc", [], values={}),
        body("pvpc", [], id=600),
        body("pvpc", [1]),
        wrong(lambda rows: rows[3].pop("value")),
        wrong(lambda rows: rows[3].pop("geo_id")),
        wrong(lambda rows: rows[3].update(value="1,5")),
        wrong(lambda rows: rows[3].update(value=True)),
        wrong(lambda rows: rows[3].update(value=10**400)),
        wrong(lambda rows: rows[3].update(value=1.25)).replace("1.25", "1e999"),
        wrong(lambda rows: rows[3].update(datetime="2026-03-10T03:00:00")),
        wrong(lambda rows: rows[3].update(datetime=None)),
        wrong(lambda rows: rows[3].update(geo_id=[])),
        body("pvpc", [row(at, 1.5, 8744) for at in hours()]),
        body("pvpc", [row(at, 1.5) for at in hours(DAY - timedelta(days=1))]),
    ],
)
def test_documents_that_cannot_be_trusted(script: Script, esios: Esios, text: str) -> None:
    script.says(text)
    with pytest.raises(Changed):
        ask(esios, "pvpc")


def live(upstream: Upstream, key: str = "key") -> Esios:
    limits = Limits(per_second=1e6, burst=1000, wait_s=0.01)
    return Esios(Polite("esios", f"{upstream.url}/esios", limits, key=Key("x-api-key", key)))


# In the stand-in's data the repeated hour lacks forecasts, and demand the first one or two hours of a day.
LACKING = {("demand_forecast", AUTUMN), ("wind_forecast", AUTUMN), ("solar_forecast", AUTUMN)}


@pytest.mark.parametrize("day", [AUTUMN, DAY, SPRING])
@pytest.mark.parametrize("key", list(INDICATORS))
def test_a_day_of_the_stand_in_is_whole(upstream: Upstream, key: str, day: date) -> None:
    upstream.at("2026-03-31T21:00:00+02:00")
    series = ask(live(upstream), key, day, datetime(2026, 3, 31, 19, tzinfo=UTC))
    grid = CATALOG[key].grid(day)
    if key == "demand":
        assert len(grid) - 4 <= len(series) < len(grid)
    else:
        assert len(series) == len(grid) - 2 * ((key, day) in LACKING)
    assert np.all(np.isin(series.start, grid))
    assert np.all(series.available_at == CATALOG[key].due_at(series.start, day))
    assert CATALOG[key].low <= series.value.min() <= series.value.max() <= CATALOG[key].high


def test_a_month_of_the_stand_in_is_one_request(upstream: Upstream) -> None:
    first = DAY - timedelta(days=30)
    window = replace(day_window(first, MARKET_ZONE), end=day_window(DAY, MARKET_ZONE).end)
    series = live(upstream).fetch("spot", window, datetime(2026, 3, 10, 20, tzinfo=UTC))
    assert len(series) == 31 * 96
    assert len(upstream.control("requests")["requests"]) == 1


@pytest.mark.parametrize("key", ["", "invalid", "expired"])
def test_the_stand_in_takes_no_wrong_key(upstream: Upstream, key: str) -> None:
    with pytest.raises(Refused, match=r"40[13]"):
        ask(live(upstream, key), "pvpc", DAY, datetime(2026, 3, 10, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("http_500", Unreachable),
        ("http_403_html", Refused),
        ("ok_html", Changed),
        ("ok_error_json", Changed),
        ("empty_body", Changed),
        ("truncated_json", Changed),
        ("wrong_charset", Changed),
        ("bad_gzip", Changed),
    ],
)
def test_faults_of_the_stand_in(upstream: Upstream, kind: str, error: type[Exception]) -> None:
    upstream.control("faults", {"provider": "esios", "kind": kind, "count": 3})
    with pytest.raises(error):
        ask(live(upstream), "demand_forecast", DAY, datetime(2026, 3, 10, 20, tzinfo=UTC))
