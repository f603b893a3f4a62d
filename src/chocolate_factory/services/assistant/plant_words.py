"""What people call things of a plant and its tariff beside their names; over text without accents."""

from __future__ import annotations

import re

from chocolate_factory.domain.claims import plain

ALSO_CALLED = {
    "mixer": r"mezclador(?:a|es|as)?|amasadoras?|mixing machine",
    "refiner": r"refinador(?:a|es|as)?|refining machine",
    "conche": r"conchador(?:a|es|as)?|conchas",
    "temperer": r"(?:a?temperador|templador)(?:a|es|as)?|tempering machine",
    "moulding line": r"lineas? de mold\w+|moldeadoras?|moldeo|molding line",
    "oven": r"hornos?",
    "packer": r"empaquetador(?:a|es|as)?|envasador(?:a|es|as)?",
}
"""Name of a machine as factory files have it -> what else it is called."""

PEAK = (
    r"\b(?:horas? |periodo )?punta\b(?! de)"
    r"|\bpeak\b(?! (?:load|power|price|demand|kw))(?: (?:hours?|time|period))?"
)
OFF_PEAK = r"\b(?:horas? |periodo )?valle\b|\boff[ -]?peak\b(?: (?:hours?|time|period))?|\bvalley\b"
FLAT = r"\b(?:horas? |periodo )?llano\b|\bflat (?:hours?|period)\b"
NAMED = {"valley": OFF_PEAK, "flat": FLAT, "peak": PEAK}
"""Names of tariff periods; "off-peak" is read before "peak". A peak of power or of prices is none."""


def name_pattern(name: str) -> str:
    """What a thing of the plant may be called, one or more of it."""
    low = plain(name)
    return rf"\b(?:{re.escape(low)}(?:s|es)?|{ALSO_CALLED.get(low, re.escape(low))})\b"
