"""Numbers that the API and the page tell equal those that the store holds, in odd worlds.

About 12 s, and 6 s in the slow tier.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from chocolate_factory.api.kept import LastAnswer
from chocolate_factory.domain.slots import Window
from chocolate_factory.main import create_app
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.rate_prices import LEVELS
from tests.dashboard.conftest import Open
from tests.dashboard.odd_worlds import (
    AHEAD,
    INSIDE_LONG,
    LONG,
    MOMENTS,
    PLAIN,
    QUARTER,
    SHORT,
    ZONE,
    OddWorld,
    Shown,
    odd_world,
)
from tests.dashboard.site import Serving, plain, tab, table
from tests.worlds import empty_ports, tiny

ZONES = ("Europe/Madrid", "UTC", "Atlantic/Canary", "Asia/Kathmandu", "America/New_York")
WEEKDAYS = {"es": "lun mar mié jue vie sáb dom", "en": "Mon Tue Wed Thu Fri Sat Sun"}
NOTHING = "–"
LEVEL_WORDS = {
    "es": ("muy barato", "barato", "normal", "caro", "muy caro"),
    "en": ("very cheap", "cheap", "normal", "dear", "very dear"),
}


@dataclass
class Stage:
    """An application whose world can be changed."""

    client: TestClient
    world: World

    def play(self, odd: OddWorld) -> None:
        """Go on with another world; nothing of the one before is kept."""
        self.world.real = odd.ports
        self.client.app.state.last_dashboard = LastAnswer()  # type: ignore[attr-defined]

    def get(self, path: str, **query: Any) -> Any:
        """The body of a good answer."""
        answer = self.client.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    ports = empty_ports(tmp_path_factory.mktemp("numbers"), tiny())
    world = World(ports, lambda: ports, offline=True)
    with TestClient(create_app(world)) as client:
        yield Stage(client, world)


def moment(text: str) -> datetime:
    """A moment of an answer, UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def level_of(odd: OddWorld, paid: list[float]) -> list[str | None]:
    """Levels against the published quarters of the 30 days before this one, none without a week of them."""
    begin = odd.now.replace(minute=odd.now.minute // 15 * 15, second=0)
    known = [row for row in odd.quarters(begin - timedelta(days=30), begin) if not row.forecast]
    if len(known) < 7 * 96:
        return [None] * len(paid)
    cuts = np.quantile(odd.paid(known), (0.2, 0.4, 0.6, 0.8))
    return [LEVELS[sum(price > cut for cut in cuts)] for price in paid]


def runs_of(shown: list[Shown], paid: list[float], length: int) -> dict[datetime, float]:
    """Mean price of every stretch of `length` quarters without a hole, by its start."""
    found = {}
    for first in range(len(shown) - length + 1):
        if shown[first + length - 1].start - shown[first].start == (length - 1) * QUARTER:
            found[shown[first].start] = sum(paid[first : first + length]) / length
    return found


@settings(max_examples=10, phases=[Phase.generate])
@given(seed=st.integers(0, 10**9), now=st.sampled_from(MOMENTS))
def test_what_the_api_tells_is_what_is_stored(stage: Stage, seed: int, now: datetime) -> None:
    with TemporaryDirectory() as folder:
        odd = odd_world(Path(folder), seed, now)
        stage.play(odd)
        rng = random.Random(seed)
        slots_are_told(stage, odd, rng)
        strip_is_told(stage, odd)
        windows_are_told(stage, odd, rng.choice((0.25, 1, 3.5, 10)))
        figures_are_told(stage, odd)
        health_is_told(stage, odd)


def slots_are_told(stage: Stage, odd: OddWorld, rng: random.Random) -> None:
    """Every slot that was written, page by page, in any zone; nothing else."""
    zone, limit = rng.choice(ZONES), rng.choice((97, 3000))
    start: Any = odd.day(-9)
    told: list[Any] = []
    while start is not None:
        at = start if isinstance(start, str) else start.isoformat()
        body = stage.get("prices", start=at, limit=limit, tz=zone)
        told, start = told + body["points"], body["next_start"]
    assert [(moment(row["start"]), row["minutes"], row["price_eur_mwh"]) for row in told] == [
        (slot.start, slot.minutes, slot.price) for slot in odd.slots
    ]
    for row in told:
        here = moment(row["start"]).astimezone(ZoneInfo(zone))
        assert datetime.fromisoformat(row["start"]).utcoffset() == here.utcoffset()


def strip_is_told(stage: Stage, odd: OddWorld) -> None:
    """The page's curve: published first, then the forecast; holes are left out."""
    body = stage.get("dashboard")
    shown = odd.quarters(odd.day(0), moment(body["plan"]["window"]["end"]))
    paid = odd.paid(shown)
    levels = level_of(odd, paid)
    points = body["prices"]["points"]
    assert [moment(row["start"]) for row in points] == [row.start for row in shown]
    for told, row, price, level in zip(points, shown, paid, levels, strict=True):
        assert told["origin"] == ("forecast" if row.forecast else "published")
        off = 5.01e-4 if row.forecast else 0.0
        wanted = pytest.approx([row.price, row.low, row.high], rel=0, abs=off)
        assert [told["price_eur_mwh"], told["p10"], told["p90"]] == wanted
        assert told["all_in_eur_kwh"] == pytest.approx(price, abs=6e-7)
        assert told["level"] == level
    here = [
        price for row, price in zip(shown, paid, strict=True) if row.start <= odd.now < row.start + QUARTER
    ]
    assert body["advice"]["price_now_eur_kwh"] == (pytest.approx(here[0], abs=6e-7) if here else None)


def windows_are_told(stage: Stage, odd: OddWorld, hours: float) -> None:
    """The cheapest and the dearest stretch, found by trying all of them."""
    body = stage.get("insights/windows", hours=hours, count=1)
    begin = odd.now + (-(odd.now - odd.day(0))) % QUARTER
    spans = [("overall", begin, odd.day(AHEAD), body["overall"])]
    spans += [
        (day["day"], max(begin, odd.day(offset)), odd.day(offset + 1), day)
        for offset, day in enumerate(body["days"])
    ]
    assert len(body["days"]) == AHEAD
    for name, first, end, told in spans:
        shown = odd.quarters(first, end)
        means = runs_of(shown, odd.paid(shown), int(hours * 4))
        for kind, best in (("best", min), ("worst", max)):
            assert bool(told[kind]) == bool(means), (name, kind)
            if means:
                [window] = told[kind]
                assert window["price_eur_kwh"] == pytest.approx(best(means.values()), abs=1e-9)
                assert means[moment(window["start"])] == pytest.approx(window["price_eur_kwh"], abs=1e-9)


def figures_are_told(stage: Stage, odd: OddWorld) -> None:
    """Mean, extremes, negative and missing hours of each local day."""
    body = stage.get("prices/stats", start=odd.day(-1).isoformat(), end=odd.day(1).isoformat())
    for offset, told in zip((-1, 0), body["days"], strict=True):
        span = (odd.day(offset), odd.day(offset + 1))
        prices = [row.price for row in odd.quarters(*span) if not row.forecast]
        assert told["hours"] == len(prices) / 4
        assert told["missing_hours"] == (span[1] - span[0]) / timedelta(hours=1) - len(prices) / 4
        assert told["negative_hours"] == sum(price < 0 for price in prices) / 4
        wanted = [sum(prices) / len(prices), min(prices), max(prices)] if prices else [None] * 3
        assert [told["mean"], told["min"], told["max"]] == pytest.approx(wanted, abs=1e-5)


def health_is_told(stage: Stage, odd: OddWorld) -> None:
    """What is stored of the series, and what is missing of it."""
    store = odd.ports.store
    [row] = [row for row in stage.get("data")["series"] if row["series"] == "spot"]
    last = odd.slots[-1]
    assert row["rows"] == store.count("spot") == len(odd.slots)
    assert moment(row["newest"]) == last.start
    assert moment(row["until"]) == last.start + timedelta(minutes=last.minutes)
    assert moment(row["first"]) == odd.slots[0].start
    window = Window(odd.now - timedelta(days=30), odd.now + timedelta(days=2))
    missing = sum(hole.missing for hole in store.holes("spot", window, odd.now))
    holes = [hole for hole in stage.get("holes") if hole["series"] == "spot"]
    assert sum(hole["missing"] for hole in holes) == missing


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, World]]:
    """The real application and the world it serves, which a test may change."""
    ports = empty_ports(tmp_path_factory.mktemp("real"), tiny())
    world = World(ports, lambda: ports, offline=True)
    app = create_app(world)
    app.state.last_dashboard = Forgetful()
    with Serving(app) as serving:
        yield serving.url, world


class Forgetful(LastAnswer):
    """Keeps no answer, so that a changed world shows at once."""

    def answer(self, of: Any, now: datetime, make: Any) -> Any:
        self._last = None
        return super().answer(of, now, make)


def number(text: str, language: str) -> float:
    """A number of the page read back, its unit left away."""
    [(sign, digits)] = re.findall(r"([-\u2212]?)€?(\d[\d.,]*)", text)
    bare = ("-" if sign else "") + digits
    bare = bare.replace(".", "").replace(",", ".") if language == "es" else bare.replace(",", "")
    assert not re.fullmatch(r"-0\.?0*", bare), f"{text}: a zero has no sign"
    return float(bare)


def says(text: str, language: str, value: float, decimals: int) -> bool:
    """Whether a text tells a value, rounded; the answer was rounded before, at least one place finer."""
    return abs(number(text, language) - value) <= 0.551 * 10.0**-decimals + abs(value) * 1e-9


def moment_text(at: datetime, language: str) -> str:
    """A moment as the page tells it, "mié 11 02:30 CEST" where the clock shows it twice."""
    here = at.astimezone(ZONE)
    day = f"{WEEKDAYS[language].split()[here.weekday()]} {here.day}"
    return f"{day} {clock_text(at)}"


def clock_text(at: datetime) -> str:
    """The wall time, named where it comes twice."""
    here = at.astimezone(ZONE)
    twice = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return f"{here:%H:%M} {here:%Z}" if twice else f"{here:%H:%M}"


WORLDS = [
    pytest.param(LONG, 1, "es", marks=pytest.mark.soak),
    (SHORT, 2, "en"),
    (INSIDE_LONG, 3, "en"),
    pytest.param(PLAIN, 4, "es", marks=pytest.mark.soak),
]
NAMES = ["before 25 hours", "before 23 hours", "in the hour that comes twice", "a morning"]


@pytest.mark.parametrize(("now", "seed", "language"), WORLDS, ids=NAMES)
def test_what_the_page_shows_is_what_is_stored(
    show: Open, real: tuple[str, World], tmp_path: Path, now: datetime, seed: int, language: str
) -> None:
    url, world = real
    odd = odd_world(tmp_path / "odd", seed, now)
    world.real = odd.ports
    page = show(url, locale="es-ES" if language == "es" else "en-GB")
    expect(page.locator("[data-card=heat]")).to_be_visible()
    table_shows(page, odd, language)
    heat_shows(page, odd, language)
    windows_show(page, odd, language)
    plan_shows(page, odd, language)
    health_shows(page, odd, language)


def table_shows(page: Page, odd: OddWorld, language: str) -> None:
    """The price table, row by row."""
    shown = odd.quarters(odd.day(0), odd.day(AHEAD + 1))
    paid = odd.paid(shown)
    rows = table(page, "price")
    assert [row[0] for row in rows] == [moment_text(row.start, language) for row in shown]
    for cells, row, price, level in zip(rows, shown, paid, level_of(odd, paid), strict=True):
        assert says(cells[1], language, price, 3), (cells, price)
        assert says(cells[2], language, row.price, 2), (cells, row)
        if row.forecast:
            low, high = cells[3].split(f" {NOTHING} ")
            assert says(low, language, row.low, 2), (cells, row)
            assert says(high, language, row.high, 2), (cells, row)
        else:
            assert cells[3] == NOTHING
        wanted = LEVEL_WORDS[language][LEVELS.index(level)] if level else NOTHING
        assert cells[5].lower() == wanted
        origin = ("previsión", "publicado") if language == "es" else ("forecast", "published")
        assert cells[6].lower() == origin[0 if row.forecast else 1]


def heat_shows(page: Page, odd: OddWorld, language: str) -> None:
    """The week's table: the mean of each local hour, "?" where a part of it is not known."""
    body = page.locator("[data-test=heat] tbody")
    told: list[list[str]] = body.evaluate(
        "body => [...body.rows].map(row => [...row.cells].slice(1).map(cell => cell.textContent.trim()))"
    )
    heads: list[str] = page.locator("[data-test=heat] thead th").all_inner_texts()[1:]
    again = {"es": "2.ª", "en": "2nd"}[language]
    hours = [(int(head.split()[0]), again in head) for head in heads]
    assert len(told) == AHEAD + 1
    for offset, cells in enumerate(told):
        for (hour, second), cell in zip(hours, cells, strict=True):
            hour_shows(odd, language, (offset, hour, second), cell)


def hour_shows(odd: OddWorld, language: str, place: tuple[int, int, bool], cell: str) -> None:
    """One cell: day counted from today, hour, and whether it is the second of its name."""
    offset, hour, second = place
    starts = [odd.day(offset) + timedelta(hours=k) for k in range(25)]
    named = [at for at in starts if at < odd.day(offset + 1) and at.astimezone(ZONE).hour == hour]
    if len(named) <= int(second):
        assert "no existe" in cell or "no such hour" in cell, (place, cell)
        return
    begin = named[int(second)]
    shown = odd.quarters(begin, begin + 4 * QUARTER)
    if len(shown) < 4:
        assert not re.search(r"\d", cell), (place, cell)
        return
    value = sum(odd.paid(shown)) / 4
    assert says(cell.split(", ", maxsplit=1)[0], language, value, 3), (place, cell, value)
    expected = any(row.forecast for row in shown)
    assert (("previsión" in cell) or ("forecast" in cell)) == expected, (place, cell)


def windows_show(page: Page, odd: OddWorld, language: str) -> None:
    """The best and the worst window of four hours, and those of each day."""
    with page.expect_response("**/insights/windows*"):
        page.locator("[data-test=length]").select_option("4")
    expect(page.locator("[data-card=windows] [data-summary]")).to_contain_text(re.compile(r"(?<!\d)4\s*h"))
    begin = odd.now + (-(odd.now - odd.day(0))) % QUARTER
    shown = odd.quarters(begin, odd.day(AHEAD))
    means = runs_of(shown, odd.paid(shown), 16)
    for kind, best in (("best", min), ("worst", max)):
        first = page.locator(f"[data-windows={kind}] li").first
        expect(first).to_be_visible()
        assert says(plain(first.locator("strong").inner_text()), language, best(means.values()), 3)
        when = plain(first.locator(".when").inner_text()).split("–")[0]
        starts = {moment_text(at, language): mean for at, mean in means.items()}
        assert starts[when] == pytest.approx(best(means.values()), abs=1e-9)


def plan_shows(page: Page, odd: OddWorld, language: str) -> None:
    """The plan's money, and its runs with theirs."""
    answer: Any = odd.ports.store.find("plan", limit=1)[0].body["answer"]
    assert says(page.locator("[data-test=saving]").inner_text(), language, answer["saving"]["eur"], 2)
    tab(page, "plan")
    rows = table(page, "plan")
    assert len(rows) == len(answer["runs"])
    for cells, run in zip(
        rows, sorted(answer["runs"], key=lambda run: (run["start"], run["batch"])), strict=True
    ):
        assert cells[0] == run["batch"]
        assert cells[4].startswith(moment_text(moment(run["start"]), language))
        assert says(cells[5], language, run["energy_kwh"], 1 if run["energy_kwh"] < 100 else 0), cells
        assert says(cells[6], language, run["cost_eur"], 2), cells


def health_shows(page: Page, odd: OddWorld, language: str) -> None:
    """Rows and missing values of the series, as the store counts them."""
    tab(page, "data")
    rows = table(page, "health")
    market = {"es": "mercado", "en": "market"}[language]
    [cells] = [row for row in rows if row[10] == "EUR/MWh" and market in row[0].lower()]
    assert number(cells[9], language) == odd.ports.store.count("spot")
