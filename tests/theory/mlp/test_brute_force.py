"""The saddle point by another route: dense sums, a general root finder, and theories known to be wrong."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import root

from theory import activations
from theory.mlp import MlpModel, free_entropy, solve_linear, solve_rs


def model_of(name, depth=1, c_w=1.0, **options):
    return MlpModel(activations.get(name, depth=depth, shape=0.5), (1.0,) * (depth + 1), c_w, **options)


def dense_phi(model, beta, v, k0):
    """Phi of one hidden layer at (v, k0) of the input, on a uniform grid in h, u and zeta.

    With L = 1 the conjugate of the layer is known, rt = 0 and r0 = beta^2 C_W / alpha_1, and the terms in K^1 cancel.
    """
    x = np.linspace(-8.4, 8.4, 85)
    weight = np.exp(-0.5 * x**2) * (x[1] - x[0]) / math.sqrt(2 * math.pi)
    c_w, (alpha_0, alpha_1) = model.weight_variance, model.width_ratios
    z = math.sqrt(c_w * k0) * x[:, None] + math.sqrt(c_w * v) * x
    phi = model.activation.phi(z)
    tilt = beta * math.sqrt(c_w / alpha_1) * x[:, None, None] * phi
    f = np.log(np.exp(tilt) @ weight)
    prior = 0.5 * alpha_0 * (math.log(v) + k0 / v - v - k0 + 1)
    return prior + alpha_1 * float(weight @ f @ weight)


def gradient(function, point, step=1e-4):
    def one(axis):
        shift = step * np.eye(len(point))[axis]
        return (function(*(point + shift)) - function(*(point - shift))) / (2 * step)

    return np.array([one(axis) for axis in range(len(point))])


@pytest.mark.parametrize(("name", "alpha_1", "c_w"), [("tanh", 1.0, 1.0), ("erf", 0.4, 1.5)])
def test_one_layer_agrees_with_dense_sums_and_a_root_finder(name, alpha_1, c_w):
    model, beta = MlpModel(activations.get(name), (1.0, alpha_1), c_w), 1.6
    found = root(lambda p: gradient(lambda v, k0: dense_phi(model, beta, v, k0), p), [0.9, 0.3], tol=1e-10).x
    solution = solve_rs(model, beta)
    x = solution.order_parameters
    np.testing.assert_allclose(found, [x.v[0], x.k0[0]], atol=1e-6)
    assert dense_phi(model, beta, *found) == pytest.approx(solution.free_entropy, abs=1e-9)
    # dPhi/dbeta at fixed order parameters is -e.
    slope = (dense_phi(model, beta + 1e-4, *found) - dense_phi(model, beta - 1e-4, *found)) / 2e-4
    assert slope == pytest.approx(-solution.energy, abs=1e-6)
    # The annealed average, log of the mean partition function, is another number.
    annealed = 0.5 * beta**2 * c_w * (x.v[1] + x.k0[1])
    assert abs(annealed - solution.free_entropy) > 1e-2


@pytest.mark.parametrize(("depth", "prior"), [(1, "gaussian"), (2, "sphere"), (3, "gaussian")])
def test_the_saddle_point_is_stationary_in_every_order_parameter(depth, prior):
    ratios = (1.0, 0.6, 1.4, 0.9)[: depth + 1]
    model, beta, step = MlpModel(activations.get("tanh"), ratios, 1.4, 0.1, prior), 2.0, 3e-4
    x = solve_rs(model, beta).order_parameters

    def slopes(point):
        found = []
        for layer in range(depth + 1):
            # On the sphere v^0 and k0^0 move against each other; Q^0 is no variable of Phi.
            moves = [("v", "k0")] if layer == 0 and prior == "sphere" else [("v",), ("k0",)]
            moves += [] if layer == 0 else [("rt",), ("r0",)]
            for names in moves:
                high, low = (point.copy() for _ in range(2))
                for sign, name in zip((1, -1), names, strict=False):
                    getattr(high, name)[layer] += sign * step
                    getattr(low, name)[layer] -= sign * step
                found.append((free_entropy(model, beta, high) - free_entropy(model, beta, low)) / (2 * step))
        return np.array(found)

    # Differences err by step^2 times the third derivative.
    assert np.abs(slopes(x)).max() < 1e-6
    moved = x.copy()
    moved.k0[-1] *= 1.01
    assert np.abs(slopes(moved)).max() > 1e-4


@dataclass
class FixedNodes:
    """One hidden layer with fixed Gauss-Hermite nodes everywhere: what an unguarded code computes."""

    free_entropy: float
    energy: float


def fixed_nodes(model, beta, order=61):
    x, weight = np.polynomial.hermite_e.hermegauss(order)
    weight = weight / weight.sum()
    c_w, v, k0 = model.weight_variance, 1.0, 0.0
    for _ in range(40):
        z = math.sqrt(c_w * k0) * x[:, None] + math.sqrt(c_w * v) * x
        phi = model.activation.phi(z)
        tilt = beta * math.sqrt(c_w) * x[:, None, None] * phi
        top = tilt.max(axis=2, keepdims=True)
        w = np.exp(tilt - top) * weight
        norm = w.sum(axis=2)
        mean_x, mean_xx = w @ x / norm, w @ x**2 / norm
        mean_phi, mean_square = ((w * phi**k).sum(axis=2) / norm for k in (1, 2))
        average = lambda values: float(weight @ values @ weight)  # noqa: E731
        r0 = average(mean_x**2) / v
        rt = average(mean_xx - mean_x**2 - 1) / v
        v = 1 / (1 - rt)
        k0 = r0 * v**2
    prior = 0.5 * (math.log(v) + k0 / v - v - k0 + 1)
    f = average(np.log(norm) + top[..., 0])
    return FixedNodes(prior + f, -beta * c_w * average(mean_square - mean_phi**2))


def bound(c_w):
    """|e| <= sqrt(C_W) sqrt(2/pi) max|phi| for max|phi| = 1 and alpha_L = 1."""
    return math.sqrt(c_w) * math.sqrt(2 / math.pi)


def test_fixed_nodes_are_right_where_the_tilt_is_weak_and_are_rejected_where_it_is_strong():
    weak = fixed_nodes(model_of("tanh"), 0.5)
    solved = solve_rs(model_of("tanh"), 0.5)
    assert weak.free_entropy == pytest.approx(solved.free_entropy, abs=1e-8)
    assert weak.energy == pytest.approx(solved.energy, abs=1e-8)
    # The closed form of the linear network rejects them at beta = 4.
    strong, exact = fixed_nodes(model_of("linear"), 4.0), solve_linear(model_of("linear"), 4.0)
    assert abs(strong.free_entropy - exact.free_entropy) > 1e-5
    # So do the bound, and the derivative of the free entropy, for sin at C_W = 9, beta = 8.
    model = model_of("sin", c_w=9.0)
    wrong, right = fixed_nodes(model, 8.0), solve_rs(model, 8.0)
    assert -right.energy < bound(9.0)
    assert -wrong.energy > bound(9.0)
    high, low = (fixed_nodes(model, 8.0 + sign * 1e-3).free_entropy for sign in (1, -1))
    assert abs((high - low) / 2e-3 + wrong.energy) > 1e-2


def test_a_wrong_energy_is_rejected_by_the_derivative_of_the_free_entropy():
    """-beta C_W K_aa in place of -beta C_W (K_aa - K_ab), and the entropy of the unnormalised prior."""
    for name in activations.names():
        model = model_of(name)
        here = solve_rs(model, 2.0)
        high, low = (solve_rs(model, 2.0 + sign * 2e-3, start=here.order_parameters) for sign in (1, -1))
        slope = (high.free_entropy - low.free_entropy) / 4e-3
        assert slope == pytest.approx(-here.energy, abs=1e-6)
        assert abs(slope - 2.0 * here.overlaps[-1].self_overlap) > 1e-2


@pytest.mark.parametrize("depth", [1, 4])
def test_wrong_widths_are_rejected_by_the_closed_form_of_the_linear_network(depth):
    equal, beta = model_of("linear", depth), 2.0
    unequal = MlpModel(equal.activation, (1.0, *(2.0,) * depth), 1.0)
    solved = solve_rs(unequal, beta)
    right, wrong = solve_linear(unequal, beta), solve_linear(equal, beta)
    miss = [abs(solved.overlaps[-1].mean - other.overlaps[-1].mean) for other in (right, wrong)]
    assert miss[0] < 1e-8
    assert miss[1] > 1.0
