"""Settings: environment variables `CHOCO_…`, `.env`, and secret files `CHOCO_…_FILE`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AwareDatetime, BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from chocolate_factory.core.errors import Misconfigured

PREFIX = "CHOCO_"
ENV_FILE = Path(".env")
GROUP = re.compile(r'field "(\w+)"')
SECRET_NAME = re.compile(r"(TOKEN|SECRET|PASSWORD|KEY)$")
Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]


class Provider(BaseModel):
    """Where a provider is reached."""

    base_url: Url


class KeyedProvider(Provider):
    """A provider that wants a key for some of its answers."""

    token: SecretStr | None = Field(default=None, description="Key; without it what needs it is not asked.")


LINARES = (38.095, -3.636)
"""Latitude and longitude, degrees, of the station and the municipality that AEMET is asked for by default."""
NEAR_DEGREES = 0.5


class Aemet(KeyedProvider):
    """AEMET OpenData and the places of this site in it; by default they are of Linares."""

    station: str = Field(default="5279X", pattern=r"^\w{3,8}$", description="AEMET station of observations.")
    municipality: str = Field(default="23055", pattern=r"^\d{5}$", description="INE code for forecasts.")

    def elsewhere(self, latitude: float, longitude: float) -> tuple[str, ...]:
        """Variables left at Linares for a site more than half a degree from it; none without a key."""
        away = max(abs(latitude - LINARES[0]), abs(longitude - LINARES[1])) > NEAR_DEGREES
        if not away or self.token is None or not self.token.get_secret_value():
            return ()
        left = [n for n in ("station", "municipality") if getattr(self, n) == Aemet.model_fields[n].default]
        return tuple(f"{PREFIX}AEMET__{name.upper()}" for name in left)


class OpenWeatherMap(KeyedProvider):
    """OpenWeatherMap; One Call is a subscription of its own."""

    one_call: Literal["", "3.0", "4.0"] = Field(
        default="", description="One Call version for the forecast; empty: the free 5-day forecast."
    )


OPEN_METEO = "https://api.open-meteo.com"
OPEN_METEO_ARCHIVE = "https://archive-api.open-meteo.com"
OPEN_METEO_RUNS = "https://previous-runs-api.open-meteo.com"


class OpenMeteo(Provider):
    """Open-Meteo, whose archives have addresses of their own."""

    archive_url: Url | None = Field(
        default=None, description="Address of the archive; by default the public one, or a changed BASE_URL."
    )
    runs_url: str | None = Field(
        default=None,
        pattern=r"^(https?://[^\s]+)?$",
        description="Address of the archive of forecasts as issued; empty: not asked. "
        "By default the public one, none with a changed BASE_URL.",
    )

    @property
    def runs(self) -> str:
        """Where forecasts as they were issued are asked; empty: nowhere."""
        if self.runs_url is None:
            return OPEN_METEO_RUNS if self.base_url == OPEN_METEO else ""
        return self.runs_url

    @property
    def archive(self) -> str:
        """Where the archive is asked."""
        return self.archive_url or (OPEN_METEO_ARCHIVE if self.base_url == OPEN_METEO else self.base_url)


class Influx(BaseModel):
    """The InfluxDB store, for CHOCO_STORE=influx."""

    url: Url = Field(default="http://127.0.0.1:8086", description="Address of InfluxDB (1.6+, 2.7, 3).")
    database: str = Field(default="chocolate", description="Database; on 2.x the bucket mapped to it.")
    token: SecretStr | None = Field(default=None, description="Token (2.x, 3).")
    user: str | None = Field(default=None, description="User (1.x).")
    password: SecretStr | None = Field(default=None, description="Password of the user (1.x).")


def provider(base_url: str, kind: type[Provider] = Provider) -> Any:
    """A settings field for a provider with its public address."""
    return Field(default=kind(base_url=base_url), description=f"Provider at {base_url}.")


class SyncSettings(BaseModel):
    """How much is fetched."""

    history_days: int = Field(
        default=760, ge=8, le=4000, description="Days of history `choco sync` aims for."
    )
    reread_days: int = Field(default=3, ge=0, le=30, description="Recent days read again for corrections.")
    every_minutes: int = Field(default=15, ge=1, le=1440, description="Pause between looks while serving.")


class ForecastSettings(BaseModel):
    """Which model fills the slots that are not published."""

    model: str = Field(default="auto", description="Forecaster by name; auto: the champion, docs/models.md.")


class PlanSettings(BaseModel):
    """How long and how well to solve."""

    time_limit_s: float = Field(default=45, ge=1, le=3600, description="Seconds of solving.")
    target_gap: float = Field(default=0.005, ge=0, le=0.5, description="Stop when proven this close (share).")
    replan_seconds: float = Field(
        default=5, ge=1, le=3600, description="Seconds of solving where a plan stands already."
    )
    freeze_minutes: int = Field(
        default=120, ge=0, le=1440, description="What starts this soon stays as the standing plan has it."
    )
    keep_unless_eur: float = Field(
        default=1, ge=0, le=1e6, description="EUR that a new plan must save to replace the standing one."
    )
    keep_unless_percent: float = Field(
        default=0.2, ge=0, le=100, description="The same in percent of the cost; the larger of both counts."
    )
    risk: float = Field(default=0, ge=0, le=1, description="Weight of the dearest tenth of price paths.")
    paths: int = Field(default=50, ge=10, le=365, description="Price paths that plans are costed on.")


WallTime = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")]


class AlertSettings(BaseModel):
    """What is told of alerts, and when not."""

    least: Literal["info", "warning", "critical"] = Field(
        default="warning", description="Least severity that is told."
    )
    quiet_from: WallTime = Field(
        default="", description="Site time, HH:MM, from which only what is critical is told; empty: never."
    )
    quiet_to: WallTime = Field(default="", description="Site time, HH:MM, at which the quiet hours end.")
    per_hour: int = Field(default=4, ge=1, le=100, description="Messages an hour of one kind of alert.")
    language: Literal["es", "en"] = Field(default="es", description="Language of the messages.")


class TelegramSettings(Provider):
    """A Telegram bot that tells of alerts."""

    token: SecretStr | None = Field(default=None, description="Token of the bot; without it none is used.")
    chat: str = Field(default="", description="Id of the chat that the bot writes to.")


class WebhookSettings(BaseModel):
    """An address of one's own that is told of alerts."""

    url: str = Field(default="", pattern=r"^(https?://[^\s]+)?$", description="Address; empty: none.")
    secret: SecretStr | None = Field(
        default=None, description="Key of the signature in X-Choco-Signature; without it none is sent."
    )


class BackupSettings(BaseModel):
    """Where backups are kept and for how long."""

    folder: Path | None = Field(
        default=None, description="Folder of backups; by default backups in CHOCO_STATE."
    )
    daily: int = Field(default=7, ge=1, le=366, description="Days of which the newest backup is kept.")
    weekly: int = Field(default=4, ge=0, le=520, description="Weeks of which the newest backup is kept.")
    monthly: int = Field(default=12, ge=0, le=240, description="Months of which the newest backup is kept.")


class AnthropicSettings(Provider):
    """The language model that answers questions; without a key rules do."""

    api_key: SecretStr | None = Field(default=None, description="Key; without it questions go to rules.")
    model: str = Field(default="claude-haiku-4-5", pattern=r"^[\w.:-]+$", description="Model that answers.")


class AskSettings(BaseModel):
    """Bounds of questions in words."""

    budget_eur: float = Field(default=1, ge=0, le=1000, description="EUR a user's questions may cost a day.")
    longest: int = Field(default=500, ge=20, le=4000, description="Characters of a question.")
    per_minute: int = Field(default=10, ge=1, le=600, description="Questions a minute of one caller.")
    at_once: int = Field(default=4, ge=1, le=20, description="Answers under way at once, of all callers.")
    at_once_each: int = Field(default=2, ge=1, le=20, description="Answers under way at once of one caller.")
    steps: int = Field(default=6, ge=1, le=20, description="Replies of the language model in an answer.")
    max_tokens: int = Field(default=1000, ge=100, le=8000, description="Tokens of one such reply.")
    seconds: float = Field(default=60, ge=5, le=300, description="Seconds that an answer may take.")
    memory: int = Field(
        default=6, ge=0, le=20, description="Questions of a conversation that are remembered; 0: none."
    )
    memory_minutes: int = Field(
        default=30, ge=1, le=1440, description="Minutes after the last question that they are remembered."
    )
    conversations: int = Field(
        default=8, ge=1, le=50, description="Conversations of one caller that are remembered."
    )


class TailscaleSettings(BaseModel):
    """The Tailscale daemon of this machine, for the view of its nodes."""

    socket: Path = Field(
        default=Path("/var/run/tailscale/tailscaled.sock"),
        description="Socket of the local Tailscale daemon; without it the command `tailscale` is asked.",
    )
    certificates: Path | None = Field(
        default=None,
        description="Folder with its certificates, `<domain>.crt`, to tell when they end; keys are not read.",
    )


class AccessSettings(BaseModel):
    """Who may do what; lists are separated by commas."""

    proxy_secret: SecretStr | None = Field(
        default=None,
        description="Secret, at least 16 characters, that the Tailscale hop sends as X-Choco-Proxy-Secret; "
        "without it no Tailscale login counts.",
    )
    admins: str = Field(default="", description="Tailscale logins that are admins, by commas.")
    operators: str = Field(default="", description="Tailscale logins that are operators, by commas.")
    viewers: str = Field(default="", description="Tailscale logins that are viewers, by commas.")
    members: Literal["none", "viewer", "operator"] = Field(
        default="viewer", description="Role of every other proven Tailscale login."
    )
    anyone: Literal["none", "viewer"] = Field(
        default="viewer", description="Role of callers who prove nothing."
    )
    hosts: str = Field(
        default="", description="Names, by commas, that the server answers to besides those of the machine."
    )
    posts_per_minute: int = Field(
        default=60, ge=1, le=6000, description="Changing requests a minute of one caller."
    )

    @field_validator("proxy_secret")
    @classmethod
    def long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        """An empty secret is none; a short one could be guessed."""
        if secret is None or not secret.get_secret_value():
            return None
        if len(secret.get_secret_value()) < 16:
            raise ValueError("at least 16 characters are needed")
        return secret


class Settings(BaseSettings):
    """All settings; the environment wins over `.env`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=ENV_FILE,
        extra="ignore",
        nested_model_default_partial_update=True,
    )

    state: Path = Field(default=Path("var"), description="Folder of the store, models and logs.")
    factory: Path = Field(default=Path("factory.toml"), description="Path of the factory file.")
    now: AwareDatetime | None = Field(
        default=None, description="Fixed moment, ISO 8601 with offset: replays any day."
    )
    clock_rate: float = Field(
        default=0, ge=0, le=1e6, description="Virtual seconds per second when CHOCO_NOW is set."
    )
    environment: Literal["development", "production"] = Field(
        default="development", description="Where it runs."
    )
    store: Literal["sqlite", "influx"] = Field(default="sqlite", description="Kind of store.")
    offline: bool = Field(default=False, description="No outside calls; without stored prices, sample data.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    log_format: Literal["console", "json"] = Field(
        default="console", description="Form of log lines on stderr."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level logged."
    )
    sync: SyncSettings = Field(default_factory=SyncSettings)
    forecast: ForecastSettings = Field(default_factory=ForecastSettings)
    plan: PlanSettings = Field(default_factory=PlanSettings)
    omie: Provider = provider("https://www.omie.es")
    ree: Provider = provider("https://apidatos.ree.es")
    esios: KeyedProvider = provider("https://api.esios.ree.es", KeyedProvider)
    aemet: Aemet = provider("https://opendata.aemet.es", Aemet)
    openweathermap: OpenWeatherMap = provider("https://api.openweathermap.org", OpenWeatherMap)
    open_meteo: OpenMeteo = provider(OPEN_METEO, OpenMeteo)
    anthropic: AnthropicSettings = provider("https://api.anthropic.com", AnthropicSettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    telegram: TelegramSettings = provider("https://api.telegram.org", TelegramSettings)
    webhook: WebhookSettings = Field(default_factory=WebhookSettings)
    backup: BackupSettings = Field(default_factory=BackupSettings)
    influx: Influx = Field(default_factory=Influx)
    ask: AskSettings = Field(default_factory=AskSettings)
    tailscale: TailscaleSettings = Field(default_factory=TailscaleSettings)
    access: AccessSettings = Field(default_factory=AccessSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit values, then the environment, then `.env`; secret files are unfolded before."""
        return init_settings, env_settings, dotenv_settings


def unfold_secret_files(environ: dict[str, str]) -> dict[str, str]:
    """`CHOCO_X_FILE=path` -> `CHOCO_X=content`; both at once, or an unreadable file, is an error."""
    found: dict[str, str] = {}
    for name, path in environ.items():
        if not (name.startswith(PREFIX) and name.endswith("_FILE")):
            continue
        plain = name.removesuffix("_FILE")
        if plain in environ:
            raise Misconfigured(f"{plain} and {name} are both set.", "Keep one of them.")
        try:
            found[plain] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Misconfigured(f"{name}: cannot read {path} ({error.strerror}).") from error
        except UnicodeDecodeError as error:
            raise Misconfigured(f"{name}: {path} is not text in UTF-8.") from error
    return found


def given_variables() -> dict[str, str]:
    """What `.env` and the environment say; of `X` and `X_FILE` the one in the environment counts."""
    try:
        written = dotenv_values(ENV_FILE) if ENV_FILE.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{ENV_FILE} cannot be read as text in UTF-8.") from error
    said = {name.removesuffix("_FILE") for name in os.environ}
    upper = {name.upper(): value for name, value in written.items() if value is not None}
    kept = {name: value for name, value in upper.items() if name.removesuffix("_FILE") not in said}
    return {**kept, **os.environ}


def load_settings() -> Settings:
    """Settings from the environment and `.env`; a wrong value is `Misconfigured` naming its variable."""
    for name, value in unfold_secret_files(given_variables()).items():
        os.environ[name] = value
        os.environ.pop(f"{name}_FILE", None)
    try:
        return Settings()
    except SettingsError as error:
        group = GROUP.search(str(error))
        name = PREFIX + (group[1].upper() if group else "…")
        raise Misconfigured(
            f"Setting {name} is a group of settings and takes no value of its own.",
            f"Set {name}__… as docs/settings.md lists them.",
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "__".join(str(part).upper() for part in first["loc"])
        hidden = SECRET_NAME.search(name) is not None
        given = "" if hidden else f" (given: {str(first.get('input'))[:80]!r})"
        raise Misconfigured(
            f"Setting {name}: {first['msg']}{given}.", "docs/settings.md lists what is allowed."
        ) from None
