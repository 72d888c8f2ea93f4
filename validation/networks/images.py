"""The training images as a network sees them, and how an ordered pattern of its spins relates to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.datasets import Dataset
from mcsim.networks.layered import LayeredWeights
from validation.networks.alignment import Alignment, SpanShare, alignment, permutation_p, span_share
from validation.numbers.arrays import FloatArray, FloatOrNan


@dataclass(frozen=True, eq=False)
class SeenImages:
    """The training images as a network sees them.

    Attributes
    ----------
    mean : float64 (N_0,)
        Pixel mean over all images.
    class_means : float64 (classes, N_0)
    kind : str
        relu: pixels in [0, 1]; binarised: pixels -1 and +1.
    relabelled_means : float64 (relabellings, classes, N_0)
        Class means after the labels were dealt anew to the images: directions of the images without the images.
    """

    mean: FloatArray
    class_means: FloatArray
    kind: str
    relabelled_means: FloatArray


def seen_images(data: Dataset, kind: str = "relu", *, relabellings: int = 200, seed: int = 0) -> SeenImages:
    """Return the means of the training images as a network of the given kind sees them, under their true labels.

    Parameters
    ----------
    data : Dataset
        With its true labels, also where a network trained on shuffled ones is to be described.
    kind : str
        relu or binarised.
    relabellings : int
        Random assignments of the labels that the true one is compared with.
    seed : int
        Of these.
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
    """The pattern of layer 0 against the images; the sign is such that it correlates with the pixel mean.

    A pattern of one sign overlaps any mean of positive pixels, so each comparison is also made with the average over
    pixels taken out of both sides.

    Attributes
    ----------
    uniform : Alignment
        With the constant direction, the share that is trivial.
    mean, mean_centred : Alignment
        With the pixel mean, raw and with averages over pixels removed.
    mean_permuted_p : float
        Chance of so large a centred correlation if the pattern's pixels are dealt anew.
    classes, classes_centred : SpanShare
        Share of the pattern's squared norm in the span of the class means; centred: in the span of the differences of
        class means from the pixel mean, each without its average over pixels.
    relabelled_mean, relabelled_error, relabelled_p : float
        Mean and standard deviation of the last over random assignments of the labels to the images, and the chance
        that one of them does as well: the part of the pattern that is about the labels, not about images at large.
    principal : tuple of SpanShare
        The same for the 1, 2, ... leading principal directions of these differences.
    by_class : tuple of float
        Correlation with each class mean, averages over pixels removed.
    """

    uniform: Alignment
    mean: Alignment
    mean_centred: Alignment
    mean_permuted_p: FloatOrNan
    classes: SpanShare
    classes_centred: SpanShare
    relabelled_mean: FloatOrNan
    relabelled_error: FloatOrNan
    relabelled_p: float
    principal: tuple[SpanShare, ...]
    by_class: tuple[FloatOrNan, ...]


@dataclass(frozen=True)
class OutputOrder:
    """The pattern of the output layer against the classes.

    Attributes
    ----------
    magnetisations : tuple of float
        One per class.
    up, down : tuple of int
        Classes by sign, strongest first.
    seen : Alignment
        Across classes: this pattern with x_c . m^0, the overlap of each class mean (less the pixel mean) with the
        pattern of layer 0. Positive: inputs of a class whose output is up look like the pattern.
    answered : Alignment
        Across classes: with the network's own answer to the pattern, the response of its outputs to the pixel mean
        moved along m^0 (relu: a small step either way; binarised: the signs of m^0 themselves).
    favoured : Alignment
        Across classes: with the mean output over the class means, the classes that the network favours.
    biases : Alignment or None
        Across classes: with the biases of the output layer, where there are any.
    recognised : int
        Class means that the network assigns to their own class.
    """

    magnetisations: tuple[float, ...]
    up: tuple[int, ...]
    down: tuple[int, ...]
    seen: Alignment
    answered: Alignment
    favoured: Alignment
    biases: Alignment | None
    recognised: int


def input_order(pattern: FloatArray, images: SeenImages, *, permutations: int = 2000, seed: int = 0) -> InputOrder:
    """Compare the pattern of layer 0 with the pixel mean and the class means."""
    flat = _centred(pattern)
    if np.abs(flat).max() < 1e-12 * np.abs(pattern).max():
        flat = np.zeros_like(pattern)  # nothing but the average, and rounding
    side = -1.0 if (float(flat @ _centred(images.mean)) or float(pattern.sum())) < 0 else 1.0
    pattern, flat = side * pattern, side * flat
    differences = _differences(images.class_means, images.mean)
    left, singular, _ = np.linalg.svd(differences, full_matrices=False)
    rank = int(np.count_nonzero(singular > 1e-10 * singular.max(initial=1e-300)))
    classes = span_share(flat, differences, removed=1)
    others = [span_share(flat, _differences(means, images.mean), removed=1).share for means in images.relabelled_means]
    return InputOrder(
        uniform=alignment(pattern, np.ones(pattern.size)),
        mean=alignment(pattern, images.mean),
        mean_centred=alignment(flat, _centred(images.mean), removed=1),
        mean_permuted_p=permutation_p(pattern, images.mean, np.random.default_rng(seed), permutations),
        classes=span_share(pattern, images.class_means.T),
        classes_centred=classes,
        relabelled_mean=float(np.mean(others)),
        relabelled_error=float(np.std(others)),
        relabelled_p=(1 + sum(share >= classes.share for share in others)) / (1 + len(others)),
        principal=tuple(span_share(flat, left[:, : k + 1], removed=1) for k in range(rank)),
        by_class=tuple(alignment(flat, _centred(mean), removed=1).cosine for mean in images.class_means),
    )


def output_order(layers: Sequence[FloatArray], network: LayeredWeights, images: SeenImages) -> OutputOrder:
    """Compare the pattern of the output layer with the classes; `layers` are the magnetisations of every layer."""
    first, last = layers[0], layers[-1]
    answers = forward(network, images.class_means, images.kind)
    order = np.argsort(-np.abs(last))
    return OutputOrder(
        magnetisations=tuple(last.tolist()),
        up=tuple(int(c) for c in order if last[c] > 0),
        down=tuple(int(c) for c in order if last[c] < 0),
        seen=_across_classes(last, (images.class_means - images.mean) @ first),
        answered=_across_classes(last, _answer(network, first, images)),
        favoured=_across_classes(last, answers.mean(axis=0)),
        biases=None if network.biases is None else _across_classes(last, network.biases[-1]),
        recognised=int(np.count_nonzero(answers.argmax(axis=1) == np.arange(len(answers)))),
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
    return alignment(_centred(a), _centred(b), removed=1)


def _differences(class_means: FloatArray, mean: FloatArray) -> FloatArray:
    """Return the class means less the pixel mean, each without its average over pixels, shape (N_0, classes)."""
    return _centred((class_means - mean).T)


def _centred(values: FloatArray) -> FloatArray:
    """Return values less their mean over the first axis."""
    return np.asarray(values - values.mean(axis=0))
