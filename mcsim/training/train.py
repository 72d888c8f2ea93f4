"""One training from its specification to a file of weights."""

from __future__ import annotations

import importlib
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mcsim.networks.datasets import Dataset
from mcsim.networks.files import check_output, save_weights
from mcsim.networks.layered import LayeredWeights
from mcsim.networks.weights_checks import reason
from mcsim.networks.weights_hdf5 import AttributeValue, Stage
from mcsim.training.config import TrainConfig
from mcsim.training.errors import MissingPackageError
from mcsim.training.schedule import steps_per_epoch

_INPUTS = {
    "relu": "pixels times pixel_scale",
    "binarised": "+1 where pixels times pixel_scale exceed 1/2, else -1",
}


class Watcher(Protocol):
    """Who is told how far a training has come."""

    def at(self, step: int) -> None:
        """So many steps are done."""

    def stored(self, stage: Stage) -> None:
        """A stage has been reached, with its error rates."""


@dataclass(frozen=True)
class TrainingOutcome:
    """What a training did.

    Attributes
    ----------
    path : Path
        The file of weights.
    stages : tuple of Stage
        What it holds, with error rates as fractions.
    widths : tuple of int
        N_0..N_L.
    seconds : float
        Wall time.
    """

    path: Path
    stages: tuple[Stage, ...]
    widths: tuple[int, ...]
    seconds: float


def total_steps(config: TrainConfig, data: Dataset) -> int:
    """Return the parameter updates of the whole training."""
    return config.used_epochs * steps_per_epoch(len(data.train.labels), config.used_batch)


def train(
    config: TrainConfig, out: str | Path, *, data: Dataset | None = None, watcher: Watcher | None = None
) -> TrainingOutcome:
    """Train a network and write its stages to an HDF5 file (schema 'mcsim-weights'), whole or not at all.

    On the same machine, with the same versions, the same configuration gives the same weights bit by bit.

    Parameters
    ----------
    config : TrainConfig
    out : str or Path
        File to write (.h5 or .hdf5); an existing one is replaced.
    data : Dataset, optional
        Images already read; by default `config.data` is read.
    watcher : Watcher, optional
        Told of steps and stages.

    Raises
    ------
    MissingPackageError
        Without PyTorch.
    ConfigError, DatasetError, WeightsError
        Where the stages do not fit the data, the data cannot be used or the file cannot be written.
    DivergedError
        Where the loss becomes infinite or NaN.
    """
    out = Path(out)
    check_output(out)
    torch_version = _torch_version()
    data = config.data.load() if data is None else data
    started = time.monotonic()
    stages: list[Stage] = []
    widths: list[tuple[int, ...]] = []

    def reached() -> Iterator[tuple[Stage, LayeredWeights]]:
        loop = importlib.import_module("mcsim.training.loop")
        with loop.reproducible():
            for stage, network in loop.training_stages(config, data, watcher.at if watcher else lambda step: None):
                stages.append(stage)
                widths.append(network.widths)
                if watcher:
                    watcher.stored(stage)
                yield stage, network

    save_weights(out, reached(), **_attributes(config, data), torch_version=torch_version)
    return TrainingOutcome(out, tuple(stages), widths[0], time.monotonic() - started)


def _torch_version() -> str:
    try:
        return str(importlib.import_module("torch").__version__)
    except ImportError as error:
        why = f"training needs PyTorch, which cannot be imported ({reason(error)})"
        raise MissingPackageError(f'{why}: pip install "mcsim[train]"') from error


def _attributes(config: TrainConfig, data: Dataset) -> dict[str, AttributeValue]:
    """Return what a reader of the file should know; `config` has every key, defaults included."""
    network, optimiser = config.network, config.optimiser
    return {
        "activation": network.kind,
        "description": f"{network.kind} network trained on {data.name} by mcsim train",
        "config": config.canonical_json(),
        "dataset": data.name,
        "dataset_sha256": data.sha256(),
        "pixel_scale": 1 / data.pixel_maximum,
        "inputs": _INPUTS[network.kind],
        "shuffled_labels": config.data.shuffle_labels,
        "train_size": len(data.train.labels),
        "validation_size": len(data.validation.labels),
        "seed": config.seed,
        "initial_variance": "1/fan_in",
        "loss": "cross-entropy of output_scale times the output",
        "output_scale": network.output_scale,
        "optimiser": optimiser.name,
        "learning_rate": optimiser.learning_rate,
        "learning_rate_decay": optimiser.decay,
        "batch_size": config.used_batch,
        "epochs": config.used_epochs,
        "machine": platform.machine(),
    }
