"""Generation and demand from apidatos: one request for ten series, clock changes, faults."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from chocolate_factory.core.errors import Changed, Refused, Unreachable
from chocolate_factory.domain.catalog import CATALOG, GENERATION
from chocolate_factory.domain.series import Series
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_window, days_between, epoch, local_midnight, moment
from chocolate_factory.infrastructure.http import Limits, Polite
from chocolate_factory.infrastructure.sources.ree_system import ReeSystem
from tests.conftest import Upstream
from tests.unit.sources.script import QUICK, Script

LONG_AFTER = datetime(2026, 8, 1, tzinfo=UTC)
LIMITS = replace(QUICK, max_bytes=1_000_000)
DAY = date(2026, 3, 10)
AUTUMN, SPRING = date(2025, 10, 26), date(2026, 3, 29)
TITLES = {
    "hydro": ("Hidráulica", "10330"),
    "nuclear": ("Nuclear", "1695"),
    "coal": ("Carbón", "10331"),
    "ccgt": ("Ciclo combinado", "1703"),
    "wind": ("Eólica", "10333"),
    "solar_pv": ("Solar fotovoltaica", "1707"),
    "solar_thermal": ("Solar térmica", "1708"),
    "other_renewable": ("Otras renovables", "10334"),
    "cogeneration": ("Cogeneración", "10335"),
    "total": ("Generación total", "10338"),
}
KEYS = [f"generation_{name}" for name in GENERATION]
NOTHING = {"errors": [{"code": 502, "detail": "There are no data for the selected filters."}]}
NO_TABLE = {"errors": [{"code": 404, "detail": "The requested resource was not found."}]}
NOT_NOW = {"errors": [{"code": 500, "detail": "Los datos no están disponibles en este momento."}]}


@pytest.fixture
def source(script: Script) -> ReeSystem:
    return ReeSystem(script.client(LIMITS))


def ask(source: ReeSystem, key: str, day: date = DAY, now: datetime = LONG_AFTER) -> Series:
    return source.fetch(key, day_window(day, MARKET_ZONE), now)


def span(first: date, last: date) -> Window:
    return Window(local_midnight(first, MARKET_ZONE), local_midnight(last + timedelta(days=1), MARKET_ZONE))


def item(title: str, key: str, rows: list[tuple[int, float | None]]) -> dict[str, Any]:
    values = [
        {
            "value": value,
            "percentage": 0.1,
            "datetime": moment(at).astimezone(ZoneInfo(MARKET_ZONE)).isoformat(timespec="milliseconds"),
        }
        for at, value in rows
    ]
    return {"type": title, "id": key, "attributes": {"title": title, "type": "Renovable", "values": values}}


def midnights(first: date, last: date) -> list[int]:
    return [epoch(local_midnight(day, MARKET_ZONE)) for day in days_between(first, last)]


def mix(first: date = DAY, last: date = DAY) -> list[dict[str, Any]]:
    """Every technology; its values are 1000 times its place, plus the place of the day."""
    return [
        item(title, key, [(at, 1000.5 * n + d) for d, at in enumerate(midnights(first, last))])
        for n, (title, key) in enumerate(TITLES.values(), 1)
    ]


def text(included: Any) -> str:
    return json.dumps({"data": {"id": "gen1"}, "included": included})


def query(script: Script) -> dict[str, list[str]]:
    return parse_qs(urlsplit(script.asked[-1]).query)


def test_all_technologies_of_a_window_cost_one_request(script: Script, source: ReeSystem) -> None:
    first = DAY - timedelta(days=30)
    script.says(text(mix(first)))
    told = {key: source.fetch(key, span(first, DAY), LONG_AFTER) for key in KEYS}
    assert len(script.asked) == 1
    assert script.asked[0].startswith("/base/es/datos/generacion/estructura-generacion?")
    assert query(script) == {
        "start_date": ["2026-02-08T00:00"],
        "end_date": ["2026-03-10T23:59"],
        "time_trunc": ["day"],
    }
    for n, name in enumerate(TITLES, 1):
        series = told[f"generation_{name}"]
        assert series.value.tolist() == [1000.5 * n + d for d in range(31)]
        assert series.start.tolist() == midnights(first, DAY)
        assert (set(series.source), set(series.origin)) == ({"ree_system"}, {"measured"})
        assert series.available_at[-1] == epoch(datetime(2026, 3, 11, 7, tzinfo=UTC))


def test_asking_again_is_a_new_question(script: Script, source: ReeSystem) -> None:
    script.says(text(mix())).says(text(mix()[:-1]))
    assert len(ask(source, "generation_total")) == 1
    assert len(ask(source, "generation_total")) == 0
    assert len(ask(source, "generation_wind")) == 1
    assert len(script.asked) == 2
    script.says(text([]))
    assert len(ask(source, "generation_wind", DAY - timedelta(days=1))) == 0
    assert len(script.asked) == 3


def test_a_failed_answer_is_not_kept(script: Script, source: ReeSystem) -> None:
    script.says("<html>sorry").says(text(mix()))
    with pytest.raises(Changed):
        ask(source, "generation_wind")
    assert len(ask(source, "generation_hydro")) == 1
    assert len(ask(source, "generation_wind")) == 1
    assert len(script.asked) == 2


@pytest.mark.parametrize(("day", "minutes"), [(SPRING, 1380), (DAY, 1440), (AUTUMN, 1500)])
def test_a_day_is_as_long_as_it_is(script: Script, source: ReeSystem, day: date, minutes: int) -> None:
    first, last = day - timedelta(days=1), day + timedelta(days=1)
    script.says(text(mix(first, last)))
    series = source.fetch("generation_wind", span(first, last), LONG_AFTER)
    assert series.start.tolist() == midnights(first, last)
    assert series.minutes.tolist() == [1440, minutes, 1440]


def test_titles_count_before_ids(script: Script, source: ReeSystem) -> None:
    wind = item(" eolica ", "10331", [(midnights(DAY, DAY)[0], 5.5)])
    turbines = item("Turbinación bombeo", "10330", [(midnights(DAY, DAY)[0], 7.5)])
    script.says(text([turbines, wind]))
    assert ask(source, "generation_wind").value.tolist() == [5.5]
    assert len(ask(source, "generation_coal")) == 0
    assert len(ask(source, "generation_hydro")) == 0


def test_ids_count_where_no_title_is_known(script: Script, source: ReeSystem) -> None:
    included = [{**row, "type": "?", "attributes": {**row["attributes"], "title": "?"}} for row in mix()]
    script.says(text(included))
    assert [ask(source, f"generation_{name}").value[0] for name in TITLES] == [
        1000.5 * n for n in range(1, 11)
    ]


def test_nulls_and_technologies_that_did_not_run_are_left_out(script: Script, source: ReeSystem) -> None:
    first = DAY - timedelta(days=1)
    rows = list(zip(midnights(first, DAY), (None, 3.5), strict=True))
    script.says(text([item("Nuclear", "1695", rows)]))
    series = source.fetch("generation_nuclear", span(first, DAY), LONG_AFTER)
    assert (series.start.tolist(), series.value.tolist()) == (midnights(DAY, DAY), [3.5])
    assert len(source.fetch("generation_coal", span(first, DAY), LONG_AFTER)) == 0


@pytest.mark.parametrize("key", ["generation_total", "demand"])
@pytest.mark.parametrize(("answer", "status"), [(NOTHING, 502), (NOTHING, 200), (NO_TABLE, 404)])
def test_what_it_does_not_have_is_no_failure(
    script: Script, source: ReeSystem, key: str, answer: object, status: int
) -> None:
    script.says(json.dumps(answer), status)
    assert len(ask(source, key)) == 0
    assert len(script.asked) == 1


@pytest.mark.parametrize("key", ["generation_total", "demand"])
@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (json.dumps(NOT_NOW), 500, Unreachable),
        (json.dumps(NOT_NOW), 400, Changed),
        (json.dumps(NOT_NOW), 200, Changed),
        (json.dumps(NO_TABLE), 200, Changed),
        ("<html>not found", 404, Changed),
        ("<html>firewall", 403, Refused),
        ("<html>maintenance", 200, Changed),
        ("", 200, Changed),
        ("{", 200, Changed),
    ],
)
def test_failures_say_what_they_are(
    script: Script, source: ReeSystem, key: str, answer: str, status: int, error: type[Exception]
) -> None:
    script.says(answer, status)
    with pytest.raises(error):
        ask(source, key)


def hours(day: date = DAY) -> list[int]:
    return [int(at) for at in day_window(day, MARKET_ZONE).starts(60)]


def demand(day: date = DAY, title: str = "Demanda") -> dict[str, Any]:
    return item(title, "2037", [(at, 25_000.5 + n) for n, at in enumerate(hours(day))])


@pytest.mark.parametrize(("day", "count"), [(SPRING, 23), (DAY, 24), (AUTUMN, 25)])
def test_demand_by_the_hour(script: Script, source: ReeSystem, day: date, count: int) -> None:
    script.says(text([demand(day)]))
    series = ask(source, "demand", day)
    assert series.start.tolist() == hours(day)
    assert series.value.tolist() == [25_000.5 + n for n in range(count)]
    assert (set(series.minutes), set(series.origin)) == ({60}, {"measured"})
    assert script.asked[0].startswith("/base/es/datos/demanda/evolucion?")
    assert query(script) == {
        "start_date": [f"{day}T00:00"],
        "end_date": [f"{day}T23:59"],
        "time_trunc": ["hour"],
        "geo_trunc": ["electric_system"],
        "geo_limit": ["peninsular"],
        "geo_ids": ["8741"],
    }


def test_demand_is_known_an_hour_after_each_hour(script: Script, source: ReeSystem) -> None:
    script.says(text([demand()]))
    series = ask(source, "demand", now=moment(hours()[5]))
    assert series.start.tolist() == hours()[:4]
    assert series.available_at.tolist() == [at + 7200 for at in hours()[:4]]


def test_the_demand_among_several_series(script: Script, source: ReeSystem) -> None:
    script.says(text([item("Demanda programada", "2053", [(hours()[0], 1.5)]), demand(title="Demanda real")]))
    assert len(ask(source, "demand")) == 24
    script.answers = []
    script.says(text([demand(title="Prevista"), demand(title="Programada")]))
    with pytest.raises(Changed, match="demand"):
        ask(source, "demand")


@pytest.mark.parametrize("key", ["generation_total", "demand"])
def test_what_is_not_due_is_not_asked(script: Script, source: ReeSystem, key: str) -> None:
    due = CATALOG[key].due(DAY)
    script.says(text([]))
    assert len(ask(source, key, now=due - timedelta(seconds=1))) == 0
    assert script.asked == []
    ask(source, key, now=due)
    assert len(script.asked) == 1


TOTAL = "Generación total"
AT = midnights(DAY, DAY)[0]


@pytest.mark.parametrize(
    "included",
    [
        None,
        {},
        [1],
        [{"type": TOTAL}],
        [{"type": TOTAL, "attributes": None}],
        [{"type": TOTAL, "id": "10338", "attributes": {"title": TOTAL}}],
        [{"attributes": {"title": "?"}}],
        [item(TOTAL, "10338", [(AT + 3600, 700_000.5)])],
        [item(TOTAL, "10338", [(AT - 86400, 700_000.5)])],
        [item(TOTAL, "10338", [(AT, True)])],
        [item(TOTAL, "10338", [(AT, "1,5")])],  # type: ignore[list-item]
        [item(TOTAL, "10338", [(AT, 10**400)])],
        [{"attributes": {"title": TOTAL, "values": [{"value": 1.5, "datetime": "2026-03-10T00:00"}]}}],
        [{"attributes": {"title": TOTAL, "values": [[1, 2]]}}],
    ],
)
def test_documents_that_cannot_be_trusted(script: Script, source: ReeSystem, included: object) -> None:
    script.says(text(included))
    with pytest.raises(Changed, match="ree_system"):
        ask(source, "generation_total")


def live(upstream: Upstream) -> ReeSystem:
    return ReeSystem(Polite("ree", f"{upstream.url}/ree", Limits(per_second=1e6, burst=1000, wait_s=0.01)))


@pytest.mark.parametrize("day", [date(2024, 3, 31), date(2025, 3, 30), date(2025, 6, 10)])
def test_a_day_of_the_stand_in_is_whole(upstream: Upstream, day: date) -> None:
    source = live(upstream)
    told = {key: ask(source, key, day) for key in KEYS}
    assert len(upstream.control("requests")["requests"]) == 1
    for key, series in told.items():
        assert series.start.tolist() == CATALOG[key].grid(day).tolist()
        assert series.minutes.tolist() == [day_window(day, MARKET_ZONE).seconds // 60]
        assert CATALOG[key].low <= series.value[0] <= CATALOG[key].high
    parts = sum(float(series.value[0]) for key, series in told.items() if key != "generation_total")
    assert 0.8 < parts / told["generation_total"].value[0] < 1.1


@pytest.mark.parametrize("key", ["generation_ccgt", "generation_total"])
def test_the_long_day_of_the_stand_in(upstream: Upstream, key: str) -> None:
    series = ask(live(upstream), key, date(2024, 10, 27))
    assert (series.start.tolist(), series.minutes.tolist()) == ([1729980000], [1500])


def test_a_month_of_the_stand_in(upstream: Upstream) -> None:
    first = date(2024, 10, 1)
    series = live(upstream).fetch("generation_ccgt", span(first, date(2024, 10, 31)), LONG_AFTER)
    assert series.start.tolist() == midnights(first, date(2024, 10, 31))
    assert len(upstream.control("requests")["requests"]) == 1


@pytest.mark.parametrize("key", ["generation_wind", "demand"])
def test_the_stand_in_has_none(upstream: Upstream, key: str) -> None:
    assert len(ask(live(upstream), key, AUTUMN, datetime(2026, 3, 10, 20, tzinfo=UTC))) == 0


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("http_500", Unreachable),
        ("http_403_html", Refused),
        ("ok_html", Changed),
        ("empty_body", Changed),
        ("truncated_json", Changed),
        ("wrong_charset", Changed),
        ("bad_gzip", Changed),
    ],
)
def test_faults_of_the_stand_in(upstream: Upstream, kind: str, error: type[Exception]) -> None:
    upstream.control("faults", {"provider": "ree", "kind": kind, "count": 3})
    with pytest.raises(error):
        ask(live(upstream), "generation_total", date(2025, 6, 10))
