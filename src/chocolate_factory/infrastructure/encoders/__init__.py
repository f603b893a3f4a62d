"""Sentence encoders: what is installed of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from chocolate_factory.domain.ports import Encoder
from chocolate_factory.infrastructure.encoders.sentences import SentenceEncoder, installed


@cache
def build_encoder(state: Path) -> Encoder | None:
    """The encoder, with the folder below a state folder where vectors are kept; None without its package.

    One for all who ask of a state folder: weights are read once.
    """
    return SentenceEncoder(state / "vectors") if installed() else None
