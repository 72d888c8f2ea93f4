"""TAP solutions of one network: start, iterate, polish, and keep only what solves the equations."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.arrays import FloatArray
from theory.bonds import Bonds
from theory.result import NotConvergedError, SolverStatus
from theory.tap import functional
from theory.tap.iteration import iterate
from theory.tap.polish import polish
from theory.tap.stability import least_hessian_eigenvalue, plefka_radius

DEFAULT_TOLERANCE = 1e-10
_NEAR = 1e-6  # change of a magnetisation at which Newton's method takes over
_SWEEPS = 1200
_MORE_SWEEPS = 4000
_NEWTON_STEPS = 30
_POLISHED = 1e-13  # residual at which rounding takes over
_BLOCK_NUMBERS = 2**22  # entries of one block of states
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class TapSolution:
    """One solution of the TAP equations.

    Attributes
    ----------
    temperature : float
        In units of energy.
    magnetisations : float64 array, shape (N,)
    free_energy, energy, entropy : float
        Per spin; the entropy, (e - f)/T, in nats.
    overlap : float
        Self-overlap (1/N) sum m_i^2.
    least_eigenvalue : float
        Of the Hessian of beta F in m; a minimum if positive.
    plefka_radius : float
        Above 1 the expansion behind the equations diverges and the solution is not a physical state.
    status : SolverStatus
        `residual` is max |m_i - tanh beta(...)_i|; `error_estimate` that of energy and free energy per spin.
    """

    temperature: float
    magnetisations: FloatArray
    free_energy: float
    energy: float
    entropy: float
    overlap: float
    least_eigenvalue: float
    plefka_radius: float
    status: SolverStatus


@dataclass(frozen=True)
class TapStates:
    """What many starts came to.

    Attributes
    ----------
    arguments : float64 array, shape (N, solved)
        u = atanh m of the solutions.
    starts : int array, shape (solved,)
        Which start each came from.
    residuals : float64 array, shape (solved,)
        max |m_i - tanh beta(...)_i|, at most the tolerance.
    dropped : int
        Starts that came to no solution; they are counted and not used.
    least_dropped : float
        Least residual among the dropped ones; infinite if there are none.
    sweeps, newton_steps : int
        The most that a block of starts took.
    """

    arguments: FloatArray
    starts: NDArray[np.intp]
    residuals: FloatArray
    dropped: int
    least_dropped: float
    sweeps: int
    newton_steps: int


def random_starts(spins: int, count: int, seed: int) -> FloatArray:
    """Return magnetisations uniform in (-1, 1), shape (spins, count); start k does not depend on count."""
    streams = np.random.SeedSequence(seed).spawn(count)
    return np.array([np.random.default_rng(stream).uniform(-1, 1, spins) for stream in streams]).T.reshape(spins, count)


def solve_states(
    bonds: Bonds, temperature: float, starts: ArrayLike, *, tolerance: float = DEFAULT_TOLERANCE
) -> TapStates:
    """Solve m_i = tanh beta(b_i + sum_j J_ij m_j - beta m_i sum_j J_ij^2 (1 - m_j^2)) from many starts.

    Parameters
    ----------
    bonds : Bonds
    temperature : float
        T > 0 in units of energy.
    starts : array, shape (N, columns) or (N,)
        Magnetisations from -1 to 1, a column a start; spins of a Monte Carlo run will do.
    tolerance : float
        Largest residual of a solution.

    Raises
    ------
    ValueError
        For a temperature or tolerance that is not positive and finite, or starts of another shape or beyond [-1, 1].
    """
    _check_positive("temperature", temperature)
    _check_positive("tolerance", tolerance)
    m = _checked_starts(bonds, starts)
    beta = 1 / temperature
    columns = max(1, _BLOCK_NUMBERS // bonds.spins)
    blocks, sweeps, newton_steps = [], 0, 0
    for first in range(0, m.shape[1], columns):
        # A spin at +-1 has no finite argument: start it at a large one.
        u = np.arctanh(np.clip(m[:, first : first + columns], -0.995, 0.995))
        u, swept, stepped = _solve_block(bonds, beta, u, tolerance)
        blocks.append(u)
        sweeps, newton_steps = max(sweeps, swept), max(newton_steps, stepped)
    u = np.hstack(blocks)
    residuals = functional.residual(bonds, beta, u)
    solved = residuals <= tolerance
    return TapStates(
        arguments=u[:, solved],
        starts=np.flatnonzero(solved),
        residuals=residuals[solved],
        dropped=int(np.count_nonzero(~solved)),
        least_dropped=float(residuals[~solved].min(initial=math.inf)),
        sweeps=sweeps,
        newton_steps=newton_steps,
    )


def _solve_block(bonds: Bonds, beta: float, start: FloatArray, tolerance: float) -> tuple[FloatArray, int, int]:
    """Iterate and polish; iterate on where that was no solution though nothing speaks against one.

    That happens beside a pair of solutions about to appear or just gone: the iteration creeps past it, and Newton's
    method stops there.
    """
    near, physical, sweeps = iterate(bonds, beta, start, _SWEEPS, _NEAR)
    solved, steps = polish(bonds, beta, near, min(tolerance / 10, _POLISHED), _NEWTON_STEPS)
    again = np.flatnonzero((functional.residual(bonds, beta, solved) > tolerance) & physical)
    if again.size:
        near, _, more = iterate(bonds, beta, near[:, again], _MORE_SWEEPS, _NEAR)
        solved[:, again], more_steps = polish(bonds, beta, near, min(tolerance / 10, _POLISHED), _NEWTON_STEPS)
        sweeps, steps = sweeps + more, steps + more_steps
    return solved, sweeps, steps


def solve_tap(
    bonds: Bonds, temperature: float, start: ArrayLike, *, tolerance: float = DEFAULT_TOLERANCE
) -> TapSolution:
    """Return the solution that one start leads to.

    Parameters
    ----------
    bonds : Bonds
    temperature : float
        T > 0 in units of energy.
    start : array, shape (N,)
        Magnetisations from -1 to 1.
    tolerance : float
        Largest residual accepted.

    Raises
    ------
    ValueError
        As `solve_states`.
    NotConvergedError
        If this start leads to no solution.
    """
    states = solve_states(bonds, temperature, np.asarray(start, dtype=np.float64).reshape(-1, 1), tolerance=tolerance)
    if states.dropped:
        raise NotConvergedError(
            f"TAP equations at temperature {temperature:g}: residual {states.least_dropped:.2g} misses the tolerance "
            f"{tolerance:g} after {states.sweeps} sweeps and {states.newton_steps} Newton steps"
        )
    return describe(bonds, temperature, states.arguments[:, 0], states.sweeps + states.newton_steps)


def describe(bonds: Bonds, temperature: float, u: FloatArray, iterations: int = 0) -> TapSolution:
    """Return all that is known of a solution.

    Parameters
    ----------
    bonds : Bonds
    temperature : float
    u : float64 array, shape (N,)
        atanh of the magnetisations of a solution.
    iterations : int
        Sweeps and Newton steps it took.
    """
    beta = 1 / temperature
    m = np.tanh(u)
    residual = float(functional.residual(bonds, beta, u))
    least = least_hessian_eigenvalue(bonds, beta, u)
    energy = float(functional.energy(bonds, beta, u))
    # First order in the error of m, itself about residual/(least eigenvalue of the Hessian, at most 1).
    reaction = 2 * beta * m * bonds.apply_squares(functional.complement(u))
    slope = float(np.abs(reaction - bonds.apply(m) - bonds.fields).mean())
    error = slope * residual / max(min(1.0, abs(least)), _EPS) + 8 * _EPS * (abs(energy) + temperature)
    return TapSolution(
        temperature=temperature,
        magnetisations=m,
        free_energy=float(functional.free_energy(bonds, beta, u)),
        energy=energy,
        entropy=float(entropy_per_spin(bonds, beta, u)),
        overlap=float((m**2).mean()),
        least_eigenvalue=least,
        plefka_radius=plefka_radius(bonds, beta, u),
        status=SolverStatus(True, residual=residual, error_estimate=error, iterations=iterations),
    )


def entropy_per_spin(bonds: Bonds, beta: float, u: FloatArray) -> FloatArray:
    """Return sum S(m_i)/N - (beta^2/4N) sum_ij J_ij^2 (1 - m_i^2)(1 - m_j^2) = beta (e - f), in nats."""
    v = functional.complement(u)
    reaction = beta**2 / 4 * (v * bonds.apply_squares(v)).sum(axis=0)
    value: FloatArray = (functional.entropy(u).sum(axis=0) - reaction) / bonds.spins
    return value


def _check_positive(name: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name}: got {value!r}; give a positive finite number")


def _checked_starts(bonds: Bonds, starts: ArrayLike) -> FloatArray:
    m = np.asarray(starts, dtype=np.float64)
    m = m.reshape(-1, 1) if m.ndim == 1 else m
    if m.ndim != 2 or m.shape[0] != bonds.spins or not m.shape[1]:
        raise ValueError(f"starts: got shape {m.shape}; give ({bonds.spins}, columns), one row a spin")
    if not np.all(np.abs(m) <= 1):
        raise ValueError("starts: an entry is not from -1 to 1; give magnetisations or spins")
    return m
