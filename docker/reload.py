"""Run a command, and again whenever a Python file under a folder changes: reload.py FOLDER COMMAND…"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

EVERY_SECONDS = 1.0


def state_of(folder: Path) -> dict[Path, int]:
    """Files and when they were changed; one that vanishes meanwhile is left out."""
    found = {}
    for path in folder.rglob("*.py"):
        try:
            found[path] = path.stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return found


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop it in order, by force after a while."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(folder: Path, command: list[str]) -> None:
    """Until a signal ends it; a command that fails is tried again when a file changes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    seen = state_of(folder)
    process = subprocess.Popen(command)  # noqa: S603
    try:
        while True:
            time.sleep(EVERY_SECONDS)
            if (now := state_of(folder)) != seen:
                seen = now
                print("changed, starting again", file=sys.stderr, flush=True)
                end(process)
                process = subprocess.Popen(command)  # noqa: S603
    finally:
        end(process)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
