"""Replicas of a random MLP at a block of slots: their arrays, sweeps, moves between slots and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.config import RandomMlp
from mcsim.kernels import mlp_state
from mcsim.kernels.mlp_network import Network
from mcsim.kernels.normals import fill_normals
from mcsim.models.base import SlotBlock, pairs_of
from mcsim.models.mlp_arrays import allocate
from mcsim.models.mlp_sweeps import SWEEPS
from mcsim.models.step_adaptation import StepAdaptation
from mcsim.seeds import Purpose

_INITIAL = np.uint32(0)


class MlpWalkers:
    """Inputs, hidden layers, H and (for HMC) z^1 of every column, kept at the current point.

    Columns go through matrix products in tiles of ``tile_columns``, counted from the first column of the block. Blocks
    begin at multiples of a tile, so the shapes of products depend on the configuration and on counts alone.
    """

    def __init__(self, network: Network, specification: RandomMlp, thermalization: int, block: SlotBlock) -> None:
        self._network = network
        self._specification = specification
        self._thermalization = thermalization if specification.adapt else 0
        self._block = block
        self._arrays = allocate(network, specification, block)
        self._state, self._columns, self._work = self._arrays.state, self._arrays.columns, self._arrays.work
        self._run_sweeps = SWEEPS[specification.move]
        self._adaptation = StepAdaptation(
            len(block.slots), specification.first_step, specification.largest_step, specification.aimed_acceptance
        )
        self._use_steps()
        self._draw_inputs()
        mlp_state.evaluate(self._state, self._network, self._work, specification.tile_columns)

    def _draw_inputs(self) -> None:
        """Draw every x from the prior."""
        inputs = self._layers()[0]
        for x, key in zip(inputs, self._block.keys(Purpose.INITIAL_STATE), strict=True):
            fill_normals(x, self._work.words, key, _INITIAL, _INITIAL, _INITIAL)
            if self._columns.sphere:
                mlp_state.onto_sphere(x)

    def _layers(self) -> list[NDArray[Any]]:
        """Return x and every phi(z^l) as (columns, N_l) views."""
        columns = self._block.columns
        return [
            self._state.layers[columns * first : columns * (first + width)].reshape(columns, width)
            for first, width in zip(self._network.first, self._network.widths, strict=True)
        ]

    def _use_steps(self) -> None:
        """Give every column its slot's step and a number of steps that fills the trajectory.

        Within a tile that number must not rise from row to row, so a slot does at least as many steps as the hotter
        ones beside it; that makes a trajectory longer, never wrong. Once adaptation is over steps are rounded to whole
        parts of the trajectory: of longer ones energies forget less.
        """
        copies, length, most = self._block.copies, self._specification.trajectory, self._specification.max_leapfrogs
        steps = np.exp(self._adaptation.log_step)
        # Rounded up but for the last third; as floats, since a tiny step asks for more than an integer holds.
        wanted = np.clip(np.ceil(length / steps - 0.3), 1, most).astype(np.int64)
        tile_slots = self._specification.tile_columns // copies
        for first in range(0, wanted.size, tile_slots):
            tile = wanted[first : first + tile_slots]
            tile[:] = np.maximum.accumulate(tile[::-1])[::-1]
        if self._adaptation.frozen and self._specification.move.in_trajectories:
            steps = np.where(wanted < most, length / wanted, steps)
        self._columns.step[:] = np.repeat(steps, copies)
        self._columns.steps[:] = np.repeat(wanted, copies)

    def sweep(self, first_sweep: int, n_sweeps: int) -> None:
        """Do n_sweeps sweeps, adapting steps after each of those that belong to the thermalisation."""
        end = first_sweep + n_sweeps
        while first_sweep < min(end, self._thermalization):
            self._sweep_kernel(first_sweep, 1)
            self._adapt(first_sweep)
            first_sweep += 1
        if first_sweep < end:
            self._sweep_kernel(first_sweep, end - first_sweep)

    def _sweep_kernel(self, first_sweep: int, n_sweeps: int) -> None:
        self._run_sweeps(self._arrays, first_sweep, n_sweeps)

    def _adapt(self, sweep: int) -> None:
        """Learn from the sweep just done; start anew at half time, freeze after the last one."""
        self._adaptation.update(self._by_slot(self._columns.chance) / self._by_slot(self._columns.proposed))
        if sweep + 1 == self._thermalization // 2:
            self._adaptation.restart()
        if sweep + 1 == self._thermalization:
            self._adaptation.freeze()
        self._use_steps()
        for counts in self._counts():
            counts[:] = 0

    def _counts(self) -> tuple[NDArray[Any], ...]:
        columns = self._columns
        jumps = columns.jumped, columns.energy_jumped, columns.swept
        return columns.chance, columns.accepted, columns.proposed, *jumps

    def energies(self) -> NDArray[np.float64]:
        """Return H, shape (slots, copies)."""
        return self._state.energy.reshape(-1, self._block.copies).copy()

    def configurations(self, columns: NDArray[np.int64]) -> NDArray[Any]:
        """Return inputs x, shape (len(columns), N_0)."""
        return self._layers()[0][columns]

    def observables(self) -> Mapping[str, NDArray[Any]]:
        """Return overlaps of pairs of copies (slots, pairs, layers) and self-overlaps (slots, copies, layers)."""
        slots, copies, layers = len(self._block.slots), self._block.copies, self._network.widths.size
        between = np.empty((slots, pairs_of(copies), layers))
        mlp_state.overlaps(self._state, self._network, copies, between)
        own = np.empty((slots * copies, layers))
        mlp_state.self_overlaps(self._state, self._network, own)
        return {"overlap": between, "self_overlap": own.reshape(slots, copies, layers)}

    def _parts(self) -> list[NDArray[Any]]:
        """Return everything that moves with a state, as (columns, ...) arrays that share its memory."""
        parts = [*self._layers(), self._state.energy[:, None]]
        return [*parts, self._state.z] if self._specification.move.keeps_z else parts

    def permute(self, source: NDArray[np.int64]) -> None:
        """Move states within the block: column c receives everything column source[c] knows."""
        moved = np.flatnonzero(source != np.arange(source.size))
        for part in self._parts():
            part[moved] = part[source[moved]]

    def pack(self, columns: NDArray[np.int64]) -> NDArray[Any]:
        """Return the states of some columns as bytes, one row each: H has another type than the rest."""
        return np.concatenate([part[columns].view(np.uint8) for part in self._parts()], axis=1)

    def unpack(self, columns: NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Replace the states of some columns by packed rows."""
        at = 0
        for part in self._parts():
            size = part.shape[1] * part.itemsize
            part[columns] = np.ascontiguousarray(rows[:, at : at + size]).view(part.dtype)
            at += size

    def diagnostics(self) -> Mapping[str, NDArray[np.float64]]:
        """Return acceptance rate and squared jumps since the thermalisation, and the size of moves, by slot."""
        columns = self._columns
        proposed, swept = (np.maximum(1, self._by_slot(counts)) for counts in (columns.proposed, columns.swept))
        figures = {
            "acceptance_rate": self._by_slot(columns.accepted) / proposed,
            "squared_jump": self._by_slot(columns.jumped) / swept,
            "squared_energy_jump": self._by_slot(columns.energy_jumped) / swept,
            "step": columns.step[:: self._block.copies].copy(),
        }
        if self._specification.move.in_trajectories:
            figures["leapfrog_steps"] = columns.steps[:: self._block.copies].astype(np.float64)
        return figures

    def _by_slot(self, counts: NDArray[Any]) -> NDArray[np.float64]:
        """Return sums over the copies of each slot."""
        return np.asarray(counts.reshape(-1, self._block.copies).sum(axis=1, dtype=np.float64))
