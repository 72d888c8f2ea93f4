"""Somebody else's network as ours: which arrays of a file are its linear layers, and which way they are stored.

A chain of linear layers is what remains when everything is left out that cannot be one: arrays that are not 2-d
(biases, norms, convolutions), not real floating point, embeddings (by their names), and 2-d arrays whose shapes do
not continue their neighbours'. What was taken and what was left is part of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from mcsim.networks import torch_files
from mcsim.networks.files import named, open_arrays
from mcsim.networks.layered import LayeredWeights
from mcsim.networks.weights_checks import StoredArray, assemble, fault, listed

Order = Literal["in-out", "out-in"]
OrderChoice = Literal["auto", "in-out", "out-in"]

_EMBEDDINGS = re.compile(r"embed|(^|[._/])(emb|wte|wpe)([._/]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class LeftArray:
    """An array that is not part of the network, and why."""

    name: str
    shape: tuple[int, ...]
    why: str


@dataclass(frozen=True, eq=False)
class ImportedNetwork:
    """A network and how it was found.

    Attributes
    ----------
    network : LayeredWeights
    layers : tuple of str
        Names of the arrays taken as weights, from the input to the output.
    biases : tuple of (str or None)
        Name of each layer's bias, None for zeros; empty for a network without.
    order : str
        How the file stores a matrix: "in-out" as we do, or "out-in" like PyTorch.
    doubt : str
        Why the order may be wrong; empty where shapes, biases and the habit of the format agree.
    left : tuple of LeftArray
    """

    network: LayeredWeights
    layers: tuple[str, ...]
    biases: tuple[str | None, ...]
    order: Order
    doubt: str
    left: tuple[LeftArray, ...]


def import_network(
    path: str | Path,
    *,
    layers: Sequence[str] | None = None,
    order: OrderChoice = "auto",
    biases: bool | None = None,
) -> ImportedNetwork:
    """Find the linear layers in a .npz, .safetensors, .pt or .pth file.

    Parameters
    ----------
    path : str or Path
    layers : sequence of str, optional
        Names of the weights, from the input to the output. By default the longest run of 2-d arrays that chain.
    order : str
        How matrices are stored. "auto": as the shapes demand; where both orders fit, as the biases' lengths
        demand; then "out-in" for PyTorch's files and for names that end in "weight", else "in-out".
    biases : bool, optional
        Whether to take biases, found by name (fc1.weight, fc1.bias; W1, b1; kernel, bias). By default if the file
        has them. Layers without one get zeros.

    Raises
    ------
    WeightsError
        One line, where no network can be made of the file.
    """
    path = Path(path)
    with open_arrays(path) as stored:
        arrays = _possible(path, stored) if layers is None else _named_layers(path, stored, layers)
        # Named layers are all wanted; where they do not chain, `assemble` says so.
        found = {way: _longest_chains(arrays, way) if layers is None else [arrays] for way in _ways(order)}
        way = max(found, key=lambda way: _merit(path, stored, found[way][0], way))
        chain = _only(path, found[way], arrays)
        named_so = [_bias_of(stored, array, way) for array in chain]
        if biases and not any(named_so):
            raise fault(path, f"no biases of the layers {_names(chain)}; present: {listed(stored)}")
        used = [array if biases is not False else None for array in named_so]
        return ImportedNetwork(
            network=_assembled(path, chain, used, way),
            layers=tuple(array.name for array in chain),
            biases=tuple(array.name if array else None for array in used) if any(used) else (),
            order=way,
            doubt=_doubt(path, chain, way) if order == "auto" else "",
            left=_left(stored, chain, used),
        )


def _ways(order: OrderChoice) -> tuple[Order, ...]:
    return ("in-out", "out-in") if order == "auto" else (order,)


def _possible(path: Path, stored: Mapping[str, StoredArray]) -> list[StoredArray]:
    """Return the arrays that could be a linear layer's weights."""
    possible = [array for array in stored.values() if not _why_impossible(array)]
    if not possible:
        found = (f"{array.name!r} of shape {array.shape}" for array in stored.values())
        raise fault(path, f"no 2-d array to take as weights; present: {', '.join(found) or 'none'}")
    return possible


def _why_impossible(array: StoredArray) -> str:
    if len(array.shape) != 2:
        return f"{len(array.shape)}-d"
    if not array.floating:
        return f"not real floating point but {array.dtype}"
    if 0 in array.shape:
        return "empty"
    return "an embedding, by its name" if _EMBEDDINGS.search(array.name) else ""


def _named_layers(path: Path, stored: dict[str, StoredArray], layers: Sequence[str]) -> list[StoredArray]:
    arrays = named(path, stored, "layers", layers)
    for array in arrays:
        if len(array.shape) != 2:
            raise fault(path, f"array {array.name!r} of 'layers' has shape {array.shape}; weights are 2-d")
    return arrays


def _longest_chains(arrays: Sequence[StoredArray], way: Order) -> list[list[StoredArray]]:
    """Return the longest runs of neighbours in which each layer's inputs are the outputs of the one before."""
    runs = [[arrays[0]]]
    for before, after in pairwise(arrays):
        if _sides(before, way)[1] == _sides(after, way)[0]:
            runs[-1].append(after)
        else:
            runs.append([after])
    longest = max(map(len, runs))
    return [run for run in runs if len(run) == longest]


def _only(path: Path, chains: Sequence[list[StoredArray]], arrays: Sequence[StoredArray]) -> list[StoredArray]:
    """Return the one chain there is, or raise."""
    if len(chains) == 1:
        return chains[0]
    length = len(chains[0])
    if length == 1:
        raise fault(path, f"no two of the 2-d arrays {_names(arrays)} chain; name the layers")
    ends = " or ".join(f"{chain[0].name!r}..{chain[-1].name!r}" for chain in chains)
    raise fault(path, f"several chains of {length} layers: {ends}; name the layers")


def _names(arrays: Sequence[StoredArray]) -> str:
    return listed(array.name for array in arrays)


def _sides(array: StoredArray, way: Order) -> tuple[int, int]:
    """Return a layer's inputs and outputs."""
    first, second = array.shape
    return (first, second) if way == "in-out" else (second, first)


def _merit(
    path: Path, stored: Mapping[str, StoredArray], chain: Sequence[StoredArray], way: Order
) -> tuple[int, int, bool]:
    """Return how well an order fits: layers that chain, biases of the right length, then habit."""
    chained = sum(_sides(a, way)[1] == _sides(b, way)[0] for a, b in pairwise(chain))
    biased = sum(_bias_of(stored, array, way) is not None for array in chain)
    return chained, biased, way == _habit(path, chain)


def _habit(path: Path, arrays: Sequence[StoredArray]) -> Order:
    like_torch = path.suffix.lower() in torch_files.SUFFIXES or all(a.name.endswith("weight") for a in arrays)
    return "out-in" if like_torch else "in-out"


def _doubt(path: Path, chain: Sequence[StoredArray], way: Order) -> str:
    """Return what speaks against the order that was found."""
    if way != _habit(path, chain):
        return f"files and names like these are usually {_habit(path, chain)}"
    other: Order = "in-out" if way == "out-in" else "out-in"
    both = all(_sides(a, other)[1] == _sides(b, other)[0] for a, b in pairwise(chain))
    return "the shapes fit both ways" if both else ""


def _bias_of(stored: Mapping[str, StoredArray], array: StoredArray, way: Order) -> StoredArray | None:
    """Return the 1-d array of the layer's length that bears the name of its bias."""
    begin, last = re.fullmatch(r"(.*[./])?(.*)", array.name, re.DOTALL).groups("")  # type: ignore[union-attr]
    names = [last.replace("weight", "bias"), last.replace("kernel", "bias"), re.sub(r"^[Ww](?=_?\d*$)", "b", last)]
    for name in names:
        found = stored.get(begin + name)
        if found is not None and found.floating and found.shape == (_sides(array, way)[1],):
            return found
    return None


def _assembled(
    path: Path, chain: Sequence[StoredArray], biases: Sequence[StoredArray | None], way: Order
) -> LayeredWeights:
    transpose = way == "out-in"
    if not any(biases):
        return assemble(path, chain, transpose=transpose)
    vectors = [bias or _zeros(_sides(array, way)[1]) for bias, array in zip(biases, chain, strict=True)]
    return assemble(path, chain, vectors, transpose=transpose)


def _zeros(length: int) -> StoredArray:
    return StoredArray("zeros", (length,), "float64", True, lambda: np.zeros(length))


def _left(
    stored: Mapping[str, StoredArray], chain: Sequence[StoredArray], biases: Sequence[StoredArray | None]
) -> tuple[LeftArray, ...]:
    taken = {array.name for array in (*chain, *biases) if array}
    return tuple(
        LeftArray(array.name, array.shape, _why_impossible(array) or "does not continue the chain of layers")
        for array in stored.values()
        if array.name not in taken
    )
