"""Stability of replica symmetry at infinite depth: the replicon as the eigenvalue of a two-point problem.

Perturb the saddle-point equations K' = K P K + A, P' = -(P K P + d tr(P A) / dK) in the replicon sector: dK_ab and
dP_ab with zero diagonal and zero row sums, so that a product with v I + k0 11^T is one with v. With primes on A_0 for
d/dk0 at fixed k_d,

    dK' = alpha dK + v^2 dP,    -dP' = gamma dK + alpha dP,    dK(0) = dP(1) = 0,
    alpha = 2 v pt + A_0',    gamma = pt^2 + p0 A_0''.

This is the limit of the layers' map (`theory.mlp.rs.stability`): there a_l = 1 + alpha / L, b_l = v^2, c_l = gamma /
L^2, dQ = dP / L, and dK^0 = v^2 dP / L vanishes. One sweep integrates dK forward from the old dP, then dP backward
from the new dK; a mode which that multiplies by lambda solves

    x' = mu x + y,    -y' = G x / lambda + mu y,    x(0) = y(1) = 0,    mu = alpha - v'/v,    G = v^2 gamma,

in x = dK / v, y = v dP: with E = exp(int_0 mu),

    x(t) = E(t) int_0^t y / E,    lambda y(t) = (1 / E(t)) int_t^1 G E x.

G >= 0 makes both kernels positive and the problem one of Sturm and Liouville: its largest eigenvalue, the replicon, is
simple, far from the next, and found by repeated sweeps. Replica symmetry is stable while it is below 1.

shaped tanh: A_0'' = 0, G = mt^2; the replicon stays below 1 (below 0.55 up to b = 10^8). Shaped relu: v A_0'' = (2 c^2
/ pi) / sqrt(1 + 2 kappa), from the kink, and replica symmetry is lost at large b: at b = 9.486 for c = 1. For small c
it is the kink alone that counts, v = 1, kappa = b t and x'' + (c^2 sqrt(2 b) / (pi lambda)) t^{-1/2} x = 0, solved by
a Bessel function: lambda = c^2 sqrt(2 b) / (pi (3 j / 4)^2) with j = 1.8664 the first zero of J_{-1/3}, so that the
critical b is 18.95 / c^4. The derivation is ours; that the layers' replicon converges to it as 1 / L is tested.
"""

from __future__ import annotations

import numpy as np
import scipy

from theory.arrays import FloatArray
from theory.mlp.depth.equations import DepthEquations
from theory.result import NotConvergedError

_PRECISION = 1e-11
_MOST_SWEEPS = 200


def depth_replicon(equations: DepthEquations, s: FloatArray, y: FloatArray) -> float:
    """Return the largest eigenvalue lambda of the replicon sector.

    Parameters
    ----------
    equations : DepthEquations
    s : float64 array of shape (points,)
        Mesh of stretched depths that resolves the saddle point.
    y : float64 array of shape (5, points)
        The saddle point there, in the variables of `theory.mlp.depth.equations`.

    Returns
    -------
    float
        With an error of the fourth order in the mesh, as the saddle point itself.

    Raises
    ------
    NotConvergedError
        If repeated sweeps do not settle.
    """
    mu, g = _coefficients(equations, s, y)
    if np.max(g) <= 0.0:
        return 0.0
    growth = np.exp(_integral(s, mu))
    rate = equations.depth_slope(s)
    mode, eigenvalue = 1.0 - s, 0.0
    for _ in range(_MOST_SWEEPS):
        forward = growth * _integral(s, rate * mode / growth)
        from_start = _integral(s, g * growth * forward)
        mode = (from_start[-1] - from_start) / growth
        before, eigenvalue = eigenvalue, float(np.abs(mode).max())
        if eigenvalue == 0.0:
            return 0.0
        mode /= eigenvalue
        if abs(eigenvalue - before) < _PRECISION * eigenvalue:
            return eigenvalue
    raise NotConvergedError(f"replicon {eigenvalue:.8g} still moves by {abs(eigenvalue - before):.1e} a sweep")


def _coefficients(equations: DepthEquations, s: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mu and G at stretched depths, both times dt/ds."""
    x = equations.ratios(y)
    mt, rate = x.m * x.q, equations.depth_slope(s)
    mu = mt + x.a.off_by_k0 - x.a.spread
    return np.asarray(rate * mu), np.asarray(rate * (mt**2 + x.q * x.a.off_by_k0_twice))


def _integral(s: FloatArray, values: FloatArray) -> FloatArray:
    """Return the integral from the first point to every point."""
    return np.asarray(scipy.interpolate.CubicSpline(s, values).antiderivative()(s))
