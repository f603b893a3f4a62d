"""Asks the Tailscale daemon of this machine for its status, over its socket or by its command."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from chocolate_factory.core.errors import Changed, Refused, SourceError, Unreachable

URL = "http://local-tailscaled.sock/localapi/v0/status"
COMMAND = "tailscale"
SECONDS = 5.0
MAX_BYTES = 8 * 1024 * 1024
NAME = "tailscale"
ALLOW = "Give this user the right to read the daemon's socket, or mount it into the container."


class Tailscale:
    """The daemon behind a socket, or else behind the command `tailscale`."""

    def __init__(self, socket: Path, command: str = COMMAND) -> None:
        self.socket = socket
        self.command = command

    def status(self) -> Mapping[str, Any] | None:
        """What the daemon says of itself and its peers, as JSON; None where none is installed.

        Raises `Unreachable`, `Refused` or `Changed`.
        """
        path = shutil.which(self.command)
        if self._has_socket():
            body = self._over_socket()
        elif path is not None:
            body = _by_command(path)
        else:
            return None
        try:
            told = json.loads(body)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Changed("the status is not a JSON object", source=NAME)
        return told

    def _has_socket(self) -> bool:
        try:
            return self.socket.is_socket()
        except OSError as error:
            raise Refused(f"{self.socket}: {error.strerror}", ALLOW, source=NAME) from None

    def _over_socket(self) -> bytes:
        transport = httpx.HTTPTransport(uds=str(self.socket))
        try:
            with (
                httpx.Client(transport=transport, timeout=SECONDS, trust_env=False) as client,
                client.stream("GET", URL) as answer,
            ):
                if answer.status_code != 200:
                    raise _said(answer.status_code)
                return _bounded(answer)
        except httpx.HTTPError as error:
            # httpx puts the system's error into another one.
            denied = "Permission denied" in str(error)
            what = f"{self.socket} does not answer ({error})"
            raise (Refused(what, ALLOW, source=NAME) if denied else Unreachable(what, source=NAME)) from None


def _bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > MAX_BYTES:
            raise Changed("the status is larger than any network", source=NAME)
    return bytes(body)


def _said(status: int) -> SourceError:
    if status in {401, 403}:
        return Refused(f"the daemon answers {status}", ALLOW, source=NAME, answered=True)
    return Unreachable(f"the daemon answers {status}", source=NAME, answered=True)


def _by_command(path: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603
            [path, "status", "--json"], capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreachable(f"{path} did not end ({type(error).__name__})", source=NAME) from None
    if done.returncode and not done.stdout.strip():
        said = done.stderr.decode("utf-8", "replace").strip()[:200]
        raise Unreachable(f"{path} status: {said or f'exit code {done.returncode}'}", source=NAME)
    return done.stdout
