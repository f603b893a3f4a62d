"""Units as people write them after a number: what they measure, and what is no unit of any fact."""

from __future__ import annotations

import re

PRICE, MONEY, ENERGY, POWER, TIME = "price", "money", "energy", "power", "time"
COUNT, OTHER = "count", "other"
"""Measures of what is counted, and of units that no fact has."""

UNITS: dict[str, tuple[str, float]] = {
    r"(?:EUR|€|euros?) ?(?:/|por |per |a |al )+ ?(?:kWh|kilovatio[- ]hora|kilowatt[- ]hour)": (PRICE, 1000),
    r"(?:EUR|€|euros?) ?(?:/|por |per |a |al )+ ?(?:MWh|megavatio[- ]hora|megawatt[- ]hour)": (PRICE, 1),
    r"(?:c€|ct|cts|cents?|cént(?:imos?)?\.?|c)(?: de euro)? ?(?:/|por |per |a )+ ?kWh": (PRICE, 10),
    r"EUR|€|euros?": (MONEY, 1),
    r"cents?|cts?|céntimos?|c€": (MONEY, 0.01),
    r"TWh": (ENERGY, 1e9),
    r"GWh": (ENERGY, 1e6),
    r"MWh": (ENERGY, 1000),
    r"kWh|kilovatios?[- ]hora|kilowatt[- ]hours?": (ENERGY, 1),
    r"Wh": (ENERGY, 0.001),
    r"GW": (POWER, 1e6),
    r"MW": (POWER, 1000),
    r"kW|kilovatios?|kilowatts?": (POWER, 1),
    r"W|vatios?|watts?": (POWER, 0.001),
    r"%|por ciento|per ?cent|percent": ("%", 1),
    r"°C|ºC|grados(?: Celsius)?|degrees(?: Celsius)?": ("°C", 1),
    r"m/s": ("m/s", 1),
    r"km/h": ("m/s", 1 / 3.6),
    r"hPa|mbar": ("hPa", 1),
    r"mm": ("mm", 1),
    r"kg|kilos?|kilogramos?|kilograms?": ("kg", 1),
    r"toneladas?|tonnes?|t": ("kg", 1000),
    r"h|horas?|hours?|hrs?": (TIME, 60),
    r"min|mins|minutos?|minutes?": (TIME, 1),
    r"segundos?|seconds?|secs?|s": (TIME, 1 / 60),
    r"días?|days?": (TIME, 1440),
}
"""How a unit is written -> what it measures and how many of the base unit it is."""

READ = [
    (re.compile(rf" ?(?:{pattern})(?!\w)", re.IGNORECASE if len(pattern) > 4 else 0), known)
    for pattern, known in UNITS.items()
]
OF_FACTS = {
    **{"EUR/kWh": (PRICE, 1000.0), "EUR/MWh": (PRICE, 1.0), "EUR": (MONEY, 1.0), "kWh": (ENERGY, 1.0)},
    **{"kW": (POWER, 1.0), "h": (TIME, 60.0), "min": (TIME, 1.0), "": (COUNT, 1.0)},
}
"""Units of facts, the same way; another one measures itself."""

COUNTED = re.compile(
    r" (?:lotes?|batch(?:es)?|máquinas?|machines?|pedidos?|orders?|unidad(?:es)?|units?|huecos?|holes?|gaps?"
    r"|alertas?|alerts?|pasos?|runs?|semanas?|weeks?|series|trabajos?|jobs?|productos?|products?|entregas?"
    r"|deliveries|delivery|valores|values|modelos?|models?)\b",
    re.IGNORECASE,
)
EVERY = r"/(?=[^\W\d])|(?: por| per| cada| each| every| al?| a la| an?) (?:{})(?!\w)"
RATED = re.compile(
    EVERY.format(
        r"h|horas?|hours?|días?|days?|semanas?|weeks?|mes|months?|años?|years?|kg|kilos?|toneladas?|tonnes?|kW"
    ),
    re.IGNORECASE,
)
"""What makes a rate of a figure that is none: "5 EUR a day"."""

BY_BATCH = re.compile(EVERY.format(r"lotes?|batch"), re.IGNORECASE)
OF_BATCHES = {"kg", TIME, POWER}
"""What a batch has of its own: "50 kg per batch" is no rate."""

STRANGER = re.compile(
    r" ?(?:[$£¥‰°℃℉]|US ?\$|(?:USD|GBP|CHF|MXN|d[óo]lar(?:es)?|dollars?|libras?|pounds?|yen(?:es)?|pesos?"
    r"|francos?|francs?|puntos?(?! de)|percentage points?|points?|pp|p\.p|ppm|[kM]?VA|kvar|[kMG]?J|k?cal|BTU"
    r"|[kM]?V|A|Hz|bar|k?Pa|psi|litros?|lit(?:er|re)s?|l|m|km|cm|ºF|Fahrenheit|kelvin|K|months?|mes(?:es)?"
    r"|años?|years?|veces|times|(?:EUR|€|euros?)(?=/))(?!\w))"
)
"""Units that no fact has."""

ATTACHED = re.compile(r"(?!(?:st|nd|rd|th|º|ª)(?!\w))[^\W\d_]")
BEFORE = (
    (re.compile(r"(?:EUR|€)/kWh\)?[:=]? ?$", re.IGNORECASE), (PRICE, 1000.0)),
    (re.compile(r"(?:EUR|€)/MWh\)?[:=]? ?$", re.IGNORECASE), (PRICE, 1.0)),
    (re.compile(r"(?:\bEUR|€) ?-?$", re.IGNORECASE), (MONEY, 1.0)),
    (re.compile(r"(?:[$£¥]|\bUSD|\bGBP) ?-?$", re.IGNORECASE), (OTHER, 1.0)),
)


def measure_after(rest: str) -> tuple[str, float, int]:
    """(measure, factor, where it ends) of the unit that a text begins with; ("", 1, 0) without one."""
    for pattern, (measure, factor) in READ:
        hit = pattern.match(rest)
        if hit and is_rate(rest[hit.end() :], measure):
            return OTHER, 1.0, hit.end()
        if hit:
            return measure, float(factor), hit.end()
    for pattern, measure in ((STRANGER, OTHER), (COUNTED, COUNT), (ATTACHED, OTHER)):
        hit = pattern.match(rest)
        if hit:
            rated = measure == COUNT and RATED.match(rest[hit.end() :])
            return OTHER if rated else measure, 1.0, hit.end()
    return "", 1.0, 0


def is_rate(rest: str, measure: str) -> bool:
    """Whether what follows a unit makes a rate of the figure."""
    return bool(RATED.match(rest)) or (measure not in OF_BATCHES and bool(BY_BATCH.match(rest)))


def measure_before(text: str) -> tuple[str, float]:
    """(measure, factor) of a unit that a text ends with; ("", 1) without one."""
    return next((known for pattern, known in BEFORE if pattern.search(text)), ("", 1.0))
