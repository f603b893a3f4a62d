"""Versions of models on disk: whole or refused, ten of each, and safe with several writers."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.core.errors import ModelRefused, StoreFailed, UsageError
from chocolate_factory.domain.ports import Learnt
from chocolate_factory.domain.registry import (
    KEPT,
    Choice,
    Chooser,
    State,
    champion_then,
    fit_to_serve,
    former_choice,
    left_over,
)
from chocolate_factory.infrastructure.model_files import ModelFiles

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def files(folder: Path, code: str = "1") -> ModelFiles:
    return ModelFiles(folder / "models", lambda: code)


def learnt(level: float = 1.0, at: datetime = NOW, model: str = "flat") -> Learnt:
    """Numbers under names that a writer could mistake for its own parameters."""
    arrays = {"file": np.array([level]), "a/b": np.arange(3, dtype=np.uint8), "none": np.zeros((0, 2))}
    return Learnt(model, "spot", at, arrays, {"days": 60, "inputs": ["price"], "note": "ñ"})


def place(folder: Path) -> Path:
    return folder / "models" / "spot" / "flat"


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    version = files(tmp_path).save(learnt(2.5), {"unseen_mae": 9.25})
    assert (version.number, version.code, version.metrics) == (1, "1", {"unseen_mae": 9.25})
    assert set(version.libraries) >= {"numpy", "lightgbm"}
    again = files(tmp_path)
    (held,) = again.held("spot", "flat")
    assert (held.state, held.version) == (State.OK, version)
    back = again.load("spot", "flat", 1)
    assert (back.model, back.series, back.learnt_at, back.facts) == ("flat", "spot", NOW, learnt().facts)
    assert sorted(back.arrays) == ["a/b", "file", "none"]
    for name, array in learnt(2.5).arrays.items():
        assert back.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(back.arrays[name], array)


def test_a_model_without_numbers(tmp_path: Path) -> None:
    files(tmp_path).save(replace(learnt(), arrays={}), {})
    assert files(tmp_path).load("spot", "flat", 1).arrays == {}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def edit(path: Path) -> None:
    body = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**body, "learnt_at": "2026-03-09T20:00:00+00:00"}), encoding="utf-8")


def swap(path: Path) -> None:
    """Another version's manifest, whole in itself."""
    path.write_bytes(path.with_name("000001.json").read_bytes())


FAULTS: dict[str, tuple[str, Callable[[Path], object], State]] = {
    "a bit flipped": ("000002.npz", flip, State.CHANGED),
    "truncated": ("000002.npz", lambda p: p.write_bytes(p.read_bytes()[:-20]), State.CHANGED),
    "emptied": ("000002.npz", lambda p: p.write_bytes(b""), State.CHANGED),
    "deleted": ("000002.npz", Path.unlink, State.MISSING),
    "manifest edited": ("000002.json", edit, State.CHANGED),
    "manifest cut": ("000002.json", lambda p: p.write_bytes(p.read_bytes()[:40]), State.CHANGED),
    "manifest no object": ("000002.json", lambda p: p.write_text("[]"), State.CHANGED),
    "manifest of another": ("000002.json", swap, State.CHANGED),
    "manifest a folder": ("000002.json", lambda p: (p.unlink(), p.mkdir()), State.MISSING),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_version_is_refused_and_the_older_one_is_sound(tmp_path: Path, fault: str) -> None:
    registry = files(tmp_path)
    registry.save(learnt(1.0, NOW - DAY), {})
    registry.save(learnt(2.0), {})
    name, harm, state = FAULTS[fault]
    harm(place(tmp_path) / name)
    states = {one.number: one.state for one in registry.held("spot", "flat")}
    assert states == {1: State.OK, 2: state}
    with pytest.raises(ModelRefused, match="Version 2 of flat for spot"):
        registry.load("spot", "flat", 2)
    assert [one.number for one in fit_to_serve(registry.held("spot", "flat"), NOW)] == [1]
    assert registry.save(learnt(3.0), {}).number == 3


def test_without_its_manifest_there_is_no_version(tmp_path: Path) -> None:
    registry = files(tmp_path)
    registry.save(learnt(), {})
    (place(tmp_path) / "000001.json").unlink()
    assert registry.held("spot", "flat") == []
    with pytest.raises(ModelRefused):
        registry.load("spot", "flat", 1)


def test_other_code_does_not_serve(tmp_path: Path) -> None:
    files(tmp_path, "1").save(learnt(), {})
    (held,) = files(tmp_path, "2").held("spot", "flat")
    assert held.state is State.OTHER_CODE
    with pytest.raises(ModelRefused, match="other code"):
        files(tmp_path, "2").load("spot", "flat", 1)
    assert files(tmp_path, "1").held("spot", "flat")[0].state is State.OK


def test_objects_are_never_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="objects"):
        files(tmp_path).save(replace(learnt(), arrays={"bad": np.array([{}])}), {})
    assert files(tmp_path).held("spot", "flat") == []


def test_figures_that_are_no_numbers_are_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        files(tmp_path).save(learnt(), {"unseen_mae": float("nan")})
    assert files(tmp_path).held("spot", "flat") == []


def test_ten_are_kept_and_the_one_chosen(tmp_path: Path) -> None:
    registry = files(tmp_path)
    for day in range(3):
        registry.save(learnt(day, NOW + day * DAY), {})
    registry.choose(Choice("spot", "flat", NOW, Chooser.HAND, "", 2))
    for day in range(3, KEPT + 5):
        registry.save(learnt(day, NOW + day * DAY), {})
    numbers = [one.number for one in registry.held("spot", "flat")]
    assert numbers == [*range(KEPT + 5, 6, -1), 2]
    assert len(numbers) == KEPT
    assert len(list(place(tmp_path).iterdir())) == 2 * KEPT


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    registry = files(tmp_path)
    registry.save(learnt(), {})
    (place(tmp_path) / "000002.npz").write_bytes(b"half")
    (place(tmp_path) / ".000002.json").write_bytes(b"half")
    assert [one.number for one in registry.held("spot", "flat")] == [1]
    assert registry.save(learnt(), {}).number == 2
    assert sorted(p.name for p in place(tmp_path).iterdir()) == [
        "000001.json",
        "000001.npz",
        "000002.json",
        "000002.npz",
    ]


def save_some(folder: str, level: int) -> None:
    for _ in range(4):
        files(Path(folder)).save(learnt(level), {})
        files(Path(folder)).choose(Choice("spot", "flat", NOW, Chooser.HAND, str(level)))


def test_two_processes_save_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=save_some, args=(str(tmp_path), level)) for level in (1, 2)]
    for one in both:
        one.start()
    for one in both:
        one.join(300)
        assert one.exitcode == 0
    registry = files(tmp_path)
    held = registry.held("spot", "flat")
    assert [(one.number, one.state) for one in held] == [(number, State.OK) for number in range(8, 0, -1)]
    levels = [float(registry.load("spot", "flat", one.number).arrays["file"][0]) for one in held]
    assert sorted(levels) == [1.0] * 4 + [2.0] * 4
    assert sorted(choice.why for choice in registry.choices("spot")) == ["1"] * 4 + ["2"] * 4


def save_for_ever(folder: str) -> None:
    while True:
        files(Path(folder)).save(learnt(), {})


def test_a_writer_killed_at_any_moment_leaves_sound_versions(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    registry = files(tmp_path)
    for more in (1, 3):
        first = max((one.number for one in registry.held("spot", "flat")), default=0)
        writer = context.Process(target=save_for_ever, args=(str(tmp_path),))
        writer.start()
        deadline = time.monotonic() + 300
        while max((one.number for one in registry.held("spot", "flat")), default=0) < first + more:
            assert time.monotonic() < deadline
        writer.kill()
        writer.join(300)
        held = registry.held("spot", "flat")
        assert {one.state for one in held} == {State.OK}
        assert registry.save(learnt(9.0), {}).number > held[0].number
        assert len(list(place(tmp_path).iterdir())) == 2 * len(registry.held("spot", "flat"))


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file", encoding="utf-8")
    with pytest.raises(StoreFailed, match="CHOCO_STATE"):
        files(tmp_path).save(learnt(), {})
    with pytest.raises(StoreFailed, match="CHOCO_STATE"):
        files(tmp_path).choose(Choice("spot", "flat", NOW, Chooser.HAND, ""))


def test_choices_come_back_and_damage_is_put_aside(tmp_path: Path) -> None:
    registry = files(tmp_path)
    assert registry.choices("spot") == []
    first = Choice("spot", "lear", NOW, Chooser.SIGNIFICANCE, "better", None)
    second = Choice("spot", "mix", NOW + DAY, Chooser.HAND, "wish", 3)
    registry.choose(first)
    registry.choose(second)
    assert files(tmp_path).choices("spot") == [first, second]
    assert registry.choices("pvpc") == []
    path = tmp_path / "models" / "spot" / "champion.json"
    path.write_text(path.read_text(encoding="utf-8").replace("lear", "evil"), encoding="utf-8")
    with pytest.raises(ModelRefused, match="champions of spot"):
        registry.choices("spot")
    registry.choose(second)
    assert registry.choices("spot") == [second]
    assert path.with_name("champion.json.damaged").exists()


def choice(model: str, day: int, by: Chooser = Chooser.HAND) -> Choice:
    return Choice("spot", model, NOW + day * DAY, by, "")


def test_no_choice_of_the_future_counts() -> None:
    made = [choice("lear", 0), choice("mix", 2)]
    assert champion_then(made, "spot", NOW - DAY).model == "boosting"
    assert champion_then(made, "spot", NOW + DAY).model == "lear"
    assert champion_then(made, "spot", NOW + 2 * DAY).model == "mix"
    assert champion_then(made[::-1], "spot", NOW + 3 * DAY).model == "mix", "time counts, not the order"


def test_back_step_by_step() -> None:
    made = [choice("lear", 0), choice("mix", 1)]
    assert former_choice(made, "spot", NOW + DAY).model == "lear"
    made.append(choice("lear", 2, Chooser.ROLLBACK))
    assert former_choice(made, "spot", NOW + 2 * DAY).model == "boosting"
    made.append(choice("boosting", 3, Chooser.ROLLBACK))
    with pytest.raises(UsageError, match="no earlier choice"):
        former_choice(made, "spot", NOW + 3 * DAY)
    made.append(choice("mix", 4))
    assert former_choice(made, "spot", NOW + 4 * DAY).model == "boosting"


def test_no_version_of_the_future_and_none_too_old(tmp_path: Path) -> None:
    registry = files(tmp_path)
    for day in (-9, -8, -1, 1):
        registry.save(learnt(at=NOW + day * DAY), {})

    def serves(now: datetime, only: int | None = None) -> list[int]:
        return [one.number for one in fit_to_serve(registry.held("spot", "flat"), now, only)]

    assert serves(NOW) == [3, 2]
    assert serves(NOW, 1) == [1, 3, 2], "a person's choice has no age"
    assert serves(NOW, 4) == [3, 2], "but it was not there yet"
    assert serves(NOW - 20 * DAY) == []
    assert serves(NOW + DAY) == [4, 3]


def test_the_lowest_numbers_go_first() -> None:
    assert left_over(range(1, 11), None) == []
    assert left_over([*range(12, 0, -1)], None) == [1, 2]
    assert left_over(range(1, 13), 1) == [2, 3]
