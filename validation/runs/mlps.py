"""What a run of random MLPs measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mcsim.config import RandomMlp, RunConfig
from mcsim.estimators.free_entropy import Reweighting, by_integration
from theory import activations
from theory.mlp import MlpModel
from theory.mlp.exact.infinite_temperature import prior_self_overlaps
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Place
from validation.numbers.copies import PairStatistics, pair_statistics
from validation.runs.measured import Measured

# Energies of a slot that MBAR pools: its time grows with them, and networks differ more than their noise.
MBAR_DRAWS = 200


def theory_of(model: RandomMlp, variance_factor: float = 1.0) -> MlpModel:
    """Return the random MLP as the theory understands it, its weight variance times a factor."""
    return MlpModel(
        activations.get(model.activation, depth=model.depth, shape=model.activation_shape or 1.0),
        tuple(width / model.sites for width in model.widths),
        variance_factor * model.weight_variance,
        model.bias_variance,
        model.prior,
    )


def measured_mlp(name: str, config: RunConfig, data: xr.Dataset) -> MeasuredMlp:
    """Return a run from what `read_run` returns, its series of overlaps averaged.

    They are most of a run, and a report holds dozens of runs: energies, 8 bytes x samples x slots x rows x copies, are
    all that is left.
    """
    dims = ("sample", "slot", "layer")
    averages: dict[str, Any] = {"overlap_pairs": ((*dims, "average"), _pair_averages(data.overlap.values))}
    for series in ("overlap", "self_overlap"):
        averages[f"{series}_mean"] = (dims, np.mean(data[series].values, axis=(2, 3), dtype=np.float64))
    return MeasuredMlp(name, config, data.drop_vars(["overlap", "self_overlap"]).assign(averages))


def _pair_averages(overlaps: NDArray[np.floating[Any]]) -> FloatArray:
    """Return `PairStatistics`, along a last axis, of overlaps (samples, slots, rows, pairs, layers)."""
    by_slot = (np.moveaxis(overlaps[:, slot], -1, 1).astype(np.float64) for slot in range(overlaps.shape[1]))
    return np.stack([np.stack(pair_statistics(values), axis=-1) for values in by_slot], axis=1)


@dataclass(frozen=True)
class MeasuredMlp(Measured):
    """One run of random MLPs."""

    @property
    def model(self) -> RandomMlp:
        """What was sampled."""
        assert isinstance(self.config.model, RandomMlp)
        return self.config.model

    @property
    def size(self) -> int:
        """The reference width N."""
        return self.model.sites

    @property
    def layers(self) -> int:
        """Number of layers with overlaps, L + 1 with the input."""
        return len(self.model.widths)

    def place(self, slot: int) -> Place:
        """Return where a slot is."""
        return Place(beta=float(self.betas[slot]))

    @cached_property
    def energies(self) -> FloatArray:
        """Return <H> / N, (samples, slots)."""
        return np.asarray(self.energy_series.mean(axis=(2, 3)))

    @cached_property
    def specific_heats(self) -> FloatArray:
        """Return beta^2 N (<(H/N)^2> - <H/N>^2), (samples, slots), from the variance between copies at one time.

        Copies are independent draws: it is unbiased however slowly chains move. The variance in the course of a chain
        of T measurements would lose a share 2 tau / T.
        """
        return np.asarray(self.betas**2 * self.size * self.energy_series.var(axis=3, ddof=1).mean(axis=2))

    @property
    def self_overlaps(self) -> FloatArray:
        """Return <K^l_aa>, (samples, slots, layers)."""
        return np.asarray(self.data.self_overlap_mean.values)

    @property
    def overlaps(self) -> FloatArray:
        """Return <K^l_ab> of independent copies, (samples, slots, layers)."""
        return np.asarray(self.data.overlap_mean.values)

    def overlap_statistics(self, slot: int, layer: int) -> PairStatistics:
        """Return averages over pairs of copies of the overlap of a layer at a slot, (samples,) each."""
        averages = np.asarray(self.data.overlap_pairs.values[:, slot, layer])
        return PairStatistics(*np.moveaxis(averages, -1, 0))

    @cached_property
    def identity_residuals(self) -> FloatArray:
        """Return <H>/N + beta C_W (<K^L_aa> - <K^L_ab>), (samples, slots): zero on average over networks.

        Gaussian integration by parts over the output weights w, at every N and for every phi: w_i enters H alone, so
        [w_i <phi_i>] = [d<phi_i>/dw_i] = -beta sqrt(N C_W / N_L) [<phi_i^2> - <phi_i>^2].
        """
        gap = self.self_overlaps[..., -1] - self.overlaps[..., -1]
        return np.asarray(self.energies + self.betas * self.model.weight_variance * gap)

    @cached_property
    def prior_controls(self) -> FloatArray:
        """Return moments of each network at beta = 0 less their exact averages over networks, (samples, L + 2).

        Mean energy, mean square energy and the self-overlaps of hidden layers; none without a slot at beta = 0.
        """
        if not self.reaches_prior:
            return np.zeros((self.samples, 0))
        model, series = self.model, self.energy_series[:, -1]
        expected = prior_self_overlaps(theory_of(model), model.widths)
        square = self.size * np.square(series).mean(axis=(1, 2)) - model.weight_variance * expected[-1]
        # Energies per sqrt(N) are of order 1, like the others.
        mean = np.sqrt(self.size) * series.mean(axis=(1, 2))
        return np.column_stack([mean, square, self.self_overlaps[:, -1, 1:] - expected[1:]])

    @cached_property
    def free_entropy_by_integration(self) -> tuple[FloatArray, FloatArray]:
        """Return Phi of each sample by thermodynamic integration and its error of discretisation, betas rising."""
        betas, energies = self._rising
        integrals = [by_integration(betas, series, self.size) for series in energies]
        return np.array([i.values for i in integrals]), np.array([i.discretization for i in integrals])

    @cached_property
    def reweightings(self) -> list[Reweighting]:
        """Return the pooled energies of each sample (MBAR), betas rising."""
        betas, energies = self._rising
        return [Reweighting(betas, series, self.size, draws=MBAR_DRAWS) for series in energies]

    @property
    def _rising(self) -> tuple[FloatArray, FloatArray]:
        """Betas from 0 on, and H there, (samples, slots, rows, copies)."""
        return np.ascontiguousarray(self.betas[::-1]), np.asarray(self.data.energy.values[:, ::-1], dtype=np.float64)

    def first(self, samples: int) -> MeasuredMlp:
        """Return the run's first samples alone; itself, with all it has worked out, where it has no more."""
        if samples >= self.samples:
            return self
        return MeasuredMlp(self.name, self.config, self.data.isel(sample=slice(samples)))
