"""How well a pattern lies along given directions, beside what a direction drawn at random would do."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from validation.numbers.arrays import FloatArray, FloatOrNan


@dataclass(frozen=True)
class Alignment:
    """A pattern p against one direction v."""

    cosine: FloatOrNan  #: p.v/|p||v|, with its sign
    expected: float  #: root mean square of the same for a random direction, n^{-1/2}
    p: FloatOrNan  #: chance that a random direction reaches this in size


@dataclass(frozen=True)
class SpanShare:
    """A pattern against a space of several directions, k of n dimensions."""

    share: FloatOrNan  #: fraction of the squared norm of the pattern within the space
    expected: float  #: mean of the same for a random pattern (equally, for a random space), k/n
    error: float  #: its standard deviation
    p: FloatOrNan  #: chance that a random one has at least this share
    dimensions: int  #: k, the rank of the directions


def alignment(pattern: FloatArray, direction: FloatArray, *, removed: int = 0) -> Alignment:
    """Compare a pattern (n,) with a direction (n,); of both, `removed` dimensions were projected out beforehand.

    The law under a random direction is exact: cos^2 is beta-distributed.
    """
    free = pattern.size - removed
    size = float(np.linalg.norm(pattern) * np.linalg.norm(direction))
    if size == 0 or free < 2:
        return Alignment(math.nan, max(free, 1) ** -0.5, math.nan)
    cosine = float(np.clip(pattern @ direction / size, -1, 1))
    return Alignment(cosine, free**-0.5, float(stats.beta.sf(cosine**2, 0.5, (free - 1) / 2)))


def span_share(pattern: FloatArray, directions: FloatArray, *, removed: int = 0) -> SpanShare:
    """Return the share of a pattern (n,) within the span of directions (n, k); those that others determine add none.

    Of all of them `removed` dimensions were projected out beforehand.
    """
    basis = orthonormal(directions)
    free, rank = pattern.size - removed, basis.shape[1]
    norm = float(pattern @ pattern)
    if norm == 0 or not 0 < rank < free:
        return SpanShare(math.nan, min(1.0, rank / max(free, 1)), 0.0, math.nan, rank)
    share = float(np.clip(np.sum((basis.T @ pattern) ** 2) / norm, 0, 1))
    law = stats.beta(rank / 2, (free - rank) / 2)
    return SpanShare(share, rank / free, float(law.std()), float(law.sf(share)), rank)


def orthonormal(directions: FloatArray) -> FloatArray:
    """Return an orthonormal basis of the span of columns."""
    left, singular, _ = np.linalg.svd(directions, full_matrices=False)
    return np.asarray(left[:, singular > 1e-10 * max(float(singular.max(initial=0.0)), 1e-300)])
