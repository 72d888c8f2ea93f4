"""Comparison of a measured with a predicted number, with a verdict and the power behind it.

A comparison says PASS only where it could have failed: if the smallest deviation that the data would have revealed is
larger than the deviation that matters, it says INCONCLUSIVE instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy import special, stats

# Chance to reject a true prediction, shared among all comparisons of one claim (Holm).
LEVEL = 0.01
# Chance to reject a prediction that is off by the minimal detectable effect.
POWER = 0.9


class Verdict(StrEnum):
    """What a test of a statement found."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Place:
    """Where a number was taken: what does not apply is None or empty."""

    run: str = ""  #: name of a run or of a network
    epoch: float | None = None  #: of its training
    size: int | None = None  #: N of a number at one size; limits of infinite size have none
    temperature: float | None = None
    reduced_temperature: float | None = None  #: T / T_c
    beta: float | None = None
    layer: int | None = None  #: layer 0 is the input

    def __str__(self) -> str:
        """Return it as tables and legends show it; the layer is part of a quantity's symbol."""
        texts = [
            self.run,
            "" if self.epoch is None else f"epoch {self.epoch:.3g}",
            "" if self.size is None else f"N = {self.size}",
            "" if self.temperature is None else f"T = {self.temperature:.4g}",
            "" if self.reduced_temperature is None else f"T = {self.reduced_temperature:.3g} T_c",
            "" if self.beta is None else f"beta = {self.beta:g}",
        ]
        return ", ".join(text for text in texts if text)


NOWHERE = Place()


@dataclass(frozen=True)
class Comparison:
    """One measured number against one predicted number."""

    quantity: str  #: what was compared: a symbol, or a few words
    measured: float
    error: float  #: standard error of the measurement, autocorrelation and disorder included
    predicted: float
    degrees: float  #: degrees of freedom behind the error; p-values come from Student's t
    sharing: int = 1  #: number of comparisons of one claim that share `LEVEL`, this one included
    at: Place = NOWHERE
    sizes: tuple[int, ...] = ()  #: sizes behind a limit of infinite size; none for a number at one size

    @property
    def name(self) -> str:
        """Return what was compared and where, for people to read."""
        return ", ".join(text for text in (self.quantity, str(self.at)) if text)

    @property
    def z(self) -> float:
        """Return the deviation in standard errors."""
        difference = self.measured - self.predicted
        if self.error > 0:
            return float(difference / self.error)
        return 0.0 if difference == 0 else float(np.copysign(np.inf, difference))

    @property
    def p(self) -> float:
        """Return the chance of a larger deviation, to either side, if the prediction is true."""
        return float(2.0 * stats.t.sf(abs(self.z), self.degrees))

    @property
    def minimal_detectable_effect(self) -> float:
        """Return the deviation that is rejected with chance `POWER` at this comparison's share of `LEVEL`."""
        threshold = stats.t.isf(LEVEL / (2.0 * self.sharing), self.degrees)
        # The error is an estimate too, which the sum of two quantiles forgets: its power is 0.75 at 2 degrees.
        return float(self.error * special.nctdtrinc(self.degrees, 1.0 - POWER, threshold))


def share_level(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return the comparisons of one claim, each told how many share `LEVEL`."""
    return [replace(c, sharing=len(comparisons)) for c in comparisons]


def smallest_adjusted_p(comparisons: Sequence[Comparison]) -> float:
    """Return the p-value that all predictions hold at once (Holm's first step: the smallest p times their number).

    It is nan where one of them is, so that no verdict rests on the others alone.
    """
    return float(np.minimum(1.0, np.min([c.p for c in comparisons]) * len(comparisons)))


def verdict_of_agreement(comparisons: Sequence[Comparison], relevant: float) -> Verdict:
    """Return whether predictions agree with what was measured.

    `relevant` is the relative deviation that would matter: at least half of the comparisons must be able to detect it
    for agreement to count.
    """
    if not comparisons:
        return Verdict.INCONCLUSIVE
    p = smallest_adjusted_p(comparisons)
    if p < LEVEL:
        return Verdict.FAIL
    if np.isnan(p):
        return Verdict.INCONCLUSIVE
    sharp = [c.minimal_detectable_effect <= relevant * abs(c.predicted) for c in comparisons]
    return Verdict.PASS if 2 * sum(sharp) >= len(sharp) else Verdict.INCONCLUSIVE


def worst_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict of a statement that needs all of these: FAIL where one fails, PASS where all pass."""
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS


def verdict_of_rejection(comparisons: Sequence[Comparison]) -> Verdict:
    """Return PASS where the data reject the predictions, as a claim that they fail demands.

    Not rejecting is INCONCLUSIVE where the data were too weak to expect it and FAIL never: absence of evidence.
    """
    rejected = bool(comparisons) and smallest_adjusted_p(comparisons) < LEVEL
    return Verdict.PASS if rejected else Verdict.INCONCLUSIVE
