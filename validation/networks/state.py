"""The ordered state of one network as the TAP equations know it, and the directions it is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh

from mcsim.networks.layered import LayeredWeights
from theory.bonds import LayeredBonds
from theory.tap import Census, TapSolution, census
from validation.numbers.arrays import FloatArray

# Leading eigenvectors of J that an order is compared with.
MODES = 4
_LARGEST_DENSE = 800
# Root mean square magnetisation below which a solution is the paramagnet.
_ORDERED = 1e-3


def bonds_of(network: LayeredWeights) -> LayeredBonds:
    """Return a network as the theory reads it, its biases as fields."""
    fields = None if network.biases is None else np.concatenate(network.biases)
    return LayeredBonds(network.weights, fields)


def leading_modes(bonds: LayeredBonds, count: int = MODES) -> tuple[FloatArray, FloatArray]:
    """Return the largest eigenvalues of J, falling, and their unit eigenvectors, shape (N, count)."""
    return _largest(bonds, count, np.zeros(bonds.spins), 1.0)


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
    """The TAP minima with magnetisations at one temperature.

    Attributes
    ----------
    temperature : float
    solutions : tuple of TapSolution
        By rising free energy, each standing for itself and its reverse; empty where only m = 0 was found.
    shares : float64 array
        Boltzmann weight of each among them, from the TAP free energies.
    census : Census
        What was searched, with how complete it is.
    """

    temperature: float
    solutions: tuple[TapSolution, ...]
    shares: FloatArray
    census: Census

    @property
    def lowest(self) -> TapSolution | None:
        """The state of lowest free energy."""
        return self.solutions[0] if self.solutions else None


def ordered_states(
    bonds: LayeredBonds, temperature: float, *, starts: int = 24, states: FloatArray | None = None, seed: int = 0
) -> OrderedStates:
    """Return the TAP minima with magnetisations, from starts along the leading eigenvectors and at random.

    Parameters
    ----------
    bonds : LayeredBonds
    temperature : float
    starts : int
        Random starts, besides one along each of the leading eigenvectors of J.
    states : float64 array (N, columns), optional
        More starts, such as spins of a Monte Carlo run.
    seed : int
        Of the random starts.
    """
    vectors = leading_modes(bonds, min(MODES, bonds.spins))[1]
    given = np.tanh(vectors * np.sqrt(bonds.spins))
    if states is not None:
        given = np.hstack([given, states])
    searched = census(bonds, temperature, starts=starts, seed=seed, states=given)
    solutions = tuple(
        state.solution
        for state in searched.found
        if state.solution.overlap > _ORDERED**2 and state.solution.least_eigenvalue > 0
    )
    costs = np.array([s.free_energy for s in solutions]) * bonds.spins / temperature
    shares = np.exp(-(costs - costs.min(initial=np.inf)))
    return OrderedStates(temperature, solutions, shares / max(shares.sum(), 1e-300), searched)
