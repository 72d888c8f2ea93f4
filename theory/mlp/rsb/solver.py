"""Solvers with broken replica symmetry: a given number of levels, or as many as it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from theory.mlp.model import MlpModel
from theory.mlp.rs import solve_rs
from theory.mlp.rsb.classify import STABLE, classify
from theory.mlp.rsb.grid import Resolution
from theory.mlp.rsb.levels import refined, with_level
from theory.mlp.rsb.newton import Saddle, extremise, solve_fixed
from theory.mlp.rsb.parameters import ParisiParameters, split
from theory.mlp.rsb.solution import RSBSolution
from theory.mlp.rsb.stability import plateau_replicons
from theory.mlp.rsb.sweep import Layers, curvature_averages
from theory.mlp.solution import RSSolution
from theory.result import NotConvergedError, SolverStatus

FloatArray = NDArray[np.float64]

MOST_STEPS = 12
_FIRST_SWEEPS = 20
_NEW_LEVEL_SWEEPS = 10
_EXTREMISED_LEVELS = 4
_MOST_REFINEMENTS = 4
_EQUATIONS = 1e-7  # residual, against which errors of Phi are of second order


class _Solver:
    """Everything for one model at one inverse temperature."""

    def __init__(self, model: MlpModel, beta: float, tolerance: float) -> None:
        self.model = model
        self.beta = beta
        self.tolerance = tolerance
        self.layers = Layers(model, Resolution())
        self.fine = Layers(model, Resolution().refined())
        self.sweeps = 0

    def rs(self) -> RSSolution:
        """Return the replica-symmetric solution."""
        return solve_rs(self.model, self.beta, tolerance=min(1e-8, self.tolerance))

    def replicons(self, p: ParisiParameters) -> FloatArray:
        """Return the stability of every plateau."""
        return plateau_replicons(self.model, p, curvature_averages(self.layers, p))

    def extremised(self, start: ParisiParameters) -> ParisiParameters:
        """Return the solution with extremal breakpoints nearby, or with fewer where levels merge."""
        return self._counted(extremise(self.layers, self.beta, start, _EQUATIONS))

    def fixed(self, start: ParisiParameters) -> ParisiParameters:
        """Return the solution at given breakpoints."""
        return self._counted(solve_fixed(self.layers, start, _EQUATIONS))

    def _counted(self, saddle: Saddle) -> ParisiParameters:
        self.sweeps += saddle.sweeps
        return saddle.parameters

    def swept(self, p: ParisiParameters, times: int) -> ParisiParameters:
        """Return the parameters after some sweeps."""
        for _ in range(times):
            p, _ = self.layers.sweep(p)
        self.sweeps += times
        return p

    def first_level(self, rs: RSSolution) -> ParisiParameters:
        """Return the solution with one extremal breakpoint, without any where there is none but replica symmetry.

        Where replica symmetry is stable, a solution with a jump can be the right one: it appears at x = 1, and counts once
        its breakpoint has come below 1, that is once Phi increases with x there.
        """
        order = rs.order_parameters
        if rs.replicon > 1.0:
            return self.extremised(self.swept(split(order, np.array([0.5]), 0.5), _FIRST_SWEEPS))
        at_one = solve_fixed(self.layers, self.swept(split(order, np.ones(1), 0.95), 2 * _FIRST_SWEEPS), _EQUATIONS)
        self.sweeps += at_one.sweeps
        if at_one.parameters.x.size == 0 or at_one.slopes(self.layers, self.beta)[0] <= 0.0:
            return split(order, np.zeros(0), 0.0)
        return self.extremised(at_one.parameters.at(np.array([0.98])))

    def more_levels(self, p: ParisiParameters, steps: int) -> tuple[ParisiParameters, ParisiParameters | None]:
        """Add levels one by one where the solution is least stable; return it and the one before."""
        before = None
        while 0 < p.x.size < steps:
            replicons = self.replicons(p)
            if replicons.max() <= STABLE:
                break
            new = self.extremised(self.swept(with_level(p, int(replicons.argmax())), _NEW_LEVEL_SWEEPS))
            if new.x.size <= p.x.size:
                break
            p, before = new, p
        return p, before

    def finished(
        self, p: ParisiParameters, *, extremal: bool, coarse: ParisiParameters | None, level_error: float = 0.0
    ) -> RSBSolution:
        """Solve on finer grids, which tells the error of the coarser ones, and return the solution."""
        if extremal and p.x.size:
            saddle = extremise(self.fine, self.beta, p, _EQUATIONS)
        else:
            saddle = solve_fixed(self.fine, p, _EQUATIONS)
        q = saddle.parameters
        if q.x.size != p.x.size:
            raise NotConvergedError(f"of {p.x.size} breakpoints {q.x.size} are left on a finer grid")
        phi, energy = saddle.free_entropy(self.fine, self.beta), self._energy(q)
        first = solve_fixed(self.layers, p, _EQUATIONS)
        change = max(abs(phi - first.free_entropy(self.layers, self.beta)), abs(energy - self._energy(p)))
        error = max(change, level_error, abs(energy) * saddle.residual, 4e-16 * abs(phi))
        if error > self.tolerance:
            raise NotConvergedError(
                f"reached free entropy {phi:.10g} and energy {energy:.10g} with {q.x.size} breakpoints and an estimated error "
                f"of {error:.1e}, tolerance {self.tolerance:.1e}"
            )
        replicons = plateau_replicons(self.model, q, curvature_averages(self.fine, q))
        compared = (coarse.x, coarse.k[0]) if coarse is not None else None
        kind = classify(q.x, q.k[0], replicons, compared)
        status = SolverStatus(True, saddle.residual, error, self.sweeps + saddle.sweeps)
        entropy = phi + self.beta * energy
        return RSBSolution(self.model, self.beta, phi, energy, entropy, q, replicons, kind, status)

    def _energy(self, p: ParisiParameters) -> float:
        return -self.beta * self.model.weight_variance * float(p.k_d[-1] - p.mean[-1])


def solve_krsb(
    model: MlpModel,
    beta: float,
    steps: int = 1,
    *,
    breakpoints: Sequence[float] | None = None,
    tolerance: float = 1e-6,
    start: ParisiParameters | None = None,
) -> RSBSolution:
    """Solve the saddle point with K steps of replica symmetry breaking.

    Parameters
    ----------
    model : MlpModel
    beta : float
        Inverse temperature, positive.
    steps : int
        K, from 1 to 12, the number of breakpoints, which extremise Phi.
    breakpoints : sequence of float, optional
        Given breakpoints 0 < x_1 < .. <= 1 instead, as many as you like.
    tolerance : float
        Largest acceptable estimated error of free entropy and energy at this K, between 1e-9 and 1e-2.
    start : ParisiParameters, optional
        Where to start, to follow a branch from a neighbouring beta.

    Returns
    -------
    RSBSolution
        With fewer breakpoints than asked for where plateaus merge: none at all where replica symmetry holds, one where
        one step is stable. `classification` is "undecided" for K = 1 and for given breakpoints, unless every plateau is stable.

    Raises
    ------
    ValueError
        If an argument is out of range.
    NotConvergedError
        If no solution is found to the tolerance; the message says where the search stood.
    """
    _check(beta, tolerance)
    if breakpoints is None and not 1 <= steps <= MOST_STEPS:
        raise ValueError(f"steps {steps} must lie between 1 and {MOST_STEPS}; give breakpoints for more")
    solver = _Solver(model, beta, tolerance)
    try:
        if breakpoints is not None:
            x = _checked_breakpoints(breakpoints)
            return solver.finished(_from(solver, start, x), extremal=False, coarse=None)
        p = solver.first_level(solver.rs()) if start is None else solver.extremised(_moved(start, model, beta))
        p, coarse = solver.more_levels(p, steps)
        return solver.finished(p, extremal=True, coarse=coarse)
    except NotConvergedError as error:
        raise _placed(error, model, beta, f"{len(breakpoints) if breakpoints is not None else steps} steps") from error


def solve_frsb(
    model: MlpModel, beta: float, *, tolerance: float = 1e-5, start: ParisiParameters | None = None
) -> RSBSolution:
    """Solve the saddle point with full replica symmetry breaking.

    Parameters
    ----------
    model : MlpModel
    beta : float
        Inverse temperature, positive.
    tolerance : float
        Largest acceptable estimated error of free entropy and energy, levels included, between 1e-9 and 1e-2.
    start : ParisiParameters, optional
        Breakpoints and plateaus of a neighbouring beta, up to four of them.

    Returns
    -------
    RSBSolution
        Many levels where k(x) is continuous; one breakpoint where a single jump is stable; none where replica symmetry holds.

    Raises
    ------
    ValueError
        If an argument is out of range.
    NotConvergedError
        If no solution is found to the tolerance; the message says where the search stood.

    Notes
    -----
    Up to four levels with extremal breakpoints say where k(x) rises; then every plateau that breaks further gets one more
    breakpoint in its middle, at fixed x, until another round changes free entropy and energy by less than the tolerance. The last
    change is the error estimate.
    """
    _check(beta, tolerance)
    solver = _Solver(model, beta, tolerance)
    try:
        p = solver.first_level(solver.rs()) if start is None else solver.extremised(_moved(start, model, beta))
        p, coarse = solver.more_levels(p, _EXTREMISED_LEVELS)
        solution = solver.finished(p, extremal=True, coarse=coarse)
        if solution.replicon <= STABLE:
            return solution
        return _refined(solver, solution)
    except NotConvergedError as error:
        raise _placed(error, model, beta, "full breaking") from error


def _refined(solver: _Solver, solution: RSBSolution) -> RSBSolution:
    kind, p, change = solution.classification, solution.parameters, np.inf
    for _ in range(_MOST_REFINEMENTS):
        breaking = np.flatnonzero(solver.replicons(p) > STABLE)
        new = solver.fixed(solver.swept(refined(p, breaking), _NEW_LEVEL_SWEEPS))
        before, solution = solution, solver.finished(new, extremal=False, coarse=None)
        change = max(abs(solution.free_entropy - before.free_entropy), abs(solution.energy - before.energy))
        p = solution.parameters
        if change < solver.tolerance:
            error = max(change, solution.status.error_estimate)
            return replace(solution, classification=kind, status=replace(solution.status, error_estimate=error))
    raise NotConvergedError(f"{p.x.size} levels against fewer still change the energy by {change:.1e}")


def _check(beta: float, tolerance: float) -> None:
    if not (math.isfinite(beta) and beta > 0.0):
        raise ValueError(f"beta {beta} must be a positive finite number")
    if not 1e-9 <= tolerance <= 1e-2:
        raise ValueError(f"tolerance {tolerance} must lie between 1e-9 and 1e-2")


def _checked_breakpoints(breakpoints: Sequence[float]) -> FloatArray:
    x = np.asarray(breakpoints, dtype=float)
    if x.size == 0 or not (x[0] > 0.0 and x[-1] <= 1.0 and np.all(np.diff(x) > 0.0)):
        raise ValueError(f"breakpoints {list(breakpoints)} must increase, above 0 and at most 1")
    return x


def _moved(start: ParisiParameters, model: MlpModel, beta: float) -> ParisiParameters:
    """Return the start with the last layer's conjugate of this beta."""
    if start.k_d.size != model.depth + 1:
        raise ValueError(f"the start has {start.k_d.size} layers; the model has {model.depth + 1}, input included")
    top = beta**2 * model.weight_variance / model.width_ratios[-1]
    moved = start.copy()
    moved.r_d[-1] += top - moved.r[-1, -1]
    moved.r[-1] = top
    return moved


def _from(solver: _Solver, start: ParisiParameters | None, x: FloatArray) -> ParisiParameters:
    """Return a solution at given breakpoints."""
    if start is not None:
        return solver.fixed(_moved(start, solver.model, solver.beta).at(x))
    return solver.fixed(solver.swept(split(solver.rs().order_parameters, x, 0.5), _FIRST_SWEEPS))


def _placed(error: NotConvergedError, model: MlpModel, beta: float, what: str) -> NotConvergedError:
    return NotConvergedError(f"beta {beta:g}, weight variance {model.weight_variance:g}, {what}: {error}")
