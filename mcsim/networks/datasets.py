"""Labelled images to train on: the packaged digits, MNIST, or any IDX files.

>>> from mcsim.networks.datasets import digits
>>> digits().train.pixels.shape
(1400, 64)

The packaged digits are scikit-learn's 8x8 digits (`load_digits`; from E. Alpaydin and C. Kaynak, "Optical
Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998, CC BY 4.0), split once and for all with
the same share of each class on both sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.idx import DatasetError, IdxFile, data_fault, read_idx
from mcsim.packaged import digits_images_path

__all__ = ["Dataset", "DatasetError", "LabelledImages", "digits", "idx_dataset", "mnist", "with_shuffled_labels"]

# MNIST's files after decompression. The names alone say nothing: other sets (Fashion-MNIST) use the same.
MNIST_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Images as rows of pixels.

    Attributes
    ----------
    pixels : uint8 array (images, N_0)
        0 (background) to the data set's `pixel_maximum`.
    labels : int64 array (images,)
        0 .. classes - 1.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images to train on and images to validate with.

    Attributes
    ----------
    name : str
        What a reader of the weights should know it by.
    train, validation : LabelledImages
    classes : int
        Number of labels.
    pixel_maximum : int
        The brightest value a pixel can have.
    """

    name: str
    train: LabelledImages
    validation: LabelledImages
    classes: int
    pixel_maximum: int

    def sha256(self) -> str:
        """Return the fingerprint of all images and labels, in order."""
        digest = hashlib.sha256()
        for part in (self.train, self.validation):
            digest.update(str(part.pixels.shape).encode())
            digest.update(np.ascontiguousarray(part.pixels).tobytes())
            digest.update(part.labels.astype("<i8").tobytes())
        return digest.hexdigest()


def digits() -> Dataset:
    """Return the packaged 8x8 digits: 1400 images to train on, 397 to validate with, pixels 0..16."""
    with np.load(digits_images_path(), allow_pickle=False) as stored:
        train, validation = (
            LabelledImages(stored[f"{part}_images"].reshape(-1, 64), stored[f"{part}_labels"].astype(np.int64))
            for part in ("train", "validation")
        )
    return Dataset("scikit-learn 8x8 digits", train, validation, classes=10, pixel_maximum=16)


def mnist(folder: Path) -> Dataset:
    """Read MNIST from a folder with its four files, gzipped (.gz) or not.

    Raises
    ------
    DatasetError
        Where a file is missing or its content is not the published one.
    """
    paths = [_either(folder, name) for name in MNIST_SHA256]
    read = [read_idx(path, 3 if "images" in path.name else 1) for path in paths]
    for path, file, published in zip(paths, read, MNIST_SHA256.values(), strict=True):
        if file.sha256 != published:
            other = "MNIST's; other data of this format is read with source = 'idx'"
            raise data_fault(path, f"has SHA-256 {file.sha256[:16]}... after decompression, which is not {other}")
    return _paired("MNIST", paths, read)


def idx_dataset(train: tuple[Path, Path], validation: tuple[Path, Path]) -> Dataset:
    """Read any data set from IDX files, each pair (images, labels); the contents are checked against the headers."""
    paths = [*train, *validation]
    read = [read_idx(path, dimensions) for path, dimensions in zip(paths, (3, 1, 3, 1), strict=True)]
    return _paired("IDX files", paths, read)


def with_shuffled_labels(data: Dataset, rng: np.random.Generator) -> Dataset:
    """Return the data with the training labels dealt anew to the images; how often each occurs stays.

    The validation labels stay too: a network trained on shuffled labels is right on them by chance only.
    """
    labels = rng.permutation(data.train.labels)
    return replace(data, train=LabelledImages(data.train.pixels, labels))


def _either(folder: Path, name: str) -> Path:
    if not folder.is_dir():
        raise data_fault(folder, "no such folder of MNIST files")
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise data_fault(folder, f"holds neither {name} nor {name}.gz")


def _paired(name: str, paths: Sequence[Path], read: Sequence[IdxFile]) -> Dataset:
    """Join (images, labels) twice, for training and for validation, after checking that they fit."""
    for path, images, other, labels in zip(paths[::2], read[::2], paths[1::2], read[1::2], strict=True):
        if len(images.values) != len(labels.values):
            raise data_fault(other, f"has {len(labels.values)} labels, but {path.name} {len(images.values)} images")
        if not images.values.size:
            raise data_fault(path, f"holds no pixels (shape {images.values.shape})")
    train, validation = (
        LabelledImages(images.values.reshape(len(images.values), -1), labels.values.astype(np.int64))
        for images, labels in zip(read[::2], read[1::2], strict=True)
    )
    if train.pixels.shape[1] != validation.pixels.shape[1]:
        shapes = f"{read[2].values.shape[1:]}, but those of {paths[0].name} {read[0].values.shape[1:]}"
        raise data_fault(paths[2], f"has images of {shapes}")
    classes = int(max(train.labels.max(), validation.labels.max())) + 1
    if classes < 2:
        raise data_fault(paths[1], "has one label only; a network needs at least two to tell apart")
    return Dataset(name, train, validation, classes, pixel_maximum=255)
