"""Averages of two and four overlaps over copies of one sample, free of thermal noise.

Copies are independent draws from one Gibbs measure. Pairs that share no copy are independent given the sample, so that
their time averages multiply without bias: [<f_ab> <f_cd>], the square of a thermal average, takes four copies and no
correction for noise. Pairs that share one copy must be taken at the same time.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from math import isqrt
from typing import NamedTuple

import numpy as np

from validation.numbers.arrays import FloatArray, IntArray


def copies_of(pairs: int) -> int:
    """Return the number of copies that have this many pairs, or raise ValueError where no number has."""
    copies = (1 + isqrt(1 + 8 * pairs)) // 2
    if copies * (copies - 1) // 2 != pairs:
        raise ValueError(f"{pairs} pairs: no number of copies has so many")
    return copies


@cache
def _pairs(copies: int) -> list[tuple[int, int]]:
    """Return all pairs in the order in which runs store them: (0, 1), (0, 2), ..., (1, 2), ..."""
    return list(combinations(range(copies), 2))


@cache
def couples_of_pairs(copies: int, shared: int) -> IntArray:
    """Return the numbers of all two pairs with `shared` copies in common (0 or 1), shape (couples, 2)."""
    pairs = list(enumerate(_pairs(copies)))
    couples = [(i, j) for (i, a), (j, b) in combinations(pairs, 2) if len({*a} & {*b}) == shared]
    return np.array(couples, dtype=np.int64).reshape(-1, 2)


@cache
def triangles(copies: int) -> IntArray:
    """Return the numbers of the three pairs of every three copies, shape (triangles, 3)."""
    number = {pair: i for i, pair in enumerate(_pairs(copies))}
    corners = [[number[a, b], number[a, c], number[b, c]] for a, b, c in combinations(range(copies), 3)]
    return np.array(corners, dtype=np.int64).reshape(-1, 3)


class PairStatistics(NamedTuple):
    """Thermal averages of a function f_ab of the overlap of two copies, for each sample: shape (samples, ...)."""

    mean: FloatArray  #: <f_ab>
    square: FloatArray  #: <f_ab^2>
    touching: FloatArray  #: <f_ab f_ac>: three copies
    apart: FloatArray  #: <f_ab f_cd> = <f_ab>^2: four copies, without bias


def pair_statistics(values: FloatArray) -> PairStatistics:
    """Return the averages over rows and pairs of copies of f in the course of a run, (..., rows, pairs).

    Below four copies `apart` is nan, below three `touching` too.
    """
    copies = copies_of(values.shape[-1])
    averages = values.mean(axis=-2)
    touching, apart = couples_of_pairs(copies, 1), couples_of_pairs(copies, 0)
    nothing = np.full(values.shape[:-2], np.nan)
    same_time = [np.einsum("...t,...t->...", values[..., i], values[..., j]) for i, j in touching]
    products = averages[..., apart[:, 0]] * averages[..., apart[:, 1]]
    return PairStatistics(
        averages.mean(axis=-1),
        np.square(values).mean(axis=(-2, -1)),
        np.mean(same_time, axis=0) / values.shape[-2] if len(touching) else nothing,
        products.mean(axis=-1) if len(apart) else nothing,
    )
