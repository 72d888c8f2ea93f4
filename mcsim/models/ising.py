"""Layered Ising spins: H(s) = - sum_k s^{k-1} . J^k s^k - b . s on a network's weights.

Source: Barney, Winer & Galitski, "Neural Networks as Spin Models" (arXiv 2408.06421): neurons are Ising spins, weights
are couplings between neighbouring layers, biases are fields.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.config import LayeredIsing, RunConfig
from mcsim.models.base import Observable, OverlapHistogram, Realisation, SlotBlock, Walkers, pairs_of
from mcsim.models.spin_walkers import WALKERS
from mcsim.networks.layered import LayeredWeights
from mcsim.networks.source import network_of_sample


@dataclass(frozen=True)
class IsingModel:
    """One network as a spin model.

    Memory: the weights (8 bytes a bond), which all columns share, and what its walkers say of themselves.
    """

    network: LayeredWeights
    specification: LayeredIsing
    copies: int

    @classmethod
    def of_sample(cls, config: RunConfig, sample: int) -> IsingModel:
        """Return the model of one sample of a configuration of spins."""
        assert isinstance(config.model, LayeredIsing)
        return cls(network_of_sample(config, sample), config.model, config.run.copies)

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Spins per layer."""
        return self.network.widths

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Overlaps of each layer and of the whole, and magnetisations."""
        layers = len(self.layer_sizes)
        pairs = pairs_of(self.copies)
        return (
            Observable(
                "overlap", ("pair", "layer"), (pairs, layers), "f4", "1",
                "overlap s_a . s_b / N_k of two copies a < b in layer k", thinned=True,
            ),
            Observable(
                "overlap_total", ("pair",), (pairs,), "f4", "1",
                "overlap s_a . s_b / N of two copies a < b over all spins", thinned=True,
            ),
            Observable(
                "magnetization", ("copy", "layer"), (self.copies, layers), "f4", "1",
                "mean spin of layer k",
            ),
        )  # fmt: skip

    @property
    def diagnostics(self) -> tuple[Observable, ...]:
        """Flip rate and drift."""
        return (
            Observable("flip_rate", (), (), "f8", "1", "accepted flips per attempted update"),
            Observable(
                "drift", (), (), "f8", "1",
                "largest deviation of fields and energies from recomputed ones, relative to sum_j |J_ij| + |b_i|",
            ),
        )  # fmt: skip

    @property
    def tile_slots(self) -> int:
        """1: columns do not see each other."""
        return self.specification.tile_slots(self.copies)

    def histograms(self, max_bins: int) -> tuple[OverlapHistogram, ...]:
        """Return histograms whose bins hold equally many of the values an overlap of N_k spins can take."""
        layers = [
            OverlapHistogram(f"layer_{k}", "overlap", k, lattice_edges(width, max_bins))
            for k, width in enumerate(self.layer_sizes)
        ]
        total = lattice_edges(sum(self.layer_sizes), max_bins)
        return (*layers, OverlapHistogram("total", "overlap_total", None, total))

    @property
    def realisation(self) -> Realisation:
        """The network's fingerprint, widths and the measured variance of its couplings."""
        return Realisation(
            weights_sha256=self.network.sha256(),
            widths=self.layer_sizes,
            sites=sum(self.layer_sizes),
            has_biases=self.network.biases is not None,
            dynamics=self.specification.move.dynamics,
            bond_variances=np.array([np.mean(w**2) for w in self.network.weights]),
        )

    def start(self, block: SlotBlock) -> Walkers:
        """Return walkers whose spins are up or down with equal probability.

        Raises
        ------
        SpinKernelError
            Where the environment asks for an implementation that cannot run here.
        """
        return WALKERS[self.specification.move](self.network, self.specification, block)


def lattice_edges(n_spins: int, max_bins: int) -> NDArray[np.float64]:
    """Return at most `max_bins` bins, symmetric about 0, that each hold the same number of possible overlaps.

    The overlap of n spins takes the n + 1 values -1, -1 + 2/n, ..., 1. Bins of equal width that ignore this lattice
    hold now more, now fewer of its points, and the histogram shows a ripple that is not there; these edges lie halfway
    between points, and only the two outermost bins may hold fewer of them. Edges reach beyond +-1 by half a spacing.
    """
    points = n_spins + 1
    odd = points % 2
    group = math.ceil(points / max_bins)
    while True:
        # An odd number of points has one at 0, which needs a bin of its own or an odd number of them about it.
        group += 1 if odd and group % 2 == 0 else 0
        first = group / 2.0 if odd else group
        positive = np.append(np.arange(first, points / 2.0, group), points / 2.0)
        zero_edge = [] if odd else [0.0]
        units = np.concatenate([-positive[::-1], zero_edge, positive])
        if len(units) - 1 <= max_bins:
            return np.asarray(units * (2.0 / n_spins), dtype=np.float64)
        group += 1
