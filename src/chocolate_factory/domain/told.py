"""What a tool tells: facts, and sentences in both languages that say nothing beyond them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chocolate_factory.domain.facts import Fact, Language, Value


@dataclass
class Told:
    """The result of a tool at a moment of knowledge; ids of facts begin with the name of the tool.

    `missing` says that what was asked for is not there: the sentences say so, and no fact stands for it.
    """

    tool: str
    as_of: datetime
    zone: str
    sample: bool = False
    missing: bool = False
    facts: dict[str, Fact] = field(default_factory=dict)
    sentences: list[tuple[str, str]] = field(default_factory=list)

    def fact(
        self, key: str, value: Value, unit: str, said: tuple[str, str], words: tuple[str, str] | None = None
    ) -> Fact:
        """Add a fact; `said` is what it is in Spanish and English."""
        made = Fact(f"{self.tool}.{key}", value, unit, self.as_of, self.zone, said[0], said[1], "", words)
        self.facts[key] = made
        return made

    def say(self, es: str, en: str, **facts: Fact | str) -> None:
        """Add a sentence; names in braces are facts, or texts that belong to one."""
        told = []
        for text, language in ((es, "es"), (en, "en")):
            spoken: Language = "es" if language == "es" else "en"
            values = {k: f.written(spoken) if isinstance(f, Fact) else f for k, f in facts.items()}
            told.append(text.format(**values))
        self.sentences.append((told[0], told[1]))

    def lack(self, es: str, en: str, **facts: Fact | str) -> None:
        """Say that something asked for is not there."""
        self.missing = True
        self.say(es, en, **facts)

    def numbered(self, number: int) -> Told:
        """The same as a later call of its tool in an answer, whose facts have ids of their own."""
        facts = {key: replace(fact, id=f"{self.tool}-{number}.{key}") for key, fact in self.facts.items()}
        return replace(self, facts=facts)

    def spoken(self, language: Language) -> list[str]:
        """The sentences in a language."""
        return [pair[0 if language == "es" else 1] for pair in self.sentences]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for programs and models."""
        return {
            "tool": self.tool,
            "as_of": self.as_of.isoformat(),
            "sample": self.sample,
            "missing": self.missing,
            "facts": [fact.to_json() for fact in self.facts.values()],
            "sentences": {"es": self.spoken("es"), "en": self.spoken("en")},
        }
