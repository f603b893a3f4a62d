"""The real Dockerfile on a real engine: built, started by the project's compose files, deployed, rolled back.

Nothing can be pulled here: Debian makes the base image; stand_ins.py says what stands in under the names of
the others. Seven minutes on two busy cores from nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from chocolate_factory.domain.slots import Window
from chocolate_factory.infrastructure.stores.sqlite import SqliteStore
from chocolate_factory.services.assistant.tools import PRIVATE, TOOLS
from chocolate_factory.services.import_prices import import_prices
from tests.conftest import ROOT, need
from tests.e2e.door import free_port
from tests.soak.engine import (
    CERTIFICATES,
    CLIENT,
    TRUST,
    Engine,
    command_of,
    end_left,
    folder_of_engine,
    free_net,
    make_base,
    running_engine,
)
from tests.soak.killed_run import LASTS, devices, killed_run
from tests.soak.pipelines import BIN, Repository, make_repository, running_registry
from tests.soak.sites import APP, QUICK, Site, from_host, prices, quick
from tests.soak.stand_ins import PYTHON, make_stand_ins
from tests.soak.versions import ENDS, MIGRATES, MUTE, NEXT, SILENT

pytestmark = pytest.mark.soak

BOSS = "boss@example.org"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with the base image."""
    for program in ("dockerd", "mmdebstrap", CLIENT):
        need(shutil.which(program) is not None, program)
    need(os.geteuid() == 0, "root")
    end_left()
    folder = folder_of_engine()
    base = tmp_path_factory.mktemp("base") / "base.tar"
    begun = time.monotonic()
    with running_engine(folder) as engine:
        make_base(base, folder)
        trusted = " ".join(f"{name}={CERTIFICATES}" for name in TRUST)
        engine.docker("import", "-c", f"ENV {trusted}", str(base), PYTHON)
        base.unlink()
        print(f"\nbase image: {time.monotonic() - begun:.0f} s, {size(engine, PYTHON):.0f} MB")
        yield engine


def test_what_a_killed_run_left_is_gone_before_the_next(tmp_path: Path) -> None:
    """Its engine, a container and two bridges. This comes before any other engine of these tests is there."""
    for program in ("dockerd", CLIENT):
        need(shutil.which(program) is not None, program)
    need(os.geteuid() == 0, "root")
    end_left()
    before = devices()
    folder = killed_run(tmp_path)
    assert len({name for name in devices() - before if name.startswith(("br-", "choco"))}) == 2
    end_left((folder.parent,))
    assert devices() <= before
    assert not folder.exists()
    assert f"{folder}/" not in Path("/proc/mounts").read_text()
    listed = " ".join(word for found in Path("/proc").glob("[0-9]*") for word in command_of(int(found.name)))
    assert f"{folder}/" not in listed
    assert LASTS not in listed


@pytest.mark.parametrize("local", ["00:00:00", "12:59:59", "13:30:00", "23:59:59"])
def test_prices_of_an_evening_are_there_after_midnight(local: str, tmp_path: Path) -> None:
    now = datetime.fromisoformat(f"2026-11-23T{local}+01:00").astimezone(UTC)
    (tmp_path / "p.csv").write_text(prices(now))
    store = SqliteStore(tmp_path / "store.sqlite")
    import_prices([tmp_path / "p.csv"], "spot", store, now)
    later = now + timedelta(minutes=15)
    assert len(store.read("spot", Window(later - timedelta(minutes=15), later)).start)


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
    make_stand_ins(engine)
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
    made.compose("exec", "-T", "app", "sh", "-c", "cat > /data/p.csv", stdin=prices())
    made.compose("exec", "-T", "app", "choco", "import", "prices", "/data/p.csv")
    made.compose("exec", "-T", "app", "choco", "token", "add", "probe", "--role", "viewer")
    made.compose("restart", "app")
    made.compose("up", "-d", "--wait", "--no-build")
    yield made
    made.compose("down")


def test_the_image_is_lean_and_holds_no_tools(built: Engine) -> None:
    told = json.loads(built.docker("image", "inspect", APP))[0]
    assert told["Config"]["User"] == "10001:10001"
    assert told["Config"]["Healthcheck"]
    assert told["Config"]["Labels"]["org.opencontainers.image.version"] == "1.0.0"
    assert size(built, APP) - size(built, PYTHON) <= 400
    tools = "for tool in npm node uv gcc make git; do command -v $tool >/dev/null && echo $tool; done"
    look = f"ls /venv/bin /venv/lib/python3.11/site-packages /product; id -u; {tools}; true"
    listed = set(built.docker("run", "--rm", APP, "sh", "-c", look).split())
    product = {"uvicorn", "numpy", "mcp", "chocolate_factory"}
    assert {"10001", *product} <= listed, "it was looked where things are"
    assert not {"prophet", "pytest", "mypy", "npm", "node", "uv", "gcc", "make", "git"} & listed
    history = built.docker("history", "--no-trunc", APP)
    assert "SECRET" not in history
    assert "TOKEN" not in history


def test_one_node_runs_confined(site: Site) -> None:
    for service, user in (("app", "10001"), ("proxy", "101")):
        told = site.inspect(service)
        assert told["State"]["Health"]["Status"] == "healthy"
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


def test_a_client_of_mcp_asks_inside_the_running_app(site: Site) -> None:
    """As over SSH: the store of the server, and nothing of it stays when the client has gone."""
    files = [part for name in site.files for part in ("-f", name)]
    command = [*files, "exec", "-T", "app", "choco", "mcp"]
    started = StdioServerParameters(command=site.env["CHOCO_COMPOSE"], args=command, env=site.env, cwd=ROOT)

    async def talk() -> dict[str, Any]:
        with anyio.fail_after(90):
            async with Client(started) as client:
                listed = (await client.list_tools()).tools
                assert [tool.name for tool in listed] == [name for name in TOOLS if name not in PRIVATE]
                found = await client.call_tool("current_price", {})
                assert not found.is_error
                return dict(found.structured_content or {})

    told = anyio.run(talk)
    assert told["sample"] is False
    facts = {fact["name"]: fact["value"] for fact in told["facts"]}
    begin = time.gmtime(datetime.fromisoformat(told["as_of"]).timestamp() // 900 * 900)
    stored = site.compose("exec", "-T", "app", "grep", time.strftime("%FT%TZ", begin), "/data/p.csv")
    assert facts["now_market"] == pytest.approx(float(stored.split(",")[1]))
    end = time.monotonic() + 30
    while "choco mcp" in site.compose("top", "app"):
        assert time.monotonic() < end
        time.sleep(0.3)


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


def test_a_version_that_cannot_back_up_gives_way_where_nobody_reads_without_proof(site: Site) -> None:
    """The smoke test has a token of its own, inside and through nginx; the state is copied as it is."""
    site.engine.build("choco:mute", MUTE, PYTHON)
    before = series(site)
    quick(site.folder, CHOCO_ACCESS__ANYONE="none")
    told = site.program("deploy.py", "choco:mute")
    assert "forged login: 2 refused" in told
    told = site.program("deploy.py", APP)
    quick(site.folder)
    assert "copied as they are" in told
    assert f"in force: {APP}" in told
    assert series(site) == before
    copied = list((site.folder / "node" / "app" / "before-deploy").glob("state-*/store.sqlite"))
    assert len(copied) == 1
    tokens = site.compose("exec", "-T", "app", "choco", "token", "list", "--json")
    assert {row["state"] for row in json.loads(tokens) if row["name"].startswith("smoke-")} == {"revoked"}


def series(site: Site) -> tuple[str, str]:
    """The stored prices and the names of tokens, as the running version tells them."""
    query = "select count(*), sum(value) from revision join word on series = word.id where text = 'spot'"
    read = f'import sqlite3; print(sqlite3.connect("/data/state/store.sqlite").execute("{query}").fetchone())'
    stored = site.compose("exec", "-T", "app", "python3", "-c", read)
    return stored, "probe" if "probe" in site.compose("exec", "-T", "app", "choco", "token", "list") else ""


@pytest.fixture(scope="module")
def production(built: Engine) -> Iterator[Site]:
    """The files of production, with the store shared with a development node elsewhere."""
    folder = built.folder / "production"
    (folder / "secrets").mkdir(parents=True)
    sys.path.insert(0, str(ROOT / "scripts"))
    from secrets_file import KNOWN

    for name in KNOWN:
        (folder / "secrets" / name).write_text("a-made-up-secret-of-this-test" if "proxy" in name else "")
        (folder / "secrets" / name).chmod(0o444)
    parts = ("", ".override", ".prod", ".shared")
    files = (
        *(f"docker/docker-compose{part}.yml" for part in parts),
        quick(folder, CHOCO_ACCESS__ADMINS=BOSS),
    )
    made = Site(built, files, folder, free_port())
    begun = time.monotonic()
    made.compose("up", "-d", "--wait")
    print(f"\napp, InfluxDB, nginx and sidecar healthy after {time.monotonic() - begun:.1f} s")
    yield made
    made.compose("down", "--remove-orphans")


def test_production_runs_confined_and_keeps_its_data_in_influx(production: Site) -> None:
    for service in ("app", "influx", "proxy", "tailscale"):
        told = production.inspect(service)
        assert told["State"]["Health"]["Status"] == "healthy"
        assert told["HostConfig"]["ReadonlyRootfs"]
        assert told["HostConfig"]["RestartPolicy"]["Name"] == "always"
        assert told["Config"]["User"].split(":")[0] not in {"", "0"}
        published = [row for rows in told["NetworkSettings"]["Ports"].values() for row in rows or ()]
        assert [row["HostIp"] for row in published] == (["127.0.0.1"] if service == "proxy" else [])
    production.compose("exec", "-T", "app", "sh", "-c", "cat > /tmp/p.csv", stdin=prices())
    assert "changed" in production.compose("exec", "-T", "app", "choco", "import", "prices", "/tmp/p.csv")
    assert (production.folder / "node" / "influx" / "data" / "chocolate").is_dir()
    asked = "import urllib.request as u; u.urlopen('http://10.0.0.1', timeout=2)"
    production.compose("exec", "-T", "influx", "python3", "-c", asked, code=1)
    assert production.asked("tailscale", "http://influx:8086/ping")[0] == 204


def test_a_login_counts_from_the_sidecar_alone(production: Site) -> None:
    login, me = f"Tailscale-User-Login: {BOSS}", "/api/v1/me"
    told = json.loads(production.asked("tailscale", f"http://proxy:8081{me}", login)[1])
    assert (told["name"], told["role"]) == (BOSS, "admin")
    assert production.asked("app", f"http://proxy:8081{me}", login)[0] == 403
    address = production.inspect("proxy")["NetworkSettings"]["Networks"]
    (inside,) = (row["IPAddress"] for name, row in address.items() if name.endswith("inside"))
    for url, code in ((f"http://{inside}:8081", 403), (f"http://127.0.0.1:{production.port}", 200)):
        status, body = from_host(url + me, login)
        assert status == code
        assert "admin" not in body


def test_the_app_sees_the_network_through_the_sidecar_and_changes_nothing(production: Site) -> None:
    told = production.compose(
        "exec", "-T", "app", "choco", "token", "add", "nodes", "--role", "operator", "--json"
    )
    proof = f"Authorization: Bearer {json.loads(told)['token']}"
    nodes = ("app", "http://127.0.0.1:8000/api/v1/nodes", proof)
    assert json.loads(production.asked(*nodes)[1])["state"] == "running"
    production.killed("tailscale")
    assert json.loads(production.asked(*nodes)[1])["state"] == "running"
    production.compose("exec", "-T", "app", "rm", "/run/tailscale/tailscaled.sock", code=1)


def test_the_way_from_outside_outlives_a_killed_nginx(production: Site) -> None:
    production.killed("proxy")
    assert production.asked("tailscale", "http://proxy:8081/dashboard")[0] == 200


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
        "CHOCO_NET": f"10.83.{free_net()}",
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

    (repository.folder / "compose.yaml").write_text(ENDS)
    second = repository.commit("files that start something else")
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
