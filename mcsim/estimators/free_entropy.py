"""The free entropy Phi(beta) = (1/N) log <exp(-beta H)>_0 of one sample from its energies, by two routes.

<>_0 is the average over the prior (beta = 0), so Phi(0) = 0, dPhi/dbeta = -e and s = Phi + beta e. The routes are
thermodynamic integration, which uses mean energies and interpolates between slots, and MBAR, which uses the
distribution of energies and reweights. They fail for different reasons: a ladder that is too coarse, and slots whose
energies do not overlap.

Sources: Shirts & Chodera, J. Chem. Phys. 129, 124105 (2008) for MBAR, as implemented by pymbar.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_trapezoid
from scipy.special import logsumexp

from mcsim.estimators.blocking import blocking
from mcsim.estimators.thermo import integrate_from_infinite_temperature, integration_weights

FloatArray = NDArray[np.float64]


# A bin of the microcanonical entropy, in standard deviations of the energy.
_BIN_WIDTH = 0.5
# Largest logarithm by which a slot's weights may miss 1.
_SOLVED = 1e-6


class ReweightingError(RuntimeError):
    """MBAR's equations could not be solved for the energies at hand."""


@dataclass(frozen=True)
class FreeEntropy:
    """Phi of one sample at each beta of a rising ladder from 0; densities per N.

    Attributes
    ----------
    betas, values, errors : float64 (slots,)
        Errors are thermal, autocorrelation included; the spread between samples is not in them.
    discretization : float64 (slots,)
        Estimated error of interpolating between slots; zero for MBAR, which does not.
    """

    betas: FloatArray
    values: FloatArray
    errors: FloatArray
    discretization: FloatArray


def by_integration(betas: FloatArray, energies: FloatArray, sites: int) -> FreeEntropy:
    """Return Phi = -int_0^beta e dbeta' with a cubic spline through the mean energies.

    The integral is linear in the energies, so that each row of the series gives one value of it: blocking of that
    series knows the autocorrelation and the correlation between slots that exchange brings.

    Parameters
    ----------
    betas : float64 (slots,)
        Rising from 0, at least 5.
    energies : float64 (slots, rows, copies)
        Total energies H.
    sites : int
        N, which densities are per.

    Raises
    ------
    ValueError
        Where the ladder does not start at beta = 0 or is too short.
    """
    densities = energies / sites
    integral, change = integrate_from_infinite_temperature(betas, densities.mean(axis=(1, 2)))
    by_row = np.einsum("ks,src->krc", integration_weights(betas), densities)
    errors = np.array([blocking(series).error if series.any() else 0.0 for series in by_row])
    # The change on leaving out every second slot is about 16 times the error of a cubic spline.
    return FreeEntropy(betas, -integral, errors, change / 16.0)


class Reweighting:
    """All energies of a sample pooled by MBAR: Phi at every slot, and the prior's distribution of energies.

    Memory and time grow as slots^2 x draws: each slot is thinned by its autocorrelation time and to at most `draws`.

    Parameters
    ----------
    betas : float64 (slots,)
        Rising from 0.
    energies : float64 (slots, rows, copies)
        Total energies H.
    sites : int
        N, which densities are per.
    draws : int
        Energies of a slot to use at most.

    Raises
    ------
    ValueError
        Where the ladder does not start at beta = 0.
    """

    def __init__(self, betas: FloatArray, energies: FloatArray, sites: int, *, draws: int = 400) -> None:
        if betas[0] != 0.0 or np.any(np.diff(betas) <= 0):
            raise ValueError(f"betas must rise from 0, but start {betas[:3].tolist()}")
        self.betas = betas
        self.sites = sites
        thinned = [_independent(series, draws) for series in energies]
        self._variances = energies.reshape(betas.size, -1).var(axis=1) / sites
        self._means = energies.mean(axis=(1, 2)) / sites
        self._counts = np.array([series.size for series in thinned])
        self._pool = np.concatenate(thinned)

    @cached_property
    def _mbar(self) -> Any:
        # pymbar announces on import that JAX is missing, which is no news to anybody here.
        logging.getLogger("pymbar").setLevel(logging.ERROR)
        from pymbar import MBAR

        # Where the solver starts: a trapezoid rule through the mean energies. Where it ends does not depend on that.
        start = self.sites * cumulative_trapezoid(self._means, self.betas, initial=0.0)
        protocol = ({"method": "adaptive", "tol": 1e-9, "options": {"maxiter": 1000}},)
        reduced = self.betas[:, None] * self._pool
        return MBAR(reduced, self._counts, initial_f_k=start, solver_protocol=protocol)

    @cached_property
    def free_entropy(self) -> FreeEntropy:
        """Phi at every slot, with MBAR's asymptotic errors.

        Raises
        ------
        ReweightingError
            Where MBAR's equations were not solved: every slot's weights must sum to 1.
        """
        f = np.asarray(self._mbar.f_k, dtype=np.float64)
        sums = logsumexp(f[:, None] - self.betas[:, None] * self._pool - self._log_mixture(f), axis=1)
        if np.abs(sums).max() > _SOLVED:
            raise ReweightingError(f"MBAR did not converge: weights of a slot sum to 1 {np.expm1(sums).max():+.1e}")
        result = self._mbar.compute_free_energy_differences()
        zero = np.zeros(self.betas.size)
        return FreeEntropy(self.betas, -result["Delta_f"][0] / self.sites, result["dDelta_f"][0] / self.sites, zero)

    @cached_property
    def _log_prior_weights(self) -> FloatArray:
        """Logarithm of each pooled energy's weight under the prior, normalised."""
        log_weights = -self._log_mixture(-self.free_entropy.values * self.sites)
        return np.asarray(log_weights - logsumexp(log_weights), dtype=np.float64)

    def _log_mixture(self, f: FloatArray) -> FloatArray:
        """Return log sum_k N_k exp(f_k - beta_k H) for each pooled energy."""
        terms = np.log(self._counts)[:, None] + f[:, None] - self.betas[:, None] * self._pool
        return np.asarray(logsumexp(terms, axis=0), dtype=np.float64)

    def fluctuations(self, energies: FloatArray) -> FloatArray:
        """Return the standard deviation of the energy per N at the temperatures where <H>/N has these values."""
        colder = np.argsort(self._means)
        c = np.interp(energies, self._means[colder], self._variances[colder])
        return np.asarray(np.sqrt(c / self.sites), dtype=np.float64)

    def entropy_at(self, energies: FloatArray) -> FloatArray:
        """Return the microcanonical entropy in a bin of its own about each energy per N; the bins may overlap."""
        half = 0.5 * _BIN_WIDTH * self.fluctuations(energies)
        bins = zip(energies - half, energies + half, strict=True)
        return np.array([self.microcanonical_entropy(np.array(edges))[0][0] for edges in bins])

    def microcanonical_entropy(self, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return s(e) at the middle of each bin of energies per N, and its statistical error.

        s(e) = (1/N) log rho_0(e) + (1/2N) log(2 pi c / N), with rho_0 the prior's density of the energy per N and
        c = N var(e) at the temperature where <H>/N = e. The second term is the Gaussian factor between a density
        of states and exp(N s): with it, s(e) differs from the canonical Phi + beta e by O(1/N^2).

        Within a bin rho_0 rises as exp(beta N (e - e_0)); the energies in it are weighted by the inverse of that, so
        that bins may be as wide as a fair part of the fluctuations sqrt(c/N).

        Parameters
        ----------
        edges : float64 (bins + 1,)
            Rising energies per N.

        Returns
        -------
        entropy, error : float64 (bins,)
            nan where no pooled energy fell into the bin.
        """
        middles = 0.5 * (edges[1:] + edges[:-1])
        colder = np.argsort(self._means)
        c = self.sites * self.fluctuations(middles) ** 2
        beta = np.interp(middles, self._means[colder], self.betas[colder])
        which = np.digitize(self._pool / self.sites, edges) - 1
        s, error = np.full(middles.size, np.nan), np.full(middles.size, np.nan)
        for b in np.unique(which[(which >= 0) & (which < middles.size)]):
            inside = which == b
            flat = self._log_prior_weights[inside] - beta[b] * (self._pool[inside] - self.sites * middles[b])
            total = float(logsumexp(flat))
            density = total - math.log(edges[b + 1] - edges[b])
            s[b] = (density + 0.5 * math.log(2.0 * math.pi * c[b] / self.sites)) / self.sites
            error[b] = math.exp(0.5 * float(logsumexp(2.0 * flat)) - total) / self.sites
        return s, error


def _independent(series: FloatArray, draws: int) -> FloatArray:
    """Return energies (rows, copies) of one slot thinned to about one in 2 tau, at most `draws` of them."""
    stride = max(1, math.ceil(2.0 * blocking(series).tau), math.ceil(series.size / draws))
    stride = min(stride, series.shape[0])
    return np.ascontiguousarray(series[stride - 1 :: stride]).ravel()
