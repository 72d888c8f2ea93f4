"""Bins of overlap histograms fit the values that an overlap of N spins can take."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsim.models.ising import lattice_edges


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 600), st.integers(3, 200))
def test_histogram_edges_fit_the_lattice_of_overlaps(n_spins: int, max_bins: int) -> None:
    edges = lattice_edges(n_spins, max_bins)
    points = np.arange(-n_spins, n_spins + 1, 2) / n_spins
    counts, _ = np.histogram(points, edges)
    assert 1 <= counts.size <= max_bins
    assert counts.sum() == n_spins + 1
    assert np.all(counts > 0)
    # Only the outermost bins may hold fewer points than the others.
    assert len(set(counts[1:-1])) <= 1
    assert counts[0] == counts[-1] <= counts[counts.size // 2]
    assert np.array_equal(edges, -edges[::-1])
    np.testing.assert_allclose(edges[[0, -1]], [-1 - 1 / n_spins, 1 + 1 / n_spins], rtol=1e-14)
    # No overlap is near an edge, where rounding would choose its bin.
    assert np.abs(points[:, None] - edges[None, :]).min() > 0.49 * 2 / n_spins


def test_few_spins_have_a_bin_for_each_overlap() -> None:
    assert np.histogram([-1, -0.5, 0, 0.5, 1], lattice_edges(4, 101))[0].tolist() == [1] * 5
