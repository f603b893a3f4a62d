"""How well texts fit words: BM25, and one order out of several.

Robertson and Zaragoza 2009, "The probabilistic relevance framework: BM25 and beyond", with an idf that is
never negative; Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion outperforms Condorcet".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
K1, B = 1.2, 0.75
"""How soon a word that comes again stops counting, and how much the length of a text counts."""

RANKS = 10.0
"""How much the first places of an order count beyond the next."""


class WordIndex:
    """Texts as words, ready to be looked through; they are named by their position."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        lengths = np.array([len(text) for text in texts], dtype=np.float64)
        self._norm = K1 * (1 - B + B * lengths / max(1.0, float(lengths.mean()) if len(texts) else 1.0))
        found: dict[str, list[tuple[int, int]]] = {}
        for number, text in enumerate(texts):
            for word, times in Counter(text).items():
                found.setdefault(word, []).append((number, times))
        self._found = {word: np.array(rows, dtype=np.int64) for word, rows in found.items()}

    def idf(self, word: str) -> float:
        """How rare a word is; a word that no text has is the rarest."""
        count, all_of_them = len(self._found.get(word, ())), len(self._norm)
        return math.log(1 + (all_of_them - count + 0.5) / (count + 0.5))

    def scores(self, wanted: Mapping[str, float]) -> Scores:
        """BM25 of each text for words with their weights; 0 for a text that has none of them."""
        scores = np.zeros(len(self._norm))
        for word, weight in wanted.items():
            rows = self._found.get(word)
            if rows is not None:
                texts, times = rows[:, 0], rows[:, 1]
                scores[texts] += weight * self.idf(word) * times * (K1 + 1) / (times + self._norm[texts])
        return scores

    def has(self, word: str, text: int) -> bool:
        """Whether a text has a word."""
        rows = self._found.get(word)
        return rows is not None and bool((rows[:, 0] == text).any())


def fused(*orders: Scores) -> Scores:
    """One score out of several by rank, the higher the better; what scores alike keeps its order."""
    total = np.zeros(len(orders[0]))
    for scores in orders:
        places = np.empty(len(scores))
        places[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
        total += 1.0 / (RANKS + places)
    return total


def highest(values: NDArray[np.float32], owners: NDArray[np.int64], count: int) -> Scores:
    """The highest value that each of `count` owners has; −1 for one without any."""
    found = np.full(count, -1.0)
    np.maximum.at(found, owners, values.astype(np.float64))
    return found
