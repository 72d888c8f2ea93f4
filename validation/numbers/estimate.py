"""A number with its standard error, and averages over samples that are one: plain, or with control variates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcsim.estimators.jackknife import LeaveOneOut, mean_and_error
from validation.numbers.arrays import FloatArray


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error."""

    value: float
    error: float  #: over samples
    #: what averaging over samples does not reduce, such as an error of interpolation between temperatures
    systematic: float = 0.0
    gain: float = 1.0  #: by how much control variates have divided the error; 1 without
    controls: int = 0  #: how many were used: each costs a degree of freedom


def mean_of(samples: FloatArray) -> Estimate:
    """Return the mean over independent samples (samples,)."""
    value, error = mean_and_error(samples)
    return Estimate(float(value), float(error))


def estimates_of(values: FloatArray, covariance: FloatArray) -> list[Estimate]:
    """Return numbers with the errors that their covariance gives each."""
    return [Estimate(float(v), float(e)) for v, e in zip(values, np.sqrt(np.diag(covariance)), strict=True)]


def control_variate(values: FloatArray, controls: FloatArray, expected: float | FloatArray) -> Estimate:
    """Return the mean over samples with the error that control variates leave.

    A control is a quantity of each sample whose disorder average is known exactly; the part of the values that
    varies with the controls is taken out by linear regression. The coefficients are estimated from the same samples,
    which biases the mean by O(1/samples); the jackknife removes that and sees the coefficients' own errors.

    Parameters
    ----------
    values : float64 (samples,)
    controls : float64 (samples,) or (samples, controls)
        Those without spread, or that others determine, change nothing.
    expected : float or float64 (controls,)

    Raises
    ------
    ValueError
        For fewer samples than controls + 2.
    """
    n = values.size
    matrix = controls.reshape(n, -1) - expected
    if n < matrix.shape[1] + 2:
        raise ValueError(f"{n} sample(s): a control variate needs at least 3, and two more than there are controls")
    keep = np.array([np.delete(np.arange(n), i) for i in range(n)])
    replicates = LeaveOneOut(_at_expected(values[None], matrix[None])[0], _at_expected(values[keep], matrix[keep]))
    error, uncontrolled = float(replicates.error), mean_of(values).error
    gain = uncontrolled / error if error > 0 else 1.0
    return Estimate(float(replicates.unbiased), error, gain=gain, controls=matrix.shape[1])


def _at_expected(values: FloatArray, controls: FloatArray) -> FloatArray:
    """Return the means (sets,) of values (sets, n) where their regression on controls (sets, n, m) crosses zero."""
    mean, centre = values.mean(axis=1), controls.mean(axis=1)
    spread = controls - centre[:, None]
    # In units of their spread the rank of the controls does not depend on their scales.
    scale = np.sqrt(np.square(spread).sum(axis=1))
    spread = spread / np.where(scale > 0, scale, 1.0)[:, None]
    covariance = np.einsum("snm,snk->smk", spread, spread)
    with_values = np.einsum("snm,sn->sm", spread, values - mean[:, None])
    slopes = np.einsum("smk,sk->sm", np.linalg.pinv(covariance, rcond=1e-10, hermitian=True), with_values)
    return np.asarray(mean - np.einsum("sm,sm->s", slopes, centre / np.where(scale > 0, scale, 1.0)))
