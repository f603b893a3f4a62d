"""The machines of the private network this one is in."""

from __future__ import annotations

from typing import Any

from chocolate_factory.core.errors import SourceError
from chocolate_factory.domain.nodes import read_status
from chocolate_factory.domain.ports import Ports

Row = dict[str, Any]
SET_UP = (
    "Install Tailscale on this machine, or mount the daemon's socket and name it in CHOCO_TAILSCALE__SOCKET."
)
REMEDIES = {
    "running": "",
    "starting": "",
    "stopped": "Run `tailscale up` on this machine.",
    "needs_login": "Run `tailscale up` on this machine and log in.",
    "needs_approval": "Approve this machine in the admin console of the network.",
}


def read_nodes(ports: Ports) -> Row:
    """State of the local daemon and its machines; that there is none, or that it fails, is an answer too."""
    found: Row = {"now": ports.clock(), "network": None, "nodes": [], "reason": None}
    try:
        told = ports.network.status() if ports.network is not None else None
        network = None if told is None else read_status(told)
    except SourceError as error:
        return {**found, "state": "failing", "reason": error.message, "remedy": error.hint}
    except ValueError as error:
        return {**found, "state": "failing", "reason": str(error), "remedy": "Bring Tailscale up to date."}
    if network is None:
        return {**found, "state": "not_installed", "remedy": SET_UP}
    nodes = [
        {
            "name": node.name,
            "os": node.os,
            "online": node.online,
            "last_seen": node.last_seen,
            "roles": list(node.roles),
            "here": node.here,
        }
        for node in network.nodes
    ]
    remedy = REMEDIES[network.state]
    return {**found, "state": network.state, "network": network.name, "nodes": nodes, "remedy": remedy}
