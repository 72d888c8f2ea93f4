"""A configuration is refused whole, in one line that names the key and the value, before anything is computed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import LEFT_OUT, ROOT, small_config, small_document, write_config

from mcsim.__main__ import main
from mcsim.config import ConfigError, LayeredIsing, RunConfig, load_config, parse_config, stored_config
from mcsim.storage.index import same_run_but_for_samples, write_index

NAN, INF = float("nan"), float("inf")
NETWORK = "model.network"
EXAMPLES = sorted(p for p in (ROOT / "scripts" / "examples").glob("*.toml") if not p.name.startswith("train_"))

# Changes to a good configuration, and all that the one line about them must contain.
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    # Unknown keys, at every level; the line lists the known ones.
    "unknown-top": ({"sead": 1}, ["sead: 1", "unknown key", "seed"]),
    "unknown-model": ({"model.kernel": "fast"}, ['model.kernel: "fast"', "unknown key", "dynamics"]),
    "unknown-network": ({f"{NETWORK}.width": [3]}, ["model.network.width: [3]", "unknown key", "widths"]),
    "unknown-ladder": ({"ladder.temps": [1.0]}, ["ladder.temps: [1.0]", "unknown key", "temperatures"]),
    "unknown-run": ({"run.sweeps": 7}, ["run.sweeps: 7", "unknown key", "measurements"]),
    "unknown-storage": ({"storage.gzip": 9}, ["storage.gzip: 9", "unknown key", "compression"]),
    "unknown-section": ({"output.folder": "x"}, ["output: ", "folder", "unknown key", "storage"]),
    "key-of-the-other-source": (
        {NETWORK: {"source": "file", "path": "w.npz", "widths": [3, 4]}},
        ["model.network.widths: [3, 4]", "unknown key", "epoch"],
    ),
    "key-with-a-line-break": ({"two\nlines": 1}, ["two lines: 1", "unknown key"]),
    # Wrong types and values.
    "seed-text": ({"seed": "1"}, ['seed: "1"', "must be a whole number"]),
    "seed-float": ({"seed": 1.0}, ["seed: 1.0", "must be a whole number"]),
    "seed-bool": ({"seed": True}, ["seed: true", "must be a whole number"]),
    "seed-negative": ({"seed": -1}, ["seed: -1", "must be at least 0"]),
    "seed-huge": ({"seed": 2**63}, ["seed: 9223372036854775808", "must be below 9223372036854775808"]),
    "samples-zero": ({"samples": 0}, ["samples: 0", "must be at least 1"]),
    "samples-fraction": ({"samples": 1.5}, ["samples: 1.5", "must be a whole number"]),
    "section-is-number": ({"run": 5}, ["run: 5", "must be a table"]),
    "section-is-list": ({"ladder": [1.0, 2.0]}, ["ladder: [1.0, 2.0]", "must be a table"]),
    "model-is-text": ({"model": "ising"}, ['model: "ising"', "must be a table"]),
    "network-is-text": ({NETWORK: "digits"}, ['model.network: "digits"', "must be a table"]),
    "widths-one-layer": ({f"{NETWORK}.widths": [4]}, ["model.network.widths: [4]", "at least 2"]),
    "widths-zero": ({f"{NETWORK}.widths": [4, 0]}, ["model.network.widths[1]: 0", "must be at least 1"]),
    "widths-fraction": (
        {f"{NETWORK}.widths": [4, 2.5]},
        ["model.network.widths[1]: 2.5", "must be a whole number"],
    ),
    "widths-number": ({f"{NETWORK}.widths": 4}, ["model.network.widths: 4", "must be a list"]),
    "variance": (
        {f"{NETWORK}.variance": "xavier"},
        ['model.network.variance: "xavier"', "'fan-in' or 'symmetric'"],
    ),
    "scale-zero": ({f"{NETWORK}.scale": 0.0}, ["model.network.scale: 0.0", "must be above 0"]),
    "scale-overflows": ({f"{NETWORK}.scale": 1e80}, ["model.network.scale: 1e+80", "float32", "1e-50 and 1e+50"]),
    "scale-vanishes": ({f"{NETWORK}.scale": 1e-90}, ["model.network.scale: 1e-90", "float32", "1e-50 and 1e+50"]),
    "scale-nan": ({f"{NETWORK}.scale": NAN}, ["model.network.scale: nan", "must be finite"]),
    "scale-text": ({f"{NETWORK}.scale": "1"}, ['model.network.scale: "1"', "must be a number"]),
    "transpose-number": (
        {NETWORK: {"source": "file", "path": "w.npz", "transpose": 1}},
        ["model.network.transpose: 1", "must be true or false"],
    ),
    "path-empty": ({NETWORK: {"source": "file", "path": ""}}, ['model.network.path: ""', "not be empty"]),
    "path-number": ({NETWORK: {"source": "file", "path": 3}}, ["model.network.path: 3", "must be a string"]),
    "arrays-text": (
        {NETWORK: {"source": "file", "path": "w.npz", "arrays": "w"}},
        ['model.network.arrays: "w"', "must be a list"],
    ),
    "epoch-negative": (
        {NETWORK: {"source": "file", "path": "package:digits", "epoch": -1.0}},
        ["model.network.epoch: -1.0", "must be at least 0"],
    ),
    "dynamics": ({"model.dynamics": "cluster"}, ['model.dynamics: "cluster"', "'auto', 'layer-block'"]),
    "rule": ({"model.rule": "glauber"}, ['model.rule: "glauber"', "'heat-bath' or 'metropolis'"]),
    "field-update": (
        {"model.field_update": "dense"},
        ['model.field_update: "dense": is gone: fields are looked up afresh', "leave it out"],
    ),
    "tile-columns": (
        {"model.tile_columns": 32},
        ["model.tile_columns: 32: is gone: columns no longer share matrix products", "leave it out"],
    ),
    "precision": ({"model.precision": "float16"}, ['model.precision: "float16"', "'float32' or 'float64'"]),
    "refresh-zero": ({"model.refresh_every": 0}, ["model.refresh_every: 0", "must be at least 1"]),
    "commit-zero": ({"storage.commit_every": 0}, ["storage.commit_every: 0", "must be at least 1"]),
    "thinning-zero": ({"storage.overlap_every": 0}, ["storage.overlap_every: 0", "must be at least 1"]),
    "bins": ({"storage.max_bins": 2}, ["storage.max_bins: 2", "must be at least 3"]),
    "compression": ({"storage.compression": 10}, ["storage.compression: 10", "must be at most 9"]),
    "copies-zero": ({"run.copies": 0}, ["run.copies: 0", "must be at least 2"]),
    "copies-one": ({"run.copies": 1}, ["run.copies: 1", "must be at least 2"]),
    "thermalization-negative": (
        {"run.thermalization": -4},
        ["run.thermalization: -4", "must be at least 0"],
    ),
    "measurements-zero": ({"run.measurements": 0}, ["run.measurements: 0", "must be at least 1"]),
    "two-faults": ({"sead": 1, "run.copies": 0}, ["run.copies: 0", "must be at least 2", "(and 1 more)"]),
    # Keys that are required, and the discriminators.
    "no-seed": ({"seed": LEFT_OUT}, ["seed: missing"]),
    "no-model": ({"model": LEFT_OUT}, ["model: missing"]),
    "no-ladder": ({"ladder": LEFT_OUT}, ["ladder: missing"]),
    "no-thermalization": ({"run.thermalization": LEFT_OUT}, ["run.thermalization: missing"]),
    "no-measurements": ({"run.measurements": LEFT_OUT}, ["run.measurements: missing"]),
    "no-network": ({NETWORK: LEFT_OUT}, ["model.network: missing"]),
    "no-widths": ({f"{NETWORK}.widths": LEFT_OUT}, ["model.network.widths: missing"]),
    "no-path": ({NETWORK: {"source": "file"}}, ["model.network.path: missing"]),
    "no-kind": ({"model.kind": LEFT_OUT}, ["model.kind: missing", "'layered-ising'"]),
    "kind": ({"model.kind": "potts"}, ['model.kind: "potts"', "'layered-ising'"]),
    "no-source": ({f"{NETWORK}.source": LEFT_OUT}, ["model.network.source: missing", "'gaussian', 'file'"]),
    "source": (
        {f"{NETWORK}.source": "uniform"},
        ['model.network.source: "uniform"', "must be one of 'gaussian', 'file'"],
    ),
    "source-list": (
        {f"{NETWORK}.source": ["file"]},
        ['model.network.source: ["file"]', "must be one of 'gaussian', 'file'"],
    ),
    # Ladders.
    "unsorted": (
        {"ladder.temperatures": [2.0, 1.0]},
        ["ladder.temperatures: [2.0, 1.0]", "must rise strictly, but 1 follows 2"],
    ),
    "duplicated": (
        {"ladder.temperatures": [0.5, 1.0, 1.0]},
        ["ladder.temperatures: [0.5, 1.0, 1.0]", "must rise strictly, but 1 follows 1"],
    ),
    "temperature-zero": (
        {"ladder.temperatures": [0.0, 1.0]},
        ["ladder.temperatures[0]: 0.0", "must be above 0"],
    ),
    "temperature-negative": (
        {"ladder.temperatures": [-1.0, 1.0]},
        ["ladder.temperatures[0]: -1.0", "must be above 0"],
    ),
    "temperature-nan": (
        {"ladder.temperatures": [1.0, NAN]},
        ["ladder.temperatures[1]: nan", "must be finite"],
    ),
    "temperature-inf": (
        {"ladder.temperatures": [1.0, INF]},
        ["ladder.temperatures[1]: inf", "must be finite"],
    ),
    "temperature-text": (
        {"ladder.temperatures": [1.0, "2"]},
        ['ladder.temperatures[1]: "2"', "must be a number"],
    ),
    "temperature-too-cold": ({"ladder.temperatures": [1e-320, 1.0]}, ["ladder: ", "inf", "at least 1e-30"]),
    "temperatures-empty": ({"ladder.temperatures": []}, ["ladder.temperatures: []", "at least 1"]),
    "temperatures-number": ({"ladder.temperatures": 1.0}, ["ladder.temperatures: 1.0", "must be a list"]),
    "betas-unsorted": (
        {"ladder": {"betas": [1.0, 0.5]}},
        ["ladder.betas: [1.0, 0.5]", "must rise strictly, but 0.5 follows 1"],
    ),
    "betas-duplicated": (
        {"ladder": {"betas": [0.5, 0.5]}},
        ["ladder.betas: [0.5, 0.5]", "must rise strictly, but 0.5 follows 0.5"],
    ),
    "beta-negative": ({"ladder": {"betas": [-0.5, 1.0]}}, ["ladder.betas[0]: -0.5", "must be at least 0"]),
    "beta-nan": ({"ladder": {"betas": [NAN]}}, ["ladder.betas[0]: nan", "must be finite"]),
    "no-ladder-form": (
        {"ladder": {}},
        ["ladder: give exactly one of", "'temperatures', 'betas'", "given: none"],
    ),
    "two-ladder-forms": (
        {"ladder.betas": [1.0]},
        ["ladder: give exactly one of", "given: temperatures, betas"],
    ),
    "list-and-range": ({"ladder.lowest": 1.0}, ["give exactly one of", "given: temperatures, lowest"]),
    "range-incomplete": (
        {"ladder": {"lowest": 1.0, "slots": 3}},
        ["ladder: a range needs 'lowest', 'highest' and 'slots'", "missing: highest"],
    ),
    "range-reversed": (
        {"ladder": {"lowest": 2.0, "highest": 1.0, "slots": 3}},
        ["ladder.highest: 1", "must be above lowest, 2"],
    ),
    "range-one-slot": (
        {"ladder": {"lowest": 1.0, "highest": 2.0, "slots": 1}},
        ["ladder.slots: 1", "must be at least 2"],
    ),
    "range-too-fine": (
        {"ladder": {"lowest": 1.0, "highest": 1.0 + 2**-51, "slots": 30}},
        ["ladder.slots: 30", "widen the range"],
    ),
    "range-spacing": (
        {"ladder": {"lowest": 1.0, "highest": 2.0, "slots": 3, "spacing": "log"}},
        ['ladder.spacing: "log"', "'geometric', 'linear' or 'inverse'"],
    ),
    "spacing-of-a-list": ({"ladder.spacing": "linear"}, ["ladder.spacing: 'linear'", "leave it out"]),
    # Keys that are right one by one but not together.
    "metropolis-layer-block": (
        {"model.rule": "metropolis", "model.dynamics": "layer-block"},
        ["model.rule: 'metropolis'", "does not fit dynamics 'layer-block'", "use 'single-spin'"],
    ),
    "metropolis-beta-zero": (
        {"model.rule": "metropolis", "ladder": {"betas": [0.0, 1.0]}},
        ["ladder.betas: 0", "'metropolis'", "use 'heat-bath'"],
    ),
    "layer-block-float64": (
        {"model.precision": "float64"},
        ["model.precision: 'float64'", "needs dynamics 'single-spin'"],
    ),
    "layer-block-refresh": (
        {"model.refresh_every": 100},
        ["model.refresh_every: 100", "is for dynamics 'single-spin'", "leave it out"],
    ),
    "tile-splits-a-slot": (
        {"model": {"kind": "mlp", "widths": [4, 4], "activation": "tanh", "tile_columns": 33}},
        ["model.tile_columns: 33", "must be a multiple of run.copies, 2"],
    ),
    "thermalization-not-whole": (
        {"run.thermalization": 5, "run.sweeps_per_exchange": 2, "run.sweeps_per_measurement": 2},
        ["run.thermalization: 5", "must be a multiple of sweeps_per_exchange, 2"],
    ),
    "measurement-not-whole": (
        {"run.sweeps_per_exchange": 2},
        ["run.sweeps_per_measurement: 1", "must be a multiple of sweeps_per_exchange, 2"],
    ),
}


def assert_refused(capsys: pytest.CaptureFixture[str], arguments: list[str], out: Path, parts: list[str]) -> None:
    """Assert that a run ends with exit code 2 and one line that has all the parts, and leaves nothing behind."""
    assert main(["run", *arguments, "--out", str(out)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1, printed.err
    assert "Traceback" not in printed.err
    for part in parts:
        assert part in printed.err, printed.err
    assert not out.exists()


@pytest.mark.parametrize("name", BAD)
def test_bad_configurations(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes, parts = BAD[name]
    config = write_config(tmp_path, changes)
    assert_refused(capsys, [str(config)], tmp_path / "out", [f"mcsim: {config}: ", *parts])


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"seed = \n", ["not valid TOML", "line 1"]),
        (b"seed = 1\nseed = 2\n", ["not valid TOML", "line 2"]),
        (b"\x89HDF\r\n\x1a\n", ["not valid TOML"]),
        (b"", ["seed: missing", "(and 3 more)"]),
    ],
)
def test_files_that_are_no_configuration(
    content: bytes, parts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "run.toml"
    config.write_bytes(content)
    assert_refused(capsys, [str(config)], tmp_path / "out", [str(config), *parts])


def test_a_missing_configuration_and_a_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    missing = tmp_path / "missing.toml"
    assert_refused(capsys, [str(missing)], out, [str(missing), "cannot be read", "No such file"])
    assert_refused(capsys, [str(tmp_path)], out, [str(tmp_path), "cannot be read", "Is a directory"])


GOOD_ARRAYS = {"w1": np.ones((3, 4)), "w2": np.ones((4, 2)), "b1": np.zeros(4), "b2": np.zeros(2)}
WITH_NAN = {"w1": np.ones((3, 4)), "w2": np.array([[0.0, 1.0]] * 3 + [[np.nan, 1.0]])}

# What is in the file, how the configuration names it, and all that the one line must contain.
BAD_WEIGHTS: dict[str, tuple[str, Mapping[str, Any] | None, dict[str, Any], list[str]]] = {
    "missing": ("w.npz", None, {}, ["no such file"]),
    "suffix": ("w.txt", {}, {}, ["'.txt'", ".npz"]),
    "nan": ("w.npz", WITH_NAN, {}, ["'w2'", "nan at [3, 0]", "must be finite"]),
    "infinite": ("w.npz", {"w1": np.full((2, 2), np.inf)}, {}, ["'w1'", "inf at [0, 0]", "must be finite"]),
    "overflow": (
        "w.npz",
        {"w1": np.full((3, 4), 1e39)},
        {},
        ["couplings up to 1e+39", "out of the range of float32", "precision = 'float64'"],
    ),
    "underflow": ("w.npz", {"w1": np.full((3, 4), 1e-46)}, {}, ["couplings up to 1e-46", "range of float32"]),
    "shapes": (
        "w.npz",
        {"w1": np.ones((3, 4)), "w2": np.ones((5, 2))},
        {},
        ["'w2' has 5 rows", "layer 1 has 4 neurons"],
    ),
    "whole-numbers": ("w.npz", {"w1": np.ones((3, 4), dtype=int)}, {}, ["'w1'", "int64", "floating point"]),
    "one-dimensional": ("w.npz", {"w1": np.ones(3)}, {"arrays": ["w1"]}, ["'w1'", "1-d", "must be 2-d"]),
    "array-absent": ("w.npz", GOOD_ARRAYS, {"arrays": ["w1", "w3"]}, ["'w3'", "'arrays'", "'w2'"]),
    "biases-too-few": ("w.npz", GOOD_ARRAYS, {"biases": ["b1"]}, ["number of biases is 1", "2"]),
    "transposed": ("w.npz", GOOD_ARRAYS, {"arrays": ["w1", "w2"], "transpose": True}, ["transpose = false"]),
    "epoch-of-npz": ("w.npz", GOOD_ARRAYS, {"epoch": 1.0}, ["epoch 1", "holds one network"]),
    "epoch-unknown": ("package:digits", None, {"epoch": 0.123}, ["epoch 0.123 is not stored", "stored are 0"]),
    "arrays-of-h5": ("package:digits", None, {"arrays": ["w1"]}, ["'arrays'", ".npz"]),
}


@pytest.mark.parametrize("name", BAD_WEIGHTS)
def test_bad_weights(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, arrays, keys, parts = BAD_WEIGHTS[name]
    if arrays is not None:
        with (tmp_path / file).open("wb") as stream:
            np.savez(stream, **arrays)
    config = write_config(tmp_path, {NETWORK: {"source": "file", "path": file, **keys}})
    named = "digits_relu.h5" if file.startswith("package:") else str(tmp_path / file)
    assert_refused(capsys, [str(config)], tmp_path / "out", ["model.network.path: ", named, *parts])


def test_weights_are_looked_for_beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    np.savez(tmp_path / "w.npz", w1=GOOD_ARRAYS["w1"])
    config = load_config(write_config(tmp_path, {NETWORK: {"source": "file", "path": "w.npz"}}))
    assert config.model.network.resolved_path() == (tmp_path / "w.npz").resolve()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--groups", "2"], ["--groups: 2", "between 1 and 1"]),
        (["--groups", "0"], ["--groups: 0", "between 1 and 1"]),
        (["--groups", "two"], ["--groups", "'two'", "--help"]),
        (["--blas-threads", "0"], ["--blas-threads: 0", "at least 1"]),
        (["--frobnicate"], ["--frobnicate", "--help"]),
    ],
)
def test_bad_arguments(
    arguments: list[str], parts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_refused(capsys, [str(write_config(tmp_path)), *arguments], tmp_path / "out", parts)


def test_an_output_folder_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert main(["run", str(write_config(tmp_path)), "--out", str(taken)]) == 2
    assert capsys.readouterr().err == f"mcsim: {taken}: cannot be made: File exists\n"
    assert taken.read_text() == "mine"


def test_the_table_is_of_bad_configurations_only_by_their_changes(tmp_path: Path) -> None:
    # Were the base itself refused, every row of the table would pass.
    assert load_config(write_config(tmp_path)) == small_config()


@pytest.mark.parametrize(
    ("ladder", "betas"),
    [
        ({"temperatures": [0.5, 2, 4.0]}, [2.0, 0.5, 0.25]),
        ({"temperatures": [0.5]}, [2.0]),
        ({"betas": [0.0, 0.5, 2.0]}, [2.0, 0.5, 0.0]),
        ({"lowest": 0.5, "highest": 2.0, "slots": 3}, [2.0, 1.0, 0.5]),
        ({"lowest": 1.0, "highest": 4.0, "slots": 4, "spacing": "linear"}, [1.0, 1 / 2, 1 / 3, 1 / 4]),
        ({"lowest": 0.5, "highest": 1.0, "slots": 3, "spacing": "inverse"}, [2.0, 1.5, 1.0]),
    ],
)
def test_ladders_of_every_form(ladder: dict[str, Any], betas: list[float]) -> None:
    found = small_config({"ladder": ladder}).ladder.inverse_temperatures()
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, betas, rtol=1e-14)


@pytest.mark.parametrize(
    ("model", "dynamics"),
    [
        ({}, "layer-block"),
        ({"rule": "metropolis"}, "single-spin"),
        ({"dynamics": "single-spin"}, "single-spin"),
        ({"dynamics": "single-spin", "rule": "metropolis"}, "single-spin"),
        ({"dynamics": "layer-block"}, "layer-block"),
    ],
)
def test_automatic_dynamics(model: dict[str, str], dynamics: str) -> None:
    config = small_config({f"model.{key}": value for key, value in model.items()})
    assert config.model.move.dynamics == dynamics


def test_the_fingerprint_sees_every_change_and_no_order_of_keys() -> None:
    reordered = dict(reversed(small_document().items()))
    assert parse_config(reordered).sha256() == small_config().sha256()
    changes: list[dict[str, Any]] = [
        {"seed": 12},
        {"samples": 2},
        {f"{NETWORK}.scale": 2.0},
        {"run.measurements": 7},
        {"model.dynamics": "single-spin"},
        {"storage.compression": 0},
    ]
    assert len({small_config(change).sha256() for change in ({}, *changes)}) == len(changes) + 1


def test_a_stored_configuration_can_be_parsed_again() -> None:
    config = small_config()
    assert parse_config(json.loads(config.canonical_json())) == config


def test_a_run_is_the_same_whatever_its_number_of_samples(tmp_path: Path) -> None:
    index = write_index(tmp_path, small_config({"samples": 3}))
    assert same_run_but_for_samples(index, small_config({"samples": 5}))
    assert not same_run_but_for_samples(index, small_config({"samples": 3, "seed": 12}))


def test_a_configuration_cannot_be_changed() -> None:
    config = small_config()
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 3  # type: ignore[misc]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_good(path: Path) -> None:
    assert load_config(path).samples >= 1


def test_there_are_examples() -> None:
    assert EXAMPLES


def test_an_error_names_the_document(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^configuration: seed: missing"):
        parse_config(small_document({"seed": LEFT_OUT}))


def test_schema_describes_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) == set(RunConfig.model_fields)
    sections = {"": schema, **schema["$defs"]}
    assert {"LayeredIsing", "GaussianNetwork", "FileNetwork", "Ladder", "Run", "Storage"} <= set(sections)
    silent = [
        f"{name}.{key}"
        for name, section in sections.items()
        for key, entry in section["properties"].items()
        # A table is described where it is defined; a discriminator by the one value it may have.
        if not (entry.get("description") or "$ref" in entry or "oneOf" in entry or "const" in entry)
    ]
    assert silent == []
    assert all(section.get("description") for section in sections.values())


SPINS_OF_0_1 = {"kind": "layered-ising", "network": {"source": "gaussian", "widths": [3, 4]}, "tile_columns": 6}
STORED = {
    "layer-block": {"dynamics": "auto", "rule": "heat-bath", "field_update": "auto", "precision": "float64",
                    "refresh_every": 10},
    "single-spin": {"dynamics": "single-spin", "rule": "heat-bath", "field_update": "dense", "precision": "float64",
                    "refresh_every": 10},
    "metropolis": {"dynamics": "auto", "rule": "metropolis", "field_update": "auto", "precision": "float64",
                   "refresh_every": 10},
}  # fmt: skip


def stored(**model: object) -> str:
    run = {"copies": 2, "thermalization": 0, "measurements": 8}
    return json.dumps({"seed": 1, "model": SPINS_OF_0_1 | model, "ladder": {"temperatures": [1.0, 2.0]}, "run": run})


@pytest.mark.parametrize("kind", STORED)
def test_configurations_of_earlier_versions_are_read(kind: str) -> None:
    config = stored_config(stored(**STORED[kind]), "old.h5")
    assert isinstance(config.model, LayeredIsing)
    assert config.model.network.widths == (3, 4)
    # What single-spin dynamics still have is kept.
    assert (config.model.precision == "float64") == (kind != "layer-block")
    with pytest.raises(ConfigError, match="is gone"):
        parse_config(json.loads(stored(**STORED[kind])))


def test_a_stored_configuration_of_no_version_is_one_line() -> None:
    with pytest.raises(ConfigError, match=r"old\.h5: model\.colour") as told:
        stored_config(stored(colour="red"), "old.h5")
    assert "\n" not in str(told.value)
