"""Compiled sweeps through the levels of one layer's Parisi recursion; arrays in, arrays out.

Notation. Level p = 0..K has the field y_p (in units of T) and step i = 1..K leads from level i - 1 to level i by a
Gaussian increment of variance v_i, tilted by exp(x_i f_i):

    f_{i-1}(y) = (1/x_i) log E exp(x_i f_i(y + z)),   z ~ N(0, v_i),   f_K(y) = log(2 cosh y)
    T_i[u](y)  = E[exp(x_i f_i) u(y + z)] / E exp(x_i f_i)
    m_{i-1} = T_i[m_i],   chi_{i-1} = T_i[chi_i + x_i m_i^2] - x_i m_{i-1}^2,   m_p = f_p', chi_p = f_p''

Nothing is differentiated numerically. All functions are even or odd, so a grid covers the half line only; level p has
its own spacing h_p, which does not grow with p: r_i = h_{i-1}/h_i is a whole number. With g_p = f_p - |y| - c_p,
c_{i-1} = c_i + x_i v_i/2, g vanishes at large |y|. The tilted increment from y to y' = y + n h_i >= 0 has the weight
A_n, that to -y' the weight exp(-2 x y) A_n' with n' h_i = y + y' and the same array

    A_n = kernel[n] exp(x n h_i - x^2 v_i/2)

where kernel[n] are the weights of the increments themselves. A is stored from n = low to n = high. Nothing overflows,
at any temperature. Rows are padded beyond the grid with the values at large |y|.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from theory.arrays import FloatArray, IntArray

_NOTHING = 1e-150  # products of smaller probabilities are denormal numbers, which processors are slow at
_FAST = {"reassoc", "contract", "nsz"}  # lets sums vectorise; infinities and NaN keep their meaning


@njit(cache=True, fastmath=_FAST)  # type: ignore[untyped-decorator]
def backward(
    x: FloatArray,
    spacing: FloatArray,
    points: IntArray,
    ratio: IntArray,
    weights: FloatArray,
    low: IntArray,
    high: IntArray,
    padded: int,
) -> Any:
    """Return g, m, chi at every level, shapes (K + 1, padded), and the norms of the steps, shape (K, padded)."""
    steps = len(x)
    g, m, chi = np.zeros((steps + 1, padded)), np.ones((steps + 1, padded)), np.zeros((steps + 1, padded))
    norm = np.ones((steps, padded))
    for j in range(padded):
        y = j * spacing[steps]
        decay = np.exp(-2.0 * y)
        g[steps, j] = np.log1p(decay)
        m[steps, j] = np.tanh(y)
        chi[steps, j] = 4.0 * decay / (1.0 + decay) ** 2
    for i in range(steps - 1, -1, -1):
        u = np.exp(x[i] * g[i + 1])
        um = u * m[i + 1]
        uc = u * chi[i + 1] + x[i] * um * m[i + 1]
        a, first, last = weights[i], low[i], high[i]
        for j in range(points[i]):
            z, s, c = 0.0, 0.0, 0.0
            centre = j * ratio[i]
            for k in range(max(0, centre + first), centre + last + 1):
                w = a[k - centre - first]
                z += w * u[k]
                s += w * um[k]
                c += w * uc[k]
            mirrored = np.exp(-2.0 * x[i] * j * spacing[i])
            for k in range(max(1, first - centre), last - centre + 1):
                w = mirrored * a[k + centre - first]
                z += w * u[k]
                s -= w * um[k]
                c += w * uc[k]
            norm[i, j] = z
            g[i, j] = np.log(z) / x[i]
            m[i, j] = s / z
            chi[i, j] = c / z - x[i] * (s / z) ** 2
        m[i, 0] = 0.0  # the sum leaves rounding, which a field of less than that would feel
    return g, m, chi, norm


@njit(cache=True, fastmath=_FAST)  # type: ignore[untyped-decorator]
def forward(
    x: FloatArray,
    spacing: FloatArray,
    points: IntArray,
    ratio: IntArray,
    weights: FloatArray,
    low: IntArray,
    high: IntArray,
    start: FloatArray,
    g: FloatArray,
    norm: FloatArray,
) -> Any:
    """Return the probability of y_p at every level, shape (K + 1, padded); an entry stands for both signs."""
    steps = len(x)
    probability = np.zeros_like(g)
    probability[0, : len(start)] = start
    for i in range(steps):
        a, first, last = weights[i], low[i], high[i]
        end = points[i + 1]
        for j in range(points[i]):
            p = probability[i, j] / norm[i, j]
            centre = j * ratio[i]
            for k in range(max(0, centre + first), min(end, centre + last + 1)):
                probability[i + 1, k] += p * a[k - centre - first]
            mirrored = p * np.exp(-2.0 * x[i] * j * spacing[i])
            for k in range(max(1, first - centre), min(end, last - centre + 1)):
                probability[i + 1, k] += mirrored * a[k + centre - first]
        for k in range(end):
            p = probability[i + 1, k] * np.exp(x[i] * g[i + 1, k])
            probability[i + 1, k] = p if abs(p) > _NOTHING else 0.0
    return probability


@njit(cache=True)  # type: ignore[untyped-decorator]
def transition(
    x: float,
    spacing: float,
    points: int,
    ratio: int,
    a: FloatArray,
    first: int,
    last: int,
    g: FloatArray,
    norm: FloatArray,
) -> Any:
    """Return T_i as a matrix on even functions, from level i (padded) to the level below: (points, padded).

    `spacing` and `points` are those of the level below.
    """
    u = np.exp(x * g)
    matrix = np.zeros((points, len(u)))
    for j in range(points):
        centre = j * ratio
        for k in range(max(0, centre + first), centre + last + 1):
            matrix[j, k] = a[k - centre - first]
        mirrored = np.exp(-2.0 * x * j * spacing)
        for k in range(max(1, first - centre), last - centre + 1):
            matrix[j, k] += mirrored * a[k + centre - first]
        for k in range(len(u)):
            matrix[j, k] *= u[k] / norm[j]
    return matrix
