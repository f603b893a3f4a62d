"""Small worlds with a bill: prices in a store, readings in a file, plans by hand."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from chocolate_factory.domain.ports import Ports, Record
from chocolate_factory.domain.series import FloatArray, Series
from chocolate_factory.domain.slots import IntArray, Window, epoch, local_iso, moment
from tests.worlds import FIXED, TINY, empty_ports

ZONE = "Europe/Madrid"
HOME = """kind = "pvpc"
access_tariff = "2.0TD"
contracted_power_kw = [4.6, 4.6]
industrial = false"""
WORKED = """kind = "indexed"
access_tariff = "3.0TD"
contracted_power_kw = [100, 100, 100, 100, 100, 100]
retail_margin_eur_mwh = 5.0
adjustment_services_eur_mwh = 20.0
operator_fees_eur_mwh = 0.25
efficiency_fund_eur_mwh = 0.0
equipment_rental_eur_day = 0.144194"""


def site(folder: Path, contract: str = FIXED, now: str = "2026-04-10T21:00:00+02:00") -> Ports:
    """The tiny plant under a contract, with nothing stored."""
    text = TINY.format(contract=contract, mixer=2, oven=3)
    return replace(empty_ports(folder, text, datetime.fromisoformat(now)), sample=False)


def tell(ports: Ports, key: str, starts: IntArray, prices: FloatArray, known: str | None = None) -> None:
    """Store prices of slots of equal length, known since `known` or noon before their day."""
    seconds = int(starts[1] - starts[0])
    at = np.full(len(starts), epoch(datetime.fromisoformat(known))) if known else starts - 86_400
    ports.store.write(
        Series(
            key,
            starts,
            np.full(len(starts), seconds // 60),
            prices,
            at.astype(np.int64),
            np.full(len(starts), "published"),
            np.full(len(starts), "paper"),
        )
    )


def readings(path: Path, starts: IntArray, columns: dict[str, FloatArray]) -> Path:
    """A file as a meter's portal gives it."""
    rows = [",".join(["datetime_utc", *columns])]
    for row, start in enumerate(starts):
        cells = [f"{values[row]:.10g}" for values in columns.values()]
        rows.append(",".join([f"{moment(int(start)):%Y-%m-%dT%H:%M:%SZ}", *cells]))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def plan(ports: Ports, window: Window, kw: float, *, text: str | None = None) -> None:
    """Store a plan of an even load, issued ten minutes before its window."""
    told = text or ports.factory_text
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]
    ports.store.save(Record("factory", digest, window.start, {"text": told}))
    issued = window.start - timedelta(minutes=10)
    load = [{"start": local_iso(moment(int(at)), ZONE), "kw": kw} for at in window.starts(15)]
    span = {"start": local_iso(window.start, ZONE), "end": local_iso(window.end, ZONE)}
    answer = {
        "id": f"{issued:%Y%m%dT%H%M}",
        "issued_at": local_iso(issued, ZONE),
        "window": span,
        "load_kw": load,
    }
    ports.store.save(Record("plan", str(answer["id"]), issued, {"answer": answer, "factory": digest}))
