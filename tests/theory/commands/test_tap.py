"""``python -m theory tap`` and ``spectrum``: reading files of weights, what they print, how they refuse."""

import json
import shutil

import h5py
import numpy as np
import pytest
from support import ROOT

from theory.tap import census, instability
from theory.weights import read_network, stored_epochs

DIGITS = ROOT / "mcsim/networks/data/digits_relu.h5"
EPOCHS = (0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)


def write(path, stages, schema="mcsim-weights", version=1):
    with h5py.File(path, "w") as file:
        file.attrs["schema"], file.attrs["version"] = schema, version
        for number, (epoch, weights, biases) in enumerate(stages):
            group = file.create_group(f"stages/stage_{number:03d}")
            group.attrs["epoch"] = epoch
            for k, matrix in enumerate(weights, start=1):
                group[f"weights/layer_{k}"] = np.asarray(matrix, dtype=np.float32)
            for k, vector in enumerate(biases or ()):
                group[f"biases/layer_{k}"] = np.asarray(vector)
    return path


def test_the_documented_example_prints_json(run):
    code, out, _ = run("tap", DIGITS, "--epoch", "3", "--temperature", "2.0", "--starts", "70", "--json")
    printed = json.loads(out)
    assert code == 0
    count = census(read_network(DIGITS, 3.0).bonds, 2.0, starts=70)
    assert [one["free_energy"] for one in printed["solutions"]] == pytest.approx(
        [one.solution.free_energy for one in count.found], abs=1e-12
    )
    assert [one["random_hits"] for one in printed["solutions"]] == [one.random_hits for one in count.found]
    assert printed["verdict"] == count.verdict == "complete"
    assert printed["dropped"] == 0
    assert printed["up_to_reversal"] is True
    assert printed["paramagnet"]["least_eigenvalue"] < 0
    assert printed["saturation"][-1] == {"starts": 70, "distinct": pytest.approx(2.0)}
    assert all(one["residual"] < 1e-10 and one["error_estimate"] < 1e-8 for one in printed["solutions"])


def test_critical_temperatures_of_several_epochs(run):
    code, out, err = run("tap", DIGITS, "--epoch", "0,1,30", "--critical", "--json")
    records = json.loads(out)
    assert (code, err) == (0, "")
    assert [record["kind"] for record in records] == ["near-touch", "crossing", "crossing"]
    assert records[1]["temperature"] == pytest.approx(instability(read_network(DIGITS, 1.0).bonds).temperature)
    assert records[2]["temperature"] > records[1]["temperature"] > records[1]["random_critical_temperature"]
    code, out, _ = run("tap", DIGITS, "--epoch", "0", "--critical")
    assert code == 0
    assert "no T_c; near-touch: least eigenvalue 0.1458" in out


def test_text_names_what_it_shows(run):
    code, out, _ = run("tap", DIGITS, "--temperatures", "3:4:2", "--starts", "10")
    assert code == 0
    assert out.count("TAP equations, epoch 100, T = ") == 2
    for words in ("starts", "dropped", "free energy", "least eigenvalue", "Plefka radius", "m = 0"):
        assert words in out


def test_states_of_a_simulation_are_starts(run, tmp_path):
    states = np.sign(np.random.default_rng(0).standard_normal((5, 218)))
    np.save(tmp_path / "states.npy", states.astype(np.int8))
    options = ["--epoch", "3", "--temperature", "2", "--starts", "0", "--from-states", tmp_path / "states.npy"]
    code, out, _ = run("tap", DIGITS, *options, "--json")
    printed = json.loads(out)
    assert (code, printed["starts"]) == (0, 5)
    assert sum(one["state_hits"] for one in printed["solutions"]) == 5
    assert all(one["random_hits"] == 0 for one in printed["solutions"])


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("short.npy", np.ones((2, 7)), "shape (2, 7); give (states, 218)"),
        ("large.npy", np.full((1, 218), 2.0), "not from -1 to 1"),
        ("words.npy", np.array(["a"]), "no 1-d or 2-d array of numbers"),
    ],
)
def test_bad_states_are_refused(run, tmp_path, name, array, words):
    np.save(tmp_path / name, array)
    code, out, err = run("tap", DIGITS, "--temperature", "2", "--from-states", tmp_path / name)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert name in err


def test_starts_that_all_lead_nowhere_exit_with_3(run):
    code, out, err = run("tap", DIGITS, "--epoch", "0", "--temperature", "1", "--starts", "8")
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert "none of 8 starts led to a TAP solution" in err


@pytest.mark.parametrize("command", ["tap", "spectrum"])
def test_an_epoch_that_is_not_stored_lists_those_that_are(run, command):
    options = ["--critical"] if command == "tap" else []
    code, out, err = run(command, DIGITS, "--epoch", "2", *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "epoch 2 is not stored; give one of 0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100" in err


def corrupted(path):
    shutil.copy(DIGITS, path)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 3 : len(damaged) // 3 + 4000] = bytes(4000)
    path.write_bytes(bytes(damaged))


def truncated(path):
    path.write_bytes(DIGITS.read_bytes()[:5000])


W = [np.ones((3, 2)), np.ones((2, 4))]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("no HDF5"), "cannot be read as HDF5"),
        (corrupted, "cannot be read as HDF5"),
        (truncated, "cannot be read as HDF5"),
        (lambda path: None, "cannot be read as HDF5"),
        (lambda path: write(path, [(0, W, None)], schema="other"), "schema 'other'"),
        (lambda path: write(path, [(0, W, None)], version=2), "version 2"),
        (lambda path: write(path, []), "'stages' is missing or empty"),
        (lambda path: write(path, [(np.nan, W, None)]), "no finite attribute 'epoch'"),
        (lambda path: write(path, [(0, [], None)]), "not layered"),
        (lambda path: write(path, [(0, [W[0], W[0]], None)]), "matrix 2 has 3 rows, but layer 1 has 2"),
        (lambda path: write(path, [(0, [W[0] * np.nan], None)]), "not finite"),
        (lambda path: write(path, [(0, W, [np.ones(3), np.ones(2)])]), "each of the 9 spins"),
    ],
)
def test_a_bad_file_is_one_line_that_names_it(run, tmp_path, make, words):
    path = tmp_path / "weights.h5"
    make(path)
    code, out, err = run("tap", path, "--epoch", "all", "--critical")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert str(path) in err
    assert words in err


def test_the_reader_gives_what_is_stored(tmp_path):
    assert stored_epochs(DIGITS) == pytest.approx(EPOCHS)
    network = read_network(DIGITS, 3.00001)
    assert (network.epoch, network.bonds.widths) == (3.0, (64, 48, 48, 48, 10))
    with h5py.File(DIGITS) as file:
        stored = file["stages/stage_006/weights/layer_2"][()]
    assert np.array_equal(network.bonds.weights[1], stored)
    assert read_network(DIGITS).epoch == 100.0
    # Epochs in any order, biases as fields.
    biases = [np.arange(3.0), np.arange(2.0), np.arange(4.0)]
    path = write(tmp_path / "own.h5", [(2.0, W, biases), (1.0, [2 * w for w in W], None)])
    assert stored_epochs(path) == (1.0, 2.0)
    assert read_network(path).bonds.fields.tolist() == [0, 1, 2, 0, 1, 0, 1, 2, 3]
    assert not read_network(path, 1.0).bonds.fields.any()
