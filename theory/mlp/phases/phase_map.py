"""Where replica symmetry holds and how it breaks, over inverse temperature and weight variance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.model import MlpModel
from theory.mlp.phases.column import Column, phase_column
from theory.mlp.phases.scaling import Scaling, scaled_column, scaling_of
from theory.mlp.rs.saddle import solve_rs
from theory.result import NotConvergedError

Failures = list[tuple[float, str]]


@dataclass(frozen=True)
class PhaseMap:
    """Stability of the replica-symmetric solution on a grid, and the phases.

    Attributes
    ----------
    betas, weight_variances : float64 arrays
        The grid.
    replicon : float64 array of shape (weight variances, betas)
        Above 1 replica symmetry is unstable; NaN where the solver did not converge.
    failures : tuple of (weight variance, beta, reason)
        The points behind the NaN, and behind unknown phases.
    columns : tuple of Column, or None
        Lines and phases at each weight variance (`theory.mlp.phases.column`); None if only stability was asked for.
    scaling : Scaling, or None
        How all weight variances follow from one, if they do (`theory.mlp.phases.scaling`).
    """

    betas: FloatArray
    weight_variances: FloatArray
    replicon: FloatArray
    failures: tuple[tuple[float, float, str], ...]
    columns: tuple[Column, ...] | None = None
    scaling: Scaling | None = None

    def boundary(self) -> list[tuple[float, float]]:
        """Return (weight variance, beta) where the replicon is 1.

        Solved for where there are columns; otherwise the log of the replicon is interpolated between betas.
        """
        if self.columns is not None:
            pairs = zip(self.weight_variances, self.columns, strict=True)
            return [(float(c_w), column.continuous) for c_w, column in pairs if column.continuous is not None]
        crossings = []
        for c_w, row in zip(self.weight_variances, np.log(np.maximum(self.replicon, 1e-300)), strict=True):
            for j in range(len(row) - 1):
                if row[j] * row[j + 1] < 0.0:
                    step = row[j] / (row[j] - row[j + 1])
                    crossings.append((float(c_w), float(self.betas[j] + step * (self.betas[j + 1] - self.betas[j]))))
        return crossings


def phase_map(
    model: MlpModel,
    betas: Sequence[float],
    weight_variances: Sequence[float],
    *,
    tolerance: float = 1e-5,
    breaking: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> PhaseMap:
    """Solve on a grid; at each weight variance the branch is followed through `betas`.

    Parameters
    ----------
    model : MlpModel
        Its weight variance is replaced by those of the grid.
    betas, weight_variances : sequences of float
        Betas in growing order.
    tolerance : float
        Of each replica-symmetric saddle point; see `solve_rs`.
    breaking : bool
        Tell the phases apart: find where replica symmetry breaks, with a jump or without, and whether one step of
        breaking is enough. Otherwise only the stability of replica symmetry, in a fraction of the time.
    progress : callable, optional
        Called with (weight variances done, weight variances in all).

    Returns
    -------
    PhaseMap
        A point that cannot be solved to the tolerance is NaN and listed with the reason, nothing is raised for it.

    Raises
    ------
    ValueError
        If a beta, a weight variance or the tolerance is out of range, or betas do not increase.
    NotConvergedError
        If the grid should map to one column (`theory.mlp.phases.scaling`) and a check of that fails.
    """
    if np.any(np.diff(betas) <= 0.0):
        raise ValueError(f"betas {list(betas)} must increase")
    scaling = scaling_of(model, betas, weight_variances, tolerance) if breaking else None
    if scaling is not None:
        rows = _scaled_rows(model, scaling, tolerance)
    else:
        rows = []
        for i, c_w in enumerate(weight_variances):
            rows.append(_row(replace(model, weight_variance=c_w), betas, tolerance, breaking))
            if progress:
                progress(i + 1, len(weight_variances))
    failures = [
        (float(c_w), beta, reason)
        for c_w, row in zip(weight_variances, rows, strict=True)
        for beta, reason in row.failures
    ]
    columns = tuple(row.column for row in rows if row.column is not None)
    return PhaseMap(
        betas=np.array(betas),
        weight_variances=np.array(weight_variances),
        replicon=np.array([row.replicon for row in rows]),
        failures=tuple(failures),
        columns=columns if breaking else None,
        scaling=scaling,
    )


@dataclass(frozen=True)
class _Row:
    """Replicons and phases at one weight variance."""

    replicon: FloatArray
    failures: Failures
    column: Column | None


def _row(model: MlpModel, betas: Sequence[float], tolerance: float, breaking: bool) -> _Row:
    replicon, start = np.full(len(betas), np.nan), None
    failures: Failures = []
    for j, beta in enumerate(betas):
        try:
            solution = solve_rs(model, beta, tolerance=tolerance, start=start)
            replicon[j], start = solution.replicon, solution.order_parameters
        except NotConvergedError as error:
            failures.append((float(beta), str(error)))
    column = phase_column(model, betas, replicon.tolist()) if breaking else None
    return _Row(replicon, [*failures, *(column.failures if column else ())], column)


def _scaled_rows(model: MlpModel, scaling: Scaling, tolerance: float) -> list[_Row]:
    """Return the rows of every weight variance from the one at C_W = 1."""
    unit = _row(replace(model, weight_variance=1.0), scaling.betas, tolerance, True)
    rows = []
    for i, places in enumerate(scaling.places):
        column = scaled_column(unit.column, scaling, i) if unit.column else None
        rows.append(_Row(unit.replicon[list(places)], scaling.failures_at(i, unit.failures), column))
    return rows
