"""Jackknife over disorder samples: errors of anything computed from sample averages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def jackknife(samples: NDArray[np.float64], statistic: Statistic) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bias-corrected statistic of the samples and its covariance.

    Parameters
    ----------
    samples : float64 (samples, ...)
        One row per disorder sample.
    statistic : callable
        From the mean over samples, shape (...), to a vector (n,).

    Returns
    -------
    estimate : float64 (n,)
    covariance : float64 (n, n)

    Raises
    ------
    ValueError
        For fewer than two samples.
    """
    count = samples.shape[0]
    if count < 2:
        raise ValueError(f"{count} sample(s): an error bar over disorder needs at least 2")
    total = samples.sum(axis=0)
    whole = np.atleast_1d(statistic(total / count))
    without = np.array([np.atleast_1d(statistic((total - row) / (count - 1))) for row in samples])
    centred = without - without.mean(axis=0)
    covariance = (count - 1) / count * centred.T @ centred
    return count * whole - (count - 1) * without.mean(axis=0), covariance
