"""The Parisi functional of the spins of one layer: its value, gradient and curvature.

A spin of the layer feels a field whose variance at level i is S_i (in units of T^2), 0 < S_0 < .. < S_K, with
breakpoints 0 < x_1 < .. < x_K < 1 (x_0 = 0, x_{K+1} = 1). With v_0 = S_0, v_i = S_i - S_{i-1} and the recursion of
`kernels`, phi(S, x) = E f_0(y_0), y_0 ~ N(0, v_0). Its derivatives follow from the heat equation

    d f_{i-1} / d v_i = a_i = (chi_{i-1} + x_i m_{i-1}^2)/2      d f_{i-1} / d x_i = b_i = (T_i f_i - f_{i-1})/x_i

and from d phi / d f_p = P_p, the distribution of y_p:

    d phi / d S_i = (delta_iK - (x_{i+1} - x_i) F_i)/2,  F_i = E m_i^2      d phi / d x_i = (E f_i - E f_{i-1})/x_i

(derived here, checked by finite differences in the tests). Source of the
recursion: Parisi, J. Phys. A 13, L115 (1980).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from theory.arrays import FloatArray
from theory.layered_sk.rsb.grid import FieldGrid, make_grid


@dataclass(frozen=True)
class LayerState:
    """The recursion of one layer solved at given field variances and breakpoints.

    Attributes
    ----------
    variances : float64 array, shape (K + 1,)
        S_i, in units of T^2.
    breakpoints : float64 array, shape (K,)
        x_1 .. x_K.
    grid : FieldGrid
    g, m, chi : float64 arrays, shape (K + 1, padded)
        f_p - |y| - c_p and the first two derivatives of f_p.
    norm : float64 array, shape (K, padded)
    probability : float64 array, shape (K + 1, padded)
        Of the field at each level, zero beyond its grid; an entry stands for both signs.
    """

    variances: FloatArray
    breakpoints: FloatArray
    grid: FieldGrid
    g: FloatArray
    m: FloatArray
    chi: FloatArray
    norm: FloatArray
    probability: FloatArray

    @cached_property
    def constants(self) -> FloatArray:
        """c_p of f_p = g_p + |y| + c_p, shape (K + 1,)."""
        terms = self.breakpoints * np.diff(self.variances) / 2
        return np.append(np.cumsum(terms[::-1])[::-1], 0.0)

    def mean(self, values: FloatArray) -> FloatArray:
        """Average functions of each level's field, shape (K + 1, padded), over it: shape (K + 1,)."""
        return np.asarray(np.einsum("pj,pj->p", self.probability, values))

    @cached_property
    def mean_log(self) -> FloatArray:
        """E f_p, shape (K + 1,)."""
        return self.mean(self.g + self.grid.fields) + self.constants

    @property
    def value(self) -> float:
        """phi."""
        return float(self.mean_log[0])

    @cached_property
    def overlaps(self) -> FloatArray:
        """F_i = E m_i^2, the overlap this field produces at each level, shape (K + 1,)."""
        return self.mean(self.m**2)

    @cached_property
    def squared_response(self) -> FloatArray:
        """E chi_i^2 at each level, shape (K + 1,)."""
        return self.mean(self.chi**2)

    @property
    def curvature_on_plateau(self) -> tuple[float, float]:
        """E (d^2 m/dy^2)^2 and E (dm/dy)^3 on the last level, where m = tanh y."""
        m, chi = self.m[-1], self.chi[-1]
        return float(self.probability[-1] @ (2 * m * chi) ** 2), float(self.probability[-1] @ chi**3)

    @property
    def susceptibility(self) -> float:
        """E chi_0 = 1 - int F dx."""
        return float(self.mean(self.chi)[0])

    @property
    def slope_in_breakpoints(self) -> FloatArray:
        """d phi / d x_i at fixed variances, shape (K,)."""
        return np.diff(self.mean_log) / self.breakpoints


def solve_layer(variances: FloatArray, breakpoints: FloatArray, refinement: float = 1.0) -> LayerState:
    """Run the recursion of one layer down from f_K = log(2 cosh y) and the field's distribution up.

    Parameters
    ----------
    variances : float64 array, shape (K + 1,)
        Positive and strictly increasing.
    breakpoints : float64 array, shape (K,)
        Strictly increasing, between 0 and 1.
    refinement : float
        The grid's spacings are divided by it.
    """
    from theory.layered_sk.rsb import kernels  # numba, which a replica-symmetric solution does without

    grid = make_grid(variances, breakpoints, refinement)
    arrays = (breakpoints, grid.spacing, grid.points, grid.ratio, grid.weights, grid.low, grid.high)
    g, m, chi, norm = kernels.backward(*arrays, grid.padded)
    probability = kernels.forward(*arrays, grid.start, g, norm)
    return LayerState(variances, breakpoints, grid, g, m, chi, norm, probability)
