"""One answer of a provider serves each of its series once, for a minute."""

from __future__ import annotations

import threading
import time

import pytest

from chocolate_factory.core.errors import Unreachable
from chocolate_factory.infrastructure.sources.shared import KEEP_SECONDS, Shared


class Provider:
    """Counts how often it is asked; its answer is that number."""

    def __init__(self) -> None:
        self.asked = 0
        self.down = False

    def __call__(self) -> int:
        self.asked += 1
        if self.down:
            raise Unreachable("no connection", source="station")
        return self.asked


@pytest.fixture
def provider() -> Provider:
    return Provider()


def test_each_series_has_the_one_answer(provider: Provider) -> None:
    answers: Shared[int] = Shared()
    told = [answers.get(key, "today", provider) for key in ("temperature", "humidity", "rain")]
    assert (told, provider.asked) == ([1, 1, 1], 1)


def test_the_same_series_again_is_a_new_question(provider: Provider) -> None:
    answers: Shared[int] = Shared()
    for key in ("temperature", "humidity", "temperature"):
        answers.get(key, "today", provider)
    assert provider.asked == 2
    assert answers.get("humidity", "today", provider) == 2, "the newer answer serves the others too"
    assert provider.asked == 2


def test_other_questions_have_other_answers(provider: Provider) -> None:
    answers: Shared[int] = Shared()
    assert answers.get("temperature", ("today", 1), provider) == 1
    assert answers.get("humidity", ("today", 2), provider) == 2


def test_an_answer_is_kept_for_a_minute(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    at = [1000.0]
    monkeypatch.setattr("chocolate_factory.infrastructure.sources.shared.time.monotonic", lambda: at[0])
    answers: Shared[int] = Shared()
    answers.get("temperature", "today", provider)
    at[0] += KEEP_SECONDS - 1
    assert answers.get("humidity", "today", provider) == 1
    at[0] += 1
    assert answers.get("rain", "today", provider) == 2


def test_a_failure_passes_through_and_is_not_kept(provider: Provider) -> None:
    answers: Shared[int] = Shared()
    provider.down = True
    for key in ("temperature", "humidity"):
        with pytest.raises(Unreachable):
            answers.get(key, "today", provider)
    provider.down = False
    assert answers.get("temperature", "today", provider) == 3


def test_threads_share_one_question() -> None:
    answers: Shared[int] = Shared()
    asked: list[int] = []
    told: list[int] = []

    def slow() -> int:
        asked.append(1)
        time.sleep(0.05)
        return len(asked)

    threads = [
        threading.Thread(target=lambda n=n: told.append(answers.get(f"series {n}", "today", slow)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert (told, len(asked)) == ([1] * 8, 1)
