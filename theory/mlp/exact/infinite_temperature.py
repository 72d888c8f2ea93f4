"""Moments of a random MLP of finite width at beta = 0, where inputs come from the prior and nothing is tilted.

For one input, layers form a Markov chain: given K = K^{l-1}_aa the pre-activations of layer l are independent
N(0, C_W K + C_b), so that K^l_aa is the mean of N_l independent copies of phi(z)^2. Its law is narrow, and a Gauss
rule of three nodes that reproduces its first five moments replaces it. What is left out begins with the sixth moment,
of order N^{-3}; layers 0 and 1 are exact. Over all inputs each layer's law of K would take three times the nodes of the
layer before, 20 * 3^L; the Gauss rule of that law with 20 nodes, which has its first 39 moments, takes its place, so
that time and memory grow as L.

With independent output weights, [<H>]/N = 0 and [<H^2>]/N = C_W [<K^L_aa>].
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import linalg

from theory.activations import Activation
from theory.arrays import FloatArray
from theory.mlp.model import MlpModel

_NODES = 20
# Of the largest off-diagonal element: below it a law has no more nodes than were found.
_EXHAUSTED = 1e-13
_ZETA = np.linspace(-12.0, 12.0, 4001)
_GAUSSIAN = np.exp(-0.5 * _ZETA**2) / math.sqrt(2.0 * math.pi) * (_ZETA[1] - _ZETA[0])


def prior_self_overlaps(model: MlpModel, widths: Sequence[int]) -> FloatArray:
    """Return [<K^l_aa>] at beta = 0 of a network of finite width, to O(N^-3).

    Parameters
    ----------
    model : MlpModel
        Its width ratios are not used; the widths take their place.
    widths : sequence of int
        N_0 .. N_L.

    Returns
    -------
    float64 (L + 1,)
        Input first.

    Raises
    ------
    ValueError
        If the number of widths is not the model's L + 1.
    """
    if len(widths) != model.depth + 1:
        raise ValueError(
            f"{len(widths)} widths {tuple(widths)} for a model of {model.depth + 1} layers, input included"
        )
    nodes, weights = _input_rule(model, widths[0])
    means = [float(weights @ nodes)]
    for width in widths[1:]:
        variances = model.weight_variance * nodes + model.bias_variance
        rules = [_mean_rule(_square_moments(model.activation, c), width) for c in variances]
        weights = np.concatenate([w * rule[1] for w, rule in zip(weights, rules, strict=True)])
        nodes = np.concatenate([rule[0] for rule in rules])
        means.append(float(weights @ nodes))
        nodes, weights = _gauss_rule(nodes, weights, _NODES)
    return np.array(means)


def _input_rule(model: MlpModel, width: int) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights of |x|^2 / N_0: chi squared over N_0, or 1 on the sphere."""
    if model.prior == "sphere":
        return np.ones(1), np.ones(1)
    # Gauss-Laguerre by its Jacobi matrix: SciPy's weights overflow beyond a few hundred inputs.
    k, alpha = np.arange(_NODES, dtype=np.float64), 0.5 * width - 1.0
    off = np.sqrt(k[1:] * (k[1:] + alpha))
    nodes, weights = _rule_of_jacobi(2.0 * k + 1.0 + alpha, off)
    return nodes * 2.0 / width, weights


def _rule_of_jacobi(diagonal: FloatArray, off: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights of the Gauss rule of a law from its Jacobi matrix (Golub & Welsch)."""
    nodes, vectors = linalg.eigh_tridiagonal(diagonal, off)
    return nodes, vectors[0] ** 2


def _gauss_rule(nodes: FloatArray, weights: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Return `count` nodes and weights that have the first 2 count - 1 moments of a law on more nodes.

    The Jacobi matrix of the law's orthogonal polynomials is that of Lanczos' iteration on the diagonal matrix of its
    nodes, from the roots of its weights (Golub & Welsch; Gautschi, Orthogonal Polynomials, 2004, sec. 2.2.3).
    """
    if nodes.size <= count:
        return nodes, weights
    basis = np.zeros((count, nodes.size))
    basis[0] = np.sqrt(weights / weights.sum())
    diagonal, off = np.zeros(count), np.zeros(count)
    for k in range(count):
        image = nodes * basis[k]
        diagonal[k] = basis[k] @ image
        for _ in range(2):  # orthogonal to rounding, not only in exact arithmetic
            image = image - basis[: k + 1].T @ (basis[: k + 1] @ image)
        off[k] = np.linalg.norm(image)
        if k + 1 == count or off[k] <= _EXHAUSTED * np.abs(nodes).max():
            break
        basis[k + 1] = image / off[k]
    values, shares = _rule_of_jacobi(diagonal[: k + 1], off[:k])
    return values, weights.sum() * shares


def _square_moments(activation: Activation, variance: float) -> FloatArray:
    """Return E phi(z)^{2p} for p = 1..5, z ~ N(0, variance)."""
    squares = activation.phi(math.sqrt(variance) * _ZETA) ** 2
    return np.array([float(_GAUSSIAN @ squares**p) for p in range(1, 6)])


def _mean_rule(raw: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Return the three-node Gauss rule of the mean of `count` independent numbers with raw moments m_1 .. m_5.

    Cumulants of the mean are k_p / n^{p-1}; the nodes are the eigenvalues of the Jacobi matrix of the polynomials
    that are orthogonal under its law (Golub & Welsch).
    """
    m1, m2, m3, m4, m5 = raw
    k2 = m2 - m1**2
    k3 = m3 - 3.0 * m2 * m1 + 2.0 * m1**3
    k4 = m4 - 4.0 * m3 * m1 - 3.0 * m2**2 + 12.0 * m2 * m1**2 - 6.0 * m1**4
    k5 = m5 - 5.0 * m4 * m1 - 10.0 * m3 * m2 + 20.0 * m3 * m1**2 + 30.0 * m2**2 * m1 - 60.0 * m2 * m1**3 + 24.0 * m1**5
    c2, c3 = k2 / count, k3 / count**2
    c4, c5 = k4 / count**3 + 3.0 * c2**2, k5 / count**4 + 10.0 * c2 * c3
    if c2 <= 1e-15 * m1**2:
        return np.array([m1]), np.ones(1)
    a1 = c3 / c2
    norm = c4 - c3 * a1 - c2**2
    a2 = (c5 - 2.0 * a1 * c4 + (a1**2 - 2.0 * c2) * c3 + 2.0 * a1 * c2**2) / norm
    off = np.sqrt([c2, norm / c2])
    nodes, weights = _rule_of_jacobi(np.array([0.0, a1, a2]), off)
    return m1 + nodes, weights
