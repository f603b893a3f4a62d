"""Alerts as messages of a Telegram bot (https://core.telegram.org/bots/api#sendmessage)."""

from __future__ import annotations

import json

from chocolate_factory.core.errors import Changed
from chocolate_factory.domain.alerts import Severity
from chocolate_factory.domain.notices import Event, Notice
from chocolate_factory.infrastructure.http import Polite

LONGEST = 4096
MARKS = {Severity.INFO: "", Severity.WARNING: "(!) ", Severity.CRITICAL: "(!!) "}


class TelegramAlerts:
    """One bot, one chat. The token is part of the address, which no error repeats."""

    name = "telegram"

    def __init__(self, client: Polite, token: str, chat: str) -> None:
        self._client = client
        self._token = token
        self._chat = chat

    def send(self, notice: Notice) -> None:
        """Send it as plain text; without a sound what is over or only good to know."""
        mark = "" if notice.event is Event.CLOSED else MARKS[notice.severity]
        body = {
            "chat_id": self._chat,
            "text": (mark + notice.text)[:LONGEST],
            "disable_notification": notice.event is Event.CLOSED or notice.severity is Severity.INFO,
        }
        answer = self._client.post(f"/bot{self._token}/sendMessage", json.dumps(body).encode())
        told = answer.json()
        if not (isinstance(told, dict) and told.get("ok") is True):
            raise Changed("the message was not taken", source=self.name)
