"""Elementary functions and normal numbers in float32 are as exact as float32 lets them be."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy import special, stats

from mcsim.kernels import elementary
from mcsim.kernels.normals import box_muller, fill_normals
from mcsim.kernels.philox import fill_words

# name -> (reference in float64, largest absolute error in float32).
FUNCTIONS = {
    "tanh": (np.tanh, 4e-7),
    "sine": (np.sin, 2e-7),
    "cosine": (np.cos, 2e-7),
    "erf": (special.erf, 5e-7),
    "erf_slope": (lambda z: 2 / np.sqrt(np.pi) * np.exp(-z * z), 2.5e-7),  # its values reach 1.13
}


def loop_over(function):
    @njit(error_model="numpy")
    def loop(z, out):
        for i in range(z.shape[0]):
            out[i] = function(z[i])

    return loop


@pytest.mark.parametrize("name", FUNCTIONS)
def test_elementary_function(name):
    reference, tolerance = FUNCTIONS[name]
    loop = loop_over(getattr(elementary, name))
    z = np.concatenate([np.linspace(-60, 60, 400_001), np.geomspace(1e-30, 1.0, 1001)])
    for dtype, bound in ((np.float32, tolerance), (np.float64, 1e-15)):
        out = np.empty(z.size, dtype)
        loop(z.astype(dtype), out)
        assert np.abs(out - reference(z.astype(dtype).astype(np.float64))).max() < bound


def test_logarithm_of_uniform_numbers():
    words = np.random.default_rng(1).integers(0, 2**32, 100_000)
    u = np.append((words + 0.5) * 2.0**-32, [2.0**-33, 1.0, 0.5, 1 - 2.0**-24]).astype(np.float32)
    out = np.empty_like(u)
    loop_over(elementary.log_of_unit)(u, out)
    exact = np.log(u.astype(np.float64))
    assert np.all(np.abs(out - exact) <= 3e-7 * np.abs(exact))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 13, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normals_are_box_muller(n, dtype):
    key = np.array([123, 456], np.uint32)
    stream, low, high = np.uint32(3), np.uint32(77), np.uint32(1)
    words = np.empty(4 * ((n + 3) // 4), np.uint32)
    fill_words(words, key, stream, low, high)
    radii, turns = np.split(words.astype(np.float64), 2)
    radius = np.sqrt(-2.0 * np.log((radii + 0.5) * 2.0**-32))
    angle = 2.0 * np.pi * turns * 2.0**-32
    expected = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:n]
    out = np.empty(n, dtype)
    fill_normals(out, np.empty_like(words), key, stream, low, high)
    assert out == pytest.approx(expected, abs=2e-6)


def test_angles_at_every_octant_and_edge():
    edges = (np.arange(16, dtype=np.uint64) << np.uint64(28))[:, None] + np.array([0, 1, 2**28 - 1], np.uint64)
    turns = (edges.ravel() % 2**32).astype(np.uint32)
    words = np.concatenate([np.full(turns.size, 2**30, np.uint32), turns])
    out = np.empty(words.size, np.float32)
    box_muller(words, out)
    radius = np.sqrt(2.0 * np.log(4.0))
    angle = 2.0 * np.pi * turns * 2.0**-32
    expected = radius * np.concatenate([np.cos(angle), np.sin(angle)])
    assert out == pytest.approx(expected, abs=1e-6)


def test_normals_follow_their_law():
    n = 4000
    words = np.empty(n, np.uint32)
    rows = np.empty((50, n), np.float32)
    for sweep, row in enumerate(rows):
        fill_normals(row, words, np.array([9, 8], np.uint32), np.uint32(0), np.uint32(sweep), np.uint32(0))
    assert stats.kstest(rows.ravel().astype(np.float64), "norm").pvalue > 1e-3
    partners = rows[:, : n // 2] * rows[:, n // 2 :]
    assert abs(partners.mean()) * np.sqrt(partners.size) < 4.0
