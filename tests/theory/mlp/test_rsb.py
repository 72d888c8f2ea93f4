"""Broken replica symmetry of the random MLP: solutions against exact relations, limits and marginality."""

import numpy as np
import pytest

from theory import activations
from theory.mlp import MlpModel, ParisiParameters, solve_frsb, solve_krsb, solve_linear, solve_rs, solve_rsb_branch
from theory.mlp.rsb import Resolution, breakpoint_slopes, free_entropy_at
from theory.mlp.rsb.parameters import split
from theory.mlp.rsb.stability import plateau_replicons
from theory.mlp.rsb.sweep import Layers, change, curvature_averages, settle
from theory.result import NotConvergedError


def model_of(name, depth=1, **options):
    return MlpModel(activations.get(name), (1.0,) * (depth + 1), **options)


SIN = model_of("sin")


@pytest.fixture(scope="module")
def steps():
    """Solutions of sin at beta = 6 with 1, 2 and 3 steps; replica symmetry is unstable there."""
    return [solve_krsb(SIN, 6.0, count) for count in (1, 2, 3)]


@pytest.mark.parametrize(("name", "beta"), [("tanh", 4.0), ("sin", 2.0), ("linear", 2.0)])
def test_where_replica_symmetry_is_stable_every_ansatz_returns_it(name, beta):
    model = model_of(name)
    rs = solve_rs(model, beta)
    for solution in (solve_krsb(model, beta, 2), solve_frsb(model, beta)):
        assert solution.breakpoints.size == 0
        assert solution.classification == "rs"
        assert solution.free_entropy == pytest.approx(rs.free_entropy, abs=1e-7)
        assert solution.energy == pytest.approx(rs.energy, abs=1e-7)
        assert solution.replicon == pytest.approx(rs.replicon, rel=1e-4, abs=1e-6)
        for broken, symmetric in zip(solution.overlaps, rs.overlaps, strict=True):
            assert broken.mean == pytest.approx(symmetric.mean, abs=1e-6)
    if name == "linear":
        assert solution.free_entropy == pytest.approx(solve_linear(model, beta).free_entropy, abs=1e-7)


def test_given_breakpoints_merge_where_replica_symmetry_is_stable():
    solution = solve_krsb(model_of("tanh"), 4.0, breakpoints=[0.2, 0.5, 0.8])
    assert solution.energy == pytest.approx(solve_rs(model_of("tanh"), 4.0).energy, abs=1e-6)


def test_twenty_levels_of_sin_at_beta_8_are_marginal_and_lie_above_replica_symmetry():
    solution = solve_krsb(SIN, 8.0, breakpoints=(np.arange(20) + 0.5) / 20)
    assert solution.replicons[-1] == pytest.approx(0.995, abs=0.006)
    rs = solve_rs(SIN, 8.0)
    assert solution.energy - rs.energy == pytest.approx(0.00579, abs=1e-4)
    assert solution.free_entropy < rs.free_entropy - 0.01


def test_more_steps_lower_phi_and_converge(steps):
    phi = np.array([solution.free_entropy for solution in steps])
    energy = np.array([solution.energy for solution in steps])
    rs = solve_rs(SIN, 6.0)
    assert rs.free_entropy > phi[0] > phi[1] > phi[2]
    # Errors fall as K^-4.
    assert phi[1] - phi[2] < 0.15 * (phi[0] - phi[1])
    assert abs(energy[2] - energy[1]) < 0.15 * abs(energy[1] - energy[0])
    assert rs.energy < energy[0] - 1e-3
    assert [solution.breakpoints.size for solution in steps] == [1, 2, 3]


def test_the_energy_is_the_derivative_of_the_free_entropy(steps):
    for count in (1, 2):
        low, high = (
            solve_krsb(SIN, beta, count, start=steps[count - 1].parameters).free_entropy for beta in (5.98, 6.02)
        )
        assert (high - low) / 0.04 == pytest.approx(-steps[count - 1].energy, abs=3e-6)
    assert steps[1].entropy == steps[1].free_entropy + 6.0 * steps[1].energy


def test_the_solution_is_stationary_in_every_order_parameter_and_breakpoint(steps):
    p, fine, step = steps[1].parameters, Resolution(0.25, 7.5), 2e-4

    def slope(name, where):
        values = []
        for sign in (1, -1):
            q = p.copy()
            getattr(q, name)[where] += sign * step
            values.append(free_entropy_at(SIN, 6.0, q, resolution=fine))
        return (values[0] - values[1]) / (2 * step)

    for i in range(3):
        assert abs(slope("k", (0, i))) < 3e-7
    assert abs(slope("k_d", 0)) < 3e-7
    assert max(abs(slope("x", i)) for i in range(2)) < 3e-7
    assert np.abs(breakpoint_slopes(SIN, 6.0, p.at(p.x * 1.1))).max() > 1e-6


def test_merged_levels_have_no_residual_where_the_replicon_rejects_them():
    """Replica symmetry written with three plateaus is a fixed point at beta = 6; only its stability tells."""
    rs = solve_rs(SIN, 6.0)
    layers = Layers(SIN, Resolution(0.3, 7.0))
    merged = split(rs.order_parameters, np.array([0.3, 0.6]), 0.0)
    swept, _ = layers.sweep(merged)
    assert change(merged, swept) < 1e-7
    replicons = plateau_replicons(SIN, swept, curvature_averages(layers, swept))
    np.testing.assert_allclose(replicons, rs.replicon, rtol=1e-5)
    assert replicons.min() > 1.9


def test_sweeps_settle_on_the_solution_of_newtons_method(steps):
    layers = Layers(SIN, Resolution())
    p = steps[0].parameters
    settled = settle(layers, split(solve_rs(SIN, 6.0).order_parameters, p.x, 0.5), 1e-9, 200).parameters
    np.testing.assert_allclose(settled.k[0], p.k[0], atol=1e-5)
    with pytest.raises(NotConvergedError, match=r"3 sweeps done.*still move by"):
        settle(layers, split(solve_rs(SIN, 6.0).order_parameters, p.x, 0.5), 1e-9, 3)


def test_full_breaking_of_sin_is_marginal_on_its_continuous_part():
    solution = solve_frsb(SIN, 4.0)
    assert solution.classification == "continuous"
    assert solution.energy == pytest.approx(-0.6140083, abs=1e-6)
    np.testing.assert_allclose(solution.replicons, 1.0, atol=1e-3)
    assert solution.status.error_estimate < 1e-5
    layer = solution.overlaps[0]
    assert layer.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.all(np.diff(layer.values) > 0.0)
    # The exact identity e = -beta C_W (K_aa - mean overlap), with the last layer's overlaps.
    last = solution.overlaps[1]
    assert solution.energy == pytest.approx(-4.0 * (last.self_overlap - last.mean), abs=1e-12)
    assert last.moment(2) > last.mean**2


def test_sin_at_larger_weight_variance_jumps():
    """C_W = 4: replica symmetry is locally stable at beta = 16, and one stable step of breaking has x < 1."""
    model = model_of("sin", weight_variance=4.0)
    rs, solution = solve_rs(model, 16.0), solve_krsb(model, 16.0, 1)
    assert rs.replicon < 0.6
    assert solution.classification == "1rsb-like"
    assert solution.breakpoints[0] == pytest.approx(0.9487, abs=1e-3)
    low, high = solution.overlaps[0].values
    assert high - low > 0.7
    assert solution.free_entropy < rs.free_entropy


def test_the_sphere_has_unit_self_overlap_and_the_energy_relation():
    model = model_of("sin", prior="sphere", weight_variance=1.3)
    beta = 6.0
    here = solve_krsb(model, beta, 1)
    assert here.breakpoints.size == 1
    assert here.overlaps[0].self_overlap == pytest.approx(1.0, abs=1e-9)
    low, high = (solve_krsb(model, b, 1, start=here.parameters).free_entropy for b in (5.98, 6.02))
    assert (high - low) / 0.04 == pytest.approx(-here.energy, abs=3e-6)


def test_a_branch_follows_beta_into_the_broken_phase():
    below, above = solve_rsb_branch(SIN, [2.0, 5.0], 1)
    assert below.classification == "rs"
    assert above.breakpoints.size == 1
    assert above.free_entropy < solve_rs(SIN, 5.0).free_entropy


def test_what_cannot_be_solved_says_where_it_stood():
    with pytest.raises(NotConvergedError, match=r"beta 6, weight variance 1, 1 steps: reached .* tolerance 1.0e-09"):
        solve_krsb(SIN, 6.0, 1, tolerance=1e-9)
    with pytest.raises(ValueError, match="must increase"):
        solve_krsb(SIN, 6.0, breakpoints=[0.5, 0.4])
    with pytest.raises(ValueError, match="steps 0"):
        solve_krsb(SIN, 6.0, 0)
    with pytest.raises(ValueError, match="beta 0"):
        solve_frsb(SIN, 0.0)
    start = ParisiParameters(np.array([0.5]), np.ones((2, 2)), np.ones(2), np.ones((2, 2)), np.ones(2))
    with pytest.raises(ValueError, match="2 layers"):
        solve_krsb(model_of("sin", depth=2), 6.0, 1, start=start)
