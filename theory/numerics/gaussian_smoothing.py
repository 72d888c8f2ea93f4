"""Gaussian smoothing of exp(x f) along one axis of a uniform grid, and its adjoint on densities.

One step of a Parisi recursion is f'(h) = (1/x) log E exp(x f(h + d)), d ~ N(0, sd^2). Rows are taken in blocks, each
with its own reference exponent, so that f may span thousands; a field carried along is averaged with the weights
exp(x (f(h + d) - f'(h))), and the adjoint moves a density with the same weights.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from theory.arrays import FloatArray
from theory.numerics.gaussian_stencil import gaussian_stencil
from theory.result import NotConvergedError

_BLOCK = 64


class UnresolvedError(NotConvergedError):
    """The grid is too coarse for a polynomial through its nodes to follow exp(x f)."""


class Smoother:
    """Gaussian smoothing with one standard deviation along axis 0 of arrays of shape (nodes, columns).

    Parameters
    ----------
    step : float
        Distance of neighbouring nodes.
    sd : float
        Standard deviation of the increment, zero or more.
    """

    def __init__(self, step: float, sd: float) -> None:
        self._step = step
        _, kernel = gaussian_stencil(sd**2, step)
        self._w = kernel.size // 2
        rows = max(_BLOCK, 2 * self._w)
        padded = np.zeros(2 * rows + kernel.size - 2)
        padded[rows - 1 : rows - 1 + kernel.size] = kernel
        # Row i holds the kernel at columns i .. i + 2w.
        self._matrix = np.ascontiguousarray(sliding_window_view(padded, rows + kernel.size - 1)[::-1])
        self._rows = rows

    def forward(self, x: float, f: FloatArray, slope: FloatArray, fields: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return f' and the averaged fields.

        Parameters
        ----------
        x : float
            Positive.
        f, slope : float64 arrays of shape (nodes, columns)
            The function and its derivative along axis 0; beyond the grid f goes on as a straight line.
        fields : float64 array of shape (fields, nodes, columns)

        Raises
        ------
        UnresolvedError
            If the grid is too coarse.
        """
        size, columns = f.shape
        exponent, carried = self._padded(x, f, slope), self._extended(fields)
        smooth, averaged = np.empty_like(f), np.empty_like(fields)
        for start, stop, window in self._blocks(size):
            top = exponent[window].max(axis=0)
            g = np.exp(exponent[window] - top)
            matrix = self._matrix[: stop - start, : g.shape[0]]
            stacked = np.concatenate([g[None], g * carried[:, window]]).transpose(1, 0, 2).reshape(g.shape[0], -1)
            sums = (matrix @ stacked).reshape(stop - start, -1, columns).transpose(1, 0, 2)
            if not sums[0].min() > 0.0:
                raise UnresolvedError(f"exp(x f) is not resolved by steps of {self._step:.3g}")
            smooth[start:stop] = (top + np.log(sums[0])) / x
            averaged[:, start:stop] = sums[1:] / sums[0]
        return smooth, averaged

    def adjoint(
        self, x: float, f: FloatArray, slope: FloatArray, smooth: FloatArray, density: FloatArray
    ) -> FloatArray:
        """Return the density after the step, given f, f' and the density before it; what leaves the grid is lost."""
        exponent = self._padded(x, f, slope)
        moved = np.zeros_like(exponent)
        for start, stop, window in self._blocks(f.shape[0]):
            top = exponent[window].max(axis=0)
            g = np.exp(exponent[window] - top)
            matrix = self._matrix[: stop - start, : g.shape[0]]
            moved[window] += g * (matrix.T @ (density[start:stop] * np.exp(top - x * smooth[start:stop])))
        return moved[self._w : self._w + f.shape[0]]

    def _padded(self, x: float, f: FloatArray, slope: FloatArray) -> FloatArray:
        distance = self._step * np.arange(1, self._w + 1)[:, None]
        below, above = f[0] - distance[::-1] * slope[0], f[-1] + distance * slope[-1]
        return np.asarray(x * np.concatenate([below, f, above]))

    def _extended(self, fields: FloatArray) -> FloatArray:
        """Continue fields beyond the grid by their values at the edges."""
        low, high = (np.repeat(fields[:, edge : edge + 1], self._w, axis=1) for edge in (0, fields.shape[1] - 1))
        return np.concatenate([low, fields, high], axis=1)

    def _blocks(self, size: int) -> list[tuple[int, int, slice]]:
        """First row, last row (exclusive) and padded window of each block."""
        stops = [*range(self._rows, size, self._rows), size]
        return [(a, b, slice(a, b + 2 * self._w)) for a, b in zip([0, *stops[:-1]], stops, strict=True)]
