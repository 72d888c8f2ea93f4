"""The training images as a network sees them, and how an ordered pattern of its spins relates to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.datasets import Dataset
from mcsim.networks.layered import LayeredWeights
from validation.networks.alignment import Alignment, SpanShare, alignment, span_share
from validation.numbers.arrays import FloatArray, FloatOrNan


@dataclass(frozen=True, eq=False)
class SeenImages:
    """The training images as a network sees them."""

    mean: FloatArray  #: pixel mean over all images, (N_0,)
    class_means: FloatArray  #: (classes, N_0)
    kind: str  #: relu: pixels in [0, 1]; binarised: pixels -1 and +1
    #: Class means after the labels were dealt anew to the images, (relabellings, classes, N_0): directions of the
    #: images without their classes.
    relabelled_means: FloatArray

    @property
    def differences(self) -> FloatArray:
        """Return the class means less the pixel mean, each without its average over pixels, (N_0, classes)."""
        return centred((self.class_means - self.mean).T)


def seen_images(data: Dataset, kind: str = "relu", *, relabellings: int = 200, seed: int = 0) -> SeenImages:
    """Return the means of the training images as a network of the given kind sees them, under their true labels.

    Parameters
    ----------
    data : Dataset
        With its true labels, also where a network trained on shuffled ones is to be described.
    kind : str
        relu or binarised.
    relabellings : int
        Random assignments of the labels that the true one is compared with, drawn from `seed`.
    """
    brightness = data.train.pixels.astype(np.float32) / np.float32(data.pixel_maximum)
    seen = brightness if kind == "relu" else np.where(brightness > 0.5, np.float32(1), np.float32(-1))
    rng = np.random.default_rng(seed)
    labels = data.train.labels
    relabelled = [_means(seen, rng.permutation(labels), data.classes) for _ in range(relabellings)]
    return SeenImages(
        seen.mean(axis=0, dtype=np.float64), _means(seen, labels, data.classes), kind, np.array(relabelled)
    )


def _means(seen: NDArray[np.float32], labels: NDArray[np.int64], classes: int) -> FloatArray:
    members = (labels == np.arange(classes)[:, np.newaxis]).astype(np.float32)
    counts = members.sum(axis=1, keepdims=True)
    return np.asarray(members @ seen / counts, dtype=np.float64)


@dataclass(frozen=True)
class InputOrder:
    """The pattern of layer 0 against the images, the average over pixels taken out of both sides.

    With it, a pattern of one sign would overlap any mean of positive pixels. The sign of the pattern is such that it
    correlates with the pixel mean.
    """

    mean: Alignment  #: with the pixel mean
    #: Share of the pattern's squared norm in the span of the differences of class means from the pixel mean.
    classes: SpanShare
    relabelled: FloatOrNan  #: mean of the same over random assignments of the labels to the images
    #: Chance that one of them does as well: small where the pattern is about the labels, not about images at large.
    relabelled_p: float


@dataclass(frozen=True)
class OutputOrder:
    """The pattern of the output layer against the classes, across classes."""

    #: With x_c . m^0, the overlap of each class mean (less the pixel mean) with the pattern of layer 0. Positive:
    #: inputs of a class whose output is up look like the pattern.
    seen: Alignment
    #: With the network's own answer to the pattern, the response of its outputs to the pixel mean moved along m^0
    #: (relu: a small step either way; binarised: the signs of m^0 themselves).
    answered: Alignment
    favoured: Alignment  #: with the mean output over the class means, the classes that the network favours


def input_order(pattern: FloatArray, images: SeenImages) -> InputOrder:
    """Compare the pattern of layer 0 with the pixel mean and the class means."""
    flat = centred(pattern)
    if np.abs(flat).max() < 1e-12 * np.abs(pattern).max():
        flat = np.zeros_like(pattern)  # nothing but the average, and rounding
    mean = centred(images.mean)
    if (float(flat @ mean) or float(pattern.sum())) < 0:
        flat = -flat
    classes = span_share(flat, images.differences, removed=1)
    others = [span_share(flat, centred((means - images.mean).T), removed=1).share for means in images.relabelled_means]
    return InputOrder(
        mean=alignment(flat, mean, removed=1),
        classes=classes,
        relabelled=float(np.mean(others)),
        relabelled_p=(1 + sum(share >= classes.share for share in others)) / (1 + len(others)),
    )


def output_order(layers: Sequence[FloatArray], network: LayeredWeights, images: SeenImages) -> OutputOrder:
    """Compare the pattern of the output layer with the classes; `layers` are the magnetisations of every layer."""
    first, last = layers[0], layers[-1]
    return OutputOrder(
        seen=_across_classes(last, (images.class_means - images.mean) @ first),
        answered=_across_classes(last, _answer(network, first, images)),
        favoured=_across_classes(last, forward(network, images.class_means, images.kind).mean(axis=0)),
    )


def forward(network: LayeredWeights, inputs: FloatArray, kind: str) -> FloatArray:
    """Return the outputs (rows, N_L) of the feed-forward network, before any softmax."""
    x = inputs
    for k, matrix in enumerate(network.weights):
        if k:
            x = np.maximum(x, 0.0) if kind == "relu" else np.where(x >= 0, 1.0, -1.0)
        x = x @ matrix + (0.0 if network.biases is None else network.biases[k + 1])
    return x


def _answer(network: LayeredWeights, pattern: FloatArray, images: SeenImages) -> FloatArray:
    """Return how the outputs change between inputs on either side of the pixel mean along the pattern."""
    if images.kind == "relu":
        step = pattern * 0.1 * np.linalg.norm(images.mean) / max(float(np.linalg.norm(pattern)), 1e-300)
        either = np.array([images.mean + step, images.mean - step])
    else:
        either = np.where(np.array([pattern, -pattern]) >= 0, 1.0, -1.0)
    above, below = forward(network, either, images.kind)
    return np.asarray(above - below)


def _across_classes(a: FloatArray, b: FloatArray) -> Alignment:
    return alignment(centred(a), centred(b), removed=1)


def centred(values: FloatArray) -> FloatArray:
    """Return values less their mean over the first axis."""
    return np.asarray(values - values.mean(axis=0))
