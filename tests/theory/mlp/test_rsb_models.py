"""Broken replica symmetry with other priors and activations: exact relations between models, and relu."""

import math

import numpy as np
import pytest

from theory import activations
from theory.activations import Activation
from theory.mlp import MlpModel, solve_krsb, solve_rs
from theory.mlp.rsb import Resolution, breakpoint_slopes, free_entropy_at
from theory.mlp.rsb.parameters import split
from theory.mlp.rsb.search import Search

GAUSSIAN = MlpModel(activations.get("sin"), (1.0, 1.0))
BETA = 6.0
FINE = Resolution(0.3, 7.0)


@pytest.fixture(scope="module")
def gaussian():
    return solve_krsb(GAUSSIAN, BETA, 1)


@pytest.fixture(scope="module")
def sphere(gaussian):
    """The sphere whose inputs are those of the Gaussian prior, rescaled to unit self-overlap."""
    k_d = gaussian.overlaps[0].self_overlap
    model = MlpModel(activations.get("sin"), (1.0, 1.0), k_d, prior="sphere")
    return model, BETA / math.sqrt(k_d), solve_krsb(model, BETA / math.sqrt(k_d), 1)


def test_the_gaussian_prior_is_a_sphere_of_its_own_radius(gaussian, sphere):
    """With one hidden layer, |x|^2 = k_d N_0 is |x|^2 = N_0 at C_W k_d, and the last weights' C_W goes into beta."""
    k_d = gaussian.overlaps[0].self_overlap
    assert abs(k_d - 1.0) > 0.5
    _, _, solution = sphere
    np.testing.assert_allclose(solution.breakpoints, gaussian.breakpoints, atol=1e-5)
    np.testing.assert_allclose(solution.parameters.k[0] * k_d, gaussian.parameters.k[0], atol=1e-5)
    np.testing.assert_allclose(solution.parameters.k[1], gaussian.parameters.k[1], atol=1e-5)
    np.testing.assert_allclose(solution.replicons, gaussian.replicons, atol=1e-4)
    assert solution.energy == pytest.approx(gaussian.energy * math.sqrt(k_d), abs=3e-6)
    radial = 0.5 * (math.log(k_d) - k_d + 1.0)
    assert gaussian.free_entropy == pytest.approx(solution.free_entropy + radial, abs=3e-6)


def test_the_sphere_is_stationary_in_all_but_the_self_overlap_it_fixes(sphere):
    model, beta, solution = sphere
    step = 2e-4

    def slope(name, where):
        values = []
        for sign in (1, -1):
            q = solution.parameters.copy()
            getattr(q, name)[where] += sign * step
            values.append(free_entropy_at(model, beta, q, resolution=FINE))
        return (values[0] - values[1]) / (2 * step)

    for i in range(2):
        assert abs(slope("k", (0, i))) < 1e-6
        assert abs(slope("k", (1, i))) < 1e-6
    assert abs(slope("k_d", 1)) < 1e-6
    assert abs(slope("r_d", 1)) < 1e-6
    assert abs(slope("x", 0)) < 1e-6
    # Half of mu - 1, the multiplier that holds the inputs on the sphere.
    assert abs(slope("k_d", 0)) > 0.1
    moved = solution.parameters.at(solution.breakpoints * 1.1)
    assert np.abs(breakpoint_slopes(model, beta, moved, resolution=FINE)).max() > 1e-6


def test_any_activation_will_do():
    """phi(z) = sin(1.5 z) is sin at C_W 1.5^2 times as large and beta 1.5 times as small."""
    steep = Activation("steep sin", lambda z: np.sin(1.5 * z), lambda z: 1.5 * np.cos(1.5 * z))
    own = solve_krsb(MlpModel(steep, (1.0, 1.0)), 6.0, 1)
    sine = solve_krsb(MlpModel(activations.get("sin"), (1.0, 1.0), 2.25), 4.0, 1)
    assert own.breakpoints.size == 1
    assert own.breakpoints[0] == pytest.approx(sine.breakpoints[0], abs=1e-5)
    assert own.free_entropy == pytest.approx(sine.free_entropy, abs=2e-6)
    assert own.energy == pytest.approx(sine.energy / 1.5, abs=2e-6)
    assert own.classification == sine.classification


def test_relu_breaks_beyond_its_line():
    """C_W = 1: replica symmetry is unstable from beta = 5.20 on, and levels lower Phi, less and less."""
    model, beta = MlpModel(activations.get("relu"), (1.0, 1.0)), 6.0
    search = Search(model, beta, 1e-3)
    rs = search.rs()
    assert rs.replicon > 1.0
    known = search.more_levels([search.first_level(rs)], 3)
    assert [p.x.size for p in known] == [1, 2, 3]
    assert search.classified(known) == "continuous"
    symmetric = split(rs.order_parameters, np.zeros(0), 0.0)
    phi = [free_entropy_at(model, beta, p, resolution=FINE) for p in (symmetric, *known)]
    drops = -np.diff(phi)
    assert drops[0] > 5e-6
    assert 0.0 < drops[1] < 0.3 * drops[0], drops
    assert abs(drops[2]) < 0.3 * drops[1], drops


def test_relu_is_symmetric_before_its_line():
    model = MlpModel(activations.get("relu"), (1.0, 1.0))
    stable, rs = solve_krsb(model, 4.0, 1, tolerance=1e-5), solve_rs(model, 4.0)
    assert stable.classification == "rs"
    assert stable.free_entropy == pytest.approx(rs.free_entropy, abs=1e-6)
