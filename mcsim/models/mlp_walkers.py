"""Replicas of a random MLP at a block of slots: their arrays, sweeps, moves between slots and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.config import RandomMlp
from mcsim.kernels import mlp_coordinate, mlp_state
from mcsim.kernels.mlp_network import Network, Work
from mcsim.kernels.normals import fill_normals
from mcsim.models.base import SlotBlock, pairs_of
from mcsim.models.mlp_sweeps import SWEEPS, MlpArrays
from mcsim.models.step_adaptation import StepAdaptation
from mcsim.seeds import Purpose

_INITIAL = np.uint32(0)


class MlpWalkers:
    """Inputs, hidden layers, H and (for HMC) dH/dx of every column, kept at the current point and never recomputed.

    Columns go through matrix products in tiles of ``tile_columns``, counted from the first column of the block. Blocks
    begin at multiples of a tile, so the shapes of products depend on the configuration and on counts alone.
    """

    def __init__(self, network: Network, specification: RandomMlp, thermalization: int, block: SlotBlock) -> None:
        self._network = network
        self._specification = specification
        self._thermalization = thermalization if specification.adapt else 0
        self._block = block
        self._dtype = network.readout.dtype
        self._run_sweeps = SWEEPS[specification.move]
        self._with_gradient = specification.move.needs_gradient
        self._state = self._allocate_state()
        self._work = self._allocate_work()
        self._adaptation = StepAdaptation(
            len(block.slots), specification.first_step, specification.largest_step, specification.aimed_acceptance
        )
        self._columns = self._allocate_columns()
        self._proposal = self._allocate_proposal()
        self._use_steps()
        self._draw_inputs()
        mlp_state.evaluate(self._state, self._network, self._work, specification.tile_columns)

    def _allocate_state(self) -> mlp_state.State:
        columns, widths = self._block.columns, self._network.widths
        return mlp_state.State(
            layers=np.zeros(columns * int(widths.sum()), dtype=self._dtype),
            gradient=np.zeros((columns, int(widths[0]) if self._with_gradient else 0), dtype=self._dtype),
            energy=np.zeros(columns),
        )

    def _allocate_work(self) -> Work:
        widths = self._network.widths
        rows, inputs = min(self._specification.tile_columns, self._block.columns), int(widths[0])
        return Work(
            layers=np.zeros(rows * int(widths.sum()), dtype=self._dtype),
            slopes=np.zeros(rows * int(widths.sum()), dtype=self._dtype),
            product=np.zeros(rows * int(widths.max()), dtype=self._dtype),
            gradient=np.zeros((rows, inputs), dtype=self._dtype),
            momentum=np.zeros((rows, inputs), dtype=self._dtype),
            energy=np.zeros(rows),
            words=np.zeros(4 * ((inputs + 3) // 4), dtype=np.uint32),
            before=np.zeros(rows),
            step=np.zeros(rows),
            steps=np.zeros(rows, dtype=np.int64),
        )

    def _allocate_columns(self) -> mlp_state.Columns:
        columns = self._block.columns
        return mlp_state.Columns(
            betas=np.repeat(self._block.betas, self._block.copies),
            keys=self._block.keys(Purpose.DYNAMICS),
            sphere=self._specification.prior == "sphere",
            step=np.zeros(columns),
            steps=np.ones(columns, dtype=np.int64),
            step_jitter=self._specification.step_jitter,
            chance=np.zeros(columns),
            accepted=np.zeros(columns, dtype=np.int64),
            proposed=np.zeros(columns, dtype=np.int64),
        )

    def _allocate_proposal(self) -> mlp_coordinate.Proposal:
        rows = min(self._specification.tile_columns, self._block.columns)
        return mlp_coordinate.Proposal(
            sites=np.zeros((rows, 2), dtype=np.int64),
            values=np.zeros((rows, 2), dtype=self._dtype),
            log_prior=np.zeros(rows),
            words=np.zeros(rows, dtype=np.uint32),
        )

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
        """Give every column its slot's step and a number of leapfrog steps that fills the trajectory.

        Within a tile that number must not rise from row to row, so a slot does at least as many steps as the hotter
        ones beside it; that makes a trajectory longer, never wrong.
        """
        copies = self._block.copies
        steps = np.exp(self._adaptation.log_step)
        self._columns.step[:] = np.repeat(steps, copies)
        # Rounded up, all but a tenth of a step: short trajectories cost more in correlation than they save in steps.
        wanted = np.maximum(1, np.ceil(self._specification.trajectory / steps - 0.1)).astype(np.int64)
        wanted = np.minimum(wanted, self._specification.max_leapfrogs)
        tile_slots = self._specification.tile_columns // copies
        for first in range(0, wanted.size, tile_slots):
            tile = wanted[first : first + tile_slots]
            tile[:] = np.maximum.accumulate(tile[::-1])[::-1]
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
        tile_columns = self._specification.tile_columns
        arrays = MlpArrays(self._state, self._network, self._columns, self._work, self._proposal, tile_columns)
        self._run_sweeps(arrays, first_sweep, n_sweeps)

    def _adapt(self, sweep: int) -> None:
        """Learn from the sweep just done; start anew at half time, freeze after the last one."""
        by_slot = self._columns.chance.reshape(-1, self._block.copies).sum(axis=1)
        self._adaptation.update(by_slot / self._columns.proposed.reshape(-1, self._block.copies).sum(axis=1))
        if sweep + 1 == self._thermalization // 2:
            self._adaptation.restart()
        if sweep + 1 == self._thermalization:
            self._adaptation.freeze()
        self._use_steps()
        for counts in (self._columns.chance, self._columns.accepted, self._columns.proposed):
            counts[:] = 0

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
        return [*parts, self._state.gradient] if self._with_gradient else parts

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
        """Return the acceptance rate since the thermalisation, and the size of moves, by slot."""
        copies = self._block.copies
        accepted = self._columns.accepted.reshape(-1, copies).sum(axis=1)
        proposed = np.maximum(1, self._columns.proposed.reshape(-1, copies).sum(axis=1))
        figures = {"acceptance_rate": accepted / proposed, "step": self._columns.step[::copies].copy()}
        if self._specification.move.in_trajectories:
            figures["leapfrog_steps"] = self._columns.steps[::copies].astype(np.float64)
        return figures
