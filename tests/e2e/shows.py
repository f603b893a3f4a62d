"""What the end-to-end tests share: the product on the stand-in providers at a moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, Run, Upstream

REFERENCE = ROOT / "factory.toml"


def environment(upstream: Upstream, state: Path, now: str, factory: Path = REFERENCE) -> dict[str, str]:
    """Settings of a product at a moment, on the stand-in providers.

    Plants that are not in Linares have no keys: AEMET's default station is not theirs.
    """
    upstream.at(now)
    own = {"CHOCO_FACTORY": str(factory), "CHOCO_NOW": now, "CHOCO_STATE": str(state)}
    return {**upstream.settings(keys=factory == REFERENCE), **own}


def read(choco: Run, env: dict[str, str], *args: str) -> Any:
    """The JSON that a command prints."""
    return json.loads(choco(*args, "--json", env=env).stdout)
