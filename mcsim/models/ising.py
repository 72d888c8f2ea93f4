"""Layered Ising spins: H(s) = - sum_k s^{k-1} . J^k s^k - b . s on a network's weights.

Source: Barney, Winer & Galitski, "Neural Networks as Spin Models" (arXiv 2408.06421): neurons are Ising spins, weights
are couplings between neighbouring layers, biases are fields.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.config import LayeredIsing
from mcsim.kernels import layer_block, layered, single_spin
from mcsim.kernels.philox import fill_words
from mcsim.models.base import Observable, SlotBlock
from mcsim.networks.layered import LayeredWeights
from mcsim.seeds import Purpose

# Flips per attempt above which full products beat adding the spins that changed: scripts/benchmarks/kernels.py
# measures it. A count decides, never a clock, so the choice is the same on every machine and layout.
DENSE_ABOVE = 0.2
# Rounding units by which a maintained field may leave the recomputed one, relative to sum_j |J_ij| + |b_i|.
DRIFT_BOUND_UNITS = 1000.0


class DriftError(RuntimeError):
    """Maintained fields or energies have left their recomputed values: a fault, not a rounding error."""


@dataclass(frozen=True)
class IsingModel:
    """One network as a spin model.

    Memory: both orientations of the weights in the chosen precision (8 bytes a bond in float32) beside the float64
    originals (8 bytes a bond), shared by all columns; each column (slot x copy) adds 2 N numbers. A rank with N = 10^4
    spins in three layers, 32 slots and 4 copies holds about 0.4 GB of weights and 10 MB of columns.
    """

    network: LayeredWeights
    specification: LayeredIsing
    copies: int

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Spins per layer."""
        return self.network.widths

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Overlaps of each layer and of the whole, and magnetisations."""
        layers = len(self.layer_sizes)
        pairs = self.copies * (self.copies - 1) // 2
        return (
            Observable(
                "overlap", ("pair", "layer"), (pairs, layers), "f4", "1",
                "overlap s_a . s_b / N_k of two copies a < b in layer k",
            ),
            Observable(
                "overlap_total", ("pair",), (pairs,), "f4", "1",
                "overlap s_a . s_b / N of two copies a < b over all spins",
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
                "largest relative deviation of maintained fields and energies from recomputed ones",
            ),
        )  # fmt: skip

    def overlap_edges(self, max_bins: int) -> Mapping[str, NDArray[np.float64]]:
        """Return histogram edges that hold equally many of the values an overlap of N_k spins can take."""
        edges = {f"layer_{k}": lattice_edges(width, max_bins) for k, width in enumerate(self.layer_sizes)}
        return {**edges, "total": lattice_edges(sum(self.layer_sizes), max_bins)}

    def attributes(self) -> Mapping[str, Any]:
        """Return the network's fingerprint, widths and the measured variance of its couplings."""
        return {
            "weights_sha256": self.network.sha256(),
            "widths": np.array(self.layer_sizes, dtype=np.int64),
            "sites": sum(self.layer_sizes),
            "bond_variances": np.array([np.mean(w**2) for w in self.network.weights]),
            "has_biases": self.network.biases is not None,
            "dynamics": self.specification.resolved_dynamics(),
        }

    @cached_property
    def couplings(self) -> layered.Couplings:
        """Return the network in the layout and precision of the kernels."""
        dtype = np.dtype(self.specification.precision)
        widths = np.array(self.layer_sizes, dtype=np.int64)
        bonds = np.array([w.size for w in self.network.weights], dtype=np.int64)
        biases = self.network.biases or tuple(np.zeros(n) for n in self.layer_sizes)
        return layered.Couplings(
            widths=widths,
            first=np.cumsum(widths) - widths,
            forward=np.concatenate([w.ravel() for w in self.network.weights]).astype(dtype),
            backward=np.concatenate([w.T.ravel() for w in self.network.weights]).astype(dtype),
            bond_first=np.cumsum(bonds) - bonds,
            bias=np.concatenate(biases).astype(dtype),
        )

    @cached_property
    def coupling_sums(self) -> tuple[NDArray[np.float64], ...]:
        """Return sum_j |J_ij| + |b_i| of every spin, by layer: the scale of its field."""
        sums = [np.zeros(n) if self.network.biases is None else np.abs(self.network.biases[k])
                for k, n in enumerate(self.layer_sizes)]  # fmt: skip
        for k, weights in enumerate(self.network.weights, start=1):
            sums[k - 1] = sums[k - 1] + np.abs(weights).sum(axis=1)
            sums[k] = sums[k] + np.abs(weights).sum(axis=0)
        return tuple(sums)

    def start(self, block: SlotBlock) -> IsingWalkers:
        """Return walkers whose spins are up or down with equal probability."""
        return IsingWalkers(self, block)


class IsingWalkers:
    """Spins and local fields of a block of slots, layer by layer in flat buffers (see `mcsim.kernels.layered`)."""

    def __init__(self, model: IsingModel, block: SlotBlock) -> None:
        self._model = model
        self._block = block
        self._couplings = model.couplings
        n_spins = sum(model.layer_sizes)
        widest = max(model.layer_sizes)
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
        self._dense = np.full(columns, model.specification.field_update != "sparse")
        self._flips_total = np.zeros(len(block.slots), dtype=np.int64)
        self._sweeps_total = 0
        self._sweeps_in_window = 0
        self._drift = np.zeros(len(block.slots))
        self._draw_spins()
        self._recompute_fields()

    def _draw_spins(self) -> None:
        n_spins = sum(self._model.layer_sizes)
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
        for row in range(0, self._block.columns, self._model.specification.tile_columns):
            stop = min(row + self._model.specification.tile_columns, self._block.columns)
            for parity in (0, 1):
                layered.compute_fields(self._columns, self._couplings, parity, row, stop, self._scratch.product)

    def sweep(self, first_sweep: int, n_sweeps: int) -> None:
        """Do n_sweeps sweeps, checking and refreshing the fields wherever the schedule says so."""
        every = self._model.specification.refresh_every
        end = first_sweep + n_sweeps
        while first_sweep < end:
            stop = min(end, (first_sweep // every + 1) * every)
            self._sweep_kernel(first_sweep, stop - first_sweep)
            self._sweeps_in_window += stop - first_sweep
            first_sweep = stop
            if first_sweep % every == 0:
                self._refresh()

    def _sweep_kernel(self, first_sweep: int, n_sweeps: int) -> None:
        specification = self._model.specification
        if specification.resolved_dynamics() == "layer-block":
            layer_block.sweep_layer_block(
                self._columns, self._couplings, self._dense, specification.tile_columns,
                first_sweep, n_sweeps, self._scratch,
            )  # fmt: skip
        else:
            rule = single_spin.METROPOLIS if specification.rule == "metropolis" else single_spin.HEAT_BATH
            single_spin.sweep_single_spin(self._columns, self._couplings, rule, first_sweep, n_sweeps, self._scratch)

    def _refresh(self) -> None:
        """Recompute fields and energies, assert that they have hardly moved, and choose dense or sparse anew."""
        maintained = [layer.copy() for layer in self._layers(self._columns.fields)]
        energies = self.energies()
        self._recompute_fields()
        bound = DRIFT_BOUND_UNITS * float(np.finfo(self._columns.fields.dtype).eps)
        worst = np.zeros(self._block.columns)
        for old, new, scale in zip(
            maintained, self._layers(self._columns.fields), self._model.coupling_sums, strict=True
        ):
            tiny = np.finfo(np.float64).tiny
            worst = np.maximum(worst, np.max(np.abs(old - new) / np.maximum(scale, tiny), axis=1))
        # Sites with biases but no bonds never enter a product, hence the guard against a zero scale above.
        total_scale = sum(float(scale.sum()) for scale in self._model.coupling_sums)
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
        for below, above, weights in zip(spins[:-1], spins[1:], self._model.network.weights, strict=True):
            total -= np.einsum("ci,ci->c", below @ weights, above)
        for layer, bias in zip(spins, self._model.network.biases or (), strict=False):
            total -= layer @ bias
        return total.reshape(-1, self._block.copies)

    def _close_window(self) -> None:
        flips = self._columns.flips.reshape(-1, self._block.copies).sum(axis=1)
        attempts = self._sweeps_in_window * sum(self._model.layer_sizes) * self._block.copies
        if self._model.specification.field_update == "auto" and attempts:
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
        sizes = np.array(self._model.layer_sizes)
        slots, copies = len(self._block.slots), self._block.copies
        products = np.empty((slots, copies * (copies - 1) // 2, sizes.size), dtype=np.int64)
        layered.layer_products(self._columns, self._couplings, copies, products)
        sums = np.empty((slots * copies, sizes.size), dtype=np.int64)
        layered.layer_sums(self._columns, self._couplings, sums)
        return {
            "overlap": products / sizes,
            "overlap_total": products.sum(axis=-1) / sizes.sum(),
            "magnetization": (sums / sizes).reshape(slots, copies, sizes.size),
        }

    def permute(self, source: NDArray[np.int64]) -> None:
        """Move states within the block: column c receives spins and fields of column source[c]."""
        for flat in (self._columns.spins, self._columns.fields):
            layered.permute_columns(flat, self._couplings, self._block.columns, source, self._scratch.product)

    def pack(self, columns: NDArray[np.int64]) -> NDArray[Any]:
        """Return spins and fields of some columns, shape (len(columns), 2 N)."""
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
        attempts = max(1, sweeps * sum(self._model.layer_sizes) * self._block.copies)
        return {"flip_rate": flips / attempts, "drift": self._drift.copy()}


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
