"""A one-machine plant whose weeks can be settled by hand: plans written down, prices told, a real store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.plan import Run
from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.slots import Window, local_iso, moment
from chocolate_factory.domain.standing import Standing
from chocolate_factory.services.read_ledger import read_ledger
from chocolate_factory.services.settle_weeks import LedgerRequest, settle_weeks
from chocolate_factory.services.standing_record import standing_json
from tests.worlds import FIXED, empty_ports

ZONE = "Europe/Madrid"
Row = dict[str, Any]
PLANT = """
[site]
name = "One press"
timezone = "Europe/Madrid"
latitude = 38.0
longitude = -3.6

[contract]
{contract}

[[shift]]
days = ["mon", "tue", "wed", "thu", "fri"]
start = "06:00"
end = "22:00"

[[machine]]
name = "press"
power_kw = 10.0

[[product]]
name = "brick"
batch_kg = 50
  [[product.step]]
  process = "press"
  machine = "press"
  minutes = 60
  attended = "{attended}"

[[auxiliary]]
name = "fridge"
power_kw = 1.0

[[demand]]
product = "brick"
kg = 50
every = "weekday"
due = "22:00"
"""
TEN_KW = FIXED.replace("[20, 20, 20, 20, 20, 20]", "[10, 10, 10, 10, 10, 10]")


def local(text: str) -> datetime:
    """A moment in UTC from the site's wall time, with the offset of winter."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC) - timedelta(hours=1)).astimezone(UTC)


def press(folder: Path, contract: str = TEN_KW, attended: str = "throughout") -> Ports:
    """The plant with nothing stored, after the week of 9 March 2026."""
    text = PLANT.format(contract=contract, attended=attended)
    return replace(empty_ports(folder, text, local("2026-03-14T12:00")), sample=False)


def at(ports: Ports, text: str) -> Ports:
    """The same plant at another local moment."""
    now = local(text)
    return replace(ports, clock=lambda: now)


def run(name: str, start: str | datetime) -> Run:
    """An hour of a batch on the press."""
    begin = local(start) if isinstance(start, str) else start
    return Run(name, "brick", "press", "press", 1, begin, begin + timedelta(hours=1), 10.0, 0)


def tell_plan(
    ports: Ports, span: tuple[str, str], runs: Sequence[Run], begun: Sequence[Run] = (), text: str = ""
) -> str:
    """Store a plan as it is made, issued five minutes before its window; its id."""
    window = Window(local(span[0]), local(span[1]))
    load = np.ones(window.slot_count(15))
    starts = window.starts(15)
    for one in (*runs, *begun):
        load[(starts >= one.start.timestamp()) & (starts < one.end.timestamp())] += one.power_kw
    told = text or ports.factory_text
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]
    issued = window.start - timedelta(minutes=5)
    answer = {
        "id": f"{issued:%Y%m%dT%H%M}",
        "issued_at": local_iso(issued, ZONE),
        "window": {"start": local_iso(window.start, ZONE), "end": local_iso(window.end, ZONE)},
        "runs": [run_row(one) for one in runs],
        "load_kw": [
            {"start": local_iso(moment(int(s)), ZONE), "kw": float(kw)}
            for s, kw in zip(starts, load, strict=True)
        ],
    }
    standing = Standing((), (), {}, begun=tuple(begun))
    body = {
        "answer": answer,
        "factory": digest,
        "stock": {},
        "left": {},
        "production": standing_json(standing, parse_factory(told)),
    }
    ports.store.save(Record("factory", digest, issued, {"text": told}))
    ports.store.save(Record("plan", str(answer["id"]), issued, body))
    return str(answer["id"])


def run_row(one: Run) -> Row:
    """A run as a plan's answer tells it."""
    told = {key: getattr(one, key) for key in ("batch", "product", "process", "machine", "unit")}
    return told | {"start": local_iso(one.start, ZONE), "end": local_iso(one.end, ZONE)}


def settle(ports: Ports, seconds: float = 5.0, back: int = 20) -> Row:
    """Settle the last days; the ledger with its revisions."""
    window = Window(ports.clock() - timedelta(days=back), ports.clock())
    settle_weeks(ports, LedgerRequest(window, seconds))
    return read_ledger(ports, window, revisions=True)


def week(ledger: Row, name: str) -> Row:
    """The week that starts on a local date."""
    return next(row for row in ledger["weeks"] if row["window"]["start"][:10] == name)
