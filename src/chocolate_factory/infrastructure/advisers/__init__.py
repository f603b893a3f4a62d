"""Ways to learn hourly advice by name."""

from __future__ import annotations

from chocolate_factory.domain.advice import Learn
from chocolate_factory.infrastructure.advisers.forest import grow

ADVISERS: dict[str, Learn] = {"forest": grow}
