"""AEMET OpenData's way to answer: an envelope that names an address, and there the data.

Quirks: what went wrong stands in `estado`, often with status 200; a missing key gives an empty body; the
address of the data lives for some minutes only. Texts are ISO-8859-15 or UTF-8, and the header may tell the
other one. A text that is UTF-8 is hardly ever meant as anything else, so that is tried first. Numbers of
climate and forecast are texts, some with decimal comma, some words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from chocolate_factory.core.errors import Changed, Refused, SourceError, Unreachable
from chocolate_factory.domain.series import Series
from chocolate_factory.infrastructure.http import Answer, Polite
from chocolate_factory.infrastructure.sources.rows import form_expected, number
from chocolate_factory.infrastructure.sources.weather_answers import Row, tables

KEY_HINT = (
    "Set CHOCO_AEMET__TOKEN to a key that is valid; AEMET gives one at "
    "https://opendata.aemet.es/centrodedescargas/altaUsuario."
)
QUOTA_HINT = "AEMET counts requests by the minute; nothing was stored and the next sync asks again."
NO_DATA = "no hay datos"
EXPIRED = "expirad"
SPOKEN = {401, 403, 404}

TRACE = 0.05
"""Rain told as "Ip" (inapreciable), mm: less than 0.1, so the middle of what it can be."""

NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def ask(client: Polite, path: str) -> list[Row]:
    """The rows behind a path of OpenData, none when AEMET has no data for it.

    An address that has expired is asked for once more. Raises `Refused` (key, quota), `Unreachable` (`estado`
    of a server error) or `Changed`, and as `Polite.get` does.
    """
    for _ in range(2):
        rows = _once(client, path)
        if rows is not None:
            return rows
    raise Changed("the address of the data has expired at once", source=client.name)


def amount(cell: object) -> float | None:
    """A number as AEMET writes it, None for an empty cell or a word ("Acum": counted on a later day).

    "Ip" is `TRACE`. Raises `TypeError` or `ValueError` for what looks like a number and is none.
    """
    if not isinstance(cell, str):
        return number(cell)
    text = cell.strip()
    if text == "Ip":
        return TRACE
    if not any(letter.isdigit() for letter in text):
        return None
    if not NUMBER.fullmatch(text):
        raise ValueError(f"a number that cannot be read ({text[:20]!r})")
    return float(text.replace(",", "."))


def _once(client: Polite, path: str) -> list[Row] | None:
    """Both requests; None when the data are not at their address any more."""
    answer = client.get(path, is_answer=_is_spoken)
    if not answer.body.strip():
        raise Refused("an empty answer, as without a valid key", KEY_HINT, source=client.name)
    envelope = _document(answer)
    code, text = _state(answer, envelope)
    if code == 404 and NO_DATA in text:
        return []
    if code != 200 or not isinstance(envelope, Mapping):
        raise _failure(client.name, code, text)
    answer = client.follow(str(envelope.get("datos")), lambda status, _: status in SPOKEN)
    if answer.status == 200 and not answer.body.strip():
        raise Changed("the data are an empty answer", source=client.name)
    if answer.status == 404 and not answer.body.strip():
        return None
    document = _document(answer)
    if answer.status == 200 and isinstance(document, list):
        with form_expected(client.name):
            return tables(document)
    code, text = _state(answer, document)
    if code == 404:
        return [] if NO_DATA in text else None
    raise _failure(client.name, code, text)


def _is_spoken(status: int, body: bytes) -> bool:
    """Whether a refusal is AEMET's own, which says more than its status."""
    return status == 401 or (status in SPOKEN and b'"estado"' in body[:1000])


def _state(answer: Answer, document: object) -> tuple[int, str]:
    """(what the answer says of itself, its text in small letters); 0 when it says nothing."""
    told = document if isinstance(document, Mapping) else {}
    text = str(told.get("descripcion", "")).lower()
    if answer.status != 200:
        return answer.status, text
    code = told.get("estado")
    return (int(str(code)) if re.fullmatch(r"\d{3}", str(code)) else 0), text


def _failure(source: str, code: int, text: str) -> SourceError:
    if code in {401, 403}:
        what = "the key has expired" if EXPIRED in text else "the key is not accepted"
        return Refused(what, KEY_HINT, source=source)
    if code == 429:
        return Refused("too many requests", QUOTA_HINT, source=source)
    if code >= 500:
        return Unreachable(f"answered {code} inside a good status", source=source)
    return Changed(
        f"answered {code}" if code not in {0, 200} else "the answer has another form", source=source
    )


def _document(answer: Answer) -> object:
    """The body as JSON, whatever its encoding; a refusal without JSON is none."""
    try:
        return replace(answer, body=_text(answer).encode(errors="replace")).json()
    except Changed:
        if answer.status in SPOKEN:
            return None
        raise


def _text(answer: Answer) -> str:
    declared = re.search(r"charset=\"?([\w.:-]+)", answer.content_type, re.IGNORECASE)
    for encoding in ("utf-8-sig", declared.group(1) if declared else "iso-8859-15"):
        try:
            return answer.body.decode(encoding)
        except (LookupError, ValueError):
            continue
    return answer.body.decode("iso-8859-15")


def traces_named(series: Series) -> Series:
    """The series, its traces of rain named in their source: the amount is a convention, not a reading.

    AEMET tells tenths, so no reading is equal to `TRACE`.
    """
    if "rain" not in series.key or len(series) == 0:
        return series
    named = [
        f"{name}, trace" if value == TRACE else str(name)
        for name, value in zip(series.source, series.value, strict=True)
    ]
    return replace(series, source=np.array(named))
