#!/usr/bin/env python3
"""Put the version before the present one in force again, or any that deploy.py has kept.

    rollback.py             the one before
    rollback.py --list      which there are
    rollback.py --to ID     the start of an id from that list

The state stays as it is. Exit codes: 0 done, 2 nothing was changed, 3 that version is not good and the
present one runs again, 4 nothing good runs.
"""

from __future__ import annotations

import argparse
import sys

from programs import Refused, docker, say
from stack import (
    DONE,
    DOWN,
    ROLLED_BACK,
    UNCHANGED,
    Good,
    Image,
    add_options,
    alone,
    put_in_force,
    read_good,
    stack_of,
    succeed,
    write_good,
)


def choose(good: Good, start: str) -> Image:
    """The version to go back to."""
    if not start:
        if not good.before:
            raise Refused("no version before the present one is kept")
        return good.before[0]
    found = [row for row in good.before if row.id.removeprefix("sha256:").startswith(start)]
    if len(found) != 1:
        raise Refused(f"{len(found)} kept versions have an id that starts with {start}")
    return found[0]


def roll_back(given: argparse.Namespace) -> int:
    """Exit code of a rollback."""
    good = read_good(given.folder)
    if given.list:
        for mark, row in [("in force", good.current), *(("before", row) for row in good.before)]:
            if row:
                say(f"{mark:9} {row.id[7:19]}  {row.at}  {row.reference}")
        return DONE
    image = choose(good, given.to)
    docker("image", "inspect", image.kept)
    if put_in_force(stack_of(given), image, given.published, given.ready) == "good":
        write_good(given.folder, succeed(good, image))
        say(f"in force: {image.reference}")
        return DONE
    say("that version is not good; if it does not open the store, restore a backup (docs/operations.md)")
    present = good.current
    if present and put_in_force(stack_of(given), present, given.published, given.ready) == "good":
        say(f"still in force: {present.reference}")
        return ROLLED_BACK
    return DOWN


def main(argv: list[str] | None = None) -> int:
    """Exit code of the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--to", default="", help="start of the id of a kept version")
    parser.add_argument("--list", action="store_true", help="only list the kept versions")
    add_options(parser)
    given = parser.parse_args(argv)
    try:
        with alone(given.folder):
            return roll_back(given)
    except Refused as refused:
        print(f"nothing was changed: {refused}", file=sys.stderr)
        return UNCHANGED


if __name__ == "__main__":
    sys.exit(main())
