"""A quantity of random MLPs at every width, continued to infinite width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.numbers.compare import Comparison, Extrapolation, series_fit
from validation.runs.mlp_controls import Controlled, control
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlps import MeasuredMlp

FloatArray = NDArray[np.float64]
Samples = Callable[[MeasuredMlp], FloatArray]


@dataclass(frozen=True)
class WidthSeries:
    """One number at one beta at every width, and its limit.

    Attributes
    ----------
    name : str
        What it is, and where.
    beta : float
    averages : tuple of Controlled
        The disorder average at each width.
    systematic : float64 (widths,)
        Errors that averaging over networks does not reduce, such as of interpolation between slots.
    limit : Extrapolation
    degrees : float
        Degrees of freedom behind the error of the limit.
    """

    name: str
    beta: float
    averages: tuple[Controlled, ...]
    systematic: FloatArray
    limit: Extrapolation
    degrees: float

    @property
    def values(self) -> FloatArray:
        """Return the averages, (widths,)."""
        return np.array([one.value for one in self.averages])

    @property
    def errors(self) -> FloatArray:
        """Return their errors, (widths,)."""
        return np.hypot([one.error for one in self.averages], self.systematic)

    @property
    def gain(self) -> float:
        """Return by how much the controls divide the error, median over widths."""
        return float(np.median([one.gain for one in self.averages]))

    def against(self, predicted: float) -> Comparison:
        """Compare the limit with a prediction."""
        return Comparison(self.name, self.limit.value, self.limit.error, predicted, self.degrees)


def width_series(
    family: MlpFamily,
    name: str,
    beta: float,
    values: list[FloatArray],
    residuals: list[FloatArray],
    systematic: FloatArray | None = None,
) -> WidthSeries:
    """Average a quantity over networks at each width with control variates, and extrapolate in 1/N.

    Parameters
    ----------
    family : MlpFamily
    name : str
    beta : float
    values : list of float64 (samples,)
        One array per width.
    residuals : list of float64 (samples,) or (samples, n)
        Differences of the two sides of the identity, as for `control`.
    systematic : float64 (widths,), optional
    """
    averages = tuple(control(run, v, r) for run, v, r in zip(family.runs, values, residuals, strict=True))
    extra = np.zeros(len(averages)) if systematic is None else systematic
    errors = np.hypot([one.error for one in averages], extra)
    limit = series_fit(family.sizes, np.array([one.value for one in averages]), errors)
    degrees = min(run.samples - 1 - one.controls for run, one in zip(family.runs, averages, strict=True))
    return WidthSeries(name, beta, averages, extra, limit, degrees)


def at_slots(family: MlpFamily, symbol: str, samples: Samples, chosen: list[int]) -> list[WidthSeries]:
    """Return the series of a quantity (samples, slots) of every run at entries `chosen` of the family's slots."""
    found = []
    for i in chosen:
        slots, beta = family.slots[i], float(family.betas[i])
        values = [samples(run)[:, slot] for run, slot in zip(family.runs, slots, strict=True)]
        residuals = [run.identity_residuals[:, slot] for run, slot in zip(family.runs, slots, strict=True)]
        found.append(width_series(family, f"{symbol}, beta = {beta:g}", beta, values, residuals))
    return found
