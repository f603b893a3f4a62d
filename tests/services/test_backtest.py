"""Walk-forward tests over a real store: what a model sees, what is scored, and how a stopped test goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.backtest import Material, Origin, Stint, Track
from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Fitted, Known, Learnt, Ports
from chocolate_factory.domain.series import on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, epoch, hours_over, local_midnight, local_moment
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.infrastructure.origin_files import OriginFiles, code_version
from chocolate_factory.infrastructure.workers import Pool, serial
from chocolate_factory.services.backtest_forecasts import (
    Bench,
    backtest,
    known_then,
    tell,
)
from chocolate_factory.services.backtest_report import report, save
from chocolate_factory.services.backtest_text import markdown, remarks
from chocolate_factory.services.forecast_prices import PUBLISHED_AHEAD, ForecastRequest, forecast_prices
from tests.services.walks import (
    BEFORE,
    FIRST,
    LAST,
    NOW,
    PVPC,
    REQUEST,
    SPOT,
    TODAY,
    Forgetting,
    Spy,
    figures,
    quiet,
    run,
)
from tests.unit.forecasters.samples import history
from tests.worlds import empty_ports, tiny


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    """Eighty days of prices, with all that the forecasts are of."""
    found = empty_ports(tmp_path / "world", tiny(), NOW)
    for key in ("spot", "pvpc"):
        found.store.write(history(key, TODAY - timedelta(days=80), 82))
    return found


def bench(folder: Path, runner: Any = serial, *, again: bool = False, code: str = "1") -> Bench:
    return Bench(runner, OriginFiles(folder / "backtests", again), code)


def spied(ports: Ports, track: Track) -> Spy:
    """What a model saw and was asked at each origin."""
    spy = Spy()
    run(
        replace(ports, forecasters={**FORECASTERS, "spy": spy}),
        replace(REQUEST, tracks=(track,), models=("spy",)),
    )
    return spy


@pytest.mark.parametrize(("track", "first_lead"), [(SPOT, 2), (PVPC, 2), (BEFORE, 1)])
def test_the_model_sees_what_was_known_and_is_asked_for_the_next_seven_days(
    ports: Ports, track: Track, first_lead: int
) -> None:
    seen = spied(ports, track).seen
    assert len(seen) == 6
    for offset, (known, issued_at, window) in enumerate(seen):
        given = known.prices
        day = FIRST + timedelta(days=offset)
        assert issued_at == local_moment(day, track.gate, MARKET_ZONE)
        assert given.available_at.max() <= epoch(issued_at)
        begin = local_midnight(day + timedelta(days=first_lead), MARKET_ZONE)
        assert int(given.start[-1] + 60 * given.minutes[-1]) == epoch(begin)
        assert window == Window(begin, local_midnight(day + timedelta(days=first_lead + 7), MARKET_ZONE))


def test_history_is_read_as_serving_reads_it(ports: Ports) -> None:
    old = ports.store.read("spot", Window(NOW - timedelta(days=30), NOW - timedelta(days=20)), None)
    ports.store.write(replace(old, value=old.value + 9, available_at=old.available_at + 5 * 86_400))
    every = ports.store.revisions("spot", Window(NOW - timedelta(days=90), NOW + timedelta(days=3)))
    material = Material({"spot": every}, FORECASTERS, 30)
    for offset in range(6):
        origin = Origin(SPOT, FIRST + timedelta(days=offset), "naive-kind")
        at = origin.issued_at
        served = ports.store.read(
            "spot", hours_over(Window(at - timedelta(days=30), at + PUBLISHED_AHEAD)), at
        )
        known = known_then(material, origin)
        for column in ("start", "minutes", "value", "available_at"):
            assert np.array_equal(getattr(known, column), getattr(served, column))


def test_a_replayed_forecast_is_the_served_one(ports: Ports) -> None:
    origin = Origin(PVPC, FIRST, "naive-kind")
    reach = Window(NOW - timedelta(days=90), NOW + timedelta(days=3))
    material = Material({"pvpc": ports.store.revisions("pvpc", reach)}, FORECASTERS, 60)
    (told,) = tell(material, Stint(origin, (origin,)))
    window = Window(
        local_midnight(FIRST + timedelta(days=2), MARKET_ZONE),
        local_midnight(FIRST + timedelta(days=9), MARKET_ZONE),
    )
    request = ForecastRequest("pvpc", window, 60, history_days=60)
    served = forecast_prices(request, ports.store, FORECASTERS["naive-kind"](), origin.issued_at)
    assert np.array_equal(told.start, served.start)
    assert np.array_equal(told.price, served.price)
    assert np.array_equal(told.quantiles[0.1], served.p10)
    assert np.array_equal(told.quantiles[0.9], served.p90)


def test_a_later_correction_is_truth_but_not_history(ports: Ports) -> None:
    before = figures(run(ports))
    span = Window(
        local_midnight(date(2026, 2, 15), MARKET_ZONE), local_midnight(date(2026, 2, 23), MARKET_ZONE)
    )
    old = ports.store.read("spot", span, None)
    known = np.full(len(old), epoch(NOW) - 3600, np.int64)
    ports.store.write(replace(old, value=old.value + 1000, available_at=known))
    seen = spied(ports, SPOT).seen
    assert max(float(known.prices.value.max()) for known, _, _ in seen) < 500
    after = figures(run(ports))
    mae = [body["tracks"][0]["models"][0]["leads"][0]["mae"] for body in (before, after)]
    assert mae[1] > mae[0] + 100


def test_a_correction_after_now_is_not_truth_yet(ports: Ports) -> None:
    before = figures(run(ports))
    span = Window(local_midnight(FIRST, MARKET_ZONE), local_midnight(LAST, MARKET_ZONE))
    old = ports.store.read("spot", span, None)
    later = np.full(len(old), epoch(NOW) + 3600, np.int64)
    ports.store.write(replace(old, value=old.value + 1000, available_at=later))
    assert figures(run(ports)) == before


@dataclass
class Peeking:
    """A model that keeps a hand on the truth: what the gate must make worthless."""

    name: str = "peeking"
    beside: tuple[str, ...] = ()

    def learn(self, known: Known, at: datetime) -> Learnt:
        return FORECASTERS["naive-kind"]().learn(known, at)

    def ready(self, learnt: Learnt, known: Known, at: datetime) -> Fitted:
        fitted = FORECASTERS["naive-kind"]().ready(learnt, known, at)

        class Copying:
            def predict(self, window: Window) -> Forecast:
                told = fitted.predict(window)
                real = on_grid(known.prices, window, told.minutes)
                return replace(told, price=np.where(np.isnan(real), told.price, real))

        return Copying()


def test_a_model_that_looks_for_the_future_finds_none(ports: Ports) -> None:
    extended = replace(ports, forecasters={**FORECASTERS, "peeking": Peeking})
    body = report(run(extended, replace(REQUEST, models=("peeking",))), NOW, sample=True)
    told = {row["model"]: row["overall"]["mae"] for row in body["tracks"][0]["models"]}
    assert told["peeking"] == told["naive-kind"]


def test_figures_are_those_of_a_plain_calculation(ports: Ports) -> None:
    body = figures(run(ports))
    track = body["tracks"][0]
    week = next(row for row in track["models"] if row["model"] == "naive-week")
    every = ports.store.read("spot", Window(NOW - timedelta(days=90), NOW + timedelta(days=3)), None)
    hourly = {int(s) // 3600 * 3600: [] for s in every.start}
    for start, value in zip(every.start.tolist(), every.value.tolist(), strict=True):
        hourly[start // 3600 * 3600].append(value)
    errors: dict[int, list[float]] = {}
    for offset in range(6):
        for lead in range(2, 9):
            day = FIRST + timedelta(days=offset + lead)
            back = 7 if lead - 1 <= 7 else 14
            for hour in range(24):
                start = epoch(local_midnight(day, MARKET_ZONE)) + 3600 * hour
                error = np.mean(hourly[start]) - np.mean(hourly[start - back * 86_400])
                errors.setdefault(lead, []).append(abs(float(error)))
    for one in week["leads"]:
        assert one["hours"] == 144
        assert one["mae"] == pytest.approx(np.mean(errors[one["lead"]]), rel=1e-5)
    overall = np.mean([error for lead in range(2, 8) for error in errors[lead]])
    assert week["overall"]["mae"] == pytest.approx(overall, rel=1e-5)
    assert week["overall"]["rmae_week"] == 1
    assert week["overall"]["hours"] == 6 * 144
    assert (track["origins"], track["hours_without_truth"]) == (6, 0)


def test_missing_truth_is_left_out_and_counted(tmp_path: Path, ports: Ports) -> None:
    holed = empty_ports(tmp_path / "holed", tiny(), NOW)
    full = history("spot", TODAY - timedelta(days=80), 82)
    begin = epoch(local_midnight(date(2026, 3, 1), MARKET_ZONE))
    lost = (full.start >= begin) & (full.start < begin + 3600 + 900)
    holed.store.write(full.take(~lost))
    track = figures(run(holed, replace(REQUEST, first=LAST)))["tracks"][0]
    whole = figures(run(ports, replace(REQUEST, first=LAST)))["tracks"][0]
    assert track["hours_without_truth"] == 2
    assert track["hours"] == whole["hours"] - 2


class Stopping:
    """Runs some origins, then is stopped."""

    def __init__(self, after: int) -> None:
        self.after, self.done = after, []

    def __call__(self, work: Any, material: Any, items: Sequence[Any]) -> Iterator[Any]:
        for count, item in enumerate(items):
            if count == self.after:
                raise KeyboardInterrupt
            self.done.append(item)
            yield work(material, item)


def test_a_stopped_test_goes_on(ports: Ports, tmp_path: Path) -> None:
    stopping = Stopping(5)
    with pytest.raises(KeyboardInterrupt):
        backtest(REQUEST, ports, bench(tmp_path, stopping), quiet)
    going_on = Stopping(99)
    told = []
    done = backtest(REQUEST, ports, bench(tmp_path, going_on), lambda *given: told.append(given))
    assert (done.reused, len(going_on.done)) == (5, 7)
    assert not {one for stint in stopping.done for one in stint.origins} & {
        one for stint in going_on.done for one in stint.origins
    }
    assert (told[0][0], told[-1][0], told[-1][1]) == (5, 12, 12)
    assert figures(done) == figures(run(ports))


def test_more_days_and_models_use_what_is_there(ports: Ports, tmp_path: Path) -> None:
    backtest(REQUEST, ports, bench(tmp_path), quiet)
    longer = replace(REQUEST, first=FIRST - timedelta(days=2), models=("boosting",))
    assert backtest(longer, ports, bench(tmp_path), quiet).reused == 12


@pytest.mark.parametrize("what", ["code", "again", "history", "correction", "broken", "cut"])
def test_what_no_longer_holds_is_made_again(ports: Ports, tmp_path: Path, what: str) -> None:
    backtest(REQUEST, ports, bench(tmp_path), quiet)
    files = sorted((tmp_path / "backtests").rglob("*.npz"))
    assert len(files) == 12
    request, made_again, kept = REQUEST, bench(tmp_path), 0
    if what == "code":
        made_again = bench(tmp_path, code="2")
    elif what == "again":
        made_again = bench(tmp_path, again=True)
    elif what == "history":
        request = replace(REQUEST, history_days=50)
    elif what == "correction":
        span = Window(local_midnight(FIRST, MARKET_ZONE), local_midnight(LAST, MARKET_ZONE))
        old = ports.store.read("spot", span, None).take(slice(0, 1))
        noon = epoch(local_moment(FIRST + timedelta(days=2), time(12), MARKET_ZONE))
        ports.store.write(replace(old, value=old.value + 1, available_at=np.array([noon])))
        kept = 4
    else:
        files[0].write_bytes(b"" if what == "broken" else files[0].read_bytes()[:700])
        kept = 11
    assert backtest(request, ports, made_again, quiet).reused == kept


def test_later_prices_do_not_make_it_again(ports: Ports, tmp_path: Path) -> None:
    backtest(REQUEST, ports, bench(tmp_path), quiet)
    full = history("spot", TODAY - timedelta(days=80), 90)
    ports.store.write(full.take(full.start > epoch(NOW) + 3 * 86_400))
    assert backtest(REQUEST, ports, bench(tmp_path), quiet).reused == 12


def test_processes_say_the_same(ports: Ports) -> None:
    request = replace(REQUEST, tracks=(SPOT, PVPC), models=("boosting",))
    pooled = backtest(request, ports, Bench(Pool(2), Forgetting(), "1"), quiet)
    assert figures(pooled) == figures(run(ports, request))


def test_too_little_history_is_a_labelled_simpler_model(ports: Ports) -> None:
    body = report(run(ports, replace(REQUEST, models=("boosting",))), NOW, sample=True)
    row = body["tracks"][0]["models"][0]
    assert (row["model"], row["told_otherwise"]) == ("boosting", 6)
    assert row["told_otherwise_as"].startswith("naive-kind (boosting needs 150 days")
    assert any("boosting answered 6 times as" in text for text in remarks(body))
    assert row["overall"]["dm_p"] is None


def test_origins_without_enough_history_are_left_out_for_all(ports: Ports) -> None:
    early = date(2025, 12, 20)
    body = report(run(ports, replace(REQUEST, first=early, last=early + timedelta(days=5))), NOW, sample=True)
    track = body["tracks"][0]
    assert (track["origins"], track["origins_refused"]) == (4, 2)
    assert "needs at least 3" in track["refused_because"]
    assert any("left out for all models" in text for text in remarks(body))


def test_nothing_to_judge_is_an_error(ports: Ports, tmp_path: Path) -> None:
    long_ago = replace(REQUEST, first=date(2024, 1, 1), last=date(2024, 1, 3))
    with pytest.raises(DataMissing, match="No spot prices are stored"):
        run(ports, long_ago)
    short = replace(REQUEST, first=date(2025, 12, 19), last=date(2025, 12, 20))
    with pytest.raises(DataMissing, match="Nothing can be judged of spot-1330"):
        report(run(ports, short), NOW, sample=True)
    future = replace(REQUEST, first=TODAY, last=TODAY)
    with pytest.raises(DataMissing, match="no price of the forecast hours is known"):
        report(run(ports, future), NOW, sample=True)


def test_the_change_to_summer_time_has_its_hours(tmp_path: Path) -> None:
    now = local_moment(date(2026, 4, 20), time(21), MARKET_ZONE)
    found = empty_ports(tmp_path / "spring", tiny(), now)
    found.store.write(history("spot", date(2026, 2, 1), 79))
    one = replace(REQUEST, first=date(2026, 3, 26), last=date(2026, 3, 26))
    track = report(run(found, one), now, sample=True)["tracks"][0]
    hours = {lead["lead"]: lead["hours"] for lead in track["models"][0]["leads"]}
    assert hours == {2: 24, 3: 23, 4: 24, 5: 24, 6: 24, 7: 24, 8: 24}


def test_the_report_is_json_text_and_a_record(ports: Ports) -> None:
    body = report(run(ports), NOW, sample=True)
    assert json.loads(json.dumps(body, allow_nan=False)) == body
    save(ports.store, body)
    assert ports.store.find("backtest", limit=1)[0].body == body
    page = markdown(body)
    assert "SAMPLE DATA" in page
    assert "| naive-week |" in page
    assert "6 origins; a headline figure needs 365." in page


def test_the_code_version_is_steady() -> None:
    assert code_version() == code_version()
    assert code_version().startswith("0.")
