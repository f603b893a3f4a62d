"""What an arm of a back-test of plans did in a week, and how that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chocolate_factory.domain.plan import Run

Row = dict[str, Any]

MOMENTS = ("at", "start", "end")


@dataclass(frozen=True)
class Solve:
    """One planning: at which gate, seconds, believed cost and proven bound in EUR.

    `kept` where the planner gave no plan and the one in force went on.
    """

    at: datetime
    seconds: float
    cost_eur: float
    bound_eur: float
    kept: bool = False

    @property
    def gap(self) -> float:
        """(cost − bound) ÷ cost, 0 where the cost is 0."""
        span = max(0.0, self.cost_eur - self.bound_eur)
        return span / abs(self.cost_eur) if self.cost_eur else 0.0


@dataclass(frozen=True, eq=False)
class ArmWeek:
    """What an arm did in a week: its runs and the site's load (T,) in kW, as the checker counts it.

    `work_kwh` is the energy of runs and setups; `batches` by product are those finished; `late` and `left`
    count batches. `broken` counts violations, of every plan made and of the whole week, the first ones in
    `told`. `refused` says why there is no plan.
    """

    arm: str
    start: datetime
    runs: tuple[Run, ...] = ()
    setups: tuple[Run, ...] = ()
    load_kw: tuple[float, ...] = ()
    work_kwh: float = 0.0
    batches: Mapping[str, int] = field(default_factory=dict)
    late: int = 0
    left: int = 0
    broken: int = 0
    told: tuple[str, ...] = ()
    solves: tuple[Solve, ...] = ()
    refused: str = ""


def arm_json(arm: ArmWeek) -> Row:
    """An arm's week as plain values, without what is not there."""
    return {
        **{key: _plain(value) for key, value in vars(arm).items()},
        "runs": [_row(run) for run in arm.runs],
        "setups": [_row(run) for run in arm.setups],
        "solves": [_row(solve) for solve in arm.solves],
    }


def arm_of(row: Row) -> ArmWeek:
    """The arm's week that `arm_json` wrote."""
    return ArmWeek(
        **{
            **{key: _value(key, value) for key, value in row.items()},
            "runs": tuple(Run(**_values(run)) for run in row["runs"]),
            "setups": tuple(Run(**_values(run)) for run in row["setups"]),
            "solves": tuple(Solve(**_values(solve)) for solve in row["solves"]),
        }
    )


def _row(item: Run | Solve) -> Row:
    return {key: _plain(value) for key, value in vars(item).items()}


def _values(row: Row) -> Row:
    return {key: _value(key, value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _value(key: str, value: Any) -> Any:
    if key in MOMENTS:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
