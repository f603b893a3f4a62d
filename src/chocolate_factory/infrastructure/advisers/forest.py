"""Random forests (Breiman 2001, Machine Learning 45, 5) of scikit-learn, kept as plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from chocolate_factory.domain.advice import Forest, Grade
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray
from chocolate_factory.domain.trees import Trees

SETTINGS: dict[str, Any] = {
    "n_estimators": 60,
    "max_leaf_nodes": 48,
    "min_samples_leaf": 20,
    "max_features": 0.4,
    "random_state": 7,
    "n_jobs": 1,
}
"""Small trees: the hours of one week move together, so there is less to learn than there are rows."""

MOST_ROWS = 6_000
"""Rows that one tree sees at most, drawn anew for each."""


def grow(table: FloatArray, score: FloatArray, grade: IntArray) -> Forest:
    """A regressor of the score and a classifier of the grade on the same inputs (n, features).

    The same answer every time. Raises ValueError for no rows or one that is not finite.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # a second to load

    if len(table) == 0 or not (np.isfinite(table).all() and np.isfinite(score).all()):
        raise ValueError("a forest needs rows of finite numbers")
    rows = min(len(table), MOST_ROWS)
    told = RandomForestRegressor(**SETTINGS, max_samples=rows).fit(table, score)
    graded = RandomForestClassifier(**SETTINGS, max_samples=rows).fit(table, grade)
    known = [int(one) for one in graded.classes_]
    return Forest(as_trees(told, None), as_trees(graded, known))


def as_trees(forest: Any, classes: list[int] | None) -> Trees:
    """A fitted forest's nodes, one tree after the other; grades never seen get the share 0."""
    columns: dict[str, list[Any]] = {name: [] for name in ("feature", "left", "right", "threshold", "value")}
    roots, begin = [], 0
    for estimator in forest.estimators_:
        tree = estimator.tree_
        nodes = np.arange(tree.node_count)
        leaf = tree.children_left < 0
        columns["feature"].append(np.where(leaf, 0, tree.feature))
        columns["left"].append(np.where(leaf, nodes, tree.children_left) + begin)
        columns["right"].append(np.where(leaf, nodes, tree.children_right) + begin)
        columns["threshold"].append(np.where(leaf, 0.0, tree.threshold))
        columns["value"].append(values_of(tree.value[:, 0, :], classes))
        roots.append(begin)
        begin += tree.node_count
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    return Trees(root=np.array(roots, np.int64), **joined)


def values_of(value: FloatArray, classes: list[int] | None) -> FloatArray:
    """What nodes (m, outputs) tell; of a classifier the share of each `Grade`, shape (m, 4)."""
    if classes is None:
        return value
    shares = np.zeros((len(value), len(Grade)))
    shares[:, classes] = value / value.sum(axis=1, keepdims=True)
    return shares
