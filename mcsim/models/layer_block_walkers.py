"""Replicas of a layered Ising model under layer-block heat bath: spins in words, fields looked up when they are needed.

Fields are forgotten once they have been used, so nothing drifts. What could be wrong is a table, or a state that has
parted with its energy: both are compared with float64, at the start and from time to time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.spin_heat_bath import compute_energies, compute_fields, make_columns, make_scratch, sweep_heat_bath
from mcsim.kernels.spin_processor import choose_kernel
from mcsim.kernels.spin_tables import GROUP, build_network
from mcsim.kernels.spin_words import SPINS_PER_WORD, count_lanes, permute_columns
from mcsim.models.base import SlotBlock
from mcsim.models.spin_reference import DeviationError, SpinReference
from mcsim.models.spin_states import SpinLayout
from mcsim.networks.layered import LayeredWeights
from mcsim.seeds import Purpose

# Sweeps between comparisons with float64, each of which costs about as much as twenty sweeps.
CHECK_EVERY = 2048
_ROUNDING = float(np.finfo(np.float32).eps) / 2
# Roundings of a field besides one for each group of neighbours: couplings, sums within a group, the bias.
_FURTHER_ROUNDINGS = 8


class LayerBlockWalkers:
    """The replicas at a block of slots, one column each.

    Memory: see `mcsim.kernels.spin_tables` for the network. A column takes a bit a spin; while fields are compared, it
    takes some 30 bytes a spin, and each layer of bonds in turn 16 bytes a bond.
    """

    def __init__(self, network: LayeredWeights, block: SlotBlock) -> None:
        self._block = block
        self._layout = SpinLayout(network.widths, block.copies)
        self._reference = SpinReference(network)
        self._kernel = choose_kernel(os.environ, count_lanes(block.columns))
        self._network = build_network(network.weights, network.biases, self._kernel)
        betas = np.repeat(block.betas, block.copies)
        self._columns = make_columns(int(self._layout.first_word[-1]), betas, block.keys(Purpose.DYNAMICS))
        self._scratch = make_scratch(block.columns)
        self._words = self._columns.words[:, : block.columns]
        self._energies = self._columns.energies[: block.columns]
        self._words[:] = self._layout.draw(block)
        self._sweeps = 0
        self._deviation = np.zeros(len(block.slots))
        compute_energies(self._kernel, self._network, self._columns, self._scratch)
        self._compare_with_float64()

    def sweep(self, first_sweep: int, n_sweeps: int) -> None:
        """Do n_sweeps sweeps, comparing fields and energies with float64 wherever the schedule says so."""
        self._sweeps += n_sweeps
        end = first_sweep + n_sweeps
        while first_sweep < end:
            stop = min(end, (first_sweep // CHECK_EVERY + 1) * CHECK_EVERY)
            sweep_heat_bath(
                self._kernel, self._network, self._columns, first_sweep, stop - first_sweep, self._scratch
            )  # fmt: skip
            first_sweep = stop
            if first_sweep % CHECK_EVERY == 0:
                self._compare_with_float64()

    def _compare_with_float64(self) -> None:
        """Raise where a field or an energy is further from its value in float64 than rounding can take it."""
        reference = self._reference
        spins = self._layout.unpack(self._words)
        exact = reference.fields(spins)
        worst = np.zeros(self._block.columns)
        excess = np.zeros(self._block.columns)
        for k, found in enumerate(self._fields()):
            deviation = np.max(np.abs(found - exact[k]) / reference.scales[k][:, None], axis=0)
            worst = np.maximum(worst, deviation)
            excess = np.maximum(excess, deviation / self._bound(reference.neighbours[k]))
        deviation = np.abs(self._energies - reference.energies(spins, exact)) / reference.total_scale
        worst = np.maximum(worst, deviation)
        excess = np.maximum(excess, deviation / self._bound(max(reference.neighbours), SPINS_PER_WORD))
        self._deviation = np.maximum(self._deviation, worst.reshape(-1, self._block.copies).max(axis=1))
        if not np.all(excess <= 1.0):
            column = int(np.argmax(np.nan_to_num(excess, nan=np.inf)))
            raise DeviationError(
                f"sample {self._block.sample}, slot {self._block.slots[column // self._block.copies]}: fields or "
                f"energies are off by {worst[column]:.3g} of their scale, {excess[column]:.3g} times what rounding does"
            )

    def _fields(self) -> list[NDArray[np.float32]]:
        """Return the local fields as the sweeps have them, (N_k, columns) for each layer."""
        out = np.empty((self._words.shape[0] * SPINS_PER_WORD, self._columns.words.shape[1]), dtype=np.float32)
        compute_fields(self._kernel, self._network, self._columns, out)
        starts = self._layout.first_word[:-1] * SPINS_PER_WORD
        return [
            out[start : start + width, : self._block.columns]
            for start, width in zip(starts, self._layout.widths, strict=True)
        ]

    @staticmethod
    def _bound(neighbours: int, additions: int = 0) -> float:
        """Return how far rounding can take a field from its value at most, relative to its scale."""
        return _ROUNDING * (neighbours / GROUP + _FURTHER_ROUNDINGS + additions)

    def energies(self) -> NDArray[np.float64]:
        """Return H, shape (slots, copies)."""
        return self._energies.reshape(-1, self._block.copies).copy()

    def observables(self) -> Mapping[str, NDArray[Any]]:
        """Return overlaps per layer and in total, and magnetisations per layer."""
        return self._layout.observe(self._columns.words, self._block.columns)

    def configurations(self, columns: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return spins -1 and +1, shape (len(columns), N)."""
        return np.concatenate(self._layout.unpack(self._words[:, columns])).T

    def permute(self, source: NDArray[np.int64]) -> None:
        """Move states within the block: column c receives spins and energy of column source[c]."""
        permute_columns(self._columns.words, self._columns.energies, source)

    def pack(self, columns: NDArray[np.int64]) -> NDArray[Any]:
        """Return words and energies of some columns; an energy takes the place of two words."""
        energies = self._energies[columns, None].view(np.uint32)
        return np.concatenate([self._words[:, columns].T, energies], axis=1)

    def unpack(self, columns: NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Replace words and energies of some columns by packed rows."""
        self._words[:, columns] = rows[:, :-2].T
        self._energies[columns] = np.ascontiguousarray(rows[:, -2:]).view(np.float64)[:, 0]

    def diagnostics(self) -> Mapping[str, NDArray[np.float64]]:
        """Return flips per attempted update and the largest deviation from float64 so far."""
        flips = self._columns.flips[: self._block.columns].reshape(-1, self._block.copies).sum(axis=1)
        attempts = max(1, self._sweeps * int(self._layout.widths.sum()) * self._block.copies)
        return {"flip_rate": flips / attempts, "drift": self._deviation.copy()}
