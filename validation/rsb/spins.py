"""Overlaps of spins at one temperature, and functions of them whose averages the Parisi solution predicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.measured import MeasuredRun

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SlotOverlaps:
    """Overlaps of every pair of copies in the course of a run, at one slot.

    Attributes
    ----------
    total : float64 (samples, rows, pairs)
        Over all spins, a multiple of 1/N.
    layers : float64 (samples, rows, pairs, layers)
    """

    total: FloatArray
    layers: FloatArray

    @property
    def neighbours(self) -> FloatArray:
        """q_{k-1} q_k of each layer of bonds, (samples, rows, pairs, bond layers)."""
        return self.layers[..., :-1] * self.layers[..., 1:]


def slot_overlaps(run: MeasuredRun, slot: int) -> SlotOverlaps:
    """Return the overlaps of a run at a slot in double precision."""
    return SlotOverlaps(
        run.data.overlap_total.values[:, slot].astype(np.float64), run.data.overlap.values[:, slot].astype(np.float64)
    )


def bond_overlap(neighbours: FloatArray, strengths: FloatArray) -> FloatArray:
    """Return r = sum_k w_k q_{k-1} q_k / sum_k w_k, the covariance of the energies of two copies over N W.

    Parameters
    ----------
    neighbours : float64 (..., bond layers)
        q_{k-1} q_k.
    strengths : float64 (bond layers,)
        w_k = sigma_k^2 N_{k-1} N_k / N.
    """
    return np.asarray(neighbours @ (strengths / strengths.sum()))


def weight_near_zero(overlaps: FloatArray, reach: float) -> FloatArray:
    """Return w(q) = max(0, 1 - (q / reach)^2), whose mean is the weight of P(q) near q = 0.

    Smooth enough that the spacing 2/N of overlaps of N spins does not show.
    """
    return np.asarray(np.maximum(0.0, 1.0 - np.square(overlaps / reach)))
