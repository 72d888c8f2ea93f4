"""Branches of solutions, the critical beta, and depth in reasonable time."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import log_ndtr

from theory import activations
from theory.mlp import MlpModel, critical_beta, solve_branch, solve_linear, solve_rs
from theory.mlp.rs import branch
from theory.result import NotConvergedError


def model_of(name, depth=1, c_w=1.0, shape=1.0):
    return MlpModel(activations.get(name, depth=depth, shape=shape), (1.0,) * (depth + 1), c_w)


def test_a_branch_is_the_list_of_its_solutions():
    model = model_of("tanh", 2)
    solutions = solve_branch(model, (0.0, 1.0, 3.0))
    assert [solution.beta for solution in solutions] == [0.0, 1.0, 3.0]
    for solution in solutions:
        alone = solve_rs(model, solution.beta)
        assert solution.free_entropy == pytest.approx(alone.free_entropy, abs=1e-10)
        assert solution.replicon == pytest.approx(alone.replicon, abs=1e-8)
        assert len(solution.overlaps) == 3


def test_the_replicon_crosses_one_at_the_critical_beta():
    model = model_of("sin")
    critical = critical_beta(model, precision=1e-5)
    assert critical == pytest.approx(3.6, abs=0.05)  # as published
    below, above = (solve_rs(model, critical * (1 + sign * 1e-4), tolerance=1e-6).replicon for sign in (-1, 1))
    assert below < 1 < above
    assert critical_beta(model, beta_min=0.9 * critical, beta_max=0.99 * critical) is None
    # From an unstable start the search goes back to the same crossing.
    assert critical_beta(model, beta_min=1.2 * critical, precision=1e-4) == pytest.approx(critical, rel=2e-4)


def test_an_unstable_interval_between_two_points_of_the_search_is_found(monkeypatch):
    def solve(model, beta, **options):
        return SimpleNamespace(replicon=1.1 * math.exp(-((beta - 2.0) ** 2) / 0.1), order_parameters=None)

    monkeypatch.setattr(branch, "solve_rs", solve)
    width = math.sqrt(0.1 * math.log(1.1))
    # 1.85 and 2.405 are stable; the interval lies around 2.
    found = critical_beta(model_of("sin"), beta_min=1.85 / 1.3**3, beta_max=10.0)
    assert found == pytest.approx(2.0 - width, rel=1e-5)


def test_where_nothing_turns_unstable_the_answer_is_none():
    assert critical_beta(model_of("linear"), beta_max=2.0) is None
    assert critical_beta(model_of("tanh"), beta_max=8.0) is None


@pytest.mark.parametrize(
    "options", [{"beta_min": 0.0}, {"beta_max": math.inf}, {"beta_min": 5.0, "beta_max": 4.0}, {"precision": 0.0}]
)
def test_impossible_searches_are_refused(options):
    with pytest.raises(ValueError, match="must"):
        critical_beta(model_of("sin"), **options)


def test_a_search_that_meets_an_unsolvable_point_says_how_far_it_came(monkeypatch):
    def solve(model, beta, **options):
        if beta > 2.0:
            raise NotConvergedError(f"beta {beta:g}: no")
        return solve_rs(model, beta, **options)

    monkeypatch.setattr(branch, "solve_rs", solve)
    with pytest.raises(NotConvergedError, match=r"beta 2\.6: no; the replicon stays below 1 up to beta 2$"):
        critical_beta(model_of("sin"), beta_min=2.0 / 1.3**2)


def relu_replicon(beta, v, k0):
    """Replicon of one relu layer on a dense grid, from the closed form of f(h, u) = log E exp(u relu(z))."""
    xi, eta = np.linspace(-8.5, 8.5, 6001), np.linspace(-8.5, 8.5, 401)
    h, u = math.sqrt(k0) * xi, beta * eta[:, None]
    s = math.sqrt(v)
    x, y = -h / s, (h + u * v) / s
    off, on = log_ndtr(x) + 0 * u, u * h + 0.5 * u**2 * v + log_ndtr(y)
    f = np.logaddexp(off, on)
    p = np.exp(on - f)
    a, b = (np.exp(-0.5 * t**2 - 0.5 * math.log(2 * math.pi) - log_ndtr(t)) for t in (x, y))  # d log_ndtr
    slope_off, slope_on = -a / s, u + b / s
    slope = (1 - p) * slope_off + p * slope_on
    second = (1 - p) * (-a * (x + a) / v + slope_off**2) + p * (-b * (y + b) / v + slope_on**2) - slope**2
    weight = np.exp(-0.5 * (xi**2 + eta[:, None] ** 2)) / (2 * math.pi) * (xi[1] - xi[0]) * (eta[1] - eta[0])
    return v**2 * float(np.sum(weight * second**2))


@pytest.mark.parametrize(("beta", "stable"), [(4.0, True), (6.0, False)])
def test_one_relu_layer_turns_unstable_as_the_closed_form_says(beta, stable):
    """Where the neuron jumps from off to on, d_h^2 f is a front of width 1/beta, easy to miss: replicon ~ beta^2."""
    solution = solve_rs(model_of("relu"), beta)
    x = solution.order_parameters
    assert solution.replicon == pytest.approx(relu_replicon(beta, x.v[0], x.k0[0]), rel=1e-6)
    assert (solution.replicon < 1) == stable


def relu_kernel_after(depth):
    """Overlap between independent inputs and self-overlap of a random relu network of C_W = 2, by the cosine map."""
    cosine = 0.0
    for _ in range(depth):
        cosine = (math.sqrt(1 - cosine**2) + cosine * (math.pi - math.acos(cosine))) / math.pi
    return cosine


@pytest.mark.parametrize("depth", [1, 3])
def test_at_high_temperature_the_energy_is_that_of_independent_inputs(depth):
    beta = 1e-3
    solution = solve_rs(model_of("relu", depth, 2.0), beta)
    # C_W = 2 keeps E z^2 = 2 in every layer, so K^L_aa = 1.
    assert -solution.energy / beta == pytest.approx(2.0 * (1 - relu_kernel_after(depth)), rel=1e-5)
    assert -solution.energy / beta != pytest.approx(2.0 * (1 - relu_kernel_after(depth + 1)), rel=1e-2)


@pytest.mark.parametrize(("name", "beta", "c_w", "tolerance"), [("tanh", 4.0, 1.0, 1e-8), ("relu", 1.0, 2.0, 1e-3)])
def test_depth_64_is_solved(name, beta, c_w, tolerance):
    solution = solve_rs(model_of(name, 64, c_w), beta, tolerance=tolerance)
    assert solution.status.error_estimate <= tolerance
    assert solution.status.iterations < 60
    # Finite depth loses the inputs' differences: 1 - cosine ~ (9 pi^2 / 2) / L^2 for the relu, at beta -> 0.
    assert 0 < -solution.energy < 0.1


def test_depth_64_of_the_linear_network_is_exact():
    model = model_of("linear", 64)
    exact, solved = solve_linear(model, 1.0), solve_rs(model, 1.0)
    assert abs(solved.free_entropy - exact.free_entropy) < 1e-8
    assert max(abs(a.mean - b.mean) for a, b in zip(exact.overlaps, solved.overlaps, strict=True)) < 1e-8


def test_too_few_sweeps_raise_with_what_was_reached():
    with pytest.raises(NotConvergedError, match=r"beta 4.*3 sweeps done, .* move by .*, energy -0\.\d+"):
        solve_rs(model_of("tanh", 3), 4.0, max_sweeps=3)


def test_branches_start_at_infinite_temperature_where_nothing_is_tilted() -> None:
    # Mean squares that vanish at beta = 0 once came out below zero by rounding.
    for name, depth in (("relu", 3), ("tanh", 1)):
        model = MlpModel(activations.get(name), (1.0,) * (depth + 1))
        first, second = solve_branch(model, [0.0, 0.1], tolerance=1e-6)
        assert first.energy == 0.0
        assert first.free_entropy == pytest.approx(0.0, abs=1e-6)
        assert second.energy < 0.0
