"""The free energy of a layered spin model with broken replica symmetry, at any order parameters.

Overlaps q_{k,i} of layer k on (x_i, x_{i+1}), i = 0..K, x_0 = 0, x_{K+1} = 1; the breakpoints are common to all layers.
With S_{k,i} = beta^2 sum over neighbours of sigma_kk'^2 N_k' q_{k',i}, n_k = N_k/N, w = sigma^2 N_k N_k'/N and the
Parisi functional phi of one layer (`layer`), per spin and for any overlaps

    -beta f = sum_k n_k [ (S_k(q = 1) - S_{k,K})/2 + phi(S_k, x) ] - (beta^2/2) sum_bonds w (1 - int q q' dx)

(int is sum_i (x_{i+1} - x_i)). It follows from the replicated partition function as in
`theory.layered_sk.rs.functional` with Parisi's q_ab. Its derivatives are

    d/dq_{k,i} = (beta^2/2) (x_{i+1} - x_i) n_k sum_k' sigma_kk'^2 N_k' (q_{k',i} - F_{k',i})
    d/dx_i     = sum_k n_k d phi_k/d x_i + (beta^2/2) sum_bonds w (q_{i-1} q'_{i-1} - q_i q'_i)

so it is stationary where q = F and the second line vanishes. With K = 0 it is the replica-symmetric one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from theory.arrays import FloatArray
from theory.layered_sk.couplings import LayeredCouplings
from theory.layered_sk.critical import largest_eigenvalue
from theory.layered_sk.rs.functional import check_temperature
from theory.layered_sk.rsb.curvature import curvature
from theory.layered_sk.rsb.layer import LayerState, solve_layer

# In a weaker field F = S to first order, whatever the breakpoints: their derivatives would be nothing but rounding,
# far above the overlaps themselves.
_FREE_SPIN = 1e-9


@dataclass(frozen=True)
class NetworkState:
    """Every layer's recursion at given order parameters, and what follows from it.

    Attributes
    ----------
    couplings : LayeredCouplings
    temperature : float
    overlaps : float64 array, shape (K + 1, layers)
    breakpoints : float64 array, shape (K,)
    layers : tuple of LayerState
    """

    couplings: LayeredCouplings
    temperature: float
    overlaps: FloatArray
    breakpoints: FloatArray
    layers: tuple[LayerState, ...]

    @property
    def cells(self) -> FloatArray:
        """x_{i+1} - x_i, the weight of each level in P(q), shape (K + 1,)."""
        return np.diff(self.breakpoints, prepend=0.0, append=1.0)

    @cached_property
    def produced(self) -> FloatArray:
        """F_{k,i}, the overlaps that the fields produce, shape (K + 1, layers)."""
        return np.column_stack([layer.overlaps for layer in self.layers])

    @property
    def mean_overlaps(self) -> FloatArray:
        """int q_k dx, shape (layers,)."""
        return np.asarray(self.cells @ self.overlaps)

    @property
    def free_energy(self) -> float:
        """f per spin, at any order parameters."""
        return -self.temperature * self._minus_beta_f(sum_of_logs=self._mean([layer.value for layer in self.layers]))

    def _minus_beta_f(self, sum_of_logs: float) -> float:
        fractions = self.couplings.layer_fractions
        at_one = self.couplings.field_variances(np.ones(len(fractions)) - self.overlaps[-1]) / self.temperature**2
        return float(fractions @ at_one) / 2 + sum_of_logs - self._reaction() / 2

    def _mean(self, values: list[float]) -> float:
        return float(self.couplings.layer_fractions @ np.array(values))

    def _reaction(self) -> float:
        """beta^2 sum_bonds w (1 - int q q' dx)."""
        products = self.cells @ (self.overlaps[:, :-1] * self.overlaps[:, 1:])
        return float(self.couplings.bond_weights @ (1 - products)) / self.temperature**2

    @property
    def energy(self) -> float:
        """e = -beta sum_bonds w (1 - int q q' dx) per spin, at a stationary point."""
        return -self.temperature * self._reaction()

    @property
    def mismatch(self) -> FloatArray:
        """q - F, shape (K + 1, layers)."""
        return self.overlaps - self.produced

    @property
    def slope_in_breakpoints(self) -> FloatArray:
        """d(-beta f)/d x_i per spin, shape (K,)."""
        slopes = np.column_stack([layer.slope_in_breakpoints for layer in self.layers])
        products = (self.overlaps[:, :-1] * self.overlaps[:, 1:]) @ self.couplings.bond_weights
        return np.asarray(slopes @ self.couplings.layer_fractions - np.diff(products) / (2 * self.temperature**2))

    @property
    def replicons(self) -> FloatArray:
        """Replicon eigenvalue on each level, shape (K + 1,): above 1 unstable, 1 marginal.

        Spectral radius of beta^2 sqrt(X_k) A_kk' sqrt(X_k') with X_k = E chi_i^2: a change of the overlap between two
        replicas that part at level i changes the field's covariance, and that the overlap (as in `stability`).
        """
        response = np.sqrt([layer.squared_response for layer in self.layers]).T / self.temperature
        neighbours = self.couplings.neighbour_couplings
        return np.array([largest_eigenvalue(neighbours * row[:-1] * row[1:]) for row in response])

    @property
    def marginality(self) -> float:
        """beta^2 lambda_max(diag(c) A diag(c)), c_k = 1 - int q_k dx; exactly 1 in full replica symmetry breaking."""
        c = (1 - self.mean_overlaps) / self.temperature
        return largest_eigenvalue(self.couplings.neighbour_couplings * c[:-1] * c[1:])

    @property
    def plateau_start(self) -> float:
        """x_P, where the plateau of q(x) at q_EA begins if the steps stand for full breaking; 0 without steps.

        On the continuous part the replicon stays 1. With a prime for d/dx, q_k' = E chi_k^2 S_k' there: S' is the
        marginal direction. The change of E chi_k^2 with x, S_k' E[(m_k'')^2 - 2 x (m_k')^3] with derivatives in the
        field, must leave the eigenvalue as it is:

            sum_k n_k (S_k')^3 E[(m_k'')^2 - 2 x (m_k')^3] = 0.

        This holds at every x of the continuous part (derived here; on inner levels the tests know x) and at its end,
        where the fields are those of the plateau, m = tanh, and gives x_P without reference to the breakpoints. The
        last step of q stands for S'.
        """
        if not len(self.breakpoints):
            return 0.0
        rise = self.couplings.field_variances(self.overlaps[-1] - self.overlaps[-2])
        squares, cubes = np.array([layer.curvature_on_plateau for layer in self.layers]).T
        weights = self.couplings.layer_fractions * (rise / rise.max()) ** 3
        return float(weights @ squares / (2 * (weights @ cubes)))


def solve_layers(
    couplings: LayeredCouplings,
    temperature: float,
    overlaps: FloatArray,
    breakpoints: FloatArray,
    refinement: float = 1.0,
) -> NetworkState:
    """Run every layer's recursion at order parameters that have been checked."""
    variances = np.array([couplings.field_variances(row) for row in overlaps]) / temperature**2
    layers = tuple(solve_layer(np.ascontiguousarray(column), breakpoints, refinement) for column in variances.T)
    return NetworkState(couplings, temperature, overlaps, breakpoints, layers)


def evaluate(
    couplings: LayeredCouplings, temperature: float, overlaps: ArrayLike, breakpoints: ArrayLike
) -> NetworkState:
    """Return the free energy and its derivatives at any order parameters, not only at a saddle point.

    Parameters
    ----------
    couplings : LayeredCouplings
    temperature : float
        T > 0 in units of energy.
    overlaps : array, shape (K + 1, layers)
        q_{k,i}, in each layer positive, strictly increasing with the level, at most 1.
    breakpoints : array, shape (K,)
        x_1 .. x_K, strictly increasing, between 0 and 1.

    Returns
    -------
    NetworkState
        With `free_energy`, `mismatch` (q - F), `slope_in_breakpoints`, `replicons` and `marginality`.

    Raises
    ------
    ValueError
        For order parameters out of order or of the wrong shape.
    """
    check_temperature(temperature)
    q, x = np.array(overlaps, dtype=np.float64), np.array(breakpoints, dtype=np.float64)
    layers = len(couplings.widths)
    if x.ndim != 1 or not np.all(np.diff(x, prepend=0.0, append=1.0) > 0):
        raise ValueError(f"breakpoints: got {breakpoints!r}; give strictly increasing numbers between 0 and 1")
    if q.shape != (len(x) + 1, layers):
        raise ValueError(f"overlaps: got shape {q.shape}; give one row per level and layer: {(len(x) + 1, layers)}")
    if not (np.all(np.diff(q, axis=0, prepend=0.0) > 0) and np.all(q[-1] <= 1)):
        raise ValueError("overlaps: in every layer they must be positive, strictly increasing and at most 1")
    return solve_layers(couplings, temperature, q, x)


def newton_matrix(state: NetworkState, free_breakpoints: bool) -> FloatArray:
    """Return the derivative of (q - F, d(-beta f)/dx) with respect to (q, x).

    Overlaps are ordered level by level within layer after layer; breakpoints follow.

    Returns
    -------
    float64 array, shape (n, n), n = (K + 1) layers, plus K with free breakpoints
    """
    levels, layers = state.overlaps.shape
    steps = levels - 1
    size = levels * layers + (steps if free_breakpoints else 0)
    matrix = np.eye(size)
    matrix[levels * layers :] = 0.0
    mixing = _mixing(state)
    for k, layer in enumerate(state.layers):
        second = curvature(layer, free_breakpoints)
        # d phi/dS_i = (delta_iK - cell_i F_i)/2
        response = -2 * second[:levels, :levels] / state.cells[:, None]
        rows = slice(k * levels, (k + 1) * levels)
        for other in np.flatnonzero(mixing[k]):
            matrix[rows, other * levels : (other + 1) * levels] -= response * mixing[k, other]
        if free_breakpoints and layer.variances[-1] > _FREE_SPIN:
            matrix[rows, levels * layers :] -= _overlap_in_breakpoints(state, k, second)
            _add_breakpoint_rows(state, k, second, mixing, matrix)
    if free_breakpoints:
        _add_explicit_products(state, matrix)
    return matrix


def _mixing(state: NetworkState) -> FloatArray:
    """dS_k/dq_k' = beta^2 sigma_kk'^2 N_k', shape (layers, layers)."""
    couplings = state.couplings
    matrix = np.diag(couplings.from_above, 1) + np.diag(couplings.from_below, -1)
    return np.asarray(matrix / state.temperature**2)


def _overlap_in_breakpoints(state: NetworkState, k: int, second: FloatArray) -> FloatArray:
    """dF_{k,i}/dx_j at fixed variances, shape (K + 1, K)."""
    levels = len(state.cells)
    steps = levels - 1
    result = -2 * second[:levels, levels:] / state.cells[:, None]
    share = state.produced[:, k] / state.cells
    j = np.arange(steps)
    # cell_j = x_{j+1} - x_j
    result[j, j] -= share[:-1]
    result[j + 1, j] += share[1:]
    return np.asarray(result)


def _add_breakpoint_rows(
    state: NetworkState, k: int, second: FloatArray, mixing: FloatArray, matrix: FloatArray
) -> None:
    levels, layers = state.overlaps.shape
    fraction = state.couplings.layer_fractions[k]
    rows = slice(levels * layers, None)
    matrix[rows, rows] += fraction * second[levels:, levels:]
    for other in np.flatnonzero(mixing[k]):
        columns = slice(other * levels, (other + 1) * levels)
        matrix[rows, columns] += fraction * mixing[k, other] * second[levels:, :levels]


def _add_explicit_products(state: NetworkState, matrix: FloatArray) -> None:
    """Add the derivative of (beta^2/2) sum_bonds w (q_{i-1} q'_{i-1} - q_i q'_i) with respect to q."""
    levels, layers = state.overlaps.shape
    half = state.couplings.bond_weights / (2 * state.temperature**2)
    rows = levels * layers + np.arange(levels - 1)
    for k in range(layers):
        slope = np.zeros(levels)
        if k > 0:
            slope += half[k - 1] * state.overlaps[:, k - 1]
        if k < layers - 1:
            slope += half[k] * state.overlaps[:, k + 1]
        columns = k * levels + np.arange(levels - 1)
        matrix[rows, columns] += slope[:-1]
        matrix[rows, columns + 1] -= slope[1:]
