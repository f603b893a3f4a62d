"""The machines of a private network as the local Tailscale daemon tells them.

The shape is that of `tailscale status --json` (https://pkg.go.dev/tailscale.com/ipn/ipnstate#Status): `Self`
is this machine, `Peer` the others by key, `User` the people by number, `CertDomains` the names that this
machine may have certificates for. Who an address is: https://pkg.go.dev/tailscale.com/client/tailscale/apitype#WhoIsResponse.
Names come from outside and are only shown.
"""

from __future__ import annotations

import re
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
DOMAIN = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{0,250}[a-z0-9]")


@dataclass(frozen=True)
class Node:
    """A machine: its name and system, whether it is reachable, the roles it is tagged with.

    `last_seen` is None for one that is online, or was never seen; `here`: the machine that answers. `user` is
    the login of its owner, empty for one with tags; `active`: it and the machine that answers had traffic of
    late, as the daemon sees it, over `path`: "direct", "relayed" or empty where it does not say.
    """

    name: str
    os: str
    online: bool
    last_seen: datetime | None
    roles: tuple[str, ...]
    here: bool
    user: str
    active: bool
    path: str


@dataclass(frozen=True)
class Network:
    """The state of the daemon, the name of the network if it says, and its machines, this one first.

    `domains` are the names that this machine may have certificates for.
    """

    state: str
    name: str | None
    nodes: tuple[Node, ...]
    domains: tuple[str, ...]


@dataclass(frozen=True)
class Holder:
    """Whose an address of the network is: machine, its system, the login of its owner unless it has roles."""

    name: str
    os: str
    user: str
    roles: tuple[str, ...]


def read_status(told: Mapping[str, Any]) -> Network:
    """A daemon's status as a network. Raises ValueError for one of another shape."""
    state = STATES.get(str(told.get("BackendState")))
    if state is None:
        raise ValueError("the status names no state of the daemon that is known")
    tailnet = told.get("CurrentTailnet")
    name = _text(tailnet.get("Name")) if isinstance(tailnet, Mapping) else ""
    nodes = sorted(_nodes(told), key=lambda node: (not node.here, node.name))
    domains = told.get("CertDomains")
    named = [_text(domain).lower() for domain in domains] if isinstance(domains, list) else []
    good = tuple(domain for domain in named if DOMAIN.fullmatch(domain))
    return Network(state, name or None, tuple(nodes[:MOST]), good[:MOST])


def read_holder(told: Mapping[str, Any]) -> Holder:
    """Who has an address, by the daemon's answer. Raises ValueError for one of another shape."""
    node, user = told.get("Node"), told.get("UserProfile")
    if not isinstance(node, Mapping):
        raise ValueError("the answer names no machine")
    info = node.get("Hostinfo")
    system = _text(info.get("OS")) if isinstance(info, Mapping) else ""
    roles = _roles(node)
    login = _text(user.get("LoginName")) if isinstance(user, Mapping) and not roles else ""
    name = _text(node.get("Name")).partition(".")[0] or _text(node.get("ComputedName"))
    return Holder(name, system, login, roles)


def _nodes(told: Mapping[str, Any]) -> Iterator[Node]:
    own, peers, users = told.get("Self"), told.get("Peer"), told.get("User")
    logins = {
        str(key): _text(user.get("LoginName"))
        for key, user in (users.items() if isinstance(users, Mapping) else ())
        if isinstance(user, Mapping)
    }
    if isinstance(own, Mapping):
        yield _node(own, logins, here=True)
    if isinstance(peers, Mapping):
        yield from (_node(peer, logins, here=False) for peer in peers.values() if isinstance(peer, Mapping))


def _node(told: Mapping[str, Any], logins: Mapping[str, str], *, here: bool) -> Node:
    online, roles = told.get("Online") is True, _roles(told)
    return Node(
        name=_text(told.get("DNSName")).partition(".")[0] or _text(told.get("HostName")),
        os=_text(told.get("OS")),
        online=online,
        last_seen=None if online else _moment(told.get("LastSeen")),
        roles=roles,
        here=here,
        user="" if roles else logins.get(str(told.get("UserID")), ""),
        active=not here and told.get("Active") is True,
        path="direct" if _text(told.get("CurAddr")) else "relayed" if _text(told.get("Relay")) else "",
    )


def _roles(told: Mapping[str, Any]) -> tuple[str, ...]:
    tags = told.get("Tags")
    roles = [_text(tag).removeprefix(TAG) for tag in tags] if isinstance(tags, list) else []
    return tuple(sorted(role for role in roles if role))


def _text(told: object) -> str:
    """A text of one line, without what would turn or colour what stands around it."""
    return "".join(char for char in told[:LONGEST] if char.isprintable()) if isinstance(told, str) else ""


def _moment(told: object) -> datetime | None:
    """A moment in UTC; the zero time of Go, in year 1, stands for none."""
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    if at.tzinfo is None or at.year < 2000:
        return None
    return at.astimezone(UTC)
