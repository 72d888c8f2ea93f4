"""A number at several sizes, continued to infinite size, beside what theory and a known-wrong theory say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.compare import Comparison, Extrapolation, extrapolate, share_level
from validation.rsb.identities import Estimate

FloatArray = NDArray[np.float64]

# Deep in a mean-field glass e_N - e_inf ~ N^(-2/3), and by the identity between energy and overlaps so do overlaps
# (SK: Billoire & Marinari 2008; Aspelmeier, Billoire, Marinari & Moore, J. Phys. A 41, 324008 (2008)). Chosen for every
# quantity of the glass before any was looked at.
GLASS_EXPONENT = 2.0 / 3.0
# Fluctuations about a stable saddle point.
STABLE_EXPONENT = 1.0


@dataclass(frozen=True)
class SizeLimit:
    """One number at one temperature at every size, its limit, and predictions of it.

    Attributes
    ----------
    quantity, where : str
        What it is, and at which temperature.
    sizes, values, errors : float64 (sizes,)
    exponent : float
        The limit is linear in N^-exponent.
    limit : Extrapolation
    degrees : float
        Degrees of freedom behind its error.
    predicted, wrong : float
        By the theory, and by its known-wrong partner (nan without one).
    """

    quantity: str
    where: str
    sizes: FloatArray
    values: FloatArray
    errors: FloatArray
    exponent: float
    limit: Extrapolation
    degrees: float
    predicted: float
    wrong: float

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
    exponent: float = GLASS_EXPONENT,
) -> SizeLimit:
    """Extrapolate a number linearly in N^-exponent."""
    values = np.array([one.value for one in estimates])
    errors = np.array([one.error for one in estimates])
    limit = extrapolate(sizes, values, errors, exponent)
    return SizeLimit(quantity, where, sizes, values, errors, exponent, limit, degrees, predicted, wrong)


def against_theory(limits: Sequence[SizeLimit]) -> list[Comparison]:
    """Compare each limit with its prediction; they share the level."""
    return share_level([one.against(one.predicted) for one in limits])


def against_partner(limits: Sequence[SizeLimit]) -> list[Comparison]:
    """Compare each limit with what the known-wrong partner says, where it says something."""
    return share_level([one.against(one.wrong) for one in limits if np.isfinite(one.wrong)])
