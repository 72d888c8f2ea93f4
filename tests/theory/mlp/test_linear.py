"""The linear network: closed forms, random matrices, and the general solver against both."""

import math

import numpy as np
import pytest

from theory import activations
from theory.mlp import MlpModel, solve_linear, solve_rs

LINEAR = activations.get("linear")


def equal_widths(depth, prior="gaussian"):
    return MlpModel(LINEAR, (1.0,) * (depth + 1), prior=prior)


def test_closed_form_of_equal_widths():
    beta, depth = 1.7, 5
    solution = solve_linear(equal_widths(depth), beta)
    assert solution.free_entropy == pytest.approx(beta**2 / 2, rel=1e-15)
    assert solution.energy == pytest.approx(-beta, rel=1e-15)
    assert solution.entropy == pytest.approx(-(beta**2) / 2, rel=1e-15)
    means = [overlap.mean for overlap in solution.overlaps]
    np.testing.assert_allclose(means, beta**2 * np.arange(1, depth + 2), rtol=1e-15)


def test_overlaps_grow_as_the_second_moments_of_weight_products():
    """Inputs lean along the gradient W^1T .. W^LT w; averaged over w, |W^l .. W^1 x|^2 is a Fuss-Catalan moment."""
    rng = np.random.default_rng(1)
    size, depth = 400, 3
    weights = [rng.normal(size=(size, size)) / math.sqrt(size) for _ in range(depth)]
    z = np.eye(size)
    for weight in reversed(weights):
        z = weight.T @ z
    solution = solve_linear(equal_widths(depth), 1.0)
    for layer in range(depth + 1):
        assert np.sum(z**2) / size == pytest.approx(solution.overlaps[layer].mean, rel=0.03)
        z = weights[layer] @ z if layer < depth else z


@pytest.mark.parametrize("beta", [0.3, 8.0])
def test_sphere_prior(beta):
    solution = solve_linear(equal_widths(3, "sphere"), beta)
    k0 = solution.overlaps[0].mean
    assert k0 / (1 - k0) ** 2 == pytest.approx(beta**2, rel=1e-12)
    assert solution.energy == pytest.approx(-beta * (1 - k0), rel=1e-14)
    assert solution.overlaps[0].self_overlap == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
def test_energy_is_the_derivative_of_the_free_entropy(prior):
    model = MlpModel(LINEAR, (1.0, 2.5, 0.7), 1.4, 0.3, prior)
    beta, step = 2.0, 1e-4
    high, low = (solve_linear(model, beta + sign * step).free_entropy for sign in (1, -1))
    assert (high - low) / (2 * step) == pytest.approx(-solve_linear(model, beta).energy, rel=1e-7)


@pytest.mark.parametrize(("depth", "beta"), [(1, 0.25), (1, 8.0), (4, 2.0), (16, 8.0)])
def test_the_general_solver_reproduces_the_closed_form(depth, beta):
    exact, solved = solve_linear(equal_widths(depth), beta), solve_rs(equal_widths(depth), beta)
    assert abs(solved.free_entropy - exact.free_entropy) < 1e-8
    assert abs(solved.energy - exact.energy) < 1e-8
    assert abs(solved.entropy - exact.entropy) < 1e-8
    for a, b in zip(exact.overlaps, solved.overlaps, strict=True):
        assert abs(a.mean - b.mean) < 1e-8
        assert abs(a.self_overlap - b.self_overlap) < 1e-8
    assert solved.replicon < 1e-20


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
def test_the_general_solver_at_unequal_widths_with_biases(prior):
    model = MlpModel(LINEAR, (1.0, 2.0, 0.5, 3.0), 1.3, 0.4, prior)
    exact, solved = solve_linear(model, 1.7), solve_rs(model, 1.7)
    for ours, theirs in zip(exact.order_parameters.arrays(), solved.order_parameters.arrays(), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-9)
    assert abs(solved.free_entropy - exact.free_entropy) < 1e-8


def test_other_activations_are_refused():
    with pytest.raises(ValueError, match="'tanh' is not linear"):
        solve_linear(MlpModel(activations.get("tanh"), (1.0, 1.0)), 1.0)
    with pytest.raises(ValueError, match="beta -1"):
        solve_linear(equal_widths(1), -1.0)
