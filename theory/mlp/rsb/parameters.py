"""Order parameters with broken replica symmetry, and the input layer they determine.

A Parisi matrix has a diagonal and one value on each plateau (x_i, x_{i+1}) of x in (0, 1), i = 0 .. K, with 0 = x_0 <
x_1 < .. < x_K <= x_{K+1} = 1 common to all layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from theory.arrays import FloatArray
from theory.mlp.model import MlpModel, OrderParameters
from theory.parisi import level_weights
from theory.result import NotConvergedError


@dataclass(frozen=True)
class ParisiParameters:
    """Overlaps K^l and conjugates Q^l of layers 0..L as Parisi matrices with K breakpoints.

    Attributes
    ----------
    x : float64 array of shape (K,)
        Breakpoints x_1 < .. < x_K in (0, 1].
    k, r : float64 arrays of shape (L + 1, K + 1)
        Overlaps and conjugates between replicas on the plateaus (x_i, x_{i+1}), i = 0 .. K, not decreasing in i.
    k_d, r_d : float64 arrays of shape (L + 1,)
        The diagonals. Entry 0 of r and r_d is the backward step Q^0, no variable of the free entropy.
    """

    x: FloatArray
    k: FloatArray
    k_d: FloatArray
    r: FloatArray
    r_d: FloatArray

    @property
    def weights(self) -> FloatArray:
        """Lengths x_{i+1} - x_i of the plateaus, shape (K + 1,): the probabilities of their overlaps."""
        return level_weights(self.x)

    @property
    def v(self) -> FloatArray:
        """k_d - k_K, shape (L + 1,)."""
        return np.asarray(self.k_d - self.k[:, -1])

    @property
    def rt(self) -> FloatArray:
        """r_d - r_K, shape (L + 1,)."""
        return np.asarray(self.r_d - self.r[:, -1])

    @property
    def mean(self) -> FloatArray:
        """Overlap averaged over pairs of replicas, int k dx, shape (L + 1,)."""
        return np.asarray(self.k @ self.weights)

    def copy(self) -> ParisiParameters:
        """Return parameters with arrays of their own."""
        return ParisiParameters(self.x.copy(), self.k.copy(), self.k_d.copy(), self.r.copy(), self.r_d.copy())

    def at(self, x: FloatArray) -> ParisiParameters:
        """Return the same plateaus with other breakpoints, as many."""
        return ParisiParameters(np.asarray(x, dtype=float), self.k, self.k_d, self.r, self.r_d)


def split(rs: OrderParameters, x: FloatArray, fraction: float) -> ParisiParameters:
    """Return replica-symmetric parameters with the input's overlaps spread evenly over K + 1 plateaus.

    Self-overlaps stay, and so do all but the input's conjugates: the first sweep spreads the other layers' overlaps.

    Parameters
    ----------
    rs : OrderParameters
    x : float64 array of shape (K,)
        Breakpoints.
    fraction : float
        Of k_d - k_0 of the input, between 0 and 1, that the plateaus span.
    """
    x = np.asarray(x, dtype=float)
    up = np.linspace(0.0, fraction, x.size + 1) if x.size else np.zeros(1)
    k = rs.k0[:, None] + rs.v[:, None] * up
    r = np.tile(rs.r0[:, None], x.size + 1)
    inverse = 1.0 / eigenvalues(x, k[0], float(rs.k_d[0]))
    r[0] = k[0, 0] * inverse[0] ** 2 + np.concatenate([[0.0], np.cumsum(np.diff(inverse) / x)])
    rt = rs.rt.copy()
    rt[0] += 1.0 / rs.v[0] - inverse[-1]
    return ParisiParameters(x, k, rs.k_d, r, rt + r[:, -1])


def moved_to(start: ParisiParameters, model: MlpModel, beta: float) -> ParisiParameters:
    """Return the start with the last layer's conjugate of this beta.

    Raises
    ------
    ValueError
        If the start has another number of layers than the model.
    """
    if start.k_d.size != model.depth + 1:
        raise ValueError(f"the start has {start.k_d.size} layers; the model has {model.depth + 1}, input included")
    top = beta**2 * model.weight_variance / model.width_ratios[-1]
    moved = start.copy()
    moved.r_d[-1] += top - moved.r[-1, -1]
    moved.r[-1] = top
    return moved


def eigenvalues(x: FloatArray, k: FloatArray, k_d: float) -> FloatArray:
    """Return D_i = k_d - k_K + sum_{j > i} x_j (k_j - k_{j-1}), i = 0..K, the eigenvalue of plateau i."""
    outer = np.cumsum((x * np.diff(k))[::-1])[::-1]
    return np.asarray(k_d - k[-1] + np.concatenate([outer, [0.0]]))


def input_overlaps(model: MlpModel, x: FloatArray, r: FloatArray, r_d: float) -> tuple[FloatArray, float]:
    """Return (k, k_d) of the input from its conjugate, K^0 = (mu I - Q^0)^{-1}.

    With Lambda_i = mu - r_d + x_{i+1} r_i + sum_{j > i} r_j (x_{j+1} - x_j) the eigenvalues of the inverse,

        k_d - k_K = 1/Lambda_K,   k_i - k_{i-1} = (1/Lambda_{i-1} - 1/Lambda_i)/x_i,   k_0 = r_0/Lambda_0^2.

    Gaussian prior: mu = 1. Sphere: mu such that k_d = 1.

    Raises
    ------
    NotConvergedError
        If the weight over inputs cannot be normalised (Gaussian prior).
    """
    # Lambda_i = mu - (r_d - r_K) + sum_{j > i} x_j (r_{j-1} - r_j): the differences alone, without cancellation.
    shift = -eigenvalues(x, r, r_d)

    def overlaps(mu: float) -> tuple[FloatArray, float]:
        inverse = 1.0 / (mu + shift)
        steps = -np.diff(inverse) / x
        k = r[0] * inverse[0] ** 2 + np.concatenate([[0.0], np.cumsum(steps)])
        return k, float(k[-1] + inverse[-1])

    if model.prior == "sphere":
        # 1/Lambda_0 <= k_d <= 1/Lambda_0 + r_K/Lambda_0^2, so Lambda_0 lies between 1 and 1 + r_K.
        low, high = 0.5 - float(shift[0]), 2.0 + float(r[-1]) - float(shift[0])
        mu = scipy.optimize.brentq(lambda m: overlaps(m)[1] - 1.0, low, high, xtol=1e-15, rtol=1e-15)
        return overlaps(float(mu))
    if not np.all(1.0 + shift > 0.0):
        raise NotConvergedError(f"the conjugate of the input overlap has an eigenvalue {1.0 - shift.min():.3g} above 1")
    return overlaps(1.0)


def input_entropy(x: FloatArray, k: FloatArray, k_d: float) -> float:
    """Return lim (1/n) (1/2) [log det K^0 - tr K^0 + n], per input neuron.

    The log det is log D_K + sum_i (1/x_i) log(D_{i-1}/D_i) + k_0/D_0.
    """
    d = eigenvalues(x, k, k_d)
    log_det = math.log(d[-1]) + float(np.sum(np.log(d[:-1] / d[1:]) / x)) + k[0] / d[0]
    return float(0.5 * (log_det - k_d + 1.0))


def input_entropy_slopes(x: FloatArray, k: FloatArray, k_d: float) -> FloatArray:
    """Return the derivative of `input_entropy` in each breakpoint, shape (K,)."""
    d, gap = eigenvalues(x, k, k_d), np.diff(k)
    below = np.concatenate([[0.0], np.cumsum((1.0 / d[:-1] - 1.0 / d[1:]) / x)])[:-1]
    direct = -np.log(d[:-1] / d[1:]) / x**2
    return np.asarray(0.5 * (direct + gap * (below + 1.0 / (x * d[:-1]) - k[0] / d[0] ** 2)))
