"""The grid of local fields and the weights that average a function on it over a Gaussian increment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# log(2 cosh y) is singular at y = +- i pi/2, so a step of 0.2 resolves it to about 1e-11 (`test_..._grid`).
DEFAULT_STEP = 0.2
_FINEST_STEP = 0.02
_STEPS_PER_DEVIATION = 3.0
_TAIL = 8.3  # a Gaussian beyond so many standard deviations is below 1e-16
_ASYMPTOTIC = 19.0  # from here on log(2 cosh y) = |y| to rounding
# From this ratio of width to step on, plain samples of the Gaussian are right to exp(-2 pi^2 1.44) ~ 5e-13.
_SAMPLED = 1.2
_REACH = 8  # half width of the interpolating stencil for narrower ones: polynomials up to degree 16


@dataclass(frozen=True)
class FieldGrid:
    """Grid y_j = j step of one layer's field in units of T, and the weights of its increments.

    Attributes
    ----------
    step : float
    points : int
    weights : float64 array, shape (K, widest)
        Tilted weights A_n of each step, from n = low to n = high (see `kernels`).
    low, high : int64 arrays, shape (K,)
    start : float64 array, shape (points,)
        Probability of the lowest level's field, both signs together.
    """

    step: float
    points: int
    weights: Array
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    start: Array

    @property
    def fields(self) -> Array:
        """y_j, including the padding, shape (points + widest,)."""
        return self.step * np.arange(self.points + self.weights.shape[1])


def make_grid(variances: Array, breakpoints: Array, refinement: float = 1.0) -> FieldGrid:
    """Return a grid that fits the field of one layer.

    Parameters
    ----------
    variances : float64 array, shape (K + 1,)
        Variance of the field at each level, in units of T^2: positive, strictly increasing.
    breakpoints : float64 array, shape (K,)
        x_1 .. x_K.
    refinement : float
        The step is divided by it.
    """
    increments = np.diff(variances)
    deviation = math.sqrt(variances[-1])
    step = max(_FINEST_STEP, min(DEFAULT_STEP, deviation / _STEPS_PER_DEVIATION)) / refinement
    # The tilt moves the field by at most sum x_i v_i.
    drift = float(breakpoints @ increments)
    reach = max(drift + _TAIL * deviation, _ASYMPTOTIC)
    rows = [tilted_weights(v, x, step) for v, x in zip(increments, breakpoints, strict=True)]
    first, row = tilted_weights(variances[0], 0.0, step)
    points = max(math.ceil(reach / step), len(row)) + 1
    weights = np.zeros((len(rows), max((len(row) for _, row in rows), default=0)))
    for index, (_, values) in enumerate(rows):
        weights[index, : len(values)] = values
    low = np.array([low for low, _ in rows], dtype=np.int64)
    high = low + np.array([len(values) - 1 for _, values in rows], dtype=np.int64)
    start = np.zeros(points)
    start[: len(row) + first] = row[-first:]
    start[1:] *= 2.0
    return FieldGrid(step, points, weights, low, high, start)


def tilted_weights(variance: float, tilt: float, step: float) -> tuple[int, Array]:
    """Return low and the weights A_n, n = low.., of a Gaussian increment times exp(tilt z - tilt^2 variance/2)."""
    width, centre = math.sqrt(variance), tilt * variance
    if width >= _SAMPLED * step:
        low = math.floor((centre - _TAIL * width) / step)
        high = math.ceil((centre + _TAIL * width) / step)
        z = step * np.arange(low, high + 1)
        return low, np.exp(-((z - centre) ** 2) / (2 * variance)) * (step / math.sqrt(2 * math.pi) / width)
    z = step * np.arange(-_REACH, _REACH + 1)
    return -_REACH, _interpolated_gaussian(width / step) * np.exp(tilt * z - tilt * centre / 2)


def _interpolated_gaussian(ratio: float) -> Array:
    """Return the weights that average the polynomial through 2 reach + 1 points over N(0, ratio^2)."""
    nodes, weights = _hermite()
    return np.asarray(weights @ _lagrange(ratio * nodes))


@cache
def _hermite() -> tuple[Array, Array]:
    # Exact for the degree 2 reach of the interpolating polynomial.
    nodes, weights = np.polynomial.hermite_e.hermegauss(_REACH + 1)
    return nodes, weights / math.sqrt(2 * math.pi)


def _lagrange(at: Array) -> Array:
    """Values of the Lagrange polynomials through -reach .. reach, shape (len(at), 2 reach + 1)."""
    points = np.arange(-_REACH, _REACH + 1, dtype=np.float64)
    values = np.empty((len(at), len(points)))
    for index, point in enumerate(points):
        others = np.delete(points, index)
        values[:, index] = np.prod((at[:, None] - others) / (point - others), axis=1)
    return values
