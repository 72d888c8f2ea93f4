"""The critical temperature from finite-size scaling of the spin-glass susceptibility."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mcsim.estimators.jackknife import jackknife_over_runs
from validation.claims.base import BARNEY, Claim, NotApplicableError, require_sizes
from validation.claims.points import Point, PointsTest, point
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import NOWHERE
from validation.numbers.estimate import estimates_of
from validation.numbers.extrapolation import extrapolate
from validation.numbers.limit import Beyond, Limit, Scaling
from validation.runs.spin_family import SpinFamily, couplings_of
from validation.runs.spins import MeasuredRun

# Mean-field glass: chi = N [<q^2>] = N^{1/3} F(N^{1/3} (T - T_c)), so chi / N^{1/3} of two sizes cross at T_c but for
# corrections. With corrections N^{-1/3} to F and 1/nu = 1/3 in powers of N, crossings move as N^{-2/3}.
CROSSING_EXPONENT = 2.0 / 3.0
RELEVANT = 0.10
# The overlap of one glass says little about the next: with fewer samples the crossings are noise.
FEWEST_SAMPLES = 24
# Farther apart than this the scaling form is not expected to hold, and cold slots only add noise.
WINDOW = (0.6, 1.8)
SCALING = Scaling((CROSSING_EXPONENT,), Beyond.NEGLECTED)


@dataclass(frozen=True)
class SusceptibilityFigure:
    """Scaled susceptibilities of every size, to be drawn; they cross near the critical temperature."""

    family: SpinFamily


def scaled_susceptibility(run: MeasuredRun) -> FloatArray:
    """Return N^{-1/3} N <q^2> of each sample and slot."""
    return np.asarray(np.power(run.size, 2.0 / 3.0) * run.squared_overlaps)


def crossing_temperature(temperatures: FloatArray, smaller: FloatArray, larger: FloatArray) -> float:
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


def crossings_limit(family: SpinFamily) -> Limit:
    """Return the crossings of neighbouring sizes and their limit.

    Linear in N^{-2/3}, N the geometric mean of the two sizes; neighbouring crossings share a size, so that their
    covariance counts, a jackknife over the samples of all sizes.

    Raises
    ------
    NotApplicableError
        Where two neighbouring sizes do not cross inside their common ladder.
    """
    entries = family.between(*WINDOW)
    if len(entries) < 4:
        low, high = (factor * family.critical_temperature for factor in WINDOW)
        raise NotApplicableError(f"needs 4 common temperatures between {low:.3g} and {high:.3g}")
    temperatures = family.temperatures[entries]
    curves = [scaled_susceptibility(run)[:, [family.slots[i][n] for i in entries]] for n, run in enumerate(family.runs)]

    def all_crossings(means: list[FloatArray]) -> FloatArray:
        return np.array([crossing_temperature(temperatures, a, b) for a, b in pairwise(means)])

    crossings, covariance = jackknife_over_runs(curves, all_crossings)
    if not np.all(np.isfinite(crossings)) or not np.all(np.isfinite(covariance)):
        raise NotApplicableError("needs scaled susceptibilities that cross within the ladder for every pair of sizes")
    pairs = list(pairwise(family.sizes))
    fit = extrapolate(np.array([(a * b) ** (-CROSSING_EXPONENT / 2.0) for a, b in pairs]), crossings, covariance)
    estimates = tuple(estimates_of(crossings, covariance))
    degrees = min(run.samples for run in family.runs) - 1
    means = np.array([math.sqrt(a * b) for a, b in pairs])
    return Limit("T_c", NOWHERE, means, estimates, SCALING, (fit,), degrees)


def wrong_critical_temperature(family: SpinFamily) -> float:
    """Return T_c as if only the strongest pair of layers were coupled: the largest entry of A, not its eigenvalue."""
    return float(np.sqrt(np.max(couplings_of(family.largest).coupling_matrix)))


def _crossings(family: SpinFamily) -> list[Point]:
    require_sizes(family, 3, FEWEST_SAMPLES)
    if len(set(family.sizes)) < len(family.runs):
        raise NotApplicableError("needs one run at each size: two runs of the same size do not cross")
    return [point(crossings_limit(family), family.critical_temperature, wrong_critical_temperature(family))]


CLAIMS = (
    Claim(
        id="layered-sk.critical-temperature",
        statement="The random network freezes at T_c² = λ_max(A), A_kk' = σ²_kk' √(N_k N_k') between neighbouring "
        "layers; for equal widths T_c = √(2 C cos(π/(L+2))).",
        source=f"{BARNEY}: closed form for identical layers.",
        needs="Gaussian networks of the same shape at 3 sizes or more, temperatures on both sides of T_c",
        evaluate=PointsTest(
            _crossings,
            "T_c which counts every coupling of one layer pair only (no sum over neighbours)",
            RELEVANT,
            figures=lambda family: [SusceptibilityFigure(family)],
        ),
    ),
)
