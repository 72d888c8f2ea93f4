"""The trainer against a second implementation in NumPy, its reproducibility, and what it must reach on MNIST.

Needs PyTorch (the extra ``train``); what does not is in test_training_config.py and test_training_data.py.
"""

from __future__ import annotations

import json
import os
import signal
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from support import MCSIM, run, start, wait_until

from mcsim.networks.datasets import Dataset, LabelledImages, digits
from mcsim.networks.files import load_weights, stored_epochs, stored_stages
from mcsim.networks.layered import LayeredWeights
from mcsim.training import TrainConfig, parse_training, train
from mcsim.training.errors import DivergedError

pytest.importorskip("torch", reason="training needs PyTorch: pip install 'mcsim[train]'")

Floats = NDArray[np.float64]
MNIST_FOLDER = os.environ.get("MCSIM_MNIST")


def small_data(images: int = 30, inputs: int = 6, classes: int = 3) -> Dataset:
    rng = np.random.default_rng(7)

    def part(count: int) -> LabelledImages:
        pixels = rng.integers(0, 17, (count, inputs), dtype=np.uint8)
        return LabelledImages(pixels, rng.integers(0, classes, count))

    return Dataset("noise", part(images), part(images // 2), classes, pixel_maximum=16)


def config(**sections: Any) -> TrainConfig:
    """Return a short training: three epochs of three steps, everything stored."""
    document: dict[str, Any] = {
        "seed": 3,
        "epochs": 3,
        "network": {"hidden": [5, 4]},
        "optimiser": {"batch": 10, "learning_rate": 0.01},
        "stages": {"steps": [1, 2], "epochs": [1, 2, 3]},
    }
    for name, section in sections.items():
        document[name] = {**document[name], **section} if isinstance(section, dict) and name in document else section
    return parse_training(document)


# --- a second implementation -------------------------------------------------------------------------------


class Reference:
    """The same training with gradients by hand, in float64; `wrong` makes one mistake on purpose."""

    def __init__(self, settings: TrainConfig, data: Dataset, wrong: str = "") -> None:
        self.settings, self.data, self.wrong = settings, data, wrong
        initial, order, _ = np.random.SeedSequence(settings.seed).spawn(3)
        rng = np.random.default_rng(initial)
        widths = [data.train.pixels.shape[1], *settings.network.hidden, data.classes]
        self.weights = [rng.normal(0.0, n**-0.5, (n, m)).astype(np.float32).astype(float) for n, m in pairwise(widths)]
        self.biases = [np.zeros(m) for m in widths[1:]]
        self.order = np.random.default_rng(order)
        self.memory: list[list[Floats]] = [[np.zeros_like(p) for p in (*self.weights, *self.biases)] for _ in "mv"]
        self.steps = 0

    def inputs(self, pixels: NDArray[np.uint8]) -> Floats:
        if self.settings.network.kind == "relu":
            return pixels / self.data.pixel_maximum
        return np.where(pixels > self.data.pixel_maximum / 2, 1.0, -1.0)

    def forward(self, x: Floats) -> tuple[list[Floats], list[Floats]]:
        """Return what enters each layer and its sums z."""
        entering, sums = [x], []
        for weight, bias in zip(self.weights, self.biases, strict=True):
            sums.append(entering[-1] @ weight + bias)
            relu = self.settings.network.kind == "relu"
            entering.append(np.maximum(sums[-1], 0) if relu else np.where(sums[-1] >= 0, 1.0, -1.0))
        return entering[:-1], sums

    def slope(self, z: Floats) -> Floats:
        if self.settings.network.kind == "relu":
            return (z > 0).astype(float)
        return np.ones_like(z) if self.wrong == "unclipped" else (abs(z) <= 1).astype(float)

    def gradients(self, x: Floats, labels: NDArray[np.int64]) -> list[Floats]:
        alpha = self.settings.network.output_scale
        entering, sums = self.forward(x)
        scaled = alpha * sums[-1]
        shifted = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        delta = shifted / shifted.sum(axis=1, keepdims=True)
        delta[np.arange(len(labels)), labels] -= 1
        delta *= alpha / len(labels)
        weights, biases = [], []
        for layer in reversed(range(len(self.weights))):
            weights.append(entering[layer].T @ delta)
            biases.append(delta.sum(axis=0))
            if layer:
                delta = (delta @ self.weights[layer].T) * self.slope(sums[layer - 1])
        return [*reversed(weights), *reversed(biases)]

    def step(self, rows: NDArray[np.int64]) -> None:
        train, choice, alpha = self.data.train, self.settings.optimiser, self.settings.network.output_scale
        gradients = self.gradients(self.inputs(train.pixels[rows]), train.labels[rows])
        power = 0 if self.wrong == "undivided" else 1 if choice.name == "adam" else 2
        rate = choice.learning_rate / alpha**power
        if choice.decay == "cosine" and self.wrong != "undecayed":
            total = self.settings.used_epochs * -(-len(train.labels) // self.settings.used_batch)
            rate *= (1 + np.cos(np.pi * self.steps / total)) / 2
        self.steps += 1
        parameters = [*self.weights, *self.biases] if self.settings.network.biases else self.weights
        for number, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=False)):
            first, second = self.memory[0][number], self.memory[1][number]
            if choice.name == "sgd":
                first[...] = choice.used_momentum * first + gradient
                parameter -= rate * first
                continue
            first[...] = 0.9 * first + 0.1 * gradient
            second[...] = 0.999 * second + 0.001 * gradient**2
            corrected = np.sqrt(second / (1 - 0.999**self.steps)) + 1e-8
            parameter -= rate * first / (1 - 0.9**self.steps) / corrected

    def trained(self) -> LayeredWeights:
        count, batch = len(self.data.train.labels), self.settings.used_batch
        for _ in range(self.settings.used_epochs):
            order = self.order.permutation(count)
            for begin in range(0, count, batch):
                self.step(order[begin : begin + batch])
        biases = (np.zeros(len(self.weights[0])), *self.biases) if self.settings.network.biases else None
        return LayeredWeights(tuple(self.weights), biases)


def largest_difference(one: LayeredWeights, other: LayeredWeights) -> float:
    assert (one.biases is None) == (other.biases is None)
    pairs = zip((*one.weights, *(one.biases or ())), (*other.weights, *(other.biases or ())), strict=True)
    return max(float(abs(a - b).max()) for a, b in pairs)


TRAININGS: dict[str, tuple[TrainConfig, str]] = {
    "relu": (config(), ""),
    "relu-biases": (config(network={"hidden": [5, 4], "biases": True}), ""),
    "relu-no-hidden-layer": (config(network={"hidden": []}), ""),
    "relu-scaled": (config(network={"hidden": [5, 4], "output_scale": 4.0}), "undivided"),
    "binarised": (config(network={"hidden": [9, 8], "kind": "binarised"}), "unclipped"),
    "binarised-biases": (config(network={"hidden": [9, 8], "kind": "binarised", "biases": True}), "unclipped"),
    "sgd": (config(optimiser={"name": "sgd", "learning_rate": 0.5}), ""),
    "sgd-scaled": (
        config(network={"output_scale": 0.5}, optimiser={"name": "sgd", "learning_rate": 0.1, "momentum": 0.5}),
        "undivided",
    ),
    "cosine": (config(optimiser={"decay": "cosine"}), "undecayed"),
    "uneven-batches": (config(optimiser={"batch": 8}), ""),
}


@pytest.mark.parametrize("name", TRAININGS)
def test_training_is_that_of_the_second_implementation(tmp_path: Path, name: str) -> None:
    settings, mistake = TRAININGS[name]
    train(settings, tmp_path / "w.h5", data=small_data())
    trained = load_weights(tmp_path / "w.h5")
    initial = load_weights(tmp_path / "w.h5", epoch=0)
    assert largest_difference(trained, Reference(settings, small_data()).trained()) < 2e-5
    assert largest_difference(trained, initial) > 1e-2
    if mistake:
        assert largest_difference(trained, Reference(settings, small_data(), mistake).trained()) > 1e-3


@pytest.mark.parametrize("kind", ["relu", "binarised"])
def test_stored_error_rates_are_those_of_the_stored_weights(tmp_path: Path, kind: str) -> None:
    data = digits()
    settings = config(
        epochs=1, network={"kind": kind, "hidden": [20]}, data={"source": "digits"}, stages={"epochs": []}
    )
    train(settings, tmp_path / "w.h5")
    for stage in stored_stages(tmp_path / "w.h5"):
        reference = Reference(settings, data)
        reference.weights = list(load_weights(tmp_path / "w.h5", epoch=stage.epoch).weights)
        for part, stored in ((data.train, stage.train_error), (data.validation, stage.validation_error)):
            outputs = reference.forward(reference.inputs(part.pixels))[1][-1]
            wrong = int((outputs.argmax(axis=1) != part.labels).sum())
            assert stored is not None
            assert abs(wrong - stored * len(part.labels)) < 1.5  # float32: a tie may fall the other way


# --- what a file holds -------------------------------------------------------------------------------------


def test_the_file_says_how_it_was_made(tmp_path: Path) -> None:
    settings = config(network={"kind": "binarised", "output_scale": 2.0})
    outcome = train(settings, tmp_path / "w.h5", data=small_data())
    assert outcome.widths == load_weights(outcome.path).widths == (6, 5, 4, 3)
    assert stored_stages(outcome.path) == outcome.stages
    assert stored_epochs(outcome.path) == pytest.approx((0, 1 / 3, 2 / 3, 1, 2, 3))
    with h5py.File(outcome.path) as file:
        attributes = dict(file.attrs)
    assert parse_training(json.loads(attributes["config"])) == settings
    assert attributes["dataset_sha256"] == small_data().sha256()
    for name, value in {"activation": "binarised", "seed": 3, "learning_rate": 0.01, "output_scale": 2.0}.items():
        assert attributes[name] == value


def test_seeds_differ_and_shuffled_labels_are_not_learned(tmp_path: Path) -> None:
    common: dict[str, Any] = {"epochs": 8, "stages": {"steps": [], "epochs": []}}
    small = {"network": {"hidden": [32]}, "optimiser": {"learning_rate": 0.003, "batch": 14}}
    right = train(config(**common, **small), tmp_path / "a.h5").stages[-1]
    shuffled = config(**common, **small, data={"source": "digits", "shuffle_labels": True})
    wrong = train(shuffled, tmp_path / "b.h5").stages[-1]
    assert right.validation_error is not None
    assert wrong.validation_error is not None
    assert right.validation_error < 0.08
    assert wrong.validation_error > 0.8  # 397 images, one class in ten: 0.9 with a sigma of 0.015
    one, other = load_weights(tmp_path / "a.h5", epoch=0), load_weights(tmp_path / "b.h5", epoch=0)
    assert one.sha256() == other.sha256()
    train(config(**common, **small, seed=4), tmp_path / "c.h5")
    assert load_weights(tmp_path / "c.h5", epoch=0).sha256() != one.sha256()


def test_a_large_output_scale_is_lazy(tmp_path: Path) -> None:
    """At the same training error the weights of a lazy network have moved less."""
    moved = {}
    for alpha in (0.3, 10.0):
        network = {"hidden": [100], "output_scale": alpha}
        settings = config(
            epochs=10,
            network=network,
            optimiser={"learning_rate": 0.003, "batch": 14},
            stages={"steps": [], "epochs": []},
        )
        outcome = train(settings, tmp_path / "w.h5")
        assert (outcome.stages[-1].train_error or 0.0) < 0.05
        first, last = (load_weights(tmp_path / "w.h5", epoch=epoch).weights[0] for epoch in (0, 10))
        moved[alpha] = float(np.linalg.norm(last - first) / np.linalg.norm(first))
    assert moved[10.0] < 0.1 * moved[0.3], moved


def test_the_same_seed_gives_the_same_file_in_another_process(tmp_path: Path) -> None:
    (tmp_path / "train.toml").write_text("epochs = 2\n[network]\nhidden = [70, 70]\n[optimiser]\nbatch = 33\n")
    files = [tmp_path / "one.h5", tmp_path / "two.h5"]
    for file in files:
        done = run([*MCSIM, "train", tmp_path / "train.toml", "--out", file, "--json"])
        assert done.returncode == 0, done.stderr
        facts = json.loads(done.stdout)
        assert facts["widths"] == [64, 70, 70, 10]
        assert [stage["epoch"] for stage in facts["stages"]] == list(stored_epochs(file))
    assert files[0].read_bytes() == files[1].read_bytes()


def test_threads_of_the_caller_change_nothing_and_stay(tmp_path: Path) -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        train(config(), tmp_path / "two.h5", data=small_data())
        assert torch.get_num_threads() == 2
        assert not torch.are_deterministic_algorithms_enabled()
        torch.set_num_threads(1)
        train(config(), tmp_path / "one.h5", data=small_data())
    finally:
        torch.set_num_threads(before)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()


def test_divergence_is_told_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match=r"the loss is (nan|inf) after \d+ steps; choose a smaller learning rate"):
        train(config(optimiser={"name": "sgd", "learning_rate": 1e30}), tmp_path / "w.h5", data=small_data())
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_training_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "train.toml").write_text("epochs = 100000\n")
    folder = tmp_path / "out"
    folder.mkdir()
    process = start([*MCSIM, "train", tmp_path / "train.toml", "--out", folder / "w.h5"])
    wait_until(lambda: any(folder.iterdir()), process)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.splitlines()[-1] == "mcsim: rank 0: interrupted"
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not MNIST_FOLDER, reason="set MCSIM_MNIST to the folder of MNIST's files (takes some five minutes)")
@pytest.mark.parametrize(("kind", "allowed"), [("relu", 0.025), ("binarised", 0.05)])
def test_default_settings_reach_what_is_promised_on_mnist(tmp_path: Path, kind: str, allowed: float) -> None:
    settings = parse_training({"data": {"source": "mnist", "folder": MNIST_FOLDER}, "network": {"kind": kind}})
    last = train(settings, tmp_path / "w.h5").stages[-1]
    assert last.validation_error is not None
    assert last.validation_error <= allowed
