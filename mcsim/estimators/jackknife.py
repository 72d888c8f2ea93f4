"""Errors over independent rows (disorder samples, blocks of a chain): of their mean, and of anything computed from it.

>>> import numpy as np
>>> from mcsim.estimators.jackknife import leave_one_out, mean_and_error
>>> rows = np.array([1.0, 2.0, 6.0])
>>> [round(float(x), 9) for x in mean_and_error(rows)]
[3.0, 1.527525232]
>>> square = leave_one_out(rows, lambda mean: mean**2)
>>> float(square.whole), round(float(square.unbiased), 9)
(9.0, 6.666666667)

The jackknife computes a statistic again with each row left out. Source: Efron & Stein, Ann. Stat. 9, 586 (1981).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
# From the mean over rows to a number or an array.
Statistic = Callable[[Array], Array | float]


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """A statistic of all rows and of all rows but one.

    Attributes
    ----------
    whole : float64 (...)
        Of all rows.
    without : float64 (rows, ...)
        With each row left out.
    """

    whole: Array
    without: Array

    @property
    def unbiased(self) -> Array:
        """The statistic without its bias of order 1/rows."""
        rows = len(self.without)
        return np.asarray(rows * self.whole - (rows - 1) * self.without.mean(axis=0))

    @property
    def error(self) -> Array:
        """Standard error of each component, shape (...)."""
        return np.asarray(np.sqrt((len(self.without) - 1) * self.without.var(axis=0)))

    @property
    def covariance(self) -> Array:
        """Covariance of a statistic that is a vector (n,), shape (n, n)."""
        rows = len(self.without)
        centred = self.without - self.without.mean(axis=0)
        return np.asarray((rows - 1) / rows * centred.T @ centred)


def mean_and_error(samples: Array) -> tuple[Array, Array]:
    """Return the mean over independent samples (samples, ...) and its standard error; nan for a single sample."""
    mean, count = np.asarray(samples.mean(axis=0)), len(samples)
    if count < 2:
        return mean, np.full_like(mean, np.nan)
    return mean, np.asarray(samples.std(axis=0, ddof=1) / np.sqrt(count))


def leave_one_out(samples: Array, statistic: Statistic) -> LeaveOneOut:
    """Return a statistic of the mean over samples, and of the means that leave one out.

    Parameters
    ----------
    samples : float64 (samples, ...)
        Independent rows: disorder samples, or means over blocks longer than the autocorrelation.
    statistic : callable
        From the mean over samples, shape (...), to an array of any shape.

    Raises
    ------
    ValueError
        For fewer than two samples.
    """
    count = _enough(samples)
    total = samples.sum(axis=0)
    without = np.array([statistic((total - row) / (count - 1)) for row in samples])
    return LeaveOneOut(np.asarray(statistic(total / count)), without)


def jackknife(samples: Array, statistic: Statistic) -> tuple[Array, Array]:
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
    replicates = leave_one_out(samples, lambda mean: np.atleast_1d(statistic(mean)))
    return replicates.unbiased, replicates.covariance


def jackknife_over_runs(runs: Sequence[Array], statistic: Callable[[list[Array]], Array]) -> tuple[Array, Array]:
    """Return a statistic of the means of several independent runs and its covariance, which is the sum over runs.

    Parameters
    ----------
    runs : sequence of float64 (samples of the run, ...)
    statistic : callable
        From the means of all runs, in order, to a vector (n,).

    Returns
    -------
    whole : float64 (n,)
        Of all samples, its bias not corrected.
    covariance : float64 (n, n)

    Raises
    ------
    ValueError
        For fewer than two samples of a run.
    """
    means = [run.mean(axis=0) for run in runs]
    whole = np.asarray(statistic(means))
    covariance = np.zeros((whole.size, whole.size))
    for i, run in enumerate(runs):
        count = _enough(run)
        without = [(count * means[i] - row) / (count - 1) for row in run]
        replicates = np.array([statistic([*means[:i], mean, *means[i + 1 :]]) for mean in without])
        covariance += LeaveOneOut(whole, replicates).covariance
    return whole, covariance


def _enough(samples: Array) -> int:
    """Return the number of samples."""
    if len(samples) < 2:
        raise ValueError(f"{len(samples)} sample(s): an error bar over disorder needs at least 2")
    return len(samples)
