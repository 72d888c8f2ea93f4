"""PyTorch's .pt and .pth files, read without PyTorch and without running what is in them.

Such a file is a zip archive with a pickle, which may call any function it names, and the numbers beside it. Here
the pickle may name five things only, none of which does more than note down where a tensor's numbers are;
whatever else it names is refused. Files in the format before PyTorch 1.6, which is no zip archive, are refused too.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.weights_checks import StoredArray, fault, listed, readable

SUFFIXES = (".pt", ".pth")
ByteOrder = Literal["<", ">"]

# The storages of PyTorch and NumPy's names for their numbers; bfloat16, which NumPy lacks, is read as its bits.
_STORAGES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
    "ComplexFloatStorage": "c8",
    "ComplexDoubleStorage": "c16",
}
# Where checkpoints that hold more than one dictionary of tensors keep the model's.
_USUAL_NAMES = ("state_dict", "model_state_dict", "model", "net", "network")


# Tuples, and below a class without a __dict__: nothing in a pickle can change them once they are made.
class _Storage(NamedTuple):
    """A block of numbers: one member of the archive."""

    dtype: str
    member: str
    length: int


class _Tensor(NamedTuple):
    """A view of a storage; offset and strides count numbers. Unchecked: as the pickle says."""

    storage: Any
    offset: Any
    shape: Any
    strides: Any


class _Rebuild:
    """Stands for the functions of PyTorch that make a tensor or a parameter of the parts in a pickle."""

    __slots__ = ()

    def __call__(self, first: Any, *rest: Any) -> _Tensor:
        """Note a tensor down; a parameter is the tensor that comes first."""
        return first if isinstance(first, _Tensor) else _Tensor(first, *rest[:3])


_REBUILD = _Rebuild()
_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _REBUILD,
    ("torch._utils", "_rebuild_parameter"): _REBUILD,
    **{("torch", name): dtype for name, dtype in _STORAGES.items()},
}


class _TensorsOnly(pickle.Unpickler):
    """Unpickles dictionaries of tensors and plain values, and refuses all else."""

    def __init__(self, path: Path, stream: Any) -> None:
        super().__init__(stream)
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle may name; what it names is never imported."""
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        what = f"holds an object of {module}.{name}, which mcsim does not run"
        raise fault(self._path, f"{what}; save the tensors alone: torch.save(model.state_dict(), ...)")

    def persistent_load(self, identifier: Any) -> _Storage:
        """Return a storage from ("storage", type, member, device, length)."""
        _, dtype, member, _, length = identifier
        return _Storage(dtype, str(member), length)


@contextmanager
def open_torch(path: Path) -> Iterator[dict[str, StoredArray]]:
    """Give the tensors of a state_dict by name, in its order; their numbers are read when asked for."""
    with readable(path, f"this {path.suffix} file"):
        if not zipfile.is_zipfile(path):
            advice = "load it with PyTorch and save its state_dict again"
            raise fault(path, f"is not a zip archive, so not written by torch.save of PyTorch 1.6 or newer; {advice}")
        with zipfile.ZipFile(path) as archive:
            folder = _top_folder(path, archive)
            # Read whole, so that the archive's checksum is compared before anything is made of it.
            content = _TensorsOnly(path, io.BytesIO(archive.read(f"{folder}/data.pkl"))).load()
            order = _byte_order(archive, folder)
            sizes = {info.filename: info.file_size for info in archive.infolist()}
        tensors = _state_dict(path, content)
        stored = {name: _stored(path, name, tensor, f"{folder}/data/", order, sizes) for name, tensor in tensors}
    yield stored


def _top_folder(path: Path, archive: zipfile.ZipFile) -> str:
    """Return the folder that holds everything: its name is that of the file when it was written."""
    pickles = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise fault(path, f"is a zip archive with {len(pickles)} data.pkl; torch.save writes one")
    return pickles[0].removesuffix("/data.pkl")


def _byte_order(archive: zipfile.ZipFile, folder: str) -> ByteOrder:
    member = f"{folder}/byteorder"
    if member not in archive.namelist():
        return "<"
    return ">" if archive.read(member).strip() == b"big" else "<"


def _state_dict(path: Path, content: Any) -> list[tuple[str, _Tensor]]:
    """Return the model's tensors: those of the dictionary itself, or of the one inside it that holds some."""
    if not isinstance(content, dict):
        raise fault(path, f"holds a {type(content).__name__}; a state_dict, a dictionary of tensors, is needed")
    inner = {"": content} | {str(key): value for key, value in content.items() if isinstance(value, dict)}
    found = {key: _tensors_in(value) for key, value in inner.items()}
    found = {key: tensors for key, tensors in found.items() if tensors}
    if not found:
        raise fault(path, f"holds no dictionary of tensors; present: {listed(map(str, content))}")
    if "" in found:
        return found[""]
    usual = [key for key in found if key in _USUAL_NAMES] or list(found)
    if len(usual) > 1:
        raise fault(path, f"holds several dictionaries of tensors: {listed(usual)}; save the model's alone")
    return found[usual[0]]


def _tensors_in(values: dict[Any, Any]) -> list[tuple[str, _Tensor]]:
    return [(str(key), value) for key, value in values.items() if isinstance(value, _Tensor)]


def _stored(
    path: Path, name: str, tensor: _Tensor, prefix: str, order: ByteOrder, sizes: dict[str, int]
) -> StoredArray:
    """Check that a tensor lies within its storage, and the storage is as long as it says."""
    storage, offset, shape, strides = tensor
    if not isinstance(storage, _Storage) or storage.dtype not in _STORAGES.values():
        raise fault(path, f"tensor {name!r} has no storage of a known type")
    numbers = [storage.length, offset, *shape, *strides]
    if len(shape) != len(strides) or not all(type(number) is int and number >= 0 for number in numbers):
        raise fault(path, f"tensor {name!r} has offset {offset}, shape {shape} and strides {strides}")
    dtype = np.dtype("u2" if storage.dtype == "bfloat16" else storage.dtype).newbyteorder(order)
    member = prefix + storage.member
    if sizes.get(member) != storage.length * dtype.itemsize:
        raise fault(path, f"tensor {name!r} needs {storage.length * dtype.itemsize} bytes, has {sizes.get(member, 0)}")
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if math.prod(shape) and last >= storage.length:
        raise fault(path, f"tensor {name!r} of shape {shape} reaches beyond its {storage.length} stored numbers")
    floating = storage.dtype in ("f8", "f4", "f2", "bfloat16")
    read = partial(_numbers, path, member, dtype, tensor)
    return StoredArray(name, tuple(shape), storage.dtype, floating, read)


def _numbers(path: Path, member: str, dtype: np.dtype[Any], tensor: _Tensor) -> NDArray[Any]:
    """Read a tensor, whatever its strides; `_stored` has checked that they stay within the storage."""
    with zipfile.ZipFile(path) as archive:
        flat = np.frombuffer(archive.read(member), dtype)
    if not math.prod(tensor.shape):
        return np.empty(tensor.shape, dtype)
    strides = [stride * dtype.itemsize for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(flat[tensor.offset :], tensor.shape, strides)
    return from_bfloat16(view) if tensor.storage.dtype == "bfloat16" else view.copy()


def from_bfloat16(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return the numbers whose bfloat16 bits are given: a bfloat16 is the upper half of a float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)
