"""What the tests of spins in words share: networks, walkers and fields written down from the Hamiltonian."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.config import LayeredIsing
from mcsim.kernels.spin_heat_bath import Scratch, SpinColumns, compute_fields, make_columns, make_scratch
from mcsim.kernels.spin_processor import KERNELS, supports
from mcsim.kernels.spin_tables import SpinNetwork, build_network
from mcsim.kernels.spin_words import SPINS_PER_WORD, pack_layer, unpack_layer
from mcsim.models.base import SlotBlock, Walkers
from mcsim.models.ising import IsingModel
from mcsim.networks.layered import LayeredWeights

Layers = list[NDArray[np.float64]]

# By name; on processors that lack some of them the others are still compared.
RUNNABLE = {name: kernel for name, kernel in KERNELS.items() if supports(kernel)}


def draw_network(widths: Sequence[int], *, biases: bool, seed: int) -> LayeredWeights:
    """Return a random network whose fields are of order one."""
    rng = np.random.default_rng(seed)
    weights = tuple(rng.normal(size=shape) / np.sqrt(shape[0]) for shape in itertools.pairwise(widths))
    return LayeredWeights(weights, tuple(rng.normal(size=n) for n in widths) if biases else None)


def tables_of(network: LayeredWeights, kernel: int) -> SpinNetwork:
    return build_network(network.weights, network.biases, kernel)


def start_columns(
    tables: SpinNetwork, columns: int, *, seed: int = 1, betas: Sequence[float] | None = None
) -> tuple[SpinColumns, Scratch]:
    """Return walkers at random spins, and their work space."""
    rng = np.random.default_rng(seed)
    keys = rng.integers(0, 2**32, size=(columns, 2), dtype=np.uint32)
    made = make_columns(int(tables.first_word[-1]), np.linspace(3.0, 0.1, columns) if betas is None else betas, keys)
    set_spins(tables, made, [rng.choice([-1.0, 1.0], size=(int(n), columns)) for n in tables.widths])
    return made, make_scratch(columns)


def set_spins(tables: SpinNetwork, columns: SpinColumns, spins: Layers) -> None:
    """Set the spins of the first columns; one array (N_k, columns) a layer."""
    for first, layer in zip(tables.first_word, spins, strict=False):
        packed = pack_layer(layer)
        columns.words[first : first + packed.shape[0], : packed.shape[1]] = packed


def spins_of(tables: SpinNetwork, columns: SpinColumns, n_columns: int) -> Layers:
    """Return the spins of the first columns; one array (N_k, columns) a layer."""
    return [
        unpack_layer(columns.words[start:stop, :n_columns], int(width)).astype(np.float64)
        for (start, stop), width in zip(itertools.pairwise(tables.first_word), tables.widths, strict=True)
    ]


def fields_of(kernel: int, tables: SpinNetwork, columns: SpinColumns, n_columns: int) -> Layers:
    """Return the local fields as the kernel has them; one float32 array (N_k, columns) a layer."""
    out = np.empty((columns.words.shape[0] * SPINS_PER_WORD, columns.words.shape[1]), dtype=np.float32)
    compute_fields(kernel, tables, columns, out)
    starts = tables.first_word[:-1] * SPINS_PER_WORD
    return [out[start : start + width, :n_columns] for start, width in zip(starts, tables.widths, strict=True)]


def plain_fields(network: LayeredWeights, spins: Layers) -> Layers:
    """Return b + J^k T s^{k-1} + J^{k+1} s^{k+1}, written down from the Hamiltonian."""
    fields = [np.zeros_like(layer) for layer in spins]
    for k, bias in enumerate(network.biases or ()):
        fields[k] += bias[:, None]
    for k, weights in enumerate(network.weights, start=1):
        fields[k] += weights.T @ spins[k - 1]
        fields[k - 1] += weights @ spins[k]
    return fields


def plain_energies(network: LayeredWeights, spins: Layers) -> NDArray[np.float64]:
    """Return H = - sum_k s^{k-1} J^k s^k - b s of every column."""
    total = np.zeros(spins[0].shape[1])
    for k, weights in enumerate(network.weights, start=1):
        total -= np.einsum("ic,ij,jc->c", spins[k - 1], weights, spins[k])
    for k, bias in enumerate(network.biases or ()):
        total -= bias @ spins[k]
    return total


def coupling_sums(network: LayeredWeights) -> list[NDArray[np.float64]]:
    """Return sum_j |J_ij| + |b_i| of every spin: the scale of its field."""
    absolute = LayeredWeights(
        tuple(np.abs(w) for w in network.weights),
        None if network.biases is None else tuple(np.abs(b) for b in network.biases),
    )
    return [field[:, 0] for field in plain_fields(absolute, [np.ones((n, 1)) for n in network.widths])]


def start_walkers(
    network: LayeredWeights,
    *,
    betas: Sequence[float] = (3.0, 1.0, 0.2),
    copies: int = 2,
    first_slot: int = 0,
    **specification: object,
) -> Any:
    """Return walkers of a model with these keys, at a block of slots."""
    document = {"kind": "layered-ising", "network": {"source": "gaussian", "widths": list(network.widths)}}
    model = IsingModel(network, LayeredIsing.model_validate({**document, **specification}), copies)
    slots = range(first_slot, first_slot + len(betas))
    return model.start(SlotBlock(slots, np.array(betas), copies, root_seed=1, sample=0))


def layers_of(network: LayeredWeights, walkers: Walkers, columns: int) -> Layers:
    """Return the spins of walkers; one array (N_k, columns) a layer."""
    spins = walkers.configurations(np.arange(columns)).T.astype(np.float64)
    return np.split(spins, np.cumsum(network.widths)[:-1])
