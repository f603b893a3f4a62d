"""`choco backup` and `choco restore` as a user types them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from threading import Timer

import pytest

from chocolate_factory.infrastructure.file_locks import FileLocks
from tests.conftest import Run
from tests.influx_server import InfluxServer
from tests.worlds import tiny


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "factory.toml").write_text(tiny("fixed"), encoding="utf-8")
    return {
        "CHOCO_FACTORY": str(tmp_path / "factory.toml"),
        "CHOCO_STATE": str(tmp_path / "var"),
        "CHOCO_NOW": "2026-03-10T21:00:00+01:00",
        "CHOCO_OFFLINE": "1",
    }


def test_back_up_lose_everything_and_restore(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    choco("stock", "loaf", "120", env=env)
    (tmp_path / "var" / "secrets").mkdir()
    done = choco("backup", "--json", env=env)
    assert "names=['secrets']" in done.stderr, "what else is there is no part of it"
    made = json.loads(done.stdout)
    archive = Path(made["path"])
    assert archive.parent == tmp_path / "var" / "backups"
    before = choco("stock", "--json", env=env).stdout
    choco("stock", "loaf", "7", env=env)
    assert "is not empty" in choco("restore", str(archive), env=env, expect=2).stderr
    with FileLocks(tmp_path / "var" / "locks")("serve", shared=True):
        told = choco("restore", str(archive), "--replace", env=env, expect=1).stderr
        assert "A server uses this state" in told
    told = json.loads(choco("restore", str(archive), "--replace", "--json", env=env).stdout)
    assert (tmp_path / "var" / "locks" / "serve.lock").is_file(), "it was held until all was there"
    assert choco("stock", "--json", env=env).stdout == before
    assert (Path(told["aside"]) / "store.sqlite").is_file(), "what was there is not lost"
    elsewhere = {**env, "CHOCO_STATE": str(tmp_path / "other")}
    choco("restore", str(archive), env=elsewhere)
    assert choco("stock", "--json", env=elsewhere).stdout == before


def test_a_database_is_backed_up_lost_and_restored(
    choco: Run, env: dict[str, str], tmp_path: Path, influx_server: InfluxServer
) -> None:
    env |= {"CHOCO_STORE": "influx", "CHOCO_INFLUX__URL": influx_server.url}
    env |= {"CHOCO_INFLUX__DATABASE": influx_server.fresh(), "CHOCO_INFLUX__TOKEN": influx_server.token or ""}
    choco("stock", "loaf", "120", env=env)
    archive = json.loads(choco("backup", "--json", env=env).stdout)["path"]
    choco("stock", "loaf", "7", env=env)
    assert "The database 'test" in choco("restore", archive, env=env, expect=2).stderr
    told = json.loads(choco("restore", archive, "--replace", "--json", env=env).stdout)
    assert Path(told["path"]).is_file()
    assert "120" in choco("stock", env=env).stdout
    assert not (tmp_path / "var" / "store.sqlite").exists()
    later = {**env, "CHOCO_NOW": "2026-03-10T21:00:01+01:00"}
    undone = choco("restore", told["database_aside"], "--replace", env=later).stdout
    assert "What the database held is in" in undone
    assert "120" not in choco("stock", env=env).stdout


def test_no_server_starts_while_a_backup_is_restored(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    with FileLocks(tmp_path / "var" / "locks")("serve"):
        assert "being restored" in choco("serve", env=env, expect=1).stderr
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["locks"], "no store was made"
    odd = {**env, "CHOCO_STATE": str(tmp_path / "odd")}
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "locks").write_text("no folder")
    assert "serve.lock cannot be written" in choco("serve", env=odd, expect=6).stderr


def test_servers_share_a_state_and_wait_for_who_only_looks(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    with locks("serve", shared=True) as one, locks("serve", shared=True) as two, locks("serve") as alone:
        assert (one, two, alone) == (True, True, False)
    looks = ExitStack()
    assert looks.enter_context(locks("serve"))
    end = Timer(0.1, looks.close)
    with locks("serve", shared=True) as at_once:
        assert not at_once
    end.start()
    with locks("serve", shared=True, within_s=30) as later:
        assert later
    end.join()


def test_a_store_that_cannot_be_opened_is_put_aside(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    choco("stock", "loaf", "120", env=env)
    made = json.loads(choco("backup", str(tmp_path / "safe"), "--json", env=env).stdout)
    (tmp_path / "var" / "store.sqlite").write_bytes(b"not a store at all" * 500)
    choco("restore", made["path"], "--replace", env=env)
    assert "120" in choco("stock", env=env).stdout


def test_what_is_no_backup_is_refused(choco: Run, env: dict[str, str], tmp_path: Path) -> None:
    assert "is not a file" in choco("restore", "nothing.tar.gz", env=env, expect=2).stderr
    (tmp_path / "text.tar.gz").write_text("hello")
    assert "not a backup" in choco("restore", str(tmp_path / "text.tar.gz"), env=env, expect=2).stderr
