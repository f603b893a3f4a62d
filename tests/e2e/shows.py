"""What the end-to-end tests share: the product on the stand-in providers at a moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, Run, Upstream


def environment(
    upstream: Upstream, state: Path, now: str, factory: Path = ROOT / "factory.toml"
) -> dict[str, str]:
    """Settings of a product at a moment, on the stand-in providers."""
    upstream.at(now)
    own = {"CHOCO_FACTORY": str(factory), "CHOCO_NOW": now, "CHOCO_STATE": str(state)}
    return {**upstream.settings(), **own}


def read(choco: Run, env: dict[str, str], *args: str) -> Any:
    """The JSON that a command prints."""
    return json.loads(choco(*args, "--json", env=env).stdout)
