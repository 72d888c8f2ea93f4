"""The eigenvalues of one network's bond matrix, set against the density before training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import svdvals

from theory.arrays import FloatArray
from theory.bonds import LayeredBonds
from theory.spectrum.dyson import RandomSpectrum

# Largest eigenvalue of a random network, in units of N^{-2/3}/gamma above the edge: Tracy & Widom's law with index 1
# lies below this 99 times in 100.
_TRACY_WIDOM_99 = 2.0234
_GRID = 4000


def eigenvalues(bonds: LayeredBonds) -> FloatArray:
    """Return the eigenvalues of J in rising order, shape (N,).

    Layers are even or odd and only unlike ones are coupled, so the eigenvalues are plus and minus the singular
    values of the block between even and odd spins, and zeros: a quarter of the work of a symmetric eigenproblem.

    Parameters
    ----------
    bonds : LayeredBonds

    Returns
    -------
    float64 array, shape (N,)
        In units of energy.
    """
    evens, odds = bonds.layers[0::2], bonds.layers[1::2]
    # The bond between layers k and k + 1 is the block (k/2, k/2) for even k, ((k+1)/2, (k-1)/2) for odd k.
    rows = np.cumsum([0, *(layer.stop - layer.start for layer in evens)])
    columns = np.cumsum([0, *(layer.stop - layer.start for layer in odds)])
    block = np.zeros((rows[-1], columns[-1]))
    for k, matrix in enumerate(bonds.weights):
        even, odd = (k // 2, k // 2) if k % 2 == 0 else ((k + 1) // 2, k // 2)
        part = matrix if k % 2 == 0 else matrix.T
        block[rows[even] : rows[even + 1], columns[odd] : columns[odd + 1]] = part
    values = svdvals(block)
    zeros = np.zeros(bonds.spins - 2 * len(values))
    result: FloatArray = np.sort(np.concatenate([-values, zeros, values]))
    return result


@dataclass(frozen=True)
class Outliers:
    """Eigenvalues beyond the edge of the random spectrum; the spectrum is symmetric, only positive ones count.

    Attributes
    ----------
    edge : float
        Of the random spectrum, for large widths.
    allowance : float
        How far beyond it the largest eigenvalue of a random network of this size stays 99 times in 100,
        2.02 N^{-2/3}/gamma.
    values : float64 array, shape (count,)
        Eigenvalues above edge + allowance, largest first.
    """

    edge: float
    allowance: float
    values: FloatArray

    @property
    def count(self) -> int:
        """Return how many there are on the positive side."""
        return len(self.values)


def outliers(values: FloatArray, spectrum: RandomSpectrum) -> Outliers:
    """Return the positive eigenvalues beyond the random spectrum and its finite-size allowance.

    Parameters
    ----------
    values : float64 array, shape (N,)
        All eigenvalues of a network.
    spectrum : RandomSpectrum
        Of the random network it is set against.
    """
    allowance = _TRACY_WIDOM_99 * len(values) ** (-2 / 3) / spectrum.edge_stiffness
    return Outliers(spectrum.edge, allowance, np.sort(values[values > spectrum.edge + allowance])[::-1])


def spectral_distance(values: FloatArray, spectrum: RandomSpectrum) -> float:
    """Return Wasserstein's distance W_1 = int |F(x) - F_random(x)| dx of the two distributions, in units of energy.

    Parameters
    ----------
    values : float64 array, shape (N,)
    spectrum : RandomSpectrum
    """
    end = max(float(np.abs(values).max()), spectrum.edge)
    # Midpoints avoid zero, where both distributions may jump.
    width = 2 * end / _GRID
    x = -end + width * (np.arange(_GRID) + 0.5)
    observed = np.searchsorted(np.sort(values), x, side="right") / len(values)
    return float(np.abs(observed - spectrum.distribution(x)).sum() * width)


def kolmogorov_distance(values: FloatArray, spectrum: RandomSpectrum) -> float:
    """Return max |F(x) - F_random(x)| over x other than zero, where exact zeros and rounded ones are hard to tell."""
    ordered = np.sort(values)
    clear = np.abs(ordered) > 1e-9 * spectrum.edge
    expected = spectrum.distribution(ordered)
    above = np.arange(1, len(ordered) + 1) / len(ordered) - expected
    below = expected - np.arange(len(ordered)) / len(ordered)
    return float(np.maximum(above, below)[clear].max())
