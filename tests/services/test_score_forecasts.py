"""Stored forecasts meet their prices: provisional, then final, with nothing of the future in a score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chocolate_factory.domain.ports import Ports, Record, Store
from chocolate_factory.domain.series import on_grid
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import Window, epoch, local_midnight, moment, planning_window
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.services import score_forecasts as scoring
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.forecast_prices import ForecastRequest, forecast_prices
from chocolate_factory.services.live_record import LiveQuery, drift_findings, live_record
from chocolate_factory.services.score_forecasts import Scoring, hourly, score_forecasts
from chocolate_factory.tasks.keep_fresh import prices_came, score_stored
from tests.unit.forecasters.samples import at_gate, history
from tests.worlds import empty_ports, tiny

TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
LONG_AFTER = at_gate("spot", TODAY + 40 * DAY)


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    """Seventy days of spot prices up to today and thirty more, each known when it is published."""
    made = empty_ports(tmp_path, tiny(), at_gate("spot", TODAY))
    made.store.write(history("spot", TODAY - 70 * DAY, 100))
    return made


def at(ports: Ports, now: datetime) -> Ports:
    return replace(ports, clock=lambda: now)


def issue(ports: Ports, now: datetime, model: str = "naive-kind", days: int = 7) -> None:
    window = planning_window(now, days, MARKET_ZONE)
    forecast_prices(ForecastRequest("spot", window), ports.store, FORECASTERS[model](), now)


def issue_days(ports: Ports, first: date, days: int, model: str = "naive-kind") -> None:
    for offset in range(days):
        issue(ports, at_gate("spot", first + offset * DAY), model)


def scored(ports: Ports, now: datetime) -> list[dict[str, Any]]:
    score_forecasts(at(ports, now))
    return [dict(record.body) for record in reversed(ports.store.find("score"))]


def test_provisional_until_all_prices_are_known(ports: Ports) -> None:
    issue(ports, at_gate("spot", TODAY))
    (first,) = scored(ports, at_gate("spot", TODAY))
    assert (first["state"], first["hours_told"], first["hours_known"], first["leads"]) == (
        "provisional",
        144,
        0,
        [],
    )
    (third,) = scored(ports, at_gate("spot", TODAY + 2 * DAY))
    assert (third["state"], third["hours_known"]) == ("provisional", 48)
    assert [(row["lead"], row["hours"]) for row in third["leads"]] == [(2, 24), (3, 24)]
    before = at_gate("spot", TODAY + 6 * DAY) - timedelta(minutes=45)
    (sixth,) = scored(ports, before)
    assert (sixth["state"], sixth["hours_known"]) == ("provisional", 120)
    (last,) = scored(ports, at_gate("spot", TODAY + 6 * DAY))
    assert (last["state"], last["hours_known"]) == ("final", 144)
    assert [row["lead"] for row in last["leads"]] == [2, 3, 4, 5, 6, 7]
    assert "left" not in last
    assert last["leads"][:2] == third["leads"]


def test_figures_are_those_of_a_plain_calculation(ports: Ports) -> None:
    now = at_gate("spot", TODAY)
    issue(ports, now, "naive-week")
    (body,) = scored(ports, LONG_AFTER)
    (told,) = (record.body for record in ports.store.find("forecast"))
    points: list[dict[str, Any]] = told["points"]  # type: ignore[assignment]
    for row in body["leads"]:
        begin = local_midnight(TODAY + row["lead"] * DAY, MARKET_ZONE)
        window = Window(begin, begin + DAY)
        truth = on_grid(ports.store.read("spot", window), window, 60)
        own = [p for p in points if datetime.fromisoformat(p["start"]) in window]
        price, low, high = (
            np.array([p[key] for p in own]).reshape(24, 4).mean(axis=1)
            for key in ("price_eur_mwh", "p10", "p90")
        )
        error = price - truth
        assert row["mae"] == pytest.approx(np.abs(error).mean(), abs=1e-3)
        assert row["bias"] == pytest.approx(error.mean(), abs=1e-3)
        assert row["mse"] == pytest.approx((error**2).mean(), rel=1e-3)
        assert row["in_80"] == np.sum((truth >= low) & (truth <= high))
        assert row["mae_week"] == pytest.approx(row["mae"], abs=1e-3), "its own model"
        assert 0 < row["pinball"] < row["mae"]
    same = [row["lead"] for row in body["leads"] if row["mae_kind"] == row["mae_week"]]
    assert same == [4, 5], "both copy the last Saturday and Sunday"


def test_a_score_uses_only_prices_known_by_then(ports: Ports, tmp_path: Path) -> None:
    now = at_gate("spot", TODAY + 3 * DAY)
    bare = empty_ports(tmp_path / "bare", tiny())
    everything = ports.store.revisions("spot", Window(now - 90 * DAY, now + 30 * DAY))
    bare.store.write(everything.known_at(now))
    for one in (ports, bare):
        issue_days(one, TODAY, 4)
    assert scored(ports, now) == scored(bare, now)


def test_a_forecast_of_the_future_is_not_there_yet(ports: Ports) -> None:
    issue_days(ports, TODAY, 3)
    assert score_forecasts(at(ports, at_gate("spot", TODAY))).new == 1
    assert score_forecasts(at(ports, at_gate("spot", TODAY + 2 * DAY))).new == 2
    early = live_record(at(ports, at_gate("spot", TODAY)), LiveQuery())
    assert early["records"] == [], "scores made later are of the future"


def test_naive_forecasts_know_what_was_known_at_issue(ports: Ports) -> None:
    issue(ports, at_gate("spot", TODAY))
    (before,) = scored(ports, LONG_AFTER)
    ports.store.save(Record("score", ports.store.find("score")[0].id, LONG_AFTER + DAY, {}))
    recent = Window(at_gate("spot", TODAY) - 20 * DAY, at_gate("spot", TODAY))
    old = ports.store.read("spot", recent)
    ports.store.write(
        replace(old, value=old.value + 500, available_at=np.full(len(old), epoch(LONG_AFTER) - 3600))
    )
    again = scoring.first_look(ports, ports.store.find("forecast")[0])
    truth = scoring.read_truth(ports.store, [again], LONG_AFTER)["spot"]
    assert scoring.score(again, truth, LONG_AFTER)["leads"] == before["leads"]


def corrected(store: Store, day: date, known: datetime) -> None:
    begin = local_midnight(day, MARKET_ZONE)
    old = store.read("spot", Window(begin, begin + DAY))
    store.write(replace(old, value=old.value + 100, available_at=np.full(len(old), epoch(known))))


def test_a_correction_counts_while_provisional_and_never_after(ports: Ports) -> None:
    issue(ports, at_gate("spot", TODAY))
    (third,) = scored(ports, at_gate("spot", TODAY + 2 * DAY))
    corrected(ports.store, TODAY + 2 * DAY, at_gate("spot", TODAY + 3 * DAY))
    (fourth,) = scored(ports, at_gate("spot", TODAY + 4 * DAY))
    assert fourth["leads"][0]["bias"] == pytest.approx(third["leads"][0]["bias"] - 100, abs=1e-2)
    (final,) = scored(ports, at_gate("spot", TODAY + 6 * DAY))
    corrected(ports.store, TODAY + 3 * DAY, at_gate("spot", TODAY + 7 * DAY))
    assert scored(ports, LONG_AFTER) == [final]


@dataclass
class Counting:
    """A store that notes which records are read and written."""

    store: Store

    def __post_init__(self) -> None:
        self.read_records = self.saved = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def find(self, kind: str, **asked: Any) -> list[Record]:
        found = self.store.find(kind, **asked)
        self.read_records += len(found) if kind == "forecast" else 0
        return found

    def save(self, record: Record) -> None:
        self.saved += 1
        self.store.save(record)


def test_a_forecast_is_read_once_and_nothing_is_done_twice(ports: Ports) -> None:
    issue_days(ports, TODAY, 12)
    now = at_gate("spot", TODAY + 11 * DAY)
    assert score_forecasts(at(ports, now)) == Scoring(12, 12, 6, 6, True)
    counting = Counting(ports.store)
    again = replace(at(ports, now), store=counting)  # type: ignore[arg-type]
    assert score_forecasts(again) == Scoring(0, 0, 0, 6, True)
    assert (counting.read_records, counting.saved) == (2, 0)
    later = at(again, now + DAY)
    assert score_forecasts(later) == Scoring(0, 6, 1, 5, True)
    assert counting.read_records == 4, "the newest two again, to see that none is new"


def test_one_that_is_stored_late_is_not_missed(ports: Ports) -> None:
    gate = at_gate("spot", TODAY)
    issue(ports, gate)
    score_forecasts(at(ports, gate))
    issue(ports, gate - timedelta(minutes=30), "naive-week")
    assert score_forecasts(at(ports, gate)).new == 1


def test_a_round_that_stopped_half_way_goes_on(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    issue_days(ports, TODAY, 3)
    save, left = ports.store.save, iter([True])

    def stopping(record: Record) -> None:
        if not next(left, False):
            raise KeyboardInterrupt
        save(record)

    monkeypatch.setattr(ports.store, "save", stopping)
    with pytest.raises(KeyboardInterrupt):
        score_forecasts(at(ports, LONG_AFTER))
    monkeypatch.undo()
    assert score_forecasts(at(ports, LONG_AFTER)).new == 2
    assert len(ports.store.find("score")) == 3


def test_too_many_new_ones_are_told_of(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    issue_days(ports, TODAY, 4)
    monkeypatch.setattr(scoring, "LOOKS", (2, 3))
    done = score_forecasts(at(ports, LONG_AFTER))
    assert (done.new, done.all_seen) == (3, False)


def test_waiting_for_a_hole_ends_after_thirty_days(tmp_path: Path) -> None:
    holed = empty_ports(tmp_path, tiny())
    full = history("spot", TODAY - 70 * DAY, 100)
    lost = epoch(local_midnight(TODAY + 4 * DAY, MARKET_ZONE)) + 5 * 3600 + 900
    holed.store.write(full.take(full.start != lost))
    issue(holed, at_gate("spot", TODAY))
    (waiting,) = scored(holed, at_gate("spot", TODAY + 20 * DAY))
    assert (waiting["state"], waiting["hours_known"]) == ("provisional", 143)
    assert [row["hours"] for row in waiting["leads"]] == [24, 24, 23, 24, 24, 24]
    (ended,) = scored(holed, LONG_AFTER)
    assert (ended["state"], ended["hours_known"]) == ("final", 143)
    assert ended["leads"] == waiting["leads"]


def test_a_hole_that_is_filled_later_is_scored(tmp_path: Path) -> None:
    holed = empty_ports(tmp_path, tiny())
    full = history("spot", TODAY - 70 * DAY, 100)
    lost = epoch(local_midnight(TODAY + 4 * DAY, MARKET_ZONE)) + 5 * 3600 + 900
    holed.store.write(full.take(full.start != lost))
    issue(holed, at_gate("spot", TODAY))
    scored(holed, at_gate("spot", TODAY + 9 * DAY))
    holed.store.write(full.take(full.start == lost))
    (body,) = scored(holed, at_gate("spot", TODAY + 10 * DAY))
    assert (body["state"], body["hours_known"]) == ("final", 144)


def test_published_prices_have_nothing_to_score(ports: Ports) -> None:
    issue(ports, at_gate("spot", TODAY), days=0)
    (body,) = scored(ports, at_gate("spot", TODAY))
    assert (body["model"], body["state"], body["hours_told"]) == ("published prices", "final", 0)
    assert live_record(at(ports, LONG_AFTER), LiveQuery())["records"] == []


def test_too_little_history_leaves_the_naive_figures_out(tmp_path: Path) -> None:
    young = empty_ports(tmp_path, tiny())
    young.store.write(history("spot", TODAY - 1 * DAY, 20))
    start = local_midnight(TODAY + 1 * DAY, MARKET_ZONE)
    point = {
        "start": start.isoformat(),
        "origin": "forecast",
        "price_eur_mwh": 50.0,
        "p05": 0.0,
        "p10": 1.0,
        "p50": 50.0,
        "p90": 300.0,
        "p95": 400.0,
    }
    issued = local_midnight(TODAY, MARKET_ZONE)
    body = {"series": "spot", "model": "mine (in parts)", "issued_at": issued.isoformat()}
    young.store.save(Record("forecast", "x", issued, {**body, "resolution_min": 60, "points": [point]}))
    (found,) = scored(young, at_gate("spot", TODAY + 1 * DAY))
    (row,) = found["leads"]
    assert (row["mae_week"], row["mae_kind"], row["in_80"], row["in_90"]) == (None, None, 1, 1)
    (record,) = live_record(at(young, LONG_AFTER), LiveQuery())["records"]
    assert (record["model"], record["remarked"]) == ("mine", ["mine (in parts)"])
    (lead,) = record["leads"]
    assert (lead["lead"], lead["rmae_kind"], lead["coverage_90"]) == (1, None, 1.0)
    assert record["overall"]["mae"] is None


def test_only_whole_forecast_hours_count() -> None:
    first = epoch(local_midnight(TODAY, MARKET_ZONE))
    points = [
        {"start": moment(first + 900 * n).isoformat(), "price_eur_mwh": 10.0 * n, "p10": 0.0}
        for n in range(1, 9)
    ]
    told = hourly(points, 15)
    assert told == {"start": [first + 3600], "price": [55.0], "quantiles": {"0.1": [0.0]}}


def test_the_last_forecast_of_a_day_counts(ports: Ports) -> None:
    gate = at_gate("spot", TODAY)
    issue(ports, gate)
    score_forecasts(at(ports, LONG_AFTER))
    alone = live_record(at(ports, LONG_AFTER), LiveQuery())["records"]
    for hours in (1, 2, 3):
        issue(ports, gate - timedelta(hours=hours))
    score_forecasts(at(ports, LONG_AFTER))
    together = live_record(at(ports, LONG_AFTER), LiveQuery())["records"]
    assert together[0]["overall"] == alone[0]["overall"]
    issue(ports, gate + timedelta(hours=3), days=3)
    score_forecasts(at(ports, LONG_AFTER))
    (short,) = live_record(at(ports, LONG_AFTER), LiveQuery())["records"]
    assert [one["lead"] for one in short["leads"]][-1] == 7, "a short one does not hide the days beyond"


def test_the_record_by_lead_week_series_and_model(ports: Ports) -> None:
    issue_days(ports, TODAY, 10)
    issue_days(ports, TODAY, 10, "naive-week")
    now = at_gate("spot", TODAY + 12 * DAY)
    score_forecasts(at(ports, now))
    body = live_record(at(ports, now), LiveQuery())
    kind, week = body["records"]
    assert (kind["model"], week["model"]) == ("naive-kind", "naive-week")
    assert (kind["overall"]["rmae_kind"], week["overall"]["rmae_week"]) == (1, 1)
    assert (kind["overall"]["forecasts"], kind["overall"]["provisional"]) == (10, 3)
    assert [one["lead"] for one in kind["leads"]] == [2, 3, 4, 5, 6, 7]
    assert sum(one["hours"] for one in kind["leads"]) == kind["overall"]["hours"]
    assert [one["week"] for one in kind["weeks"]] == ["2026-03-09", "2026-03-16", "2026-03-23"]
    assert kind["drift"]["state"] == "too little"
    assert live_record(at(ports, now), LiveQuery("pvpc"))["records"] == []
    recent = live_record(at(ports, now), LiveQuery("spot", days=3))["records"]
    assert recent[0]["overall"]["hours"] < kind["overall"]["hours"]
    assert live_record(at(ports, now + 200 * DAY), LiveQuery())["records"] == []


def test_drift_shows_among_the_findings(ports: Ports) -> None:
    assert drift_findings(ports) == []
    issue_days(ports, TODAY, 3)
    now = at_gate("spot", TODAY + 5 * DAY)
    score_forecasts(at(ports, now))
    ((topic, state, text, fix),) = drift_findings(at(ports, now))
    assert (topic, state, fix) == ("forecast spot", "ok", "")
    assert text.startswith("naive-kind: too little.")


def broken(errors: Iterator[float], ports: Ports, days: int) -> None:
    """Scores of made-up daily errors; naive-kind's stay what they were."""
    for offset in range(days):
        issued = at_gate("spot", TODAY - (days - offset) * DAY)
        loss = next(errors)
        row = dict.fromkeys(("bias", "mse", "pinball", "in_80", "in_90"), 1.0)
        leads = [
            {**row, "lead": lead, "hours": 24, "mae": loss, "mae_week": 30.0, "mae_kind": 25.0 + offset % 3}
            for lead in range(2, 8)
        ]
        body = {
            "series": "spot",
            "model": "boosting",
            "at": issued.isoformat(),
            "scored_at": issued.isoformat(),
            "state": "final",
            "leads": leads,
        }
        ports.store.save(Record("score", f"made/{offset}", issued, body))


def test_errors_that_grow_are_a_warning_with_a_remedy(ports: Ports) -> None:
    random = np.random.default_rng(3)
    calm = (20 * np.exp(0.2 * random.normal(size=100))).tolist()
    broken(iter([*calm, *[60.0] * 10]), ports, 110)
    ((topic, state, text, fix),) = drift_findings(ports)
    assert (topic, state) == ("forecast spot", "warning")
    assert text.startswith("boosting: drift. MAE")
    assert "backtest" in fix


def test_the_job_scores_and_again_when_prices_came(ports: Ports) -> None:
    gate = at_gate("spot", TODAY)
    issue(ports, gate)
    world = World(at(ports, gate), lambda: ports)
    score_stored(world)
    assert len(ports.store.find("score")) == 1
    came = prices_came("scores")
    assert not came(world, gate), "nothing came since"
    ports.store.write(history("spot", TODAY + 30 * DAY, 1))
    assert came(world, gate)
    issue(ports, gate + timedelta(minutes=1))
    score_stored(World(at(ports, gate + timedelta(hours=2)), lambda: ports))
    assert len(ports.store.find("score")) == 2
    assert not came(world, gate)
