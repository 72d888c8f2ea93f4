"""Weights on disk: what is written comes back, what is wrong is named, the packaged network is as claimed."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save_file
from scipy import stats

from mcsim.networks.datasets import digits
from mcsim.networks.files import (
    Stage,
    WeightsError,
    digits_weights_path,
    load_weights,
    save_weights,
    stored_epochs,
    stored_stages,
)
from mcsim.networks.layered import LayeredWeights

Arrays = dict[str, NDArray[Any]]

# Every example writes its own files over the last one's, so the shared directory is harmless.
on_disk = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
shapes = st.lists(st.integers(1, 9), min_size=2, max_size=13).map(tuple)


def network(widths: tuple[int, ...], seed: int = 0, *, biased: bool = False, dtype: str = "f8") -> LayeredWeights:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(n, m)).astype(dtype).astype("f8") for n, m in pairwise(widths)]
    biases = tuple(rng.normal(size=n).astype(dtype).astype("f8") for n in widths) if biased else None
    return LayeredWeights(tuple(weights), biases)


def assert_same(read: LayeredWeights, written: LayeredWeights) -> None:
    assert read.widths == written.widths
    assert (read.biases is None) == (written.biases is None)
    for array in (*read.weights, *(read.biases or ())):
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
    assert read.sha256() == written.sha256()


# --- round trips -------------------------------------------------------------------------------------------


@settings(on_disk, max_examples=15)
@given(widths=shapes, biased=st.booleans(), seed=st.integers(0, 99), dtype=st.sampled_from(["f4", "f8"]))
def test_hdf5_gives_back_every_stage(
    tmp_path: Path, widths: tuple[int, ...], biased: bool, seed: int, dtype: str
) -> None:
    path = tmp_path / "net.h5"
    epochs = (0.0, 1 / 45, 0.5, 1.0, 30.0)
    stages = [Stage(epoch, int(45 * epoch), 0.9 / (1 + epoch), 0.91 / (1 + epoch)) for epoch in epochs]
    networks = [network(widths, seed + i, biased=biased, dtype=dtype) for i in range(len(stages))]
    save_weights(path, zip(stages, networks, strict=True), activation="relu", seed=seed, learning_rate=1e-3)
    assert stored_epochs(path) == epochs
    assert stored_stages(path) == tuple(stages)
    for stage, written in zip(stages, networks, strict=True):
        assert_same(load_weights(path, epoch=stage.epoch), written)
        assert_same(load_weights(path, epoch=float(f"{stage.epoch:.6g}")), written)
    assert_same(load_weights(path), networks[-1])


def store(path: Path, arrays: Arrays) -> None:
    """Write a dict of arrays in the format that the suffix says."""
    if path.suffix == ".npz":
        np.savez(path, **arrays)  # type: ignore[arg-type]
    else:
        save_file({name: np.array(array, order="C") for name, array in arrays.items()}, path)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@on_disk
@given(
    widths=shapes,
    biased=st.sampled_from(["none", "1..L", "0..L"]),
    transpose=st.booleans(),
    named=st.booleans(),
    dtype=st.sampled_from(["<f2", "<f4", "<f8"]),
)
def test_foreign_formats_give_back_the_network(
    tmp_path: Path,
    suffix: str,
    widths: tuple[int, ...],
    biased: str,
    transpose: bool,
    named: bool,
    dtype: str,
) -> None:
    path = tmp_path / f"net{suffix}"
    written = network(widths, biased=biased != "none", dtype=dtype)
    if biased == "1..L":
        written = LayeredWeights(written.weights, (np.zeros(widths[0]), *(written.biases or ())[1:]))
    # From 1 up to 12 layers: alphabetical order would put layer10 before layer2.
    arrays: Arrays = {f"layer{k}.w": w.T if transpose else w for k, w in enumerate(written.weights, start=1)}
    fields = dict(enumerate(written.biases or ()))
    if biased == "1..L":
        del fields[0]
    arrays |= {f"layer{k}.b": b for k, b in fields.items()}
    store(path, {name: array.astype(dtype) for name, array in arrays.items()})
    read = load_weights(
        path,
        arrays=[f"layer{k}.w" for k in range(1, len(widths))] if named else None,
        biases=[f"layer{k}.b" for k in fields] or None,
        transpose=transpose,
    )
    assert_same(read, written)


def test_order_is_the_callers_else_the_files_else_natural(tmp_path: Path) -> None:
    w1, w2 = np.full((2, 2), 1.0), np.full((2, 2), 2.0)
    store(tmp_path / "a.npz", {"second": w2, "first": w1})
    store(tmp_path / "a.safetensors", {"w10": w2, "w9": w1})
    assert load_weights(tmp_path / "a.npz").weights[0][0, 0] == 2.0
    assert load_weights(tmp_path / "a.npz", arrays=["first", "second"]).weights[0][0, 0] == 1.0
    assert load_weights(tmp_path / "a.safetensors").weights[0][0, 0] == 1.0


def test_default_takes_matrices_and_leaves_the_rest(tmp_path: Path) -> None:
    extras: Arrays = {
        "bias": np.zeros(3),
        "kernel": np.zeros((2, 2, 2)),
        "note": np.array({"lr": 1}, dtype=object),
    }
    np.savez(tmp_path / "a.npz", w=np.ones((2, 3)), **extras)  # type: ignore[arg-type]
    assert load_weights(tmp_path / "a.npz").widths == (2, 3)


def test_bfloat16_is_read_exactly(tmp_path: Path) -> None:
    halves = np.array([[0x3F80, 0xC040], [0x3DCD, 0x0001]], dtype="<u2")
    header = b'{"w":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}'
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + halves.tobytes())
    expected = (halves.astype(np.uint32) << 16).view(np.float32)
    np.testing.assert_array_equal(load_weights(path).weights[0], expected)
    assert load_weights(path).weights[0][0].tolist() == [1.0, -3.0]


# --- writing -----------------------------------------------------------------------------------------------


def test_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    save_weights(path, [(Stage(0.0), network((2, 3)))])
    before = path.read_bytes()

    def broken() -> Any:
        yield Stage(0.0), network((2, 3))
        raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        save_weights(path, broken())
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["net.h5"]


def test_layout_is_documented_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    torch_version = type("TorchVersion", (str,), {})("2.13.0")
    save_weights(path, [(Stage(0.0), network((2, 3), biased=True))], torch_version=torch_version, learning_rate=1e-4)
    with h5py.File(path) as file:
        assert (file.attrs["schema"], file.attrs["version"]) == ("mcsim-weights", 1)
        assert file.attrs["widths"].tolist() == [2, 3]
        assert (file.attrs["torch_version"], file.attrs["learning_rate"]) == ("2.13.0", 1e-4)
        names: list[str] = []
        file.visit(names.append)
        arrays = [file[name] for name in names if isinstance(file[name], h5py.Dataset)]
        assert len(arrays) == 3
        assert all(array.attrs["description"] for array in arrays)
    assert stored_stages(path) == (Stage(0.0, None, None, None),)


def test_float32_is_stored_where_it_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    save_weights(path, [(Stage(0.0), network((2, 3), dtype="f4")), (Stage(1.0), network((2, 3), dtype="f8"))])
    with h5py.File(path) as file:
        stored = [file[f"stages/stage_00{i}/weights/layer_1"].dtype for i in (0, 1)]
    assert stored == [np.float32, np.float64]


def ones(*shape: int, dtype: str = "f8") -> NDArray[Any]:
    return np.ones(shape, dtype=dtype)


nan_network = LayeredWeights((np.array([[1.0, np.nan]]),))
REFUSED_WRITES = [
    ("net.npz", [(Stage(0.0), network((2, 3)))], {}, ["'.npz'", ".h5"]),
    ("net.h5", [], {}, ["no stage"]),
    (
        "net.h5",
        [(Stage(1.0), network((2, 3))), (Stage(0.5), network((2, 3)))],
        {},
        ["stage 1", "0.5", "rise"],
    ),
    ("net.h5", [(Stage(1.0), network((2, 3))), (Stage(1.000001), network((2, 3)))], {}, ["stage 1", "rise"]),
    ("net.h5", [(Stage(-1.0), network((2, 3)))], {}, ["stage 0", "-1.0"]),
    (
        "net.h5",
        [(Stage(0.0), network((2, 3))), (Stage(1.0), network((2, 4)))],
        {},
        ["stage 1", "(2, 4)", "(2, 3)"],
    ),
    ("net.h5", [(Stage(0.0), nan_network)], {}, ["layer_1", "nan", "[0, 1]"]),
    ("net.h5", [(Stage(0.0), network((2, 3)))], {"widths": [2, 3]}, ["'widths'"]),
    ("net.h5", [(Stage(0.0), LayeredWeights((ones(0, 3),)))], {}, ["layer_1", "empty"]),
    ("missing/net.h5", [(Stage(0.0), network((2, 3)))], {}, ["cannot be written"]),
]


@pytest.mark.parametrize(("name", "stages", "attributes", "words"), REFUSED_WRITES)
def test_refused_writes(
    tmp_path: Path,
    name: str,
    stages: list[tuple[Stage, LayeredWeights]],
    attributes: dict[str, Any],
    words: list[str],
) -> None:
    path = tmp_path / name
    with pytest.raises(WeightsError) as caught:
        save_weights(path, stages, **attributes)
    assert_one_clear_line(caught.value, path, words)
    assert os.listdir(tmp_path) == []


# --- every way a file can be wrong -------------------------------------------------------------------------


def assert_one_clear_line(error: WeightsError, path: Path, words: list[str]) -> None:
    message = str(error)
    assert "\n" not in message
    assert message.startswith(str(path))
    assert [word for word in words if word not in message] == [], message


def with_value(value: float, index: tuple[int, int]) -> NDArray[np.float64]:
    array = ones(3, 4)
    array[index] = value
    return array


CHAIN = {"w1": ones(64, 32), "w2": ones(32, 10)}
# Arrays, arguments of load_weights, what the message must contain; each is tried as .npz and as .safetensors.
BAD_ARRAYS: dict[str, tuple[Arrays, dict[str, Any], list[str]]] = {
    "missing": (CHAIN, {"arrays": ["w1", "w3"]}, ["array 'w3'", "'arrays'", "present: 'w1', 'w2'"]),
    "missing bias": (CHAIN, {"biases": ["b1", "b2"]}, ["array 'b1'", "'biases'", "'w1', 'w2'"]),
    "no matrix": ({"b": ones(3), "k": ones(2, 2, 2)}, {}, ["no 2-d array", "'b' of shape (3,)", "'k'"]),
    "no arrays named": (CHAIN, {"arrays": []}, ["'arrays'", "empty"]),
    "1-d": (
        CHAIN | {"b": ones(3)},
        {"arrays": ["w1", "b"]},
        ["layer 2: weight 'b' is 1-d", "(3,)"],
    ),
    "3-d": ({"k": ones(2, 3, 4)}, {"arrays": ["k"]}, ["layer 1: weight 'k' is 3-d", "(2, 3, 4)"]),
    "0-d": ({"k": np.array(1.0)}, {"arrays": ["k"]}, ["layer 1: weight 'k' is 0-d"]),
    "integer": ({"w": ones(2, 3, dtype="i4")}, {}, ["layer 1: weight 'w'", "32", "real floating point"]),
    "boolean": ({"w": ones(2, 3, dtype="?")}, {}, ["layer 1: weight 'w'", "real floating point"]),
    "complex": ({"w": ones(2, 3, dtype="c8")}, {}, ["layer 1: weight 'w'", "64", "real floating point"]),
    "chain": (
        {"w1": ones(16, 32), "w2": ones(48, 10)},
        {},
        ["layer 2: weight 'w2' has 48 rows, but layer 1 has 32 neurons", "order 'w1', 'w2'"],
    ),
    "chain, transposed file": (
        {"w1": ones(32, 64), "w2": ones(10, 32)},
        {},
        ["layer 2: weight 'w2' has 10 rows, but layer 1 has 64 neurons", "set transpose = true"],
    ),
    "chain, not transposed": (
        CHAIN,
        {"transpose": True},
        ["layer 2: weight 'w2' has 10 columns, but layer 1 has 64 neurons", "set transpose = false"],
    ),
    "empty": ({"w1": ones(4, 0), "w2": ones(0, 3)}, {}, ["layer 1: weight 'w1' is empty", "(4, 0)"]),
    "nan": (
        {"w1": ones(2, 3), "w2": with_value(np.nan, (1, 3))},
        {},
        ["layer 2: weight 'w2' is nan at [1, 3]"],
    ),
    "inf": (
        {"w1": with_value(-np.inf, (2, 0))},
        {"transpose": True},
        ["layer 1: weight 'w1' is -inf at [2, 0]"],
    ),
    "bias length": (
        CHAIN | {"b1": ones(32), "b2": ones(11)},
        {"biases": ["b1", "b2"]},
        ["layer 2: bias 'b2' has 11 entries, but the layer has 10 neurons"],
    ),
    "bias length, layer 0": (
        CHAIN | {"b0": ones(63), "b1": ones(32), "b2": ones(10)},
        {"biases": ["b0", "b1", "b2"]},
        ["layer 0: bias 'b0' has 63 entries, but the layer has 64 neurons"],
    ),
    "bias shows a transposed file": (
        {"w": ones(10, 64), "b": ones(10)},
        {"biases": ["b"]},
        ["layer 1: bias 'b' has 10 entries, but the layer has 64 neurons", "set transpose = true"],
    ),
    "bias count": (
        {"w1": ones(2, 3), "w2": ones(3, 4), "w3": ones(4, 5), "b": ones(5)},
        {"biases": ["b"]},
        ["number of biases is 1", "3 (layers 1..3) or 4 (layers 0..3)"],
    ),
    "bias 2-d": (
        {"w": ones(2, 3), "b": ones(1, 3)},
        {"arrays": ["w"], "biases": ["b"]},
        ["layer 1: bias 'b' is 2-d", "(1, 3)"],
    ),
    "bias nan": (
        {"w": ones(2, 3), "b": np.array([0, np.nan, 0])},
        {"biases": ["b"]},
        ["layer 1: bias 'b' is nan at [1]"],
    ),
    "epoch": (CHAIN, {"epoch": 3}, ["epoch 3", "holds one network"]),
    "line break in a name": (
        {"w\n1": ones(2, 3, dtype="i4")},
        {},
        [r"weight 'w\n1'"],
    ),
}


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays(tmp_path: Path, case: str, suffix: str) -> None:
    arrays, arguments, words = BAD_ARRAYS[case]
    path = tmp_path / f"net{suffix}"
    store(path, arrays)
    with pytest.raises(WeightsError) as caught:
        load_weights(path, **arguments)
    assert_one_clear_line(caught.value, path, words)


def test_objects_are_refused_unopened(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", w=np.array([[1.0, None]], dtype=object))
    with pytest.raises(WeightsError) as caught:
        load_weights(tmp_path / "a.npz")
    assert_one_clear_line(caught.value, tmp_path / "a.npz", ["layer 1: weight 'w' has dtype object"])


def good_h5(path: Path) -> None:
    stages = [(Stage(epoch), network((3, 4, 2), biased=True)) for epoch in (0.0, 0.25, 1 / 3)]
    save_weights(path, stages)


def replaced(name: str, values: Any) -> Callable[[Any], None]:
    def edit(file: Any) -> None:
        del file[name]
        file[name] = values

    return edit


def removed(name: str) -> Callable[[Any], None]:
    return lambda file: file.__delitem__(name)


def marked(group: str, **attributes: Any) -> Callable[[Any], None]:
    return lambda file: file[group].attrs.update(attributes)


LAST = "stages/stage_002"
# What is done to a good file of widths (3, 4, 2) with biases, arguments, what the message must contain.
BAD_H5: dict[str, tuple[Callable[[Any], None], dict[str, Any], list[str]]] = {
    "epoch": (lambda _: None, {"epoch": 7}, ["epoch 7 is not stored", "0, 0.25, 0.333333"]),
    "epoch nan": (lambda _: None, {"epoch": float("nan")}, ["epoch nan is not stored"]),
    "arrays given": (lambda _: None, {"arrays": ["w"]}, ["'arrays'", ".npz"]),
    "biases given": (lambda _: None, {"biases": ["w"]}, ["'biases'", ".npz"]),
    "transpose given": (lambda _: None, {"transpose": True}, ["'transpose'", ".npz"]),
    "schema": (marked("/", schema="other"), {}, ["schema 'other'", "'mcsim-weights'"]),
    "schema number": (marked("/", schema=[1, 2]), {}, ["schema", "'mcsim-weights'"]),
    "no schema": (lambda file: file.attrs.__delitem__("schema"), {}, ["no attribute 'schema'"]),
    "version": (marked("/", version=2), {}, ["version 2", "reads version 1"]),
    "no version": (lambda file: file.attrs.__delitem__("version"), {}, ["version None"]),
    "no stages": (removed("stages"), {}, ["'stages'"]),
    "stages is an array": (replaced("stages", [1.0]), {}, ["'stages'"]),
    "stage is an array": (replaced(LAST, [1.0]), {}, ["'/stages/stage_002'", "group"]),
    "no epoch": (lambda file: file[LAST].attrs.__delitem__("epoch"), {}, ["stage_002", "epoch None"]),
    "epoch in words": (marked(LAST, epoch="three"), {}, ["stage_002", "epoch 'three'"]),
    "epoch inf": (marked(LAST, epoch=np.inf), {}, ["stage_002", "epoch inf"]),
    "no weights": (removed(f"{LAST}/weights"), {}, ["stage_002", "'weights'"]),
    "gap": (
        lambda file: file.move(f"{LAST}/weights/layer_1", f"{LAST}/weights/layer_3"),
        {},
        ["stage_002/weights/layer_1' is missing", "'layer_2', 'layer_3'"],
    ),
    "biases one short": (removed(f"{LAST}/biases/layer_2"), {}, ["biases' has 2 arrays", "3 (layers 0..2)"]),
    "chain": (
        replaced(f"{LAST}/weights/layer_2", ones(5, 2)),
        {},
        ["layer 2: weight", "layer_2' has 5 rows, but layer 1 has 4 neurons"],
    ),
    "widths": (marked("/", widths=[3, 4, 5]), {}, ["'widths' is [3 4 5]", "(3, 4, 2)"]),
    "nan": (
        replaced(f"{LAST}/weights/layer_1", with_value(np.nan, (2, 1))),
        {},
        ["layer 1", "nan at [2, 1]"],
    ),
    "bias inf": (replaced(f"{LAST}/biases/layer_1", [0, 0, np.inf, 0]), {}, ["layer 1: bias", "inf at [2]"]),
    "bias length": (
        replaced(f"{LAST}/biases/layer_1", ones(5)),
        {},
        ["layer 1: bias", "5 entries", "4 neurons"],
    ),
    "integer": (replaced(f"{LAST}/weights/layer_1", ones(3, 4, dtype="i8")), {}, ["layer 1", "int64"]),
    "words": (replaced(f"{LAST}/weights/layer_1", [["a", "b"]]), {}, ["layer 1", "object", "floating point"]),
    "1-d": (replaced(f"{LAST}/weights/layer_1", ones(3)), {}, ["layer 1", "is 1-d"]),
    "no dataspace": (replaced(f"{LAST}/weights/layer_1", h5py.Empty("f8")), {}, ["layer 1", "is 0-d"]),
    "empty": (replaced(f"{LAST}/weights/layer_1", ones(0, 4)), {}, ["layer 1", "empty", "(0, 4)"]),
    "array is a group": (
        lambda file: (
            file.__delitem__(f"{LAST}/weights/layer_2"),
            file.create_group(f"{LAST}/weights/layer_2"),
        )[1],
        {},
        ["stage_002/weights/layer_2' is a group"],
    ),
    "dangling link": (
        replaced(f"{LAST}/weights/layer_1", h5py.ExternalLink("gone.h5", "/w")),
        {},
        ["stage_002"],
    ),
}


@pytest.mark.parametrize("case", BAD_H5)
def test_bad_hdf5(tmp_path: Path, case: str) -> None:
    edit, arguments, words = BAD_H5[case]
    path = tmp_path / "net.h5"
    good_h5(path)
    with h5py.File(path, "a") as file:
        edit(file)
    with pytest.raises(WeightsError) as caught:
        load_weights(path, **arguments)
    assert_one_clear_line(caught.value, path, words)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("absent.h5", None, ["no such file"]),
        ("absent.npz", None, ["no such file"]),
        ("absent.safetensors", None, ["no such file"]),
        ("net.onnx", b"x", ["'.onnx'", ".h5, .hdf5, .npz, .safetensors, .pt, .pth"]),
        ("net", b"x", ["suffix ''", ".npz"]),
        ("net.h5", b"not HDF5\n" * 99, ["this HDF5 file cannot be read"]),
        ("net.hdf5", b"", ["this HDF5 file cannot be read"]),
        ("net.npz", b"not a zip\n" * 99, ["this .npz file cannot be read"]),
        ("net.npz", b"", ["this .npz file cannot be read"]),
        ("net.safetensors", b"nothing of the kind\n" * 99, ["this .safetensors file cannot be read"]),
        ("net.safetensors", b"", ["this .safetensors file cannot be read"]),
    ],
)
def test_not_the_file_it_should_be(tmp_path: Path, name: str, content: bytes | None, words: list[str]) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        load_weights(path)
    assert_one_clear_line(caught.value, path, words)


def test_directory_and_stages_of_other_formats(tmp_path: Path) -> None:
    for name in ("dir", "dir.h5", "dir.npz"):
        (tmp_path / name).mkdir()
        with pytest.raises(WeightsError, match="is a directory"):
            load_weights(tmp_path / name)
    store(tmp_path / "a.npz", CHAIN)
    with pytest.raises(WeightsError, match="mcsim-weights"):
        stored_epochs(tmp_path / "a.npz")


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".h5"])
@on_disk
@given(keep=st.floats(0, 1, exclude_max=True))
def test_truncated_files_raise_one_line(tmp_path: Path, suffix: str, keep: float) -> None:
    good, cut = tmp_path / f"good{suffix}", tmp_path / f"cut{suffix}"
    if not good.exists():
        good_h5(good) if suffix == ".h5" else store(good, CHAIN)
    whole = good.read_bytes()
    cut.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(WeightsError) as caught:
        load_weights(cut)
    assert_one_clear_line(caught.value, cut, [])


def test_damaged_numbers_in_hdf5_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    good_h5(path)
    with h5py.File(path) as file:
        chunk = file[f"{LAST}/weights/layer_1"].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + chunk.size // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        load_weights(path)
    assert_one_clear_line(caught.value, path, ["layer 1: weight '/stages/stage_002/weights/layer_1'", "read"])


# HDF5 is left out: its C library can loop for ever on a damaged heap of strings, which no Python can catch.
@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@on_disk
@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255), near_the_end=st.booleans())
def test_flipped_bits_raise_nothing_else(
    tmp_path: Path, suffix: str, place: float, mask: int, near_the_end: bool
) -> None:
    good, bad = tmp_path / f"good{suffix}", tmp_path / f"bad{suffix}"
    if not good.exists():
        store(good, CHAIN)
    content = bytearray(good.read_bytes())
    # Headers sit at the ends: at the front in both formats, at the back (the directory) in zip.
    content[-1 - int(place * 300) if near_the_end else int(place * 300)] ^= mask
    bad.write_bytes(content)
    try:
        load_weights(bad)
    except WeightsError as error:
        assert_one_clear_line(error, bad, [])


# --- the packaged network ----------------------------------------------------------------------------------


def test_packaged_network() -> None:
    path = digits_weights_path()
    assert path.stat().st_size < 2**20
    epochs = stored_epochs(path)
    assert epochs[0] == 0.0
    assert sum(0 < epoch < 1 for epoch in epochs) >= 3
    assert epochs[-1] >= 30
    for epoch in epochs:
        weights = load_weights(path, epoch=epoch)
        assert weights.widths == (64, 48, 48, 48, 10)
        assert weights.biases is None


def test_packaged_errors_fall_with_training() -> None:
    stages = stored_stages(digits_weights_path())
    validation = [stage.validation_error for stage in stages if stage.validation_error is not None]
    training = [stage.train_error for stage in stages if stage.train_error is not None]
    assert len(validation) == len(training) == len(stages)
    assert validation[0] > 0.8
    assert training[0] > 0.8
    assert validation[-1] < 0.05
    # 397 images: a standard error is below 0.025 everywhere, so 0.05 forgives chance but not a rise.
    assert all(after < before + 0.05 for before, after in pairwise(validation))
    assert training == sorted(training, reverse=True)


def test_epoch_0_is_the_fan_in_model() -> None:
    """Sum of fan_in w^2 is chi-square and the scaled mean normal; two-sided, level 1e-3 over all 8 tests."""
    initial = load_weights(digits_weights_path(), epoch=0)
    for matrix in initial.weights:
        scaled = matrix * matrix.shape[0] ** 0.5
        below = stats.chi2.cdf(float((scaled**2).sum()), df=scaled.size)
        assert 2 * min(below, 1 - below) > 1e-3 / 8
        assert 2 * stats.norm.sf(abs(float(scaled.sum())) / scaled.size**0.5) > 1e-3 / 8
    # The test can tell: 15 % more variance in the first layer would be refused.
    first = initial.weights[0] * 8.0
    assert stats.chi2.sf(1.15 * float((first**2).sum()), df=first.size) < 1e-3 / 8


def test_packaged_weights_classify_digits_as_stored() -> None:
    """Orientation, order and scale: a plain forward pass reproduces the stored error rates."""
    path, data = digits_weights_path(), digits()
    with h5py.File(path) as file:
        assert file.attrs["dataset_sha256"] == data.sha256()
        scale = float(file.attrs["pixel_scale"])
    for stage in stored_stages(path):
        *hidden, last = load_weights(path, epoch=stage.epoch).weights
        for part, error in ((data.train, stage.train_error), (data.validation, stage.validation_error)):
            x = part.pixels * scale
            for matrix in hidden:
                x = np.maximum(x @ matrix, 0.0)
            wrong = int(((x @ last).argmax(axis=1) != part.labels).sum())
            assert abs(wrong - round(len(part.labels) * (error or 0.0))) <= 1  # float32: a tie may fall the other way
