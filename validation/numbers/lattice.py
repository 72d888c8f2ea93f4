"""Distributions of overlaps of N spins, which take N + 1 values 2/N apart."""

from __future__ import annotations

import math

import numpy as np

from validation.numbers.arrays import FloatArray


def lattice_edges(spins: int, most_bins: int) -> FloatArray:
    """Return edges of about `most_bins` bins of q, symmetric about 0, that hold equally many possible values.

    They lie halfway between values, the outermost half a step beyond -1 and 1; the two outermost bins may hold fewer.
    """
    values = spins + 1
    at_zero = values % 2
    together = math.ceil(values / most_bins)
    # A value at 0 needs an odd number of values in the bin about it.
    together += at_zero * (together % 2 == 0)
    first = 0.5 * together if at_zero else together
    positive = np.append(np.arange(first, 0.5 * values, together), 0.5 * values)
    return np.concatenate([-positive[::-1], np.zeros(1 - at_zero), positive]) * (2.0 / spins)


def lattice_distribution(overlaps: FloatArray, spins: int) -> FloatArray:
    """Return the share of each |q| = 0, 1/N, ..., 1 of the overlaps (samples, rows, pairs), shape (samples, N + 1)."""
    steps = np.rint(np.abs(overlaps) * spins).astype(np.int64).reshape(len(overlaps), -1)
    return np.array([np.bincount(row, minlength=spins + 1) / row.size for row in steps])


def density_of_magnitude(shares: FloatArray, spins: int, most_bins: int) -> tuple[FloatArray, FloatArray]:
    """Return edges of bins of |q| and the density in them from shares (samples, N + 1) of `lattice_distribution`."""
    edges = lattice_edges(spins, 2 * most_bins)
    edges = np.append(0.0, edges[edges > 0])
    counts = np.array([np.histogram(np.arange(spins + 1) / spins, edges, weights=row)[0] for row in shares])
    return edges, counts / np.diff(edges)
