"""The limit of infinite size of a quantity that was measured at several sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

import numpy as np

from validation.numbers.arrays import FloatArray
from validation.numbers.compare import NOWHERE, Comparison, Place
from validation.numbers.estimate import Estimate
from validation.numbers.extrapolation import Extrapolation, extrapolate

# So many sizes bear a second term of a series; of so many the smallest can be left out.
MANY_SIZES = 4


class Beyond(StrEnum):
    """What is done about corrections beyond the leading one."""

    NEGLECTED = "neglected"
    """The claim looks only where the leading one suffices."""
    FITTED = "fitted"
    """The second term of a series, from `MANY_SIZES` on.

    Of a deep network it is a series in L/N, and the second term is seen: at 2, 4 and 8 times as many neurons a layer as
    layers, the first alone continues the variance of overlaps of shaped tanh networks to a limit four standard errors
    off. Fitted, the second term costs a factor of about two in the error.
    """
    IN_ERROR = "in the error"
    """From `MANY_SIZES` on the smallest size is left out. Of the square of the change that this makes, what exceeds its
    own variance, the difference of the two variances (Hausman, Econometrica 46, 1251 (1978)), is added to that of the
    limit."""


@dataclass(frozen=True)
class Scaling:
    """How a quantity approaches its limit: by a correction N^-exponent, and others beyond it."""

    exponents: tuple[float, ...]  #: one, or all that are possible: the limit is no better known than their fits agree
    beyond: Beyond

    @property
    def label(self) -> str:
        """The corrections as sentences name them: 1/N, N^(-2/3)."""
        return " and ".join("1/N" if e == 1 else f"N^({-_fraction(e)})" for e in self.exponents)

    @property
    def axis_label(self) -> str:
        """The first of them as figures do."""
        return "$1/N$" if self.exponents[0] == 1 else f"$N^{{{-_fraction(self.exponents[0])}}}$"

    def fit(self, sizes: FloatArray, values: FloatArray, errors: FloatArray, exponent: float) -> Extrapolation:
        """Return the fit by one of the exponents."""
        many, x = sizes.size >= MANY_SIZES, sizes**-exponent
        everything = extrapolate(x, values, errors, 2 if many and self.beyond is Beyond.FITTED else 1)
        if not many or self.beyond is not Beyond.IN_ERROR:
            return everything
        larger = extrapolate(x[1:], values[1:], errors[1:])
        by_chance = max(0.0, larger.error**2 - everything.error**2)
        systematic = max(0.0, (larger.value - everything.value) ** 2 - by_chance)
        return replace(larger, error=math.sqrt(larger.error**2 + systematic))


def _fraction(exponent: float) -> Fraction:
    return Fraction(exponent).limit_denominator(9)


# Fluctuations about a stable saddle point correct averages by a series in 1/N.
STABLE = Scaling((1.0,), Beyond.FITTED)
# Deep in a mean-field glass e_N - e_inf ~ N^(-2/3), and by the identity between energy and overlaps so do overlaps
# (SK: Billoire & Marinari 2008; Aspelmeier, Billoire, Marinari & Moore, J. Phys. A 41, 324008 (2008)).
GLASS = Scaling((2.0 / 3.0,), Beyond.IN_ERROR)
# Single overlaps of marginal glasses fluctuate more: with propagators from p^-2 to p^-4 (De Dominicis & Kondor), and
# p^2 ~ N^(-1/3) at most, dq^2 ~ p^-n / N lies between N^(-2/3) and N^(-1/3). What resolves q as finely as that has a
# correction somewhere between, and a limit no better known than the two ends agree.
RESOLVED = Scaling((1.0 / 3.0, 2.0 / 3.0), Beyond.IN_ERROR)


@dataclass(frozen=True)
class Limit:
    """One quantity at one place at every size, and its limit."""

    quantity: str  #: a symbol, or a few words
    at: Place
    sizes: FloatArray
    estimates: tuple[Estimate, ...]  #: at each size
    scaling: Scaling
    fits: tuple[Extrapolation, ...]  #: for each of its exponents
    degrees: float  #: of freedom behind the error of the limit

    @property
    def values(self) -> FloatArray:
        """Return the values at each size."""
        return np.array([estimate.value for estimate in self.estimates])

    @property
    def errors(self) -> FloatArray:
        """Return their errors, systematic ones included."""
        return _total_errors(self.estimates)

    @property
    def gain(self) -> float:
        """Return by how much control variates divide the error, median over sizes."""
        return float(np.median([estimate.gain for estimate in self.estimates]))

    @property
    def value(self) -> float:
        """Return the limit: the mean of the fits'."""
        return float(np.mean([fit.value for fit in self.fits]))

    @property
    def error(self) -> float:
        """Return its error: the largest of the fits', and half of the difference between them."""
        ends = [fit.value for fit in self.fits]
        return math.hypot(max(fit.error for fit in self.fits), 0.5 * (max(ends) - min(ends)))

    def against(self, predicted: float) -> Comparison:
        """Compare the limit with a prediction."""
        sizes = tuple(int(size) for size in self.sizes)
        return Comparison(self.quantity, self.value, self.error, predicted, self.degrees, at=self.at, sizes=sizes)


def limit_of(
    quantity: str,
    sizes: FloatArray,
    estimates: Sequence[Estimate],
    scaling: Scaling,
    degrees: float,
    at: Place = NOWHERE,
) -> Limit:
    """Continue estimates at several sizes to infinite size, or raise as `extrapolate`."""
    values, errors = np.array([estimate.value for estimate in estimates]), _total_errors(estimates)
    fits = tuple(scaling.fit(sizes, values, errors, exponent) for exponent in scaling.exponents)
    return Limit(quantity, at, sizes, tuple(estimates), scaling, fits, degrees)


def _total_errors(estimates: Sequence[Estimate]) -> FloatArray:
    return np.hypot([estimate.error for estimate in estimates], [estimate.systematic for estimate in estimates])
