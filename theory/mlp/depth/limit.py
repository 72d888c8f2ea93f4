"""Limit of infinite depth for the shaped activations: differential equations in t = l / L.

A shaped activation phi(z) = z + psi(z) / L^p approaches a line as the depth L grows. With beta^2 = b / L, C_W
= 1, alpha = 1, Q = P / L, expanding the replicated action of one layer to order 1 / L^2 gives per replica

    L Phi -> (b / 2) v(1) + int_0^1 dt [ -(1/2) tr(P dK/dt) + (1/4) tr(P K P K) + (1/2) tr(P A(K)) ] / n,

with A_ab the first correction to E phi(z_a) phi(z_b) for z ~ N(0, K), times L:

    shaped tanh  (sqrt(L)/a) tanh(a z / sqrt(L)):   A_ab = -a^2 K_ab (K_aa + K_bb)
    shaped relu  (slopes 1 +- c / sqrt(L)):         A_ab = c^2 E |z_a| |z_b|      (the order 1/sqrt(L) averages out)

The saddle point is K' = K P K + A, P' = -(P K P + d tr(P A) / dK); replica symmetric, K = v I + k0 11^T, P =
pt I + p0 11^T, n -> 0, with A_d(k_d), A_0(k_d, k0) the diagonal and off-diagonal of A and k_d = v + k0,

    v'  = v^2 pt + A_d - A_0                                          v(0) = 1
    k0' = 2 v k0 pt + v^2 p0 + A_0                                    k0(0) = 0
    pt' = -[ pt^2 v + p_d dA_d/dk_d - p0 (dA_0/dk_d + dA_0/dk0) ]     pt(1) = 0,    p_d = pt + p0
    p0' = -[ 2 pt p0 v + pt^2 k0 + p0 dA_0/dk0 ]                      p0(1) = b

On the saddle point L Phi = (b / 2) v(1) - (1/4) int (mt^2 + 2 mt m0) dt, mt = pt v, m0 = pt k0 + p0 v, and L
e beta = -b v(1). Finite networks approach this as 1 / L. Source: arXiv 2503.23982; derivation as above.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import simpson, solve_bvp

from theory.result import NotConvergedError, SolverStatus

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class DepthSolution:
    """Replica-symmetric overlaps of an infinitely deep shaped network.

    Attributes
    ----------
    t : float64 array of shape (points,)
        Relative depth l / L, from 0 (input) to 1.
    v, k0, pt, p0 : float64 arrays of shape (points,)
        K = v I + k0 11^T and L Q = pt I + p0 11^T at each t.
    scaled_free_entropy : float
        lim L Phi.
    scaled_energy : float
        lim sqrt(L) e = -sqrt(b) v(1).
    status : SolverStatus
    """

    t: FloatArray
    v: FloatArray
    k0: FloatArray
    pt: FloatArray
    p0: FloatArray
    scaled_free_entropy: float
    scaled_energy: float
    status: SolverStatus


@dataclass(frozen=True)
class _Correction:
    """A_d, A_0 and the derivatives dA_d/dk_d, dA_0/dk_d, dA_0/dk0."""

    d: FloatArray
    off: FloatArray
    d_by_kd: FloatArray
    off_by_kd: FloatArray
    off_by_k0: FloatArray


def _shaped_tanh(k_d: FloatArray, k0: FloatArray, shape: float) -> _Correction:
    c = -2.0 * shape**2
    return _Correction(c * k_d**2, c * k0 * k_d, 2.0 * c * k_d, c * k0, c * k_d)


def _shaped_relu(k_d: FloatArray, k0: FloatArray, shape: float) -> _Correction:
    c = shape**2
    cosine = np.clip(k0 / k_d, -1.0, 1.0)
    root, angle = np.sqrt(1.0 - cosine**2), np.arcsin(cosine)
    slope = 2.0 * c / math.pi
    return _Correction(c * k_d, slope * (k_d * root + k0 * angle), np.full_like(k_d, c), slope * root, slope * angle)


_CORRECTIONS = {"shaped-tanh": _shaped_tanh, "shaped-relu": _shaped_relu}


def solve_depth_limit(
    activation: str, shape: float, b: float, *, points: int = 201, tolerance: float = 1e-9
) -> DepthSolution:
    """Solve the replica-symmetric equations of an infinitely deep shaped network.

    Parameters
    ----------
    activation : "shaped-tanh" or "shaped-relu"
    shape : float
        a of the shaped tanh or c of the shaped relu.
    b : float
        L beta^2, zero or more.
    points : int
        Points in t at which the solution is returned; odd, at least 3.
    tolerance : float
        Relative residual of the differential equations.

    Returns
    -------
    DepthSolution

    Raises
    ------
    ValueError
        If the activation has no such limit or a number is out of range.
    NotConvergedError
        If the boundary-value solver misses the tolerance.
    """
    if activation not in _CORRECTIONS:
        raise ValueError(f"activation {activation!r} is not shaped; choose one of {', '.join(_CORRECTIONS)}")
    if not (math.isfinite(shape) and shape > 0 and math.isfinite(b) and b >= 0):
        raise ValueError(f"shape {shape} must be positive and b {b} zero or more")
    if points < 3 or points % 2 == 0:
        raise ValueError(f"points {points} must be odd, at least 3")
    correction = _CORRECTIONS[activation]

    def slope(_: FloatArray, y: FloatArray) -> FloatArray:
        v, k0, pt, p0 = y
        a = correction(v + k0, k0, shape)
        return np.stack(
            [
                v**2 * pt + a.d - a.off,
                2.0 * v * k0 * pt + v**2 * p0 + a.off,
                -(pt**2 * v + (pt + p0) * a.d_by_kd - p0 * (a.off_by_kd + a.off_by_k0)),
                -(2.0 * pt * p0 * v + pt**2 * k0 + p0 * a.off_by_k0),
            ]
        )

    def ends(start: FloatArray, end: FloatArray) -> FloatArray:
        return np.array([start[0] - 1.0, start[1], end[2], end[3] - b])

    t = np.linspace(0.0, 1.0, points)
    guess = np.stack([np.ones_like(t), np.zeros_like(t), np.zeros_like(t), np.full_like(t, b)])
    found = solve_bvp(slope, ends, t, guess, tol=tolerance, max_nodes=200_000)
    residual = float(np.max(found.rms_residuals))
    if not found.success:
        raise NotConvergedError(f"b = {b:g}, shape {shape:g}: residual {residual:.1e}, tolerance {tolerance:.1e}")
    return _depth_solution(t, found.sol(t), b, SolverStatus(True, residual, residual * max(1.0, b), int(found.niter)))


def _depth_solution(t: FloatArray, y: FloatArray, b: float, status: SolverStatus) -> DepthSolution:
    v, k0, pt, p0 = y
    mt, m0 = pt * v, pt * k0 + p0 * v
    phi = 0.5 * b * v[-1] - 0.25 * float(simpson(mt**2 + 2.0 * mt * m0, x=t))
    return DepthSolution(t, v, k0, pt, p0, float(phi), -math.sqrt(b) * float(v[-1]), status)
