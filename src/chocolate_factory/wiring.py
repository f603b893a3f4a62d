"""build(settings): the only place that constructs adapters."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from functools import cache, partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from chocolate_factory.core.config import Settings
from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.advice import Learn
from chocolate_factory.domain.alerts import Severity
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.jobs import JobInfo
from chocolate_factory.domain.notices import NoticeRules
from chocolate_factory.domain.ports import Assistant, Ports, Replanning, Source, Store
from chocolate_factory.domain.roles import AccessRules, Role
from chocolate_factory.domain.token_age import token_ends
from chocolate_factory.infrastructure.advisers import ADVISERS
from chocolate_factory.infrastructure.alerts import AlertPlaces, build_channels
from chocolate_factory.infrastructure.alerts.log import LogAlerts
from chocolate_factory.infrastructure.assistants.claude import Claude, ClaudePlace
from chocolate_factory.infrastructure.assistants.key_check import check_key
from chocolate_factory.infrastructure.backup_files import made
from chocolate_factory.infrastructure.clock import SystemClock, clock_ahead
from chocolate_factory.infrastructure.encoders import build_encoder
from chocolate_factory.infrastructure.file_locks import FileLocks
from chocolate_factory.infrastructure.forecasters import FORECASTERS
from chocolate_factory.infrastructure.model_files import ModelFiles
from chocolate_factory.infrastructure.origin_files import OriginFiles, code_version
from chocolate_factory.infrastructure.planners import PLANNERS
from chocolate_factory.infrastructure.sources import build_sources, without_key
from chocolate_factory.infrastructure.sources.sample import SampleSource
from chocolate_factory.infrastructure.sources.site import Access, Site
from chocolate_factory.infrastructure.stores import STORES, StorePlace
from chocolate_factory.infrastructure.stores.shared_series import SharedSeries
from chocolate_factory.infrastructure.tailscale import Tailscale
from chocolate_factory.infrastructure.week_files import WeekFiles, plans_version
from chocolate_factory.infrastructure.workers import runner
from chocolate_factory.services.assistant.desk import AskRules, Desk
from chocolate_factory.services.backtest_forecasts import Bench
from chocolate_factory.services.backtest_plans import PlansBench
from chocolate_factory.services.check_running import Surroundings
from chocolate_factory.services.choose_world import World, can_plan
from chocolate_factory.services.plan_fleet import OWN_KINDS
from chocolate_factory.services.send_alerts import Telling

PROVIDERS = ("omie", "ree", "esios", "aemet", "openweathermap", "open_meteo")
AUTO = "auto"
SERVING = "serve"
"""The lock that servers share, and that a restore has alone."""

GLANCE_S = 0.5
"""Nobody who only looks whether a lock is free holds it that long."""


def build(settings: Settings) -> Ports:
    """The real ports: real providers and the real store."""
    factory, text = read_factory_file(settings.factory)
    site = Site(
        factory.site.latitude,
        factory.site.longitude,
        settings.aemet.station,
        settings.aemet.municipality,
        settings.openweathermap.one_call,
    )
    reached = accesses(settings)
    ports = assemble(settings, (factory, text), build_sources(reached, site), sample=False)
    return replace(
        ports,
        unkeyed=variables(without_key(reached, site)),
        keys_end=keys_end(reached),
        elsewhere=settings.aemet.elsewhere(site.latitude, site.longitude),
    )


def variables(providers: Mapping[str, str]) -> dict[str, str]:
    """Series -> the setting that holds the key of its provider."""
    return {key: f"CHOCO_{name.upper()}__TOKEN" for key, name in providers.items()}


def keys_end(reached: Mapping[str, Access]) -> dict[str, tuple[datetime, bool]]:
    """Setting -> (when its key ends, whether that is assumed), of the keys that tell."""
    found = {}
    for name, access in reached.items():
        ends, assumed = token_ends(access.token) if access.token else (None, False)
        if ends is not None:
            found[f"CHOCO_{name.upper()}__TOKEN"] = (ends, assumed)
    return found


def accesses(settings: Settings) -> dict[str, Access]:
    """Address and key of every provider, by name."""
    found = {
        name: Access(given.base_url, secret(getattr(given, "token", None)))
        for name in PROVIDERS
        for given in (getattr(settings, name),)
    }
    runs = {"open_meteo_runs": Access(settings.open_meteo.runs)} if settings.open_meteo.runs else {}
    return {**found, **runs, "open_meteo_archive": Access(settings.open_meteo.archive)}


def secret(value: SecretStr | None) -> str | None:
    """The text of a secret; an empty one is none."""
    return (value.get_secret_value() or None) if value else None


def build_sample(settings: Settings) -> Ports:
    """The sample's ports: made-up prices in a store of their own."""
    source = SampleSource()
    return assemble(settings, read_factory_file(settings.factory), {source.name: source}, sample=True)


def assemble(
    settings: Settings, factory: tuple[Factory, str], sources: dict[str, Source], *, sample: bool
) -> Ports:
    """Ports over a state folder."""
    named = "" if settings.forecast.model == AUTO else settings.forecast.model
    if named and named not in FORECASTERS:
        known = ", ".join(FORECASTERS)
        raise Misconfigured(
            f"CHOCO_FORECAST__MODEL: {settings.forecast.model!r} is not a model; known: {AUTO}, {known}.",
            "Choose one of them; prophet comes with `make setup` in the checkout.",
        )
    folder = made_folder(settings.state / "sample" if sample else settings.state)
    return Ports(
        factory=factory[0],
        factory_text=factory[1],
        store=open_store(settings, "sqlite" if sample else settings.store, folder),
        sources=sources,
        forecasters=FORECASTERS,
        forecaster=named,
        planner=PLANNERS["highs"](settings.plan.target_gap),
        plan_seconds=settings.plan.time_limit_s,
        plan_risk=settings.plan.risk,
        plan_paths=settings.plan.paths,
        clock=SystemClock(settings.now, settings.clock_rate),
        sample=sample,
        registry=ModelFiles(folder / "models", cache(code_version)),
        replanning=replanning(settings),
        network=Tailscale(settings.tailscale.socket, certificates=settings.tailscale.certificates),
        encoder=build_encoder(settings.state),
        alone=FileLocks(folder / "locks").wait,
    )


def replanning(settings: Settings) -> Replanning:
    """When a plan gives way to another, as the settings say."""
    given = settings.plan
    return Replanning(
        given.freeze_minutes, given.keep_unless_eur, given.keep_unless_percent, given.replan_seconds
    )


def made_folder(folder: Path) -> Path:
    """A folder of the state, made where it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"CHOCO_STATE: cannot write to {folder} ({error.strerror}).") from error
    return folder


def open_store(settings: Settings, kind: str, folder: Path) -> Store:
    """A store of a kind; the sample's is always a file of its own."""
    given = settings.influx
    place = StorePlace(
        folder, given.url, given.database, secret(given.token), given.user, secret(given.password)
    )
    return STORES[kind](place)


def fleet_ports(settings: Settings, path: Path, *, sample: bool) -> Ports:
    """A plant of a fleet: prices, weather and models of the main store, plans and log of its own.

    Its own state is below the main one's, in `fleet/<name of the factory file>`. `sample`: the main one is
    the sample's.
    """
    plant = settings.model_copy(update={"factory": path})
    main = build_sample(plant) if sample else build(plant)
    folder = (settings.state / "sample" if sample else settings.state) / "fleet" / path.stem
    own = STORES["sqlite"](StorePlace(made_folder(folder)))
    return replace(main, store=SharedSeries(own, main.store, OWN_KINDS))


def fleet_runner(jobs: int | None, dask: str | None) -> Callable[..., Iterator[Any]]:
    """Who plans the plants of a fleet: a cluster by its address, or processes, one a core by default."""
    return runner(jobs or os.cpu_count() or 1, dask)


def build_bench(
    settings: Settings, *, jobs: int | None, dask: str | None, again: bool, sample: bool
) -> Bench:
    """Where and with what a back-test runs: processes or a cluster, and the origins that are kept."""
    state = settings.state / "sample" if sample else settings.state
    kept = OriginFiles(state / "backtests", again)
    return Bench(runner(jobs or os.cpu_count() or 1, dask), kept, code_version())


def build_plans_bench(
    settings: Settings, *, jobs: int | None, dask: str | None, again: bool, sample: bool
) -> PlansBench:
    """Where and with what a back-test of plans runs, and the weeks that are kept."""
    state = settings.state / "sample" if sample else settings.state
    kept = WeekFiles(state / "backtests" / "plans", again)
    return PlansBench(runner(jobs or os.cpu_count() or 1, dask), kept, plans_version())


def build_adviser() -> Learn:
    """What learns hourly advice."""
    return ADVISERS["forest"]


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


def access_rules(settings: Settings) -> AccessRules:
    """Who may do what, as the settings say; a login in several lists has the highest role of them."""
    given = settings.access
    listed = ((Role.VIEWER, given.viewers), (Role.OPERATOR, given.operators), (Role.ADMIN, given.admins))
    return AccessRules(
        local_admin=settings.environment == "development",
        proxy_secret=secret(given.proxy_secret),
        logins=tuple((login.lower(), role) for role, text in listed for login in by_commas(text)),
        members=None if given.members == "none" else Role(given.members),
        anyone=None if given.anyone == "none" else Role(given.anyone),
        posts_per_minute=given.posts_per_minute,
    )


def by_commas(text: str) -> list[str]:
    """The parts of a list in one setting, without empty ones."""
    return [part.strip() for part in text.split(",") if part.strip()]


def build_world(settings: Settings) -> World:
    """Both worlds, the real one in charge."""
    return World(
        build(settings),
        lambda: build_sample(settings),
        offline=settings.offline,
        read_factory=lambda: read_factory_file(settings.factory),
    )


def choose(settings: Settings) -> Ports:
    """The ports of a single command: the sample's only when offline without any stored price."""
    real = build(settings)
    if settings.offline and not can_plan(real):
        return build_sample(settings)
    return real


def job_locks(settings: Settings) -> FileLocks:
    """Locks that keep two processes over one state folder from running the same job."""
    return FileLocks(settings.state / "locks")


def surroundings(settings: Settings, jobs: Sequence[JobInfo]) -> Surroundings:
    """What is around the state folder, as `choco doctor` looks at it."""
    with job_locks(settings)(SERVING) as free:
        serving = not free
    asked, place = not settings.offline and settings.now is None, claude_place(settings)
    folders = {one.stat().st_dev: one for one in (backup_folder(settings), settings.state) if one.is_dir()}
    return Surroundings(
        serving=serving,
        jobs=jobs,
        backups=[*backups_made(settings)],
        free_bytes={str(one): shutil.disk_usage(one).free for one in folders.values()},
        clock_asked=asked,
        clock_ahead=clock_ahead(settings.omie.base_url) if asked else None,
        replayed=settings.now is not None,
        channels=[one.name for one in build_telling(settings).channels if one.name != LogAlerts.name],
        half=half_set(settings),
        ask_assistant=partial(check_key, place) if place else None,
    )


def half_set(settings: Settings) -> dict[str, str]:
    """Settings that count for nothing without another one, and what they lack."""
    alerts, telegram, webhook = settings.alerts, settings.telegram, settings.webhook
    pairs = {
        "CHOCO_TELEGRAM__TOKEN": (secret(telegram.token), "CHOCO_TELEGRAM__CHAT", telegram.chat),
        "CHOCO_TELEGRAM__CHAT": (telegram.chat, "CHOCO_TELEGRAM__TOKEN", secret(telegram.token)),
        "CHOCO_WEBHOOK__SECRET": (secret(webhook.secret), "CHOCO_WEBHOOK__URL", webhook.url),
        "CHOCO_ALERTS__QUIET_FROM": (alerts.quiet_from, "CHOCO_ALERTS__QUIET_TO", alerts.quiet_to),
        "CHOCO_ALERTS__QUIET_TO": (alerts.quiet_to, "CHOCO_ALERTS__QUIET_FROM", alerts.quiet_from),
    }
    return {
        name: f"counts for nothing without {other}"
        for name, (value, other, needed) in pairs.items()
        if value and not needed
    }


def backup_folder(settings: Settings) -> Path:
    """Where backups are kept."""
    return settings.backup.folder or settings.state / "backups"


def backups_made(settings: Settings) -> dict[datetime, Path]:
    """The archives there are, by when they were made."""
    return made(backup_folder(settings))


def build_desk(settings: Settings) -> Desk:
    """How questions are answered; a language model is made when one is first needed."""
    given, place = settings.ask, claude_place(settings)
    bounds = {name: getattr(given, name) for name in type(given).model_fields}
    rules = AskRules(**bounds)

    @cache
    def assistant() -> Assistant | None:
        return Claude(place) if place else None

    return Desk(rules, assistant, without="offline" if settings.offline else "no_key")


def claude_place(settings: Settings) -> ClaudePlace | None:
    """Where the language model is; None without a key and offline."""
    given = settings.anthropic
    key = None if settings.offline else secret(given.api_key)
    return ClaudePlace(given.base_url, key, given.model) if key else None


def build_telling(settings: Settings) -> Telling:
    """How alerts are told."""
    given, telegram, webhook = settings.alerts, settings.telegram, settings.webhook
    places = AlertPlaces(
        telegram.base_url, secret(telegram.token), telegram.chat, webhook.url, secret(webhook.secret)
    )
    quiet = [time.fromisoformat(text) if text else None for text in (given.quiet_from, given.quiet_to)]
    rules = NoticeRules(Severity(given.least), quiet[0], quiet[1], given.per_hour)
    return Telling(build_channels(places), rules, given.language)
