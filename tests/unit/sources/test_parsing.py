"""Every recorded answer of the providers, and answers that are wrong, read by the real sources."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.catalog import CATALOG
from chocolate_factory.domain.ports import Source
from chocolate_factory.domain.series import Series, empty
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_slots, day_window, epoch
from chocolate_factory.domain.validation import inspect
from chocolate_factory.infrastructure.sources import SOURCES, build_sources
from chocolate_factory.infrastructure.sources.sample import SampleSource
from chocolate_factory.infrastructure.sources.site import Access, Site
from tests.unit.sources.script import QUICK, Script

LONG_AFTER = datetime(2026, 8, 1, tzinfo=UTC)
SITE = Site(38.0952, -3.6365)
LIMITS = replace(QUICK, max_bytes=1_000_000)


@pytest.fixture
def sources(script: Script) -> dict[str, Source]:
    providers = {entry.provider for entry in SOURCES.values()}
    accesses = dict.fromkeys(providers, Access(script.url, "token"))
    return build_sources(accesses, SITE, LIMITS, script.slept.append)


def ask(source: Source, key: str, day: date, now: datetime = LONG_AFTER) -> Series:
    return source.fetch(key, day_window(day, MARKET_ZONE), now)


def recorded(folder: Path, provider: str) -> list[str]:
    with (folder / "INDEX.csv").open(encoding="utf-8") as text:
        return [row["file"] for row in csv.DictReader(text) if row["file"].startswith(provider)]


def whole(series: Series, day: date) -> bool:
    good, refused = inspect(series, [day], empty(series.key))
    assert refused == []
    return len(good) == day_slots(day, MARKET_ZONE, CATALOG[series.key].minutes(day))


def test_recorded_omie_files(shared: Path, script: Script, sources: dict[str, Source]) -> None:
    folder = shared / "data" / "api_samples"
    names = [name for name in recorded(folder, "omie/marginalpdbc") if not name.endswith("html")]
    assert len(names) == 12
    for name in names:
        script.answers = []
        script.says((folder / name).read_bytes())
        day = datetime.strptime(name.split("_")[1][:8], "%Y%m%d").date()
        series = ask(sources["omie"], "spot", day)
        assert whole(series, day), name
        first, last = (folder / name).read_text().splitlines()[1].split(";"), series.value[-1]
        assert series.value[0] == float(first[5])
        assert last == float((folder / name).read_text().split(";")[-2])
        assert np.all(series.available_at == epoch(CATALOG["spot"].due(day)))
        assert set(series.source) == {"omie"}
        assert set(series.origin) == {"published"}


def test_recorded_omie_files_of_other_kinds_are_refused(
    shared: Path, script: Script, sources: dict[str, Source]
) -> None:
    folder = shared / "data" / "api_samples"
    for name in ("omie/INT_PBC_EV_H_1_01_10_2025_01_10_2025.TXT", "omie/PMD_20221030.txt"):
        script.answers = []
        script.says((folder / name).read_bytes())
        with pytest.raises(Changed):
            ask(sources["omie"], "spot", date(2025, 10, 1))


def test_recorded_page_instead_of_a_file(shared: Path, script: Script, sources: dict[str, Source]) -> None:
    script.says((shared / "data/api_samples/omie/marginalpdbc_error_html_page.html").read_bytes())
    assert len(ask(sources["omie"], "spot", date(2025, 1, 14))) == 0
    assert [query[-2:] for query in script.asked] == [".1", ".2", ".3"]


def test_recorded_ree_answers(shared: Path, script: Script, sources: dict[str, Source]) -> None:
    folder = shared / "data" / "api_samples"
    names = [name for name in recorded(folder, "ree/") if "precios" in name]
    assert len(names) == 4
    for name in names:
        body = (folder / name).read_bytes()
        script.answers = []
        script.says(body)
        day = date.fromisoformat(name.split("_")[1][:10])
        told = {item["id"]: item["attributes"]["values"] for item in json.loads(body)["included"]}
        for key, indicator in (("pvpc", "1001"), ("spot", "600")):
            series = ask(sources["ree"], key, day)
            assert series.value.tolist() == [row["value"] for row in told.get(indicator, [])], name
            assert not len(series) or whole(series, day)


@pytest.mark.parametrize("status", [502, 200])
def test_recorded_ree_answer_before_publication(
    shared: Path, script: Script, sources: dict[str, Source], status: int
) -> None:
    script.says((shared / "data/api_samples/ree/error_502_no_data.json").read_bytes(), status)
    assert len(ask(sources["ree"], "pvpc", date(2026, 3, 11))) == 0
    assert len(script.asked) == 1


def test_recorded_archive_files(shared: Path, script: Script, sources: dict[str, Source]) -> None:
    folder = shared / "data" / "api_samples"
    names = recorded(folder, "esios/archive70_2")
    assert len(names) == 12
    for name in names:
        body = (folder / name).read_bytes()
        script.answers = []
        script.says(body)
        day = date.fromisoformat(name.split("_")[1][:10])
        series = ask(sources["esios_archive"], "pvpc", day)
        assert whole(series, day), name
        told = [float(row["PCB"].replace(",", ".")) for row in json.loads(body)["PVPC"]]
        assert series.value.tolist() == told
        assert np.all(series.available_at == epoch(CATALOG["pvpc"].due(day)))


@pytest.mark.parametrize("status", [200, 404])
def test_recorded_archive_answer_before_publication(
    shared: Path, script: Script, sources: dict[str, Source], status: int
) -> None:
    script.says((shared / "data/api_samples/esios/archive70_error_no_values.json").read_bytes(), status)
    assert len(ask(sources["esios_archive"], "pvpc", date(2026, 3, 11))) == 0


def omie_file(day: date, cells: list[str], head: str = "MARGINALPDBC;", end: str = "*") -> str:
    rows = [f"{day:%Y;%m;%d};{n};9.99;{cell};" for n, cell in enumerate(cells, 1)]
    return "\r\n".join([head, *rows, end, ""])


DAY = date(2026, 3, 10)
CELLS = [f"{n}.25" for n in range(96)]


@pytest.mark.parametrize(
    "text",
    [
        omie_file(DAY, CELLS, head="INTRADAY;"),
        omie_file(DAY, CELLS, end=""),
        omie_file(DAY - timedelta(1), CELLS),
        omie_file(DAY, [*CELLS, "1.25"]),
        omie_file(DAY, ["dear", *CELLS[1:]]),
        omie_file(DAY, ["nan", *CELLS[1:]]),
        omie_file(DAY, ["1e999", *CELLS[1:]]),
        omie_file(DAY, ["1,5", *CELLS[1:]]),
        "MARGINALPDBC;\n2026;3\n*\n",
        "MARGINALPDBC;\n99999999999999999999;3;1;1;1;1;\n*\n",
        "<html>maintenance</html>",
    ],
)
def test_omie_text_that_cannot_be_trusted(script: Script, sources: dict[str, Source], text: str) -> None:
    script.says(text)
    with pytest.raises(Changed, match="omie"):
        ask(sources["omie"], "spot", DAY)


def test_an_empty_omie_cell_makes_an_incomplete_day(script: Script, sources: dict[str, Source]) -> None:
    script.says(omie_file(DAY, ["", *CELLS[1:]]))
    series = ask(sources["omie"], "spot", DAY)
    good, refused = inspect(series, [DAY], empty("spot"))
    assert len(good) == 0
    assert "95 of 96" in refused[0].reason


@pytest.mark.parametrize("days", [-1, 1, 4, 400], ids=["tomorrow", "recent", "compared late", "old"])
def test_omie_newest_revision(script: Script, sources: dict[str, Source], days: int) -> None:
    script.says(omie_file(DAY, CELLS)).says(omie_file(DAY, ["500.5", *CELLS[1:]])).says("")
    now = datetime(2026, 3, 10, 15, tzinfo=UTC) + timedelta(days)
    assert ask(sources["omie"], "spot", DAY, now).value[0] == 500.5
    assert [query[-2:] for query in script.asked] == [".1", ".2", ".3"]


def test_omie_asks_one_file_for_tomorrow(script: Script, sources: dict[str, Source]) -> None:
    script.says("")
    now = datetime(2026, 3, 9, 13, tzinfo=UTC)
    assert len(ask(sources["omie"], "spot", DAY, now)) == 0
    assert len(script.asked) == 1


def ree_body(rows: list[Any], indicator: str = "1001") -> str:
    values = [{"value": value, "datetime": at} for value, at in rows]
    return json.dumps({"included": [{"id": indicator, "attributes": {"values": values}}]})


AT = "2026-03-10T00:00:00.000+01:00"


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        "null",
        '{"included": {}}',
        '{"included": [{"id": "1001"}]}',
        ree_body([("1", AT)]),
        ree_body([(True, AT)]),
        ree_body([(1, "2026-03-10T00:00")]),
        ree_body([(1, "yesterday")]),
        ree_body([(1, None)]),
        '{"included": [{"id": "1001", "attributes": {"values": [[1, 2]]}}]}',
        ree_body([(1, "2020-01-01T00:00:00+01:00")]),
        ree_body([(10**400, AT)]),
        ree_body([(1, AT)]).replace("1,", "1e999,"),
        ree_body([(1, "0001-01-01T00:00:00+10:00")]),
    ],
)
def test_ree_documents_that_cannot_be_trusted(script: Script, sources: dict[str, Source], body: str) -> None:
    script.says(body)
    with pytest.raises(Changed, match="ree"):
        ask(sources["ree"], "pvpc", DAY)


def test_ree_leaves_out_the_first_hour_of_the_next_day(script: Script, sources: dict[str, Source]) -> None:
    script.says(
        ree_body([(1.5, AT), (None, "2026-03-10T01:00:00+01:00"), (2.5, "2026-03-11T00:00:00+01:00")])
    )
    assert ask(sources["ree"], "pvpc", DAY).value.tolist() == [1.5]


def archive_body(change: Callable[[list[dict[str, Any]]], object] = lambda rows: None) -> str:
    rows = [{"Dia": "10/03/2026", "Hora": f"{h:02}-{h + 1:02}", "PCB": f"{100 + h},25"} for h in range(24)]
    change(rows)
    return json.dumps({"PVPC": rows})


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        '{"PVPC": null}',
        '{"PVPC": [1]}',
        archive_body(lambda rows: rows[3].update(Dia="09/03/2026")),
        archive_body(lambda rows: rows[3].update(Hora="24-25")),
        archive_body(lambda rows: rows[3].update(Hora="x")),
        archive_body(lambda rows: rows[3].update(PCB="n/a")),
        archive_body(lambda rows: rows[3].pop("PCB")),
        archive_body(lambda rows: rows[3].update(PCB="1e999")),
        archive_body(lambda rows: rows[3].update(Hora=None)),
    ],
)
def test_archive_files_that_cannot_be_trusted(script: Script, sources: dict[str, Source], body: str) -> None:
    script.says(body)
    with pytest.raises(Changed, match="esios_archive"):
        ask(sources["esios_archive"], "pvpc", DAY)


def test_archive_thousands_and_empty_cells(script: Script, sources: dict[str, Source]) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[0]["PCB"], rows[1]["PCB"], rows[2]["PCB"] = "1.234,56", "", None

    script.says(archive_body(change))
    series = ask(sources["esios_archive"], "pvpc", DAY)
    assert series.value[0] == 1234.56
    assert len(series) == 22


COMMA = "12,5"
AEMET_DATA = {"estado": 200, "descripcion": "exito"}
PLACE = {"coord": {"lat": 38.0952, "lon": -3.6365}}
NOW = datetime(2026, 3, 10, 20, 30, tzinfo=UTC)


def hours_of_open_meteo(days: int, begin: datetime) -> dict[str, Any]:
    cells = [COMMA] * 24 * days
    units = {"temperature_2m": "°C", "relative_humidity_2m": "%", "wind_speed_10m": "m/s"}
    units |= {"precipitation": "mm", "surface_pressure": "hPa"}
    times = [f"{begin + timedelta(hours=hour):%Y-%m-%dT%H:%M}" for hour in range(24 * days)]
    place = {"latitude": 38.1, "longitude": -3.6, "utc_offset_seconds": 0}
    return place | {"hourly_units": units, "hourly": {"time": times, **dict.fromkeys(units, cells)}}


def commas(name: str, url: str) -> list[str]:
    """What the provider of a source says, in order, with a decimal comma in its numbers."""
    steps = [{"dt": epoch(NOW) + 1800 + 10800 * n, "main": {"temp": COMMA}} for n in range(40)]
    values = [{"value": COMMA, "geo_id": 3, "datetime": AT}]
    generation = {"id": "1695", "type": "Nuclear", "attributes": {"title": "Nuclear", "values": values}}
    rows = [{"idema": "5279X", "fint": "2026-03-10T20:00:00", "ta": COMMA}]
    begin = datetime(2026, 3, 10)
    documents: dict[str, list[object]] = {
        "ree": [json.loads(ree_body([(COMMA, AT)], "600"))],
        "ree_system": [{"included": [generation]}],
        "esios": [{"indicator": {"id": 600, "values": values}}],
        "open_meteo": [hours_of_open_meteo(16, begin)],
        "open_meteo_archive": [hours_of_open_meteo(1, begin - timedelta(days=1))],
        "aemet": [AEMET_DATA | {"datos": f"{url}/sh/1"}, rows],
        "openweathermap": [PLACE | {"dt": epoch(NOW), "main": {"temp": COMMA}}],
        "openweathermap_forecast": [{"city": PLACE, "list": steps}],
    }
    return [json.dumps(document) for document in documents[name]]


READ_AS_DECIMALS = {"esios_archive", "aemet_climate", "aemet_forecast"}
"""Sources of documents that have decimal commas by right; their tests are with the others of each."""


@pytest.mark.parametrize("name", [name for name in SOURCES if name not in READ_AS_DECIMALS])
def test_a_decimal_comma_where_none_belongs(script: Script, sources: dict[str, Source], name: str) -> None:
    if name == "omie":
        script.says(omie_file(DAY, [COMMA] * 96))
    else:
        for body in commas(name, script.url):
            script.says(body)
    source = sources[name]
    window = Window(NOW - timedelta(hours=30), NOW) if name == "open_meteo_archive" else None
    now = LONG_AFTER if name == "ree_system" else NOW
    with pytest.raises(Changed, match=SOURCES[name].provider):
        source.fetch(source.series[0], window or day_window(DAY, MARKET_ZONE), now)


@pytest.mark.parametrize("name", [n for n in SOURCES if n.startswith(("omie", "ree", "esios"))])
def test_nothing_is_asked_before_it_is_due(script: Script, sources: dict[str, Source], name: str) -> None:
    source = sources[name]
    for key in source.series:
        early = CATALOG[key].due(DAY) - timedelta(seconds=1)
        assert len(ask(source, key, DAY, early)) == 0
    assert script.asked == []


def test_the_sample_is_no_provider() -> None:
    assert SampleSource.name not in SOURCES
