"""Variance conventions and the critical temperature, against closed forms and sampled Hamiltonians."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.layered_sk import LayeredCouplings, critical_temperature

widths_strategy = st.lists(st.integers(1, 2000), min_size=2, max_size=7)


@pytest.mark.parametrize("bond_layers", [1, 2, 3, 4, 7, 20, 100])
@pytest.mark.parametrize("scale", [1.0, 0.3, 7.5])
@pytest.mark.parametrize("convention", ["fan-in", "symmetric"])
def test_equal_widths_have_the_critical_temperature_of_a_path(bond_layers, scale, convention):
    couplings = LayeredCouplings.from_convention([50] * (bond_layers + 1), convention, scale)
    expected = math.sqrt(2 * scale * math.cos(math.pi / (bond_layers + 2)))
    assert critical_temperature(couplings) == pytest.approx(expected, rel=1e-14)


@settings(deadline=None)
@given(widths=widths_strategy, scale=st.floats(1e-3, 1e3))
def test_symmetric_variances_make_the_widths_irrelevant(widths, scale):
    couplings = LayeredCouplings.from_convention(widths, "symmetric", scale)
    expected = math.sqrt(2 * scale * math.cos(math.pi / (len(widths) + 1)))
    assert critical_temperature(couplings) == pytest.approx(expected, rel=1e-13)


def test_two_layer_sk_takes_the_width_of_one_layer_not_the_total():
    per_layer = LayeredCouplings.from_variances([60, 60], [1 / 60])
    total = LayeredCouplings.from_variances([60, 60], [1 / 120])
    assert critical_temperature(per_layer) == pytest.approx(1.0, rel=1e-14)
    assert critical_temperature(total) == pytest.approx(math.sqrt(0.5), rel=1e-14)


def test_fan_in_counts_the_layer_below():
    # Two layers: A has the one entry (C/N_0) sqrt(N_0 N_1), so fan-out would give the inverse ratio.
    couplings = LayeredCouplings.from_convention([400, 100], "fan-in")
    assert couplings.variances == (1 / 400,)
    assert critical_temperature(couplings) ** 2 == pytest.approx(math.sqrt(100 / 400), rel=1e-14)
    mirrored = LayeredCouplings.from_convention([100, 400], "fan-in")
    assert critical_temperature(mirrored) ** 2 == pytest.approx(math.sqrt(400 / 100), rel=1e-14)


@settings(deadline=None)
@given(widths=widths_strategy, data=st.data())
def test_critical_temperature_is_where_small_overlaps_start_to_grow(widths, data):
    bonds = len(widths) - 1
    variances = data.draw(st.lists(st.floats(1e-4, 1e2), min_size=bonds, max_size=bonds))
    growth = np.zeros((bonds + 1, bonds + 1))
    for bond, variance in enumerate(variances):
        growth[bond, bond + 1] = variance * widths[bond + 1]
        growth[bond + 1, bond] = variance * widths[bond]
    leading = np.linalg.eigvals(growth).real.max()
    couplings = LayeredCouplings.from_variances(widths, variances)
    assert critical_temperature(couplings) == pytest.approx(math.sqrt(leading), rel=1e-7)
    assert np.linalg.eigvalsh(couplings.coupling_matrix)[-1] == pytest.approx(
        critical_temperature(couplings) ** 2, rel=1e-12
    )
    reversed_order = LayeredCouplings.from_variances(widths[::-1], variances[::-1])
    assert critical_temperature(reversed_order) == pytest.approx(critical_temperature(couplings), rel=1e-13)


@pytest.mark.parametrize("convention", ["fan-in", "symmetric"])
def test_bond_weights_are_the_variance_of_the_energy_of_any_state(convention):
    widths = (12, 7, 20, 3)
    couplings = LayeredCouplings.from_convention(widths, convention, 1.7)
    rng = np.random.default_rng(5)
    spins = [rng.choice([-1.0, 1.0], width) for width in widths]
    draws = 40_000
    energies = np.zeros(draws)
    for bond, variance in enumerate(couplings.variances):
        J = rng.normal(0, math.sqrt(variance), (draws, widths[bond], widths[bond + 1]))
        energies -= np.einsum("dij,i,j->d", J, spins[bond], spins[bond + 1], optimize=True)
    expected = couplings.bond_weights.sum() * couplings.total_spins
    # The sample variance of Gaussian energies has relative error sqrt(2/draws) = 0.7 %; counting each bond
    # twice, or the wrong layer's width, is off by far more than four of them.
    assert energies.var() == pytest.approx(expected, rel=4 * math.sqrt(2 / draws))


def test_enormous_and_tiny_scales_only_rescale():
    unit = critical_temperature(LayeredCouplings.from_convention([784, 400, 10], "fan-in"))
    for scale in (1e-200, 1e200):
        couplings = LayeredCouplings.from_convention([784, 400, 10], "fan-in", scale)
        assert critical_temperature(couplings) / math.sqrt(scale) == pytest.approx(unit, rel=1e-13)


def test_couplings_cannot_be_changed():
    couplings = LayeredCouplings.from_variances(np.array([3, 4]), np.array([0.5]))
    assert couplings == LayeredCouplings((3, 4), (0.5,))
    with pytest.raises(AttributeError):
        couplings.widths = (1, 1)
    with pytest.raises(ValueError, match="read-only"):
        couplings.bond_weights[0] = 1.0


@pytest.mark.parametrize(
    ("widths", "variances", "complaint"),
    [
        ([5], [], "at least two"),
        ([5, 0], [1.0], "widths: got 0"),
        ([5, -3], [1.0], "widths: got -3"),
        ([5, 2.5], [1.0], "widths: got 2.5"),
        ([5, 10**400], [1.0], "from 1 to 1e15"),
        ([5, 4], [1.0, 1.0], "got 2; give one for each of the 1"),
        ([5, 4], [0.0], "variances: got 0.0"),
        ([5, 4], [-1.0], "variances: got -1.0"),
        ([5, 4], [math.nan], "variances: got nan"),
        ([5, 4], [math.inf], "variances: got inf"),
    ],
)
def test_impossible_couplings_are_refused(widths, variances, complaint):
    with pytest.raises(ValueError, match=complaint):
        LayeredCouplings.from_variances(widths, variances)


@pytest.mark.parametrize(
    ("convention", "scale", "complaint"),
    [
        ("fan-out", 1.0, "convention: got 'fan-out'"),
        ("fan-in", 0.0, "scale: got 0.0"),
        ("fan-in", -1.0, "scale: got -1.0"),
        ("symmetric", math.nan, "scale: got nan"),
        ("symmetric", math.inf, "scale: got inf"),
    ],
)
def test_impossible_conventions_are_refused(convention, scale, complaint):
    with pytest.raises(ValueError, match=complaint):
        LayeredCouplings.from_convention([5, 4], convention, scale)
