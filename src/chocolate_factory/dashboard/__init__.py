"""Built web assets; `STATIC` is where the front end's build puts them."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"
