"""How well a pattern lies along given directions, beside what a direction drawn at random would do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from validation.numbers.arrays import FloatArray, FloatOrNan


@dataclass(frozen=True)
class Alignment:
    """A pattern against one direction.

    Attributes
    ----------
    cosine : float
        p.v/|p||v|, with its sign.
    expected : float
        Root mean square of the same for a random direction, n^{-1/2}.
    p : float
        Chance that a random direction reaches this in size.
    """

    cosine: FloatOrNan
    expected: float
    p: FloatOrNan


@dataclass(frozen=True)
class SpanShare:
    """A pattern against a space of several directions.

    Attributes
    ----------
    share : float
        Fraction of the squared norm of the pattern within the space.
    expected, error : float
        Mean and standard deviation of the same for a random pattern (equally, for a random space): k/n for k of
        n dimensions.
    p : float
        Chance that a random one has at least this share.
    dimensions : int
        k, the rank of the directions.
    """

    share: FloatOrNan
    expected: float
    error: float
    p: FloatOrNan
    dimensions: int


def alignment(pattern: FloatArray, direction: FloatArray, *, removed: int = 0) -> Alignment:
    """Compare a pattern with a direction; the law under a random direction is exact (cos^2 is beta-distributed).

    Parameters
    ----------
    pattern, direction : float64 (n,)
    removed : int
        Dimensions projected out of both beforehand, such as 1 for the mean.
    """
    free = pattern.size - removed
    size = float(np.linalg.norm(pattern) * np.linalg.norm(direction))
    if size == 0 or free < 2:
        return Alignment(float("nan"), max(free, 1) ** -0.5, float("nan"))
    cosine = float(np.clip(pattern @ direction / size, -1, 1))
    return Alignment(cosine, free**-0.5, float(stats.beta.sf(cosine**2, 0.5, (free - 1) / 2)))


def span_share(pattern: FloatArray, directions: FloatArray, *, removed: int = 0) -> SpanShare:
    """Return the share of a pattern within the span of directions, shape (n, k); those that others determine add none.

    Parameters
    ----------
    pattern : float64 (n,)
    directions : float64 (n, k)
    removed : int
        Dimensions projected out of both beforehand.
    """
    basis = orthonormal(directions)
    free, rank = pattern.size - removed, basis.shape[1]
    norm = float(pattern @ pattern)
    if norm == 0 or not 0 < rank < free:
        return SpanShare(float("nan"), min(1.0, rank / max(free, 1)), 0.0, float("nan"), rank)
    share = float(np.clip(np.sum((basis.T @ pattern) ** 2) / norm, 0, 1))
    law = stats.beta(rank / 2, (free - rank) / 2)
    return SpanShare(share, rank / free, float(law.std()), float(law.sf(share)), rank)


def orthonormal(directions: FloatArray) -> FloatArray:
    """Return an orthonormal basis of the span of columns."""
    left, singular, _ = np.linalg.svd(directions, full_matrices=False)
    return np.asarray(left[:, singular > 1e-10 * max(float(singular.max(initial=0.0)), 1e-300)])


def permutation_p(pattern: FloatArray, direction: FloatArray, rng: np.random.Generator, count: int = 2000) -> float:
    """Return the chance that the pattern with its entries dealt anew correlates with the direction as much (in size).

    Unlike a random direction it keeps the pattern's own distribution of entries.
    """
    a, b = pattern - pattern.mean(), direction - direction.mean()
    if not (a.any() and b.any()):
        return float("nan")
    reached = abs(float(a @ b)) * (1 - 1e-12)
    dealt = rng.permuted(np.tile(a, (count, 1)), axis=1) @ b
    return float((1 + np.count_nonzero(np.abs(dealt) >= reached)) / (1 + count))
