"""`make bench`: every measurement, one line each. A figure that was not reached shows as n/a."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path


def main() -> None:
    """Run the benches named on the command line, or all of them."""
    names = sys.argv[1:] or sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    for name in names:
        sys.stdout.write(f"{name.removeprefix('bench_')}\n")
        sys.stdout.flush()
        for label, value, unit in importlib.import_module(f"tests.bench.{name}").rows():
            shown = "n/a" if math.isnan(value) else f"{value:.3g} {unit}"
            sys.stdout.write(f"  {label:<64}{shown:>14}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
