"""Weights on disk: write our HDF5 layout, read it and the formats other programs write.

>>> from mcsim.networks.files import digits_weights_path, load_weights
>>> load_weights(digits_weights_path(), epoch=0).widths
(64, 48, 48, 48, 10)
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray

from mcsim.networks import torch_files, weights_hdf5
from mcsim.networks.layered import LayeredWeights
from mcsim.networks.weights_checks import StoredArray, WeightsError, assemble, fault, listed, readable
from mcsim.networks.weights_hdf5 import AttributeValue, Stage
from mcsim.packaged import digits_weights_path

__all__ = [
    "Stage",
    "WeightsError",
    "digits_weights_path",
    "load_weights",
    "save_weights",
    "stored_epochs",
    "stored_stages",
]


def save_weights(
    path: str | Path, stages: Iterable[tuple[Stage, LayeredWeights]], **attributes: AttributeValue
) -> None:
    """Write a network's stages of training to one HDF5 file, whole or not at all.

    Parameters
    ----------
    path : str or Path
        File to write (.h5 or .hdf5); an existing one is replaced.
    stages : iterable of (Stage, LayeredWeights)
        In order of epoch, all of the same widths. Taken one at a time, so a generator saves memory.
    **attributes
        What a reader should know of the network, e.g. activation, description, dataset, seed, learning_rate.
    """
    path = Path(path)
    check_output(path)
    weights_hdf5.write_stages(path, stages, attributes)


def check_output(path: Path) -> None:
    """Refuse a file that could not be written, before time is spent on what it is to hold."""
    if path.suffix.lower() not in weights_hdf5.SUFFIXES:
        raise fault(path, f"suffix {path.suffix!r} of a file to write; it must be .h5 or .hdf5")
    if not path.absolute().parent.is_dir():
        raise fault(path, f"cannot be written: there is no folder {path.parent}")


def stored_stages(path: str | Path) -> tuple[Stage, ...]:
    """Return the stages of training in an HDF5 file of weights, in order of epoch."""
    path = Path(path)
    if _checked_suffix(path) not in weights_hdf5.SUFFIXES:
        raise fault(path, "stages of training are stored in .h5 files of schema 'mcsim-weights' only")
    return weights_hdf5.read_stages(path)


def stored_epochs(path: str | Path) -> tuple[float, ...]:
    """Return the epochs stored in an HDF5 file of weights, rising; `load_weights` takes any of them."""
    return tuple(stage.epoch for stage in stored_stages(path))


def load_weights(
    path: str | Path,
    *,
    epoch: float | None = None,
    arrays: Sequence[str] | None = None,
    biases: Sequence[str] | None = None,
    transpose: bool = False,
) -> LayeredWeights:
    """Return the network in a file, as C-contiguous float64.

    Parameters
    ----------
    path : str or Path
        .h5 or .hdf5 (our layout, see `weights_hdf5`), .npz, .safetensors, or .pt and .pth (a state_dict).
    epoch : float, optional
        The stage of training to take from an HDF5 file (to five digits); the last one by default.
    arrays : sequence of str, optional
        Of all but HDF5 files: the names of the 2-d arrays, from the input to the output. By default every
        2-d array, in the file's order or natural order of names (.safetensors keeps none).
    biases : sequence of str, optional
        Of all but HDF5 files: the names of the 1-d arrays, one per layer 1..L or one per layer 0..L. Without
        it the network has none, whatever else the file holds.
    transpose : bool
        Of all but HDF5 files: set it for files that store (out, in), like PyTorch's nn.Linear. Square
        matrices fit both ways, so nobody can tell you that you forgot it.

    What is wrong raises a WeightsError, one line that names the file, the array and what would be right.
    """
    path = Path(path)
    suffix = _checked_suffix(path)
    if suffix in weights_hdf5.SUFFIXES:
        _refuse_given(path, arrays=arrays, biases=biases, transpose=transpose or None)
        return weights_hdf5.read_network(path, epoch)
    if epoch is not None:
        raise fault(path, f"epoch {epoch:.6g} cannot be chosen in a {suffix} file, which holds one network")
    with open_arrays(path) as stored:
        chosen = _every_matrix(path, stored) if arrays is None else named(path, stored, "arrays", arrays)
        vectors = None if biases is None else named(path, stored, "biases", biases)
        return assemble(path, chosen, vectors, transpose=transpose)


def open_arrays(path: Path) -> AbstractContextManager[dict[str, StoredArray]]:
    """Give, inside a with statement, the arrays of a file that is not HDF5 by name, in their order."""
    suffix = _checked_suffix(path)
    if suffix in weights_hdf5.SUFFIXES:
        raise fault(path, "is HDF5 already, in the layout that is read as it is; nothing to import")
    return _OPENERS[suffix](path)


def _checked_suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    known = (*weights_hdf5.SUFFIXES, *_OPENERS)
    if path.is_dir():
        raise fault(path, f"is a directory; weights are read from a file ({', '.join(known)})")
    if suffix not in known:
        raise fault(path, f"unknown suffix {suffix!r}; weights are read from {', '.join(known)}")
    if not path.is_file():
        raise fault(path, "no such file of weights")
    return suffix


def _refuse_given(path: Path, **arguments: object) -> None:
    for name, given in arguments.items():
        if given is not None:
            raise fault(path, f"{name!r} is for {', '.join(_OPENERS)} files; this layout names its layers")


def _every_matrix(path: Path, stored: dict[str, StoredArray]) -> list[StoredArray]:
    chosen = [array for array in stored.values() if len(array.shape) == 2]
    if not chosen:
        found = (f"{array.name!r} of shape {array.shape}" for array in stored.values())
        raise fault(path, f"no 2-d array to take as weights; present: {', '.join(found) or 'none'}")
    return chosen


def named(path: Path, stored: dict[str, StoredArray], key: str, names: Sequence[str]) -> list[StoredArray]:
    """Return the arrays of these names; `key` is what the names were given as."""
    if not names:
        raise fault(path, f"the list {key!r} is empty; name an array for each layer, or leave it out")
    for name in names:
        if name not in stored:
            raise fault(path, f"array {name!r} of {key!r} is not in the file; present: {listed(stored)}")
    return [stored[name] for name in names]


@contextmanager
def _open_npz(path: Path) -> Iterator[dict[str, StoredArray]]:
    """Give the arrays by their headers; np.load would read, or refuse, arrays that nobody asked for."""
    with ExitStack() as stack:
        with readable(path, "this .npz file"):
            archive = stack.enter_context(zipfile.ZipFile(path))
            members = [name for name in archive.namelist() if name.endswith(".npy")]
            stored = [_npz_array(archive, member) for member in members]
        yield {array.name: array for array in stored}


def _npz_array(archive: zipfile.ZipFile, member: str) -> StoredArray:
    def read() -> NDArray[Any]:
        with archive.open(member) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)

    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(stream)
    return StoredArray(member.removesuffix(".npy"), shape, str(dtype), dtype.kind == "f", read)


@contextmanager
def _open_safetensors(path: Path) -> Iterator[dict[str, StoredArray]]:
    with ExitStack() as stack:
        with readable(path, "this .safetensors file"):
            file = stack.enter_context(safetensors.safe_open(path, framework="numpy"))
            names = sorted(file.keys(), key=natural_order)
            stored = [_safetensors_array(path, file, name) for name in names]
        yield {array.name: array for array in stored}


def natural_order(name: str) -> list[str | int]:
    """Return the key that sorts names as people do: layer 2 before layer 10."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"(\d+)", name))]


def _safetensors_array(path: Path, file: Any, name: str) -> StoredArray:
    header = file.get_slice(name)
    dtype = header.get_dtype()
    if dtype == "BF16":
        return StoredArray(name, tuple(header.get_shape()), dtype, True, lambda: _bfloat16(path, name))
    floating = dtype in ("F16", "F32", "F64")
    return StoredArray(name, tuple(header.get_shape()), dtype, floating, lambda: file.get_tensor(name))


def _bfloat16(path: Path, name: str) -> NDArray[np.float32]:
    """Return a bfloat16 array, which NumPy lacks."""
    deserialize: Callable[[bytes], Any] = safetensors.deserialize
    tensor = dict(deserialize(path.read_bytes()))[name]
    return torch_files.from_bfloat16(np.frombuffer(tensor["data"], dtype="<u2")).reshape(tensor["shape"])


_OPENERS: dict[str, Callable[[Path], AbstractContextManager[dict[str, StoredArray]]]] = {
    ".npz": _open_npz,
    ".safetensors": _open_safetensors,
    **dict.fromkeys(torch_files.SUFFIXES, torch_files.open_torch),
}
FOREIGN_SUFFIXES = tuple(_OPENERS)
