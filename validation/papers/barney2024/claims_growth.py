"""Statements about T_c(t): it grows as a power law, and alike for both kinds of networks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from validation.claims.base import Claim, Finding, NotApplicableError
from validation.numbers.compare import LEVEL, Comparison, Verdict
from validation.papers.barney2024.claims_initial import PAPER
from validation.papers.barney2024.evidence import Evidence, crossings
from validation.papers.barney2024.fits import Growth, fit_growth

Array = NDArray[np.float64]

# Difference of AICc at which one law is clearly better (Burnham & Anderson: hardly any support for the other).
CLEARLY = 10.0
# Exponents are called similar within this share of their mean.
SIMILAR = 0.3


def growths(evidence: Evidence, earliest: float = 1.0) -> dict[str, Growth]:
    """Return the fits of every condition that allows one."""
    found = {name: evidence.growth(networks, earliest) for name, networks in evidence.conditions(evidence.main).items()}
    return {name: growth for name, growth in found.items() if growth is not None}


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
    rng = np.random.default_rng(seed)
    count = fit.exponents.size
    curve = np.log(fit.laws["logarithm"].temperature(fit.epochs))
    noise = fit.noise * math.sqrt(count) * rng.standard_normal((count, fit.epochs.size))
    return fit_growth(fit.epochs, np.exp(curve + noise))


def as_shuffled(fit: Growth, seed: int) -> Growth:
    """Return the fit to the same temperatures in another order of time."""
    rng = np.random.default_rng(seed)
    count = fit.exponents.size
    order = rng.permutation(fit.epochs.size)
    noise = fit.noise * math.sqrt(count) * rng.standard_normal((count, fit.epochs.size))
    return fit_growth(fit.epochs, np.exp(fit.mean[order] + noise))


def _power_law(claim: Claim, evidence: Evidence) -> Finding:
    fits = growths(evidence)
    if not fits:
        raise NotApplicableError("needs five stages after the first crossing at two seeds of one kind and rate")
    verdict = law_verdict(list(fits.values()))
    wrong = [
        law_verdict([control(fit, seed) for seed, fit in enumerate(fits.values())]) is Verdict.PASS
        for control in (as_logarithm, as_shuffled)
    ]
    listed = "; ".join(
        f"{name}: {fit.exponent:.3f} ± {fit.error:.3f} (epochs {fit.epochs[0]:g} to {fit.epochs[-1]:g}, "
        f"χ²/dof {fit.reduced:.1f}, p = {fit.goodness:.1g}, "
        f"off by up to {100 * fit.laws['power'].largest_misfit:.1f} %, best: {fit.best})"
        for name, fit in fits.items()
    )
    best = [fit.best for fit in fits.values()]
    counted = ", ".join(f"{len(list(group))} by {name}" for name, group in groupby(sorted(best)))
    return claim.finding(
        evidence.family, verdict,
        f"exponents from the first crossing on, epoch 1 at the earliest: {listed}. Best described (AICc): {counted}",
        [Comparison(f"exponent, {name} (against 0: no growth)", fit.exponent, fit.error, 0.0, fit.degrees)
         for name, fit in fits.items()],
        "logarithms of time with the same noise, and the same temperatures in shuffled order",
        not any(wrong),
        fits=fits, early=growths(evidence, earliest=0.0),
    )  # fmt: skip


def similar(difference: float, error: float, degrees: float, margin: float) -> Verdict:
    """Return whether a difference is within a margin: PASS if its 95 % interval is inside, FAIL if it is outside."""
    reach = float(stats.t.isf(0.025, degrees)) * error
    if abs(difference) + reach <= margin:
        return Verdict.PASS
    return Verdict.FAIL if abs(difference) - reach > margin else Verdict.INCONCLUSIVE


def pair_of_kinds(a: Growth, b: Growth, name: str) -> tuple[Comparison, float]:
    """Return the exponents of two kinds at one rate against each other, and the margin within which they are alike."""
    error = math.hypot(a.error, b.error)
    # Welch: with errors from few seeds each, the degrees of freedom are few.
    degrees = error**4 / max(a.error**4 / a.degrees + b.error**4 / b.degrees, 1e-300)
    return Comparison(name, a.exponent, error, b.exponent, degrees), SIMILAR * (a.exponent + b.exponent) / 2


def pooled(pairs: Sequence[tuple[Comparison, float]]) -> tuple[float, float, float, float]:
    """Return the mean difference over rates, its error, degrees of freedom and the mean margin."""
    n = len(pairs)
    difference = sum(c.measured - c.predicted for c, _ in pairs) / n
    error = math.sqrt(sum(c.error**2 for c, _ in pairs)) / n
    return difference, error, sum(c.degrees for c, _ in pairs), sum(margin for _, margin in pairs) / n


def _two_kinds(claim: Claim, evidence: Evidence) -> Finding:
    fits = growths(evidence)
    rates = sorted({network.rate for network in evidence.main})
    names = [(f"relu-{rate:g}", f"binarised-{rate:g}") for rate in rates]
    pairs = [pair_of_kinds(fits[a], fits[b], f"{a} against {b}") for a, b in names if a in fits and b in fits]
    if not pairs:
        raise NotApplicableError("needs T_c(t) of both kinds at one learning rate")
    # No motion at all is what a kind without hidden order would show.
    wrong = [(Comparison("none", c.measured, c.error, 0.0, c.degrees), margin / 2) for c, margin in pairs]
    verdict, control = similar(*pooled(pairs)), similar(*pooled(wrong))
    difference, error, _, margin = pooled(pairs)
    both = ", ".join(f"{c.measured:.3f} and {c.predicted:.3f} (± {c.error:.3f})" for c, _ in pairs)
    times = _crossing_times(evidence)
    return claim.finding(
        evidence.family, verdict,
        f"exponents of ReLU and binarised networks at rates {', '.join(f'{rate:g}' for rate in rates)}: {both}; mean "
        f"difference {difference:+.3f} ± {error:.3f}, alike if within {margin:.3f} ({100 * SIMILAR:.0f} % of their "
        f"mean); the paramagnet first crosses at epoch {times}",
        [c for c, _ in pairs],
        "a kind whose T_c does not grow",
        control is not Verdict.PASS,
        pairs=[c for c, _ in pairs],
    )  # fmt: skip


def _crossing_times(evidence: Evidence) -> str:
    found = []
    for name, networks in evidence.conditions(evidence.main).items():
        series = [result["stages"] for _, result in evidence.have("critical", networks)]
        if series:
            epochs, _ = crossings(series)
            found.append(f"{epochs[0]:.3g} ({name})" if epochs.size else f"never ({name})")
    return ", ".join(found)


POWER_LAW = Claim(
    id="barney2024.power-law",
    statement="The melting temperature T_c of the hidden order grows as a power law in training time.",
    source=f"{PAPER}; the summary says roughly.",
    needs="T_c at five stages after the first crossing, at two seeds",
    evaluate=_power_law,
)
TWO_KINDS = Claim(
    id="barney2024.two-kinds",
    statement="Networks with continuous and with binarised activations give similar results.",
    source=f"{PAPER}; similar is taken to mean exponents of T_c(t) within {100 * SIMILAR:.0f} % of each other.",
    needs="T_c(t) of both kinds at one learning rate",
    evaluate=_two_kinds,
)
