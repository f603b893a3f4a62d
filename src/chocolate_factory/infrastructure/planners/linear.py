"""Linear and integer models in plain lists, solved by HiGHS; bounds of relaxations are safe to rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np

from chocolate_factory.domain.series import FloatArray

INFINITY = float(highspy.kHighsInf)
Terms = dict[int, float]
Row = tuple[Terms, float, float]


@dataclass
class Linear:
    """Minimise cost·x + offset over rows and column bounds; every column must have finite bounds."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    rows: list[Terms] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    offset: float = 0.0

    def column(self, lower: float, upper: float, cost: float = 0.0, integer: bool = True) -> int:
        """Add a column; returns its index."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.integer.append(integer)
        return len(self.cost) - 1

    def least(self) -> float:
        """A bound that always holds: every column at the end of its bounds that costs less."""
        parts = zip(self.cost, self.lower, self.upper, strict=True)
        return self.offset + sum(min(cost * low, cost * high) for cost, low, high in parts)

    def row(self, terms: Terms, lower: float = -INFINITY, upper: float = INFINITY) -> None:
        """Add lower ≤ Σ terms ≤ upper."""
        self.rows.append({column: value for column, value in terms.items() if value})
        self.row_lower.append(lower)
        self.row_upper.append(upper)

    def part(self, rows: Sequence[int]) -> tuple[Row, ...]:
        """Some rows with their lower and upper sides."""
        return tuple((self.rows[row], self.row_lower[row], self.row_upper[row]) for row in rows)

    def copy(self) -> Linear:
        """An independent model with the same rows."""
        return Linear(
            list(self.cost),
            list(self.lower),
            list(self.upper),
            list(self.integer),
            list(self.rows),
            list(self.row_lower),
            list(self.row_upper),
            self.offset,
        )


@dataclass(frozen=True)
class Answer:
    """What HiGHS said: `values` are None where no solution is known; `bound` is inf when infeasible."""

    values: FloatArray | None
    objective: float
    bound: float

    @property
    def infeasible(self) -> bool:
        """Proven that nothing fits."""
        return self.bound == INFINITY


def trivial(linear: Linear) -> Answer | None:
    """The answer where no solver is needed: an empty row that cannot hold, or a model without columns."""
    sides = zip(linear.rows, linear.row_lower, linear.row_upper, strict=True)
    if any(not terms and not lower <= 0 <= upper for terms, lower, upper in sides):
        return Answer(None, INFINITY, INFINITY)
    return Answer(np.zeros(0), linear.offset, linear.offset) if not linear.cost else None


def highs_model(linear: Linear, integer: bool) -> Any:
    """The model as HiGHS takes it."""
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(linear.cost), len(linear.rows)
    model.col_cost_ = np.array(linear.cost, np.float64)
    model.col_lower_ = np.array(linear.lower, np.float64)
    model.col_upper_ = np.array(linear.upper, np.float64)
    model.row_lower_ = np.array(linear.row_lower, np.float64)
    model.row_upper_ = np.array(linear.row_upper, np.float64)
    starts, index, value = row_arrays(linear)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = starts, index, value
    model.offset_ = linear.offset
    if integer:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[flag] for flag in linear.integer]
    return model


def row_arrays(linear: Linear) -> tuple[Any, Any, FloatArray]:
    """Row starts, column indices and values (compressed rows)."""
    starts = np.zeros(len(linear.rows) + 1, np.int32)
    np.cumsum([len(row) for row in linear.rows], out=starts[1:])
    index = np.array([column for row in linear.rows for column in row], np.int32)
    value = np.array([value for row in linear.rows for value in row.values()], np.float64)
    return starts, index, value


def new_solver(seconds: float, seed: int = 0) -> Any:
    """A silent single-threaded HiGHS with a time limit."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", seed)
    solver.setOptionValue("time_limit", max(0.01, seconds))
    return solver


NOTHING_FITS = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)


@dataclass(frozen=True)
class Basis:
    """Where a relaxation stood at its end: the state of every column, and of every row."""

    columns: tuple[Any, ...]
    rows: tuple[Any, ...]


class Relaxation:
    """A model without integrality that grows by rows, solved from its last basis.

    The first solve is by interior point, or from the `basis` of a model of the same columns and rows whose
    numbers may differ. Bounds are recomputed from the duals and so are safe.
    """

    def __init__(self, linear: Linear, basis: Basis | None = None) -> None:
        self.linear, self.known, self.start = linear, 0, basis
        self.solver = new_solver(1.0)

    def solve(self, seconds: float) -> Answer:
        """Solve with all rows that `linear` has by now."""
        if (known := trivial(self.linear)) is not None:
            return known
        solver, linear = self.solver, self.linear
        if self.known:
            for place in range(self.known, len(linear.rows)):
                terms = linear.rows[place]
                index, value = np.array(list(terms), np.int32), np.array(list(terms.values()))
                solver.addRow(linear.row_lower[place], linear.row_upper[place], len(terms), index, value)
        else:
            solver.passModel(highs_model(linear, False))
            if self.start is not None:
                basis = highspy.HighsBasis()
                basis.col_status, basis.row_status = list(self.start.columns), list(self.start.rows)
                basis.valid = True
                solver.setBasis(basis)
        warm = self.known > 0 or self.start is not None
        solver.setOptionValue("solver", "simplex" if warm else "ipm")
        self.known = len(linear.rows)
        solver.setOptionValue("time_limit", max(0.01, solver.getRunTime() + seconds))
        solver.run()
        if solver.getModelStatus() in NOTHING_FITS:
            return Answer(None, INFINITY, INFINITY)
        solution = solver.getSolution()
        if not solution.dual_valid:
            return Answer(None, INFINITY, -INFINITY)
        duals = np.array(solution.row_dual, np.float64)
        values = np.array(solution.col_value, np.float64)
        return Answer(values, solver.getObjectiveValue(), safe_bound(linear, duals))

    def basis(self, rows: Sequence[int]) -> Basis | None:
        """Where it stands, with the rows named only; those left out must be slack."""
        found = self.solver.getBasis()
        state = list(found.row_status)
        if not found.valid or len(state) < len(self.linear.rows):
            return None
        return Basis(tuple(found.col_status), tuple(state[row] for row in rows))


def safe_bound(linear: Linear, duals: FloatArray) -> float:
    """Lagrangian bound of any row duals: valid even where the solver stopped early or was inexact."""
    starts, index, value = row_arrays(linear)
    low, high = np.array(linear.row_lower), np.array(linear.row_upper)
    side = np.where(duals > 0, low, high)
    duals = np.where(np.isfinite(side) & (np.abs(side) < INFINITY), duals, 0.0)
    side = np.where(duals == 0, 0.0, side)
    reduced = np.array(linear.cost)
    np.subtract.at(reduced, index, value * np.repeat(duals, np.diff(starts)))
    columns = np.minimum(reduced * np.array(linear.lower), reduced * np.array(linear.upper))
    return float(duals @ side + columns.sum()) + linear.offset


def solve_integer(
    linear: Linear, seconds: float, gap: float = 0.0, start: FloatArray | None = None
) -> Answer:
    """Solve with integrality to a relative gap, from a known solution where one is given.

    Without presolve: that of HiGHS 1.15.1 has called a worse solution of a small model of ours optimal (its
    aggregator), and these models solve faster without it.
    """
    if (known := trivial(linear)) is not None:
        return known
    solver = new_solver(seconds)
    solver.setOptionValue("presolve", "off")
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("mip_abs_gap", 1e-6)
    solver.passModel(highs_model(linear, True))
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start
        solver.setSolution(solution)
    solver.run()
    if solver.getModelStatus() in NOTHING_FITS:
        return Answer(None, INFINITY, INFINITY)
    info = solver.getInfo()
    if info.primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
        return Answer(None, INFINITY, float(info.mip_dual_bound))
    values = np.array(solver.getSolution().col_value, np.float64)
    return Answer(values, float(info.objective_function_value), float(info.mip_dual_bound))
