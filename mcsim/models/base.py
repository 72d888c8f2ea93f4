"""What a model is to the sampler, and no more: the whole contract between a Hamiltonian and everything around it.

A state is a configuration and whatever is kept about it (fields, energies, gradients). States move between columns at
an exchange; temperature, random numbers, step sizes and counts stay with their column. Tempering asks for energies and
moves states, storage asks for observables, diagnostics and histograms; nobody reads a name to learn more.
"""

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
    """The replicas at a block of slots. Columns belong to slots; at an exchange the states move between them.

    The state of all walkers between two sweeps, which a checkpoint would have to hold, is the packed states of all
    columns, what adapts (step sizes, choices between kernels) and the counts behind the diagnostics. Random numbers add
    nothing to it: they are addressed by the number of the sweep.
    """

    def sweep(self, first_sweep: int, n_sweeps: int) -> None:
        """Update every degree of freedom n_sweeps times; the sweep's number addresses its random numbers."""

    def energies(self) -> NDArray[np.float64]:
        """Return the total energies H, shape (slots, copies)."""

    def observables(self) -> Mapping[str, NDArray[Any]]:
        """Return what is measured now: for each of the model's observables an array (slots, ...)."""

    def configurations(self, columns: NDArray[np.int64]) -> NDArray[Any]:
        """Return the degrees of freedom themselves, shape (len(columns), n), layer after layer."""

    def permute(self, source: NDArray[np.int64]) -> None:
        """Move states within the block: column c receives the state of column source[c]."""

    def pack(self, columns: NDArray[np.int64]) -> NDArray[Any]:
        """Return the states of some columns, one row each; only `unpack` knows how a row is laid out."""

    def unpack(self, columns: NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Replace the states of some columns by packed rows."""

    def diagnostics(self) -> Mapping[str, NDArray[np.float64]]:
        """Return figures about the sampling itself: for each of the model's diagnostics an array (slots,)."""


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
    thinned : bool
        Whether only every ``storage.overlap_every``-th measurement is stored. Histograms see all of them.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    units: str
    description: str
    thinned: bool = False


@dataclass(frozen=True, eq=False)
class OverlapHistogram:
    """Counts of the overlaps of all pairs of copies at all measurements.

    Attributes
    ----------
    name : str
        Name of its group in the file.
    observable : str
        The observable that is counted.
    component : int or None
        Which entry of the observable's last axis; all of its values where there is none.
    edges : float64 (bins + 1,)
        The outermost bins also count what lies beyond.
    """

    name: str
    observable: str
    component: int | None
    edges: NDArray[np.float64]

    @property
    def bins(self) -> int:
        """Number of bins."""
        return self.edges.size - 1

    def of(self, observables: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Return the values to count, shape (slots, ...)."""
        values = observables[self.observable]
        return values if self.component is None else values[..., self.component]


@dataclass(frozen=True, eq=False)
class Realisation:
    """What a file says about the disorder of one sample and how it is sampled.

    Attributes
    ----------
    weights_sha256 : str
        Fingerprint of the disorder.
    widths : tuple of int
        Degrees of freedom per layer.
    sites : int
        The number N that densities are per.
    has_biases : bool
    dynamics : str
        The dynamics in use, where the configuration leaves a choice.
    bond_variances : float64 (bonds,), optional
        Mean squared coupling of each layer of bonds; only models with couplings have it.
    """

    weights_sha256: str
    widths: tuple[int, ...]
    sites: int
    has_biases: bool
    dynamics: str
    bond_variances: NDArray[np.float64] | None = None


class Model(Protocol):
    """A Hamiltonian whose replicas can be sampled: one sample, disorder included.

    A new model is a section of the configuration, listed in `mcsim.config.models`, a class like this with its walkers,
    and the line in `mcsim.models.registry` that joins the two.
    """

    @property
    def observables(self) -> tuple[Observable, ...]:
        """What `Walkers.observables` returns, besides the energy.

        Readers look for the overlaps between copies in one named "overlap", of axes ("pair", "layer"): pairs a < b in
        the order of ``numpy.triu_indices(copies, 1)``; and for that of all layers together, where it is measured, in
        "overlap_total", of axis ("pair",).
        """

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Degrees of freedom per layer."""

    @property
    def diagnostics(self) -> tuple[Observable, ...]:
        """What `Walkers.diagnostics` returns, of no further axes. Of one named "drift" a summary tells the largest."""

    @property
    def tile_slots(self) -> int:
        """How many neighbouring slots are always computed together: blocks of slots begin at multiples of it.

        The numbers of a slot may depend on which slots share its tile, never on which rank holds it. It is 1 where
        columns do not see each other.
        """

    def histograms(self, max_bins: int) -> tuple[OverlapHistogram, ...]:
        """Return what is counted at every measurement, each in at most `max_bins` bins."""

    @property
    def realisation(self) -> Realisation:
        """What a file should say about this sample."""

    def start(self, block: SlotBlock) -> Walkers:
        """Return freshly started replicas for a block of slots, which begins at a multiple of `tile_slots`."""


def pairs_of(copies: int) -> int:
    """Return the number of pairs of copies."""
    return copies * (copies - 1) // 2
