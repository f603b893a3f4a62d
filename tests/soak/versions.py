"""Versions for tests of deploys: Dockerfiles on top of the real image, and files with which none runs."""

from __future__ import annotations

SILENT = 'FROM chocolate-factory:local\nCMD ["sleep", "1000"]\n'
"""A version whose health check fails."""
MIGRATES = """FROM chocolate-factory:local
CMD ["python3", "-c", "import sqlite3; c = sqlite3.connect('/data/state/store.sqlite'); \\
c.execute('PRAGMA user_version = 99'); c.commit(); raise SystemExit(1)"]
"""
"""A version that changes the store so that no earlier one opens it, and then does not run."""
MUTE = """FROM chocolate-factory:local
USER 0
RUN found=$(command -v choco) && mv $found $found-itself && chmod 755 $found-itself && printf \\
'#!/bin/sh\\n[ "$1" != backup ] || exit 9\\nexec %s "$@"\\n' $found-itself > $found && chmod 755 $found
USER 10001:10001
"""
"""A version that cannot back up."""
ENDS = 'services: {app: {image: "${CHOCO_IMAGE:-none}", command: ["false"]}}\n'
"""Compose files with which no version runs."""
NEXT = "FROM chocolate-factory:local\nLABEL next=1\n"
