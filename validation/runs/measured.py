"""What a run measured, reduced to one number per sample and slot: the disorder does the rest of the error bar."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from mcsim.config import RunConfig
from mcsim.estimators.blocking import Blocking, blocking
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Place
from validation.numbers.equilibration import p_value_of_shift


@dataclass(frozen=True)
class Measured(ABC):
    """One run. Slot 0 is the coldest; the last one is often beta = 0."""

    name: str  #: for tables and legends
    config: RunConfig
    data: xr.Dataset  #: as `read_run` returns it; of MLPs as `measured_mlp` leaves it

    @property
    @abstractmethod
    def size(self) -> int:
        """N, the number of sites."""

    @abstractmethod
    def place(self, slot: int) -> Place:
        """Return where a slot is."""

    @property
    def is_gaussian(self) -> bool:
        """Whether each sample draws its weights anew, independent Gaussians."""
        return True

    @property
    def samples(self) -> int:
        """Number of disorder samples."""
        return int(self.data.sizes["sample"])

    @property
    def betas(self) -> FloatArray:
        """Inverse temperature of each slot, falling."""
        return np.asarray(self.data.beta.values, dtype=np.float64)

    @property
    def reaches_prior(self) -> bool:
        """Whether the hottest slot has beta = 0, where moments are known."""
        return bool(self.betas[-1] == 0.0)

    @cached_property
    def energy_series(self) -> FloatArray:
        """Return H / N, (samples, slots, rows, copies)."""
        return np.asarray(self.data.energy.values, dtype=np.float64) / self.size

    def energy_blocking(self, sample: int, slot: int) -> Blocking:
        """Return <H>/N of one sample and slot, with its autocorrelation."""
        return blocking(self.energy_series[sample, slot])

    def equilibration_p_value(self) -> float:
        """Return the chance of so large a shift of any slot's energy, second quarter to second half, if it is noise.

        For random networks the shift is averaged over samples and compared with its spread among them; for a stored
        network, whose few repeats have no spread to speak of, with the errors of the series.
        """
        return p_value_of_shift(self.energy_series, over_disorder=self.is_gaussian and self.samples >= 4)
