"""`.env` of a checkout reaches every stack, by deploy.py and by the commands of the documents. About 4 s."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, need

COMPOSE = Path(sys.executable).with_name("docker-compose")
sys.path.insert(0, str(ROOT / "scripts"))
import deploy_node  # noqa: E402
import stack  # noqa: E402

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"docker compose((?: -{1,2}[a-z-]+ [\w./-]+)*) (?:up|run|exec|ps|logs|stop|build)\b")
VARIABLE = re.compile(r"\$\{(\w+)")
MARKS = {
    **{"CHOCO_NET": "10.99.1", "CHOCO_PUBLISHED_PORT": "8123"},
    **{"RUNNER_CPUS": "1.375", "RUNNER_MEMORY": "814743552"},
}
"""Values that must look like something; of all other variables any text is seen again."""
PLANT = "/etc/chocolate-factory/factory.toml"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
GIT_FLOW = (ROOT / "docs" / "git-flow.md").read_text()


def variables(files: list[str]) -> dict[str, str]:
    """What compose files and those beside them read of `.env`, each with a value of its own."""
    texts = [(ROOT / name).read_text() for name in files]
    names = {name for text in texts for name in VARIABLE.findall(text)}
    return {name: MARKS.get(name, f"/of-env/{name.lower()}") for name in names}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the project's compose files, where the programs of scripts/ are at home."""
    need(COMPOSE.exists(), "docker-compose")
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "docker", folder / "docker")
    for name in ("compose.yaml", "factory.toml"):
        shutil.copy(ROOT / name, folder)
    monkeypatch.setattr(stack, "ROOT", folder)
    monkeypatch.setenv("CHOCO_COMPOSE", str(COMPOSE))
    for name in {*os.environ}:
        if name.startswith(("CHOCO_", "GIT_", "COMPOSE_")) and name != "CHOCO_COMPOSE":
            monkeypatch.delenv(name)
    return folder


def settle(folder: Path, values: dict[str, str], name: str = ".env") -> None:
    (folder / name).write_text("".join(f"{key}={value}\n" for key, value in values.items()))


def block(page: str, start: str) -> dict[str, str]:
    """The `NAME=value` lines of the indented block of a page that has this line."""
    lines = next(part for part in page.split("\n\n") if f"    {start}" in part.splitlines()).splitlines()
    return dict(line.strip().split("=", 1) for line in lines)


def deployed(options: list[str]) -> dict[str, Any]:
    """What compose makes of the stack that deploy.py and rollback.py would start with these options."""
    parser = argparse.ArgumentParser()
    stack.add_options(parser)
    found = stack.stack_of(parser.parse_known_args(options)[0]).compose("config", "--format", "json")
    assert found.returncode == 0, found.stderr
    told: dict[str, Any] = json.loads(found.stdout)
    return told


def mounted(told: dict[str, Any]) -> dict[str, str]:
    """Where the plant's file and the data of the app come from."""
    found = {row["target"]: row["source"] for row in told["services"]["app"]["volumes"]}
    return {target: found[target] for target in (PLANT, "/data")}


def published(told: dict[str, Any]) -> set[str]:
    return {port["published"] for row in told["services"].values() for port in row.get("ports", ())}


TRIO = [f"docker/docker-compose{part}.yml" for part in ("", ".override", ".prod")]


@pytest.mark.parametrize("files", [[], ["compose.yaml"], TRIO])
def test_a_deploy_takes_the_settings_of_the_checkout(checkout: Path, files: list[str]) -> None:
    options = [part for name in files for part in ("-f", name)]
    told = deployed(options)
    assert mounted(told) == {PLANT: f"{checkout}/factory.toml", "/data": f"{checkout}/var/node/app"}
    assert published(told) == {"8000"}
    own = {"PLANT_FILE": "/etc/plant.toml", "CHOCO_DATA": "/srv/chocolate", "CHOCO_PUBLISHED_PORT": "8123"}
    settle(checkout, own)
    told = deployed(options)
    assert mounted(told) == {PLANT: "/etc/plant.toml", "/data": "/srv/chocolate/app"}
    assert published(told) == {"8123"}


def test_production_is_what_its_settings_in_the_documents_say(checkout: Path) -> None:
    """With the same settings plain `docker compose` and the pipeline's options mean production too."""
    settle(checkout, block(OPERATIONS, "PLANT_FILE=/etc/plant.toml"))
    node = tomllib.loads(next(p for p in GIT_FLOW.split("\n\n") if '    branch = "main"' in p))
    by_pipeline = deployed(deploy_node.Node(**node).options)
    typed = config(checkout, [])
    for told in (deployed([]), by_pipeline, typed):
        assert mounted(told) == {PLANT: "/etc/plant.toml", "/data": "/srv/chocolate/app"}
        assert {"influx", "tailscale"} <= set(told["services"])
        assert told["services"]["app"]["restart"] == "always"
        assert not [name for name, row in told["services"].items() if "build" in row]


def test_the_development_node_is_on_the_port_that_its_settings_say(checkout: Path) -> None:
    settle(checkout, block(GIT_FLOW, "CHOCO_PUBLISHED_PORT=8001"))
    node = tomllib.loads(next(p for p in GIT_FLOW.split("\n\n") if '    branch = "develop"' in p))
    told = deployed(deploy_node.Node(**node).options)
    assert published(told) == {"8001"}
    assert set(told["services"]) == {"folders", "app", "proxy"}


def config(folder: Path, options: list[str]) -> dict[str, Any]:
    """What compose makes of options as they are typed at the top of a checkout."""
    done = subprocess.run(
        [str(COMPOSE), *options, "--profile", "*", "config", "--format", "json"],
        cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def typed_commands() -> set[str]:
    """Options before the command of every `docker compose …` in the documents."""
    return {found for page in PAGES for found in COMMAND.findall(page.read_text())}


def test_every_command_of_the_documents_takes_the_settings(checkout: Path) -> None:
    commands = typed_commands()
    assert len(commands) >= 5, commands
    for command in commands:
        words = command.split()
        files = [words[place + 1] for place, word in enumerate(words) if word == "-f"] or ["compose.yaml"]
        of_dev = files == ["docker/docker-compose.dev.yml"]
        values = variables(files)
        settle(checkout, values, ".env.dev" if of_dev else ".env")
        told = json.dumps(config(checkout, words))
        assert not [name for name, value in values.items() if value not in told], command
