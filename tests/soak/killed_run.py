"""A run of the container tests that is killed while its engine works, and what it leaves on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.conftest import ROOT

LASTS = "sleep 987654"
"""The command of the container that is left."""
RUN = f"""
import sys
from tests.soak.engine import folder_of_engine, free_net, running_engine
with running_engine(folder_of_engine()) as engine:
    engine.docker("import", sys.argv[1], "host")
    engine.docker("network", "create", "--subnet", f"10.83.{{free_net()}}.0/24", "left")
    named = ("--restart", "always", "--network", "left", "--volume", "/usr:/usr:ro", "host")
    engine.docker("run", "-d", *named, *"{LASTS}".split())
    print(engine.folder, flush=True)
    sys.stdin.read()
"""
"""A container with the programs of this machine, in a network of its own."""


def killed_run(folder: Path) -> Path:
    """Start a run and kill it; the folder of its engine, which goes on."""
    files = folder / "host.tar"
    with tarfile.open(files, "w") as archive:
        for name in ("bin", "lib", "lib64"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            archive.addfile(link)
    command = [sys.executable, "-c", RUN, str(files)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        left = Path(run.stdout.readline().decode().strip())
        run.kill()
    return left


def devices() -> set[str]:
    """The network devices of this machine."""
    told = subprocess.run(["ip", "-json", "link"], capture_output=True, check=True).stdout
    return {row["ifname"] for row in json.loads(told)}
