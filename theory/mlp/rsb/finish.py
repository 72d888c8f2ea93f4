"""From order parameters that were searched on coarse grids to a solution with its error."""

from __future__ import annotations

import numpy as np

from theory.mlp.rsb.classify import Levels, classify
from theory.mlp.rsb.newton import Saddle, extremal_residual, solve_fixed
from theory.mlp.rsb.parameters import ParisiParameters
from theory.mlp.rsb.search import EQUATIONS, Search
from theory.mlp.rsb.solution import RSBSolution
from theory.mlp.rsb.stability import plateau_replicons
from theory.mlp.rsb.sweep import curvature_averages
from theory.result import NotConvergedError, SolverStatus

_MOST_REFINEMENTS = 3
_SAFETY = 10.0


def finished(search: Search, p: ParisiParameters, *, extremal: bool, kind: str | None = None) -> RSBSolution:
    """Solve on finer grids, which tells the error of the coarser ones, and return the solution.

    Its class is `kind`; what the stability of its plateaus says if that is not given.

    The finer grid becomes the coarser one until they agree to the tolerance.
    """
    first = solve_fixed(search.layers, p, EQUATIONS)
    for _ in range(_MOST_REFINEMENTS):
        saddle = solve_fixed(search.fine, p, EQUATIONS, coarse=search.layers)
        if saddle.parameters.x.size != p.x.size:
            raise NotConvergedError(f"of {p.x.size} breakpoints {saddle.parameters.x.size} are left on a finer grid")
        error = _error(search, saddle, first, extremal)
        if error <= search.tolerance:
            return _solution(search, saddle, error, extremal, kind)
        first, p = saddle, saddle.parameters
        search.refine()
    phi, energy = saddle.free_entropy(search.layers, search.beta), _energy(search, p)
    raise NotConvergedError(
        f"reached free entropy {phi:.10g} and energy {energy:.10g} with {p.x.size} breakpoints and an "
        f"estimated error of {error:.1e}, tolerance {search.tolerance:.1e}"
    )


def _error(search: Search, saddle: Saddle, first: Saddle, extremal: bool) -> float:
    """Return the error of free entropy and energy from their change with the grid and from the residual."""
    phi, energy = saddle.free_entropy(search.fine, search.beta), _energy(search, saddle.parameters)
    change = max(
        abs(phi - first.free_entropy(search.layers, search.beta)), abs(energy - _energy(search, first.parameters))
    )
    # Breakpoints stay those of the first grid: a slope s of Phi leaves x off by s / Phi'', the energy by about s.
    off = _SAFETY * float(np.abs(saddle.slopes(search.fine, search.beta)).max(initial=0.0)) if extremal else 0.0
    return max(change, abs(energy) * saddle.residual, off, 4e-16 * abs(phi))


def _solution(search: Search, saddle: Saddle, error: float, extremal: bool, kind: str | None) -> RSBSolution:
    q = saddle.parameters
    phi, energy = saddle.free_entropy(search.fine, search.beta), _energy(search, q)
    replicons = plateau_replicons(search.model, q, curvature_averages(search.fine, q))
    kind = kind or classify(Levels(q.x, q.k[0], replicons))
    residual = extremal_residual(search.fine, search.beta, saddle) if extremal else saddle.residual
    status = SolverStatus(True, residual, error, search.sweeps + saddle.sweeps)
    entropy = phi + search.beta * energy
    return RSBSolution(search.model, search.beta, phi, energy, entropy, q, replicons, kind, status)


def _energy(search: Search, p: ParisiParameters) -> float:
    return -search.beta * search.model.weight_variance * float(p.k_d[-1] - p.mean[-1])
