"""Ultrametricity: of the three overlaps among three copies, the two smaller ones are equal.

Flipping all spins of a copy changes the sign of its overlaps, and is a symmetry. Of three overlaps the signs of two can
be made positive; that of their product cannot be changed and is given to the smallest. So a triangle is
q_max >= q_mid >= |q_min|, and ultrametric where q_mid = q_min. The distance (q_mid - q_min)^2 is compared with that of
three independent overlaps from the same distribution of |q|, with positive signs: replica-symmetric copies, whose
overlaps differ by independent noise, give the ratio 1, and copies above the critical temperature, whose signs are
independent too, more than 1. In a Parisi solution it vanishes as N grows.
"""

from __future__ import annotations

import numpy as np

from mcsim.estimators.jackknife import jackknife
from validation.numbers.arrays import FloatArray
from validation.numbers.copies import copies_of, triangles
from validation.numbers.estimate import Estimate, estimates_of
from validation.numbers.lattice import lattice_distribution


def squared_gaps(overlaps: FloatArray) -> FloatArray:
    """Return (q_mid - q_min)^2 of overlaps (..., rows, pairs), averaged over rows and triangles.

    Raises ValueError for fewer than three copies.
    """
    corners = triangles(copies_of(overlaps.shape[-1]))
    if not len(corners):
        raise ValueError("needs three copies: a triangle has three overlaps")
    total = np.zeros(overlaps.shape[:-2])
    for corner in corners:
        three = overlaps[..., corner]
        sizes = np.sort(np.abs(three), axis=-1)
        total += np.square(sizes[..., 1] - np.sign(np.prod(three, axis=-1)) * sizes[..., 0]).mean(axis=-1)
    return np.asarray(total / len(corners))


def independent_squared_gap(values: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Return E (q_mid - q_min)^2 of three draws from values |q| (n,), rising, of these probabilities (..., n)."""
    above = probabilities[..., ::-1].cumsum(axis=-1)[..., ::-1] - probabilities
    # Middle at b, smallest at a < b: the largest above b in 6 orders, or beside it at b in 3.
    middle = probabilities * (6.0 * above + 3.0 * probabilities)
    zeroth, first, second = (
        (probabilities * values**power).cumsum(axis=-1) - probabilities * values**power for power in (0, 1, 2)
    )
    squares = values**2 * zeroth - 2.0 * values * first + second
    return np.asarray((middle * squares).sum(axis=-1))


def triangle_ratio(overlaps: FloatArray, spins: int) -> Estimate:
    """Return [<(q_mid - q_min)^2>] over that of independent overlaps, with its jackknife error over samples.

    Overlaps (samples, rows, pairs) are those of N Ising spins, multiples of 1/N.
    """
    values = np.arange(spins + 1) / spins
    rows = np.column_stack([squared_gaps(overlaps), lattice_distribution(overlaps, spins)])
    [ratio] = estimates_of(*jackknife(rows, lambda mean: mean[0] / independent_squared_gap(values, mean[1:])))
    return ratio
