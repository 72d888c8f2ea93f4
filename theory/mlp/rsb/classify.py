"""How replica symmetry is broken, read off the solution itself: its overlap function k(x) and its replicons.

Two signs tell a jump of k(x) from a continuous part; each is taken at two numbers of extremal levels, K' <= K / 2, and
extrapolated to infinitely many.

Gaps. A continuous part is cut into gaps k_i - k_{i-1} that shrink as 1/K, while a jump stays. With G(K) the largest gap
that has weight in x on both sides, over the span k_K - k_0, the jump is J = (K G(K) - K' G(K')) / (K - K').

Replicons. The replicon is the same on a whole plateau of k(x), and 1 on a continuous part. So the outermost or
innermost plateau ends in a jump if its replicon is below 1. Where there is no jump the replicon falls to 1 from above
as K^-2 (observed for sin and relu).

    "rs"          one plateau;
    "1rsb-like"   every plateau is stable, nothing but jumps; or a jump of more than 95 % of the span;
    "continuous"  gaps shrink (J below two thirds of G), and neither end is stable;
    "both"        the largest gap stays, an end is stable, and plateaus break further: a jump and a continuous part;
    "undecided"   the two signs disagree, or there are fewer than three levels and plateaus break further.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from theory.arrays import FloatArray

CLASSES = ("rs", "1rsb-like", "continuous", "both", "undecided")
STABLE = 1.0 + 1e-6
_LEAST_WEIGHT = 1e-3
_LEAST_LEVELS = 3
_ALL = 0.95
_STAYS = 2.0 / 3.0
_UNCERTAIN = 0.5  # of what the extrapolation of a replicon adds


class Levels(NamedTuple):
    """Breakpoints x of shape (K,), overlaps k and plateaus' replicons of shape (K + 1,) of the input."""

    x: FloatArray
    k: FloatArray
    replicons: FloatArray


def coarse_levels(levels: int) -> int:
    """Return K', the number of levels to compare K with."""
    return levels // 2


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


def jump(fine: Levels, coarse: Levels) -> float:
    """Return the largest gap extrapolated to infinitely many levels."""
    many, few = fine.x.size, coarse.x.size
    return (many * largest_gap(fine.x, fine.k) - few * largest_gap(coarse.x, coarse.k)) / (many - few)


def has_stable_end(fine: Levels, coarse: Levels) -> bool:
    """Tell whether the outermost or the innermost plateau with weight is stable, and remains so with more levels.

    That is, below 1, by more than half of what the extrapolation in K^-2 adds. A marginal plateau is above 1 at any K.
    """
    many, few = fine.x.size**2, coarse.x.size**2
    weights = fine.x[0], 1.0 - fine.x[-1]
    for end, weight in zip((0, -1), weights, strict=True):
        last, before = float(fine.replicons[end]), float(coarse.replicons[end])
        limit = (many * last - few * before) / (many - few)
        if weight > _LEAST_WEIGHT and last < 1.0 and limit < 1.0 - _UNCERTAIN * abs(limit - last):
            return True
    return False


def classify(fine: Levels, coarse: Levels | None = None) -> str:
    """Return one of `CLASSES`.

    Parameters
    ----------
    fine : Levels
        The solution.
    coarse : Levels, optional
        One with fewer levels, at least one; `coarse_levels` says how many.
    """
    if fine.x.size == 0:
        return "rs"
    if fine.replicons.max() <= STABLE:
        return "1rsb-like"
    if coarse is None or not 1 <= coarse.x.size < fine.x.size or fine.x.size < _LEAST_LEVELS:
        return "undecided"
    size = jump(fine, coarse)
    stays, stable = size > _STAYS * largest_gap(fine.x, fine.k), has_stable_end(fine, coarse)
    if stays != stable:
        return "undecided"
    return "continuous" if not stays else "1rsb-like" if size > _ALL else "both"
