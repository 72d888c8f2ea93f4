"""Adaptive rules for Gaussian averages, against integrals known in closed form."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

from theory.numerics.quadrature import gaussian_rule, panels
from theory.result import NotConvergedError


def one_component(function):
    return lambda xi, eta: function(xi, eta)[None, :]


def adapt(function, tolerance=1e-9, **options):
    return gaussian_rule(one_component(function), np.array([tolerance]), np.array([1e-12]), **options)


def mean(rule, function):
    return float(function(rule.xi, rule.eta) @ rule.weight)


def front(steepness, angle, offset):
    """A step of width 1/steepness across the line at `angle`, whose average is known."""

    def function(xi, eta):
        return ndtr(steepness * (xi * math.cos(angle) + eta * math.sin(angle)) + offset)

    return function, float(ndtr(offset / math.sqrt(1 + steepness**2)))


def test_panels_integrate_polynomials_exactly():
    z, weight = panels(np.array([0.0, 0.5]), np.array([0.5, 2.0]), 5)
    assert np.sum(weight * z**9) == pytest.approx(2**10 / 10, rel=1e-14)


@pytest.mark.parametrize("smooth", [True, False])
def test_moments_of_a_gaussian(smooth):
    for function, exact in [
        (lambda x, y: x**4 * y**2, 3.0),
        (lambda x, y: np.cosh(x + 0.5 * y), math.exp(0.625)),
        (lambda x, y: 1 + x**3, 1.0),
    ]:
        rule = adapt(function, smooth=smooth)
        assert mean(rule, function) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("angle", [0.0, 0.3, 2.2])
@pytest.mark.parametrize("steepness", [3.0, 200.0])
def test_a_narrow_front_is_resolved_and_its_error_estimate_holds(steepness, angle):
    function, exact = front(steepness, angle, offset=0.4 * steepness)
    rule = adapt(function)
    error = abs(mean(rule, function) - exact)
    assert error <= 1e-9
    assert error <= rule.error[0] + 1e-14


def test_fixed_gauss_hermite_nodes_fail_where_the_adaptive_rule_does_not():
    width = 0.01

    def strip(xi, eta):
        return np.exp(-0.5 * (xi / width) ** 2) * (1 + eta**2)

    exact = 2 * width / math.sqrt(1 + width**2)
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    xi, eta = np.meshgrid(nodes, nodes, indexing="ij")
    fixed = np.sum(np.outer(weights, weights) * strip(xi, eta)) / (2 * math.pi)
    assert abs(fixed / exact - 1) > 0.1
    assert mean(adapt(strip), strip) == pytest.approx(exact, rel=1e-9)


def test_half_the_plane_stands_for_the_whole_of_an_even_function():
    def function(xi, eta):
        return np.tanh(3 * xi + eta) * np.arctan(eta * 5) + xi * eta

    whole, half = adapt(function), adapt(function, even=True)
    assert half.eta.min() > 0 > whole.eta.min()
    assert mean(half, function) == pytest.approx(mean(whole, function), rel=1e-9)


def test_every_component_meets_its_own_tolerance():
    sharp, exact = front(50.0, 0.7, 10.0)

    def both(xi, eta):
        return np.stack([sharp(xi, eta), 1e-6 * xi**2])

    rule = gaussian_rule(both, np.array([1e-3, 1e-10]), np.array([1e-12, 1e-12]))
    values = both(rule.xi, rule.eta) @ rule.weight
    assert abs(values[0] - exact) < 1e-3 * exact
    assert abs(values[1] - 1e-6) < 1e-16


def test_too_few_nodes_raise_with_what_was_reached():
    function, _ = front(1000.0, 0.3, 10.0)
    with pytest.raises(NotConvergedError, match=r"misses its tolerance by a factor .* nodes \(limit 3000\)"):
        adapt(function, max_nodes=3000)
