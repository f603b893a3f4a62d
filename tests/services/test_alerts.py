"""Alerts: what makes each kind hold, that each opens and closes once, that it is said in two languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from chocolate_factory.core.errors import Infeasible, OutOfTime
from chocolate_factory.domain.alerts import Alert, AlertKind, Severity, by_urgency
from chocolate_factory.domain.drift import Verdict
from chocolate_factory.domain.ports import Ports, Record, Store
from chocolate_factory.domain.slots import Window, day_window, moment
from chocolate_factory.services import watch_data
from chocolate_factory.services.alert_words import ALERT_WORDS, alert_text
from chocolate_factory.services.choose_world import World
from chocolate_factory.services.read_alerts import AlertsQuery, alerts_during, read_alerts
from chocolate_factory.services.record_alerts import KIND, alert_json, keep, note, open_now, record_alerts
from chocolate_factory.services.source_states import note_states
from chocolate_factory.services.watch_alerts import watch_alerts
from chocolate_factory.services.watch_data import data_alerts
from chocolate_factory.services.watch_plant import infeasible, plant_alerts
from chocolate_factory.services.watch_prices import price_alerts
from tests.services.alert_worlds import HOT, NOW, at, plant, tell_answer, weather
from tests.services.papers import Paper
from tests.worlds import empty_ports, tiny

Row = dict[str, Any]
CALM = 20


def only(alerts: Iterable[Alert], kind: AlertKind) -> list[Alert]:
    return [alert for alert in alerts if alert.kind is kind]


def clock(alert: Alert, name: str) -> str:
    return str(alert.facts[name])[11:16]


def test_a_flat_price_is_no_alert_and_a_fixed_one_neither(tmp_path: Path) -> None:
    assert list(price_alerts(plant(tmp_path))) == []
    assert list(price_alerts(empty_ports(tmp_path / "fixed", tiny("fixed"), NOW))) == []


def test_a_spike_is_relative_to_the_last_thirty_days(tmp_path: Path) -> None:
    """Today 20:00 to 21:00 local at 600 EUR/MWh where the market otherwise told 60."""
    ports = plant(tmp_path, [60.0] * 80 + [600.0] * 3 + [610.0])
    (spike,) = only(price_alerts(ports), AlertKind.PRICE_SPIKE)
    assert (spike.id, spike.severity) == ("price_spike:2026-03-11", Severity.CRITICAL)
    assert (spike.since, spike.until) == (NOW + timedelta(hours=9), NOW + timedelta(hours=10))
    assert (spike.facts["hours"], spike.facts["published_share"]) == (1.0, 1.0)
    assert clock(spike, "max_at") == "20:45"
    paid, bound, median = (float(spike.facts[f"{key}_eur_kwh"]) for key in ("max", "bound", "median"))  # type: ignore[arg-type]
    assert paid > 4 * median and bound == 2 * median
    assert only(price_alerts(at(ports, 599)), AlertKind.PRICE_SPIKE) == [spike], "the same while it lasts"
    assert only(price_alerts(at(ports, 600)), AlertKind.PRICE_SPIKE) == [], "and over with its last slot"
    (less,) = only(price_alerts(plant(tmp_path / "less", [60.0] * 80 + [300.0])), AlertKind.PRICE_SPIKE)
    assert less.severity is Severity.WARNING
    assert list(price_alerts(plant(tmp_path / "dear", [60.0] * 80 + [110.0]))) == [], "dear, but no spike"


def test_what_is_only_forecast_is_no_more_than_good_to_know(tmp_path: Path) -> None:
    """On the 12th nothing is published of the 13th, and a forecast tells of an hour at 600 EUR/MWh."""
    ports = at(plant(tmp_path), 1440)
    starts = day_window(date(2026, 3, 13), "Europe/Madrid").starts(15)
    prices = {slot: 600.0 if 80 <= slot < 84 else 60.0 for slot in range(96)}
    points = [
        {"start": moment(starts[slot]).isoformat(), "origin": "forecast", "price_eur_mwh": price}
        | dict.fromkeys(("p05", "p10", "p50", "p90", "p95"), price)
        for slot, price in prices.items()
    ]
    issued = NOW + timedelta(hours=23)
    body = {
        "series": "spot",
        "model": "m",
        "issued_at": issued.isoformat(),
        "resolution_min": 15,
        "points": points,
    }
    ports.store.save(Record("forecast", "spot/m/1", issued, body))
    (spike,) = only(price_alerts(ports), AlertKind.PRICE_SPIKE)
    assert (spike.subject, spike.severity) == ("2026-03-13", Severity.INFO)
    assert (spike.facts["published_share"], spike.facts["hours"]) == (0.0, 1.0)
    assert only(price_alerts(at(ports, 22 * 60)), AlertKind.PRICE_SPIKE) == [], (
        "before the forecast was issued"
    )


def test_prices_below_zero(tmp_path: Path) -> None:
    ports = plant(tmp_path, [60.0] * 50 + [0.0, -1.0, -4.5, -0.5])
    (found,) = only(price_alerts(ports), AlertKind.NEGATIVE_PRICE)
    assert (found.facts["hours"], found.facts["min_eur_mwh"], clock(found, "min_at")) == (0.75, -4.5, "13:00")
    assert found.severity is Severity.INFO
    hole = plant(tmp_path / "hole", [60.0] * 50 + [0.0])
    assert only(price_alerts(hole), AlertKind.NEGATIVE_PRICE) == [], "zero is not below zero"


def test_a_cheap_window_from_three_hours_before_it_opens_to_its_end(tmp_path: Path) -> None:
    """An hour at 15:00 local for 1 EUR/MWh; now it is 11:00."""
    ports = plant(tmp_path, [60.0] * 60 + [1.0] * 4)
    assert only(price_alerts(at(ports, 59)), AlertKind.CHEAP_WINDOW) == []
    (found,) = only(price_alerts(at(ports, 60)), AlertKind.CHEAP_WINDOW)
    assert (clock(found, "opens_at"), clock(found, "ends_at")) == ("15:00", "16:00")
    assert found.facts["hours"] == 1.0, "as long as the longest step"
    assert only(price_alerts(at(ports, 299)), AlertKind.CHEAP_WINDOW) == [found]
    assert only(price_alerts(at(ports, 300)), AlertKind.CHEAP_WINDOW) == []
    shallow = plant(tmp_path / "shallow", [60.0] * 60 + [50.0] * 4)
    assert only(price_alerts(at(shallow, 60)), AlertKind.CHEAP_WINDOW) == [], "not worth it"


def test_heat_above_the_plants_own_limit_only(tmp_path: Path) -> None:
    degrees = [25.0] * 14 + [31.0, 33.5, 30.0] + [20.0] * 7
    cool = plant(tmp_path / "cool")
    weather(cool, degrees)
    assert only(plant_alerts(cool, {}), AlertKind.HEAT) == [], "no step has a limit"
    ports = plant(tmp_path, text=HOT)
    weather(ports, degrees, day=1)
    (found,) = only(plant_alerts(ports, {}), AlertKind.HEAT)
    assert found.id == "heat:2026-03-12"
    assert found.facts == {
        "limit_c": 30.0,
        "max_c": 33.5,
        "max_at": "2026-03-12T15:00:00+01:00",
        "hours": 2.0,
        "processes": ["bake"],
    }


def test_power_above_the_contract_by_period_and_only_to_come(tmp_path: Path) -> None:
    ports = plant(tmp_path)
    answer = tell_answer(ports)
    for slot, kw in ((1, 26.0), (2, 29.5), (100, 21.0)):
        answer["load_kw"][slot]["kw"] = kw
    answer["cost_parts"]["excess_power"] = 7.5
    tell_answer(ports, load_kw=answer["load_kw"], cost_parts=answer["cost_parts"])
    first, second = only(plant_alerts(ports, {}), AlertKind.EXCESS_POWER)
    assert first.facts == {
        "max_kw": 29.5,
        "contracted_kw": 20.0,
        "over_kw": 9.5,
        "period": "P2",
        "max_at": "2026-03-11T11:30:00+01:00",
        "hours": 0.5,
        "plan_excess_eur": 7.5,
    }
    assert (second.subject, second.severity) == ("2026-03-12", Severity.INFO), "by five per cent"
    assert first.severity is Severity.WARNING
    later = only(plant_alerts(at(ports, 45), {}), AlertKind.EXCESS_POWER)
    assert [alert.subject for alert in later] == ["2026-03-12"]


def test_plans_missing_late_changed_infeasible(tmp_path: Path) -> None:
    ports = plant(tmp_path)
    (none,) = plant_alerts(ports, {})
    assert (none.id, none.severity, none.since) == ("plan_missing:plan", Severity.CRITICAL, None)
    loaf = {"product": "loaf", "batches": 2, "due": "2026-03-11T22:00:00+01:00"}
    moves = {"moved": 3, "added": 0, "dropped": 1}
    told = {"plan": "before", "reason": "", "difference_eur": -2.5, "threshold_eur": 1.0, "moved": []}
    tell_answer(ports, late=[loaf], replaced=told, changes=moves)
    late, changed = plant_alerts(ports, {})
    assert (late.kind, late.facts["batches"], late.facts["products"]) == (AlertKind.PLAN_LATE, 2, ["loaf"])
    assert (changed.subject, changed.facts["cheaper_eur"], changed.facts["moved"]) == ("plan-0", 2.5, 3)
    assert changed.until == NOW + timedelta(hours=6)
    assert only(plant_alerts(at(ports, 360), {}), AlertKind.PLAN_CHANGED) == []
    assert [a.kind for a in plant_alerts(at(ports, 3 * 1440), {})] == [AlertKind.PLAN_MISSING]
    tell_answer(ports, 5, replaced=told, changes=dict.fromkeys(moves, 0))
    assert list(plant_alerts(at(ports, 5), {})) == [], "nothing moved"
    assert [a.kind for a in plant_alerts(at(ports, 4), {})][-1] is AlertKind.PLAN_CHANGED, "not yet issued"
    rows: list[dict[str, object]] = [{"product": "loaf", "rules": ["shift", "power"]}]
    failed = Infeasible("No.", conflicts=rows)
    (broken,) = plant_alerts(at(ports, 5), {"plan": failed})
    assert broken.facts == {"proven": True, "conflicts": 1, "products": ["loaf"], "rules": ["power", "shift"]}
    assert infeasible(OutOfTime("Late.")).facts["proven"] is False


def test_late_series_and_failing_sources(tmp_path: Path) -> None:
    paper = Paper("paper", ("spot", "pvpc", "temperature_forecast"))
    ports = replace(plant(tmp_path), sources={"paper": paper})
    found = {alert.id: alert for alert in data_alerts(ports)}
    assert set(found) == {"late_data:pvpc", "late_data:temperature_forecast"}
    assert found["late_data:pvpc"].severity is Severity.INFO, "the contract follows the other price"
    assert found["late_data:pvpc"].facts["state"] == "missing" and found["late_data:pvpc"].since is None
    tomorrow = at(ports, 29 * 60)
    spot = next(alert for alert in data_alerts(tomorrow) if alert.subject == "spot")
    assert spot.facts["state"] == "late" and spot.facts["known_until"] == "2026-03-13T00:00:00+01:00"
    assert (spot.severity, spot.since) == (Severity.WARNING, datetime.fromisoformat("2026-03-12T12:00+00:00"))
    (evening,) = (alert for alert in data_alerts(at(ports, 36 * 60)) if alert.subject == "spot")
    assert evening.severity is Severity.CRITICAL, "known prices end at midnight"
    note_states(ports.store, {"paper": "HTTP 503"}, NOW)
    assert only(data_alerts(at(ports, 29)), AlertKind.SOURCE_FAILING) == [], "most faults pass"
    note_states(ports.store, {"paper": "HTTP 503"}, NOW + timedelta(minutes=30))
    (failing,) = only(data_alerts(at(ports, 30)), AlertKind.SOURCE_FAILING)
    assert (failing.subject, failing.since, failing.facts["reason"]) == ("paper", NOW, "HTTP 503")


def test_a_model_that_got_worse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = plant(tmp_path)
    for state, severity in (("drift", Severity.WARNING), ("watch", Severity.INFO)):
        verdict = Verdict(state, "why", recent_mae=21.0, former_mae=12.5)  # type: ignore[arg-type]
        monkeypatch.setattr(watch_data, "drift_now", lambda *_, told=verdict: ("lear", told))
        (found,) = only(data_alerts(ports), AlertKind.MODEL_WORSE)
        assert (found.subject, found.severity, found.facts["recent_mae_eur_mwh"]) == ("spot", severity, 21.0)
        assert found.facts["month_mae_eur_mwh"] is None
    monkeypatch.setattr(watch_data, "drift_now", lambda *_: ("lear", Verdict("ok", "fine")))
    assert only(data_alerts(ports), AlertKind.MODEL_WORSE) == []


HELD = Alert(AlertKind.HEAT, Severity.WARNING, "2026-03-11", facts={"max_c": 35.0})


def records(ports: Ports) -> list[Row]:
    return [dict(record.body) for record in reversed(ports.store.find(KIND))]


def spans(ports: Ports) -> list[tuple[str, str | None]]:
    return [
        (str(body["opened_at"])[11:16], str(body["closed_at"])[11:16] if body["closed_at"] else None)
        for body in records(ports)
    ]


def test_opens_once_and_closes_once(tmp_path: Path) -> None:
    ports = plant(tmp_path)
    first = keep(ports, [HELD])
    assert ([body["alert"] for body in first.opened], first.closed, first.open) == (
        ["heat:2026-03-11"],
        (),
        1,
    )
    warmer = replace(HELD, facts={"max_c": 36.0})
    for minutes in (1, 2, 90):
        again = keep(at(ports, minutes), [warmer])
        assert (again.opened, again.raised, again.closed, again.open) == ((), (), (), 1)
    assert keep(at(ports, 91), []).closed == (), "it may come back"
    assert keep(at(ports, 100), [HELD]).opened == ()
    assert keep(at(ports, 110), []).closed == ()
    done = keep(at(ports, 110 + CALM), [])
    assert [body["closed_at"][11:16] for body in done.closed] == ["12:10"]
    assert keep(at(ports, 140), []) == keep(at(ports, 141), [])
    assert spans(ports) == [("10:00", "12:10")]
    keep(at(ports, 200), [HELD])
    assert spans(ports) == [("10:00", "12:10"), ("13:20", None)], "another incident"


def test_one_with_an_end_of_its_own_closes_with_it(tmp_path: Path) -> None:
    ports = plant(tmp_path)
    soon = replace(HELD, until=NOW + timedelta(minutes=30))
    keep(ports, [soon])
    longer = replace(HELD, until=NOW + timedelta(minutes=45))
    assert keep(at(ports, 20), [longer]).raised == ()
    assert keep(at(ports, 31), []).closed == (), "its end has moved"
    assert len(keep(at(ports, 45), []).closed) == 1


def test_one_that_grows_is_told_again_and_keeps_its_height(tmp_path: Path) -> None:
    ports = plant(tmp_path)
    keep(ports, [HELD])
    worse = replace(HELD, severity=Severity.CRITICAL)
    assert [body["severity"] for body in keep(at(ports, 5), [worse]).raised] == ["critical"]
    assert keep(at(ports, 6), [HELD]).raised == keep(at(ports, 7), [worse]).raised == ()
    assert [body["severity"] for body in records(ports)] == ["critical"]


@pytest.mark.parametrize("cut", ["before the record", "after the close"])
def test_a_round_cut_short_is_finished_and_not_repeated(tmp_path: Path, cut: str) -> None:
    ports = plant(tmp_path)
    if cut == "before the record":
        entry = {"record": "heat:2026-03-11/x", "opened_at": NOW.isoformat(), "away": None}
        note(ports.store, {HELD.id: entry}, NOW)
        assert len(keep(at(ports, 5), [HELD]).opened) == 1
        assert spans(ports) == [("10:00", None)], "when it was first seen"
        assert keep(at(ports, 6), [HELD]).opened == ()
        return
    keep(ports, [HELD])
    keep(at(ports, 1), [])
    known = open_now(ports.store)
    keep(at(ports, 30), [])
    note(ports.store, known, NOW)
    assert keep(at(ports, 40), []).closed == ()
    assert spans(ports) == [("10:00", "10:30")]
    assert open_now(ports.store) == {}


@dataclass
class Dying:
    """A store that dies instead of saving once it has saved so often."""

    store: Store
    left: int

    def save(self, record: Record) -> None:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        self.store.save(record)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_dying_anywhere_and_starting_again_changes_nothing(tmp_path: Path) -> None:
    """Three alerts come and go for hours; beside it the same, killed at each save in turn and run again."""
    kinds = [replace(HELD, subject=f"2026-03-1{day}") for day in range(3)]
    calm, killed = (empty_ports(tmp_path / name, tiny(), NOW) for name in ("calm", "killed"))
    random, here, deaths = np.random.default_rng(3), np.zeros(3, bool), 0
    presence: list[list[bool]] = []
    for step in range(40):
        here ^= random.random(3) < 0.3
        presence.append(here.tolist())
        alerts = [one for one, there in zip(kinds, here, strict=True) if there]
        keep(at(calm, 10 * step), alerts)
        for left in range(20):
            dying = cast("Store", Dying(killed.store, left))
            try:
                keep(replace(at(killed, 10 * step), store=dying), alerts)
                break
            except KeyboardInterrupt:
                deaths += 1
    assert deaths > 40
    assert records(killed) == records(calm)
    assert open_now(killed.store) == open_now(calm.store)
    for column, one in enumerate(kinds):
        was = "".join("x" if row[column] else "." for row in presence)
        incidents = [part for part in re.split(r"\.{3,}", was) if part.strip(".")]
        told = [body for body in records(calm) if body["alert"] == one.id]
        assert len(told) == len(incidents), was
        assert sum(body["closed_at"] is None for body in told) == (not re.search(r"\.{3,}$", was))


def test_a_running_world_records_and_is_read(tmp_path: Path) -> None:
    ports = plant(tmp_path, [60.0] * 80 + [400.0] * 4)
    world = World(ports, lambda: ports, offline=True)
    opened = record_alerts(world).opened
    assert {body["alert"] for body in opened} == {"price_spike:2026-03-11", "plan_missing:plan"}
    world.troubles["plan"] = Infeasible("No.")
    assert [body["alert"] for body in record_alerts(world).opened] == ["plan_infeasible:plan"]
    told = read_alerts(ports, AlertsQuery(language="es"), world.troubles)
    assert [row["severity"] for row in told["alerts"]] == ["critical"] * 3
    assert {row["opened_at"] for row in told["alerts"]} == {"2026-03-11T11:00:00+01:00"}
    assert len(told["history"]) == 3 and read_alerts(ports, AlertsQuery(0))["history"] == []
    week = Window(NOW - timedelta(days=2), NOW + timedelta(days=1))
    assert len(alerts_during(ports, week)) == 3
    assert alerts_during(ports, Window(NOW - timedelta(days=2), NOW - timedelta(days=1))) == []
    before = replace(ports, clock=lambda: NOW - timedelta(hours=1))
    assert read_alerts(before, AlertsQuery())["history"] == [], "nothing of it was known"


def test_every_kind_can_be_said_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every alert of this file's worlds, and each kind at least once."""
    ports = plant(tmp_path, [60.0] * 52 + [1.0] * 4 + [-2.0] * 2 + [60.0] * 22 + [400.0] * 4, HOT)
    ports = replace(ports, sample=True, sources={"paper": Paper("paper", ("spot", "pvpc"))})
    weather(ports, [35.0] * 24)
    note_states(ports.store, {"paper": "HTTP 503"}, NOW - timedelta(hours=1.5))
    found = [*watch_alerts(ports), *data_alerts(at(ports, 29 * 60)), infeasible(Infeasible("No."))]
    loaf = {"product": "loaf", "batches": 2, "due": "2026-03-11T22:00:00+01:00"}
    moves = {"moved": 3, "added": 0, "dropped": 1}
    loads = [{"start": "2026-03-11T20:00:00+01:00", "kw": 25.0}]
    for place, difference in enumerate((-2.5, None)):
        told = {"plan": "before", "difference_eur": difference}
        tell_answer(ports, -9 + place, late=[loaf], replaced=told, changes=moves, load_kw=loads)
        found += plant_alerts(ports, {})
    found += [*plant_alerts(at(ports, 9999), {}), infeasible(OutOfTime("Late."))]
    monkeypatch.setattr(watch_data, "drift_now", lambda *_: ("lear", Verdict("drift", "", 21.0, 12.5)))
    found += data_alerts(ports)
    assert {alert.kind for alert in found} == set(AlertKind)
    assert ALERT_WORDS["en"].keys() == ALERT_WORDS["es"].keys()
    for alert in found:
        row = alert_json(alert)
        texts = {name: alert_text(row, name, "Europe/Madrid") for name in ALERT_WORDS}
        assert texts["en"] != texts["es"]
        for text in texts.values():
            assert not re.search(r"[{}]|nan|None|T\d\d:", text), text
    spike = next(alert for alert in found if alert.kind is AlertKind.PRICE_SPIKE)
    text = alert_text(alert_json(spike), "es", "Europe/Madrid")
    assert text.startswith("mié 11/03: hasta 0,") and "a las 20:00, 1 h" in text


def test_most_pressing_first() -> None:
    rows = [
        Alert(AlertKind.SAMPLE, Severity.INFO, "world"),
        Alert(AlertKind.HEAT, Severity.WARNING, "b", NOW),
        Alert(AlertKind.HEAT, Severity.WARNING, "a", NOW - timedelta(hours=1)),
        Alert(AlertKind.PLAN_MISSING, Severity.CRITICAL, "plan"),
    ]
    assert [alert.subject for alert in by_urgency(rows)] == ["plan", "a", "b", "world"]


def test_facts_are_documented() -> None:
    """Every kind, and every name of a fact of it, is in docs/insights.md."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "insights.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert set(rows) == set(AlertKind)
    for name, line in rows.items():
        sentences = [text for key, text in ALERT_WORDS["en"].items() if key.split(".")[0] == name]
        said = {key for text in sentences for key in re.findall(r"{(\w+)}", text)}
        assert [key for key in said - {"day", "subject", "since"} if f"`{key}`" not in line] == []
