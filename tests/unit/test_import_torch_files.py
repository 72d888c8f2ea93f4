"""PyTorch's files are read without PyTorch: the numbers are right, and nothing in a file is ever run.

data/checkpoint_epoch_10.pt was written by PyTorch 2.13.0: a checkpoint whose tensors are ramps n/8 - 1 with an
embedding, a convolution, a norm, a transposed view (fc2.weight) and a view in the middle of a bfloat16 storage
(out.weight), beside an optimiser's state.
"""

from __future__ import annotations

import io
import os
import pickle
import shutil
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mcsim.networks.files import WeightsError, load_weights, open_arrays

CHECKPOINT = Path(__file__).parent / "data" / "checkpoint_epoch_10.pt"
on_disk = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def ramp(*shape: int) -> NDArray[np.float64]:
    return (np.arange(np.prod(shape)) / 8 - 1).reshape(shape)


def tensors(path: Path) -> dict[str, NDArray[Any]]:
    with open_arrays(path) as stored:
        return {name: np.asarray(array.read()) for name, array in stored.items()}


def test_a_checkpoint_of_pytorch_is_read_number_by_number() -> None:
    read = tensors(CHECKPOINT)
    expected = {
        "embed.weight": ramp(7, 6),
        "conv.weight": ramp(2, 1, 3, 3),
        "fc1.weight": ramp(5, 6),
        "fc1.bias": ramp(5),
        "norm.weight": ramp(5),
        "norm.num_batches_tracked": np.array(3),
        "fc2.weight": ramp(5, 4).T,
        "fc2.bias": ramp(4),
        "out.weight": ramp(9, 4)[3:6],
    }
    assert list(read) == list(expected)
    for name, values in expected.items():
        assert read[name].shape == values.shape, name
        assert np.array_equal(read[name], values), name


def test_weights_of_a_run_may_come_from_pytorchs_files() -> None:
    network = load_weights(CHECKPOINT, arrays=LAYERS, transpose=True)
    assert network.widths == (6, 5, 4, 3)
    assert np.array_equal(network.weights[1], ramp(5, 4))


# --- files made by hand ------------------------------------------------------------------------------------


class Name:
    """Pickles as the name of something in a module, whether it can be imported or not."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class Call:
    """Pickles as a call of something with arguments."""

    def __init__(self, function: Name, *arguments: Any, state: Any = None) -> None:
        self.function, self.arguments, self.state = function, arguments, state

    def __reduce__(self) -> tuple[Any, ...]:
        return (
            (self.function, self.arguments, self.state) if self.state is not None else (self.function, self.arguments)
        )


class Stored:
    """Pickles as a storage."""

    def __init__(self, kind: str, member: str, count: Any) -> None:
        self.identifier = ("storage", Name("torch", kind), member, "cpu", count)


class Writer(pickle._Pickler):  # type: ignore[name-defined,misc]
    """The pickler in Python, which lets names be written that cannot be imported."""

    def persistent_id(self, value: Any) -> Any:
        return value.identifier if isinstance(value, Stored) else None

    def save(self, value: Any, save_persistent_id: bool = True) -> None:
        if isinstance(value, Name):
            self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
            return
        super().save(value, save_persistent_id)

    def save_reduce(self, function: Any, arguments: Any, state: Any = None, *rest: Any, **named: Any) -> None:
        self.save(function)
        self.save(arguments)
        self.write(pickle.REDUCE)
        if state is not None:
            self.save(state)
            self.write(pickle.BUILD)


REBUILD = Name("torch._utils", "_rebuild_tensor_v2")


def tensor(
    member: str = "0",
    count: Any = 6,
    offset: Any = 0,
    shape: Any = (2, 3),
    strides: Any = (3, 1),
    kind: str = "FloatStorage",
    **call: Any,
) -> Call:
    return Call(
        REBUILD,
        Stored(kind, member, count),
        offset,
        shape,
        strides,
        False,
        Call(Name("collections", "OrderedDict")),
        **call,
    )


def write(path: Path, content: Any, **members: bytes) -> Path:
    stream = io.BytesIO()
    Writer(stream, 2).dump(content)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", stream.getvalue())
        for name, data in ({"data/0": ramp(6).astype("<f4").tobytes()} | members).items():
            archive.writestr(f"net/{name}", data)
    return path


def test_files_made_by_hand_are_read(tmp_path: Path) -> None:
    read = tensors(write(tmp_path / "w.pt", {"w": tensor(), "b": tensor(offset=4, shape=(2,), strides=(1,))}))
    assert np.array_equal(read["w"], ramp(2, 3))
    assert np.array_equal(read["b"], ramp(6)[4:])
    big = write(
        tmp_path / "big.pt", {"w": tensor()}, **{"data/0": ramp(6).astype(">f4").tobytes(), "byteorder": b"big"}
    )
    assert np.array_equal(tensors(big)["w"], ramp(2, 3))


@settings(on_disk)
@given(data=st.data())
def test_every_view_within_a_storage_is_read_as_numpy_would(tmp_path: Path, data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(0, 4), max_size=3))
    strides = data.draw(st.lists(st.integers(0, 9), min_size=len(shape), max_size=len(shape)))
    offset = data.draw(st.integers(0, 5))
    count = data.draw(st.integers(1, 80))
    flat = np.arange(count, dtype="<f8")
    path = tmp_path / "w.pt"
    call = tensor(count=count, offset=offset, shape=tuple(shape), strides=tuple(strides), kind="DoubleStorage")
    write(path, {"w": call}, **{"data/0": flat.tobytes()})
    indices = [offset + sum(i * s for i, s in zip(index, strides, strict=True)) for index in np.ndindex(*shape)]
    if any(index >= count for index in indices):
        with pytest.raises(WeightsError, match="reaches beyond"):
            tensors(path)
        return
    assert np.array_equal(tensors(path)["w"], np.array([flat[i] for i in indices]).reshape(shape))


def evil(module: str, name: str, *arguments: Any) -> dict[str, Any]:
    return {"w": tensor(), "x": Call(Name(module, name), *arguments)}


BAD: dict[str, tuple[Callable[[Path], Any], list[str]]] = {
    "system-call": (lambda path: write(path, evil("posix", "system", "touch EXECUTED")), ["posix.system", "not run"]),
    "eval": (lambda path: write(path, evil("builtins", "eval", "1")), ["builtins.eval"]),
    "getattr": (lambda path: write(path, evil("builtins", "getattr", "a", "b")), ["builtins.getattr"]),
    "torch-load": (lambda path: write(path, evil("torch", "load", "x")), ["torch.load"]),
    "dotted": (lambda path: write(path, evil("collections", "OrderedDict.fromkeys", ())), ["OrderedDict.fromkeys"]),
    "numpy-scalar": (lambda path: write(path, evil("numpy.core", "scalar")), ["numpy.core.scalar", "state_dict"]),
    "whole-model": (lambda path: write(path, Call(Name("net", "Model"))), ["net.Model", "model.state_dict()"]),
    "called-storage-type": (lambda path: write(path, evil("torch", "FloatStorage", 3)), ["cannot be read"]),
    "list": (lambda path: write(path, [tensor()]), ["holds a list", "state_dict"]),
    "no-tensors": (lambda path: write(path, {"lr": 1, "note": "x"}), ["no dictionary of tensors", "'lr', 'note'"]),
    "two-models": (
        lambda path: write(path, {"actor": {"w": tensor()}, "critic": {"w": tensor()}}),
        ["several dictionaries", "'actor', 'critic'"],
    ),
    "beyond-its-storage": (lambda path: write(path, {"w": tensor(shape=(3, 3))}), ["'w' of shape (3, 3)", "beyond"]),
    "negative-offset": (lambda path: write(path, {"w": tensor(offset=-1)}), ["'w' has offset -1"]),
    "negative-stride": (lambda path: write(path, {"w": tensor(strides=(-3, 1))}), ["strides (-3, 1)"]),
    "text-as-shape": (lambda path: write(path, {"w": tensor(shape=("a", 3))}), ["shape ('a', 3)"]),
    "too-few-strides": (lambda path: write(path, {"w": tensor(strides=(1,))}), ["strides (1,)"]),
    "storage-missing": (lambda path: write(path, {"w": tensor(member="7")}), ["'w' needs 24 bytes, has 0"]),
    "storage-short": (lambda path: write(path, {"w": tensor(count=7)}), ["'w' needs 28 bytes, has 24"]),
    "storage-elsewhere": (lambda path: write(path, {"w": tensor(member="../byteorder")}), ["'w' needs"]),
    "changed-after-it-was-made": (
        lambda path: write(path, {"w": tensor(state={"shape": (99, 99)})}),
        ["cannot be read"],
    ),
    "changed-rebuild": (
        lambda path: write(path, {"w": Call(REBUILD, 1, state={"__call__": 1})}),
        ["cannot be read"],
    ),
    "no-zip": (lambda path: path.write_bytes(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."), ["no", "zip", "1.6"]),
    "another-zip": (lambda path: np.savez(path.open("wb"), w=ramp(2, 3)), ["0 data.pkl"]),
    "cut": (lambda path: path.write_bytes(CHECKPOINT.read_bytes()[:-40]), ["zip"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_file_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make, words = BAD[name]
    path = tmp_path / "net.pt"
    make(path)
    with pytest.raises(WeightsError) as caught:
        tensors(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    assert all(word in text for word in words), text
    assert not (tmp_path / "EXECUTED").exists()


def test_the_system_call_above_is_a_real_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The partner of the test above: the ordinary unpickler does run it."""
    monkeypatch.chdir(tmp_path)
    stream = io.BytesIO()
    Writer(stream, 2).dump(Call(Name(os.name, "system"), "touch EXECUTED"))
    pickle.loads(stream.getvalue())
    assert (tmp_path / "EXECUTED").exists()


LAYERS = ["fc1.weight", "fc2.weight", "out.weight"]


@settings(on_disk, max_examples=150)
@given(place=st.integers(0, CHECKPOINT.stat().st_size - 1), value=st.integers(0, 255))
def test_a_changed_byte_is_told_or_changes_nothing(tmp_path: Path, place: int, value: int) -> None:
    """The archive's checksums cover the numbers and the pickle."""
    content = bytearray(CHECKPOINT.read_bytes())
    content[place] = value
    path = tmp_path / "net.pt"
    path.write_bytes(content)
    try:
        network = load_weights(path, arrays=LAYERS, transpose=True)
    except WeightsError as error:
        told = str(error)
        assert "\n" not in told
        return
    assert network.sha256() == load_weights(CHECKPOINT, arrays=LAYERS, transpose=True).sha256()


def test_against_pytorch_itself(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra 'train')")
    state = OrderedDict()
    for name in ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"):
        state[name] = (8 * torch.randn(5, 7)).to(getattr(torch, name)).t()[1:6, ::2]
    state["parameter"] = torch.nn.Parameter(torch.randn(3, 4))
    state["empty"] = torch.zeros(0, 3)
    torch.save(state, tmp_path / "net.pth")
    read = tensors(tmp_path / "net.pth")
    assert list(read) == list(state)
    for name, values in state.items():
        expected = values.detach().to(torch.float64).numpy()
        assert np.array_equal(read[name].astype(float), expected), name
    old = tmp_path / "old.pt"
    torch.save(state, old, _use_new_zipfile_serialization=False)
    with pytest.raises(WeightsError, match=r"PyTorch 1\.6"):
        tensors(old)
    torch.save(torch.nn.Linear(2, 3), old)
    with pytest.raises(WeightsError, match=r"torch\.nn\.modules\.linear\.Linear"):
        tensors(old)


def test_the_name_of_the_file_does_not_matter(tmp_path: Path) -> None:
    shutil.copy(CHECKPOINT, tmp_path / "renamed.pth")
    assert list(tensors(tmp_path / "renamed.pth")) == list(tensors(CHECKPOINT))
