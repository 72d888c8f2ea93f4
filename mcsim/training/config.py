"""The specification of a training: TOML in, one frozen object out, checked whole before anything is computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from mcsim.config import Count, Positive, Section, checked, document_folder, load_checked
from mcsim.networks.datasets import Dataset, digits, idx_dataset, mnist

MOMENTUM = 0.9
# An epoch of the packaged digits has 100 steps then, one of MNIST 600: round numbers for log-spaced stages.
BATCH, DIGITS_BATCH = 100, 14
EPOCHS, DIGITS_EPOCHS = 20, 100


def _beginning_at_the_configuration(path: str, info: ValidationInfo) -> str:
    folder = document_folder(info)
    return path if folder is None else str((folder / Path(path).expanduser()).resolve())


FilePath = Annotated[str, Field(min_length=1), AfterValidator(_beginning_at_the_configuration)]


class _Data(Section):
    shuffle_labels: bool = Field(
        False, description="deal the training labels anew to the images: a control network that can only memorise"
    )


class DigitsData(_Data):
    """The packaged 8x8 digits: 1400 images to train on, 397 to validate with."""

    source: Literal["digits"] = "digits"

    def load(self) -> Dataset:
        """Return the images as they are, labels not shuffled."""
        return digits()


class MnistData(_Data):
    """MNIST's four IDX files, gzipped or not; their contents must be the published ones."""

    source: Literal["mnist"]
    folder: FilePath = Field(description="folder with the four files, relative to the configuration")

    def load(self) -> Dataset:
        """Return the images as they are, labels not shuffled."""
        return mnist(Path(self.folder))


class IdxData(_Data):
    """Any images and labels in IDX files, gzipped or not; paths are relative to the configuration."""

    source: Literal["idx"]
    train_images: FilePath
    train_labels: FilePath
    validation_images: FilePath
    validation_labels: FilePath

    def load(self) -> Dataset:
        """Return the images as they are, labels not shuffled."""
        return idx_dataset(
            (Path(self.train_images), Path(self.train_labels)),
            (Path(self.validation_images), Path(self.validation_labels)),
        )


class Network(Section):
    """A feed-forward network: z^k = h^{k-1} W^k (+ b^k), h^k = phi(z^k), output f = z^L, initial W ~ N(0, 1/fan-in).

    ``relu``: phi(z) = max(z, 0), pixels in [0, 1]. ``binarised``: phi(z) = sign(z), +1 at 0, pixels -1 or +1;
    its gradient is taken to be 1 where abs(z) <= 1 and 0 beyond (clipped straight-through). The weights are real
    in both.
    """

    kind: Literal["relu", "binarised"] = "relu"
    hidden: tuple[Count, ...] = Field((256, 256, 256), strict=False, description="neurons of each hidden layer")
    biases: bool = Field(False, description="train a bias per neuron of layers 1..L, 0 at first")
    output_scale: Positive = Field(
        1.0,
        description="alpha: the cross-entropy is that of alpha f. Large: lazy, the weights hardly move; small: rich",
    )


class Optimiser(Section):
    """How the weights follow the gradient of the cross-entropy of alpha f, averaged over a batch.

    So that the output alpha f learns about as fast for every alpha, steps of sgd are divided by alpha^2 (the
    same as a loss divided by alpha^2) and steps of adam, which do not depend on the size of the loss, by alpha.
    """

    name: Literal["adam", "sgd"] = "adam"
    learning_rate: Positive = Field(1e-4, description="before the division by alpha or alpha^2")
    momentum: Annotated[float, Field(ge=0, lt=1)] | None = Field(None, description=f"sgd only; {MOMENTUM} by default")
    decay: Literal["none", "cosine"] = Field(
        "none", description="of the learning rate: constant, or to zero along half a cosine over all epochs"
    )
    batch: Count | None = Field(
        None,
        description=f"images a step, fewer in the last of an epoch; {BATCH} by default, {DIGITS_BATCH} for digits",
    )

    @property
    def used_momentum(self) -> float:
        """Momentum of sgd."""
        return MOMENTUM if self.momentum is None else self.momentum

    @model_validator(mode="after")
    def _momentum_is_of_sgd(self) -> Optimiser:
        if self.name == "adam" and self.momentum is not None:
            raise ValueError("momentum: is for name 'sgd'; leave it out")
        return self


class Stages(Section):
    """When weights and error rates are stored, besides epoch 0 (before training) and the last epoch.

    By default at log-spaced steps of the first epoch and at log-spaced epochs, `per_decade` of each in a factor
    of ten, rounded to one digit: 1, 3, 10, 30, ...
    """

    per_decade: Annotated[int, Field(ge=1, le=6)] = Field(2, description="of the default steps and epochs")
    steps: tuple[Count, ...] | None = Field(None, strict=False, description="of the first epoch, rising; [] for none")
    epochs: tuple[Count, ...] | None = Field(None, strict=False, description="rising; the last one is always stored")

    @field_validator("steps", "epochs")
    @classmethod
    def _rises(cls, values: tuple[int, ...] | None) -> tuple[int, ...] | None:
        for low, high in zip(values or (), (values or ())[1:], strict=False):
            if high <= low:
                raise ValueError(f"must rise strictly, but {high} follows {low}")
        return values


class TrainConfig(Section):
    """A whole training. Every key has a default; an empty file trains a ReLU network on the packaged digits."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(
        0, description="of initial weights, order of images and shuffled labels"
    )
    epochs: Count | None = Field(
        None, description=f"passes over the training images; {EPOCHS} by default, {DIGITS_EPOCHS} for digits"
    )
    data: Annotated[DigitsData | MnistData | IdxData, Field(discriminator="source")] = DigitsData()
    network: Network = Network()
    optimiser: Optimiser = Optimiser()
    stages: Stages = Stages()

    @property
    def used_epochs(self) -> int:
        """Passes over the training images."""
        return self.epochs or (DIGITS_EPOCHS if self.data.source == "digits" else EPOCHS)

    @property
    def used_batch(self) -> int:
        """Images a step."""
        return self.optimiser.batch or (DIGITS_BATCH if self.data.source == "digits" else BATCH)

    @model_validator(mode="after")
    def _stages_are_within(self) -> TrainConfig:
        if self.stages.epochs and self.stages.epochs[-1] > self.used_epochs:
            raise ValueError(f"stages.epochs: {self.stages.epochs[-1]} is after the last of {self.used_epochs} epochs")
        return self

    def canonical_json(self) -> str:
        """Return the configuration as JSON with sorted keys, defaults included."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


def parse_training(document: dict[str, Any], name: str = "configuration") -> TrainConfig:
    """Return the checked configuration of a TOML document.

    Raises
    ------
    ConfigError
        With one line: the document's name, the key, the value and what would be right.
    """
    return checked(TrainConfig, document, name)


def load_training(path: str | Path) -> TrainConfig:
    """Read and check a TOML file; files of data are looked for beside it.

    Raises
    ------
    ConfigError
        As `parse_training`, and where the file cannot be read or is not TOML.
    """
    return load_checked(TrainConfig, path)
