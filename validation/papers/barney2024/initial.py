"""The state before training: random networks against the layered Sherrington-Kirkpatrick theory, without data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from theory.bonds import random_bonds
from theory.layered_sk import LayeredCouplings, critical_temperature, replicon, solve_rs
from theory.tap import instability
from validation.numbers.arrays import FloatArray

# Bond layers of a network with three hidden ones; for identical layers T_c = sqrt(2 C cos(pi/(L + 2))).
BOND_LAYERS = 4
_REDUCED_BETAS = np.linspace(0.1, 2.0, 39)


@dataclass(frozen=True, eq=False)
class HessianCurve:
    """Least eigenvalue of the replicated action's Hessian against beta, for fan-in initial weights.

    In the replicon sector, in units that make it one at infinite temperature, it is one less the spectral radius of
    beta^2 sqrt(chi) A sqrt(chi).
    """

    critical_temperature: float
    strongest_pair: float  #: T_c if the most strongly coupled pair of layers were alone
    beta: FloatArray  #: (n,)
    paramagnet: FloatArray  #: at q = 0, (n,)
    replica_symmetric: FloatArray  #: at the replica-symmetric saddle point, (n,)


@dataclass(frozen=True, eq=False)
class Approaches:
    """Where the least eigenvalue of I - M comes closest to zero, and how close, for random networks of one size."""

    widths: tuple[int, ...]
    temperatures: FloatArray  #: (networks,)
    least: FloatArray  #: (networks,)
    crossings: int  #: networks in which it crosses zero


@dataclass(frozen=True, eq=False)
class TrainedShape:
    """Random networks of the trained ones' shape at several sizes, and the theory's Hessian."""

    sizes: tuple[Approaches, ...]
    curve: HessianCurve


@dataclass(frozen=True, eq=False)
class IdenticalLayers:
    """Random networks of five identical layers at several sizes, with T_c as an eigenvalue."""

    sizes: tuple[Approaches, ...]
    eigenvalue: float


def hessian_curve(widths: Sequence[int]) -> HessianCurve:
    """Return the stability of the replicated action against beta."""
    couplings = LayeredCouplings.from_convention(widths, "fan-in")
    t_c = critical_temperature(couplings)
    betas = _REDUCED_BETAS / t_c
    temperatures, zero = (1 / betas).tolist(), np.zeros(len(widths))
    return HessianCurve(
        critical_temperature=t_c,
        strongest_pair=math.sqrt(float(couplings.neighbour_couplings.max())),
        beta=betas,
        paramagnet=np.array([1 - replicon(couplings, t, zero) for t in temperatures]),
        replica_symmetric=np.array([1 - replicon(couplings, t, solve_rs(couplings, t).overlaps) for t in temperatures]),
    )


def approaches(widths: Sequence[int], count: int, seed: int) -> Approaches:
    """Return where `count` random networks of these widths come closest to instability."""
    couplings = LayeredCouplings.from_convention(widths, "fan-in")
    networks = [instability(random_bonds(couplings, seed + number)) for number in range(count)]
    return Approaches(
        widths=tuple(widths),
        temperatures=np.array([network.lowest_temperature for network in networks]),
        least=np.array([network.lowest for network in networks]),
        crossings=sum(network.kind == "crossing" for network in networks),
    )


def trained_shape(widths: Sequence[int], sizes: Sequence[tuple[float, int]]) -> TrainedShape:
    """Return the approaches of networks of this shape at several sizes, each with a number of networks."""
    rows = [
        approaches([max(2, round(width * size)) for width in widths], count, 1000 * (number + 1))
        for number, (size, count) in enumerate(sizes)
    ]
    return TrainedShape(tuple(rows), hessian_curve(widths))


def identical_layers(width: int, sizes: Sequence[tuple[float, int]]) -> IdenticalLayers:
    """Return the approaches of identical layers at several sizes, and T_c as an eigenvalue."""
    layers = BOND_LAYERS + 1
    rows = [
        approaches([max(4, round(width * size))] * layers, count, 10_000 + 1000 * number)
        for number, (size, count) in enumerate(sizes)
    ]
    eigenvalue = critical_temperature(LayeredCouplings.from_convention([width] * layers, "fan-in"))
    return IdenticalLayers(tuple(rows), eigenvalue)


def closed_form(bond_layers: int = BOND_LAYERS, strength: float = 1.0) -> float:
    """Return T_c = sqrt(2 C cos(pi/(L + 2))) of L + 1 identical layers with sigma^2 = C/N."""
    return math.sqrt(2 * strength * math.cos(math.pi / (bond_layers + 2)))
