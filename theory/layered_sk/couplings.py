"""Widths and coupling variances of a layered spin model: all that its free energy depends on."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from theory.arrays import FloatArray

VARIANCE_CONVENTIONS = ("fan-in", "symmetric")
# Bounds that keep every product in the solver representable; no physical network comes near them.
LARGEST_WIDTH = 10**15
VARIANCE_RANGE = (1e-250, 1e250)
SCALE_RANGE = (1e-200, 1e200)


@dataclass(frozen=True)
class LayeredCouplings:
    """Gaussian couplings between neighbouring layers of Ising spins.

    Bond layer k = 1..L couples spin layers k-1 and k: H = - sum_k sum_ij J^k_ij s^{k-1}_i s^k_j, with
    independent J^k_ij of mean zero and variance sigma_k^2. Every bond counts once. `from_convention` and
    `from_variances` accept any iterables; the constructor expects tuples.

    Attributes
    ----------
    widths : tuple of int
        Spins per layer, N_0 .. N_L; at least two layers.
    variances : tuple of float
        sigma_1^2 .. sigma_L^2, one per bond layer, in squared units of energy.

    Raises
    ------
    ValueError
        If a width is not a whole number from 1 to 1e15, if there are fewer than two, or if the variances are
        not one positive finite number per bond layer.
    """

    widths: tuple[int, ...]
    variances: tuple[float, ...]

    def __post_init__(self) -> None:
        check_widths(self.widths)
        _check_variances(self.variances, bond_layers=len(self.widths) - 1)

    @classmethod
    def from_variances(cls, widths: Iterable[int], variances: Iterable[float]) -> LayeredCouplings:
        """Build from explicit variances, for instance those measured on a weight file.

        Parameters
        ----------
        widths : iterable of int, length L + 1
        variances : iterable of float, length L

        Raises
        ------
        ValueError
            As the constructor.
        """
        return cls(tuple(_whole(width) for width in widths), tuple(float(variance) for variance in variances))

    @classmethod
    def from_convention(cls, widths: Iterable[int], convention: str, scale: float = 1.0) -> LayeredCouplings:
        """Build from an initialisation rule.

        Parameters
        ----------
        widths : iterable of int, length L + 1
        convention : {"fan-in", "symmetric"}
            fan-in: sigma_k^2 = C / N_{k-1}. symmetric: sigma_k^2 = C / sqrt(N_{k-1} N_k).
        scale : float
            C, in squared units of energy.

        Raises
        ------
        ValueError
            For an unknown convention, a scale outside 1e-200..1e200, or as the constructor.
        """
        layers = tuple(_whole(width) for width in widths)
        check_widths(layers)
        if not SCALE_RANGE[0] <= scale <= SCALE_RANGE[1]:
            raise ValueError(f"scale: got {scale!r}; give a positive number from 1e-200 to 1e200")
        if convention not in VARIANCE_CONVENTIONS:
            raise ValueError(f"convention: got {convention!r}; give one of {', '.join(VARIANCE_CONVENTIONS)}")
        bonds = pairwise(layers)
        if convention == "fan-in":
            return cls(layers, tuple(scale / below for below, _ in bonds))
        return cls(layers, tuple(scale / math.sqrt(below * above) for below, above in bonds))

    @property
    def total_spins(self) -> int:
        """N = sum of the widths; densities "per spin" are divided by it."""
        return sum(self.widths)

    @cached_property
    def layer_fractions(self) -> FloatArray:
        """N_k / N, shape (L + 1,)."""
        return _read_only(np.array(self.widths, dtype=np.float64) / self.total_spins)

    @cached_property
    def bond_weights(self) -> FloatArray:
        """sigma_k^2 N_{k-1} N_k / N, shape (L,). Their sum W is the variance of H per spin."""
        widths = np.array(self.widths, dtype=np.float64)
        return _read_only(np.array(self.variances) * widths[:-1] * self.layer_fractions[1:])

    @cached_property
    def neighbour_couplings(self) -> FloatArray:
        """A_{k-1,k} = sigma_k^2 sqrt(N_{k-1} N_k), shape (L,): what is not zero in `coupling_matrix`."""
        root_widths = np.sqrt(np.array(self.widths, dtype=np.float64))
        return _read_only(np.array(self.variances) * root_widths[:-1] * root_widths[1:])

    @property
    def coupling_matrix(self) -> FloatArray:
        """The symmetric tridiagonal A_kk' = sigma_kk'^2 sqrt(N_k N_k'), shape (L + 1, L + 1)."""
        return np.diag(self.neighbour_couplings, 1) + np.diag(self.neighbour_couplings, -1)

    @cached_property
    def from_above(self) -> FloatArray:
        """sigma_{k+1}^2 N_{k+1}, shape (L,): what layer k = 0..L-1 receives from layer k + 1."""
        return _read_only(np.array(self.variances) * np.array(self.widths[1:], dtype=np.float64))

    @cached_property
    def from_below(self) -> FloatArray:
        """sigma_k^2 N_{k-1}, shape (L,): what layer k = 1..L receives from layer k - 1."""
        return _read_only(np.array(self.variances) * np.array(self.widths[:-1], dtype=np.float64))

    def field_variances(self, overlaps: FloatArray) -> FloatArray:
        """Return R_k = sum over neighbouring layers k' of sigma_kk'^2 N_k' q_k', shape (L + 1,)."""
        variances = np.zeros(len(self.widths))
        variances[:-1] += self.from_above * overlaps[1:]
        variances[1:] += self.from_below * overlaps[:-1]
        return variances


def check_widths(widths: tuple[int, ...]) -> None:
    """Raise ValueError unless these are at least two whole numbers from 1 to 1e15."""
    if len(widths) < 2:
        raise ValueError(f"widths: got {len(widths)} layer(s); give at least two, such as 784,400,10")
    for width in widths:
        if not 1 <= _whole(width) <= LARGEST_WIDTH:
            raise ValueError(f"widths: got {width}; every layer needs a whole number of spins from 1 to 1e15")


def _check_variances(variances: tuple[float, ...], bond_layers: int) -> None:
    if len(variances) != bond_layers:
        raise ValueError(f"variances: got {len(variances)}; give one for each of the {bond_layers} bond layers")
    for variance in variances:
        # Written so that NaN, which compares false with everything, is refused too.
        if not VARIANCE_RANGE[0] <= variance <= VARIANCE_RANGE[1]:
            raise ValueError(f"variances: got {variance!r}; every one must be positive and finite")


def _whole(width: int) -> int:
    try:
        return operator.index(width)
    except TypeError:
        raise ValueError(f"widths: got {width!r}; every layer needs a whole number of spins") from None


def _read_only(array: FloatArray) -> FloatArray:
    array.flags.writeable = False
    return array
