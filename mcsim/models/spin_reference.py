"""Fields and energies of spins from the original weights in float64: what the sampler's own are checked against.

Every number is the same for any number of columns and on any processor: terms are rounded until their sums are exact,
so that the order in which a library of linear algebra adds them does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.layered import LayeredWeights

_MANTISSA_BITS = 52
# Where float32 runs out of exponents, rounding errors stop shrinking with the numbers.
_SMALLEST_SCALE = float(np.finfo(np.float32).tiny) / float(np.finfo(np.float32).eps)


class DeviationError(RuntimeError):
    """Fields or energies have left their recomputed values: a fault, not a rounding error."""


class SpinReference:
    """The Hamiltonian H(s) = - sum_k s^{k-1} . J^k s^k - b . s in float64.

    Attributes
    ----------
    scales : tuple of float64 (N_k,)
        sum_j |J_ij| + |b_i| of every spin: the scale of its field.
    neighbours : tuple of int
        Spins that each spin of a layer is coupled to.
    """

    def __init__(self, network: LayeredWeights) -> None:
        self._network = network
        widths = network.widths
        sums = [np.abs(bias) for bias in network.biases] if network.biases else [np.zeros(n) for n in widths]
        for k, weights in enumerate(network.weights, start=1):
            sums[k - 1] = sums[k - 1] + np.abs(weights).sum(axis=1)
            sums[k] = sums[k] + np.abs(weights).sum(axis=0)
        self.scales = tuple(np.maximum(layer, _SMALLEST_SCALE) for layer in sums)
        self.neighbours = tuple(below + above for below, above in zip((0, *widths), (*widths[1:], 0), strict=False))

    @property
    def total_scale(self) -> float:
        """The sum of all scales, which no energy exceeds."""
        return float(sum(layer.sum() for layer in self.scales))

    def fields(self, spins: Sequence[NDArray[Any]]) -> list[NDArray[np.float64]]:
        """Return b_i + sum_j J_ij s_j of every layer, each (N_k, columns), of spins +-1 of the same shapes."""
        layers = [layer.astype(np.float64) for layer in spins]
        fields = [np.zeros_like(layer) for layer in layers]
        for k, bias in enumerate(self._network.biases or ()):
            fields[k] += _summable(bias, self.scales[k])[:, None]
        for k, weights in enumerate(self._network.weights, start=1):
            fields[k - 1] += _summable(weights, self.scales[k - 1][:, None]) @ layers[k]
            fields[k] += _summable(weights, self.scales[k]).T @ layers[k - 1]
        return fields

    def energies(self, spins: Sequence[NDArray[Any]], fields: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return H of every column, from the fields of the odd layers and the biases of the even ones."""
        total = np.zeros(spins[0].shape[1])
        scale = self.total_scale
        for k in range(1, len(spins), 2):
            total -= (_summable(fields[k], scale) * spins[k]).sum(axis=0)
        for k in range(0, len(spins), 2):
            if self._network.biases is not None:
                total -= (_summable(self._network.biases[k], scale)[:, None] * spins[k]).sum(axis=0)
        return total


def _summable(terms: NDArray[np.float64], bound: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return terms rounded so that sums of them are exact, in whatever order, while they stay below the bound."""
    _, exponent = np.frexp(bound)
    quantum = np.ldexp(1.0, exponent - _MANTISSA_BITS)
    rounded: NDArray[np.float64] = np.rint(terms / quantum) * quantum
    return rounded
