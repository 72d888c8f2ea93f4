"""The replica-symmetric solution, against independent solvers, exact limits and thermodynamic identities."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq, fsolve

from theory.layered_sk import (
    LayeredCouplings,
    critical_temperature,
    replicon,
    rs_free_energy,
    solve_rs,
)
from theory.layered_sk.rs.functional import field_strengths
from theory.layered_sk.rs.local_field import field_averages

NETWORK = LayeredCouplings.from_convention([784, 400, 400, 400, 10], "fan-in")
TWO_LAYER_SK = LayeredCouplings.from_variances([500, 500], [1 / 500])
RATIOS = [0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 0.999999]


@st.composite
def random_couplings(draw):
    """Two to six layers of any widths, whose couplings A_kk' differ by up to a factor 300."""
    widths = draw(st.lists(st.integers(1, 1000), min_size=2, max_size=6))
    variances = [10 ** draw(st.floats(-1.5, 1.0)) / math.sqrt(below * above) for below, above in pairwise(widths)]
    return LayeredCouplings.from_variances(widths, variances)


frozen_ratios = st.floats(0.02, 0.97)
ratios_away_from_critical = st.one_of(frozen_ratios, st.floats(1.03, 5.0))


def saddle_residual(couplings, temperature, q):
    """Return q_k - E tanh^2(beta sqrt(R_k) xi), which vanishes at a saddle point."""
    return np.asarray(q) - field_averages(field_strengths(couplings, temperature, np.asarray(q))).tanh2


def gaussian_integral(function):
    # The break points catch the narrow tanh of the coldest case; quad refines by itself from there.
    value, _ = quad(
        lambda xi: function(xi) * math.exp(-xi * xi / 2),
        0,
        10,
        points=[0.05, 0.3, 1.5],
        epsabs=1e-13,
        limit=400,
    )
    return value * math.sqrt(2 / math.pi)


def sk_by_brentq(T):
    """RS free energy and energy of the SK model with J = 1, written from Sherrington & Kirkpatrick (1975)."""
    q = brentq(lambda q: gaussian_integral(lambda z: math.tanh(math.sqrt(q) * z / T) ** 2) - q, 1e-3, 1, xtol=1e-15)
    log_cosh = gaussian_integral(lambda z: math.log(2 * math.cosh(math.sqrt(q) * z / T)))
    return q, -((1 - q) ** 2) / (4 * T) - T * log_cosh, -(1 - q * q) / (2 * T)


@pytest.mark.parametrize("temperature", [0.05, 0.1, 0.25, 0.5, 0.75, 0.95])
def test_balanced_two_layers_equal_sk(temperature):
    q, free_energy, energy = sk_by_brentq(temperature)
    solution = solve_rs(TWO_LAYER_SK, temperature)
    assert solution.overlaps == pytest.approx((q, q), abs=1e-10)
    assert solution.free_energy == pytest.approx(free_energy, abs=1e-10)
    assert solution.energy == pytest.approx(energy, abs=1e-10)


def test_zero_temperature_limit_of_sk():
    temperatures = np.array([0.02, 0.01, 0.005])
    solutions = [solve_rs(TWO_LAYER_SK, T) for T in temperatures]
    energies = np.polyfit(temperatures, [s.energy for s in solutions], 2)
    entropies = np.polyfit(temperatures, [s.entropy for s in solutions], 2)
    assert energies[-1] == pytest.approx(-math.sqrt(2 / math.pi), abs=1e-6)
    assert entropies[-1] == pytest.approx(-1 / (2 * math.pi), abs=1e-6)
    # No extrapolation is needed: the solver works at any temperature.
    coldest = solve_rs(TWO_LAYER_SK, 1e-12)
    assert coldest.energy == pytest.approx(-math.sqrt(2 / math.pi), abs=1e-13)
    assert coldest.entropy == pytest.approx(-1 / (2 * math.pi), abs=1e-11)


def test_unequal_layers_agree_with_scipy():
    widths, variances, T = (30, 80, 50), (0.02, 0.013), 0.6
    total = sum(widths)

    def fields(q):
        return np.array(
            [
                variances[0] * widths[1] * q[1],
                variances[0] * widths[0] * q[0] + variances[1] * widths[2] * q[2],
                variances[1] * widths[1] * q[1],
            ]
        )

    def residual(q):
        strengths = np.sqrt(np.abs(fields(q))) / T
        return q - [gaussian_integral(lambda z, a=a: math.tanh(a * z) ** 2) for a in strengths]

    q = fsolve(residual, np.full(3, 0.8), xtol=1e-13)
    log_cosh = [gaussian_integral(lambda z, a=a: math.log(2 * math.cosh(a * z))) for a in np.sqrt(fields(q)) / T]
    bonds = [variances[k] * widths[k] * widths[k + 1] / total for k in (0, 1)]
    reaction = sum(bonds[k] * (1 - q[k]) * (1 - q[k + 1]) for k in (0, 1)) / (2 * T)
    solution = solve_rs(LayeredCouplings.from_variances(widths, variances), T)
    assert solution.overlaps == pytest.approx(tuple(q), abs=1e-10)
    assert min(solution.overlaps) > 0.1
    assert solution.free_energy == pytest.approx(-T * np.dot(widths, log_cosh) / total - reaction, abs=1e-10)
    energy = -sum(bonds[k] * (1 - q[k] * q[k + 1]) for k in (0, 1)) / T
    assert solution.energy == pytest.approx(energy, abs=1e-10)


@pytest.mark.parametrize("ratio", [0.05, 0.4, 0.9])
def test_newton_finds_the_root_that_plain_iteration_reaches_from_below(ratio):
    T = ratio * critical_temperature(NETWORK)
    q = np.full(5, 1e-3)
    for _ in range(3000):
        for parity in (0, 1):
            q[parity::2] -= saddle_residual(NETWORK, T, q)[parity::2]
    assert solve_rs(NETWORK, T).overlaps == pytest.approx(tuple(q), abs=1e-12)


@pytest.mark.parametrize("ratio", RATIOS)
def test_every_layer_is_frozen_below_the_critical_temperature(ratio):
    T = ratio * critical_temperature(NETWORK)
    solution = solve_rs(NETWORK, T)
    assert all(0 < q < 1 for q in solution.overlaps)
    assert np.abs(saddle_residual(NETWORK, T, solution.overlaps)).max() < 1e-15
    assert solution.replicon > 1
    assert solution.status.converged
    assert solution.status.error_estimate < 1e-13
    assert solution.status.iterations < 30


def test_overlaps_vanish_linearly_at_the_critical_temperature():
    # For two equal layers q = tau + O(tau^2) with tau = 1 - T/T_c, as in the SK model.
    for tau in (1e-3, 1e-6, 1e-9, 1e-12):
        solution = solve_rs(TWO_LAYER_SK, critical_temperature(TWO_LAYER_SK) * (1 - tau))
        assert solution.overlaps[0] == pytest.approx(tau, rel=2 * tau + 2e-3)


@settings(deadline=None)
@given(couplings=random_couplings(), ratio=st.floats(1.0, 1e3))
def test_paramagnet_is_the_annealed_closed_form(couplings, ratio):
    T = ratio * critical_temperature(couplings)
    W = sum(
        variance * below * above
        for variance, (below, above) in zip(couplings.variances, pairwise(couplings.widths), strict=True)
    ) / sum(couplings.widths)
    solution = solve_rs(couplings, T)
    assert solution.overlaps == (0.0,) * len(couplings.widths)
    assert solution.free_energy == pytest.approx(-T * math.log(2) - W / (2 * T), rel=1e-14)
    assert solution.energy == pytest.approx(-W / T, rel=1e-13)
    assert solution.entropy == pytest.approx(math.log(2) - W / (2 * T * T), rel=1e-13)
    assert solution.replicon == pytest.approx(ratio**-2, rel=1e-13)
    assert replicon(couplings, T, solution.overlaps) == pytest.approx(ratio**-2, rel=1e-12)
    assert rs_free_energy(couplings, T, solution.overlaps) == pytest.approx(solution.free_energy, rel=1e-13)


@settings(deadline=None)
@given(couplings=random_couplings())
def test_everything_is_continuous_at_the_critical_temperature(couplings):
    critical = critical_temperature(couplings)
    # One would see a jump, or a missed branch, as a difference far above the 1e-7 change of temperature.
    above, below = solve_rs(couplings, critical), solve_rs(couplings, critical * (1 - 1e-7))
    assert above.replicon == 1.0
    assert below.replicon == pytest.approx(1.0, abs=1e-10)
    assert below.free_energy == pytest.approx(above.free_energy, abs=2e-7 * critical)
    assert below.energy == pytest.approx(above.energy, abs=2e-7 * critical)
    assert below.entropy == pytest.approx(above.entropy, abs=2e-7)


def free_energy_gradient(couplings, T, q):
    """df/dq_k by central differences of fourth order."""
    step = 1e-3
    gradient = []
    for layer in range(len(q)):
        shift = np.eye(len(q))[layer] * step
        values = [rs_free_energy(couplings, T, q + m * shift) for m in (-2, -1, 1, 2)]
        gradient.append(np.dot(values, [1, -8, 8, -1]) / (12 * step))
    return np.array(gradient)


@settings(deadline=None, max_examples=60)
@given(couplings=random_couplings(), ratio=st.floats(0.2, 2.0), data=st.data())
def test_saddle_equations_are_the_derivatives_of_the_free_energy(couplings, ratio, data):
    layers = len(couplings.widths)
    T = ratio * critical_temperature(couplings)
    q = np.array(data.draw(st.lists(st.floats(0.1, 0.9), min_size=layers, max_size=layers)))
    residual = saddle_residual(couplings, T, q)
    expected = np.zeros(layers)
    for bond, variance in enumerate(couplings.variances):
        expected[bond] += variance * couplings.widths[bond + 1] * residual[bond + 1]
        expected[bond + 1] += variance * couplings.widths[bond] * residual[bond]
    expected *= -np.array(couplings.widths) / couplings.total_spins / (2 * T)
    gradient = free_energy_gradient(couplings, T, q)
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-8 * critical_temperature(couplings) / ratio)


@settings(deadline=None, max_examples=40)
@given(couplings=random_couplings(), ratio=st.floats(0.3, 0.9))
def test_free_energy_is_stationary_at_the_solution_and_not_beside_it(couplings, ratio):
    critical = critical_temperature(couplings)
    T = ratio * critical
    q = np.array(solve_rs(couplings, T).overlaps)
    assume(q.min() > 0.01 and q.max() < 0.99)
    assert np.abs(free_energy_gradient(couplings, T, q)).max() < 1e-8 * critical
    # A shift of the strongest-coupled layer by 0.005 must show, else the line above could not fail.
    assert np.abs(free_energy_gradient(couplings, T, q + 0.005)).max() > 1e-6 * critical


@settings(deadline=None, max_examples=60)
@given(couplings=random_couplings(), ratio=ratios_away_from_critical)
def test_energy_and_entropy_are_derivatives_of_the_free_energy(couplings, ratio):
    critical = critical_temperature(couplings)
    T = ratio * critical
    offsets, stencil = np.array([-2, -1, 1, 2]), np.array([1, -8, 8, -1]) / 12
    step = 2e-3 * T
    near = [solve_rs(couplings, T + m * step) for m in offsets]
    solution = solve_rs(couplings, T)
    slope = stencil @ [s.free_energy for s in near] / step
    assert solution.entropy == pytest.approx(-slope, abs=1e-8)
    beta_step = 2e-3 / T
    near = [solve_rs(couplings, 1 / (1 / T + m * beta_step)) for m in offsets]
    slope = stencil @ [s.free_energy / s.temperature for s in near] / beta_step
    assert solution.energy == pytest.approx(slope, abs=1e-8 * max(critical, T))
    assert solution.entropy == pytest.approx((solution.energy - solution.free_energy) / T, abs=1e-12 / ratio)


@settings(deadline=None)
@given(couplings=random_couplings(), ratio=frozen_ratios)
def test_rs_is_unstable_everywhere_below_the_critical_temperature(couplings, ratio):
    T = ratio * critical_temperature(couplings)
    solution = solve_rs(couplings, T)
    # A^{1/2}-free form of the same matrix: neighbours' sigma^2 N_k' beta^2 E sech^4, from explicit sums.
    xi = np.linspace(-9, 9, 20_001)
    weight = np.exp(-(xi**2) / 2) * (xi[1] - xi[0]) / math.sqrt(2 * math.pi)
    layers = len(couplings.widths)
    growth = np.zeros((layers, layers))
    for bond, variance in enumerate(couplings.variances):
        growth[bond, bond + 1] = variance * couplings.widths[bond + 1]
        growth[bond + 1, bond] = variance * couplings.widths[bond]
    strengths = np.sqrt(growth @ solution.overlaps) / T
    sech4 = [weight @ (1 - np.tanh(a * xi) ** 2) ** 2 for a in strengths]
    expected = np.linalg.eigvals(np.diag(sech4) @ growth / T**2).real.max()
    assert solution.replicon == pytest.approx(expected, rel=1e-9)
    assert solution.replicon > 1


def test_sk_replicon_is_the_de_almeida_thouless_condition():
    for T in (0.2, 0.5, 0.8):
        q, _, _ = sk_by_brentq(T)
        strength = math.sqrt(q) / T
        sech4 = gaussian_integral(lambda z, a=strength: math.cosh(a * z) ** -4)
        assert solve_rs(TWO_LAYER_SK, T).replicon == pytest.approx(sech4 / T**2, abs=1e-9)


@settings(deadline=None)
@given(couplings=random_couplings(), ratio=st.floats(0.01, 2.0))
def test_the_order_of_layers_does_not_matter(couplings, ratio):
    mirrored = LayeredCouplings.from_variances(couplings.widths[::-1], couplings.variances[::-1])
    T = ratio * critical_temperature(couplings)
    one, other = solve_rs(couplings, T), solve_rs(mirrored, T)
    assert other.overlaps[::-1] == pytest.approx(one.overlaps, abs=1e-12)
    assert other.free_energy == pytest.approx(one.free_energy, rel=1e-12)
    assert other.entropy == pytest.approx(one.entropy, abs=1e-12 / ratio)


def test_fan_in_knows_which_end_is_the_input():
    # The partner of the test above: the same widths reversed under a directed rule are another model.
    mirrored = LayeredCouplings.from_convention(NETWORK.widths[::-1], "fan-in")
    assert abs(solve_rs(mirrored, 0.5).free_energy - solve_rs(NETWORK, 0.5).free_energy) > 0.1


@settings(deadline=None)
@given(couplings=random_couplings(), ratio=st.floats(0.05, 2.0), unit=st.floats(1e-3, 1e3))
def test_energies_scale_with_the_couplings(couplings, ratio, unit):
    assume(abs(ratio - 1) > 1e-6)
    stronger = LayeredCouplings.from_variances(couplings.widths, [v * unit**2 for v in couplings.variances])
    T = ratio * critical_temperature(couplings)
    one, other = solve_rs(couplings, T), solve_rs(stronger, unit * T)
    assert other.free_energy == pytest.approx(unit * one.free_energy, rel=1e-11)
    assert other.energy == pytest.approx(unit * one.energy, rel=1e-11)
    assert other.overlaps == pytest.approx(one.overlaps, rel=1e-6, abs=1e-11)
