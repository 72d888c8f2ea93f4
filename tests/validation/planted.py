"""Networks whose order is known because it was planted: J^k = strength u^{k-1} u^k / sqrt(N_{k-1} N_k) + noise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.layered import LayeredWeights

Array = NDArray[np.float64]


def planted_network(
    patterns: list[Array], strength: float = 1.0, noise: float = 0.0, seed: int = 0
) -> tuple[LayeredWeights, Array]:
    """Return the network and the planted pattern over all spins; noise is the couplings' standard deviation x N^1/2."""
    rng = np.random.default_rng(seed)
    weights = []
    for a, b in pairwise(patterns):
        random = rng.standard_normal((a.size, b.size)) / np.sqrt(a.size)
        weights.append(strength * np.outer(a, b) / np.sqrt(a.size * b.size) + noise * random)
    return LayeredWeights(tuple(weights)), np.concatenate(patterns)


def signs(widths: tuple[int, ...], seed: int = 1) -> list[Array]:
    """Return random patterns of -1 and +1, one a layer."""
    rng = np.random.default_rng(seed)
    return [rng.choice([-1.0, 1.0], size=width) for width in widths]


def all_states(spins: int) -> Array:
    """Return every state of some spins, shape (2^N, N)."""
    return 1.0 - 2.0 * ((np.arange(2**spins)[:, None] >> np.arange(spins)) & 1)


def exact_averages(network: LayeredWeights, temperature: float, direction: Array) -> tuple[float, Array]:
    """Return <H> and the averages of x^2, x^4 for x = s.v/(|v| N^{1/2}), by enumeration."""
    ends = np.cumsum([0, *network.widths])
    states = all_states(int(ends[-1]))
    layers = [states[:, a:b] for a, b in pairwise(ends)]
    energy = -sum(
        np.einsum("si,ij,sj->s", a, w, b) for a, w, b in zip(layers[:-1], network.weights, layers[1:], strict=True)
    )
    weight = np.exp(-(energy - np.min(energy)) / temperature)
    weight /= weight.sum()
    x = states @ direction / (np.linalg.norm(direction) * np.sqrt(direction.size))
    return float(weight @ energy), np.array([weight @ x**2, weight @ x**4])
