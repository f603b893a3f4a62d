"""Whether a key and a model of Anthropic count, found without asking the model anything.

Counting tokens is free of charge: https://docs.anthropic.com/en/docs/build-with-claude/token-counting.
"""

from __future__ import annotations

import httpx

from chocolate_factory.core.errors import Misconfigured, Unreachable
from chocolate_factory.infrastructure.assistants.claude import SOURCE, ClaudePlace, of_status

VERSION = "2023-06-01"
ASK_S = 15.0
MODEL_HINT = "Set CHOCO_ANTHROPIC__MODEL to a model that the key may use."


def check_key(place: ClaudePlace) -> None:
    """Return when the model may be asked.

    Raises Misconfigured for a key that does not count and for an unknown model, and what a question would
    raise where the service cannot be reached or is overloaded.
    """
    asked = {"model": place.model, "messages": [{"role": "user", "content": "?"}]}
    headers = {"x-api-key": place.api_key, "anthropic-version": VERSION}
    url = f"{place.base_url.rstrip('/')}/v1/messages/count_tokens"
    try:
        answer = httpx.post(url, json=asked, headers=headers, timeout=ASK_S)
    except httpx.HTTPError as error:
        raise Unreachable(f"the connection failed: {type(error).__name__}", source=SOURCE) from None
    if answer.status_code == 404:
        raise Misconfigured(f"CHOCO_ANTHROPIC__MODEL: {place.model} is not known there.", MODEL_HINT)
    if answer.status_code != 200:
        raise of_status(answer.status_code, "tokens were not counted")
