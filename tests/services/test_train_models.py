"""Learning what is known now: what is kept, what is refused, and that a failure changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import DataMissing, ModelRefused, UsageError
from chocolate_factory.domain.ports import Known, Learnt, Ports
from chocolate_factory.domain.registry import KEPT, Chooser
from chocolate_factory.services.choose_model import (
    champion,
    promote,
    rollback,
    serving_model,
    serving_versions,
    weights_of,
)
from chocolate_factory.services.read_models import model_findings, read_models
from chocolate_factory.services.train_models import Training, TrainRequest, train
from tests.services.model_samples import NOW, Profiler, model_ports, profilers

DAY = timedelta(days=1)


class Absurd(Profiler):
    """Learns prices that cannot be."""

    def learn(self, known: Known, at: object) -> Learnt:
        made = super().learn(known, NOW)
        return replace(made, arrays={"profile": made.arrays["profile"] * self.off})


def quiet(done: int, total: int, text: str) -> None:
    """No progress."""


def trained(ports: Ports, *models: str) -> list[Training]:
    return train(TrainRequest(("spot",), models or tuple(ports.forecasters)), ports, quiet)


def later(ports: Ports, days: float) -> Ports:
    return replace(ports, clock=lambda: NOW + days * DAY)


def served(ports: Ports, model: str = "boosting") -> Learnt | None:
    return weights_of(ports.registry)(model, "spot", ports.clock())


def test_every_model_learns_and_is_kept(tmp_path: Path) -> None:
    ports = model_ports(tmp_path, boosting=0.0, rival=1.0)
    told: list[tuple[int, int]] = []
    done = train(TrainRequest(("spot",), ("boosting", "rival")), ports, lambda n, of, _: told.append((n, of)))
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert [(one.model, one.champion, one.failure) for one in done] == [
        ("boosting", True, ""),
        ("rival", False, ""),
    ]
    version = done[0].version
    assert version is not None
    assert version.metrics["unseen_mae"] == {"D+2": 7.5}
    assert version.metrics["told_as"] == "boosting"
    assert version.facts["days"] >= 120  # type: ignore[operator]
    found = served(ports)
    assert found is not None
    assert found.learnt_at == NOW
    assert found.arrays["profile"].shape == (24,)


@pytest.mark.parametrize("error", [ValueError("shape"), MemoryError(), DataMissing("no gas")], ids=repr)
def test_a_failure_leaves_the_others_and_what_was_learnt(tmp_path: Path, error: Exception) -> None:
    ports = model_ports(tmp_path, boosting=0.0, rival=1.0)
    trained(ports)
    before = ports.registry.held("spot", "boosting")
    broken = {**ports.forecasters, "boosting": Profiler("boosting", broken=error)}
    done = trained(later(replace(ports, forecasters=broken), 1), "boosting", "rival")
    assert [bool(one.failure) for one in done] == [True, False]
    assert done[0].champion
    assert done[0].exit_code == (3 if isinstance(error, DataMissing) else 1)
    assert str(error) in done[0].failure
    assert type(error).__name__ in done[0].details
    assert ports.registry.held("spot", "boosting") == before
    assert serving_model(ports, "spot") == "boosting"
    found = served(later(ports, 1))
    assert found is not None
    assert found.learnt_at == NOW


@pytest.mark.parametrize("times", [float("nan"), 1000.0])
def test_absurd_prices_are_not_kept(tmp_path: Path, times: float) -> None:
    ports = model_ports(tmp_path)
    trained(ports)
    absurd = replace(ports, forecasters={"boosting": Absurd("boosting", times)})
    (one,) = trained(later(absurd, 1))
    assert "tells prices" in one.failure
    assert one.exit_code == ModelRefused.exit_code
    assert len(ports.registry.held("spot", "boosting")) == 1


def test_what_a_simpler_model_says_is_not_kept(tmp_path: Path) -> None:
    ports = model_ports(tmp_path)
    copying = Profiler("naive-kind (boosting needs 150 days)", learns_as="boosting")
    (one,) = trained(replace(ports, forecasters={"boosting": copying}))
    assert (one.short, one.exit_code) == (True, DataMissing.exit_code)
    assert "needs 150 days" in one.failure
    assert ports.registry.held("spot", "boosting") == []


def test_without_prices_nothing_is_learnt(tmp_path: Path) -> None:
    ports = model_ports(tmp_path)
    (one,) = train(TrainRequest(("pvpc",), ("boosting",)), ports, quiet)
    assert one.failure.startswith("No pvpc prices")
    assert one.exit_code == DataMissing.exit_code


def test_weights_are_of_the_past_and_not_old(tmp_path: Path) -> None:
    ports = model_ports(tmp_path)
    trained(ports)
    trained(later(ports, 1))
    assert served(later(ports, -0.01)) is None
    assert served(later(ports, 0.5)).learnt_at == NOW  # type: ignore[union-attr]
    assert served(later(ports, 8.5)).learnt_at == NOW + DAY  # type: ignore[union-attr]
    assert served(later(ports, 9.5)) is None


def test_a_damaged_version_gives_way_and_is_told(tmp_path: Path) -> None:
    ports = model_ports(tmp_path)
    trained(ports)
    trained(later(ports, 1))
    now = later(ports, 2)
    assert model_findings(now) == [("model spot", "ok", "boosting: version 2 serves", "")]
    path = tmp_path / "models" / "spot" / "boosting" / "000002.npz"
    data = bytearray(path.read_bytes())
    data[100] ^= 4
    path.write_bytes(data)
    assert served(now).learnt_at == NOW  # type: ignore[union-attr]
    ((_, state, text, fix),) = model_findings(now)
    assert (state, text) == ("warning", "boosting: version 2 changed or missing on disk; version 1 serves")
    assert "choco train" in fix
    row = read_models(now, ("spot",))["series"][0]
    assert row["serving"] == {"model": "boosting", "version": 1}
    assert [(v["version"], v["state"]) for v in row["models"][0]["versions"]] == [(2, "changed"), (1, "ok")]
    path.with_name("000001.npz").unlink()
    assert served(now) is None
    assert "learnt afresh" in model_findings(now)[0][2]


def test_promote_and_back(tmp_path: Path) -> None:
    ports = model_ports(tmp_path, boosting=0.0, rival=1.0)
    with pytest.raises(ModelRefused, match="no sound version of rival"):
        promote(ports, "spot", "rival")
    trained(ports)
    trained(later(ports, 1), "boosting")
    assert champion(ports, "spot").chosen_by is Chooser.DEFAULT
    promote(later(ports, 2), "spot", "rival")
    assert serving_model(later(ports, 2), "spot") == "rival"
    assert serving_model(later(ports, 1), "spot") == "boosting", "the choice was not made yet"
    promote(later(ports, 3), "spot", "boosting", 1)
    (first, *_) = serving_versions(ports.registry, "spot", "boosting", NOW + 3 * DAY)
    assert first.number == 1
    back = rollback(later(ports, 4), "spot")
    assert (back.model, back.version, back.why) == ("rival", None, "back from boosting version 1")
    back = rollback(later(ports, 5), "spot")
    assert (back.model, serving_model(later(ports, 5), "spot")) == ("boosting", "boosting")
    with pytest.raises(UsageError, match="no earlier choice"):
        rollback(later(ports, 6), "spot")
    history = read_models(later(ports, 6), ("spot",))["series"][0]["history"]
    assert [one["chosen_by"] for one in history] == ["by hand", "by hand", "rolled back", "rolled back"]


@pytest.mark.parametrize(("series", "model"), [("gas", "boosting"), ("spot", "oracle")])
def test_only_what_there_is_is_promoted(tmp_path: Path, series: str, model: str) -> None:
    ports = model_ports(tmp_path)
    with pytest.raises(UsageError, match="not a"):
        promote(ports, series, model)


def test_a_version_that_is_not_there_is_not_promoted(tmp_path: Path) -> None:
    ports = model_ports(tmp_path)
    trained(ports)
    with pytest.raises(ModelRefused, match="sound version 7"):
        promote(ports, "spot", "boosting", 7)
    assert champion(ports, "spot").chosen_by is Chooser.DEFAULT


def test_a_version_held_to_that_is_damaged_or_old_is_told(tmp_path: Path) -> None:
    ports = model_ports(tmp_path)
    trained(ports)
    promote(ports, "spot", "boosting", 1)
    trained(later(ports, 9))
    assert "held to version 1, learnt 9 days ago" in model_findings(later(ports, 9))[0][2]
    for _ in range(KEPT + 2):
        trained(later(ports, 9))
    assert served(later(ports, 9)).learnt_at == NOW  # type: ignore[union-attr]
    (tmp_path / "models" / "spot" / "boosting" / "000001.npz").write_bytes(b"")
    assert served(later(ports, 9)).learnt_at == NOW + 9 * DAY  # type: ignore[union-attr]
    assert "version 1 changed" in model_findings(later(ports, 9))[0][2]


def test_the_settings_come_before_any_champion(tmp_path: Path) -> None:
    ports = model_ports(tmp_path, boosting=0.0, rival=1.0)
    trained(ports)
    promote(ports, "spot", "rival")
    pinned = replace(ports, forecaster="boosting")
    assert serving_model(pinned, "spot") == "boosting"
    assert read_models(pinned, ("spot",))["pinned"] == "boosting"


def test_a_champion_that_is_no_longer_there(tmp_path: Path) -> None:
    ports = model_ports(tmp_path, boosting=0.0, rival=1.0)
    trained(ports)
    promote(ports, "spot", "rival")
    without = replace(ports, forecasters=profilers(boosting=0.0))
    assert serving_model(without, "spot") == "boosting"
    assert "no such model" in champion(without, "spot").why


def test_a_damaged_file_of_champions_lets_the_default_serve(tmp_path: Path) -> None:
    ports = model_ports(tmp_path, boosting=0.0, rival=1.0)
    trained(ports)
    promote(ports, "spot", "rival")
    (tmp_path / "models" / "spot" / "champion.json").write_text("{", encoding="utf-8")
    assert serving_model(ports, "spot") == "boosting"
    assert served(ports) is not None
    assert model_findings(ports)[0][1] == "warning"
    assert "champions of spot" in read_models(ports, ("spot",))["series"][0]["trouble"]
    promote(ports, "spot", "rival")
    assert serving_model(ports, "spot") == "rival"


def test_what_is_told_of_a_profile(tmp_path: Path) -> None:
    ports = model_ports(tmp_path)
    (one,) = trained(ports, "boosting")
    metrics = one.to_json()["metrics"]
    assert np.isfinite([metrics["lowest_eur_mwh"], metrics["highest_eur_mwh"]]).all()
    assert one.to_json()["version"] == 1
