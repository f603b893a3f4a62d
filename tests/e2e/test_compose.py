"""Compose files, Dockerfile and lock of the image: valid, and every service confined, bounded and pinned.

Nothing is started here; tests/soak/test_containers.py does that. About 2 s.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from chocolate_factory.cli.settings import OF_COMPOSE, rows
from chocolate_factory.core.config import Settings, TailscaleSettings
from tests.conftest import ROOT, need

BIN = Path(sys.executable).parent
DOCKER = ROOT / "docker"
STACKS = {
    "one node": ["compose.yaml"],
    "production": [f"docker/docker-compose{part}.yml" for part in ("", ".override", ".prod")],
    "shared": [f"docker/docker-compose{part}.yml" for part in ("", ".override", ".prod", ".shared")],
    "from a checkout": ["docker/docker-compose.yml", "docker/docker-compose.override.yml"],
    "development": ["docker/docker-compose.dev.yml"],
    "git": ["docker/forgejo-compose.yml"],
    "registry": ["docker/registry-compose.yml"],
    "runners": ["docker/gitea-runners-compose.yml"],
}
GIB = 2**30
ROOT_ONCE = "folders"
"""Gives folders to their users and ends: the only one that is root."""
ROOTLESS_ENGINE = ("runners", "engine")
"""Makes namespaces for the jobs of pipelines: the only one that is not confined."""
OWN_IMAGE = re.compile(r"chocolate-factory:(local|1\.0\.0)$")
VERSIONED = re.compile(r"^[\w./-]+:v?\d+\.\d+\.\d+([.-][\w.-]+)?$")
SECRET_NAME = re.compile(r"(TOKEN|SECRET|PASSWORD|KEY)(_FILE)?$")


def configured(files: list[str], **environment: str) -> dict[str, Any]:
    """What compose makes of files, with all profiles."""
    named = [part for file in files for part in ("-f", file)]
    env = {"PATH": os.environ["PATH"], **environment}
    program = BIN / "docker-compose"
    need(program.exists(), "docker-compose")
    done = subprocess.run(
        [str(program), *named, "--profile", "*", "config", "--format", "json"],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def stacks() -> dict[str, dict[str, Any]]:
    return {name: configured(files, CHOCO_IMAGE="chocolate-factory:1.0.0") for name, files in STACKS.items()}


def test_a_running_stack_is_asked_without_naming_its_version() -> None:
    """As deploy.py does before a change, and people with `ps`, `exec` and `logs`."""
    app = configured(STACKS["production"])["services"]["app"]
    assert app["image"] == "chocolate-factory:named-by-deploy"


def test_variables_of_the_compose_files_are_no_settings_and_not_told_as_mistakes() -> None:
    texts = [path.read_text() for path in (ROOT / "compose.yaml", *DOCKER.glob("*.yml"))]
    assert set(re.findall(r"\$\{(CHOCO_\w+)", "".join(texts))) == OF_COMPOSE
    assert not OF_COMPOSE & {name for name, *_ in rows(Settings)}


def weaknesses(stack: str, name: str, service: dict[str, Any]) -> set[str]:
    """What is missing in the confinement of a service."""
    found = set()
    once = name == ROOT_ONCE
    if str(service.get("user", "0")).split(":")[0] in {"", "0", "root"} and not once:
        found.add("root")
    if (stack, name) != ROOTLESS_ENGINE:
        if not service.get("read_only"):
            found.add("writable")
        if service.get("cap_drop") != ["ALL"] or service.get("cap_add", []) != (["CHOWN"] if once else []):
            found.add("capabilities")
        if service.get("security_opt") != ["no-new-privileges:true"]:
            found.add("new privileges")
        if service.get("privileged"):
            found.add("privileged")
    if once and service.get("network_mode") != "none":
        found.add("root with a network")
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    if not {"cpus", "memory", "pids"} <= limits.keys():
        found.add("unbounded")
    check = service.get("healthcheck", {})
    if not check.get("test") and service.get("restart") not in {"no", None}:
        found.add("no health check")
    if "max-size" not in service.get("logging", {}).get("options", {}):
        found.add("unbounded log")
    return found


def services(stacks: dict[str, dict[str, Any]]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (stack, name, service) for stack, told in stacks.items() for name, service in told["services"].items()
    ]


def test_every_service_is_confined(stacks: dict[str, dict[str, Any]]) -> None:
    assert len(services(stacks)) >= 20
    assert not {(s, n): weak for s, n, service in services(stacks) if (weak := weaknesses(s, n, service))}


def test_a_service_as_compose_makes_it_is_found_weak() -> None:
    assert weaknesses("x", "app", {"image": "a:1", "restart": "always"}) == {
        *("root", "writable", "capabilities", "new privileges", "unbounded", "no health check"),
        "unbounded log",
    }


def test_every_image_names_a_version(stacks: dict[str, dict[str, Any]]) -> None:
    images = {service["image"] for _, _, service in services(stacks)}
    assert len(images) >= 8
    assert not [image for image in images if not (OWN_IMAGE.search(image) or VERSIONED.match(image))]
    dockerfile = (DOCKER / "Dockerfile").read_text()
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.11\.\d+-slim-\w+$", dockerfile, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) == {"${PYTHON_IMAGE}", "tools"}


def test_production_never_builds(stacks: dict[str, dict[str, Any]]) -> None:
    assert not [n for n, service in stacks["production"]["services"].items() if "build" in service]


def test_only_the_proxy_is_published_and_only_on_loopback(stacks: dict[str, dict[str, Any]]) -> None:
    published = {
        (stack, name, port["host_ip"])
        for stack, name, service in services(stacks)
        for port in service.get("ports", [])
    }
    proxied = ("one node", "production", "shared", "from a checkout")
    proxies = {(name, "proxy", "127.0.0.1") for name in proxied}
    assert published == {*proxies, ("development", "app", "127.0.0.1")}


def test_data_are_bind_mounts_and_no_engine_is_handed_in(stacks: dict[str, dict[str, Any]]) -> None:
    for stack, name, service in services(stacks):
        for mount in service.get("volumes", []):
            assert mount["type"] == "bind", (stack, name, mount)
            assert "docker.sock" not in mount["source"]


def test_networks_carry_packets_that_fit_the_tunnel(stacks: dict[str, dict[str, Any]]) -> None:
    for stack, told in stacks.items():
        for name, network in told.get("networks", {}).items():
            if not network.get("external"):
                assert network["driver_opts"]["com.docker.network.driver.mtu"] == "1280", (stack, name)


def served(service: dict[str, Any]) -> set[tuple[str, str]]:
    """(host, port) of all that the Serve file of a sidecar passes on to."""
    (file,) = (row["source"] for row in service["volumes"] if row["target"].endswith("serve.json"))
    return set(re.findall(r'"(?:Proxy|TCPForward)": "(?:http://)?([\w.-]+):(\d+)"', Path(file).read_text()))


def test_a_sidecar_reaches_by_name_what_it_serves(stacks: dict[str, dict[str, Any]]) -> None:
    """The network namespace of another container would be gone when that one starts again by itself."""
    found = {}
    for stack, told in stacks.items():
        if "tailscale" in told["services"]:
            sidecar = told["services"]["tailscale"]
            found[stack] = served(sidecar)
            for host, _ in found[stack]:
                assert set(told["services"][host]["networks"]) & set(sidecar["networks"]), (stack, host)
    door, store = ("proxy", "8081"), ("influx", "8086")
    assert found == {
        "production": {door},
        "from a checkout": {door},
        "shared": {door, store},
        "git": {("forgejo", "3000")},
        "registry": {("registry", "5000")},
    }
    modes = {service.get("network_mode", "none") for _, _, service in services(stacks)}
    assert modes == {"none"}


def test_nginx_lets_in_the_sidecar_alone_where_logins_count(stacks: dict[str, dict[str, Any]]) -> None:
    for stack in ("production", "shared", "from a checkout"):
        told = stacks[stack]["services"]
        given = told["proxy"]["environment"]
        address = told["tailscale"]["networks"]["inside"]["ipv4_address"]
        assert (given["CHOCO_SERVE_LISTEN"], given["CHOCO_SERVE_FROM"]) == ("8081", address)
        (pool,) = stacks[stack]["networks"]["inside"]["ipam"]["config"]
        assert ip_address(address) in ip_network(pool["subnet"])
        assert ip_address(address) not in ip_network(pool["ip_range"]), "given to no other container"


def test_the_app_reads_what_the_sidecar_knows_and_no_key_of_it(stacks: dict[str, dict[str, Any]]) -> None:
    for stack in ("production", "shared", "from a checkout"):
        told = stacks[stack]["services"]
        mounts = {row["target"]: row for row in told["app"]["volumes"]}
        kept = {row["target"]: row["source"] for row in told["tailscale"]["volumes"]}
        place = str(TailscaleSettings().socket.parent).removeprefix("/var")
        assert mounts[place]["read_only"]
        assert mounts[place]["source"] == kept["/socket"]
        assert not kept["/socket"].startswith(kept["/data"] + "/")
        assert told["app"]["user"].split(":")[0] != told["tailscale"]["user"].split(":")[0], "a reader only"


def test_the_engine_of_pipelines_is_reached_from_outside_its_namespace(
    stacks: dict[str, dict[str, Any]],
) -> None:
    """The image publishes its port, and adds `dockerd`, only where the command is nothing but options."""
    engine = stacks["runners"]["services"]["engine"]
    assert engine["command"]
    assert not [word for word in engine["command"] if not word.startswith("-") or word.startswith("--host")]
    assert engine["environment"] == {"DOCKER_TLS_CERTDIR": "", "DOCKERD_ROOTLESS_ROOTLESSKIT_MTU": "1280"}
    runner = stacks["runners"]["services"]["runner"]
    assert runner["environment"]["DOCKER_HOST"] == "tcp://engine:2375"


def test_the_store_reaches_nothing_outside(stacks: dict[str, dict[str, Any]]) -> None:
    assert stacks["production"]["networks"]["store"]["internal"] is True
    assert set(stacks["production"]["services"]["influx"]["networks"]) == {"store"}


def memory(told: dict[str, Any]) -> int:
    """Bytes that the lasting services may take together."""
    return sum(
        int(service["deploy"]["resources"]["limits"]["memory"])
        for service in told["services"].values()
        if service.get("restart") not in {"no", None}
    )


def test_nodes_hold_what_runs_on_them(stacks: dict[str, dict[str, Any]]) -> None:
    for stack in ("one node", "production", "development"):
        limits = stacks[stack]["services"]["app"]["deploy"]["resources"]["limits"]
        assert int(limits["memory"]) <= 1.2 * 10**9 * 1.05
    assert memory(stacks["production"]) <= 4 * GIB * 0.8
    assert memory(stacks["development"]) <= 2 * GIB * 0.8
    assert sum(memory(stacks[name]) for name in ("git", "registry", "runners")) <= 2 * GIB * 0.95


def test_no_secret_stands_in_an_environment(stacks: dict[str, dict[str, Any]]) -> None:
    for stack, name, service in services(stacks):
        for key, value in (service.get("environment") or {}).items():
            if SECRET_NAME.search(key):
                assert re.search(r"^(file:)?/run/secrets/\w+$", value), (stack, name, key)


def test_settings_of_the_containers_exist(stacks: dict[str, dict[str, Any]]) -> None:
    known = {name for name, *_ in rows(Settings)}
    # Of nginx and its template, docker/nginx/render.sh.
    door = {"CHOCO_APP", "CHOCO_OPEN_LISTEN", "CHOCO_SERVE_LISTEN", "CHOCO_SERVE_FROM", "CHOCO_PROXY_SECRET"}
    given = {
        key.removesuffix("_FILE")
        for _, _, service in services(stacks)
        for key in (service.get("environment") or {})
        if key.startswith("CHOCO_")
    }
    given |= set(re.findall(r"(CHOCO_\w+)=", (DOCKER / "Dockerfile").read_text()))
    given |= set(re.findall(r"#(CHOCO_\w+)=", (ROOT / ".env.example").read_text())) - OF_COMPOSE
    assert given
    assert not given - known - door


def test_secrets_of_the_files_are_those_that_are_unfolded(stacks: dict[str, dict[str, Any]]) -> None:
    listed = re.search(r"KNOWN = \((.*?)\)", (ROOT / "scripts/secrets_file.py").read_text(), re.DOTALL)
    assert listed
    assert set(re.findall(r'"(\w+)"', listed[1])) == set(stacks["production"]["secrets"])


def test_the_dockerfile_passes_the_linter() -> None:
    program = BIN / "hadolint"
    need(program.exists(), "hadolint")
    done = subprocess.run(
        [str(program), str(DOCKER / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def versions(lock: str) -> set[tuple[str, str]]:
    return set(re.findall(r"^([a-z0-9._-]+)==([\w.]+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_the_image_holds_what_runs_in_the_tested_versions() -> None:
    image = versions("requirements-image.lock")
    assert image <= versions("requirements.lock")
    names = {name for name, _ in image}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["mcp"], *extras["retrieval"]]
    assert {re.split(r"[><=\[]", line)[0] for line in lines} <= names
    assert not names & {"prophet", "pytest", "ortools", "playwright", "dask", "pandas", "mypy"}


def test_only_what_is_built_from_reaches_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    assert "*" in lines
    assert {line for line in lines if line.startswith("!")} == {
        *("!pyproject.toml", "!requirements-image.lock", "!README.md", "!LICENSE"),
        *("!factory.toml", "!docs", "!src", "!dashboard"),
    }
