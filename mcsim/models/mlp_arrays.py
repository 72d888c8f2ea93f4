"""The arrays that sweeps of an MLP's inputs work on, for a block of slots."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mcsim.config import RandomMlp
from mcsim.kernels.mlp_coordinate import Proposal
from mcsim.kernels.mlp_network import Network, Work
from mcsim.kernels.mlp_state import Columns, State
from mcsim.kernels.mlp_trajectory import Trajectories
from mcsim.kernels.normals import words_for_normals
from mcsim.models.base import SlotBlock
from mcsim.seeds import Purpose


class MlpArrays(NamedTuple):
    """What a sweep of inputs works on; every array is described where its type is.

    paths : used by trajectories
    proposal : used by moves of single coordinates
    tile_columns : int, columns that go through matrix products together
    """

    state: State
    network: Network
    columns: Columns
    work: Work
    paths: Trajectories
    proposal: Proposal
    tile_columns: int


def allocate(network: Network, specification: RandomMlp, block: SlotBlock) -> MlpArrays:
    """Return the arrays of a block of slots, zero but for betas and keys."""
    rows = min(specification.tile_columns, block.columns)
    return MlpArrays(
        _state(network, block.columns, keeps_z=specification.move.keeps_z),
        network,
        _columns(specification, block),
        _work(network, rows),
        _paths(network, rows),
        _proposal(network, rows),
        specification.tile_columns,
    )


def _state(network: Network, columns: int, *, keeps_z: bool) -> State:
    dtype = network.readout.dtype
    return State(
        layers=np.zeros(columns * int(network.widths.sum()), dtype),
        z=np.zeros((columns, int(network.widths[1]) if keeps_z else 0), dtype),
        energy=np.zeros(columns),
    )


def _columns(specification: RandomMlp, block: SlotBlock) -> Columns:
    columns = block.columns
    return Columns(
        betas=np.repeat(block.betas, block.copies),
        keys=block.keys(Purpose.DYNAMICS),
        sphere=specification.prior == "sphere",
        step=np.zeros(columns),
        steps=np.ones(columns, dtype=np.int64),
        step_jitter=specification.step_jitter,
        chance=np.zeros(columns),
        accepted=np.zeros(columns, dtype=np.int64),
        proposed=np.zeros(columns, dtype=np.int64),
        jumped=np.zeros(columns),
        energy_jumped=np.zeros(columns),
        swept=np.zeros(columns, dtype=np.int64),
    )


def _work(network: Network, rows: int) -> Work:
    dtype, inputs = network.readout.dtype, int(network.widths[0])
    everything = rows * int(network.widths.sum())
    return Work(
        layers=np.zeros(everything, dtype),
        slopes=np.zeros(everything, dtype),
        product=np.zeros(rows * int(network.widths.max()), dtype),
        reach=np.zeros(rows),
        sharpness=np.zeros(rows, dtype),
        noise=np.zeros((rows, inputs), dtype),
        words=np.zeros(words_for_normals(inputs), dtype=np.uint32),
        energy=np.zeros(rows),
        before=np.zeros(rows),
        z=np.zeros((rows, int(network.widths[1])), dtype),
    )


def _paths(network: Network, rows: int) -> Trajectories:
    dtype, inputs, layer = network.readout.dtype, int(network.widths[0]), int(network.widths[1])
    return Trajectories(
        velocity=np.zeros((rows, layer), dtype),
        force=np.zeros((rows, layer), dtype),
        gradient=np.zeros((rows, inputs), dtype),
        along=np.zeros((rows, layer), dtype),
        momentum_along=np.zeros((rows, layer), dtype),
        ends=np.zeros((rows, 2)),
        momentum_ends=np.zeros((rows, 2)),
        gained=np.zeros(rows),
        speed_squared=np.zeros(rows),
        step=np.zeros(rows),
        steps=np.zeros(rows, dtype=np.int64),
    )


def _proposal(network: Network, rows: int) -> Proposal:
    return Proposal(
        sites=np.zeros((rows, 2), dtype=np.int64),
        values=np.zeros((rows, 2), network.readout.dtype),
        log_prior=np.zeros(rows),
        words=np.zeros(rows, dtype=np.uint32),
        z=np.zeros((rows, int(network.widths[1])), network.readout.dtype),
    )
