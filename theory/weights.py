"""Read one network from a file of the HDF5 layout "mcsim-weights", version 1.

Written from the layout's description, without the sampler's own reader, so that predictions and simulations agree
on a file only if both read it right:

    /                     attributes schema = "mcsim-weights", version = 1, widths
    /stages/NAME          attribute epoch
        weights/layer_k   k = 1..L, shape (N_{k-1}, N_k)
        biases/layer_k    k = 0..L, shape (N_k,), where the network has biases: fields on the spins
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from theory.arrays import FloatArray
from theory.bonds import LayeredBonds

SCHEMA = "mcsim-weights"
VERSION = 1
# Epochs are typed by hand: one printed to 6 digits must find its stage.
_EPOCH_TOLERANCE = 1e-5


@dataclass(frozen=True)
class StoredNetwork:
    """One stage of a file of weights.

    Attributes
    ----------
    epoch : float
        Passes over the training set so far; 0 before training.
    bonds : LayeredBonds
    """

    epoch: float
    bonds: LayeredBonds


def stored_epochs(path: Path) -> tuple[float, ...]:
    """Return the epochs stored in a file of weights, in rising order.

    Raises
    ------
    ValueError
        One line naming the file and the fault, if it cannot be read or has another layout.
    """
    with _opened(path) as stages:
        return tuple(epoch for epoch, _ in stages)


def read_network(path: Path, epoch: float | None = None) -> StoredNetwork:
    """Return the network at an epoch, or at the last one stored.

    Parameters
    ----------
    path : Path
    epoch : float, optional
        Matched to 1e-5 of its value.

    Raises
    ------
    ValueError
        One line naming the file and the fault: not readable, another layout, or an epoch that is not stored (the
        message lists those that are).
    """
    with _opened(path) as stages:
        wanted = stages[-1][0] if epoch is None else epoch
        stored, group = min(stages, key=lambda stage: abs(stage[0] - wanted))
        if not math.isclose(stored, wanted, rel_tol=_EPOCH_TOLERANCE):
            epochs = ", ".join(f"{one:.6g}" for one, _ in stages)
            raise ValueError(f"{path}: epoch {wanted:.6g} is not stored; give one of {epochs}")
        weights = _layers(path, group, "weights", first=1)
        biases = _layers(path, group, "biases", first=0) if "biases" in group else None
        widths = group.file.attrs.get("widths")
    try:
        bonds = LayeredBonds(weights, None if biases is None else np.concatenate([b.ravel() for b in biases]))
    except ValueError as error:
        raise ValueError(f"{path}: epoch {stored:.6g}: {error}") from error
    if widths is not None and tuple(np.ravel(widths).tolist()) != bonds.widths:
        raise ValueError(f"{path}: attribute 'widths' is {widths}, but epoch {stored:.6g} has {bonds.widths}")
    return StoredNetwork(stored, bonds)


@contextmanager
def _opened(path: Path) -> Iterator[list[tuple[float, Any]]]:
    """Open the file and give its stages by rising epoch; whatever HDF5 raises becomes one line."""
    try:
        with h5py.File(path, "r") as file:
            yield _stages(path, file)
    except ValueError:
        raise
    except Exception as error:  # damaged files raise OSError, KeyError, RuntimeError, zlib.error: no common base
        words = " ".join(str(error).split())[:160] or type(error).__name__
        raise ValueError(f"{path}: cannot be read as HDF5 weights ({words})") from error


def _stages(path: Path, file: Any) -> list[tuple[float, Any]]:
    schema, version = file.attrs.get("schema"), file.attrs.get("version")
    if schema != SCHEMA or version != VERSION:
        raise ValueError(
            f"{path}: schema {schema!r}, version {version}; give a file of schema {SCHEMA!r}, version {VERSION}"
        )
    root = file.get("stages")
    groups = [root[name] for name in root] if isinstance(root, h5py.Group) else []
    if not groups:
        raise ValueError(f"{path}: the group 'stages' is missing or empty; it must hold a group per stage")
    stages = [(float(group.attrs.get("epoch", math.nan)), group) for group in groups]
    if not all(math.isfinite(epoch) for epoch, _ in stages):
        raise ValueError(f"{path}: a stage has no finite attribute 'epoch'; every stage needs one")
    return sorted(stages, key=lambda stage: stage[0])


def _layers(path: Path, stage: Any, kind: str, *, first: int) -> list[FloatArray]:
    group = stage.get(kind)
    if not isinstance(group, h5py.Group) or not len(group):
        raise ValueError(f"{path}: {stage.name!r} has no arrays '{kind}/layer_{first}', ...; it is not layered")
    names = [f"layer_{k}" for k in range(first, first + len(group))]
    missing = [name for name in names if not isinstance(group.get(name), h5py.Dataset)]
    if missing:
        raise ValueError(f"{path}: array '{group.name}/{missing[0]}' is missing; layers must be numbered from {first}")
    return [np.asarray(group[name][()], dtype=np.float64) for name in names]
