"""Free energy and entropy from energies, by thermodynamic integration from infinite temperature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

FEWEST_TEMPERATURES = 5


def integrate_from_infinite_temperature(
    betas: NDArray[np.float64], energies: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the integral of e from beta = 0 to each beta, and an estimate of its discretisation error.

    ``-beta f = log 2 - int_0^beta e dbeta'`` per spin. The integrand is interpolated by a cubic spline; the error
    estimate is the change when every second temperature is left out, which is about 16 times the true error.

    Parameters
    ----------
    betas : float64 (slots,)
        Rising, starting at 0, at least 5.
    energies : float64 (slots,)
        Energy per spin.

    Raises
    ------
    ValueError
        Where the ladder does not start at beta = 0 or is too short.
    """
    if betas[0] != 0.0 or np.any(np.diff(betas) <= 0):
        raise ValueError(f"betas must rise from 0, but start {betas[:3].tolist()}")
    if betas.size < FEWEST_TEMPERATURES:
        raise ValueError(f"{betas.size} temperatures: thermodynamic integration needs at least {FEWEST_TEMPERATURES}")
    fine = integration_weights(betas) @ energies
    keep = np.unique(np.append(np.arange(0, betas.size, 2), betas.size - 1))
    coarse = CubicSpline(betas[keep], energies[keep]).antiderivative()(betas)
    return fine, np.abs(fine - coarse)


def integration_weights(betas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix (slots, slots) that turns energies into the spline's integral from the first beta to each."""
    return np.asarray(CubicSpline(betas, np.eye(betas.size)).antiderivative()(betas), dtype=np.float64)


def entropy(betas: NDArray[np.float64], energies: NDArray[np.float64], at_infinity: float) -> NDArray[np.float64]:
    """Return the entropy per site, s = s(0) + beta e - int_0^beta e dbeta', at each beta of a ladder from 0."""
    integral, _ = integrate_from_infinite_temperature(betas, energies)
    return np.asarray(at_infinity + betas * energies - integral)
