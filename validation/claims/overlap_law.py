"""What a Parisi solution says about overlaps of spins: q(x) of every layer, with x shared by all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from theory.layered_sk import LayeredCouplings, solve_rs
from theory.layered_sk.rsb import solve_frsb
from validation.numbers.arrays import FloatArray

# Far below any statistical error here.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class OverlapLaw:
    """Distribution of the overlap of two copies, of all layers together, at one temperature.

    Attributes
    ----------
    weights : float64 (levels,)
        Probability of each level; they add up to 1.
    layers : float64 (levels, layers)
        |q_k| there, rising.
    fractions : float64 (layers,)
        N_k / N.
    energy : float
        e per spin.
    """

    weights: FloatArray
    layers: FloatArray
    fractions: FloatArray
    energy: float

    @property
    def total(self) -> FloatArray:
        """|q| over all spins at each level."""
        return np.asarray(self.layers @ self.fractions)

    @property
    def breaks(self) -> bool:
        """Whether there is more than one overlap."""
        return self.weights.size > 1

    @property
    def largest(self) -> float:
        """The overlap of two copies in one state, q_EA, over all spins."""
        return float(self.total[-1])

    def density(self) -> tuple[FloatArray, FloatArray, float]:
        """Return q, dx/dq there, and the weight of the atom at the largest overlap.

        x is taken in the middle of each level's cell; the plateau's cell begins half a cell beyond its breakpoint. A
        picture of full breaking: with one level there is no density, with few a coarse one.
        """
        ends = np.concatenate([[0.0], np.cumsum(self.weights)])
        middle = 0.5 * (ends[:-1] + ends[1:])
        if middle.size > 1:
            middle[-1] = ends[-2] + 0.5 * self.weights[-2]
        else:
            middle[-1] = 0.0
        q = self.total
        return 0.5 * (q[:-1] + q[1:]), np.diff(middle) / np.diff(q), float(1.0 - middle[-1])

    def mean(self, values: FloatArray) -> float:
        """Return the average of values (levels,)."""
        return float(self.weights @ values)

    def variance(self, values: FloatArray) -> float:
        """Return the variance of values (levels,)."""
        return self.mean(values**2) - self.mean(values) ** 2

    def average(self, function: Callable[[FloatArray], FloatArray]) -> float:
        """Return the average of a function of the overlap over all spins."""
        return self.mean(function(self.total))


@lru_cache(maxsize=64)
def full_breaking(couplings: LayeredCouplings, temperature: float) -> OverlapLaw:
    """Return the law of full replica symmetry breaking.

    Raises
    ------
    NotConvergedError
        As `solve_frsb`.
    """
    found = solve_frsb(couplings, temperature, tolerance=TOLERANCE)
    return OverlapLaw(found.overlap_function.weights, found.overlaps, couplings.layer_fractions, found.energy)


@lru_cache(maxsize=64)
def no_breaking(couplings: LayeredCouplings, temperature: float) -> OverlapLaw:
    """Return the replica-symmetric law: one overlap.

    Raises
    ------
    NotConvergedError
        As `solve_rs`.
    """
    found = solve_rs(couplings, temperature)
    return OverlapLaw(np.ones(1), np.array([found.overlaps]), couplings.layer_fractions, found.energy)
