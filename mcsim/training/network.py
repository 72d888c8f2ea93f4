"""The network that is trained: a plain list of matrices, and what it computes.

It imports torch, an extra, so it is itself imported only when a training begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from mcsim.networks.layered import LayeredWeights

# Images in one matrix product when errors are counted: all 60000 of MNIST at once would need much memory.
_EVALUATED_AT_ONCE = 5000

# torch has no types here (it is an extra), so that its tensors are Any to the type checker.
Tensor = Any
Kind = Literal["relu", "binarised"]


@dataclass(frozen=True, eq=False)
class Parameters:
    """What is trained, in float32.

    Attributes
    ----------
    kind : str
        relu or binarised.
    weights : list of tensors
        ``weights[k - 1]`` has shape (N_{k-1}, N_k), k = 1..L.
    biases : list of tensors, or None
        One per layer 1..L, shape (N_k,).
    """

    kind: Kind
    weights: list[Tensor]
    biases: list[Tensor] | None

    def all(self) -> list[Tensor]:
        """Return every tensor that is trained."""
        return [*self.weights, *(self.biases or ())]

    def output(self, x: Tensor) -> Tensor:
        """Return f for each row of x, shape (rows, N_L)."""
        for layer, matrix in enumerate(self.weights):
            if layer:
                x = _activated(self.kind, x)
            x = x @ matrix
            if self.biases is not None:
                x = x + self.biases[layer]
        return x

    def error_rate(self, x: Tensor, labels: Tensor) -> float:
        """Return the fraction of rows whose largest output is not that of their label."""
        wrong = 0
        with torch.no_grad():
            for rows, right in zip(x.split(_EVALUATED_AT_ONCE), labels.split(_EVALUATED_AT_ONCE), strict=True):
                wrong += int((self.output(rows).argmax(dim=1) != right).sum())
        return wrong / len(labels)

    def snapshot(self) -> LayeredWeights:
        """Return a copy of the weights as they are now; the input layer's biases are zeros."""
        weights = tuple(_float64(matrix) for matrix in self.weights)
        if self.biases is None:
            return LayeredWeights(weights)
        return LayeredWeights(weights, (np.zeros(len(weights[0])), *map(_float64, self.biases)))


def initial_parameters(kind: Kind, widths: Sequence[int], biases: bool, rng: np.random.Generator) -> Parameters:
    """Draw weights from N(0, 1/fan-in), which is the layered SK model of variance 1/N_{k-1}; biases are 0."""
    drawn = [rng.normal(0.0, fan_in**-0.5, size=(fan_in, fan_out)) for fan_in, fan_out in pairwise(widths)]
    weights = [torch.tensor(matrix, dtype=torch.float32, requires_grad=True) for matrix in drawn]
    zeros = [torch.zeros(width, requires_grad=True) for width in widths[1:]] if biases else None
    return Parameters(kind, weights, zeros)


def inputs(kind: Kind, pixels: NDArray[np.uint8], pixel_maximum: int) -> Tensor:
    """Return what the network sees of the pixels, float32: brightness in [0, 1], or -1 (dark) and +1."""
    if kind == "relu":
        return torch.from_numpy((pixels / np.float32(pixel_maximum)).astype(np.float32))
    bright = pixels > pixel_maximum / 2
    return torch.from_numpy(np.where(bright, np.float32(1), np.float32(-1)))


def _activated(kind: Kind, z: Tensor) -> Tensor:
    if kind == "relu":
        return torch.relu(z)
    # The value is the sign; the gradient is that of the clamp, because the bracket is exactly zero.
    clamped = torch.clamp(z, -1.0, 1.0)
    return torch.where(z >= 0, 1.0, -1.0) + (clamped - clamped.detach())


def _float64(tensor: Tensor) -> NDArray[np.float64]:
    return np.array(tensor.detach().numpy(), dtype=np.float64)
