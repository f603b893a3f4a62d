"""What tokens cost, by model: list prices in USD per million tokens, with the day they were written down.

Source: the public price list of the Anthropic API, as public copies of it had it on that day. Writing to the
cache costs 1.25 times, reading from it a tenth of the input. Prices change: what a bill says counts, this is
for the budget. Haiku 5.5 costs a fifth of what stands here for prompts up to 100,000 tokens; the dearer band
counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

SEEN_ON = date(2026, 11, 23)
CACHE_WRITE, CACHE_READ = 1.25, 0.1
MILLION = 1_000_000
EUR_PER_USD = 1.0
"""Assumed, and on the safe side: a USD has cost less than a EUR since the end of 2022."""


@dataclass(frozen=True)
class Price:
    """USD per million tokens in and out, for models whose name begins with `model`."""

    model: str
    input_usd: float
    output_usd: float


PRICES = (
    Price("claude-haiku-5-5", 0.5, 2.5),
    Price("claude-haiku-4-5", 1.0, 5.0),
    Price("claude-sonnet-4", 3.0, 15.0),
    Price("claude-opus-4-5", 5.0, 25.0),
    Price("claude-opus-4-6", 5.0, 25.0),
    Price("claude-opus-4", 15.0, 75.0),
)
"""The first that fits counts."""

DEAREST = max(PRICES, key=lambda price: price.output_usd)
"""What a model counts as that is not listed: a budget must not be overrun for want of a price."""


def price_of(model: str) -> Price:
    """The price of a model."""
    return next((price for price in PRICES if model.startswith(price.model)), DEAREST)


def cost_eur(model: str, tokens: tuple[int, int, int, int]) -> float:
    """Cost of tokens, EUR: (input, output, written to the cache, read from it)."""
    price = price_of(model)
    given, made, written, read = tokens
    counted = given + CACHE_WRITE * written + CACHE_READ * read
    return (counted * price.input_usd + made * price.output_usd) / MILLION * EUR_PER_USD
