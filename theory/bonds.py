"""The couplings of one network: what TAP equations and spectra are computed from.

Where `theory.layered_sk` knows a network by its widths and variances, here every single weight counts. Ising
spins s_i have the energy H(s) = - sum_{i<j} J_ij s_i s_j - sum_i b_i s_i with a symmetric J without diagonal; in a
layered network J has the weight matrices W^k as the blocks between layers k - 1 and k and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from theory.arrays import FloatArray
from theory.layered_sk import LayeredCouplings

Blocks = tuple[tuple[FloatArray, FloatArray], ...]


class Bonds(Protocol):
    """A symmetric coupling matrix known by its products; columns of an array are different states."""

    @property
    def spins(self) -> int:
        """Number of spins N."""

    @property
    def fields(self) -> FloatArray:
        """External fields b_i, shape (N,), in units of energy."""

    def apply(self, states: FloatArray) -> FloatArray:
        """Return J @ states, shape (N,) or (N, columns) as given."""

    def apply_squares(self, states: FloatArray) -> FloatArray:
        """Return the matrix of the J_ij^2 times states, shape as given."""

    def dense(self) -> FloatArray:
        """Return J, shape (N, N)."""


class LayeredBonds:
    """The bonds of a layered network: neighbouring layers only.

    Parameters
    ----------
    weights : iterable of array
        W^1 .. W^L, shapes (N_{k-1}, N_k): entry [i, j] couples spin i of layer k - 1 and spin j of layer k.
    fields : array, shape (N,), optional
        External fields, layer after layer; none by default.

    Raises
    ------
    ValueError
        If the matrices do not chain, are empty or not finite, or the fields are not one finite number a spin.
    """

    def __init__(self, weights: Iterable[ArrayLike], fields: ArrayLike | None = None) -> None:
        self.weights = tuple(_checked_matrix(k, matrix) for k, matrix in enumerate(weights, start=1))
        if not self.weights:
            raise ValueError("weights: got no matrix; give at least one, shape (N_0, N_1)")
        for k, (before, after) in enumerate(pairwise(self.weights), start=2):
            if before.shape[1] != after.shape[0]:
                raise ValueError(
                    f"weights: matrix {k} has {after.shape[0]} rows, but layer {k - 1} has {before.shape[1]} neurons"
                )
        self.widths = (self.weights[0].shape[0], *(matrix.shape[1] for matrix in self.weights))
        self.fields = _checked_fields(fields, self.spins)

    @property
    def spins(self) -> int:
        """Number of spins, N = sum of the widths."""
        return sum(self.widths)

    @cached_property
    def layers(self) -> tuple[slice, ...]:
        """Where each layer's spins are, in the order of the layers."""
        ends = np.cumsum([0, *self.widths]).tolist()
        return tuple(slice(start, stop) for start, stop in pairwise(ends))

    @cached_property
    def _blocks(self) -> Blocks:
        return _with_transposes(self.weights)

    @cached_property
    def _square_blocks(self) -> Blocks:
        return _with_transposes(matrix**2 for matrix in self.weights)

    def apply(self, states: FloatArray) -> FloatArray:
        """Return J @ states."""
        return self._product(self._blocks, states)

    def apply_squares(self, states: FloatArray) -> FloatArray:
        """Return the matrix of the J_ij^2 times states."""
        return self._product(self._square_blocks, states)

    def _product(self, blocks: Blocks, states: FloatArray) -> FloatArray:
        product = np.zeros(states.shape)
        for (block, transpose), (below, above) in zip(blocks, pairwise(self.layers), strict=True):
            product[below] += block @ states[above]
            product[above] += transpose @ states[below]
        return product

    def dense(self) -> FloatArray:
        """Return J, shape (N, N)."""
        matrix = np.zeros((self.spins, self.spins))
        for block, (below, above) in zip(self.weights, pairwise(self.layers), strict=True):
            matrix[below, above] = block
            matrix[above, below] = block.T
        return matrix

    def variances(self) -> LayeredCouplings:
        """Return widths and mean squared weights, the random network of the same coupling strengths."""
        return LayeredCouplings.from_variances(self.widths, [float(np.mean(matrix**2)) for matrix in self.weights])


@dataclass(frozen=True)
class DenseBonds:
    """Any symmetric coupling matrix, held in full; `from_matrix` checks it.

    Attributes
    ----------
    matrix : float64 array, shape (N, N)
    fields : float64 array, shape (N,)
    """

    matrix: FloatArray
    fields: FloatArray

    @classmethod
    def from_matrix(cls, matrix: ArrayLike, fields: ArrayLike | None = None) -> DenseBonds:
        """Return the bonds of a symmetric matrix.

        Raises
        ------
        ValueError
            If it is not square, finite and symmetric with a zero diagonal.
        """
        couplings = np.array(matrix, dtype=np.float64)
        if couplings.ndim != 2 or couplings.shape[0] != couplings.shape[1] or not couplings.size:
            raise ValueError(f"matrix: got shape {couplings.shape}; give a square matrix, shape (N, N)")
        if not np.all(np.isfinite(couplings)):
            raise ValueError("matrix: an entry is not finite; every coupling must be")
        if not np.array_equal(couplings, couplings.T) or np.any(np.diag(couplings)):
            raise ValueError("matrix: it is not symmetric with a zero diagonal; J_ij = J_ji and J_ii = 0")
        return cls(couplings, _checked_fields(fields, len(couplings)))

    @property
    def spins(self) -> int:
        """Number of spins N."""
        return len(self.matrix)

    @cached_property
    def _squares(self) -> FloatArray:
        squares: FloatArray = self.matrix**2
        return squares

    def apply(self, states: FloatArray) -> FloatArray:
        """Return J @ states."""
        product: FloatArray = self.matrix @ states
        return product

    def apply_squares(self, states: FloatArray) -> FloatArray:
        """Return the matrix of the J_ij^2 times states."""
        product: FloatArray = self._squares @ states
        return product

    def dense(self) -> FloatArray:
        """Return J."""
        return self.matrix.copy()


def random_bonds(couplings: LayeredCouplings, seed: int) -> LayeredBonds:
    """Return a network with independent Gaussian weights of the given widths and variances, without fields."""
    generator = np.random.default_rng(seed)
    shapes = pairwise(couplings.widths)
    return LayeredBonds(
        np.sqrt(variance) * generator.standard_normal(shape)
        for variance, shape in zip(couplings.variances, shapes, strict=True)
    )


def _with_transposes(matrices: Iterable[FloatArray]) -> Blocks:
    """Return each matrix beside its transpose, both with rows in one piece: BLAS is up to ten times faster there."""
    return tuple((matrix, np.ascontiguousarray(matrix.T)) for matrix in matrices)


def _checked_matrix(number: int, matrix: ArrayLike) -> FloatArray:
    values = np.ascontiguousarray(matrix, dtype=np.float64)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"weights: matrix {number} has shape {values.shape}; give 2-d arrays that are not empty")
    if not np.all(np.isfinite(values)):
        raise ValueError(f"weights: matrix {number} has an entry that is not finite; every weight must be")
    return values


def _checked_fields(fields: ArrayLike | None, spins: int) -> FloatArray:
    values = np.zeros(spins) if fields is None else np.array(fields, dtype=np.float64)
    if values.shape != (spins,) or not np.all(np.isfinite(values)):
        raise ValueError(f"fields: got shape {values.shape}; give one finite number for each of the {spins} spins")
    return values
