"""MINRES for many right-hand sides, each with its own symmetric matrix, that share their products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from theory.arrays import FloatArray

# (vectors, columns) -> matrix of each column times its vector
ColumnProduct = Callable[[FloatArray, NDArray[np.intp]], FloatArray]

_TINY = 1e-300


def minres(product: ColumnProduct, right: FloatArray, forcing: float, most: int = 200) -> FloatArray:
    """Return x with |A_c x_c - b_c| <= forcing |b_c| for every column c, or the best after `most` steps.

    Lanczos tridiagonalises A in the Krylov space of b; Givens rotations turn the least-squares problem there into a
    three-term recurrence. Nothing is assumed of A but symmetry.

    Parameters
    ----------
    product : callable
        product(vectors, columns): A_c times column after column, for the columns (indices into `right`) named.
    right : float64 array, shape (N, columns)
    forcing : float
        Relative residual at which a column is done.
    most : int
        Steps at most.

    References
    ----------
    Paige & Saunders, SIAM J. Numer. Anal. 12, 617 (1975).
    """
    solution = np.zeros_like(right)
    norm = np.linalg.norm(right, axis=0)
    columns = np.flatnonzero(norm > 0)
    v = right[:, columns] / norm[columns]
    v_old, w, w_old = np.zeros_like(v), np.zeros_like(v), np.zeros_like(v)
    # Scalars of each column: next off-diagonal entry, two past rotations, what is left of the residual.
    scalars = np.zeros((6, columns.size))
    beta, c, s, c_old, s_old, rest = scalars
    c[:], c_old[:], rest[:] = 1.0, 1.0, norm[columns]
    for _ in range(most):
        if not columns.size:
            break
        p = product(v, columns)
        alpha = (v * p).sum(axis=0)
        p -= alpha * v + beta * v_old
        beta_new = np.linalg.norm(p, axis=0)
        # Column of the tridiagonal matrix after the two rotations before, then a new rotation.
        above2, rotated = s_old * beta, c_old * beta
        above1, diagonal = c * rotated + s * alpha, c * alpha - s * rotated
        pivot = np.maximum(np.hypot(diagonal, beta_new), _TINY)
        c_new, s_new = diagonal / pivot, beta_new / pivot
        w_new = (v - above1 * w - above2 * w_old) / pivot
        solution[:, columns] += rest * c_new * w_new
        rest = -s_new * rest
        left = (np.abs(rest) > forcing * norm[columns]) & (beta_new > _TINY)
        v_old, v = v[:, left], p[:, left] / beta_new[left]
        w_old, w = w[:, left], w_new[:, left]
        c_old, s_old, c, s = c[left], s[left], c_new[left], s_new[left]
        beta, rest, columns = beta_new[left], rest[left], columns[left]
    return solution
