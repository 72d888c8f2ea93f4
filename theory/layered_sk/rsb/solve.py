"""Solvers for K steps of replica symmetry breaking and for full breaking."""

from __future__ import annotations

import math

import numpy as np

from theory.layered_sk.couplings import LayeredCouplings
from theory.layered_sk.critical import critical_temperature
from theory.layered_sk.rs.functional import check_temperature
from theory.layered_sk.rs.saddle import solve_rs
from theory.layered_sk.rsb.functional import NetworkState, solve_layers
from theory.layered_sk.rsb.newton import FINAL, Saddle, find_saddle
from theory.layered_sk.rsb.path import approached, climb, pilot
from theory.layered_sk.rsb.solution import RSBSolution
from theory.layered_sk.rsb.start import Curve, breakpoint_curve, refined
from theory.result import NotConvergedError, SolverStatus

_EPS = float(np.finfo(np.float64).eps)
COLDEST = 0.02  # in units of T_c
MOST_STEPS = 128
_FEWEST_FULL_STEPS = 32
# Nearer to T_c rounding leaves free breakpoints undetermined (f changes by (1 - T/T_c)^5): they are held in proportion.
_NEAR = 0.99
_BRINK = 1 - 1e-4  # from here on (1 - T/T_c)^4, by which e changes, is below rounding
_MARGINAL = 0.01  # largest |replicon - 1| on the continuous part of full breaking
_ORDER = 4  # errors of K steps fall as K^-4


def solve_krsb(
    couplings: LayeredCouplings, temperature: float, *, steps: int = 1, tolerance: float = 1e-9
) -> RSBSolution:
    """Solve for K steps of replica symmetry breaking, breakpoints included.

    f (see `functional`) is made stationary in all overlaps q_{k,i}, the lowest included, and in the breakpoints x_i.
    From T_c upwards that is the replica-symmetric solution, and it is returned as such, with one level.

    Parameters
    ----------
    couplings : LayeredCouplings
    temperature : float
        T in units of energy, at least 0.02 T_c.
    steps : int
        K, from 1 to 128. Where rounding leaves breakpoints undetermined (many steps, or near T_c), they are not solved
        for but put where a solution with fewer steps implies; from 0.99 T_c on in proportion to T_c - T. The free
        energy does not notice.
    tolerance : float
        Largest error of f and e accepted (iteration and grid of fields), in units of the larger of T and T_c.

    Returns
    -------
    RSBSolution

    Raises
    ------
    ValueError
        For parameters out of range.
    NotConvergedError
        If the saddle equations are not solved to the tolerance.

    References
    ----------
    Parisi, J. Phys. A 13, L115 (1980); Barney, Winer & Galitski, arXiv 2408.06421.
    """
    critical = _checked(couplings, temperature, tolerance, steps)
    if temperature >= critical:
        return _symmetric(couplings, float(temperature), tolerance)
    if temperature > _BRINK * critical:
        colder = solve_krsb(couplings, _NEAR * critical, steps=steps, tolerance=tolerance)
        return _at_the_brink(colder, couplings, float(temperature))
    near = temperature >= _NEAR * critical
    path = climb(couplings, min(temperature, _NEAR * critical), 1 if near else steps)
    guide = approached(path[-1].state, temperature, critical) if near else path[-1].state
    held = near or len(guide.breakpoints) < steps
    start = refined(guide, steps) if held else guide
    path.append(find_saddle(start, free_breakpoints=not held, tolerance=tolerance * critical, precision=FINAL))
    return _solution(path[-1], critical, path[-1].error, sum(saddle.steps for saddle in path))


def solve_frsb(
    couplings: LayeredCouplings, temperature: float, *, steps: int | None = None, tolerance: float = 1e-7
) -> RSBSolution:
    """Solve for full replica symmetry breaking.

    q_k(x) is a step function on a fixed grid of breakpoints, on which f is stationary in all overlaps. The grid follows
    the breakpoints that a solution with a few free ones has, so that it is fine where q(x) bends. Errors fall as K^-4;
    a fifteenth of the change from K/2 to K estimates them.

    Parameters
    ----------
    couplings : LayeredCouplings
    temperature : float
        T in units of energy, at least 0.02 T_c.
    steps : int, optional
        K, from 2 to 128. By default 32, or 64 or 128 if it takes them to meet the tolerance and to bring the replicon
        within 1 % of 1 on the continuous part of q(x) (`RSBSolution.off_marginality`).
    tolerance : float
        Largest error estimate accepted for f and e, in units of the larger of T and T_c.

    Returns
    -------
    RSBSolution
        With K steps; from T_c upwards with a single level.

    Raises
    ------
    ValueError
        For parameters out of range.
    NotConvergedError
        If the saddle equations are not solved, or K steps miss the tolerance, or 128 steps the marginality.

    References
    ----------
    Parisi, J. Phys. A 13, L115 (1980); Barney, Winer & Galitski, arXiv 2408.06421.
    """
    critical = _checked(couplings, temperature, tolerance, 2 if steps is None else steps, least=2)
    if temperature >= critical:
        return _symmetric(couplings, float(temperature), tolerance)
    if temperature > _BRINK * critical:
        near = solve_frsb(couplings, _NEAR * critical, steps=steps, tolerance=tolerance)
        return _at_the_brink(near, couplings, float(temperature))
    path = pilot(couplings, min(temperature, _NEAR * critical))
    guide = path[-1].state
    if temperature > _NEAR * critical:
        guide = approached(guide, temperature, critical)
    curve = breakpoint_curve(guide.breakpoints)
    finest = _FEWEST_FULL_STEPS if steps is None else steps
    coarse = _on_curve(guide, curve, max(1, finest // 2), critical)
    while True:
        fine = _on_curve(coarse.state, curve, finest, critical)
        error = _truncation(coarse, fine) + fine.error
        used = sum(saddle.steps for saddle in (*path, coarse, fine))
        found = _solution(fine, critical, error, used)
        if error <= tolerance * critical and (steps is not None or found.off_marginality <= _MARGINAL):
            return found
        if steps is not None or finest >= MOST_STEPS:
            raise NotConvergedError(
                f"full replica symmetry breaking at temperature {temperature:g}: {finest} steps leave an error "
                f"estimate of {error:.2g}, for a tolerance of {tolerance:g} (in units of T_c = {critical:g}), and a "
                f"replicon off 1 by {found.off_marginality:.2g} on the continuous part; residual {fine.residual:.2g}"
            )
        coarse, finest = fine, 2 * finest


def _checked(couplings: LayeredCouplings, temperature: float, tolerance: float, steps: int, least: int = 1) -> float:
    """Return T_c; raise ValueError for parameters out of range."""
    check_temperature(temperature)
    if not (tolerance > 0 and math.isfinite(tolerance)):
        raise ValueError(f"tolerance: got {tolerance!r}; give a positive finite number such as 1e-7")
    if not (least <= steps <= MOST_STEPS and steps == int(steps)):
        raise ValueError(f"steps: got {steps!r}; give a whole number from {least} to {MOST_STEPS}")
    critical = critical_temperature(couplings)
    if temperature < COLDEST * critical:
        raise ValueError(
            f"temperature: got {temperature!r}; give at least {COLDEST} T_c = {COLDEST * critical:.3g} for broken "
            "replica symmetry"
        )
    return critical


def _on_curve(state: NetworkState, curve: Curve, steps: int, critical: float) -> Saddle:
    # Its own error is judged together with that of K, so the iteration may stop wherever rounding stops it.
    return find_saddle(refined(state, steps, curve), free_breakpoints=False, tolerance=1e-6 * critical, precision=FINAL)


def _truncation(coarse: Saddle, fine: Saddle) -> float:
    """Error of f and e from the change with the number of steps, at worst the change of order K^-4 expected."""
    ratio = (len(fine.state.breakpoints) + 0.5) / (len(coarse.state.breakpoints) + 0.5)
    change = max(abs(fine.state.free_energy - coarse.state.free_energy), abs(fine.state.energy - coarse.state.energy))
    return change / (ratio**_ORDER - 1)


def _solution(saddle: Saddle, critical: float, error: float, iterations: int) -> RSBSolution:
    state = saddle.state
    free_energy, energy = state.free_energy, state.energy
    # f holds logarithms over x, of which the lowest breakpoint's feel rounding most.
    rounding = _EPS * (8 * abs(free_energy) + state.temperature / float(state.breakpoints[0]))
    return RSBSolution(
        temperature=state.temperature,
        critical_temperature=critical,
        free_energy=free_energy,
        energy=energy,
        entropy=(energy - free_energy) / state.temperature,
        breakpoints=state.breakpoints,
        overlaps=state.overlaps,
        plateau_start=state.plateau_start,
        replicons=state.replicons,
        marginality=state.marginality,
        status=SolverStatus(True, saddle.residual, error + rounding, iterations),
    )


def _at_the_brink(near: RSBSolution, couplings: LayeredCouplings, temperature: float) -> RSBSolution:
    """Carry a solution up to T_c, with the replica-symmetric f and e, which differ from its own by rounding only."""
    rs = solve_rs(couplings, temperature)
    ratio = (rs.critical_temperature - temperature) / (rs.critical_temperature - near.temperature)
    # The largest overlap is the replica-symmetric one but for a part of order 1 - T/T_c of itself.
    overlaps, breakpoints = near.overlaps / near.overlaps[-1] * np.array(rs.overlaps), ratio * near.breakpoints
    state = solve_layers(couplings, temperature, overlaps, breakpoints)
    return RSBSolution(
        temperature=temperature,
        critical_temperature=rs.critical_temperature,
        free_energy=rs.free_energy,
        energy=rs.energy,
        entropy=rs.entropy,
        breakpoints=breakpoints,
        overlaps=overlaps,
        plateau_start=state.plateau_start,
        replicons=state.replicons,
        marginality=state.marginality,
        status=SolverStatus(
            True, float(np.abs(state.mismatch).max()), rs.status.error_estimate, near.status.iterations
        ),
    )


def _symmetric(couplings: LayeredCouplings, temperature: float, tolerance: float) -> RSBSolution:
    """The paramagnet, where all levels coincide at zero."""
    rs = solve_rs(couplings, temperature, tolerance=max(tolerance, 1e-13))
    return RSBSolution(
        temperature=rs.temperature,
        critical_temperature=rs.critical_temperature,
        free_energy=rs.free_energy,
        energy=rs.energy,
        entropy=rs.entropy,
        breakpoints=np.zeros(0),
        overlaps=np.array([rs.overlaps]),
        plateau_start=0.0,
        replicons=np.array([rs.replicon]),
        marginality=rs.replicon,
        status=rs.status,
    )
