"""Solve the equations of infinite depth: collocation, followed from b = 0 where a direct start fails."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from theory.arrays import FloatArray
from theory.mlp.depth.correction import correction_of
from theory.mlp.depth.equations import DepthEquations, ends, stretch_for, untilted
from theory.mlp.depth.replicon import depth_replicon
from theory.result import NotConvergedError, SolverStatus

_COARSE_TOLERANCE, _COARSE_NODES = 1e-3, 3_000
_FINE_NODES = 12_000
_FIRST_POINTS = 101
_SMALLEST_START = 1e-6  # of b, when a direct start fails
_LARGEST_FACTOR, _SMALLEST_FACTOR = 100.0, 1.1  # by which b grows


@dataclass(frozen=True)
class DepthSolution:
    """Replica-symmetric saddle point of an infinitely deep shaped network, beta^2 = b / L.

    Attributes
    ----------
    activation : str
    shape, b : float
        a of the shaped tanh or c of the shaped relu, and L beta^2.
    t : float64 array of shape (points,)
        Relative depth l / L, from 0 (input) to 1.
    v, k0, pt, p0 : float64 arrays of shape (points,)
        K = v I + k0 11^T and L Q = pt I + p0 11^T at each t.
    scaled_free_entropy : float
        lim L Phi, per reference width N, k_B = 1, relative to the prior.
    scaled_energy : float
        lim sqrt(L) e = -sqrt(b) v(1).
    scaled_entropy : float
        lim L s = L Phi - b v(1).
    replicon : float
        Above 1 replica symmetry is unstable; see `theory.mlp.depth.replicon`.
    conserved_spread : float
        Largest relative change over depth of what the equations conserve; zero but for errors.
    status : SolverStatus
        `residual` is that of the differential equations, relative; `error_estimate` the change of free entropy
        and energy when every interval of the mesh is halved.
    """

    activation: str
    shape: float
    b: float
    t: FloatArray
    v: FloatArray
    k0: FloatArray
    pt: FloatArray
    p0: FloatArray
    scaled_free_entropy: float
    scaled_energy: float
    scaled_entropy: float
    replicon: float
    conserved_spread: float
    status: SolverStatus

    @property
    def k_d(self) -> FloatArray:
        """Self-overlaps v + k0."""
        return np.asarray(self.v + self.k0)


def solve_depth_limit(
    activation: str, shape: float, b: float, *, points: int = 201, tolerance: float = 1e-9
) -> DepthSolution:
    """Solve the replica-symmetric equations of an infinitely deep shaped network of equal widths, C_W = 1.

    Both priors have the same limit: the field on the input, of order 1 / L, no longer moves its overlaps.

    Parameters
    ----------
    activation : "shaped-tanh" or "shaped-relu"
    shape : float
        a of the shaped tanh or c of the shaped relu.
    b : float
        L beta^2, zero or more.
    points : int
        Points in t at which the solution is returned, at least 3.
    tolerance : float
        Relative residual of the differential equations, between 1e-11 and 1e-2.

    Returns
    -------
    DepthSolution

    Raises
    ------
    ValueError
        If the activation has no such limit or a number is out of range.
    NotConvergedError
        If the boundary-value solver misses the tolerance; the message says up to which b it came.

    Notes
    -----
    Newton's method on collocation points, followed from b = 0. Shaped tanh is solved for shapes from 0.05 to 16 and b
    up to 10^4, shaped relu for shapes up to 2 and b up to 10^4; with larger shapes c as long as b e^{c^2} is below
    about 10^5. Beyond, the overlaps outgrow the precision of the collocation, and it may take minutes to say so.
    """
    correction = correction_of(activation)
    if not (math.isfinite(shape) and shape > 0 and math.isfinite(b) and b >= 0):
        raise ValueError(f"shape {shape} must be positive and b {b} zero or more")
    if points < 3:
        raise ValueError(f"points {points} must be at least 3")
    if not 1e-11 <= tolerance <= 1e-2:
        raise ValueError(f"tolerance {tolerance} must lie between 1e-11 and 1e-2")
    try:
        with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
            warnings.simplefilter("ignore", RuntimeWarning)
            equations = DepthEquations(correction, shape, b, stretch_for(correction, shape, b))
            mesh, y, steps = _follow(equations)
            found = _collocate(equations, mesh, y, tolerance, _FINE_NODES)
            halved = np.sort(np.concatenate([found.x, 0.5 * (found.x[1:] + found.x[:-1])]))
            fine = _collocate(equations, halved, found.sol(halved), tolerance, 2 * _FINE_NODES)
            replicon = depth_replicon(equations, fine.x, fine.y)
    except NotConvergedError as error:
        raise NotConvergedError(f"{activation}, shape {shape:g}, b {b:g}: {error}") from error
    except (FloatingPointError, np.linalg.LinAlgError) as error:
        reason = "the iteration left the range of the order parameters or of floating-point numbers"
        raise NotConvergedError(f"{activation}, shape {shape:g}, b {b:g}: {reason} ({error})") from error
    change = np.abs(np.array(_free_entropy_and_energy(fine.y, b)) - _free_entropy_and_energy(found.y, b))
    status = SolverStatus(True, float(fine.rms_residuals.max()), float(change.max()) + 1e-15, steps + 2)
    return _solution(activation, equations, fine, np.linspace(0.0, 1.0, points), replicon, status)


def _collocate(equations: DepthEquations, mesh: FloatArray, y: FloatArray, tolerance: float, nodes: int) -> Any:
    found = scipy.integrate.solve_bvp(equations.slopes, ends, mesh, y, tol=tolerance, max_nodes=nodes)
    if not found.success:
        residual = float(np.max(found.rms_residuals))
        raise NotConvergedError(
            f"collocation on {found.x.size} nodes leaves a residual of {residual:.1e}, tolerance {tolerance:.1e}"
        )
    return found


def _follow(equations: DepthEquations) -> tuple[FloatArray, FloatArray, int]:
    """Return mesh and variables of a coarse solution and the number of steps in b it took."""
    mesh = np.linspace(0.0, 1.0, _FIRST_POINTS)
    y = untilted(equations, mesh)
    reached, target, factor, steps = 0.0, equations.b, 10.0, 0
    while True:
        attempt = DepthEquations(equations.correction, equations.shape, target, equations.stretch)
        steps += 1
        try:
            found = _collocate(attempt, mesh, y, _COARSE_TOLERANCE, _COARSE_NODES)
        except (NotConvergedError, FloatingPointError, np.linalg.LinAlgError) as error:
            # From nothing, look for any b that works; from a solution, go less far.
            factor = math.sqrt(factor) if reached else factor
            target = reached * factor if reached else target / 100.0
            if factor < _SMALLEST_FACTOR or target < _SMALLEST_START:
                raise NotConvergedError(
                    f"the solution could be followed up to b = {reached:.4g} only: {error}"
                ) from error
            continue
        mesh, y, reached = found.x, found.y, target
        if reached >= equations.b:
            return mesh, y, steps
        factor = min(factor**2, _LARGEST_FACTOR)
        target = min(equations.b, reached * factor)


def _free_entropy_and_energy(y: FloatArray, b: float) -> tuple[float, float]:
    v_end = math.exp(y[0, -1])
    return b * (0.5 * v_end + float(y[4, -1])), 0.0 - math.sqrt(b) * v_end


def _solution(
    activation: str, equations: DepthEquations, found: Any, t: FloatArray, replicon: float, status: SolverStatus
) -> DepthSolution:
    x = equations.ratios(found.sol(equations.stretched(t)))
    phi, energy = _free_entropy_and_energy(found.y, equations.b)
    conserved = equations.conserved(found.y)
    p0 = x.q / x.v
    return DepthSolution(
        activation=activation,
        shape=equations.shape,
        b=equations.b,
        t=t,
        v=x.v,
        k0=x.kappa * x.v,
        pt=x.m * p0,
        p0=p0,
        scaled_free_entropy=phi,
        scaled_energy=energy,
        scaled_entropy=phi + math.sqrt(equations.b) * energy,
        replicon=replicon,
        conserved_spread=float(np.ptp(conserved) / max(float(np.abs(conserved).max()), 1e-300)),
        status=status,
    )
