"""Products in panels and chunks are those of NumPy, whatever the shape, and rows do not depend on their neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from mcsim.kernels.products import chunk_rows, in_panels, multiply, panel_columns

SHAPES = [(1, 1, 1), (3, 5, 7), (64, 200, 200), (13, 1000, 333), (5, 3000, 50), (40, 7, 3000), (2, 90_000, 17)]


def product(a, b):
    out = np.full((a.shape[0], b.shape[1]), np.nan, a.dtype)
    multiply(a, in_panels(b), out, np.empty(out.size, a.dtype))
    return out


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rows", "inner", "columns"), SHAPES)
def test_products(rows, inner, columns, dtype):
    rng = np.random.default_rng(rows)
    a, b = rng.standard_normal((rows, inner)), rng.standard_normal((inner, columns))
    tolerance = 30 * np.finfo(dtype).eps * np.sqrt(inner)
    assert product(a.astype(dtype), b.astype(dtype)) == pytest.approx(a @ b, abs=tolerance * np.abs(a @ b).max())


@pytest.mark.parametrize(("rows", "inner", "columns"), SHAPES)
def test_pieces_are_small_enough_for_the_fast_kernel(rows, inner, columns):
    panel = panel_columns(inner, columns)
    chunk = chunk_rows(inner, panel)
    assert 1 <= panel <= columns or panel == 16
    assert chunk * inner * panel <= 1_000_000 or chunk == 1


def test_the_order_of_sums_depends_on_the_weights_alone():
    """The rows of a chunk come out alike whatever follows them."""
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((48, 300)).astype(np.float32), rng.standard_normal((300, 400)).astype(np.float32)
    chunk = chunk_rows(300, panel_columns(300, 400))
    assert np.array_equal(product(a[:chunk], b), product(a, b)[:chunk])
