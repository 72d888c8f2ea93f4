"""Weights that average a function on an evenly spaced grid over a Gaussian increment, tilted or not.

Where the increment covers more than a grid step, its density at the nodes (a trapezoid rule: spectrally accurate).
Below, the mean of the polynomial through the neighbouring nodes, exact for polynomials up to degree 16.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from theory.arrays import FloatArray

TAIL = 8.3  # a Gaussian beyond so many standard deviations is below 1e-16
# From this ratio of width to step on, plain samples of the Gaussian are right to exp(-2 pi^2 1.44) ~ 5e-13.
_SAMPLED = 1.2
_REACH = 8  # half width of the interpolating stencil for narrower ones


def gaussian_stencil(variance: float, step: float, tilt: float = 0.0) -> tuple[int, FloatArray]:
    """Return the first node and the weights of an increment z ~ N(0, variance) times exp(tilt z - tilt^2 variance/2).

    They add up to 1, as the increment's do: what samples miss by, 5e-13 at worst, would reach log(sum)/tilt, and tilts
    can be small.

    Parameters
    ----------
    variance : float
        Zero or more.
    step : float
        Distance of the nodes n step.
    tilt : float

    Returns
    -------
    int
        Number n of the first node, negative or zero.
    float64 array
        Its weight and those of the following nodes.
    """
    first, weights = _unscaled(variance, step, tilt)
    return first, weights / weights.sum()


def _unscaled(variance: float, step: float, tilt: float) -> tuple[int, FloatArray]:
    width, centre = math.sqrt(variance), tilt * variance
    if width >= _SAMPLED * step:
        first = math.floor((centre - TAIL * width) / step)
        last = math.ceil((centre + TAIL * width) / step)
        z = step * np.arange(first, last + 1)
        return first, np.exp(-((z - centre) ** 2) / (2 * variance)) * (step / math.sqrt(2 * math.pi) / width)
    z = step * np.arange(-_REACH, _REACH + 1)
    return -_REACH, _interpolated(width / step) * np.exp(tilt * z - tilt * centre / 2)


def _interpolated(ratio: float) -> FloatArray:
    """Return the weights that average the polynomial through 2 reach + 1 points over N(0, ratio^2).

    Only its even part counts: points n and -n together have (z/n)^2 prod_{m != n} (z^2 - m^2)/(n^2 - m^2) with
    m = 1..reach. In this form a narrow Gaussian's weights, of order ratio^2, suffer no cancellation.
    """
    squares, weights, points, others = _even_polynomials()
    z = ratio**2 * squares[:, None]
    outer = weights @ (z / points * np.prod((z[:, :, None] - others) / (points[:, None] - others), axis=2)) / 2
    return np.concatenate([outer[::-1], [1 - 2 * outer.sum()], outer])


@cache
def _even_polynomials() -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Squared Gauss-Hermite nodes and their weights, n^2 of the points, and m^2 of the others of each, in rows."""
    # Exact for the degree 2 reach of the interpolating polynomial.
    nodes, weights = np.polynomial.hermite_e.hermegauss(_REACH + 1)
    points = np.arange(1, _REACH + 1, dtype=np.float64) ** 2
    others = np.array([np.delete(points, index) for index in range(_REACH)])
    return nodes**2, weights / math.sqrt(2 * math.pi), points, others
