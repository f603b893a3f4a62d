"""Alerts as JSON to an address of one's own, signed."""

from __future__ import annotations

import hashlib
import hmac
import json

from chocolate_factory.domain.notices import Notice
from chocolate_factory.infrastructure.http import Polite


class WebhookAlerts:
    """POSTs each notice; with a secret, `X-Choco-Signature` is `t=<unix seconds>,v1=<hex>`.

    The signature is HMAC-SHA256 with the secret over the seconds, a full stop and the body: a receiver
    checks it and refuses what is old. `X-Choco-Delivery` is of the notice alone and the same when it comes
    again: a receiver drops what it has.
    """

    name = "webhook"

    def __init__(self, client: Polite, secret: str | None) -> None:
        self._client = client
        self._secret = secret

    def send(self, notice: Notice) -> None:
        """Send it to the address as it stands, its query too; any answer but 2xx is a failure."""
        body = json.dumps(
            {
                "id": notice.key,
                "event": str(notice.event),
                "kind": notice.kind,
                "severity": str(notice.severity),
                "at": notice.at.isoformat(),
                "text": notice.text,
                "alert": dict(notice.row),
            },
            ensure_ascii=False,
            default=str,
        ).encode()
        headers = {"X-Choco-Delivery": hashlib.sha256(notice.key.encode()).hexdigest()[:32]}
        if self._secret:
            seconds = str(int(notice.at.timestamp()))
            headers["X-Choco-Signature"] = f"t={seconds},v1={signature(self._secret, seconds, body)}"
        self._client.post("", body, headers)


def signature(secret: str, seconds: str, body: bytes) -> str:
    """HMAC-SHA256 of `seconds.body` in hex."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
