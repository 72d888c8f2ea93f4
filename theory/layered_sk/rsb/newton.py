"""Newton's method for the overlaps, and the breakpoints if they are free, guarded against merging levels.

Levels that merge, and an overlap of zero, solve the saddle-point equations too (they are the ansatz with fewer steps),
with a tiny residual. So that no iteration ends there, a step is shortened until no difference of neighbouring levels
and no lowest overlap loses more than a fixed part of itself. It is then halved until the residual falls, or the
correction that the same matrix asks for afterwards, in units of those differences (Deuflhard's affine-invariant test:
the equations of overlaps and of breakpoints differ in size).

With many free breakpoints, or near T_c, the free energy hardly depends on some directions (errors of K steps fall as
K^-4), which rounding leaves undetermined. Therefore not the residual decides on convergence but what one more step
would change in the free energy and the energy. The levels are settled as far as steps still make progress.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lu_factor, lu_solve

from theory.arrays import FloatArray
from theory.layered_sk.rsb.functional import NetworkState, newton_matrix, solve_layers
from theory.result import NotConvergedError

Factors = tuple[FloatArray, NDArray[np.int32]]

MAX_STEPS = 50


@dataclass(frozen=True)
class Precision:
    """When to stop: both hold, or no step makes progress any more, or some steps changed f and e no more.

    Attributes
    ----------
    energy : float
        Change of f and e by one more step, in units of W/T (W is the variance of H per spin).
    levels : float
        Change of the differences of levels by one more step, relative.
    """

    energy: float
    levels: float


FINAL, ON_THE_WAY = Precision(1e-13, 1e-9), Precision(1e-9, 1e-3)
_LARGEST_LOSS = 0.7  # of a difference of levels, in one step
_IDLE_STEPS = 10  # to settle the levels where f and e feel them no more
_SHORTEST = 2.0**-8  # of a step
_FINER = 1.5  # grid on which the error of the grid is measured
_LEFT = 1.05  # by more than what is left there: errors of grids fall exponentially, to less than 1 % on this one


@dataclass(frozen=True)
class Saddle:
    """A stationary point of the free energy.

    Attributes
    ----------
    state : NetworkState
    residual : float
        Largest absolute mismatch of the equations.
    error : float
        Estimated error of f and e by the unfinished iteration and the grid of fields.
    steps : int
        Newton steps.
    settled : bool
        Whether the levels are as precise as asked for; near T_c rounding may not allow it.
    """

    state: NetworkState
    residual: float
    error: float
    steps: int
    settled: bool


def find_saddle(
    start: NetworkState, *, free_breakpoints: bool, tolerance: float, precision: Precision = ON_THE_WAY
) -> Saddle:
    """Solve q = F, and df/dx = 0 if the breakpoints are free, from the given order parameters.

    Parameters
    ----------
    start : NetworkState
        With strictly increasing levels.
    free_breakpoints : bool
    tolerance : float
        Largest error of f and e accepted, in units of energy.
    precision : Precision

    Raises
    ------
    NotConvergedError
        Naming temperature, steps of the ansatz, and the residual and error reached.
    """
    state, residual = start, _residual(start, free_breakpoints)
    unit = float(state.couplings.bond_weights.sum()) / state.temperature
    change, grid_error, idle = np.inf, 0.0, 0
    for step in range(MAX_STEPS + 1):
        factors: Factors = lu_factor(newton_matrix(state, free_breakpoints))
        move = _solve(factors, residual)
        if not np.all(np.isfinite(move)):
            break
        change = _change(state, residual, move)
        following = None
        relative, _ = _relative(state, *_split(state, move))
        idle = idle + 1 if change <= precision.energy * unit else 0
        settled = idle > 0 and relative <= precision.levels
        if not settled and idle <= _IDLE_STEPS and step < MAX_STEPS:
            following = _shortened(state, residual, factors, move, free_breakpoints)
        if following is None:
            grid_error = _grid_error(state, residual, factors, free_breakpoints)
            if change + grid_error > tolerance:
                break
            return Saddle(state, float(np.abs(residual).max()), change + grid_error, step, settled)
        state, residual = following
    gaps = np.diff(state.overlaps, axis=0, prepend=0.0)
    raise NotConvergedError(
        f"{len(state.breakpoints)} steps of replica symmetry breaking at temperature {state.temperature:g}: residual "
        f"{np.abs(residual).max():.2g} after {step} Newton steps; one more would change f or e by {change:.2g}, "
        f"a finer grid of fields by {grid_error:.2g}, for a tolerance of {tolerance:.2g}; the closest levels differ by "
        f"{gaps.min():.2g}"
    )


def _solve(factors: Factors, residual: FloatArray) -> FloatArray:
    """Return the step that Newton's method takes from the residual."""
    return np.asarray(-lu_solve(factors, residual), dtype=np.float64)


def _residual(state: NetworkState, free_breakpoints: bool) -> FloatArray:
    parts = [state.mismatch.T.ravel()]
    if free_breakpoints:
        parts.append(state.slope_in_breakpoints)
    return np.concatenate(parts)


def _split(state: NetworkState, move: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the changes of overlaps, shape (K + 1, layers), and of breakpoints, shape (K,)."""
    levels, layers = state.overlaps.shape
    dq, dx = move[: levels * layers].reshape(layers, levels).T, move[levels * layers :]
    return dq, dx if len(dx) else np.zeros(levels - 1)


def _change(state: NetworkState, residual: FloatArray, move: FloatArray) -> float:
    """Largest of the changes of f and e by a small move."""
    dq, dx = _split(state, move)
    q, cells, weights = state.overlaps, state.cells, state.couplings.bond_weights / state.temperature
    products = dq[:, :-1] * q[:, 1:] + q[:, :-1] * dq[:, 1:]
    energy = float(cells @ products @ weights + np.diff(dx, prepend=0.0, append=0.0) @ (q[:, :-1] * q[:, 1:]) @ weights)
    # f is stationary: its change is that of the quadratic form, half of slope times move.
    mismatch, slope = _split(state, residual)
    slopes = mismatch[:, :-1] * dq[:, 1:] + dq[:, :-1] * mismatch[:, 1:]
    free_energy = float(cells @ slopes @ weights) / 4 + state.temperature * float(slope @ dx) / 2
    return max(abs(energy), abs(free_energy))


def _grid_error(state: NetworkState, residual: FloatArray, factors: Factors, free_breakpoints: bool) -> float:
    """Change of f and e by a finer grid of fields."""
    finer = solve_layers(state.couplings, state.temperature, state.overlaps, state.breakpoints, _FINER)
    difference = _residual(finer, free_breakpoints) - residual
    move = _solve(factors, difference)
    return _LEFT * max(abs(finer.free_energy - state.free_energy), _change(state, difference, move))


def _shortened(
    state: NetworkState, residual: FloatArray, factors: Factors, move: FloatArray, free_breakpoints: bool
) -> tuple[NetworkState, FloatArray] | None:
    """Return the first point along the step that is nearer to the solution, and its residual; None if there is none."""
    dq, dx = _split(state, move)
    size, loss = _relative(state, dq, dx)
    largest = np.abs(residual).max()
    fraction = min(1.0, _LARGEST_LOSS / loss) if loss > 0 else 1.0
    while fraction >= _SHORTEST:
        q, x = state.overlaps + fraction * dq, state.breakpoints + fraction * dx
        following = solve_layers(state.couplings, state.temperature, q, x)
        there = _residual(following, free_breakpoints)
        left, _ = _relative(state, *_split(state, _solve(factors, there)))
        if left < size * (1 - fraction / 4) or np.abs(there).max() < largest * (1 - fraction / 4):
            return following, there
        fraction /= 2
    return None


def _relative(state: NetworkState, dq: FloatArray, dx: FloatArray) -> tuple[float, float]:
    """Return by which part of themselves differences of levels change at most, and shrink at most."""
    pairs = (
        (np.diff(state.overlaps, axis=0, prepend=0.0), np.diff(dq, axis=0, prepend=0.0)),
        (1 - state.overlaps[-1:], -dq[-1:]),
        (state.cells[:, None], np.diff(dx, prepend=0.0, append=0.0)[:, None]),
    )
    if any(np.any(value <= 0) for value, _ in pairs):
        return math.inf, math.inf  # levels that have merged already
    changes = [change / value for value, change in pairs]
    return max(float(np.abs(c).max()) for c in changes), max(float((-c).max()) for c in changes)
