"""Anderson acceleration of a fixed-point iteration x = g(x), and the rate at which the plain one converges."""

from __future__ import annotations

import numpy as np

from theory.arrays import FloatArray

_MEMORY = 8
_ABOVE_ROUNDING = 1e-9  # relative


class Anderson:
    """Combine the last steps such that their residuals g(x) - x cancel as well as they can.

    Source: D. G. Anderson, J. ACM 12, 547 (1965), in the form with differences of successive steps.
    """

    def __init__(self) -> None:
        self._points: list[FloatArray] = []
        self._images: list[FloatArray] = []
        self._scale: FloatArray = np.ones(1)

    def forget(self) -> None:
        """Drop all steps."""
        self._points.clear()
        self._images.clear()

    def propose(self, x: FloatArray, g: FloatArray, unit: FloatArray) -> FloatArray:
        """Return the next point, given a point x, its image g and the variables' units, all of shape (variables,).

        Each variable is measured in units of its own size when the history began; where it vanished then, in
        `unit` times a thousandth of the largest other variable in its unit.
        """
        if not self._points:
            size = np.abs(g) / unit
            self._scale = 1.0 / (unit * np.maximum(size, 1e-3 * size.max() + np.finfo(float).tiny))
        x, g = x * self._scale, g * self._scale
        self._points = [*self._points, x][-_MEMORY - 1 :]
        self._images = [*self._images, g][-_MEMORY - 1 :]
        if len(self._points) < 2:
            return g / self._scale
        moves, changes, _ = self._differences()
        weights = np.linalg.lstsq(changes - moves, g - x, rcond=1e-10)[0]
        return np.asarray((g - changes @ weights) / self._scale)

    def rate(self) -> float:
        """Return the spectral radius of g's derivative on the space the last steps span; 0 before there are two.

        Near the fixed point a plain iteration multiplies its error by this number per step.
        """
        if len(self._points) < 3:
            return 0.0
        moves, changes, length = self._differences()
        told = length > _ABOVE_ROUNDING
        if told.sum() < 2:
            return 0.0
        derivative = np.linalg.lstsq(moves[:, told], changes[:, told], rcond=1e-6)[0]
        return float(np.abs(np.linalg.eigvals(derivative)).max())

    def _differences(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Differences of successive points and of their images, (variables, steps), per unit of the former's length."""
        moves, changes = np.diff(self._points, axis=0).T, np.diff(self._images, axis=0).T
        length = np.linalg.norm(moves, axis=0)
        return moves / length, changes / length, length
