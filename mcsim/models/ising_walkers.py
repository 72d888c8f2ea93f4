"""The replicas of a layered Ising model: spins and local fields, swept, checked and moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.config import LayeredIsing
from mcsim.kernels import layered
from mcsim.kernels.philox import fill_words
from mcsim.models.base import SlotBlock, pairs_of
from mcsim.models.spin_sweeps import SWEEPS, SpinArrays
from mcsim.networks.layered import LayeredWeights
from mcsim.seeds import Purpose

# Flips per attempt above which full products beat adding the spins that changed: scripts/benchmarks/kernels.py
# measures it. A count decides, never a clock, so the choice is the same on every machine and layout.
DENSE_ABOVE = 0.2
# Rounding units by which a maintained field may leave the recomputed one, relative to sum_j |J_ij| + |b_i|.
DRIFT_BOUND_UNITS = 1000.0


class DriftError(RuntimeError):
    """Maintained fields or energies have left their recomputed values: a fault, not a rounding error."""


class IsingWalkers:
    """Spins and local fields of a block of slots, layer by layer in flat buffers (see `mcsim.kernels.layered`)."""

    def __init__(
        self,
        network: LayeredWeights,
        specification: LayeredIsing,
        couplings: layered.Couplings,
        coupling_sums: tuple[NDArray[np.float64], ...],
        block: SlotBlock,
    ) -> None:
        self._network = network
        self._specification = specification
        self._couplings = couplings
        self._coupling_sums = coupling_sums
        self._block = block
        self._run_sweeps = SWEEPS[specification.move]
        n_spins = sum(network.widths)
        widest = max(network.widths)
        dtype = self._couplings.forward.dtype
        columns = block.columns
        self._scratch = layered.Scratch(
            words=np.empty(4 * ((2 * n_spins + 7) // 4), dtype=np.uint32),
            change=np.empty(widest, dtype=np.float32),
            flipped=np.empty(widest, dtype=np.int64),
            product=np.empty(columns * widest, dtype=dtype),
        )
        self._columns = layered.Columns(
            spins=np.empty(columns * n_spins, dtype=dtype),
            fields=np.empty(columns * n_spins, dtype=dtype),
            betas=np.repeat(block.betas, block.copies),
            keys=block.keys(Purpose.DYNAMICS),
            flips=np.zeros(columns, dtype=np.int64),
        )
        self._dense = np.full(columns, specification.field_update != "sparse")
        self._flips_total = np.zeros(len(block.slots), dtype=np.int64)
        self._sweeps_total = 0
        self._sweeps_in_window = 0
        self._drift = np.zeros(len(block.slots))
        self._draw_spins()
        self._recompute_fields()

    def _draw_spins(self) -> None:
        n_spins = sum(self._network.widths)
        zero = np.uint32(0)
        for column, key in enumerate(self._block.keys(Purpose.INITIAL_STATE)):
            fill_words(self._scratch.words, key, zero, zero, zero)
            up = self._scratch.words[:n_spins] >= np.uint32(2**31)
            spins = np.where(up, 1.0, -1.0)
            for k, layer in enumerate(self._layers(self._columns.spins)):
                first = self._couplings.first[k]
                layer[column] = spins[first : first + layer.shape[1]]

    def _layers(self, flat: NDArray[Any]) -> list[NDArray[Any]]:
        """Return a flat buffer as one (columns, N_k) view per layer."""
        columns = self._block.columns
        return [
            flat[columns * first : columns * (first + width)].reshape(columns, width)
            for first, width in zip(self._couplings.first, self._couplings.widths, strict=True)
        ]

    def _recompute_fields(self) -> None:
        """Compute all fields afresh, tile by tile as the sweeps do."""
        for row in range(0, self._block.columns, self._specification.tile_columns):
            stop = min(row + self._specification.tile_columns, self._block.columns)
            for parity in (0, 1):
                layered.compute_fields(self._columns, self._couplings, parity, row, stop, self._scratch.product)

    def sweep(self, first_sweep: int, n_sweeps: int) -> None:
        """Do n_sweeps sweeps, checking and refreshing the fields wherever the schedule says so."""
        every = self._specification.refresh_every
        end = first_sweep + n_sweeps
        while first_sweep < end:
            stop = min(end, (first_sweep // every + 1) * every)
            self._sweep_kernel(first_sweep, stop - first_sweep)
            self._sweeps_in_window += stop - first_sweep
            first_sweep = stop
            if first_sweep % every == 0:
                self._refresh()

    def _sweep_kernel(self, first_sweep: int, n_sweeps: int) -> None:
        tile_columns = self._specification.tile_columns
        arrays = SpinArrays(self._columns, self._couplings, self._scratch, self._dense, tile_columns)
        self._run_sweeps(arrays, first_sweep, n_sweeps)

    def _refresh(self) -> None:
        """Recompute fields and energies, assert that they have hardly moved, and choose dense or sparse anew."""
        maintained = [layer.copy() for layer in self._layers(self._columns.fields)]
        energies = self.energies()
        self._recompute_fields()
        bound = DRIFT_BOUND_UNITS * float(np.finfo(self._columns.fields.dtype).eps)
        worst = np.zeros(self._block.columns)
        for old, new, scale in zip(maintained, self._layers(self._columns.fields), self._coupling_sums, strict=True):
            tiny = np.finfo(np.float64).tiny
            worst = np.maximum(worst, np.max(np.abs(old - new) / np.maximum(scale, tiny), axis=1))
        # Sites with biases but no bonds never enter a product, hence the guard against a zero scale above.
        total_scale = sum(float(scale.sum()) for scale in self._coupling_sums)
        energy_drift = np.abs(energies - self._exact_energies()) / max(total_scale, np.finfo(np.float64).tiny)
        drift = np.maximum(worst.reshape(energies.shape), energy_drift).max(axis=1)
        self._drift = np.maximum(self._drift, drift)
        if not np.all(drift <= bound):
            slot = self._block.slots[int(np.argmax(drift))]
            raise DriftError(
                f"sample {self._block.sample}, slot {slot}: maintained fields or energies are off by "
                f"{drift.max():.3g} of their scale, above {bound:.3g}"
            )
        self._close_window()

    def _exact_energies(self) -> NDArray[np.float64]:
        """Return H from the spins and the original weights in float64."""
        spins = [layer.astype(np.float64) for layer in self._layers(self._columns.spins)]
        total = np.zeros(self._block.columns)
        for below, above, weights in zip(spins[:-1], spins[1:], self._network.weights, strict=True):
            total -= np.einsum("ci,ci->c", below @ weights, above)
        for layer, bias in zip(spins, self._network.biases or (), strict=False):
            total -= layer @ bias
        return total.reshape(-1, self._block.copies)

    def _close_window(self) -> None:
        flips = self._columns.flips.reshape(-1, self._block.copies).sum(axis=1)
        attempts = self._sweeps_in_window * sum(self._network.widths) * self._block.copies
        if self._specification.field_update == "auto" and attempts:
            self._dense = np.repeat(flips / attempts > DENSE_ABOVE, self._block.copies)
        self._flips_total += flips
        self._sweeps_total += self._sweeps_in_window
        self._columns.flips[:] = 0
        self._sweeps_in_window = 0

    def energies(self) -> NDArray[np.float64]:
        """Return H in float64 from the current fields, shape (slots, copies)."""
        out = np.empty(self._block.columns)
        layered.energies(self._columns, self._couplings, out)
        return out.reshape(-1, self._block.copies)

    def observables(self) -> Mapping[str, NDArray[Any]]:
        """Return overlaps per layer and in total, and magnetisations per layer."""
        sizes = np.array(self._network.widths)
        slots, copies = len(self._block.slots), self._block.copies
        products = np.empty((slots, pairs_of(copies), sizes.size), dtype=np.int64)
        layered.layer_products(self._columns, self._couplings, copies, products)
        sums = np.empty((slots * copies, sizes.size), dtype=np.int64)
        layered.layer_sums(self._columns, self._couplings, sums)
        return {
            "overlap": products / sizes,
            "overlap_total": products.sum(axis=-1) / sizes.sum(),
            "magnetization": (sums / sizes).reshape(slots, copies, sizes.size),
        }

    def configurations(self, columns: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return spins -1 and +1, shape (len(columns), N)."""
        layers = [layer[columns].astype(np.int8) for layer in self._layers(self._columns.spins)]
        return np.concatenate(layers, axis=1)

    def permute(self, source: NDArray[np.int64]) -> None:
        """Move states within the block: column c receives spins and fields of column source[c]."""
        for flat in (self._columns.spins, self._columns.fields):
            layered.permute_columns(flat, self._couplings, self._block.columns, source, self._scratch.product)

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
        flips = self._flips_total + self._columns.flips.reshape(-1, self._block.copies).sum(axis=1)
        sweeps = self._sweeps_total + self._sweeps_in_window
        attempts = max(1, sweeps * sum(self._network.widths) * self._block.copies)
        return {"flip_rate": flips / attempts, "drift": self._drift.copy()}
