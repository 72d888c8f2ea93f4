"""A layered network as plain arrays: what every source of weights produces and every model consumes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.fingerprint import fingerprint


# eq=False: arrays compare entry by entry, so a generated == would raise; compare sha256() instead.
@dataclass(frozen=True, eq=False)
class LayeredWeights:
    """Weights of a layered network, read as couplings between neighbouring layers.

    Attributes
    ----------
    weights : tuple of float64 arrays
        ``weights[k - 1]`` has shape (N_{k-1}, N_k) and couples neuron i of layer k-1 to neuron j of layer k,
        for k = 1..L.
    biases : tuple of float64 arrays, or None
        One field per neuron for each layer 0..L (layer 0 usually carries zeros), shapes (N_k,).
    """

    weights: tuple[NDArray[np.float64], ...]
    biases: tuple[NDArray[np.float64], ...] | None = None

    @property
    def widths(self) -> tuple[int, ...]:
        """Neurons per layer, N_0 .. N_L."""
        return (self.weights[0].shape[0], *(w.shape[1] for w in self.weights))

    def sha256(self) -> str:
        """Return the fingerprint of every number in the network, in order, as a hex string."""
        return fingerprint((*self.weights, *(self.biases or ())))
