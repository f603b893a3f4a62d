"""What plans and bills assume is said in Spanish too: every sentence of the program has its form."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import pytest

from chocolate_factory.domain import tariff
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.tariff.tables import Table, lookup
from chocolate_factory.services.note_words import NAMES, NOTES, forms, spanish_note, spanish_notes
from tests.conftest import ROOT

SOURCES = ROOT / "src" / "chocolate_factory"
PLACE = re.compile(r"\{\w*\}")
PLANTS = [ROOT / "factory.toml", *sorted((ROOT / "examples").glob("*.toml"))]
SAID = {
    "No weather forecast for 12.5 h of the window: climate normals are taken there.": (
        "Sin previsión del tiempo para 12,5 h del plan: ahí se toma el clima habitual."
    ),
    "2 of standard due 2026-03-12T06:00:00+01:00 are still owed.": (
        "Aún se deben 2 de standard para 2026-03-12 06:00."
    ),
    "The VAT changes from 21 to 10 % inside the billing period; the rate of its last day is applied to all of"
    " it (some bills split by days of consumption).": (
        "El IVA cambia del 21 al 10 % dentro del periodo; se aplica a todo el tipo del último día (algunas"
        " facturas reparten por días de consumo)."
    ),
    "capacity payment 3.0TD of 2026 after 2025-12-31: no value known here; the last known one (Orden"
    " TED/1487/2024) is assumed.": (
        "Pago por capacidad 3.0TD de 2026 después del 2025-12-31: no se conoce su valor; se supone el último"
        " conocido (Orden TED/1487/2024)."
    ),
    "Batch 70/30. 1 cannot go on within its rules and is made anew.": (
        "El lote 70/30. 1 no puede seguir sin romper sus reglas y se hace de nuevo."
    ),
}


def tables() -> Iterator[Table]:
    """Every dated table of the tariff."""
    for found in iter_modules(tariff.__path__):
        for value in vars(import_module(f"{tariff.__name__}.{found.name}")).values():
            for one in value.values() if isinstance(value, dict) else [value]:
                if isinstance(one, Table):
                    yield one


@cache
def told() -> tuple[str, ...]:
    """Sentences that the tables and the plants of the repository bring, those of silent files too."""
    found = [row.note for table in tables() for row in table.rows if row.note]
    for table in tables():
        last = table.rows[-1].last
        if table.stands_on and last:
            found.append(str(lookup(table, date(last.year + 1, 6, 1)).assumption))
    for path in PLANTS:
        text = path.read_text()
        key = (
            r"(?m)^(retail_margin_eur_mwh|municipal_fee|energy_includes_tolls|industrial|holidays|note) = .*$"
        )
        silent = re.sub(key, "", text).replace("Europe/Madrid", "Atlantic/Canary")
        for one in (text, silent, re.sub(r"(?m)^latitude = .*$", "latitude = 28.1", silent)):
            found += parse_factory(one, path.name).assumptions
    return tuple(dict.fromkeys(found))


def written() -> set[str]:
    """Every text of the program, {} for what is put in."""
    found = set()
    for path in SOURCES.rglob("*.py"):
        if path.name == "note_words.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(re.sub(r"\{[^}]*\}", "{}", node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
                found.add("".join(str(part) for part in parts))
    return found


@pytest.mark.parametrize("note", told())
def test_every_sentence_has_its_spanish(note: str) -> None:
    assert spanish_note(note) is not None


@pytest.mark.parametrize(("note", "spanish"), SAID.items())
def test_numbers_names_and_moments_are_as_spanish_writes_them(note: str, spanish: str) -> None:
    assert spanish_note(note) == spanish


def test_what_the_file_of_a_plant_says_stays() -> None:
    notes = ["Nuestra planta, medida en 2025.", "No demand falls into the window: there is nothing to make."]
    assert spanish_notes(notes) == [None, "Ningún pedido cae dentro del plan: no hay nada que hacer."]


def test_forms_are_of_sentences_that_the_program_says() -> None:
    """A sentence that is worded anew needs a form anew."""
    texts = written()
    units = "{}: what {} carried before is not known; no setup is needed at first."
    assert units in texts
    made = {"{machine}: what", "Risk is not weighed: {series}", "{key} is not given"}
    for (english, spanish), (form, _) in zip(NOTES, forms(), strict=True):
        bare = PLACE.sub("{}", english)
        known = bare in texts or english.startswith(tuple(made)) or any(map(form.fullmatch, told()))
        assert known, english
        assert set(PLACE.findall(spanish)) <= set(PLACE.findall(english))
    assert all(any(name in text for text in texts) for name in NAMES)


def test_the_page_knows_what_forecasters_say_of_themselves() -> None:
    """The names of models say in brackets what a model had to do without; the page has words for that."""
    page = (ROOT / "dashboard" / "src" / "i18n" / "areas" / "models.ts").read_text()
    words = [word.removesuffix(": too few past days") for word in re.findall(r'^ {6}"(.+?)": ', page, re.M)]
    texts = written()
    assert len(words) > 5
    assert [word for word in words if not any(word in text for text in texts)] == []
    assert "{} needs {} days, {} are known" in texts
