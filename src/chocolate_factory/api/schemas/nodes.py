"""The machines of the private network as the API answers them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chocolate_factory.api.schemas.common import Answer, Moment


class NodeRow(Answer):
    """A machine of the network."""

    name: str
    os: str
    online: bool
    last_seen: Moment | None = Field(description="Null for one that is online, or was never seen.")
    roles: list[str] = Field(description="Its tags, without `tag:`.")
    here: bool = Field(description="The machine that answers.")


class Nodes(Answer):
    """What the Tailscale daemon of this machine says; `not_installed` is a normal answer."""

    now: Moment
    state: Literal[
        "running", "starting", "stopped", "needs_login", "needs_approval", "not_installed", "failing"
    ]
    network: str | None
    nodes: list[NodeRow]
    reason: str | None = Field(description="Why the daemon could not be asked.")
    remedy: str
