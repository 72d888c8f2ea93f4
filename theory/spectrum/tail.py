"""A power-law tail p(x) ~ x^{-alpha} of eigenvalues: exponent, where it begins, and whether it is one.

Clauset, Shalizi & Newman's recipe: for every possible beginning x_min the maximum-likelihood exponent of the n values
above it, alpha = 1 + n/sum log(x/x_min), with error (alpha - 1)/sqrt(n); the x_min with the least Kolmogorov-Smirnov
distance is taken. How often samples of the fitted law (below x_min resampled from the data) end at a larger distance
when they are fitted in the same way is the p-value; below 0.1 a power law is ruled out.

References
----------
Clauset, Shalizi & Newman, SIAM Review 51, 661 (2009).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theory.arrays import FloatArray

_FEWEST = 10
_CANDIDATES = 100


@dataclass(frozen=True)
class TailFit:
    """A fitted power law.

    Attributes
    ----------
    exponent, error : float
        alpha and its standard error at the x_min chosen.
    smallest, largest : float
        x_min and the largest value: the range of the fit.
    points : int
        Values in that range.
    distance : float
        Kolmogorov-Smirnov distance there.
    p_value : float
        Share of synthetic samples that fit worse; below 0.1 the tail is no power law.
    """

    exponent: float
    error: float
    smallest: float
    largest: float
    points: int
    distance: float
    p_value: float


def fit_tail(values: ArrayLike, *, samples: int = 200, seed: int = 0) -> TailFit:
    """Fit a power law to the upper tail of positive values.

    Parameters
    ----------
    values : array
        At least 20 positive finite numbers; at least 10 of them are fitted.
    samples : int
        Synthetic samples behind the p-value, whose error is at most 1/(2 sqrt(samples)).
    seed : int
        Of those samples.

    Raises
    ------
    ValueError
        For fewer than 20 values, or any that is not positive and finite.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64).ravel())
    if len(ordered) < 2 * _FEWEST or not (ordered[0] > 0 and math.isfinite(ordered[-1])):
        raise ValueError(f"tail: got {len(ordered)} values; give at least {2 * _FEWEST}, positive and finite")
    exponent, start, distance = _best(ordered)
    count = len(ordered) - start
    generator = np.random.default_rng(seed)
    worse = 0
    for _ in range(samples):
        in_tail = int(generator.binomial(len(ordered), count / len(ordered)))
        tail = ordered[start] * generator.random(in_tail) ** (-1 / (exponent - 1))
        body = generator.choice(ordered[:start] if start else ordered[:1], len(ordered) - in_tail)
        worse += _best(np.sort(np.concatenate([body, tail])))[2] > distance
    return TailFit(
        exponent=exponent,
        error=(exponent - 1) / math.sqrt(count),
        smallest=float(ordered[start]),
        largest=float(ordered[-1]),
        points=count,
        distance=distance,
        p_value=worse / samples if samples else math.nan,
    )


def _best(ordered: FloatArray) -> tuple[float, int, float]:
    """Return exponent, index of x_min and distance of the best fit to sorted values."""
    starts = np.unique(np.linspace(0, len(ordered) - _FEWEST, _CANDIDATES).astype(int))
    logs = np.log(ordered)
    best = (math.nan, 0, math.inf)
    for start in starts.tolist():
        excess = logs[start:] - logs[start]
        total = float(excess.sum())
        if total <= 0:
            continue
        count = len(excess)
        slope = count / total
        expected = -np.expm1(-slope * excess)
        steps = np.arange(count + 1) / count
        distance = float(max((steps[1:] - expected).max(), (expected - steps[:-1]).max()))
        if distance < best[2]:
            best = (1 + slope, start, distance)
    return best
