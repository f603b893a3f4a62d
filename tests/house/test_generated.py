"""Generated documents and golden files are up to date; every route and command is documented."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType

from chocolate_factory import __version__

ROOT = Path(__file__).resolve().parents[2]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "scripts" / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_documents_are_current() -> None:
    made = {path.name: text for path, text in generator().documents().items()}
    assert set(made) == {"settings.md", "commands.md", "business-rules.md", "openapi.json"}
    for name, text in made.items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, f"{name}: run `make fix`"


def test_the_version_is_told_alike() -> None:
    """By the package, and by what it is built from."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert told == __version__


def test_every_route_is_documented() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    assert [path for path in paths if f"`{path}`" not in text] == []


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make (\w+)", (ROOT / "README.md").read_text())) - {"alone"}
    assert {t for t in named if t in {"run", "test"}} == {"run", "test"}
    assert {"run", "test", "soak", "check", "bench", "up", "fix"} <= targets


def test_links_between_documents_work() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_schema_has_a_name_of_its_own() -> None:
    """Two of one name get their modules' paths as names, and the page's types break."""
    schemas = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["components"][
        "schemas"
    ]
    assert [name for name in schemas if "__" in name] == []


def test_every_job_is_documented_and_has_words_on_the_page() -> None:
    jobs = re.findall(r'Job\(\s*"(\w+)"', (ROOT / "src/chocolate_factory/tasks/jobs.py").read_text())
    assert len(jobs) >= 11
    told = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")
    assert [job for job in jobs if f"| `{job}` |" not in told] == []
    for language in ("es", "en"):
        words = (ROOT / "dashboard" / "src" / "i18n" / f"{language}.ts").read_text(encoding="utf-8")
        told = words.split("activities: {")[1].split("}")[0]
        assert [job for job in jobs if f"{job}: " not in told] == []


def test_the_glossary_tells_each_term_once_in_both_languages() -> None:
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line.startswith("- ")]
    form = re.compile(r"- \*\*(.+?)\*\* · \*\*(.+?)\*\*: (.+[.)]) — \*(.+\.)\*$")
    assert [line for line in entries if not form.fullmatch(line)] == []
    terms = [form.fullmatch(line)[1] for line in entries]  # type: ignore[index]
    assert len(terms) == len(set(terms)) >= 100
