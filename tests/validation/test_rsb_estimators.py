"""Estimators on copies whose law is known: Ruelle's cascades, replica-symmetric copies, and brute force."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from cascades import cascade_overlaps, on_lattice, symmetric_overlaps
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from validation.numbers.copies import copies_of, couples_of_pairs, pair_statistics, triangles
from validation.numbers.lattice import lattice_distribution
from validation.numbers.spread import APART, TOUCHING, Spread, spread
from validation.numbers.triangles import independent_squared_gap, squared_gaps, triangle_ratio
from validation.runs.spin_overlaps import distinct_fourth, distinct_square

Array = NDArray[np.float64]
SAMPLES = 600
M = (0.3, 0.6)
Q = (0.1, 0.4, 0.8)


def expected(power: int) -> float:
    """Return [<q^power>] of the cascade."""
    return M[0] * Q[0] ** power + (M[1] - M[0]) * Q[1] ** power + (1.0 - M[1]) * Q[2] ** power


@pytest.fixture(scope="module")
def cascade() -> Array:
    return cascade_overlaps(SAMPLES, 60, seed=1, m=M, q=Q)


def test_couples_and_triangles_of_four_copies() -> None:
    # Pairs 01 02 03 12 13 23.
    assert couples_of_pairs(4, 0).tolist() == [[0, 5], [1, 4], [2, 3]]
    assert len(couples_of_pairs(4, 1)) == 12
    assert triangles(4).tolist() == [[0, 1, 3], [0, 2, 4], [1, 2, 5], [3, 4, 5]]
    assert [copies_of(n) for n in (1, 3, 6, 10)] == [2, 3, 4, 5]
    with pytest.raises(ValueError, match="4 pairs"):
        copies_of(4)


def test_products_average_over_the_right_copies() -> None:
    """With f_ab = s_a s_b of given numbers s every average can be written down."""
    s = np.array([[1.0, 2.0, -1.0, 3.0], [0.5, -2.0, 1.0, 1.0]])
    first, second = np.triu_indices(4, 1)
    f = (s[:, first] * s[:, second])[None]
    found = pair_statistics(f)
    touching = [
        f[0, t, i] * f[0, t, j]
        for t in range(2)
        for i, j in [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 5), (2, 4), (2, 5), (3, 4), (3, 5), (4, 5)]
    ]
    averages = f[0].mean(axis=0)
    assert found.mean[0] == pytest.approx(f.mean())
    assert found.square[0] == pytest.approx((f**2).mean())
    assert found.touching[0] == pytest.approx(np.mean(touching))
    apart = averages[0] * averages[5] + averages[1] * averages[4] + averages[2] * averages[3]
    assert found.apart[0] == pytest.approx(apart / 3)


def test_fewer_copies_know_less() -> None:
    rng = np.random.default_rng(0)
    two, three = pair_statistics(rng.random((4, 9, 1))), pair_statistics(rng.random((4, 9, 3)))
    assert np.isnan(two.touching).all()
    assert np.isfinite(three.touching).all()
    assert np.isnan(three.apart).all()
    with pytest.raises(ValueError, match="four copies"):
        spread(three)


@pytest.mark.parametrize("power", [1, 2])
def test_a_cascade_obeys_the_identities(cascade: Array, power: int) -> None:
    found = spread(pair_statistics(cascade**power))
    variance = expected(2 * power) - expected(power) ** 2
    exact = {
        "total": variance,
        "inside": variance * 2 / 3,
        "between": variance / 3,
        "touching": TOUCHING,
        "apart": APART,
    }
    for name, value in exact.items():
        estimate = getattr(found, name)
        assert abs(estimate.value - value) < 4 * estimate.error, name
        # The errors must be small enough that a wrong fraction would show.
        assert estimate.error < 0.08 * value, name


def test_thermal_noise_within_a_sample_leaves_no_bias() -> None:
    """With three rows a sample, <q^2>^2 estimated from one pair alone would be 60 % noise."""
    few = cascade_overlaps(6000, 3, seed=2, m=M, q=Q)
    found = spread(pair_statistics(few))
    variance = expected(2) - expected(1) ** 2
    assert abs(found.between.value - variance / 3) < 4 * found.between.error
    naive = np.var(few.mean(axis=(1, 2)))
    assert naive - variance / 3 > 6 * found.between.error


def test_replica_symmetric_copies_do_not() -> None:
    found = spread(pair_statistics(symmetric_overlaps(SAMPLES, 60, seed=3)))
    assert abs(found.between.value) < 4 * found.between.error
    for one, fraction in ((found.touching, TOUCHING), (found.apart, APART)):
        assert abs(one.value) < 4 * one.error
        assert fraction - one.value > 10 * one.error


@given(st.integers(0, 2**32 - 1))
def test_spread_adds_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found: Spread = spread(pair_statistics(rng.standard_normal((8, 5, 6)) + rng.standard_normal((8, 1, 1))))
    assert found.inside.value + found.between.value == pytest.approx(found.total.value, abs=1e-12)


def test_errors_cover_the_scatter_of_repeats() -> None:
    """Sixty repeats of a hundred samples: their scatter is what the jackknife says."""
    repeats = [spread(pair_statistics(cascade_overlaps(100, 10, seed=100 + i))) for i in range(60)]
    for name in ("total", "between", "touching", "apart"):
        values = np.array([getattr(one, name).value for one in repeats])
        errors = np.array([getattr(one, name).error for one in repeats])
        assert 0.7 < values.std() / np.sqrt(np.mean(errors**2)) < 1.4, name


def test_triangles_of_a_cascade_are_isosceles() -> None:
    overlaps = on_lattice(cascade_overlaps(50, 20, seed=4, signs=True), 100)
    assert (overlaps < 0).any()
    assert np.all(squared_gaps(overlaps) < 1e-12)
    assert triangle_ratio(overlaps, 100).value == pytest.approx(0.0, abs=1e-9)


def test_replica_symmetric_triangles_are_independent() -> None:
    overlaps = on_lattice(symmetric_overlaps(200, 40, seed=5, signs=True), 400)
    ratio = triangle_ratio(overlaps, 400)
    assert abs(ratio.value - 1.0) < 4 * ratio.error
    assert ratio.error < 0.05


def test_triangles_above_the_transition_are_more_than_independent() -> None:
    rng = np.random.default_rng(6)
    overlaps = on_lattice(0.1 * rng.standard_normal((200, 40, 6)), 400)
    ratio = triangle_ratio(overlaps, 400)
    # (E mid^2 + E min^2) / E (mid - min)^2 of three half-normal numbers.
    sizes = np.sort(np.abs(rng.standard_normal((400_000, 3))), axis=1)
    exact = (sizes[:, :2] ** 2).sum(axis=1).mean() / np.square(sizes[:, 1] - sizes[:, 0]).mean()
    assert abs(ratio.value - exact) < 4 * ratio.error + 0.02 * exact
    assert exact > 2


def test_an_odd_triangle_counts_its_smallest_overlap_as_negative() -> None:
    assert squared_gaps(np.array([[0.5, 0.4, -0.1]])) == pytest.approx(0.25)
    assert squared_gaps(np.array([[-0.5, -0.4, 0.1]])) == pytest.approx(0.09)
    assert squared_gaps(np.array([[-0.5, -0.4, -0.1]])) == pytest.approx(0.25)
    with pytest.raises(ValueError, match="three copies"):
        squared_gaps(np.zeros((4, 1)))


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5))
def test_independent_triangles_by_brute_force(weights: list[float]) -> None:
    p = np.array(weights) + 1e-3
    p /= p.sum()
    values = np.linspace(0.0, 1.0, p.size) ** 2
    exact = 0.0
    for chosen in product(range(p.size), repeat=3):
        low, middle, _ = sorted(chosen)
        exact += float(np.prod(p[list(chosen)])) * (values[middle] - values[low]) ** 2
    assert independent_squared_gap(values, p) == pytest.approx(exact, abs=1e-12)


def test_the_lattice_counts_both_signs() -> None:
    overlaps = np.array([[[0.5, -0.5, 0.0]], [[1.0, -1.0, 0.25]]])
    assert lattice_distribution(overlaps, 4) == pytest.approx(
        np.array([[1 / 3, 0, 2 / 3, 0, 0], [0, 1 / 3, 0, 0, 2 / 3]])
    )


@given(st.lists(st.sampled_from([-1.0, 1.0]), min_size=4, max_size=9))
def test_moments_over_distinct_spins_by_brute_force(t: list[float]) -> None:
    q = np.array(np.mean(t))
    for order, found in ((2, distinct_square(q, len(t))), (4, distinct_fourth(q, len(t)))):
        assert found == pytest.approx(np.mean([np.prod(chosen) for chosen in combinations(t, order)]), abs=1e-12)
