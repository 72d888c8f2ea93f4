"""The overlap function q(x) of broken replica symmetry, and the distribution of overlaps it stands for.

Two copies of a system have the overlaps of Parisi's matrix with the probability P(q) = dx/dq, all layers together: x is
common to them. A solution with K steps is a step function, and P(q) a sum of K + 1 atoms. Where full breaking is meant,
q(x) rises continuously from q(0) = 0 up to x_P and stays on a plateau at the largest overlap q_EA from there to 1: P(q)
has a density below q_EA and there one atom, of weight 1 - x_P.

The last step of a grid of breakpoints is not x_P, and continuing the grid by half a cell does not give it either: where
a grid ends is the choice of who made it. Each solver says where its plateau begins (`StepFunction.plateau_start`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from theory.arrays import FloatArray


def level_weights(breakpoints: FloatArray) -> FloatArray:
    """Return x_{i+1} - x_i, i = 0..K, x_0 = 0, x_{K+1} = 1, from x_1..x_K: the probabilities of the levels."""
    return np.diff(breakpoints, prepend=0.0, append=1.0)


@dataclass(frozen=True)
class StepFunction:
    """Overlaps q_i of every layer for x_i < x < x_{i+1}, i = 0..K, x_0 = 0, x_{K+1} = 1.

    Attributes
    ----------
    breakpoints : float64 array, shape (K,)
        x_1 < .. < x_K, common to all layers; empty where replica symmetry holds.
    values : float64 array, shape (K + 1, layers)
        q_i, not decreasing in i.
    plateau_start : float
        x_P of the continuous function that the steps stand for; x_K, or 0 without steps, if they stand for themselves.
    """

    breakpoints: FloatArray
    values: FloatArray
    plateau_start: float

    @property
    def weights(self) -> FloatArray:
        """Probability of each level, shape (K + 1,)."""
        return level_weights(self.breakpoints)

    @property
    def largest(self) -> FloatArray:
        """q_EA, the overlap of two copies in one state, shape (layers,)."""
        return np.asarray(self.values[-1])

    def moments(self, power: int) -> FloatArray:
        """Return int q(x)^power dx in each layer, shape (layers,): the moments of P(q)."""
        return np.asarray(self.weights @ self.values**power)

    def mean(self, of_levels: FloatArray) -> float:
        """Return the average of a quantity that has a value on each level, shape (K + 1,)."""
        return float(self.weights @ of_levels)

    def variance(self, of_levels: FloatArray) -> float:
        """Return the variance of such a quantity."""
        return self.mean(of_levels**2) - self.mean(of_levels) ** 2

    def at(self, x: ArrayLike) -> FloatArray:
        """Return q(x) for 0 <= x <= 1, shape (len(x), layers)."""
        return np.asarray(self.values[np.searchsorted(self.breakpoints, np.atleast_1d(x), side="right")])

    def density(self, fractions: ArrayLike, points: int = 200) -> tuple[FloatArray, FloatArray, float]:
        """Return P(q) of an overlap over several layers under full breaking: a density and an atom.

        Parameters
        ----------
        fractions : array, shape (layers,)
            Weight of each layer in the overlap: N_k / N for that of all spins, 1 and zeros for that of one layer.
        points : int
            Where to evaluate the density, from q = 0 to q_EA.

        Returns
        -------
        q : float64 array, shape (points,)
        density : float64 array, shape (points,)
            dx/dq there; its integral is x_P.
        atom : float
            Weight 1 - x_P at the last q.

        Notes
        -----
        A step stands for the middle of its cell, the last one for the beginning of the plateau. Between these and
        q(0) = 0, x is a monotone cubic function of q, odd as it is without a field. A picture of full breaking: with
        few steps a coarse one, with none an atom alone.
        """
        levels = self.values @ np.asarray(fractions, dtype=np.float64)
        q = np.linspace(0.0, float(levels[-1]), points)
        if not self.breakpoints.size:
            return q, np.zeros(points), 1.0
        x = np.append(0.5 * (np.append(0.0, self.breakpoints[:-1]) + self.breakpoints), self.plateau_start)
        mirrored = [np.concatenate([-column[::-1], [0.0], column]) for column in (levels, x)]
        return q, np.asarray(scipy.interpolate.PchipInterpolator(*mirrored).derivative()(q)), 1.0 - self.plateau_start
