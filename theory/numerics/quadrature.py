"""Adaptive quadrature whose nodes are kept, so that a fixed-point iteration sees one smooth map.

A replica calculation evaluates the same integrals again and again at slowly moving parameters. An adaptive
routine that picks new nodes at every call adds noise of the size of its tolerance, which stalls the
iteration; a rule with fixed nodes fails silently once the integrand leaves them. So adapt
once and keep the *rule* (nodes, weights and an error estimate) until the parameters have moved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from theory.arrays import FloatArray
from theory.result import NotConvergedError

Integrand = Callable[[FloatArray, FloatArray], FloatArray]

_LOW_ORDER, _HIGH_ORDER = 6, 10  # nodes per direction of a cell, for loose and for tight tolerances
GAUSSIAN_RANGE = 8.5  # the second moment of a standard normal beyond 8.5 is below 1e-14
_HERMITE_ORDERS = (8, 14, 22, 32, 44)


@lru_cache(maxsize=8)
def _unit_rule(order: int) -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(order)
    return 0.5 * (nodes + 1.0), 0.5 * weights


def panels(low: FloatArray, high: FloatArray, order: int) -> tuple[FloatArray, FloatArray]:
    """Return Gauss-Legendre nodes and weights on the panels [low, high], both of shape (panels, order)."""
    nodes, weights = _unit_rule(order)
    width = (high - low)[:, None]
    return low[:, None] + width * nodes, width * weights


@dataclass(frozen=True)
class GaussianRule:
    """A quadrature rule for E F(xi, eta) with independent standard normal xi and eta.

    Attributes
    ----------
    xi, eta, weight : float64 arrays of shape (nodes,)
        E F is approximated by sum(weight * F(xi, eta)).
    error : float64 array of shape (components,)
        Estimated absolute error of each component the rule was adapted to.
    cells : float64 array of shape (cells, 4), or None
        Sectors (radius_low, radius_high, angle_low, angle_high) the nodes fill; None for a Gauss-Hermite
        product rule.
    even : bool
        Whether half the plane (eta > 0) stands for the whole.
    """

    xi: FloatArray
    eta: FloatArray
    weight: FloatArray
    error: FloatArray
    cells: FloatArray | None
    even: bool


def _hermite(order: int, even: bool) -> GaussianRule:
    nodes, weights = np.polynomial.hermite_e.hermegauss(order)
    weights = weights / np.sqrt(2.0 * np.pi)
    half = nodes > 0.0 if even else np.ones(order, dtype=bool)
    xi, eta = np.meshgrid(nodes, nodes[half], indexing="ij")
    weight = (2.0 if even else 1.0) * np.outer(weights, weights[half])
    return GaussianRule(xi.ravel(), eta.ravel(), weight.ravel(), np.full(1, np.inf), None, even)


def _on_cells(cells: FloatArray, order: int, even: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return xi, eta, weight of a product rule in polar coordinates on each cell, shape (cells, nodes of one cell)."""
    radius, wr = panels(cells[:, 0], cells[:, 1], order)
    angle, wa = panels(cells[:, 2], cells[:, 3], order)
    wr = wr * radius * np.exp(-0.5 * radius**2) / (2.0 * np.pi)
    wa = wa * (2.0 if even else 1.0)

    def product(x: FloatArray, y: FloatArray) -> FloatArray:
        return np.asarray((x[:, :, None] * y[:, None, :]).reshape(len(cells), -1))

    return product(radius, np.cos(angle)), product(radius, np.sin(angle)), product(wr, wa)


def _cut(cells: FloatArray, axis: int) -> FloatArray:
    """Return the two halves of each cell along an axis (0: radius, 1: angle), shape (cells, 2, 4)."""
    middle = 0.5 * (cells[:, 2 * axis] + cells[:, 2 * axis + 1])
    halves = np.repeat(cells[:, None, :], 2, axis=1)
    halves[:, 0, 2 * axis + 1] = middle
    halves[:, 1, 2 * axis] = middle
    return halves


@dataclass
class _Leaves:
    """Cells with their integrals, and those of the halves they could be cut into along either axis.

    Shapes: cells (n, 4), value and absolute (n, components), half_value and half_absolute (n, axis, half,
    components).
    """

    cells: FloatArray
    value: FloatArray
    absolute: FloatArray
    half_value: FloatArray
    half_absolute: FloatArray

    def change(self) -> FloatArray:
        """How much each integral changes when the cell is cut, shape (n, axis, components)."""
        change: FloatArray = np.abs(self.half_value.sum(axis=2) - self.value[:, None, :])
        return change

    def take(self, index: NDArray[np.bool_]) -> _Leaves:
        return _Leaves(
            self.cells[index],
            self.value[index],
            self.absolute[index],
            self.half_value[index],
            self.half_absolute[index],
        )


class _Cubature:
    """Subdivision of the plane, refined one generation at a time."""

    def __init__(self, integrand: Integrand, order: int, even: bool) -> None:
        self._integrand = integrand
        self._order = order
        self._even = even
        radii = (0.0, 2.0, 4.0, GAUSSIAN_RANGE)
        sectors = 0.5 * np.pi * np.arange(2 if even else 4)
        cells = [(a, b, c, c + 0.5 * np.pi) for a, b in pairwise(radii) for c in sectors]
        self.leaves = self._grow(np.array(cells), *self._integrate(np.array(cells)))

    def _integrate(self, cells: FloatArray) -> tuple[FloatArray, FloatArray]:
        xi, eta, weight = _on_cells(cells, self._order, self._even)
        values = self._integrand(xi.ravel(), eta.ravel()).reshape(-1, *xi.shape)
        mean: FloatArray = np.einsum("cij,ij->ic", values, weight)
        mean_absolute: FloatArray = np.einsum("cij,ij->ic", np.abs(values), weight)
        return mean, mean_absolute

    def _grow(self, cells: FloatArray, value: FloatArray, absolute: FloatArray) -> _Leaves:
        halves = np.stack([_cut(cells, axis) for axis in (0, 1)], axis=1)
        half_value, half_absolute = self._integrate(halves.reshape(-1, 4))
        shape = (len(cells), 2, 2, -1)
        return _Leaves(cells, value, absolute, half_value.reshape(shape), half_absolute.reshape(shape))

    def cut(self, chosen: NDArray[np.bool_], axis: NDArray[np.intp]) -> None:
        """Replace the chosen cells by their halves along `axis`, one entry per chosen cell."""
        parents, rest = self.leaves.take(chosen), self.leaves.take(~chosen)
        row = np.arange(len(axis))
        both = np.stack([_cut(parents.cells, direction) for direction in (0, 1)], axis=1)
        children = self._grow(
            both[row, axis].reshape(-1, 4),
            parents.half_value[row, axis].reshape(2 * len(axis), -1),
            parents.half_absolute[row, axis].reshape(2 * len(axis), -1),
        )
        self.leaves = _Leaves(
            np.concatenate([rest.cells, children.cells]),
            np.concatenate([rest.value, children.value]),
            np.concatenate([rest.absolute, children.absolute]),
            np.concatenate([rest.half_value, children.half_value]),
            np.concatenate([rest.half_absolute, children.half_absolute]),
        )

    def rule(self, target: FloatArray) -> GaussianRule:
        """Return the rule on the leaves, without those too light to matter."""
        leaves = self.leaves
        light = (leaves.absolute / target).max(axis=1) < 0.01 / len(leaves.cells)
        cells = leaves.cells[~light]
        xi, eta, weight = _on_cells(cells, self._order, self._even)
        error = leaves.change().max(axis=1).sum(axis=0) + leaves.absolute[light].sum(axis=0)
        return GaussianRule(xi.ravel(), eta.ravel(), weight.ravel(), error, cells, self._even)


def gaussian_rule(
    integrand: Integrand,
    tolerance: FloatArray,
    floor: FloatArray,
    *,
    even: bool = False,
    smooth: bool = False,
    max_nodes: int = 200_000,
) -> GaussianRule:
    """Adapt a rule for E F(xi, eta), xi and eta independent standard normal variables.

    Cells in polar coordinates are cut in two, in whichever direction changes the integral more, until the
    changes summed over all cells are below ``tolerance[c] * max(|E F_c|, floor[c])`` for each component c.
    Polar, because the fronts where a tilted measure jumps from one peak to another leave the origin almost as
    rays.

    Parameters
    ----------
    integrand : callable
        Maps xi, eta of shape (m,) to an array of shape (components, m).
    tolerance, floor : float64 arrays of shape (components,)
        Relative tolerance of each component, and the scale below which it becomes absolute; both positive.
    even : bool
        Set when F(-xi, -eta) = F(xi, eta): half the plane is integrated and doubled.
    smooth : bool
        Set when F is known to vary on a scale of order one only. Gauss-Hermite products of growing order are
        then tried first and accepted when two agree; they are blind to narrow structure between their nodes.
    max_nodes : int
        Give up beyond this many nodes.

    Returns
    -------
    GaussianRule

    Raises
    ------
    NotConvergedError
        If the rule would need more than `max_nodes` nodes; the message gives the error reached.
    """
    hermite = _agreeing_hermite(integrand, tolerance, floor, even) if smooth else None
    if hermite is not None:
        return hermite
    order = _HIGH_ORDER if tolerance.min() < 1e-6 else _LOW_ORDER
    cubature = _Cubature(integrand, order, even)
    while True:
        leaves = cubature.leaves
        target = _target(leaves.value.sum(axis=0), leaves.absolute.sum(axis=0), tolerance, floor)
        excess = (leaves.change() / target).max(axis=2)
        worst = excess.max(axis=1)
        if worst.sum() <= 1.0:
            return cubature.rule(target)
        chosen = worst > 0.5 / len(worst)
        if (len(worst) + chosen.sum()) * order**2 > max_nodes:
            raise NotConvergedError(
                f"a Gaussian average misses its tolerance by a factor {worst.sum():.1e} with "
                f"{len(worst) * order**2} nodes (limit {max_nodes})"
            )
        cubature.cut(chosen, excess[chosen].argmax(axis=1))


def _target(mean: FloatArray, mean_absolute: FloatArray, tolerance: FloatArray, floor: FloatArray) -> FloatArray:
    """Return the acceptable error of each component; rounding bounds it from below."""
    return np.asarray(np.maximum(tolerance * np.maximum(np.abs(mean), floor), 1e-14 * mean_absolute))


def _agreeing_hermite(
    integrand: Integrand, tolerance: FloatArray, floor: FloatArray, even: bool
) -> GaussianRule | None:
    previous: tuple[GaussianRule, FloatArray] | None = None
    for order in _HERMITE_ORDERS:
        rule = _hermite(order, even)
        values = integrand(rule.xi, rule.eta)
        mean = values @ rule.weight
        if previous is not None:
            error = np.abs(mean - previous[1])
            if np.all(error <= _target(mean, np.abs(values) @ rule.weight, tolerance, floor)):
                return replace(previous[0], error=error)
        previous = rule, mean
    return None
