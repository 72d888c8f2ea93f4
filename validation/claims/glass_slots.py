"""Random layered networks below T_c: at which slots, what is measured of copies there, and what is predicted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from validation.claims.base import NotApplicableError, require_copies, require_sizes
from validation.claims.overlap_law import OverlapLaw, full_breaking, no_breaking
from validation.claims.points import Point, Quantity
from validation.numbers.arrays import FloatArray
from validation.numbers.copies import pair_statistics
from validation.numbers.estimate import Estimate, control_variate
from validation.numbers.spread import Spread, spread
from validation.runs.spin_family import SpinFamily, bond_strengths, coupling_strength, couplings_of
from validation.runs.spin_overlaps import SlotOverlaps, slot_overlaps
from validation.runs.spins import MeasuredRun

# Where the smooth part of P(q) has weight enough, and N is large enough for the scaling of the glass, in units of T_c.
WINDOW = (0.38, 0.65)
COPIES = 4
FEWEST_SAMPLES = 24

Observable = Callable[[SlotOverlaps], FloatArray]
Measure = Callable[[MeasuredRun, int], Estimate]
# Of a family at a temperature with this law of full breaking, by whose overlaps some of them measure.
Quantities = Callable[[SpinFamily, OverlapLaw], Sequence[Quantity]]


def averaged(observable: Observable) -> Measure:
    """Measure the disorder average of a function of pairs, with the exact controls."""

    def measure(run: MeasuredRun, slot: int) -> Estimate:
        overlaps = slot_overlaps(run, slot)
        samples = observable(overlaps).mean(axis=(1, 2))
        return _seen(run, control_variate(samples, exact_controls(run, slot, overlaps), 0.0))

    return measure


def spread_of(observable: Observable, part: Callable[[Spread], Estimate]) -> Measure:
    """Measure how a function of pairs varies."""
    return lambda run, slot: _seen(run, part(spread(pair_statistics(observable(slot_overlaps(run, slot))))))


def energy(run: MeasuredRun, slot: int) -> Estimate:
    """Measure the energy per spin, with the same controls."""
    controls = exact_controls(run, slot, slot_overlaps(run, slot))
    # Two degrees of freedom of 23 and more are not counted.
    return replace(control_variate(run.energies[:, slot], controls, 0.0), controls=0)


def _seen(run: MeasuredRun, estimate: Estimate) -> Estimate:
    """Return an estimate whose error is not zero: what no sample has seen may be seen in one of as many again."""
    return estimate if estimate.error > 0 else replace(estimate, error=1.0 / run.samples)


def exact_controls(run: MeasuredRun, slot: int, overlaps: SlotOverlaps) -> FloatArray:
    """Return two numbers of each sample whose disorder average is zero at every size, (samples, 2).

    The coupling strength less its mean, and the residual of the identity between energy and overlaps,
    [<H>]/N = -beta sum_k w_k (1 - [<q_{k-1} q_k>]): with it, averages of overlaps inherit the energy's small error.
    """
    strength, expected = coupling_strength(run)
    neighbours = overlaps.neighbours.mean(axis=(1, 2))
    residual = run.energies[:, slot] + run.betas[slot] * ((1.0 - neighbours) @ bond_strengths(run))
    return np.stack([strength - expected, residual], axis=1)


def laws_at(family: SpinFamily, entry: int) -> tuple[OverlapLaw, OverlapLaw]:
    """Return what full replica symmetry breaking predicts at an entry of the family's slots, and what none does."""
    couplings, temperature = couplings_of(family.largest), float(family.temperatures[entry])
    return full_breaking(couplings, temperature), no_breaking(couplings, temperature)


def glass_entries(family: SpinFamily, window: tuple[float, float] = WINDOW) -> list[int]:
    """Return the coldest and the warmest of the family's common temperatures inside a window.

    Those between repeat them, for replicas wander between temperatures: more comparisons would share the level without
    adding to what is known.

    Raises
    ------
    NotApplicableError
        Where there are none, or the runs have too few copies, sizes or samples.
    """
    require_copies(family, COPIES)
    require_sizes(family, 3, FEWEST_SAMPLES)
    chosen = family.between(*window)
    if not chosen:
        low, high = (factor * family.critical_temperature for factor in window)
        raise NotApplicableError(f"needs temperatures between {low:.3g} and {high:.3g} that all sizes have")
    return chosen if len(chosen) == 1 else [chosen[0], chosen[-1]]


def glass_points(quantities: Quantities, family: SpinFamily) -> list[Point]:
    """Put quantities in the glass beside full breaking, and beside none, their negative control."""
    rows = [(i, *laws_at(family, i)) for i in glass_entries(family)]
    return [quantity.point(family, i, full, none) for i, full, none in rows for quantity in quantities(family, full)]
