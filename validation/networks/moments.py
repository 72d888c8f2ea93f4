"""Moments of overlaps between copies and of projections on a direction: Binder ratios and susceptibilities.

g = (3 - <x^4>/<x^2>^2)/2 is 0 for Gaussian x and 1 where |x| is sharp; N independent spins give 1/N. For overlaps of
copies it means less near a transition than for magnetisations: a mode about to condense contributes x_a x_b, a product
of two Gaussians with g = -3, to an overlap whose other modes have g = 0. The projection x = s.v on the mode itself
goes from 0 to 1 without such a dip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from validation.networks.sampled_spins import SampledSpins
from validation.numbers.arrays import FloatArray
from validation.numbers.blocks import Estimates, block_jackknife


@dataclass(frozen=True, eq=False)
class Moments:
    """Binder ratio and susceptibilities, (slots, names): of `SampledSpins.overlap_names`, or of one projection."""

    temperatures: FloatArray  #: (slots,)
    binder: Estimates  #: (3 - <x^4>/<x^2>^2)/2
    susceptibility: Estimates  #: N <x^2>; 1 for independent spins
    spread: Estimates  #: N (<x^2> - <|x|>^2), which peaks where the order melts


def overlap_moments(samples: Sequence[SampledSpins]) -> Moments:
    """Return the moments of the overlaps between copies, per layer and over all spins, of repeats with equal slots."""
    first = samples[0]
    # Pairs share copies, so that they are one chain; slots stay together, since exchanges tie them.
    slots = range(first.temperatures.size)
    chains = np.stack(
        [np.stack([_powers(sample.overlaps(slot)).mean(axis=1) for slot in slots], axis=1) for sample in samples]
    )
    return _moments(first.temperatures, chains, np.array([*first.widths, first.spins], dtype=np.float64))


def projection_moments(samples: Sequence[SampledSpins], direction: FloatArray) -> Moments:
    """Return the moments of x = s.v/(|v| N^{1/2}) for a direction v (N,), over all states of repeats on one network."""
    chains = projection_chains(samples, direction)
    return _moments(samples[0].temperatures, chains, np.array([float(direction.size)]))


def projection_chains(samples: Sequence[SampledSpins], direction: FloatArray) -> FloatArray:
    """Return |x|, x^2, x^4 of every independent chain, shape (chains, measurements, slots, 1, 3)."""
    x = np.stack([sample.projections(direction) for sample in samples])  # repeats, slots, measurements, copies
    chains = np.moveaxis(x, (3, 2), (1, 2)).reshape(-1, x.shape[2], x.shape[1])
    return _powers(chains[..., np.newaxis])


def _powers(x: FloatArray) -> FloatArray:
    return np.stack([np.abs(x), x**2, x**4], axis=-1)


def binder_of(averages: FloatArray) -> FloatArray:
    """Return (3 - <x^4>/<x^2>^2)/2 from averages of |x|, x^2, x^4 along the last axis."""
    return np.asarray((3 - averages[..., 2] / averages[..., 1] ** 2) / 2)


def spread_of(averages: FloatArray) -> FloatArray:
    """Return <x^2> - <|x|>^2 from averages of |x|, x^2, x^4 along the last axis."""
    return np.asarray(averages[..., 1] - averages[..., 0] ** 2)


def _moments(temperatures: FloatArray, chains: FloatArray, sizes: FloatArray) -> Moments:
    return Moments(
        temperatures=temperatures,
        binder=block_jackknife(chains, binder_of),
        susceptibility=block_jackknife(chains, lambda a: np.asarray(sizes * a[..., 1])),
        spread=block_jackknife(chains, lambda a: sizes * spread_of(a)),
    )
