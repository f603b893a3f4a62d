"""The rules of production in words, as an answer for machines and as a page."""

from __future__ import annotations

from typing import Any

from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.ports import Replanning
from chocolate_factory.domain.rule_words import rules_in_words

Row = dict[str, Any]
TITLES = {"en": "Business rules", "es": "Reglas de producción"}
ASSUMED = {"en": "Assumptions", "es": "Supuestos"}


def tell_rules(factory: Factory, replanning: Replanning) -> Row:
    """Sections of sentences in English and Spanish; `rules` names the checker's kinds of rule.

    `assumptions` are the sentences of the factory file and of its reading, in the language they have there.
    """
    return {
        "site": factory.site.name,
        "sections": [
            {
                "key": section.key,
                "title": {"en": section.title_en, "es": section.title_es},
                "sentences": [
                    {"en": said.en, "es": said.es, "rules": list(said.rules)} for said in section.sentences
                ],
            }
            for section in rules_in_words(factory, replanning)
        ],
        "assumptions": list(factory.assumptions),
    }


def rules_lines(told: Row, language: str, level: int = 1) -> list[str]:
    """What `tell_rules` told as lines of Markdown in one language, headings from `level` on."""
    lines = [f"{'#' * level} {TITLES[language]}: {told['site']}"]
    for section in told["sections"]:
        lines += ["", f"{'#' * (level + 1)} {section['title'][language]}", ""]
        lines += [f"- {said[language]}" for said in section["sentences"]]
    if told["assumptions"]:
        lines += ["", f"{'#' * (level + 1)} {ASSUMED[language]}", ""]
        lines += [f"- {sentence}" for sentence in told["assumptions"]]
    return lines


def rules_text(factory: Factory, replanning: Replanning) -> str:
    """The rules of production in both languages as one text in Markdown, English first."""
    told = tell_rules(factory, replanning)
    return "\n".join([*rules_lines(told, "en"), "", *rules_lines(told, "es")])
