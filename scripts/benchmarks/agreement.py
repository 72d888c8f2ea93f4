"""Whether two samplers sample the same distribution: a benchmark of a wrong sampler is no benchmark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# By chance alone a true agreement is refused once in this many comparisons.
_ONE_FALSE_ALARM_IN = 10_000


@dataclass(frozen=True)
class Mean:
    """A mean and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Agreement:
    """The comparison of some means.

    Attributes
    ----------
    deviation : float
        Largest difference in standard errors.
    allowed : float
        What is not exceeded by chance.
    """

    deviation: float
    allowed: float

    @property
    def holds(self) -> bool:
        """Whether the means agree."""
        return self.deviation <= self.allowed

    @property
    def text(self) -> str:
        """One clause for a note."""
        verb = "agree" if self.holds else "DISAGREE"
        return f"mean energies {verb}: {self.deviation:.1f} standard errors"


def mean_of_independent(values: NDArray[np.float64]) -> Mean:
    """Return the mean of independent numbers."""
    return Mean(float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size)))


def agreement(ours: Sequence[Mean], theirs: Sequence[Mean]) -> Agreement:
    """Compare means at the same temperatures; the largest deviation counts."""
    deviations = [abs(a.value - b.value) / math.hypot(a.error, b.error) for a, b in zip(ours, theirs, strict=True)]
    # Two-sided Gaussian tail of each comparison, shared out over all of them.
    tail = 0.5 / (_ONE_FALSE_ALARM_IN * len(deviations))
    return Agreement(max(deviations), _gaussian_quantile(tail))


def _gaussian_quantile(tail: float) -> float:
    from scipy.stats import norm

    return float(norm.isf(tail))
