"""The nodes of the private network: what the daemon says, over its socket or by its command, or why not."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from chocolate_factory.domain.nodes import read_status
from chocolate_factory.infrastructure.tailscale import Tailscale
from chocolate_factory.services.read_nodes import read_nodes
from tests.services.papers import at, world
from tests.services.tailnet import STATUS, daemon


def told(tmp_path: Path, socket: Path, command: str = "no-such-command") -> dict[str, Any]:
    ports = replace(world(tmp_path), network=Tailscale(socket, command))
    return read_nodes(ports)


def test_the_nodes_over_the_socket(tmp_path: Path) -> None:
    with daemon(200, json.dumps(STATUS).encode()) as socket:
        answer = told(tmp_path, socket)
    assert (answer["state"], answer["network"], answer["remedy"], answer["reason"]) == (
        "running",
        "plant.example",
        "",
        None,
    )
    assert [node["name"] for node in answer["nodes"]] == [
        "factory-prod",
        "git",
        "laptop-7",
        "marias-phone",
        "never",
    ]
    own, git, _, phone, never = answer["nodes"]
    assert own == {
        "name": "factory-prod",
        "os": "linux",
        "online": True,
        "last_seen": None,
        "roles": ["prod"],
        "here": True,
    }
    assert (git["roles"], git["here"]) == (["ci", "git"], False)
    assert (phone["online"], phone["last_seen"].replace(microsecond=0)) == (False, at("2026-03-09T21:15"))
    assert (never["last_seen"], never["roles"]) == (None, [])


def test_none_is_a_normal_answer(tmp_path: Path) -> None:
    answer = told(tmp_path, tmp_path / "none.sock")
    assert (answer["state"], answer["nodes"]) == ("not_installed", [])
    assert "CHOCO_TAILSCALE__SOCKET" in answer["remedy"]
    assert read_nodes(world(tmp_path))["state"] == "not_installed"


def test_by_the_command_where_there_is_no_socket(tmp_path: Path) -> None:
    (tmp_path / "said.json").write_text(json.dumps({**STATUS, "BackendState": "NeedsLogin", "Peer": None}))
    command = tmp_path / "tailscale"
    command.write_text(f'#!/bin/sh\n[ "$1 $2" = "status --json" ] && cat {tmp_path}/said.json\nexit 1\n')
    command.chmod(stat.S_IRWXU)
    answer = told(tmp_path, tmp_path / "none.sock", str(command))
    assert (answer["state"], len(answer["nodes"])) == ("needs_login", 1)
    assert "tailscale up" in answer["remedy"]
    command.write_text("#!/bin/sh\necho 'failed to connect to local tailscaled' >&2\nexit 1\n")
    answer = told(tmp_path, tmp_path / "none.sock", str(command))
    assert answer["state"] == "failing"
    assert "failed to connect" in answer["reason"]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, b"forbidden", "403"),
        (404, b"not found", "knows nothing of it"),
        (500, b"", "500"),
        (200, b"<html>", "not a JSON object"),
        (200, b"[]", "not a JSON object"),
        (200, b'{"BackendState": "Dreaming"}', "state"),
        (200, b" " * (8 * 1024 * 1024 + 1), "larger"),
    ],
)
def test_a_daemon_that_fails_says_why(tmp_path: Path, status: int, body: bytes, reason: str) -> None:
    with daemon(status, body) as socket:
        answer = told(tmp_path, socket)
    assert (answer["state"], answer["nodes"]) == ("failing", [])
    assert reason in answer["reason"]
    assert answer["remedy"]


def test_a_socket_that_nobody_listens_on(tmp_path: Path) -> None:
    with daemon(200, b"{}") as socket:
        pass
    assert told(tmp_path, socket)["state"] == "not_installed"
    import socket as sockets

    with TemporaryDirectory(prefix="ts-") as folder:
        path = Path(folder, "dead.sock")
        with sockets.socket(sockets.AF_UNIX) as bound:
            bound.bind(str(path))
        answer = told(tmp_path, path)
    assert answer["state"] == "failing"


def test_odd_shapes_and_long_names_do_no_harm() -> None:
    odd = {
        "BackendState": "Running",
        "Self": "me",
        "Peer": {
            "a": None,
            "b": {"HostName": "x" * 9999, "Tags": [3, None], "LastSeen": "soon", "Online": "yes"},
        },
        "CurrentTailnet": [],
    }
    network = read_status(odd)
    assert network.name is None
    (node,) = network.nodes
    assert (len(node.name), node.roles, node.last_seen, node.online) == (120, (), None, False)
    many = {"BackendState": "Running", "Peer": {str(n): {"HostName": f"n{n}"} for n in range(2000)}}
    assert len(read_status(many).nodes) == 500
