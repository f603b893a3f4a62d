"""Tokens and the audit trail in a real store, and the commands on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.middleware.trustedhost import TrustedHostMiddleware

from chocolate_factory import main
from chocolate_factory.api.access import Access
from chocolate_factory.cli import access, serving
from chocolate_factory.core.config import AccessSettings, Settings, load_settings
from chocolate_factory.core.errors import Misconfigured, NotFound, UsageError
from chocolate_factory.domain.ports import Store
from chocolate_factory.domain.roles import CLI, Caller, Role
from chocolate_factory.infrastructure.stores import STORES, StorePlace
from chocolate_factory.services.keep_tokens import (
    KIND,
    USED,
    TokenWish,
    add_token,
    check_token,
    list_tokens,
    revoke_token,
)
from chocolate_factory.services.record_audit import KEPT, AuditQuery, Change, read_audit, record_audit
from chocolate_factory.wiring import access_rules
from tests.worlds import NOW, tiny


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return STORES["sqlite"](StorePlace(tmp_path))


def test_a_token_is_shown_once_and_kept_as_a_digest(store: Store, tmp_path: Path) -> None:
    text, row = add_token(store, TokenWish("ci", Role.VIEWER, days=2), NOW)
    other, _ = add_token(store, TokenWish("ci-2", Role.VIEWER), NOW)
    assert text != other and len(text) == 49
    assert (row["state"], row["ends_at"]) == ("in force", NOW + timedelta(days=2))
    assert check_token(store, text, NOW) == Caller("ci", Role.VIEWER, "token")
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert text.encode() not in kept and text[6:].encode() not in kept


def test_it_ends_on_time_and_at_once_when_revoked(store: Store) -> None:
    text, _ = add_token(store, TokenWish("ci", Role.ADMIN, days=2), NOW)
    end = NOW + timedelta(days=2)
    assert isinstance(check_token(store, text, end - timedelta(seconds=1)), Caller)
    assert check_token(store, text, end) == "the token ci has ended"
    again, _ = add_token(store, TokenWish("ci", Role.ADMIN), end)
    revoke_token(store, "ci", end)
    assert check_token(store, again, end) == "the token ci was revoked"
    assert [row["state"] for row in list_tokens(store, end)] == ["revoked", "ended"]
    with pytest.raises(NotFound):
        revoke_token(store, "ci", end)


def test_a_use_is_noted_once_an_hour_and_never_undoes_a_revocation(store: Store) -> None:
    text, _ = add_token(store, TokenWish("ci", Role.VIEWER), NOW)
    assert list_tokens(store, NOW)[0]["last_used_at"] is None
    for minutes in (0, 5, 59):
        check_token(store, text, NOW + timedelta(minutes=minutes))
        assert list_tokens(store, NOW)[0]["last_used_at"] == NOW
    check_token(store, text, NOW + timedelta(minutes=60))
    assert list_tokens(store, NOW)[0]["last_used_at"] == NOW + timedelta(minutes=60)
    (before,) = store.find(KIND)
    revoke_token(store, "ci", NOW)
    check_token(store, text, NOW + timedelta(hours=3))
    assert store.find(USED)[0].at == NOW + timedelta(minutes=60), "a refused use is no use"
    assert store.find(KIND)[0].body["revoked_at"] and not before.body["revoked_at"]


@pytest.mark.parametrize(
    "wish",
    [
        TokenWish("", Role.VIEWER),
        TokenWish("a b", Role.VIEWER),
        TokenWish("x" * 64, Role.VIEWER),
        TokenWish("-x", Role.VIEWER),
        TokenWish("x"),
        TokenWish("x", Role.VIEWER, "calendar"),
        TokenWish("x", Role.VIEWER, days=0),
        TokenWish("x", Role.VIEWER, days=100_000),
    ],
)
def test_what_is_no_token(store: Store, wish: TokenWish) -> None:
    with pytest.raises(UsageError):
        add_token(store, wish, NOW)
    assert store.find(KIND) == []


def test_no_two_tokens_of_one_name_in_force(store: Store) -> None:
    add_token(store, TokenWish("ci", Role.VIEWER), NOW)
    with pytest.raises(UsageError):
        add_token(store, TokenWish("ci", Role.ADMIN), NOW)


def test_the_trail_reaches_back_400_days(store: Store) -> None:
    for days in (0, 399, 400, 500):
        record_audit(store, CLI, Change(f"d{days}", "x" * 900, "done"), NOW - timedelta(days=days))
    told = read_audit(store, AuditQuery(10), NOW)
    assert timedelta(days=400) == KEPT
    assert [row["action"] for row in told["entries"]] == ["d0", "d399"]
    assert len(told["entries"][0]["path"]) == 200
    record_audit(store, CLI, Change("d-1", "", "done"), NOW + timedelta(days=1))
    assert sorted(str(record.body["action"]) for record in store.find("audit")) == [
        "d-1",
        "d0",
        "d399",
    ]
    first = read_audit(store, AuditQuery(1), NOW)
    assert [row["action"] for row in first["entries"]] == ["d-1"]
    assert read_audit(store, AuditQuery(2, first["next"]), NOW)["next"] is None


def test_settings_say_who_is_who(monkeypatch: pytest.MonkeyPatch) -> None:
    given = AccessSettings(admins="Ana@x, ,bob@x", operators="bob@x,eva@x", members="none", anyone="none")
    rules = access_rules(Settings(access=given))
    assert [rules.role_of(name) for name in ("ana@x", "bob@x", "eva@x", "pia@x")] == [
        "admin",
        "admin",
        "operator",
        None,
    ]
    assert (rules.local_admin, rules.anyone, rules.proxy_secret) == (True, None, None)
    assert not access_rules(Settings(environment="production")).local_admin
    monkeypatch.setenv("CHOCO_ACCESS__PROXY_SECRET", "")
    assert load_settings().access.proxy_secret is None
    monkeypatch.setenv("CHOCO_ACCESS__PROXY_SECRET", "tooshort")
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    assert "CHOCO_ACCESS__PROXY_SECRET" in caught.value.message and "tooshort" not in caught.value.message
    for name, value in (("ANYONE", "admin"), ("ANYONE", "operator"), ("MEMBERS", "admin")):
        monkeypatch.setenv("CHOCO_ACCESS__PROXY_SECRET", "")
        monkeypatch.setenv(f"CHOCO_ACCESS__{name}", value)
        with pytest.raises(Misconfigured):
            load_settings()
        monkeypatch.delenv(f"CHOCO_ACCESS__{name}")


def test_what_is_served_takes_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The rules that count are those of the settings, not those of an installation without any."""
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny("fixed"), encoding="utf-8")
    served: list[Any] = []

    class Idle:
        def __init__(self, *_: object) -> None:
            served.extend(_)

        def start(self) -> None: ...

        def stop(self) -> None: ...

        def run(self) -> None: ...

    monkeypatch.setattr(main, "server_of", Idle)
    monkeypatch.setattr(serving, "scheduler_of", Idle)
    for name, value in {"FACTORY": str(factory), "ENVIRONMENT": "production"}.items():
        monkeypatch.setenv(f"CHOCO_{name}", value)
    for name, value in {"ANYONE": "none", "ADMINS": "ana@x", "HOSTS": "plant.example"}.items():
        monkeypatch.setenv(f"CHOCO_ACCESS__{name}", value)
    serving.serve()
    (app,) = (one for one in served if hasattr(one, "user_middleware"))
    given = {one.cls: one.kwargs for one in app.user_middleware}
    rules = given[Access]["rules"]
    assert (rules.local_admin, rules.anyone, rules.logins) == (False, None, (("ana@x", Role.ADMIN),))
    assert "plant.example" in given[TrustedHostMiddleware]["allowed_hosts"]
    assert [row.topic for row in access.findings(load_settings())] == ["access"], "lists without the secret"


def test_commands(choco: Callable[..., Any], tmp_path: Path) -> None:
    factory = tmp_path / "factory.toml"
    factory.write_text(tiny("fixed"), encoding="utf-8")
    env = {"CHOCO_FACTORY": str(factory), "CHOCO_OFFLINE": "1", "CHOCO_NOW": NOW.isoformat()}
    text = choco("token", "add", "ci", "--role", "operator", "--days", "3", env=env).stdout.strip()
    assert text.startswith("choco_") and "\n" not in text, "only the token, for a pipe"
    rows = json.loads(choco("token", "list", "--json", env=env).stdout)
    assert {(row["name"], row["role"], row["scope"]) for row in rows} == {
        ("ci", "operator", "api"),
    }
    assert text not in json.dumps(rows)
    assert "revoked" in choco("token", "revoke", "ci", env=env).stdout
    choco("stock", "loaf", "50", env=env)
    choco("stock", env=env)
    told = json.loads(choco("audit", "--json", env=env).stdout)
    assert sorted((row["who"], row["action"], row["path"]) for row in told) == [
        ("cli", "stock", ""),
        ("cli", "token add", "ci"),
        ("cli", "token revoke", "ci"),
    ]
