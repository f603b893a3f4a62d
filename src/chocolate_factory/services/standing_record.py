"""How a stored plan keeps where the plant stood when it was made, and reads it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chocolate_factory.domain.factory import Factory, Outage
from chocolate_factory.domain.pinned import pin
from chocolate_factory.domain.plan import Run, Wanted
from chocolate_factory.domain.problem import Problem
from chocolate_factory.domain.problem_builder import ProblemInputs, build_problem
from chocolate_factory.domain.standing import Standing, Tail

Row = dict[str, Any]
Body = Mapping[str, Any]
MOMENTS = ("due", "start", "end", "ready")
OPTIONAL = ("profile_kw", "mode", "held")
"""What is stored only where there is any: of a run what its recipe says, of a tail what is held of it."""


def standing_json(standing: Standing, factory: Factory) -> Row:
    """The standing and the machines' outages as the record of a plan keeps them."""
    return {
        "wanted": [_row(want) for want in standing.wanted],
        "raw": [_row(want) for want in standing.raw],
        "supply": dict(standing.supply),
        "tails": [_tail_row(tail) for tail in standing.tails],
        "begun": [_row(run) for run in standing.begun],
        "kept": [_row(run) for run in standing.kept],
        "given_up": list(standing.given_up),
        "made": dict(standing.made),
        **({"carried": [_row(run) for run in standing.carried]} if standing.carried else {}),
        "outages": {
            machine.name: [_row(outage) for outage in machine.unavailable] for machine in factory.machines
        },
    }


def standing_of(body: Body) -> Standing | None:
    """The standing of a stored plan's body, None where it was made without one."""
    kept = body.get("production")
    if kept is None:
        return None
    return Standing(
        wanted=tuple(Wanted(**_moments(row)) for row in kept["wanted"]),
        raw=tuple(Wanted(**_moments(row)) for row in kept["raw"]),
        supply=kept["supply"],
        tails=tuple(_tail(row) for row in kept["tails"]),
        begun=tuple(Run(**_moments(row)) for row in kept["begun"]),
        kept=tuple(Run(**_moments(row)) for row in kept["kept"]),
        given_up=tuple(kept["given_up"]),
        made=kept.get("made", {}),
        carried=tuple(Run(**_moments(row)) for row in kept.get("carried", ())),
    )


def with_kept_outages(factory: Factory, body: Body) -> Factory:
    """The factory with the outages that a stored plan was made under."""
    kept = body.get("production")
    if kept is None:
        return factory
    machines = [
        replace(m, unavailable=tuple(Outage(**_moments(row)) for row in kept["outages"].get(m.name, ())))
        for m in factory.machines
    ]
    return replace(factory, machines=tuple(machines))


def posed_again(inputs: ProblemInputs, body: Body) -> Problem:
    """The problem of a stored plan from its inputs: its own wants and outages, what had begun in place.

    For a plan made without a standing the problem of the inputs as they are.
    """
    standing = standing_of(body)
    if standing is None:
        return build_problem(inputs)
    factory = with_kept_outages(inputs.factory, body)
    return pin(build_problem(replace(inputs, factory=factory, wanted=standing.wanted)), standing)


def _tail_row(tail: Tail) -> Row:
    row = _row(tail)
    return {**row, "held": [_row(run) for run in tail.held]} if tail.held else row


def _tail(row: Row) -> Tail:
    held = tuple(Run(**_moments(run)) for run in row.get("held", ()))
    return Tail(**{**_moments({key: value for key, value in row.items() if key != "held"}), "held": held})


def _row(item: Wanted | Tail | Run | Outage) -> Row:
    told = {key: value for key, value in vars(item).items() if key not in OPTIONAL or value}
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in told.items()}


def _moments(row: Row) -> Row:
    read = {key: datetime.fromisoformat(value) if key in MOMENTS else value for key, value in row.items()}
    return {key: tuple(value) if isinstance(value, list) else value for key, value in read.items()}
