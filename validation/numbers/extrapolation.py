"""Fits of numbers at several sizes by powers of the size, continued to infinite size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from validation.numbers.arrays import FloatArray


@dataclass(frozen=True)
class Extrapolation:
    """A quantity at several sizes, continued to infinite size."""

    value: float  #: the limit
    error: float
    corrections: tuple[float, ...]  #: coefficients of x, x^2, ..
    goodness: float  #: p-value of the fit; nan where the sizes leave no degree of freedom

    def at(self, x: FloatArray) -> FloatArray:
        """Return the fit at values of x."""
        return np.asarray(np.polynomial.polynomial.polyval(x, (self.value, *self.corrections)))


def extrapolate(x: FloatArray, values: FloatArray, errors: FloatArray, terms: int = 1) -> Extrapolation:
    """Fit ``value + c_1 x + c_2 x^2 + ..`` by least squares.

    Where chi^2 exceeds the degrees of freedom the error is scaled up by sqrt(chi^2 / dof), as the Particle Data Group
    does, so that a bad model cannot produce a sharp number. With a good model this rejects a little less than it may.

    Parameters
    ----------
    x : float64 (sizes,)
        The leading correction at each size, N^-exponent.
    values : float64 (sizes,)
    errors : float64 (sizes,) or (sizes, sizes)
        Standard errors of independent numbers, or the covariance of numbers that are not.
    terms : int
        Number of corrections fitted.

    Raises
    ------
    ValueError
        For too few sizes or errors that are not positive.
    """
    if x.size < terms + 1:
        raise ValueError(f"{x.size} size(s): an extrapolation with {terms} correction(s) needs at least {terms + 1}")
    if np.any(np.diag(errors) <= 0 if errors.ndim == 2 else errors <= 0):
        raise ValueError("errors must be positive")
    solve = _generalised if errors.ndim == 2 else _weighted
    parameters, variance, chi_squared = solve(x, values, errors, terms)
    freedom = x.size - terms - 1
    goodness = float(stats.chi2.sf(chi_squared, freedom)) if freedom else float("nan")
    inflation = np.sqrt(max(1.0, chi_squared / freedom)) if freedom else 1.0
    error = float(np.sqrt(variance) * inflation)
    return Extrapolation(float(parameters[0]), error, tuple(parameters[1:].tolist()), goodness)


def _weighted(x: FloatArray, values: FloatArray, errors: FloatArray, terms: int) -> tuple[FloatArray, float, float]:
    """Return coefficients of powers of x, the variance of the first, and chi^2, for independent values."""
    # In units of the largest x the powers are of the order of 1, and the inverse is well conditioned.
    scale = float(np.max(x))
    design = (x / scale)[:, None] ** np.arange(terms + 1)
    weighted = design / errors[:, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    parameters = covariance @ weighted.T @ (values / errors)
    chi_squared = float(np.sum(((values - design @ parameters) / errors) ** 2))
    return parameters / scale ** np.arange(terms + 1), covariance[0, 0], chi_squared


def _generalised(
    x: FloatArray, values: FloatArray, covariance: FloatArray, terms: int
) -> tuple[FloatArray, float, float]:
    """Return the same for correlated values."""
    design = np.vander(x, terms + 1, increasing=True)
    weight = np.linalg.inv(covariance)
    spread = np.linalg.inv(design.T @ weight @ design)
    parameters = spread @ design.T @ weight @ values
    misfit = values - design @ parameters
    return parameters, spread[0, 0], float(misfit @ weight @ misfit)
