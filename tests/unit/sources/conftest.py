"""A running scripted web server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.unit.sources.script import Script


@pytest.fixture
def script() -> Iterator[Script]:
    """A running scripted server."""
    told = Script()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            told.asked.append(self.path)
            told.headers.append(dict(self.headers.items()))
            answer = told.answers[min(len(told.asked), len(told.answers)) - 1]
            if callable(answer):
                self.close_connection = True
                try:
                    answer(self)
                except OSError:
                    return
                return
            status, headers, body = answer
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
