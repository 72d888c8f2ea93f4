"""The eigenvalue density of random couplings, against closed forms, walks and sampled matrices."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from theory.bonds import LayeredBonds, random_bonds
from theory.layered_sk import LayeredCouplings
from theory.spectrum import (
    RandomSpectrum,
    eigenvalues,
    kolmogorov_distance,
    outliers,
    planted_eigenvalue,
    spectral_distance,
)

SEMICIRCLE = RandomSpectrum(LayeredCouplings.from_variances([100, 100], [1 / 100]))
NETWORK = LayeredCouplings.from_convention([64, 48, 48, 48, 10], "fan-in")
UNEVEN = LayeredCouplings.from_variances([30, 10, 40, 25], [0.04, 0.02, 0.05])


def test_two_equal_layers_have_the_semicircle_of_radius_two():
    x = np.array([-1.9, -0.3, 0.0, 1e-6, 0.7, 1.99, 1.999999, 2.5])
    expected = np.sqrt(np.maximum(4 - x**2, 0)) / (2 * math.pi)
    assert SEMICIRCLE.density(x) == pytest.approx(expected, abs=1e-9)
    assert SEMICIRCLE.edge == pytest.approx(2.0, abs=1e-12)
    assert SEMICIRCLE.zero_weight == 0.0
    assert SEMICIRCLE.edge_stiffness == pytest.approx(1.0, abs=1e-4)
    assert SEMICIRCLE.resolvents_outside(2.5) == pytest.approx([-0.5, -0.5], abs=1e-12)
    # Known wrong: with the total number of spins in sigma^2 = 1/N the radius is sqrt(2).
    assert RandomSpectrum(LayeredCouplings.from_variances([100, 100], [1 / 200])).edge == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize(("below", "above", "variance"), [(100, 50, 0.01), (30, 90, 0.02)])
def test_two_unequal_layers_follow_marchenko_and_pastur(below, above, variance):
    spectrum = RandomSpectrum(LayeredCouplings.from_variances([below, above], [variance]))
    low = math.sqrt(variance) * abs(math.sqrt(below) - math.sqrt(above))
    high = math.sqrt(variance) * (math.sqrt(below) + math.sqrt(above))
    x = np.linspace(low + 1e-3, high - 1e-3, 9)
    # Singular values s of the block: density sqrt((high^2 - s^2)(s^2 - low^2))/(pi variance s) over n of them, and
    # each makes the eigenvalues +s and -s among below + above.
    law = np.sqrt((high**2 - x**2) * (x**2 - low**2)) / (math.pi * variance * x) / (below + above)
    assert spectrum.density(x) == pytest.approx(law, rel=1e-7)
    assert spectrum.edge == pytest.approx(high, rel=1e-12)
    assert np.all(spectrum.density([0.5 * low, 0.9 * low]) < 1e-8)
    assert spectrum.zero_weight == pytest.approx(abs(below - above) / (below + above))


def walk_moments(couplings):
    """Second, fourth and sixth moment, by counting plane trees of 1, 2 and 3 edges walked around once."""
    S = np.diag(couplings.from_above, 1) + np.diag(couplings.from_below, -1)
    one = S.sum(axis=1)  # an edge down to a leaf
    two = S @ one  # an edge down to a vertex with a leaf of its own
    trees = {2: one, 4: one**2 + two, 6: one**3 + 2 * one * two + S @ one**2 + S @ two}
    return {order: couplings.layer_fractions @ value for order, value in trees.items()}


@pytest.mark.parametrize("couplings", [NETWORK, UNEVEN], ids=["network", "uneven"])
def test_moments_are_those_of_walks_and_the_mass_is_one(couplings):
    spectrum = RandomSpectrum(couplings)
    angle = (np.arange(3000) + 0.5) * math.pi / 6000
    x = spectrum.edge * (1 - np.cos(angle))
    weight = 2 * spectrum.density(x) * spectrum.edge * np.sin(angle) * math.pi / 6000
    assert weight.sum() + spectrum.zero_weight == pytest.approx(1, abs=1e-4)
    moments = walk_moments(couplings)
    for order, expected in moments.items():
        assert weight @ x**order == pytest.approx(expected, rel=1e-4)
    # Known wrong: the semicircle of the same variance fails the fourth.
    assert moments[4] != pytest.approx(2 * moments[2] ** 2, rel=0.05)


@pytest.mark.parametrize("couplings", [NETWORK, UNEVEN], ids=["network", "uneven"])
def test_the_peak_at_zero_has_the_weight_of_the_zero_modes(couplings):
    spectrum = RandomSpectrum(couplings)
    values = eigenvalues(random_bonds(couplings, seed=1))
    assert np.mean(np.abs(values) < 1e-9) == pytest.approx(spectrum.zero_weight, abs=1e-12)
    eta = 1e-7
    g = spectrum.resolvents([1j * eta])[0]
    assert eta * (g.imag @ couplings.layer_fractions) == pytest.approx(spectrum.zero_weight, abs=1e-5)


def test_resolvents_solve_their_equation_and_only_above_the_axis():
    spectrum = RandomSpectrum(NETWORK)
    z = np.array([0.3 + 1e-6j, 2.0 + 0.1j, 4.0 + 1e-8j, 1e-3 + 1e-3j])
    g = spectrum.resolvents(z)
    S = np.diag(NETWORK.from_above, 1) + np.diag(NETWORK.from_below, -1)
    assert -1 / g == pytest.approx(z[:, None] + g @ S.T, rel=1e-9)
    assert np.all(g.imag > 0)
    assert spectrum.resolvents_outside(4.0) == pytest.approx(g[2].real, abs=1e-7)
    with pytest.raises(ValueError, match="above the real axis"):
        spectrum.resolvents([1.0 - 1j])
    with pytest.raises(ValueError, match="above the edge"):
        spectrum.resolvents_outside(1.0)


def test_the_density_ends_at_the_edge():
    spectrum = RandomSpectrum(UNEVEN)
    assert spectrum.density(spectrum.edge * (1 - 1e-6)) > 1e-5
    assert spectrum.density(spectrum.edge * (1 + 1e-6)) == 0
    near = spectrum.edge * (1 + 1e-9)
    h = -spectrum.resolvents_outside(near)
    S = np.diag(UNEVEN.from_above, 1) + np.diag(UNEVEN.from_below, -1)
    # The linearised equation is critical there.
    assert max(abs(np.linalg.eigvals(np.diag(h**2) @ S))) == pytest.approx(1, abs=1e-3)
    mass, _ = quad(lambda x: float(spectrum.density(x)), 0.5 * spectrum.edge, spectrum.edge, epsabs=1e-7, limit=40)
    assert float(1 - spectrum.distribution(0.5 * spectrum.edge)) == pytest.approx(mass, abs=1e-4)


def test_sampled_matrices_approach_the_density():
    distances, wassersteins, spectrum = [], [], None
    for factor in (1, 4, 16):
        widths = [factor * width for width in (16, 12, 12, 12, 4)]
        couplings = LayeredCouplings.from_convention(widths, "fan-in")
        spectrum = spectrum or RandomSpectrum(couplings)  # the same for every factor
        values = [eigenvalues(random_bonds(couplings, seed)) for seed in range(4 if factor < 16 else 1)]
        distances.append(np.mean([kolmogorov_distance(one, spectrum) for one in values]))
        wassersteins.append(np.mean([spectral_distance(one, spectrum) for one in values]))
    assert distances[0] > 2 * distances[1] > 4 * distances[2]
    assert wassersteins[0] > 2 * wassersteins[1] > 4 * wassersteins[2]
    # Known wrong: the density of variances 10 % larger stays away.
    wrong = RandomSpectrum(LayeredCouplings.from_convention(widths, "fan-in", 1.1))
    assert spectral_distance(values[0], wrong) > 5 * wassersteins[2]


def test_bipartite_eigenvalues_are_those_of_the_matrix():
    bonds = random_bonds(UNEVEN, seed=5)
    assert eigenvalues(bonds) == pytest.approx(np.linalg.eigvalsh(bonds.dense()), abs=1e-12)


def test_random_networks_have_next_to_no_outliers():
    spectrum = RandomSpectrum(NETWORK)
    counts = [outliers(eigenvalues(random_bonds(NETWORK, seed)), spectrum).count for seed in range(60)]
    # One network in a hundred should have any.
    assert sum(count > 0 for count in counts) <= 4


@pytest.mark.parametrize("strength", [1.5, 2.5])
@pytest.mark.parametrize("layer", [1, 2])
def test_a_planted_direction_appears_where_theory_puts_it(strength, layer):
    couplings = LayeredCouplings.from_convention([200, 150, 100], "fan-in")
    spectrum = RandomSpectrum(couplings)
    rng = np.random.default_rng(0)
    tops = []
    for seed in range(4):
        weights = list(random_bonds(couplings, seed).weights)
        a, b = (rng.standard_normal(size) for size in weights[layer - 1].shape)
        weights[layer - 1] = weights[layer - 1] + strength * np.outer(a, b) / np.linalg.norm(a) / np.linalg.norm(b)
        values = eigenvalues(LayeredBonds(weights))
        tops.append(values[-1])
        assert values[-2] < spectrum.edge + outliers(values, spectrum).allowance
    expected = planted_eigenvalue(spectrum, strength, layer)
    if expected is None:
        assert np.all(np.array(tops) < spectrum.edge + outliers(values, spectrum).allowance)
    else:
        assert expected > spectrum.edge
        # Sample to sample it moves by O(N^{-1/2}).
        assert np.mean(tops) == pytest.approx(expected, abs=0.06)
        # Known wrong: the planted singular value itself, without what the random part adds.
        assert abs(np.mean(tops) - strength) > 0.15


def test_the_planted_threshold_of_the_semicircle():
    assert planted_eigenvalue(SEMICIRCLE, 2.0, 1) == pytest.approx(2.5, abs=1e-9)
    assert planted_eigenvalue(SEMICIRCLE, -2.0, 1) == pytest.approx(2.5, abs=1e-9)
    assert planted_eigenvalue(SEMICIRCLE, 1.01, 1) == pytest.approx(1.01 + 1 / 1.01, abs=1e-9)
    assert planted_eigenvalue(SEMICIRCLE, 0.99, 1) is None
    with pytest.raises(ValueError, match=r"give 1\.\.1"):
        planted_eigenvalue(SEMICIRCLE, 2.0, 2)
