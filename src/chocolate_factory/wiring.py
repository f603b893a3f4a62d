"""build(settings): the only place that constructs adapters."""

from __future__ import annotations

from pathlib import Path

from chocolate_factory.core.config import Settings, SystemClock
from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports, Source
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.infrastructure.planners.highs import HighsPlanner
from chocolate_factory.infrastructure.sources import build_sources
from chocolate_factory.infrastructure.sources.sample import SampleSource
from chocolate_factory.infrastructure.stores import STORES
from chocolate_factory.services.choose_world import World, can_plan


def build(settings: Settings) -> Ports:
    """The real ports: real providers and the real store."""
    addresses = {name: getattr(settings, name).base_url for name in ("omie", "ree", "esios", "open_meteo")}
    factory, text = read_factory_file(settings.factory)
    place = (factory.site.latitude, factory.site.longitude)
    return assemble(settings, (factory, text), dict(build_sources(addresses, place)), sample=False)


def build_sample(settings: Settings) -> Ports:
    """The sample's ports: made-up prices in a store of their own."""
    source = SampleSource()
    return assemble(settings, read_factory_file(settings.factory), {source.name: source}, sample=True)


def assemble(
    settings: Settings, factory: tuple[Factory, str], sources: dict[str, Source], *, sample: bool
) -> Ports:
    """Ports over a state folder."""
    if settings.forecast.model not in FORECASTERS:
        known = ", ".join(FORECASTERS)
        raise Misconfigured(
            f"CHOCO_FORECAST__MODEL: {settings.forecast.model!r} is not a model; known: {known}."
        )
    folder = settings.state / "sample" if sample else settings.state
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"CHOCO_STATE: cannot write to {folder} ({error.strerror}).") from error
    return Ports(
        factory=factory[0],
        factory_text=factory[1],
        store=STORES[settings.store](folder / "store.sqlite"),
        sources=sources,
        forecasters=FORECASTERS,
        forecaster=settings.forecast.model,
        planner=HighsPlanner(settings.plan.target_gap),
        plan_seconds=settings.plan.time_limit_s,
        clock=SystemClock(settings.now, settings.clock_rate),
        sample=sample,
    )


def read_factory_file(path: Path) -> tuple[Factory, str]:
    """The factory and the text it was read from."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Misconfigured(
            f"There is no factory file at {path}.",
            "Set CHOCO_FACTORY to your factory file, or run in the project folder, where factory.toml is.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"The factory file {path} cannot be read: {error}.") from error
    return parse_factory(text, str(path)), text


def build_world(settings: Settings) -> World:
    """Both worlds, the real one in charge."""
    return World(build(settings), lambda: build_sample(settings), offline=settings.offline)


def choose(settings: Settings) -> Ports:
    """The ports of a single command: the sample's only when offline without any stored price."""
    real = build(settings)
    if settings.offline and not can_plan(real):
        return build_sample(settings)
    return real
