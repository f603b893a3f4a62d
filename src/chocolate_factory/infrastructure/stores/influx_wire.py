"""Talking to InfluxDB: line protocol in, InfluxQL out, and what its refusals mean.

Only what versions 1.x, 2.7 and 3 share: `POST /write?db=&precision=ns` and `GET /query` with `q`, `db` and
`epoch=ns` (https://docs.influxdata.com/influxdb/v2/api/v1-compatibility/).
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote

import httpx

from chocolate_factory import __version__
from chocolate_factory.core.errors import Misconfigured, StoreFailed

BATCH_LINES = 5_000
CHUNK_ROWS = 20_000
TIMEOUT = httpx.Timeout(60.0, connect=5.0)
SAID_NO = {401, 403}
AFTER_FAILURE = "Check that InfluxDB runs there and its log; writing the same again does no harm."

_EMPTY = "%"
_TAG_SAFE = "-_.~:/+@"


@dataclass(frozen=True)
class Found:
    """The rows of one series of an answer: its tags, its columns' names, and tuples in their order."""

    tags: dict[str, str]
    columns: tuple[str, ...]
    rows: list[list[Any]]

    def column(self, name: str) -> list[Any]:
        """The values of one column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


class _NoDatabase(Exception):
    """The server does not know the database."""


def tag(text: str) -> str:
    """A text as a tag holds it, percent-encoded: nothing in it needs the escapes of lines or queries.

    Line protocol has no way to write a line break, an empty text or a final backslash in a tag.
    """
    return quote(text, safe=_TAG_SAFE) or _EMPTY


def tag_text(value: str) -> str:
    """The text that a tag's value stands for."""
    return "" if value == _EMPTY else unquote(value)


def is_tag(name: str, text: str) -> str:
    """The condition that a tag stands for a text."""
    return f"\"{name}\" = '{tag(text)}'"


def string(text: str) -> str:
    """A text as a string field in a line, in its quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@cache
def _known_authorities() -> ssl.SSLContext:
    """Whose certificates count; read from the disk once, which takes longer than most answers."""
    return ssl.create_default_context()


class InfluxWire:
    """One database of one server. Safe to share between threads.

    Raises `StoreFailed` when the server cannot be reached or fails, `Misconfigured` when it refuses the
    given rights, has no such database and may not make it, or is no InfluxDB. No message names a secret.
    """

    def __init__(
        self, url: str, database: str, token: str | None, user: str | None, password: str | None
    ) -> None:
        """Nothing is asked of the server yet; the database is made when it is first missed."""
        try:
            base = httpx.URL(url)
        except httpx.InvalidURL:
            base = httpx.URL("")
        if not base.host or (base.port or 0) > 65_535:
            raise Misconfigured("CHOCO_INFLUX__URL is not an address", "Set it to http://host:8086 or alike.")
        self.place = f"{base.host}:{base.port}" if base.port else base.host
        self.database = database
        self._client = httpx.Client(
            base_url=base,
            headers={"User-Agent": f"chocolate-factory/{__version__}", **_token(token)},
            auth=(user, password or "") if user and not token else None,
            timeout=TIMEOUT,
            # No proxy of the environment: it stands between this machine and the providers, not its store.
            trust_env=False,
            transport=httpx.HTTPTransport(retries=1, verify=_known_authorities()),
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def write(self, lines: Iterator[str]) -> None:
        """Store points, `BATCH_LINES` a request. A failure leaves the batches before it stored."""
        while batch := list(islice(lines, BATCH_LINES)):
            self.write_together(batch)

    def write_together(self, lines: Sequence[str]) -> None:
        """Store points in one request."""
        body = "\n".join(lines).encode()
        try:
            self._write(body)
        except _NoDatabase:
            self._create()
            self._write(body)

    def select(self, what: str, measurement: str, *conditions: str, by: str = "") -> list[Found]:
        """The points of a measurement that meet all conditions, one `Found` a series, in the order of time.

        `what` and `conditions` are InfluxQL, made with `is_tag` where they hold text; `by` is a tag.
        """
        query = f'SELECT {what} FROM "{measurement}"'  # noqa: S608
        if conditions:
            query += " WHERE " + " AND ".join(conditions)
        if by:
            query += f' GROUP BY "{by}"'
        try:
            return self._select(query)
        except _NoDatabase:
            self._create()
            return self._select(query)

    def delete(self, measurement: str) -> None:
        """Delete all points of a measurement; raises `Misconfigured` where the server does not, as 3."""
        statement = f'DELETE FROM "{measurement}"'  # noqa: S608
        with self._failures():
            answer = self._client.post("query", params={"db": self.database, "q": statement})
        said = _said(answer.content)
        if answer.status_code in SAID_NO:
            raise self._refusal(answer.status_code, said)
        if answer.status_code != httpx.codes.OK or said:
            raise Misconfigured(
                f"InfluxDB at {self.place} does not empty the database {self.database!r} ({said[:200]})",
                "Name an empty database in CHOCO_INFLUX__DATABASE.",
            )

    def _write(self, body: bytes) -> None:
        with self._failures():
            answer = self._client.post("write", params={"db": self.database, "precision": "ns"}, content=body)
            if answer.status_code != httpx.codes.NO_CONTENT:
                raise self._refusal(answer.status_code, _said(answer.content))

    def _select(self, query: str) -> list[Found]:
        form = {"epoch": "ns", "chunked": "true", "chunk_size": str(CHUNK_ROWS)}
        asked = {"db": self.database, "q": query, **form}
        found: dict[tuple[tuple[str, str], ...], Found] = {}
        partial = False
        with self._failures(), self._client.stream("GET", "query", params=asked) as answer:
            if answer.status_code != httpx.codes.OK:
                raise self._refusal(answer.status_code, _said(answer.read()))
            for result in _results(answer):
                if error := result.get("error"):
                    raise self._refusal(answer.status_code, str(error))
                for part in result.get("series", ()):
                    tags = part.get("tags") or {}
                    here = Found(tags, tuple(part["columns"]), [])
                    found.setdefault(tuple(sorted(tags.items())), here).rows.extend(part.get("values") or ())
                    partial = bool(part.get("partial"))
        if partial:
            raise StoreFailed(
                f"InfluxDB at {self.place} cut its answer short",
                "Raise max-row-limit of its [http] settings.",
            )
        return list(found.values())

    def _create(self) -> None:
        """Make the database, with long shards: all of a plant's data are a few million rows."""
        named = self.database.replace("\\", "\\\\").replace('"', '\\"')
        statement = (
            f'CREATE DATABASE "{named}" WITH DURATION INF REPLICATION 1 SHARD DURATION 520w NAME "autogen"'
        )
        with self._failures():
            answer = self._client.post("query", params={"q": statement})
        said = _said(answer.content)
        if answer.status_code != httpx.codes.OK or said:
            raise self._without(said if answer.status_code not in SAID_NO else "these rights do not suffice")

    def _without(self, reason: str) -> Misconfigured:
        return Misconfigured(
            f"InfluxDB at {self.place} has no database {self.database!r} and does not make it here"
            + (f" ({reason[:200]})" if reason else ""),
            "Make a database of that name on InfluxDB 1.x or 3, a bucket of that name without an end of "
            "retention on 2.7 (or map the name to a bucket), and check CHOCO_INFLUX__DATABASE.",
        )

    def _refusal(self, status: int, said: str) -> Exception:
        """What an answer that is not a yes means."""
        if status in SAID_NO:
            return Misconfigured(
                f"InfluxDB at {self.place} refuses access ({status})",
                "Check CHOCO_INFLUX__TOKEN (2.7, 3) or CHOCO_INFLUX__USER and CHOCO_INFLUX__PASSWORD (1.x), "
                f"and that they may read and write {self.database!r}.",
            )
        if "not found" in said and (status == httpx.codes.NOT_FOUND or "database" in said):
            return _NoDatabase(said)
        if not said and status < httpx.codes.INTERNAL_SERVER_ERROR:
            return Misconfigured(
                f"what answers at {self.place} is not InfluxDB ({status})", "Check CHOCO_INFLUX__URL."
            )
        if "retention" in said:
            return Misconfigured(
                f"InfluxDB at {self.place} drops old values of {self.database!r} ({said[:200]})",
                "Give the database, or its bucket, a retention without end.",
            )
        return StoreFailed(
            f"InfluxDB at {self.place} failed ({status}): {said[:200] or 'no reason'}", AFTER_FAILURE
        )

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what the network and a strange answer do into an error with a remedy."""
        try:
            yield
        except httpx.TransportError as failure:
            what = "took too long" if isinstance(failure, httpx.TimeoutException) else "cannot be reached"
            raise StoreFailed(
                f"InfluxDB at {self.place} {what} ({type(failure).__name__})",
                "Check that it runs and CHOCO_INFLUX__URL; what was not stored can be written again.",
            ) from failure
        except (ValueError, httpx.DecodingError) as failure:
            raise Misconfigured(
                f"what answers at {self.place} is not InfluxDB ({type(failure).__name__})",
                "Check CHOCO_INFLUX__URL.",
            ) from failure


def _token(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Token {token}"} if token else {}


def _results(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """The results in an answer of one JSON document a line, or of one document."""
    answered = False
    for line in _lines(answer):
        if not line.strip():
            continue
        document = json.loads(line)
        if not isinstance(document, dict) or not document.keys() & {"results", "error"}:
            raise ValueError("no answer to a query")
        answered = True
        if error := document.get("error"):
            yield {"error": error}
        yield from document.get("results", ())
    if not answered:
        raise ValueError("no answer to a query")


def _lines(answer: httpx.Response) -> Iterator[bytes]:
    """Lines as they come; only the line feed ends one, which the text inside JSON never holds."""
    pending: list[bytes] = []
    for piece in answer.iter_bytes():
        first, *others = piece.split(b"\n")
        pending.append(first)
        for other in others:
            yield b"".join(pending)
            pending = [other]
    yield b"".join(pending)


def _said(body: bytes) -> str:
    """The error in a body, of any version; empty when there is none."""
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(document, dict):
        return ""
    results = document.get("results") or [{}]
    first = results[0] if isinstance(results, list) and isinstance(results[0], dict) else {}
    return str(document.get("error") or document.get("message") or first.get("error") or "")
