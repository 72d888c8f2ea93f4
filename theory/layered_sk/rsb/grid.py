"""The grid of local fields of one layer, and the weights of its increments."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from theory.arrays import FloatArray, IntArray
from theory.numerics.gaussian_stencil import TAIL, gaussian_stencil

# log(2 cosh y) is singular at y = +- i pi/2, which a step of 0.15 resolves to about 1e-12. Narrow fields, near T_c, get
# a finer one for the sake of their small overlaps' relative accuracy.
LARGEST_FIRST_STEP, SMALLEST_FIRST_STEP = 0.15, 0.02
_FIRST_STEPS_PER_DEVIATION = 3.0
# Further down, f_p is a logarithm of means of exp(x f): like log cosh(x y) its singularities move out to i pi/(2 x),
# while increments of total variance V smooth it on the scale sqrt(V). Each solution measures the error of its grids.
_STEP_OF_TILT = 0.15
_STEPS_PER_DEVIATION = 5.0
_COARSEST = 8
_FEWEST_POINTS = 24


@dataclass(frozen=True)
class FieldGrid:
    """Grids y_j = j spacing_p of one layer's field in units of T at levels p = 0..K, and the weights of its increments.

    Attributes
    ----------
    spacing : float64 array, shape (K + 1,)
    points : int64 array, shape (K + 1,)
    ratio : int64 array, shape (K,)
        Spacing below each step over the spacing above it.
    weights : float64 array, shape (K, widest)
        Tilted weights A_n of each step, from n = low to n = high (see `kernels`).
    low, high : int64 arrays, shape (K,)
    start : float64 array
        Probability of the lowest level's field, both signs together.
    padded : int
        Length of every level's row.
    """

    spacing: FloatArray
    points: IntArray
    ratio: IntArray
    weights: FloatArray
    low: IntArray
    high: IntArray
    start: FloatArray
    padded: int

    @property
    def fields(self) -> FloatArray:
        """y_j at every level, including the padding, shape (K + 1, padded)."""
        return self.spacing[:, None] * np.arange(self.padded)


def make_grid(variances: FloatArray, breakpoints: FloatArray, refinement: float = 1.0) -> FieldGrid:
    """Return grids that fit the field of one layer.

    Parameters
    ----------
    variances : float64 array, shape (K + 1,)
        Variance of the field at each level, in units of T^2: positive, strictly increasing.
    breakpoints : float64 array, shape (K,)
        x_1 .. x_K.
    refinement : float
        All spacings are divided by it.
    """
    increments = np.diff(variances)
    spacing = _spacings(variances, breakpoints) / refinement
    rows = [gaussian_stencil(*step) for step in zip(increments, spacing[1:], breakpoints, strict=True)]
    first, row = gaussian_stencil(float(variances[0]), float(spacing[0]))
    # The tilt moves the field by at most sum x_i v_i.
    drift = np.concatenate([[0.0], np.cumsum(breakpoints * increments)])
    reach = np.ceil((drift + TAIL * np.sqrt(variances)) / spacing).astype(np.int64) + 1
    points = np.maximum(reach, int(_FEWEST_POINTS * refinement))
    ratio = np.rint(spacing[:-1] / spacing[1:]).astype(np.int64)
    low = np.array([low for low, _ in rows], dtype=np.int64)
    high = low + np.array([len(values) - 1 for _, values in rows], dtype=np.int64)
    weights = np.zeros((len(rows), max((len(values) for _, values in rows), default=0)))
    for index, (_, values) in enumerate(rows):
        weights[index, : len(values)] = values
    farthest = (points[:-1] - 1) * ratio + np.maximum(high, -low) + 1
    start = row[-first : -first + points[0]].copy()
    start[1:] *= 2.0
    padded = int(max([*points, *farthest]))
    return FieldGrid(spacing, points, ratio, weights, low, high, start, padded)


def _spacings(variances: FloatArray, breakpoints: FloatArray) -> FloatArray:
    """Spacing of each level: powers of two times that of the last, not growing with the level, shape (K + 1,)."""
    smoothed = np.sqrt(variances[-1] - variances[:-1]) / _STEPS_PER_DEVIATION
    first = math.sqrt(variances[-1]) / _FIRST_STEPS_PER_DEVIATION
    first = min(max(first, SMALLEST_FIRST_STEP), LARGEST_FIRST_STEP)
    wanted = np.minimum(smoothed, _STEP_OF_TILT / breakpoints) / first
    powers = np.clip(np.floor(np.log2(np.maximum(wanted, 1.0))), 0, math.log2(_COARSEST))
    return np.append(first * 2.0 ** np.minimum.accumulate(powers), first)
