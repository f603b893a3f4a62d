"""Asks the Tailscale daemon of this machine what it knows, over its socket or by its command."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from chocolate_factory.core.errors import Changed, NotFound, Refused, SourceError, Unreachable

URL = "http://local-tailscaled.sock/localapi/v0/"
COMMAND = "tailscale"
SECONDS = 5.0
MAX_BYTES = 8 * 1024 * 1024
MAX_CERTIFICATE = 256 * 1024
NAME = "tailscale"
ALLOW = "Give this user the right to read the daemon's socket, or mount it into the container."
NOBODY = ("peer not found", "no match for")
"""How the command says that nobody has an address."""

RAISE = "Bring Tailscale up to date."
READABLE = "Give this user the right to read the files that end in .crt there, and no others."


class Tailscale:
    """The daemon behind a socket, or else behind the command `tailscale`.

    `certificates` is a folder with certificates as the daemon keeps them, `<domain>.crt`.
    """

    def __init__(self, socket: Path, command: str = COMMAND, certificates: Path | None = None) -> None:
        self.socket = socket
        self.command = command
        self.certificates = certificates

    def is_there(self) -> bool:
        """Whether a daemon is installed, whatever it would answer."""
        try:
            return self._has_socket() or shutil.which(self.command) is not None
        except Refused:
            return True

    def status(self) -> Mapping[str, Any] | None:
        """What the daemon says of itself and its peers, as JSON; None where none is installed.

        Raises `Unreachable`, `Refused` or `Changed`.
        """
        try:
            return self._told("status", {}, ["status", "--json"])
        except NotFound as error:
            raise Unreachable(error.message, RAISE, source=NAME, answered=True) from None

    def whois(self, address: str) -> Mapping[str, Any] | None:
        """Who has an IP address of the network, as JSON; None where nobody has it, or none is installed.

        Raises `Unreachable`, `Refused` or `Changed`.
        """
        try:
            return self._told("whois", {"addr": address}, ["whois", "--json", address])
        except NotFound:
            return None

    def certificate(self, domain: str) -> bytes | None:
        """The certificate kept for a domain, PEM; None without a folder, or without one in it.

        Nothing is asked of the daemon, which would get a new one. Raises `Refused`.
        """
        if self.certificates is None:
            return None
        try:
            with (self.certificates / f"{domain}.crt").open("rb") as file:
                return file.read(MAX_CERTIFICATE)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Refused(f"{domain}.crt: {error.strerror}", READABLE, source=NAME) from None

    def _told(self, what: str, query: Mapping[str, str], words: list[str]) -> Mapping[str, Any] | None:
        path = shutil.which(self.command)
        if self._has_socket():
            body = self._over_socket(what, query)
        elif path is not None:
            body = _by_command(path, words)
        else:
            return None
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise Changed(f"the answer to {what} is not a JSON object", source=NAME)
        return told

    def _has_socket(self) -> bool:
        try:
            return self.socket.is_socket()
        except OSError as error:
            raise Refused(f"{self.socket}: {error.strerror}", ALLOW, source=NAME) from None

    def _over_socket(self, what: str, query: Mapping[str, str]) -> bytes:
        # There is no TLS on a socket, and reading the authorities for it takes longer than the answer.
        transport = httpx.HTTPTransport(uds=str(self.socket), verify=False)
        try:
            with (
                httpx.Client(transport=transport, timeout=SECONDS, trust_env=False) as client,
                client.stream("GET", URL + what, params=query) as answer,
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
            raise Changed("the answer is larger than any network", source=NAME)
    return bytes(body)


def _said(status: int) -> SourceError | NotFound:
    if status in {401, 403}:
        return Refused(f"the daemon answers {status}", ALLOW, source=NAME, answered=True)
    if status == 404:
        return NotFound("the daemon knows nothing of it")
    return Unreachable(f"the daemon answers {status}", source=NAME, answered=True)


def _by_command(path: str, words: list[str]) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603
            [path, *words], capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreachable(f"{path} did not end ({type(error).__name__})", source=NAME) from None
    if done.returncode and not done.stdout.strip():
        said = done.stderr.decode("utf-8", "replace").strip()[:200]
        if any(one in said for one in NOBODY):
            raise NotFound("the daemon knows nothing of it")
        raise Unreachable(f"{path} {words[0]}: {said or f'exit code {done.returncode}'}", source=NAME)
    return done.stdout
