"""The countable house rules of docs/architecture.md."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "chocolate_factory"
MODULES = sorted(SOURCE.rglob("*.py"))
FORBIDDEN_NAMES = re.compile(r"(Service|Manager|Helper|Util|Utils|Handler|Processor)$")
BROAD_ALLOWED = {"cli/__init__.py", "tasks/runner.py", "api/problems.py", "api/mcp_server.py"}
"""Doors of the product: elsewhere an error has a name."""
SECRET = re.compile(
    r"-----BEGIN(?! AGE ENCRYPTED FILE-----| CERTIFICATE-----)|AGE-SECRET-KEY-|\beyJ[\w-]{20,}\."
    r"|\bsk-ant-|\bghp_\w{20,}|\bAKIA[0-9A-Z]{16}\b"
)
EMOJI = re.compile("[\U0001f300-\U0001faff☀-➿]")


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {relative(path): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def test_modules_are_short() -> None:
    long = {relative(p): n for p in MODULES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert not long


def test_functions_are_short(trees: dict[str, ast.Module]) -> None:
    long = {
        f"{name}:{f.name}": f.end_lineno - f.lineno + 1
        for name, tree in trees.items()
        for f in functions(tree)
        if f.end_lineno and f.end_lineno - f.lineno + 1 > 40 and not name.startswith("cli/")
    }
    assert not long


def test_functions_take_few_parameters(trees: dict[str, ast.Module]) -> None:
    wide = {}
    for name, tree in trees.items():
        for f in functions(tree):
            given = [a.arg for a in (*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs)]
            count = len([a for a in given if a not in {"self", "cls"}])
            if count > 5 and not name.startswith("cli/"):
                wide[f"{name}:{f.name}"] = count
    assert wide.keys() <= {"core/config.py:settings_customise_sources"}


def test_public_things_are_documented(trees: dict[str, ast.Module]) -> None:
    bare = []
    for name, tree in trees.items():
        if name.endswith("__init__.py") and not tree.body:
            continue
        if not ast.get_docstring(tree):
            bare.append(name)
        for node in tree.body:
            public = (
                isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
                and node.name[0] != "_"
            )
            if public and not ast.get_docstring(node):  # type: ignore[arg-type]
                bare.append(f"{name}:{node.name}")  # type: ignore[attr-defined]
    assert not bare


def test_names_are_field_terms(trees: dict[str, ast.Module]) -> None:
    bad = [
        f"{name}:{node.name}"
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and FORBIDDEN_NAMES.search(node.name)
    ]
    assert not bad


def test_broad_handlers_only_at_the_boundaries(trees: dict[str, ast.Module]) -> None:
    broad = [
        f"{name}:{node.lineno}"
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        )
        and name not in BROAD_ALLOWED
    ]
    assert not broad


def test_the_clock_is_passed_in(trees: dict[str, ast.Module]) -> None:
    readers = {
        name
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date"}
    }
    assert readers <= {"infrastructure/clock.py"}


def test_layers() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_committed_text_is_clean() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    files = [ROOT / line for line in listed.stdout.splitlines()] or MODULES
    own = Path(__file__).name
    for path in files:
        if (
            not path.is_file()
            or path.suffix in {".png", ".ico", ".lock"}
            or path.name in {own, "package-lock.json"}
        ):
            continue
        text = path.read_text(encoding="utf-8")
        assert not SECRET.search(text), f"{path}: looks like a secret"
        assert not EMOJI.search(text), f"{path}: decoration"


def test_lock_files_name_no_registry() -> None:
    for name in ("requirements.lock", "dashboard/package-lock.json"):
        assert not re.search(
            r"https?://(?!opencollective|github\.com|www\.|feross|paulmillr|tidelift)[^\s\"]*(registry|pypi|pythonhosted|npmjs)",
            (ROOT / name).read_text(),
        )


def test_every_decision_has_its_parts() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert len(decisions) >= 5
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        for part in ("Context", "Decision", "Consequences", "Alternatives", "References"):
            assert f"## {part}" in text, f"{path.name}: no {part}"
