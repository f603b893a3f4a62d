"""The champion beside the others on the same past days: replaced for cause, never by a naive model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.core.errors import DataMissing
from chocolate_factory.domain.backtest import Origin, Told
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.registry import Chooser
from chocolate_factory.infrastructure.origin_files import OriginFiles
from chocolate_factory.infrastructure.workers import serial
from chocolate_factory.services.backtest_forecasts import Bench
from chocolate_factory.services.choose_model import champion, promote, rollback, serving_model
from chocolate_factory.services.compare_models import ENOUGH, KIND, ORIGINS, CompareRequest, compare
from chocolate_factory.services.read_models import model_findings
from chocolate_factory.services.train_models import TrainRequest, train
from tests.services.model_samples import NOW, TODAY, Profiler, model_ports

DAY = timedelta(days=1)
LAST = TODAY + timedelta(days=1 - 7)


@dataclass
class Counting:
    """Works here and remembers what."""

    done: list[Origin] = field(default_factory=list)

    def __call__(self, work: Callable[..., Any], material: Any, items: Sequence[Any]) -> Iterator[Any]:
        for item in items:
            self.done.extend(item.origins)
            yield work(material, item)


@dataclass(frozen=True)
class Memory:
    """Finished origins in memory."""

    kept: dict[tuple[Origin, str], Told] = field(default_factory=dict)

    def get(self, origin: Origin, digest: str) -> Told | None:
        return self.kept.get((origin, digest))

    def put(self, told: Told, digest: str) -> None:
        self.kept[told.origin, digest] = told


def quiet(done: int, total: int, text: str) -> None:
    """No progress."""


def ready(folder: Path, **off: float) -> Ports:
    """Ports whose models have all learnt."""
    ports = model_ports(folder, **off)
    train(TrainRequest(("spot",), tuple(ports.forecasters)), ports, quiet)
    return ports


def run(ports: Ports, bench: Bench | None = None, **more: Any) -> dict[str, Any]:
    request = CompareRequest("spot", tuple(ports.forecasters), **more)
    return compare(request, ports, bench or Bench(serial, Memory(), "1"), quiet)


def rivals(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["model"]: one for one in body["rivals"]}


def test_a_better_challenger_replaces_the_champion(tmp_path: Path) -> None:
    ports = ready(tmp_path, boosting=40.0, rival=0.0, other=55.0)
    body = run(ports)
    assert (body["champion"], body["promoted"], body["complete"]) == ("boosting", "rival", True)
    assert (body["first"], body["last"]) == (str(LAST - (ORIGINS - 1) * DAY), str(LAST))
    one = rivals(body)["rival"]
    assert one["origins"] == ORIGINS
    assert one["mae_eur_mwh"] < one["champion_mae_eur_mwh"]
    assert one["p"] < 0.05
    choice = champion(ports, "spot")
    assert (choice.model, choice.chosen_by) == ("rival", Chooser.SIGNIFICANCE)
    assert "56 days of origin" in choice.why
    assert ports.store.find(KIND, id="spot")[0].body == body
    assert run(ports)["promoted"] is None, "it stays until another one is better"
    assert rollback(ports, "spot").model == "boosting"


def test_a_worse_challenger_does_not(tmp_path: Path) -> None:
    ports = ready(tmp_path, boosting=0.0, rival=40.0)
    body = run(ports)
    assert body["promoted"] is None
    assert rivals(body)["rival"]["better"] is False
    assert serving_model(ports, "spot") == "boosting"
    assert ports.registry.choices("spot") == []


def test_an_equal_challenger_does_not(tmp_path: Path) -> None:
    ports = ready(tmp_path, boosting=1.0, rival=1.0)
    body = run(ports)
    assert rivals(body)["rival"]["p"] is None
    assert body["promoted"] is None


def test_a_better_naive_model_is_an_alarm_and_serves_never(tmp_path: Path) -> None:
    ports = ready(tmp_path, boosting=40.0)
    ports = replace(ports, forecasters={**ports.forecasters, "naive-kind": Profiler("naive-kind")})
    body = run(ports)
    assert body["promoted"] is None
    assert body["alarm"].startswith("naive-kind was better than boosting")
    assert serving_model(ports, "spot") == "boosting"
    ((_, state, text, _),) = model_findings(ports)
    assert (state, text) == ("warning", body["alarm"])
    promote(ports, "spot", "naive-kind")
    assert run(ports)["alarm"] is None


def test_a_challenger_without_a_version_is_not_promoted(tmp_path: Path) -> None:
    ports = model_ports(tmp_path, boosting=40.0, rival=0.0)
    train(TrainRequest(("spot",), ("boosting",)), ports, quiet)
    body = run(ports)
    assert rivals(body)["rival"]["better"]
    assert body["promoted"] is None


def test_after_a_choice_by_hand_only_later_days_count(tmp_path: Path) -> None:
    ports = ready(tmp_path, boosting=40.0, rival=0.0)
    before = replace(ports, clock=lambda: NOW - 20 * DAY)
    train(TrainRequest(("spot",), ("boosting",)), before, quiet)
    promote(before, "spot", "boosting")
    body = run(ports)
    assert rivals(body)["rival"]["origins"] == 15 < ENOUGH
    assert (body["first"], body["promoted"]) == (str(date(2026, 2, 18)), None)
    promote(ports, "spot", "boosting")
    body = run(ports)
    assert (body["first"], body["promoted"], rivals(body)) == (None, None, {})


def test_a_model_that_spoke_as_a_simpler_one_is_not_compared(tmp_path: Path) -> None:
    ports = ready(tmp_path, boosting=40.0)
    simpler = Profiler("naive-kind (rival needs 150 days)")
    body = run(replace(ports, forecasters={**ports.forecasters, "rival": simpler}))
    assert rivals(body)["rival"]["origins"] == 0
    assert body["promoted"] is None


def test_days_are_replayed_once_and_in_slices_newest_first(tmp_path: Path) -> None:
    ports = ready(tmp_path, boosting=40.0, rival=0.0)
    counting = Counting()
    bench = Bench(counting, Memory(), "1")
    body = run(ports, bench, seconds=0.0)
    assert (body["complete"], body["promoted"]) == (False, None)
    assert LAST in {one.day for one in counting.done}
    assert len({one.model for one in counting.done}) == 1
    body = run(ports, bench)
    assert (body["complete"], body["promoted"]) == (True, "rival")
    assert len(counting.done) == len(set(counting.done)) == len(ports.forecasters) * ORIGINS
    tomorrow = replace(ports, clock=lambda: NOW + DAY)
    ports.store.write(extra_day())
    counting.done.clear()
    assert run(tomorrow, bench)["complete"]
    assert {one.day for one in counting.done} == {LAST + DAY}


def extra_day() -> Any:
    from tests.unit.forecasters.samples import history

    return history("spot", TODAY + 2 * DAY, 1)


def test_without_recent_prices_nothing_is_compared(tmp_path: Path) -> None:
    ports = ready(tmp_path, boosting=0.0)
    with pytest.raises(DataMissing, match="last 28 days"):
        run(replace(ports, clock=lambda: NOW + 60 * DAY))


def test_finished_days_are_those_of_the_backtest(tmp_path: Path) -> None:
    ports = ready(tmp_path, boosting=0.0)
    run(ports, Bench(serial, OriginFiles(tmp_path / "backtests"), "1"))
    found = list((tmp_path / "backtests" / "spot-1330").glob("*-boosting.npz"))
    assert len(found) == ORIGINS
