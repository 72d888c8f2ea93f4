"""Order and chaos: what layers do to the overlap of two inputs at infinite temperature.

At beta = 0 pre-activations of layer l are N(0, C_W K^{l-1}), so that the self-overlap q = K_aa and the correlation c =
K_ab / q of two inputs follow, from q^0 = 1 and c^0,

    q^l = g(q^{l-1}),  g(q) = E phi(sqrt(C_W q) z)^2,    q^l c^l = E phi(z_a) phi(z_b),  corr(z_a, z_b) = c^{l-1}.

c = 1 is a fixed point. A layer multiplies the squared distance of nearby inputs by chi = C_W E phi'(sqrt(C_W q) z)^2,
taken at the fixed point q, and 1 - c by chi q / g(q). chi below 1 is order (nearby inputs merge), above 1 chaos (they
part); the depth scale xi = 1 / |log chi| diverges at the edge of chaos. Where signals vanish (q = 0: tanh, sin, erf up
to C_W phi'(0)^2 = 1) or grow without bound these are limits. relu is homogeneous, chi = C_W / 2: distances vanish or
grow with the signal itself, and correlations tend to 1 at every C_W, 1 - c falling as 1 / l^2.

At small beta the random MLP has e = -beta C_W q^L (1 - c^L) from c^0 = 0: depth flattens H where inputs become one
(relu) or signals vanish (C_W below the edge). Source: Poole et al., arXiv 1606.05340, Schoenholz et al., arXiv
1611.01232; no biases here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from theory.activations import Activation
from theory.arrays import FloatArray

_Z = np.linspace(-12.0, 12.0, 8000)  # none at zero, where phi' may jump
_WEIGHT = np.exp(-0.5 * _Z**2) / math.sqrt(2.0 * math.pi) * (_Z[1] - _Z[0])
_ANGLES = 4096
_SMALLEST, _LARGEST = 1e-9, 1e9  # self-overlaps beyond count as 0 and infinity
_CRITICAL = 1e-6


@dataclass(frozen=True)
class Propagation:
    """The limit of many layers at infinite temperature.

    Attributes
    ----------
    self_overlap : float
        Fixed point q, 0 where signals vanish, inf where they grow without bound, 1 where any q is fixed.
    signal_growth : float
        Factor a layer multiplies a vanishing (q = 0) or unbounded (q = inf) self-overlap by; 1 at a finite q.
    chi : float
        Factor a layer multiplies the squared distance of nearby inputs by.
    phase : "ordered", "critical" or "chaotic"
    depth_scale : float
        xi = 1 / |log chi|; inf at chi = 1.
    """

    self_overlap: float
    signal_growth: float
    chi: float
    phase: str
    depth_scale: float


def propagate(activation: Activation, weight_variance: float) -> Propagation:
    """Return fixed point, chi and depth scale.

    Parameters
    ----------
    activation : Activation
    weight_variance : float
        C_W, positive.

    Raises
    ------
    ValueError
        If the weight variance is out of range.
    """
    _check(weight_variance)

    def growth(q: float) -> float:
        return _self_overlap(activation, weight_variance * q) / q

    low, high = growth(_SMALLEST), growth(_LARGEST)
    if abs(low - high) < 1e-9:  # homogeneous
        q, factor, at = (1.0 if abs(low - 1.0) < 1e-9 else 0.0 if low < 1.0 else math.inf), low, 1.0
    elif low <= 1.0 + _CRITICAL:
        q, factor, at = 0.0, min(low, 1.0), _SMALLEST
    elif high >= 1.0:
        q, factor, at = math.inf, high, _LARGEST
    else:
        q = math.exp(
            scipy.optimize.brentq(
                lambda log_q: math.log(growth(math.exp(log_q))), math.log(_SMALLEST), math.log(_LARGEST)
            )
        )
        factor, at = 1.0, q
    chi = weight_variance * float(_WEIGHT @ activation.dphi(math.sqrt(weight_variance * at) * _Z) ** 2)
    phase = "critical" if abs(chi - 1.0) < _CRITICAL else "ordered" if chi < 1.0 else "chaotic"
    scale = math.inf if phase == "critical" else 1.0 / abs(math.log(chi))
    return Propagation(q, factor, chi, phase, scale)


def edge_of_chaos(activation: Activation) -> float:
    """Return the C_W at which signals from small inputs neither grow nor vanish, g(q) = q as q -> 0.

    tanh and sin: 1; erf: pi / 4; relu: 2. Above it tanh, sin and erf are chaotic.
    """
    return _SMALLEST / _self_overlap(activation, _SMALLEST)


def correlation_profile(
    activation: Activation, weight_variance: float, depth: int, correlation: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Return q^l and c^l of layers 0 .. depth at infinite temperature.

    Parameters
    ----------
    activation : Activation
    weight_variance : float
    depth : int
    correlation : float
        c^0 of the two inputs, from -1 to 1; independent inputs have 0.

    Returns
    -------
    q, c : float64 arrays of shape (depth + 1,)
        To about 1e-6.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    _check(weight_variance)
    if depth < 0 or not -1.0 <= correlation <= 1.0:
        raise ValueError(f"depth {depth} must be zero or more and correlation {correlation} lie between -1 and 1")
    q, c = [1.0], [correlation]
    for _ in range(depth):
        variance = weight_variance * q[-1]
        q.append(_self_overlap(activation, variance))
        c.append(min(1.0, max(-1.0, _pair_overlap(activation, variance, c[-1]) / q[-1])) if q[-1] > 0.0 else 0.0)
    return np.array(q), np.array(c)


def _check(weight_variance: float) -> None:
    if not (math.isfinite(weight_variance) and weight_variance > 0.0):
        raise ValueError(f"weight variance {weight_variance} must be a positive finite number")


def _self_overlap(activation: Activation, variance: float) -> float:
    return float(_WEIGHT @ activation.phi(math.sqrt(variance) * _Z) ** 2)


def _pair_overlap(activation: Activation, variance: float, correlation: float) -> float:
    """Return E phi(z_a) phi(z_b) in polar coordinates, where kinks at zero are rays."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    radius = 6.0 * (nodes + 1.0)
    weight = 6.0 * weights * radius * np.exp(-0.5 * radius**2) / _ANGLES
    angle = (np.arange(_ANGLES) + 0.5) * (2.0 * math.pi / _ANGLES)
    r = math.sqrt(variance) * radius[:, None]
    a, b = activation.phi(r * np.cos(angle)), activation.phi(r * np.cos(angle - math.acos(correlation)))
    return float(weight @ np.sum(a * b, axis=1))
