"""The workflows under `act`, without an engine: real checks, real contracts on a server that is there.

What builds images and puts them in force runs in test_containers.py, on its engine. About 40 s.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, need
from tests.influx_server import InfluxServer, executable
from tests.soak.pipelines import BIN, Repository, make_repository

pytestmark = pytest.mark.soak

FEW = "modules_are_short or names_a_version or pinned_checkout or scanner_finds or windows"
"""A test of each step or two: all of them run elsewhere."""
UNIT = ("test_windows.py",)
SLOW = "what_is_known_is_told"
"""A slow test of some seconds."""
CONTRACTS = ("test_what_is_written_is_read_in_every_column", "test_records")
"""Starts of names of contract tests."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    need((BIN / "act").exists(), "act")
    made = make_repository(tmp_path_factory.mktemp("pipelines") / "repository", "develop")
    made.env["MYPY_CACHE_DIR"] = str(ROOT / ".mypy_cache")
    return made


def steps(told: str) -> list[str]:
    """Names of the steps that went well."""
    return [re.sub(r" \[.*", "", found) for found in re.findall("\u2705  Success - Main (.*)", told)]


def test_a_pull_request_is_checked_and_a_mistake_stops_it(repository: Repository) -> None:
    others = (path.name for path in (ROOT / "tests" / "unit").iterdir() if path.name not in UNIT)
    skipped = [f"--ignore-glob=*/unit/{name}" for name in others]
    repository.env["PYTEST_ADDOPTS"] = " ".join([*skipped, f"'-k={FEW}'"])
    code, told = repository.act("pull_request", "checks")
    assert code == 0, told[-6000:]
    for words in ("4 workflows, nothing found", "no leaks found", "Success: no issues found", "passed"):
        assert words in told, words
    assert len(steps(told)) == 6

    planted = repository.folder / "scripts" / "planted.py"
    planted.write_text("import os\n")
    repository.commit("a mistake")
    code, told = repository.act("pull_request", "checks")
    assert (code, "F401" in told, "Job failed" in told) == (1, True, True)
    assert steps(told)[-1] == "system packages"
    planted.unlink()
    repository.commit("without it")


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[InfluxServer]:
    need(executable() is not None, "InfluxDB (apt-get install influxdb)")
    server = InfluxServer(tmp_path / "influx")
    yield server
    server.stop()


def test_the_store_contracts_run_on_the_server_that_the_job_names(
    repository: Repository, influx: InfluxServer
) -> None:
    tests = re.findall(
        r"^def (test_\w+)", (ROOT / "tests/contracts/test_stores.py").read_text(), re.MULTILINE
    )
    others = [name for name in tests if not name.startswith(CONTRACTS)]
    repository.env["PYTEST_ADDOPTS"] = " ".join(
        f"--deselect=tests/contracts/test_stores.py::{name}" for name in others
    )
    repository.variables["TEST_INFLUX_URL"] = influx.url
    code, told = repository.act("push", "develop", "-j", "stores")
    assert code == 0, told[-6000:]
    assert steps(told)[-1] == "contracts"
    written = (influx.folder / "data").rglob("*")
    assert [path for path in written if path.name.startswith("test ")] == [], "what was made is taken away"
    influx.stop()
    code, told = repository.act("push", "develop", "-j", "stores")
    assert (code, "refused" in told) == (1, True), "it is that server and no other"


def test_production_waits_for_a_person(repository: Repository, tmp_path: Path) -> None:
    """What the node is asked, and when: the node itself is in test_containers.py."""
    asked = tmp_path / "asked"
    program = tmp_path / "deploy"
    program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\nexit "$(cat {tmp_path}/code)"\n')
    program.chmod(0o755)
    (tmp_path / "code").write_text("0")
    repository.variables["DEPLOY_PRODUCTION"] = str(program)
    event = tmp_path / "event.json"
    for ref in ("refs/heads/main", "refs/tags/v1.2.0"):
        event.write_text(json.dumps({"ref": ref}))
        code, told = repository.act("push", "release", "--eventpath", str(event), "-j", "deploy")
        assert (code, steps(told), asked.exists()) == (0, [], False), told
    sha = repository.git("rev-parse", "HEAD")
    start = ("workflow_dispatch", "release", "--input", "version=1.2.0; id")
    code, told = repository.act(*start)
    assert (code, len(steps(told))) == (0, 1), told[-3000:]
    assert asked.read_text() == f"{sha} --version 1.2.0; id\n", "an input is one word, and never a command"
    (tmp_path / "code").write_text("3")
    assert repository.act(*start)[0] == 1, "a version that went back is a failure"


def test_a_tag_is_held_against_version_and_changelog(repository: Repository, tmp_path: Path) -> None:
    log = repository.folder / "CHANGELOG.md"
    version = tomllib.loads((repository.folder / "pyproject.toml").read_text())["project"]["version"]
    text = log.read_text()
    log.write_text(text.replace("## Unreleased", f"## Unreleased\n\n## {version} - 2026-12-01", 1))
    repository.commit("a release")
    event = tmp_path / "event.json"
    for tag, code in ((f"v{version}", 0), ("v99.0.0", 1)):
        event.write_text(json.dumps({"ref": f"refs/tags/{tag}"}))
        ended, told = repository.act("push", "release", "--eventpath", str(event), "-j", "notes")
        assert (ended, steps(told)[-1:] == ["notes"]) == (code, code == 0), told[-3000:]
    log.write_text(text)
    repository.commit("no release")


def test_the_slow_tests_start_at_night(repository: Repository) -> None:
    """One of them; all of them take hours."""
    repository.variables["SOAK_OPTIONS"] = f"-k {SLOW}"
    repository.env.pop("PYTEST_ADDOPTS", None)
    code, told = repository.act("workflow_dispatch", "nightly", "-j", "soak")
    assert (code, steps(told)[-1:], "1 passed" in told) == (0, ["slow tests"], True), told[-6000:]
