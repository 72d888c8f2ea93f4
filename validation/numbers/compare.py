"""Comparison of a measured with a predicted number, with a verdict and the power behind it.

A comparison says PASS only where it could have failed: if the smallest deviation that the data would have revealed is
larger than the deviation that matters, it says INCONCLUSIVE instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

# Chance to reject a true prediction, shared among all comparisons of one claim (Holm).
LEVEL = 0.01
# Chance to reject a prediction that is off by the minimal detectable effect.
POWER = 0.9
# Fluctuations about a stable saddle point correct averages by a series in 1/N.
STABLE_EXPONENT = 1.0
# So many sizes bear its second term too.
ENOUGH_FOR_TWO_TERMS = 4


class Verdict(StrEnum):
    """What a test of a statement found."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Place:
    """Where a number was taken: what does not apply is None or empty.

    Attributes
    ----------
    run : str
        Name of a run or of a network.
    size : int
        N, of a number at one size; limits of infinite size have none.
    temperature, reduced_temperature, beta : float
        T, T / T_c, or the inverse temperature.
    layer : int
        Layer 0 is the input.
    """

    run: str = ""
    size: int | None = None
    temperature: float | None = None
    reduced_temperature: float | None = None
    beta: float | None = None
    layer: int | None = None

    def __str__(self) -> str:
        """Return it as tables and legends show it; the layer is part of a quantity's symbol."""
        texts = [
            self.run,
            "" if self.size is None else f"N = {self.size}",
            "" if self.temperature is None else f"T = {self.temperature:.4g}",
            "" if self.reduced_temperature is None else f"T = {self.reduced_temperature:.3g} T_c",
            "" if self.beta is None else f"beta = {self.beta:g}",
        ]
        return ", ".join(text for text in texts if text)


NOWHERE = Place()


@dataclass(frozen=True)
class Comparison:
    """One measured number against one predicted number.

    Attributes
    ----------
    quantity : str
        What was compared: a symbol, or a few words.
    measured, error, predicted : float
        With the standard error of the measurement, autocorrelation and disorder included.
    degrees : float
        Degrees of freedom behind the error; p-values come from Student's t.
    sharing : int
        Number of comparisons of one claim that share `LEVEL`, this one included.
    at : Place
        Where it was taken.
    sizes : tuple of int
        Sizes behind a limit of infinite size; none for a number at one size.
    z, p : float
        Deviation in standard errors, and the chance of a larger one if the prediction is true.
    minimal_detectable_effect : float
        Deviation that would have been rejected with chance `POWER` at this comparison's share of `LEVEL`.
    """

    quantity: str
    measured: float
    error: float
    predicted: float
    degrees: float
    sharing: int = 1
    at: Place = NOWHERE
    sizes: tuple[int, ...] = ()

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
        """Return the two-sided p-value."""
        return float(2.0 * stats.t.sf(abs(self.z), self.degrees))

    @property
    def minimal_detectable_effect(self) -> float:
        """Return the deviation that the data would have revealed with chance `POWER`."""
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

    Parameters
    ----------
    comparisons : sequence of Comparison
    relevant : float
        The relative deviation that would matter: at least half of the comparisons must be able to detect it for
        agreement to count.
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
    for one in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        if one in verdicts:
            return one
    return Verdict.PASS


def verdict_of_rejection(comparisons: Sequence[Comparison]) -> Verdict:
    """Return PASS where the data reject the predictions, as a claim that they fail demands.

    Not rejecting is INCONCLUSIVE where the data were too weak to expect it and FAIL never: absence of evidence.
    """
    rejected = bool(comparisons) and smallest_adjusted_p(comparisons) < LEVEL
    return Verdict.PASS if rejected else Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Extrapolation:
    """A quantity at several sizes, continued to infinite size.

    Attributes
    ----------
    value, error : float
        The limit and its standard error.
    corrections : tuple of float
        Coefficients of x, x^2, .. with x = N^-exponent.
    goodness : float
        p-value of the fit; nan where the sizes leave no degree of freedom.
    """

    value: float
    error: float
    corrections: tuple[float, ...]
    goodness: float

    def at(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the fit at values of N^-exponent."""
        return np.asarray(np.polynomial.polynomial.polyval(x, (self.value, *self.corrections)))


def extrapolate(
    sizes: NDArray[np.float64],
    values: NDArray[np.float64],
    errors: NDArray[np.float64],
    exponent: float,
    terms: int = 1,
) -> Extrapolation:
    """Fit ``value + c_1 x + c_2 x^2 + ..`` in x = N^-exponent by weighted least squares.

    Where chi^2 exceeds the degrees of freedom the error is scaled up by sqrt(chi^2 / dof), as the Particle Data Group
    does, so that a bad model cannot produce a sharp number. With a good model this rejects a little less than it may.

    Parameters
    ----------
    sizes, values, errors : float64 (sizes,)
    exponent : float
    terms : int
        Number of corrections fitted.

    Raises
    ------
    ValueError
        For too few sizes or errors that are not positive.
    """
    if sizes.size < terms + 1:
        raise ValueError(
            f"{sizes.size} size(s): an extrapolation with {terms} correction(s) needs at least {terms + 1}"
        )
    if np.any(errors <= 0):
        raise ValueError("errors must be positive")
    scale = float(np.max(sizes**-exponent))
    design = (sizes**-exponent / scale)[:, None] ** np.arange(terms + 1)
    weighted = design / errors[:, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    parameters = covariance @ weighted.T @ (values / errors)
    chi_squared = float(np.sum(((values - design @ parameters) / errors) ** 2))
    freedom = sizes.size - terms - 1
    goodness = float(stats.chi2.sf(chi_squared, freedom)) if freedom else float("nan")
    inflation = np.sqrt(max(1.0, chi_squared / freedom)) if freedom else 1.0
    corrections = parameters[1:] / scale ** np.arange(1, terms + 1)
    return Extrapolation(
        float(parameters[0]), float(np.sqrt(covariance[0, 0]) * inflation), tuple(corrections.tolist()), goodness
    )


def series_fit(sizes: NDArray[np.float64], values: NDArray[np.float64], errors: NDArray[np.float64]) -> Extrapolation:
    """Fit a series in 1/N: its first term, and from four widths on the second.

    Of a deep network it is a series in L/N, and the second term is seen: at 2, 4 and 8 times as many neurons a layer as
    layers, the first alone continues the variance of overlaps of shaped tanh networks to a limit four standard errors
    off. Fitted, the second term costs a factor of about two in the error.
    """
    return extrapolate(sizes, values, errors, STABLE_EXPONENT, 2 if sizes.size >= ENOUGH_FOR_TWO_TERMS else 1)


def control_variate(
    values: NDArray[np.float64], controls: NDArray[np.float64], expected: float | NDArray[np.float64]
) -> tuple[float, float, float]:
    """Return mean, standard error and the factor by which control variates have shrunk the error.

    A control is a quantity of each sample whose disorder average is known exactly; the part of the values that
    varies with the controls is taken out by linear regression. The coefficients are estimated from the same samples,
    which biases the mean by O(1/samples); the jackknife removes that and sees the coefficients' own errors.

    Parameters
    ----------
    values : float64 (samples,)
    controls : float64 (samples,) or (samples, controls)
        Those without spread, or that others determine, change nothing.
    expected : float or float64 (controls,)

    Raises
    ------
    ValueError
        For fewer samples than controls + 2.
    """
    n = values.size
    matrix = controls.reshape(n, -1) - expected
    if n < matrix.shape[1] + 2:
        raise ValueError(f"{n} sample(s): a control variate needs at least 3, and two more than there are controls")
    keep = np.array([np.delete(np.arange(n), i) for i in range(n)])
    without = _at_expected(values[keep], matrix[keep])
    estimate = n * float(_at_expected(values[None], matrix[None])[0]) - (n - 1) * without.mean()
    error = float(np.sqrt((n - 1) * np.var(without)))
    plain = float(values.std(ddof=1) / np.sqrt(n))
    return float(estimate), error, plain / error if error > 0 else 1.0


def _at_expected(values: NDArray[np.float64], controls: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means (sets,) of values (sets, n) where their regression on controls (sets, n, m) crosses zero."""
    mean, centre = values.mean(axis=1), controls.mean(axis=1)
    spread = controls - centre[:, None]
    # In units of their spread the rank of the controls does not depend on their scales.
    scale = np.sqrt(np.square(spread).sum(axis=1))
    spread = spread / np.where(scale > 0, scale, 1.0)[:, None]
    covariance = np.einsum("snm,snk->smk", spread, spread)
    with_values = np.einsum("snm,sn->sm", spread, values - mean[:, None])
    slopes = np.einsum("smk,sk->sm", np.linalg.pinv(covariance, rcond=1e-10, hermitian=True), with_values)
    return np.asarray(mean - np.einsum("sm,sm->s", slopes, centre / np.where(scale > 0, scale, 1.0)))
