"""Full replica symmetry breaking: the SK model's exact results, marginality, error estimates."""

from functools import cache

import numpy as np
import pytest

from theory.layered_sk import LayeredCouplings, critical_temperature, solve_frsb, solve_krsb, solve_rs
from theory.layered_sk.rsb import solve
from theory.result import NotConvergedError

SK = LayeredCouplings.from_variances([500, 500], [1 / 500])
NETWORK = LayeredCouplings.from_convention([784, 400, 400, 400, 10], "fan-in")
FOUR_LAYERS = LayeredCouplings.from_convention([100, 100, 100, 100], "fan-in")
UNEQUAL = LayeredCouplings.from_variances([300, 20, 100], [1e-2, 1e-3])
GROUND_STATE = -0.7631667  # Crisanti & Rizzo, Phys. Rev. E 65, 046137 (2002); Oppermann & Schmidt (2008)
COLD = (0.05, 0.1, 0.2)


@cache
def full(couplings, ratio):
    """Full breaking at a temperature in units of T_c, solved once for all tests."""
    return solve_frsb(couplings, ratio * critical_temperature(couplings))


@pytest.fixture(scope="module")
def cold_sk():
    return [solve_frsb(SK, T, steps=16, tolerance=1e-5) for T in COLD]


def ground_state(solutions):
    """e(T) = e_0 + a T^3 + b T^4 through three temperatures."""
    matrix = [[1, s.temperature**3, s.temperature**4] for s in solutions]
    return np.linalg.solve(matrix, [s.energy for s in solutions])[0]


def test_sk_ground_state_energy(cold_sk):
    assert ground_state(cold_sk) == pytest.approx(GROUND_STATE, abs=5e-6)
    # Known-wrong partners: one step, and replica symmetry.
    assert abs(ground_state([solve_krsb(SK, T) for T in COLD]) - GROUND_STATE) > 1e-3
    assert abs(ground_state([solve_rs(SK, T) for T in COLD]) - GROUND_STATE) > 2e-2


def test_entropy_stays_positive_down_to_a_twentieth_of_the_critical_temperature(cold_sk):
    entropies = [s.entropy for s in cold_sk]
    assert 0 < entropies[0] < entropies[1] < entropies[2]
    # s ~ 0.72 T^2 as T -> 0.
    assert entropies[0] == pytest.approx(0.72 * 0.05**2, rel=0.02)
    assert solve_rs(SK, 0.05).entropy < 0


def is_marginal(solution):
    """Replicon 1 on the continuous part, and beta^2 lambda_max(diag(c) A diag(c)) = 1."""
    return np.abs(solution.replicons[:-1] - 1).max() < 0.01 and abs(solution.marginality - 1) < 1e-3


@pytest.mark.parametrize(("couplings", "ratio"), [(SK, 0.2), (NETWORK, 0.3), (NETWORK, 0.9), (FOUR_LAYERS, 0.5)])
def test_marginal_stability_at_every_level(couplings, ratio):
    solution = full(couplings, ratio)
    T = solution.temperature
    assert is_marginal(solution)
    assert abs(solution.replicons[-1] - 1) < 0.01
    assert np.all(np.diff(solution.overlaps, axis=0, prepend=0) > 0)
    assert solution.entropy > 0
    # Replica symmetry and few steps are refused by the same rules.
    if ratio < 0.9:
        assert not is_marginal(solve_krsb(couplings, T, steps=2))
        assert abs(solve_rs(couplings, T).replicon - 1) > 0.01


def test_as_many_levels_are_taken_as_marginality_needs(cold_sk, monkeypatch):
    # At 0.05 T_c 16 levels give f and e of SK to 1e-6, but a replicon 3 % off 1 on the continuous part.
    assert cold_sk[0].off_marginality == np.abs(cold_sk[0].replicons[:-1] - 1).max() > 0.02
    monkeypatch.setattr(solve, "_FEWEST_FULL_STEPS", 16)
    solution = solve_frsb(SK, 0.05, tolerance=1e-5)
    assert solution.steps == 32
    assert is_marginal(solution)
    assert solution.entropy > 0
    # If the most levels allowed are not enough, that is no solution.
    monkeypatch.setattr(solve, "_FEWEST_FULL_STEPS", 4)
    monkeypatch.setattr(solve, "MOST_STEPS", 4)
    with pytest.raises(NotConvergedError, match=r"4 steps leave .* replicon off 1 by 0\.\d+ on the continuous part"):
        solve_frsb(SK, 0.2, tolerance=1e-2)


def test_marginality_of_sk_fixes_the_mean_overlap():
    # int q dx = 1 - T in the SK model; the deviation falls as K^-2.
    functions = [solve_frsb(SK, 0.5, steps=K, tolerance=1e-4).overlap_function for K in (8, 16, 32)]
    deviations = [abs(function.moments(1)[0] - 0.5) for function in functions]
    assert deviations[-1] < 2e-5
    assert 3 < deviations[0] / deviations[1] < 5
    assert 3 < deviations[1] / deviations[2] < 5
    assert abs(solve_rs(SK, 0.5).overlaps[0] - 0.5) > 0.01


def test_sk_near_the_critical_temperature():
    # With tau = 1 - T: q(1) = tau + tau^2 - tau^3 + 5/2 tau^4 + O(tau^5), q(x) = x/2 + .. (Crisanti & Rizzo 2002).
    for tau in (0.01, 0.04):
        solution = full(SK, 1 - tau)
        series = tau + tau**2 - tau**3 + 2.5 * tau**4
        assert solution.overlaps[-1] == pytest.approx(series, abs=20 * tau**5 + 1e-7)
        assert solution.overlaps[0, 0] == pytest.approx(solution.breakpoints[0] / 4, rel=5 * tau + 0.02)
        assert abs(solve_rs(SK, 1 - tau).overlaps[0] - series) > 0.1 * tau**2


@pytest.mark.parametrize("couplings", [SK, FOUR_LAYERS])
def test_error_estimate_covers_the_error_of_few_levels(couplings):
    T = 0.5 * critical_temperature(couplings)
    fine = full(couplings, 0.5)
    for steps in (4, 8, 16):
        coarse = solve_frsb(couplings, T, steps=steps, tolerance=1e-2)
        error = max(abs(coarse.energy - fine.energy), abs(coarse.free_energy - fine.free_energy))
        assert fine.status.error_estimate < error < 1.5 * coarse.status.error_estimate


def test_four_layers_to_five_digits():
    solution = full(FOUR_LAYERS, 0.5)
    assert solution.status.error_estimate < 1e-8
    many = solve_krsb(FOUR_LAYERS, solution.temperature, steps=6)
    # Fixed breakpoints against fewer free ones; replica symmetry is far away.
    assert solution.energy == pytest.approx(many.energy, abs=1e-5)
    assert abs(solve_rs(FOUR_LAYERS, solution.temperature).energy - solution.energy) > 1e-3


@pytest.mark.parametrize(("couplings", "ratio"), [(SK, 0.5), (UNEQUAL, 0.6)])
def test_energy_is_the_derivative_of_the_free_energy(couplings, ratio):
    beta = 1 / (ratio * critical_temperature(couplings))
    step = 2e-3 * beta
    values = [b * solve_frsb(couplings, 1 / b, steps=16).free_energy for b in beta + step * np.array([-2, -1, 1, 2])]
    energy = np.dot(values, [1, -8, 8, -1]) / (12 * step)
    assert full(couplings, ratio).energy == pytest.approx(energy, abs=1e-7)
    # Known-wrong partner: the replica-symmetric energy.
    assert abs(solve_rs(couplings, 1 / beta).energy - energy) > 1e-4


def test_density_and_atom_of_the_overlap():
    solution = full(NETWORK, 0.3)
    for layer in range(5):
        q, density, atom = solution.overlap_density(layer)
        assert np.all(density > 0)
        assert np.trapezoid(density, q) + atom == pytest.approx(1, abs=1e-3)
        mean = solution.overlap_function.moments(1)[layer]
        assert np.trapezoid(q * density, q) + atom * q[-1] == pytest.approx(mean, abs=1e-3)
    with pytest.raises(ValueError, match="layer: got 5"):
        solution.overlap_density(5)
    with pytest.raises(ValueError, match="2 steps"):
        solve_krsb(SK, 0.5, steps=2).overlap_density(0)


def test_density_of_sk_near_the_critical_temperature():
    # q(x) = x/2 to leading order in 1 - T, so the density is 2 + O(1 - T).
    for tau in (0.01, 0.04):
        q, density, atom = full(SK, 1 - tau).overlap_density(0)
        assert density == pytest.approx(np.full(len(q), 2.0), rel=4 * tau)
        assert atom == pytest.approx(1 - 2 * q[-1], abs=8 * tau**2)


def test_above_the_critical_temperature_it_is_replica_symmetric():
    T = 1.01 * critical_temperature(NETWORK)
    assert solve_frsb(NETWORK, T).free_energy == pytest.approx(solve_rs(NETWORK, T).free_energy, abs=1e-12)


def test_too_few_levels_for_the_tolerance_raise():
    with pytest.raises(NotConvergedError, match=r"temperature 0.5: 4 steps leave an error estimate of .* residual"):
        solve_frsb(SK, 0.5, steps=4, tolerance=1e-9)
    with pytest.raises(ValueError, match="steps: got 1"):
        solve_frsb(SK, 0.5, steps=1)
