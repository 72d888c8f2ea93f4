"""The way to many steps: one step first, then twice as many again and again, each from the solution before."""

from __future__ import annotations

from theory.layered_sk.couplings import LayeredCouplings
from theory.layered_sk.critical import critical_temperature
from theory.layered_sk.rsb.functional import NetworkState, solve_layers
from theory.layered_sk.rsb.newton import Saddle, find_saddle
from theory.layered_sk.rsb.start import cooled, one_step, refined
from theory.result import NotConvergedError

_PILOT_STEPS = 16
_PILOT_PRECISION = 1e-9  # of the energy in units of T_c, beyond which free breakpoints are not followed
_ROUGH = 1e-6  # error in units of T_c above which a solution on the way counts as failed
_WARMER, _WARMEST = 1.15, 0.95  # step in temperature if the first guess fails, and where to stop, in units of T_c


def climb(couplings: LayeredCouplings, temperature: float, steps: int) -> list[Saddle]:
    """Solve with free breakpoints for 1, 2, 4, .. and last `steps` steps; return all solutions.

    The last one has fewer steps if rounding leaves the breakpoints of more undetermined.

    Raises
    ------
    NotConvergedError
        Naming the number of steps that failed.
    """
    path = _first_step(couplings, temperature)
    number = 1
    while number < steps:
        number = min(2 * number, steps)
        following = _more_steps(path[-1].state, number)
        if not following[-1].settled:
            break
        path.extend(following)
    return path


def pilot(couplings: LayeredCouplings, temperature: float) -> list[Saddle]:
    """As `climb`, until more steps no longer matter: near T_c few do, and more would be undetermined."""
    path = _first_step(couplings, temperature)
    precision = _PILOT_PRECISION * critical_temperature(couplings)
    while len(path[-1].state.breakpoints) < _PILOT_STEPS:
        before = path[-1].state
        following = _more_steps(before, 2 * len(before.breakpoints))
        if not following[-1].settled:
            break
        path.extend(following)
        if abs(path[-1].state.energy - before.energy) < precision:
            break
    return path


def approached(state: NetworkState, temperature: float, critical: float) -> NetworkState:
    """Carry a solution below T_c closer to T_c: overlaps and breakpoints are proportional to T_c - T there."""
    ratio = (critical - temperature) / (critical - state.temperature)
    return solve_layers(state.couplings, float(temperature), ratio * state.overlaps, ratio * state.breakpoints)


def _rough(start: NetworkState, free_breakpoints: bool) -> Saddle:
    tolerance = _ROUGH * critical_temperature(start.couplings)
    return find_saddle(start, free_breakpoints=free_breakpoints, tolerance=tolerance)


def _first_step(couplings: LayeredCouplings, temperature: float) -> list[Saddle]:
    """Solve with one step."""
    try:
        return [_rough(one_step(couplings, temperature), free_breakpoints=True)]
    except NotConvergedError as failure:
        return _from_warmer(couplings, temperature, 1, failure)


def _more_steps(coarse: NetworkState, steps: int) -> list[Saddle]:
    """Solve with `steps` steps from a solution with fewer, for the overlaps first and then for the breakpoints too."""
    try:
        held = _rough(refined(coarse, steps), free_breakpoints=False)
        return [held, _rough(held.state, free_breakpoints=True)]
    except NotConvergedError as failure:
        return _from_warmer(coarse.couplings, coarse.temperature, steps, failure)


def _from_warmer(
    couplings: LayeredCouplings, temperature: float, steps: int, failure: NotConvergedError
) -> list[Saddle]:
    """Follow the solution from a higher temperature, where first guesses are better; up to T_c, and then fail."""
    warmer = _WARMER * temperature
    if warmer > _WARMEST * critical_temperature(couplings):
        raise failure
    path = climb(couplings, warmer, steps)
    if len(path[-1].state.breakpoints) < steps:
        raise failure
    return [*path, _rough(cooled(path[-1].state, temperature), free_breakpoints=True)]
