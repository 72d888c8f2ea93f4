"""What activations a random MLP may have, and how each behaves; `mcsim.kernels.mlp_activations` has their formulas."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Activation:
    """How an activation phi(z, t) behaves; bounds and steepest slopes only set the default range of overlap histograms.

    Attributes
    ----------
    bound : float
        Largest abs(phi), infinite where there is none; of a shaped activation at t = 1, to be divided by t.
    steepest : (float, float)
        Largest abs(phi') as (constant, coefficient of t).
    shaped : bool
        Whether it has a shape parameter t, which is a / sqrt(L) or c / sqrt(L) with L hidden layers, and 1 otherwise.
    kinked : bool
        Whether phi has a kink at z = 0.
    scales : bool
        Whether phi(r z) = r phi(z) for every r > 0.
    """

    bound: float = math.inf
    steepest: tuple[float, float] = (1.0, 0.0)
    shaped: bool = False
    kinked: bool = False
    scales: bool = False


ACTIVATIONS = {
    "linear": Activation(scales=True),
    "tanh": Activation(bound=1.0),
    "sin": Activation(bound=1.0),
    "relu": Activation(kinked=True, scales=True),
    "erf": Activation(bound=1.0, steepest=(1.13, 0.0)),
    "shaped-tanh": Activation(bound=1.0, shaped=True),
    "shaped-relu": Activation(steepest=(1.0, 1.0), shaped=True, kinked=True, scales=True),
}
