"""Questions as people type them, with times in words and slips of the pen set right before they are read."""

from __future__ import annotations

import re

from chocolate_factory.domain.claims import PART, full_hour, plain

CALLED = {
    **dict.fromkeys(("tmrw", "tmw", "tmr", "tomorow", "tommorow", "tommorrow", "2moro"), "tomorrow"),
    **dict.fromkeys(("manana", "manyana", "maniana"), "mañana"),
    **dict.fromkeys(("q", "k", "ke"), "que"),
    **dict.fromkeys(("xq", "pq", "porq", "porque"), "por que"),
    **{"ora": "hora", "oras": "horas", "oy": "hoy", "aora": "ahora", "whats": "what is", "wat": "what"},
    **{"varato": "barato", "varata": "barata", "varatas": "baratas", "varatos": "baratos"},
    **{"cuesto": "costo", "quanto": "cuanto", "cuato": "cuanto", "hrs": "h", "u": "you", "r": "are"},
    **{"ayar": "ayer", "pvcp": "pvpc"},
}
"""What is written -> what is meant."""

MEANT = (
    *("precio", "precios", "prices", "barato", "barata", "baratas", "factura", "prevision", "previsiones"),
    *("forecast", "cheapest", "cheaper", "electricity", "electricidad", "potencia", "alertas", "ahorrado"),
    *("savings", "tomorrow", "yesterday", "weather", "tariff", "tarifa", "periodos", "cuanto", "cuando"),
    *("martes", "miercoles", "jueves", "viernes", "sabado", "domingo", "monday", "tuesday", "wednesday"),
    *("thursday", "friday", "saturday", "sunday", "febrero", "septiembre", "octubre", "noviembre"),
    *("diciembre", "january", "february", "september"),
)
"""Words that one slip does not hide."""

WORDS_OF_THEIR_OWN = frozenset({"cuarto", "cuanta", "cuento", "provision", "fractura", "jueces", "barajo"})
"""Words that only look like a slip of one of them."""

SPOKEN = (
    "una dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "one two three four five six seven eight nine ten eleven twelve",
)
HOURS = {word: hour for words in SPOKEN for hour, word in enumerate(words.split(), 1)}
MINUTES = {
    **{"y media": 30, "y cuarto": 15, "menos cuarto": -15, "en punto": 0, "half past": 30},
    **{"quarter past": 15, "quarter to": -15, "a quarter past": 15, "a quarter to": -15},
}
HOUR = rf"(?P<hour>\d{{1,2}}|{'|'.join(HOURS)})"
BEHIND = rf"(?P<half> ?[ap]\.?m\b\.?)?(?P<part>{PART})?"
SPANISH_TIME = re.compile(
    rf"\blas? {HOUR}\b(?: (?P<minutes>y media|y cuarto|menos cuarto|en punto)\b)?{BEHIND}",
    re.IGNORECASE,
)
ENGLISH_TIME = re.compile(
    rf"\b(?P<minutes>half past|(?:a )?quarter past|(?:a )?quarter to) {HOUR}\b{BEHIND}"
    rf"|\b(?<=at ){HOUR.replace('hour', 'hour2')}\b(?= ?(?:[?!.,]|$|(?:today|tomorrow|yesterday|on)\b))",
    re.IGNORECASE,
)


def meant(text: str) -> str:
    """A question with slips of the pen mended and times in words written as HH:MM."""
    mended = re.sub(r"[^\W_]+", lambda hit: word_meant(hit.group()), text)
    return ENGLISH_TIME.sub(time_written, SPANISH_TIME.sub(time_written, mended))


def word_meant(word: str) -> str:
    """A word as it is meant; one that is none of ours stays as it is."""
    low = plain(word)
    if low in CALLED:
        return CALLED[low]
    if len(low) < 6 or low in MEANT or low in WORDS_OF_THEIR_OWN:
        return word
    return next((known for known in MEANT if known[0] == low[0] and is_slip(low, known)), word)


def is_slip(word: str, known: str) -> bool:
    """Whether one letter more, less, other, or two in turn, make a known word; not one more at its end."""
    if word.startswith(known) or known.startswith(word):
        return False
    if len(word) == len(known):
        places = [place for place, pair in enumerate(zip(word, known, strict=True)) if pair[0] != pair[1]]
        swapped = len(places) == 2 and places[1] == places[0] + 1
        if swapped:
            here, there = places
            return (word[here], word[there]) == (known[there], known[here])
        return len(places) == 1
    short, long = sorted((word, known), key=len)
    return len(long) - len(short) == 1 and any(
        long[:place] + long[place + 1 :] == short for place in range(len(long))
    )


def time_written(hit: re.Match[str]) -> str:
    """A time as HH:MM, with the word before it; as it stands where it is no time in words."""
    told = hit.groupdict()
    raw, minutes = (told["hour"] or told.get("hour2") or "").casefold(), plain(told["minutes"] or "")
    counted = not told["part"] and not re.search(r"\b(?:a|desde|hasta|sobre) $", hit.string[: hit.start()])
    if not minutes and not told.get("hour2") and (raw.isdigit() or counted):
        return hit.group()
    hour, half = HOURS.get(raw) or int(raw), (told["half"] or "").strip()[:1].casefold()
    if hour > 24:
        return hit.group()
    begun = full_hour(hour, half, (told["part"] or "").casefold()) * 60 + MINUTES.get(minutes, 0)
    before = "las " if hit.group().casefold().startswith("la") else ""
    return f"{before}{begun // 60 % 24:02d}:{begun % 60:02d}"
