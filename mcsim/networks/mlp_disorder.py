"""Weights of a random MLP: independent N(0, 1) numbers, one network per sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.fingerprint import fingerprint


# eq=False: arrays compare entry by entry, so a generated == would raise; compare sha256() instead.
@dataclass(frozen=True, eq=False)
class MlpDisorder:
    """The random numbers of one network, without the scales C_W, C_b and 1/N, which belong to the model.

    Attributes
    ----------
    weights : tuple of float64 arrays
        ``weights[l - 1]`` is W^l, shape (N_l, N_{l-1}), l = 1..L.
    readout : float64 (N_L,)
        w.
    biases : tuple of float64 arrays
        ``biases[l - 1]`` has shape (N_l,) and variance C_b; empty where there are none.
    """

    weights: tuple[NDArray[np.float64], ...]
    readout: NDArray[np.float64]
    biases: tuple[NDArray[np.float64], ...] = ()

    @property
    def widths(self) -> tuple[int, ...]:
        """Neurons per layer, N_0 .. N_L."""
        return (self.weights[0].shape[1], *(w.shape[0] for w in self.weights))

    def sha256(self) -> str:
        """Return the fingerprint of every number, in order, as a hex string."""
        return fingerprint((*self.weights, self.readout, *self.biases))


def draw_mlp(widths: Sequence[int], bias_variance: float, rng: np.random.Generator) -> MlpDisorder:
    """Draw W^1 .. W^L, w ~ N(0, 1) and then, if C_b > 0, biases ~ N(0, C_b), which leave the weights the same."""
    weights = tuple(rng.standard_normal((above, below)) for below, above in pairwise(widths))
    readout = rng.standard_normal(widths[-1])
    if bias_variance == 0.0:
        return MlpDisorder(weights, readout)
    biases = tuple(math.sqrt(bias_variance) * rng.standard_normal(n) for n in widths[1:])
    return MlpDisorder(weights, readout, biases)
