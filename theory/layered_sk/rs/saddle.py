"""Replica-symmetric solution of a layered spin model.

The saddle point q = F(q), F_k = E tanh^2(beta sqrt(R_k) xi), always has the root q = 0 and below T_c one
positive root: F is increasing, and E tanh^2(sqrt(u) xi)/u decreases with u (Latala; Guerra), so no two
positive roots can exist. Repeating q -> F(q) stalls at T_c, and with all layers at once it also oscillates
between even and odd ones. Newton's method does neither here. Started at q = 1, above the root, each step
solves

    (I - J) step = q - F(q),   J = diag(dF_k/dR_k) B,   (B q)_k = R_k,

where I - J is a tridiagonal M-matrix (J q < F(q) <= q, as u dF/du < F), so its inverse is positive; and as
E tanh^2(sqrt(u) xi) is concave in u (checked numerically, not proved), the iterates decrease to the positive
root and never pass it. Near T_c, where the two roots merge, the distance halves with each step: at
T = (1 - 1e-12) T_c it takes 43.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, solve_banded

from theory.arrays import FloatArray
from theory.layered_sk.couplings import LayeredCouplings
from theory.layered_sk.critical import critical_temperature
from theory.layered_sk.rs.functional import (
    check_temperature,
    energy_per_spin,
    entropy_per_spin,
    field_strengths,
    free_energy_per_spin,
)
from theory.layered_sk.rs.local_field import DEFAULT_NODES, FieldAverages, field_averages, field_averages_with_error
from theory.layered_sk.rs.stability import replicon
from theory.result import NotConvergedError, SolverStatus

MAX_STEPS = 200
REFINEMENTS = (DEFAULT_NODES, 2 * DEFAULT_NODES, 4 * DEFAULT_NODES)
# Colder than this, quantities proportional to T leave the range of a double.
COLDEST = 1e-100
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class RSSolution:
    """The replica-symmetric saddle point at one temperature.

    Attributes
    ----------
    temperature, critical_temperature : float
        T and T_c, in units of energy.
    free_energy, energy, entropy : float
        Per spin, disorder averaged; s = (e - f)/T in nats.
    overlaps : tuple of float
        q_0 .. q_L; all zero from T_c upwards.
    replicon : float
        Spectral radius of the stability matrix; above 1 replica symmetry is broken (see
        `stability.replicon`).
    status : SolverStatus
        `residual` is the largest |q_k - F_k|; `error_estimate` bounds the error of f and e, and the entropy's
        is at most 2 error_estimate / T.
    """

    temperature: float
    critical_temperature: float
    free_energy: float
    energy: float
    entropy: float
    overlaps: tuple[float, ...]
    replicon: float
    status: SolverStatus


def solve_rs(couplings: LayeredCouplings, temperature: float, *, tolerance: float = 1e-10) -> RSSolution:
    """Solve the replica-symmetric saddle point.

    From T_c upwards q = 0 exactly: f = -T log 2 - W/(2T), e = -W/T, s = log 2 - W/(2T^2), with
    W = (1/N) sum_k sigma_k^2 N_{k-1} N_k. Below, the only positive root of q_k = E tanh^2(beta sqrt(R_k) xi),
    with R_k = sum over neighbours of sigma_kk'^2 N_k' q_k', put into

        f = -T sum_k (N_k/N) E log(2 cosh(beta sqrt(R_k) xi)) - (beta/2) sum_bonds w (1 - q)(1 - q')
        e = -beta sum_bonds w (1 - q q'),   w = sigma^2 N_k N_k'/N

    Parameters
    ----------
    couplings : LayeredCouplings
    temperature : float
        T > 0 in units of energy, at least 1e-100 T_c.
    tolerance : float
        Largest error estimate accepted for f and e, in units of the larger of T and T_c.

    Returns
    -------
    RSSolution

    Raises
    ------
    ValueError
        For a temperature or a tolerance that is not positive and finite, or a temperature below 1e-100 T_c.
    NotConvergedError
        If the finest quadrature still misses the tolerance.

    References
    ----------
    Barney, Winer & Galitski, arXiv 2408.06421; derived again in the docstring of
    `theory.layered_sk.rs.functional`.
    """
    check_temperature(temperature)
    if not (tolerance > 0 and math.isfinite(tolerance)):
        raise ValueError(f"tolerance: got {tolerance!r}; give a positive finite number such as 1e-10")
    critical = critical_temperature(couplings)
    if temperature < COLDEST * critical:
        raise ValueError(f"temperature: got {temperature!r}; give at least 1e-100 T_c = {COLDEST * critical:.3g}")
    for nodes in REFINEMENTS:
        if temperature >= critical:
            solution = _paramagnet(couplings, float(temperature), critical)
        else:
            solution = _frozen_phase(couplings, float(temperature), critical, nodes)
        if solution.status.error_estimate <= tolerance * max(critical, temperature):
            return solution
    reached = solution.status
    raise NotConvergedError(
        f"replica-symmetric saddle point at temperature {temperature:g}: error estimate "
        f"{reached.error_estimate:.2g} misses the tolerance {tolerance:g} (in units of the larger of T and "
        f"T_c); residual {reached.residual:.2g} after {reached.iterations} Newton steps on {nodes} nodes"
    )


def _paramagnet(couplings: LayeredCouplings, temperature: float, critical: float) -> RSSolution:
    variance_per_spin = float(couplings.bond_weights.sum())
    energy = -variance_per_spin / temperature
    free_energy = -temperature * math.log(2) + energy / 2
    return RSSolution(
        temperature=temperature,
        critical_temperature=critical,
        free_energy=free_energy,
        energy=energy,
        entropy=math.log(2) + energy / (2 * temperature),
        overlaps=(0.0,) * len(couplings.widths),
        replicon=(critical / temperature) ** 2,
        status=SolverStatus(True, residual=0.0, error_estimate=8 * _EPS * abs(free_energy), iterations=0),
    )


def _frozen_phase(couplings: LayeredCouplings, temperature: float, critical: float, nodes: int) -> RSSolution:
    q, steps = _newton(couplings, temperature, nodes)
    strengths = field_strengths(couplings, temperature, q)
    averages, errors = field_averages_with_error(strengths, nodes)
    # 1 - q with the relative accuracy that a subtraction would lose near T = 0.
    complements = averages.sech2
    free_energy = free_energy_per_spin(couplings, temperature, q, averages, complements)
    error_estimate = _error_estimate(couplings, temperature, q, averages, errors)
    return RSSolution(
        temperature=temperature,
        critical_temperature=critical,
        free_energy=free_energy,
        energy=energy_per_spin(couplings, temperature, complements),
        entropy=entropy_per_spin(couplings, temperature, averages, complements),
        overlaps=tuple(q.tolist()),
        replicon=replicon(couplings, temperature, q),
        status=SolverStatus(
            True,
            residual=float(np.abs(q - averages.tanh2).max()),
            error_estimate=error_estimate + 8 * _EPS * abs(free_energy),
            iterations=steps,
        ),
    )


def _newton(couplings: LayeredCouplings, temperature: float, nodes: int) -> tuple[FloatArray, int]:
    """Return the overlaps and the steps taken; whether they are good is for the error estimate to say."""
    q = np.ones(len(couplings.widths))
    previous_change = math.inf
    for step in range(1, MAX_STEPS + 1):
        strengths = field_strengths(couplings, temperature, q)
        averages = field_averages(strengths, nodes)
        # Solved for the new q rather than for the step, because J q = a^2 dF/d(a^2): the right-hand side is
        # positive, and a layer with an overlap far below the others' keeps its own relative accuracy.
        target = np.maximum(averages.tanh2 - strengths**2 * averages.slope, 0.0)
        updated = _solve_linearised(couplings, temperature, averages, target)
        if updated is None:
            return q, step
        change = float(np.abs(updated - q).max())
        q = np.minimum(updated, 1.0)
        # Changes shrink until rounding takes over; there they stop shrinking.
        if change <= _EPS or (change < 1e-9 and change >= previous_change):
            return q, step
        previous_change = change
    return q, MAX_STEPS


def _solve_linearised(
    couplings: LayeredCouplings,
    temperature: float,
    averages: FieldAverages,
    target: FloatArray,
) -> FloatArray | None:
    """Return (I - J)^{-1} target, or None where rounding makes I - J singular (about 1e-15 below T_c)."""
    slope = averages.slope / temperature / temperature
    bands = np.ones((3, len(slope)))
    bands[0, 1:] = -slope[:-1] * couplings.from_above
    bands[2, :-1] = -slope[1:] * couplings.from_below
    try:
        solution: FloatArray = solve_banded((1, 1), bands, target)
    except LinAlgError:
        return None
    # The exact inverse is positive, so a negative entry is rounding as well.
    return solution if np.all(solution >= 0) else None


def _error_estimate(
    couplings: LayeredCouplings,
    temperature: float,
    q: FloatArray,
    averages: FieldAverages,
    errors: FieldAverages,
) -> float:
    """Bound the errors of f and e by what the residual and the quadrature can move them."""
    # Either determines F = 1 - E sech^2: tanh2 is more accurate near zero overlap, sech2 near one.
    map_error = np.minimum(errors.tanh2, errors.sech2)
    root_error = _solve_linearised(couplings, temperature, averages, np.abs(q - averages.tanh2) + map_error)
    # The iterates descend from q = 1 to a non-negative root, so q itself bounds its error.
    root_error = q if root_error is None else np.minimum(root_error, q)
    slope = averages.slope / temperature / temperature
    # f and e use E sech^2 at q, one more application of the map, which at low T shrinks the error of q.
    error = slope * couplings.field_variances(root_error) + errors.sech2
    # Terms of f = -(N_k/N)(T S + beta R (1 - q)) - (beta/2) w (1 - q)(1 - q'). The error of e, at first
    # order beta w (q error' + q' error), is the same sum as that of beta R (1 - q): one bound serves both.
    field = temperature * errors.entropy + couplings.field_variances(q) / temperature * error
    below, above = error[:-1], error[1:]
    complements = averages.sech2
    reaction = (complements[:-1] * above + complements[1:] * below) / 2 + below * above
    return float(couplings.layer_fractions @ field + couplings.bond_weights / temperature @ reaction)
