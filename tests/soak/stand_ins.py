"""Images that stand in for those that cannot be pulled here, under their names."""

from __future__ import annotations

from base64 import b64encode

from tests.conftest import ROOT
from tests.soak.engine import Engine

PYTHON, NGINX, INFLUX = "python:3.11.13-slim-bookworm", "nginx:1.28.0-alpine", "influxdb:2.7.11-alpine"
TAILSCALE = "tailscale/tailscale:v1.84.2"
APT = "RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends"
STAND_IN_NGINX = f"ARG BASE\nFROM $BASE\n{APT} nginx-light wget >/dev/null\n"
STAND_IN_INFLUX = f"""ARG BASE
FROM $BASE
{APT} influxdb >/dev/null && printf '#!/bin/sh\\nexec python3 -c "import urllib.request as u; \\
u.urlopen(\\\\"http://127.0.0.1:8086/ping\\\\", timeout=4)"\\n' > /usr/local/bin/influx \\
 && chmod +x /usr/local/bin/influx
ENV INFLUXDB_META_DIR=/var/lib/influxdb2/meta INFLUXDB_DATA_DIR=/var/lib/influxdb2/data \\
    INFLUXDB_DATA_WAL_DIR=/var/lib/influxdb2/wal INFLUXDB_REPORTING_DISABLED=true HOME=/tmp
CMD ["influxd"]
"""
DAEMON = ROOT / "tests" / "services" / "tailnet.py"
SIDECAR = """#!/usr/bin/env python3
import http.server, json, os, signal, sys
sys.path.insert(0, "/opt")
import tailnet

class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
socket = os.environ["TS_SOCKET"]
if os.path.exists(socket):
    sys.exit("a socket of an earlier daemon")
open(os.environ["TS_AUTHKEY"].removeprefix("file:")).read()
open(os.environ["TS_STATE_DIR"] + "/tailscaled.state", "w").close()
json.load(open(os.environ["TS_SERVE_CONFIG"]))
os.environ["TMPDIR"] = os.path.dirname(socket)
with tailnet.daemon() as made:
    made.rename(socket)
    os.chmod(socket, 0o666)
    host, port = os.environ["TS_LOCAL_ADDR_PORT"].split(":")
    http.server.HTTPServer((host, int(port)), Healthy).serve_forever()
"""
"""What the sidecar's program needs and shows; the daemon behind it is the one of the other tests."""


def put(text: str, path: str, mode: str) -> str:
    """An instruction of a Dockerfile that writes a file; nothing is beside it to be copied."""
    coded = b64encode(text.encode()).decode()
    return f"RUN echo {coded} | base64 -d > {path} && chmod {mode} {path}\n"


def make_stand_ins(engine: Engine) -> None:
    """nginx, InfluxDB 1.6, which answers the same calls as 2.7, and a sidecar without a tunnel."""
    engine.build(NGINX, STAND_IN_NGINX, PYTHON)
    engine.build(INFLUX, STAND_IN_INFLUX, PYTHON)
    files = put(DAEMON.read_text(), "/opt/tailnet.py", "644") + put(
        SIDECAR, "/usr/local/bin/containerboot", "755"
    )
    engine.build(TAILSCALE, f"ARG BASE\nFROM $BASE\n{APT} wget >/dev/null\n{files}", PYTHON)
