"""Channels that tell of alerts: one file and one line here make another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from chocolate_factory.domain.ports import Alerts
from chocolate_factory.infrastructure.alerts.log import LogAlerts
from chocolate_factory.infrastructure.alerts.telegram import TelegramAlerts
from chocolate_factory.infrastructure.alerts.webhook import WebhookAlerts
from chocolate_factory.infrastructure.http import Limits, Polite

LIMITS = Limits(tries=2, total_s=20.0, per_second=1.0, burst=20)


@dataclass(frozen=True)
class AlertPlaces:
    """Where alerts go; what is empty is not used."""

    telegram_url: str = ""
    telegram_token: str | None = field(default=None, repr=False)
    telegram_chat: str = ""
    webhook_url: str = ""
    webhook_secret: str | None = field(default=None, repr=False)


def telegram(places: AlertPlaces, limits: Limits) -> Alerts | None:
    """Telegram, when a token and a chat are given."""
    if not (places.telegram_token and places.telegram_chat):
        return None
    client = Polite("telegram", places.telegram_url, limits)
    return TelegramAlerts(client, places.telegram_token, places.telegram_chat)


def webhook(places: AlertPlaces, limits: Limits) -> Alerts | None:
    """A webhook, when an address is given."""
    if not places.webhook_url:
        return None
    return WebhookAlerts(Polite("webhook", places.webhook_url, limits), places.webhook_secret)


CHANNELS: dict[str, Callable[[AlertPlaces, Limits], Alerts | None]] = {
    "log": lambda *_: LogAlerts(),
    "telegram": telegram,
    "webhook": webhook,
}


def build_channels(places: AlertPlaces, limits: Limits = LIMITS) -> list[Alerts]:
    """Every channel that is set up; the log always is."""
    made = [make(places, limits) for make in CHANNELS.values()]
    return [channel for channel in made if channel is not None]
