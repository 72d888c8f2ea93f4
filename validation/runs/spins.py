"""What a run of layered Ising spins measured, and runs of both kinds from their folders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.config import FileNetwork, GaussianNetwork, LayeredIsing, RandomMlp, stored_config
from mcsim.storage.reader import read_run
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Place
from validation.runs.measured import Measured
from validation.runs.mlps import MeasuredMlp, measured_mlp


@dataclass(frozen=True)
class MeasuredRun(Measured):
    """One run of layered Ising spins."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Spins of each layer."""
        return tuple(self.data.layer_size.values.tolist())

    @property
    def size(self) -> int:
        """Number of spins, N."""
        return sum(self.widths)

    @property
    def network(self) -> GaussianNetwork | FileNetwork:
        """Where the couplings come from."""
        assert isinstance(self.config.model, LayeredIsing)
        return self.config.model.network

    @property
    def is_gaussian(self) -> bool:
        """Whether the couplings are no stored network's."""
        return isinstance(self.network, GaussianNetwork)

    @property
    def temperatures(self) -> FloatArray:
        """Temperature of each slot, rising."""
        return np.asarray(self.data.temperature.values, dtype=np.float64)

    def place(self, slot: int) -> Place:
        """Return where a slot is."""
        return Place(temperature=float(self.temperatures[slot]))

    @cached_property
    def energies(self) -> FloatArray:
        """Return the mean energy per spin, (samples, slots)."""
        return _mean(self.data.energy.values) / self.size

    @cached_property
    def squared_overlaps(self) -> FloatArray:
        """Return <q^2> over all spins, (samples, slots)."""
        return _mean(self.data.overlap_total.values**2)

    @cached_property
    def layer_overlaps(self) -> FloatArray:
        """Return sqrt(<q_k^2>) of each layer, (samples, slots, layers)."""
        return np.asarray(np.sqrt(_mean(self.data.overlap.values**2)), dtype=np.float64)

    @cached_property
    def neighbour_overlaps(self) -> FloatArray:
        """Return <q_{k-1} q_k> for each layer of bonds, (samples, slots, bond layers)."""
        overlaps = self.data.overlap.values
        return _mean(overlaps[..., :-1] * overlaps[..., 1:])

    @property
    def bond_variances(self) -> FloatArray:
        """Return the mean squared coupling of each sample and layer of bonds, (samples, bond layers)."""
        return np.asarray(self.data.bond_variance.values, dtype=np.float64)

    def thermal_error(self, slot: int) -> float:
        """Return the error of the mean energy per spin from within the samples alone."""
        errors = [self.energy_blocking(sample, slot).error for sample in range(self.samples)]
        return float(np.sqrt(np.sum(np.square(errors))) / self.samples)


def _mean(values: NDArray[np.floating[Any]]) -> FloatArray:
    """Average (samples, slots, measurements, copies or pairs, ...) over measurements and copies or pairs."""
    return np.asarray(np.asarray(values, dtype=np.float64).mean(axis=(2, 3)))


AnyRun = MeasuredRun | MeasuredMlp


def read_measured(folder: Path) -> AnyRun:
    """Read a run's folder, index or merged file.

    Raises
    ------
    ResultFileError
        Where it holds no result.
    ValueError
        Where too little was committed yet, there is no finite temperature, or no claim is about the model.
    """
    data = read_run(folder)
    if data.sizes["measurement"] < 16:
        raise ValueError(f"{folder}: {data.sizes['measurement']} committed measurements; a report needs at least 16")
    config = stored_config(data.attrs["config"], str(folder))
    if not np.any(data.beta.values > 0):
        raise ValueError(f"{folder}: its only temperature is infinite; a report needs a finite one")
    name = folder.stem if folder.is_file() else folder.name
    if isinstance(config.model, RandomMlp):
        return measured_mlp(name, config, data)
    if not isinstance(config.model, LayeredIsing):
        raise ValueError(f"{folder}: its model is one that no claim is about")
    return MeasuredRun(name, config, data)
