"""Products of weights of unequal widths: free probability, networks drawn at random, and the replica solution."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import activations
from theory.mlp import MlpModel, solve_linear
from theory.mlp.exact.free_product import (
    gibbs_overlaps,
    product_atom,
    product_density,
    product_moments,
    product_support,
)

RATIOS = (1.0, 0.6, 2.0, 1.4)
WRONG_ORDER = (1.4, 2.0, 0.6, 1.0)
ratios = st.lists(st.floats(0.2, 5.0), min_size=2, max_size=6)


def draw_weights(rng, width_ratios, size):
    widths = [round(size * ratio) for ratio in width_ratios]
    return [rng.standard_normal((here, below)) / math.sqrt(below) for below, here in pairwise(widths)]


def product(weights):
    m = weights[0]
    for weight in weights[1:]:
        m = weight @ m
    return m


def integrals(width_ratios, powers, points=300):
    """Integrate powers of x against the density; nodes crowd at both edges."""
    low, high = product_support(width_ratios)
    angle = (np.arange(points) + 0.5) * (0.5 * math.pi / points)
    s = np.sin(angle) ** 2
    x = low + (high - low) * s**2
    weight = (high - low) * 2 * s * 2 * np.sin(angle) * np.cos(angle) * (0.5 * math.pi / points)
    density = product_density(width_ratios, x) * weight
    return [float(np.sum(density * x**power)) for power in powers]


def test_equal_widths_have_fuss_catalan_moments():
    for depth in (1, 2, 5):
        expected = [math.comb((depth + 1) * p, p - 1) / p for p in range(1, 6)]
        np.testing.assert_allclose(product_moments((1.0,) * (depth + 1), 5), expected, rtol=1e-12)


@pytest.mark.parametrize("c", [0.4, 1.0, 3.0])
def test_one_layer_is_the_law_of_marchenko_and_pastur(c):
    low, high = (1 - math.sqrt(c)) ** 2, (1 + math.sqrt(c)) ** 2
    assert product_support((2.0, 2.0 * c)) == pytest.approx((low, high), rel=1e-8, abs=1e-8)
    x = np.linspace(low, high, 42)[1:-1]
    expected = np.sqrt((x - low) * (high - x)) / (2 * math.pi * x)
    np.testing.assert_allclose(product_density((2.0, 2.0 * c), x), expected, rtol=1e-6)
    assert product_atom((2.0, 2.0 * c)) == pytest.approx(max(0.0, 1 - c))


def test_two_equal_layers_in_closed_form():
    """Fuss-Catalan law of order 2 (Penson and Zyczkowski, Phys. Rev. E 83, 061118)."""
    x = np.linspace(0.05, 6.7, 30)
    root = 27.0 + 3.0 * np.sqrt(81.0 - 12.0 * x)
    cubic = 2.0 ** (1.0 / 3.0) * root ** (2.0 / 3.0) - 6.0 * np.cbrt(x)
    expected = 2.0 ** (1.0 / 3.0) * math.sqrt(3.0) / (12.0 * math.pi) * cubic / (x ** (2.0 / 3.0) * np.cbrt(root))
    np.testing.assert_allclose(product_density((1.0, 1.0, 1.0), x), expected, rtol=1e-6)


@pytest.mark.parametrize("width_ratios", [RATIOS, (1.0, 1.0, 1.0, 1.0), (1.0, 3.0, 3.0), (2.0, 1.0, 1.0)])
def test_the_density_has_the_moments(width_ratios):
    mass, *moments = integrals(width_ratios, range(4))
    assert mass + product_atom(width_ratios) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(moments, product_moments(width_ratios, 3), rtol=1e-6)
    low, high = product_support(width_ratios)
    outside = [1.01 * high] + ([0.99 * low] if low > 0 else [])
    assert np.all(product_density(width_ratios, np.array(outside)) < 1e-7)
    assert np.all(product_density(width_ratios, np.array([1.01 * max(low, 0.1), 0.99 * high])) > 1e-3)


@settings(max_examples=30, deadline=None)
@given(ratios, st.floats(0.1, 3.0), st.floats(0.3, 2.0))
def test_moments_give_the_overlaps_of_the_replica_solution(width_ratios, beta, c_w):
    model = MlpModel(activations.get("linear"), tuple(width_ratios), c_w)
    solution = solve_linear(model, beta).order_parameters
    v, k0 = gibbs_overlaps(width_ratios, beta, c_w)
    np.testing.assert_allclose(v, solution.v, rtol=1e-10)
    np.testing.assert_allclose(k0, solution.k0, rtol=1e-10)


@settings(max_examples=20, deadline=None)
@given(ratios)
def test_hidden_widths_commute_and_the_transpose_has_the_same_spectrum(width_ratios):
    moments = product_moments(width_ratios, 4)
    swapped = [width_ratios[0], *width_ratios[-2:0:-1], width_ratios[-1]]
    np.testing.assert_allclose(product_moments(swapped, 4), moments, rtol=1e-9)
    # N_0 m_p = tr (M^T M)^p = tr (M M^T)^p; the reversed chain is M^T times sqrt(N_0 / N_l).
    step, p = width_ratios[0] / width_ratios[-1], np.arange(1, 5)
    np.testing.assert_allclose(product_moments(width_ratios[::-1], 4), moments * step ** (p + 1.0), rtol=1e-9)


def sampled_moments(rng, size, networks):
    """Return m_1 .. m_3 of each network, shape (networks, 3)."""
    rows = []
    for _ in range(networks):
        m = product(draw_weights(rng, RATIOS, size))
        square = m.T @ m
        rows.append([np.trace(square), np.sum(square**2), np.sum((square @ square) * square)])
    return np.array(rows) / round(size * RATIOS[0])


def test_sampled_networks_have_the_moments():
    rng = np.random.default_rng(3)
    # Real weights have corrections of order 1 / N: two sizes take them out.
    small, large = sampled_moments(rng, 100, 48), sampled_moments(rng, 200, 48)
    limit = 2.0 * large.mean(axis=0) - small.mean(axis=0)
    error = np.sqrt((4.0 * large.var(axis=0, ddof=1) + small.var(axis=0, ddof=1)) / 48)
    z = (limit - product_moments(RATIOS, 3)) / error
    assert np.abs(z).max() < 3.5
    wrong = (limit - product_moments(WRONG_ORDER, 3)) / error
    assert np.abs(wrong).max() > 10, "cannot tell the order of widths"
    assert (error / limit)[1] < 0.02


def test_sampled_networks_have_the_density():
    rng = np.random.default_rng(4)
    size = 400
    m = product(draw_weights(rng, RATIOS, size))
    eigenvalues = np.sort(np.linalg.eigvalsh(m.T @ m))
    assert np.mean(eigenvalues < 1e-9) == pytest.approx(product_atom(RATIOS), abs=1e-9)

    def largest_gap(width_ratios):
        x = np.geomspace(*product_support(width_ratios), 251)
        middle = 0.5 * (x[1:] + x[:-1])
        below = product_atom(width_ratios) + np.append(
            0.0, np.cumsum(product_density(width_ratios, middle) * np.diff(x))
        )
        return float(np.abs(np.searchsorted(eigenvalues, x) / eigenvalues.size - below).max())

    # Eigenvalues repel: counts miss by a few, not by sqrt(N).
    assert largest_gap(RATIOS) < 5 / size
    assert largest_gap((1.0, 2.0, 1.4, 0.6)) > 20 / size
    assert largest_gap(WRONG_ORDER) > 20 / size


def test_sampled_gibbs_measures_have_the_overlaps():
    rng = np.random.default_rng(5)
    beta, size, networks = 1.3, 300, 32
    rows = []
    for _ in range(networks):
        weights = draw_weights(rng, RATIOS, size)
        output = rng.standard_normal(weights[-1].shape[0])
        z = -beta * math.sqrt(size / output.size) * (product(weights).T @ output)
        row = [z @ z / z.size]
        for weight in weights:
            z = weight @ z
            row.append(z @ z / z.size)
        rows.append(row)
    mean, error = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) / math.sqrt(networks)
    z_scores = (mean - gibbs_overlaps(RATIOS, beta)[1]) / error
    assert np.abs(z_scores).max() < 3.5
    wrong = (mean - gibbs_overlaps(WRONG_ORDER, beta)[1]) / error
    assert np.abs(wrong).max() > 10, "cannot tell the order of widths"
    assert (error / mean).max() < 0.05


@pytest.mark.parametrize(
    "call",
    [
        lambda: product_moments((1.0,), 2),
        lambda: product_moments((1.0, 0.0), 2),
        lambda: product_moments((1.0, 1.0), 0),
        lambda: product_density((1.0, 1.0), np.array([-1.0])),
        lambda: product_support((1.0, math.nan)),
        lambda: gibbs_overlaps((1.0, -1.0), 1.0),
    ],
)
def test_arguments_out_of_range(call):
    with pytest.raises(ValueError, match="must be"):
        call()
