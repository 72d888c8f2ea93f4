"""A training is refused whole, in one line, before it begins; its stages are spaced as they should be. No PyTorch."""

from __future__ import annotations

import io
import json
import re
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ROOT

from mcsim import progress as progress_module
from mcsim.__main__ import main
from mcsim.config import ConfigError
from mcsim.networks.weights_hdf5 import Stage
from mcsim.training import TrainConfig, load_training, parse_training
from mcsim.training.progress import TrainingProgress
from mcsim.training.schedule import log_spaced, steps_per_epoch, stored_steps

EXAMPLES = sorted((ROOT / "scripts" / "examples").glob("train_*.toml"))
MNIST = {"source": "mnist", "folder": "there"}

BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown-key": ({"epoch": 3}, ["epoch: 3", "unknown key", "epochs", "optimiser"]),
    "unknown-optimiser-key": ({"optimiser": {"lr": 1}}, ["optimiser.lr: 1", "unknown key", "learning_rate"]),
    "epochs-zero": ({"epochs": 0}, ["epochs: 0", "must be at least 1"]),
    "seed-text": ({"seed": "a"}, ['seed: "a"', "must be a whole number"]),
    "kind": ({"network": {"kind": "tanh"}}, ['network.kind: "tanh"', "'relu' or 'binarised'"]),
    "hidden-zero": ({"network": {"hidden": [3, 0]}}, ["network.hidden[1]: 0", "must be at least 1"]),
    "output-scale": ({"network": {"output_scale": 0.0}}, ["network.output_scale: 0.0", "must be above 0"]),
    "rate-negative": ({"optimiser": {"learning_rate": -1.0}}, ["optimiser.learning_rate: -1.0", "must be above 0"]),
    "rate-nan": ({"optimiser": {"learning_rate": float("nan")}}, ["optimiser.learning_rate: nan"]),
    "momentum-of-adam": ({"optimiser": {"momentum": 0.5}}, ["optimiser.momentum", "'sgd'"]),
    "momentum-one": ({"optimiser": {"name": "sgd", "momentum": 1.0}}, ["optimiser.momentum: 1.0", "below 1"]),
    "source-missing": ({"data": {"folder": "x"}}, ["data.source: missing", "'digits', 'mnist', 'idx'"]),
    "source-unknown": ({"data": {"source": "cifar"}}, ['data.source: "cifar"', "'mnist'"]),
    "folder-missing": ({"data": {"source": "mnist"}}, ["data.folder: missing"]),
    "folder-of-digits": ({"data": {"source": "digits", "folder": "x"}}, ["data.folder", "unknown key"]),
    "idx-part-missing": ({"data": {"source": "idx", "train_images": "x"}}, ["data.train_labels: missing"]),
    "data-is-text": ({"data": "mnist"}, ['data: "mnist"', "must be a table"]),
    "stages-fall": ({"stages": {"epochs": [3, 3]}}, ["stages.epochs: [3, 3]", "must rise strictly, but 3 follows 3"]),
    "stage-zero": ({"stages": {"steps": [0, 1]}}, ["stages.steps[0]: 0", "must be at least 1"]),
    "stage-after-end": ({"epochs": 5, "stages": {"epochs": [1, 6]}}, ["stages.epochs: 6 is after", "5 epochs"]),
    "stage-after-default-end": ({"data": MNIST, "stages": {"epochs": [50]}}, ["stages.epochs: 50 is after", "20"]),
    "per-decade": ({"stages": {"per_decade": 7}}, ["stages.per_decade: 7", "must be at most 6"]),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_configurations_are_refused_in_one_line(name: str) -> None:
    document, words = BAD[name]
    with pytest.raises(ConfigError) as caught:
        parse_training(document, "train.toml")
    text = str(caught.value)
    assert text.startswith("train.toml: ")
    assert "\n" not in text
    assert all(word in text for word in words), text


def test_an_empty_file_is_a_training_on_the_packaged_digits() -> None:
    config = parse_training({})
    assert config.data.source == "digits"
    assert (config.used_epochs, config.used_batch) == (100, 14)
    on_mnist = parse_training({"data": MNIST})
    assert (on_mnist.used_epochs, on_mnist.used_batch) == (20, 100)
    assert on_mnist.network.hidden == (256, 256, 256)
    assert (on_mnist.optimiser.learning_rate, on_mnist.network.biases) == (1e-4, False)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_right(path: Path) -> None:
    config = load_training(path)
    assert parse_training(json.loads(config.canonical_json())) == config


def test_the_mnist_example_says_the_defaults() -> None:
    config = load_training(ROOT / "scripts" / "examples" / "train_mnist.toml")
    default = parse_training({"data": {"source": "mnist", "folder": config.data.model_dump()["folder"]}})
    for part in ("network", "stages", "used_epochs", "used_batch"):
        assert getattr(config, part) == getattr(default, part)
    assert config.optimiser.learning_rate == default.optimiser.learning_rate


def test_data_is_looked_for_beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jobs").mkdir()
    path = tmp_path / "jobs" / "train.toml"
    path.write_text('[data]\nsource = "mnist"\nfolder = "../mnist"\n')
    monkeypatch.chdir(tmp_path)
    config = load_training("jobs/train.toml")
    assert config.data.model_dump()["folder"] == str(tmp_path / "mnist")


def test_files_that_are_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read"):
        load_training(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("seed = ")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_training(tmp_path / "bad.toml")


# --- stages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "per_decade", "expected"),
    [
        (1, 2, [1]),
        (2, 2, [1, 2]),
        (100, 1, [1, 10, 100]),
        (100, 2, [1, 3, 10, 30, 100]),
        (20, 2, [1, 3, 10, 20]),
        (600, 3, [1, 2, 5, 10, 20, 50, 100, 200, 500, 600]),
        (60, 4, [1, 2, 3, 6, 10, 20, 30, 60]),
    ],
)
def test_log_spaced_numbers_are_round(last: int, per_decade: int, expected: list[int]) -> None:
    assert log_spaced(last, per_decade) == expected


@given(last=st.integers(1, 10**6), per_decade=st.integers(1, 6))
def test_log_spaced_numbers_rise_to_the_last(last: int, per_decade: int) -> None:
    numbers = log_spaced(last, per_decade)
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == last
    assert numbers[0] == 1
    # So many in a decade, and nowhere a gap of more than one step of the grid and its rounding.
    assert all(later <= 1.6 * 10 ** (1 / per_decade) * number for number, later in pairwise(numbers))


@given(images=st.integers(1, 10**5), batch=st.integers(1, 300), epochs=st.integers(1, 200))
def test_stages_hold_the_beginning_and_the_end(images: int, batch: int, epochs: int) -> None:
    per_epoch = steps_per_epoch(images, batch)
    assert (per_epoch - 1) * batch < images <= per_epoch * batch
    steps = stored_steps(TrainConfig(epochs=epochs), per_epoch)
    assert steps[0] == 0
    assert {1, per_epoch, epochs * per_epoch} <= set(steps)
    assert steps == sorted(set(steps))
    assert all(step <= per_epoch or step % per_epoch == 0 for step in steps)


def test_stages_can_be_chosen() -> None:
    chosen = parse_training({"epochs": 7, "stages": {"steps": [2, 5, 10], "epochs": [3]}})
    assert stored_steps(chosen, 10) == [0, 2, 5, 10, 30, 70]
    with pytest.raises(ConfigError, match=r"stages\.steps: 10 is beyond the first epoch, which has 9 steps"):
        stored_steps(chosen, 9)
    none = parse_training({"epochs": 7, "stages": {"steps": [], "epochs": []}})
    assert stored_steps(none, 10) == [0, 70]


# --- the command, where there is no PyTorch ----------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return code, out, err


def test_without_pytorch_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # import torch raises ModuleNotFoundError
    (tmp_path / "train.toml").write_text("")
    code, out, err = run(capsys, "train", tmp_path / "train.toml", "--out", tmp_path / "w.h5")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "training needs PyTorch" in err
    assert 'pip install "mcsim[train]"' in err
    assert list(tmp_path.iterdir()) == [tmp_path / "train.toml"]


@pytest.mark.parametrize(
    ("text", "out", "words"),
    [
        ("epochs = 0", "w.h5", ["epochs: 0"]),
        ("", "w.npz", ["suffix '.npz'", ".h5"]),
        ("", "absent/w.h5", ["there is no folder"]),
        ("", "there.h5", ["is there already", "--overwrite"]),
        ('[data]\nsource = "mnist"\nfolder = "none"', "w.h5", ["none: no such folder"]),
    ],
)
def test_bad_input_is_told_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, out: str, words: list[str]
) -> None:
    (tmp_path / "train.toml").write_text(text)
    (tmp_path / "there.h5").touch()
    code, printed, err = run(capsys, "train", tmp_path / "train.toml", "--out", tmp_path / out)
    assert (code, printed) == (2, "")
    assert err.count("\n") == 1
    assert all(word in err for word in words), err


def test_the_schema_of_a_training_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "schema", "train")
    assert code == 0
    assert {"data", "network", "optimiser", "stages"} <= set(json.loads(out)["properties"])
    assert "ladder" in json.loads(run(capsys, "schema")[1])["properties"]


# --- progress ----------------------------------------------------------------------------------------------


def test_a_batch_log_gets_stages_and_a_line_a_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(progress_module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    with TrainingProgress(200) as progress:
        progress.stored(Stage(0.0, 0, 0.9, 0.8912))
        for step in range(1, 101):
            clock.now = float(step)
            progress.at(step)
    assert capsys.readouterr().err.splitlines() == [
        "mcsim: epoch 0, step 0: training error 90.00 %, validation error 89.12 %",
        "mcsim: 30 % after 60 s, about 140 s to go",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with TrainingProgress(200) as progress:
        progress.stored(Stage(0.0, 0, 0.9, 0.9))
        progress.at(100)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert re.search(r"training \S+ +50%", shown), shown
    assert "epoch 0, step 0: training error 90.00 %" in shown
