"""Memory that the C library keeps for later, given back to the system after heavy work.

With several threads glibc keeps a heap for each, and what numbers once filled stays with the process
(https://man7.org/linux/man-pages/man3/malloc_trim.3.html). Other C libraries have no such call.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any


def trimmer() -> Callable[[], None]:
    """What gives free memory back; it does nothing where the C library cannot."""
    trim: Any = getattr(ctypes.CDLL(None), "malloc_trim", None)

    def give_back() -> None:
        if trim is not None:
            trim(0)

    return give_back
