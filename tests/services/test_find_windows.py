"""Windows on what the site pays: days of 23 and 25 hours, holes, forecasts, contracts, replayed clocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing, UsageError
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, day_window, epoch, moment, planning_window
from chocolate_factory.domain.tariff.stack import Market, price_stack
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.services.advise_hours import advise_from_stored
from chocolate_factory.services.find_windows import WindowsQuery, find_windows
from chocolate_factory.services.forecast_prices import ForecastRequest, forecast_prices
from chocolate_factory.services.paid_prices import paid_prices
from chocolate_factory.services.read_strip import price_strip
from tests.services.bills import tell
from tests.unit.forecasters.samples import at_gate, history
from tests.worlds import empty_ports, tiny

Row = dict[str, Any]
SPRING, AUTUMN, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 11)
LONG_AGO = "2026-01-01T00:00:00+00:00"


def priced(folder: Path, day: date, kind: str, price: Callable[[int], float], minutes: int = 15) -> Ports:
    """The evening before a day whose slots have prices by their number, and the day before it a flat one."""
    ports = empty_ports(folder, tiny(kind), day_window(day, MARKET_ZONE).start - timedelta(hours=4))
    key = "pvpc" if kind == "pvpc" else "spot"
    for one, rule in ((day - timedelta(days=1), lambda _: 60.0), (day, price)):
        starts = day_window(one, MARKET_ZONE).starts(minutes)
        tell(ports, key, starts, np.array([rule(slot) for slot in range(len(starts))]), LONG_AGO)
    return ports


def brute(ports: Ports, day: date, length: int, key: str) -> dict[datetime, float]:
    """Mean all-in price of every window of a day by its start, from the store slot by slot."""
    span = day_window(day, MARKET_ZONE)
    stored = ports.store.read(key, span, ports.clock())
    slots: dict[int, float] = {}
    for point in stored:
        for part in range(point.minutes // 15):
            slots[epoch(point.start) + 900 * part] = point.value
    starts = sorted(slots)
    market = Market(**{key: np.array([slots[start] for start in starts])})
    contract = ports.factory.contract
    paid = price_stack(contract, np.array(starts, np.int64), 15, market).all_in_eur_kwh
    cost = dict(zip(starts, paid.tolist(), strict=True))
    found = {}
    for start in starts:
        window = [start + 900 * slot for slot in range(length)]
        if all(one in cost for one in window):
            found[moment(start)] = sum(cost[one] for one in window) / length
    return found


@pytest.mark.parametrize("day", [SPRING, AUTUMN, PLAIN])
@pytest.mark.parametrize(("kind", "minutes"), [("indexed", 15), ("indexed", 60), ("pvpc", 60)])
def test_equals_a_brute_force_over_every_start(tmp_path: Path, day: date, kind: str, minutes: int) -> None:
    random = np.random.default_rng(day.toordinal())
    prices = random.normal(60, 45, 100)
    ports = priced(tmp_path, day, kind, lambda slot: float(prices[slot]), minutes)
    told = find_windows(ports, WindowsQuery(2.5, 2))["days"][1]
    every = brute(ports, day, 10, "pvpc" if kind == "pvpc" else "spot")
    slots = day_window(day, MARKET_ZONE).slot_count(15)
    assert slots == {SPRING: 92, AUTUMN: 100, PLAIN: 96}[day]
    assert (told["slots"], told["slots_known"], len(every)) == (slots, slots, slots - 9)
    best, worst = told["best"][0], told["worst"][0]
    assert best["price_eur_kwh"] == pytest.approx(min(every.values()), abs=1e-12)
    assert worst["price_eur_kwh"] == pytest.approx(max(every.values()), abs=1e-12)
    for one in (best, worst):
        start, end = (datetime.fromisoformat(one[key]).astimezone(UTC) for key in ("start", "end"))
        assert every[start] == pytest.approx(one["price_eur_kwh"])
        assert (end - start).total_seconds() == 9000, "hours that passed, whatever the clock on the wall did"
        assert one["shares"]["published"] == 1 and one["low_eur_kwh"] is None
    gap = 100 * (best["price_eur_kwh"] / told["mean_eur_kwh"] - 1)
    assert best["difference_percent"] == pytest.approx(gap)


def test_a_whole_autumn_day_has_25_hours_and_the_second_two_o_clock(tmp_path: Path) -> None:
    ports = priced(tmp_path, AUTUMN, "indexed", lambda slot: 10.0 if 12 <= slot < 16 else 80.0)
    told = find_windows(ports, WindowsQuery(1, 2))
    best = told["days"][1]["best"][0]
    assert best["start"] == "2026-10-25T02:00:00+01:00", "the thirteenth slot is the second 02:00"
    assert find_windows(ports, WindowsQuery(24, 2))["days"][0]["best"] == [], "what is left of today is short"
    assert len(find_windows(ports, WindowsQuery(24, 2))["days"][1]["best"]) == 1


def test_windows_keep_to_their_day_and_to_what_is_to_come(tmp_path: Path) -> None:
    ports = priced(tmp_path, PLAIN, "indexed", lambda slot: 5.0 if slot < 2 else 90.0)
    told = find_windows(ports, WindowsQuery(1.25, 2))
    assert told["as_of"] == "2026-03-10T20:00:00+01:00"
    assert told["days"][0]["best"][0]["start"] >= "2026-03-10T20:00:00+01:00"
    assert told["days"][0]["slots_known"] == 96, "the mean of a day counts what is past"
    best = told["overall"]["best"][0]
    across = ["2026-03-10T23:15:00+01:00", "2026-03-11T00:30:00+01:00"]
    assert [best[key] for key in ("start", "end")] == across, "over all days midnight is no border"
    assert [day["day_rank"] for day in told["days"]] == [2, 1]
    later = replace(ports, clock=lambda: datetime(2026, 3, 10, 22, 50, tzinfo=UTC))
    only = find_windows(later, WindowsQuery(0.25, 1))
    assert [day["day"] for day in only["days"]] == ["2026-03-11"], "no slot of the 10th is still to begin"


def test_a_hole_is_in_no_window_and_said(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path, tiny(), day_window(PLAIN, MARKET_ZONE).start - timedelta(hours=4))
    starts = day_window(PLAIN, MARKET_ZONE).starts(15)
    keep = np.r_[0:20, 24:96]
    tell(ports, "spot", starts[keep], np.where(np.arange(92) < 40, 10.0, 50.0), LONG_AGO)
    told = find_windows(ports, WindowsQuery(6, 2))["days"][1]
    assert told["slots_known"] == 92
    gap = Window(moment(starts[20]), moment(starts[24]))
    for one in (*told["best"], *told["worst"]):
        span = Window(*(datetime.fromisoformat(one[key]).astimezone(UTC) for key in ("start", "end")))
        assert span.clip(gap) is None
    assert told["best"][0]["start"] == "2026-03-11T06:00:00+01:00"


def test_equal_prices_are_ties_and_the_longest_step_is_the_length(tmp_path: Path) -> None:
    told = find_windows(empty_ports(tmp_path, tiny("fixed")), WindowsQuery(days=2))
    assert told["longest_step"] == {"product": "loaf", "process": "bake", "minutes": 60}
    assert (told["hours"], told["series"], told["model"]) == (1.0, None, None)
    best = told["days"][1]["best"][0]
    assert best["start"] == "2026-03-11T00:00:00+01:00"
    assert best["ties"] == 28, "the valley of eight hours has 29 starts"
    assert (best["shares"]["contract"], best["market_eur_mwh"]) == (1, None)


def test_no_percent_of_a_mean_below_zero(tmp_path: Path) -> None:
    ports = priced(tmp_path, PLAIN, "indexed", lambda slot: -400.0 + slot)
    told = find_windows(ports, WindowsQuery(1, 2))["days"][1]
    assert told["mean_eur_kwh"] < 0
    assert told["best"][0]["difference_percent"] is None
    assert told["best"][0]["price_eur_kwh"] < told["worst"][0]["price_eur_kwh"]


def test_forecast_share_and_band_and_nothing_from_the_future(tmp_path: Path) -> None:
    now = at_gate("spot", PLAIN)
    ports = empty_ports(tmp_path, tiny(), now)
    ports.store.write(history("spot", PLAIN - timedelta(days=40), 60))
    with pytest.raises(UsageError):
        find_windows(ports, WindowsQuery(days=8))
    bare = find_windows(ports, WindowsQuery(2, 4))
    assert [day["slots_known"] for day in bare["days"]] == [96, 96, 0, 0], "no forecast is stored"
    for when in (now, now + timedelta(days=1)):
        request = ForecastRequest("spot", planning_window(when, 7, MARKET_ZONE))
        forecast_prices(request, ports.store, FORECASTERS["naive-week"](), when)
    told = find_windows(ports, WindowsQuery(2, 4))
    assert [day["slots_known"] for day in told["days"]] == [96] * 4
    guess = told["days"][2]["best"][0]
    assert guess["shares"]["forecast"] == 1
    assert guess["low_eur_kwh"] < guess["price_eur_kwh"] < guess["high_eur_kwh"]
    assert told["days"][1]["best"][0]["low_eur_kwh"] is None
    whole = find_windows(ports, WindowsQuery(24, 3))["overall"]["best"][0]
    assert 0 < whole["shares"]["forecast"] < 1 or whole["shares"]["forecast"] in {0, 1}
    alone = empty_ports(tmp_path / "alone", tiny(), now)
    alone.store.write(history("spot", PLAIN - timedelta(days=40), 60))
    forecast_prices(
        ForecastRequest("spot", planning_window(now, 7, MARKET_ZONE)),
        alone.store,
        FORECASTERS["naive-week"](),
        now,
    )
    assert find_windows(alone, WindowsQuery(2, 4)) == told, "tomorrow's forecast is not known today"


def test_a_try_with_another_model_changes_nothing_that_is_shown(tmp_path: Path) -> None:
    now = at_gate("spot", PLAIN)
    ports = empty_ports(tmp_path, tiny(), now)
    ports.store.write(history("spot", PLAIN - timedelta(days=40), 60))
    for minutes, model, days in ((15, "naive-kind", 7), (10, "naive-week", 7), (5, "naive-kind", 1)):
        at = now - timedelta(minutes=minutes)
        request = ForecastRequest("spot", planning_window(at, days, MARKET_ZONE))
        forecast_prices(request, ports.store, FORECASTERS[model](), at)
    paid = paid_prices(ports, day_window(PLAIN + timedelta(days=4), MARKET_ZONE))
    assert paid.model == "naive-kind"
    assert set(paid.origin) == {"forecast"}
    assert price_strip(ports, now, None)["model"] == "naive-kind"
    assert advise_from_stored(ports)["model"] == "naive-kind"


def test_wrong_questions_and_no_price(tmp_path: Path) -> None:
    ports = empty_ports(tmp_path, tiny())
    with pytest.raises(DataMissing, match="No price of the coming days"):
        find_windows(ports, WindowsQuery())
    for hours in (0, -1, 0.1, 24.25, float("inf")):
        with pytest.raises(UsageError, match="cannot be a window"):
            find_windows(ports, WindowsQuery(hours))
