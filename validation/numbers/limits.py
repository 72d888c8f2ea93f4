"""A number at several sizes, continued to infinite size, beside what theory and a known-wrong theory say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from validation.numbers.compare import STABLE_EXPONENT, Comparison, Extrapolation, extrapolate, series_fit, share_level
from validation.numbers.spread import Estimate

FloatArray = NDArray[np.float64]

# Deep in a mean-field glass e_N - e_inf ~ N^(-2/3), and by the identity between energy and overlaps so do overlaps
# (SK: Billoire & Marinari 2008; Aspelmeier, Billoire, Marinari & Moore, J. Phys. A 41, 324008 (2008)).
GLASS_EXPONENT = 2.0 / 3.0
# Single overlaps of marginal glasses fluctuate more: with propagators from p^-2 to p^-4 (De Dominicis & Kondor), and
# p^2 ~ N^(-1/3) at most, dq^2 ~ p^-n / N lies between N^(-2/3) and N^(-1/3). What resolves q as finely as that has a
# correction somewhere between, and a limit no better known than the two ends agree.
RESOLVED = (1.0 / 3.0, GLASS_EXPONENT)
FEWEST_SIZES = 3


@dataclass(frozen=True)
class SizeLimit:
    """One number at one temperature at every size, its limit, and predictions of it.

    Attributes
    ----------
    quantity, where : str
        What it is, and at which temperature.
    sizes, values, errors : float64 (sizes,)
    fits : dict of float to Extrapolation
        By exponent: fits in N^-exponent, the one drawn first.
    limit : Estimate
        The fit's; of several, their mean, and half their difference added to the largest of their errors.
    degrees : float
        Degrees of freedom behind its error.
    predicted, wrong : float
        By the theory, and by its negative control (nan without one).
    """

    quantity: str
    where: str
    sizes: FloatArray
    values: FloatArray
    errors: FloatArray
    fits: dict[float, Extrapolation]
    limit: Estimate
    degrees: float
    predicted: float
    wrong: float

    @property
    def exponent(self) -> float:
        """Exponent of the axis to draw it on."""
        return next(iter(self.fits))

    @property
    def name(self) -> str:
        """What was compared, and where."""
        return f"{self.quantity}, {self.where}"

    def against(self, predicted: float) -> Comparison:
        """Compare the limit with a number."""
        return Comparison(self.name, self.limit.value, self.limit.error, predicted, self.degrees)


def size_limit(
    quantity: str,
    where: str,
    sizes: FloatArray,
    estimates: Sequence[Estimate],
    degrees: float,
    *,
    predicted: float,
    wrong: float = float("nan"),
    exponents: tuple[float, ...] = (GLASS_EXPONENT,),
) -> SizeLimit:
    """Extrapolate a number linearly in N^-exponent, for one exponent or for all that are possible."""
    fits = {exponent: leading_fit(sizes, *_columns(estimates), exponent) for exponent in exponents}
    return _from_fits(quantity, where, sizes, estimates, degrees, fits, predicted, wrong)


def vanishing_limit(
    quantity: str, where: str, sizes: FloatArray, estimates: Sequence[Estimate], degrees: float
) -> SizeLimit:
    """Extrapolate a fluctuation about a stable saddle point, predicted to vanish, by a series in 1/N."""
    fits = {STABLE_EXPONENT: series_fit(sizes, *_columns(estimates))}
    return _from_fits(quantity, where, sizes, estimates, degrees, fits, predicted=0.0, wrong=float("nan"))


def _columns(estimates: Sequence[Estimate]) -> tuple[FloatArray, FloatArray]:
    return np.array([one.value for one in estimates]), np.array([one.error for one in estimates])


def _from_fits(
    quantity: str,
    where: str,
    sizes: FloatArray,
    estimates: Sequence[Estimate],
    degrees: float,
    fits: dict[float, Extrapolation],
    predicted: float,
    wrong: float,
) -> SizeLimit:
    """Return the mean of the fits' limits, half their difference added to the largest of their errors."""
    ends = [fit.value for fit in fits.values()]
    error = math.hypot(max(fit.error for fit in fits.values()), 0.5 * (max(ends) - min(ends)))
    limit = Estimate(float(np.mean(ends)), error)
    return SizeLimit(quantity, where, sizes, *_columns(estimates), fits, limit, degrees, predicted, wrong)


def leading_fit(sizes: FloatArray, values: FloatArray, errors: FloatArray, exponent: float) -> Extrapolation:
    """Fit the leading correction alone, with what the next ones may do in the error.

    From four sizes on the smallest is left out. Of the square of the change that this makes, what exceeds its own
    variance, the difference of the two variances (Hausman, Econometrica 46, 1251 (1978)), is added to that of the
    limit.
    """
    everything = extrapolate(sizes, values, errors, exponent)
    if sizes.size <= FEWEST_SIZES:
        return everything
    larger = extrapolate(sizes[1:], values[1:], errors[1:], exponent)
    by_chance = max(0.0, larger.error**2 - everything.error**2)
    systematic = max(0.0, (larger.value - everything.value) ** 2 - by_chance)
    return replace(larger, error=math.sqrt(larger.error**2 + systematic))


def against_theory(limits: Sequence[SizeLimit]) -> list[Comparison]:
    """Compare each limit with its prediction; they share the level."""
    return share_level([one.against(one.predicted) for one in limits])


def against_negative_control(limits: Sequence[SizeLimit]) -> list[Comparison]:
    """Compare each limit with what the negative control says, where it says something."""
    return share_level([one.against(one.wrong) for one in limits if np.isfinite(one.wrong)])
