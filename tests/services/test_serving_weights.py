"""The service answers with the champion: damaged files, a failing learning, a worse challenger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.domain.forecast import Forecast
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.slots import planning_window
from chocolate_factory.services.choose_model import promote
from chocolate_factory.services.pose_problem import market_forecast
from chocolate_factory.services.train_models import TrainRequest, train
from tests.services.model_samples import NOW, Profiler, model_ports

DAY = timedelta(days=1)


def quiet(done: int, total: int, text: str) -> None:
    """No progress."""


def trained(ports: Ports) -> Ports:
    train(TrainRequest(("spot",), tuple(ports.forecasters)), ports, quiet)
    return ports


def later(ports: Ports, days: float) -> Ports:
    return replace(ports, clock=lambda: NOW + days * DAY)


def forgetful(ports: Ports) -> Ports:
    """The same ports whose models cannot learn any more: only kept weights can answer."""
    broken = {name: Profiler(name, broken=RuntimeError("no memory")) for name in ports.forecasters}
    return replace(ports, forecasters=broken)


def forecast(ports: Ports) -> Forecast:
    told = market_forecast(ports, planning_window(ports.clock(), 7, "Europe/Madrid"))
    assert told is not None
    return told


def ahead(told: Forecast) -> np.ndarray:
    return told.price[told.origin == "forecast"]


def test_a_model_that_cannot_learn_serves_what_it_learnt(tmp_path: Path) -> None:
    ports = trained(model_ports(tmp_path))
    told = forecast(forgetful(ports))
    assert told.model == "boosting"
    assert np.isfinite(ahead(told)).all()
    with pytest.raises(RuntimeError, match="no memory"):
        forecast(later(forgetful(ports), 9))


def test_a_damaged_version_gives_way_to_the_older_one(tmp_path: Path) -> None:
    ports = trained(model_ports(tmp_path, boosting=10.0))
    now = trained(later(replace(ports, forecasters={"boosting": Profiler("boosting", 0.0)}), 1))
    newer = ahead(forecast(forgetful(now)))
    path = tmp_path / "models" / "spot" / "boosting" / "000002.npz"
    path.write_bytes(path.read_bytes()[:-50])
    assert (ahead(forecast(forgetful(now))) > newer + 5).all()


def test_without_any_sound_version_it_learns_afresh(tmp_path: Path) -> None:
    ports = trained(model_ports(tmp_path))
    before = ahead(forecast(ports))
    for path in (tmp_path / "models" / "spot" / "boosting").iterdir():
        path.unlink()
    np.testing.assert_array_equal(ahead(forecast(ports)), before)


def test_the_champion_answers(tmp_path: Path) -> None:
    ports = trained(model_ports(tmp_path, boosting=0.0, rival=10.0))
    promote(ports, "spot", "rival")
    assert forecast(forgetful(ports)).model == "rival"
    assert forecast(replace(forgetful(ports), forecaster="boosting")).model == "boosting"
