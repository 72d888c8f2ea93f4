"""The replica-symmetric saddle point of infinite depth as a two-point boundary-value problem.

The action of `theory.mlp.depth.correction` is stationary where K' = K P K + A and P' = -(P K P + d tr(P A) / dK), K(0)
= I, P(1) = b 11^T. Replica symmetric, n -> 0,

    v'  = v^2 pt + A_d - A_0                                          v(0) = 1
    k0' = 2 v k0 pt + v^2 p0 + A_0                                    k0(0) = 0
    pt' = -[ pt^2 v + p_d dA_d/dk_d - p0 (dA_0/dk_d + dA_0/dk0) ]     pt(1) = 0,    p_d = pt + p0
    p0' = -[ 2 pt p0 v + pt^2 k0 + p0 dA_0/dk0 ]                      p0(1) = b

The solver uses numbers of order one instead, for which b = 0 is no special case and a large b is no boundary layer: log
v, y = log(1 + kappa), m = pt / p0 and ell = log(q / b) with kappa = k0 / v and q = p0 v. With D = (A_d - A_0) / v,

    (log v)' = m q + D,    kappa' = kappa m q + q + A_0 / v - kappa D,
    m' = m^2 q (1 + m kappa) + (1 + m) (dA_0/dk0 - dA_d/dk_d) + dA_0/dk_d,    ell' = -m q (1 + m kappa) + D - dA_0/dk0,

with log v = kappa = 0 at t = 0; m = 0, ell = log v at t = 1. A fifth equation integrates the action, which on the
saddle point is (b / 2) v(1) - (1/4) int (mt^2 + 2 mt m0) dt. Changes that happen within t of order 1 / (1 + 2 shape^2
+ b v) are spread out by t = (e^{r s} - 1) / (e^r - 1), s from 0 to 1.

The action has no explicit t, and so tr(P K P K) / 4 + tr(P A) / 2 per replica, `conserved`, is the same at all
depths. The shaped relu is homogeneous, and tr(P K) per replica, mt + m0, is the same at all depths, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from theory.arrays import FloatArray
from theory.mlp.depth.correction import Correction, CorrectionFunction

_LARGEST_STRETCH = 40.0


@dataclass(frozen=True)
class Ratios:
    """The order parameters at some depths: v, kappa = k0 / v, m = pt / p0, q = p0 v, and A(K) there."""

    v: FloatArray
    kappa: FloatArray
    m: FloatArray
    q: FloatArray
    a: Correction


@dataclass(frozen=True)
class DepthEquations:
    """The differential equations for one activation, shape and b, in the stretched depth s.

    Attributes
    ----------
    correction : CorrectionFunction
    shape, b : float
    stretch : float
        r of t = (e^{r s} - 1) / (e^r - 1).
    """

    correction: CorrectionFunction
    shape: float
    b: float
    stretch: float

    def stretched(self, t: FloatArray) -> FloatArray:
        """Return s."""
        return np.asarray(np.log1p(t * np.expm1(self.stretch)) / self.stretch)

    def depth_slope(self, s: FloatArray) -> FloatArray:
        """Return dt/ds."""
        return np.asarray(self.stretch * np.exp(self.stretch * s) / np.expm1(self.stretch))

    def ratios(self, y: FloatArray) -> Ratios:
        """Return the order parameters from the variables (log v, log(1 + kappa), m, ell, ..), shape (>= 4, points)."""
        v, kappa = np.exp(y[0]), np.expm1(y[1])
        return Ratios(v, kappa, y[2], self.b * np.exp(y[3]), self.correction(v, kappa, self.shape))

    def slopes(self, s: FloatArray, y: FloatArray) -> FloatArray:
        """Return the derivatives in s of the five variables, shape (5, points)."""
        x = self.ratios(y)
        a, mt = x.a, x.m * x.q
        bend = 1.0 + x.m * x.kappa
        by_t = (
            mt + a.spread,
            (x.kappa * mt + x.q + a.off - x.kappa * a.spread) / (1.0 + x.kappa),
            x.m * mt * bend + (1.0 + x.m) * (a.off_by_k0 - a.d_by_kd) + a.off_by_kd,
            -mt * bend + a.spread - a.off_by_k0,
            -0.25 * x.m * (x.m + 2.0 * bend) * x.q * np.exp(y[3]),
        )
        return np.asarray(self.depth_slope(s) * np.stack(by_t))

    def conserved(self, y: FloatArray) -> FloatArray:
        """Return tr(P K P K) / 4 + tr(P A) / 2 per replica at each depth."""
        x = self.ratios(y)
        mt = x.m * x.q
        return np.asarray(
            0.25 * mt * (mt + 2.0 * (mt * x.kappa + x.q)) + 0.5 * (mt * (x.a.spread + x.a.off) + x.q * x.a.spread)
        )


def ends(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return what vanishes at the two ends."""
    return np.array([start[0], start[1], end[2], end[3] - end[0], start[4]])


def untilted(equations: DepthEquations, s: FloatArray) -> FloatArray:
    """Return the variables at b = 0, where K needs no P: forward for K, then backward for P / b."""

    def forward(t: float, y: FloatArray) -> FloatArray:
        return equations.slopes(np.array([t]), np.array([*y, 0.0, -np.inf, 0.0])[:, None])[:2, 0]

    up = scipy.integrate.solve_ivp(forward, (0.0, 1.0), np.zeros(2), rtol=1e-6, atol=1e-8, dense_output=True)

    def backward(t: float, y: FloatArray) -> FloatArray:
        # ell enters only as q = b e^ell = 0, and so it may be shifted to -inf here.
        slopes = equations.slopes(np.array([t]), np.array([*up.sol(t), y[0], -np.inf, 0.0])[:, None])
        return slopes[2:4, 0]

    down = scipy.integrate.solve_ivp(backward, (1.0, 0.0), [0.0, up.y[0, -1]], rtol=1e-6, atol=1e-8, dense_output=True)
    return np.vstack([up.sol(s), down.sol(s), np.zeros_like(s)])


def stretch_for(correction: CorrectionFunction, shape: float, b: float) -> float:
    """Return r such that t = 1 / (1 + 2 shape^2 + b v(1)) is resolved, v(1) that of b = 0."""
    plain = DepthEquations(correction, shape, 0.0, 1.0 + math.log1p(2.0 * shape**2))
    log_v = float(untilted(plain, np.ones(1))[0, 0])
    return max(0.1, min(_LARGEST_STRETCH, math.log(1.0 + 2.0 * shape**2 + b * math.exp(min(log_v, _LARGEST_STRETCH)))))
