"""The temperature at which a layered spin model freezes."""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import eigh_tridiagonal

from theory.arrays import FloatArray
from theory.layered_sk.couplings import LayeredCouplings


def critical_temperature(couplings: LayeredCouplings) -> float:
    """Return T_c, below which the overlaps are not zero.

    Linearising the saddle point q_k = E tanh^2(beta sqrt(R_k) xi) at q = 0 gives
    q_k = beta^2 sum_k' sigma_kk'^2 N_k' q_k'. That matrix is similar to beta^2 A with
    A_kk' = sigma_kk'^2 sqrt(N_k N_k') (conjugate with sqrt(N_k)), hence

        T_c^2 = largest eigenvalue of A.

    Equal widths N with sigma^2 = C/N, and any widths with sigma_k^2 = C/sqrt(N_{k-1} N_k), make A equal to C
    times the adjacency matrix of a path of L + 1 points: T_c = sqrt(2 C cos(pi/(L + 2))). Two layers of N
    spins each with sigma^2 = 1/N have T_c = 1 like the SK model with J = 1 (N is one layer's width: with the
    total, 2N, in its place T_c is 1/sqrt(2)).

    Parameters
    ----------
    couplings : LayeredCouplings

    Returns
    -------
    float
        T_c in units of energy (k_B = 1), to rounding.

    References
    ----------
    Barney, Winer & Galitski, arXiv 2408.06421.
    """
    return math.sqrt(largest_eigenvalue(couplings.neighbour_couplings))


def largest_eigenvalue(neighbours: FloatArray) -> float:
    """Return the largest eigenvalue (the spectral radius) of a tridiagonal matrix with zero diagonal.

    Parameters
    ----------
    neighbours : float64 array, shape (L,)
        Non-negative entries next to the diagonal. Such a matrix is bipartite, its spectrum symmetric about
        zero.
    """
    # Scaled to order one, because LAPACK's stopping rule is absolute and the variances may be of any size.
    scale = float(neighbours.max())
    if scale == 0.0:
        return 0.0
    last = len(neighbours)
    eigenvalues = eigh_tridiagonal(
        np.zeros(last + 1), neighbours / scale, eigvals_only=True, select="i", select_range=(last, last)
    )
    return scale * float(eigenvalues[0])
