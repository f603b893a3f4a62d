"""Every setting as a row of the documentation, and variables that no setting reads."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from chocolate_factory.core.config import PREFIX, Settings, given_variables

OF_COMPOSE = {
    *("CHOCO_DATA", "CHOCO_DEV_DATA", "CHOCO_DEV_SECRETS", "CHOCO_IMAGE", "CHOCO_NET", "CHOCO_SECRETS"),
    *("CHOCO_PRODUCTION_INFLUX", "CHOCO_PRODUCTION_NETWORK", "CHOCO_PUBLISHED_PORT", "CHOCO_TAILNET_NAME"),
}
"""What the compose files read of `.env`, all of which the container is given."""


def unknown_variables(settings: Settings) -> list[str]:
    """`CHOCO_…` variables of environment and `.env` that no setting reads: most often typing mistakes."""
    known = {name for name, *_ in rows(type(settings))} | OF_COMPOSE
    names = {n.removesuffix("_FILE") for n in given_variables() if n.startswith(PREFIX)}
    return sorted(n for n in names if n not in known)


def rows(model: type[BaseModel], prefix: str = PREFIX) -> list[tuple[str, str, str, str]]:
    """(variable, allowed, default, meaning) of every setting, for the documentation."""
    found: list[tuple[str, str, str, str]] = []
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            default = info.get_default(call_default_factory=True)
            inner = rows(kind, f"{prefix}{name.upper()}__")
            shown = getattr(default, "base_url", None)
            found += [
                (v, a, f"`{shown}`" if shown and v.endswith("BASE_URL") else d, m or info.description or "")
                for v, a, d, m in inner
            ]
        else:
            default = info.default
            text = "none" if default is None else "" if info.is_required() else f"`{default}`"
            found.append((f"{prefix}{name.upper()}", allowed(info), text, info.description or ""))
    return found


def allowed(info: Any) -> str:
    """What a field accepts, in a few words."""
    kind = str(info.annotation).replace("typing.", "").replace("pathlib.", "")
    name = getattr(info.annotation, "__name__", "") if isinstance(info.annotation, type) else ""
    bounds = [
        f"{sign} {getattr(m, key)}"
        for m in info.metadata
        for key, sign in (("ge", "≥"), ("le", "≤"))
        if hasattr(m, key)
    ]
    if kind.startswith("Literal"):
        return " or ".join(part.strip(" '") for part in kind[8:-1].split(","))
    words = {"Path": "path", "bool": "0 or 1", "str": "text", "int": "whole number", "float": "number"}
    text = words.get(name) or ("moment with offset" if "Aware" in kind else "text")
    return f"{text} {', '.join(bounds)}".strip()
