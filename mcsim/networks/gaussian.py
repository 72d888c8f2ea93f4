"""Layered Gaussian disorder: the multi-layer Sherrington-Kirkpatrick model."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from mcsim.networks.layered import LayeredWeights

VarianceConvention = Literal["fan-in", "symmetric"]


def bond_variances(widths: Sequence[int], convention: VarianceConvention, scale: float = 1.0) -> tuple[float, ...]:
    """Return the variance of the couplings between layers k-1 and k, for k = 1..L.

    ``fan-in`` is C / N_{k-1}, how networks are initialised; ``symmetric`` is C / sqrt(N_{k-1} N_k), which treats
    both sides of a bond alike. C is `scale`. The two agree for equal widths.
    """
    pairs = itertools.pairwise(widths)
    if convention == "fan-in":
        return tuple(scale / below for below, _ in pairs)
    return tuple(scale / math.sqrt(below * above) for below, above in pairs)


def gaussian_weights(
    widths: Sequence[int], convention: VarianceConvention, scale: float, rng: np.random.Generator
) -> LayeredWeights:
    """Draw independent Gaussian couplings of mean zero, without biases."""
    variances = bond_variances(widths, convention, scale)
    shapes = itertools.pairwise(widths)
    weights = [
        math.sqrt(variance) * rng.standard_normal(shape) for variance, shape in zip(variances, shapes, strict=True)
    ]
    return LayeredWeights(tuple(weights))
