"""The real Dockerfile on a real engine: built, started by the project's compose files, deployed, rolled back.

Nothing can be pulled here: Debian makes the base image, nginx and InfluxDB (1.6, which answers the same calls
as 2.7) stand in under the names of the real ones. Six minutes on two busy cores from nothing.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import ROOT, need
from tests.soak.engine import CERTIFICATES, CLIENT, TRUST, Engine, make_base, running_engine
from tests.soak.pipelines import BIN, Repository, make_repository, running_registry

pytestmark = pytest.mark.soak

ROOM_BYTES = 7 * 2**30
PYTHON, NGINX, INFLUX = "python:3.11.13-slim-bookworm", "nginx:1.28.0-alpine", "influxdb:2.7.11-alpine"
APP = "chocolate-factory:local"
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
QUICK = {"CHOCO_OFFLINE": "1", "CHOCO_PLAN__TIME_LIMIT_S": "2"}
"""No provider is asked, plans are solved for two seconds."""
SILENT = 'FROM chocolate-factory:local\nCMD ["sleep", "1000"]\n'
"""A version whose health check fails."""
MIGRATES = """FROM chocolate-factory:local
CMD ["python3", "-c", "import sqlite3; c = sqlite3.connect('/data/state/store.sqlite'); \\
c.execute('PRAGMA user_version = 99'); c.commit(); raise SystemExit(1)"]
"""
"""A version that changes the store so that no earlier one opens it, and then does not run."""
NEXT = "FROM chocolate-factory:local\nLABEL next=1\n"


@dataclass(frozen=True)
class Site:
    """A compose project: its files, folder, published port and environment."""

    engine: Engine
    files: tuple[str, ...]
    folder: Path
    port: int

    @property
    def env(self) -> dict[str, str]:
        return {
            **self.engine.env,
            "COMPOSE_PROJECT_NAME": f"choco{self.port}",
            "CHOCO_IMAGE": APP,
            "CHOCO_COMPOSE": str(Path(sys.executable).with_name("docker-compose")),
            "CHOCO_DATA": str(self.folder / "node"),
            "CHOCO_SECRETS": str(self.folder / "secrets"),
            "CHOCO_NET": f"10.83.{self.port % 100 + 100}",
            "CHOCO_PUBLISHED_PORT": str(self.port),
        }

    def compose(self, *args: str, stdin: str | None = None, code: int = 0) -> str:
        files = [part for name in self.files for part in ("-f", name)]
        done = subprocess.run(
            [self.env["CHOCO_COMPOSE"], "--progress", "quiet", *files, *args],
            cwd=ROOT, env=self.env, input=stdin, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{args}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def program(self, name: str, *args: str, code: int = 0) -> str:
        """A program of scripts/ on this project; like people, it is not told which version runs."""
        env = {name: value for name, value in self.env.items() if name != "CHOCO_IMAGE"}
        files = [part for file in self.files for part in ("-f", file)]
        done = subprocess.run(
            [
                *(sys.executable, str(ROOT / "scripts" / name), *files),
                *("--folder", str(self.folder / "deploy"), "--published", f"http://127.0.0.1:{self.port}"),
                *("--ready", "90", "--healthy", "60", *args),
            ],
            cwd=self.folder, env=env, capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
        print(f"--- {name} {' '.join(args)} -> {done.returncode}\n{done.stdout}{done.stderr}")
        assert done.returncode == code, f"{name}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def inspect(self, service: str) -> dict[str, Any]:
        number = self.compose("ps", "-aq", service).split()[0]
        found: dict[str, Any] = json.loads(self.engine.docker("inspect", number))[0]
        return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def quick(folder: Path) -> str:
    """A compose file with settings for tests."""
    path = folder / "quick.yml"
    path.write_text(json.dumps({"services": {"app": {"environment": QUICK}}}))
    return str(path)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with the base image, in memory where there is room: writing layers to disk takes longer."""
    for program in ("dockerd", "mmdebstrap", CLIENT):
        need(shutil.which(program) is not None, program)
    need(os.geteuid() == 0, "root")
    memory = shutil.disk_usage("/dev/shm").free > ROOM_BYTES
    folder = Path("/dev/shm" if memory else "/var/tmp") / f"choco-engine-{os.getpid()}"
    base = tmp_path_factory.mktemp("base") / "base.tar"
    begun = time.monotonic()
    with running_engine(folder) as engine:
        make_base(base, folder)
        trusted = " ".join(f"{name}={CERTIFICATES}" for name in TRUST)
        engine.docker("import", "-c", f"ENV {trusted}", str(base), PYTHON)
        base.unlink()
        print(f"\nbase image: {time.monotonic() - begun:.0f} s, {size(engine, PYTHON):.0f} MB")
        yield engine


def size(engine: Engine, image: str) -> float:
    """MB of an image, layers below it included."""
    return int(engine.docker("image", "inspect", "--format", "{{.Size}}", image)) / 1e6


@pytest.fixture(scope="module")
def built(engine: Engine) -> Engine:
    """The product's image by its own Dockerfile, and what stands in for the images beside it."""
    begun = time.monotonic()
    engine.docker(
        *("build", "-q", "--network", "host", "-f", str(ROOT / "docker" / "Dockerfile"), "-t", APP),
        *("--build-arg", "VERSION=1.0.0", "--build-arg", "REVISION=abc", str(ROOT)),
    )
    seconds = time.monotonic() - begun
    own = size(engine, APP) - size(engine, PYTHON)
    print(f"\nbuilt in {seconds:.0f} s: {size(engine, APP):.0f} MB, of which {own:.0f} MB above the base")
    engine.build(NGINX, STAND_IN_NGINX, PYTHON)
    engine.build(INFLUX, STAND_IN_INFLUX, PYTHON)
    return engine


@pytest.fixture(scope="module")
def site(built: Engine) -> Iterator[Site]:
    """One node as `docker compose up -d` starts it, with prices of its own and a token in its store."""
    folder = built.folder / "site"
    folder.mkdir()
    made = Site(built, ("compose.yaml", quick(folder)), folder, free_port())
    begun = time.monotonic()
    made.compose("up", "-d", "--wait", "--no-build")
    print(f"\none node healthy after {time.monotonic() - begun:.1f} s")
    made.compose("exec", "-T", "app", "sh", "-c", "cat > /tmp/p.csv", stdin=prices())
    made.compose("exec", "-T", "app", "choco", "import", "prices", "/tmp/p.csv")
    made.compose("exec", "-T", "app", "choco", "token", "add", "probe", "--role", "viewer")
    made.compose("restart", "app")
    yield made
    made.compose("down")


def prices() -> str:
    """Five weeks of made-up spot prices up to the end of today in Madrid, for `choco import prices`."""
    zone = ZoneInfo("Europe/Madrid")
    today = datetime.fromtimestamp(time.time(), zone).replace(hour=0, minute=0, second=0, microsecond=0)
    end = int((today + timedelta(days=1)).timestamp())
    lines = ["datetime_utc,price_eur_mwh"]
    for start in range(end - 35 * 86400, end, 3600):
        price = 60 + 30 * math.sin(start / 86400 * 2 * math.pi) + start // 3600 % 7
        lines.append(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(start))},{price:.2f}")
    return "\n".join(lines) + "\n"


def test_the_image_is_lean_and_holds_no_tools(built: Engine) -> None:
    told = json.loads(built.docker("image", "inspect", APP))[0]
    assert told["Config"]["User"] == "10001:10001"
    assert told["Config"]["Healthcheck"]
    assert told["Config"]["Labels"]["org.opencontainers.image.version"] == "1.0.0"
    assert size(built, APP) - size(built, PYTHON) <= 400
    listed = built.docker(
        "run", "--rm", APP, "sh", "-c", "ls /venv/bin /product; id -u; command -v npm uv gcc; true"
    )
    assert "10001" in listed.split()
    assert not {"prophet", "pytest", "npm", "uv"} & set(listed.split())
    history = built.docker("history", "--no-trunc", APP)
    assert "SECRET" not in history
    assert "TOKEN" not in history


def test_one_node_runs_confined(site: Site) -> None:
    for service, user in (("app", "10001"), ("proxy", "101")):
        told = site.inspect(service)
        assert told["State"]["Health"]["Status"] == "healthy" or service == "app"
        host = told["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert host["Memory"] > 0
        assert "no-new-privileges:true" in host["SecurityOpt"]
        status = site.compose("exec", "-T", service, "cat", "/proc/self/status")
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert set(fields["Uid"].split()) == {user}
        assert int(fields["CapEff"], 16) == 0
        assert int(fields["CapBnd"], 16) == 0
        assert fields["NoNewPrivs"].strip() == "1"
        wrote = "touch /etc/x 2>/dev/null || touch /usr/x 2>/dev/null && echo wrote || echo refused"
        assert site.compose("exec", "-T", service, "sh", "-c", wrote).strip() == "refused"
    name = site.inspect("app")["HostConfig"]["NetworkMode"]
    mtu = json.loads(site.engine.docker("network", "inspect", name))[0]["Options"]
    assert mtu["com.docker.network.driver.mtu"] == "1280"


def test_only_the_proxy_is_published(site: Site) -> None:
    assert not any(site.inspect("app")["NetworkSettings"]["Ports"].values())
    ports = site.inspect("proxy")["NetworkSettings"]["Ports"]
    bound = [row for rows in ports.values() for row in rows or ()]
    assert bound == [{"HostIp": "127.0.0.1", "HostPort": str(site.port)}]


def test_deploy_smoke_and_rollback(site: Site) -> None:
    """A good version comes into force; bad ones go back by themselves; nothing stored is lost."""
    for name, dockerfile in (("choco:next", NEXT), ("choco:silent", SILENT), ("choco:migrates", MIGRATES)):
        site.engine.build(name, dockerfile, PYTHON)
    before = series(site)
    assert "in force: choco:next" in site.program("deploy.py", "choco:next")
    assert series(site) == before

    told = site.program("deploy.py", "choco:silent", "--healthy", "20", code=3)
    assert "choco:silent is NOT in force; choco:next runs again" in told
    assert "restore" not in told
    assert series(site) == before

    told = site.program("deploy.py", "choco:migrates", "--healthy", "30", code=3)
    assert "the present state is put aside" in told
    assert series(site) == before
    assert list((site.folder / "node" / "app").glob("state.failed-*"))

    assert f"in force: {APP}" in site.program("rollback.py")
    assert series(site) == before
    assert site.program("rollback.py", "--list").splitlines()[0].endswith(APP)


def test_what_cannot_be_had_changes_nothing(site: Site) -> None:
    running = site.inspect("app")["Id"]
    site.program("deploy.py", "choco:nowhere", code=2)
    assert site.inspect("app")["Id"] == running


def series(site: Site) -> tuple[str, str]:
    """The stored prices and the names of tokens, as the running version tells them."""
    query = "select count(*), sum(value) from revision join word on series = word.id where text = 'spot'"
    read = f'import sqlite3; print(sqlite3.connect("/data/state/store.sqlite").execute("{query}").fetchone())'
    stored = site.compose("exec", "-T", "app", "python3", "-c", read)
    return stored, "probe" if "probe" in site.compose("exec", "-T", "app", "choco", "token", "list") else ""


def test_app_with_influx_behind_secrets(built: Engine) -> None:
    """docker-compose.yml with the doors of the override, without the sidecar, which nothing stands in for."""
    folder = built.folder / "influx"
    (folder / "secrets").mkdir(parents=True)
    sys.path.insert(0, str(ROOT / "scripts"))
    from secrets_file import KNOWN

    for name in KNOWN:
        (folder / "secrets" / name).write_text("a-made-up-secret-of-this-test" if "proxy" in name else "")
        (folder / "secrets" / name).chmod(0o444)
    files = ("docker/docker-compose.yml", "docker/docker-compose.override.yml", quick(folder))
    site = Site(built, files, folder, free_port())
    begun = time.monotonic()
    site.compose("up", "-d", "--wait", "--no-build", "proxy")
    print(f"\napp, InfluxDB and nginx healthy after {time.monotonic() - begun:.1f} s")
    try:
        for service in ("app", "influx", "proxy"):
            assert site.inspect(service)["HostConfig"]["ReadonlyRootfs"]
            assert site.inspect(service)["Config"]["User"].split(":")[0] not in {"", "0"}
        assert not site.inspect("influx")["NetworkSettings"]["Ports"].get("8086/tcp")
        site.compose("exec", "-T", "app", "sh", "-c", "cat > /tmp/p.csv", stdin=prices())
        told = site.compose("exec", "-T", "app", "choco", "import", "prices", "/tmp/p.csv")
        assert "changed" in told
        assert (folder / "node" / "influx" / "data" / "chocolate").is_dir()
        asked = "import urllib.request as u; u.urlopen('http://10.0.0.1', timeout=2)"
        site.compose("exec", "-T", "influx", "python3", "-c", asked, code=1)
    finally:
        site.compose("down", "--remove-orphans")


@pytest.fixture(scope="module")
def pipeline(built: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Repository, Path]]:
    """A repository whose pipeline has this engine, a real registry and a node's checkout."""
    need((BIN / "act").exists(), "act")
    need(shutil.which("docker-registry") is not None, "docker-registry")
    folder = tmp_path_factory.mktemp("pipeline")
    made = make_repository(folder / "repository", "develop")
    checkout, port = folder / "checkout", free_port()
    made.git("clone", "-q", str(made.folder), str(checkout))
    (checkout / ".env").write_text("".join(f"{name}={value}\n" for name, value in QUICK.items()))
    (checkout / "var").mkdir()
    address, project = f"http://127.0.0.1:{port}", f"choco{port}"
    environment = {
        "CHOCO_COMPOSE": str(BIN / "docker-compose"),
        "CHOCO_DATA": str(built.folder / "pipeline"),
        "CHOCO_NET": f"10.83.{port % 50 + 20}",
        "CHOCO_PUBLISHED_PORT": str(port),
        "COMPOSE_PROJECT_NAME": project,
    }
    engine = {name: built.env[name] for name in ("DOCKER_HOST", "DOCKER_BUILDKIT", "DOCKER_CONFIG", "PATH")}
    made.env.update(engine, PATH=f"/usr/bin:{made.env['PATH']}")
    # The tests themselves run elsewhere: here make says what it would do, and pytest what it would run.
    made.env.update(MAKEFLAGS="-n", PYTEST_ADDOPTS="--collect-only --quiet")
    with running_registry(folder / "registry") as registry:
        options = ["--published", address, "--healthy", "45", "--ready", "90"]
        lines = [f"{name} = {json.dumps(value)}" for name, value in environment.items()]
        (checkout / "var" / "node.toml").write_text(
            f'branch = "develop"\nrepository = "{registry}/chocolate-factory"\n'
            f"options = {json.dumps(options)}\n[environment]\n" + "\n".join(lines)
        )
        made.variables.update(
            REGISTRY=registry,
            BUILD_OPTIONS="--network host",
            TEST_INFLUX_URL="http://127.0.0.1:9",
            DEPLOY_DEVELOPMENT=f"{sys.executable} {checkout}/scripts/deploy_node.py",
        )
        yield made, checkout
        command = [environment["CHOCO_COMPOSE"], "down", "--remove-orphans"]
        env = {**made.env, **environment, "CHOCO_IMAGE": APP}
        subprocess.run(command, cwd=checkout, env=env, capture_output=True, timeout=120, check=False)


def test_a_push_goes_all_the_way_and_a_bad_one_comes_back(
    built: Engine, pipeline: tuple[Repository, Path]
) -> None:
    """develop.yml under act: built, looked into, pushed, pulled, put in force; then files of nothing."""
    repository, checkout = pipeline
    first = repository.git("rev-parse", "HEAD")
    begun = time.monotonic()
    code, told = repository.act("push", "develop")
    print(f"\npipeline: {time.monotonic() - begun:.0f} s")
    assert code == 0, told[-8000:]
    name = f"{repository.variables['REGISTRY']}/chocolate-factory"
    assert f"in force: {name}:{first[:12]}" in told
    assert "FOUND" not in told
    assert repository.git("rev-parse", "HEAD", folder=checkout) == first
    record = checkout / "var" / "deploy" / "good.json"
    good = json.loads(record.read_text())["current"]

    (repository.folder / "compose.yaml").write_text("services: {}\n")
    second = repository.commit("files that start nothing")
    labelled = f"ARG BASE\nFROM $BASE\nLABEL org.opencontainers.image.revision={second}\n"
    built.build(f"{name}:{second[:12]}", labelled, f"{name}:{first[:12]}")
    built.docker("push", "--quiet", f"{name}:{second[:12]}")
    command = [*repository.variables["DEPLOY_DEVELOPMENT"].split(), second]
    done = subprocess.run(
        command,
        env={**os.environ, **repository.env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 3
    assert f"{name}:{second[:12]} is NOT in force" in done.stdout
    assert f"files of {first[:12]} again" in done.stdout
    assert repository.git("rev-parse", "HEAD", folder=checkout) == first
    assert json.loads(record.read_text())["current"] == good
