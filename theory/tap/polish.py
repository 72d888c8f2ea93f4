"""From the neighbourhood of a solution to the solution: Newton's method with Krylov steps, many states at once.

In u = atanh m the equations are G(u) = u - target(u) = 0 with dG/du = I + K V, K the coupling part of the Hessian and
V = diag(1 - m^2). Newton's step solves with the symmetric scaled Hessian A = I + V^{1/2} K V^{1/2}:

    y = A^{-1} V^{1/2} G,   du = -G + K V^{1/2} y

which needs no division by V, however cold. A is indefinite at a saddle, hence MINRES. Its products are those of
couplings with a block of states: every state has its own Krylov space, all share the passes over J.
"""

from __future__ import annotations

import numpy as np

from theory.arrays import FloatArray
from theory.bonds import Bonds
from theory.numerics.minres import minres
from theory.tap.functional import complement, coupling_part, scaled_hessian, target
from theory.tap.iteration import LARGEST_ARGUMENT

_HALVINGS = 6
_FORCING = 1e-3  # Krylov residual relative to the right-hand side
_FUTILE = 4  # steps in a row that gain less than a tenth, after which a state is given up


def polish(bonds: Bonds, beta: float, start: FloatArray, tolerance: float, steps: int) -> tuple[FloatArray, int]:
    """Take Newton steps on every column until its residual is below a tolerance or it stops gaining.

    Parameters
    ----------
    bonds : Bonds
    beta : float
        Inverse temperature.
    start : float64 array, shape (N, columns)
        atanh of the magnetisations.
    tolerance : float
        On max_i |(1 - m_i^2) G_i|, a magnetisation's mismatch.
    steps : int
        Newton steps at most.

    Returns
    -------
    u : float64 array, shape (N, columns)
        The best state of each column; the caller measures its residual.
    steps : int
        Newton steps made.
    """
    u = start.copy()
    active = np.arange(u.shape[1])
    mismatch = u - target(bonds, beta, u)
    futile = np.zeros(u.shape[1], dtype=int)
    for step in range(steps):
        size = np.abs(complement(u) * mismatch).max(axis=0)
        active = np.flatnonzero((size > tolerance) & (futile < _FUTILE))
        if not active.size:
            return u, step
        trial, after = _step(bonds, beta, u[:, active], mismatch[:, active])
        gained = np.abs(complement(trial) * after).max(axis=0) < 0.9 * size[active]
        futile[active] = np.where(gained, 0, futile[active] + 1)
        futile[active[(trial == u[:, active]).all(axis=0)]] = _FUTILE
        u[:, active], mismatch[:, active] = trial, after
    return u, steps


def _step(bonds: Bonds, beta: float, u: FloatArray, mismatch: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the columns after one Newton step, shortened where the full one does not lower |V^{1/2} G|."""
    root = np.sqrt(complement(u))
    y = minres(lambda x, c: scaled_hessian(bonds, beta, u[:, c], x), root * mismatch, _FORCING)
    direction = coupling_part(bonds, beta, u, root * y) - mismatch
    before = np.linalg.norm(root * mismatch, axis=0)
    result, result_mismatch = u.copy(), mismatch.copy()
    left = np.arange(u.shape[1])
    length = 1.0
    for _ in range(_HALVINGS):
        trial = np.clip(u[:, left] + length * direction[:, left], -LARGEST_ARGUMENT, LARGEST_ARGUMENT)
        after = trial - target(bonds, beta, trial)
        better = np.linalg.norm(np.sqrt(complement(trial)) * after, axis=0) < before[left]
        result[:, left[better]], result_mismatch[:, left[better]] = trial[:, better], after[:, better]
        left = left[~better]
        if not left.size:
            break
        length /= 2
    return result, result_mismatch
