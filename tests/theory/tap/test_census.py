"""Counting solutions: telling them apart, and how many were not seen."""

import math

import numpy as np
import pytest
from support import ROOT

from theory.bonds import LayeredBonds
from theory.tap import census
from theory.tap.census import distinct, rarefaction
from theory.weights import read_network

DIGITS = ROOT / "mcsim/networks/data/digits_relu.h5"


def test_a_trained_network_has_one_pair_just_below_its_critical_temperature():
    bonds = read_network(DIGITS, 3.0).bonds  # T_c = 2.77
    above, below = census(bonds, 2.9, starts=70), census(bonds, 2.6, starts=70)
    assert [one.solution.overlap < 1e-20 for one in above.found] == [True]
    assert (above.verdict, below.verdict) == ("complete", "complete")
    ordered = [one for one in below.found if one.solution.least_eigenvalue > 0]
    assert len(ordered) == 1
    assert ordered[0].solution.overlap > 0.01
    assert ordered[0].hits >= 65
    # m = 0 solves too, but is no minimum any more.
    assert below.paramagnet.least_eigenvalue < 0 < above.paramagnet.least_eigenvalue
    assert ordered[0].solution.free_energy < below.paramagnet.free_energy


def test_colder_it_has_more_and_given_states_find_them_too():
    bonds = read_network(DIGITS, 3.0).bonds
    cold = census(bonds, 1.0, starts=70)
    minima = [one.solution for one in cold.found if one.solution.least_eigenvalue > 0]
    assert len(minima) == 3
    assert all(solution.status.residual < 1e-10 for solution in minima)
    assert [one.free_energy for one in minima] == sorted(one.free_energy for one in minima)
    states = np.stack([-solution.magnetisations for solution in minima], axis=1)
    again = census(bonds, 1.0, starts=0, states=states)
    assert len(again.found) == 3
    for one, solution in zip(again.found, minima, strict=True):
        assert (one.random_hits, one.state_hits) == (0, 1)
        assert one.solution.free_energy == pytest.approx(solution.free_energy, abs=1e-10)
    # Each of three seen once: that list is not complete, and says so.
    assert again.verdict == "incomplete"
    assert again.unseen_share == 1.0


def test_dropped_starts_forbid_completeness():
    bonds = read_network(DIGITS, 0.0).bonds
    count = census(bonds, 1.0, starts=10)
    assert (count.dropped, count.found, count.verdict) == (10, (), "incomplete")
    assert (count.unseen_share, count.expected_solutions, count.saturation) == (1.0, 0.0, ())


def test_two_separate_ferromagnets_have_exactly_the_states_of_their_signs():
    # Two blocks of 40 spins: per block +-m or zero, so up to reversal 2 ordered states besides those with a zero.
    block, zero = np.full((20, 20), 1 / 20), np.zeros((20, 20))
    bonds = LayeredBonds([np.block([[block, zero], [zero, block]])])
    count = census(bonds, 0.5, starts=80)
    minima = [one for one in count.found if one.solution.least_eigenvalue > 0]
    assert len(minima) == 2
    assert minima[0].solution.free_energy == pytest.approx(minima[1].solution.free_energy, abs=1e-12)
    assert (count.verdict, count.dropped) == ("complete", 0)
    # Fields tell s from -s: then all four count.
    marked = LayeredBonds(bonds.weights, np.full(80, 1e-4))
    assert sum(one.solution.least_eigenvalue > 0 for one in census(marked, 0.5, starts=80).found) == 4


def test_solutions_are_told_apart_by_overlap():
    rng = np.random.default_rng(0)
    u = rng.standard_normal((50, 2))
    columns = np.stack([u[:, 0], u[:, 1], -u[:, 0], u[:, 0] + 1e-9, u[:, 1] + 1e-3], axis=1)
    assert distinct(columns, reversible=True).tolist() == [0, 1, 0, 0, 2]
    assert distinct(columns, reversible=False).tolist() == [0, 1, 2, 0, 3]


def test_rarefaction_is_the_mean_over_subsets():
    hits = np.array([5, 3, 1, 1])
    owner = np.repeat(np.arange(4), hits)
    rng = np.random.default_rng(1)
    for n, expected in rarefaction(hits):
        drawn = [len(np.unique(rng.permutation(owner)[:n])) for _ in range(3000)]
        assert expected == pytest.approx(np.mean(drawn), abs=0.06)
    assert rarefaction(hits)[-1] == (10, pytest.approx(4.0))
    assert rarefaction(hits)[0] == (1, pytest.approx(1.0))


def test_unseen_estimates_cover_what_was_not_seen():
    # 40 solutions of equal weight, 60 draws: some 9 are missed; the estimates must say so, a plain count cannot.
    from theory.tap.census import _unseen

    rng = np.random.default_rng(2)
    shares, bounds, missed = [], [], []
    for _ in range(200):
        hits = np.bincount(rng.integers(0, 40, 60), minlength=40)
        share, bound = _unseen(hits[hits > 0])
        shares.append(share)
        bounds.append(bound)
        missed.append((hits == 0).mean())
    assert np.mean(shares) == pytest.approx(np.mean(missed), abs=0.02)
    assert np.mean(bounds) == pytest.approx(40, rel=0.05)
    assert np.mean(missed) == pytest.approx(math.exp(-1.5), abs=0.02)


def test_bad_input_is_refused():
    bonds = LayeredBonds([np.ones((2, 2))])
    with pytest.raises(ValueError, match="at least one is needed"):
        census(bonds, 1.0, starts=0)
    with pytest.raises(ValueError, match=r"states: got shape \(5, 2\); give \(4, columns\)"):
        census(bonds, 1.0, starts=1, states=np.zeros((5, 2)))
    with pytest.raises(ValueError, match="temperature"):
        census(bonds, -1.0)
