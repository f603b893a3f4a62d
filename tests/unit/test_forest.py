"""The forest as numbers: what scikit-learn says, without it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from chocolate_factory.domain.advice import Grade
from chocolate_factory.domain.trees import Trees, unpack
from chocolate_factory.infrastructure.advisers import ADVISERS
from chocolate_factory.infrastructure.advisers.forest import SETTINGS, grow


@pytest.fixture(scope="module")
def lesson() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    table = random.normal(size=(1500, 4))
    score = 50 + 20 * table[:, 0] - 10 * table[:, 1] ** 2
    return table, score, np.digitize(-score, [-60, -50, -40]).astype(np.int64)


def test_trees_say_what_the_library_says(lesson: tuple[np.ndarray, ...]) -> None:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    table, score, grade = lesson
    forest = grow(table, score, grade)
    asked = np.random.default_rng(6).normal(size=(300, 4))
    told = RandomForestRegressor(**SETTINGS, max_samples=len(table)).fit(table, score)
    assert np.allclose(forest.score.tell(asked)[:, 0], told.predict(asked), atol=1e-9)
    graded = RandomForestClassifier(**SETTINGS, max_samples=len(table)).fit(table, grade)
    assert np.allclose(forest.grade.tell(asked), graded.predict_proba(asked), atol=1e-9)


def test_a_grade_that_never_was_is_never_told(lesson: tuple[np.ndarray, ...]) -> None:
    table, score, grade = lesson
    forest = grow(table, score, np.where(grade == Grade.MODERATE, Grade.HALT, grade))
    told = forest.grade.tell(table)
    assert told.shape == (len(table), len(Grade))
    assert (told[:, Grade.MODERATE] == 0).all()
    assert np.allclose(told.sum(axis=1), 1)


def test_it_survives_being_kept_as_text(lesson: tuple[np.ndarray, ...]) -> None:
    forest = ADVISERS["forest"](*lesson)
    again = unpack(json.loads(json.dumps(forest.score.pack())))
    assert np.array_equal(again.tell(lesson[0]), forest.score.tell(lesson[0]))


def test_changed_or_broken_trees_are_refused(lesson: tuple[np.ndarray, ...]) -> None:
    body = grow(*lesson).score.pack()
    for broken in (
        {**body, "sha256": "0" * 64},
        {**body, "left": {**body["left"], "data": body["right"]["data"]}},
        {key: value for key, value in body.items() if key != "value"},
        {**body, "root": None},
        {},
    ):
        with pytest.raises(ValueError):
            unpack(broken)
    one, zero = np.zeros(1, np.int64), np.zeros(1)
    outside = Trees(one, one, one + 7, one, zero, np.zeros((1, 1))).pack()
    with pytest.raises(ValueError, match="not there"):
        unpack(outside)


def test_rows_must_be_numbers(lesson: tuple[np.ndarray, ...]) -> None:
    table, score, grade = lesson
    with pytest.raises(ValueError, match="finite"):
        grow(np.where(table > 2, np.nan, table), score, grade)
    with pytest.raises(ValueError, match="rows"):
        grow(table[:0], score[:0], grade[:0])
