"""First guesses: one step from the replica-symmetric solution, and more steps from fewer.

With a coordinate s that cuts q(x) into cells of equal size, the breakpoints of K steps lie at s = i/(K + 1/2),
i = 1..K, and level i is the overlap in the middle of its cell, s = (i + 1/2)/(K + 1/2). x and q vanish at s = 0, and
s = 1 is where the plateau of q(x) begins. Solutions with different K nearly lie on the same curves x(s), q(s).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy

from theory.arrays import FloatArray
from theory.layered_sk.couplings import LayeredCouplings
from theory.layered_sk.critical import critical_temperature
from theory.layered_sk.rs.saddle import solve_rs
from theory.layered_sk.rsb.functional import NetworkState, solve_layers

Curve = Callable[[FloatArray], FloatArray]

_LARGEST_PLATEAU = 0.55
_COLD_SLOPE = 1.2  # of the breakpoint of one step as T -> 0, for fields about as wide as T_c
_RELAXATIONS = 20


def breakpoint_positions(steps: int) -> FloatArray:
    """s of x_1 .. x_K."""
    return np.asarray(np.arange(1, steps + 1) / (steps + 0.5), dtype=np.float64)


def level_positions(steps: int) -> FloatArray:
    """s of q_0 .. q_K."""
    return np.asarray((np.arange(steps + 1) + 0.5) / (steps + 0.5), dtype=np.float64)


def one_step(couplings: LayeredCouplings, temperature: float) -> NetworkState:
    """Return order parameters of one step close enough for Newton's method.

    The replica-symmetric overlaps are split in two levels a factor three apart, and the saddle equations repeated
    with the breakpoint fixed, even and odd layers in turn (all at once they oscillate). Merged levels and zero
    overlaps are unstable under this iteration below T_c, unless the breakpoint is too large.
    """
    ratio = temperature / critical_temperature(couplings)
    plateau = _LARGEST_PLATEAU * np.tanh(2 * (1 - ratio) / _LARGEST_PLATEAU)  # 2 (1 - T/T_c) near T_c, as in SK
    widest = float(np.sqrt(couplings.field_variances(np.ones(len(couplings.widths))).max()))
    cold = _COLD_SLOPE * temperature / np.sqrt(critical_temperature(couplings) * widest)
    x = np.array([min(plateau * breakpoint_positions(1)[0], cold)])
    q = level_positions(1)[:, None] * np.array(solve_rs(couplings, temperature).overlaps)
    for _ in range(_RELAXATIONS):
        for parity in (0, 1):
            q[:, parity::2] = solve_layers(couplings, temperature, q, x).produced[:, parity::2]
    return solve_layers(couplings, temperature, q, x)


def cooled(state: NetworkState, temperature: float) -> NetworkState:
    """Return a first guess from a solution at a higher temperature: x falls like T, q follows replica symmetry's."""
    before = np.array(solve_rs(state.couplings, state.temperature).overlaps)
    q = state.overlaps * (np.array(solve_rs(state.couplings, temperature).overlaps) / before)
    x = state.breakpoints * (temperature / state.temperature)
    return solve_layers(state.couplings, float(temperature), np.minimum(q, (1 + state.overlaps) / 2), x)


def breakpoint_curve(breakpoints: FloatArray) -> Curve:
    """Return a smooth increasing x(s) close to those of a solution with free breakpoints.

    log(x/s) is a polynomial in s of degree log2 K + 1 at most, so that x(s) is smooth and errors of refinements K, 2 K
    fall as K^-4.
    """
    steps = len(breakpoints)
    s = breakpoint_positions(steps)
    degree = min(steps - 1, int(np.log2(steps)) + 1)
    polynomial = np.polynomial.Polynomial.fit(s, np.log(breakpoints / s), degree)
    return lambda at: np.asarray(at * np.exp(polynomial(at)), dtype=np.float64)


def overlap_curve(overlaps: FloatArray) -> Curve:
    """Return q(s) through the levels of a solution, shape (len(s), layers): odd in s, strictly increasing."""
    s = np.concatenate([[0.0], level_positions(len(overlaps) - 1)])
    values = np.vstack([np.zeros(overlaps.shape[1]), overlaps])
    smooth = scipy.interpolate.CubicSpline(np.concatenate([-s[:0:-1], s]), np.vstack([-values[:0:-1], values]))
    if np.all(np.diff(smooth(np.linspace(0.0, 1.0, 8 * len(s))), axis=0) > 0):
        return lambda at: np.asarray(smooth(at))
    monotone = scipy.interpolate.PchipInterpolator(s, values)
    return lambda at: np.asarray(monotone(at))


def refined(state: NetworkState, steps: int, curve: Curve | None = None) -> NetworkState:
    """Return a first guess with `steps` steps from a solution with another number.

    Breakpoints are placed on `curve`, by default on the one through those of the solution.
    """
    x = (curve or breakpoint_curve(state.breakpoints))(breakpoint_positions(steps))
    q = overlap_curve(state.overlaps)(level_positions(steps))
    return solve_layers(state.couplings, state.temperature, q, x)
