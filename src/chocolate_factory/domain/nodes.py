"""The machines of a private network as the local Tailscale daemon tells them.

The shape is that of `tailscale status --json` (https://pkg.go.dev/tailscale.com/ipn/ipnstate#Status): `Self`
is this machine, `Peer` the others by key. Names come from outside and are only shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

STATES = {
    "Running": "running",
    "Stopped": "stopped",
    "NeedsLogin": "needs_login",
    "NeedsMachineAuth": "needs_approval",
    "Starting": "starting",
    "NoState": "starting",
}
LONGEST, MOST = 120, 500
TAG = "tag:"


@dataclass(frozen=True)
class Node:
    """A machine: its name and system, whether it is reachable, the roles it is tagged with.

    `last_seen` is None for one that is online, or was never seen; `here`: the machine that answers.
    """

    name: str
    os: str
    online: bool
    last_seen: datetime | None
    roles: tuple[str, ...]
    here: bool


@dataclass(frozen=True)
class Network:
    """The state of the daemon, the name of the network if it says, and its machines, this one first."""

    state: str
    name: str | None
    nodes: tuple[Node, ...]


def read_status(told: Mapping[str, Any]) -> Network:
    """A daemon's status as a network. Raises ValueError for one of another shape."""
    state = STATES.get(str(told.get("BackendState")))
    if state is None:
        raise ValueError("the status names no state of the daemon that is known")
    tailnet = told.get("CurrentTailnet")
    name = _text(tailnet.get("Name")) if isinstance(tailnet, Mapping) else ""
    nodes = sorted(_nodes(told), key=lambda node: (not node.here, node.name))
    return Network(state, name or None, tuple(nodes[:MOST]))


def _nodes(told: Mapping[str, Any]) -> Iterator[Node]:
    own, peers = told.get("Self"), told.get("Peer")
    if isinstance(own, Mapping):
        yield _node(own, here=True)
    if isinstance(peers, Mapping):
        yield from (_node(peer, here=False) for peer in peers.values() if isinstance(peer, Mapping))


def _node(told: Mapping[str, Any], *, here: bool) -> Node:
    tags = told.get("Tags")
    roles = [_text(tag).removeprefix(TAG) for tag in tags] if isinstance(tags, list) else []
    online = told.get("Online") is True
    return Node(
        name=_text(told.get("DNSName")).partition(".")[0] or _text(told.get("HostName")),
        os=_text(told.get("OS")),
        online=online,
        last_seen=None if online else _moment(told.get("LastSeen")),
        roles=tuple(sorted(role for role in roles if role)),
        here=here,
    )


def _text(told: object) -> str:
    return told[:LONGEST] if isinstance(told, str) else ""


def _moment(told: object) -> datetime | None:
    """A moment in UTC; the zero time of Go, in year 1, stands for none."""
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    if at.tzinfo is None or at.year < 2000:
        return None
    return at.astimezone(UTC)
