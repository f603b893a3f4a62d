"""What is shipped: vulnerabilities looked up, list of parts, a look into the image, releases. About 4 s.

Vulnerability databases and the forge are servers on loopback that answer as theirs do; pip-audit, npm,
gitleaks and the CycloneDX schema are real.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, need
from tests.influx_server import GivenServer

SCRIPTS = ROOT / "scripts"
sys.path.insert(0, str(SCRIPTS))
import audit  # noqa: E402
import findings  # noqa: E402
import release  # noqa: E402
import sbom  # noqa: E402
import scan_image  # noqa: E402

DEAD = "http://127.0.0.1:1"
LOCK = """six==1.16.0 \\
    --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254
    # via chocolate-factory (pyproject.toml)
idna==3.6 \\
    --hash=sha256:c05567e9c24a6b9faaa835c4821bad0590fbb9d5779e7caa6e1cc4978e7eb24f
    # via
    #   -c requirements.lock
    #   six
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:4f1d9991f5acc0ca119f9d443620b77f9d6b33703e51011c16baf57afb285fc6
    # via idna
"""
PAGE = {
    "name": "page", "version": "1.0.0", "lockfileVersion": 3,
    "packages": {
        "": {
            "name": "page", "version": "1.0.0",
            "dependencies": {"a": "1.0.0"}, "devDependencies": {"t": "2.0.0"},
        },
        "node_modules/a": {
            "version": "1.0.0", "license": "MIT", "dependencies": {"@s/b": "^1"},
            "integrity": "sha512-" + "A" * 86 + "==",
        },
        "node_modules/@s/b": {"version": "1.0.0"},
        "node_modules/a/node_modules/@s/b": {"version": "1.1.0", "license": "0BSD"},
        "node_modules/t": {"version": "2.0.0", "dev": True},
    },
}  # fmt: skip
OSV = {"id": "PYSEC-2024-60", "summary": "slow", "aliases": ["CVE-2024-3651"], "affected": [
    {"package": {"ecosystem": "PyPI", "name": "idna"}, "ranges": [
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.7"}]}]}]}  # fmt: skip
NPM = {"t": [{
    "id": 7, "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc", "title": "bad", "severity": "high",
    "vulnerable_versions": "<3.0.0", "cwe": [], "cvss": {"score": 0, "vectorString": None},
}]}  # fmt: skip

Asked = list[tuple[str, str, bytes]]


class Place:
    """A server whose answers are a function of method, path and body."""

    def __init__(self) -> None:
        self.asked: Asked = []
        self.answer: Callable[[str, str, bytes], tuple[int, Any]] = lambda method, path, body: (404, {})
        place = self

        class Told(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Content-Encoding") == "gzip":
                    import gzip

                    body = gzip.decompress(body)
                place.asked.append((self.command, self.path, body))
                status, told = place.answer(self.command, self.path, body)
                text = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("X-Influxdb-Version", "v2.7.11")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def served() -> Iterator[Place]:
    made = Place()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def place(served: Place) -> Place:
    served.asked.clear()
    return served


@pytest.fixture
def locks(tmp_path: Path) -> list[str]:
    """Options that name small locks."""
    (tmp_path / "lock").write_text(LOCK)
    (tmp_path / "package-lock.json").write_text(json.dumps(PAGE))
    (tmp_path / "package.json").write_text(
        json.dumps(
            {
                "name": "page",
                "version": "1.0.0",
                **{name: PAGE["packages"][""][name] for name in ("dependencies", "devDependencies")},
            }
        )
    )  # type: ignore[index]
    (tmp_path / "image-lock").write_text("idna==3.6 \\\n")
    return [
        *("--lock", str(tmp_path / "lock"), "--image-lock", str(tmp_path / "image-lock")),
        *("--page", str(tmp_path), "--accepted", str(tmp_path / "accepted.toml")),
    ]


def known(method: str, path: str, body: bytes) -> tuple[int, Any]:
    """Something is known of idna and of t."""
    if "advisories" in path:
        return 200, NPM
    if method == "GET":
        versions = {"2.0.0": {"name": "t", "version": "2.0.0"}}
        return 200, {"name": "t", "dist-tags": {"latest": "2.0.0"}, "versions": versions}
    return 200, {"vulns": [OSV]} if b'"idna"' in body else {}


def entry(what: str, until: date, reason: str = "only where our own input goes") -> str:
    return f'[[accepted]]\nwhat = "{what}"\nreason = "{reason}"\nuntil = {until}\n'


@pytest.mark.soak
def test_what_is_known_is_told_and_what_could_not_be_asked_is_not_clean(
    place: Place, locks: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of it cannot be reached, in turn: never clean, and the other half is told."""
    need(Path(findings.beside("pip-audit")).exists(), "pip-audit")
    place.answer = known
    assert audit.main([*locks, "--osv-url", place.url, "--registry", DEAD]) == 1
    told = capsys.readouterr().out
    assert "FOUND    PYSEC-2024-60  idna 3.6 (in the image)  fixed in 3.7" in told
    assert "looked up      Python for this platform: 2 packages, 1 known" in told, (
        "what only Windows gets is not asked for"
    )
    assert "NOT LOOKED UP  page: request to http://127.0.0.1:1" in told
    (tmp_path / "accepted.toml").write_text(
        entry("GHSA-aaaa-bbbb-cccc", findings.today() + timedelta(days=9))
    )
    assert audit.main([*locks, "--osv-url", DEAD, "--registry", place.url]) == 2
    told = capsys.readouterr().out
    assert "NOT LOOKED UP  Python for this platform: " in told
    assert "accepted GHSA-aaaa-bbbb-cccc  t <3.0.0 (tools only)  high: bad  [only where our own" in told


SIX: dict[str, Any] = {"name": "six", "version": "1.16.0", "vulns": []}
IDNA: dict[str, Any] = {"name": "idna", "version": "3.6", "vulns": []}
PYTHON: dict[str, Any] = {"dependencies": [SIX, IDNA]}
OF_PAGE: dict[str, Any] = {"auditReportVersion": 2, "vulnerabilities": {}}


def told_of(python: dict[str, Any], page: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """What pip-audit and npm answer."""
    return lambda command, *_: page if command[0] == "npm" else python


@pytest.mark.parametrize(
    ("python", "page", "words"),
    [
        ({}, OF_PAGE, "no package of lock was looked up"),
        ({"dependencies": []}, OF_PAGE, "no package of lock was looked up"),
        ({"dependencies": [SIX, {"name": "idna", "skip_reason": "not found"}]}, OF_PAGE, "told about idna"),
        ({"dependencies": [SIX]}, OF_PAGE, "nothing was told about idna"),
        ({"dependencies": [SIX, {**IDNA, "version": "3.5"}]}, OF_PAGE, "nothing was told about idna"),
        ({"dependencies": [SIX, IDNA, {**SIX, "name": "other"}]}, OF_PAGE, "not locked: other 1.16.0"),
        (PYTHON, {**OF_PAGE, "error": {"code": "ENOAUDIT"}}, "page: {'code': 'ENOAUDIT'}"),
    ],
)
def test_answers_about_less_or_more_than_the_lock_are_no_answers(
    python: dict[str, Any],
    page: dict[str, Any],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    locks: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What only Windows gets, as colorama, need not be told of here."""
    monkeypatch.setattr(audit, "answer", told_of(PYTHON, OF_PAGE))
    assert audit.main(locks) == 0
    capsys.readouterr()
    monkeypatch.setattr(audit, "answer", told_of(python, page))
    assert audit.main(locks) == 2
    lost = [line for line in capsys.readouterr().out.splitlines() if line.startswith("NOT LOOKED UP")]
    assert (len(lost), words in lost[0]) == (1, True), lost


def test_a_known_vulnerability_is_a_failure_until_it_is_accepted(
    monkeypatch: pytest.MonkeyPatch, locks: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known_of = {"id": "PYSEC-1", "fix_versions": ["3.7"]}
    python = {"dependencies": [SIX, {**IDNA, "vulns": [known_of]}]}
    monkeypatch.setattr(audit, "answer", told_of(python, OF_PAGE))
    assert audit.main(locks) == 1
    assert "FOUND    PYSEC-1  idna 3.6 (in the image)  fixed in 3.7" in capsys.readouterr().out
    (tmp_path / "accepted.toml").write_text(entry("PYSEC-1", findings.today()))
    assert audit.main(locks) == 0


def test_what_is_accepted_needs_a_reason_and_an_end(tmp_path: Path) -> None:
    file, day = tmp_path / "accepted.toml", date(2026, 3, 10)
    assert findings.accepted(file, day) == {}
    file.write_text(entry("X-1", day) + entry("X-2", day - timedelta(days=1)))
    assert set(findings.accepted(file, day)) == {"X-1"}, "the day of an entry is its last"
    for wrong in (
        entry("X-1", day, reason="because"),
        entry("X-1", day + timedelta(days=191)),
        '[[accepted]]\nwhat = "X-1"\nreason = "long enough as a reason"\n',
        '[[accepted]]\nreason = "long enough as a reason"\nuntil = 2026-03-11\n',
        "[[accepted",
    ):
        file.write_text(wrong)
        with pytest.raises(findings.Unusable):
            findings.accepted(file, day)
    assert findings.accepted(ROOT / ".forgejo" / "accepted.toml", findings.today()) == {}


# --- the list of parts ---


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The list of parts of this project, which main checks against the schema."""
    out = tmp_path_factory.mktemp("parts") / "sbom.json"
    assert sbom.main(["--out", str(out), "--version", "1.2.0", "--revision", "abc"]) == 0
    told: dict[str, Any] = json.loads(out.read_text())
    return told


def test_the_list_names_what_is_locked_for_the_image(parts: dict[str, Any]) -> None:
    there = {part["purl"] for part in parts["components"]}
    lock = (ROOT / "requirements-image.lock").read_text()
    for line in lock.splitlines():
        if (pin := sbom.PIN.match(line)) and not pin["marker"]:
            assert f"pkg:pypi/{pin['name']}@{pin['version']}" in there
    assert not {ref for ref in there if "colorama" in ref or "/pytest@" in ref or "/vite@" in ref}
    assert {ref.split("@")[0] for ref in there if ref.startswith("pkg:npm/")} >= {
        "pkg:npm/vue",
        "pkg:npm/echarts",
    }
    needed = {ref for row in parts["dependencies"] for ref in row["dependsOn"]}
    assert {row["ref"] for row in parts["dependencies"]} - needed == {"pkg:generic/chocolate-factory@1.2.0"}
    assert parts["metadata"]["component"]["properties"] == [{"name": "revision", "value": "abc"}]


def test_needs_go_to_the_package_that_is_found(tmp_path: Path, locks: list[str]) -> None:
    made = sbom.made_of("1.0.0", "", tmp_path / "lock", tmp_path)
    again = sbom.made_of("1.0.0", "", tmp_path / "lock", tmp_path)
    assert made["serialNumber"] == again["serialNumber"]
    needs = {
        row["ref"].split("/")[-1]: [ref.split("/")[-1] for ref in row["dependsOn"]]
        for row in made["dependencies"]
    }
    assert needs == {
        "chocolate-factory@1.0.0": ["a@1.0.0", "six@1.16.0"],
        "a@1.0.0": ["b@1.1.0"],
        "b@1.0.0": [],
        "b@1.1.0": [],
        "six@1.16.0": ["idna@3.6"],
        "idna@3.6": [],
    }
    by_name = {part["bom-ref"]: part for part in made["components"]}
    assert by_name["pkg:npm/a@1.0.0"]["hashes"] == [{"alg": "SHA-512", "content": "00" * 64}]
    assert "licenses" not in by_name["pkg:npm/%40s/b@1.0.0"], "unknown stays unknown"
    assert "licenses" not in by_name["pkg:pypi/six@1.16.0"] or sbom.python_licence("six", "0.0") is None


def test_a_package_that_lies_in_two_folders_is_one_part(tmp_path: Path, locks: list[str]) -> None:
    """The schema allows no part twice."""
    rows: dict[str, Any] = dict(PAGE["packages"])  # type: ignore[call-overload]
    rows["node_modules/c"] = {"version": "3.0.0", "dependencies": {"@s/b": "^1.1"}}
    rows["node_modules/c/node_modules/@s/b"] = rows["node_modules/a/node_modules/@s/b"]
    (tmp_path / "package-lock.json").write_text(json.dumps({**PAGE, "packages": rows}))
    made = sbom.made_of("1.0.0", "", tmp_path / "lock", tmp_path)
    sbom.checked(made)
    needing = [row["ref"] for row in made["dependencies"] if "pkg:npm/%40s/b@1.1.0" in row["dependsOn"]]
    assert needing == ["pkg:npm/a@1.0.0", "pkg:npm/c@3.0.0"]


def test_markers_mean_the_python_of_the_image(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("# python:3.10.1-slim\nARG PYTHON_IMAGE=python:3.12.7-slim-bookworm\n")
    told = sbom.platform_of(dockerfile)
    assert (told["python_version"], told["python_full_version"]) == ("3.12", "3.12.7")
    dockerfile.write_text("ARG PYTHON_IMAGE=python:3-slim\n")
    with pytest.raises(sbom.Unreadable, match="PYTHON_IMAGE"):
        sbom.platform_of(dockerfile)


def test_what_is_not_valid_is_not_written(tmp_path: Path, locks: list[str]) -> None:
    with pytest.raises(sbom.Unreadable, match="not valid"):
        sbom.checked({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "x"}]})
    (tmp_path / "lock").write_text("")
    out = tmp_path / "sbom.json"
    assert sbom.main(["--out", str(out), "--lock", str(tmp_path / "lock"), "--page", str(tmp_path)]) == 2
    assert not out.exists()


# --- a look into the image ---

File = tuple[str, int, bytes]
STATUS = (
    "Package: libgomp1\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12.2.0-14+deb12u1\n\n"
)
GONE = "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n"
SITE = "venv/lib/python3.11/site-packages"
GOOD: list[list[File]] = [
    [("usr", 0o40755, b""), ("tmp", 0o41777, b""), ("usr/bin/tool", 0o100755, b"x"),
     ("var/lib/dpkg/status", 0o100644, (STATUS + GONE).encode()),
     ("usr/lib/python3/pip-24.0.dist-info/METADATA", 0o100644, b"")],
    [(f"{SITE}/six-1.16.0.dist-info/METADATA", 0o100644, b""),
     (f"{SITE}/cacert.pem", 0o100644, b"public"),
     ("product/chocolate_factory-1.0.0.dist-info/METADATA", 0o100644, b"")],
]  # fmt: skip
CONFIG = {
    "config": {"User": "10001:10001", "Env": ["PATH=/venv/bin", "GPG_KEY=A035"]},
    "history": [{"created_by": "RUN x"}],
}
PLANTED = "ghp" + "_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


HARD = 0o1 << 12
"""A hard link, whose content is the name that it leads to."""


def add(archive: tarfile.TarFile, name: str, mode: int, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.mode, info.size = mode & 0o7777, len(content)
    info.type = tarfile.DIRTYPE if mode >> 12 == 0o4 else tarfile.REGTYPE
    if mode & HARD:
        info.type, info.size, info.linkname = tarfile.LNKTYPE, 0, content.decode()
    archive.addfile(info, io.BytesIO(content))


def image(path: Path, layers: list[list[File]], config: dict[str, Any] | None = None) -> Path:
    """A file as `docker save` writes it."""
    with tarfile.open(path, "w") as outer:
        for number, files in enumerate(layers):
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as layer:
                for file in files:
                    add(layer, *file)
            add(outer, f"layer{number}.tar", 0o100644, packed.getvalue())
        add(outer, "config.json", 0o100644, json.dumps(config or CONFIG).encode())
        manifest = [{"Config": "config.json", "Layers": [f"layer{n}.tar" for n in range(len(layers))]}]
        add(outer, "manifest.json", 0o100644, json.dumps(manifest).encode())
    return path


@pytest.fixture
def look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Scan an image of these layers: (exit code, what was said)."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    own = {"type": "application", "bom-ref": "o", "name": "chocolate-factory", "version": "1.0.0"}
    six = {
        "type": "library",
        "bom-ref": "s",
        "name": "six",
        "version": "1.16.0",
        "purl": "pkg:pypi/six@1.16.0",
    }
    told = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"component": own},
        "components": [six],
    }
    (tmp_path / "sbom.json").write_text(json.dumps(told))

    def run(layers: list[list[File]], *args: str, config: dict[str, Any] | None = None) -> tuple[int, str]:
        archive = image(tmp_path / "image.tar", layers, config)
        options = ["--archive", str(archive), "--sbom", str(tmp_path / "sbom.json")]
        code = scan_image.main([*options, "--accepted", str(tmp_path / "accepted.toml"), *args])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_a_good_image_is_clean_and_its_base_is_listed(look: Callable[..., Any], tmp_path: Path) -> None:
    need(Path(findings.beside("gitleaks")).exists(), "gitleaks")
    out = tmp_path / "image.json"
    code, told = look(GOOD, "--out", str(out))
    assert (code, "FOUND" in told) == (0, False), told
    assert "NOT LOOKED UP  known vulnerabilities of the base image" in told
    listed = {part["purl"] for part in json.loads(out.read_text())["components"]}
    assert listed == {
        "pkg:pypi/six@1.16.0",
        "pkg:pypi/pip@24.0",
        "pkg:deb/debian/libgomp1@12.2.0-14%2Bdeb12u1?arch=amd64",
    }


def test_every_fault_of_an_image_is_found(look: Callable[..., Any], tmp_path: Path) -> None:
    need(Path(findings.beside("gitleaks")).exists(), "gitleaks")
    bad = [
        *GOOD,
        [("usr/bin/su", 0o104755, b"x"), ("data/open", 0o100666, b"x"), ("srv", 0o40777, b"")],
        [("data/notes.txt", 0o100644, f"token = {PLANTED}\n".encode()), ("root/.npmrc", 0o100600, b"x")],
        [("data/.wh.notes.txt", 0o100644, b""), ("root/.wh..wh..opq", 0o100644, b""),
         (f"{SITE}/.wh.six-1.16.0.dist-info", 0o100644, b""),
         (f"{SITE}/extra-2.dist-info/METADATA", 0o100644, b"")],
        [("usr/share/tool", 0o100755, f"token = {PLANTED}\n".encode()),
         ("opt/tool", HARD | 0o4755, b"usr/share/tool"), ("opt/open", HARD | 0o777, b"usr/share/tool")],
    ]  # fmt: skip
    history = [{"created_by": "|1 PIP_INDEX_URL=https://me:pass@pypi.example RUN x"}]
    config = {"config": {"User": "", "Env": ["API_TOKEN=abc"]}, "history": history}
    (tmp_path / "accepted.toml").write_text(entry("setuid usr/bin/su", findings.today()))
    code, told = look(bad, config=config)
    assert code == 1
    for line in (
        "FOUND    root  configuration",
        "FOUND    secret in configuration  API_TOKEN",
        "an address with a password",
        "accepted setuid usr/bin/su  usr/bin/su  mode 4755",
        "FOUND    writable data/open",
        "FOUND    writable srv",
        "FOUND    setuid opt/tool  opt/tool  mode 4755",
        "FOUND    writable opt/open",
        "FOUND    secret opt/tool  opt/tool:1  github-pat",
        "FOUND    secret data/notes.txt  data/notes.txt:1  github-pat",
        "FOUND    secret root/.npmrc",
        "FOUND    unlisted extra  extra 2",
        "FOUND    missing six  six 1.16.0",
    ):
        assert line in told, (line, told)
    assert "writable tmp" not in told
    assert PLANTED not in told
    assert "pass@" not in told


def test_what_a_scanner_knows_is_told(
    look: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"VulnerabilityID": "CVE-1", "PkgName": "libgomp1", "InstalledVersion": "12", "FixedVersion": "13"}
    program = tmp_path / "bin" / "trivy"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{json.dumps({'Results': [{}, {'Vulnerabilities': [row]}]})}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    assert scan_image.of_known(tmp_path) == [findings.Finding("CVE-1", "libgomp1 12", "fixed in 13")]
    for line, words, seconds in (
        ("echo 'no database' >&2; exit 1", "no database", 120.0),
        ("exec sleep 99", "no answer within", 0.2),
    ):
        monkeypatch.setattr(findings, "SECONDS", seconds)
        program.write_text(f"#!/bin/sh\n{line}\n")
        code, told = look(GOOD, "--known")
        assert (code, f"NOT LOOKED UP  known vulnerabilities of the base image: {words}" in told) == (
            2,
            True,
        ), told


def test_what_is_no_image_is_not_clean(look: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(b"half")
    options = ["--archive", str(tmp_path / "image.tar"), "--sbom", str(tmp_path / "sbom.json")]
    assert scan_image.main(options) == 2
    assert look(GOOD, "--sbom", str(tmp_path / "nowhere.json"))[0] == 2
    with tarfile.open(tmp_path / "image.tar", "w") as outer:
        add(outer, "layer0.tar", 0o40755, b"")
        add(outer, "config.json", 0o100644, json.dumps(CONFIG).encode())
        manifest = [{"Config": "config.json", "Layers": ["layer0.tar"]}]
        add(outer, "manifest.json", 0o100644, json.dumps(manifest).encode())
    assert scan_image.main(options) == 2, "a folder is no layer"


@pytest.mark.parametrize("name", ["../../planted", "data/../../../planted", "/planted", "../../.wh.planted"])
def test_a_layer_writes_nothing_outside_of_the_scan(
    name: str, look: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "a" / "scratch"
    scratch.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    code, told = look([*GOOD, [(name, 0o100644, b"x")]])
    assert (code, f"a layer names {name}, outside of the image" in told) == (2, True), told
    assert [path for path in tmp_path.rglob("*planted*") if path.is_file()] == []


# --- releases ---

CHANGELOG = """# Changelog

## Unreleased

- c

## 1.2.0 - 2026-11-23

### Added
- b

## 1.1.0 - 2026-10-01

- a
"""


def test_notes_are_the_section_of_the_tag() -> None:
    assert release.notes("v1.2.0", CHANGELOG, "1.2.0") == "### Added\n- b\n"
    assert release.notes("v1.1.0", CHANGELOG, "1.1.0") == "- a\n"
    for tag, version, text, words in (
        ("v1.2.1", "1.2.0", CHANGELOG, "is not the version of pyproject.toml, 1.2.0"),
        ("1.2.0", "1.2.0", CHANGELOG, "no tag of a version"),
        ("v1.3.0", "1.3.0", CHANGELOG, "has no section"),
        ("v1.2.0", "1.2.0", CHANGELOG.replace(" - 2026-11-23", ""), "has no day"),
        ("v1.2.0", "1.2.0", CHANGELOG.replace("- b", ""), "says nothing"),
    ):
        with pytest.raises(release.Refused, match=words):
            release.notes(tag, text, version)


def test_a_release_is_made_once_and_then_brought_up_to_date(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    (tmp_path / "sbom.json").write_text('{"parts": 1}')
    made: dict[str, Any] = {}

    def forge(method: str, path: str, body: bytes) -> tuple[int, Any]:
        if method == "GET":
            return (200, made) if made else (404, {})
        if "/assets" not in path:
            made.update(json.loads(body), id=5, html_url="http://forge/r/5")
        elif method == "POST":
            made["assets"] = [{"name": "sbom.json", "id": 9}]
        return 200, made

    place.answer = forge
    arguments = ["publish", "v1.2.0", "--root", str(tmp_path), "--asset", str(tmp_path / "sbom.json")]
    assert release.main(arguments) == 2, "without a forge"
    for name, value in (("FORGE_URL", place.url), ("REPOSITORY", "o/r"), ("FORGE_TOKEN", "made-up")):
        monkeypatch.setenv(name, value)
    assert release.main(arguments) == 0
    assert [(method, path) for method, path, _ in place.asked] == [
        ("GET", "/api/v1/repos/o/r/releases/tags/v1.2.0"),
        ("POST", "/api/v1/repos/o/r/releases"),
        ("POST", "/api/v1/repos/o/r/releases/5/assets?name=sbom.json"),
    ]
    assert (made["body"], made["draft"], made["prerelease"]) == ("### Added\n- b\n", False, False)
    assert b'{"parts": 1}' in place.asked[-1][2]
    place.asked.clear()
    assert release.main(arguments) == 0
    assert [method for method, _, _ in place.asked] == ["GET", "PATCH", "DELETE", "POST"]
    place.answer = lambda method, path, body: (500, {"message": "full"})
    assert release.main(arguments) == 2
    told = capsys.readouterr()
    assert "full" in told.err
    assert "made-up" not in told.out + told.err


def test_a_store_server_of_version_2_gets_a_bucket_for_every_database(place: Place) -> None:
    """As its documentation says; 2.7 itself is only in the pipeline."""
    place.answer = lambda method, path, body: (200, {"id": "b1", "orgs": [{"id": "o1"}]})
    server = GivenServer(f"{place.url}/", "made-up")
    name = server.fresh()
    server.stop()
    assert server.token == "made-up"
    assert [(method, path) for method, path, _ in place.asked] == [
        ("GET", "/ping"),
        ("GET", "/api/v2/orgs"),
        ("POST", "/api/v2/buckets"),
        ("DELETE", "/api/v2/buckets/b1"),
    ]
    assert json.loads(place.asked[2][2]) == {"orgID": "o1", "name": name, "retentionRules": []}
