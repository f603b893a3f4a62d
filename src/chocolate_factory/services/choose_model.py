"""Which model serves a series and with which weights; promote one, go back to the one before."""

from __future__ import annotations

from datetime import datetime

from chocolate_factory.core.errors import ModelRefused, UsageError
from chocolate_factory.domain.catalog import PRICE_SERIES
from chocolate_factory.domain.ports import Learnt, Ports
from chocolate_factory.domain.registry import (
    FIRST_CHAMPION,
    Choice,
    Chooser,
    Registry,
    Version,
    champion_then,
    first_choice,
    fit_to_serve,
    former_choice,
)
from chocolate_factory.services.forecast_prices import Weights


def serving_model(ports: Ports, series: str) -> str:
    """The model that the settings name, else the champion of the series."""
    return ports.forecaster or champion(ports, series).model


def champion(ports: Ports, series: str) -> Choice:
    """The choice in force now; the default where the choices cannot be read or name no model there is."""
    found = chosen(ports.registry, series, ports.clock())
    if found.model in ports.forecasters:
        return found
    return first_choice(series, f"{found.model} was chosen, and there is no such model here")


def chosen(registry: Registry, series: str, now: datetime) -> Choice:
    """The last choice by `now`; the default where the choices cannot be read."""
    try:
        return champion_then(registry.choices(series), series, now)
    except ModelRefused as error:
        return first_choice(series, error.message)


def weights_of(registry: Registry) -> Weights:
    """Kept weights for serving: of the version that the choice is held to, else of the newest sound one.

    Never of one learnt after the moment asked for. A version that turns out unsound gives way to the next.
    """

    def weights(model: str, series: str, now: datetime) -> Learnt | None:
        for version in serving_versions(registry, series, model, now):
            try:
                return registry.load(series, model, version.number)
            except ModelRefused:
                continue
        return None

    return weights


def serving_versions(registry: Registry, series: str, model: str, now: datetime) -> list[Version]:
    """Versions that may serve at `now`, in the order in which they are tried."""
    choice = chosen(registry, series, now)
    only = choice.version if choice.model == model else None
    return fit_to_serve(registry.held(series, model), now, only)


def promote(ports: Ports, series: str, model: str, version: int | None = None) -> Choice:
    """Let a model serve a series from now on, held to one version where that is given.

    Raises UsageError for a name that is not known, ModelRefused without a sound version of it.
    """
    check_names(ports, series, model)
    now = ports.clock()
    sound = [one.number for one in fit_to_serve(ports.registry.held(series, model), now, version)]
    if not sound or version not in {None, *sound}:
        wanted = "sound version" if version is None else f"sound version {version}"
        raise ModelRefused(
            f"There is no {wanted} of {model} for {series} that was learnt by now.",
            f"See `choco models`, or run `choco train --series {series} --models {model}`.",
        )
    choice = Choice(series, model, now, Chooser.HAND, "promoted by hand", version)
    ports.registry.choose(choice)
    return choice


def rollback(ports: Ports, series: str) -> Choice:
    """Let serve again what served before the present choice. Raises UsageError where nothing did."""
    check_names(ports, series, FIRST_CHAMPION)
    now = ports.clock()
    choices = ports.registry.choices(series)
    left, former = champion_then(choices, series, now), former_choice(choices, series, now)
    why = f"back from {left.model}{'' if left.version is None else f' version {left.version}'}"
    choice = Choice(series, former.model, now, Chooser.ROLLBACK, why, former.version)
    ports.registry.choose(choice)
    return choice


def check_names(ports: Ports, series: str, model: str) -> None:
    """Raise UsageError for a series or a model that is not known."""
    if series not in PRICE_SERIES:
        raise UsageError(f"{series!r} is not a price series.", f"Use one of {', '.join(PRICE_SERIES)}.")
    if model not in ports.forecasters:
        raise UsageError(f"{model!r} is not a forecaster.", f"Use one of {', '.join(ports.forecasters)}.")
