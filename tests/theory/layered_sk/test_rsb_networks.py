"""Broken replica symmetry as a user meets it: unequal widths and variances, any K, both exact rules."""

from itertools import pairwise

import numpy as np
import pytest

from theory.layered_sk import LayeredCouplings, critical_temperature, solve_frsb, solve_krsb, solve_rs
from theory.layered_sk.rsb import evaluate, grid, path
from theory.layered_sk.rsb.functional import solve_layers
from theory.layered_sk.rsb.newton import FINAL, find_saddle
from theory.result import NotConvergedError

TAPERED = LayeredCouplings.from_convention([784, 256, 256, 10], "fan-in")
TWO_UNEQUAL = LayeredCouplings.from_convention([1000, 10], "fan-in")
# Each bond layer's variance ten times the one before.
STEEP = LayeredCouplings.from_variances([100] * 5, [1e-4, 1e-3, 1e-2, 1e-1])
SIX = LayeredCouplings.from_variances([784, 500, 256, 128, 64, 10], [1 / 784, 10 / 500, 1 / 256, 10 / 128, 1 / 64])
NETWORKS = pytest.mark.parametrize(
    "couplings", [TAPERED, TWO_UNEQUAL, STEEP, SIX], ids=["tapered", "two-unequal", "steep", "six"]
)


def unsolved(couplings, solution):
    """Largest violation of q = F and of df/dx = 0 (weighted by its cell), on a grid of fields finer than the solver's.

    Below T_c, 1 if levels have merged or the lowest overlap is unstable, which a small violation does not show.
    """
    state = solve_layers(couplings, solution.temperature, solution.overlaps, solution.breakpoints, 1.5)
    merged = not np.all(np.diff(state.overlaps, axis=0, prepend=0.0) > 0)
    if merged or state.marginality >= 1:
        return 1.0
    return max(np.abs(state.mismatch).max(), np.abs(state.slope_in_breakpoints * state.cells[1:]).max(initial=0.0))


@NETWORKS
@pytest.mark.parametrize("ratio", [0.05, 0.3, 0.95])
def test_every_order_parameter_is_stationary_in_unequal_networks(couplings, ratio):
    T = ratio * critical_temperature(couplings)
    for steps in (1, 3) if ratio < 0.1 else (1, 2, 6):
        solution = solve_krsb(couplings, T, steps=steps)
        assert solution.steps == steps
        assert unsolved(couplings, solution) < 1e-9 * max(1, 1 / T)
        assert solution.entropy > 0
        # f is within rounding of the replica-symmetric one at 0.95 T_c: 5e-11 apart. e and the replicon are not.
        assert solution.energy > solve_rs(couplings, T).energy


def test_a_breakpoint_held_off_its_extremum_is_refused():
    """Known-wrong partner of all tests of K steps: the overlaps solve their equations, the breakpoint does not."""

    def held(beta):
        right = solve_krsb(TAPERED, 1 / beta)
        start = solve_layers(TAPERED, 1 / beta, right.overlaps, 0.8 * right.breakpoints)
        return find_saddle(start, free_breakpoints=False, tolerance=1e-9, precision=FINAL).state

    beta = 1 / (0.3 * critical_temperature(TAPERED))
    state, right = held(beta), solve_krsb(TAPERED, 1 / beta)
    assert np.abs(state.mismatch).max() < 1e-9  # the residual in the overlaps alone accepts it
    assert unsolved(TAPERED, state) > 1e-5 > 1e4 * unsolved(TAPERED, right)
    # f errs to second order, and e is no longer d(beta f)/d beta.
    assert abs(state.free_energy - right.free_energy) > 1e-6
    step = 1e-3 * beta
    sides = [b * held(b).free_energy for b in (beta - step, beta + step)]
    assert abs(np.diff(sides)[0] / (2 * step) - state.energy) > 1e-5


def derivatives_vanish(couplings, temperature, overlaps, breakpoints):
    """Whether finite differences of f in every overlap vanish, relative to the weight of its level."""
    step = 1e-2 * np.diff(overlaps, axis=0, prepend=0.0)
    weights = np.diff(breakpoints, prepend=0.0, append=1.0)
    for level, layer in np.ndindex(*overlaps.shape):
        dq = np.zeros_like(overlaps)
        dq[level, layer] = step[level, layer]
        values = [evaluate(couplings, temperature, overlaps + s * dq, breakpoints).free_energy for s in (-2, -1, 1, 2)]
        slope = np.dot(values, [1, -8, 8, -1]) / (12 * step[level, layer])
        if abs(slope) > 1e-8 * weights[level]:
            return False
    return True


def test_full_breaking_is_stationary_in_every_overlap():
    T = 0.4 * critical_temperature(TAPERED)
    solution = solve_frsb(TAPERED, T, steps=6, tolerance=1e-3)
    assert derivatives_vanish(TAPERED, T, solution.overlaps, solution.breakpoints)
    assert not derivatives_vanish(TAPERED, T, solution.overlaps * (1 - 1e-5), solution.breakpoints)


def test_steps_converge_to_full_breaking():
    T = 0.3 * critical_temperature(TAPERED)
    full = solve_frsb(TAPERED, T)
    assert full.off_marginality < 0.01
    approach = [solve_rs(TAPERED, T), *(solve_krsb(TAPERED, T, steps=steps) for steps in (1, 2, 4, 8))]
    for name in ("energy", "free_energy"):
        distances = getattr(full, name) - np.array([getattr(solution, name) for solution in approach])
        # From below, and finally a factor 16 for each doubling; replica symmetry is farthest.
        assert all(first > 4 * second > 0 for first, second in pairwise(distances))
        assert distances[-1] < 1e-6 < 1e-3 < distances[0]


@NETWORKS
def test_where_replica_symmetry_is_stable_any_number_of_steps_returns_it(couplings):
    critical = critical_temperature(couplings)
    for ratio in (1.0, 1.001, 2.0):
        rs = solve_rs(couplings, ratio * critical)
        assert rs.replicon <= 1 + 1e-12
        solutions = [solve_krsb(couplings, ratio * critical, steps=steps) for steps in range(1, 9)]
        for solution in [*solutions, solve_frsb(couplings, ratio * critical)]:
            assert solution.free_energy == pytest.approx(rs.free_energy, abs=1e-12 * critical)
            assert solution.energy == pytest.approx(rs.energy, abs=1e-12 * critical)
            assert solution.overlaps == pytest.approx(np.array([rs.overlaps]), abs=1e-12)
            assert solution.off_marginality == 0
    # Where it is not, no number of steps does.
    for steps in (1, 2):
        rs = solve_rs(couplings, 0.7 * critical)
        assert solve_krsb(couplings, 0.7 * critical, steps=steps).energy > rs.energy + 1e-5 * critical


@NETWORKS
@pytest.mark.parametrize("gap", [1e-3, 1e-5])
def test_any_number_of_steps_up_to_the_critical_temperature(couplings, gap):
    T = (1 - gap) * critical_temperature(couplings)
    rs = solve_rs(couplings, T)
    solutions = [solve_krsb(couplings, T, steps=steps) for steps in (1, 4, 8)]
    for solution in solutions:
        assert np.all(np.diff(solution.overlaps, axis=0, prepend=0.0) > 0)
        # f differs by O(gap^5) and e by O(gap^4), which leaves the error estimates; replicons by O(gap^2).
        error = solution.status.error_estimate + rs.status.error_estimate
        assert error < 1e-10
        assert abs(solution.free_energy - rs.free_energy) < error + gap**5
        assert abs(solution.energy - rs.energy) < error + gap**4
        assert abs(solution.replicons - 1).max() < 3 * gap**2
        assert abs(solution.marginality - 1) < 3 * gap**2


def test_error_estimate_covers_the_error_of_a_coarse_grid_of_fields(monkeypatch):
    T = 0.3 * critical_temperature(TAPERED)
    exact = solve_krsb(TAPERED, T, steps=2)
    monkeypatch.setattr(grid, "_FIRST_STEPS_PER_DEVIATION", 1.0)
    monkeypatch.setattr(path, "_ROUGH", 1.0)
    for spacing, least in ((0.6, 1e-8), (0.4, 0.0)):
        monkeypatch.setattr(grid, "LARGEST_FIRST_STEP", spacing)
        coarse = solve_krsb(TAPERED, T, steps=2, tolerance=1.0)
        error = max(abs(coarse.energy - exact.energy), abs(coarse.free_energy - exact.free_energy))
        assert least <= error <= coarse.status.error_estimate
    # The default tolerance refuses the coarsest, and says why.
    monkeypatch.setattr(grid, "LARGEST_FIRST_STEP", 0.6)
    with pytest.raises(NotConvergedError, match=r"temperature 0\.32\d*: residual .* a finer grid of fields by .*e-0"):
        solve_krsb(TAPERED, T, steps=2)
