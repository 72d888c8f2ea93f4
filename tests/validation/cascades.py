"""Copies whose overlaps nobody simulated: drawn from Ruelle's cascades, whose overlaps obey every identity exactly.

The Gibbs weights of a sample with one step of breaking at m are a Poisson-Dirichlet partition PD(m, 0): two copies are
in the same state with probability 1 - m. A second step at m_1 < m merges its states into clusters, each state falling
into a cluster with the weights of PD(m_1 / m, 0) (Bolthausen & Sznitman; Pitman, Ann. Probab. 27, 1870 (1999)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STATES = 400


def partition(m: float, samples: int, rng: np.random.Generator, states: int = STATES) -> Array:
    """Return the weights of PD(m, 0), in size-biased order, (samples, states); the last one takes what is left."""
    i = np.arange(1, states)
    broken = rng.beta(1.0 - m, m * i, (samples, states - 1))
    left = np.cumprod(1.0 - broken, axis=1)
    weights = np.column_stack([broken[:, :1], broken[:, 1:] * left[:, :-1], left[:, -1:]])
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def draw(weights: Array, count: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return labels of states drawn from each sample's weights, (samples, *count)."""
    rows = [rng.choice(row.size, size=count, p=row) for row in weights]
    return np.array(rows, dtype=np.int64)


def same(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether the two copies of each pair have the same label, (samples, rows, pairs)."""
    copies = labels.shape[-1]
    first, second = np.triu_indices(copies, 1)
    return np.asarray(labels[..., first] == labels[..., second])


def cascade_overlaps(
    samples: int, rows: int, seed: int, *, m: tuple[float, float] = (0.3, 0.6),
    q: tuple[float, float, float] = (0.1, 0.4, 0.8), copies: int = 4, signs: bool = False,
) -> Array:  # fmt: skip
    """Return overlaps (samples, rows, pairs): q[0] between clusters, q[1] inside one, q[2] inside a state.

    [<f>] = m_1 f(q_0) + (m_2 - m_1) f(q_1) + (1 - m_2) f(q_2).
    """
    rng = np.random.default_rng(seed)
    state = draw(partition(m[1], samples, rng), (rows, copies), rng)
    cluster_of_state = draw(partition(m[0] / m[1], samples, rng), (STATES,), rng)
    cluster = np.take_along_axis(cluster_of_state, state.reshape(samples, -1), axis=1).reshape(state.shape)
    overlaps = np.where(same(state), q[2], np.where(same(cluster), q[1], q[0]))
    return overlaps * flips(samples, rows, copies, rng) if signs else overlaps


def symmetric_overlaps(
    samples: int, rows: int, seed: int, *, q: float = 0.6, noise: float = 0.05, copies: int = 4, signs: bool = False
) -> Array:
    """Return overlaps of replica-symmetric copies: a number, and noise of its own for every pair."""
    rng = np.random.default_rng(seed)
    overlaps = q + noise * rng.standard_normal((samples, rows, copies * (copies - 1) // 2))
    return overlaps * flips(samples, rows, copies, rng) if signs else overlaps


def flips(samples: int, rows: int, copies: int, rng: np.random.Generator) -> Array:
    """Return the signs that overlaps take where each copy is flipped or not."""
    spin = rng.choice([-1.0, 1.0], (samples, rows, copies))
    first, second = np.triu_indices(copies, 1)
    return np.asarray(spin[..., first] * spin[..., second])


def on_lattice(overlaps: Array, spins: int) -> Array:
    """Return overlaps rounded to those that Ising spins can have."""
    return np.asarray(np.rint(overlaps * spins) / spins)
