"""Is a TAP solution a minimum, and does the expansion behind the equations converge there?"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh, lobpcg

from theory.arrays import FloatArray
from theory.bonds import Bonds
from theory.result import NotConvergedError
from theory.tap.functional import complement, coupling_part, dense_hessian, stiffness

LARGEST_DENSE = 800
_ACCURACY = 1e-6


def least_hessian_eigenvalue(bonds: Bonds, beta: float, u: FloatArray) -> float:
    """Return the least eigenvalue of d^2 beta F/dm dm; positive at a minimum of the TAP free energy.

    Parameters
    ----------
    bonds : Bonds
    beta : float
        Inverse temperature.
    u : float64 array, shape (N,)
        atanh of the magnetisations.

    Raises
    ------
    NotConvergedError
        If the iterative eigensolver (above 800 spins) misses 1e-6 of the Hessian's scale.
    """
    if bonds.spins <= LARGEST_DENSE:
        return float(eigh(dense_hessian(bonds, beta, u), eigvals_only=True, subset_by_index=[0, 0])[0])
    own = stiffness(u)
    diagonal = own + beta**2 * bonds.apply_squares(complement(u))
    # Frozen spins make the Hessian's diagonal huge; preconditioned by it they do not slow the iteration.
    start = np.random.default_rng(0).standard_normal((bonds.spins, 4)) / np.sqrt(diagonal)[:, np.newaxis]

    def product(x: FloatArray) -> FloatArray:
        columns = x.reshape(bonds.spins, -1)
        value: FloatArray = own[:, np.newaxis] * columns + coupling_part(bonds, beta, u[:, np.newaxis], columns)
        return value.reshape(x.shape)

    shape = (bonds.spins, bonds.spins)
    hessian = LinearOperator(shape, matvec=product, matmat=product, dtype=np.float64)
    inverse = LinearOperator(
        shape, matvec=lambda x: x.ravel() / diagonal, matmat=lambda x: x / diagonal[:, np.newaxis], dtype=np.float64
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is checked below
        values, vectors = lobpcg(hessian, start, M=inverse, largest=False, tol=_ACCURACY, maxiter=500)
    vector = vectors[:, values.argmin()]
    error = float(np.linalg.norm(product(vector) - values.min() * vector) / np.linalg.norm(vector))
    if not error <= 100 * _ACCURACY * max(1.0, abs(float(values.min()))):
        raise NotConvergedError(f"least eigenvalue of the TAP Hessian: residual {error:.2g} after 500 steps")
    return float(values.min())


def plefka_radius(bonds: Bonds, beta: float, u: FloatArray) -> float:
    """Return the spectral radius of beta^2 v_i J_ij^2 v_j, v = 1 - m^2.

    Below 1 the high-temperature expansion at fixed m converges and a TAP solution is physical (Plefka); at m = 0 of
    a random network it is (T_c/T)^2, so below T_c m = 0 is none.

    Parameters
    ----------
    bonds : Bonds
    beta : float
    u : float64 array, shape (N,)
        atanh of the magnetisations.
    """
    v = complement(u)
    # The rows' sums bound the radius; a frozen state needs no eigensolver (nor survives one: all is rounding).
    bound = float((beta**2 * v * bonds.apply_squares(v)).max())
    if bound < 1e-12:
        return bound
    scale = beta**2 / bound
    if bonds.spins <= 2:
        return beta**2 * float(np.abs(np.linalg.eigvalsh(np.outer(v, v) * bonds.dense() ** 2)).max())
    matrix = LinearOperator(
        (bonds.spins, bonds.spins), matvec=lambda x: scale * v * bonds.apply_squares(v * x.ravel()), dtype=np.float64
    )
    return bound * float(eigsh(matrix, k=1, which="LA", v0=v, return_eigenvectors=False, tol=1e-10)[0])
