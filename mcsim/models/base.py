"""What a model is to the sampler, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mcsim.seeds import Purpose, column_keys


@dataclass(frozen=True)
class SlotBlock:
    """The columns of one rank: all copies at a run of neighbouring slots.

    Attributes
    ----------
    slots : range
        Slots held, coldest first; column = (slot - slots.start) * copies + copy.
    betas : float64 (slots,)
        Inverse temperatures of these slots.
    copies : int
        Independent replicas at each slot.
    root_seed, sample : int
        Address of the random streams.
    """

    slots: range
    betas: NDArray[np.float64]
    copies: int
    root_seed: int
    sample: int

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.slots) * self.copies

    def keys(self, purpose: Purpose) -> NDArray[np.uint32]:
        """Return the Philox key of every column, shape (columns, 2)."""
        return column_keys(self.root_seed, purpose, self.sample, self.slots, self.copies)


class Walkers(Protocol):
    """The replicas at a block of slots. Columns belong to slots; at an exchange the states move between them."""

    def sweep(self, first_sweep: int, n_sweeps: int) -> None:
        """Update every degree of freedom n_sweeps times; the sweep's number addresses its random numbers."""

    def energies(self) -> NDArray[np.float64]:
        """Return the total energies H, shape (slots, copies)."""

    def observables(self) -> Mapping[str, NDArray[Any]]:
        """Return what is measured now: for each of the model's observables an array (slots, ...)."""

    def permute(self, source: NDArray[np.int64]) -> None:
        """Move states within the block: column c receives the state of column source[c]."""

    def pack(self, columns: NDArray[np.int64]) -> NDArray[Any]:
        """Return the states of some columns, one row each."""

    def unpack(self, columns: NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Replace the states of some columns by packed rows."""

    def diagnostics(self) -> Mapping[str, NDArray[np.float64]]:
        """Return figures about the sampling itself, each of shape (slots,)."""


@dataclass(frozen=True)
class Observable:
    """A quantity measured at every slot.

    Attributes
    ----------
    name : str
        Name of its series.
    dims : tuple of str
        Names of the axes after (slot, measurement), e.g. ("copy",) or ("pair", "layer").
    shape : tuple of int
        Lengths of these axes.
    dtype : str
        Type in the file.
    units, description : str
        For the reader of the file.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    units: str
    description: str


class Model(Protocol):
    """A Hamiltonian whose replicas can be sampled."""

    @property
    def observables(self) -> tuple[Observable, ...]:
        """What `Walkers.observables` returns, besides the energy."""

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Degrees of freedom per layer."""

    @property
    def diagnostics(self) -> tuple[Observable, ...]:
        """What `Walkers.diagnostics` returns, of no further axes."""

    def overlap_edges(self, max_bins: int) -> Mapping[str, NDArray[np.float64]]:
        """Return bin edges for the overlap histogram of each layer (layer_0, ...) and, if any, of the whole (total)."""

    def attributes(self) -> Mapping[str, Any]:
        """Return what a file should say about this realisation of the model.

        Always among it: ``weights_sha256``, and ``sites``, the number N that densities are per.
        """

    def start(self, block: SlotBlock) -> Walkers:
        """Return freshly started replicas for a block of slots."""
