"""Replicas of a layered Ising model under single-spin dynamics: spins and local fields are numbers, kept up to date.

Nothing here is shared with the layer-block heat bath but the initial spins and the observables, so that each dynamics
checks the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.config import LayeredIsing
from mcsim.kernels import layered
from mcsim.kernels.single_spin import sweep_single_spin
from mcsim.models.base import SlotBlock
from mcsim.models.spin_reference import DeviationError, SpinReference
from mcsim.models.spin_states import SpinLayout
from mcsim.networks.layered import LayeredWeights
from mcsim.seeds import Purpose

# Rounding units by which a maintained field may leave the recomputed one, relative to sum_j |J_ij| + |b_i|.
DRIFT_BOUND_UNITS = 1000.0


class SingleSpinWalkers:
    """The replicas at a block of slots, layer by layer in flat buffers (see `mcsim.kernels.layered`).

    Memory: both orientations of the weights in the chosen precision, 8 bytes a bond in float32; each column adds 2 N
    numbers.

    Parameters
    ----------
    network : LayeredWeights
    specification : LayeredIsing
    rule : int
        See `mcsim.kernels.single_spin`.
    block : SlotBlock
    """

    def __init__(self, network: LayeredWeights, specification: LayeredIsing, rule: int, block: SlotBlock) -> None:
        self._block = block
        self._rule = rule
        self._refresh_every = specification.refresh_every
        self._layout = SpinLayout(network.widths, block.copies)
        self._reference = SpinReference(network)
        dtype = np.dtype(specification.precision)
        self._couplings = layered.make_couplings(network.weights, network.biases, dtype)
        n_spins = sum(network.widths)
        self._columns = layered.Columns(
            spins=np.empty(block.columns * n_spins, dtype=dtype),
            fields=np.empty(block.columns * n_spins, dtype=dtype),
            betas=np.repeat(block.betas, block.copies),
            keys=block.keys(Purpose.DYNAMICS),
            flips=np.zeros(block.columns, dtype=np.int64),
        )
        self._random = np.empty(4 * ((2 * n_spins + 3) // 4), dtype=np.uint32)
        self._sweeps = 0
        self._drift = np.zeros(len(block.slots))
        initial = self._layout.unpack(self._layout.draw(block))
        for layer, spins in zip(self._layers(self._columns.spins), initial, strict=True):
            layer[:] = spins.T
        layered.compute_fields(self._columns, self._couplings)

    def _layers(self, flat: NDArray[Any]) -> list[NDArray[Any]]:
        """Return a flat buffer as one (columns, N_k) view per layer."""
        columns = self._block.columns
        return [
            flat[columns * first : columns * (first + width)].reshape(columns, width)
            for first, width in zip(self._couplings.first, self._couplings.widths, strict=True)
        ]

    def sweep(self, first_sweep: int, n_sweeps: int) -> None:
        """Do n_sweeps sweeps, checking and refreshing the fields wherever the schedule says so."""
        self._sweeps += n_sweeps
        end = first_sweep + n_sweeps
        while first_sweep < end:
            stop = min(end, (first_sweep // self._refresh_every + 1) * self._refresh_every)
            sweep_single_spin(
                self._columns, self._couplings, self._rule, first_sweep, stop - first_sweep, self._random
            )  # fmt: skip
            first_sweep = stop
            if first_sweep % self._refresh_every == 0:
                self._refresh()

    def _refresh(self) -> None:
        """Recompute the fields and raise where they or the energies have moved further than rounding takes them."""
        maintained = [layer.copy() for layer in self._layers(self._columns.fields)]
        energies = self.energies()
        layered.compute_fields(self._columns, self._couplings)
        worst = np.zeros(self._block.columns)
        for old, new, scale in zip(
            maintained, self._layers(self._columns.fields), self._reference.scales, strict=True
        ):  # fmt: skip
            worst = np.maximum(worst, np.max(np.abs(old - new) / scale, axis=1))
        energy_drift = np.abs(energies - self._exact_energies()) / self._reference.total_scale
        drift = np.maximum(worst.reshape(energies.shape), energy_drift).max(axis=1)
        self._drift = np.maximum(self._drift, drift)
        bound = DRIFT_BOUND_UNITS * float(np.finfo(self._columns.fields.dtype).eps)
        if not np.all(drift <= bound):
            slot = self._block.slots[int(np.argmax(drift))]
            raise DeviationError(
                f"sample {self._block.sample}, slot {slot}: maintained fields or energies are off by "
                f"{drift.max():.3g} of their scale, above {bound:.3g}"
            )

    def _exact_energies(self) -> NDArray[np.float64]:
        """Return H from the spins and the original weights, shape (slots, copies)."""
        spins = [layer.T for layer in self._layers(self._columns.spins)]
        exact = self._reference.energies(spins, self._reference.fields(spins))
        return exact.reshape(-1, self._block.copies)

    def energies(self) -> NDArray[np.float64]:
        """Return H in float64 from the current fields, shape (slots, copies)."""
        out = np.empty(self._block.columns)
        layered.energies(self._columns, self._couplings, out)
        return out.reshape(-1, self._block.copies)

    def observables(self) -> Mapping[str, NDArray[Any]]:
        """Return overlaps per layer and in total, and magnetisations per layer."""
        words = self._layout.pack([layer.T for layer in self._layers(self._columns.spins)])
        return self._layout.observe(words, self._block.columns)

    def configurations(self, columns: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return spins -1 and +1, shape (len(columns), N)."""
        layers = [layer[columns].astype(np.int8) for layer in self._layers(self._columns.spins)]
        return np.concatenate(layers, axis=1)

    def permute(self, source: NDArray[np.int64]) -> None:
        """Move states within the block: column c receives spins and fields of column source[c]."""
        for layer in (*self._layers(self._columns.spins), *self._layers(self._columns.fields)):
            layer[:] = layer[source]

    def pack(self, columns: NDArray[np.int64]) -> NDArray[Any]:
        """Return spins and fields of some columns."""
        buffers = (self._columns.spins, self._columns.fields)
        return np.concatenate([layer[columns] for flat in buffers for layer in self._layers(flat)], axis=1)

    def unpack(self, columns: NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Replace spins and fields of some columns by packed rows."""
        at = 0
        for flat in (self._columns.spins, self._columns.fields):
            for layer in self._layers(flat):
                layer[columns] = rows[:, at : at + layer.shape[1]]
                at += layer.shape[1]

    def diagnostics(self) -> Mapping[str, NDArray[np.float64]]:
        """Return flips per attempted update and the largest relative drift of fields and energies so far."""
        flips = self._columns.flips.reshape(-1, self._block.copies).sum(axis=1)
        attempts = max(1, self._sweeps * self._couplings.bias.size * self._block.copies)
        return {"flip_rate": flips / attempts, "drift": self._drift.copy()}
