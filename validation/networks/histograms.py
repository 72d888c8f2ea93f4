"""Distributions of the overlap between copies at one temperature, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcsim.estimators.jackknife import mean_and_error
from validation.networks.sampled_spins import SampledSpins
from validation.numbers.arrays import FloatArray

# Far fewer than a layer of a few hundred spins has values of q, so that bins hold about equally many of them.
_MOST_BINS = 50


@dataclass(frozen=True, eq=False)
class OverlapHistogram:
    """P(q) of one layer, or of all spins."""

    name: str  #: of `SampledSpins.overlap_names`
    spins: int
    edges: FloatArray  #: from about -1 to about 1, between values that q can take, (bins + 1,)
    #: Of unit area, (bins,); symmetric where s -> -s is a symmetry, since q and -q then speak of the same states.
    density: FloatArray
    error: FloatArray  #: from the spread between ladders, of which a pair of copies is one, (bins,)


def overlap_histograms(samples: Sequence[SampledSpins], temperature: float) -> list[OverlapHistogram]:
    """Return P(q) of every layer and of all spins, of repeats on one network, at the slot nearest to a temperature."""
    first = samples[0]
    slot = first.nearest(temperature)
    q = np.stack([sample.overlaps(slot) for sample in samples])  # repeats, measurements, pairs, names
    chains = np.moveaxis(q, 2, 1).reshape(-1, q.shape[1], q.shape[3])
    sizes = (*first.widths, first.spins)
    return [
        _histogram(name, spins, chains[..., i], reversible=first.reversible)
        for i, (name, spins) in enumerate(zip(first.overlap_names, sizes, strict=True))
    ]


def _histogram(name: str, spins: int, chains: FloatArray, *, reversible: bool) -> OverlapHistogram:
    # q takes spins + 1 values 2/spins apart: bins of whole numbers of them, symmetric about 0.
    width = max(1, round((spins + 1) / _MOST_BINS)) * 2 / spins
    bins = int(np.ceil((2 + 2 / spins) / width - 1e-9))
    edges = np.asarray((np.arange(bins + 1) - bins / 2) * width, dtype=np.float64)
    densities = np.array([np.histogram(chain, edges)[0] for chain in chains]) / (chains.shape[1] * width)
    if reversible:
        densities = (densities + densities[:, ::-1]) / 2
    mean, error = mean_and_error(densities)
    return OverlapHistogram(name, spins, edges, mean, error if len(densities) > 1 else np.zeros(bins))
