"""The load that stored plans said the site would draw: what there is where no meter tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.factory import Contract
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports, Store
from chocolate_factory.domain.site_load import LoadOrigin, SiteLoad
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, epoch

MOST_PLANS = 10_000
PLANNED_NOTE = (
    "The load is what the plans in force said, not what a meter measured; each plan counts until the next "
    "took over, which goes on with the runs that had begun."
)
STEP = 60 * PLAN_MINUTES


def planned_load(
    ports: Ports, window: Window, *, most: int = MOST_PLANS, known_at: datetime | None = None
) -> SiteLoad:
    """Load of a window by the plan in force in each slot: the one issued last whose own window holds it.

    Only the newest `most` plans count, and with `known_at` those issued by then. Slots that no plan covers
    are left out. `source` says how many plans there were; a note tells when some were made under another
    contract than the present one.
    """
    starts = window.starts(PLAN_MINUTES)
    power, by = np.full(len(starts), np.nan), np.full(len(starts), -1)
    bodies = sorted((record.body for record in ports.store.find("plan", limit=most)), key=_issued)
    bodies = [body for body in bodies if known_at is None or _issued(body) <= known_at]
    for number, body in enumerate(bodies):
        answer: Any = body["answer"]
        first = epoch(datetime.fromisoformat(answer["window"]["start"]))
        told = np.array([point["kw"] for point in answer["load_kw"]], np.float64)
        index = (first - epoch(window.start)) // STEP + np.arange(len(told))
        inside = (index >= 0) & (index < len(starts))
        power[index[inside]], by[index[inside]] = told[inside], number
    known = np.isfinite(power)
    used = [bodies[number] for number in np.unique(by[known])]
    return SiteLoad(
        origin=LoadOrigin.PLANNED,
        source=f"{len(used)} plans",
        minutes=PLAN_MINUTES,
        starts=starts[known],
        kwh=power[known] * (PLAN_MINUTES / 60),
        notes=(PLANNED_NOTE, *_other_contracts(ports, used)) if used else (),
    )


def _issued(body: Mapping[str, object]) -> datetime:
    answer: Any = body["answer"]
    return datetime.fromisoformat(answer["issued_at"])


def _other_contracts(ports: Ports, used: list[Mapping[str, object]]) -> tuple[str, ...]:
    """A sentence when plans were made under a contract that is not the present one."""
    digests = [str(body["factory"]) for body in used]
    other = {digest for digest in set(digests) if _contract(ports.store, digest) != ports.factory.contract}
    count = sum(digest in other for digest in digests)
    if not count:
        return ()
    return (f"{count} of {len(used)} plans were made under another contract; the present one is billed.",)


def _contract(store: Store, digest: str) -> Contract | None:
    """The contract of a stored factory file, None where it is not there or no longer readable."""
    found = store.find("factory", id=digest, limit=1)
    try:
        return parse_factory(str(found[0].body["text"]), "stored factory").contract if found else None
    except Misconfigured:
        return None
