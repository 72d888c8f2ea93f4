"""The state before training: random networks against the layered Sherrington-Kirkpatrick theory, without data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from theory.bonds import random_bonds
from theory.layered_sk import LayeredCouplings, critical_temperature, replicon, solve_rs
from theory.tap import instability

Values = dict[str, Any]

# Bond layers of a network with three hidden ones; for identical layers T_c = sqrt(2 C cos(pi/(L + 2))).
BOND_LAYERS = 4
_REDUCED_BETAS = np.linspace(0.1, 2.0, 39)


def hessian_curve(widths: Sequence[int]) -> Values:
    """Return the least eigenvalue of the replicated action's Hessian against beta, for fan-in initial weights.

    In the replicon sector, in units that make it one at infinite temperature, it is one less the spectral radius of
    beta^2 sqrt(chi) A sqrt(chi): at q = 0 (the paramagnet) and at the replica-symmetric saddle point.
    """
    couplings = LayeredCouplings.from_convention(widths, "fan-in")
    t_c = critical_temperature(couplings)
    betas = (_REDUCED_BETAS / t_c).tolist()
    zero = np.zeros(len(widths))
    at_saddle = [1 - replicon(couplings, 1 / beta, solve_rs(couplings, 1 / beta).overlaps) for beta in betas]
    return {
        "critical_temperature": t_c,
        "strongest_pair": math.sqrt(float(couplings.neighbour_couplings.max())),
        "beta": betas,
        "paramagnet": [1 - replicon(couplings, 1 / beta, zero) for beta in betas],
        "replica_symmetric": at_saddle,
    }


def touching(widths: Sequence[int], convention: str, count: int, seed: int) -> Values:
    """Return where the least eigenvalue of I - M comes closest to zero, and how close, for `count` random networks."""
    couplings = LayeredCouplings.from_convention(widths, convention)
    found = [instability(random_bonds(couplings, seed + number)) for number in range(count)]
    return {
        "widths": list(widths),
        "spins": sum(widths),
        "temperatures": [one.lowest_temperature for one in found],
        "least": [one.lowest for one in found],
        "crossings": sum(one.kind == "crossing" for one in found),
    }


def shape_series(widths: Sequence[int], sizes: Sequence[tuple[float, int]]) -> Values:
    """Return `touching` of networks of this shape at several sizes."""
    rows = []
    for number, (size, count) in enumerate(sizes):
        scaled = [max(2, round(width * size)) for width in widths]
        rows.append(touching(scaled, "fan-in", count, 1000 * (number + 1)))
        rows[-1]["predicted"] = critical_temperature(LayeredCouplings.from_convention(scaled, "fan-in"))
    return {"sizes": rows, "curve": hessian_curve(widths)}


def identical_series(width: int, sizes: Sequence[tuple[float, int]]) -> Values:
    """Return `touching` of identical layers at several sizes, the closed form and the eigenvalue."""
    rows = []
    for number, (size, count) in enumerate(sizes):
        layers = [max(4, round(width * size))] * (BOND_LAYERS + 1)
        rows.append(touching(layers, "fan-in", count, 10_000 + 1000 * number))
    couplings = LayeredCouplings.from_convention([width] * (BOND_LAYERS + 1), "fan-in")
    return {
        "sizes": rows,
        "closed_form": closed_form(BOND_LAYERS),
        "eigenvalue": critical_temperature(couplings),
        "one_layer_less": closed_form(BOND_LAYERS - 1),
    }


def closed_form(bond_layers: int, strength: float = 1.0) -> float:
    """Return T_c = sqrt(2 C cos(pi/(L + 2))) of L + 1 identical layers with sigma^2 = C/N."""
    return math.sqrt(2 * strength * math.cos(math.pi / (bond_layers + 2)))
