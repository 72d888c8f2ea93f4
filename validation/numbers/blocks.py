"""Errors of functions of thermal averages: jackknife over blocks of successive measurements.

Blocks of several lengths are tried and the largest error counts, as in `mcsim.estimators.blocking`: short blocks miss
slow modes, long ones are few.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcsim.estimators.jackknife import leave_one_out
from validation.numbers.arrays import FloatArray

# Blocks that one independent chain is cut into.
_CUTS = (4, 8, 16)


@dataclass(frozen=True, eq=False)
class Estimates:
    """A function of thermal averages and its standard error."""

    value: FloatArray
    error: FloatArray  #: of the shape of the values
    degrees: int  #: degrees of freedom behind the error


def block_jackknife(chains: FloatArray, statistic: Callable[[FloatArray], FloatArray]) -> Estimates:
    """Return a function of averages over chains and measurements, with its error.

    Chains (chains, measurements, ...) are independent and have at least 4 measurements each, correlated; the statistic
    makes an array of any shape of averages (...).
    """
    count, measurements = chains.shape[:2]
    if measurements < _CUTS[0]:
        raise ValueError(f"{measurements} measurements: at least {_CUTS[0]} are needed")
    cuts = [cut for cut in _CUTS if cut <= measurements]
    value = np.asarray(statistic(chains.mean(axis=(0, 1))))
    largest = np.zeros_like(value)
    for cut in cuts:
        largest = np.fmax(largest, leave_one_out(_block_means(chains, cut), statistic).error)
    return Estimates(value, largest, count * cuts[0] - 1)


def _block_means(chains: FloatArray, cuts: int) -> FloatArray:
    """Return means over blocks, (chains x cuts, ...); rows left over are dropped at the front, least equilibrated."""
    rows = chains.shape[1] // cuts
    kept = chains[:, chains.shape[1] - rows * cuts :]
    return np.asarray(kept.reshape(chains.shape[0] * cuts, rows, *chains.shape[2:]).mean(axis=1))
