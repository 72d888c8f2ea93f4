"""What a run measured, reduced to one number per sample and slot: the disorder does the rest of the error bar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import xarray as xr

from mcsim.config import FileNetwork, GaussianNetwork, LayeredIsing, RandomMlp, RunConfig
from mcsim.estimators.series import Blocking, blocking
from mcsim.storage.reader import read_run
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Place
from validation.numbers.equilibration import p_value_of_shift
from validation.runs.mlps import MeasuredMlp, measured_mlp


@dataclass(frozen=True)
class MeasuredRun:
    """One run of layered Ising spins.

    Attributes
    ----------
    name : str
        For tables and legends.
    config : RunConfig
    widths : tuple of int
    data : xarray.Dataset
        As `read_run` returns it.
    """

    name: str
    config: RunConfig
    widths: tuple[int, ...]
    data: xr.Dataset

    @property
    def spins(self) -> int:
        """Number of spins, N."""
        return sum(self.widths)

    @property
    def size(self) -> int:
        """Number of sites: of spins."""
        return int(self.spins)

    @property
    def samples(self) -> int:
        """Number of disorder samples."""
        return int(self.data.sizes["sample"])

    @property
    def is_gaussian(self) -> bool:
        """Whether the couplings are independent Gaussians, drawn anew for each sample."""
        return isinstance(self.network, GaussianNetwork)

    @property
    def network(self) -> GaussianNetwork | FileNetwork:
        """Where the couplings come from."""
        assert isinstance(self.config.model, LayeredIsing)
        return self.config.model.network

    @property
    def betas(self) -> FloatArray:
        """Inverse temperature of each slot, falling (slot 0 is the coldest)."""
        return np.asarray(self.data.beta.values, dtype=np.float64)

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
        return self._mean("energy") / self.spins

    @cached_property
    def squared_overlaps(self) -> FloatArray:
        """Return <q^2> over all spins, (samples, slots)."""
        return self._mean_of_pairs(self.data.overlap_total.values**2)

    @cached_property
    def layer_overlaps(self) -> FloatArray:
        """Return sqrt(<q_k^2>) of each layer, (samples, slots, layers)."""
        return np.asarray(np.sqrt(self._mean_of_pairs(self.data.overlap.values**2)), dtype=np.float64)

    @cached_property
    def neighbour_overlaps(self) -> FloatArray:
        """Return <q_{k-1} q_k> for each layer of bonds, (samples, slots, bond layers)."""
        overlaps = self.data.overlap.values
        return self._mean_of_pairs(overlaps[..., :-1] * overlaps[..., 1:])

    @property
    def bond_variances(self) -> FloatArray:
        """Return the mean squared coupling of each sample and layer of bonds, (samples, bond layers)."""
        return np.asarray(self.data.bond_variance.values, dtype=np.float64)

    def energy_blocking(self, sample: int, slot: int) -> Blocking:
        """Return the mean energy per spin of one sample and slot, with its autocorrelation."""
        return blocking(self.data.energy.values[sample, slot] / self.spins)

    def thermal_errors(self) -> FloatArray:
        """Return the error of the energy per spin within each sample, (samples, slots)."""
        return np.array(
            [[self.energy_blocking(i, j).error for j in range(self.betas.size)] for i in range(self.samples)]
        )

    def equilibration_p_value(self) -> float:
        """Return the chance of so large a shift of any slot's energy, second quarter to second half, if it is noise.

        For random networks the shift is averaged over samples and compared with its spread among them; for a stored
        network, whose few repeats have no spread to speak of, with the errors of the series.
        """
        energies = np.asarray(self.data.energy.values, dtype=np.float64) / self.spins
        return p_value_of_shift(energies, over_disorder=self.is_gaussian and self.samples >= 4)

    def _mean(self, name: str) -> FloatArray:
        values = np.asarray(self.data[name].values, dtype=np.float64)
        mean: FloatArray = values.mean(axis=(2, 3))
        return mean

    @staticmethod
    def _mean_of_pairs(values: FloatArray) -> FloatArray:
        """Average (sample, slot, measurement, pair, ...) over measurements and pairs."""
        mean: FloatArray = np.asarray(values, dtype=np.float64).mean(axis=(2, 3))
        return mean


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
    config = RunConfig.model_validate_json(data.attrs["config"])
    if not np.any(data.beta.values > 0):
        raise ValueError(f"{folder}: its only temperature is infinite; a report needs a finite one")
    name = folder.stem if folder.is_file() else folder.name
    if isinstance(config.model, RandomMlp):
        return measured_mlp(name, config, data)
    if not isinstance(config.model, LayeredIsing):
        raise ValueError(f"{folder}: its model is one that no claim is about")
    return MeasuredRun(name, config, tuple(data.layer_size.values), data)
