"""Where deep shaped networks are replica symmetric: the replicon of infinite depth over shapes and tilts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from theory.arrays import FloatArray
from theory.mlp.depth.limit import solve_depth_limit
from theory.result import NotConvergedError


@dataclass(frozen=True)
class StabilityScan:
    """Stability of the replica-symmetric solution at infinite depth, on a grid.

    Attributes
    ----------
    activation : str
    shapes, tilts : float64 arrays
        The grid: a or c, and b = L beta^2.
    replicon : float64 array of shape (shapes, tilts)
        Above 1 replica symmetry is unstable; NaN where the solver did not converge.
    failures : tuple of (shape, tilt, reason)
        The points behind the NaN.
    """

    activation: str
    shapes: FloatArray
    tilts: FloatArray
    replicon: FloatArray
    failures: tuple[tuple[float, float, str], ...]

    def largest(self) -> tuple[float, float, float]:
        """Return the largest replicon and its shape and tilt.

        Raises
        ------
        NotConvergedError
            If no point was solved.
        """
        if np.all(np.isnan(self.replicon)):
            raise NotConvergedError(f"{self.activation}: none of {self.replicon.size} points was solved")
        i, j = np.unravel_index(int(np.nanargmax(self.replicon)), self.replicon.shape)
        return float(self.replicon[i, j]), float(self.shapes[i]), float(self.tilts[j])


def stability_scan(
    activation: str,
    shapes: Sequence[float],
    tilts: Sequence[float],
    *,
    tolerance: float = 1e-7,
    progress: Callable[[int, int], None] | None = None,
) -> StabilityScan:
    """Return the replicon of infinite depth over shapes and tilts; some 0.2 s a point.

    Parameters
    ----------
    activation : "shaped-tanh" or "shaped-relu"
    shapes, tilts : sequences of float
        a or c, positive, and b = L beta^2, zero or more.
    tolerance : float
        Relative residual of the differential equations.
    progress : callable, optional
        Called with (points done, points in all).

    Raises
    ------
    ValueError
        If an argument is out of range. A point that cannot be solved is NaN and listed with its reason.
    """
    replicon = np.full((len(shapes), len(tilts)), np.nan)
    failures: list[tuple[float, float, str]] = []
    for i, shape in enumerate(shapes):
        for j, tilt in enumerate(tilts):
            try:
                replicon[i, j] = solve_depth_limit(activation, shape, tilt, points=3, tolerance=tolerance).replicon
            except NotConvergedError as error:
                failures.append((shape, tilt, str(error)))
            if progress:
                progress(i * len(tilts) + j + 1, replicon.size)
    return StabilityScan(activation, np.array(shapes), np.array(tilts), replicon, tuple(failures))


def critical_tilt(
    activation: str,
    shape: float,
    *,
    b_max: float = 1e4,
    b_min: float = 1e-3,
    precision: float = 1e-8,
    tolerance: float = 1e-8,
) -> float | None:
    """Return the smallest b = L beta^2 at which replica symmetry turns unstable at infinite depth (replicon = 1).

    Parameters
    ----------
    activation : "shaped-tanh" or "shaped-relu"
    shape : float
    b_max, b_min : float
        Where to stop and where to start looking, 0 < b_min < b_max.
    precision : float
        Relative precision of the result.
    tolerance : float
        Relative residual of the differential equations.

    Returns
    -------
    float or None
        None if the replicon stays below 1 at every b looked at up to `b_max`.

    Raises
    ------
    ValueError
        If an argument is out of range.
    NotConvergedError
        If replica symmetry is unstable at `b_min` already, or a point cannot be solved.

    Notes
    -----
    The replicon is followed on a grid of ratio 2 in b; it was found to grow with b for both activations.
    """
    if not (math.isfinite(b_max) and 0.0 < b_min < b_max):
        raise ValueError(f"b_min {b_min} and b_max {b_max} must be finite, with 0 < b_min < b_max")

    def log_replicon(log_b: float) -> float:
        found = solve_depth_limit(activation, shape, math.exp(log_b), points=3, tolerance=tolerance)
        return math.log(max(found.replicon, 1e-300))

    low, last = math.log(b_min), math.log(b_max)
    if log_replicon(low) > 0.0:
        raise NotConvergedError(f"{activation}, shape {shape:g}: replica symmetry is unstable at b = {b_min:g} already")
    while low < last:
        high = min(low + math.log(2.0), last)
        if log_replicon(high) > 0.0:
            return float(math.exp(scipy.optimize.brentq(log_replicon, low, high, xtol=precision)))
        low = high
    return None
