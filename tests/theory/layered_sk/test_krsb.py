"""K steps of replica symmetry breaking: references, limits, thermodynamics, and refusals."""

import math

import numpy as np
import pytest
from scipy.optimize import fsolve

from theory.layered_sk import LayeredCouplings, critical_temperature, solve_krsb, solve_rs
from theory.layered_sk.rsb import evaluate, newton
from theory.result import NotConvergedError

SK = LayeredCouplings.from_variances([500, 500], [1 / 500])
NETWORK = LayeredCouplings.from_convention([784, 400, 400, 400, 10], "fan-in")
ONE_STEP_GROUND_STATE = -0.7652594  # Parisi, Phys. Rev. Lett. 43, 1754 (1979), with more digits since


def extrapolated(solver, temperatures, powers):
    """The constant of energies = sum of constants times T^power."""
    energies = [solver(T) for T in temperatures]
    return np.linalg.solve([[T**power for power in powers] for T in temperatures], energies)[0]


def stability_rules_hold(state):
    """What a solution with its lowest overlap free obeys, and the spurious one with q_0 = 0 does not.

    The saddle equation of the lowest level is concave, so at a positive solution its slope at q_0 = 0, which is the
    matrix of `marginality` there, exceeds its ratio: c_k = 1 - int q_k dx, and marginality stays below 1.
    """
    return state.marginality < 1


def test_one_step_reaches_the_known_ground_state_energy_of_sk():
    found = extrapolated(lambda T: solve_krsb(SK, T).energy, (0.02, 0.03, 0.04, 0.05), (0, 1, 2, 3))
    assert found == pytest.approx(ONE_STEP_GROUND_STATE, abs=1e-6)


def pinned_one_step(temperature):
    """The stationary point with q_0 = 0, found without the package's solver."""

    def equations(u):
        state = evaluate(SK, temperature, [[1e-13] * 2, [u[0]] * 2], [u[1]])
        return [state.mismatch[1, 0], state.slope_in_breakpoints[0]]

    q, x = fsolve(equations, [1 - 0.2 * temperature, temperature], xtol=1e-12)
    return evaluate(SK, temperature, [[1e-13] * 2, [q] * 2], [x])


def test_the_lowest_overlap_pinned_at_zero_is_told_apart():
    state = pinned_one_step(0.05)
    # The residual alone accepts it.
    assert np.abs(state.mismatch).max() < 1e-10
    assert np.abs(state.slope_in_breakpoints).max() < 1e-9
    # The rules and the ground state energy do not.
    assert not stability_rules_hold(state)
    found = extrapolated(lambda T: pinned_one_step(T).energy, (0.02, 0.03, 0.04, 0.05), (0, 1, 2, 3))
    assert found == pytest.approx(-0.7688, abs=1e-4)
    assert abs(found - ONE_STEP_GROUND_STATE) > 3e-3


@pytest.mark.parametrize("couplings", [SK, NETWORK])
@pytest.mark.parametrize("ratio", [0.1, 0.97])
def test_more_steps_come_closer_to_marginal_stability(couplings, ratio):
    T = ratio * critical_temperature(couplings)
    solutions = [solve_krsb(couplings, T, steps=steps) for steps in (1, 2, 4)]
    rs = solve_rs(couplings, T)
    assert all(stability_rules_hold(solution) for solution in solutions)
    energies = [rs.energy, *(solution.energy for solution in solutions)]
    free_energies = [rs.free_energy, *(solution.free_energy for solution in solutions)]
    # Each doubling gains less, finally a factor 16; f and e rise towards full breaking.
    for values in (energies, free_energies):
        gains = np.diff(values)
        assert np.all(gains > 0)
        assert gains[2] < gains[1] / 3 < gains[0] / 9
    instabilities = [solution.replicon - 1 for solution in solutions]
    assert rs.replicon - 1 > instabilities[0] > 2 * instabilities[1] > 4 * instabilities[2] > 0
    for solution in solutions:
        assert np.all(np.diff(solution.overlaps, axis=0, prepend=0) > 0)
        assert np.all(np.diff(solution.breakpoints, prepend=0, append=1) > 0)
        assert solution.status.error_estimate < 1e-9


def test_errors_fall_with_the_fourth_power_of_the_steps():
    energies = [solve_krsb(SK, 0.5, steps=steps).energy for steps in (2, 4, 8)]
    change = np.diff(energies)
    assert 8 < change[0] / change[1] < 24


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_above_the_critical_temperature_every_number_of_steps_is_replica_symmetric(steps):
    for ratio in (1.0, 1.001, 3.0):
        T = ratio * critical_temperature(NETWORK)
        solution, rs = solve_krsb(NETWORK, T, steps=steps), solve_rs(NETWORK, T)
        assert solution.free_energy == pytest.approx(rs.free_energy, abs=1e-12)
        assert solution.energy == pytest.approx(rs.energy, abs=1e-12)
        assert solution.overlaps.max() == 0
        assert solution.steps == 0


@pytest.mark.parametrize("gap", [1e-2, 1e-3, 2e-4, 1e-6, 1e-12])
def test_just_below_the_critical_temperature_steps_change_little(gap):
    T = (1 - gap) * critical_temperature(NETWORK)
    solution, rs = solve_krsb(NETWORK, T, steps=2), solve_rs(NETWORK, T)
    # f differs by O(gap^5), and the largest overlap, linear in gap in both, by O(gap^2).
    assert solution.free_energy == pytest.approx(rs.free_energy, abs=gap**5 + 1e-11)
    assert solution.overlaps[-1] == pytest.approx(rs.overlaps, rel=3 * gap + 1e-4)


@pytest.mark.parametrize("couplings", [SK, NETWORK])
def test_energy_is_the_derivative_of_the_free_energy(couplings):
    beta = 1 / (0.4 * critical_temperature(couplings))
    step = 1e-3 * beta
    values = [b * solve_krsb(couplings, 1 / b, steps=2).free_energy for b in beta + step * np.array([-2, -1, 1, 2])]
    energy = np.dot(values, [1, -8, 8, -1]) / (12 * step)
    assert solve_krsb(couplings, 1 / beta, steps=2).energy == pytest.approx(energy, abs=1e-8)
    # Known-wrong partner: the same formula of the energy at overlaps that solve nothing.
    assert abs(solve_rs(couplings, 1 / beta).energy - energy) > 1e-3


def test_solution_is_stationary_in_every_order_parameter():
    T = 0.3 * critical_temperature(NETWORK)
    solution = solve_krsb(NETWORK, T, steps=2)
    q, x = solution.overlaps, solution.breakpoints

    def slope(dq, dx):
        values = [evaluate(NETWORK, T, q + s * dq, x + s * dx).free_energy for s in (-2, -1, 1, 2)]
        return np.dot(values, [1, -8, 8, -1]) / 12

    step = 1e-3
    for level in range(3):
        for layer in range(5):
            dq = np.zeros_like(q)
            dq[level, layer] = step
            assert abs(slope(dq, 0 * x)) < 1e-9 * step
    for i in range(2):
        dx = step * np.eye(2)[i]
        assert abs(slope(0 * q, dx)) < 1e-9 * step
    # Away from it the same differences do not vanish.
    q = q * 0.99
    assert abs(slope(np.full_like(q, step), 0 * x)) > 1e-6 * step


def test_layers_in_either_order_and_in_any_unit():
    couplings = LayeredCouplings.from_variances([3, 700, 90], [2e-2, 4e-3])
    mirrored = LayeredCouplings.from_variances([90, 700, 3], [4e-3 * 25, 2e-2 * 25])
    T = 0.4 * critical_temperature(couplings)
    one, other = solve_krsb(couplings, T, steps=2), solve_krsb(mirrored, 5 * T, steps=2)
    assert other.overlaps[:, ::-1] == pytest.approx(one.overlaps, abs=1e-10)
    assert other.free_energy == pytest.approx(5 * one.free_energy, abs=1e-10)


@pytest.mark.parametrize(
    ("couplings", "ratio"),
    [
        (
            LayeredCouplings.from_convention([1000, 1, 1000], "symmetric"),
            0.15,
        ),  # the middle layer's field is 6.7 T_c wide
        (LayeredCouplings.from_variances([100] * 4, [1e-2, 1e-20, 1e-20]), 0.5),
    ],
)
def test_extreme_networks_are_solved(couplings, ratio):
    solution = solve_krsb(couplings, ratio * critical_temperature(couplings), steps=2)
    assert np.all(np.diff(solution.overlaps, axis=0, prepend=0) > 0)
    assert stability_rules_hold(solution)


def test_a_nearly_decoupled_layer_keeps_its_relative_accuracy():
    couplings = LayeredCouplings.from_variances([100] * 4, [1e-2, 1e-20, 1e-20])
    overlaps = solve_krsb(couplings, 0.5, steps=2).overlaps
    # In a vanishing field F = S level by level.
    assert overlaps[:, 3] == pytest.approx(1e-18 * overlaps[:, 2] / 0.25, rel=1e-8)


def test_moments_and_steps():
    solution = solve_krsb(SK, 0.5, steps=2)
    function = solution.overlap_function
    assert function.weights.sum() == pytest.approx(1)
    assert function.moments(0) == pytest.approx([1, 1])
    grid = (np.arange(100_000) + 0.5) / 100_000
    assert function.moments(2) == pytest.approx((function.at(grid) ** 2).mean(axis=0), abs=1e-4)
    # e = -(beta/2) (1 - int q^2 dx) of the SK model.
    assert solution.energy == pytest.approx(-(1 - function.moments(2)[0]) / (2 * 0.5), abs=1e-12)


def test_stopping_early_raises_and_says_where(monkeypatch):
    monkeypatch.setattr(newton, "MAX_STEPS", 1)
    with pytest.raises(NotConvergedError, match=r"1 steps .* at temperature 0.8: residual .* after 1 Newton steps"):
        solve_krsb(SK, 0.8)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"temperature": 0.0}, "temperature: got"),
        ({"temperature": math.nan}, "temperature: got"),
        ({"temperature": 0.01}, "temperature: got .* at least 0.02"),
        ({"steps": 0}, "steps: got 0"),
        ({"steps": 2.5}, "steps: got 2.5"),
        ({"steps": 1000}, "steps: got 1000"),
        ({"tolerance": 0.0}, "tolerance: got"),
    ],
)
def test_impossible_requests_are_refused(options, named):
    with pytest.raises(ValueError, match=named):
        solve_krsb(SK, **({"temperature": 0.5} | options))
