"""A random MLP as a Hamiltonian over its inputs x.

    z^1 = sqrt(C_W/N_0) W^1 x,   z^l = sqrt(C_W/N_{l-1}) W^l phi(z^{l-1}),   H(x) = sqrt(N C_W/N_L) w . phi(z^L)

with W, w ~ N(0, 1), biases ~ N(0, C_b) added to every z^l where C_b > 0, N the reference width. The weight of x is
exp(-|x|^2/2 - beta H(x)) ("gaussian") or exp(-beta H(x)) on |x|^2 = N_0 ("sphere"); beta enters H only. H is extensive:
its minima scale as N. Overlaps of replicas a, b: K^l_ab = phi(z^l_a) . phi(z^l_b) / N_l, K^0_ab = x_a . x_b / N_0.

Source: Winer & Hanin, "Deep Neural Nets as Hamiltonians" (arXiv 2503.23982, Phys. Rev. E 113, 015303).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mcsim.config import RandomMlp, RunConfig
from mcsim.config.activations import ACTIVATIONS
from mcsim.kernels.mlp_activations import REGISTRY
from mcsim.kernels.mlp_network import Network
from mcsim.kernels.products import in_panels
from mcsim.models.base import Observable, OverlapHistogram, Realisation, SlotBlock, pairs_of
from mcsim.models.mlp_walkers import MlpWalkers
from mcsim.networks.mlp_disorder import MlpDisorder
from mcsim.networks.source import mlp_of_sample

# Histograms reach this many standard deviations of a self-overlap beyond the estimated mean, sqrt(2/N_l) each.
_RANGE_DEVIATIONS = 6.0
# Below this overlap the bins of an estimated range are about equal.
_FINE_OVERLAP = 0.25


@dataclass(frozen=True)
class MlpModel:
    """One network.

    Memory: both orientations of the weights in the chosen precision (8 bytes a weight in float32) and, for HMC, up to
    2 N_0 N_1 numbers more, beside the float64 originals, shared by all columns; each column (slot x copy) adds
    N_0 + 2 N_1 + .. + N_L numbers, and a tile ``tile_columns * (2 sum_l N_l + 2 N_0 + 5 N_1 + max N_l)`` once. Widths
    1000, 1000, 1000, 32 slots and 4 copies: 36 MB of weights and 2 MB of columns.

    Attributes
    ----------
    disorder : MlpDisorder
    specification : RandomMlp
    copies : int
        Replicas at each slot.
    thermalization : int
        Sweeps in which steps are adapted; they are frozen afterwards.
    largest_beta : float
        Of the whole ladder.
    """

    disorder: MlpDisorder
    specification: RandomMlp
    copies: int
    thermalization: int
    largest_beta: float

    @classmethod
    def of_sample(cls, config: RunConfig, sample: int) -> MlpModel:
        """Return the model of one sample of a configuration of random MLPs."""
        assert isinstance(config.model, RandomMlp)
        largest_beta = float(config.ladder.inverse_temperatures().max())
        disorder = mlp_of_sample(config, sample)
        return cls(disorder, config.model, config.run.copies, config.run.thermalization, largest_beta)

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Inputs and neurons per layer, N_0..N_L."""
        return self.disorder.widths

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Overlaps between copies and self-overlaps, of the input and every hidden layer."""
        layers = len(self.layer_sizes)
        pairs = pairs_of(self.copies)
        return (
            Observable(
                "overlap", ("pair", "layer"), (pairs, layers), "f4", "1",
                "overlap K_ab = phi(z_a) . phi(z_b) / N_l of two copies a < b in layer l, x_a . x_b / N_0 for l = 0",
                thinned=True,
            ),
            Observable(
                "self_overlap", ("copy", "layer"), (self.copies, layers), "f4", "1",
                "self-overlap K_aa = |phi(z_a)|^2 / N_l in layer l, |x_a|^2 / N_0 for l = 0",
            ),
        )  # fmt: skip

    @property
    def diagnostics(self) -> tuple[Observable, ...]:
        """Acceptance and size of moves."""
        move = self.specification.move
        figures = [
            ("acceptance_rate", "1", "accepted moves per proposal, after thermalisation"),
            ("squared_jump", "1", "mean of |change of x|^2 / N_0 in a sweep, after thermalisation"),
            ("squared_energy_jump", "energy^2", "mean of (change of H)^2 in a sweep, after thermalisation"),
            ("step", move.step_units, move.step_text),
        ]
        if move.in_trajectories:
            figures.append(("leapfrog_steps", "1", "kicks of a trajectory"))
        return tuple(Observable(name, (), (), "f8", units, text) for name, units, text in figures)

    @property
    def tile_slots(self) -> int:
        """Slots of a tile."""
        return self.specification.tile_slots(self.copies)

    def histograms(self, max_bins: int) -> tuple[OverlapHistogram, ...]:
        """Return bins from -R_l to R_l for each layer, with R_l configured or estimated (`estimated_ranges`).

        Bins are equal where R_l is configured or a bound. A mere estimate is generous, so its bins widen outwards,
        equally in asinh(K / 0.25): divide counts by widths.
        """
        configured = self.specification.overlap_range
        ranges = configured or estimated_ranges(self.specification, self.largest_beta)
        histograms = []
        for layer, reach in enumerate(ranges):
            u = np.linspace(-1.0, 1.0, max_bins + 1)
            if configured or math.isfinite(overlap_bound(self.specification, layer)):
                edges = reach * u
            else:
                edges = _FINE_OVERLAP * np.sinh(u * math.asinh(reach / _FINE_OVERLAP))
            histograms.append(OverlapHistogram(f"layer_{layer}", "overlap", layer, edges))
        return tuple(histograms)

    @property
    def realisation(self) -> Realisation:
        """The network's fingerprint, widths and what the configuration leaves to defaults."""
        return Realisation(
            weights_sha256=self.disorder.sha256(),
            widths=self.layer_sizes,
            sites=self.specification.sites,
            has_biases=bool(self.disorder.biases),
            dynamics=self.specification.dynamics,
        )

    @cached_property
    def network(self) -> Network:
        """Return the network in the layout and precision of the kernels, scales included."""
        dtype = np.dtype(self.specification.precision)
        c_w = self.specification.weight_variance
        widths = np.array(self.layer_sizes, dtype=np.int64)
        sizes = np.array([w.size for w in self.disorder.weights], dtype=np.int64)
        scaled = [math.sqrt(c_w / w.shape[1]) * w for w in self.disorder.weights]
        biases = self.disorder.biases or tuple(np.zeros(n) for n in widths[1:])
        return Network(
            widths=widths,
            first=np.cumsum(widths) - widths,
            forward=np.concatenate([in_panels(w.T) for w in scaled]).astype(dtype),
            backward=np.concatenate([in_panels(w) for w in scaled]).astype(dtype),
            gram=self._gram(scaled[0]).astype(dtype),
            weight_first=np.cumsum(sizes) - sizes,
            bias=np.concatenate([np.zeros(widths[0]), *biases]).astype(dtype),
            has_bias=bool(self.disorder.biases),
            readout=(math.sqrt(self.specification.sites * c_w / widths[-1]) * self.disorder.readout).astype(dtype),
            code=REGISTRY[self.specification.activation].code,
            shape=dtype.type(activation_shape(self.specification)),
            speed=speeds(self.specification),
            kinked=ACTIVATIONS[self.specification.activation].kinked,
            scales=ACTIVATIONS[self.specification.activation].scales and not self.disorder.biases,
        )

    def _gram(self, first_layer: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (F^1)^T F^1 in panels, nothing where it would not save work."""
        layer, inputs = first_layer.shape
        needed = self.specification.move.keeps_z and layer <= 2 * inputs
        return in_panels(first_layer @ first_layer.T) if needed else np.zeros(0)

    def start(self, block: SlotBlock) -> MlpWalkers:
        """Return walkers drawn from the prior."""
        return MlpWalkers(self.network, self.specification, self.thermalization, block)


def activation_shape(specification: RandomMlp) -> float:
    """Return the number t that compiled activations take: a / sqrt(L) or c / sqrt(L), 1 where there is none."""
    if not ACTIVATIONS[specification.activation].shaped:
        return 1.0
    return (specification.activation_shape or 1.0) / math.sqrt(specification.depth)


def speeds(specification: RandomMlp) -> NDArray[np.float64]:
    """Return the root mean square of dz^l/dt, l = 1..L, while x moves with a momentum drawn from N(0, I).

    Every layer multiplies the variance by C_W times the mean square slope of phi below it, here that of its slopes at 1
    and -1: exact for activations made of two lines, the only ones whose slopes make use of it.
    """
    formula = REGISTRY[specification.activation]
    t = np.float32(activation_shape(specification))
    slopes = [formula.slope(z, formula.phi(z, t), t, np.float32(1e20)) for z in (np.float32(1.0), np.float32(-1.0))]
    growth = specification.weight_variance * float(np.mean(np.square(slopes)))
    return np.asarray(np.sqrt(specification.weight_variance * growth ** np.arange(specification.depth)))


def overlap_bound(specification: RandomMlp, layer: int) -> float:
    """Return what no overlap of a layer exceeds, infinity where there is no such number."""
    if layer == 0:
        return 1.0 if specification.prior == "sphere" else math.inf
    return float((ACTIVATIONS[specification.activation].bound / activation_shape(specification)) ** 2)


def estimated_ranges(specification: RandomMlp, largest_beta: float) -> tuple[float, ...]:
    """Return how far the overlaps of each layer 0..L may reach at the coldest slot.

    Bounded activations give a bound. Otherwise the replica-symmetric self-overlap v^l + k^l of a network with
    phi(z) = s z, s the steepest slope, stands in; with c = C_W s^2 and r^l = beta^2 C_W c^{L-l} N/N_l it follows from

        v^0 = 1, k^0 = r^0,   v^l = c v^{l-1},   k^l = c k^{l-1} + s^2 C_b + (v^l)^2 r^l

    (on the sphere from v^0 = 1, k^0 = 0), with a margin for fluctuations at finite width.
    """
    t, behaviour = activation_shape(specification), ACTIVATIONS[specification.activation]
    slope_squared = (behaviour.steepest[0] + behaviour.steepest[1] * t) ** 2
    c = specification.weight_variance * slope_squared
    on_sphere = specification.prior == "sphere"
    v, k = 1.0, 0.0
    ranges = []
    for layer, width in enumerate(specification.widths):
        field = largest_beta**2 * specification.weight_variance * c ** (specification.depth - layer)
        field *= specification.sites / width
        if layer > 0:
            v, k = c * v, c * k + slope_squared * specification.bias_variance
        if layer > 0 or not on_sphere:
            k += v**2 * field
        bound = overlap_bound(specification, layer)
        ranges.append(min(bound, (v + k) * (1.0 + _RANGE_DEVIATIONS * math.sqrt(2.0 / width))))
    return tuple(ranges)
