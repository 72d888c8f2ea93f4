"""Solvers with broken replica symmetry: a given number of levels, or as many as it takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.model import MlpModel
from theory.mlp.rsb.classify import STABLE
from theory.mlp.rsb.finish import finished
from theory.mlp.rsb.given import on_breakpoints
from theory.mlp.rsb.levels import refined
from theory.mlp.rsb.parameters import ParisiParameters, moved_to
from theory.mlp.rsb.search import NEW_LEVEL_SWEEPS, Search
from theory.mlp.rsb.solution import RSBSolution
from theory.result import NotConvergedError

MOST_STEPS = 12
_EXTREMISED_LEVELS = 3
_MOST_EXTREMISED_LEVELS = 6
_MOST_REFINEMENTS = 4


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
        Given breakpoints 0 < x_1 < .. <= 1 instead, as many as you like; those where the overlap does not change
        are left out.
    tolerance : float
        Largest acceptable estimated error of free entropy and energy at this K, between 1e-9 and 1e-2.
    start : ParisiParameters, optional
        Where to start, to follow a branch from a neighbouring beta.

    Returns
    -------
    RSBSolution
        With fewer breakpoints than asked for where plateaus merge: none at all where replica symmetry holds, one
        where one step is stable. `classification` is "undecided" for K < 3 and for given breakpoints, unless every
        plateau is stable.

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
    search = Search(model, beta, tolerance)
    try:
        if breakpoints is not None:
            x = _checked_breakpoints(breakpoints)
            begin = moved_to(start, model, beta) if start is not None else None
            return finished(search, on_breakpoints(search, x, begin), extremal=False)
        return _levels(search, start, steps)
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
        Breakpoints and plateaus of a neighbouring beta, fewer than three.

    Returns
    -------
    RSBSolution
        Many levels where k(x) is continuous; one breakpoint where a single jump is stable; none where replica
        symmetry holds.

    Raises
    ------
    ValueError
        If an argument is out of range.
    NotConvergedError
        If no solution is found to the tolerance; the message says where the search stood.

    Notes
    -----
    Three levels with extremal breakpoints say where k(x) rises, up to six where its class is undecided with fewer.
    Then every plateau that breaks further gets one more breakpoint in its middle, at fixed x, until another round
    changes free entropy and energy by less than the tolerance. The last change is the error estimate.
    """
    _check(beta, tolerance)
    search = Search(model, beta, tolerance)
    try:
        solution = _levels(search, start, _EXTREMISED_LEVELS, _MOST_EXTREMISED_LEVELS)
        return solution if solution.replicon <= STABLE else _refined(search, solution)
    except NotConvergedError as error:
        raise _placed(error, model, beta, "full breaking") from error


def solve_rsb_branch(
    model: MlpModel, betas: Iterable[float], steps: int | None = None, *, tolerance: float = 1e-5
) -> list[RSBSolution]:
    """Solve at many inverse temperatures, the first level at each from the one before.

    Parameters
    ----------
    model : MlpModel
    betas : iterable of float
        Positive, best in growing order and not too far apart.
    steps : int, optional
        As in `solve_krsb`; None for full breaking.
    tolerance : float
        As in `solve_krsb` and `solve_frsb`.

    Returns
    -------
    list of RSBSolution

    Raises
    ------
    ValueError
        If an argument is out of range.
    NotConvergedError
        If one of the points cannot be solved, neither from its neighbour nor afresh; the message names its beta.
    """
    solutions: list[RSBSolution] = []
    guide: ParisiParameters | None = None
    for beta in betas:
        if guide is not None:
            try:
                guide = solve_krsb(model, beta, 1, tolerance=1e-2, start=guide).parameters
            except NotConvergedError:
                guide = None
        if guide is None or guide.x.size == 0:
            guide = solve_krsb(model, beta, 1, tolerance=1e-2).parameters
        start = guide if guide.x.size else None
        if steps is None:
            solutions.append(solve_frsb(model, beta, tolerance=tolerance, start=start))
        else:
            solutions.append(solve_krsb(model, beta, steps, tolerance=tolerance, start=start))
    return solutions


def _levels(search: Search, start: ParisiParameters | None, steps: int, most: int | None = None) -> RSBSolution:
    """Return the solution with up to `steps` extremal breakpoints, or up to `most` while its class is undecided."""
    if start is None:
        p = search.first_level(search.rs())
    else:
        p = search.extremised(moved_to(start, search.model, search.beta))
    candidates = search.more_levels([p], steps)
    kind = search.classified(candidates)
    while kind == "undecided" and candidates[-1].x.size < (most or steps):
        try:
            more = search.more_levels(candidates, candidates[-1].x.size + 1)
        except NotConvergedError:
            break  # undecided, then: these levels were for the class alone
        if len(more) == len(candidates):
            break
        candidates, kind = more, search.classified(more)
    return finished(search, candidates[-1], extremal=True, kind=kind)


def _refined(search: Search, solution: RSBSolution) -> RSBSolution:
    kind, p, change = solution.classification, solution.parameters, np.inf
    for _ in range(_MOST_REFINEMENTS):
        new = search.fixed(search.swept(refined(p, search.replicons(p), STABLE), NEW_LEVEL_SWEEPS))
        before, solution = solution, finished(search, new, extremal=False)
        change = max(abs(solution.free_entropy - before.free_entropy), abs(solution.energy - before.energy))
        p = solution.parameters
        if change < search.tolerance:
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


def _placed(error: NotConvergedError, model: MlpModel, beta: float, what: str) -> NotConvergedError:
    return NotConvergedError(f"beta {beta:g}, weight variance {model.weight_variance:g}, {what}: {error}")
