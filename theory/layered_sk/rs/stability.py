"""Stability of the replica-symmetric solution of a layered spin model against replica symmetry breaking."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.layered_sk.couplings import LayeredCouplings
from theory.layered_sk.critical import largest_eigenvalue
from theory.layered_sk.rs.functional import checked_overlaps, field_strengths
from theory.layered_sk.rs.local_field import field_averages


def replicon(couplings: LayeredCouplings, temperature: float, overlaps: ArrayLike) -> float:
    """Return the spectral radius of the replicon (de Almeida-Thouless) matrix.

    A fluctuation dq^k_ab that vanishes when summed over replicas changes the field covariance of layer k by
    dR_k = sum over neighbours of sigma_kk'^2 N_k' dq_k', and that changes the overlap back by
    dq_k = beta^2 E sech^4(beta sqrt(R_k) xi) dR_k. Made symmetric, this linear map is

        M_kk' = beta^2 sqrt(chi_k) A_kk' sqrt(chi_k'),   chi_k = E sech^4(beta sqrt(R_k) xi),

    with A_kk' = sigma_kk'^2 sqrt(N_k N_k'). A radius above 1 is unstable. At q = 0 it is (T_c/T)^2. At the
    nonzero saddle it exceeds 1 at every T < T_c: u E sech^4(sqrt(u) xi) > E tanh^2(sqrt(u) xi) for every u >
    0 (at small u the two differ by (4/3) u^3), so the unsymmetrised map enlarges every component of the
    positive vector q.

    Parameters
    ----------
    couplings : LayeredCouplings
    temperature : float
        T > 0 in units of energy.
    overlaps : array, shape (L + 1,)
        q_k of a saddle point.

    Returns
    -------
    float
        Dimensionless. Just below T_c it exceeds 1 by O((1 - T/T_c)^2), which rounding hides within 1e-8 T_c.

    Raises
    ------
    ValueError
        For a temperature that is not positive, or overlaps that are not one number from 0 to 1 per layer.

    References
    ----------
    de Almeida & Thouless, J. Phys. A 11, 983 (1978); Barney, Winer & Galitski, arXiv 2408.06421.
    """
    q = checked_overlaps(couplings, temperature, overlaps)
    averages = field_averages(field_strengths(couplings, temperature, q))
    susceptibility = np.sqrt(averages.sech4) / temperature
    return largest_eigenvalue(couplings.neighbour_couplings * susceptibility[:-1] * susceptibility[1:])
