"""The critical temperature from finite-size scaling of the spin-glass susceptibility."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from validation.claims.base import Claim, Family, Finding, NotApplicableError, couplings_of, require_sizes
from validation.numbers.compare import LEVEL, Comparison, Extrapolation, smallest_adjusted_p, verdict_of_agreement
from validation.runs.spins import MeasuredRun

# Mean-field glass: chi = N [<q^2>] = N^{1/3} F(N^{1/3} (T - T_c)), so chi / N^{1/3} of two sizes cross at T_c but for
# corrections. With corrections N^{-1/3} to F and 1/nu = 1/3 in powers of N, crossings move as N^{-2/3}.
CROSSING_EXPONENT = 2.0 / 3.0
RELEVANT = 0.10
# The overlap of one glass says little about the next: with fewer samples the crossings are noise.
FEWEST_SAMPLES = 24
# Farther apart than this the scaling form is not expected to hold, and cold slots only add noise.
WINDOW = (0.6, 1.8)


@dataclass(frozen=True)
class Crossings:
    """Where the scaled susceptibilities of neighbouring sizes cross, and the limit of infinite size.

    Attributes
    ----------
    abscissa : float64 (pairs,)
        N^{-2/3}, N the geometric mean of the two sizes.
    temperatures, errors : float64 (pairs,)
        Crossing temperatures and jackknife errors over the samples of both sizes.
    limit : Extrapolation
        Linear in the abscissa; its error is a jackknife of the whole construction, since neighbouring crossings
        share a size.
    label : str
        What the abscissa is, for an axis.
    """

    abscissa: NDArray[np.float64]
    temperatures: NDArray[np.float64]
    errors: NDArray[np.float64]
    limit: Extrapolation
    label: str = r"$N^{-2/3}$  ($N$: geometric mean of the pair)"


def scaled_susceptibility(run: MeasuredRun) -> NDArray[np.float64]:
    """Return N^{-1/3} N <q^2> of each sample and slot."""
    return np.asarray(run.spins ** (2.0 / 3.0) * run.squared_overlaps, dtype=np.float64)


def crossing_temperature(
    temperatures: NDArray[np.float64], smaller: NDArray[np.float64], larger: NDArray[np.float64]
) -> float:
    """Return where two curves cross: the larger size is above when cold and below when hot.

    The logarithm of their ratio is interpolated linearly; of several sign changes the hottest counts, since above it
    the curves are known best. Returns nan where the curves do not cross.
    """
    ratio = np.log(larger / smaller)
    changes = np.flatnonzero((ratio[:-1] > 0) & (ratio[1:] <= 0))
    if not changes.size:
        return math.nan
    i = int(changes[-1])
    share = ratio[i] / (ratio[i] - ratio[i + 1])
    return float(temperatures[i] + share * (temperatures[i + 1] - temperatures[i]))


def find_crossings(family: Family) -> Crossings:
    """Return the crossings of neighbouring sizes and their limit.

    Raises
    ------
    NotApplicableError
        Where two neighbouring sizes do not cross inside their common ladder.
    """
    slots = _window(family)
    temperatures = family.largest.temperatures[[s[-1] for s in slots]]
    curves = [scaled_susceptibility(run)[:, [s[i] for s in slots]] for i, run in enumerate(family.runs)]
    abscissa = np.array([(a * b) ** (-CROSSING_EXPONENT / 2.0) for a, b in pairwise(family.sizes)])

    def all_crossings(means: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.array([crossing_temperature(temperatures, a, b) for a, b in pairwise(means)])

    means = [curve.mean(axis=0) for curve in curves]
    found = all_crossings(means)
    covariance = np.zeros((found.size, found.size))
    for i, curve in enumerate(curves):
        n = curve.shape[0]
        deviations = np.array([
            all_crossings([*means[:i], (n * means[i] - row) / (n - 1), *means[i + 1 :]]) for row in curve
        ])  # fmt: skip
        deviations -= deviations.mean(axis=0)
        covariance += (n - 1) / n * deviations.T @ deviations
    if not np.all(np.isfinite(found)) or not np.all(np.isfinite(covariance)):
        raise NotApplicableError("needs scaled susceptibilities that cross within the ladder for every pair of sizes")
    return Crossings(abscissa, found, np.sqrt(np.diag(covariance)), _limit(abscissa, found, covariance))


def _limit(
    abscissa: NDArray[np.float64], crossings: NDArray[np.float64], covariance: NDArray[np.float64]
) -> Extrapolation:
    """Fit a line through correlated crossings (generalised least squares); a poor fit enlarges the error."""
    design = np.stack([np.ones_like(abscissa), abscissa], axis=1)
    weight = np.linalg.inv(covariance)
    spread = np.linalg.inv(design.T @ weight @ design)
    line = spread @ design.T @ weight @ crossings
    misfit = crossings - design @ line
    freedom = crossings.size - 2
    chi_squared = float(misfit @ weight @ misfit)
    goodness = float(stats.chi2.sf(chi_squared, freedom)) if freedom else float("nan")
    inflation = np.sqrt(max(1.0, chi_squared / freedom)) if freedom else 1.0
    return Extrapolation(float(line[0]), float(np.sqrt(spread[0, 0]) * inflation), (float(line[1]),), goodness)


def _window(family: Family) -> list[tuple[int, ...]]:
    low, high = (factor * family.critical_temperature for factor in WINDOW)
    temperatures = family.largest.temperatures
    chosen = [slots for slots in family.common_slots() if low <= temperatures[slots[-1]] <= high]
    if len(chosen) < 4:
        raise NotApplicableError(f"needs 4 common temperatures between {low:.3g} and {high:.3g}")
    return chosen


def _evaluate(claim: Claim, family: Family) -> Finding:
    require_sizes(family, 3, FEWEST_SAMPLES)
    if len(set(family.sizes)) < len(family.runs):
        raise NotApplicableError("needs one run at each size: two runs of the same size do not cross")
    crossings = find_crossings(family)
    degrees = min(run.samples for run in family.runs) - 1
    limit = crossings.limit
    predicted = family.critical_temperature
    comparison = Comparison("T_c", limit.value, limit.error, predicted, degrees)
    wrong = Comparison("wrong T_c", limit.value, limit.error, wrong_critical_temperature(family), degrees)
    listed = ", ".join(f"{t:.3f} ± {e:.3f}" for t, e in zip(crossings.temperatures, crossings.errors, strict=True))
    return claim.finding(
        family,
        verdict_of_agreement([comparison], RELEVANT),
        f"scaled susceptibilities of N = {', '.join(f'{n:.0f}' for n in family.sizes)} cross at {listed}; limit "
        f"{limit.value:.3f} ± {limit.error:.3f}, theory {predicted:.3f} ({comparison.z:+.1f} standard errors); a "
        f"deviation of {100 * comparison.minimal_detectable_effect / predicted:.0f} % would have been seen",
        [comparison],
        f"T_c = {wrong.predicted:.3f}, which counts every coupling of one layer pair only (no sum over neighbours)",
        smallest_adjusted_p([wrong]) < LEVEL,
        crossings=crossings,
    )


def wrong_critical_temperature(family: Family) -> float:
    """Return T_c as if only the strongest pair of layers were coupled: the largest entry of A, not its eigenvalue."""
    return float(np.sqrt(np.max(couplings_of(family.largest).coupling_matrix)))


CRITICAL_TEMPERATURE = Claim(
    id="layered-sk.critical-temperature",
    statement="The random network freezes at T_c² = λ_max(A), A_kk' = σ²_kk' √(N_k N_k') between neighbouring layers; "
    "for equal widths T_c = √(2 C cos(π/(L+2))).",
    source="Barney, Winer & Galitski, arXiv 2408.06421: closed form for identical layers.",
    needs="Gaussian networks of the same shape at 3 sizes or more, temperatures on both sides of T_c",
    evaluate=_evaluate,
)
