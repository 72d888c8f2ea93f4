"""Where the paramagnet of one network loses its stability: the critical temperature of an instance.

At m = 0 (no fields) the Hessian of beta F is I - M, M = beta J - beta^2 D, D = diag(sum_j J_ij^2). Times T^2 it is
T^2 - (T J - D), so its least eigenvalue is lambda(T) = [T^2 - g(T)]/T^2 with g(T) = lambda_max(T J - D): as a maximum
of functions linear in T, g is convex. Two facts follow and make the first crossing certain, not just found on a grid:

- on any interval g lies below its chord, so T^2 > chord there proves that there is no crossing in it;
- any vector v gives with a = v.Jv, d = v.Dv a bound T_c >= T_v = [a + sqrt(a^2 - 4d)]/2, and T -> T_v of the leading
  vector at T converges to a crossing from below, quadratically (Rayleigh's quotient of a quadratic eigenproblem).

Since T J - D <= T lambda_max(J), no crossing lies above lambda_max(J). For random couplings and N -> infinity the
least eigenvalue is about c (T_c/T - 1)^2 near T_c, c near 1: it touches zero without crossing; at finite N it stays
above, at 0.01 for some thousand spins. Training makes it cross (Barney, Winer & Galitski, arXiv 2408.06421).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize_scalar
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh

from theory.arrays import FloatArray
from theory.bonds import Bonds
from theory.result import NotConvergedError

Kind = Literal["crossing", "near-touch", "none"]

LARGEST_DENSE = 60  # above it Lanczos is faster
_COLDEST = 0.1  # of lambda_max(J): where the scan ends
_POINTS = 32
_PRECISION = 1e-10
_TOUCHES_BELOW = 0.25


@dataclass(frozen=True)
class Instability:
    """How the paramagnet of one network fares as it is cooled.

    Attributes
    ----------
    kind : {"crossing", "near-touch", "none"}
        crossing: the least eigenvalue of I - M changes sign, at T_c of this instance. near-touch: it comes close to
        zero (below 0.25) and turns back, as before training; there is no T_c. none: it does neither.
    temperature : float
        Of the first crossing as T falls, or of the closest approach; in units of energy.
    least_eigenvalue : float
        There; zero at a crossing, to rounding.
    error : float
        Of the temperature.
    lowest, lowest_temperature : float
        The least eigenvalue at its lowest over all temperatures scanned (down to 0.1 lambda_max(J)), and where. At a
        crossing, a depth as small as N^{-2/3} can be an accident of a finite random network.
    """

    kind: Kind
    temperature: float
    least_eigenvalue: float
    error: float
    lowest: float
    lowest_temperature: float

    @property
    def beta(self) -> float:
        """Return 1 / temperature."""
        return 1 / self.temperature


class ParamagnetStability:
    """Least eigenvalue of I - M of one network against temperature.

    Parameters
    ----------
    bonds : Bonds
        Fields, if any, are left out: with them m = 0 is no solution.

    Raises
    ------
    ValueError
        If all couplings are zero.
    """

    def __init__(self, bonds: Bonds) -> None:
        self._bonds = bonds
        self._onsager = bonds.apply_squares(np.ones(bonds.spins))
        if not self._onsager.any():
            raise ValueError("couplings: all are zero; a network without couplings has no critical temperature")
        self._dense = bonds.dense() if bonds.spins <= LARGEST_DENSE else None
        self._start = np.random.default_rng(0).standard_normal(bonds.spins)
        self.largest, _ = self._leading(1.0, np.zeros(bonds.spins))
        # Each vector's parabola in beta turns at T = 2d/a; above both bounds nothing crosses or turns.
        self.hottest = max(self.largest, 2.2 * float(self._onsager.max()) / self.largest)

    def least_eigenvalue(self, temperature: float) -> float:
        """Return the least eigenvalue of I - beta J + beta^2 D."""
        return 1 - self.g(temperature)[0] / temperature**2

    def g(self, temperature: float) -> tuple[float, float | None]:
        """Return g(T) = lambda_max(T J - D), and T_v of its vector (None where a^2 < 4d)."""
        value, vector = self._leading(temperature, self._onsager)
        a = float(vector @ self._bonds.apply(vector))
        d = float(vector @ (self._onsager * vector))
        discriminant = a * a - 4 * d
        return value, (a + math.sqrt(discriminant)) / 2 if discriminant >= 0 else None

    def _leading(self, temperature: float, diagonal: FloatArray) -> tuple[float, FloatArray]:
        spins = self._bonds.spins
        if self._dense is not None:
            matrix = temperature * self._dense
            matrix[np.diag_indices(spins)] -= diagonal
            values, vectors = eigh(matrix, subset_by_index=[spins - 1, spins - 1])
        else:
            operator = LinearOperator(
                (spins, spins),
                matvec=lambda x: temperature * self._bonds.apply(x.ravel()) - diagonal * x.ravel(),
                dtype=np.float64,
            )
            try:
                values, vectors = eigsh(operator, k=1, which="LA", v0=self._start, tol=1e-10)
            except (ArpackError, ArpackNoConvergence) as error:
                raise NotConvergedError(f"largest eigenvalue of T J - D at T = {temperature:g}: {error}") from error
            self._start = vectors[:, 0] + 1e-3 * np.abs(vectors[:, 0]).mean()
        return float(values[0]), vectors[:, 0]


def instability(bonds: Bonds, *, points: int = _POINTS) -> Instability:
    """Return where the least eigenvalue of I - M first crosses zero as the network is cooled, or how close it comes.

    Parameters
    ----------
    bonds : Bonds
        The crossing does not depend on fields; they are left out.
    points : int
        Temperatures scanned, from above lambda_max(J) down to a tenth of it. More are added where the proof needs them.

    Raises
    ------
    ValueError
        If all couplings are zero, or for fewer than 8 points.
    NotConvergedError
        If an eigensolver fails.
    """
    if points < 8:
        raise ValueError(f"points: got {points}; give at least 8")
    stability = ParamagnetStability(bonds)
    grid = np.geomspace(stability.hottest, _COLDEST * stability.largest, points)
    scanned = [(float(T), *stability.g(float(T))) for T in grid]
    eigenvalues = np.array([1 - g / T**2 for T, g, _ in scanned])
    at = int(eigenvalues.argmin())
    lowest, coldest_point = float(eigenvalues[at]), float(grid[at])
    if 0 < at < points - 1:
        found = minimize_scalar(
            stability.least_eigenvalue, bounds=(grid[at + 1], grid[at - 1]), method="bounded", options={"xatol": 1e-6}
        )
        if found.fun < lowest:
            lowest, coldest_point = float(found.fun), float(found.x)
    crossing = _first_crossing(stability, [(T, g) for T, g, _ in scanned])
    if crossing is not None:
        T, error = crossing
        return Instability("crossing", T, stability.least_eigenvalue(T), error, lowest, coldest_point)
    interior = grid[-1] < coldest_point < grid[0]
    kind: Kind = "near-touch" if interior and lowest < _TOUCHES_BELOW else "none"
    spacing = 1e-5 * coldest_point if interior else float(grid[0] - grid[-1])
    return Instability(kind, coldest_point, lowest, spacing, lowest, coldest_point)


def _first_crossing(stability: ParamagnetStability, scanned: list[tuple[float, float]]) -> tuple[float, float] | None:
    """Return the highest T with T^2 = g(T) and its error, or None with a proof that the scanned range has none."""
    pending = [(low, high) for high, low in pairwise(scanned)][::-1]
    while pending:
        (low, g_low), (high, g_high) = pending.pop()
        if low**2 <= g_low:
            return _refine(stability, low, high, g_high)
        slope = (g_high - g_low) / (high - low)
        bottom = min(max(slope / 2, low), high)
        if bottom**2 > g_low + slope * (bottom - low):
            continue  # T^2 stays above the chord, the chord above g
        middle = (low + high) / 2
        if high - low < _PRECISION * high:
            return middle, high - low  # a touch no arithmetic can tell from a crossing
        point = (middle, stability.g(middle)[0])
        pending += [((low, g_low), point), (point, (high, g_high))]
    return None


def _refine(stability: ParamagnetStability, low: float, high: float, g_high: float) -> tuple[float, float]:
    """Return the highest crossing between low, where T^2 <= g, and high, where T^2 > g."""
    while True:
        while True:
            g_low, better = stability.g(low)
            if better is None or better - low <= _PRECISION * low:
                break
            low = better
        # Above low, T^2 = chord at slope - low: if that is no higher than low, there is no further crossing.
        bound = (g_high - g_low) / (high - low) - low
        if bound - low <= 2 * _PRECISION * low:
            return low, 2 * _PRECISION * low
        high = bound
        g_high, better = stability.g(high)
        if better is not None and better > low:
            low = better
        if high - low <= 4 * _PRECISION * low:
            return low, high - low
