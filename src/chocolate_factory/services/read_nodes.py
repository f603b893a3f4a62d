"""The machines of the private network this one is in, who has an address there, and its certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chocolate_factory.core.errors import Changed, SourceError
from chocolate_factory.domain.certificates import ends_at
from chocolate_factory.domain.nodes import Holder, Network, read_holder, read_status
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


@dataclass(frozen=True)
class Sight:
    """What the daemon let be seen: `network` is None where there is none, or where it fails for `reason`."""

    state: str
    network: Network | None
    reason: str | None
    remedy: str


def see_network(ports: Ports) -> Sight:
    """The network as the daemon tells it; that there is none, or that it fails, is an answer too."""
    try:
        told = ports.network.status() if ports.network is not None else None
        network = None if told is None else read_status(told)
    except SourceError as error:
        return Sight("failing", None, error.message, error.hint)
    except ValueError as error:
        return Sight("failing", None, str(error), "Bring Tailscale up to date.")
    if network is None:
        return Sight("not_installed", None, None, SET_UP)
    return Sight(network.state, network, None, REMEDIES[network.state])


def read_nodes(ports: Ports) -> Row:
    """State of the local daemon and its machines."""
    seen = see_network(ports)
    nodes = [
        {
            "name": node.name,
            "os": node.os,
            "online": node.online,
            "last_seen": node.last_seen,
            "roles": list(node.roles),
            "here": node.here,
        }
        for node in (seen.network.nodes if seen.network else ())
    ]
    return {
        "now": ports.clock(),
        "state": seen.state,
        "network": seen.network.name if seen.network else None,
        "nodes": nodes,
        "reason": seen.reason,
        "remedy": seen.remedy,
    }


def find_holder(ports: Ports, address: str) -> Holder | None:
    """Whose an IP address of the network is; None where nobody's. Raises a `SourceError`."""
    told = ports.network.whois(address) if ports.network is not None else None
    try:
        return None if told is None else read_holder(told)
    except ValueError as error:
        raise Changed(str(error), "Bring Tailscale up to date.", source="tailscale") from None


def certificate_end(ports: Ports, domain: str) -> datetime | None:
    """When the certificate that is kept for a domain ends; None where none is. Raises a `SourceError`."""
    kept = ports.network.certificate(domain) if ports.network is not None else None
    try:
        return None if kept is None else ends_at(kept)
    except ValueError as error:
        raise Changed(f"{domain}.crt: {error}", "Look at that file.", source="tailscale") from None
