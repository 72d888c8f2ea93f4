"""Averages over the local field: accuracy at every strength, honest errors, what the solver relies on."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from theory.layered_sk.rs.local_field import DEFAULT_NODES, field_averages, field_averages_with_error

STRENGTHS = np.logspace(-3, 5, 33)


def gaussian_average(function, strength):
    """E function(a xi) by adaptive quadrature, for functions that decay at large argument or a <= 3."""
    end = min(12.0, 45.0 / strength)
    value, _ = quad(
        lambda xi: function(strength * xi) * math.exp(-xi * xi / 2),
        0,
        end,
        epsabs=0,
        epsrel=1e-13,
        limit=300,
    )
    return value * math.sqrt(2 / math.pi)


@pytest.mark.parametrize("strength", STRENGTHS[::4])
def test_averages_agree_with_adaptive_quadrature(strength):
    averages = field_averages(np.array([strength]))
    sech2 = gaussian_average(lambda x: 1 / math.cosh(x) ** 2, strength)
    sech4 = gaussian_average(lambda x: 1 / math.cosh(x) ** 4, strength)
    slope = gaussian_average(lambda x: x * math.tanh(x) / math.cosh(x) ** 2, strength) / strength**2
    entropy = gaussian_average(lambda x: math.log(2 * math.cosh(x)) - x * math.tanh(x), strength)
    assert averages.sech2[0] == pytest.approx(sech2, rel=1e-12)
    assert averages.sech4[0] == pytest.approx(sech4, rel=1e-12)
    assert averages.slope[0] == pytest.approx(slope, rel=1e-12)
    # The reference subtracts numbers as large as x; the entropy itself is a sum of positive terms.
    assert averages.entropy[0] == pytest.approx(entropy, rel=1e-11)
    assert averages.tanh2[0] == pytest.approx(1 - sech2, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("strength", [1e-3, 0.1, 0.999, 1.001, 3.0])
def test_small_overlaps_and_the_free_energy_keep_their_relative_accuracy(strength):
    averages = field_averages(np.array([strength]))
    tanh2 = gaussian_average(lambda x: math.tanh(x) ** 2, strength)
    log_cosh = gaussian_average(lambda x: math.log(2 * math.cosh(x)), strength)
    assert averages.tanh2[0] == pytest.approx(tanh2, rel=1e-13)
    assert averages.entropy[0] + strength**2 * averages.sech2[0] == pytest.approx(log_cosh, rel=1e-13)


def test_slope_is_the_derivative_of_the_overlap():
    # By parts also d E tanh^2 / d(a^2) = E (3 sech^4 - 2 sech^2), which cancels at large a and is not used.
    weak = field_averages(STRENGTHS[STRENGTHS < 30])
    np.testing.assert_allclose(weak.slope, 3 * weak.sech4 - 2 * weak.sech2, rtol=0, atol=1e-14)


def test_zero_field_is_the_free_spin():
    free = field_averages(np.zeros(1))
    assert (free.tanh2[0], free.sech2[0]) == (0.0, pytest.approx(1.0, rel=1e-14))
    assert free.slope[0] == pytest.approx(1.0, rel=1e-14)
    assert free.entropy[0] == pytest.approx(math.log(2), rel=1e-14)


def exactly_summed(function, strength):
    """E function(a xi) by a trapezoid rule far finer than the solver's, summed without rounding."""
    step = min(10.0, 30.0 / strength) / 2000
    xi = step * np.arange(-2000, 2001)
    terms = function(strength * xi) * np.exp(-(xi**2) / 2)
    return math.fsum(terms) * step / math.sqrt(2 * math.pi)


@pytest.fixture(scope="module")
def exact_averages():
    functions = {
        "sech2": lambda x: np.cosh(x) ** -2,
        "sech4": lambda x: np.cosh(x) ** -4,
        "slope": lambda x: x * np.tanh(x) / np.cosh(x) ** 2,
        "entropy": lambda x: np.log1p(np.exp(-2 * abs(x))) + 2 * abs(x) / (1 + np.exp(2 * abs(x))),
    }
    exact = {name: np.array([exactly_summed(f, a) for a in STRENGTHS]) for name, f in functions.items()}
    exact["slope"] /= STRENGTHS**2
    small = np.array([exactly_summed(lambda x: np.tanh(x) ** 2, a) for a in STRENGTHS])
    exact["tanh2"] = np.where(STRENGTHS < 1, small, 1 - exact["sech2"])
    return exact


@pytest.mark.parametrize("nodes", [16, 20, 24, 32, 48, 64, 96, DEFAULT_NODES, 4 * DEFAULT_NODES])
def test_error_bound_holds_for_coarse_and_fine_rules(nodes, exact_averages):
    averages, bounds = field_averages_with_error(STRENGTHS, nodes)
    for name, exact in exact_averages.items():
        actual = np.abs(getattr(averages, name) - exact)
        assert np.all(actual <= getattr(bounds, name)), name


def test_error_bound_is_large_for_a_coarse_rule_and_small_for_the_default():
    averages, bounds = field_averages_with_error(STRENGTHS, 16)
    assert np.max(bounds.sech2 / averages.sech2) > 0.1
    averages, bounds = field_averages_with_error(STRENGTHS)
    assert np.max(bounds.sech2 / averages.sech2) < 1e-14
    assert np.max(bounds.entropy / averages.entropy) < 1e-13


def test_fixed_gauss_hermite_is_silently_wrong_in_a_strong_field():
    xi, weights = np.polynomial.hermite_e.hermegauss(61)
    strength = 100.0
    hermite = weights @ (1 / np.cosh(np.minimum(strength * np.abs(xi), 300)) ** 2) / math.sqrt(2 * math.pi)
    exact = gaussian_average(lambda x: 1 / math.cosh(x) ** 2, strength)
    assert abs(hermite / exact - 1) > 1
    assert field_averages(np.array([strength])).sech2[0] == pytest.approx(exact, rel=1e-12)


def test_inequalities_behind_newton_and_the_instability():
    u = np.logspace(-5, 12, 3000)
    averages = field_averages(np.sqrt(u))
    # F(u)/u decreasing: one positive root. F concave: Newton's iterates stay above it.
    assert np.all(np.diff(averages.tanh2 / u) < 0)
    assert np.all(np.diff(averages.slope) < 0)
    # Below this the difference, (4/3) u^3, is lost in rounding.
    visible = u > 1e-4
    excess = (u * averages.sech4 - averages.tanh2)[visible]
    assert np.all(excess > 0)
    assert excess[0] / u[visible][0] ** 3 == pytest.approx(4 / 3, rel=0.01)
