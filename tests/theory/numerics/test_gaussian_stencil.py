"""Weights of Gaussian increments on a grid: moments, wide and narrow, tilted and not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.numerics.gaussian_stencil import gaussian_stencil


@settings(deadline=None, max_examples=30)
@given(width=st.floats(1e-12, 30), tilt=st.floats(0, 1), step=st.sampled_from([0.15, 1.2]))
def test_weights_average_a_gaussian_with_a_tilt(width, tilt, step):
    variance = width**2
    low, weights = gaussian_stencil(variance, step, tilt)
    z = step * (low + np.arange(len(weights)))
    centre = tilt * variance
    # E exp(tilt z) z^n exp(-tilt^2 v/2) are the moments about the shifted centre. A tilt over a coarse step is
    # interpolated; the grids keep tilt times step below 0.15.
    if tilt * step <= 0.15 or width > 1.2 * step:
        assert weights.sum() == pytest.approx(1, abs=1e-11)
        assert weights @ z == pytest.approx(centre, abs=1e-11 * (1 + centre))
        assert weights @ (z - centre) ** 2 == pytest.approx(variance, rel=1e-9)


@pytest.mark.parametrize("ratio", [1.1, 1.19, 1.21, 1.3])
def test_samples_and_interpolation_are_right_where_one_takes_over_from_the_other(ratio):
    first, weights = gaussian_stencil(ratio**2, 1.0)
    n = first + np.arange(len(weights))
    for power, moment in ((2, ratio**2), (4, 3 * ratio**4)):
        assert weights @ n**power == pytest.approx(moment, rel=1e-9)
    assert np.cos(0.7 * n) @ weights == pytest.approx(np.exp(-0.5 * (0.7 * ratio) ** 2), abs=1e-9)


def test_no_increment_stays_where_it_is():
    first, weights = gaussian_stencil(0.0, 0.3)
    assert weights[-first] == 1.0
    assert np.count_nonzero(weights) == 1
