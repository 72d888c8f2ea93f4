"""The steps of a training, and the stages it gives on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mcsim.networks.datasets import Dataset, with_shuffled_labels
from mcsim.networks.layered import LayeredWeights
from mcsim.networks.weights_hdf5 import Stage
from mcsim.training.config import Optimiser, TrainConfig
from mcsim.training.errors import DivergedError
from mcsim.training.network import Parameters, Tensor, initial_parameters, inputs
from mcsim.training.schedule import steps_per_epoch, stored_steps


@dataclass(frozen=True, eq=False)
class _Images:
    """Images as the network sees them, and their labels."""

    train_x: Tensor
    train_y: Tensor
    validation_x: Tensor
    validation_y: Tensor


@contextmanager
def reproducible() -> Iterator[None]:
    """Make torch's results depend on nothing but its inputs: threads would change the order of sums."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic)


def training_stages(
    config: TrainConfig, data: Dataset, at_step: Callable[[int], None]
) -> Iterator[tuple[Stage, LayeredWeights]]:
    """Train, and give each stage to store as it is reached, beginning with epoch 0.

    Parameters
    ----------
    config : TrainConfig
    data : Dataset
        Labels as read; they are shuffled here if the configuration says so.
    at_step : callable
        Told the number of steps done, after each.

    Raises
    ------
    DivergedError
        Where the loss becomes infinite or NaN.
    """
    # What is drawn first does not change what is drawn for another purpose.
    initial_seed, order_seed, label_seed = np.random.SeedSequence(config.seed).spawn(3)
    if config.data.shuffle_labels:
        data = with_shuffled_labels(data, np.random.default_rng(label_seed))
    widths = (data.train.pixels.shape[1], *config.network.hidden, data.classes)
    network = initial_parameters(
        config.network.kind, widths, config.network.biases, np.random.default_rng(initial_seed)
    )
    images = _as_tensors(config, data)
    per_epoch = steps_per_epoch(len(images.train_y), config.used_batch)
    stored = set(stored_steps(config, per_epoch))
    yield _stage(network, images, 0, per_epoch)
    for step in _steps(config, network, images, np.random.default_rng(order_seed)):
        at_step(step)
        if step in stored:
            yield _stage(network, images, step, per_epoch)


def _as_tensors(config: TrainConfig, data: Dataset) -> _Images:
    kind = config.network.kind
    return _Images(
        inputs(kind, data.train.pixels, data.pixel_maximum),
        torch.from_numpy(data.train.labels),
        inputs(kind, data.validation.pixels, data.pixel_maximum),
        torch.from_numpy(data.validation.labels),
    )


def _stage(network: Parameters, images: _Images, step: int, per_epoch: int) -> tuple[Stage, LayeredWeights]:
    train_error = network.error_rate(images.train_x, images.train_y)
    validation_error = network.error_rate(images.validation_x, images.validation_y)
    return Stage(step / per_epoch, step, train_error, validation_error), network.snapshot()


def _steps(config: TrainConfig, network: Parameters, images: _Images, order: np.random.Generator) -> Iterator[int]:
    """Take one step after the other, and give the number of each once it is done."""
    alpha, choice = config.network.output_scale, config.optimiser
    optimiser = _optimiser(choice, network, alpha)
    first_rate = optimiser.param_groups[0]["lr"]
    cross_entropy = torch.nn.CrossEntropyLoss()
    count = len(images.train_y)
    last = config.used_epochs * steps_per_epoch(count, config.used_batch)
    step = 0
    for _ in range(config.used_epochs):
        for batch in torch.from_numpy(order.permutation(count)).split(config.used_batch):
            if choice.decay == "cosine":
                optimiser.param_groups[0]["lr"] = first_rate * (1 + math.cos(math.pi * step / last)) / 2
            optimiser.zero_grad()
            loss = cross_entropy(alpha * network.output(images.train_x[batch]), images.train_y[batch])
            if not torch.isfinite(loss):
                raise DivergedError(f"the loss is {loss.item()} after {step} steps; choose a smaller learning rate")
            loss.backward()
            optimiser.step()
            step += 1
            yield step


def _optimiser(choice: Optimiser, network: Parameters, alpha: float) -> Any:
    """Return torch's optimiser, its rate divided so that alpha f learns about as fast for every alpha."""
    if choice.name == "adam":
        return torch.optim.Adam(network.all(), lr=choice.learning_rate / alpha)
    return torch.optim.SGD(network.all(), lr=choice.learning_rate / alpha**2, momentum=choice.used_momentum)
