"""What is kept of models, which of them serves, and what is to be said of it: `choco models`."""

from __future__ import annotations

from typing import Any

from chocolate_factory.core.errors import ModelRefused
from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.registry import FRESH, Choice, Chooser, Held, State
from chocolate_factory.domain.series_info import MARKET_ZONE
from chocolate_factory.domain.slots import local_iso
from chocolate_factory.services.choose_model import champion, serving_model, serving_versions
from chocolate_factory.services.compare_models import newest_comparison

Row = dict[str, Any]
TRAIN = "Run `choco train`; until then forecasts take some seconds longer."
DAMAGED = {State.CHANGED, State.MISSING}


def read_models(ports: Ports, series: tuple[str, ...] = PRICE_SERIES) -> Row:
    """Champion, history, last comparison, and every kept version with its state, by series."""
    return {
        "sample": ports.sample,
        "as_of": local_iso(ports.clock(), MARKET_ZONE),
        "pinned": ports.forecaster or None,
        "series": [series_row(ports, key) for key in series],
    }


def series_row(ports: Ports, series: str) -> Row:
    """What is kept of one series."""
    try:
        choices = ports.registry.choices(series)
        trouble = None
    except ModelRefused as error:
        choices, trouble = [], error.message
    model = serving_model(ports, series)
    ready = serving_versions(ports.registry, series, model, ports.clock())
    return {
        "series": series,
        "serving": {"model": model, "version": ready[0].number if ready else None},
        "champion": choice_row(champion(ports, series)),
        "history": [choice_row(one) for one in choices],
        "trouble": trouble,
        "comparison": newest_comparison(ports, series, ports.clock()),
        "models": [
            {"model": name, "versions": [held_row(one) for one in ports.registry.held(series, name)]}
            for name in ports.forecasters
        ],
    }


def choice_row(choice: Choice) -> Row:
    """A choice as JSON."""
    return {
        "model": choice.model,
        "version": choice.version,
        "since": None if choice.chosen_by is Chooser.DEFAULT else local_iso(choice.since, MARKET_ZONE),
        "chosen_by": str(choice.chosen_by),
        "why": choice.why,
    }


def held_row(held: Held) -> Row:
    """A kept version as JSON; without a usable manifest only its number and state are known."""
    row: Row = {"version": held.number, "state": str(held.state)}
    made = held.version
    if made is None:
        return row
    return row | {
        "learnt_at": local_iso(made.learnt_at, MARKET_ZONE),
        "facts": dict(made.facts),
        "metrics": dict(made.metrics),
        "code": made.code,
        "libraries": dict(made.libraries),
        "size_bytes": made.size,
        "sha256": made.sha256,
    }


def model_findings(ports: Ports, series: tuple[str, ...] = PRICE_SERIES) -> list[tuple[str, str, str, str]]:
    """Topic, state ("ok" or "warning"), text and remedy, of the model that serves each series."""
    return [(f"model {key}", *finding(ports, key)) for key in series if ports.store.span(key)]


def finding(ports: Ports, series: str) -> tuple[str, str, str]:
    """State, text and remedy: damage first, then what serves in place of what was chosen, then alarms."""
    now, model, choice = ports.clock(), serving_model(ports, series), champion(ports, series)
    held = ports.registry.held(series, model)
    ready = serving_versions(ports.registry, series, model, now)
    serves = f"version {ready[0].number} serves" if ready else "learnt afresh for every forecast"
    bad = [str(one.number) for one in held if one.state in DAMAGED]
    if bad:
        text = f"{model}: version {', '.join(bad)} changed or missing on disk; {serves}"
        return "warning", text, "Look at the disk; `choco train` makes a new version."
    if not ready:
        return "warning", f"{model}: no version that can serve; {serves}", TRAIN
    held_to = choice.version if choice.model == model else None
    if held_to is not None and ready[0].number != held_to:
        return "warning", f"{model}: version {held_to} was chosen and cannot serve; {serves}", "Choose again."
    if held_to is not None and now - ready[0].learnt_at > FRESH:
        days = (now - ready[0].learnt_at).days
        text = f"{model}: held to version {held_to}, learnt {days} days ago"
        return "warning", text, f"`choco models promote {model} --series {series}` lets the newest serve."
    last = newest_comparison(ports, series, now)
    if last and last["alarm"] and last["champion"] == model:
        return "warning", str(last["alarm"]), "Look for faulty prices, or promote another model by hand."
    try:
        ports.registry.choices(series)
    except ModelRefused as error:
        return "warning", error.message, error.hint
    return "ok", f"{model}: {serves}", ""
