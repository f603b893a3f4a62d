"""Run `choco` in copies of a process that has imported it: every command its own process, imported once.

Orders come on stdin, one a line, as JSON: `args`, `env`, `folder` to run in, `out` and `err` to write to,
`seconds` until it is killed. Exit codes go to stdout, one a line; a signal's number is negative.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from importlib import import_module
from typing import Any

import holidays

from chocolate_factory import cli

SLOW = ("scipy.optimize", "scipy.spatial", "scipy.special")
"""What commands load only where they need it."""


def become(order: dict[str, Any]) -> None:
    """Make this process what a shell would have started."""
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    os.chdir(order["folder"])
    for place, number in ((os.devnull, 0), (order["out"], 1), (order["err"], 2)):
        opened = os.open(place, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv[1:] = order["args"]
    signal.alarm(order["seconds"])


def main() -> None:
    """Take orders until stdin ends."""
    for name in SLOW:
        import_module(name)
    holidays.country_holidays("ES", years=2026)
    gc.freeze()
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            become(json.loads(line))
            cli.main()
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
