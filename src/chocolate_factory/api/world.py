"""What the routers get from the app: the ports in charge and what goes on in the background."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from chocolate_factory.domain.ports import Ports
from chocolate_factory.services.choose_world import World


def current_world(request: Request) -> World:
    """The running state of this process."""
    world = request.app.state.world
    assert isinstance(world, World)
    return world


def current_ports(request: Request) -> Ports:
    """The real ports, or the sample's while nothing real is there."""
    return current_world(request).ports()


InCharge = Annotated[Ports, Depends(current_ports)]
Running = Annotated[World, Depends(current_world)]
