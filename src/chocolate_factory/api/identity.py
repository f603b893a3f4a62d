"""Who asks: a token, a login that Tailscale vouches for, the machine itself, or nobody known.

Names of headers are compared in lower case. A header that is there twice, or beside its twin with
underscores, proves nothing; no header ever adds to what the connection itself proves.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import parse_qsl

from starlette.types import Scope

from chocolate_factory.domain.roles import AccessRules, Caller, Role

RawHeaders = Iterable[tuple[bytes, bytes]]
LOGIN, SECRET = "tailscale-user-login", "x-choco-proxy-secret"
LOGIN_FORM = re.compile(r"[0-9a-z][0-9a-z._%+-]{0,190}(@[0-9a-z][0-9a-z.-]{0,190})?")
LOOPBACK_NAMES = {"127.0.0.1", "localhost", "[::1]", "testserver"}
FORWARDED = {
    "cf-connecting-ip",
    "fastly-client-ip",
    "forwarded",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-envoy-external-address",
    "x-forward-for",
    "x-host",
    "x-original-host",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
    SECRET,
}
FORWARDED_STARTS = ("x-forwarded", "x-original-forwarded", "tailscale-")


def named(headers: RawHeaders, name: str) -> list[str]:
    """All values of a header, those of its twin with underscores too: more than one is no proof."""
    return [value.decode("latin-1") for key, value in headers if plain(key) == name]


def plain(name: bytes) -> str:
    """A header's name in lower case, underscores as dashes."""
    return name.decode("latin-1").lower().replace("_", "-")


def bearer(headers: RawHeaders) -> str | None:
    """The token that the request shows, "" when it shows it in a way that cannot count, None without one."""
    given = [value.decode("latin-1") for key, value in headers if key.lower() == b"authorization"]
    shown = [value for value in given if value[:6].lower() == "bearer"]
    if not shown:
        return None
    return shown[0][6:].strip() if len(given) == 1 else ""


def token_in_url(scope: Scope) -> str | None:
    """The `token` of the query, "" where there are several, None without one."""
    found = [value for key, value in parse_qsl(scope["query_string"].decode("latin-1")) if key == "token"]
    return (found[0] if len(found) == 1 else "") if found else None


def without_token(scope: Scope, rules: AccessRules) -> Caller:
    """Who asks without a token."""
    login = tailscale_login(scope["headers"], rules)
    if login is not None:
        return Caller(login, rules.role_of(login), "tailscale")
    if rules.local_admin and is_local(scope):
        return Caller("local", Role.ADMIN, "local")
    return Caller("anyone", rules.anyone, "anyone")


def tailscale_login(headers: RawHeaders, rules: AccessRules) -> str | None:
    """The login that the hop vouches for: the request carries its secret and one well-formed login."""
    secrets, logins = named(headers, SECRET), named(headers, LOGIN)
    exact = sum(key.lower().decode("latin-1") in {SECRET, LOGIN} for key, _ in headers)
    if rules.proxy_secret is None or (len(secrets), len(logins), exact) != (1, 1, 2):
        return None
    given, known = (sha256(text.encode()).digest() for text in (secrets[0], rules.proxy_secret))
    login = logins[0].strip().lower()
    proven = hmac.compare_digest(given, known) and LOGIN_FORM.fullmatch(login)
    return login if proven else None


def is_local(scope: Scope) -> bool:
    """Whether this is a direct connection of the machine to itself: loopback, its own name, no proxy."""
    names = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == b"host"]
    called = re.sub(r":\d*$", "", names[0]).lower() if len(names) == 1 else ""
    return is_loopback(scope) and called in LOOPBACK_NAMES and not is_forwarded(scope["headers"])


def is_loopback(scope: Scope) -> bool:
    """Whether the other end of the connection is this machine."""
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0] if client else "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def is_forwarded(headers: RawHeaders) -> bool:
    """Whether anything says that a proxy, honest or not, stands in between."""
    names = [plain(key) for key, _ in headers]
    return any(name in FORWARDED or name.startswith(FORWARDED_STARTS) for name in names)
