"""When keys end: what a web token says, what is assumed, and what says nothing."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.token_age import LASTS, token_ends

GIVEN = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)
ENDS = datetime(2026, 4, 1, tzinfo=UTC)


def made(payload: object) -> str:
    parts = ({"alg": "HS256"}, payload)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, "signature"])


def test_a_key_that_says_when_it_ends_is_believed() -> None:
    claims = {"sub": "a@b.es", "iat": GIVEN.timestamp(), "exp": ENDS.timestamp()}
    assert token_ends(made(claims)) == (ENDS, False)
    assert token_ends(f" {made(claims)}\n") == (ENDS, False)


def test_a_key_that_only_says_when_it_was_given_lasts_a_hundred_days() -> None:
    assert token_ends(made({"iat": int(GIVEN.timestamp())})) == (GIVEN + LASTS, True)
    assert token_ends(made({"iat": GIVEN.timestamp(), "exp": "soon"})) == (GIVEN + LASTS, True)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": True},
        {"exp": None},
        {"iat": -1},
        {"exp": 1e300},
        {"iat": 253402300000},
        {"iat": "x"},
        [1],
        7,
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"iat": 10**400},
    ],
)
def test_claims_that_say_nothing(claims: object) -> None:
    assert token_ends(made(claims)) == (None, False)


@pytest.mark.parametrize(
    "text", ["", "abc", "a.b.c", "a.b", "..", "a.é.c", "a.W10.c", "a." + "W" * 400_001 + ".c", "x" * 32]
)
def test_texts_that_are_no_token(text: str) -> None:
    assert token_ends(text) == (None, False)


def test_a_deeply_nested_token_is_none() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    assert token_ends(f"a.{deep}.c") == (None, False)


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    token_ends(text)
    token_ends(f"a.{base64.urlsafe_b64encode(text.encode(errors='replace')).decode()}.c")
