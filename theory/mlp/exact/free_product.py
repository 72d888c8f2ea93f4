"""Squared singular values of products of random weights of any widths, by free probability.

M_l = X^l .. X^1, X^k = W^k / sqrt(N_{k-1}) of shape N_k x N_{k-1} with W standard normal: what a linear network with
C_W = 1 does up to layer l. As N -> infinity at fixed alpha_k = N_k / N the factors become free. Let psi(zeta) =
sum_p m_p zeta^p, m_p = (1 / N_0) tr (M^T M)^p, chi its inverse and S(u) = chi(u) (1 + u) / u.

One factor is a free Poisson (Marchenko-Pastur) law of rate c = alpha_1 / alpha_0, S(u) = 1 / (c + u). With further
layers M^T M = X^T B X, B = R^T R of dimension N_1, has the non-zero spectrum of B X X^T, so that psi_0 = c psi_1, and S
of that product is S_B(u) / (1 + c u); back in dimension N_0 that is S(u) = S_B(u / c) / (c + u). Repeated,

    S(u) = prod_{k=1..l} alpha_{k-1} / (alpha_k + alpha_0 u),    psi = zeta F(psi),
    F(u) = (1 + u) prod_k (alpha_k + alpha_0 u) / alpha_{k-1}.

Lagrange inversion gives m_p = (1/p) [u^{p-1}] F(u)^p; equal widths: the Fuss-Catalan numbers binom((l+1) p, p-1) / p.
The Stieltjes transform (1 + psi(1/x)) / x solves the polynomial F(psi) = x psi, on the branch with psi ~ m_1 / x at
infinity, and the density is -Im psi(1 / (x + i0)) / (pi x), beside an atom at zero where a layer is narrower than the
input. Edges are where x = F(u) / u is stationary.

Gibbs measure of the linear network: x given W is N(-beta h, I), h = sqrt(N C_W / N_L) (C_W^{1/2})^L M_L^T w. The mean
over w and over the layers above l, E R^T R = N_L / N_l, leave

    k0^l = beta^2 C_W^{L+l+1} alpha_0 m_2(l) / alpha_l^2,    v^l = C_W^l alpha_0 m_1(l) / alpha_l.

Sources: Marchenko and Pastur (1967); Voiculescu (1987) for S; the rest is derived here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import scipy
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from theory.arrays import FloatArray
from theory.result import NotConvergedError

ComplexArray = NDArray[np.complex128]

_STEPS = 60  # from far above the axis, where the branch is known, down to it
_CLOSEST = 1e-10
_UNSEEN = 1e-7  # an imaginary part this small, relative to psi, is rounding


def product_moments(width_ratios: Sequence[float], order: int) -> FloatArray:
    """Return m_p = lim (1 / N_0) tr (M^T M)^p for p = 1 .. order.

    Parameters
    ----------
    width_ratios : sequence of float
        alpha_0 .. alpha_l, input first, positive; at least two.
    order : int
        Largest p, at least 1.

    Returns
    -------
    float64 array of shape (order,)

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    series = _series(width_ratios)
    if order < 1:
        raise ValueError(f"order {order} must be at least 1")
    power, moments = Polynomial([1.0]), []
    for p in range(1, order + 1):
        power = power * series
        moments.append(float(power.coef[p - 1]) / p)
    return np.array(moments)


def product_atom(width_ratios: Sequence[float]) -> float:
    """Return the fraction of vanishing eigenvalues of M^T M."""
    _series(width_ratios)
    return max(0.0, 1.0 - min(width_ratios) / width_ratios[0])


def product_support(width_ratios: Sequence[float]) -> tuple[float, float]:
    """Return the smallest and the largest eigenvalue of M^T M beside the atom, in the limit.

    Raises
    ------
    ValueError
        If a width ratio is out of range.
    """
    series = _series(width_ratios)
    zeros = sorted(min(ratio / width_ratios[0], 1e300) for ratio in width_ratios)

    def log_x(u: float) -> float:
        return math.log(float(series(u)) / u)

    top = scipy.optimize.minimize_scalar(
        lambda s: log_x(math.exp(s)), bounds=(-20.0, 20.0), method="bounded", options={"xatol": 1e-12}
    )
    low, high = -zeros[1], -zeros[0]
    if high - low < 1e-9 * zeros[0]:
        return 0.0, math.exp(float(top.fun))
    margin = 1e-12 * (high - low)
    inside = (low + margin, high - margin)
    bottom = scipy.optimize.minimize_scalar(
        lambda u: -float(series(u)) / u, bounds=inside, method="bounded", options={"xatol": 1e-13 * (high - low)}
    )
    return -float(bottom.fun), math.exp(float(top.fun))


def product_density(width_ratios: Sequence[float], x: FloatArray) -> FloatArray:
    """Return the density of the eigenvalues of M^T M (squared singular values of M), without the atom at zero.

    Parameters
    ----------
    width_ratios : sequence of float
        alpha_0 .. alpha_l, input first.
    x : float64 array of shape (points,)
        Positive.

    Returns
    -------
    float64 array of shape (points,)
        Integrates to one minus `product_atom`. Singular values sigma have the density 2 sigma times that at sigma^2.

    Raises
    ------
    ValueError
        If an argument is out of range.
    NotConvergedError
        If the branch of the polynomial is lost on the way to the real axis.
    """
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 1 or not np.all(np.isfinite(x) & (x > 0.0)):
        raise ValueError("x must be a one-dimensional array of positive finite numbers")
    top = product_support(width_ratios)[1]
    heights = np.geomspace(np.full(x.shape, 1e3 * (top + x.max(initial=0.0))), _CLOSEST * x, _STEPS)
    shift = min(width_ratios) / width_ratios[0]
    shifted = _series(width_ratios, shift)
    w = shift + (width_ratios[-1] / width_ratios[0]) / (x + 1j * heights[0])
    for height in heights:
        w = _nearest_root(shifted, shift, x + 1j * height, w)
    if np.any(w.imag > _UNSEEN * np.abs(w)):
        raise NotConvergedError(f"widths {tuple(width_ratios)}: the density came out negative at some x; branch lost")
    return np.asarray(np.maximum(-w.imag, 0.0) / (math.pi * x))


def gibbs_overlaps(
    width_ratios: Sequence[float], beta: float, weight_variance: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Return v and k0 of every layer of a linear network with the Gaussian prior, from moments of weight products.

    Parameters
    ----------
    width_ratios : sequence of float
        alpha_0 .. alpha_L.
    beta : float
        Inverse temperature.
    weight_variance : float
        C_W.

    Returns
    -------
    v, k0 : float64 arrays of shape (L + 1,)
        K^l_aa - K^l_ab and K^l_ab: those of `theory.mlp.solve_linear` without biases, derived without replicas.
    """
    _series(width_ratios)
    first, depth = width_ratios[0], len(width_ratios) - 1
    moments = [np.ones(2)] + [product_moments(width_ratios[: layer + 1], 2) for layer in range(1, depth + 1)]
    ratios, layers, (m_1, m_2) = np.array(width_ratios), np.arange(depth + 1), np.array(moments).T
    v = weight_variance**layers * first * m_1 / ratios
    k0 = beta**2 * weight_variance ** (depth + 1.0 + layers) * first * m_2 / ratios**2
    return np.asarray(v), np.asarray(k0)


def _series(width_ratios: Sequence[float], shift: float = 0.0) -> Polynomial:
    """Return F(w - shift) as a polynomial in w."""
    if len(width_ratios) < 2 or not all(math.isfinite(a) and a > 0 for a in width_ratios):
        raise ValueError(
            f"width ratios {tuple(width_ratios)} must be at least two positive finite numbers, input first"
        )
    series, first = Polynomial([1.0 - shift, 1.0]), width_ratios[0]
    for below, here in pairwise(width_ratios):
        series = series * Polynomial([(here / first - shift) * first / below, first / below])
    return series


def _nearest_root(series: Polynomial, shift: float, z: ComplexArray, guess: ComplexArray) -> ComplexArray:
    """Return at each z the w closest to the guess with F(w - shift) = z (w - shift), all of shape (points,).

    `series` is F(w - shift). With F(-shift) = 0 the roots that meet at a hard edge are small numbers w, which rounding
    leaves apart.
    """
    coefficients = np.tile(series.coef.astype(complex), (z.size, 1))
    coefficients[:, 0] += shift * z
    coefficients[:, 1] -= z
    degree = series.degree()
    companion = np.zeros((z.size, degree, degree), dtype=complex)
    companion[:, np.arange(1, degree), np.arange(degree - 1)] = 1.0
    companion[:, :, -1] = -coefficients[:, :-1] / coefficients[:, -1:]
    roots = np.linalg.eigvals(companion)
    return np.asarray(roots[np.arange(z.size), np.abs(roots - guess[:, None]).argmin(axis=1)])
