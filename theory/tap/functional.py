"""The Thouless-Anderson-Palmer free energy of one network and its derivatives.

Plefka's expansion in the couplings at fixed magnetisations m, to second order:

    beta F(m) = - sum_i S(m_i) - beta sum_i b_i m_i - (beta/2) sum_ij J_ij m_i m_j
                - (beta^2/4) sum_ij J_ij^2 (1 - m_i^2)(1 - m_j^2)

with the binary entropy S and both sums over ordered pairs. Its derivatives, with c_i = sum_j J_ij^2 (1 - m_j^2):

    d beta F/dm_i      = atanh m_i - beta (b_i + sum_j J_ij m_j - beta m_i c_i)            (zero: the TAP equations)
    d^2 beta F/dm_i dm_j = [1/(1 - m_i^2) + beta^2 c_i] delta_ij - beta J_ij - 2 beta^2 J_ij^2 m_i m_j
    d beta F/d beta    = - sum_i b_i m_i - (1/2) sum_ij J_ij m_i m_j - (beta/2) sum_ij J_ij^2 (1-m_i^2)(1-m_j^2) = E

At a solution the last is the total derivative, hence the energy. States are held as u = atanh m, where 1 - m^2 keeps
its relative accuracy however cold it is. Arrays have shape (N,) or (N, columns): a column is a state.

References
----------
Thouless, Anderson & Palmer, Phil. Mag. 35, 593 (1977); Plefka, J. Phys. A 15, 1971 (1982).
"""

from __future__ import annotations

import numpy as np

from theory.arrays import FloatArray
from theory.bonds import Bonds


def complement(u: FloatArray) -> FloatArray:
    """Return 1 - m^2 = sech^2 u."""
    decay = np.exp(-2 * np.abs(u))
    squared: FloatArray = 4 * decay / (1 + decay) ** 2
    return squared


def entropy(u: FloatArray) -> FloatArray:
    """Return S(m) = log(2 cosh u) - u tanh u, in nats, element by element."""
    size = np.abs(u)
    decay = np.exp(-2 * size)
    value: FloatArray = np.log1p(decay) + 2 * size * decay / (1 + decay)
    return value


def target(bonds: Bonds, beta: float, u: FloatArray, previous: FloatArray | None = None) -> FloatArray:
    """Return beta (b + J m - beta m' c), which equals u at a solution.

    Parameters
    ----------
    bonds : Bonds
    beta : float
        Inverse temperature.
    u : array, shape (N,) or (N, columns)
    previous : array, shape of u, optional
        The magnetisations m' in the reaction term: those one step earlier in the time-indexed iteration; by default
        those of u.
    """
    m = np.tanh(u)
    reaction = bonds.apply_squares(complement(u)) * (m if previous is None else previous)
    fields = bonds.fields if u.ndim == 1 else bonds.fields[:, np.newaxis]
    value: FloatArray = beta * (fields + bonds.apply(m) - beta * reaction)
    return value


def residual(bonds: Bonds, beta: float, u: FloatArray) -> FloatArray:
    """Return max_i |m_i - tanh beta(...)_i| for each column, shape () or (columns,)."""
    mismatch: FloatArray = np.abs(np.tanh(u) - np.tanh(target(bonds, beta, u))).max(axis=0)
    return mismatch


def free_energy(bonds: Bonds, beta: float, u: FloatArray) -> FloatArray:
    """Return F/N for each column, in units of energy."""
    m, v = np.tanh(u), complement(u)
    bonding = (m * bonds.apply(m)).sum(axis=0) / 2 + bonds.fields @ m
    reaction = (v * bonds.apply_squares(v)).sum(axis=0) / 4
    value: FloatArray = -(entropy(u).sum(axis=0) / beta + bonding + beta * reaction) / bonds.spins
    return value


def energy(bonds: Bonds, beta: float, u: FloatArray) -> FloatArray:
    """Return E/N for each column, in units of energy."""
    m, v = np.tanh(u), complement(u)
    bonding = (m * bonds.apply(m)).sum(axis=0) / 2 + bonds.fields @ m
    reaction = (v * bonds.apply_squares(v)).sum(axis=0) / 2
    value: FloatArray = -(bonding + beta * reaction) / bonds.spins
    return value


def scaled_hessian(bonds: Bonds, beta: float, u: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return V^{1/2} (d^2 beta F/dm dm) V^{1/2} @ vectors with V = diag(1 - m^2), column by column.

    The scaling leaves the signs of the eigenvalues alone (Sylvester) and makes the diagonal of order one: the bare
    Hessian has entries as large as 1/(1 - m^2).
    """
    root = np.sqrt(complement(u))
    value: FloatArray = vectors + root * coupling_part(bonds, beta, u, root * vectors)
    return value


def coupling_part(bonds: Bonds, beta: float, u: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return K @ vectors, K = beta^2 diag(c) - beta J - 2 beta^2 (m_i J_ij^2 m_j), column by column.

    The Hessian is V^{-1} + K.
    """
    m = np.tanh(u)
    onsager = bonds.apply_squares(complement(u)) * vectors - 2 * m * bonds.apply_squares(m * vectors)
    value: FloatArray = beta * (beta * onsager - bonds.apply(vectors))
    return value


def stiffness(u: FloatArray) -> FloatArray:
    """Return 1/(1 - m^2), at most 1e9.

    A stiffer spin moves no eigenvalue of order one by more than about 1e-9, but its own would drown them in rounding.
    """
    value: FloatArray = 1 / np.maximum(complement(u), 1e-9)
    return value


def dense_hessian(bonds: Bonds, beta: float, u: FloatArray) -> FloatArray:
    """Return d^2 beta F/dm dm at one state, shape (N, N), with `stiffness` on the diagonal."""
    couplings = bonds.dense()
    m, v = np.tanh(u), complement(u)
    squares = couplings**2
    hessian: FloatArray = -beta * couplings - 2 * beta**2 * squares * np.outer(m, m)
    hessian[np.diag_indices(len(u))] += stiffness(u) + beta**2 * (squares @ v)
    return hessian
