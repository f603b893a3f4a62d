"""The machines of the private network, for admins."""

from __future__ import annotations

from fastapi import APIRouter

from chocolate_factory.api.schemas.nodes import Nodes
from chocolate_factory.api.world import Running
from chocolate_factory.services.read_nodes import read_nodes

router = APIRouter(prefix="/api/v1", tags=["nodes"])


@router.get("/nodes")
def nodes(world: Running) -> Nodes:
    """Machines, which are online, when the others were last seen, and what they are tagged with."""
    return Nodes.model_validate(read_nodes(world.real))
