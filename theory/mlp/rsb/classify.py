"""How replica symmetry is broken, read off the overlap function k(x) of the input.

With K levels whose breakpoints extremise Phi, a continuous part of k(x) is cut into gaps k_i - k_{i-1} that shrink as
1/K, while a jump stays. Let G(K) be the largest gap that has weight in x on both sides, and J = (K G(K) - K' G(K')) /
(K - K'), K' < K, its extrapolation in 1/K, as a fraction of the span k_K - k_0:

    "rs"          one plateau;
    "1rsb-like"   J above 0.95, or every plateau is stable: nothing but jumps;
    "continuous"  J below 0.1: no jump;
    "both"        between: a jump and a continuous part;
    "undecided"   plateaus break further and there is no coarser solution of two levels or more to compare with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CLASSES = ("rs", "1rsb-like", "continuous", "both", "undecided")
STABLE = 1.0 + 1e-6
_LEAST_WEIGHT = 1e-3
_ALL = 0.95
_NOTHING = 0.1


def largest_gap(x: FloatArray, k: FloatArray) -> float:
    """Return the largest gap between consecutive overlaps at a breakpoint with weight on both sides, over their span.

    Parameters
    ----------
    x : float64 array of shape (K,)
        Breakpoints.
    k : float64 array of shape (K + 1,)
        Overlaps.
    """
    inside = (x > _LEAST_WEIGHT) & (x < 1.0 - _LEAST_WEIGHT)
    return float(np.max(np.diff(k)[inside], initial=0.0) / (k[-1] - k[0]))


def jump(fine: tuple[FloatArray, FloatArray], coarse: tuple[FloatArray, FloatArray]) -> float:
    """Return the largest gap extrapolated to infinitely many levels, from (x, k) at two numbers of them."""
    (many, few), gaps = (fine[0].size, coarse[0].size), [largest_gap(*each) for each in (fine, coarse)]
    return (many * gaps[0] - few * gaps[1]) / (many - few)


def classify(
    x: FloatArray, k: FloatArray, replicons: FloatArray, coarse: tuple[FloatArray, FloatArray] | None = None
) -> str:
    """Return one of `CLASSES`.

    Parameters
    ----------
    x, k : float64 arrays of shape (K,) and (K + 1,)
        Breakpoints and overlaps of the input.
    replicons : float64 array of shape (K + 1,)
        Stability of the plateaus.
    coarse : tuple of two arrays, optional
        (x, k) of a solution with fewer levels, at least two.
    """
    if x.size == 0:
        return "rs"
    if replicons.max() <= STABLE:
        return "1rsb-like"
    if coarse is None or not 2 <= coarse[0].size < x.size:
        return "undecided"
    size = jump((x, k), coarse)
    return "1rsb-like" if size > _ALL else "continuous" if size < _NOTHING else "both"
