"""Errors of functions of thermal averages: jackknife over blocks of successive measurements.

Blocks of several lengths are tried and the largest error counts, as in `mcsim.estimators.series`: short blocks miss
slow modes, long ones are few.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Blocks that one independent chain is cut into.
_CUTS = (4, 8, 16)


@dataclass(frozen=True, eq=False)
class Estimate:
    """A function of thermal averages and its standard error.

    Attributes
    ----------
    value, error : float64 array
        Of one shape.
    degrees : int
        Degrees of freedom behind the error.
    """

    value: Array
    error: Array
    degrees: int


def block_jackknife(chains: Array, statistic: Callable[[Array], Array]) -> Estimate:
    """Return a function of averages over chains and measurements, with its error.

    Parameters
    ----------
    chains : float64 (chains, measurements, ...)
        Independent chains of correlated measurements, at least 4 each.
    statistic : callable
        From averages, shape (...), to an array of any shape.
    """
    if chains.shape[1] < _CUTS[0]:
        raise ValueError(f"{chains.shape[1]} measurements: at least {_CUTS[0]} are needed")
    value = np.asarray(statistic(chains.mean(axis=(0, 1))))
    best, degrees = np.zeros_like(value), 1
    for cuts in _CUTS:
        if chains.shape[1] < cuts:
            break
        means = _block_means(chains, cuts)
        n, total = len(means), means.sum(axis=0)
        without = np.array([statistic((total - one) / (n - 1)) for one in means])
        error = np.sqrt((n - 1) * without.var(axis=0))
        best = np.fmax(best, error)
        degrees = degrees if degrees > 1 else n - 1
    return Estimate(value, best, degrees)


def _block_means(chains: Array, cuts: int) -> Array:
    """Return means over blocks, (chains x cuts, ...); rows left over are dropped at the front, least equilibrated."""
    rows = chains.shape[1] // cuts
    kept = chains[:, chains.shape[1] - rows * cuts :]
    return np.asarray(kept.reshape(chains.shape[0] * cuts, rows, *chains.shape[2:]).mean(axis=1))
