"""A stand-in of the local Tailscale daemon: what its documented local API answers, on a socket of its own."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

DOMAIN = "factory-prod.tail1234.ts.net"
STATUS: dict[str, Any] = {
    "Version": "1.80.0-tfake",
    "TUN": True,
    "BackendState": "Running",
    "AuthURL": "",
    "TailscaleIPs": ["100.64.0.1", "fd7a:115c:a1e0::1"],
    "Self": {
        "ID": "n1",
        "HostName": "factory-prod",
        "DNSName": "factory-prod.tail1234.ts.net.",
        "OS": "linux",
        "UserID": 2,
        "TailscaleIPs": ["100.64.0.1"],
        "Tags": ["tag:prod"],
        "Online": True,
        "LastSeen": "0001-01-01T00:00:00Z",
        "Active": True,
    },
    "Health": [],
    "MagicDNSSuffix": "tail1234.ts.net",
    "CurrentTailnet": {"Name": "plant.example", "MagicDNSSuffix": "tail1234.ts.net", "MagicDNSEnabled": True},
    "CertDomains": [DOMAIN],
    "Peer": {
        "nodekey:b": {
            "HostName": "Maria's phone",
            "DNSName": "marias-phone.tail1234.ts.net.",
            "OS": "android",
            "UserID": 1,
            "Tags": None,
            "Online": False,
            "LastSeen": "2026-03-09T21:15:00.1Z",
        },
        "nodekey:a": {
            "HostName": "git",
            "DNSName": "",
            "OS": "linux",
            "UserID": 2,
            "Tags": ["tag:git", "tag:ci"],
            "Online": True,
            "Active": True,
            "CurAddr": "",
            "Relay": "mad",
        },
        "nodekey:c": {"HostName": "never", "OS": "", "Online": False, "LastSeen": "0001-01-01T00:00:00Z"},
        "nodekey:d": {
            "HostName": "laptop",
            "DNSName": "laptop-7.tail1234.ts.net.",
            "OS": "macOS",
            "UserID": 1,
            "Online": True,
            "Active": True,
            "CurAddr": "192.0.2.4:41641",
            "Relay": "mad",
        },
    },
    "User": {
        "1": {"ID": 1, "LoginName": "maria@plant.example", "DisplayName": "Maria"},
        "2": {"ID": 2, "LoginName": "tagged-devices", "DisplayName": "Tagged Devices"},
    },
}
LAPTOP = "100.64.0.7"
WHOIS: dict[str, Any] = {
    LAPTOP: {
        "Node": {
            "Name": "laptop-7.tail1234.ts.net.",
            "ComputedName": "laptop-7",
            "Hostinfo": {"OS": "macOS"},
        },
        "UserProfile": {"ID": 1, "LoginName": "maria@plant.example", "DisplayName": "Maria"},
    },
    "fd7a:115c:a1e0::9": {
        "Node": {"Name": "git.tail1234.ts.net.", "Tags": ["tag:git"], "Hostinfo": None},
        "UserProfile": {"ID": 2, "LoginName": "tagged-devices"},
    },
    "100.64.0.66": {"Node": None},
}


@contextmanager
def daemon(status: int = 200, body: bytes | None = None, whois: Mapping[str, Any] = WHOIS) -> Iterator[Path]:
    """A local daemon on a socket of its own; its folder has a short name, as sockets want.

    It knows `status` and `whois` and nothing else: whoever asked it for more would be told 400.
    """
    known = json.dumps(STATUS).encode() if body is None else body

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, told = self.told()
            self.send_response(code)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def told(self) -> tuple[int, bytes]:
            asked = urlsplit(self.path)
            if self.headers["Host"] != "local-tailscaled.sock" or not asked.path.startswith("/localapi/v0/"):
                return 400, b""
            if asked.path == "/localapi/v0/status" and not asked.query:
                return status, known
            if asked.path == "/localapi/v0/whois":
                (address,) = parse_qs(asked.query)["addr"]
                found = whois.get(address)
                return (404, b"no match for IP:port") if found is None else (200, json.dumps(found).encode())
            return 400, b""

        def address_string(self) -> str:
            return "local"

        def log_message(self, *_: object) -> None:
            pass

    with TemporaryDirectory(prefix="ts-") as folder:
        path = Path(folder, "tailscaled.sock")
        with socketserver.ThreadingUnixStreamServer(str(path), Answer) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield path
            server.shutdown()
