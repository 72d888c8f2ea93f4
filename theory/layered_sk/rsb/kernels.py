"""Compiled sweeps through the levels of one layer's Parisi recursion; arrays in, arrays out.

Notation. Level p = 0..K has the field y_p (in units of T) and step i = 1..K leads from level i - 1 to level i by a
Gaussian increment of variance v_i, tilted by exp(x_i f_i):

    f_{i-1}(y) = (1/x_i) log E exp(x_i f_i(y + z)),   z ~ N(0, v_i),   f_K(y) = log(2 cosh y)
    T_i[u](y)  = E[exp(x_i f_i) u(y + z)] / E exp(x_i f_i)
    m_{i-1} = T_i[m_i],   chi_{i-1} = T_i[chi_i + x_i m_i^2] - x_i m_{i-1}^2,   m_p = f_p', chi_p = f_p''

Nothing is differentiated numerically. All functions are even or odd, so the grid y_j = j h covers the half line.
With g_p = f_p - |y| - c_p, c_{i-1} = c_i + x_i v_i/2, g vanishes at large |y|, and the tilted increment from y_j to
y_j' >= 0 has the weight A_{j'-j}, that to -y_j' the weight exp(-2 x y_j) A_{j+j'} with the same array

    A_n = kernel[n] exp(x n h - x^2 v/2),

where kernel[n] are the weights of the increments. A is stored from n = low to n = high. Nothing overflows, at any
temperature. Rows are padded beyond the grid with the values at large |y|.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_FAST = {"reassoc", "contract", "nsz"}  # lets sums vectorise; infinities and NaN keep their meaning


@njit(cache=True, fastmath=_FAST)
def backward(x, step, points, weights, low, high):
    """Return g, m, chi at every level, shapes (K + 1, padded), and the norms of the steps, shape (K, points)."""
    steps, padded = len(x), points + weights.shape[1]
    g, m, chi = np.zeros((steps + 1, padded)), np.ones((steps + 1, padded)), np.zeros((steps + 1, padded))
    norm = np.empty((steps, points))
    for j in range(padded):
        y = j * step
        decay = np.exp(-2.0 * y)
        g[steps, j] = np.log1p(decay)
        m[steps, j] = np.tanh(y)
        chi[steps, j] = 4.0 * decay / (1.0 + decay) ** 2
    for i in range(steps - 1, -1, -1):
        u = np.exp(x[i] * g[i + 1])
        um = u * m[i + 1]
        uc = u * chi[i + 1] + x[i] * um * m[i + 1]
        a, first, last = weights[i], low[i], high[i]
        for j in range(points):
            z, s, c = 0.0, 0.0, 0.0
            begin = max(0, j + first)
            for k in range(begin, j + last + 1):
                w = a[k - j - first]
                z += w * u[k]
                s += w * um[k]
                c += w * uc[k]
            mirrored = np.exp(-2.0 * x[i] * j * step)
            for k in range(max(1, first - j), last - j + 1):
                w = mirrored * a[k + j - first]
                z += w * u[k]
                s -= w * um[k]
                c += w * uc[k]
            norm[i, j] = z
            g[i, j] = np.log(z) / x[i]
            m[i, j] = s / z
            chi[i, j] = c / z - x[i] * (s / z) ** 2
    return g, m, chi, norm


@njit(cache=True, fastmath=_FAST)
def forward(x, step, points, weights, low, high, start, g, norm):
    """Return the probability of y_p at every level, shape (K + 1, points); an entry stands for both signs."""
    steps = len(x)
    probability = np.zeros((steps + 1, points))
    probability[0] = start
    for i in range(steps):
        u = np.exp(x[i] * g[i + 1])
        a, first, last = weights[i], low[i], high[i]
        target = np.zeros(points)
        for j in range(points):
            p = probability[i, j] / norm[i, j]
            if p == 0.0:
                continue
            for k in range(max(0, j + first), min(points, j + last + 1)):
                target[k] += p * a[k - j - first]
            mirrored = p * np.exp(-2.0 * x[i] * j * step)
            for k in range(max(1, first - j), min(points, last - j + 1)):
                target[k] += mirrored * a[k + j - first]
        for k in range(points):
            probability[i + 1, k] = target[k] * u[k]
    return probability


@njit(cache=True)
def transition(x, step, points, a, first, last, g, norm):
    """Return T_i as a matrix on even functions, from level i (padded) to the level below: (points, padded)."""
    u = np.exp(x * g)
    matrix = np.zeros((points, len(u)))
    for j in range(points):
        for k in range(max(0, j + first), j + last + 1):
            matrix[j, k] = a[k - j - first]
        mirrored = np.exp(-2.0 * x * j * step)
        for k in range(max(1, first - j), last - j + 1):
            matrix[j, k] += mirrored * a[k + j - first]
        for k in range(len(u)):
            matrix[j, k] *= u[k] / norm[j]
    return matrix
