"""Which arrays of somebody else's file are taken as layers, which way round, and what is said about it."""

from __future__ import annotations

import json
import shutil
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
from support import ROOT, write_config

from mcsim.__main__ import main
from mcsim.networks.checkpoints import checkpoint_files, epoch_in_name
from mcsim.networks.files import WeightsError, load_weights, stored_epochs
from mcsim.networks.importing import import_network

Arrays = dict[str, NDArray[Any]]

CHECKPOINT = Path(__file__).parent / "data" / "checkpoint_epoch_10.pt"
on_disk = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def normal(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def store(path: Path, arrays: Arrays) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **arrays)  # type: ignore[arg-type]
    else:
        save_file(arrays, path)
    return path


def perceptron(*widths: int, biases: bool = False) -> Arrays:
    """Return a state_dict like that of PyTorch's Linear layers: (out, in)."""
    arrays: Arrays = {}
    for layer, (below, above) in enumerate(pairwise(widths)):
        arrays[f"net.{2 * layer}.weight"] = normal(above, below)
        if biases:
            arrays[f"net.{2 * layer}.bias"] = normal(above)
    return arrays


# --- what is taken -----------------------------------------------------------------------------------------


def test_a_checkpoint_of_pytorch_gives_its_linear_layers() -> None:
    found = import_network(CHECKPOINT)
    assert found.layers == ("fc1.weight", "fc2.weight", "out.weight")
    assert found.biases == ("fc1.bias", "fc2.bias", None)
    assert (found.order, found.doubt) == ("out-in", "")
    assert found.network.widths == (6, 5, 4, 3)
    assert np.array_equal(found.network.weights[0], (np.arange(30) / 8 - 1).reshape(5, 6).T)
    assert found.network.biases is not None
    assert [vector.any() for vector in found.network.biases] == [False, True, True, False]
    assert {left.name: left.why for left in found.left} == {
        "embed.weight": "an embedding, by its name",
        "conv.weight": "4-d",
        "norm.weight": "1-d",
        "norm.num_batches_tracked": "0-d",
    }


@settings(on_disk)
@given(
    widths=st.lists(st.integers(1, 6), min_size=2, max_size=6),
    out_in=st.booleans(),
    biased=st.booleans(),
    suffix=st.sampled_from([".npz", ".safetensors"]),
)
def test_the_order_is_found_where_it_can_be(
    tmp_path: Path, widths: list[int], out_in: bool, biased: bool, suffix: str
) -> None:
    # Widths that differ from layer to layer leave no choice; a pair of layers or biases tell.
    arrays = perceptron(*widths, biases=biased)
    if not out_in:
        arrays = {name: np.ascontiguousarray(values.T) for name, values in arrays.items()}
    path = store(tmp_path / f"w{suffix}", arrays)
    found = import_network(path)
    right = list(found.network.widths) == widths
    assert right or not out_in or biased  # names that end in "weight" are out-in where nothing speaks against it
    assert right or found.doubt or widths[::-1] == list(found.network.widths)
    told = import_network(path, order="out-in" if out_in else "in-out")
    assert list(told.network.widths) == widths
    assert told.doubt == ""
    assert (told.network.biases is not None) == biased
    for matrix, values in zip(told.network.weights, [v for v in arrays.values() if v.ndim == 2], strict=True):
        assert np.array_equal(matrix, values.T if out_in else values)


def test_square_layers_are_doubted_and_biases_settle_the_rest(tmp_path: Path) -> None:
    square = import_network(store(tmp_path / "square.safetensors", perceptron(4, 4, 4)))
    assert (square.order, square.doubt) == ("out-in", "the shapes fit both ways")
    plain = import_network(store(tmp_path / "plain.npz", {"W1": normal(4, 4), "W2": normal(4, 4)}))
    assert (plain.order, plain.doubt) == ("in-out", "the shapes fit both ways")
    # 3-5-3 chains both ways; the biases' lengths say which.
    hourglass = {"W1": normal(5, 3), "b1": normal(5), "W2": normal(3, 5), "b2": normal(3)}
    found = import_network(store(tmp_path / "hourglass.npz", hourglass))
    assert found.network.widths == (3, 5, 3)
    assert (found.order, found.biases) == ("out-in", ("b1", "b2"))
    assert "usually in-out" in found.doubt


@pytest.mark.parametrize(
    ("weight", "bias"),
    [("fc.weight", "fc.bias"), ("W1", "b1"), ("w_2", "b_2"), ("a/kernel", "a/bias"), ("weight3", "bias3")],
)
def test_biases_are_known_by_their_names(tmp_path: Path, weight: str, bias: str) -> None:
    path = store(tmp_path / "w.npz", {weight: normal(3, 2), bias: normal(2), "other": normal(2)})
    found = import_network(path, order="in-out")
    assert found.biases == (bias,)
    assert [left.name for left in found.left] == ["other"]
    without = import_network(path, order="in-out", biases=False)
    assert without.network.biases is None
    assert {left.name for left in without.left} == {bias, "other"}


def test_a_chain_is_found_among_other_matrices(tmp_path: Path) -> None:
    arrays = {"tokens": normal(50, 8), **perceptron(6, 5, 4), "counts": np.arange(6).reshape(2, 3)}
    found = import_network(store(tmp_path / "w.npz", arrays))
    assert found.network.widths == (6, 5, 4)
    assert {left.name: left.why for left in found.left} == {
        "tokens": "does not continue the chain of layers",
        "counts": "not real floating point but int64",
    }


BAD: dict[str, tuple[Arrays, dict[str, Any], list[str]]] = {
    "nothing-2d": ({"b": normal(3)}, {}, ["no 2-d array", "'b' of shape (3,)"]),
    "nothing-chains": ({"a": normal(2, 3), "b": normal(5, 7)}, {}, ["'a', 'b'", "chain", "name the layers"]),
    "two-chains": (
        {"a": normal(2, 3), "b": normal(3, 4), "c": normal(7, 8), "d": normal(8, 9)},
        {"order": "in-out"},
        ["several chains of 2 layers", "'a'..'b' or 'c'..'d'"],
    ),
    "unknown-layer": (perceptron(3, 2), {"layers": ["fc1"]}, ["'fc1' of 'layers' is not in the file", "net.0.weight"]),
    "layers-that-do-not-chain": (
        perceptron(6, 5, 4, 3),
        {"layers": ["net.0.weight", "net.4.weight"]},
        ["net.4.weight", "but layer 1 has"],
    ),
    "wrong-order": (
        perceptron(6, 5, 4),
        {"layers": list(perceptron(6, 5, 4)), "order": "in-out"},
        ["transpose = true"],
    ),
    "layer-is-a-bias": (perceptron(3, 2, biases=True), {"layers": ["net.0.bias"]}, ["net.0.bias", "2-d"]),
    "no-biases": (perceptron(3, 2), {"biases": True}, ["no biases of the layers 'net.0.weight'"]),
    "not-finite": ({"w": np.array([[1.0, np.nan]])}, {}, ["nan", "[0, 1]"]),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_imported_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    arrays, arguments, words = BAD[name]
    path = store(tmp_path / "w.npz", arrays)
    with pytest.raises(WeightsError) as caught:
        import_network(path, **arguments)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    assert all(word in text for word in words), text


# --- checkpoints as a series -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "epoch"),
    [
        ("epoch_10", 10),
        ("epoch=3-loss=0.25", 3),
        ("Epoch0.5_lr1", 0.5),
        ("net2_17", 17),
        ("7", 7),
        ("ckpt-000120", 120),
    ],
)
def test_epochs_are_read_off_the_names(name: str, epoch: float) -> None:
    assert epoch_in_name(Path(f"{name}.pt"), alone=False) == epoch


def test_a_name_without_a_number_is_epoch_0_only_where_it_is_alone() -> None:
    assert epoch_in_name(Path("final.pt"), alone=True) == 0.0
    with pytest.raises(WeightsError, match=r"final\.pt: has no number"):
        epoch_in_name(Path("final.pt"), alone=False)


def mcsim(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for epoch in (2, 10, 1):
        arrays = {name: values * np.float32(epoch) for name, values in perceptron(5, 4, 3, biases=True).items()}
        store(folder / f"epoch_{epoch}.safetensors", arrays)
    (folder / "notes.txt").write_text("not weights")
    return folder


def test_a_folder_of_checkpoints_becomes_a_series(
    checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [path.name for path in checkpoint_files([checkpoints])] == [f"epoch_{n}.safetensors" for n in (1, 2, 10)]
    out = tmp_path / "w.h5"
    code, printed, err = mcsim(capsys, "import", checkpoints, "--out", out, "--json")
    assert (code, err) == (0, "")
    facts = json.loads(printed)
    assert facts["widths"] == [5, 4, 3]
    assert facts["biases"] == ["net.0.bias", "net.2.bias"]
    assert [stage["epoch"] for stage in facts["stages"]] == [1, 2, 10]
    assert stored_epochs(out) == (1, 2, 10)
    one, ten = load_weights(out, epoch=1), load_weights(out, epoch=10)
    assert np.allclose(ten.weights[0], 10 * one.weights[0])
    with h5py.File(out) as file:
        assert list(file.attrs["source_layers"]) == ["net.0.weight", "net.2.weight"]
        assert file.attrs["source_order"] == "out-in"
    code, printed, _ = mcsim(
        capsys, "import", checkpoints, "--out", out, "--overwrite", "--epochs", "0,0.5,3", "--no-biases"
    )
    assert code == 0
    assert "left: net.0.bias (4,): 1-d" in printed
    assert "epoch 0.5: epoch_2.safetensors" in printed
    assert load_weights(out, epoch=3).biases is None
    # A run reads what was imported.
    network = {"source": "file", "path": str(out), "epoch": 7.0}
    code, _, err = mcsim(capsys, "run", write_config(tmp_path, {"model.network": network}), "--out", tmp_path / "run")
    assert code == 2
    assert "epoch 7 is not stored; the epochs stored are 0, 0.5, 3" in err


def test_what_is_wrong_with_a_series_is_told_in_one_line(
    checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*arguments: object, words: str) -> None:
        code, printed, err = mcsim(capsys, "import", *arguments)
        assert (code, printed, err.count("\n")) == (2, "", 1), err
        assert words in err, err
        assert not (tmp_path / "w.h5").exists()

    out = ("--out", tmp_path / "w.h5")
    refused(checkpoints, *out, "--epochs", "1,2", words="2 epochs for 3 files")
    refused(checkpoints, *out, "--epochs", "1,x,2", words="'1,x,2' must be numbers")
    refused(checkpoints, *out, "--layers", "fc", words="'fc' of 'layers' is not in the file")
    refused(checkpoints, "--out", tmp_path / "w.npz", words="must be .h5 or .hdf5")
    refused(checkpoints, "--out", tmp_path / "none" / "w.h5", words="there is no folder")
    refused(tmp_path / "absent.pt", *out, words="no such file")
    refused(ROOT / "mcsim/networks/data/digits_relu.h5", *out, words="HDF5 already")
    shutil.copy(checkpoints / "epoch_2.safetensors", checkpoints / "best_epoch_2.safetensors")
    refused(checkpoints, *out, words="is of epoch 2 like")
    (checkpoints / "best_epoch_2.safetensors").unlink()
    store(checkpoints / "epoch_11.safetensors", perceptron(5, 6, 3, biases=True))
    refused(checkpoints, *out, words="stage 3 has widths (5, 6, 3), but the first has (5, 4, 3)")
    store(checkpoints / "epoch_11.safetensors", perceptron(5, 4))
    refused(checkpoints, *out, words="epoch_11.safetensors: array 'net.2.weight' of 'layers' is not in the file")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", *out, words="holds no file of weights (.npz, .safetensors, .pt, .pth)")


def test_files_are_not_replaced_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "w.h5"
    assert mcsim(capsys, "import", CHECKPOINT, "--out", out)[0] == 0
    assert stored_epochs(out) == (10,)
    before = out.read_bytes()
    code, _, err = mcsim(capsys, "import", CHECKPOINT, "--out", out)
    assert code == 2
    assert "is there already; --overwrite replaces it" in err
    assert out.read_bytes() == before
