"""Exact statistics of small layered networks by summing over all spin configurations."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mcsim.networks.layered import LayeredWeights


@dataclass(frozen=True)
class ExactEnsemble:
    """The Gibbs measure of one small network at one temperature."""

    energies: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    layers: tuple[NDArray[np.float64], ...]  # spins of each layer, (configurations, N_k)

    def overlap_law(self, k: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the values and probabilities of the overlap of two independent configurations in layer k."""
        patterns, inverse = np.unique(self.layers[k], axis=0, return_inverse=True)
        weight = np.bincount(inverse.ravel(), weights=self.probabilities)
        overlaps = patterns @ patterns.T / patterns.shape[1]
        return _law(overlaps.ravel(), np.outer(weight, weight).ravel())

    def magnetization_law(self, k: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the values and probabilities of the mean spin of layer k."""
        return _law(self.layers[k].mean(axis=1), self.probabilities)

    def energy_law(self, bins: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return edges between energy levels, for bins of about equal probability, and the probability in each."""
        levels, level = np.unique(np.round(self.energies, 4), return_inverse=True)
        cumulative = np.cumsum(np.bincount(level.ravel(), weights=self.probabilities))
        cuts = np.unique(np.searchsorted(cumulative[:-1], np.arange(1, bins) / bins))
        cuts = cuts[cuts < levels.size - 1]
        # Halfway between levels, so that the rounding of a sampled energy cannot move it to another bin.
        edges = 0.5 * (levels[cuts] + levels[cuts + 1])
        counts = np.bincount(
            np.searchsorted(edges, self.energies), weights=self.probabilities, minlength=edges.size + 1
        )
        return edges, counts


def _law(
    values: NDArray[np.float64], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    support, inverse = np.unique(np.round(values, 9), return_inverse=True)
    return support, np.bincount(inverse.ravel(), weights=probabilities)


def enumerate_network(network: LayeredWeights, beta: float) -> ExactEnsemble:
    """Sum over all 2^N configurations of a network."""
    n = sum(network.widths)
    spins = np.array(list(itertools.product((-1.0, 1.0), repeat=n)))
    layers = tuple(np.split(spins, np.cumsum(network.widths)[:-1], axis=1))
    energies = np.zeros(len(spins))
    for below, above, weights in zip(layers[:-1], layers[1:], network.weights, strict=True):
        energies -= np.einsum("ci,ij,cj->c", below, weights, above)
    for layer, bias in zip(layers, network.biases or (), strict=False):
        energies -= layer @ bias
    weight = np.exp(-beta * (energies - energies.min()))
    return ExactEnsemble(energies, weight / weight.sum(), layers)


def block_test(indicators: NDArray[np.float64], expected: NDArray[np.float64], blocks: int = 60) -> float:
    """Return the p-value that correlated rows have the expected mean: Hotelling's T^2 on block means.

    Parameters
    ----------
    indicators : float64 (rows, components)
    expected : float64 (components,)

    The blocks must be longer than the autocorrelation; their covariance then carries it. Components that cannot vary
    must match exactly, or the p-value is 0.
    """
    rows = indicators.shape[0] // blocks * blocks
    means = indicators[:rows].reshape(blocks, -1, indicators.shape[1]).mean(axis=1)
    deviation = means.mean(axis=0) - expected
    fixed = means.var(axis=0) == 0.0
    if np.any(np.abs(deviation[fixed]) > 1e-3):
        return 0.0
    means, deviation = means[:, ~fixed], deviation[~fixed]
    p = deviation.size
    if p == 0:
        return 1.0
    covariance = np.cov(means, rowvar=False).reshape(p, p) / blocks
    t_squared = deviation @ np.linalg.solve(covariance, deviation)
    return float(stats.f.sf(t_squared * (blocks - p) / (p * (blocks - 1)), p, blocks - p))


def law_test(
    values: NDArray[np.float64], support: NDArray[np.float64], law: NDArray[np.float64], rare: float = 0.01
) -> float:
    """Return the p-value that the columns of `values` (rows, chains) follow a discrete law.

    Neighbouring values whose probability is below `rare` are pooled, so that each class is seen in every block. The
    last class is determined by the others and left out.
    """
    classes = _pool(law, rare)
    if classes[-1] == 0:
        return float(np.all(np.isin(np.round(values, 6), np.round(support, 6))))
    found = np.clip(np.searchsorted(support, np.round(values, 7) - 1e-6), 0, support.size - 1)
    if not np.allclose(support[found], values, atol=1e-5):
        return 0.0
    labels = classes[found]
    indicators = np.stack([(labels == c).mean(axis=1) for c in range(classes[-1])], axis=1)
    expected = np.bincount(classes, weights=law)[:-1]
    return block_test(indicators, expected)


def _pool(law: NDArray[np.float64], rare: float) -> NDArray[np.int64]:
    """Return a class number for each value such that every class has probability `rare` at least."""
    classes = np.zeros(law.size, dtype=np.int64)
    current, mass = 0, 0.0
    for i, probability in enumerate(law):
        classes[i] = current
        mass += probability
        if mass >= rare and law[i + 1 :].sum() >= rare:
            current, mass = current + 1, 0.0
    return classes
