"""Train the packaged network: ReLU, no biases, on scikit-learn's 8x8 digits.

This script made mcsim/networks/data/digits_relu.h5. To make it again (about twenty seconds on one core):

    python -m venv /tmp/train-venv
    /tmp/train-venv/bin/pip install torch==2.13.0 -e ".[train]"
    /tmp/train-venv/bin/python scripts/train_digits.py

Layers 64-48-48-48-10, cross-entropy, Adam. The initial weights are N(0, 1/fan-in), so that epoch 0 is exactly
the layered SK model of variance 1/N_{k-1}. Weights are stored before training, at steps 1, 3, 10, 30 and 100
of the first epoch, which has 100 steps, and at epochs 3, 10, 30 and 100. The same seed gives the same file on
the same machine; another machine's matrix products may round differently.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path

import numpy as np
import sklearn
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from mcsim.networks.files import Stage, save_weights
from mcsim.networks.layered import LayeredWeights

PACKAGED = Path(__file__).parents[1] / "mcsim" / "networks" / "data" / "digits_relu.h5"
PIXEL_MAXIMUM = 16.0
VALIDATION_SIZE = 397  # leaves 1400 to train on: 100 steps an epoch with batches of 14, so that log-spaced is round


@dataclass(frozen=True)
class Digits:
    """Images (scaled to [0, 1]) and labels, split once and for all."""

    train_x: torch.Tensor
    train_y: torch.Tensor
    validation_x: torch.Tensor
    validation_y: torch.Tensor


def load_split(split_seed: int) -> Digits:
    """Return the digits, split with the same share of each class on both sides."""
    pixels, labels = load_digits(return_X_y=True)
    x = (pixels / PIXEL_MAXIMUM).astype(np.float32)
    parts = train_test_split(x, labels, test_size=VALIDATION_SIZE, stratify=labels, random_state=split_seed)
    train_x, validation_x, train_y, validation_y = (torch.from_numpy(part) for part in parts)
    return Digits(train_x, train_y, validation_x, validation_y)


def initial_weights(widths: list[int], rng: np.random.Generator) -> list[torch.Tensor]:
    """Return N(0, 1/fan-in) matrices of shape (N_{k-1}, N_k), to be trained."""
    drawn: list[NDArray[np.float64]] = [
        rng.normal(0.0, fan_in**-0.5, size=(fan_in, fan_out)) for fan_in, fan_out in pairwise(widths)
    ]
    return [torch.tensor(matrix, dtype=torch.float32, requires_grad=True) for matrix in drawn]


def logits(weights: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Return the network's output for each row of `x`."""
    for matrix in weights[:-1]:
        x = torch.relu(x @ matrix)
    return x @ weights[-1]


def error_rate(weights: list[torch.Tensor], x: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the fraction of wrong answers."""
    with torch.no_grad():
        wrong = logits(weights, x).argmax(dim=1) != labels
    return float(wrong.sum()) / len(labels)


def log_spaced(last: int) -> set[int]:
    """Return 1, 3, 10, 30, ... up to `last`, and `last` itself."""
    grid = (factor * 10**power for power in count() for factor in (1, 3))
    chosen = {last}
    for number in grid:
        if number >= last:
            return chosen
        chosen.add(number)
    return chosen


def snapshot(weights: list[torch.Tensor], data: Digits, step: int, epoch: float) -> tuple[Stage, LayeredWeights]:
    """Return the network as it is now."""
    train_error = error_rate(weights, data.train_x, data.train_y)
    validation_error = error_rate(weights, data.validation_x, data.validation_y)
    print(f"{epoch:8.3g} {step:8d} {100 * train_error:10.2f} % {100 * validation_error:14.2f} %", flush=True)
    copies = tuple(matrix.detach().numpy().astype(np.float64) for matrix in weights)
    return Stage(epoch, step, train_error, validation_error), LayeredWeights(copies)


def training(data: Digits, options: argparse.Namespace) -> Iterator[tuple[Stage, LayeredWeights]]:
    """Train, and give the stages to store as they are reached."""
    initial_seed, order_seed = np.random.SeedSequence(options.seed).spawn(2)
    widths = [data.train_x.shape[1], *options.hidden, 10]
    weights = initial_weights(widths, np.random.default_rng(initial_seed))
    order = np.random.default_rng(order_seed)
    optimiser = torch.optim.Adam(weights, lr=options.learning_rate)
    loss = torch.nn.CrossEntropyLoss()
    images = len(data.train_x)
    steps_per_epoch = -(-images // options.batch_size)
    stored = log_spaced(steps_per_epoch) | {epoch * steps_per_epoch for epoch in log_spaced(options.epochs)}
    yield snapshot(weights, data, 0, 0.0)
    step = 0
    for _ in range(options.epochs):
        for batch in torch.from_numpy(order.permutation(images)).split(options.batch_size):
            optimiser.zero_grad()
            loss(logits(weights, data.train_x[batch]), data.train_y[batch]).backward()
            optimiser.step()
            step += 1
            if step in stored:
                yield snapshot(weights, data, step, step / steps_per_epoch)


def parse_arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description="Train a ReLU network without biases on 8x8 digits.")
    parser.add_argument("--out", type=Path, default=PACKAGED, help="file to write (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of initial weights and order (%(default)s)")
    parser.add_argument("--split-seed", type=int, default=0, help="of the validation split (%(default)s)")
    parser.add_argument("--epochs", type=int, default=100, help="passes over the data (%(default)s)")
    parser.add_argument("--hidden", type=int, nargs="+", default=[48, 48, 48], help="widths (%(default)s)")
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="of Adam (%(default)s)")
    parser.add_argument("--batch-size", type=int, default=14, help="images a step (%(default)s)")
    return parser.parse_args()


def main() -> None:
    """Train and write the file."""
    options = parse_arguments()
    torch.set_num_threads(1)  # threads would change the order of sums, hence the last digits
    torch.use_deterministic_algorithms(True)
    data = load_split(options.split_seed)
    print(f"{'epoch':>8} {'step':>8} {'train error':>12} {'validation error':>16}")
    save_weights(
        options.out,
        training(data, options),
        activation="relu",
        description="ReLU network without biases, trained on 8x8 handwritten digits",
        dataset="scikit-learn load_digits, pixels / 16, stratified split",
        train_size=len(data.train_x),
        validation_size=len(data.validation_x),
        pixel_scale=1 / PIXEL_MAXIMUM,
        seed=options.seed,
        split_seed=options.split_seed,
        initial_variance="1/fan_in",
        loss="cross-entropy",
        optimiser="adam",
        learning_rate=options.learning_rate,
        batch_size=options.batch_size,
        torch_version=torch.__version__,
        sklearn_version=sklearn.__version__,
        script="scripts/train_digits.py",
    )
    print(f"written: {options.out} ({options.out.stat().st_size / 1024:.0f} KiB)")


if __name__ == "__main__":
    main()
