"""The replica-symmetric saddle point: derivatives of the free entropy, exact relations and bounds."""

import math
from dataclasses import replace

import numpy as np
import pytest

from theory import activations
from theory.mlp import MlpModel, OrderParameters, free_entropy, solve_branch, solve_rs
from theory.mlp.neuron.layer import build_layer_rule
from theory.mlp.rs.zipper import saddle_map

TANH = activations.get("tanh")
# Off the saddle point, with every term of the equations of order one.
SOMEWHERE = OrderParameters(
    v=np.array([0.8, 0.45, 0.3]),
    k0=np.array([0.5, 0.3, 0.6]),
    rt=np.array([0.0, -0.25, 0.15]),
    r0=np.array([0.0, 1.3, 2.2]),
)


def model_of(name, depth=1, **options):
    activation = activations.get(name, depth=depth, shape=0.5)
    return MlpModel(activation, (1.0,) * (depth + 1), **options)


def right_hand_sides(model, beta, x):
    rules = [build_layer_rule(model.activation, x.site_field(model, layer), 1e-10) for layer in (1, 2)]
    averages = [rule.averages(rule.field) for rule in rules]
    return saddle_map(model, beta, x, averages)


def derivative(model, beta, name, layer, along_diagonal):
    """Central difference of Phi in K_d or R_d of a layer (along_diagonal) or in its K_0 or R_0, the other kept."""
    step = 1e-4

    def shifted(sign):
        x = SOMEWHERE.copy()
        diagonal, off = {"K": (x.v, x.k0), "Q": (x.rt, x.r0)}[name]
        diagonal[layer] += sign * step * (1 if along_diagonal else -1)
        off[layer] += 0.0 if along_diagonal else sign * step
        return free_entropy(model, beta, x)

    return (shifted(1) - shifted(-1)) / (2 * step)


@pytest.mark.parametrize("name", ["tanh", "sin", "relu"])
def test_every_saddle_point_equation_is_a_derivative_of_the_free_entropy(name):
    model = MlpModel(activations.get(name), (1.2, 0.7, 1.6), 1.5, 0.2)
    beta, x = 1.1, SOMEWHERE
    y = right_hand_sides(model, beta, x)
    alpha = model.width_ratios
    for layer in range(3):
        conjugate_d, conjugate_0 = y.rt[layer] + y.r0[layer], y.r0[layer]
        if layer == 0:
            v, k0 = x.v[0], x.k0[0]
            expected_d = 0.5 * alpha[0] * (1 / v - k0 / v**2 - 1 + conjugate_d)
            expected_0 = 0.5 * alpha[0] * (k0 / v**2 - conjugate_0)
        else:
            expected_d = 0.5 * alpha[layer] * (conjugate_d - x.rt[layer] - x.r0[layer])
            expected_0 = 0.5 * alpha[layer] * (x.r0[layer] - conjugate_0)
            assert derivative(model, beta, "Q", layer, True) == pytest.approx(
                0.5 * alpha[layer] * (y.k_d[layer] - x.k_d[layer]), abs=1e-7
            )
            assert derivative(model, beta, "Q", layer, False) == pytest.approx(
                0.5 * alpha[layer] * (x.k0[layer] - y.k0[layer]), abs=1e-7
            )
        assert derivative(model, beta, "K", layer, True) == pytest.approx(expected_d, abs=1e-7)
        assert derivative(model, beta, "K", layer, False) == pytest.approx(expected_0, abs=1e-7)


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_the_solution_is_stationary_on_the_sphere(name):
    model = model_of(name, depth=2, prior="sphere", weight_variance=1.3)
    solution = solve_rs(model, 2.0)
    x, step = solution.order_parameters, 1e-4
    assert solution.overlaps[0].self_overlap == pytest.approx(1.0, abs=1e-14)

    def moved(sign):
        y = x.copy()
        y.k0[0] += sign * step
        y.v[0] -= sign * step
        return free_entropy(model, 2.0, y)

    assert abs(moved(1) - moved(-1)) / (2 * step) < 1e-6
    assert abs(moved(1) + moved(-1) - 2 * solution.free_entropy) / step**2 > 1e-2


@pytest.mark.parametrize("name", activations.names())
@pytest.mark.parametrize("beta", [0.25, 1.0, 4.0, 16.0])
def test_energy_is_the_derivative_of_the_free_entropy(name, beta):
    model = model_of(name, depth=1 if beta == 16.0 else 2)
    here = solve_rs(model, beta)
    step = 1e-3 * beta
    high, low = (solve_rs(model, beta + sign * step, start=here.order_parameters).free_entropy for sign in (1, -1))
    assert (high - low) / (2 * step) == pytest.approx(-here.energy, abs=1e-6)


def test_energy_is_the_derivative_of_the_free_entropy_with_biases_and_unequal_widths():
    for prior in ("gaussian", "sphere"):
        model = MlpModel(TANH, (1.0, 3.0, 0.4), 2.0, 0.6, prior)
        low, here, high = (solve_rs(model, beta) for beta in (2.998, 3.0, 3.002))
        assert (high.free_entropy - low.free_entropy) / 4e-3 == pytest.approx(-here.energy, abs=1e-6)
        assert low.free_entropy < here.free_entropy < high.free_entropy


@pytest.mark.parametrize(("name", "c_w", "beta"), [("sin", 9.0, 8.0), ("tanh", 1.0, 64.0), ("erf", 4.0, 8.0)])
def test_the_energy_stays_above_the_exact_bound(name, c_w, beta):
    """H >= -N sqrt(C_W) mean|w| max|phi|; sin at C_W = 9, beta = 8 breaks it with fixed Gauss-Hermite nodes."""
    solution = solve_rs(model_of(name, weight_variance=c_w), beta)
    bound = math.sqrt(c_w) * math.sqrt(2 / math.pi)
    assert 0.8 * bound < -solution.energy < bound


def test_relu_depends_on_beta_and_variance_only_through_their_product():
    """phi(a z) = a phi(z): C_W -> a^2 C_W is beta -> a^(L+1) beta."""
    depth, factor = 2, 1.7
    plain = solve_rs(model_of("relu", depth), 2.0 * factor ** (depth + 1))
    scaled = solve_rs(model_of("relu", depth, weight_variance=factor**2), 2.0)
    assert scaled.free_entropy == pytest.approx(plain.free_entropy, abs=2e-9)
    assert scaled.replicon == pytest.approx(plain.replicon, rel=1e-6)


def test_width_of_the_reference_layer_is_a_convention():
    """All alpha scaled by a and beta by sqrt(a): the same network, counted per another N."""
    a = 2.5
    one = solve_rs(MlpModel(TANH, (1.0, 0.6, 1.4)), 2.0)
    other = solve_rs(MlpModel(TANH, (a, 0.6 * a, 1.4 * a)), 2.0 * math.sqrt(a))
    assert other.free_entropy == pytest.approx(a * one.free_entropy, abs=1e-8)
    for x, y in zip(one.overlaps, other.overlaps, strict=True):
        assert y.mean == pytest.approx(x.mean, abs=1e-8)


def test_infinite_temperature_is_the_prior():
    solution = solve_rs(model_of("tanh", depth=2), 0.0)
    assert solution.energy == 0.0
    assert abs(solution.free_entropy) < 1e-14
    assert solution.overlaps[0].self_overlap == pytest.approx(1.0)
    assert all(abs(overlap.mean) < 1e-14 for overlap in solution.overlaps)


def test_entropy_curve_has_slope_beta():
    curve = solve_branch(model_of("tanh"), np.linspace(0.0, 4.0, 9))
    beta, energy, entropy = np.array([(point.beta, point.energy, point.entropy) for point in curve]).T
    np.testing.assert_allclose(np.diff(entropy) / np.diff(energy), 0.5 * (beta[1:] + beta[:-1]), atol=0.03)
    assert np.all(np.diff(energy) < 0)
    assert np.all(np.diff(entropy) < 0)
    alone = solve_rs(model_of("tanh"), 3.0)
    assert curve[6].entropy == pytest.approx(alone.entropy, abs=1e-8)
    assert curve[6].replicon == pytest.approx(alone.replicon, abs=1e-7)


def test_the_residual_is_the_mismatch_of_the_equations():
    model = model_of("tanh", depth=2)
    solution = solve_rs(model, 2.0)
    x = solution.order_parameters
    y = right_hand_sides(model, 2.0, x)
    mismatch = max(np.abs(a - b).max() for a, b in zip(x.arrays(), y.arrays(), strict=True))
    assert mismatch < 1e-8
    assert solution.status.residual < 1e-8
    shifted = replace(x, v=x.v * 1.01)
    assert np.abs(right_hand_sides(model, 2.0, shifted).v - shifted.v).max() > 1e-4
