"""The random MLP as a Hamiltonian over its inputs, and its replica-symmetric order parameters.

A network of widths N_0 .. N_L, N_l = alpha_l N, with independent standard normal weights W^l, w and

    z^1 = sqrt(C_W / N_0) W^1 x,    z^l = sqrt(C_W / N_{l-1}) W^l phi(z^{l-1}) + sqrt(C_b) b^l,
    H(x) = sqrt(N) sqrt(C_W / N_L) sum_i w_i phi(z^L_i),

is a random energy over inputs x, weighted by exp(-|x|^2/2 - beta H) ("gaussian" prior) or by exp(-beta H)
uniformly on |x|^2 = N_0 ("sphere"). Source: Winer and Hanin, "Deep Neural Nets as Hamiltonians", arXiv
2503.23982.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from theory.activations import Activation
from theory.arrays import FloatArray
from theory.mlp.neuron.mesh import SiteField

Prior = Literal["gaussian", "sphere"]
PRIORS: tuple[Prior, ...] = ("gaussian", "sphere")


@dataclass(frozen=True)
class MlpModel:
    """A random MLP in the limit of infinite width.

    Attributes
    ----------
    activation : Activation
        phi and phi', from `theory.activations.get`.
    width_ratios : tuple of float
        alpha_0 .. alpha_L, so the depth L (number of hidden layers) is one less than its length.
    weight_variance : float
        C_W.
    bias_variance : float
        C_b, added to every covariance C_W K of pre-activations.
    prior : "gaussian" or "sphere"

    Raises
    ------
    ValueError
        If there is no hidden layer, or a number is out of range.
    """

    activation: Activation
    width_ratios: tuple[float, ...]
    weight_variance: float = 1.0
    bias_variance: float = 0.0
    prior: Prior = "gaussian"

    def __post_init__(self) -> None:
        if len(self.width_ratios) < 2:
            raise ValueError(f"width ratios {self.width_ratios} have no hidden layer; give alpha_0 .. alpha_L, L >= 1")
        if not all(math.isfinite(a) and a > 0 for a in self.width_ratios):
            raise ValueError(f"width ratios {self.width_ratios} must be positive finite numbers")
        if not (math.isfinite(self.weight_variance) and self.weight_variance > 0):
            raise ValueError(f"weight variance {self.weight_variance} must be a positive finite number")
        if not (math.isfinite(self.bias_variance) and self.bias_variance >= 0):
            raise ValueError(f"bias variance {self.bias_variance} must be a finite number, zero or more")
        if self.prior not in PRIORS:
            raise ValueError(f"prior {self.prior!r} is unknown; choose one of {', '.join(PRIORS)}")

    @property
    def depth(self) -> int:
        """Number of hidden layers L."""
        return len(self.width_ratios) - 1

    def width_step(self, layer: int) -> float:
        """Return g = alpha_l / alpha_{l-1}."""
        return self.width_ratios[layer] / self.width_ratios[layer - 1]


@dataclass(frozen=True)
class OrderParameters:
    """Replica-symmetric overlaps K^l = v I + k0 11^T and conjugates Q^l = rt I + r0 11^T of layers 0..L.

    Attributes
    ----------
    v, k0 : float64 arrays of shape (L + 1,)
        K^l_ab = (1/N_l) phi(z^l_a).phi(z^l_b) is k0[l] between replicas and v[l] + k0[l] with itself (layer
        0: inputs).
    rt, r0 : float64 arrays of shape (L + 1,)
        Conjugates. Entry 0 is the backward step Q^0, which determines K^0 and is no variable of the free
        entropy.
    """

    v: FloatArray
    k0: FloatArray
    rt: FloatArray
    r0: FloatArray

    @property
    def k_d(self) -> FloatArray:
        """Self-overlaps v + k0."""
        return np.asarray(self.v + self.k0)

    def site_field(self, model: MlpModel, layer: int) -> SiteField:
        """Return the Gaussian field and the tilt seen by one neuron of hidden layer `layer` (1..L)."""
        c_w = model.weight_variance
        return SiteField(
            variance=c_w * float(self.v[layer - 1]),
            h_sd=math.sqrt(c_w * float(self.k0[layer - 1]) + model.bias_variance),
            u_sd=math.sqrt(float(self.r0[layer])),
            rt=float(self.rt[layer]),
        )

    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return v, k0, rt and r0."""
        return self.v, self.k0, self.rt, self.r0

    def copy(self) -> OrderParameters:
        """Return order parameters with arrays of their own."""
        return OrderParameters(*(array.copy() for array in self.arrays()))

    def midpoint(self, other: OrderParameters) -> OrderParameters:
        """Return the mean of two sets of order parameters."""
        return OrderParameters(*(0.5 * (a + b) for a, b in zip(self.arrays(), other.arrays(), strict=True)))


def input_overlap(model: MlpModel, rt: float, r0: float) -> tuple[float, float]:
    """Return (v, k0) of the input from its conjugate Q^0 = rt I + r0 11^T.

    Gaussian prior: K^0 = (I - Q^0)^{-1}, so v = 1/(1 - rt), k0 = r0 v^2. Sphere: K^0 = (mu I - Q^0)^{-1} with
    mu such that v + k0 = 1, so v is the positive root of r0 v^2 + v = 1.

    Raises
    ------
    ValueError
        If rt >= 1 with the Gaussian prior: the weight over inputs cannot be normalised.
    """
    if model.prior == "sphere":
        v = 2.0 / (1.0 + math.sqrt(1.0 + 4.0 * r0))
        return v, r0 * v * v
    if not rt < 1.0:
        raise ValueError(f"the conjugate of the input overlap is rt = {rt:.3g}, not below 1")
    v = 1.0 / (1.0 - rt)
    return v, r0 * v * v
