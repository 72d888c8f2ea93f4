"""The action of a shaped network in the limit of infinite depth, and what an activation contributes to it.

A shaped activation approaches a line as the depth L grows: (sqrt(L)/a) tanh(a z / sqrt(L)) = z - a^2 z^3 / (3
L) + .., and z + (c / sqrt(L)) |z|. Set beta^2 = b / L, C_W = 1, alpha = 1, t = l / L and Q = P / L. With z ~ N(0,
K^{l-1}), the layer's term of the replicated action needs E phi phi^T = K^{l-1} + A(K^{l-1}) / L + O(1 / L^2),

    log E exp((1/2) phi^T Q phi) = tr(P K^{l-1}) / (2 L) + [tr(P A) / 2 + tr(P K P K) / 4] / L^2 + O(1 / L^3),

the last term being half the variance of (1/2) z^T Q z. Subtract tr(Q^l K^l) / 2, use K^l - K^{l-1} = K' / L and sum
over layers: per replica, the input's terms being of order 1 / L^2,

    L Phi -> (b / 2) v(1) + int_0^1 dt [ -(1/2) tr(P K') + (1/4) tr(P K P K) + (1/2) tr(P A(K)) ] / n.

shaped tanh: A_ab = -(a^2 / 3) E (z_a z_b^3 + z_a^3 z_b) = -a^2 K_ab (K_aa + K_bb), by Wick's theorem. Shaped relu: the
order 1 / sqrt(L), E (z_a |z_b| + |z_a| z_b), is odd and vanishes, and A_ab = c^2 E |z_a| |z_b|; with the correlation
r = K_0 / K_d that is (2 c^2 / pi) K_d (sqrt(1 - r^2) + r arcsin r). A change of sign of z exchanges c and -c, so that
only whole powers of 1 / L follow, as for tanh.

Replica symmetric, K = v I + k0 11^T, P = pt I + p0 11^T and n -> 0, all products stay in that form: tr(P K') / n = pt
(v' + k0') + p0 v', tr(P A) / n = pt A_d + p0 (A_d - A_0) and tr(P K P K) / n = mt^2 + 2 mt m0 with mt = pt v, m0 =
pt k0 + p0 v. Source: the action is that of arXiv 2503.23982; the expansion is derived here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from theory.arrays import FloatArray


@dataclass(frozen=True)
class Correction:
    """A(K) at k_d = v (1 + kappa), k0 = v kappa, in units of v, and its derivatives; arrays of one shape.

    Attributes
    ----------
    spread, off : float64 arrays
        (A_d - A_0) / v and A_0 / v, from the diagonal A_d(k_d) and the off-diagonal A_0(k_d, k0).
    d_by_kd, off_by_kd, off_by_k0 : float64 arrays
        dA_d/dk_d, dA_0/dk_d, dA_0/dk0.
    off_by_k0_twice : float64 array
        v d^2 A_0 / dk0^2.
    """

    spread: FloatArray
    off: FloatArray
    d_by_kd: FloatArray
    off_by_kd: FloatArray
    off_by_k0: FloatArray
    off_by_k0_twice: FloatArray


CorrectionFunction = Callable[[FloatArray, FloatArray, float], Correction]


def _shaped_tanh(v: FloatArray, kappa: FloatArray, shape: float) -> Correction:
    c = -2.0 * shape**2 * v
    diagonal = c * (1.0 + kappa)
    return Correction(diagonal, diagonal * kappa, 2.0 * diagonal, c * kappa, diagonal, np.zeros_like(diagonal))


def _shaped_relu(v: FloatArray, kappa: FloatArray, shape: float) -> Correction:
    # With r = kappa / (1 + kappa), (1 + kappa) sqrt(1 - r^2) = sqrt(1 + 2 kappa): nothing cancels as r -> 1.
    c, root = shape**2, np.sqrt(1.0 + 2.0 * kappa)
    slope, arcsin = 2.0 * c / math.pi, np.arctan2(kappa, root)
    return Correction(
        spread=c - slope * (root - kappa * np.arctan2(root, kappa)),
        off=slope * (root + kappa * arcsin),
        d_by_kd=np.full_like(kappa, c),
        off_by_kd=slope * root / (1.0 + kappa),
        off_by_k0=slope * arcsin,
        off_by_k0_twice=slope / root,
    )


CORRECTIONS: dict[str, CorrectionFunction] = {"shaped-tanh": _shaped_tanh, "shaped-relu": _shaped_relu}


def correction_of(activation: str) -> CorrectionFunction:
    """Return A(K) of a shaped activation.

    Raises
    ------
    ValueError
        If the activation has no limit of infinite depth.
    """
    if activation not in CORRECTIONS:
        raise ValueError(f"activation {activation!r} is not shaped; choose one of {', '.join(CORRECTIONS)}")
    return CORRECTIONS[activation]


def scaled_free_entropy(
    activation: str,
    shape: float,
    b: float,
    t: FloatArray,
    profiles: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
) -> float:
    """Return the limit of L Phi for any profiles over depth, on the saddle point or off it.

    Parameters
    ----------
    activation : "shaped-tanh" or "shaped-relu"
    shape : float
        a of the shaped tanh or c of the shaped relu.
    b : float
        L beta^2.
    t : float64 array of shape (points,)
        Relative depth, equally spaced from 0 to 1.
    profiles : four float64 arrays of shape (points,)
        v, k0, pt and p0. Saddle points are stationary among those with v(0) = 1 and k0(0) = 0.

    Returns
    -------
    float
        By Simpson's rule and differences of fourth order: meant for smooth profiles, not for accuracy.
    """
    v, k0, pt, p0 = profiles
    a = correction_of(activation)(v, k0 / v, shape)
    v_slope, k0_slope = (_derivative(y, float(t[1] - t[0])) for y in (v, k0))
    mt, m0 = pt * v, pt * k0 + p0 * v
    kinetic = pt * (v_slope + k0_slope) + p0 * v_slope
    potential = v * (pt * (a.spread + a.off) + p0 * a.spread)
    density = -0.5 * kinetic + 0.25 * mt * (mt + 2.0 * m0) + 0.5 * potential
    return 0.5 * b * float(v[-1]) + float(scipy.integrate.simpson(density, x=t))


def _derivative(y: FloatArray, step: float) -> FloatArray:
    """Return the derivative of equally spaced values, of fourth order up to the ends."""
    slope = np.empty_like(y)
    slope[2:-2] = (y[:-4] - 8.0 * y[1:-3] + 8.0 * y[3:-1] - y[4:]) / 12.0
    first, second = np.array([-25.0, 48.0, -36.0, 16.0, -3.0]) / 12.0, np.array([-3.0, -10.0, 18.0, -6.0, 1.0]) / 12.0
    slope[0], slope[1] = first @ y[:5], second @ y[:5]
    slope[-1], slope[-2] = -first @ y[:-6:-1], -second @ y[:-6:-1]
    return slope / step
