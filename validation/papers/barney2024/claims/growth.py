"""Statements about T_c(t): it grows as a power law, and alike for both kinds of networks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
from scipy import stats

from validation.claims.base import Claim, Finding
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import LEVEL, Comparison, Place, Verdict
from validation.papers.barney2024.evidence import Evidence, by_condition, crossings
from validation.papers.barney2024.fits import Growth, fit_growth
from validation.papers.barney2024.plan import Condition
from validation.papers.evidence import needed

# Difference of AICc at which one law is clearly better (Burnham & Anderson: hardly any support for the other).
CLEARLY = 10.0
# Exponents are called similar within this share of their mean.
SIMILAR = 0.3


def law_verdict(fits: Sequence[Growth]) -> Verdict:
    """Return what curves of T_c(t) say about a power law.

    FAIL: some curve misses it beyond its noise (Holm over curves) while another law is clearly better for it.
    PASS: no curve misses it, and the logarithm is clearly worse for at least half of them.
    """
    if not fits:
        return Verdict.INCONCLUSIVE
    missed = [fit for fit in fits if fit.goodness * len(fits) < LEVEL]
    if any(fit.advantage < -CLEARLY for fit in missed):
        return Verdict.FAIL
    told_apart = [fit.laws["logarithm"].aicc - fit.laws["power"].aicc > CLEARLY for fit in fits]
    return Verdict.PASS if not missed and 2 * sum(told_apart) >= len(fits) else Verdict.INCONCLUSIVE


def as_logarithm(fit: Growth, seed: int) -> Growth:
    """Return the fit to what a logarithm of time would have given: the fitted one with the same noise and seeds."""
    curve = np.log(fit.laws["logarithm"].temperature(fit.epochs))
    return _refitted(fit, curve, np.random.default_rng(seed))


def as_shuffled(fit: Growth, seed: int) -> Growth:
    """Return the fit to the same temperatures in another order of time."""
    rng = np.random.default_rng(seed)
    return _refitted(fit, fit.mean[rng.permutation(fit.epochs.size)], rng)


def _refitted(fit: Growth, curve: FloatArray, rng: np.random.Generator) -> Growth:
    count = fit.exponents.size
    noise = fit.noise * math.sqrt(count) * rng.standard_normal((count, fit.epochs.size))
    return fit_growth(fit.epochs, np.exp(curve + noise))


def power_law(claim: Claim, evidence: Evidence) -> Finding:
    """Fit T_c(t) of every condition."""
    fits = needed(evidence.growths(), "five stages after the first crossing at two seeds of one kind and rate")
    wrong = [
        law_verdict([control(fit, seed) for seed, fit in enumerate(fits.values())]) is Verdict.PASS
        for control in (as_logarithm, as_shuffled)
    ]
    listed = "; ".join(
        f"{condition}: {fit.exponent:.3f} ± {fit.error:.3f} (epochs {fit.epochs[0]:g} to {fit.epochs[-1]:g}, "
        f"χ²/dof {fit.reduced:.1f}, p = {fit.goodness:.1g}, "
        f"off by up to {100 * fit.laws['power'].largest_misfit:.1f} %, best: {fit.best})"
        for condition, fit in fits.items()
    )
    best = sorted(fit.best for fit in fits.values())
    counted = ", ".join(f"{len(list(group))} by {name}" for name, group in groupby(best))
    return claim.finding(
        evidence, law_verdict(list(fits.values())),
        f"exponents from the first crossing on, epoch 1 at the earliest: {listed}. Best described (AICc): {counted}",
        [Comparison("exponent (against 0: no growth)", fit.exponent, fit.error, 0.0, fit.degrees,
                    at=Place(run=str(condition))) for condition, fit in fits.items()],
        "logarithms of time with the same noise, and the same temperatures in shuffled order",
        not any(wrong),
    )  # fmt: skip


def similar(difference: float, error: float, degrees: float, margin: float) -> Verdict:
    """Return whether a difference is within a margin: PASS if its 95 % interval is inside, FAIL if it is outside."""
    reach = float(stats.t.isf(0.025, degrees)) * error
    if abs(difference) + reach <= margin:
        return Verdict.PASS
    return Verdict.FAIL if abs(difference) - reach > margin else Verdict.INCONCLUSIVE


def pair_of_kinds(a: Growth, b: Growth, rate: float) -> tuple[Comparison, float]:
    """Return the exponents of two kinds at one rate against each other, and the margin within which they are alike."""
    error = math.hypot(a.error, b.error)
    # Welch: with errors from few seeds each, the degrees of freedom are few.
    degrees = error**4 / max(a.error**4 / a.degrees + b.error**4 / b.degrees, 1e-300)
    quantity, at = "exponent of ReLU against binarised networks", Place(run=f"rate {rate:g}")
    comparison = Comparison(quantity, a.exponent, error, b.exponent, degrees, at=at)
    return comparison, SIMILAR * (a.exponent + b.exponent) / 2


def pooled(pairs: Sequence[tuple[Comparison, float]]) -> tuple[float, float, float, float]:
    """Return the mean difference over rates, its error, degrees of freedom and the mean margin."""
    n = len(pairs)
    difference = sum(c.measured - c.predicted for c, _ in pairs) / n
    error = math.sqrt(sum(c.error**2 for c, _ in pairs)) / n
    return difference, error, sum(c.degrees for c, _ in pairs), sum(margin for _, margin in pairs) / n


def two_kinds(claim: Claim, evidence: Evidence) -> Finding:
    """Compare the exponents of both kinds at every learning rate."""
    fits = evidence.growths()
    rates = sorted({network.rate for network in evidence.main})
    both_kinds = [(rate, fits.get(Condition("relu", rate)), fits.get(Condition("binarised", rate))) for rate in rates]
    pairs = [pair_of_kinds(relu, binarised, rate) for rate, relu, binarised in both_kinds if relu and binarised]
    needed(pairs, claim.needs)
    # No motion at all is what a kind without hidden order would show.
    wrong = [(replace(comparison, predicted=0.0), margin / 2) for comparison, margin in pairs]
    verdict, control = similar(*pooled(pairs)), similar(*pooled(wrong))
    difference, error, _, margin = pooled(pairs)
    both = ", ".join(f"{c.measured:.3f} and {c.predicted:.3f} (± {c.error:.3f})" for c, _ in pairs)
    return claim.finding(
        evidence, verdict,
        f"exponents of ReLU and binarised networks at rates {', '.join(f'{rate:g}' for rate in rates)}: {both}; mean "
        f"difference {difference:+.3f} ± {error:.3f}, alike if within {margin:.3f} ({100 * SIMILAR:.0f} % of their "
        f"mean); the paramagnet first crosses at epoch {_crossing_times(evidence)}",
        [comparison for comparison, _ in pairs],
        "a kind whose T_c does not grow",
        control is not Verdict.PASS,
    )  # fmt: skip


def _crossing_times(evidence: Evidence) -> str:
    times = []
    for condition, networks in by_condition(evidence.main).items():
        series = evidence.critical(networks)
        if series:
            epochs, _ = crossings(series)
            times.append(f"{epochs[0]:.3g} ({condition})" if epochs.size else f"never ({condition})")
    return ", ".join(times)
