"""The command that tells the rules of production in words."""

from __future__ import annotations

import typer

from chocolate_factory.cli import output
from chocolate_factory.core.config import load_settings
from chocolate_factory.services.tell_rules import rules_lines, tell_rules
from chocolate_factory.wiring import read_factory_file, replanning


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("rules")(rules_command)


def rules_command(lang: output.LangOption = output.Tongue.EN, as_json: output.JsonOption = False) -> None:
    """The rules of production in words, with the numbers of the factory file; --json has both languages."""
    settings = load_settings()
    factory, _ = read_factory_file(settings.factory)
    told = tell_rules(factory, replanning(settings))
    if as_json:
        output.emit(told, factory.site.timezone)
        return
    for line in rules_lines(told, lang):
        output.console.print(line, markup=False, soft_wrap=True)
