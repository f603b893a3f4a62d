"""The form of apidatos, Red Eléctrica's open data: ranges of local days in, JSON:API documents of series out.

Quirks: start and end are local wall times and the end is included, so a range is asked to 23:59 of its last
day; times carry the local offset; "nothing yet" is an error body with code 502, or 200. Values: Red
Eléctrica, apidatos.ree.es.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chocolate_factory.infrastructure.sources.rows import Row, instant, number

NO_DATA = (b"there are no data", b"no hay datos")
Item = Mapping[str, Any]


def range_params(days: Sequence[date], trunc: str) -> dict[str, str]:
    """Query of a range of whole local days; `trunc` is "hour" or "day"."""
    return {"start_date": f"{days[0]}T00:00", "end_date": f"{days[-1]}T23:59", "time_trunc": trunc}


def is_no_data(status: int, body: bytes) -> bool:
    """Whether an answer says that there is nothing yet, which apidatos calls a bad gateway."""
    short = body[:1000].lower()
    return status == 502 and b'"errors"' in short and any(text in short for text in NO_DATA)


def is_no_widget(status: int, body: bytes) -> bool:
    """Whether an answer says, in apidatos' own words, that it does not have such a table."""
    return status == 404 and b'"errors"' in body[:1000].lower()


def items(document: object) -> list[Item]:
    """The series of a document; raises `LookupError` or `TypeError` for another form."""
    if not isinstance(document, Mapping) or not isinstance(document["included"], list):
        raise TypeError("no list of series")
    if not all(isinstance(i, Mapping) and isinstance(i["attributes"], Mapping) for i in document["included"]):
        raise TypeError("a series that is no object")
    return list(document["included"])


def values(item: Item) -> list[Row]:
    """(slot start, value) of a series; nulls are left out.

    Raises `LookupError`, `TypeError`, `ValueError` or `OverflowError` for another form.
    """
    rows = [(instant(row["datetime"]), number(row["value"])) for row in item["attributes"]["values"]]
    return [(at, value) for at, value in rows if value is not None]


def plain_title(item: Item) -> str:
    """The title of a series in lower case without accents; "" without one."""
    told = unicodedata.normalize("NFKD", str(item["attributes"].get("title") or item.get("type") or ""))
    return "".join(sign for sign in told if not unicodedata.combining(sign)).strip().casefold()
