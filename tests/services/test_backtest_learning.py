"""Weights that serve several days of origin, and series beside the price, as each was known then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.backtest import Material, Origin, Stint, Track
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, epoch, hours_over, local_midnight, local_moment
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.infrastructure.origin_files import OriginFiles
from chocolate_factory.infrastructure.workers import serial
from chocolate_factory.services.backtest_forecasts import (
    NIGHT,
    BacktestRequest,
    Bench,
    Once,
    backtest,
    night_of,
    stints,
    tell,
)
from tests.services.walks import (
    BEFORE,
    FIRST,
    LAST,
    NOW,
    PVPC,
    REQUEST,
    SPOT,
    TODAY,
    Spy,
    figures,
    quiet,
    run,
)
from tests.unit.forecasters.markets import drivers
from tests.unit.forecasters.samples import history
from tests.worlds import empty_ports, tiny

DAY = timedelta(days=1)
DRIVERS = ("wind_forecast", "solar_forecast")
SPIED = replace(REQUEST, models=("spy",))


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    """Eighty days of prices and drivers, with all that the forecasts are of."""
    found = empty_ports(tmp_path / "world", tiny(), NOW)
    for key in ("spot", "pvpc"):
        found.store.write(history(key, TODAY - timedelta(days=80), 82))
    for key, series in drivers(TODAY - timedelta(days=80), 82).items():
        if key in DRIVERS:
            found.store.write(series)
    return found


def spied(ports: Ports, request: BacktestRequest = SPIED, beside: tuple[str, ...] = DRIVERS) -> Spy:
    """What a model saw and learnt."""
    spy = Spy(beside=beside)
    run(replace(ports, forecasters={**FORECASTERS, "spy": spy}), request)
    return spy


def origins_of(ports: Ports, request: BacktestRequest) -> list[Origin]:
    """Days of origin of the first model."""
    return [Origin(track, day, request.judged[0]) for track in request.tracks for day in request.days]


@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_weights_serve_the_days_of_their_stint_and_are_learnt_once(ports: Ports, every: int) -> None:
    request = replace(SPIED, learn_every=every)
    spy = spied(ports, request)
    nights = sorted({request.learnt_on(day) for day in request.days})
    assert [at for _, at in spy.learnt] == [local_moment(day, NIGHT, MARKET_ZONE) for day in nights]
    assert len(nights) <= -(-len(request.days) // every) + 1
    assert len(spy.served_by) == len(request.days) == 6
    for served_by, (_, issued_at, _) in zip(spy.served_by, spy.seen, strict=True):
        assert timedelta(0) < issued_at - served_by < every * DAY
    if every == 1:
        assert len(set(spy.served_by)) == 6


def test_what_is_learnt_from_is_what_was_known_that_night(ports: Ports) -> None:
    for known, at in spied(ports, replace(SPIED, learn_every=3)).learnt:
        for series in (known.prices, *known.beside.values()):
            assert series.available_at.max() <= epoch(at)
            assert series.start[0] == epoch(at) - 60 * 86_400, "all of its days"
        assert set(known.beside) == set(DRIVERS)


def test_gates_of_a_series_share_their_weights(ports: Ports) -> None:
    request = replace(SPIED, tracks=(SPOT, BEFORE, PVPC))
    origins = origins_of(ports, request)
    found = stints(request, origins)
    assert sorted(one for stint in found for one in stint.origins) == sorted(origins)
    assert len(found) == 2 * len(request.days)
    for stint in found:
        assert {one.track.series for one in stint.origins} == {stint.learnt.track.series}
        assert all(night_of(request, one) == stint.learnt for one in stint.origins)
    assert [len(stint.origins) for stint in found] == [2] * 6 + [1] * 6
    assert len(spied(ports, request).learnt) == 12


def test_days_that_learn_do_not_depend_on_the_span() -> None:
    short, long = (replace(REQUEST, first=FIRST + days * DAY, learn_every=5) for days in (3, 0))
    assert [short.learnt_on(day) for day in short.days] == [long.learnt_on(day) for day in short.days]


@pytest.mark.parametrize("gate", [time(0, 30), time(5, 59), NIGHT, time(11, 30), time(20, 30)])
@pytest.mark.parametrize("every", [1, 2, 7])
def test_weights_are_never_later_than_the_origin(gate: time, every: int) -> None:
    request = replace(REQUEST, first=date(2026, 3, 20), last=date(2026, 4, 5), learn_every=every)
    for day in request.days:
        origin = Origin(Track("spot", gate), day, "naive-kind")
        assert origin.issued_at - every * DAY - timedelta(hours=1) < night_of(request, origin).issued_at
        assert night_of(request, origin).issued_at <= origin.issued_at


def material(ports: Ports, model: Spy | None = None) -> Material:
    reach = Window(NOW - timedelta(days=90), NOW + 3 * DAY)
    keys = ("spot", *DRIVERS)
    forecasters = {**FORECASTERS, **({"spy": model} if model else {})}
    return Material({key: ports.store.revisions(key, reach) for key in keys}, forecasters, 60)


def test_weights_of_the_future_are_refused(ports: Ports) -> None:
    model = Spy()
    learnt = Origin(SPOT, FIRST + DAY, "spy")
    weights = Once(material(ports, model), learnt)
    with pytest.raises(ValueError, match="cannot serve"):
        weights("spy", "spot", learnt.issued_at - timedelta(seconds=1))
    assert model.learnt == []
    assert weights("spy", "spot", learnt.issued_at).learnt_at == learnt.issued_at


def test_only_the_first_day_of_a_stint_takes_the_time_to_learn(ports: Ports) -> None:
    origins = tuple(Origin(SPOT, FIRST + n * DAY, "spy") for n in range(3))
    told = tell(material(ports, Spy()), Stint(night_of(SPIED, origins[0]), origins))
    assert [one.origin for one in told] == list(origins)
    assert told[0].fit_seconds > 0
    assert [one.fit_seconds for one in told[1:]] == [0, 0]
    assert all(one.predict_seconds > 0 for one in told)


def test_learning_daily_is_the_same_as_each_day_alone(ports: Ports) -> None:
    request = replace(REQUEST, models=("naive-kind",))
    together = run(ports, request)
    for one in together.told:
        alone = replace(request, first=one.origin.day, last=one.origin.day)
        (same,) = [told for told in run(ports, alone).told if told.origin == one.origin]
        assert np.array_equal(same.price, one.price)
        for level, prices in one.quantiles.items():
            assert np.array_equal(same.quantiles[level], prices)


def test_a_stopped_stint_learns_again_and_says_the_same(ports: Ports, tmp_path: Path) -> None:
    """Kept days of a stint are not told again; the others get the weights that they would have had."""
    spy = Spy(beside=DRIVERS)
    world = replace(ports, forecasters={**FORECASTERS, "spy": spy})
    request = replace(SPIED, learn_every=3)
    bench = Bench(serial, OriginFiles(tmp_path / "kept"), "1")
    whole = backtest(request, world, bench, quiet)
    served_by = list(spy.served_by)
    lost = sorted((tmp_path / "kept").rglob("*-spy.npz"))[4]
    lost.unlink()
    spy.learnt.clear()
    again = backtest(request, world, bench, quiet)
    assert again.reused == len(whole.told) - 1
    assert [at for _, at in spy.learnt] == [served_by[4]] == [spy.served_by[-1]]
    assert figures(again) == figures(whole)


@pytest.mark.parametrize("track", [BEFORE, SPOT])
def test_series_beside_the_price_are_as_known_at_the_gate(ports: Ports, track: Track) -> None:
    seen = spied(ports, replace(SPIED, tracks=(track,))).seen
    assert len(seen) == 6
    for known, issued_at, _ in seen:
        assert set(known.beside) == set(DRIVERS)
        for key, series in known.beside.items():
            reach = hours_over(Window(issued_at - timedelta(days=60), issued_at + 3 * DAY))
            served = ports.store.read(key, reach, issued_at)
            assert np.array_equal(series.value, served.value)
            assert np.array_equal(series.start, served.start)
            end = local_midnight(issued_at.date() + 2 * DAY, MARKET_ZONE)
            assert series.start[-1] == epoch(end) - 3600, "tomorrow's are out"


def test_a_price_beside_another_price_is_read_at_its_gate(ports: Ports) -> None:
    request = replace(SPIED, tracks=(Track("pvpc", time(13, 30)), SPOT))
    for known, issued_at, _ in spied(ports, request, ("spot",)).seen:
        if known.prices.key == "spot":
            assert known.beside == {}
        else:
            assert known.beside["spot"].start[-1] > known.prices.start[-1]
            assert known.beside["spot"].available_at.max() <= epoch(issued_at)


def test_a_series_that_is_not_stored_is_empty(ports: Ports) -> None:
    for known, _, _ in spied(ports, beside=("demand_forecast",)).seen:
        assert len(known.beside["demand_forecast"]) == 0


def revise(ports: Ports, day: date, known: datetime) -> None:
    """Another wind for a day, known at a moment."""
    begin = local_midnight(day, MARKET_ZONE)
    old = ports.store.read("wind_forecast", Window(begin, begin + DAY))
    ports.store.write(replace(old, value=old.value + 100, available_at=np.full(len(old), epoch(known))))


@pytest.mark.parametrize(
    ("known_at", "every", "kept"),
    [
        (local_moment(FIRST + 2 * DAY, time(13, 29), MARKET_ZONE), 1, 2),
        (local_moment(FIRST + 2 * DAY, time(13, 31), MARKET_ZONE), 1, 3),
        (local_moment(LAST, time(13, 29), MARKET_ZONE), 1, 5),
        (local_moment(LAST, time(13, 31), MARKET_ZONE), 1, 6),
        (local_moment(LAST, time(13, 31), MARKET_ZONE), 7, 6),
        (local_moment(FIRST + 2 * DAY, time(13, 29), MARKET_ZONE), 7, 2),
    ],
)
def test_a_revised_driver_is_made_again_from_where_it_was_known(
    ports: Ports, tmp_path: Path, known_at: datetime, every: int, kept: int
) -> None:
    world = replace(ports, forecasters={**FORECASTERS, "spy": Spy(beside=DRIVERS)})
    request = replace(SPIED, learn_every=every)
    bench = Bench(serial, OriginFiles(tmp_path / "kept"), "1")
    assert backtest(request, world, bench, quiet).reused == 0
    revise(ports, FIRST + DAY, known_at)
    assert backtest(request, world, bench, quiet).reused == 3 * kept


def test_a_driver_revised_before_the_weights_were_learnt_makes_all_again(
    ports: Ports, tmp_path: Path
) -> None:
    world = replace(ports, forecasters={**FORECASTERS, "spy": Spy(beside=DRIVERS)})
    bench = Bench(serial, OriginFiles(tmp_path / "kept"), "1")
    request = replace(SPIED, learn_every=3)
    backtest(request, world, bench, quiet)
    revise(ports, FIRST - 10 * DAY, local_moment(FIRST - 9 * DAY, time(9), MARKET_ZONE))
    assert backtest(request, world, bench, quiet).reused == 0


def test_what_only_the_weights_have_seen_makes_their_days_again(ports: Ports, tmp_path: Path) -> None:
    """A day at the start of the history that was learnt from, too old for the last days' own history."""
    world = replace(ports, forecasters={**FORECASTERS, "spy": Spy(beside=DRIVERS)})
    bench = Bench(serial, OriginFiles(tmp_path / "kept"), "1")
    request = replace(SPIED, first=LAST, learn_every=7)
    night = request.learnt_on(LAST)
    assert LAST - night > DAY
    backtest(request, world, bench, quiet)
    revise(ports, night - 59 * DAY, local_moment(night - 58 * DAY, time(9), MARKET_ZONE))
    assert backtest(request, world, bench, quiet).reused == 0


def test_another_rhythm_of_learning_is_made_again_where_weights_are_others(
    ports: Ports, tmp_path: Path
) -> None:
    bench = Bench(serial, OriginFiles(tmp_path / "kept"), "1")
    backtest(REQUEST, ports, bench, quiet)
    every = replace(REQUEST, learn_every=3)
    same = [day for day in every.days if every.learnt_on(day) == day]
    assert backtest(every, ports, bench, quiet).reused == 2 * len(same)
    assert 0 < len(same) < 6
