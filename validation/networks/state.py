"""The ordered state of one network as the TAP equations know it, and the directions it is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh

from mcsim.networks.layered import LayeredWeights
from theory.bonds import LayeredBonds
from theory.tap import TapSolution, census
from validation.numbers.arrays import FloatArray

# Leading eigenvectors of J that an order is compared with.
_MODES = 4
_LARGEST_DENSE = 800
# Root mean square magnetisation below which a solution is the paramagnet.
_ORDERED = 1e-3


def bonds_of(network: LayeredWeights) -> LayeredBonds:
    """Return a network as the theory reads it, its biases as fields."""
    fields = None if network.biases is None else np.concatenate(network.biases)
    return LayeredBonds(network.weights, fields)


def leading_modes(bonds: LayeredBonds, count: int = _MODES) -> tuple[FloatArray, FloatArray]:
    """Return the largest eigenvalues of J, falling, at most `count`, and their unit eigenvectors, (N, count)."""
    return _largest(bonds, min(count, bonds.spins), np.zeros(bonds.spins), 1.0)


def stability_mode(bonds: LayeredBonds, temperature: float) -> tuple[float, FloatArray]:
    """Return the least eigenvalue of I - M at m = 0 and its unit eigenvector: the direction that orders first."""
    beta = 1 / temperature
    onsager = beta**2 * bonds.apply_squares(np.ones(bonds.spins))
    values, vectors = _largest(bonds, 1, -onsager, beta)
    return 1 - float(values[0]), vectors[:, 0]


def _largest(bonds: LayeredBonds, count: int, diagonal: FloatArray, scale: float) -> tuple[FloatArray, FloatArray]:
    """Return the largest eigenvalues of scale J + diag(diagonal), falling, and their eigenvectors."""
    n = bonds.spins
    if n <= _LARGEST_DENSE:
        matrix = scale * bonds.dense() + np.diag(diagonal)
        values, vectors = eigh(matrix, subset_by_index=[n - count, n - 1])
    else:

        def product(x: FloatArray) -> FloatArray:
            return scale * bonds.apply(x.ravel()) + diagonal * x.ravel()

        operator = LinearOperator((n, n), matvec=product, dtype=np.float64)
        start = np.random.default_rng(0).standard_normal(n)
        values, vectors = eigsh(operator, k=count, which="LA", v0=start)
    order = np.argsort(values)[::-1]
    return np.asarray(values[order]), np.asarray(vectors[:, order])


@dataclass(frozen=True, eq=False)
class OrderedStates:
    """The TAP minima with magnetisations at one temperature, each standing for itself and its reverse."""

    solutions: tuple[TapSolution, ...]  #: by rising free energy; none where only m = 0 was found
    shares: FloatArray  #: Boltzmann weight of each among them, from the TAP free energies

    @property
    def lowest(self) -> TapSolution | None:
        """The state of lowest free energy."""
        return self.solutions[0] if self.solutions else None


def ordered_states(bonds: LayeredBonds, temperature: float, *, starts: int = 24) -> OrderedStates:
    """Return the TAP minima with magnetisations, from starts along the leading eigenvectors of J and at random."""
    along_modes = np.tanh(leading_modes(bonds)[1] * np.sqrt(bonds.spins))
    solutions = tuple(
        state.solution
        for state in census(bonds, temperature, starts=starts, states=along_modes).found
        if state.solution.overlap > _ORDERED**2 and state.solution.least_eigenvalue > 0
    )
    costs = np.array([s.free_energy for s in solutions]) * bonds.spins / temperature
    shares = np.exp(-(costs - costs.min(initial=np.inf)))
    return OrderedStates(solutions, shares / max(shares.sum(), 1e-300))
