"""The programs that operators run: smoke test, secrets, secret scan, reload. About 3 s."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, need

SCRIPTS = ROOT / "scripts"
BIN = Path(sys.executable).parent
sys.path.insert(0, str(SCRIPTS))
import secrets_file  # noqa: E402
import smoke  # noqa: E402

Answer = tuple[int, str, str]
JSON, HTML, SCRIPT = "application/json", "text/html", "text/javascript"
OPEN: dict[str, Answer] = {
    "/dashboard": (200, HTML, '<script src="/assets/index-1.js"></script>'),
    "/assets/index-1.js": (200, SCRIPT, "1"),
    "/api/v1/prices": (200, JSON, '{"points": [{"start": "2026-03-10T00:00Z", "price_eur_mwh": 1.5}]}'),
    "/api/v1/plans/latest": (200, JSON, '{"violations": [], "runs": [{}], "cost_eur": 12.5}'),
    "/api/v1/me": (200, JSON, '{"role": "viewer"}'),
}
BESIDE: dict[str, Answer] = {
    **OPEN,
    "/ready": (200, JSON, '{"ready": true, "sample": false}'),
    "/version": (200, JSON, '{"version": "1.2.3"}'),
}
FAULTS: list[tuple[str, str, Answer]] = [
    ("page", "/dashboard", (200, HTML, "not built")),
    ("page", "/assets/index-1.js", (404, JSON, "{}")),
    ("prices", "/api/v1/prices", (200, JSON, '{"points": []}')),
    ("prices", "/api/v1/prices", (200, JSON, '{"points": [{"start": "x", "price_eur_mwh": null}]}')),
    ("prices", "/api/v1/prices", (503, JSON, "{}")),
    ("prices", "/api/v1/prices", (200, HTML, "<html>maintenance</html>")),
    ("plan", "/api/v1/plans/latest", (200, JSON, '{"violations": ["x"], "runs": [{}], "cost_eur": 1}')),
    (
        "plan",
        "/api/v1/plans/latest",
        (200, JSON, '{"violations": [], "runs": [], "cost_eur": 1, "late": []}'),
    ),
    ("plan", "/api/v1/plans/latest", (409, JSON, "{}")),
    ("forged login", "/api/v1/me", (200, JSON, '{"role": "admin"}')),
    ("closed doors", "/metrics", (200, "text/plain", "choco 1")),
    ("closed doors", "/api/v1/prices/%2e%2e/jobs", (200, JSON, "{}")),
]


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[str, dict[str, Answer]]]:
    """A server whose answers a test sets; what is not set is refused."""
    answers: dict[str, Answer] = {}

    class Told(BaseHTTPRequestHandler):
        def answer(self) -> None:
            refused = (403, JSON, "{}")
            status, kind, body = answers.get(self.path, refused) if self.command == "GET" else refused
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Told) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", answers
        server.shutdown()


Place = tuple[str, dict[str, Answer]]


def test_the_smoke_test_passes_what_is_right(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    base, answers = place
    answers.clear()
    answers.update(OPEN)
    assert smoke.main(["--proxy", base, "--wait", "0"]) == 0
    answers.update(BESIDE)
    assert smoke.main(["--app", base, "--wait", "0"]) == 0
    told = capsys.readouterr().out
    assert "FAIL" not in told
    assert "ok    app ready: real data" in told


@pytest.mark.parametrize(("check", "path", "answer"), FAULTS)
def test_the_smoke_test_names_each_fault(
    place: Place, capsys: pytest.CaptureFixture[str], check: str, path: str, answer: Answer
) -> None:
    base, answers = place
    answers.clear()
    answers.update({**OPEN, path: answer})
    # Without the page nothing is reached, as far as readers are concerned.
    assert smoke.main(["--proxy", base, "--wait", "0"]) == 1
    failed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAIL")]
    assert [line.split(":")[0] for line in failed] == [f"FAIL  proxy {check}"]


def test_a_plan_without_runs_passes_where_it_says_why(place: Place) -> None:
    base, answers = place
    answers.clear()
    for told, words in (
        ({"assumptions": ["No demand falls into the window: there is nothing to make."]}, "nothing to make"),
        ({"in_stock": [{"product": "loaf", "batches": 2}], "late": []}, "no runs, but in_stock"),
        ({"late": [{}], "left_for_later": [{}]}, "no runs, but late, left_for_later"),
    ):
        body = json.dumps({"violations": [], "runs": [], "cost_eur": 3.25, **told})
        answers["/api/v1/plans/latest"] = (200, JSON, body)
        assert words in smoke.plan(base)
        assert smoke.plan(base).endswith("3.25 EUR")


def test_the_smoke_test_waits_and_then_says_what_is_missing(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    base, answers = place
    answers.clear()
    answers.update({**BESIDE, "/ready": (503, JSON, '{"reason": "no prices stored yet"}')})
    assert smoke.main(["--app", base, "--wait", "0"]) == 1
    assert "no prices stored yet" in capsys.readouterr().out
    assert smoke.main(["--proxy", "http://127.0.0.1:1", "--wait", "0"]) == 1


def test_the_smoke_test_says_that_a_development_server_has_an_admin(place: Place) -> None:
    """And tries nothing there: it would be done."""
    base, answers = place
    answers.clear()
    answers["/api/v1/me"] = (200, JSON, '{"role": "admin", "how": "local"}')
    with pytest.raises(smoke.Failed, match=r"admin here: development\. .* --development"):
        smoke.roles(base, False)
    assert smoke.roles(base, True) == "this caller is admin here: development"
    answers["/api/v1/me"] = OPEN["/api/v1/me"]
    assert smoke.roles(base, True) == "5 refused"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    """Two age keys: file and recipient."""
    need(shutil.which("age-keygen") is not None, "age")
    need((BIN / "sops").exists(), "sops")
    made = []
    for name in ("first", "second"):
        path = tmp_path_factory.mktemp(name) / "key"
        subprocess.run(["age-keygen", "-o", str(path)], capture_output=True, check=True)
        told = subprocess.run(["age-keygen", "-y", str(path)], capture_output=True, text=True, check=True)
        made.append((path, told.stdout.strip()))
    return made


def secrets(key: Path | None, rules: Path, *args: str) -> tuple[int, str]:
    env = {**os.environ, "SOPS_CONFIG": str(rules), "SOPS_AGE_KEY_FILE": str(key or "/nowhere")}
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "secrets_file.py"), *args],
        capture_output=True, text=True, env=env, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_secrets_go_round_and_a_changed_one_is_refused(tmp_path: Path, keys: list[tuple[Path, str]]) -> None:
    (first, of_first), (second, of_second) = keys
    rules, file, folder = tmp_path / "rules.yaml", tmp_path / "secrets.enc.yaml", tmp_path / "out"
    plain = tmp_path / "plain.yaml"
    plain.write_text("choco_esios__token: value-of-esios\nchoco_access__proxy_secret: of-the-hop-of-it\n")
    rules.write_text(f"creation_rules:\n  - age: {of_first}\n")
    assert secrets(first, rules, "encrypt", str(plain), "--file", str(file))[0] == 0
    assert "value-of-esios" not in file.read_text()
    assert secrets(first, rules, "encrypt", str(plain), "--file", str(file))[0] == 2, "never replaced"

    assert secrets(first, rules, "decrypt", str(folder), "--file", str(file))[0] == 0
    assert (folder / "choco_esios__token").read_text() == "value-of-esios"
    assert (folder / "choco_telegram__token").read_text() == ""
    assert {path.name for path in folder.iterdir()} == set(secrets_file.KNOWN)
    assert folder.stat().st_mode & 0o777 == 0o700
    code, told = secrets(second, rules, "decrypt", str(tmp_path / "other"), "--file", str(file))
    assert code == 2
    assert "value-of-esios" not in told
    assert not (tmp_path / "other").exists()

    rules.write_text(f"creation_rules:\n  - age: {of_second}\n")
    before = file.read_text()
    assert secrets(first, rules, "rotate", "--file", str(file))[0] == 0
    assert secrets(second, rules, "decrypt", str(folder), "--file", str(file))[0] == 0
    assert secrets(first, rules, "decrypt", str(folder), "--file", str(file))[0] == 2
    value = next(line for line in before.splitlines() if line.startswith("choco_esios"))
    assert value not in file.read_text(), "a new data key"

    whole = file.read_text()
    for changed in (
        whole.replace(
            "choco_esios__token: ENC[AES256_GCM,data:", "choco_esios__token: ENC[AES256_GCM,data:AA"
        ),
        "".join(line for line in whole.splitlines(True) if not line.startswith("choco_esios")),
    ):
        assert changed != whole
        file.write_text(changed)
        assert secrets(second, rules, "decrypt", str(folder), "--file", str(file))[0] == 2
    assert (folder / "choco_esios__token").read_text() == "value-of-esios", "what was there stays"


def test_the_example_is_encrypted_and_complete() -> None:
    told = (ROOT / "docker" / "secrets.example.enc.yaml").read_text()
    values = dict(
        line.split(": ", 1) for line in told.splitlines() if line.startswith(("choco", "influx", "tail"))
    )
    assert set(values) == set(secrets_file.KNOWN)
    assert all(value.startswith("ENC[AES256_GCM,") for value in values.values())


def test_the_scanner_finds_a_planted_key(tmp_path: Path) -> None:
    program = BIN / "gitleaks"
    need(program.exists(), "gitleaks")

    def found(folder: Path) -> list[str]:
        report = tmp_path / "report.json"
        subprocess.run(
            [str(program), "dir", "--no-banner", "--config", str(ROOT / ".gitleaks.toml"),
             "--report-path", str(report), str(folder)],
            capture_output=True, check=False,
        )  # fmt: skip
        return sorted(row["RuleID"] for row in json.loads(report.read_text()))

    planted = tmp_path / "tests"
    planted.mkdir()
    key = "AGE-" + "SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" * 2
    token = "ghp" + "_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    (planted / "notes.txt").write_text(f"key = {key[:74]}\ntoken = {token}\n")
    assert found(planted) == ["age-secret-key", "github-pat"]


def test_development_starts_again_when_a_file_changes(tmp_path: Path) -> None:
    source, notes = tmp_path / "src", tmp_path / "notes"
    source.mkdir()
    (source / "a.py").write_text("1")
    command = ["sh", "-c", f"echo started >> {notes}; exec sleep 60"]
    with subprocess.Popen(
        [sys.executable, str(ROOT / "docker" / "reload.py"), str(source), *command], stderr=subprocess.DEVNULL
    ) as process:

        def starts(count: int) -> None:
            end = time.monotonic() + 60
            while not notes.exists() or len(notes.read_text().split()) < count:
                assert time.monotonic() < end
                time.sleep(0.05)

        starts(1)
        (source / "b.py").write_text("2")
        starts(2)
        process.terminate()
        assert process.wait(60) == 0
