"""Overlaps of spins at one temperature, and functions of them whose averages the Parisi solution predicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from validation.numbers.arrays import FloatArray
from validation.runs.spins import MeasuredRun


@dataclass(frozen=True)
class SlotOverlaps:
    """Overlaps of every pair of copies in the course of a run, at one slot."""

    total: FloatArray  #: (samples, rows, pairs), over all spins, a multiple of 1/N
    layers: FloatArray  #: (samples, rows, pairs, layers)
    widths: tuple[int, ...]  #: spins of each layer

    @property
    def spins(self) -> int:
        """Number of spins, N."""
        return sum(self.widths)

    @property
    def neighbours(self) -> FloatArray:
        """q_{k-1} q_k of each layer of bonds, (samples, rows, pairs, bond layers)."""
        return self.layers[..., :-1] * self.layers[..., 1:]


def slot_overlaps(run: MeasuredRun, slot: int) -> SlotOverlaps:
    """Return the overlaps of a run at a slot in double precision."""
    return SlotOverlaps(
        run.data.overlap_total.values[:, slot].astype(np.float64),
        run.data.overlap.values[:, slot].astype(np.float64),
        run.widths,
    )


def distinct_square(overlaps: FloatArray, spins: int) -> FloatArray:
    """Return the mean of t_i t_j over distinct spins, t_i = s_i s'_i: (N q^2 - 1) / (N - 1).

    Unlike q^2 it has no share 1/N from each spin with itself, which for a layer of 8 is an eighth.
    """
    return np.asarray((spins * np.square(overlaps) - 1.0) / (spins - 1.0))


def distinct_fourth(overlaps: FloatArray, spins: int) -> FloatArray:
    """Return the mean of t_i t_j t_k t_l over distinct spins, by Newton's identities with t_i^2 = 1."""
    n = float(spins)
    sums = n * overlaps
    numerator = sums**4 - (6.0 * n - 8.0) * sums**2 + 3.0 * n**2 - 6.0 * n
    return np.asarray(numerator / (n * (n - 1.0) * (n - 2.0) * (n - 3.0)))


def bond_overlap(neighbours: FloatArray, strengths: FloatArray) -> FloatArray:
    """Return r = sum_k w_k q_{k-1} q_k / sum_k w_k, the covariance of the energies of two copies over N W.

    `neighbours` are q_{k-1} q_k, (..., bond layers), `strengths` w_k = sigma_k^2 N_{k-1} N_k / N.
    """
    return np.asarray(neighbours @ (strengths / strengths.sum()))


def weight_near_zero(overlaps: FloatArray, reach: float) -> FloatArray:
    """Return w(q) = max(0, 1 - (q / reach)^2), whose mean is the weight of P(q) near q = 0.

    Smooth enough that the spacing 2/N of overlaps of N spins does not show.
    """
    return np.asarray(np.maximum(0.0, 1.0 - np.square(overlaps / reach)))
