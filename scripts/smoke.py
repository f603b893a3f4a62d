#!/usr/bin/env python3
"""Ask a running installation whether it does what people need, and refuses what it must refuse.

    smoke.py --proxy http://127.0.0.1:8000      from outside, through nginx
    smoke.py --app http://127.0.0.1:8000        beside the app itself: also readiness and roles
    smoke.py --app … --development              a development server, where this machine's user is an admin

Where nobody may read without proof (CHOCO_ACCESS__ANYONE=none), SMOKE_TOKEN in the environment is the token
of a viewer. Prints a line per check. Exit codes: 0 all passed, 1 something failed, 2 wrong use.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

CLOSED_OUTSIDE = (
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/metrics"),
    ("GET", "/health"),
    ("GET", "/api/v1/jobs"),
    ("GET", "/api/v1/models"),
    ("GET", "/api/v1/holes"),
    ("GET", "/api/v1/audit"),
    ("GET", "/api/v1/nodes"),
    ("POST", "/api/v1/plans"),
    ("POST", "/api/v1/plans/what-if"),
    ("POST", "/api/v1/jobs/plan/run"),
    ("DELETE", "/api/v1/plans/latest"),
    ("GET", "/api/v1/prices/%2e%2e/jobs"),
    ("GET", "//api/v1/jobs"),
)
CLOSED_WITHOUT_PROOF = (
    ("GET", "/api/v1/audit"),
    ("GET", "/api/v1/nodes"),
    ("POST", "/api/v1/plans"),
    ("POST", "/api/v1/jobs/plan/run"),
    ("POST", "/api/v1/holes/heal"),
)
READ = (("GET", "/api/v1/prices"), ("GET", "/api/v1/plans/latest"))
NOTHING_TO_MAKE = "there is nothing to make"
"""In the assumptions of a plan without demand."""
MADE_OR_MISSED = ("begun", "in_stock", "assumed_stock", "late", "left_for_later", "given_up")
"""Fields of a plan that say what it has no runs for."""
FORGED = {"Tailscale-User-Login": "admin@example.org", "X-Forwarded-For": "127.0.0.1"}


class Failed(Exception):
    """A check did not hold; the text says how."""


def ask(method: str, url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, str]:
    """(status, body, content type); 0 and the reason when nothing answers."""
    body = b"{}" if method == "POST" else None
    given = {"X-Requested-With": "smoke", "Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, method=method, data=body, headers=given)
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, answer.read(), answer.headers.get("Content-Type", "")
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers.get("Content-Type", "")
    except (OSError, urllib.error.URLError) as error:
        return 0, str(error).encode(), ""


def read(base: str, path: str) -> dict[str, Any]:
    """A JSON object, asked for with the token if there is one; `Failed` for anything else."""
    token = os.environ.get("SMOKE_TOKEN")
    status, body, kind = ask("GET", base + path, {"Authorization": f"Bearer {token}"} if token else {})
    if status != 200 or "json" not in kind:
        raise Failed(f"{path} answers {status or 'nothing'}: {body[:200].decode(errors='replace')}")
    try:
        found = json.loads(body)
    except ValueError:
        raise Failed(f"{path} is no JSON") from None
    if not isinstance(found, dict):
        raise Failed(f"{path} is no JSON object")
    return found


def ready(base: str, seconds: float) -> str:
    """Prices and a plan are there, waited for."""
    end = time.monotonic() + seconds
    while True:
        status, body, _ = ask("GET", base + "/ready")
        if status == 200:
            return "sample data" if json.loads(body).get("sample") else "real data"
        if time.monotonic() > end:
            raise Failed(f"not ready after {seconds:.0f} s: {body[:200].decode(errors='replace')}")
        time.sleep(1)


def reached(base: str, seconds: float) -> str:
    """The page answers through the proxy, waited for."""
    end = time.monotonic() + seconds
    while (found := ask("GET", base + "/dashboard"))[0] != 200:
        if time.monotonic() > end:
            raise Failed(f"/dashboard answers {found[0] or 'nothing'} after {seconds:.0f} s")
        time.sleep(1)
    return "answers"


def version(base: str) -> str:
    """What runs."""
    return str(read(base, "/version").get("version"))


def page(base: str) -> str:
    """The page and the script that it loads."""
    status, body, kind = ask("GET", base + "/dashboard")
    script = re.search(rb'src="(/assets/[^"]+\.js)"', body)
    if status != 200 or "html" not in kind or not script:
        raise Failed(f"/dashboard answers {status or 'nothing'} without the page")
    path = script.group(1).decode()
    status, body, kind = ask("GET", base + path)
    if status != 200 or "javascript" not in kind or not body:
        raise Failed(f"{path} answers {status or 'nothing'}")
    return f"{len(body) // 1024} KiB of script"


def prices(base: str) -> str:
    """Spot prices of today."""
    points = read(base, "/api/v1/prices").get("points")
    if not isinstance(points, list) or not points:
        raise Failed("/api/v1/prices has no points")
    known = [point for point in points if point.get("price_eur_mwh") is not None]
    if not known:
        raise Failed("/api/v1/prices has no price")
    return f"{len(known)} slots, the last {known[-1]['start']}"


def plan(base: str) -> str:
    """The plan in force, without a broken rule; one without runs says why."""
    found = read(base, "/api/v1/plans/latest")
    runs, cost = found["runs"], f"{found['cost_eur']:.2f} EUR"
    if found.get("violations") != []:
        raise Failed(f"the plan has violations {found.get('violations')}")
    if runs:
        return f"{len(runs)} runs, {cost}"
    if any(NOTHING_TO_MAKE in line for line in found.get("assumptions", ())):
        return f"no runs, for {NOTHING_TO_MAKE}, {cost}"
    told = [name for name in MADE_OR_MISSED if found.get(name)]
    if not told:
        raise Failed("the plan has no runs and does not say why")
    return f"no runs, but {', '.join(told)}, {cost}"


def closed(base: str, doors: tuple[tuple[str, str], ...], allowed: set[int]) -> str:
    """Nothing of a list opens."""
    for method, path in doors:
        status = ask(method, base + path)[0]
        if status not in allowed:
            raise Failed(f"{method} {path} answers {status or 'nothing'}, not one of {sorted(allowed)}")
    return f"{len(doors)} refused"


def roles(base: str, development: bool) -> str:
    """Whoever proves nothing may change nothing; on a development server that is not so on its machine.

    There nothing is tried: it would be done.
    """
    status, body, _ = ask("GET", base + "/api/v1/me")
    if status == 200 and json.loads(body).get("how") == "local":
        found = "this caller is admin here: development"
        if not development:
            raise Failed(f"{found}. Where that is meant, ask with --development")
        return found
    return closed(base, CLOSED_WITHOUT_PROOF, {401, 403})


def nobody(base: str) -> str:
    """A made-up login makes nobody more than a viewer; where it is refused, nobody else reads either."""
    status, body, _ = ask("GET", base + "/api/v1/me", FORGED)
    if status in {401, 403}:
        return closed(base, READ, {401, 403})
    role = json.loads(body).get("role") if status == 200 else None
    if role != "viewer":
        raise Failed(f"a forged login answers {status} with the role {role}")
    return "viewer"


Check = tuple[str, Callable[[], str]]


def checks_of_app(base: str, seconds: float, development: bool) -> list[Check]:
    """What is asked beside the app."""
    return [
        ("ready", lambda: ready(base, seconds)),
        ("version", lambda: version(base)),
        ("page", lambda: page(base)),
        ("prices", lambda: prices(base)),
        ("plan", lambda: plan(base)),
        ("roles", lambda: roles(base, development)),
        ("forged login", lambda: nobody(base)),
    ]


def checks_of_proxy(base: str, seconds: float) -> list[Check]:
    """What is asked from outside."""
    return [
        ("reached", lambda: reached(base, seconds)),
        ("page", lambda: page(base)),
        ("prices", lambda: prices(base)),
        ("plan", lambda: plan(base)),
        ("closed doors", lambda: closed(base, CLOSED_OUTSIDE, {400, 403, 405})),
        ("forged login", lambda: nobody(base)),
    ]


def run(where: str, checks: list[Check]) -> bool:
    """Run all; whether all held. Where the first one fails nothing answers, and the others are not tried."""
    held = True
    for turn, (name, check) in enumerate(checks):
        try:
            print(f"ok    {where} {name}: {check()}", flush=True)
        except (Failed, ValueError, KeyError, TypeError, AttributeError) as error:
            print(f"FAIL  {where} {name}: {error}", flush=True)
            held = False
            if turn == 0:
                break
    return held


def main(argv: list[str] | None = None) -> int:
    """Exit code of a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--app", help="address of the app itself")
    parser.add_argument("--proxy", help="address that people use")
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait for the first answer")
    parser.add_argument("--development", action="store_true", help="the user of this machine may be an admin")
    given = parser.parse_args(argv)
    if not (given.app or given.proxy):
        parser.error("name --app or --proxy")
    held = True
    if given.app:
        held = run("app", checks_of_app(given.app.rstrip("/"), given.wait, given.development))
    if given.proxy:
        held = run("proxy", checks_of_proxy(given.proxy.rstrip("/"), given.wait)) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
