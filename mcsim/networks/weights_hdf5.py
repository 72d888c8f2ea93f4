"""The HDF5 layout "mcsim-weights": one network at several stages of its training.

::

    /                        schema, version, widths, versions of the libraries, and what the caller says:
                             activation, description, dataset, seed, learning_rate, ...
    /stages/stage_000        epoch (fractional inside the first epoch); where known: step (parameter updates
                             so far), train_error, validation_error (fractions of wrong answers)
        weights/layer_k      k = 1..L, shape (N_{k-1}, N_k)
        biases/layer_k       k = 0..L, shape (N_k,); the group is there only if the network has biases

Numbers are float32 where that loses nothing, float64 otherwise, so that what is read is what was written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

import mcsim
from mcsim.atomic import atomic_write
from mcsim.networks.layered import LayeredWeights
from mcsim.networks.weights_checks import StoredArray, assemble, fault, listed, readable, reason

SCHEMA = "mcsim-weights"
VERSION = 1
SUFFIXES = (".h5", ".hdf5")

# Stages are asked for by number in a hand-written file: an epoch printed to 6 digits must find its stage.
_EPOCH_TOLERANCE = 1e-5
_OWN_ATTRIBUTES = ("schema", "version", "widths", "mcsim_version", "numpy_version", "h5py_version")

AttributeValue = str | int | float | Sequence[int] | Sequence[float] | Sequence[str]


@dataclass(frozen=True)
class Stage:
    """One moment of training: when it was, and how well the network did. None stands for not known.

    Attributes
    ----------
    epoch : float
        Passes over the training set so far; fractional inside an epoch, 0 before training.
    step : int, optional
        Parameter updates so far.
    train_error, validation_error : float, optional
        Fraction of wrong answers.
    """

    epoch: float
    step: int | None = None
    train_error: float | None = None
    validation_error: float | None = None


def write_stages(
    path: Path, stages: Iterable[tuple[Stage, LayeredWeights]], attributes: dict[str, AttributeValue]
) -> None:
    """Write the whole file; a reader never sees half of it."""
    taken = [name for name in attributes if name in _OWN_ATTRIBUTES]
    if taken:
        raise fault(path, f"attributes {listed(taken)} are written by mcsim; give them other names")
    try:
        # From this version on HDF5 checksums its own structures, so that damage raises instead of misleading.
        with atomic_write(path) as temporary, h5py.File(temporary, "w", libver=("v110", "v110")) as file:
            _write_attributes(file, attributes)
            _write_groups(path, file, stages)
    except OSError as error:
        raise fault(path, f"cannot be written ({reason(error)})") from error


def _write_attributes(file: Any, attributes: dict[str, AttributeValue]) -> None:
    file.attrs["schema"] = SCHEMA
    file.attrs["version"] = VERSION
    file.attrs["mcsim_version"] = mcsim.__version__
    file.attrs["numpy_version"] = np.__version__
    file.attrs["h5py_version"] = h5py.__version__
    for name, value in attributes.items():
        # h5py refuses subclasses of str, such as np.str_ and torch.__version__.
        file.attrs[name] = str(value) if isinstance(value, str) else value


def _write_groups(path: Path, file: Any, stages: Iterable[tuple[Stage, LayeredWeights]]) -> None:
    root = file.create_group("stages")
    last = -math.inf
    widths: tuple[int, ...] | None = None
    for number, (stage, network) in enumerate(stages):
        if not math.isfinite(stage.epoch) or stage.epoch < 0:
            raise fault(path, f"stage {number} has epoch {stage.epoch}; it must be a finite number >= 0")
        if stage.epoch <= last or _same_epoch(stage.epoch, last):
            raise fault(path, f"stage {number} has epoch {stage.epoch:.6g}, but follows {last:.6g}; they must rise")
        widths = widths or network.widths
        if network.widths != widths:
            raise fault(path, f"stage {number} has widths {network.widths}, but the first has {widths}")
        last = stage.epoch
        _write_stage(path, root.create_group(f"stage_{number:03d}"), stage, network)
    if widths is None:
        raise fault(path, "no stage to write; at least one is needed")
    file.attrs["widths"] = widths


def _write_stage(path: Path, group: Any, stage: Stage, network: LayeredWeights) -> None:
    for field in fields(stage):
        value = getattr(stage, field.name)
        if value is not None:
            group.attrs[field.name] = value
    for layer, matrix in enumerate(network.weights, start=1):
        words = f"coupling [i, j] of neuron i of layer {layer - 1} and neuron j of layer {layer}"
        _write_array(group, f"weights/layer_{layer}", matrix, words)
    for layer, vector in enumerate(network.biases or ()):
        _write_array(group, f"biases/layer_{layer}", vector, f"field on each neuron of layer {layer}")
    # Reading back what was written refuses here all that a reader would refuse, NaN and bad shapes included.
    _read_group(path, group)


def _write_array(group: Any, name: str, values: NDArray[np.float64], description: str) -> None:
    with np.errstate(over="ignore"):
        single = np.asarray(values, dtype=np.float32)
    stored = single if np.array_equal(single, values) else values
    # The checksum turns damage on disk into an error; an empty array, soon refused, takes no filters.
    filters = {"compression": "gzip", "shuffle": True, "fletcher32": True} if stored.size else {}
    dataset = group.create_dataset(name, data=stored, **filters)
    dataset.attrs["description"] = description


def read_stages(path: Path) -> tuple[Stage, ...]:
    """Return the stored stages in order of epoch, without their weights."""
    with _stage_groups(path) as groups:
        return tuple(stage for stage, _ in groups)


def read_network(path: Path, epoch: float | None) -> LayeredWeights:
    """Return the network at `epoch`, or at the last stage."""
    with _stage_groups(path) as groups:
        if epoch is None:
            return _read_group(path, groups[-1][1])
        stage, group = min(groups, key=lambda pair: abs(pair[0].epoch - epoch))
        if not _same_epoch(stage.epoch, epoch):
            stored = ", ".join(f"{stage.epoch:.6g}" for stage, _ in groups)
            raise fault(path, f"epoch {epoch:.6g} is not stored; the epochs stored are {stored}")
        return _read_group(path, group)


def _same_epoch(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_EPOCH_TOLERANCE)


@contextmanager
def _stage_groups(path: Path) -> Iterator[list[tuple[Stage, Any]]]:
    """Open the file and give its stages in order of epoch, each with its group."""
    with ExitStack() as stack:
        with readable(path, "this HDF5 file"):
            file = stack.enter_context(h5py.File(path, "r"))
            _check_schema(path, file)
            root = file.get("stages")
            if not isinstance(root, h5py.Group) or not len(root):
                raise fault(path, "the group 'stages' is missing or empty; it must hold a group per stage")
            groups = [(_stage_of(path, root[name]), root[name]) for name in root]
        yield sorted(groups, key=lambda pair: pair[0].epoch)


def _check_schema(path: Path, file: Any) -> None:
    schema = file.attrs.get("schema")
    schema = schema.decode(errors="replace") if isinstance(schema, bytes) else schema
    if not isinstance(schema, str) or schema != SCHEMA:
        found = "no attribute 'schema'" if schema is None else f"schema {schema!r}"
        raise fault(path, f"this HDF5 file has {found}; mcsim reads weights of schema {SCHEMA!r}")
    version = file.attrs.get("version")
    if not isinstance(version, (int, np.integer)) or version != VERSION:
        raise fault(path, f"schema {SCHEMA!r} has version {version}; this mcsim reads version {VERSION}")


def _stage_of(path: Path, group: Any) -> Stage:
    if not isinstance(group, h5py.Group):
        raise fault(path, f"{group.name!r} is an array; it must be a group, one stage of training")
    known: dict[str, Any] = {}
    for name in (field.name for field in fields(Stage)):
        value = group.attrs.get(name)
        if value is not None and not isinstance(value, (int, float, np.integer, np.floating)):
            raise fault(path, f"{group.name!r} has {name} {value!r}; it must be a number")
        if value is not None:
            known[name] = int(value) if name == "step" else float(value)
    if not math.isfinite(known.get("epoch", math.nan)):
        raise fault(path, f"{group.name!r} has epoch {known.get('epoch')}; it must be a finite number")
    return Stage(**known)


def _read_group(path: Path, group: Any) -> LayeredWeights:
    with readable(path, repr(group.name)):
        weights = _layers(path, group, "weights", first=1)
        biases = _layers(path, group, "biases", first=0) if "biases" in group else None
        widths = group.file.attrs.get("widths")
    if biases is not None and len(biases) != len(weights) + 1:
        wanted = f"{len(weights) + 1} (layers 0..{len(weights)})"
        raise fault(path, f"'{group.name}/biases' has {len(biases)} arrays; it must have {wanted}")
    network = assemble(path, weights, biases, fixed=True)
    if widths is not None and not np.array_equal(widths, network.widths):
        raise fault(path, f"attribute 'widths' is {widths}, but {group.name!r} has {network.widths}")
    return network


def _layers(path: Path, stage: Any, kind: str, *, first: int) -> list[StoredArray]:
    """Return the arrays layer_first, layer_first+1, ... of a stage, with no number missing."""
    group = stage.get(kind)
    if not isinstance(group, h5py.Group) or not len(group):
        raise fault(path, f"{stage.name!r} has no group {kind!r} with an array for each layer")
    wanted = [f"layer_{k}" for k in range(first, first + len(group))]
    for name in wanted:
        if name not in group:
            raise fault(path, f"array '{group.name}/{name}' is missing; present: {listed(group)}")
        if not isinstance(group[name], h5py.Dataset):
            raise fault(path, f"'{group.name}/{name}' is a group; it must be an array")
    return [_stored(group[name]) for name in wanted]


def _stored(dataset: Any) -> StoredArray:
    kind = dataset.dtype.kind
    return StoredArray(
        name=str(dataset.name),
        shape=tuple(dataset.shape or ()),
        dtype=str(dataset.dtype),
        floating=kind == "f",
        read=lambda: dataset[()],
    )
