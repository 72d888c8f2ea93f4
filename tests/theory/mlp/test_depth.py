"""The limit of infinite depth: its action, its saddle point, closed forms, and the replicon."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq
from scipy.special import jv

from theory import activations
from theory.mlp import MlpModel, critical_tilt, solve_depth_limit, solve_rs, stability_scan
from theory.mlp.depth import scaled_free_entropy
from theory.mlp.depth.correction import correction_of
from theory.result import NotConvergedError

SHAPED = ("shaped-tanh", "shaped-relu")


def second_moments(name, shape, depth, k_d, k0):
    """Return E phi(z_a)^2 and E phi(z_a) phi(z_b) of the package's own activation, by brute force."""
    phi = activations.get(name, depth=depth, shape=shape).phi
    angle = (np.arange(40_000) + 0.5) * (2.0 * math.pi / 40_000)
    radius, weight = np.polynomial.legendre.leggauss(60)
    radius = 5.0 * (radius + 1.0)
    weight = 5.0 * weight * radius * np.exp(-0.5 * radius**2)
    r = k0 / k_d
    a, b = np.cos(angle), r * np.cos(angle) + math.sqrt(1.0 - r * r) * np.sin(angle)
    own = both = 0.0
    for size, w in zip(radius * math.sqrt(k_d), weight, strict=True):
        own += w * float(np.mean(phi(size * a) ** 2))
        both += w * float(np.mean(phi(size * a) * phi(size * b)))
    return own, both


@pytest.mark.parametrize("name", SHAPED)
def test_the_correction_is_what_a_layer_adds_to_the_overlaps(name):
    v, k0, shape, depth = 0.8, 0.5, 0.7, 10_000
    own, both = second_moments(name, shape, depth, v + k0, k0)
    a = correction_of(name)(np.array(v), np.array(k0 / v), shape)
    # Relative to A / L the next order is 1 / L; the relu has none.
    assert depth * (own - v - k0) == pytest.approx(v * float(a.spread + a.off), rel=1e-3)
    assert depth * (both - k0) == pytest.approx(v * float(a.off), rel=1e-3)
    assert depth * (both - k0) != pytest.approx(v * float(a.spread + a.off), rel=0.05)


@pytest.mark.parametrize("name", SHAPED)
def test_derivatives_of_the_correction(name):
    shape, step = 0.7, 1e-5

    def off(k_d, k0):
        v = k_d - k0
        return v * float(correction_of(name)(np.array(v), np.array(k0 / v), shape).off)

    def diagonal(k_d):
        a = correction_of(name)(np.array(k_d), np.array(0.0), shape)
        return k_d * float(a.spread + a.off)

    k_d, k0 = 1.3, 0.5
    a = correction_of(name)(np.array(k_d - k0), np.array(k0 / (k_d - k0)), shape)
    assert float(a.off_by_kd) == pytest.approx((off(k_d + step, k0) - off(k_d - step, k0)) / (2 * step), abs=1e-8)
    assert float(a.off_by_k0) == pytest.approx((off(k_d, k0 + step) - off(k_d, k0 - step)) / (2 * step), abs=1e-8)
    assert float(a.d_by_kd) == pytest.approx((diagonal(k_d + step) - diagonal(k_d - step)) / (2 * step), abs=1e-8)
    twice = (off(k_d, k0 + 1e-3) - 2.0 * off(k_d, k0) + off(k_d, k0 - 1e-3)) / 1e-6
    assert float(a.off_by_k0_twice) == pytest.approx((k_d - k0) * twice, abs=1e-5)


@pytest.mark.parametrize(("name", "shape", "b"), [("shaped-tanh", 0.8, 3.0), ("shaped-relu", 0.6, 2.0)])
def test_the_solution_is_where_the_action_is_stationary(name, shape, b):
    limit = solve_depth_limit(name, shape, b, points=801)
    t, step = limit.t, 1e-3
    saddle = (limit.v, limit.k0, limit.pt, limit.p0)
    assert scaled_free_entropy(name, shape, b, t, saddle) == pytest.approx(limit.scaled_free_entropy, abs=1e-6)
    # v(0) and k0(0) are fixed.
    moves = [(i, wave) for i in range(4) for wave in (t * np.cos(2.0 * t), t * (2.0 - t), t**3)]

    def slope(i, wave, at_shape):
        def moved(sign):
            return tuple(y + (sign * step * wave if j == i else 0.0) for j, y in enumerate(saddle))

        high, low = (scaled_free_entropy(name, at_shape, b, t, moved(sign)) for sign in (1.0, -1.0))
        return (high - low) / (2.0 * step)

    assert max(abs(slope(i, wave, shape)) for i, wave in moves) < 1e-6
    assert max(abs(slope(i, wave, 1.05 * shape)) for i, wave in moves) > 1e-3, "cannot tell another shape"


@settings(max_examples=6, deadline=None)
@given(name=st.sampled_from(SHAPED), shape=st.floats(0.1, 1.5), log_b=st.floats(-3.0, 5.0))
def test_energy_is_the_derivative_of_the_free_entropy(name, shape, log_b):
    b, step = math.exp(log_b), 1e-3
    here, high, low = (solve_depth_limit(name, shape, b * factor, points=5) for factor in (1.0, 1 + step, 1 - step))
    slope = (high.scaled_free_entropy - low.scaled_free_entropy) / (2 * step * b)
    assert slope == pytest.approx(0.5 * here.v[-1], rel=1e-5)
    assert here.scaled_energy == pytest.approx(-math.sqrt(b) * here.v[-1], rel=1e-9)
    assert here.scaled_entropy == pytest.approx(here.scaled_free_entropy - b * here.v[-1], rel=1e-9)
    assert here.conserved_spread < 1e-8
    assert here.status.error_estimate < 1e-8 * max(1.0, b)


def test_the_shaped_relu_keeps_what_its_homogeneity_demands_and_tanh_does_not():
    relu, tanh = (solve_depth_limit(name, 0.8, 4.0) for name in ("shaped-relu", "shaped-tanh"))
    charge = relu.pt * relu.k_d + relu.p0 * relu.v
    np.testing.assert_allclose(charge, charge[-1], rtol=1e-8)
    other = tanh.pt * tanh.k_d + tanh.p0 * tanh.v
    assert np.ptp(other) > 0.1


def test_ends_and_closed_forms_without_tilt_and_without_shape():
    tanh = solve_depth_limit("shaped-tanh", 2.0, 0.0)
    np.testing.assert_allclose(tanh.v, 1.0 / (1.0 + 8.0 * tanh.t), rtol=1e-8)
    assert (tanh.scaled_free_entropy, tanh.scaled_energy, tanh.replicon) == (0.0, 0.0, 0.0)
    for name in SHAPED:
        straight = solve_depth_limit(name, 1e-4, 3.0)
        np.testing.assert_allclose(straight.k0, 3.0 * straight.t, atol=1e-6)  # the linear network: (l + 1) beta^2
        np.testing.assert_allclose(straight.v, 1.0, atol=1e-6)
        assert straight.scaled_free_entropy == pytest.approx(1.5, abs=1e-6)
        bent = solve_depth_limit(name, 0.8, 3.0)
        assert (bent.v[0], bent.k0[0], bent.pt[-1]) == pytest.approx((1.0, 0.0, 0.0), abs=1e-9)
        assert bent.p0[-1] == pytest.approx(3.0, rel=1e-9)


def test_the_cold_shaped_relu_has_the_variance_of_one_branch():
    """b -> infinity: replicas share every sign, A_d - A_0 -> c^2 v, v(1) -> e^{c^2}; corrections fall as b^{-1/2}."""
    misses = [math.exp(0.49) - solve_depth_limit("shaped-relu", 0.7, b, points=3).v[-1] for b in (100.0, 1600.0)]
    assert 0 < misses[1] < 0.02
    assert misses[0] / misses[1] == pytest.approx(4.0, rel=0.1)


@pytest.mark.parametrize(("name", "shape", "b"), [("shaped-tanh", 1.0, 4.0), ("shaped-relu", 1.0, 16.0)])
def test_sweeps_find_the_eigenvalue_that_shooting_finds(name, shape, b):
    """dK' = alpha dK + v^2 dP, -dP' = (gamma / lambda) dK + alpha dP, as an angle that reaches pi / 2 (Pruefer)."""
    limit = solve_depth_limit(name, shape, b, points=2001)
    a = correction_of(name)(limit.v, limit.k0 / limit.v, shape)
    alpha = CubicSpline(limit.t, 2.0 * limit.v * limit.pt + a.off_by_k0)
    gamma = CubicSpline(limit.t, limit.pt**2 + limit.p0 * a.off_by_k0_twice / limit.v)
    v = CubicSpline(limit.t, limit.v)

    def angle(eigenvalue):
        def slope(t, theta):
            sine, cosine = math.sin(theta[0]), math.cos(theta[0])
            return v(t) ** 2 * cosine**2 + 2.0 * alpha(t) * sine * cosine + gamma(t) / eigenvalue * sine**2

        return solve_ivp(slope, (0.0, 1.0), [0.0], method="LSODA", rtol=1e-9, atol=1e-11).y[0, -1]

    shot = brentq(lambda x: angle(x) - 0.5 * math.pi, 0.5 * limit.replicon, 2.0 * limit.replicon, rtol=1e-9)
    assert limit.replicon == pytest.approx(shot, rel=1e-5)


def test_the_replicon_of_a_nearly_straight_relu_is_a_zero_of_a_bessel_function():
    zero = brentq(lambda x: jv(-1.0 / 3.0, x), 1.0, 2.5)
    b_c4 = 0.5 * (math.pi * (0.75 * zero) ** 2) ** 2
    assert b_c4 == pytest.approx(18.95, abs=0.01)
    misses = [solve_depth_limit("shaped-relu", c, b_c4 / c**4, points=3).replicon - 1.0 for c in (0.3, 0.15)]
    assert abs(misses[1]) < 0.03
    assert misses[0] / misses[1] == pytest.approx(4.0, rel=0.25)  # the next order is c^2


def test_deep_shaped_tanh_is_replica_symmetric_and_deep_shaped_relu_is_not():
    tanh = stability_scan("shaped-tanh", (0.3, 2.0), (10.0, 1e3))
    assert tanh.failures == ()
    assert tanh.largest()[0] < 0.3
    assert critical_tilt("shaped-tanh", 1.0, b_min=50.0, b_max=100.0) is None
    critical = critical_tilt("shaped-relu", 1.0, b_min=6.0, precision=1e-5)
    assert critical == pytest.approx(9.4862, abs=1e-3)
    assert solve_depth_limit("shaped-relu", 1.0, 1.01 * critical).replicon > 1.0
    # The layers' own replicon says the same on both sides.
    model = MlpModel(activations.get("shaped-relu", depth=4), (1.0,) * 5)
    assert solve_rs(model, math.sqrt(3.0 / 4), tolerance=1e-4).replicon < 0.8
    assert solve_rs(model, math.sqrt(16.0 / 4), tolerance=1e-4).replicon > 1.5


def test_points_that_cannot_be_solved_are_listed_and_the_others_stay():
    scan = stability_scan("shaped-relu", (0.5, 100.0), (1.0,))
    assert np.isfinite(scan.replicon[0, 0])
    assert np.isnan(scan.replicon[1, 0])
    ((shape, tilt, reason),) = scan.failures
    assert (shape, tilt) == (100.0, 1.0)
    assert "floating-point" in reason
    with pytest.raises(NotConvergedError, match="none of 1 points"):
        stability_scan("shaped-relu", (100.0,), (1.0,)).largest()


def test_what_cannot_be_solved_says_how_far_it_came():
    with pytest.raises(NotConvergedError, match=r"shaped-relu, shape 5, b 1: .*followed up to b = 0 only"):
        solve_depth_limit("shaped-relu", 5.0, 1.0)
    with pytest.raises(NotConvergedError, match=r"unstable at b = 20 already"):
        critical_tilt("shaped-relu", 1.0, b_min=20.0)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("tanh", 1.0, 1.0), {}, "'tanh' is not shaped"),
        (("shaped-tanh", 0.0, 1.0), {}, "shape 0.0 must be positive"),
        (("shaped-tanh", 1.0, -1.0), {}, "b -1.0"),
        (("shaped-tanh", 1.0, math.nan), {}, "b nan"),
        (("shaped-tanh", 1.0, 1.0), {"points": 2}, "points 2"),
        (("shaped-tanh", 1.0, 1.0), {"tolerance": 0.1}, "tolerance 0.1"),
    ],
)
def test_arguments_out_of_range(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        solve_depth_limit(*arguments, **options)
