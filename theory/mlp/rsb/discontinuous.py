"""Where replica symmetry breaks with a jump: the dynamical and the static line, from one step of breaking at x = 1.

With one breakpoint at x = 1 the second plateau has no weight: Phi and the overlaps k_0, k_d are the replica-symmetric
ones, and k_1 solves an equation of its own, the overlap of two inputs in the same state. Seen from small beta,

    the dynamical beta  is the first where k_1 > k_0 has a solution: exponentially many states, which trap a dynamics;
    the static beta     is the first where that solution has dPhi/dx >= 0 at x = 1. -dPhi/dx there is the complexity,
                        the entropy of states that dominate; where it is used up, x moves below 1 and Phi departs from
                        the replica-symmetric value.

Where breaking is continuous both coincide with the beta at which the replicon reaches 1: k_1 grows from k_0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from theory.mlp.model import MlpModel
from theory.mlp.rs.saddle import solve_rs
from theory.mlp.rs.solution import RSSolution
from theory.mlp.rsb.grid import Resolution
from theory.mlp.rsb.newton import Saddle, solve_fixed
from theory.mlp.rsb.parameters import ParisiParameters, moved_to, split
from theory.mlp.rsb.sweep import Layers
from theory.result import NotConvergedError

_RESOLUTION = Resolution(0.5, 6.0)  # good to about 1e-5
_FIRST_SWEEPS = 25
_MOST_SWEEPS = 300
_MOST_ROUNDS = 4
_FRACTIONS = (0.95, 0.8, 0.5, 0.2)
_SMALL = 0.1  # a gap that shrinks from here on shrinks to nothing: it starts to grow at nothing, or at once
_START_TOLERANCE = 1e-4
_CLOSED = 1e-5  # of k_d - k_0: a gap on its way to nothing
_EQUATIONS = 1e-7
_VISIBLE = 1e-3  # of k_d - k_0: a smaller gap is replica symmetry
_DOWNWARD = 0.8  # from one beta to the next below those asked for
_MOST_DOWNWARD = 15


@dataclass(frozen=True)
class StatesAtOne:
    """One step of breaking at x = 1.

    Attributes
    ----------
    beta : float
    gap : float
        (k_1 - k_0) / (k_d - k_0) of the input, zero where replicas in the same state have no more in common.
    complexity : float
        -dPhi/dx at x = 1: entropy of states, per reference width N; negative beyond the static line.
    parameters : ParisiParameters or None
    """

    beta: float
    gap: float
    complexity: float
    parameters: ParisiParameters | None


# Solves at a beta, from a solution at a neighbouring one.
States = Callable[[float, ParisiParameters | None], StatesAtOne]


@dataclass(frozen=True)
class JumpLines:
    """Lines at one weight variance; None where a line is not met below the largest beta.

    Attributes
    ----------
    dynamical, static : float or None
    gap : float or None
        (k_1 - k_0) / (k_d - k_0) of the input at the static line: the size of the jump.
    """

    dynamical: float | None
    static: float | None
    gap: float | None


def states_at_one(
    model: MlpModel,
    beta: float,
    start: ParisiParameters | None = None,
    *,
    symmetric: RSSolution | None = None,
    resolution: Resolution = _RESOLUTION,
) -> StatesAtOne:
    """Solve one step of breaking at x = 1.

    Parameters
    ----------
    model : MlpModel
    beta : float
        Positive.
    start : ParisiParameters, optional
        Such a solution at a neighbouring beta; otherwise replica symmetry, split widely.
    symmetric : RSSolution, optional
        The replica-symmetric solution, if it is known.
    resolution : Resolution
        Of the grids in the fields.

    Raises
    ------
    NotConvergedError
        If neither states nor their absence is found, or replica symmetry is not solved.
    """
    layers = Layers(model, resolution)
    if start is not None:
        try:
            return _found(layers, beta, [moved_to(start, model, beta)], 2)
        except NotConvergedError:
            pass  # the states of the neighbour may have gone: afresh
    try:
        return _found(layers, beta, _split_starts(model, beta, symmetric), _FIRST_SWEEPS)
    except NotConvergedError as error:
        where = f"beta {beta:g}, weight variance {model.weight_variance:g}, x = 1"
        raise NotConvergedError(f"{where}: {error}") from error


def _found(layers: Layers, beta: float, starts: Sequence[ParisiParameters], sweeps: int) -> StatesAtOne:
    """Return what the first start that leads anywhere leads to."""
    failure: NotConvergedError | None = None
    for p in starts:
        try:
            saddle = _solved(layers, _swept(layers, p, sweeps))
        except NotConvergedError as error:
            failure = error
            continue
        if saddle is None or _gap(saddle.parameters) <= _VISIBLE:
            return StatesAtOne(beta, 0.0, 0.0, None)
        found = saddle.parameters
        return StatesAtOne(beta, _gap(found), -float(saddle.slopes(layers, beta)[0]), found)
    assert failure is not None
    raise failure


def _split_starts(model: MlpModel, beta: float, symmetric: RSSolution | None) -> list[ParisiParameters]:
    """Return replica symmetry split widely, less so where that asks for too fine a grid.

    Sweeps are monotone: from above they come down to the states, or to nothing. From a little below they go up.
    """
    rs = symmetric or solve_rs(model, beta, tolerance=_START_TOLERANCE)
    return [split(rs.order_parameters, np.ones(1), fraction) for fraction in _FRACTIONS]


def _solved(layers: Layers, p: ParisiParameters) -> Saddle | None:
    """Return the solution near a start; none where sweeps close its gap.

    Just before two solutions appear Newton's method wanders, and sweeps decide: they pass such a place slowly, but
    never turn round.
    """
    for _ in range(_MOST_ROUNDS):
        try:
            return solve_fixed(layers, p, _EQUATIONS)
        except NotConvergedError:
            swept = _swept(layers, p, _MOST_SWEEPS)
            p = _swept(layers, swept, 1)
            if _gap(p) < min(_gap(swept), _SMALL):
                return None
    return solve_fixed(layers, p, _EQUATIONS)


def _gap(p: ParisiParameters) -> float:
    """Return (k_1 - k_0) / (k_d - k_0) of the input."""
    return float((p.k[0, -1] - p.k[0, 0]) / (p.k_d[0] - p.k[0, 0]))


def _swept(layers: Layers, p: ParisiParameters, times: int) -> ParisiParameters:
    for _ in range(times):
        p, _ = layers.sweep(p)
        if p.x.size and _gap(p) < _CLOSED:
            # Replica symmetry: one plateau is enough.
            return ParisiParameters(np.zeros(0), p.k[:, :1], p.k_d, p.r[:, :1], p.rt + p.r[:, 0])
    return p


def jump_lines(
    model: MlpModel, betas: Sequence[float], *, precision: float = 0.01, resolution: Resolution = _RESOLUTION
) -> JumpLines:
    """Return the dynamical and the static line at the model's weight variance.

    Parameters
    ----------
    model : MlpModel
    betas : sequence of float
        Where to look, positive and increasing.
    precision : float
        Relative precision of both lines.
    resolution : Resolution
        Of the grids in the fields.

    Raises
    ------
    NotConvergedError
        If a point on the way cannot be solved, or states still exist far below the smallest beta.

    Notes
    -----
    The solution is followed from the largest beta at which it is found to smaller ones, below the first of `betas` if
    need be, until it vanishes, and the last interval is halved.
    """

    def states(beta: float, start: ParisiParameters | None) -> StatesAtOne:
        return states_at_one(model, beta, start, resolution=resolution)

    points: list[StatesAtOne] = []
    below = [betas[0] * _DOWNWARD**step for step in range(1, _MOST_DOWNWARD + 1)]
    for beta in [*reversed(betas), *below]:
        if not points and beta < betas[0]:
            return JumpLines(None, None, None)
        point = states(beta, points[-1].parameters if points else None)
        if point.parameters is not None:
            points.append(point)
        elif points:
            points.append(_edge(states, float(beta), points[-1], precision))
            return _lines(states, points, precision)
    raise NotConvergedError(f"weight variance {model.weight_variance:g}: states still exist at beta {below[-1]:.3g}")


def _edge(states: States, low: float, last: StatesAtOne, precision: float) -> StatesAtOne:
    """Return the solution of the smallest beta above `low` that has one."""
    while last.beta / low > 1.0 + precision:
        point = states(0.5 * (low + last.beta), last.parameters)
        if point.parameters is None:
            low = point.beta
        else:
            last = point
    return last


def _lines(states: States, points: list[StatesAtOne], precision: float) -> JumpLines:
    """Return the lines from solutions at decreasing beta, the last at the dynamical line."""
    dynamical = points[-1].beta
    beyond = [point for point in points if point.complexity <= 0.0]
    if not beyond:
        return JumpLines(dynamical, None, None)
    high = beyond[-1]
    below = [point for point in points if point.beta < high.beta]
    if not below:
        return JumpLines(dynamical, high.beta, high.gap)
    solved = {high.beta: high, below[0].beta: below[0]}

    def complexity(beta: float) -> float:
        if beta not in solved:
            solved[beta] = states(beta, high.parameters)
        return solved[beta].complexity

    static = float(scipy.optimize.brentq(complexity, below[0].beta, high.beta, rtol=0.1 * precision))
    return JumpLines(dynamical, static, solved[static].gap if static in solved else high.gap)
